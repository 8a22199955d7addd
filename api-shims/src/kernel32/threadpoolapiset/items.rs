//! Callback objects: work, timers, waits, I/O.

use std::sync::Arc;

use abi::{HANDLE, In, NtResult, Ptr, Raises, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::File;
use syscall_xlate::object::access::SYNCHRONIZE;
use syscall_xlate::pool::{Item, Shape};
use syscall_xlate::wait::Timeout;

use crate::kernel32::structs::FILETIME;
use crate::pool::{self, TP_CALLBACK_ENVIRON, TP_ITEM, create, named};

/// Makes an object for callbacks of this shape.
fn create_item(
    cx: &Cx,
    shape: Shape,
    routine: Ptr<u8>,
    context: Ptr<u8>,
    environment: Ptr<TP_CALLBACK_ENVIRON>,
) -> Win32Result<Arc<Item>> {
    Ok(create(cx, shape, routine, context, environment)??)
}

fn close(cx: &Cx, item: Ptr<TP_ITEM>) -> Raises<()> {
    cx.close_item(&named(cx, item.address())?);
    Ok(())
}

fn wait(cx: &Cx, item: Ptr<TP_ITEM>, cancel: bool) -> Raises<()> {
    cx.wait_for_callbacks(&named(cx, item.address())?, cancel);
    cx.end_if_terminated();
    Ok(())
}

/// Takes back what `StartThreadpoolIo` has announced: the operation failed at once.
#[shim(full)]
pub(crate) fn CancelThreadpoolIo(cx: &Cx, pio: Ptr<TP_ITEM>) -> Raises<()> {
    named::<Item>(cx, pio.address())?.withdraw();
    Ok(())
}

/// Closes an I/O object.
#[shim(full)]
pub(crate) fn CloseThreadpoolIo(cx: &Cx, pio: Ptr<TP_ITEM>) -> Raises<()> {
    close(cx, pio)
}

/// Closes a timer object.
#[shim(full)]
pub(crate) fn CloseThreadpoolTimer(cx: &Cx, pti: Ptr<TP_ITEM>) -> Raises<()> {
    close(cx, pti)
}

/// Closes a wait object.
#[shim(full)]
pub(crate) fn CloseThreadpoolWait(cx: &Cx, pwa: Ptr<TP_ITEM>) -> Raises<()> {
    close(cx, pwa)
}

/// Closes a work object; what was submitted still runs.
#[shim(full)]
pub(crate) fn CloseThreadpoolWork(cx: &Cx, pwk: Ptr<TP_ITEM>) -> Raises<()> {
    close(cx, pwk)
}

/// Makes an object whose callback runs for each operation on a file that is completed.
#[shim(partial = "no activation contexts")]
pub(crate) fn CreateThreadpoolIo(
    cx: &Cx,
    fl: HANDLE,
    pfnio: Ptr<u8>,
    pv: Ptr<u8>,
    pcbe: Ptr<TP_CALLBACK_ENVIRON>,
) -> Win32Result<Ptr<TP_ITEM>> {
    let file = cx.process.handles.get::<File>(fl, 0)?;
    let item = create_item(cx, Shape::Io, pfnio, pv, pcbe)?;
    cx.bind_file(&item, &file).inspect_err(|_| cx.close_item(&item))?;
    Ok(Ptr::at(item.number()))
}

/// Makes an object whose callback runs when a time has come.
#[shim(partial = "no activation contexts")]
pub(crate) fn CreateThreadpoolTimer(
    cx: &Cx,
    pfnti: Ptr<u8>,
    pv: Ptr<u8>,
    pcbe: Ptr<TP_CALLBACK_ENVIRON>,
) -> Win32Result<Ptr<TP_ITEM>> {
    Ok(Ptr::at(create_item(cx, Shape::Item, pfnti, pv, pcbe)?.number()))
}

/// Makes an object whose callback runs when another object is signalled.
#[shim(partial = "no activation contexts")]
pub(crate) fn CreateThreadpoolWait(
    cx: &Cx,
    pfnwa: Ptr<u8>,
    pv: Ptr<u8>,
    pcbe: Ptr<TP_CALLBACK_ENVIRON>,
) -> Win32Result<Ptr<TP_ITEM>> {
    Ok(Ptr::at(create_item(cx, Shape::Wait, pfnwa, pv, pcbe)?.number()))
}

/// Makes an object whose callback runs when it is submitted.
#[shim(partial = "no activation contexts")]
pub(crate) fn CreateThreadpoolWork(
    cx: &Cx,
    pfnwk: Ptr<u8>,
    pv: Ptr<u8>,
    pcbe: Ptr<TP_CALLBACK_ENVIRON>,
) -> Win32Result<Ptr<TP_ITEM>> {
    Ok(Ptr::at(create_item(cx, Shape::Item, pfnwk, pv, pcbe)?.number()))
}

/// Tells whether a timer object is set.
#[shim(full)]
pub(crate) fn IsThreadpoolTimerSet(cx: &Cx, pti: Ptr<TP_ITEM>) -> Raises<bool> {
    Ok(named::<Item>(cx, pti.address())?.is_timer_set())
}

/// Sets a timer object, or takes its time back.
#[shim(full)]
pub(crate) fn SetThreadpoolTimer(
    cx: &Cx,
    pti: Ptr<TP_ITEM>,
    pftDueTime: In<FILETIME>,
    msPeriod: u32,
    msWindowLength: u32,
) -> Raises<()> {
    set_timer(cx, pti, pftDueTime, msPeriod, msWindowLength).map(drop)
}

/// Sets a timer object, or takes its time back; tells whether it was set.
#[shim(full)]
pub(crate) fn SetThreadpoolTimerEx(
    cx: &Cx,
    pti: Ptr<TP_ITEM>,
    pftDueTime: In<FILETIME>,
    msPeriod: u32,
    msWindowLength: u32,
) -> Raises<bool> {
    set_timer(cx, pti, pftDueTime, msPeriod, msWindowLength)
}

fn set_timer(cx: &Cx, timer: Ptr<TP_ITEM>, due: In<FILETIME>, period: u32, window: u32) -> Raises<bool> {
    let _ = window; // The delay that is allowed: none is taken.
    let item = named::<Item>(cx, timer.address())?;
    match due.opt() {
        None => Ok(cx.disarm_timer(&item)),
        Some(due) => Ok(cx.arm_timer(&item, Timeout::from_nt(Some(due.read()?.units())), period)?),
    }
}

/// Has a wait object wait for another object, or for nothing.
#[shim(partial = "a mutex is owned by a thread that never releases it")]
pub(crate) fn SetThreadpoolWait(cx: &Cx, pwa: Ptr<TP_ITEM>, h: HANDLE, pftTimeout: In<FILETIME>) -> Raises<()> {
    set_wait(cx, pwa, h, pftTimeout).map(drop)
}

/// Has a wait object wait for another object, or for nothing; tells whether it did before.
#[shim(partial = "a mutex is owned by a thread that never releases it")]
pub(crate) fn SetThreadpoolWaitEx(
    cx: &Cx,
    pwa: Ptr<TP_ITEM>,
    h: HANDLE,
    pftTimeout: In<FILETIME>,
    Reserved: Ptr<u8>,
) -> Raises<bool> {
    let _ = Reserved; // "must be NULL"
    set_wait(cx, pwa, h, pftTimeout)
}

fn set_wait(cx: &Cx, wait: Ptr<TP_ITEM>, handle: HANDLE, limit: In<FILETIME>) -> Raises<bool> {
    let item = named::<Item>(cx, wait.address())?;
    if handle.is_null() {
        return Ok(cx.disarm_wait(&item));
    }
    let limit = limit.opt().map(In::read).transpose()?.map(FILETIME::units);
    let arm = || -> NtResult<bool> {
        let object = cx.object(handle, SYNCHRONIZE)?;
        let before = cx.disarm_wait(&item);
        cx.arm_wait(&item, object, Timeout::from_nt(limit), false)?;
        Ok(before)
    };
    Ok(arm()?)
}

/// Announces an operation on the file of an I/O object.
#[shim(full)]
pub(crate) fn StartThreadpoolIo(cx: &Cx, pio: Ptr<TP_ITEM>) -> Raises<()> {
    named::<Item>(cx, pio.address())?.announce();
    Ok(())
}

/// Has the callback of a work object run once more.
#[shim(full)]
pub(crate) fn SubmitThreadpoolWork(cx: &Cx, pwk: Ptr<TP_ITEM>) -> Raises<()> {
    named::<Item>(cx, pwk.address())?.submit();
    Ok(())
}

/// Has a function called by a thread of the pool.
#[shim(partial = "no activation contexts")]
pub(crate) fn TrySubmitThreadpoolCallback(
    cx: &Cx,
    pfns: Ptr<u8>,
    pv: Ptr<u8>,
    pcbe: Ptr<TP_CALLBACK_ENVIRON>,
) -> Win32Result<()> {
    pool::submit_once(cx, &create_item(cx, Shape::Simple, pfns, pv, pcbe)?);
    Ok(())
}

/// Waits for the callbacks of an I/O object, or drops those that have not begun.
#[shim(full)]
pub(crate) fn WaitForThreadpoolIoCallbacks(cx: &Cx, pio: Ptr<TP_ITEM>, fCancelPendingCallbacks: bool) -> Raises<()> {
    wait(cx, pio, fCancelPendingCallbacks)
}

/// Waits for the callbacks of a timer object, or drops those that have not begun.
#[shim(full)]
pub(crate) fn WaitForThreadpoolTimerCallbacks(cx: &Cx, pti: Ptr<TP_ITEM>, fCancelPendingCallbacks: bool) -> Raises<()> {
    wait(cx, pti, fCancelPendingCallbacks)
}

/// Waits for the callbacks of a wait object, or drops those that have not begun.
#[shim(full)]
pub(crate) fn WaitForThreadpoolWaitCallbacks(cx: &Cx, pwa: Ptr<TP_ITEM>, fCancelPendingCallbacks: bool) -> Raises<()> {
    wait(cx, pwa, fCancelPendingCallbacks)
}

/// Waits for the callbacks of a work object, or drops those that have not begun.
#[shim(full)]
pub(crate) fn WaitForThreadpoolWorkCallbacks(cx: &Cx, pwk: Ptr<TP_ITEM>, fCancelPendingCallbacks: bool) -> Raises<()> {
    wait(cx, pwk, fCancelPendingCallbacks)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn an_environment_must_make_sense() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let environment = guest.buffer(72);
            let make = || guest.call("kernel32!CreateThreadpoolWork", &[0x1000, 7, environment]);
            make();
            abi::fault::store_u32(environment, 3).unwrap();
            abi::fault::store_u32(environment + 60, 1).unwrap();
            abi::fault::store_u64(environment + 8, 0x123).unwrap();
            make();
            let pool = guest.call("kernel32!CreateThreadpool", &[0]);
            abi::fault::store_u64(environment + 8, pool).unwrap();
            let work = make();
            guest.call("kernel32!WaitForThreadpoolWorkCallbacks", &[work, 0]);
            guest.call("kernel32!CloseThreadpoolWork", &[work]);
            guest.call("kernel32!CloseThreadpool", &[pool]);
            guest.call("kernel32!CreateThreadpoolTimer", &[0, 0, 0]);
            guest.call("kernel32!CreateThreadpoolIo", &[0x1238, 0x1000, 0, 0]);
        });
        assert_snapshot!(trace, @r"
        kernel32!CreateThreadpoolWork(pfnwk=@1, pv=@2, pcbe=@3) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!CreateThreadpoolWork(pfnwk=@1, pv=@2, pcbe=@3) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!CreateThreadpool(reserved=NULL) = @4
        kernel32!CreateThreadpoolWork(pfnwk=@1, pv=@2, pcbe=@3) = @5
        kernel32!WaitForThreadpoolWorkCallbacks(pwk=@5, fCancelPendingCallbacks=FALSE)
        kernel32!CloseThreadpoolWork(pwk=@5)
        kernel32!CloseThreadpool(ptpp=@4)
        kernel32!CreateThreadpoolTimer(pfnti=NULL, pv=NULL, pcbe=NULL) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!CreateThreadpoolIo(fl=h1, pfnio=@1, pv=NULL, pcbe=NULL) = NULL (ERROR_INVALID_HANDLE)
        ");
    }

    #[test]
    fn a_timer_is_set_until_it_is_taken_back() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let timer = guest.call("kernel32!CreateThreadpoolTimer", &[0x1000, 0, 0]);
            let due = guest.bytes(&(-600_000_000i64).to_le_bytes());
            guest.call("kernel32!IsThreadpoolTimerSet", &[timer]);
            guest.call("kernel32!SetThreadpoolTimer", &[timer, due, 0, 0]);
            guest.call("kernel32!IsThreadpoolTimerSet", &[timer]);
            guest.call("kernel32!SetThreadpoolTimerEx", &[timer, 0, 0, 0]);
            guest.call("kernel32!SetThreadpoolTimerEx", &[timer, 0, 0, 0]);
            guest.call("kernel32!CloseThreadpoolTimer", &[timer]);
        });
        assert_snapshot!(trace, @r"
        kernel32!CreateThreadpoolTimer(pfnti=@1, pv=NULL, pcbe=NULL) = @2
        kernel32!IsThreadpoolTimerSet(pti=@2) = FALSE
        kernel32!SetThreadpoolTimer(pti=@2, pftDueTime=&{dwLowDateTime=3694967296, dwHighDateTime=4294967295}, msPeriod=0, msWindowLength=0)
        kernel32!IsThreadpoolTimerSet(pti=@2) = TRUE
        kernel32!SetThreadpoolTimerEx(pti=@2, pftDueTime=NULL, msPeriod=0, msWindowLength=0) = TRUE
        kernel32!SetThreadpoolTimerEx(pti=@2, pftDueTime=NULL, msPeriod=0, msWindowLength=0) = FALSE
        kernel32!CloseThreadpoolTimer(pti=@2)
        ");
    }
}
