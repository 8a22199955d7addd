//! A guest thread: its TEB, its stack, its place in the process.

use std::cell::{Cell, OnceCell, RefCell};
use std::io;
use std::sync::Arc;

use abi::{Errno, NTSTATUS, NtResult, WIN32_ERROR, fault};

use crate::fiber::{self, Strand};
use crate::heap::Cache;
use crate::low::{Block, ThreadBlock};
use crate::modules::StaticTls;
use crate::pool;
use crate::stack::{MOST_GUARANTEE, Stack};
use crate::state::{ThreadState, ThreadStates};
use crate::sync::ThreadObject;
use crate::teb::{self, offset};
use crate::unwind::Plans;
use crate::{Cx, Process, cxx, enter, fls, gate, tls, trace};

/// A guest thread. Lives on the host thread that runs it.
pub struct Thread {
    process: Arc<Process>,
    block: ThreadBlock,
    teb: u64,
    /// What it runs on. The pointer is to the same, for those who must not borrow.
    strand: RefCell<Arc<Strand>>,
    on: Cell<*const Strand>,
    fibers: fiber::OfThread,
    object: Arc<ThreadObject>,
    id: u32,
    host_stack: Cell<u64>,
    tls_expansion: OnceCell<Block>,
    static_tls: Arc<StaticTls>,
    heap_cache: Cache,
    pub(crate) plans: Plans,
    states: ThreadStates,
    worker: pool::Worker,
    /// Its C++ exceptions.
    pub cxx: cxx::OfThread,
    pub(crate) trace: RefCell<trace::ThreadTrace>,
}

// SAFETY: it is made on one host thread and given to the one that runs it, once, before `attach`; what its pointers lead to is its own.
unsafe impl Send for Thread {}

/// Ends a thread's time as guest thread when dropped.
pub(crate) struct Attached(());

impl Drop for Attached {
    fn drop(&mut self) {
        gate::set_current(std::ptr::null());
        set_gs(0);
    }
}

impl Thread {
    /// A thread of `process` for the host thread `id`, which has an alternate stack for signals, with a stack of `stack_size` bytes (0: the
    /// default), or on the host's own stack for `None`.
    ///
    /// # Errors
    /// The host's error when memory is short.
    pub(crate) fn new(process: Arc<Process>, id: u32, stack_size: Option<u64>) -> io::Result<Box<Self>> {
        let block = ThreadBlock::new(teb::SIZE)?;
        let strand = Strand::new(&process, stack_size)?;
        let thread = Box::new(Self {
            teb: block.address(),
            on: Cell::new(Arc::as_ptr(&strand)),
            strand: RefCell::new(strand),
            fibers: fiber::OfThread::default(),
            object: ThreadObject::new(id),
            id,
            host_stack: Cell::new(0),
            tls_expansion: OnceCell::new(),
            static_tls: Arc::new(StaticTls::new(block.address() + offset::STATIC_TLS)),
            heap_cache: Cache::default(),
            plans: Plans::default(),
            states: ThreadStates::default(),
            worker: pool::Worker::default(),
            cxx: cxx::OfThread::default(),
            trace: RefCell::default(),
            block,
            process,
        });
        thread.fill_teb();
        thread.object.set_teb(thread.teb);
        thread.object.set_host_id(id);
        thread.process.thread_objects.add(&thread.object);
        Ok(thread)
    }

    fn fill_teb(&self) {
        self.set_teb_u64(offset::THREAD, std::ptr::from_ref(self) as u64);
        self.set_teb_u64(offset::SERVICES, self.process.services.header());
        let process_id = u64::from(self.process.id());
        self.set_stack_fields(self.on().limits(), u64::MAX);
        self.set_teb_u64(offset::FIBER_DATA, teb::NO_FIBER);
        self.set_teb_u64(offset::SELF, self.teb);
        self.set_teb_u64(offset::PROCESS_ID, process_id);
        self.set_teb_u64(offset::THREAD_ID, u64::from(self.id));
        self.set_teb_u64(offset::TLS_POINTER, self.teb + offset::STATIC_TLS);
        self.set_teb_u64(offset::PEB, self.process.peb());
        self.set_teb_u32(offset::CURRENT_LOCALE, 0x409);
        self.set_teb_u64(offset::REAL_PROCESS_ID, process_id);
        self.set_teb_u64(offset::REAL_THREAD_ID, u64::from(self.id));
        self.set_teb_u64(offset::STATIC_UNICODE_STRING, u64::from(teb::STATIC_UNICODE_BYTES) << 16);
        self.set_teb_u64(offset::STATIC_UNICODE_STRING + 8, self.teb + offset::STATIC_UNICODE_BUFFER);
    }

