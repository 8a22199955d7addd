//! minwinbase.h: structures many functions share.

use abi::{In, Ptr, Win32Result};
use syscall_xlate::object::HandleFlags;

abi::guest_struct! {
    /// Whether children inherit a handle, and who may open the object. The descriptor is not looked at.
    pub(super) struct SECURITY_ATTRIBUTES {
        pub nLength: u32,
        pub lpSecurityDescriptor: Ptr<u8>,
        pub bInheritHandle: i32,
    }
}

/// The flags of a handle that is made with these attributes.
pub(super) fn handle_flags(attributes: In<SECURITY_ATTRIBUTES>) -> Win32Result<HandleFlags> {
    let inherit = attributes.opt().map(In::read).transpose()?.is_some_and(|attributes| attributes.bInheritHandle != 0);
    Ok(inherit_flag(inherit))
}

/// The flags of a handle that is inherited, or not.
pub(super) fn inherit_flag(inherit: bool) -> HandleFlags {
    if inherit { HandleFlags::INHERIT } else { HandleFlags::empty() }
}
