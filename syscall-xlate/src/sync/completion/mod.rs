//! I/O completion ports: queues of packets, and the threads that work on them.
//!
//! Packets leave in the order in which they came; of the threads that wait, the last to come is the first to go on. A thread belongs to
//! the port that it last asked for a packet, and counts as running for it unless it waits for something. A port gives packets to no
//! more running threads than its limit ("I/O Completion Ports" in Microsoft's documentation). Waits for objects, for addresses and for
//! pipes and devices count as waiting; being suspended does not.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use abi::{HANDLE, NTSTATUS, NtResult};

use crate::object::access::{STANDARD_RIGHTS_REQUIRED, SYNCHRONIZE};
use crate::object::{Access, GenericMapping, HandleTable, Kind, Object};
use crate::system_info;
use crate::wait::{self, Dispatcher, Passed, Signal, Timeout, Waiter, Woken};

/// `IO_COMPLETION_QUERY_STATE`
pub const QUERY_STATE: Access = 1;
/// `IO_COMPLETION_MODIFY_STATE`
pub const MODIFY_STATE: Access = 2;
/// `IO_COMPLETION_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | 3;
/// What generic rights mean for a completion port.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0001, write: 0x0002_0002, execute: 0x0012_0000, all: ALL_ACCESS };

/// What a port tells of something that is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// What the file was associated with (`lpCompletionKey`).
    pub key: u64,
    /// What was done (`lpOverlapped`).
    pub context: u64,
    /// How it ended.
    pub status: NTSTATUS,
    /// How many bytes it transferred.
    pub information: u64,
}

/// A completion port. It closes with its last handle, whoever waits or is still to post.
#[derive(Debug)]
pub struct CompletionPort {
    queue: Arc<Queue>,
}

impl Object for CompletionPort {
    extern "win64" fn kind(&self) -> Kind {
        Kind::IoCompletion
    }
    extern "win64" fn dispatcher(&self) -> Option<&Dispatcher> {
        Some(&self.queue.signal)
    }
}

impl Drop for CompletionPort {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl CompletionPort {
    /// A port for which up to `limit` threads run at a time; 0 means as many as there are processors.
    pub fn new(limit: u32) -> Arc<Self> {
        let limit = if limit == 0 { system_info::processors() } else { limit };
        let signal = Dispatcher::new(Signal::Notification, false);
        Arc::new(Self { queue: Arc::new(Queue { signal, limit, state: Mutex::default() }) })
    }

    /// Its packets, which whoever works with them keeps.
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }
}

/// The packets of the port behind a handle.
///
/// # Errors
/// Those of [`HandleTable::get`].
pub fn queue(handles: &HandleTable, handle: HANDLE, required: Access) -> NtResult<Arc<Queue>> {
    handles.with(handle, required, |port: &CompletionPort| Arc::clone(&port.queue))
}

/// The packets and threads of a port.
#[derive(Debug)]
pub struct Queue {
    /// Signalled while there are packets, for those who wait for the port instead of a packet.
    signal: Dispatcher,
    limit: u32,
    // Taken before the signal's lock; no other is taken while it is held.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    packets: VecDeque<Packet>,
    /// The last to come is at the end.
    waiting: Vec<Waiting>,
    /// Packets for threads that are on their way out of their wait, by thread.
    handed: Vec<(u32, Vec<Packet>)>,
    /// Threads that belong to the port and do not wait.
    running: u32,
    closed: bool,
}

/// A thread that waits for packets.
#[derive(Debug)]
struct Waiting {
    waiter: Arc<Waiter>,
    /// As many as it takes at once.
    most: usize,
}

impl Queue {
    /// Queues a packet. Nobody gets it when the port is closed.
    pub fn post(&self, packet: Packet) {
        self.change(|state| {
            if !state.closed {
                state.packets.push_back(packet);
            }
        });
    }

    /// Packets that nobody has taken.
    pub fn depth(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).packets.len()
    }

    /// Takes up to `most` packets, which is not 0, and waits until there is one. `waiter`'s thread belongs to this port from now on.
    ///
    /// # Errors
    /// What else ended the wait: [`Woken::Abandoned`] when the port was closed, or time, queued calls, the thread's end.
    pub fn remove(
        self: &Arc<Self>,
        waiter: &Arc<Waiter>,
        most: usize,
        alertable: bool,
        timeout: Timeout,
    ) -> Result<Vec<Packet>, Woken> {
        let came_back = waiter.work_for(self);
        let taken = self.change(|state| {
            state.running = state.running.saturating_sub(u32::from(came_back));
            let may = !state.packets.is_empty() && state.running < self.limit;
            may.then(|| state.hand_out(most))
        });
        if let Some(taken) = taken {
            return Ok(taken);
        }
        let woken = wait::in_line(waiter, alertable, timeout, || {
            self.change(|state| state.waiting.push(Waiting { waiter: Arc::clone(waiter), most }));
        });
        self.change(|state| match woken {
            // Whoever let it go on has counted it.
            Woken::Object(_) | Woken::Abandoned(_) => {
                let handed = state.handed.iter().position(|&(thread, _)| thread == waiter.thread());
                handed.map(|at| state.handed.swap_remove(at).1).ok_or(Woken::Abandoned(0))
            }
            woken => {
                state.waiting.retain(|waiting| !Arc::ptr_eq(&waiting.waiter, waiter));
                state.running += 1;
                Err(woken)
            }
        })
    }

    /// A thread that belongs to the port is about to wait, or leaves it: another may go on.
    pub(crate) fn pauses(&self) {
        self.change(|state| state.running = state.running.saturating_sub(1));
    }

    /// A thread that belongs to the port has waited. Until it asks for a packet there may be more running than the limit says.
    pub(crate) fn resumes(&self) {
        self.change(|state| state.running += 1);
    }

    fn close(&self) {
        self.change(|state| {
            state.closed = true;
            state.packets.clear();
        });
    }

    /// Changes the state, and lets go on whom that allows to.
    fn change<R>(&self, step: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = state.packets.is_empty();
        let result = step(&mut state);
        let woken = state.let_go_on(self.limit);
        match (was_empty, state.packets.is_empty()) {
            (true, false) => _ = self.signal.set(),
            (false, true) => _ = self.signal.reset(),
            _ => {}
        }
        drop(state);
        woken.iter().for_each(|waiter| waiter.release());
        result
    }
}

impl State {
    /// Gives up to `most` packets to a thread that runs from now on.
    fn hand_out(&mut self, most: usize) -> Vec<Packet> {
        self.running += 1;
        let count = most.min(self.packets.len());
        self.packets.drain(..count).collect()
    }

    /// Ends the waits that can end. Gives the threads, which go on once they are released.
    fn let_go_on(&mut self, limit: u32) -> Vec<Arc<Waiter>> {
        let mut woken = Vec::new();
        let mut at = self.waiting.len();
        while at > 0 && (self.closed || !self.packets.is_empty() && self.running < limit) {
            at -= 1;
            let passed = if self.closed { Passed::Abandoned } else { Passed::Plain };
            if !self.waiting[at].waiter.satisfy(0, passed) {
                // Its wait is over; it is about to take itself out.
                continue;
            }
            let Waiting { waiter, most } = self.waiting.remove(at);
            if self.closed {
                self.running += 1;
            } else {
                let packets = self.hand_out(most);
                self.handed.push((waiter.thread(), packets));
            }
            woken.push(waiter);
        }
        woken
    }
}
