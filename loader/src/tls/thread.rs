//! One thread's copies of the thread-local storage of all modules.

use std::collections::BTreeMap;

use super::TlsTemplate;
use crate::memory::{Fault, GuestMemory};

const POINTER: usize = 8;
/// Size in pointers of a thread's first array: it grows only for programs with more DLLs that have thread-local storage.
const FIRST_CAPACITY: u32 = 64;

/// A block of guest memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Block {
    address: u64,
    size: usize,
}

/// A thread's array of blocks, which `TEB.ThreadLocalStoragePointer` points to, and the blocks. Not freed by dropping.
#[derive(Debug, Default)]
pub struct ThreadTls {
    array: Option<Block>,
    capacity: u32,
    blocks: BTreeMap<u32, Block>,
    /// Arrays that were outgrown; the thread may still hold pointers into them.
    outgrown: Vec<Block>,
}

impl ThreadTls {
    /// The blocks of a new thread, one for each template.
    pub fn new<'a>(
        memory: &dyn GuestMemory,
        templates: impl IntoIterator<Item = &'a TlsTemplate>,
    ) -> Result<Self, Fault> {
        let mut tls = Self::default();
        for template in templates {
            if let Err(fault) = tls.add(memory, template) {
                tls.free(memory);
                return Err(fault);
            }
        }
        Ok(tls)
    }

    /// Address of the array; 0 while no module has thread-local storage. Changes when [`ThreadTls::add`] outgrows it.
    pub fn array(&self) -> u64 {
        self.array.map_or(0, |array| array.address)
    }

    /// Address of a module's block.
    pub fn block(&self, index: u32) -> Option<u64> {
        self.blocks.get(&index).map(|block| block.address)
    }

    /// Adds the block of a module that was loaded after the thread began. The thread may be running: what it sees is the old
    /// array until the caller stores [`ThreadTls::array`] in its TEB.
    pub fn add(&mut self, memory: &dyn GuestMemory, template: &TlsTemplate) -> Result<(), Fault> {
        let array = self.reserve(memory, template.index)?;
        let initial = template.template_size as usize;
        let size = (initial + template.zero_fill as usize).max(POINTER);
        let block = allocate(memory, size, template.align as usize)?;
        let filled = match initial {
            0 => Ok(()),
            _ => memory.copy(template.template, block.address, initial),
        };
        let entry = array + u64::from(template.index) * POINTER as u64;
        if let Err(fault) = filled.and_then(|()| memory.write(entry, &block.address.to_le_bytes())) {
            memory.free(block.address, block.size);
            return Err(fault);
        }
        if let Some(old) = self.blocks.insert(template.index, block) {
            memory.free(old.address, old.size);
        }
        Ok(())
    }

    /// Frees the block of a module that is unloaded.
    pub fn remove(&mut self, memory: &dyn GuestMemory, index: u32) -> Result<(), Fault> {
        let Some(block) = self.blocks.remove(&index) else { return Ok(()) };
        let cleared = memory.write(self.array() + u64::from(index) * POINTER as u64, &[0; POINTER]);
        memory.free(block.address, block.size);
        cleared
    }

    /// Frees everything, when the thread has ended.
    pub fn free(&mut self, memory: &dyn GuestMemory) {
        let blocks = std::mem::take(&mut self.blocks).into_values();
        for block in blocks.chain(self.outgrown.drain(..)).chain(self.array.take()) {
            memory.free(block.address, block.size);
        }
        self.capacity = 0;
    }

    /// The address of an array that has `index`.
    fn reserve(&mut self, memory: &dyn GuestMemory, index: u32) -> Result<u64, Fault> {
        if let Some(array) = self.array.filter(|_| index < self.capacity) {
            return Ok(array.address);
        }
        let capacity = index.saturating_add(1).next_power_of_two().max(FIRST_CAPACITY);
        let array = allocate(memory, capacity as usize * POINTER, 16)?;
        for (index, block) in &self.blocks {
            let entry = array.address + u64::from(*index) * POINTER as u64;
            if let Err(fault) = memory.write(entry, &block.address.to_le_bytes()) {
                memory.free(array.address, array.size);
                return Err(fault);
            }
        }
        self.outgrown.extend(self.array.replace(array));
        self.capacity = capacity;
        Ok(array.address)
    }
}

fn allocate(memory: &dyn GuestMemory, size: usize, align: usize) -> Result<Block, Fault> {
    let address = memory.allocate(size, align.max(POINTER)).ok_or(Fault::OutOfMemory(size))?;
    Ok(Block { address, size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestMemory;

    fn template(index: u32) -> TlsTemplate {
        TlsTemplate { index, template: 0x1000, template_size: 3, zero_fill: 5, align: 64, callbacks: None }
    }

    fn memory() -> TestMemory {
        let memory = TestMemory::default();
        memory.place(0x1000, &[1, 2, 3, 4]);
        memory
    }

    #[test]
    fn a_thread_without_tls_allocates_nothing() {
        let memory = TestMemory::default();
        let tls = ThreadTls::new(&memory, []).expect("nothing can fail");
        assert_eq!((tls.array(), memory.allocations()), (0, 0));
    }

    #[test]
    fn every_module_has_its_block() {
        let memory = memory();
        let mut tls = ThreadTls::new(&memory, &[template(0), template(2)]).expect("there is memory");
        for index in [0, 2] {
            let block = memory.pointer(tls.array() + 8 * index).expect("the array is there");
            assert_eq!((Some(block), block % 64), (tls.block(index as u32), 0));
            assert_eq!(memory.read(block, 8).expect("the block is there"), [1, 2, 3, 0, 0, 0, 0, 0]);
        }
        assert_eq!(memory.pointer(tls.array() + 8), Ok(0));
        tls.free(&memory);
        assert_eq!(memory.allocations(), 1, "the template is left");
    }

    #[test]
    fn a_later_module_outgrows_the_array_without_moving_blocks() {
        let memory = memory();
        let mut tls = ThreadTls::new(&memory, &[template(0)]).expect("there is memory");
        let (old, block) = (tls.array(), tls.block(0));
        tls.add(&memory, &template(63)).expect("there is memory");
        assert_eq!(tls.array(), old);
        tls.add(&memory, &template(64)).expect("there is memory");
        assert_ne!(tls.array(), old);
        assert_eq!(memory.pointer(tls.array()).ok(), block);
        assert_eq!(memory.pointer(old).ok(), block, "the old array stays readable");
        tls.free(&memory);
        assert_eq!(memory.allocations(), 1);
    }

    #[test]
    fn an_unloaded_module_leaves_a_null() {
        let memory = memory();
        let mut tls = ThreadTls::new(&memory, &[template(0)]).expect("there is memory");
        tls.remove(&memory, 0).expect("the array is there");
        assert_eq!((memory.pointer(tls.array()), tls.block(0)), (Ok(0), None));
        tls.remove(&memory, 7).expect("nothing is to be done");
    }

    #[test]
    fn an_unreadable_template_fails_and_frees() {
        let memory = TestMemory::default();
        assert!(matches!(ThreadTls::new(&memory, &[template(0)]), Err(Fault::Access(_))));
        assert_eq!(memory.allocations(), 0);
    }
}
