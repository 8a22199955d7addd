//! ioapiset.h: device control.

use abi::{HANDLE, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::File;

use super::structs::OVERLAPPED;

/// Asks a device for something of its own.
#[shim(partial = "no control code is known: devices answer that the function is not theirs")]
pub(super) fn DeviceIoControl(
    cx: &Cx,
    hDevice: HANDLE,
    dwIoControlCode: u32,
    lpInBuffer: Ptr<u8>,
    nInBufferSize: u32,
    lpOutBuffer: Ptr<u8>,
    nOutBufferSize: u32,
    lpBytesReturned: Out<u32>,
    lpOverlapped: Ptr<OVERLAPPED>,
) -> Win32Result<()> {
    let _ = (dwIoControlCode, lpInBuffer, nInBufferSize, lpOutBuffer, nOutBufferSize, lpOverlapped);
    cx.process.handles.get::<File>(hDevice, 0)?;
    lpBytesReturned.set_opt(0)?;
    Err(WIN32_ERROR::ERROR_INVALID_FUNCTION.into())
}
