//! Thread-local storage of modules.
//!
//! A module with a TLS directory gets an index when it is loaded; every thread has an array, by that index, of its own copies of
//! the module's template. Compilers read `gs:[0x58][index]`.

mod thread;

pub use thread::ThreadTls;

/// A module's thread-local storage, as every thread's block is made from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsTemplate {
    /// Index into a thread's array of blocks.
    pub index: u32,
    /// Address of the initial bytes, in the mapped image.
    pub template: u64,
    /// How many initial bytes there are.
    pub template_size: u32,
    /// How many zero bytes follow them.
    pub zero_fill: u32,
    /// Alignment of a block in bytes.
    pub align: u32,
    /// Address of the array of callback addresses, which a null pointer ends; the guest may change it at any time.
    pub callbacks: Option<u64>,
}

/// Which TLS indices are taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsIndexes {
    taken: Vec<bool>,
}

impl TlsIndexes {
    /// Takes the lowest free index.
    pub(crate) fn take(&mut self) -> u32 {
        let index = self.taken.iter().position(|taken| !taken).unwrap_or(self.taken.len());
        match self.taken.get_mut(index) {
            Some(taken) => *taken = true,
            None => self.taken.push(true),
        }
        index as u32
    }

    pub(crate) fn give_back(&mut self, index: u32) {
        if let Some(taken) = self.taken.get_mut(index as usize) {
            *taken = false;
        }
    }
}
