//! process.h: threads and identifiers.

use std::convert::Infallible;
use std::sync::Arc;

use abi::{CrtFailure, CrtResult, Errno, HANDLE, Out, Outcome, Ptr, Ret, Value, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::HandleFlags;
use syscall_xlate::program::NewThread;
use syscall_xlate::sync::thread::ALL_ACCESS;

use super::guest::ok;

/// Gives the process's identifier.
#[shim(full)]
pub(crate) fn _getpid(cx: &Cx) -> i32 {
    cx.process.id() as i32
}

/// Gives the thread's identifier.
#[shim(full)]
pub(crate) fn __threadid(cx: &Cx) -> u32 {
    cx.thread.id()
}

/// `CREATE_SUSPENDED`
const CREATE_SUSPENDED: u32 = 4;

/// A thread's handle, where failure is 0.
pub(crate) struct ThreadHandle(HANDLE);

impl Ret for ThreadHandle {
    type Raw = u64;
    fn outcome(self) -> Outcome<u64> {
        self.0.outcome()
    }
    fn result(&self) -> Value {
        self.0.result()
    }
}

impl CrtFailure for ThreadHandle {
    fn failed() -> Self {
        Self(HANDLE::NULL)
    }
}

fn start(cx: &Cx, new: NewThread) -> Result<(HANDLE, u32), Errno> {
    let thread = cx.start_thread(new).map_err(|_| Errno::EAGAIN)?;
    let id = thread.id();
    let handle = cx.process.handles.insert(Arc::clone(&thread) as _, ALL_ACCESS, HandleFlags::empty());
    Ok((handle.map_err(|_| Errno::EAGAIN)?, id))
}

/// Starts a thread; gives its handle.
#[shim(full)]
pub(crate) fn _beginthreadex(
    cx: &Cx,
    security: Ptr<u8>,
    stack_size: u32,
    start_address: Ptr<u8>,
    arglist: u64,
    initflag: u32,
    thrdaddr: Out<u32>,
) -> CrtResult<ThreadHandle> {
    let _ = security;
    if start_address.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let (handle, id) = start(
        cx,
        NewThread {
            start: start_address.address(),
            parameter: arglist,
            stack: stack_size.into(),
            suspended: initflag & CREATE_SUSPENDED != 0,
        },
    )?;
    thrdaddr.set_opt(id)?;
    ok(ThreadHandle(handle))
}

/// Starts a thread; gives its handle.
#[shim(partial = "the handle stays open when the thread ends")]
pub(crate) fn _beginthread(cx: &Cx, start_address: Ptr<u8>, stack_size: u32, arglist: u64) -> CrtResult<i64> {
    if start_address.is_null() {
        return Err(Errno::EINVAL.into());
    }
    let new =
        NewThread { start: start_address.address(), parameter: arglist, stack: stack_size.into(), suspended: false };
    ok(start(cx, new)?.0.0 as i64)
}

/// Ends the calling thread.
#[shim(full)]
pub(crate) fn _endthreadex(cx: &Cx, retval: u32) -> Infallible {
    cx.exit_thread(retval)
}

/// Ends the calling thread.
#[shim(full)]
pub(crate) fn _endthread(cx: &Cx) -> Infallible {
    cx.exit_thread(0)
}
