//! Pages that are made at the first access: `KUSER_SHARED_DATA` and the shim DLLs' images. Most programs never look at them.

pub(crate) use loader::synthetic::Access;
use loader::synthetic::{hand_over, make, services_at, services_within};

use crate::memory::open_code;
use crate::service::Traps;
use crate::{gate, kuser};

/// Makes what is to be made in `address..address + size` for an access that has failed. True when it is to be tried again. For fault
/// handlers, too: what it locks, nobody holds while accessing guest memory.
pub(crate) fn provide(address: u64, size: u64, access: Access) -> bool {
    let kuser = kuser::contains(address) && kuser::fault(access == Access::Write);
    kuser || make(address, size, access) || access == Access::Execute && open_services(address)
}

/// Lets the stubs of system services run, for which the threads have to trap.
fn open_services(address: u64) -> bool {
    let (Some(cx), Some(stubs)) = (gate::current(), services_at(address)) else { return false };
    make(address, 1, Access::Read);
    cx.process.services.arm(cx.process, Traps::Guest);
    open_code(stubs.start, stubs.end - stubs.start)
}

/// Makes it before the protection of the pages is changed, which nobody may undo later.
pub(crate) fn settle(address: u64, size: u64) {
    if let Some(stubs) = services_within(address, size) {
        open_services(stubs.start);
    }
    hand_over(address, size);
}
