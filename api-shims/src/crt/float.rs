//! float.h and fenv.h: the floating-point environment.
//!
//! Only MXCSR is set; the x87 unit is not used by x64 code.

use abi::{CrtResult, In, Out, guest_struct, shim};
use syscall_xlate::Cx;
use syscall_xlate::floating::{mxcsr, set_mxcsr};

use super::guest::{ok, status};

/// `_MCW_EM`: masks of exceptions.
const MASK_EXCEPTIONS: u32 = 0x0008_001f;
/// `_MCW_RC`: rounding.
const MASK_ROUNDING: u32 = 0x0000_0300;
/// `_MCW_DN`: denormals.
const MASK_DENORMAL: u32 = 0x0300_0000;
/// `_MCW_PC`: precision, which x64 does not have: double (`_PC_53`).
const PRECISION_53: u32 = 0x0001_0000;

/// Pairs of bits: the C runtime's and those of MXCSR's status; the masks are 7 bits further up.
const EXCEPTIONS: [(u32, u32); 6] =
    [(0x10, 0x01), (0x0008_0000, 0x02), (0x08, 0x04), (0x04, 0x08), (0x02, 0x10), (0x01, 0x20)];

fn to_abstract(bits: u32) -> u32 {
    EXCEPTIONS.iter().filter(|(_, machine)| bits & machine != 0).map(|(abstracted, _)| abstracted).sum()
}

fn to_machine(bits: u32) -> u32 {
    EXCEPTIONS.iter().filter(|(abstracted, _)| bits & abstracted != 0).map(|(_, machine)| machine).sum()
}

/// The control word as the C runtime has it.
fn control(mxcsr: u32) -> u32 {
    let rounding = (mxcsr >> 13 & 3) << 8;
    // Flush to zero is bit 15, denormals are zero bit 6.
    let denormal = match (mxcsr & 0x8000 != 0, mxcsr & 0x40 != 0) {
        (false, false) => 0,
        (true, true) => 0x0100_0000,
        (false, true) => 0x0200_0000,
        (true, false) => 0x0300_0000,
    };
    to_abstract(mxcsr >> 7) | rounding | denormal | PRECISION_53
}

fn set_control(new: u32, mask: u32) -> u32 {
    let before = mxcsr();
    let mask = mask & (MASK_EXCEPTIONS | MASK_ROUNDING | MASK_DENORMAL);
    let control = control(before) & !mask | new & mask;
    let denormal = match control & MASK_DENORMAL {
        0x0100_0000 => 0x8040,
        0x0200_0000 => 0x40,
        0x0300_0000 => 0x8000,
        _ => 0,
    };
    let value = before & 0x3f | to_machine(control) << 7 | (control & MASK_ROUNDING) << 5 | denormal;
    if mask != 0 {
        set_mxcsr(value);
    }
    self::control(mxcsr())
}

/// Gives and sets the floating-point control word.
#[shim(partial = "exceptions stay masked")]
pub(crate) fn _controlfp(newControl: u32, mask: u32) -> u32 {
    // Documented: _controlfp does not change the mask of denormal operands.
    set_control(newControl, mask & !0x0008_0000)
}

/// Gives and sets the floating-point control word.
#[shim(partial = "exceptions stay masked")]
pub(crate) fn _control87(newControl: u32, mask: u32) -> u32 {
    set_control(newControl, mask)
}

/// Gives and sets the floating-point control word.
#[shim(partial = "exceptions stay masked")]
pub(crate) fn _controlfp_s(cx: &Cx, currentControl: Out<u32>, newControl: u32, mask: u32) -> CrtResult<i32> {
    let allowed = MASK_EXCEPTIONS | MASK_ROUNDING | MASK_DENORMAL | 0x0007_0000;
    if newControl & mask & !allowed != 0 {
        currentControl.set_opt(control(mxcsr()))?;
        return status(cx, Err(abi::Errno::EINVAL));
    }
    currentControl.set_opt(_controlfp(newControl, mask))?;
    ok(0)
}

/// Gives the floating-point status word.
#[shim(full)]
pub(crate) fn _statusfp() -> u32 {
    to_abstract(mxcsr())
}

