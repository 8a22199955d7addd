//! Standard handles: input, output, error.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use abi::HANDLE;
use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio;

use super::End;
use crate::Process;
use crate::file::{FILE_GENERIC_READ, FILE_GENERIC_WRITE};
use crate::object::HandleFlags;

/// One of the standard handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// `STD_INPUT_HANDLE`
    Input,
    /// `STD_OUTPUT_HANDLE`
    Output,
    /// `STD_ERROR_HANDLE`
    Error,
}

/// The values of the standard handles. They are made from the host's streams when first asked for; a stream that is closed has none.
#[derive(Default)]
pub struct StandardHandles {
    values: OnceLock<[AtomicU64; 3]>,
}

/// Lowest number of our copies of the host's streams: the numbers themselves stay the host's.
const ABOVE_STREAMS: i32 = 3;

impl StandardHandles {
    /// The value of a standard handle: null when there is none.
    pub fn get(&self, process: &Process, which: Standard) -> HANDLE {
        HANDLE(self.values(process)[which as usize].load(Ordering::Relaxed))
    }

    /// Replaces a standard handle. Any value may be set.
    pub fn set(&self, process: &Process, which: Standard, handle: HANDLE) {
        self.values(process)[which as usize].store(handle.0, Ordering::Relaxed);
    }

    fn values(&self, process: &Process) -> &[AtomicU64; 3] {
        self.values.get_or_init(|| {
            let streams =
                [(stdio::stdin(), End::Input), (stdio::stdout(), End::Output), (stdio::stderr(), End::Output)];
            streams.map(|(stream, end)| {
                let file =
                    fcntl_dupfd_cloexec(stream, ABOVE_STREAMS).ok().and_then(|fd| process.files.adopt(fd, end).ok());
                let access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
                let handle =
                    file.and_then(|file| process.handles.insert(Arc::new(file), access, HandleFlags::INHERIT).ok());
                AtomicU64::new(handle.map_or(0, |handle| handle.0))
            })
        })
    }
}