    /// `StackBase`, `StackLimit` and `DeallocationStack` of the TEB, and its list of exception handlers.
    pub(crate) fn stack_fields(&self) -> ([u64; 3], u64) {
        let limits = [offset::STACK_BASE, offset::STACK_LIMIT, offset::DEALLOCATION_STACK].map(|at| self.teb_u64(at));
        (limits, self.teb_u64(offset::EXCEPTION_LIST))
    }

    /// Sets what [`Self::stack_fields`] gives.
    pub(crate) fn set_stack_fields(&self, [base, limit, bottom]: [u64; 3], exception_list: u64) {
        self.set_teb_u64(offset::EXCEPTION_LIST, exception_list);
        self.set_teb_u64(offset::STACK_BASE, base);
        self.set_teb_u64(offset::STACK_LIMIT, limit);
        self.set_teb_u64(offset::DEALLOCATION_STACK, bottom);
    }

    /// Sets what the TEB says of the fiber that the thread runs.
    pub(crate) fn set_fiber_data(&self, address: u64, is_fiber: bool) {
        self.set_teb_u64(offset::FIBER_DATA, address);
        let flags = self.teb_u32(offset::TEB_FLAGS) & !teb::HAS_FIBER_DATA;
        self.set_teb_u32(offset::TEB_FLAGS, if is_fiber { flags | teb::HAS_FIBER_DATA } else { flags });
    }

    /// The fibers it knows.
    pub(crate) fn fibers(&self) -> &fiber::OfThread {
        &self.fibers
    }

    /// What it runs on, to be kept.
    pub(crate) fn strand(&self) -> Arc<Strand> {
        self.strand.borrow().clone()
    }

    /// Has it run on another one, which the caller is about to go to.
    pub(crate) fn set_strand(&self, strand: Arc<Strand>) {
        self.on.set(Arc::as_ptr(&strand));
        // The one before is kept by the fiber that is left.
        drop(self.strand.replace(strand));
        self.note_guard();
    }

    #[inline(always)]
    fn on(&self) -> &Strand {
        // SAFETY: `strand` keeps it alive until `set_strand`, which leaves no one of this thread's with an older reference: those who look
        // at a stack or a value do so within a call.
        unsafe { &*self.on.get() }
    }

    /// Makes the calling host thread this guest thread until the guard is dropped.
    pub(crate) fn attach(&self) -> Attached {
        set_gs(self.teb);
        gate::set_current(self);
        self.process.services.obey(&Cx { process: &self.process, thread: self });
        Attached(())
    }

    /// Calls `entry(argument)` in the guest's calling convention on the guest's stack; gives what it returns, or what
    /// [`Self::leave`] is given.
    pub(crate) fn run_on_guest_stack(&self, entry: extern "win64" fn(u64) -> u64, argument: u64) -> u64 {
        let Some(stack) = self.stack() else { return entry(argument) };
        // SAFETY: the stack is this thread's own, and nobody comes back to what is on it; its end is page-aligned.
        unsafe { enter::enter(stack.base(), entry as *const () as u64, argument, self.host_stack.as_ptr()) }
    }

    /// Ends the thread's guest code from wherever it is: [`Self::run_on_guest_stack`] returns `value`.
    pub(crate) fn leave(&self, value: u64) -> ! {
        // SAFETY: called by guest code's exit functions, on this thread, above `run_on_guest_stack`; the frames between are the guest's
        // and shims', which own nothing across a call that does not return.
        unsafe { enter::leave(self.host_stack.get(), value) }
    }

