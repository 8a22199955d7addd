//! processenv.h: environment, command line, current directory, standard handles.

use abi::{HANDLE, Invalid, NTSTATUS, Out, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::console::Standard;
use syscall_xlate::file::{CreateOptions, OpenRequest};
use syscall_xlate::heap::{HeapFlags, Heaps};
use syscall_xlate::object::access::SYNCHRONIZE;
use syscall_xlate::{Cx, ProcessState};

use crate::{state, text};

abi::choices! {
    /// Which standard stream.
    pub(super) struct STD_HANDLE: u32 {
        STD_INPUT_HANDLE = 0xffff_fff6;
        STD_OUTPUT_HANDLE = 0xffff_fff5;
        STD_ERROR_HANDLE = 0xffff_fff4;
    }
}

impl STD_HANDLE {
    fn stream(self) -> Win32Result<Standard> {
        match self {
            Self::STD_INPUT_HANDLE => Ok(Standard::Input),
            Self::STD_OUTPUT_HANDLE => Ok(Standard::Output),
            Self::STD_ERROR_HANDLE => Ok(Standard::Error),
            _ => Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
        }
    }
}

/// What the process keeps in guest memory for good.
#[derive(Default)]
struct CommandLine {
    ansi: std::sync::OnceLock<u64>,
}

impl ProcessState for CommandLine {
    const SLOT: usize = state::process::COMMAND_LINE;
}

/// Replaces `%NAME%` by the variables' values.
#[shim(full)]
pub(super) fn ExpandEnvironmentStringsA(cx: &Cx, lpSrc: PCSTR, lpDst: PSTR, nSize: u32) -> Win32Result<u32> {
    let expanded = cx.process.environment.expand(&text::to_wide(cx, &lpSrc.read()?));
    let expanded = text::to_ansi(cx, &expanded);
    text::give_ansi(&expanded, lpDst, nSize)?;
    Ok(expanded.len() as u32 + 1)
}

/// Replaces `%NAME%` by the variables' values.
#[shim(full)]
pub(super) fn ExpandEnvironmentStringsW(cx: &Cx, lpSrc: PCWSTR, lpDst: PWSTR, nSize: u32) -> Win32Result<u32> {
    let expanded = cx.process.environment.expand(&lpSrc.read()?);
    text::give_wide(&expanded, lpDst, nSize)?;
    Ok(expanded.len() as u32 + 1)
}

/// Frees what `GetEnvironmentStringsA` gave.
#[shim(full)]
pub(super) fn FreeEnvironmentStringsA(cx: &Cx, penv: Ptr<u8>) -> Win32Result<()> {
    Ok(cx.process.heaps.free(Heaps::PROCESS, penv.address())?)
}

/// Frees what `GetEnvironmentStringsW` gave.
#[shim(full)]
pub(super) fn FreeEnvironmentStringsW(cx: &Cx, penv: Ptr<u16>) -> Win32Result<()> {
    Ok(cx.process.heaps.free(Heaps::PROCESS, penv.address())?)
}

/// Gives the command line.
#[shim(full)]
pub(super) fn GetCommandLineA(cx: &Cx) -> Ptr<u8> {
    let make = || {
        let mut bytes = text::to_ansi(cx, &cx.process.command_line_text());
        bytes.push(0);
        kept(cx, &bytes).unwrap_or_default()
    };
    Ptr::at(*cx.process.state::<CommandLine>().ansi.get_or_init(make))
}

/// Gives the command line.
#[shim(full)]
pub(super) fn GetCommandLineW(cx: &Cx) -> Ptr<u16> {
    Ptr::at(cx.process.command_line())
}

/// A copy in the guest's process heap.
fn kept(cx: &Cx, bytes: &[u8]) -> Win32Result<u64> {
    let address = cx.process.heaps.allocate(Heaps::PROCESS, HeapFlags::empty(), bytes.len() as u64)?;
    Ptr::at(address).write_bytes(bytes)?;
    Ok(address)
}

/// Gives the current directory.
#[shim(full)]
pub(super) fn GetCurrentDirectoryA(cx: &Cx, nBufferLength: u32, lpBuffer: PSTR) -> Win32Result<u32> {
    text::give_ansi(&text::to_ansi(cx, &cx.process.files.drives.current_directory()), lpBuffer, nBufferLength)
}

/// Gives the current directory.
#[shim(full)]
pub(super) fn GetCurrentDirectoryW(cx: &Cx, nBufferLength: u32, lpBuffer: PWSTR) -> Win32Result<u32> {
    text::give_wide(&cx.process.files.drives.current_directory(), lpBuffer, nBufferLength)
}

/// Gives a copy of all environment variables, in one block.
#[shim(full)]
pub(super) fn GetEnvironmentStrings(cx: &Cx) -> Win32Result<Ptr<u8>> {
    let block = text::to_ansi(cx, &cx.process.environment.block());
    Ok(Ptr::at(kept(cx, &block)?))
}

/// Gives a copy of all environment variables, in one block.
#[shim(full)]
pub(super) fn GetEnvironmentStringsW(cx: &Cx) -> Win32Result<Ptr<u16>> {
    let block: Vec<u8> = cx.process.environment.block().into_iter().flat_map(u16::to_le_bytes).collect();
    Ok(Ptr::at(kept(cx, &block)?))
}

/// Gives the value of an environment variable.
#[shim(full)]
pub(super) fn GetEnvironmentVariableA(cx: &Cx, lpName: PCSTR, lpBuffer: PSTR, nSize: u32) -> Win32Result<u32> {
    let value = variable(cx, &text::to_wide(cx, &lpName.read()?))?;
    text::give_ansi(&text::to_ansi(cx, &value), lpBuffer, nSize)
}

/// Gives the value of an environment variable.
#[shim(full)]
pub(super) fn GetEnvironmentVariableW(cx: &Cx, lpName: PCWSTR, lpBuffer: PWSTR, nSize: u32) -> Win32Result<u32> {
    let value = variable(cx, &lpName.read()?)?;
    text::give_wide(&value, lpBuffer, nSize)
}

fn variable(cx: &Cx, name: &[u16]) -> Win32Result<Vec<u16>> {
    let value = cx.process.environment.get(name).ok_or(WIN32_ERROR::ERROR_ENVVAR_NOT_FOUND)?;
    // An empty value has length 0, as a failure has: the last error tells which.
    cx.thread.set_last_error(WIN32_ERROR::ERROR_SUCCESS);
    Ok(value)
}

/// Gives the handle of a standard stream.
#[shim(full)]
pub(super) fn GetStdHandle(cx: &Cx, nStdHandle: STD_HANDLE) -> Win32Result<Invalid<HANDLE>> {
    Ok(Invalid(cx.process.standard.get(cx.process, nStdHandle.stream()?)))
}

/// Looks for a file in a path, or where programs are looked for.
#[shim(full)]
pub(super) fn SearchPathA(
    cx: &Cx,
    lpPath: PCSTR,
    lpFileName: PCSTR,
    lpExtension: PCSTR,
    nBufferLength: u32,
    lpBuffer: PSTR,
    lpFilePart: Out<Ptr<u8>>,
) -> Win32Result<u32> {
    let read = |text: PCSTR| -> Win32Result<_> {
        Ok(text.opt().map(PCSTR::read).transpose()?.map(|text| text::to_wide(cx, &text)))
    };
    let found = search_path(cx, read(lpPath)?, &text::to_wide(cx, &lpFileName.read()?), read(lpExtension)?)?;
    let found = text::to_ansi(cx, &found);
    let part = found.iter().rposition(|&byte| byte == b'\\').map_or(0, |at| at + 1);
    let length = text::give_ansi(&found, lpBuffer, nBufferLength)?;
    if length as usize == found.len() {
        lpFilePart.set_opt(lpBuffer.ptr().offset(part))?;
    }
    Ok(length)
}

/// Looks for a file in a path, or where programs are looked for.
#[shim(full)]
pub(super) fn SearchPathW(
    cx: &Cx,
    lpPath: PCWSTR,
    lpFileName: PCWSTR,
    lpExtension: PCWSTR,
    nBufferLength: u32,
    lpBuffer: PWSTR,
    lpFilePart: Out<Ptr<u16>>,
) -> Win32Result<u32> {
    let read = |text: PCWSTR| -> Win32Result<_> { Ok(text.opt().map(PCWSTR::read).transpose()?) };
    let found = search_path(cx, read(lpPath)?, &lpFileName.read()?, read(lpExtension)?)?;
    let part = found.iter().rposition(|&unit| unit == u16::from(b'\\')).map_or(0, |at| at + 1);
    let length = text::give_wide(&found, lpBuffer, nBufferLength)?;
    if length as usize == found.len() {
        lpFilePart.set_opt(lpBuffer.ptr().offset(part))?;
    }
    Ok(length)
}

fn search_path(cx: &Cx, path: Option<Vec<u16>>, name: &[u16], extension: Option<Vec<u16>>) -> Win32Result<Vec<u16>> {
    let is_separator = |unit: &u16| *unit == u16::from(b'\\') || *unit == u16::from(b'/');
    let base = name.rsplit(is_separator).next().unwrap_or_default();
    let has_extension = base.contains(&u16::from(b'.'));
    let name = match extension {
        Some(extension) if !has_extension => [name, &extension].concat(),
        _ => name.to_vec(),
    };
    let files = &cx.process.files;
    let exists = |path: &[u16]| -> Option<Vec<u16>> {
        let full = files.drives.full_path(path)?;
        files.query(&files.drives.nt_path(&full).ok()?).ok()?;
        Some(full)
    };
    // A path with a drive or a root is not looked for anywhere else.
    if name.iter().any(|unit| *unit == u16::from(b':')) || name.first().is_some_and(is_separator) {
        return Ok(exists(&name).ok_or(WIN32_ERROR::ERROR_FILE_NOT_FOUND)?);
    }
    let folders = path.unwrap_or_else(|| {
        let program = cx.process.program().map(|program| program.guest_path().encode_utf16().collect::<Vec<_>>());
        let folder = program.and_then(|path| path.iter().rposition(is_separator).map(|at| path[..at].to_vec()));
        let variable = cx.process.environment.get(&text::wide("PATH")).unwrap_or_default();
        let current = files.drives.current_directory();
        [folder.unwrap_or_default(), current, variable].join(&u16::from(b';'))
    });
    let candidates = folders.split(|&unit| unit == u16::from(b';')).filter(|folder| !folder.is_empty());
    let found = candidates.filter_map(|folder| exists(&[folder, &[u16::from(b'\\')], &name].concat())).next();
    Ok(found.ok_or(WIN32_ERROR::ERROR_FILE_NOT_FOUND)?)
}

/// Changes the current directory.
#[shim(full)]
pub(super) fn SetCurrentDirectoryA(cx: &Cx, lpPathName: PCSTR) -> Win32Result<()> {
    set_current_directory(cx, &text::to_wide(cx, &lpPathName.read()?))
}

/// Changes the current directory.
#[shim(full)]
pub(super) fn SetCurrentDirectoryW(cx: &Cx, lpPathName: PCWSTR) -> Win32Result<()> {
    set_current_directory(cx, &lpPathName.read()?)
}

fn set_current_directory(cx: &Cx, path: &[u16]) -> Win32Result<()> {
    let drives = &cx.process.files.drives;
    let options = CreateOptions::DIRECTORY_FILE | CreateOptions::SYNCHRONOUS_IO_NONALERT;
    let request = OpenRequest { options, ..OpenRequest::existing(SYNCHRONIZE) };
    let opened = cx.process.files.open(&drives.nt_path(path)?, &request).map_err(|status| match status {
        NTSTATUS::STATUS_NOT_A_DIRECTORY => WIN32_ERROR::ERROR_DIRECTORY,
        status => status.into(),
    })?;
    let full = drives.full_path(path).ok_or(WIN32_ERROR::ERROR_INVALID_NAME)?;
    drives.set_current_directory(&full);
    if let Some(folder) = opened.file.host_path() {
        cx.process.change_search_paths(|paths| paths.current = folder);
    }
    Ok(())
}

/// Sets an environment variable, or removes it.
#[shim(full)]
pub(super) fn SetEnvironmentVariableA(cx: &Cx, lpName: PCSTR, lpValue: PCSTR) -> Win32Result<()> {
    let value = lpValue.opt().map(PCSTR::read).transpose()?.map(|value| text::to_wide(cx, &value));
    set_variable(cx, &text::to_wide(cx, &lpName.read()?), value.as_deref())
}

/// Sets an environment variable, or removes it.
#[shim(full)]
pub(super) fn SetEnvironmentVariableW(cx: &Cx, lpName: PCWSTR, lpValue: PCWSTR) -> Win32Result<()> {
    let value = lpValue.opt().map(PCWSTR::read).transpose()?;
    set_variable(cx, &lpName.read()?, value.as_deref())
}

fn set_variable(cx: &Cx, name: &[u16], value: Option<&[u16]>) -> Win32Result<()> {
    if value.is_none() && cx.process.environment.get(name).is_none() {
        return Err(WIN32_ERROR::ERROR_ENVVAR_NOT_FOUND.into());
    }
    Ok(cx.process.environment.set(name, value)?)
}

/// Makes another handle that of a standard stream.
#[shim(full)]
pub(super) fn SetStdHandle(cx: &Cx, nStdHandle: STD_HANDLE, hHandle: HANDLE) -> Win32Result<()> {
    cx.process.standard.set(cx.process, nStdHandle.stream()?, hHandle);
    Ok(())
}
