//! What the C runtime remembers between calls, for a process and for a thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64};
use std::sync::{Mutex, OnceLock};

use abi::Errno;
use syscall_xlate::{Cx, ProcessState, ThreadState};

use super::calendar::HostZone;
use super::{files, host, locale, onexit, variables};

/// A thread's state.
#[derive(Default)]
pub(crate) struct PerThread {
    /// Where `strtok` goes on.
    pub(super) strtok: Cell<u64>,
    /// Where `wcstok` goes on.
    pub(super) wcstok: Cell<u64>,
    /// The seed of `rand`; `None` before `srand` and the first `rand`.
    pub(super) seed: Cell<Option<u32>>,
    /// Buffers whose addresses functions give away.
    buffers: [Cell<(u64, usize)>; Keep::COUNT],
    /// What `mbrtowc` and its kin without a state of the caller's keep: bytes of an unfinished character.
    pub(super) partial: Cell<u32>,
    /// `_set_thread_local_invalid_parameter_handler`
    pub(super) invalid_parameter: Cell<u64>,
    /// `_configthreadlocale`
    pub(super) own_locale: Cell<bool>,
    /// `_set_se_translator`
    pub(super) translator: Cell<u64>,
}

impl ThreadState for PerThread {
    const SLOT: usize = crate::state::thread::CRT;
}

/// Buffers of a thread that outlive the call that fills them.
#[derive(Clone, Copy)]
pub(super) enum Keep {
    /// `strerror`
    Error,
    /// `_wcserror`
    WideError,
    /// `asctime`, `ctime`
    Asctime,
    /// `_wasctime`, `_wctime`
    WideAsctime,
    /// `gmtime`, `localtime`
    Tm,
    /// `_ecvt`, `_fcvt`
    Digits,
    /// `tmpnam`
    Name,
    /// `_wtmpnam`
    WideName,
    /// `__pxcptinfoptrs`
    ExceptionPointers,
    /// `__fpecode`
    FloatingCode,
}

impl Keep {
    const COUNT: usize = 10;
}

/// The address of this thread's buffer for a purpose, of at least `size` bytes.
pub(super) fn keep(cx: &Cx, purpose: Keep, size: usize) -> Result<u64, Errno> {
    let buffer = &cx.thread.state::<PerThread>().buffers[purpose as usize];
    let (address, capacity) = buffer.get();
    if capacity >= size {
        return Ok(address);
    }
    let larger = host::allocate(cx, size.max(64), true).ok_or(Errno::ENOMEM)?;
    if address != 0 {
        host::free(cx, address);
    }
    buffer.set((larger, size.max(64)));
    Ok(larger)
}

/// A process's state.
#[derive(Default)]
pub(crate) struct PerProcess {
    /// Descriptors and streams.
    pub(super) files: files::Files,
    /// Functions to call at the end.
    pub(super) at_exit: onexit::AtExit,
    /// The locale.
    pub(super) locale: locale::Current,
    /// Variables that the guest sees.
    pub(super) variables: variables::Variables,
    /// The host's time zone, read when first needed.
    pub(super) zone: OnceLock<HostZone>,
    /// Handlers of `signal`, by number.
    pub(super) signals: [AtomicU64; 24],
    /// `_set_invalid_parameter_handler`
    pub(super) invalid_parameter: AtomicU64,
    /// `_set_new_handler`
    pub(super) new_handler: AtomicU64,
    /// `_set_new_mode`
    pub(super) new_mode: AtomicI32,
    /// `set_terminate`
    pub(super) terminate: AtomicU64,
    /// `set_unexpected`
    pub(super) unexpected: AtomicU64,
    /// `_set_purecall_handler`
    pub(super) purecall: AtomicU64,
    /// `__setusermatherr`
    pub(super) math_error: AtomicU64,
    /// `_set_app_type`
    pub(super) app_type: AtomicI32,
    /// `_set_error_mode`
    pub(super) error_mode: AtomicI32,
    /// `_set_abort_behavior`
    pub(super) abort_behavior: AtomicU32,
    /// `_umask`
    pub(super) umask: AtomicI32,
    /// `_lock` and `_unlock`: recursive locks by number.
    pub(super) locks: super::locks::Locks,
    /// `_setmaxstdio`
    pub(super) most_streams: AtomicI32,
    /// `_findfirst` searches, by their handles.
    pub(super) searches: super::find::Searches,
    /// Names that `tmpnam` has given.
    pub(super) names: AtomicU32,
    /// `_putenv` texts that must stay.
    pub(super) environment: Mutex<super::environ::Environment>,
}

impl ProcessState for PerProcess {
    const SLOT: usize = crate::state::process::CRT;
}

/// This process's state.
pub(super) fn process<'a>(cx: &Cx<'a>) -> &'a PerProcess {
    cx.process.state::<PerProcess>()
}
