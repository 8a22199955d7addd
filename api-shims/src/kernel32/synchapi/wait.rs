//! Waiting for objects and for time.

use abi::{HANDLE, Invalid, NtResult, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::object::access::SYNCHRONIZE;
use syscall_xlate::sync::Slept;
use syscall_xlate::wait::{self, MAXIMUM_WAIT_OBJECTS, Timeout, Woken};
use syscall_xlate::{Cx, scheduling};

/// Signals one object and waits for another.
#[shim(full)]
pub(in crate::kernel32) fn SignalObjectAndWait(
    cx: &Cx,
    hObjectToSignal: HANDLE,
    hObjectToWaitOn: HANDLE,
    dwMilliseconds: u32,
    bAlertable: bool,
) -> Win32Result<Invalid<u32>> {
    let timeout = Timeout::from_millis(dwMilliseconds);
    let woken = cx.signal_and_wait(hObjectToSignal, hObjectToWaitOn, bAlertable, timeout)?;
    Ok(finish(cx, woken))
}

/// Lets time pass.
#[shim(full)]
pub(in crate::kernel32) fn Sleep(cx: &Cx, dwMilliseconds: u32) {
    sleep(cx, dwMilliseconds, false);
    cx.end_if_terminated();
}

/// Lets time pass, or runs the calls queued to the thread.
#[shim(full)]
pub(in crate::kernel32) fn SleepEx(cx: &Cx, dwMilliseconds: u32, bAlertable: bool) -> u32 {
    match sleep(cx, dwMilliseconds, bAlertable) {
        woken @ (Woken::Apc | Woken::Killed) => finish(cx, woken).0,
        _ => 0,
    }
}

fn sleep(cx: &Cx, millis: u32, alertable: bool) -> Woken {
    if millis == 0 {
        scheduling::yield_execution();
    }
    wait::delay(cx.thread.object().waiter(), alertable, Timeout::from_millis(millis))
}

/// Waits for any or all of several objects.
#[shim(full)]
pub(in crate::kernel32) fn WaitForMultipleObjects(
    cx: &Cx,
    nCount: u32,
    lpHandles: Ptr<HANDLE>,
    bWaitAll: bool,
    dwMilliseconds: u32,
) -> Win32Result<Invalid<u32>> {
    let woken = wait_for_many(cx, nCount, lpHandles, bWaitAll, dwMilliseconds, false)?;
    Ok(finish(cx, woken))
}

/// Waits for any or all of several objects, or runs the calls queued to the thread.
#[shim(full)]
pub(in crate::kernel32) fn WaitForMultipleObjectsEx(
    cx: &Cx,
    nCount: u32,
    lpHandles: Ptr<HANDLE>,
    bWaitAll: bool,
    dwMilliseconds: u32,
    bAlertable: bool,
) -> Win32Result<Invalid<u32>> {
    let woken = wait_for_many(cx, nCount, lpHandles, bWaitAll, dwMilliseconds, bAlertable)?;
    Ok(finish(cx, woken))
}

fn wait_for_many(
    cx: &Cx,
    count: u32,
    handles: Ptr<HANDLE>,
    all: bool,
    millis: u32,
    alertable: bool,
) -> Win32Result<Woken> {
    if !(1..=MAXIMUM_WAIT_OBJECTS).contains(&(count as usize)) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let handles = handles.read_slice(count as usize)?;
    let objects = handles.into_iter().map(|handle| cx.object(handle, SYNCHRONIZE)).collect::<NtResult<Vec<_>>>()?;
    let dispatchers = objects.iter().map(wait::waitable).collect::<NtResult<Vec<_>>>()?;
    let (waiter, timeout) = (cx.thread.object().waiter(), Timeout::from_millis(millis));
    Ok(match all {
        true => wait::all(waiter, &dispatchers, alertable, timeout)?,
        false => wait::any(waiter, &dispatchers, alertable, timeout)?,
    })
}

/// Waits for an object.
#[shim(full)]
#[inline(always)]
pub(in crate::kernel32) fn WaitForSingleObject(
    cx: &Cx,
    hHandle: HANDLE,
    dwMilliseconds: u32,
) -> Win32Result<Invalid<u32>> {
    if let Some(woken) = wait::pass_at_once(&cx.process.handles, cx.thread.id(), hHandle) {
        return Ok(Invalid(woken.status().0));
    }
    wait_slowly(cx, hHandle, dwMilliseconds)
}

/// In the guest's convention: an entry that calls nothing else in another one saves no vector registers.
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from here only")]
extern "win64" fn wait_slowly(cx: &Cx, handle: HANDLE, millis: u32) -> Win32Result<Invalid<u32>> {
    let woken = wait_for_one(cx, handle, millis, false)?;
    Ok(finish(cx, woken))
}

/// Waits for an object, or runs the calls queued to the thread.
#[shim(full)]
pub(in crate::kernel32) fn WaitForSingleObjectEx(
    cx: &Cx,
    hHandle: HANDLE,
    dwMilliseconds: u32,
    bAlertable: bool,
) -> Win32Result<Invalid<u32>> {
    let woken = wait_for_one(cx, hHandle, dwMilliseconds, bAlertable)?;
    Ok(finish(cx, woken))
}

#[inline]
fn wait_for_one(cx: &Cx, handle: HANDLE, millis: u32, alertable: bool) -> NtResult<Woken> {
    let (waiter, timeout) = (cx.thread.object().waiter(), Timeout::from_millis(millis));
    if handle == HANDLE::CURRENT_PROCESS || handle == HANDLE::CURRENT_THREAD {
        let object = cx.object(handle, SYNCHRONIZE)?;
        return Ok(wait::one(waiter, wait::waitable(&object)?, alertable, timeout));
    }
    wait::for_handle(&cx.process.handles, waiter, handle, alertable, timeout)
}

/// What the functions return, after the queued calls have run where the wait ended for them. Nothing is owned while they run.
pub(in crate::kernel32) fn finish(cx: &Cx, woken: Woken) -> Invalid<u32> {
    if woken == Woken::Killed {
        cx.end_if_terminated();
    }
    if woken == Woken::Apc {
        while let Some(apc) = cx.thread.object().waiter().take_apc() {
            cx.call_guest(apc.routine, apc.arguments);
        }
    }
    Invalid(woken.status().0)
}

/// Waits until the value at an address is another one and somebody says so.
#[shim(full)]
pub(in crate::kernel32) fn WaitOnAddress(
    cx: &Cx,
    Address: Ptr<u8>,
    CompareAddress: Ptr<u8>,
    AddressSize: usize,
    dwMilliseconds: u32,
) -> Win32Result<()> {
    let compare = match AddressSize {
        1 => u64::from(CompareAddress.read()?),
        2 => u64::from(CompareAddress.cast::<u16>().read()?),
        4 => u64::from(CompareAddress.cast::<u32>().read()?),
        8 => CompareAddress.cast::<u64>().read()?,
        _ => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    };
    let timeout = Timeout::from_millis(dwMilliseconds);
    match cx.process.addresses.wait(Address.address(), AddressSize as u64, compare, timeout)? {
        Slept::Woken => Ok(()),
        Slept::Timeout => Err(WIN32_ERROR::ERROR_TIMEOUT.into()),
    }
}

/// Wakes all threads that wait on an address.
#[shim(full)]
pub(in crate::kernel32) fn WakeByAddressAll(cx: &Cx, Address: Ptr<u8>) {
    cx.process.addresses.wake(Address.address(), usize::MAX);
}

/// Wakes a thread that waits on an address.
#[shim(full)]
pub(in crate::kernel32) fn WakeByAddressSingle(cx: &Cx, Address: Ptr<u8>) {
    cx.process.addresses.wake(Address.address(), 1);
}
