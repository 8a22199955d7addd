//! Bounds-checked little-endian reads.

/// The `N` bytes at `offset`, or `None` when they are not all there.
pub(crate) fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk::<N>().copied()
}

pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    array(bytes, offset).map(u16::from_le_bytes)
}

pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    array(bytes, offset).map(u32::from_le_bytes)
}

/// The bytes before the first NUL, or `None` when there is none within `limit` bytes.
pub(crate) fn c_string(bytes: &[u8], limit: usize) -> Option<&[u8]> {
    let window = bytes.get(..limit).unwrap_or(bytes);
    let end = window.iter().position(|&byte| byte == 0)?;
    window.get(..end)
}

/// `value` rounded up to a multiple of `align`, a power of two; `None` on overflow.
pub(crate) fn align_up(value: u64, align: u64) -> Option<u64> {
    Some(value.checked_add(align - 1)? & !(align - 1))
}
