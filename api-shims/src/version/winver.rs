//! winver.h: version information of files.

use std::path::PathBuf;

use abi::{Out, PCSTR, PCWSTR, Ptr, WIN32_ERROR, Win32Result, fault, shim};
use loader::image::Image;
use loader::resources::{Language, ResourceId, TYPE_VERSION, version};
use syscall_xlate::Cx;

use crate::text::{self, TextIn};

/// `VS_VERSION_INFO`: the number of the version resource.
const VERSION_INFO: u16 = 1;

/// What stands behind a block that has room for ANSI text behind it. The documentation of a block's size leaves that open.
const ROOM: [u8; 4] = *b"ANSI";

/// The largest version block that is looked into, in bytes: its length is 16 bits wide.
const LARGEST: usize = 0xffff;

abi::flags! {
    /// Which file of a multilingual one is looked at.
    pub(super) struct GET_FILE_VERSION_INFO_FLAGS: u32 {
        FILE_VER_GET_LOCALISED = 1;
        FILE_VER_GET_NEUTRAL = 2;
        FILE_VER_GET_PREFETCHED = 4;
    }
}

/// Copies a file's version information.
#[shim(partial = "the DLLs of exeunt itself have none")]
pub(super) fn GetFileVersionInfoA(
    cx: &Cx,
    lptstrFilename: PCSTR,
    dwHandle: u32,
    dwLen: u32,
    lpData: Ptr<u8>,
) -> Win32Result<()> {
    let _ = dwHandle;
    copy(cx, lptstrFilename, dwLen, lpData)
}

/// Copies a file's version information.
#[shim(partial = "the DLLs of exeunt itself have none; files of translations (MUI) are not looked for")]
pub(super) fn GetFileVersionInfoExA(
    cx: &Cx,
    dwFlags: GET_FILE_VERSION_INFO_FLAGS,
    lpwstrFilename: PCSTR,
    dwHandle: u32,
    dwLen: u32,
    lpData: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (dwFlags, dwHandle);
    copy(cx, lpwstrFilename, dwLen, lpData)
}

/// Copies a file's version information.
#[shim(partial = "the DLLs of exeunt itself have none; files of translations (MUI) are not looked for")]
pub(super) fn GetFileVersionInfoExW(
    cx: &Cx,
    dwFlags: GET_FILE_VERSION_INFO_FLAGS,
    lpwstrFilename: PCWSTR,
    dwHandle: u32,
    dwLen: u32,
    lpData: Ptr<u8>,
) -> Win32Result<()> {
    let _ = (dwFlags, dwHandle);
    copy(cx, lpwstrFilename, dwLen, lpData)
}

/// Copies a file's version information.
#[shim(partial = "the DLLs of exeunt itself have none")]
pub(super) fn GetFileVersionInfoW(
    cx: &Cx,
    lptstrFilename: PCWSTR,
    dwHandle: u32,
    dwLen: u32,
    lpData: Ptr<u8>,
) -> Win32Result<()> {
    let _ = dwHandle;
    copy(cx, lptstrFilename, dwLen, lpData)
}

fn copy<T: TextIn>(cx: &Cx, file: T, len: u32, data: Ptr<u8>) -> Win32Result<()> {
    let mut block = block(cx, file)?;
    if data.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_DATA.into());
    }
    let whole = with_room(block.len());
    block.extend(ROOM);
    block.resize(whole, 0);
    // The buffer is filled as far as it goes; a part of the room is no room.
    if (len as usize) < whole {
        block.truncate((len as usize).min((whole - ROOM.len()) / 2));
    }
    Ok(data.write_bytes(&block)?)
}

/// The size of a block of `len` bytes with room behind it for the ANSI text of all its values.
fn with_room(len: usize) -> usize {
    2 * len + ROOM.len()
}

/// Tells how large a file's version information is, in bytes.
#[shim(partial = "the DLLs of exeunt itself have none")]
pub(super) fn GetFileVersionInfoSizeA(cx: &Cx, lptstrFilename: PCSTR, lpdwHandle: Out<u32>) -> Win32Result<u32> {
    size(cx, lptstrFilename, lpdwHandle)
}

