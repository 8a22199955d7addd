//! stdlib.h: taking paths apart and putting them together.

use abi::{CrtResult, Errno, Fault, PCSTR, PCWSTR, Ptr, shim};
use syscall_xlate::Cx;

use crate::crt::guest::{GuestUnit, ok, read_text, status, write_text};

/// Where the parts of a path end: drive, folder, name; the extension goes to the end.
fn split<U: GuestUnit>(path: &[U]) -> [usize; 3] {
    let drive = if path.get(1).is_some_and(|unit| unit.ascii() == b':') { 2 } else { 0 };
    let is_separator = |unit: &U| matches!(unit.ascii(), b'\\' | b'/');
    let folder = path[drive..].iter().rposition(is_separator).map_or(drive, |index| drive + index + 1);
    let name = path[folder..].iter().rposition(|unit| unit.ascii() == b'.').map_or(path.len(), |index| folder + index);
    [drive, folder, name]
}

/// The parts of a path into buffers, each of a size; NULL buffers are left out. `None` where one is too small.
fn take_apart<U: GuestUnit>(path: u64, buffers: [(u64, usize); 4]) -> Result<Option<()>, Fault> {
    let path = read_text::<U>(path)?;
    let [drive, folder, name] = split(&path);
    let parts = [&path[..drive], &path[drive..folder], &path[folder..name], &path[name..]];
    for (part, (buffer, size)) in parts.into_iter().zip(buffers) {
        if buffer != 0 && part.len() >= size {
            for (buffer, size) in buffers {
                if buffer != 0 && size > 0 {
                    write_text::<U>(buffer, &[])?;
                }
            }
            return Ok(None);
        }
    }
    for (part, (buffer, _)) in parts.into_iter().zip(buffers) {
        if buffer != 0 {
            write_text(buffer, part)?;
        }
    }
    Ok(Some(()))
}

/// The sizes of buffers that callers of the older functions have: `_MAX_DRIVE`, `_MAX_DIR`, `_MAX_FNAME`, `_MAX_EXT`.
const SIZES: [usize; 4] = [3, 256, 256, 256];

/// A path from its parts.
fn put_together<U: GuestUnit>(parts: [u64; 4]) -> Result<Vec<U>, Fault> {
    let mut texts = Vec::new();
    for part in parts {
        texts.push(if part == 0 { Vec::new() } else { read_text::<U>(part)? });
    }
    let mut path = Vec::new();
    if let Some(&letter) = texts[0].first() {
        path.extend([letter, U::from(b':')]);
    }
    path.extend_from_slice(&texts[1]);
    if texts[1].last().is_some_and(|unit| !matches!(unit.ascii(), b'\\' | b'/')) {
        path.push(U::from(b'\\'));
    }
    path.extend_from_slice(&texts[2]);
    if texts[3].first().is_some_and(|unit| unit.ascii() != b'.') {
        path.push(U::from(b'.'));
    }
    path.extend_from_slice(&texts[3]);
    Ok(path)
}

macro_rules! paths {
    ($($text:ty, $unit:ty: $split:ident $split_s:ident $make:ident $make_s:ident;)*) => {$(
        /// Takes a path apart.
        #[shim(full)]
        pub(crate) fn $split(path: $text, drive: Ptr<$unit>, dir: Ptr<$unit>, fname: Ptr<$unit>, ext: Ptr<$unit>) -> CrtResult<()> {
            let buffers = [drive, dir, fname, ext].map(|part| part.address());
            let sized = std::array::from_fn(|index| (buffers[index], SIZES[index]));
            take_apart::<$unit>(path.address(), sized)?;
            ok(())
        }

        /// Takes a path apart into buffers of given sizes.
        #[shim(full)]
        pub(crate) fn $split_s(
            cx: &Cx,
            path: $text,
            drive: Ptr<$unit>,
            driveNumberOfElements: usize,
            dir: Ptr<$unit>,
            dirNumberOfElements: usize,
            fname: Ptr<$unit>,
            nameNumberOfElements: usize,
            ext: Ptr<$unit>,
            extNumberOfElements: usize,
        ) -> CrtResult<i32> {
            let buffers = [
                (drive.address(), driveNumberOfElements),
                (dir.address(), dirNumberOfElements),
                (fname.address(), nameNumberOfElements),
                (ext.address(), extNumberOfElements),
            ];
            // A buffer without a size, or a size without a buffer, is a mistake.
            if path.is_null() || buffers.iter().any(|&(buffer, size)| (buffer == 0) != (size == 0)) {
                return status(cx, Err(Errno::EINVAL));
            }
            status(cx, take_apart::<$unit>(path.address(), buffers)?.ok_or(Errno::ERANGE))
        }

        /// Puts a path together.
        #[shim(full)]
        pub(crate) fn $make(path: Ptr<$unit>, drive: $text, dir: $text, fname: $text, ext: $text) -> CrtResult<()> {
            let parts = [drive, dir, fname, ext].map(|part| part.address());
            write_text(path.address(), &put_together::<$unit>(parts)?)?;
            ok(())
        }

        /// Puts a path together in a buffer of a given size.
        #[shim(full)]
        pub(crate) fn $make_s(
            cx: &Cx,
            path: Ptr<$unit>,
            sizeInCharacters: usize,
            drive: $text,
            dir: $text,
            fname: $text,
            ext: $text,
        ) -> CrtResult<i32> {
            if path.is_null() || sizeInCharacters == 0 {
                return status(cx, Err(Errno::EINVAL));
            }
            let made = put_together::<$unit>([drive, dir, fname, ext].map(|part| part.address()))?;
            if made.len() >= sizeInCharacters {
                write_text::<$unit>(path.address(), &[])?;
                return status(cx, Err(Errno::ERANGE));
            }
            write_text(path.address(), &made)?;
            ok(0)
        }
    )*};
}
paths! {
    PCSTR, u8: _splitpath _splitpath_s _makepath _makepath_s;
    PCWSTR, u16: _wsplitpath _wsplitpath_s _wmakepath _wmakepath_s;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_at_colon_separator_and_dot() {
        for (path, parts) in [
            (r"c:\a\b.c.txt", ["c:", r"\a\", "b.c", ".txt"]),
            ("name", ["", "", "name", ""]),
            (r"..\.x", ["", r"..\", "", ".x"]),
            ("c:", ["c:", "", "", ""]),
            ("a/b", ["", "a/", "b", ""]),
        ] {
            let [drive, folder, name] = split(path.as_bytes());
            assert_eq!([&path[..drive], &path[drive..folder], &path[folder..name], &path[name..]], parts);
        }
    }
}
