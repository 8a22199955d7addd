//! winbase.h: names of users and privileges.

use abi::{InOut, Out, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::security::Privilege;
use syscall_xlate::{Cx, system_info};

use crate::text::{self, TextIn};

/// Gives the user's name; the size passed out counts its closing zero.
#[shim(full)]
pub(super) fn GetUserNameA(cx: &Cx, lpBuffer: PSTR, pcbBuffer: InOut<u32>) -> Win32Result<()> {
    give(&text::to_ansi(cx, &system_info::user_name()), lpBuffer.ptr(), pcbBuffer)
}

/// Gives the user's name; the size passed out counts its closing zero.
#[shim(full)]
pub(super) fn GetUserNameW(lpBuffer: PWSTR, pcbBuffer: InOut<u32>) -> Win32Result<()> {
    give(&system_info::user_name(), lpBuffer.ptr(), pcbBuffer)
}

fn give<T: abi::Guest + Clone + Default>(name: &[T], buffer: Ptr<T>, size: InOut<u32>) -> Win32Result<()> {
    text::give_sized(name, buffer, size, WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER)?;
    Ok(size.set(name.len() as u32 + 1)?)
}

/// Gives the identifier of a privilege.
#[shim(full)]
pub(super) fn LookupPrivilegeValueA(cx: &Cx, lpSystemName: PCSTR, lpName: PCSTR, lpLuid: Out<u64>) -> Win32Result<()> {
    lookup(cx, lpSystemName, lpName, lpLuid)
}

/// Gives the identifier of a privilege.
#[shim(full)]
pub(super) fn LookupPrivilegeValueW(
    cx: &Cx,
    lpSystemName: PCWSTR,
    lpName: PCWSTR,
    lpLuid: Out<u64>,
) -> Win32Result<()> {
    lookup(cx, lpSystemName, lpName, lpLuid)
}

fn lookup<T: TextIn>(cx: &Cx, system: T, name: T, luid: Out<u64>) -> Win32Result<()> {
    // Privileges have the same identifiers on every system.
    let _ = system;
    let name = String::from_utf16_lossy(&name.wide(cx)?);
    Ok(luid.set(Privilege::named(&name).ok_or(WIN32_ERROR::ERROR_NO_SUCH_PRIVILEGE)?.luid)?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_privilege_is_found_by_name() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let luid = guest.buffer(8);
            guest.call("advapi32!LookupPrivilegeValueW", &[0, guest.wide("SeRestorePrivilege"), luid]);
            guest.call("advapi32!LookupPrivilegeValueA", &[0, guest.ansi("SeNone"), luid]);
        });
        assert_snapshot!(trace, @r#"
        advapi32!LookupPrivilegeValueW(lpSystemName=NULL, lpName="SeRestorePrivilege", lpLuid=&18) = TRUE
        advapi32!LookupPrivilegeValueA(lpSystemName=NULL, lpName="SeNone", lpLuid=@1) = FALSE (ERROR_NO_SUCH_PRIVILEGE)
        "#);
    }
}
