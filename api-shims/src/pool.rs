//! What the doors to the thread pool share: reading a callback environment, and the older functions, of which kernel32 and ntdll have one each.

use std::sync::Arc;

use abi::{Fault, HANDLE, NTSTATUS, NtResult, Out, Ptr, Raises};
use syscall_xlate::Cx;
use syscall_xlate::object::access::SYNCHRONIZE;
use syscall_xlate::pool::{Callback, Environment, Group, Item, Named, Pool, Priority, Shape, Told};
use syscall_xlate::sync::{Event, event};
use syscall_xlate::wait::Timeout;

/// An item, as the guest names it: a work, timer, wait or I/O object.
pub(crate) enum TP_ITEM {}
/// A pool, as the guest names it.
pub(crate) enum TP_POOL {}
/// A cleanup group, as the guest names it.
pub(crate) enum TP_CLEANUP_GROUP {}
/// A callback that runs, as the guest names it.
pub(crate) enum TP_CALLBACK_INSTANCE {}

abi::guest_struct! {
    /// Where and how callbacks run, as far as all versions say.
    pub(crate) struct TP_CALLBACK_ENVIRON {
        Version: u32,
        Pool: Ptr<TP_POOL>,
        CleanupGroup: Ptr<TP_CLEANUP_GROUP>,
        CleanupGroupCancelCallback: Ptr<u8>,
        RaceDll: Ptr<u8>,
        ActivationContext: Ptr<u8>,
        FinalizationCallback: Ptr<u8>,
        Flags: u32,
    }

    /// The same since Windows 7.
    pub(crate) struct TP_CALLBACK_ENVIRON_V3 {
        V1: [usize; 7],
        Flags: u32,
        CallbackPriority: u32,
        Size: u32,
    }
}

/// `LongFunction` of `TP_CALLBACK_ENVIRON`'s flags.
const LONG_FUNCTION: u32 = 1;

abi::flags! {
    /// How the callbacks of the older functions run.
    pub(crate) struct WT_EXECUTE: u32 {
        WT_EXECUTEINIOTHREAD = 0x1;
        WT_EXECUTEINUITHREAD = 0x2;
        WT_EXECUTEINWAITTHREAD = 0x4;
        WT_EXECUTEONLYONCE = 0x8;
        WT_EXECUTELONGFUNCTION = 0x10;
        WT_EXECUTEINTIMERTHREAD = 0x20;
        WT_EXECUTEINPERSISTENTTHREAD = 0x80;
        WT_TRANSFER_IMPERSONATION = 0x100;
    }
}

impl WT_EXECUTE {
    /// The environment of callbacks that run so: those that want to be on a thread which stays are all on the same one.
    fn environment(self, cx: &Cx) -> Environment {
        let one_thread =
            Self::WT_EXECUTEINTIMERTHREAD | Self::WT_EXECUTEINWAITTHREAD | Self::WT_EXECUTEINPERSISTENTTHREAD;
        Environment {
            pool: self.intersects(one_thread).then(|| cx.single_pool()),
            long: self.contains(Self::WT_EXECUTELONGFUNCTION),
            ..Environment::default()
        }
    }
}

/// Reads a callback environment that may be absent.
pub(crate) fn environment(cx: &Cx, at: Ptr<TP_CALLBACK_ENVIRON>) -> Result<NtResult<Environment>, Fault> {
    let Some(at) = at.opt() else { return Ok(Ok(Environment::default())) };
    let told = at.read()?;
    let priority = match told.Version {
        1 => Some(Priority::Normal),
        3 => match at.cast::<TP_CALLBACK_ENVIRON_V3>().read()?.CallbackPriority {
            0 => Some(Priority::High),
            1 => Some(Priority::Normal),
            2 => Some(Priority::Low),
            _ => None,
        },
        _ => None,
    };
    let named = || {
        Ok(Environment {
            pool: optional(cx, told.Pool.address())?,
            group: optional(cx, told.CleanupGroup.address())?,
            cancelled: told.CleanupGroupCancelCallback.address(),
            library: told.RaceDll.address(),
            finalization: told.FinalizationCallback.address(),
            long: told.Flags & LONG_FUNCTION != 0,
            priority: priority.ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?,
        })
    };
    Ok(named())
}