/// Tells how large a file's version information is, in bytes.
#[shim(partial = "the DLLs of exeunt itself have none; files of translations (MUI) are not looked for")]
pub(super) fn GetFileVersionInfoSizeExA(
    cx: &Cx,
    dwFlags: GET_FILE_VERSION_INFO_FLAGS,
    lpwstrFilename: PCSTR,
    lpdwHandle: Out<u32>,
) -> Win32Result<u32> {
    let _ = dwFlags;
    size(cx, lpwstrFilename, lpdwHandle)
}

/// Tells how large a file's version information is, in bytes.
#[shim(partial = "the DLLs of exeunt itself have none; files of translations (MUI) are not looked for")]
pub(super) fn GetFileVersionInfoSizeExW(
    cx: &Cx,
    dwFlags: GET_FILE_VERSION_INFO_FLAGS,
    lpwstrFilename: PCWSTR,
    lpdwHandle: Out<u32>,
) -> Win32Result<u32> {
    let _ = dwFlags;
    size(cx, lpwstrFilename, lpdwHandle)
}

/// Tells how large a file's version information is, in bytes.
#[shim(partial = "the DLLs of exeunt itself have none")]
pub(super) fn GetFileVersionInfoSizeW(cx: &Cx, lptstrFilename: PCWSTR, lpdwHandle: Out<u32>) -> Win32Result<u32> {
    size(cx, lptstrFilename, lpdwHandle)
}

fn size<T: TextIn>(cx: &Cx, file: T, handle: Out<u32>) -> Win32Result<u32> {
    // Documented: it is set to 0.
    handle.set_opt(0)?;
    Ok(with_room(block(cx, file)?.len()) as u32)
}

/// The version block of a file: of a loaded module if the name means one, as `LoadLibrary` would find it, else of the file at the path.
fn block<T: TextIn>(cx: &Cx, file: T) -> Win32Result<Vec<u8>> {
    let name = file.wide(cx)?;
    let loaded = cx.process.module_named(&String::from_utf16_lossy(&name));
    let path: PathBuf = match loaded.as_ref().map(|module| module.host_path()) {
        Some(Some(path)) => path.to_path_buf(),
        Some(None) => return Err(WIN32_ERROR::ERROR_RESOURCE_DATA_NOT_FOUND.into()),
        None => cx.process.host_path(&name)?,
    };
    if !path.exists() {
        return Err(WIN32_ERROR::ERROR_FILE_NOT_FOUND.into());
    }
    let image = Image::open(&path).map_err(|_| WIN32_ERROR::ERROR_RESOURCE_DATA_NOT_FOUND)?;
    let resources = image.resources().ok_or(WIN32_ERROR::ERROR_RESOURCE_DATA_NOT_FOUND)?;
    let (kind, number) = (ResourceId::Id(TYPE_VERSION), ResourceId::Id(VERSION_INFO));
    let found = resources.find(&kind, &number, Language::Prefer(0)).map_err(crate::kernel32::resources::error)?;
    let bytes = resources.bytes(&found).ok_or(WIN32_ERROR::ERROR_RESOURCE_DATA_NOT_FOUND)?;
    // What does not count in the block's own length does not belong to it.
    let length = bytes.first_chunk().map_or(0, |length| usize::from(u16::from_le_bytes(*length)));
    Ok(bytes.get(..length).unwrap_or(&bytes).to_vec())
}

/// Finds a value in version information. Text is turned into the ANSI code page, in the room behind the block.
#[shim(partial = "text only in blocks that GetFileVersionInfo filled")]
pub(super) fn VerQueryValueA(
    cx: &Cx,
    pBlock: Ptr<u8>,
    lpSubBlock: PCSTR,
    lplpBuffer: Out<Ptr<u8>>,
    puLen: Out<u32>,
) -> Win32Result<bool> {
    let path = lpSubBlock.wide(cx)?;
    let (block, value) = query(pBlock, &path)?;
    if !value.is_text {
        return give(pBlock, value, lplpBuffer, puLen);
    }
    let bytes = block.get(value.offset..).and_then(|rest| rest.get(..2 * value.length as usize)).unwrap_or_default();
    let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let ansi = text::to_ansi(cx, &units);
    let room = pBlock.byte_offset(block.len() as u64);
    if room.cast().read() != Ok(ROOM) {
        return Err(WIN32_ERROR::ERROR_NOT_SUPPORTED.into());
    }
    // As far into the room as the value is into the block: ANSI text is no longer than UTF-16, so that no two meet.
    let place = room.byte_offset((ROOM.len() + value.offset) as u64);
    place.write_bytes(&ansi[..ansi.len().min(bytes.len())])?;
    lplpBuffer.set(place)?;
    puLen.set_opt(ansi.len() as u32)?;
    Ok(true)
}

