//! Pages that are made at the first access: `KUSER_SHARED_DATA` and the shim DLLs' images. Most programs never look at them.

pub(crate) use loader::synthetic::Access;
use loader::synthetic::{hand_over, make};

use crate::kuser;

/// Makes what is to be made in `address..address + size` for an access that has failed. True when it is to be tried again. For fault
/// handlers, too: what it locks, nobody holds while accessing guest memory.
pub(crate) fn provide(address: u64, size: u64, access: Access) -> bool {
    let kuser = kuser::contains(address) && kuser::fault(access == Access::Write);
    kuser || make(address, size, access)
}

/// Makes it before the protection of the pages is changed, which nobody may undo later.
pub(crate) fn settle(address: u64, size: u64) {
    hand_over(address, size);
}