/// Gives the floating-point status word.
#[shim(full)]
pub(crate) fn _status87() -> u32 {
    to_abstract(mxcsr())
}

/// Gives the floating-point status word and clears it.
#[shim(full)]
pub(crate) fn _clearfp() -> u32 {
    let before = mxcsr();
    set_mxcsr(before & !0x3f);
    to_abstract(before)
}

/// Gives the floating-point status word and clears it.
#[shim(full)]
pub(crate) fn _clear87() -> u32 {
    _clearfp()
}

/// Sets the floating-point unit to what a program begins with.
#[shim(full)]
pub(crate) fn _fpreset() {
    set_mxcsr(0x1f80);
}

/// Says whether SSE2 functions are used: always, on x64.
#[shim(full)]
pub(crate) fn _set_SSE2_enable(flag: i32) -> i32 {
    i32::from(flag != 0)
}

guest_struct! {
    /// `fenv_t`: control and status.
    pub(crate) struct fenv_t { _Fe_ctl: u32, _Fe_stat: u32 }
}

/// `FE_ALL_EXCEPT`; the numbers are the C runtime's own (`_SW_*`).
const ALL_EXCEPT: i32 = 0x1f;

/// Clears floating-point exception flags.
#[shim(full)]
pub(crate) fn feclearexcept(excepts: i32) -> i32 {
    set_mxcsr(mxcsr() & !to_machine((excepts & ALL_EXCEPT) as u32));
    0
}

/// Says which floating-point exception flags are set.
#[shim(full)]
pub(crate) fn fetestexcept(excepts: i32) -> i32 {
    to_abstract(mxcsr()) as i32 & excepts & ALL_EXCEPT
}

/// Sets floating-point exception flags.
#[shim(full)]
pub(crate) fn feraiseexcept(excepts: i32) -> i32 {
    set_mxcsr(mxcsr() | to_machine((excepts & ALL_EXCEPT) as u32));
    0
}

/// Gives the rounding mode.
#[shim(full)]
pub(crate) fn fegetround() -> i32 {
    (control(mxcsr()) & MASK_ROUNDING) as i32
}

/// Sets the rounding mode.
#[shim(full)]
pub(crate) fn fesetround(round: i32) -> i32 {
    if round as u32 & !MASK_ROUNDING != 0 {
        return 1;
    }
    set_control(round as u32, MASK_ROUNDING);
    0
}

/// Gives the floating-point environment.
#[shim(full)]
pub(crate) fn fegetenv(penv: Out<fenv_t>) -> CrtResult<i32> {
    penv.set(fenv_t { _Fe_ctl: control(mxcsr()), _Fe_stat: to_abstract(mxcsr()) })?;
    ok(0)
}

/// Sets the floating-point environment.
#[shim(partial = "exceptions stay masked")]
pub(crate) fn fesetenv(penv: In<fenv_t>) -> CrtResult<i32> {
    let env = penv.read()?;
    set_control(env._Fe_ctl, u32::MAX);
    set_mxcsr(mxcsr() & !0x3f | to_machine(env._Fe_stat));
    ok(0)
}

/// Gives the floating-point environment, clears its flags and masks its exceptions.
#[shim(full)]
pub(crate) fn feholdexcept(penv: Out<fenv_t>) -> CrtResult<i32> {
    fegetenv(penv)?;
    feclearexcept(ALL_EXCEPT);
    ok(0)
}

/// Sets the floating-point environment and the flags that are set now.
#[shim(partial = "exceptions stay masked")]
pub(crate) fn feupdateenv(penv: In<fenv_t>) -> CrtResult<i32> {
    let flags = fetestexcept(ALL_EXCEPT);
    fesetenv(penv)?;
    feraiseexcept(flags);
    ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_status_have_the_runtime_s_bits() {
        assert_eq!(control(0x1f80), 0x0009_001f);
        assert_eq!(control(0x7f80) & MASK_ROUNDING, 0x300);
        assert_eq!(to_abstract(0x21), 0x11);
        assert_eq!(to_machine(0x0008_001f), 0x3f);
    }
}