/// Finds a value in version information.
#[shim(full)]
pub(super) fn VerQueryValueW(
    cx: &Cx,
    pBlock: Ptr<u8>,
    lpSubBlock: PCWSTR,
    lplpBuffer: Out<Ptr<u8>>,
    puLen: Out<u32>,
) -> Win32Result<bool> {
    let path = lpSubBlock.wide(cx)?;
    let (_, value) = query(pBlock, &path)?;
    give(pBlock, value, lplpBuffer, puLen)
}

fn query(block: Ptr<u8>, path: &[u16]) -> Win32Result<(Vec<u8>, version::VersionValue)> {
    let length = usize::from(fault::load_u16(block.address())?).min(LARGEST);
    let bytes = block.read_bytes(length)?;
    let path = String::from_utf16_lossy(path);
    let value = version::query(&bytes, &path).ok_or(WIN32_ERROR::ERROR_RESOURCE_TYPE_NOT_FOUND)?;
    Ok((bytes, value))
}

fn give(block: Ptr<u8>, value: version::VersionValue, buffer: Out<Ptr<u8>>, length: Out<u32>) -> Win32Result<bool> {
    buffer.set(block.byte_offset(value.offset as u64))?;
    length.set_opt(value.length)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    /// A guest program with version information: in the corpus of the repository's own programs.
    fn program() -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-binaries/bin/resources.exe");
        format!("Z:{}", path.replace('/', "\\"))
    }

    #[test]
    fn a_program_s_version_is_found() {
        testing::run(crate::dlls(), None, |guest| {
            let path = guest.wide(&program());
            let size = guest.call("version!GetFileVersionInfoSizeW", &[path, 0]);
            assert!(size >= 276, "{size}");
            let (block, value, length) = (guest.buffer(size as usize), guest.buffer(8), guest.buffer(4));
            assert_eq!(guest.call("version!GetFileVersionInfoW", &[path, 0, size, block]), 1);
            assert_eq!(guest.call("version!VerQueryValueW", &[block, guest.wide(r"\"), value, length]), 1);
            assert_eq!(guest.read::<u32>(length), 52);
            let fixed: u64 = guest.read(value);
            assert_eq!(guest.read::<[u32; 4]>(fixed)[0], 0xfeef_04bd);
            assert_eq!(guest.read::<[u32; 4]>(fixed)[2..], [0x0001_0002, 0x0003_0004]);
        });
    }

    #[test]
    fn what_has_no_version_says_so() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("version!GetFileVersionInfoSizeA", &[guest.ansi(r"Z:\no\such\file"), 0]);
            guest.call("version!GetFileVersionInfoSizeA", &[guest.ansi(r"Z:\etc\passwd"), 0]);
            let block = guest.bytes(&[0; 16]);
            guest.call("version!VerQueryValueA", &[block, guest.ansi(r"\"), guest.buffer(8), guest.buffer(4)]);
        });
        assert_snapshot!(trace, @r#"
        version!GetFileVersionInfoSizeA(lptstrFilename="Z:\\no\\such\\file", lpdwHandle=NULL) = 0 (ERROR_FILE_NOT_FOUND)
        version!GetFileVersionInfoSizeA(lptstrFilename="Z:\\etc\\passwd", lpdwHandle=NULL) = 0 (ERROR_RESOURCE_DATA_NOT_FOUND)
        version!VerQueryValueA(pBlock=@1, lpSubBlock="\\", lplpBuffer=@2, puLen=@3) = FALSE (ERROR_RESOURCE_TYPE_NOT_FOUND)
        "#);
    }
}
