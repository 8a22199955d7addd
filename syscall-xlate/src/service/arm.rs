//! Syscall User Dispatch: the host's kernel sends a signal for each system call instruction outside of our own code.
//!
//! It is a setting of each thread, and makes every system call of ours some 30 ns dearer. So it is made when the first code can be executed
//! that may hold such an instruction: by each thread itself, which is interrupted for it.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Services;
use crate::say::say;
use crate::{Cx, Process, gate, low, signals};

/// `PR_SET_SYSCALL_USER_DISPATCH` (Linux, prctl.h).
const SET_SYSCALL_USER_DISPATCH: libc::c_int = 59;
/// `PR_SYS_DISPATCH_ON`
const ON: libc::c_ulong = 1;
/// The end of the addresses of user code.
const USER_END: u64 = 1 << 47;

/// How long a thread may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

impl Services {
    /// Whether system call instructions of the guest's trap.
    pub(crate) fn is_armed(&self) -> bool {
        self.all_armed.load(Ordering::Acquire)
    }

    /// Makes the system call instructions of all threads of the guest's trap, and of those to come.
    pub(crate) fn arm(&self, process: &Process) {
        if self.is_armed() {
            return;
        }
        self.armed.store(true, Ordering::SeqCst);
        let caller = gate::current();
        if let Some(cx) = caller {
            cx.process.services.obey(&cx);
        }
        let begin = Instant::now();
        // A thread that is not found here begins later, and finds out by itself.
        for thread in process.thread_objects.living() {
            while !thread.traps() && begin.elapsed() < PATIENCE && signals::send_stop(thread.host_id()) {
                std::thread::sleep(Duration::from_micros(20));
            }
        }
        self.all_armed.store(true, Ordering::Release);
    }

    /// Makes the calling thread's system call instructions trap if they are to.
    pub(crate) fn obey(&self, cx: &Cx<'_>) {
        let thread = cx.thread.object();
        if self.armed.load(Ordering::SeqCst) && !thread.traps() {
            if !arm_this_thread() {
                say(format_args!(
                    "this kernel has no Syscall User Dispatch: system calls that the program makes by itself reach Linux"
                ));
            }
            thread.set_traps();
        }
    }
}

/// False where the kernel does not have it (before 5.11, and some that only look like Linux).
fn arm_this_thread() -> bool {
    // SAFETY: changes what the kernel does at system calls of this thread from guest memory; there is no selector to be read.
    unsafe { libc::prctl(SET_SYSCALL_USER_DISPATCH, ON, low::END, USER_END - low::END, 0) == 0 }
}
