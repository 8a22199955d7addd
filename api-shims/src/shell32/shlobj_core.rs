//! shlobj_core.h: well-known folders.

use abi::{HANDLE, HRESULT, HResult, In, Out, PSTR, PWSTR, Ptr, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::folders::Folder;

use crate::block;
use crate::guid::GUID;
use crate::text::TextOut;

abi::choices! {
    /// A folder, by number (`CSIDL_*`).
    pub(super) struct CSIDL: i32 {
        CSIDL_DESKTOP = 0x00;
        CSIDL_PROGRAMS = 0x02;
        CSIDL_PERSONAL = 0x05;
        CSIDL_FAVORITES = 0x06;
        CSIDL_STARTUP = 0x07;
        CSIDL_STARTMENU = 0x0b;
        CSIDL_MYMUSIC = 0x0d;
        CSIDL_MYVIDEO = 0x0e;
        CSIDL_DESKTOPDIRECTORY = 0x10;
        CSIDL_FONTS = 0x14;
        CSIDL_APPDATA = 0x1a;
        CSIDL_LOCAL_APPDATA = 0x1c;
        CSIDL_COMMON_APPDATA = 0x23;
        CSIDL_WINDOWS = 0x24;
        CSIDL_SYSTEM = 0x25;
        CSIDL_PROGRAM_FILES = 0x26;
        CSIDL_MYPICTURES = 0x27;
        CSIDL_PROFILE = 0x28;
        CSIDL_SYSTEMX86 = 0x29;
        CSIDL_PROGRAM_FILESX86 = 0x2a;
        CSIDL_PROGRAM_FILES_COMMON = 0x2b;
        CSIDL_PROGRAM_FILES_COMMONX86 = 0x2c;
        CSIDL_COMMON_DOCUMENTS = 0x2e;
    }
}

abi::flags! {
    /// How a known folder is looked up.
    pub(super) struct KNOWN_FOLDER_FLAG: u32 {
        KF_FLAG_CREATE = 0x8000;
        KF_FLAG_DONT_VERIFY = 0x4000;
        KF_FLAG_DONT_UNEXPAND = 0x2000;
        KF_FLAG_NO_ALIAS = 0x1000;
        KF_FLAG_INIT = 0x800;
        KF_FLAG_DEFAULT_PATH = 0x400;
        KF_FLAG_NOT_PARENT_RELATIVE = 0x200;
        KF_FLAG_SIMPLE_IDLIST = 0x100;
    }
}

/// `CSIDL_FLAG_CREATE`: make the folder where it is not there.
const CREATE: i32 = 0x8000;
/// Bits of a `CSIDL` beside the folder's number (`CSIDL_FLAG_MASK`).
const FLAGS: i32 = 0xff00;

/// One row for each folder: its identifier (`FOLDERID_*` of knownfolders.h), its number if it has one, its place.
type Row = (&'static str, Option<CSIDL>, Folder);

const fn at(variable: &'static str, below: &'static str) -> Folder {
    Folder { variable, below }
}

const PROFILE: &str = "USERPROFILE";
const ROAMING: &str = "APPDATA";
const LOCAL: &str = "LOCALAPPDATA";
const WINDOWS: &str = "SystemRoot";
const START_MENU: &str = r"Microsoft\Windows\Start Menu";

static FOLDERS: &[Row] = &[
    ("b4bfcc3a-db2c-424c-b029-7fe99a87c641", Some(CSIDL::CSIDL_DESKTOP), at(PROFILE, "Desktop")),
    ("b4bfcc3a-db2c-424c-b029-7fe99a87c641", Some(CSIDL::CSIDL_DESKTOPDIRECTORY), at(PROFILE, "Desktop")),
    ("fdd39ad0-238f-46af-adb4-6c85480369c7", Some(CSIDL::CSIDL_PERSONAL), at(PROFILE, "Documents")),
    ("374de290-123f-4565-9164-39c4925e467b", None, at(PROFILE, "Downloads")),
    ("1777f761-68ad-4d8a-87bd-30b759fa33dd", Some(CSIDL::CSIDL_FAVORITES), at(PROFILE, "Favorites")),
    ("4bd8d571-6d19-48d3-be97-422220080e43", Some(CSIDL::CSIDL_MYMUSIC), at(PROFILE, "Music")),
    ("33e28130-4e1e-4676-835a-98395c3bc3bb", Some(CSIDL::CSIDL_MYPICTURES), at(PROFILE, "Pictures")),
    ("18989b1d-99b5-455b-841c-ab7c74e4ddfc", Some(CSIDL::CSIDL_MYVIDEO), at(PROFILE, "Videos")),
    ("5e6c858f-0e22-4760-9afe-ea3317b67173", Some(CSIDL::CSIDL_PROFILE), at(PROFILE, "")),
    ("3eb685db-65f9-4cf6-a03a-e3ef65729f3d", Some(CSIDL::CSIDL_APPDATA), at(ROAMING, "")),
    ("625b53c3-ab48-4ec1-ba1f-a1ef4146fc19", Some(CSIDL::CSIDL_STARTMENU), at(ROAMING, START_MENU)),
    (
        "a77f5d77-2e2b-44c3-a6a2-aba601054a51",
        Some(CSIDL::CSIDL_PROGRAMS),
        at(ROAMING, r"Microsoft\Windows\Start Menu\Programs"),
    ),
    (
        "b97d20bb-f46a-4c97-ba10-5e3608430854",
        Some(CSIDL::CSIDL_STARTUP),
        at(ROAMING, r"Microsoft\Windows\Start Menu\Programs\Startup"),
    ),
    ("f1b32785-6fba-4fcf-9d55-7b8e7f157091", Some(CSIDL::CSIDL_LOCAL_APPDATA), at(LOCAL, "")),
    ("a520a1a4-1780-4ff6-bd18-167343c5af16", None, at(PROFILE, r"AppData\LocalLow")),
    ("62ab5d82-fdc1-4dc3-a9dd-070d1d495d97", Some(CSIDL::CSIDL_COMMON_APPDATA), at("ProgramData", "")),
    ("f38bf404-1d43-42f2-9305-67de0b28fc23", Some(CSIDL::CSIDL_WINDOWS), at(WINDOWS, "")),
    ("1ac14e77-02e7-4e5d-b744-2eb1ae5198b7", Some(CSIDL::CSIDL_SYSTEM), at(WINDOWS, "System32")),
    ("d65231b0-b2f1-4857-a4ce-a8e7c6ea7d27", Some(CSIDL::CSIDL_SYSTEMX86), at(WINDOWS, "SysWOW64")),
    ("fd228cb7-ae11-4ae3-864c-16f3910ab8fe", Some(CSIDL::CSIDL_FONTS), at(WINDOWS, "Fonts")),
    ("905e63b6-c1bf-494e-b29c-65b732d3d21a", Some(CSIDL::CSIDL_PROGRAM_FILES), at("ProgramFiles", "")),
    ("6d809377-6af0-444b-8957-a3773f02200e", None, at("ProgramW6432", "")),
    ("7c5a40ef-a0fb-4bfc-874a-c0f2e0b9fa8e", Some(CSIDL::CSIDL_PROGRAM_FILESX86), at("ProgramFiles(x86)", "")),
    ("f7f1ed05-9f6d-47a2-aaae-29d317c6f066", Some(CSIDL::CSIDL_PROGRAM_FILES_COMMON), at("CommonProgramFiles", "")),
    ("6365d5a7-0f0d-45e5-87f6-0da56b6a4f7d", None, at("CommonProgramW6432", "")),
    (
        "de974d24-d9c6-4d3e-bf91-f4455120b917",
        Some(CSIDL::CSIDL_PROGRAM_FILES_COMMONX86),
        at("CommonProgramFiles(x86)", ""),
    ),
    ("dfdf76a2-c82a-4d63-906a-5644ac457385", None, at("PUBLIC", "")),
    ("ed4824af-dce4-45a8-81e2-fc7965083634", Some(CSIDL::CSIDL_COMMON_DOCUMENTS), at("PUBLIC", "Documents")),
];

/// `HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND)`, documented for an identifier that is not known.
const UNKNOWN: HRESULT = HRESULT(0x8007_0002);

fn known(id: GUID) -> Option<Folder> {
    FOLDERS.iter().find(|row| GUID::parse(row.0) == Some(id)).map(|row| row.2)
}

fn numbered(csidl: i32) -> Option<Folder> {
    let number = CSIDL(csidl & !FLAGS);
    FOLDERS.iter().find(|row| row.1 == Some(number)).map(|row| row.2)
}

/// Gives the path of a folder, by number, in a buffer of `MAX_PATH` characters.
#[shim(partial = "common folders only; whether the folder is there is not looked at, other users' cannot be had")]
pub(super) fn SHGetFolderPathA(
    cx: &Cx,
    hwnd: HANDLE,
    csidl: CSIDL,
    hToken: HANDLE,
    dwFlags: u32,
    pszPath: PSTR,
) -> HResult {
    let _ = (hwnd, dwFlags);
    folder_path(cx, csidl, hToken, pszPath)
}

/// Gives the path of a folder, by number, in a buffer of `MAX_PATH` characters.
#[shim(partial = "common folders only; whether the folder is there is not looked at, other users' cannot be had")]
pub(super) fn SHGetFolderPathW(
    cx: &Cx,
    hwnd: HANDLE,
    csidl: CSIDL,
    hToken: HANDLE,
    dwFlags: u32,
    pszPath: PWSTR,
) -> HResult {
    let _ = (hwnd, dwFlags);
    folder_path(cx, csidl, hToken, pszPath)
}

fn folder_path<T: TextOut>(cx: &Cx, csidl: CSIDL, token: HANDLE, buffer: T) -> HResult {
    let folder = numbered(csidl.0).ok_or(HRESULT::E_INVALIDARG)?;
    if !matches!(token, HANDLE::NULL | HANDLE::INVALID) {
        cx.process.handles.get::<syscall_xlate::security::Token>(token, 0)?;
    }
    let path = cx.process.folder(folder)?;
    if csidl.0 & CREATE != 0 {
        cx.process.make_folder(&path)?;
    }
    buffer.put(&T::convert(cx, &path))?;
    Ok(HRESULT::S_OK)
}

/// Gives the path of a folder, by identifier, in a block that `CoTaskMemFree` frees.
#[shim(partial = "common folders only; whether the folder is there is not looked at, other users' cannot be had")]
pub(super) fn SHGetKnownFolderPath(
    cx: &Cx,
    rfid: In<GUID>,
    dwFlags: KNOWN_FOLDER_FLAG,
    hToken: HANDLE,
    ppszPath: Out<Ptr<u16>>,
) -> HResult {
    let _ = hToken;
    ppszPath.set(Ptr::NULL)?;
    let path = cx.process.folder(known(rfid.read()?).ok_or(UNKNOWN)?)?;
    if dwFlags.contains(KNOWN_FOLDER_FLAG::KF_FLAG_CREATE) {
        cx.process.make_folder(&path)?;
    }
    ppszPath.set(block::of_wide(cx, &path)?)?;
    Ok(HRESULT::S_OK)
}

/// Gives the path of a folder, by number, in a buffer of `MAX_PATH` characters.
#[shim(partial = "common folders only; whether the folder is there is not looked at")]
pub(super) fn SHGetSpecialFolderPathA(
    cx: &Cx,
    hwnd: HANDLE,
    pszPath: PSTR,
    csidl: CSIDL,
    fCreate: bool,
) -> Win32Result<bool> {
    let _ = hwnd;
    special(cx, pszPath, csidl, fCreate)
}

/// Gives the path of a folder, by number, in a buffer of `MAX_PATH` characters.
#[shim(partial = "common folders only; whether the folder is there is not looked at")]
pub(super) fn SHGetSpecialFolderPathW(
    cx: &Cx,
    hwnd: HANDLE,
    pszPath: PWSTR,
    csidl: CSIDL,
    fCreate: bool,
) -> Win32Result<bool> {
    let _ = hwnd;
    special(cx, pszPath, csidl, fCreate)
}

fn special<T: TextOut>(cx: &Cx, buffer: T, csidl: CSIDL, create: bool) -> Win32Result<bool> {
    let folder = numbered(csidl.0).ok_or(abi::WIN32_ERROR::ERROR_FILE_NOT_FOUND)?;
    let path = cx.process.folder(folder)?;
    if create || csidl.0 & CREATE != 0 {
        cx.process.make_folder(&path)?;
    }
    buffer.put(&T::convert(cx, &path))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    use super::*;

    #[test]
    fn every_identifier_is_one() {
        assert!(FOLDERS.iter().all(|row| GUID::parse(row.0).is_some()));
    }

    #[test]
    fn a_folder_has_one_path_by_number_and_by_identifier() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (buffer, result, id) = (guest.buffer(520), guest.buffer(8), guest.buffer(16));
            guest.call("shell32!SHGetFolderPathW", &[0, 0x23, 0, 0, buffer]);
            abi::Ptr::at(id).write(&GUID::parse("62ab5d82-fdc1-4dc3-a9dd-070d1d495d97").unwrap()).unwrap();
            guest.call("shell32!SHGetKnownFolderPath", &[id, 0x4000, 0, result]);
            let text = abi::PCWSTR::new(guest.read(result)).read().unwrap();
            assert_eq!(String::from_utf16(&text).unwrap(), r"C:\ProgramData");
            guest.call("ole32!CoTaskMemFree", &[guest.read(result)]);
            abi::Ptr::at(id).write(&GUID::default()).unwrap();
            guest.call("shell32!SHGetKnownFolderPath", &[id, 0, 0, result]);
            guest.call("shell32!SHGetSpecialFolderPathA", &[0, buffer, 0x25, 0]);
        });
        assert_snapshot!(trace, @r#"
        shell32!SHGetFolderPathW(hwnd=0x0, csidl=CSIDL_COMMON_APPDATA, hToken=0x0, dwFlags=0, pszPath="C:\\ProgramData") = S_OK
        shell32!SHGetKnownFolderPath(rfid=&{62ab5d82-fdc1-4dc3-a9dd-070d1d495d97}, dwFlags=KF_FLAG_DONT_VERIFY, hToken=0x0, ppszPath=&@3) = S_OK
        ole32!CoTaskMemFree(pv=@3)
        shell32!SHGetKnownFolderPath(rfid=&{00000000-0000-0000-0000-000000000000}, dwFlags=0, hToken=0x0, ppszPath=@2) = 0x80070002
        shell32!SHGetSpecialFolderPathA(hwnd=0x0, pszPath="C:\\windows\\System32", csidl=CSIDL_SYSTEM, fCreate=FALSE) = TRUE
        "#);
    }
}
