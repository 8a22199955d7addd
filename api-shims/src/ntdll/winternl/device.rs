//! Asking devices.

use abi::{HANDLE, NTSTATUS, Out, Ptr, shim};
use syscall_xlate::Cx;

use crate::files::{CONTROL_CODE, Control};
use crate::ntdll::ntifs;
use crate::ntdll::ntioapi::{IO_STATUS_BLOCK, Told};

/// Asks a device for something of its own.
#[shim(partial = "no code of a device's is known: they answer that the function is not theirs")]
pub(in crate::ntdll) fn NtDeviceIoControlFile(
    cx: &Cx,
    FileHandle: HANDLE,
    Event: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcContext: Ptr<u8>,
    IoStatusBlock: Out<IO_STATUS_BLOCK>,
    IoControlCode: CONTROL_CODE,
    InputBuffer: Ptr<u8>,
    InputBufferLength: u32,
    OutputBuffer: Ptr<u8>,
    OutputBufferLength: u32,
) -> NTSTATUS {
    let told = Told { event: Event, routine: ApcRoutine, context: ApcContext, block: IoStatusBlock };
    let input = (InputBuffer, InputBufferLength as usize);
    let output = (OutputBuffer, OutputBufferLength as usize);
    ntifs::control(cx, FileHandle, &told, &Control { code: IoControlCode, input, output })
}