    /// The process it belongs to.
    #[inline(always)]
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// The process, to be kept.
    pub(crate) fn process_arc(&self) -> Arc<Process> {
        self.process.clone()
    }

    /// What a handle to it stands for.
    #[inline(always)]
    pub fn object(&self) -> &Arc<ThreadObject> {
        &self.object
    }

    /// Its values of fiber-local storage.
    #[inline(always)]
    pub fn fls(&self) -> &fls::Values {
        self.on().fls()
    }

    /// What it does for a pool.
    pub(crate) fn worker(&self) -> &pool::Worker {
        &self.worker
    }

    /// The small heap blocks that it has freed.
    #[inline(always)]
    pub(crate) fn heap_cache(&self) -> &Cache {
        &self.heap_cache
    }

    /// Its identifier; the host's thread id.
    #[inline(always)]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Address of its thread environment block.
    #[inline(always)]
    pub fn teb(&self) -> u64 {
        self.teb
    }

    /// The guest's stack, if it has one of its own.
    pub(crate) fn stack(&self) -> Option<&Stack> {
        self.on().stack()
    }

    /// Puts the guard of the guest's stack back after a stack overflow, where RSP is `rsp` now (`_resetstkoflw`); false when the guest is still
    /// in it.
    pub fn reset_stack_guard(&self, rsp: u64) -> bool {
        self.stack().is_none_or(|stack| stack.close_guard(rsp))
    }

