//! Paths and volumes.

use abi::{Out, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::path::dos;

use crate::text;

/// Gives a volume's cluster size and space, in clusters.
#[shim(full)]
pub(in crate::kernel32) fn GetDiskFreeSpaceW(
    cx: &Cx,
    lpRootPathName: PCWSTR,
    lpSectorsPerCluster: Out<u32>,
    lpBytesPerSector: Out<u32>,
    lpNumberOfFreeClusters: Out<Varying<u32>>,
    lpTotalNumberOfClusters: Out<Varying<u32>>,
) -> Win32Result<()> {
    let files = &cx.process.files;
    let root = lpRootPathName.opt().map(PCWSTR::read).transpose()?;
    let space = files.space(&files.drives.nt_path(&root.unwrap_or_else(|| files.drives.current_directory()))?)?;
    let cluster = u64::from(space.sector) * u64::from(space.sectors_per_cluster);
    // What does not fit is documented to be too small rather than wrapped.
    let clusters = |bytes: u64| Varying(u32::try_from(bytes / cluster.max(1)).unwrap_or(u32::MAX));
    lpSectorsPerCluster.set_opt(space.sectors_per_cluster)?;
    lpBytesPerSector.set_opt(space.sector)?;
    lpNumberOfFreeClusters.set_opt(clusters(space.available))?;
    Ok(lpTotalNumberOfClusters.set_opt(clusters(space.total))?)
}

/// Gives a volume's space, in bytes.
#[shim(full)]
pub(in crate::kernel32) fn GetDiskFreeSpaceExW(
    cx: &Cx,
    lpDirectoryName: PCWSTR,
    lpFreeBytesAvailableToCaller: Out<Varying<u64>>,
    lpTotalNumberOfBytes: Out<Varying<u64>>,
    lpTotalNumberOfFreeBytes: Out<Varying<u64>>,
) -> Win32Result<()> {
    let files = &cx.process.files;
    let folder = lpDirectoryName.opt().map(PCWSTR::read).transpose()?;
    let space = files.space(&files.drives.nt_path(&folder.unwrap_or_else(|| files.drives.current_directory()))?)?;
    lpFreeBytesAvailableToCaller.set_opt(Varying(space.available))?;
    lpTotalNumberOfBytes.set_opt(Varying(space.total))?;
    Ok(lpTotalNumberOfFreeBytes.set_opt(Varying(space.free))?)
}

abi::choices! {
    /// The kind of a drive.
    pub(in crate::kernel32) struct DRIVE_TYPE: u32 {
        DRIVE_UNKNOWN = 0;
        DRIVE_NO_ROOT_DIR = 1;
        DRIVE_REMOVABLE = 2;
        DRIVE_FIXED = 3;
        DRIVE_REMOTE = 4;
        DRIVE_CDROM = 5;
        DRIVE_RAMDISK = 6;
    }
}

/// Says of which kind a drive is.
#[shim(full)]
pub(in crate::kernel32) fn GetDriveTypeA(cx: &Cx, lpRootPathName: PCSTR) -> Win32Result<DRIVE_TYPE> {
    let root = lpRootPathName.opt().map(PCSTR::read).transpose()?.map(|root| text::to_wide(cx, &root));
    Ok(drive_type(cx, root))
}

/// Says of which kind a drive is.
#[shim(full)]
pub(in crate::kernel32) fn GetDriveTypeW(cx: &Cx, lpRootPathName: PCWSTR) -> Win32Result<DRIVE_TYPE> {
    Ok(drive_type(cx, lpRootPathName.opt().map(PCWSTR::read).transpose()?))
}

fn drive_type(cx: &Cx, root: Option<Vec<u16>>) -> DRIVE_TYPE {
    let files = &cx.process.files;
    let root = root.or_else(|| files.drives.full_path(&[u16::from(b'\\')])).unwrap_or_default();
    match root[..] {
        [letter, colon, ..] if colon == u16::from(b':') => {
            let letter = u8::try_from(letter).unwrap_or_default().to_ascii_uppercase();
            DRIVE_TYPE(files.drive_type(letter) as u32)
        }
        _ => DRIVE_TYPE::DRIVE_NO_ROOT_DIR,
    }
}

/// Gives a path in full, with or without a file at its end.
#[shim(full)]
pub(in crate::kernel32) fn GetFullPathNameA(
    cx: &Cx,
    lpFileName: PCSTR,
    nBufferLength: u32,
    lpBuffer: PSTR,
    lpFilePart: Out<Ptr<u8>>,
) -> Win32Result<u32> {
    let wide = full_path(cx, &text::to_wide(cx, &lpFileName.read()?))?;
    let part = dos::file_part(&wide).map(|at| text::to_ansi(cx, &wide[..at]).len());
    let full = text::to_ansi(cx, &wide);
    let written = text::give_ansi(&full, lpBuffer, nBufferLength)?;
    set_part(lpFilePart, lpBuffer.ptr(), part, written as usize == full.len())?;
    Ok(written)
}

/// Gives a path in full, with or without a file at its end.
#[shim(full)]
pub(in crate::kernel32) fn GetFullPathNameW(
    cx: &Cx,
    lpFileName: PCWSTR,
    nBufferLength: u32,
    lpBuffer: PWSTR,
    lpFilePart: Out<Ptr<u16>>,
) -> Win32Result<u32> {
    let full = full_path(cx, &lpFileName.read()?)?;
    let part = dos::file_part(&full);
    let written = text::give_wide(&full, lpBuffer, nBufferLength)?;
    set_part(lpFilePart, lpBuffer.ptr(), part, written as usize == full.len())?;
    Ok(written)
}

fn full_path(cx: &Cx, path: &[u16]) -> Win32Result<Vec<u16>> {
    Ok(cx.process.files.drives.full_path(path).ok_or(WIN32_ERROR::ERROR_INVALID_NAME)?)
}

fn set_part<T: abi::Guest>(result: Out<Ptr<T>>, buffer: Ptr<T>, part: Option<usize>, fits: bool) -> Win32Result<()> {
    if fits {
        result.set_opt(part.map_or(Ptr::NULL, |at| buffer.offset(at)))?;
    }
    Ok(())
}

/// Gives a bit for each drive: bit 0 is `A:`.
#[shim(full)]
pub(in crate::kernel32) fn GetLogicalDrives(cx: &Cx) -> u32 {
    cx.process.files.drives.letters().iter().fold(0, |bits, letter| bits | 1 << (letter - b'A'))
}

/// Gives the roots of all drives, each closed by a zero, and another zero.
#[shim(full)]
pub(in crate::kernel32) fn GetLogicalDriveStringsW(cx: &Cx, nBufferLength: u32, lpBuffer: PWSTR) -> Win32Result<u32> {
    let root = |&letter: &u8| [letter, b':', b'\\', 0].map(u16::from);
    let mut all = cx.process.files.drives.letters().iter().flat_map(root).collect::<Vec<_>>();
    // The closing zero is written with the text; the last string's own is part of it.
    text::give_wide(&std::mem::take(&mut all), lpBuffer, nBufferLength)
}

/// Gives the folder for temporary files, with a separator at its end.
#[shim(full)]
pub(in crate::kernel32) fn GetTempPathA(cx: &Cx, nBufferLength: u32, lpBuffer: PSTR) -> Win32Result<u32> {
    text::give_ansi(&text::to_ansi(cx, &temp_path(cx)?), lpBuffer, nBufferLength)
}

/// Gives the folder for temporary files, with a separator at its end.
#[shim(full)]
pub(in crate::kernel32) fn GetTempPathW(cx: &Cx, nBufferLength: u32, lpBuffer: PWSTR) -> Win32Result<u32> {
    text::give_wide(&temp_path(cx)?, lpBuffer, nBufferLength)
}

/// Documented: the first of `TMP`, `TEMP`, `USERPROFILE` that is set, else the Windows folder.
fn temp_path(cx: &Cx) -> Win32Result<Vec<u16>> {
    let variable = |name: &str| cx.process.environment.get(&text::wide(name));
    let folder = ["TMP", "TEMP", "USERPROFILE"].into_iter().find_map(variable);
    let mut path = full_path(cx, &folder.unwrap_or_else(|| text::wide("C:\\Windows")))?;
    if path.last() != Some(&u16::from(b'\\')) {
        path.push(u16::from(b'\\'));
    }
    Ok(path)
}
