//! Fibers: stacks that a thread changes between when the guest says so.
//!
//! The guest knows a fiber by the address of a block of its own, which begins as Windows' does: the fiber's parameter, for `GetFiberData`,
//! and the bounds of its stack. What we know of a fiber is not read from there.
//!
//! A fiber may go on on another thread than it was left on. Where it was left in a callback of a shim's, that shim finishes in the name of the
//! thread that it began on, which is why a thread stays in memory as long as such a fiber may be.

mod strand;
mod switch;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abi::{NTSTATUS, NtResult, Ptr};

pub(crate) use strand::Strand;
pub use switch::SwitchToFiber;

use crate::heap::{HeapFlags, Heaps};
use crate::trace::ThreadTrace;
use crate::{Cx, Process, gate};
use switch::Jump;

/// The exit code of a thread whose fiber's function returns, or deletes its own fiber.
const EXIT_CODE: u32 = 1;

/// Nobody runs it.
const DORMANT: u32 = 0;
/// A thread runs it, or has ended on it.
const BUSY: u32 = 1;

/// A fiber.
pub(crate) struct Fiber {
    /// Address of the guest's block.
    address: u64,
    strand: Arc<Strand>,
    start: u64,
    parameter: u64,
    /// It has floating-point control words of its own (`FIBER_FLAG_FLOAT_SWITCH`).
    float: bool,
    /// [`DORMANT`] or [`BUSY`]. The switch itself writes it once it has left the stack.
    state: AtomicU32,
    // Leaf lock; whoever has made the fiber busy has it for himself.
    left: Mutex<Left>,
}

/// What a dormant fiber goes on with.
struct Left {
    rsp: u64,
    /// `StackBase`, `StackLimit`, `DeallocationStack`.
    limits: [u64; 3],
    exception_list: u64,
    trace: ThreadTrace,
    /// The thread that it was left on; 0 before it began.
    thread: u32,
}

impl Fiber {
    fn left(&self) -> MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The fibers of a process.
#[derive(Default)]
pub struct Fibers {
    // Leaf lock.
    known: Mutex<HashMap<u64, Arc<Fiber>>>,
}

impl Fibers {
    fn known(&self) -> MutexGuard<'_, HashMap<u64, Arc<Fiber>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, address: u64) -> NtResult<Arc<Fiber>> {
        self.known().get(&address).cloned().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)
    }

    /// True while a fiber sleeps that this thread has left.
    pub(crate) fn has_left_by(&self, thread: u32) -> bool {
        self.known()
            .values()
            .any(|fiber| fiber.state.load(Ordering::Acquire) == DORMANT && fiber.left().thread == thread)
    }
}

/// The fibers of a thread.
pub(crate) struct OfThread {
    /// The one it runs; `None` for a thread that is no fiber.
    current: RefCell<Option<Arc<Fiber>>>,
    /// The one it left last, whose memory the switch still writes to.
    last: RefCell<Option<Arc<Fiber>>>,
    /// The one whose end it tells the guest's callbacks.
    deleted: RefCell<Option<Arc<Fiber>>>,
    jump: Cell<Jump>,
    nowhere: AtomicU32,
}

impl Default for OfThread {
    fn default() -> Self {
        let jump = Jump { rsp: 0, left: std::ptr::null(), float: 0 };
        Self {
            current: RefCell::default(),
            last: RefCell::default(),
            deleted: RefCell::default(),
            jump: Cell::new(jump),
            nowhere: AtomicU32::new(0),
        }
    }
}

impl OfThread {
    /// True for a thread that is a fiber.
    pub(crate) fn is_fiber(&self) -> bool {
        self.current.borrow().is_some()
    }
}

/// What `CreateFiberEx` is told.
#[derive(Clone, Copy, Debug)]
pub struct NewFiber {
    /// Bytes of stack; 0 for the program's default.
    pub stack: u64,
    /// Its function.
    pub start: u64,
    /// The function's argument.
    pub parameter: u64,
    /// Whether it has floating-point control words of its own.
    pub float: bool,
}

