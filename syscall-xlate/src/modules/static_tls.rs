//! A thread's copies of the modules' thread-local variables.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use abi::{NTSTATUS, fault};
use loader::tls::TlsTemplate;

use crate::low::ThreadBlock;
use crate::{teb, tls};

/// The blocks of one thread, and the array in its TEB's pages by which compiled code finds them.
pub(crate) struct StaticTls {
    array: u64,
    /// By TLS index. A leaf lock.
    blocks: Mutex<HashMap<u32, ThreadBlock>>,
}

impl StaticTls {
    /// No blocks yet; the array is at `array`, with room for [`teb::STATIC_TLS_SLOTS`] pointers.
    pub(crate) fn new(array: u64) -> Self {
        Self { array, blocks: Mutex::default() }
    }

    /// Clears a slot of the thread's dynamic storage, whose index is given out again.
    pub(crate) fn clear_dynamic(&self, index: u32) {
        let teb = self.array - teb::offset::STATIC_TLS;
        let slot = if index < tls::SLOTS {
            teb + teb::offset::TLS_SLOTS + 8 * u64::from(index)
        } else {
            match fault::load_u64(teb + teb::offset::TLS_EXPANSION_SLOTS) {
                Ok(block @ 1..) => block + 8 * u64::from(index - tls::SLOTS),
                _ => return,
            }
        };
        let _ = fault::store_u64(slot, 0);
    }

    /// Makes this thread's block for a module.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY` when memory or indices are short, `STATUS_INVALID_IMAGE_FORMAT` when the template cannot be read.
    pub(crate) fn add(&self, template: &TlsTemplate) -> Result<(), NTSTATUS> {
        if template.index >= teb::STATIC_TLS_SLOTS {
            return Err(NTSTATUS::STATUS_NO_MEMORY);
        }
        let size = template.template_size as usize + template.zero_fill as usize;
        let block = ThreadBlock::new(size.max(1)).map_err(|_| NTSTATUS::STATUS_NO_MEMORY)?;
        let mut bytes = vec![0; template.template_size as usize];
        let bad = |_| NTSTATUS::STATUS_INVALID_IMAGE_FORMAT;
        fault::read(template.template, &mut bytes).map_err(bad)?;
        fault::write(block.address(), &bytes).map_err(bad)?;
        fault::store_u64(self.array + 8 * u64::from(template.index), block.address()).map_err(bad)?;
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).insert(template.index, block);
        Ok(())
    }

    /// Drops the block of a module that is unloaded.
    pub(crate) fn remove(&self, index: u32) {
        let _ = fault::store_u64(self.array + 8 * u64::from(index), 0);
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner).remove(&index);
    }
}
