//! Telling a completion port what is done on a file.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use abi::{NTSTATUS, NtResult, bitflags};

use super::File;
use crate::sync::completion::{Packet, Queue};

bitflags::bitflags! {
    /// Whom the end of an operation is not told to.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct NotificationModes: u8 {
        /// `FILE_SKIP_COMPLETION_PORT_ON_SUCCESS`: no packet for what is done when the call returns.
        const SKIP_PORT_ON_SUCCESS = 1;
        /// `FILE_SKIP_SET_EVENT_ON_HANDLE`: the file itself is not signalled, as none of ours is.
        const SKIP_SET_EVENT_ON_HANDLE = 2;
    }
}

/// The port that a file's operations are told to.
pub(super) struct Association {
    port: Arc<Queue>,
    key: u64,
}

impl File {
    /// Has the port told of every operation that succeeds from now on, with this key. For good: there is no way back.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a synchronous file, or one that has a port.
    pub fn associate(&self, port: Arc<Queue>, key: u64) -> NtResult<()> {
        if self.is_synchronous() {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        self.completion.set(Association { port, key }).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER)
    }

    /// The modes it has.
    pub fn notification_modes(&self) -> NotificationModes {
        NotificationModes::from_bits_retain(self.notification_modes.load(Ordering::Relaxed))
    }

    /// Adds to the modes; none can be taken away.
    pub fn add_notification_modes(&self, modes: NotificationModes) {
        self.notification_modes.fetch_or(modes.bits(), Ordering::Relaxed);
    }

    /// An operation ended before its call returns. `context` names it to who takes the packet; 0 keeps it from the port. A failure is
    /// told by the call alone (documented under `GetQueuedCompletionStatus`).
    pub fn completed(&self, context: u64, status: NTSTATUS, information: u64) {
        let Some(Association { port, key }) = self.completion.get() else { return };
        let modes = self.notification_modes();
        if context != 0 && status.is_success() && !modes.contains(NotificationModes::SKIP_PORT_ON_SUCCESS) {
            port.post(Packet { key: *key, context, status, information });
        }
    }
}