impl Cx<'_> {
    /// Makes the thread a fiber; gives its address.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY`; `None` for a thread that is one.
    pub fn convert_to_fiber(&self, parameter: u64, float: bool) -> NtResult<Option<u64>> {
        if self.is_fiber() {
            return Ok(None);
        }
        let strand = self.thread.strand();
        let limits = strand.limits();
        let fiber = Fiber {
            address: self.fiber_block(parameter, limits)?,
            strand,
            start: 0,
            parameter,
            float,
            state: AtomicU32::new(BUSY),
            left: Mutex::new(Left {
                rsp: 0,
                limits,
                exception_list: u64::MAX,
                trace: ThreadTrace::default(),
                thread: 0,
            }),
        };
        let address = fiber.address;
        let fiber = Arc::new(fiber);
        self.process.fibers.known().insert(address, Arc::clone(&fiber));
        *self.thread.fibers().current.borrow_mut() = Some(fiber);
        self.thread.set_fiber_data(address, true);
        Ok(Some(address))
    }

    /// Makes the thread no fiber any more; false if it is none.
    pub fn convert_to_thread(&self) -> bool {
        let Some(fiber) = self.thread.fibers().current.take() else { return false };
        self.forget_fiber(&fiber);
        self.thread.set_fiber_data(0, false);
        true
    }

    /// Whether the thread is a fiber.
    pub fn is_fiber(&self) -> bool {
        self.thread.fibers().is_fiber()
    }

    /// Makes a fiber that begins when it is first switched to; gives its address.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY`.
    pub fn create_fiber(&self, new: NewFiber) -> NtResult<u64> {
        let process = self.thread.process_arc();
        let stack = if new.stack == 0 { process.default_stack() } else { new.stack };
        let strand = Strand::new(&process, Some(stack)).map_err(|_| NTSTATUS::STATUS_NO_MEMORY)?;
        let rsp = strand.stack().map(switch::prepare).transpose()?.ok_or(NTSTATUS::STATUS_NO_MEMORY)?;
        let limits = strand.limits();
        let address = self.fiber_block(new.parameter, limits)?;
        let left = Left { rsp, limits, exception_list: u64::MAX, trace: ThreadTrace::default(), thread: 0 };
        let fiber = Fiber {
            address,
            strand,
            start: new.start,
            parameter: new.parameter,
            float: new.float,
            state: AtomicU32::new(DORMANT),
            left: Mutex::new(left),
        };
        self.process.fibers.known().insert(address, Arc::new(fiber));
        Ok(address)
    }

    /// The guest's block: parameter, exception list, the bounds of the stack.
    fn fiber_block(&self, parameter: u64, [base, limit, bottom]: [u64; 3]) -> NtResult<u64> {
        let fields = [parameter, u64::MAX, base, limit, bottom];
        let address = self.process.heaps.allocate(Heaps::PROCESS, HeapFlags::ZERO_MEMORY, 8 * fields.len() as u64)?;
        Ptr::<u64>::at(address).write_slice(&fields)?;
        Ok(address)
    }

    fn forget_fiber(&self, fiber: &Fiber) {
        self.process.fibers.known().remove(&fiber.address);
        let _ = self.process.heaps.free(Heaps::PROCESS, fiber.address);
    }

    /// Ends a fiber; the callbacks for its values of fiber-local storage run. The thread ends if it is the one that it runs.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for none.
    pub fn delete_fiber(&self, address: u64) -> NtResult<()> {
        let own = {
            let fiber = self.process.fibers.find(address)?;
            let own =
                self.thread.fibers().current.borrow().as_ref().is_some_and(|current| Arc::ptr_eq(current, &fiber));
            self.forget_fiber(&fiber);
            if !own {
                *self.thread.fibers().deleted.borrow_mut() = Some(fiber);
            }
            own
        };
        if own {
            self.exit_thread(EXIT_CODE);
        }
        let mut from = 0;
        while let Some((index, callback, value)) = self.next_value_of_deleted(from) {
            self.call_guest(callback, [value]);
            from = index + 1;
        }
        drop(self.thread.fibers().deleted.take());
        Ok(())
    }

    fn next_value_of_deleted(&self, from: u32) -> Option<(u32, u64, u64)> {
        let deleted = self.thread.fibers().deleted.borrow();
        self.process.fls.next_with_callback(deleted.as_ref()?.strand.fls(), from)
    }

    /// Makes another fiber the thread's, whose own is left with the stack pointer `rsp`.
    fn exchange_fiber(&self, target: u64, rsp: u64) -> NtResult<*const Jump> {
        let of_thread = self.thread.fibers();
        let current = of_thread.current.borrow().clone().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        if current.address == target {
            of_thread.jump.set(Jump { rsp, left: of_thread.nowhere.as_ptr(), float: 0 });
            return Ok(of_thread.jump.as_ptr());
        }
        let next = self.process.fibers.find(target)?;
        // A fiber that another thread runs would have two threads on its stack.
        let free = next.state.compare_exchange(DORMANT, BUSY, Ordering::AcqRel, Ordering::Acquire);
        free.map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)?;
        {
            let mut left = current.left();
            left.rsp = rsp;
            (left.limits, left.exception_list) = self.thread.stack_fields();
            left.trace = self.thread.trace.take();
            left.thread = self.thread.id();
        }
        let mut left = next.left();
        self.thread.set_stack_fields(left.limits, left.exception_list);
        *self.thread.trace.borrow_mut() = std::mem::take(&mut left.trace);
        of_thread.jump.set(Jump { rsp: left.rsp, left: current.state.as_ptr(), float: u64::from(next.float) });
        drop(left);
        self.thread.set_strand(Arc::clone(&next.strand));
        self.thread.set_fiber_data(next.address, true);
        *of_thread.current.borrow_mut() = Some(next);
        *of_thread.last.borrow_mut() = Some(current);
        Ok(of_thread.jump.as_ptr())
    }
}

impl Process {
    /// Bytes of stack of a thread that asks for none of its own; 0 for the system's default.
    pub(crate) fn default_stack(&self) -> u64 {
        self.program().and_then(|program| Some(program.image()?.headers().stack_reserve)).unwrap_or_default()
    }
}

/// A new fiber's life, on its stack.
extern "win64" fn run() {
    if let Some(cx) = gate::current() {
        let known = cx.thread.fibers().current.borrow().as_ref().map(|fiber| (fiber.start, fiber.parameter));
        if let Some((start, parameter)) = known {
            cx.call_guest(start, [parameter]);
        }
    }
    finished()
}

/// Where a fiber ends up, on whatever thread: not to be merged with what ran before, on another one maybe.
#[inline(never)]
fn finished() -> ! {
    match gate::current() {
        Some(cx) => cx.exit_thread(EXIT_CODE),
        None => std::process::abort(),
    }
}