    /// Sees to it that the thread has this many bytes of stack left when its stack overflows (`SetThreadStackGuarantee`); gives what was asked for
    /// before. It never becomes less.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for more than there can be.
    pub fn guarantee_stack(&self, bytes: u32) -> NtResult<u32> {
        // The room that a stack has for shims is the guest's by then.
        if bytes > MOST_GUARANTEE {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let before = self.teb_u32(offset::GUARANTEED_STACK_BYTES);
        self.set_teb_u32(offset::GUARANTEED_STACK_BYTES, before.max(bytes.next_multiple_of(4096)));
        Ok(before)
    }

    /// Whether the guard of the guest's stack may be lent to us: asked at each call, so a look at one byte.
    #[inline(always)]
    pub(crate) fn has_lent_guard(&self) -> bool {
        self.teb_u32(offset::GUARD_LENT) != 0
    }

    /// Notes whether it is. After each change on this thread.
    pub(crate) fn note_guard(&self) {
        self.set_teb_u32(offset::GUARD_LENT, self.stack().is_some_and(Stack::is_lent).into());
    }

    /// True for an address that host code which the guest calls takes for granted: on the stack or in the TEB, of which the guest may have taken
    /// the memory away.
    pub(crate) fn lends(&self, address: u64) -> bool {
        let teb = self.block.address()..self.block.end();
        teb.contains(&address) || self.stack().is_some_and(|stack| stack.contains(address) || stack.is_below(address))
    }

    /// The address behind the stack that the guest is on, as it says in its TEB.
    pub(crate) fn stack_base(&self) -> u64 {
        self.teb_u64(offset::STACK_BASE)
    }

    /// A DLL's state for this thread.
    pub fn state<T: ThreadState>(&self) -> &T {
        self.states.get()
    }

    /// The last error.
    #[inline(always)]
    pub fn last_error(&self) -> WIN32_ERROR {
        WIN32_ERROR(self.teb_u32(offset::LAST_ERROR))
    }

    /// Sets the last error.
    #[inline(always)]
    pub fn set_last_error(&self, error: WIN32_ERROR) {
        self.set_teb_u32(offset::LAST_ERROR, error.0);
    }

    /// Sets the C runtime's `errno`.
    #[inline(always)]
    pub fn set_errno(&self, error: Errno) {
        self.set_teb_u32(offset::ERRNO, error.0 as u32);
    }

    /// Address of the C runtime's `errno`.
    pub fn errno_address(&self) -> u64 {
        self.teb + offset::ERRNO
    }

    /// Address of the C runtime's `_doserrno`.
    pub fn doserrno_address(&self) -> u64 {
        self.teb + offset::DOS_ERRNO
    }

    /// Reads slot `index` of the guest's dynamic thread-local storage; `None` for an index there is not.
    #[inline(always)]
    pub fn tls(&self, index: u32) -> Option<u64> {
        if index < tls::SLOTS {
            // Masked, so that the address is within the block whatever the index.
            Some(self.teb_u64(offset::TLS_SLOTS + 8 * u64::from(index & (tls::SLOTS - 1))))
        } else {
            self.expansion_tls(index)
        }
    }

    #[cold]
    #[inline(never)]
    #[expect(
        improper_ctypes_definitions,
        reason = "called from here only; who calls it need not save vector registers"
    )]
    extern "win64" fn expansion_tls(&self, index: u32) -> Option<u64> {
        let index = index.checked_sub(tls::SLOTS).filter(|&index| index < tls::EXPANSION_SLOTS)?;
        let Some(block) = self.tls_expansion.get() else { return Some(0) };
        fault::load_u64(block.address() + 8 * u64::from(index)).ok()
    }

    /// Sets slot `index` of the guest's dynamic thread-local storage; false for an index there is not, or without memory.
    #[inline(always)]
    pub fn set_tls(&self, index: u32, value: u64) -> bool {
        if index < tls::SLOTS {
            self.set_teb_u64(offset::TLS_SLOTS + 8 * u64::from(index & (tls::SLOTS - 1)), value);
            true
        } else {
            self.set_expansion_tls(index, value)
        }
    }

    #[cold]
    #[inline(never)]
    extern "win64" fn set_expansion_tls(&self, index: u32, value: u64) -> bool {
        let Some(index) = index.checked_sub(tls::SLOTS).filter(|&index| index < tls::EXPANSION_SLOTS) else {
            return false;
        };
        if self.tls_expansion.get().is_none() {
            let Ok(block) = Block::new(8 * tls::EXPANSION_SLOTS as usize, false) else { return false };
            self.set_teb_u64(offset::TLS_EXPANSION_SLOTS, block.address());
            let _ = self.tls_expansion.set(block);
        }
        self.tls_expansion
            .get()
            .is_some_and(|block| fault::store_u64(block.address() + 8 * u64::from(index), value).is_ok())
    }

    /// The modules' thread-local variables of this thread.
    pub(crate) fn static_tls(&self) -> &Arc<StaticTls> {
        &self.static_tls
    }

    /// Which export the current traced call came in by, as the stub wrote it.
    pub(crate) fn traced_export(&self) -> u64 {
        self.teb_u64(offset::TRACED_EXPORT)
    }

    /// Says by which export the next traced call comes in; for calls that do not pass a stub.
    pub fn set_traced_export(&self, context: u64) {
        self.set_teb_u64(offset::TRACED_EXPORT, context);
    }

    #[inline(always)]
    fn teb_u32(&self, at: u64) -> u32 {
        debug_assert!(at + 4 <= teb::SIZE as u64);
        // SAFETY: within our own block, which lives as long as `self`. The guest may write it at the same time, hence volatile.
        unsafe { ((self.teb + at) as *const u32).read_volatile() }
    }

    #[inline(always)]
    fn teb_u64(&self, at: u64) -> u64 {
        debug_assert!(at + 8 <= teb::SIZE as u64);
        // SAFETY: as above.
        unsafe { ((self.teb + at) as *const u64).read_volatile() }
    }

    #[inline(always)]
    fn set_teb_u32(&self, at: u64, value: u32) {
        debug_assert!(at + 4 <= teb::SIZE as u64);
        // SAFETY: as above.
        unsafe { ((self.teb + at) as *mut u32).write_volatile(value) }
    }

    #[inline(always)]
    fn set_teb_u64(&self, at: u64, value: u64) {
        debug_assert!(at + 8 <= teb::SIZE as u64);
        // SAFETY: as above.
        unsafe { ((self.teb + at) as *mut u64).write_volatile(value) }
    }
}

/// `ARCH_SET_GS` of `arch_prctl`.
const ARCH_SET_GS: libc::c_int = 0x1001;

/// Hangs the TEB on GS. The host itself does not use GS.
fn set_gs(base: u64) {
    // SAFETY: changes the GS base only, which no host code uses.
    unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_SET_GS, base) };
}
