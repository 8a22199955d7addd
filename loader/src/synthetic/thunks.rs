//! Thunks for imports that nobody provides: each tells a common handler its number.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use region::Protection;

use super::stub::{ALIGN, Stub};
use crate::image::PAGE;
use crate::map::{MapError, Reservation};

/// Thunks per page of code; a page with the handler's address follows it.
const PER_PAGE: u32 = PAGE / ALIGN;

/// Code addresses without end: calling the one for `id` jumps to the handler with `id` in EAX and everything else untouched.
#[derive(Debug)]
pub struct ThunkPool {
    handler: u64,
    /// Pages of thunks by their first number over [`PER_PAGE`]. A leaf lock: nothing is called while it is held.
    pages: Mutex<BTreeMap<u32, Reservation>>,
}

/// A page of code, which the guest can read and run.
#[derive(Debug)]
pub struct CodePage(Reservation);

impl CodePage {
    /// A page that begins with `code`, of which there is a page at most.
    pub fn new(code: &[u8]) -> Result<Self, MapError> {
        let mut memory = Reservation::populated(PAGE as usize)?;
        memory.bytes_mut().iter_mut().zip(code).for_each(|(place, &byte)| *place = byte);
        memory.protect(0, PAGE, Protection::READ_EXECUTE)?;
        Ok(Self(memory))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.base()
    }
}

impl ThunkPool {
    /// Thunks that jump to the code at `handler`.
    pub fn new(handler: u64) -> Self {
        Self { handler, pages: Mutex::default() }
    }

    /// Address of the thunk for `id`; always the same.
    pub fn address(&self, id: u32) -> Result<u64, MapError> {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let (page, offset) = (id / PER_PAGE, id % PER_PAGE * ALIGN);
        let base = match pages.get(&page) {
            Some(memory) => memory.base(),
            None => {
                let memory = self.build(page * PER_PAGE)?;
                pages.entry(page).or_insert(memory).base()
            }
        };
        Ok(base + u64::from(offset))
    }

    /// The number of the thunk at `address`.
    pub fn id_at(&self, address: u64) -> Option<u32> {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.iter().find_map(|(page, memory)| {
            let offset = address.checked_sub(memory.base()).filter(|&offset| offset < u64::from(PAGE))?;
            Some(page * PER_PAGE + offset as u32 / ALIGN)
        })
    }

    fn build(&self, first: u32) -> Result<Reservation, MapError> {
        let mut memory = Reservation::populated(2 * PAGE as usize)?;
        let (code, slot) = memory.bytes_mut().split_at_mut(PAGE as usize);
        for (index, place) in (0..PER_PAGE).zip(code.chunks_exact_mut(ALIGN as usize)) {
            Stub { number: Some(first + index), ..Stub::default() }.write(place, index * ALIGN, PAGE);
        }
        if let Some(slot) = slot.first_chunk_mut() {
            *slot = self.handler.to_le_bytes();
        }
        memory.protect(0, PAGE, Protection::READ_EXECUTE)?;
        memory.protect(PAGE, 2 * PAGE, Protection::READ)?;
        Ok(memory)
    }
}
