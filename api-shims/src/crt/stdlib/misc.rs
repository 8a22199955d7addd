//! stdlib.h: random numbers, absolute values, division, byte order and rotation; errno.h's variables; assert.h.

use abi::{CrtResult, Errno, Out, PCSTR, PCWSTR, Ptr, fault, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::stop::block;

use crate::crt::guest::{ok, status};
use crate::crt::host;
use crate::crt::onexit::abort_program;
use crate::crt::state::{PerThread, process};

/// `RAND_MAX`
const RAND_MASK: u32 = 0x7fff;

/// Gives the next pseudo-random number of the thread, 0 to 32767.
#[shim(full)]
pub(crate) fn rand(cx: &Cx) -> i32 {
    let seed = &cx.thread.state::<PerThread>().seed;
    let next = seed.get().unwrap_or(1).wrapping_mul(214_013).wrapping_add(2_531_011);
    seed.set(Some(next));
    (next >> 16 & RAND_MASK) as i32
}

/// Sets where the thread's pseudo-random numbers begin.
#[shim(full)]
pub(crate) fn srand(cx: &Cx, seed: u32) {
    cx.thread.state::<PerThread>().seed.set(Some(seed));
}

/// Gives a random number from the operating system.
#[shim(full)]
pub(crate) fn rand_s(cx: &Cx, randomValue: Out<u32>) -> CrtResult<i32> {
    if randomValue.is_null() {
        return status(cx, Err(Errno::EINVAL));
    }
    let Some(value) = host::random() else { return status(cx, Err(Errno::ENOMEM)) };
    randomValue.set(value)?;
    ok(0)
}

/// Gives the absolute value of an `int`.
#[shim(full)]
pub(crate) fn abs(n: i32) -> i32 {
    n.wrapping_abs()
}

/// Gives the absolute value of a `long`.
#[shim(full)]
pub(crate) fn labs(n: i32) -> i32 {
    n.wrapping_abs()
}

/// Gives the absolute value of a 64-bit integer.
#[shim(full)]
pub(crate) fn llabs(n: i64) -> i64 {
    n.wrapping_abs()
}

/// Gives the absolute value of a 64-bit integer.
#[shim(full)]
pub(crate) fn _abs64(n: i64) -> i64 {
    n.wrapping_abs()
}

/// A quotient and a remainder in one register, as an eight-byte structure is returned.
fn quotient(numerator: i32, denominator: i32) -> CrtResult<u64> {
    if denominator == 0 {
        return Err(abi::Exception::new(abi::NTSTATUS::STATUS_INTEGER_DIVIDE_BY_ZERO, &[]).into());
    }
    let (quotient, remainder) = (numerator.wrapping_div(denominator), numerator.wrapping_rem(denominator));
    ok(u64::from(quotient as u32) | u64::from(remainder as u32) << 32)
}

/// Gives a quotient and a remainder.
#[shim(full)]
pub(crate) fn div(numer: i32, denom: i32) -> CrtResult<u64> {
    quotient(numer, denom)
}

/// Gives a quotient and a remainder.
#[shim(full)]
pub(crate) fn ldiv(numer: i32, denom: i32) -> CrtResult<u64> {
    quotient(numer, denom)
}

/// Turns the bytes of a 16-bit number round.
#[shim(full)]
pub(crate) fn _byteswap_ushort(val: u16) -> u16 {
    val.swap_bytes()
}

/// Turns the bytes of a 32-bit number round.
#[shim(full)]
pub(crate) fn _byteswap_ulong(val: u32) -> u32 {
    val.swap_bytes()
}

/// Turns the bytes of a 64-bit number round.
#[shim(full)]
pub(crate) fn _byteswap_uint64(val: u64) -> u64 {
    val.swap_bytes()
}

/// Rotates a 32-bit number to the left.
#[shim(full)]
pub(crate) fn _rotl(value: u32, shift: i32) -> u32 {
    value.rotate_left(shift as u32 & 31)
}

/// Rotates a 32-bit number to the right.
#[shim(full)]
pub(crate) fn _rotr(value: u32, shift: i32) -> u32 {
    value.rotate_right(shift as u32 & 31)
}

/// Rotates a 64-bit number to the left.
#[shim(full)]
pub(crate) fn _rotl64(value: u64, shift: i32) -> u64 {
    value.rotate_left(shift as u32 & 63)
}

/// Rotates a 64-bit number to the right.
#[shim(full)]
pub(crate) fn _rotr64(value: u64, shift: i32) -> u64 {
    value.rotate_right(shift as u32 & 63)
}

/// Exchanges neighbouring bytes.
#[shim(full)]
pub(crate) fn _swab(src: Ptr<u8>, dest: Ptr<u8>, n: i32) -> CrtResult<()> {
    for pair in 0..u64::try_from(n / 2).unwrap_or(0) {
        let value = fault::load_u16(src.address().wrapping_add(2 * pair))?;
        fault::store_u16(dest.address().wrapping_add(2 * pair), value.swap_bytes())?;
    }
    ok(())
}

/// Gives the address of the thread's `errno`.
#[shim(full)]
pub(crate) fn _errno(cx: &Cx) -> Ptr<i32> {
    Ptr::at(cx.thread.errno_address())
}

/// Gives the address of the thread's `_doserrno`.
#[shim(full)]
pub(crate) fn __doserrno(cx: &Cx) -> Ptr<u32> {
    Ptr::at(cx.thread.doserrno_address())
}

/// Gives `errno`.
#[shim(full)]
pub(crate) fn _get_errno(cx: &Cx, pValue: Out<i32>) -> CrtResult<i32> {
    if pValue.is_null() {
        return ok(Errno::EINVAL.0);
    }
    pValue.set(fault::load_u32(cx.thread.errno_address())? as i32)?;
    ok(0)
}

/// Sets `errno`.
#[shim(full)]
pub(crate) fn _set_errno(cx: &Cx, value: i32) -> i32 {
    cx.thread.set_errno(Errno(value));
    0
}

/// Gives `_doserrno`.
#[shim(full)]
pub(crate) fn _get_doserrno(cx: &Cx, pValue: Out<u32>) -> CrtResult<i32> {
    if pValue.is_null() {
        return ok(Errno::EINVAL.0);
    }
    pValue.set(fault::load_u32(cx.thread.doserrno_address())?)?;
    ok(0)
}

/// Sets `_doserrno`.
#[shim(full)]
pub(crate) fn _set_doserrno(cx: &Cx, value: u32) -> CrtResult<i32> {
    fault::store_u32(cx.thread.doserrno_address(), value)?;
    ok(0)
}

fn assertion(cx: &Cx, expression: &str, file: &str, line: u32) -> CrtResult<()> {
    let text = format!("Assertion failed: {expression}, file {file}, line {line}\r\n");
    if let Some(handle) = host::standard_handle(cx, 2) {
        host::write(cx, handle, text.as_bytes())?;
    }
    abort_program(cx)
}

/// Prints that an assertion failed and aborts.
#[shim(full)]
pub(crate) fn _assert(cx: &Cx, message: PCSTR, filename: PCSTR, line: u32) -> CrtResult<()> {
    let (message, filename) = (message.read()?, filename.read()?);
    assertion(cx, &String::from_utf8_lossy(&message), &String::from_utf8_lossy(&filename), line)
}

/// Prints that an assertion failed and aborts.
#[shim(full)]
pub(crate) fn _wassert(cx: &Cx, message: PCWSTR, filename: PCWSTR, line: u32) -> CrtResult<()> {
    let (message, filename) = (message.read()?, filename.read()?);
    assertion(cx, &String::from_utf16_lossy(&message), &String::from_utf16_lossy(&filename), line)
}

/// Sets where the runtime's own messages go; gives what was before.
#[shim(full)]
pub(crate) fn _set_error_mode(cx: &Cx, modeval: i32) -> CrtResult<i32> {
    use std::sync::atomic::Ordering;
    let mode = &process(cx).error_mode;
    match modeval {
        0..=2 => ok(mode.swap(modeval, Ordering::Relaxed)),
        // `_REPORT_ERRMODE`
        3 => ok(mode.load(Ordering::Relaxed)),
        _ => Err(Errno::EINVAL.into()),
    }
}

/// Sets what `abort` does; gives what was before.
#[shim(partial = "the setting is kept; abort prints and reports nothing in any case")]
pub(crate) fn _set_abort_behavior(cx: &Cx, flags: u32, mask: u32) -> u32 {
    use std::sync::atomic::Ordering;
    let behavior = &process(cx).abort_behavior;
    let before = behavior.load(Ordering::Relaxed);
    behavior.store(before & !mask | flags & mask, Ordering::Relaxed);
    before
}

/// Waits for a time in milliseconds.
#[shim(full)]
pub(crate) fn _sleep(milliseconds: u32) {
    let _blocked = block();
    std::thread::sleep(std::time::Duration::from_millis(milliseconds.max(1).into()));
}

/// Sounds the speaker.
#[shim(stub = "there is no speaker")]
pub(crate) fn _beep(frequency: u32, duration: u32) {
    let _ = (frequency, duration);
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn random_numbers_are_microsoft_s() {
        testing::run(crate::dlls(), None, |guest| {
            let numbers: Vec<u64> = (0..3).map(|_| guest.call("msvcrt!rand", &[])).collect();
            assert_eq!(numbers, [41, 18467, 6334]);
            guest.call("msvcrt!srand", &[1]);
            assert_eq!(guest.call("msvcrt!rand", &[]), 41);
        });
    }

    #[test]
    fn division_returns_both_results_in_one_register() {
        testing::run(crate::dlls(), None, |guest| {
            let both = guest.call("msvcrt!div", &[u64::from(-7i32 as u32), 2]);
            assert_eq!((both as i32, (both >> 32) as i32), (-3, -1));
        });
    }
}
