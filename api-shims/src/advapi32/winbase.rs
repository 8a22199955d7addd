//! winbase.h: the user's name.

use abi::{InOut, PSTR, PWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::{Cx, system_info};

use crate::text;

/// Gives the user's name; the size passed out counts its closing zero.
#[shim(full)]
pub(super) fn GetUserNameA(cx: &Cx, lpBuffer: PSTR, pcbBuffer: InOut<u32>) -> Win32Result<()> {
    give(&text::to_ansi(cx, &system_info::user_name()), lpBuffer.ptr(), pcbBuffer)
}

/// Gives the user's name; the size passed out counts its closing zero.
#[shim(full)]
pub(super) fn GetUserNameW(lpBuffer: PWSTR, pcbBuffer: InOut<u32>) -> Win32Result<()> {
    give(&system_info::user_name(), lpBuffer.ptr(), pcbBuffer)
}

fn give<T: abi::Guest + Clone + Default>(name: &[T], buffer: Ptr<T>, size: InOut<u32>) -> Win32Result<()> {
    text::give_sized(name, buffer, size, WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER)?;
    Ok(size.set(name.len() as u32 + 1)?)
}
