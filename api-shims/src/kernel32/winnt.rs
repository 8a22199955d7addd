//! winnt.h: what is not in an API header.

use abi::shim;

use super::winbase::VER_FLAGS;

/// Adds a condition on a part of the version to a mask for `VerifyVersionInfo`.
#[shim(full)]
pub(super) fn VerSetConditionMask(ConditionMask: u64, TypeMask: VER_FLAGS, Condition: u8) -> u64 {
    /// Bits of each condition.
    const BITS: u32 = 3;
    if TypeMask.is_empty() {
        return ConditionMask;
    }
    // Of several parts the highest counts (observed).
    let part = 31 - TypeMask.bits().leading_zeros();
    if part > 7 {
        return ConditionMask;
    }
    ConditionMask | u64::from(Condition & 7) << (part * BITS)
}
