//! Security identifiers, what tokens say, privileges.

use abi::{Guest, HANDLE, In, Out, Ptr, WIN32_ERROR, Width, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::security::{PrivilegeState, Sid, Token, token};

use crate::block;

abi::choices! {
    /// What can be asked of a token.
    pub(in crate::advapi32) struct TOKEN_INFORMATION_CLASS: i32 {
        TokenUser = 1;
        TokenGroups = 2;
        TokenPrivileges = 3;
        TokenOwner = 4;
        TokenPrimaryGroup = 5;
        TokenType = 8;
        TokenSessionId = 12;
        TokenElevationType = 18;
        TokenElevation = 20;
        TokenIntegrityLevel = 25;
    }
}

abi::guest_struct! {
    /// A privilege and its state.
    struct LUID_AND_ATTRIBUTES { Luid: [u32; 2], Attributes: u32 }
}

/// `SE_PRIVILEGE_ENABLED_BY_DEFAULT`
const BY_DEFAULT: u32 = 0x1;
/// `SE_PRIVILEGE_ENABLED`
const ENABLED: u32 = 0x2;
/// `SE_PRIVILEGE_REMOVED`
const REMOVED: u32 = 0x4;
/// `SE_GROUP_INTEGRITY | SE_GROUP_INTEGRITY_ENABLED`
const INTEGRITY: u32 = 0x60;
/// `TokenPrimary`
const PRIMARY: u32 = 1;
/// `TokenElevationTypeDefault`: there is no second token that is more, or less.
const ELEVATION_TYPE_DEFAULT: u32 = 1;
/// More privileges than there are in a list are not read.
const MOST_PRIVILEGES: u32 = 256;
/// Bytes of a pointer to an identifier and its attributes (`SID_AND_ATTRIBUTES`), and of the number in front of a list of them.
const SID_AND_ATTRIBUTES: usize = 16;
const GROUPS_HEADER: usize = 8;

/// Enables, disables or removes privileges of a token.
#[shim(full)]
pub(in crate::advapi32) fn AdjustTokenPrivileges(
    cx: &Cx,
    TokenHandle: HANDLE,
    DisableAllPrivileges: bool,
    NewState: Ptr<u8>,
    BufferLength: u32,
    PreviousState: Ptr<u8>,
    ReturnLength: Out<u32>,
) -> Win32Result<()> {
    let token = cx.process.handles.get::<Token>(TokenHandle, token::ADJUST_PRIVILEGES)?;
    let wanted = if DisableAllPrivileges {
        token.privileges().iter().map(|state| (state.luid, 0)).collect()
    } else {
        wanted(NewState)?
    };
    let most = 4 + wanted.len() * LUID_AND_ATTRIBUTES::layout(Width::W64).size;
    if !PreviousState.is_null() && (BufferLength as usize) < most {
        ReturnLength.set(most as u32)?;
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    let mut changed = Vec::new();
    let mut lacking = false;
    for (luid, attributes) in wanted {
        let enable = attributes & ENABLED != 0;
        let former = if attributes & REMOVED != 0 { token.remove(luid) } else { token.adjust(luid, enable) };
        match former {
            None => lacking = true,
            Some(former) if former.enabled != enable => changed.push(former),
            Some(_) => {}
        }
    }
    if !PreviousState.is_null() {
        let list = privilege_list(&changed);
        PreviousState.write_bytes(&list)?;
        ReturnLength.set(list.len() as u32)?;
    }
    // Documented: it succeeds, and the last error tells whether all privileges were there.
    cx.thread.set_last_error(match lacking {
        true => WIN32_ERROR::ERROR_NOT_ALL_ASSIGNED,
        false => WIN32_ERROR::ERROR_SUCCESS,
    });
    Ok(())
}

/// The privileges and attributes of a `TOKEN_PRIVILEGES`.
fn wanted(list: Ptr<u8>) -> Win32Result<Vec<(u64, u32)>> {
    let count = list.cast::<u32>().read()?;
    if count > MOST_PRIVILEGES {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let rows = list.byte_offset(4).cast::<LUID_AND_ATTRIBUTES>().read_slice(count as usize)?;
    let luid = |parts: [u32; 2]| u64::from(parts[0]) | (u64::from(parts[1]) << 32);
    Ok(rows.iter().map(|row| (luid(row.Luid), row.Attributes)).collect())
}

/// A `TOKEN_PRIVILEGES`.
fn privilege_list(privileges: &[PrivilegeState]) -> Vec<u8> {
    let mut bytes = (privileges.len() as u32).to_le_bytes().to_vec();
    for state in privileges {
        let by_default = if state.by_default { BY_DEFAULT } else { 0 };
        let enabled = if state.enabled { ENABLED } else { 0 };
        bytes.extend(state.luid.to_le_bytes());
        bytes.extend((by_default | enabled).to_le_bytes());
    }
    bytes
}

/// Makes a security identifier of up to eight parts; `FreeSid` frees it.
#[shim(full)]
pub(in crate::advapi32) fn AllocateAndInitializeSid(
    cx: &Cx,
    pIdentifierAuthority: In<[u8; 6]>,
    nSubAuthorityCount: u8,
    nSubAuthority0: u32,
    nSubAuthority1: u32,
    nSubAuthority2: u32,
    nSubAuthority3: u32,
    nSubAuthority4: u32,
    nSubAuthority5: u32,
    nSubAuthority6: u32,
    nSubAuthority7: u32,
    pSid: Out<Ptr<u8>>,
) -> Win32Result<()> {
    let parts = [
        nSubAuthority0,
        nSubAuthority1,
        nSubAuthority2,
        nSubAuthority3,
        nSubAuthority4,
        nSubAuthority5,
        nSubAuthority6,
        nSubAuthority7,
    ];
    let parts = parts.get(..usize::from(nSubAuthorityCount)).ok_or(WIN32_ERROR::ERROR_INVALID_SID)?;
    let sid = Sid::new(pIdentifierAuthority.read()?, parts).ok_or(WIN32_ERROR::ERROR_INVALID_SID)?;
    Ok(pSid.set(block::of_bytes(cx, &sid.to_bytes())?)?)
}

/// Tells whether the user, or a group the user is in, is `SidToCheck`.
#[shim(full)]
pub(in crate::advapi32) fn CheckTokenMembership(
    cx: &Cx,
    TokenHandle: HANDLE,
    SidToCheck: Ptr<u8>,
    IsMember: Out<u32>,
) -> Win32Result<()> {
    let sid = read(SidToCheck)?.ok_or(WIN32_ERROR::ERROR_INVALID_SID)?;
    let is_member = match TokenHandle {
        HANDLE::NULL => cx.process.token.is_member(&sid),
        handle => cx.process.handles.get::<Token>(handle, token::QUERY)?.is_member(&sid),
    };
    Ok(IsMember.set(u32::from(is_member))?)
}

/// Copies a security identifier.
#[shim(full)]
pub(in crate::advapi32) fn CopySid(
    nDestinationSidLength: u32,
    pDestinationSid: Ptr<u8>,
    pSourceSid: Ptr<u8>,
) -> Win32Result<()> {
    let bytes = read(pSourceSid)?.ok_or(WIN32_ERROR::ERROR_INVALID_SID)?.to_bytes();
    if (nDestinationSidLength as usize) < bytes.len() {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    Ok(pDestinationSid.write_bytes(&bytes)?)
}

/// Tells whether two security identifiers are the same.
#[shim(full)]
pub(in crate::advapi32) fn EqualSid(pSid1: Ptr<u8>, pSid2: Ptr<u8>) -> Win32Result<bool> {
    let both = (read(pSid1)?, read(pSid2)?);
    Ok(matches!(&both, (Some(one), Some(other)) if one == other))
}

/// Frees what `AllocateAndInitializeSid` made.
#[shim(full)]
pub(in crate::advapi32) fn FreeSid(cx: &Cx, pSid: Ptr<u8>) -> Ptr<u8> {
    match block::free(cx, pSid) {
        Ok(()) => Ptr::NULL,
        Err(_) => pSid,
    }
}

/// Gives the length of a security identifier in bytes.
#[shim(full)]
pub(in crate::advapi32) fn GetLengthSid(pSid: Ptr<u8>) -> Win32Result<u32> {
    Ok(Sid::size(pSid.byte_offset(1).read()?) as u32)
}

/// Tells about a token.
#[shim(partial = "user, groups, privileges, owner, primary group, type, session, elevation and integrity")]
pub(in crate::advapi32) fn GetTokenInformation(
    cx: &Cx,
    TokenHandle: HANDLE,
    TokenInformationClass: TOKEN_INFORMATION_CLASS,
    TokenInformation: Ptr<u8>,
    TokenInformationLength: u32,
    ReturnLength: Out<u32>,
) -> Win32Result<()> {
    type Class = TOKEN_INFORMATION_CLASS;
    let token = cx.process.handles.get::<Token>(TokenHandle, token::QUERY)?;
    let at = TokenInformation.address();
    let bytes = match TokenInformationClass {
        Class::TokenUser => sids(at, &[(Sid::user(), 0)], 0),
        Class::TokenIntegrityLevel => sids(at, &[(token.integrity(), INTEGRITY)], 0),
        Class::TokenGroups => {
            let groups: Vec<_> = token.groups().into_iter().map(|group| (group.sid, group.attributes)).collect();
            let mut bytes = sids(at, &groups, GROUPS_HEADER);
            bytes[..4].copy_from_slice(&(groups.len() as u32).to_le_bytes());
            bytes
        }
        Class::TokenPrivileges => privilege_list(&token.privileges()),
        Class::TokenOwner => one_sid(at, &Sid::user()),
        Class::TokenPrimaryGroup => one_sid(at, &Sid::primary_group()),
        Class::TokenType => PRIMARY.to_le_bytes().to_vec(),
        Class::TokenSessionId => 1_u32.to_le_bytes().to_vec(),
        Class::TokenElevationType => ELEVATION_TYPE_DEFAULT.to_le_bytes().to_vec(),
        Class::TokenElevation => u32::from(token.is_elevated()).to_le_bytes().to_vec(),
        _ => return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into()),
    };
    ReturnLength.set(bytes.len() as u32)?;
    if (TokenInformationLength as usize) < bytes.len() {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    Ok(TokenInformation.write_bytes(&bytes)?)
}

/// Rows of `SID_AND_ATTRIBUTES` behind a header, for memory at `at`; the identifiers stand behind them.
fn sids(at: u64, list: &[(Sid, u32)], header: usize) -> Vec<u8> {
    let mut bytes = vec![0; header + list.len() * SID_AND_ATTRIBUTES];
    for (index, (sid, attributes)) in list.iter().enumerate() {
        let row = header + index * SID_AND_ATTRIBUTES;
        let address = at.wrapping_add(bytes.len() as u64);
        bytes[row..row + 8].copy_from_slice(&address.to_le_bytes());
        bytes[row + 8..row + 12].copy_from_slice(&attributes.to_le_bytes());
        bytes.extend(sid.to_bytes());
    }
    bytes
}

/// A pointer to an identifier that stands behind it.
fn one_sid(at: u64, sid: &Sid) -> Vec<u8> {
    let mut bytes = at.wrapping_add(8).to_le_bytes().to_vec();
    bytes.extend(sid.to_bytes());
    bytes
}

/// Tells whether memory holds a security identifier.
#[shim(full)]
pub(in crate::advapi32) fn IsValidSid(pSid: Ptr<u8>) -> bool {
    matches!(read(pSid), Ok(Some(_)))
}

/// The identifier in memory; `None` where it is none.
fn read(sid: Ptr<u8>) -> Win32Result<Option<Sid>> {
    let count = sid.byte_offset(1).read()?;
    Ok(Sid::from_bytes(&sid.read_bytes(Sid::size(count))?))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn the_token_names_the_user() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (token, length, buffer) = (guest.buffer(8), guest.buffer(4), guest.buffer(64));
            guest.call("advapi32!OpenProcessToken", &[u64::MAX, 8, token]);
            let token = guest.read(token);
            guest.call("advapi32!GetTokenInformation", &[token, 1, 0, 0, length]);
            guest.call("advapi32!GetTokenInformation", &[token, 1, buffer, 64, length]);
            let sid: u64 = guest.read(buffer);
            guest.call("advapi32!IsValidSid", &[sid]);
            guest.call("advapi32!GetLengthSid", &[sid]);
            guest.call("advapi32!CheckTokenMembership", &[0, sid, length]);
            // The token was not opened for this.
            guest.call("advapi32!AdjustTokenPrivileges", &[token, 1, 0, 0, 0, 0]);
        });
        assert_snapshot!(trace, @r"
        advapi32!OpenProcessToken(ProcessHandle=0xffffffffffffffff, DesiredAccess=TOKEN_QUERY, TokenHandle=&h1) = TRUE
        advapi32!GetTokenInformation(TokenHandle=h1, TokenInformationClass=TokenUser, TokenInformation=NULL, TokenInformationLength=0, ReturnLength=@2) = FALSE (ERROR_INSUFFICIENT_BUFFER)
        advapi32!GetTokenInformation(TokenHandle=h1, TokenInformationClass=TokenUser, TokenInformation=@3, TokenInformationLength=64, ReturnLength=&44) = TRUE
        advapi32!IsValidSid(pSid=@4) = TRUE
        advapi32!GetLengthSid(pSid=@4) = 28
        advapi32!CheckTokenMembership(TokenHandle=0x0, SidToCheck=@4, IsMember=&1) = TRUE
        advapi32!AdjustTokenPrivileges(TokenHandle=h1, DisableAllPrivileges=TRUE, NewState=NULL, BufferLength=0, PreviousState=NULL, ReturnLength=NULL) = FALSE (ERROR_ACCESS_DENIED)
        ");
    }

    #[test]
    fn a_privilege_that_is_not_held_is_told_in_the_last_error() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let token = guest.buffer(8);
            guest.call("advapi32!OpenProcessToken", &[u64::MAX, 0x28, token]);
            // SeChangeNotifyPrivilege, which all have, and SeTcbPrivilege, which none has.
            let one = |luid: u8| guest.bytes(&[1, 0, 0, 0, luid, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0]);
            guest.call("advapi32!AdjustTokenPrivileges", &[guest.read(token), 0, one(23), 0, 0, 0]);
            guest.call("kernel32!GetLastError", &[]);
            guest.call("advapi32!AdjustTokenPrivileges", &[guest.read(token), 0, one(7), 0, 0, 0]);
            guest.call("kernel32!GetLastError", &[]);
        });
        assert_snapshot!(trace, @r"
        advapi32!OpenProcessToken(ProcessHandle=0xffffffffffffffff, DesiredAccess=TOKEN_QUERY|TOKEN_ADJUST_PRIVILEGES, TokenHandle=&h1) = TRUE
        advapi32!AdjustTokenPrivileges(TokenHandle=h1, DisableAllPrivileges=FALSE, NewState=@2, BufferLength=0, PreviousState=NULL, ReturnLength=NULL) = TRUE
        kernel32!GetLastError() = ERROR_SUCCESS
        advapi32!AdjustTokenPrivileges(TokenHandle=h1, DisableAllPrivileges=FALSE, NewState=@3, BufferLength=0, PreviousState=NULL, ReturnLength=NULL) = TRUE
        kernel32!GetLastError() = ERROR_NOT_ALL_ASSIGNED
        ");
    }

    #[test]
    fn an_identifier_is_made_copied_and_freed() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (sid, copy) = (guest.buffer(8), guest.buffer(16));
            let authority = guest.bytes(&[0, 0, 0, 0, 0, 5]);
            guest.call("advapi32!AllocateAndInitializeSid", &[authority, 2, 32, 544, 0, 0, 0, 0, 0, 0, sid]);
            let sid = guest.read(sid);
            guest.call("advapi32!CopySid", &[15, copy, sid]);
            guest.call("advapi32!CopySid", &[16, copy, sid]);
            guest.call("advapi32!EqualSid", &[copy, sid]);
            guest.call("advapi32!FreeSid", &[sid]);
            guest.call("advapi32!AllocateAndInitializeSid", &[authority, 9, 0, 0, 0, 0, 0, 0, 0, 0, sid]);
        });
        assert_snapshot!(trace, @r"
        advapi32!AllocateAndInitializeSid(pIdentifierAuthority=&[0, 0, 0, 0, 0, 5], nSubAuthorityCount=2, nSubAuthority0=32, nSubAuthority1=544, nSubAuthority2=0, nSubAuthority3=0, nSubAuthority4=0, nSubAuthority5=0, nSubAuthority6=0, nSubAuthority7=0, pSid=&@2) = TRUE
        advapi32!CopySid(nDestinationSidLength=15, pDestinationSid=@3, pSourceSid=@2) = FALSE (ERROR_INSUFFICIENT_BUFFER)
        advapi32!CopySid(nDestinationSidLength=16, pDestinationSid=@3, pSourceSid=@2) = TRUE
        advapi32!EqualSid(pSid1=@3, pSid2=@2) = TRUE
        advapi32!FreeSid(pSid=@2) = NULL
        advapi32!AllocateAndInitializeSid(pIdentifierAuthority=&[0, 0, 0, 0, 0, 5], nSubAuthorityCount=9, nSubAuthority0=0, nSubAuthority1=0, nSubAuthority2=0, nSubAuthority3=0, nSubAuthority4=0, nSubAuthority5=0, nSubAuthority6=0, nSubAuthority7=0, pSid=@2) = FALSE (ERROR_INVALID_SID)
        ");
    }
}
