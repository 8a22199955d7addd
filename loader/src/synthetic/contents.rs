//! Making images when somebody looks.

use std::collections::BTreeMap;
use std::ops::Range;
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

/// The stubs of system services that `address` is in. They are read-only, and executing them is not what [`make`] makes possible: whoever
/// does has to be ready for it.
pub fn services_at(address: u64) -> Option<Range<u64>> {
    let offered = offered();
    let (base, contents) = offered.range(..=address).next_back()?;
    let (range, _) = contents.layout.services.as_ref()?;
    let range = base + u64::from(range.start)..base + u64::from(range.end);
    range.contains(&address).then_some(range)
}

/// The stubs of system services of the images in `address..address + size`.
pub fn services_within(address: u64, size: u64) -> Option<Range<u64>> {
    let end = address.saturating_add(size.max(1));
    let offered = offered();
    let before = offered.range(..address).next_back();
    before.into_iter().chain(offered.range(address..end)).find_map(|(base, contents)| {
        let (range, _) = contents.layout.services.as_ref()?;
        (base + u64::from(contents.layout.size) > address)
            .then(|| base + u64::from(range.start)..base + u64::from(range.end))
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
        let services = self.layout.services.as_ref().map_or(text.end..text.end, |(range, _)| range.clone());
        let mut parts = vec![
            (0..text.start, Protection::READ),
            (text.start..services.start, Protection::READ_EXECUTE),
            (services.start..rdata.end, Protection::READ),
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
