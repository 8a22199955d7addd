//! nttp.h: the thread pool's services that say how they fail. A header that Microsoft does not publish; the names are those of its symbols.
//! Those that cannot fail are the functions of threadpoolapiset.h under other names.

use abi::{NTSTATUS, NtResult, Out, Ptr, Raises, shim};
use syscall_xlate::Cx;
use syscall_xlate::pool::{Pool, Shape};

use crate::pool::{TP_CALLBACK_ENVIRON, TP_CALLBACK_INSTANCE, TP_CLEANUP_GROUP, TP_ITEM, TP_POOL, create, submit_once};

fn alloc(
    cx: &Cx,
    result: Out<Ptr<TP_ITEM>>,
    shape: Shape,
    [routine, context]: [Ptr<u8>; 2],
    environment: Ptr<TP_CALLBACK_ENVIRON>,
) -> Raises<NTSTATUS> {
    match create(cx, shape, routine, context, environment)? {
        Ok(item) => {
            result.set(Ptr::at(item.number()))?;
            Ok(NTSTATUS::STATUS_SUCCESS)
        }
        Err(status) => Ok(status),
    }
}

/// Makes a group of callback objects that are closed together.
#[shim(full)]
pub(super) fn TpAllocCleanupGroup(cx: &Cx, CleanupGroupReturn: Out<Ptr<TP_CLEANUP_GROUP>>) -> NtResult<()> {
    Ok(CleanupGroupReturn.set(Ptr::at(cx.create_group()))?)
}

/// Makes a pool of its own.
#[shim(full)]
pub(super) fn TpAllocPool(cx: &Cx, PoolReturn: Out<Ptr<TP_POOL>>, Reserved: Ptr<u8>) -> NtResult<()> {
    let _ = Reserved; // It must be NULL.
    Ok(PoolReturn.set(Ptr::at(cx.create_pool()))?)
}

/// Makes an object whose callback runs when a time has come.
#[shim(partial = "no activation contexts")]
pub(super) fn TpAllocTimer(
    cx: &Cx,
    Timer: Out<Ptr<TP_ITEM>>,
    Callback: Ptr<u8>,
    Context: Ptr<u8>,
    CallbackEnviron: Ptr<TP_CALLBACK_ENVIRON>,
) -> Raises<NTSTATUS> {
    alloc(cx, Timer, Shape::Item, [Callback, Context], CallbackEnviron)
}

/// Makes an object whose callback runs when another object is signalled.
#[shim(partial = "no activation contexts")]
pub(super) fn TpAllocWait(
    cx: &Cx,
    WaitReturn: Out<Ptr<TP_ITEM>>,
    Callback: Ptr<u8>,
    Context: Ptr<u8>,
    CallbackEnviron: Ptr<TP_CALLBACK_ENVIRON>,
) -> Raises<NTSTATUS> {
    alloc(cx, WaitReturn, Shape::Wait, [Callback, Context], CallbackEnviron)
}

/// Makes an object whose callback runs when it is submitted.
#[shim(partial = "no activation contexts")]
pub(super) fn TpAllocWork(
    cx: &Cx,
    WorkReturn: Out<Ptr<TP_ITEM>>,
    Callback: Ptr<u8>,
    Context: Ptr<u8>,
    CallbackEnviron: Ptr<TP_CALLBACK_ENVIRON>,
) -> Raises<NTSTATUS> {
    alloc(cx, WorkReturn, Shape::Item, [Callback, Context], CallbackEnviron)
}

/// Says that the callback may take long; fails when there is no other thread for others.
#[shim(full)]
pub(super) fn TpCallbackMayRunLong(cx: &Cx, Instance: Ptr<TP_CALLBACK_INSTANCE>) -> Raises<NTSTATUS> {
    match cx.callback_takes_long(Instance.address())? {
        true => Ok(NTSTATUS::STATUS_SUCCESS),
        false => Ok(NTSTATUS::STATUS_TOO_MANY_THREADS),
    }
}

/// Sets how many threads a pool has at least.
#[shim(full)]
pub(super) fn TpSetPoolMinThreads(cx: &Cx, Pool: Ptr<TP_POOL>, MinThreads: u32) -> NtResult<()> {
    cx.process.pools.get::<Pool>(Pool.address())?.set_minimum(MinThreads)
}

/// Has a function called by a thread of the pool.
#[shim(partial = "no activation contexts")]
pub(super) fn TpSimpleTryPost(
    cx: &Cx,
    Callback: Ptr<u8>,
    Context: Ptr<u8>,
    CallbackEnviron: Ptr<TP_CALLBACK_ENVIRON>,
) -> Raises<NTSTATUS> {
    match create(cx, Shape::Simple, Callback, Context, CallbackEnviron)? {
        Ok(item) => {
            submit_once(cx, &item);
            Ok(NTSTATUS::STATUS_SUCCESS)
        }
        Err(status) => Ok(status),
    }
}
