//! processthreadsapi.h: the tokens of processes and threads.

use abi::{HANDLE, Out, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::HandleFlags;
use syscall_xlate::security::token;
use syscall_xlate::sync::process;

abi::flags! {
    /// Rights to a token.
    pub(super) struct TOKEN_ACCESS_MASK: u32 {
        TOKEN_ALL_ACCESS = 0xf01ff;
        TOKEN_ASSIGN_PRIMARY = 0x1;
        TOKEN_DUPLICATE = 0x2;
        TOKEN_IMPERSONATE = 0x4;
        TOKEN_QUERY = 0x8;
        TOKEN_QUERY_SOURCE = 0x10;
        TOKEN_ADJUST_PRIVILEGES = 0x20;
        TOKEN_ADJUST_GROUPS = 0x40;
        TOKEN_ADJUST_DEFAULT = 0x80;
        TOKEN_ADJUST_SESSIONID = 0x100;
    }
}

/// Opens the token of a process.
#[shim(partial = "of the caller's own process only")]
pub(super) fn OpenProcessToken(
    cx: &Cx,
    ProcessHandle: HANDLE,
    DesiredAccess: TOKEN_ACCESS_MASK,
    TokenHandle: Out<HANDLE>,
) -> Win32Result<()> {
    if !cx.is_own_process(ProcessHandle, process::QUERY_LIMITED_INFORMATION)? {
        return Err(WIN32_ERROR::ERROR_ACCESS_DENIED.into());
    }
    let access = token::MAPPING.map(DesiredAccess.bits());
    Ok(TokenHandle.set(cx.process.handles.insert(cx.process.token.clone(), access, HandleFlags::default())?)?)
}

/// Opens the token with which a thread acts for somebody else.
#[shim(partial = "no thread acts for somebody else: none has a token")]
pub(super) fn OpenThreadToken(
    ThreadHandle: HANDLE,
    DesiredAccess: TOKEN_ACCESS_MASK,
    OpenAsSelf: bool,
    TokenHandle: Out<HANDLE>,
) -> Win32Result<()> {
    let _ = (ThreadHandle, DesiredAccess, OpenAsSelf, TokenHandle);
    Err(WIN32_ERROR::ERROR_NO_TOKEN.into())
}
