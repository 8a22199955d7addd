//! namedpipeapi.h: pipes.

use std::sync::Arc;

use abi::{Buffer, HANDLE, In, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{FILE_GENERIC_READ, FILE_GENERIC_WRITE, Medium, anonymous_pipe};
use syscall_xlate::object::HandleFlags;

use super::fileapi::with_file;
use super::structs::SECURITY_ATTRIBUTES;

abi::flags! {
    /// How a pipe is read and written, and which end it is.
    pub(super) struct NAMED_PIPE_MODE: u32 {
        PIPE_NOWAIT = 0x1;
        PIPE_READMODE_MESSAGE = 0x2;
        PIPE_TYPE_MESSAGE = 0x4;
        PIPE_REJECT_REMOTE_CLIENTS = 0x8;
    }
}

/// Makes an anonymous pipe.
#[shim(full)]
pub(super) fn CreatePipe(
    cx: &Cx,
    hReadPipe: Out<HANDLE>,
    hWritePipe: Out<HANDLE>,
    lpPipeAttributes: In<SECURITY_ATTRIBUTES>,
    nSize: u32,
) -> Win32Result<()> {
    let inherits = lpPipeAttributes.opt().map(In::read).transpose()?.is_some_and(|given| given.bInheritHandle != 0);
    let flags = if inherits { HandleFlags::INHERIT } else { HandleFlags::empty() };
    let (read, write) = anonymous_pipe(nSize)?;
    let read = cx.process.handles.insert(Arc::new(read), FILE_GENERIC_READ, flags)?;
    let write = match cx.process.handles.insert(Arc::new(write), FILE_GENERIC_WRITE, flags) {
        Ok(write) => write,
        Err(status) => {
            cx.process.handles.close(read)?;
            return Err(status.into());
        }
    };
    hReadPipe.set(read)?;
    Ok(hWritePipe.set(write)?)
}

/// Looks into a pipe without taking anything out.
#[shim(full)]
pub(super) fn PeekNamedPipe(
    cx: &Cx,
    hNamedPipe: HANDLE,
    lpBuffer: Ptr<u8>,
    nBufferSize: u32,
    lpBytesRead: Out<u32>,
    lpTotalBytesAvail: Out<u32>,
    lpBytesLeftThisMessage: Out<u32>,
) -> Win32Result<()> {
    let buffer = lpBuffer.opt().map(|pointer| Buffer::new(pointer, nBufferSize as usize));
    let state = with_file(cx, hNamedPipe, |file| file.peek_pipe(buffer))?;
    lpBytesRead.set_opt(state.peeked as u32)?;
    lpTotalBytesAvail.set_opt(state.available)?;
    // Only pipes of messages have some left.
    Ok(lpBytesLeftThisMessage.set_opt(0)?)
}

/// Changes how a pipe is read.
#[shim(partial = "an anonymous pipe always blocks and has no messages")]
pub(super) fn SetNamedPipeHandleState(
    cx: &Cx,
    hNamedPipe: HANDLE,
    lpMode: In<NAMED_PIPE_MODE>,
    lpMaxCollectionCount: In<u32>,
    lpCollectDataTimeout: In<u32>,
) -> Win32Result<()> {
    check_pipe(cx, hNamedPipe)?;
    let mode = lpMode.opt().map(In::read).transpose()?.unwrap_or_default();
    if !mode.is_empty() || !lpMaxCollectionCount.is_null() || !lpCollectDataTimeout.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    Ok(())
}

/// Gives what is known of a pipe.
#[shim(full)]
pub(super) fn GetNamedPipeInfo(
    cx: &Cx,
    hNamedPipe: HANDLE,
    lpFlags: Out<NAMED_PIPE_MODE>,
    lpOutBufferSize: Out<u32>,
    lpInBufferSize: Out<u32>,
    lpMaxInstances: Out<u32>,
) -> Win32Result<()> {
    /// What an anonymous pipe holds before a writer waits.
    const SIZE: u32 = 65536;
    check_pipe(cx, hNamedPipe)?;
    lpFlags.set_opt(NAMED_PIPE_MODE::empty())?;
    lpOutBufferSize.set_opt(SIZE)?;
    lpInBufferSize.set_opt(SIZE)?;
    Ok(lpMaxInstances.set_opt(1)?)
}

fn check_pipe(cx: &Cx, handle: HANDLE) -> Win32Result<()> {
    if with_file(cx, handle, |file| Ok(matches!(file.medium(), Medium::Pipe)))? {
        Ok(())
    } else {
        Err(WIN32_ERROR::ERROR_INVALID_FUNCTION.into())
    }
}

#[cfg(test)]
mod tests {
    use abi::Ptr;
    use syscall_xlate::testing;

    #[test]
    fn what_is_written_can_be_seen_and_read() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (read, write, count) = (guest.buffer(8), guest.buffer(8), guest.buffer(4));
            guest.call("kernel32!CreatePipe", &[read, write, 0, 0]);
            let handle = |at: u64| Ptr::<u64>::at(at).read().unwrap();
            guest.call("kernel32!WriteFile", &[handle(write), guest.ansi("pipe"), 4, count, 0]);
            guest.call("kernel32!PeekNamedPipe", &[handle(read), 0, 0, 0, count, 0]);
            guest.call("kernel32!ReadFile", &[handle(read), guest.buffer(8), 8, count, 0]);
            guest.call("kernel32!PeekNamedPipe", &[handle(write), 0, 0, 0, count, 0]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!CreatePipe(hReadPipe=&h1, hWritePipe=&h2, lpPipeAttributes=NULL, nSize=0) = TRUE
        kernel32!WriteFile(hFile=h2, lpBuffer=@3, nNumberOfBytesToWrite=4, lpNumberOfBytesWritten=&4, lpOverlapped=NULL) = TRUE
        kernel32!PeekNamedPipe(hNamedPipe=h1, lpBuffer=NULL, nBufferSize=0, lpBytesRead=NULL, lpTotalBytesAvail=&4, lpBytesLeftThisMessage=NULL) = TRUE
        kernel32!ReadFile(hFile=h1, lpBuffer=@5, nNumberOfBytesToRead=8, lpNumberOfBytesRead=&4, lpOverlapped=NULL) = TRUE
        kernel32!PeekNamedPipe(hNamedPipe=h2, lpBuffer=NULL, nBufferSize=0, lpBytesRead=NULL, lpTotalBytesAvail=@4, lpBytesLeftThisMessage=NULL) = FALSE (ERROR_ACCESS_DENIED)
        "#);
    }
}
