//! Control events: Ctrl+C and its like, told to a program's handlers on a thread of their own
//! (<https://learn.microsoft.com/windows/console/handlerroutine>).
//!
//! They come from signals of the host, or from the program itself. A program that has never said anything of them gets the signal as it is. The
//! handler of such a signal writes its number to a pipe; a thread of the host's that nothing of the guest runs on reads it, and starts a guest thread.

use std::io::Read;
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Once};
use std::thread;

use abi::{NTSTATUS, NtResult};

use super::Console;
use crate::program::{NewThread, start_thread_of};
use crate::{Cx, Process, gate, say};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlEvent {
    /// `CTRL_C_EVENT`
    CtrlC = 0,
    /// `CTRL_BREAK_EVENT`
    CtrlBreak = 1,
    /// `CTRL_CLOSE_EVENT`: the process ends whatever its handlers say.
    Close = 2,
}

impl ControlEvent {
    /// What a signal of the host's tells.
    const fn of(signal: libc::c_int) -> Option<Self> {
        match signal {
            libc::SIGINT => Some(Self::CtrlC),
            libc::SIGQUIT => Some(Self::CtrlBreak),
            libc::SIGHUP | libc::SIGTERM => Some(Self::Close),
            _ => None,
        }
    }

    /// The signal that a process ends by for which nobody has handled the event.
    const fn signal(self) -> libc::c_int {
        match self {
            Self::CtrlC => libc::SIGINT,
            Self::CtrlBreak => libc::SIGQUIT,
            Self::Close => libc::SIGTERM,
        }
    }
}

/// Who is told of events. It says whether it has handled one.
#[derive(Clone, Copy, Debug)]
pub enum ControlHandler {
    /// A function of the guest's.
    Guest(u64),
    /// A function of a DLL's of ours.
    Own(fn(&Cx<'_>, ControlEvent) -> bool),
}

impl ControlHandler {
    /// True for the same function.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Guest(own), Self::Guest(other)) => own == other,
            (Self::Own(own), Self::Own(other)) => *own as usize == *other as usize,
            _ => false,
        }
    }
}

const SIGNALS: [libc::c_int; 4] = [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGTERM];

/// The end of the pipe that the signal handler writes to.
static HEARD: AtomicI32 = AtomicI32::new(-1);

/// Has the host's signals become events of `process`, which is the only one here. Where the host gives no thread, signals stay what they are; one
/// that is ignored stays so.
pub(crate) fn listen(process: &Arc<Process>) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let Ok((mut reader, writer)) = std::io::pipe() else { return };
        HEARD.store(writer.into_raw_fd(), Ordering::Release);
        let process = Arc::clone(process);
        let work = move || {
            let mut signal = [0];
            while reader.read_exact(&mut signal).is_ok() {
                if let Some(event) = ControlEvent::of(signal[0].into())
                    && raise(&process, event).is_err()
                {
                    say::say(format_args!("there is no memory for a thread that handles {event:?}"));
                }
            }
        };
        if thread::Builder::new().stack_size(64 * 1024).spawn(work).is_ok() {
            SIGNALS.into_iter().for_each(hear);
        }
    });
}

fn hear(signal: libc::c_int) {
    // SAFETY: the handler is async-signal-safe; a signal that the process was started to ignore is left alone.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &raw mut action);
        if action.sa_sigaction == libc::SIG_IGN {
            return;
        }
        action = std::mem::zeroed();
        action.sa_sigaction = heard as *const () as usize;
        // On a stack of ours: the guest's may have no room.
        action.sa_flags = libc::SA_ONSTACK | libc::SA_RESTART;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
}

extern "C" fn heard(signal: libc::c_int) {
    let byte = signal as u8;
    // SAFETY: writes one byte that is there, and leaves `errno` as it was. A pipe that is full has told of enough.
    unsafe {
        let errno = libc::__errno_location();
        let before = *errno;
        libc::write(HEARD.load(Ordering::Acquire), (&raw const byte).cast(), 1);
        *errno = before;
    }
}

/// Starts the thread that tells of an event.
///
/// # Errors
/// `STATUS_NO_MEMORY`
fn raise(process: &Arc<Process>, event: ControlEvent) -> NtResult<()> {
    let new = NewThread { start: tell as *const () as u64, parameter: event as u64, stack: 0, suspended: false };
    start_thread_of(process, new).map(drop)
}

/// The thread: asks the handlers, the last added first.
extern "win64" fn tell(event: u64) -> u64 {
    let Some(cx) = gate::current() else { return 0 };
    let event = match event {
        0 => ControlEvent::CtrlC,
        1 => ControlEvent::CtrlBreak,
        _ => ControlEvent::Close,
    };
    let console = &cx.process.console;
    if event == ControlEvent::CtrlC && console.ignores_ctrl_c() {
        return 0;
    }
    let mut index = usize::MAX;
    while let Some((at, handler)) = console.handler_before(index) {
        let handled = match handler {
            ControlHandler::Guest(address) => cx.call_guest(address, [event as u64]) as u32 != 0,
            ControlHandler::Own(function) => function(&cx, event),
        };
        match handled {
            true if event == ControlEvent::Close => break,
            true => return 0,
            false => index = at,
        }
    }
    console.end_by(event.signal());
    cx.exit_process(NTSTATUS::STATUS_CONTROL_C_EXIT.0)
}

impl Console {
    /// The signal that the process is to end by, for an event that nobody has handled.
    fn end_by(&self, signal: libc::c_int) {
        self.ends_by.store(signal, Ordering::Release);
    }

    /// The signal that the process ends by, if it does.
    pub(crate) fn ends_by(&self) -> Option<libc::c_int> {
        match self.ends_by.load(Ordering::Acquire) {
            0 => None,
            signal => Some(signal),
        }
    }
}

impl Cx<'_> {
    /// Has the program told of control events from now on. Only a program that runs by itself is.
    pub fn hear_control_events(&self) {
        if self.process.console.is_of_program() {
            listen(&self.thread.process_arc());
        }
    }

    /// Tells this process of an event (what `GenerateConsoleCtrlEvent` does).
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY`
    pub fn raise_control_event(&self, event: ControlEvent) -> NtResult<()> {
        raise(&self.thread.process_arc(), event)
    }
}
