//! Which processors may run what. Processors are numbered from 0 among those that the host gave this process when it asked first.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use abi::{NTSTATUS, NtResult};
use rustix::thread::{CpuSet, Pid, sched_getaffinity, sched_setaffinity};

use crate::sync::ThreadObject;

/// The processors of a process.
#[derive(Debug, Default)]
pub struct Affinity {
    /// The host's numbers of ours, at most 64: the processors of one group.
    processors: OnceLock<Vec<usize>>,
    /// What the process is limited to; 0 for no limit.
    process: AtomicU64,
}

impl Affinity {
    /// The host's numbers of the processors, in the order of ours.
    pub fn host_numbers(&self) -> &[usize] {
        self.processors.get_or_init(|| {
            let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
            (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).take(64).collect()
        })
    }

    /// A bit for each processor there is.
    pub fn system(&self) -> u64 {
        match self.host_numbers().len() {
            0 => 1,
            count => u64::MAX >> (64 - count),
        }
    }

    /// A bit for each processor that the process may use.
    pub fn process(&self) -> u64 {
        match self.process.load(Ordering::Relaxed) {
            0 => self.system(),
            mask => mask,
        }
    }

    /// The number of the processor that runs the caller.
    pub fn current(&self) -> u32 {
        let cpu = rustix::thread::sched_getcpu();
        self.host_numbers().iter().position(|&known| known == cpu).unwrap_or_default() as u32
    }

    /// Limits the process, with the threads given, to these processors.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for none, or for one there is not.
    pub fn limit_process(&self, mask: u64, threads: &[std::sync::Arc<ThreadObject>]) -> NtResult<()> {
        if mask == 0 || mask & !self.system() != 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.process.store(mask, Ordering::Relaxed);
        threads.iter().try_for_each(|thread| self.apply(thread, mask))
    }

    /// Whether the process has limited itself.
    pub(crate) fn is_limited(&self) -> bool {
        self.process() != self.system()
    }

    /// Limits a thread to these processors; gives back what it was limited to.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for none, or for one that the process may not use.
    pub fn limit_thread(&self, thread: &ThreadObject, mask: u64) -> NtResult<u64> {
        if mask == 0 || mask & !self.process() != 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.apply(thread, mask)?;
        let before = thread.swap_affinity(mask);
        Ok(if before == 0 { self.process() } else { before & self.process() })
    }

    /// A bit for each processor that a thread may use.
    pub fn of_thread(&self, thread: &ThreadObject) -> u64 {
        match thread.affinity() {
            0 => self.process(),
            mask => mask & self.process(),
        }
    }

    fn apply(&self, thread: &ThreadObject, mask: u64) -> NtResult<()> {
        let mut set = CpuSet::new();
        let chosen = self.host_numbers().iter().enumerate().filter(|(index, _)| mask >> index & 1 != 0);
        chosen.for_each(|(_, &cpu)| set.set(cpu));
        let id = Pid::from_raw(thread.host_id() as i32);
        if thread.has_ended() {
            // Its host thread may be another thread's by now.
            return Ok(());
        }
        thread.note_changed_host();
        sched_setaffinity(id, &set).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_limited_to_processors_there_are() {
        let affinity = Affinity::default();
        let system = affinity.system();
        assert!(system & 1 == 1 && affinity.process() == system);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let thread = ThreadObject::new(1);
                thread.set_host_id(rustix::thread::gettid().as_raw_nonzero().get() as u32);
                assert_eq!(affinity.limit_thread(&thread, 0), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
                assert_eq!(affinity.limit_thread(&thread, 1 << 63), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
                assert_eq!(affinity.limit_thread(&thread, 1), Ok(system));
                assert_eq!(affinity.limit_thread(&thread, system), Ok(1));
            });
        });
    }
}
