//! Volumes: root, name, serial number, abilities.

use abi::{HANDLE, Out, PCSTR, PCWSTR, PSTR, PWSTR, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{File, VolumeInformation};
use syscall_xlate::path::dos;

use super::transfer::with_file;
use crate::text;

/// Gives the root of the volume that a path is on.
#[shim(full)]
pub(in crate::kernel32) fn GetVolumePathNameW(
    cx: &Cx,
    lpszFileName: PCWSTR,
    lpszVolumePathName: PWSTR,
    cchBufferLength: u32,
) -> Win32Result<()> {
    let path = lpszFileName.read()?;
    let full = cx.process.files.drives.full_path(&path).ok_or(WIN32_ERROR::ERROR_INVALID_NAME)?;
    let letter = dos::drive(&full).ok_or(WIN32_ERROR::ERROR_INVALID_NAME)?;
    let root = [u16::from(letter), u16::from(b':'), u16::from(b'\\')];
    if cchBufferLength as usize <= root.len() {
        return Err(WIN32_ERROR::ERROR_FILENAME_EXCED_RANGE.into());
    }
    Ok(lpszVolumePathName.write_z(&root)?)
}

/// Gives a volume's name, serial number and abilities.
#[shim(full)]
pub(in crate::kernel32) fn GetVolumeInformationA(
    cx: &Cx,
    lpRootPathName: PCSTR,
    lpVolumeNameBuffer: PSTR,
    nVolumeNameSize: u32,
    lpVolumeSerialNumber: Out<Varying<u32>>,
    lpMaximumComponentLength: Out<u32>,
    lpFileSystemFlags: Out<u32>,
    lpFileSystemNameBuffer: PSTR,
    nFileSystemNameSize: u32,
) -> Win32Result<()> {
    let root = lpRootPathName.opt().map(PCSTR::read).transpose()?.map(|root| text::to_wide(cx, &root));
    let known = volume(cx, root)?;
    let numbers = (lpVolumeSerialNumber, lpMaximumComponentLength, lpFileSystemFlags);
    give_numbers(&known, numbers)?;
    for (buffer, size, name) in [
        (lpVolumeNameBuffer, nVolumeNameSize, text::to_ansi(cx, &known.label)),
        (lpFileSystemNameBuffer, nFileSystemNameSize, known.file_system.as_bytes().to_vec()),
    ] {
        if let Some(buffer) = buffer.opt() {
            check_size(name.len(), size)?;
            buffer.write_z(&name)?;
        }
    }
    Ok(())
}

/// Gives a volume's name, serial number and abilities.
#[shim(full)]
pub(in crate::kernel32) fn GetVolumeInformationW(
    cx: &Cx,
    lpRootPathName: PCWSTR,
    lpVolumeNameBuffer: PWSTR,
    nVolumeNameSize: u32,
    lpVolumeSerialNumber: Out<Varying<u32>>,
    lpMaximumComponentLength: Out<u32>,
    lpFileSystemFlags: Out<u32>,
    lpFileSystemNameBuffer: PWSTR,
    nFileSystemNameSize: u32,
) -> Win32Result<()> {
    let known = volume(cx, lpRootPathName.opt().map(PCWSTR::read).transpose()?)?;
    give_numbers(&known, (lpVolumeSerialNumber, lpMaximumComponentLength, lpFileSystemFlags))?;
    give_names(&known, (lpVolumeNameBuffer, nVolumeNameSize), (lpFileSystemNameBuffer, nFileSystemNameSize))
}

/// Gives the name, serial number and abilities of the volume that an open file is on.
#[shim(full)]
pub(in crate::kernel32) fn GetVolumeInformationByHandleW(
    cx: &Cx,
    hFile: HANDLE,
    lpVolumeNameBuffer: PWSTR,
    nVolumeNameSize: u32,
    lpVolumeSerialNumber: Out<Varying<u32>>,
    lpMaximumComponentLength: Out<u32>,
    lpFileSystemFlags: Out<u32>,
    lpFileSystemNameBuffer: PWSTR,
    nFileSystemNameSize: u32,
) -> Win32Result<()> {
    let known = with_file(cx, hFile, File::volume)?;
    give_numbers(&known, (lpVolumeSerialNumber, lpMaximumComponentLength, lpFileSystemFlags))?;
    give_names(&known, (lpVolumeNameBuffer, nVolumeNameSize), (lpFileSystemNameBuffer, nFileSystemNameSize))
}

/// Tells where a drive or device leads in the namespace of objects, or for NULL the names of all of them.
#[shim(full)]
pub(in crate::kernel32) fn QueryDosDeviceA(
    cx: &Cx,
    lpDeviceName: PCSTR,
    lpTargetPath: PSTR,
    ucchMax: u32,
) -> Win32Result<u32> {
    let name = lpDeviceName.opt().map(PCSTR::read).transpose()?.map(|name| text::to_wide(cx, &name));
    let found = text::to_ansi(cx, &dos_device(cx, name.as_deref())?);
    if found.len() > ucchMax as usize {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    lpTargetPath.ptr().write_slice(&found)?;
    Ok(found.len() as u32)
}

/// Tells where a drive or device leads in the namespace of objects, or for NULL the names of all of them.
#[shim(full)]
pub(in crate::kernel32) fn QueryDosDeviceW(
    cx: &Cx,
    lpDeviceName: PCWSTR,
    lpTargetPath: PWSTR,
    ucchMax: u32,
) -> Win32Result<u32> {
    let name = lpDeviceName.opt().map(PCWSTR::read).transpose()?;
    let found = dos_device(cx, name.as_deref())?;
    if found.len() > ucchMax as usize {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    lpTargetPath.ptr().write_slice(&found)?;
    Ok(found.len() as u32)
}

/// Texts with a closing zero each, and one more behind the last.
fn dos_device(cx: &Cx, name: Option<&[u16]>) -> Win32Result<Vec<u16>> {
    let texts = cx.process.names.dos_devices(name)?;
    Ok(texts.into_iter().flat_map(|text| text.into_iter().chain([0])).chain([0]).collect())
}

/// Writes the label and the file system's name into buffers of so many characters; NULL for what is not wanted.
fn give_names(known: &VolumeInformation, label: (PWSTR, u32), file_system: (PWSTR, u32)) -> Win32Result<()> {
    for ((buffer, size), name) in [(label, known.label.clone()), (file_system, text::wide(known.file_system))] {
        if let Some(buffer) = buffer.opt() {
            check_size(name.len(), size)?;
            buffer.write_z(&name)?;
        }
    }
    Ok(())
}

fn volume(cx: &Cx, root: Option<Vec<u16>>) -> Win32Result<VolumeInformation> {
    let files = &cx.process.files;
    let root = root.or_else(|| files.drives.full_path(&text::wide(r"\"))).unwrap_or_default();
    if root.last() != Some(&u16::from(b'\\')) {
        return Err(WIN32_ERROR::ERROR_INVALID_NAME.into());
    }
    Ok(files.volume(&files.drives.nt_path(&root)?)?)
}

fn give_numbers(known: &VolumeInformation, to: (Out<Varying<u32>>, Out<u32>, Out<u32>)) -> Win32Result<()> {
    to.0.set_opt(Varying(known.serial))?;
    to.1.set_opt(known.longest_name)?;
    Ok(to.2.set_opt(known.flags)?)
}

fn check_size(len: usize, size: u32) -> Win32Result<()> {
    if len < size as usize { Ok(()) } else { Err(WIN32_ERROR::ERROR_BAD_LENGTH.into()) }
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn an_open_file_tells_of_its_volume() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let open = [guest.wide(r"Z:\"), 0, 7, 0, 3, 0x200_0000, 0];
            let folder = guest.call("kernel32!CreateFileW", &open);
            let ask = |handle: u64, size: u64| {
                guest.call("kernel32!GetVolumeInformationByHandleW", &[handle, 0, 0, 0, 0, 0, guest.buffer(16), size]);
            };
            ask(folder, 8);
            ask(folder, 4);
            ask(0x40, 8);
            let (read, write) = (guest.buffer(8), guest.buffer(8));
            guest.call("kernel32!CreatePipe", &[read, write, 0, 0]);
            ask(abi::fault::load_u64(read).unwrap(), 8);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!CreateFileW(lpFileName="Z:\\", dwDesiredAccess=0, dwShareMode=FILE_SHARE_READ|FILE_SHARE_WRITE|FILE_SHARE_DELETE, lpSecurityAttributes=NULL, dwCreationDisposition=OPEN_EXISTING, dwFlagsAndAttributes=FILE_FLAG_BACKUP_SEMANTICS, hTemplateFile=0x0) = h1
        kernel32!GetVolumeInformationByHandleW(hFile=h1, lpVolumeNameBuffer=NULL, nVolumeNameSize=0, lpVolumeSerialNumber=NULL, lpMaximumComponentLength=NULL, lpFileSystemFlags=NULL, lpFileSystemNameBuffer="NTFS", nFileSystemNameSize=8) = TRUE
        kernel32!GetVolumeInformationByHandleW(hFile=h1, lpVolumeNameBuffer=NULL, nVolumeNameSize=0, lpVolumeSerialNumber=NULL, lpMaximumComponentLength=NULL, lpFileSystemFlags=NULL, lpFileSystemNameBuffer=@2, nFileSystemNameSize=4) = FALSE (ERROR_BAD_LENGTH)
        kernel32!GetVolumeInformationByHandleW(hFile=h2, lpVolumeNameBuffer=NULL, nVolumeNameSize=0, lpVolumeSerialNumber=NULL, lpMaximumComponentLength=NULL, lpFileSystemFlags=NULL, lpFileSystemNameBuffer=@3, nFileSystemNameSize=8) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!CreatePipe(hReadPipe=&h3, hWritePipe=&h4, lpPipeAttributes=NULL, nSize=0) = TRUE
        kernel32!GetVolumeInformationByHandleW(hFile=h3, lpVolumeNameBuffer=NULL, nVolumeNameSize=0, lpVolumeSerialNumber=NULL, lpMaximumComponentLength=NULL, lpFileSystemFlags=NULL, lpFileSystemNameBuffer=@6, nFileSystemNameSize=8) = FALSE (ERROR_INVALID_FUNCTION)
        "#);
    }

    #[test]
    fn a_drive_leads_to_a_device() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (drive, to) = (guest.wide("C:"), guest.buffer(256));
            guest.call("kernel32!QueryDosDeviceW", &[drive, to, 25]);
            guest.call("kernel32!QueryDosDeviceW", &[drive, to, 24]);
            guest.call("kernel32!QueryDosDeviceW", &[guest.wide("Q:"), to, 128]);
            guest.call("kernel32!QueryDosDeviceA", &[0, to, 256]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!QueryDosDeviceW(lpDeviceName="C:", lpTargetPath="\\Device\\HarddiskVolume1", ucchMax=25) = 25
        kernel32!QueryDosDeviceW(lpDeviceName="C:", lpTargetPath=@1, ucchMax=24) = 0 (ERROR_INSUFFICIENT_BUFFER)
        kernel32!QueryDosDeviceW(lpDeviceName="Q:", lpTargetPath=@1, ucchMax=128) = 0 (ERROR_FILE_NOT_FOUND)
        kernel32!QueryDosDeviceA(lpDeviceName=NULL, lpTargetPath="C:", ucchMax=256) = 53
        "#);
    }
}