fn optional<T: Named>(cx: &Cx, number: u64) -> NtResult<Option<Arc<T>>> {
    (number != 0).then(|| cx.process.pools.get(number)).transpose()
}

/// What the guest names, where it may name nothing else: these functions do not fail, and Windows raises the status.
pub(crate) fn named<T: Named>(cx: &Cx, number: u64) -> Raises<Arc<T>> {
    cx.process.pools.get(number).map_err(Into::into)
}

/// Makes an item in an environment; gives its number.
pub(crate) fn create(
    cx: &Cx,
    shape: Shape,
    routine: Ptr<u8>,
    context: Ptr<u8>,
    environment_at: Ptr<TP_CALLBACK_ENVIRON>,
) -> Result<NtResult<Arc<Item>>, Fault> {
    let environment = environment(cx, environment_at)?;
    Ok(environment.and_then(|environment| item(cx, shape, routine, context, environment)))
}

fn item(cx: &Cx, shape: Shape, routine: Ptr<u8>, context: Ptr<u8>, environment: Environment) -> NtResult<Arc<Item>> {
    if routine.is_null() {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    cx.create_item(Callback { shape, routine: routine.address(), context: context.address() }, environment)
}

/// Has a function called once. What was submitted alone has no name of its own.
pub(crate) fn submit_once(cx: &Cx, item: &Arc<Item>) {
    item.submit();
    cx.close_item(item);
}

/// `QueueUserWorkItem`
pub(crate) fn queue_work(cx: &Cx, routine: Ptr<u8>, context: Ptr<u8>, flags: WT_EXECUTE) -> NtResult<()> {
    // `WT_SET_MAX_THREADPOOL_THREADS` puts a limit into the upper half.
    let limit = flags.bits() >> 16;
    if limit != 0 {
        cx.shared_pool().set_maximum(limit);
    }
    submit_once(cx, &item(cx, Shape::Context, routine, context, flags.environment(cx))?);
    Ok(())
}

/// `RegisterWaitForSingleObject`
pub(crate) fn register_wait(
    cx: &Cx,
    wait: Out<HANDLE>,
    object: HANDLE,
    [routine, context]: [Ptr<u8>; 2],
    millis: u32,
    flags: WT_EXECUTE,
) -> NtResult<()> {
    let object = cx.object(object, SYNCHRONIZE)?;
    let item = item(cx, Shape::TimeUp, routine, context, flags.environment(cx))?;
    // Before there can be a callback that looks at it.
    let armed = wait.set(HANDLE(item.number())).map_err(NTSTATUS::from).and_then(|()| {
        let repeated = !flags.contains(WT_EXECUTE::WT_EXECUTEONLYONCE);
        cx.arm_wait(&item, object, Timeout::from_millis(millis), repeated)
    });
    armed.inspect_err(|_| cx.close_item(&item))
}

/// How the end of callbacks is told.
enum End {
    /// Not at all.
    Untold,
    /// The caller waits for it.
    Awaited,
    /// By an event.
    Told(Arc<Told>),
}

impl End {
    fn of(cx: &Cx, event: HANDLE) -> NtResult<Self> {
        match event {
            HANDLE::NULL => Ok(Self::Untold),
            HANDLE::INVALID => Ok(Self::Awaited),
            event => Ok(Self::Told(Arc::new(Told(cx.process.handles.get::<Event>(event, event::MODIFY_STATE)?)))),
        }
    }
}

/// `STATUS_PENDING` when callbacks are left that nobody waited for.
fn end(cx: &Cx, item: &Arc<Item>, end: &End) -> NtResult<()> {
    if let End::Told(told) = end {
        item.tell(Arc::clone(told));
    }
    cx.close_item(item);
    match end {
        End::Awaited => {
            cx.wait_for_callbacks(item, false);
            Ok(())
        }
        _ if item.outstanding() != 0 => Err(NTSTATUS::STATUS_PENDING),
        _ => Ok(()),
    }
}

/// `UnregisterWaitEx`. The caller looks whether it is to end.
pub(crate) fn unregister_wait(cx: &Cx, wait: HANDLE, event: HANDLE) -> NtResult<()> {
    let told = End::of(cx, event)?;
    let item = cx.process.pools.take::<Item>(wait.0).map_err(|_| NTSTATUS::STATUS_INVALID_HANDLE)?;
    end(cx, &item, &told)
}

/// The timer queue behind a handle; `None` for the default one.
fn queue(cx: &Cx, queue: HANDLE) -> NtResult<Option<Arc<Group>>> {
    optional(cx, queue.0).map_err(|_| NTSTATUS::STATUS_INVALID_HANDLE)
}

/// `CreateTimerQueueTimer`
pub(crate) fn create_timer(
    cx: &Cx,
    timer: Out<HANDLE>,
    queue_handle: HANDLE,
    [routine, context]: [Ptr<u8>; 2],
    [due, period]: [u32; 2],
    flags: WT_EXECUTE,
) -> NtResult<()> {
    let environment = Environment { group: queue(cx, queue_handle)?, ..flags.environment(cx) };
    let item = item(cx, Shape::TimeUp, routine, context, environment)?;
    let period = if flags.contains(WT_EXECUTE::WT_EXECUTEONLYONCE) { 0 } else { period };
    let armed = timer.set(HANDLE(item.number())).map_err(NTSTATUS::from).and_then(|()| arm(cx, &item, due, period));
    armed.inspect_err(|_| cx.close_item(&item))
}

fn arm(cx: &Cx, item: &Arc<Item>, due: u32, period: u32) -> NtResult<()> {
    match Timeout::from_millis(due) {
        // Never.
        Timeout::Infinite => _ = cx.disarm_timer(item),
        due => _ = cx.arm_timer(item, due, period)?,
    }
    Ok(())
}

/// A timer of a timer queue.
fn timer_of(cx: &Cx, queue_handle: HANDLE, timer: HANDLE) -> NtResult<Arc<Item>> {
    queue(cx, queue_handle)?;
    if timer.is_null() {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    cx.process.pools.get(timer.0).map_err(|_| NTSTATUS::STATUS_INVALID_HANDLE)
}

/// `ChangeTimerQueueTimer`
pub(crate) fn change_timer(cx: &Cx, queue: HANDLE, timer: HANDLE, due: u32, period: u32) -> NtResult<()> {
    let item = timer_of(cx, queue, timer)?;
    // "If you call ChangeTimerQueueTimer on a one-shot timer (its period is zero) that has already expired, the timer is not updated."
    if item.is_timer_set() { arm(cx, &item, due, period) } else { Ok(()) }
}

/// `DeleteTimerQueueTimer`. The caller looks whether it is to end.
pub(crate) fn delete_timer(cx: &Cx, queue: HANDLE, timer: HANDLE, event: HANDLE) -> NtResult<()> {
    let told = End::of(cx, event)?;
    let item = timer_of(cx, queue, timer)?;
    end(cx, &item, &told)
}

/// `DeleteTimerQueueEx`. The caller looks whether it is to end.
pub(crate) fn delete_queue(cx: &Cx, queue: HANDLE, event: HANDLE) -> NtResult<()> {
    let told = End::of(cx, event)?;
    let group = cx.process.pools.take::<Group>(queue.0).map_err(|_| NTSTATUS::STATUS_INVALID_HANDLE)?;
    let left = group.items().iter().filter(|item| end(cx, item, &told).is_err()).count();
    if left == 0 { Ok(()) } else { Err(NTSTATUS::STATUS_PENDING) }
}

/// What the guest passes for a pool.
pub(crate) fn pool(cx: &Cx, pool: Ptr<TP_POOL>) -> Raises<Arc<Pool>> {
    named(cx, pool.address())
}
