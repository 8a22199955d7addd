//! Who may do what with a file.

use abi::{Out, PCWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::security::Sid;

abi::flags! {
    /// A part of a security descriptor.
    pub(in crate::advapi32) struct OBJECT_SECURITY_INFORMATION: u32 {
        OWNER_SECURITY_INFORMATION = 0x1;
        GROUP_SECURITY_INFORMATION = 0x2;
        DACL_SECURITY_INFORMATION = 0x4;
        SACL_SECURITY_INFORMATION = 0x8;
        LABEL_SECURITY_INFORMATION = 0x10;
    }
}

/// `SE_DACL_PRESENT`
const DACL_PRESENT: u16 = 0x4;
/// `SE_SELF_RELATIVE`: offsets instead of pointers.
const SELF_RELATIVE: u16 = 0x8000;
/// Bytes of a security descriptor before what its offsets lead to.
const HEADER: usize = 20;

/// Gives who owns a file and who may do what with it.
#[shim(partial = "the owner is the user and everybody may do everything, whatever the host says")]
pub(in crate::advapi32) fn GetFileSecurityW(
    cx: &Cx,
    lpFileName: PCWSTR,
    RequestedInformation: OBJECT_SECURITY_INFORMATION,
    pSecurityDescriptor: Ptr<u8>,
    nLength: u32,
    lpnLengthNeeded: Out<u32>,
) -> Win32Result<()> {
    use OBJECT_SECURITY_INFORMATION as Part;
    let files = &cx.process.files;
    files.query(&files.drives.nt_path(&lpFileName.read()?)?)?;
    if RequestedInformation.contains(Part::SACL_SECURITY_INFORMATION) {
        // Needs a privilege that is never enabled.
        return Err(WIN32_ERROR::ERROR_PRIVILEGE_NOT_HELD.into());
    }
    let mut control = SELF_RELATIVE;
    if RequestedInformation.contains(Part::DACL_SECURITY_INFORMATION) {
        // Present and at no offset: no list, so that all is allowed.
        control |= DACL_PRESENT;
    }
    let mut offsets = [0_u32; 4];
    let mut parts = Vec::new();
    for (offset, part, sid) in [
        (0, Part::OWNER_SECURITY_INFORMATION, Sid::user()),
        (1, Part::GROUP_SECURITY_INFORMATION, Sid::primary_group()),
    ] {
        if RequestedInformation.contains(part) {
            offsets[offset] = (HEADER + parts.len()) as u32;
            parts.extend(sid.to_bytes());
        }
    }
    let [low, high] = control.to_le_bytes();
    let header = [[1, 0, low, high]].into_iter().chain(offsets.map(u32::to_le_bytes));
    let descriptor: Vec<u8> = header.flatten().chain(parts).collect();
    lpnLengthNeeded.set(descriptor.len() as u32)?;
    if descriptor.len() > nLength as usize {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    Ok(pSecurityDescriptor.write_bytes(&descriptor)?)
}

/// Sets who owns a file and who may do what with it.
#[shim(partial = "the host's permissions stay as they are: it fails")]
pub(in crate::advapi32) fn SetFileSecurityW(
    cx: &Cx,
    lpFileName: PCWSTR,
    SecurityInformation: OBJECT_SECURITY_INFORMATION,
    pSecurityDescriptor: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (SecurityInformation, pSecurityDescriptor);
    let files = &cx.process.files;
    files.query(&files.drives.nt_path(&lpFileName.read()?)?)?;
    Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into())
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn a_security_descriptor_needs_room() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let root = guest.wide(r"Z:\");
            guest.call("advapi32!GetFileSecurityW", &[root, 4, 0, 0, guest.buffer(4)]);
            guest.call("advapi32!GetFileSecurityW", &[root, 4, guest.buffer(32), 32, guest.buffer(4)]);
            guest.call("advapi32!GetFileSecurityW", &[guest.wide(r"Z:\missing"), 4, 0, 0, guest.buffer(4)]);
            guest.call("advapi32!SetFileSecurityW", &[root, 4, guest.buffer(32)]);
        });
        insta::assert_snapshot!(trace, @r#"
        advapi32!GetFileSecurityW(lpFileName="Z:\\", RequestedInformation=DACL_SECURITY_INFORMATION, pSecurityDescriptor=NULL, nLength=0, lpnLengthNeeded=@1) = FALSE (ERROR_INSUFFICIENT_BUFFER)
        advapi32!GetFileSecurityW(lpFileName="Z:\\", RequestedInformation=DACL_SECURITY_INFORMATION, pSecurityDescriptor=@2, nLength=32, lpnLengthNeeded=&20) = TRUE
        advapi32!GetFileSecurityW(lpFileName="Z:\\missing", RequestedInformation=DACL_SECURITY_INFORMATION, pSecurityDescriptor=NULL, nLength=0, lpnLengthNeeded=@4) = FALSE (ERROR_FILE_NOT_FOUND)
        advapi32!SetFileSecurityW(lpFileName="Z:\\", SecurityInformation=DACL_SECURITY_INFORMATION, pSecurityDescriptor=@5) = FALSE (ERROR_NOT_SUPPORTED)
        "#);
    }
}
