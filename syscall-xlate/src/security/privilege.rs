//! Privileges: their names and locally unique identifiers.

/// A locally unique identifier.
pub type Luid = u64;

/// A privilege: <https://learn.microsoft.com/windows/win32/secauthz/privilege-constants>; values from `wdm.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// Its name, the same on every system.
    pub name: &'static str,
    /// Its identifier here.
    pub luid: Luid,
    /// Ordinary users have it.
    ordinary: bool,
}

/// A privilege in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrivilegeState {
    /// Which.
    pub luid: Luid,
    /// `SE_PRIVILEGE_ENABLED`
    pub enabled: bool,
    /// `SE_PRIVILEGE_ENABLED_BY_DEFAULT`
    pub by_default: bool,
}

/// What even an administrator's token lacks.
const SYSTEM_ONLY: [&str; 3] = ["SeCreateTokenPrivilege", "SeAssignPrimaryTokenPrivilege", "SeTcbPrivilege"];

impl Privilege {
    /// The privilege of this name, whatever the case of its letters.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|privilege| privilege.name.eq_ignore_ascii_case(name))
    }

    /// The privilege with this identifier.
    pub fn of(luid: Luid) -> Option<&'static Self> {
        ALL.iter().find(|privilege| privilege.luid == luid)
    }

    /// Those that a user's, or an administrator's, token holds.
    pub(super) fn held(administrator: bool) -> impl Iterator<Item = PrivilegeState> {
        let held =
            move |privilege: &&Self| privilege.ordinary || (administrator && !SYSTEM_ONLY.contains(&privilege.name));
        ALL.iter().filter(held).map(|privilege| {
            let by_default = matches!(privilege.name, "SeChangeNotifyPrivilege" | "SeImpersonatePrivilege");
            PrivilegeState { luid: privilege.luid, enabled: by_default, by_default }
        })
    }
}

macro_rules! privileges {
    ($($name:ident = $luid:literal $(, $ordinary:ident)?;)*) => {
        /// All privileges.
        static ALL: &[Privilege] = &[
            $(Privilege { name: stringify!($name), luid: $luid, ordinary: privileges!(@ $($ordinary)?) },)*
        ];
    };
    (@ ordinary) => { true };
    (@) => { false };
}
privileges! {
    SeCreateTokenPrivilege = 2;
    SeAssignPrimaryTokenPrivilege = 3;
    SeLockMemoryPrivilege = 4;
    SeIncreaseQuotaPrivilege = 5;
    SeMachineAccountPrivilege = 6;
    SeTcbPrivilege = 7;
    SeSecurityPrivilege = 8;
    SeTakeOwnershipPrivilege = 9;
    SeLoadDriverPrivilege = 10;
    SeSystemProfilePrivilege = 11;
    SeSystemtimePrivilege = 12;
    SeProfileSingleProcessPrivilege = 13;
    SeIncreaseBasePriorityPrivilege = 14;
    SeCreatePagefilePrivilege = 15;
    SeCreatePermanentPrivilege = 16;
    SeBackupPrivilege = 17;
    SeRestorePrivilege = 18;
    SeShutdownPrivilege = 19, ordinary;
    SeDebugPrivilege = 20;
    SeAuditPrivilege = 21;
    SeSystemEnvironmentPrivilege = 22;
    SeChangeNotifyPrivilege = 23, ordinary;
    SeRemoteShutdownPrivilege = 24;
    SeUndockPrivilege = 25, ordinary;
    SeSyncAgentPrivilege = 26;
    SeEnableDelegationPrivilege = 27;
    SeManageVolumePrivilege = 28;
    SeImpersonatePrivilege = 29;
    SeCreateGlobalPrivilege = 30;
    SeTrustedCredManAccessPrivilege = 31;
    SeRelabelPrivilege = 32;
    SeIncreaseWorkingSetPrivilege = 33, ordinary;
    SeTimeZonePrivilege = 34, ordinary;
    SeCreateSymbolicLinkPrivilege = 35;
}
