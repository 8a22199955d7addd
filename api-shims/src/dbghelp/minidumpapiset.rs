//! minidumpapiset.h: dumps.

use abi::{Buffer, CONTEXT, EXCEPTION_RECORD, Guest, HANDLE, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::exception::EXCEPTION_POINTERS;
use syscall_xlate::file::{At, File};
use syscall_xlate::minidump::{Cause, Parts, Request};

abi::flags! {
    /// What is in a dump.
    pub(super) struct MINIDUMP_TYPE: u32 {
        MiniDumpWithDataSegs = 0x1;
        MiniDumpWithFullMemory = 0x2;
        MiniDumpWithHandleData = 0x4;
        MiniDumpFilterMemory = 0x8;
        MiniDumpScanMemory = 0x10;
        MiniDumpWithUnloadedModules = 0x20;
        MiniDumpWithIndirectlyReferencedMemory = 0x40;
        MiniDumpFilterModulePaths = 0x80;
        MiniDumpWithProcessThreadData = 0x100;
        MiniDumpWithPrivateReadWriteMemory = 0x200;
        MiniDumpWithoutOptionalData = 0x400;
        MiniDumpWithFullMemoryInfo = 0x800;
        MiniDumpWithThreadInfo = 0x1000;
        MiniDumpWithCodeSegs = 0x2000;
        MiniDumpWithoutAuxiliaryState = 0x4000;
        MiniDumpWithFullAuxiliaryState = 0x8000;
        MiniDumpWithPrivateWriteCopyMemory = 0x1_0000;
        MiniDumpIgnoreInaccessibleMemory = 0x2_0000;
        MiniDumpWithTokenInformation = 0x4_0000;
        MiniDumpWithModuleHeaders = 0x8_0000;
        MiniDumpFilterTriage = 0x10_0000;
        MiniDumpWithAvxXStateContext = 0x20_0000;
        MiniDumpWithIptTrace = 0x40_0000;
        MiniDumpScanInaccessiblePartialPages = 0x80_0000;
        MiniDumpFilterWriteCombinedMemory = 0x100_0000;
    }
}

/// `MiniDumpValidTypeFlags`
const VALID: u32 = 0x1ff_ffff;
/// Streams of a caller's at most, and bytes in one.
const MOST_STREAMS: u32 = 256;
const MOST_BYTES: u32 = 64 << 20;

/// The last error, as this function has it: an `HRESULT`.
fn hresult(error: WIN32_ERROR) -> WIN32_ERROR {
    WIN32_ERROR(abi::HRESULT::from(error).0)
}

/// Writes a dump of the process to a file.
#[shim(
    partial = "of the caller's own process only; no handles, unloaded modules, tokens or processor traces, nothing is filtered; callbacks are not called"
)]
pub(super) fn MiniDumpWriteDump(
    cx: &Cx,
    caller: &CONTEXT,
    hProcess: HANDLE,
    ProcessId: u32,
    hFile: HANDLE,
    DumpType: MINIDUMP_TYPE,
    ExceptionParam: Ptr<u8>,
    UserStreamParam: Ptr<u8>,
    CallbackParam: Ptr<u8>,
) -> Win32Result<()> {
    let _ = CallbackParam;
    let is_own = cx.is_own_process(hProcess, 0).map_err(|_| hresult(WIN32_ERROR::ERROR_INVALID_HANDLE))?;
    if !is_own || ProcessId != cx.process.id() {
        return Err(hresult(WIN32_ERROR::ERROR_NOT_SUPPORTED).into());
    }
    if DumpType.bits() & !VALID != 0 {
        return Err(hresult(WIN32_ERROR::ERROR_INVALID_PARAMETER).into());
    }
    let file = cx.process.handles.get::<File>(hFile, 0).map_err(|_| hresult(WIN32_ERROR::ERROR_INVALID_HANDLE))?;
    let parts = [
        (MINIDUMP_TYPE::MiniDumpWithDataSegs, Parts::DATA_SEGMENTS),
        (MINIDUMP_TYPE::MiniDumpWithFullMemory, Parts::FULL_MEMORY),
        (MINIDUMP_TYPE::MiniDumpWithIndirectlyReferencedMemory, Parts::INDIRECT_MEMORY),
        (MINIDUMP_TYPE::MiniDumpScanMemory, Parts::INDIRECT_MEMORY),
        (MINIDUMP_TYPE::MiniDumpWithPrivateReadWriteMemory, Parts::PRIVATE_MEMORY),
        (MINIDUMP_TYPE::MiniDumpWithFullMemoryInfo, Parts::MEMORY_INFO),
        (MINIDUMP_TYPE::MiniDumpWithThreadInfo, Parts::THREAD_INFO),
        (MINIDUMP_TYPE::MiniDumpWithCodeSegs, Parts::CODE_SEGMENTS),
    ];
    let asked = parts.into_iter().filter(|(flag, _)| DumpType.contains(*flag)).map(|(_, part)| part);
    let request = Request { parts: asked.collect(), cause: cause(ExceptionParam)?, streams: streams(UserStreamParam)? };
    let mut at = 0;
    let written = cx.write_minidump(caller, &request, |piece| {
        let buffer = Buffer::new(Ptr::<u8>::at(piece.as_ptr() as u64), piece.len());
        at += file.write(buffer, At::Offset(at))? as u64;
        Ok(())
    });
    Ok(written.map_err(|status| hresult(WIN32_ERROR::from(status)))?)
}

fn field<T: Guest>(at: Ptr<u8>, offset: u64) -> Win32Result<T> {
    Ok(Ptr::<T>::at(at.address().wrapping_add(offset)).read()?)
}

/// What `MINIDUMP_EXCEPTION_INFORMATION` tells of: thread, pointers; packed to four bytes.
fn cause(information: Ptr<u8>) -> Win32Result<Option<Cause>> {
    let Some(information) = information.opt() else { return Ok(None) };
    let pointers: u64 = field(information, 4)?;
    let pointers = Ptr::<EXCEPTION_POINTERS>::at(pointers).read()?;
    let record = Ptr::<EXCEPTION_RECORD>::at(pointers.ExceptionRecord).read()?;
    let context = CONTEXT::read(pointers.ContextRecord)?;
    Ok(Some(Cause { thread: field(information, 0)?, record, context }))
}

/// The streams of `MINIDUMP_USER_STREAM_INFORMATION`: their number, then where they are; packed to four bytes.
fn streams(information: Ptr<u8>) -> Win32Result<Vec<(u32, Vec<u8>)>> {
    let Some(information) = information.opt() else { return Ok(Vec::new()) };
    let (count, first): (u32, u64) = (field(information, 0)?, field(information, 4)?);
    if count > MOST_STREAMS {
        return Err(hresult(WIN32_ERROR::ERROR_INVALID_PARAMETER).into());
    }
    let mut streams = Vec::new();
    for index in 0..u64::from(count) {
        // Type, size, address.
        let stream = Ptr::<u8>::at(first.wrapping_add(16 * index));
        let size: u32 = field(stream, 4)?;
        if size > MOST_BYTES {
            return Err(hresult(WIN32_ERROR::ERROR_INVALID_PARAMETER).into());
        }
        let bytes = Ptr::<u8>::at(field(stream, 8)?).read_bytes(size as usize)?;
        streams.push((field(stream, 0)?, bytes));
    }
    Ok(streams)
}
