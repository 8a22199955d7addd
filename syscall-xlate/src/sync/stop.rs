//! Where a thread stands still: its suspension, and its registers meanwhile.
//!
//! A thread in guest code is stopped where it is, by a signal. One in a call of ours goes on until it is back in guest code or blocks;
//! whoever suspends it waits for that. One that blocks ([`block`]) counts as standing: before it goes on it looks whether it may. So
//! nothing of the guest runs on a thread between the return of `SuspendThread` and `ResumeThread`.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use abi::{CONTEXT, NTSTATUS, NtResult};

use crate::wait::deadline::Deadline;
use crate::wait::{Paused, Timeout, futex};
use crate::{gate, signals};

/// `MAXIMUM_SUSPEND_COUNT`
const MOST: u32 = 127;

/// In guest code, or in a call of ours that will not take long.
const RUNNING: u32 = 0;
/// In a call of ours that blocks.
const BLOCKED: u32 = 1;
/// In guest code, with its registers kept.
const STANDING: u32 = 2;

/// How long a call of ours may take that has not said that it blocks.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long something is looked for before the host's scheduler is asked, which takes longer than most programs stop a thread.
const A_LOOK: Duration = Duration::from_micros(20);
/// How long most calls take.
const A_CALL: Duration = Duration::from_micros(3);

/// Looks for something for so long; true when it has come.
fn look_for(time: Duration, come: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if come() {
            return true;
        }
        if begin.elapsed() > time {
            return false;
        }
        for _ in 0..16 {
            std::hint::spin_loop();
        }
    }
}

/// Whether a thread may run.
#[derive(Default)]
pub(crate) struct Stop {
    /// How often it was suspended more than resumed.
    suspensions: AtomicU32,
    /// Counts what may let it go on: that it is resumed, or is to end. The thread sleeps on it.
    changes: AtomicU32,
    state: AtomicU32,
    /// It is to end rather than to stand.
    ends: AtomicBool,
    /// Somebody wants to know the guest's registers though it blocks.
    wanted: AtomicBool,
    /// Counts what the signal handler has answered. Who asks sleeps on it.
    answers: AtomicU32,
    /// Leaf lock. The signal handler takes it on a thread that is in guest code, and so does not hold it.
    registers: Mutex<Registers>,
}

#[derive(Default)]
struct Registers {
    kept: Option<CONTEXT>,
    changed: bool,
}

impl std::fmt::Debug for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stop").field("suspensions", &self.suspensions).field("state", &self.state).finish()
    }
}

/// What the signal handler is to do with the thread that it has interrupted in guest code.
#[expect(clippy::large_enum_variant, reason = "no allocation in a signal handler")]
pub(crate) enum Then {
    /// Let it go on, with these registers where they were changed.
    GoOn(Option<CONTEXT>),
    /// End it.
    End,
}

