//! dbghelp.h: images in memory.

use abi::{Fault, Out, Ptr, Win32Result, shim};
use syscall_xlate::Cx;

/// `IMAGE_DOS_SIGNATURE`, `IMAGE_NT_SIGNATURE`
const DOS_SIGNATURE: u16 = 0x5a4d;
const NT_SIGNATURE: u32 = 0x4550;
/// `e_lfanew`
const NEW_HEADER: u64 = 0x3c;
/// Where the data directories begin, from the NT headers on, by the magic number of the optional header; their number is before them.
const DIRECTORIES: [(u16, u64); 2] = [(0x10b, 0x78), (0x20b, 0x88)];
const OPTIONAL_HEADER: u64 = 24;
/// Most that a header lies behind the image's start.
const FURTHEST: u32 = 0x1000_0000;

fn at<T: abi::Guest>(address: u64) -> Result<T, Fault> {
    Ptr::<T>::at(address).read()
}

/// The address of the NT headers; `None` where there are none.
fn nt_header(base: u64) -> Option<u64> {
    let offset = (at::<u16>(base) == Ok(DOS_SIGNATURE)).then(|| at::<u32>(base.wrapping_add(NEW_HEADER)).ok())??;
    let header = base.wrapping_add(offset.into());
    (offset < FURTHEST && at::<u32>(header) == Ok(NT_SIGNATURE)).then_some(header)
}

/// Gives the address of an image's NT headers.
#[shim(full)]
pub(in crate::dbghelp) fn ImageNtHeader(cx: &Cx, Base: Ptr<u8>) -> Ptr<u8> {
    let _ = cx;
    Ptr::at(nt_header(Base.address()).unwrap_or_default())
}

/// Gives the address and size of what a data directory of an image names.
#[shim(partial = "of images as they are in memory, not as in files")]
pub(in crate::dbghelp) fn ImageDirectoryEntryToData(
    cx: &Cx,
    Base: Ptr<u8>,
    MappedAsImage: abi::BOOLEAN,
    DirectoryEntry: u16,
    Size: Out<u32>,
) -> Win32Result<Ptr<u8>> {
    let _ = cx;
    // The low bits of a module's handle say that it is data.
    let base = Base.address() & !3;
    Size.set(0)?;
    let found = || {
        let header = nt_header(base)?;
        let magic = at::<u16>(header.wrapping_add(OPTIONAL_HEADER)).ok()?;
        let directories = DIRECTORIES.iter().find(|(known, _)| *known == magic)?.1;
        let first = header.wrapping_add(directories);
        let count = at::<u32>(first.wrapping_sub(4)).ok()?;
        let entry = first.wrapping_add(8 * u64::from(DirectoryEntry));
        let rva = (u32::from(DirectoryEntry) < count).then(|| at::<u32>(entry).ok())??;
        Some((rva, at::<u32>(entry.wrapping_add(4)).ok()?))
    };
    match found() {
        Some((rva, size)) if rva != 0 && MappedAsImage.0 => {
            Size.set(size)?;
            Ok(Ptr::at(base.wrapping_add(rva.into())))
        }
        _ => Ok(Ptr::NULL),
    }
}
