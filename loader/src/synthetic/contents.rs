//! Making images when somebody looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use region::Protection;

use super::layout::Layout;
use super::order::Order;
use super::{SyntheticDll, SyntheticError};
use crate::map::Reservation;

/// What is in an image, made or not.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) dll: SyntheticDll,
    pub(super) order: Order,
    pub(super) layout: Layout,
    base: u64,
    /// Whether the image could be made, once that was tried.
    made: OnceLock<bool>,
}

/// How memory is accessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    Execute,
}

/// The images of this process that are still as they were made or to be made, by base. A leaf lock. It may be taken where an access
/// has faulted: nobody accesses an image while holding it.
static OFFERED: Mutex<BTreeMap<u64, Arc<Contents>>> = Mutex::new(BTreeMap::new());

fn offered() -> MutexGuard<'static, BTreeMap<u64, Arc<Contents>>> {
    OFFERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An image that [`make`] finds, for as long as this lives.
#[derive(Debug)]
pub(super) struct Offered(Arc<Contents>);

impl Offered {
    pub(super) fn get(&self) -> &Arc<Contents> {
        &self.0
    }
}

impl Drop for Offered {
    fn drop(&mut self) {
        offered().remove(&self.0.base);
    }
}

/// Lets [`make`] find an image.
pub(super) fn offer(contents: Contents) -> Offered {
    let contents = Arc::new(contents);
    offered().insert(contents.base, contents.clone());
    Offered(contents)
}

/// Makes the images in `address..address + size` for an access that has failed. True when it is to be tried again: there was an image
/// to make, or another thread has just made it. For fault handlers, too.
pub fn make(address: u64, size: u64, access: Access) -> bool {
    let end = address.saturating_add(size.max(1));
    // Cloned, so that nothing is made under the lock.
    let within: Vec<_> = {
        let offered = offered();
        let before = offered.range(..address).next_back();
        let all = before.into_iter().chain(offered.range(address..end));
        all.filter(|(base, contents)| *base + u64::from(contents.layout.size) > address)
            .map(|(_, contents)| contents.clone())
            .collect()
    };
    within.iter().any(|contents| {
        let rva = address.saturating_sub(contents.base) as u32;
        contents.layout.allows(rva, access) && *contents.made.get_or_init(|| contents.write().is_ok())
    })
}

/// Makes the images in `address..address + size`, which are then what the caller makes of them: [`make`] knows them no more. For who
/// changes their protection.
pub fn hand_over(address: u64, size: u64) {
    make(address, size, Access::Read);
    let end = address.saturating_add(size.max(1));
    offered().retain(|base, contents| *base >= end || *base + u64::from(contents.layout.size) <= address);
}

impl Contents {
    pub(super) fn new(dll: SyntheticDll, order: Order, layout: Layout, base: u64) -> Self {
        Self { dll, order, layout, base, made: OnceLock::new() }
    }

    /// Writes the image elsewhere and moves it to its place, so that nobody sees half of it.
    fn write(&self) -> Result<(), SyntheticError> {
        let Layout { size, text, rdata, data, .. } = &self.layout;
        let mut parts = vec![
            (0..text.start, Protection::READ),
            (text.clone(), Protection::READ_EXECUTE),
            (rdata.clone(), Protection::READ),
        ];
        // Variables are in their place already.
        if !self.layout.has_variables() {
            parts.push((data.clone(), Protection::READ_WRITE));
        }
        let end = if self.layout.has_variables() { rdata.end } else { *size };
        let mut memory = Reservation::populated(end as usize)?;
        self.layout.write(&self.dll, &self.order, self.base, memory.bytes_mut());
        for (range, protection) in &parts {
            memory.protect(range.start, range.end, *protection)?;
        }
        let parts: Vec<_> = parts.into_iter().map(|(range, _)| range).collect();
        memory.move_to(self.base, &parts)?;
        Ok(())
    }
}