impl Stop {
    /// Suspends the thread once more; gives how often it was suspended before. [`Self::await_standing`] is next.
    ///
    /// # Errors
    /// `STATUS_SUSPEND_COUNT_EXCEEDED` at 127.
    pub(crate) fn suspend(&self) -> NtResult<u32> {
        self.suspensions
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| (count < MOST).then_some(count + 1))
            .map_err(|_| NTSTATUS::STATUS_SUSPEND_COUNT_EXCEEDED)
    }

    /// Resumes it once; gives how often it was suspended before.
    pub(crate) fn resume(&self) -> u32 {
        let before = self
            .suspensions
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| count.checked_sub(1))
            .unwrap_or(0);
        if before == 1 {
            self.change();
        }
        before
    }

    /// For a thread that has not begun: it blocks until it has.
    pub(crate) fn begin_blocked(&self) {
        self.state.store(BLOCKED, Ordering::SeqCst);
    }

    /// True while the thread neither blocks nor stands.
    pub(crate) fn is_running(&self) -> bool {
        self.state.load(Ordering::Relaxed) == RUNNING
    }

    /// The thread has ended: there is nothing to wait for.
    pub(crate) fn close(&self) {
        self.state.store(BLOCKED, Ordering::SeqCst);
    }

    /// Has it end rather than stand.
    pub(crate) fn end(&self) {
        self.ends.store(true, Ordering::SeqCst);
        self.change();
    }

    fn change(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        futex::wake(&self.changes, u32::MAX);
    }

    /// Waits until the thread, whose host identifier is `host`, does not run guest code. Nobody may be kept from going on by the caller.
    ///
    /// # Errors
    /// `STATUS_UNSUCCESSFUL` when it stays in a call of ours; it is not suspended then.
    pub(crate) fn await_standing(&self, host: u32) -> NtResult<()> {
        // The caller may be suspended meanwhile, by the very thread that it waits for.
        let _blocked = may_stand();
        let begin = Instant::now();
        while self.state.load(Ordering::SeqCst) == RUNNING && self.suspensions.load(Ordering::SeqCst) != 0 {
            let waited = begin.elapsed();
            if !self.ask(host, waited > 5 * A_LOOK) {
                return Ok(());
            }
            if waited > PATIENCE {
                self.resume();
                return Err(NTSTATUS::STATUS_UNSUCCESSFUL);
            }
        }
        Ok(())
    }

    /// Waits until the thread has been told that it ends, or blocks and will find out.
    pub(crate) fn await_ending(&self, host: u32) {
        let _blocked = may_stand();
        let begin = Instant::now();
        while self.ask(host, true) && self.state.load(Ordering::SeqCst) == RUNNING && begin.elapsed() < PATIENCE {}
    }

    /// Interrupts the thread and gives it a little time to answer, and more to one in a call if `patient`. False when it is gone.
    fn ask(&self, host: u32, patient: bool) -> bool {
        const A_MOMENT: Timeout = Timeout::Relative(2_000);
        let before = self.answers.load(Ordering::Acquire);
        if !signals::send_stop(host) {
            return false;
        }
        let answered = || self.answers.load(Ordering::Acquire) != before;
        if !look_for(A_LOOK, answered) {
            futex::sleep(&self.answers, before, A_MOMENT.deadline());
        }
        let stands = || self.state.load(Ordering::SeqCst) != RUNNING;
        if answered() && !stands() {
            // In a call of ours.
            match patient {
                false => _ = look_for(A_CALL, stands),
                true => std::thread::sleep(A_LOOK),
            }
        }
        true
    }

    fn answer(&self) {
        self.answers.fetch_add(1, Ordering::Release);
        futex::wake(&self.answers, u32::MAX);
    }

    fn registers(&self) -> MutexGuard<'_, Registers> {
        self.registers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guest's registers of a thread that is suspended and stands.
    ///
    /// # Errors
    /// `STATUS_UNSUCCESSFUL` for a thread that was never in guest code, or blocks where its registers cannot be found.
    pub(crate) fn context(&self, host: u32) -> NtResult<CONTEXT> {
        if self.state.load(Ordering::SeqCst) == BLOCKED {
            self.registers().kept = None;
            self.wanted.store(true, Ordering::SeqCst);
            let begin = Instant::now();
            while self.ask(host, true) && self.wanted.load(Ordering::SeqCst) && begin.elapsed() < PATIENCE {}
        }
        self.registers().kept.ok_or(NTSTATUS::STATUS_UNSUCCESSFUL)
    }

    /// Changes the registers of a thread that is suspended and stands in guest code.
    ///
    /// # Errors
    /// `STATUS_UNSUCCESSFUL` for a thread that is in a call.
    pub(crate) fn set_context(&self, change: impl FnOnce(&mut CONTEXT)) -> NtResult<()> {
        let mut registers = self.registers();
        match &mut registers.kept {
            Some(kept) if self.state.load(Ordering::SeqCst) == STANDING => change(kept),
            _ => return Err(NTSTATUS::STATUS_UNSUCCESSFUL),
        }
        registers.changed = true;
        Ok(())
    }

    /// For the signal handler, on a thread in guest code: stands while it is suspended.
    pub(crate) fn stand(&self, registers: impl FnOnce() -> CONTEXT) -> Then {
        if self.suspensions.load(Ordering::SeqCst) != 0 {
            *self.registers() = Registers { kept: Some(registers()), changed: false };
            loop {
                self.state.store(STANDING, Ordering::SeqCst);
                self.answer();
                self.sleep_while_suspended();
                self.state.store(RUNNING, Ordering::SeqCst);
                if self.suspensions.load(Ordering::SeqCst) == 0 || self.ends.load(Ordering::SeqCst) {
                    break;
                }
            }
        }
        if self.ends.load(Ordering::SeqCst) {
            // It does not come back to guest code.
            self.state.store(BLOCKED, Ordering::SeqCst);
            self.answer();
            return Then::End;
        }
        let Registers { kept, changed } = std::mem::take(&mut *self.registers());
        self.answer();
        Then::GoOn(kept.filter(|_| changed))
    }

    /// For the signal handler, on a thread in a call of ours.
    pub(crate) fn pass(&self, registers: impl FnOnce() -> Option<CONTEXT>) {
        if self.wanted.load(Ordering::SeqCst) {
            self.registers().kept = registers();
            self.wanted.store(false, Ordering::SeqCst);
        }
        self.answer();
    }

    fn sleep_while_suspended(&self) {
        loop {
            // Before the look at what may have changed.
            let changes = self.changes.load(Ordering::SeqCst);
            if self.suspensions.load(Ordering::SeqCst) == 0 || self.ends.load(Ordering::SeqCst) {
                return;
            }
            if !look_for(A_LOOK, || self.changes.load(Ordering::SeqCst) != changes) {
                futex::sleep(&self.changes, changes, Deadline::Never);
            }
        }
    }

    fn unblock(&self) {
        loop {
            self.state.store(RUNNING, Ordering::SeqCst);
            if self.suspensions.load(Ordering::SeqCst) == 0 || self.ends.load(Ordering::SeqCst) {
                return;
            }
            self.state.store(BLOCKED, Ordering::SeqCst);
            self.sleep_while_suspended();
        }
    }
}

/// A guest thread in a call that blocks. Dropped, it goes on as soon as it is not suspended: then it holds nothing.
pub struct Blocked {
    port: Option<Paused>,
}

/// Says that the calling thread may block from here on: whoever suspends it need not wait for it, and its completion port does not count
/// it as running. Where it is no guest's, nothing is said.
pub fn block() -> Blocked {
    let port = gate::current().and_then(|cx| cx.thread.object().waiter().pause());
    let mut blocked = may_stand();
    blocked.port = port;
    blocked
}

/// As [`block`], for what its completion port is told of otherwise, or not at all.
pub(crate) fn may_stand() -> Blocked {
    if let Some(cx) = gate::current() {
        cx.thread.object().stop().state.store(BLOCKED, Ordering::SeqCst);
    }
    Blocked { port: None }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // First: who is suspended counts as running.
        drop(self.port.take());
        if let Some(cx) = gate::current() {
            cx.thread.object().stop().unblock();
        }
    }
}
