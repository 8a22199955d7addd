//! Security: identifiers, the privileges there are, and the token that says who a process is.
//!
//! exeunt denies nobody anything; the host does. So a token only tells who the host's user is, in Windows' terms.

mod privilege;
mod sid;
pub mod token;

pub use privilege::{Luid, Privilege, PrivilegeState};
pub use sid::Sid;
pub use token::{Group, Token};
