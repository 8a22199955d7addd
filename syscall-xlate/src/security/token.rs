//! Access tokens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::privilege::{Luid, Privilege, PrivilegeState};
use super::sid::Sid;
use crate::object::access::STANDARD_RIGHTS_REQUIRED;
use crate::object::{Access, GenericMapping, Kind, Object};

/// `TOKEN_DUPLICATE`
pub const DUPLICATE: Access = 0x2;
/// `TOKEN_QUERY`
pub const QUERY: Access = 0x8;
/// `TOKEN_ADJUST_PRIVILEGES`
pub const ADJUST_PRIVILEGES: Access = 0x20;
/// `TOKEN_ALL_ACCESS`
pub const ALL_ACCESS: Access = STANDARD_RIGHTS_REQUIRED | 0x1ff;
/// What generic rights mean for a token.
pub const MAPPING: GenericMapping =
    GenericMapping { read: 0x0002_0008, write: 0x0002_00e0, execute: 0x0002_0004, all: ALL_ACCESS };

/// `SE_GROUP_MANDATORY | SE_GROUP_ENABLED_BY_DEFAULT | SE_GROUP_ENABLED`
const ENABLED: u32 = 0x7;
/// `SE_GROUP_OWNER`
const OWNER: u32 = 0x8;

/// A group in a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub sid: Sid,
    /// `SE_GROUP_*`
    pub attributes: u32,
}

/// Who a process is: the host's user. The host's root is an administrator, elevated.
#[derive(Debug)]
pub struct Token {
    administrator: bool,
    // Leaf lock.
    privileges: Mutex<Vec<PrivilegeState>>,
}

impl Object for Token {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Token
    }
}

impl Default for Token {
    fn default() -> Self {
        Self::new(rustix::process::geteuid().is_root())
    }
}

impl Token {
    /// The token of the host's user, who may be an administrator.
    pub fn new(administrator: bool) -> Self {
        Self { administrator, privileges: Mutex::new(Privilege::held(administrator).collect()) }
    }

    /// A token with the same privileges.
    pub fn duplicate(&self) -> Arc<Self> {
        Arc::new(Self { administrator: self.administrator, privileges: Mutex::new(self.privileges()) })
    }

    /// True for an administrator's token that is elevated. There are no administrators' tokens of the other kind here.
    pub fn is_elevated(&self) -> bool {
        self.administrator
    }

    /// The mandatory label: high for an administrator, else medium.
    pub fn integrity(&self) -> Sid {
        Sid::integrity(if self.administrator { 0x3000 } else { 0x2000 })
    }

    /// The groups.
    pub fn groups(&self) -> Vec<Group> {
        let ordinary =
            [Sid::primary_group(), Sid::everyone(), Sid::users(), Sid::interactive(), Sid::authenticated_users()];
        let group = |sid| Group { sid, attributes: ENABLED };
        let administrators = || Group { sid: Sid::administrators(), attributes: ENABLED | OWNER };
        ordinary.map(group).into_iter().chain(self.administrator.then(administrators)).collect()
    }

    /// Whether the user or one of the enabled groups is `sid`.
    pub fn is_member(&self, sid: &Sid) -> bool {
        *sid == Sid::user() || self.groups().iter().any(|group| group.sid == *sid)
    }

    /// The privileges it holds, with their state.
    pub fn privileges(&self) -> Vec<PrivilegeState> {
        self.lock().clone()
    }

    /// Enables or disables a privilege and gives its former state; `None` for one that it does not hold.
    pub fn adjust(&self, luid: Luid, enabled: bool) -> Option<PrivilegeState> {
        let mut privileges = self.lock();
        let state = privileges.iter_mut().find(|state| state.luid == luid)?;
        let former = *state;
        state.enabled = enabled;
        Some(former)
    }

    /// Takes a privilege away for good; gives its former state.
    pub fn remove(&self, luid: Luid) -> Option<PrivilegeState> {
        let mut privileges = self.lock();
        let at = privileges.iter().position(|state| state.luid == luid)?;
        Some(privileges.remove(at))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<PrivilegeState>> {
        self.privileges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_holds_few_privileges_and_an_administrator_many() {
        let debug = Privilege::named("sedebugprivilege").unwrap().luid;
        let user = Token::new(false);
        assert_eq!(user.privileges().len(), 5);
        assert_eq!(user.adjust(debug, true), None);
        assert!(!user.is_member(&Sid::administrators()) && user.is_member(&Sid::users()));
        let administrator = Token::new(true);
        assert!(administrator.is_member(&Sid::administrators()));
        assert_eq!(administrator.adjust(debug, true).map(|state| state.enabled), Some(false));
        let copy = administrator.duplicate();
        assert_eq!(copy.adjust(debug, false).map(|state| state.enabled), Some(true));
        assert_eq!(administrator.remove(debug).map(|state| state.enabled), Some(true));
        assert_eq!(administrator.remove(debug), None);
    }
}
