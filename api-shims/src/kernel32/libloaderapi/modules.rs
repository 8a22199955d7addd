//! Loading DLLs and finding what they export.

use std::sync::Arc;

use abi::{HANDLE, NTSTATUS, Out, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use loader::Module;
use loader::image::Symbol;
use loader::search::LoadFlags;
use syscall_xlate::Cx;
use syscall_xlate::modules::Wanted;

use crate::text;

abi::flags! {
    /// How `LoadLibraryEx` looks for a DLL.
    pub(in crate::kernel32) struct LOAD_LIBRARY_FLAGS: u32 {
        DONT_RESOLVE_DLL_REFERENCES = 0x1;
        LOAD_LIBRARY_AS_DATAFILE = 0x2;
        LOAD_WITH_ALTERED_SEARCH_PATH = 0x8;
        LOAD_IGNORE_CODE_AUTHZ_LEVEL = 0x10;
        LOAD_LIBRARY_AS_IMAGE_RESOURCE = 0x20;
        LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE = 0x40;
        LOAD_LIBRARY_REQUIRE_SIGNED_TARGET = 0x80;
        LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR = 0x100;
        LOAD_LIBRARY_SEARCH_APPLICATION_DIR = 0x200;
        LOAD_LIBRARY_SEARCH_USER_DIRS = 0x400;
        LOAD_LIBRARY_SEARCH_SYSTEM32 = 0x800;
        LOAD_LIBRARY_SEARCH_DEFAULT_DIRS = 0x1000;
        LOAD_LIBRARY_SAFE_CURRENT_DIRS = 0x2000;
    }

    /// How `GetModuleHandleEx` counts.
    pub(in crate::kernel32) struct GET_MODULE_HANDLE_EX_FLAGS: u32 {
        GET_MODULE_HANDLE_EX_FLAG_PIN = 0x1;
        GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT = 0x2;
        GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS = 0x4;
    }
}

/// Tells that a DLL wants no word of threads.
#[shim(stub = "DllMain is told of threads all the same, which a DLL that asked not to be ignores")]
pub(in crate::kernel32) fn DisableThreadLibraryCalls(cx: &Cx, hLibModule: HANDLE) -> Win32Result<()> {
    module(cx, hLibModule).map(drop)
}

/// Gives up a reference to a DLL; the last one unloads it.
#[shim(full)]
pub(in crate::kernel32) fn FreeLibrary(cx: &Cx, hLibModule: HANDLE) -> Win32Result<()> {
    let module = module(cx, hLibModule)?;
    Ok(cx.free_library(&module)?)
}

/// Gives up a reference to a DLL and ends the thread, so that a DLL's own code can do both.
#[shim(full)]
pub(in crate::kernel32) fn FreeLibraryAndExitThread(
    cx: &Cx,
    hLibModule: HANDLE,
    dwExitCode: u32,
) -> std::convert::Infallible {
    if let Some(module) = cx.process.module_at(hLibModule.0) {
        let _ = cx.free_library(&module);
    }
    cx.exit_thread(dwExitCode)
}

/// Gives the path of a module.
#[shim(full)]
pub(in crate::kernel32) fn GetModuleFileNameA(
    cx: &Cx,
    hModule: HANDLE,
    lpFilename: PSTR,
    nSize: u32,
) -> Win32Result<u32> {
    let path = text::to_ansi(cx, &file_name(cx, hModule)?);
    let (kept, cut) = fit(&path, nSize);
    if nSize != 0 {
        lpFilename.write_z(kept)?;
    }
    length(cx, kept.len(), cut, nSize)
}

/// Gives the path of a module.
#[shim(full)]
pub(in crate::kernel32) fn GetModuleFileNameW(
    cx: &Cx,
    hModule: HANDLE,
    lpFilename: PWSTR,
    nSize: u32,
) -> Win32Result<u32> {
    let path = file_name(cx, hModule)?;
    let (kept, cut) = fit(&path, nSize);
    if nSize != 0 {
        lpFilename.write_z(kept)?;
    }
    length(cx, kept.len(), cut, nSize)
}

fn file_name(cx: &Cx, handle: HANDLE) -> Win32Result<Vec<u16>> {
    Ok(module(cx, handle)?.guest_path().encode_utf16().collect())
}

/// The part of a text that goes into a buffer of `size` units with a closing zero, and whether that is not all of it.
fn fit<T>(text: &[T], size: u32) -> (&[T], bool) {
    let room = (size as usize).saturating_sub(1);
    (&text[..text.len().min(room)], text.len() > room || size == 0)
}

/// Documented since Windows Vista: a path that was cut gives the buffer's size and `ERROR_INSUFFICIENT_BUFFER`.
fn length(cx: &Cx, kept: usize, cut: bool, size: u32) -> Win32Result<u32> {
    if cut {
        cx.thread.set_last_error(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER);
        return Ok(size);
    }
    cx.thread.set_last_error(WIN32_ERROR::ERROR_SUCCESS);
    Ok(kept as u32)
}

/// Finds a loaded module by name, without counting a reference.
#[shim(full)]
pub(in crate::kernel32) fn GetModuleHandleA(cx: &Cx, lpModuleName: PCSTR) -> Win32Result<HANDLE> {
    let name = lpModuleName.opt().map(PCSTR::read).transpose()?;
    handle_of(cx, name.map(|name| text::to_wide(cx, &name)))
}

/// Finds a loaded module by name, without counting a reference.
#[shim(full)]
pub(in crate::kernel32) fn GetModuleHandleW(cx: &Cx, lpModuleName: PCWSTR) -> Win32Result<HANDLE> {
    handle_of(cx, lpModuleName.opt().map(PCWSTR::read).transpose()?)
}

fn handle_of(cx: &Cx, name: Option<Vec<u16>>) -> Win32Result<HANDLE> {
    Ok(HANDLE(find(cx, name)?.base()))
}

/// Finds a loaded module by name or by an address in it, and counts a reference if asked to.
#[shim(full)]
pub(in crate::kernel32) fn GetModuleHandleExA(
    cx: &Cx,
    dwFlags: GET_MODULE_HANDLE_EX_FLAGS,
    lpModuleName: PCSTR,
    phModule: Out<HANDLE>,
) -> Win32Result<()> {
    get_module_handle_ex(cx, dwFlags, lpModuleName.address(), phModule, || {
        Ok(lpModuleName.opt().map(PCSTR::read).transpose()?.map(|name| text::to_wide(cx, &name)))
    })
}

/// Finds a loaded module by name or by an address in it, and counts a reference if asked to.
#[shim(full)]
pub(in crate::kernel32) fn GetModuleHandleExW(
    cx: &Cx,
    dwFlags: GET_MODULE_HANDLE_EX_FLAGS,
    lpModuleName: PCWSTR,
    phModule: Out<HANDLE>,
) -> Win32Result<()> {
    get_module_handle_ex(cx, dwFlags, lpModuleName.address(), phModule, || {
        Ok(lpModuleName.opt().map(PCWSTR::read).transpose()?)
    })
}

fn get_module_handle_ex(
    cx: &Cx,
    flags: GET_MODULE_HANDLE_EX_FLAGS,
    address: u64,
    result: Out<HANDLE>,
    name: impl FnOnce() -> Win32Result<Option<Vec<u16>>>,
) -> Win32Result<()> {
    let pin = flags.contains(GET_MODULE_HANDLE_EX_FLAGS::GET_MODULE_HANDLE_EX_FLAG_PIN);
    let unchanged = flags.contains(GET_MODULE_HANDLE_EX_FLAGS::GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT);
    if result.is_null() || (pin && unchanged) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    result.set(HANDLE::NULL)?;
    let found = if flags.contains(GET_MODULE_HANDLE_EX_FLAGS::GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS) {
        cx.process.module_of(address).ok_or(WIN32_ERROR::ERROR_MOD_NOT_FOUND)?
    } else {
        find(cx, name()?)?
    };
    if !unchanged {
        cx.reference_module(&found, pin)?;
    }
    Ok(result.set(HANDLE(found.base()))?)
}

/// Gives the address of an export, by name or ordinal.
#[shim(full)]
pub(in crate::kernel32) fn GetProcAddress(cx: &Cx, hModule: HANDLE, lpProcName: PCSTR) -> Win32Result<Ptr<u8>> {
    let module = module(cx, hModule)?;
    let address = match u16::try_from(lpProcName.address()) {
        Ok(ordinal) => cx.procedure(&module, Symbol::Ordinal(ordinal)),
        Err(_) => cx.procedure(&module, Symbol::Name(&lpProcName.read()?)),
    };
    match address {
        Ok(address) => Ok(Ptr::at(address)),
        // Windows reports a missing ordinal to its callers as a missing procedure, too.
        Err(NTSTATUS::STATUS_ORDINAL_NOT_FOUND | NTSTATUS::STATUS_ENTRYPOINT_NOT_FOUND) => {
            Err(WIN32_ERROR::ERROR_PROC_NOT_FOUND.into())
        }
        Err(status) => Err(status.into()),
    }
}

/// Loads a DLL, or finds it loaded, and counts a reference.
#[shim(full)]
pub(in crate::kernel32) fn LoadLibraryA(cx: &Cx, lpLibFileName: PCSTR) -> Win32Result<HANDLE> {
    load(cx, &text::to_wide(cx, &lpLibFileName.read()?), LOAD_LIBRARY_FLAGS::default())
}

/// Loads a DLL, or finds it loaded, and counts a reference.
#[shim(partial = "a DLL asked for as data file is loaded as code")]
pub(in crate::kernel32) fn LoadLibraryExA(
    cx: &Cx,
    lpLibFileName: PCSTR,
    hFile: HANDLE,
    dwFlags: LOAD_LIBRARY_FLAGS,
) -> Win32Result<HANDLE> {
    if !hFile.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    load(cx, &text::to_wide(cx, &lpLibFileName.read()?), dwFlags)
}

/// Loads a DLL, or finds it loaded, and counts a reference.
#[shim(partial = "a DLL asked for as data file is loaded as code")]
pub(in crate::kernel32) fn LoadLibraryExW(
    cx: &Cx,
    lpLibFileName: PCWSTR,
    hFile: HANDLE,
    dwFlags: LOAD_LIBRARY_FLAGS,
) -> Win32Result<HANDLE> {
    if !hFile.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    load(cx, &lpLibFileName.read()?, dwFlags)
}

/// Loads a DLL, or finds it loaded, and counts a reference.
#[shim(full)]
pub(in crate::kernel32) fn LoadLibraryW(cx: &Cx, lpLibFileName: PCWSTR) -> Win32Result<HANDLE> {
    load(cx, &lpLibFileName.read()?, LOAD_LIBRARY_FLAGS::default())
}

fn load(cx: &Cx, name: &[u16], flags: LOAD_LIBRARY_FLAGS) -> Win32Result<HANDLE> {
    if name.is_empty() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let wanted = if has_folder(name) {
        Wanted::File(cx.process.host_path(name)?)
    } else {
        Wanted::Name(String::from_utf16_lossy(name))
    };
    let module =
        cx.load_library(&wanted, LoadFlags::from_bits_retain(flags.bits())).map_err(|status| match status {
            NTSTATUS::STATUS_DLL_NOT_FOUND => WIN32_ERROR::ERROR_MOD_NOT_FOUND,
            status => status.into(),
        })?;
    Ok(HANDLE(module.base()))
}

fn has_folder(name: &[u16]) -> bool {
    name.iter().any(|&unit| [b'\\', b'/', b':'].map(u16::from).contains(&unit))
}

/// The module with this handle.
pub(in crate::kernel32) fn module(cx: &Cx, handle: HANDLE) -> Win32Result<Arc<Module>> {
    Ok(cx.process.module_at(handle.0).ok_or(WIN32_ERROR::ERROR_MOD_NOT_FOUND)?)
}

/// The loaded module of this name or path; the program for none.
fn find(cx: &Cx, name: Option<Vec<u16>>) -> Win32Result<Arc<Module>> {
    let found = match name.map(|name| String::from_utf16_lossy(&name)) {
        None => cx.process.program(),
        Some(path) if path.contains(['\\', '/', ':']) => cx.process.module_by_guest_path(&path),
        Some(name) => cx.process.module_named(&name),
    };
    Ok(found.ok_or(WIN32_ERROR::ERROR_MOD_NOT_FOUND)?)
}
