//! String tables.

use abi::{HANDLE, PSTR, PWSTR, Ptr, Win32Result, shim};
use loader::resources::StringResource;
use syscall_xlate::Cx;

use crate::kernel32::resources;
use crate::text;

/// Copies a string of a module's string table, cut to the buffer's size.
#[shim(full)]
pub(in crate::user32) fn LoadStringA(
    cx: &Cx,
    hInstance: HANDLE,
    uID: u32,
    lpBuffer: PSTR,
    cchBufferMax: i32,
) -> Win32Result<i32> {
    let (_, string) = find(cx, hInstance, uID)?;
    let text = text::to_ansi(cx, &string.text);
    let Some(room) = usize::try_from(cchBufferMax).ok().and_then(|size| size.checked_sub(1)) else { return Ok(0) };
    let kept = &text[..text.len().min(room)];
    lpBuffer.write_z(kept)?;
    Ok(kept.len() as i32)
}

/// Copies a string of a module's string table, cut to the buffer's size; for size 0 gives its address in the module.
#[shim(full)]
pub(in crate::user32) fn LoadStringW(
    cx: &Cx,
    hInstance: HANDLE,
    uID: u32,
    lpBuffer: PWSTR,
    cchBufferMax: i32,
) -> Win32Result<i32> {
    let (base, string) = find(cx, hInstance, uID)?;
    if cchBufferMax == 0 {
        lpBuffer.ptr().cast().write(&Ptr::<u16>::at(base + u64::from(string.rva)))?;
        return Ok(string.text.len() as i32);
    }
    let Some(room) = usize::try_from(cchBufferMax).ok().and_then(|size| size.checked_sub(1)) else { return Ok(0) };
    let kept = &string.text[..string.text.len().min(room)];
    lpBuffer.write_z(kept)?;
    Ok(kept.len() as i32)
}

/// The string, and the base of its module. Only the lower half of the number counts.
fn find(cx: &Cx, module: HANDLE, id: u32) -> Win32Result<(u64, StringResource)> {
    let module = resources::module_or_program(cx, module)?;
    let string = resources::look(&module, |table| table.string(id as u16, resources::language(0)))?;
    Ok((module.base(), string))
}
