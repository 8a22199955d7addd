//! The floating-point control words of the calling thread.
//!
//! A guest's calls run with the guest's own control words, so that what is set here is what its code computes with.

use std::arch::asm;

/// MXCSR: status in bits 0 to 5, masks in 7 to 12, rounding in 13 and 14.
pub fn mxcsr() -> u32 {
    let mut value = 0u32;
    // SAFETY: stores the register to a local.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) };
    value
}

/// Bits of MXCSR that every x86-64 processor has; a set bit beyond them would fault.
const MXCSR_BITS: u32 = 0xffff;

/// Sets MXCSR. The masks are kept set: a floating-point exception must not happen in host code.
pub fn set_mxcsr(value: u32) {
    /// All six exceptions masked.
    const MASKS: u32 = 0x1f80;
    let value = (value & MXCSR_BITS) | MASKS;
    // SAFETY: the bits are ones the processor has, and exceptions are masked.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags, readonly)) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_set_and_exceptions_stay_masked() {
        let before = mxcsr();
        set_mxcsr(0x6000);
        assert_eq!(mxcsr() & 0x7f80, 0x7f80);
        set_mxcsr(before);
        assert_eq!(mxcsr(), before);
    }
}
