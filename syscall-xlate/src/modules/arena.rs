//! Guest memory for the loader's own data structures.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use abi::fault;
use loader::memory::{Fault, GuestMemory};

use crate::low::Block;

/// Bytes taken from the host at a time.
const CHUNK: usize = 0x1_0000;

/// Pieces of guest memory; what is freed is used again for the same size.
#[derive(Default)]
pub(crate) struct Arena(Mutex<State>);

#[derive(Default)]
struct State {
    chunks: Vec<Block>,
    /// Bytes of the last chunk that are given out.
    used: usize,
    free: HashMap<usize, Vec<u64>>,
}

impl GuestMemory for Arena {
    fn allocate(&self, size: usize, align: usize) -> Option<u64> {
        let size = size.checked_next_multiple_of(16)?;
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let freed =
            state.free.get_mut(&size).and_then(|list| list.pop_if(|address| address.is_multiple_of(align as u64)));
        if let Some(address) = freed {
            let cleared = fault::write(address, &vec![0; size]);
            return cleared.is_ok().then_some(address);
        }
        let at = state.used.next_multiple_of(align.max(16));
        let fits = state.chunks.last().is_some_and(|chunk| at + size <= (chunk.end() - chunk.address()) as usize);
        let at = if fits {
            at
        } else {
            state.chunks.push(Block::new(size.max(CHUNK), false).ok()?);
            0
        };
        state.used = at + size;
        state.chunks.last().map(|chunk| chunk.address() + at as u64)
    }

    fn free(&self, address: u64, size: usize) {
        let size = size.next_multiple_of(16);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).free.entry(size).or_default().push(address);
    }

    fn write(&self, address: u64, bytes: &[u8]) -> Result<(), Fault> {
        fault::write(address, bytes).map_err(|fault| Fault::Access(fault.address))
    }

    fn copy(&self, from: u64, to: u64, length: usize) -> Result<(), Fault> {
        let mut bytes = vec![0; length];
        fault::read(from, &mut bytes).map_err(|fault| Fault::Access(fault.address))?;
        self.write(to, &bytes)
    }
}
