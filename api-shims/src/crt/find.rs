//! io.h: `_findfirst` and its kin, and the expansion of patterns in `argv`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use abi::{CrtResult, Errno, Out, PCSTR, PCWSTR, guest_struct, shim};
use syscall_xlate::Cx;
use syscall_xlate::file::{DirectoryEntry, Search};

use super::guest::{GuestUnit, ok};
use super::host;
use super::io::{units, unix_time, wide};
use super::state::process;

/// Searches that are open.
#[derive(Default)]
pub(super) struct Searches {
    /// By handle. A leaf lock.
    open: Mutex<(i64, HashMap<i64, Search>)>,
}

/// Units of the name in the structures (`_MAX_PATH`).
const NAME: usize = 260;

macro_rules! find_structs {
    ($($(#[$doc:meta])* $name:ident: $unit:ty, $time:ty, $size:ty;)*) => {
        guest_struct! {$(
            $(#[$doc])*
            pub(crate) struct $name {
                attrib: u32,
                time_create: $time,
                time_access: $time,
                time_write: $time,
                size: $size,
                name: Name<$unit>,
            }
        )*}

        $(impl FindData for $name {
            fn of(cx: &Cx, entry: &DirectoryEntry) -> Self {
                let time = |time: i64| <$time>::try_from(unix_time(time)).unwrap_or(-1);
                let information = &entry.information;
                // FILE_ATTRIBUTE_NORMAL stands for none (_A_NORMAL is 0).
                let attributes = information.attributes.bits();
                Self {
                    attrib: if attributes == 0x80 { 0 } else { attributes },
                    time_create: time(information.created),
                    time_access: time(information.accessed),
                    time_write: time(information.written),
                    size: information.size as $size,
                    name: Name::of(&units::<$unit>(cx, &entry.name)),
                }
            }
        })*
    };
}

/// A name of fixed length, closed by a zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Name<U>([U; NAME]);

impl<U: GuestUnit> Default for Name<U> {
    fn default() -> Self {
        Self([U::from(0); NAME])
    }
}

impl<U: GuestUnit> Name<U> {
    fn of(text: &[U]) -> Self {
        let mut name = Self::default();
        let length = text.len().min(NAME - 1);
        name.0[..length].copy_from_slice(&text[..length]);
        name
    }
}

impl<U: GuestUnit + Default> abi::Guest for Name<U> {
    fn layout(width: abi::Width) -> abi::Layout {
        <[U; NAME]>::layout(width)
    }
    fn decode(width: abi::Width, bytes: &[u8]) -> Self {
        Self(<[U; NAME]>::decode(width, bytes))
    }
    fn encode(&self, width: abi::Width, bytes: &mut [u8]) {
        self.0.encode(width, bytes);
    }
    fn value(&self) -> abi::Value {
        let text: String = self
            .0
            .iter()
            .map(|&unit| unit.into())
            .take_while(|&unit: &u32| unit != 0)
            .filter_map(char::from_u32)
            .collect();
        abi::Value::Text(text)
    }
}

/// A structure that `_findfirst` fills.
trait FindData: abi::Guest {
    fn of(cx: &Cx, entry: &DirectoryEntry) -> Self;
}

find_structs! {
    /// `struct __finddata64_t`
    __finddata64_t: u8, i64, i64;
    /// `struct _finddata64i32_t`
    _finddata64i32_t: u8, i64, u32;
    /// `struct _finddata32i64_t`
    _finddata32i64_t: u8, i32, i64;
    /// `struct _finddata32_t`
    _finddata32_t: u8, i32, u32;
    /// `struct _wfinddata64_t`
    _wfinddata64_t: u16, i64, i64;
    /// `struct _wfinddata64i32_t`
    _wfinddata64i32_t: u16, i64, u32;
    /// `struct _wfinddata32i64_t`
    _wfinddata32i64_t: u16, i32, i64;
    /// `struct _wfinddata32_t`
    _wfinddata32_t: u16, i32, u32;
}

fn first<T: FindData>(cx: &Cx, path: &[u16], out: Out<T>) -> CrtResult<i64> {
    let mut search = host::search(cx, path).map_err(|_| Errno::ENOENT)?;
    let entry = host::next_entry(&mut search).ok_or(Errno::ENOENT)?;
    out.set(T::of(cx, &entry))?;
    let mut open = process(cx).searches.open.lock().unwrap_or_else(PoisonError::into_inner);
    open.0 += 1;
    let handle = open.0;
    open.1.insert(handle, search);
    ok(handle)
}

fn next<T: FindData>(cx: &Cx, handle: i64, out: Out<T>) -> CrtResult<i32> {
    let entry = {
        let mut open = process(cx).searches.open.lock().unwrap_or_else(PoisonError::into_inner);
        host::next_entry(open.1.get_mut(&handle).ok_or(Errno::EINVAL)?)
    };
    out.set(T::of(cx, &entry.ok_or(Errno::ENOENT)?))?;
    ok(0)
}

macro_rules! finds {
    ($($structure:ident, $text:ty, $unit:ty: $first:ident $next:ident;)*) => {$(
        /// Finds the first file that matches a path with wildcards; gives a handle for the search.
        #[shim(full)]
        pub(crate) fn $first(cx: &Cx, filespec: $text, fileinfo: Out<$structure>) -> CrtResult<i64> {
            if filespec.is_null() || fileinfo.is_null() {
                return Err(Errno::EINVAL.into());
            }
            first(cx, &wide::<$unit>(cx, filespec.address())?, fileinfo)
        }

        /// Finds the next file of a search.
        #[shim(full)]
        pub(crate) fn $next(cx: &Cx, handle: i64, fileinfo: Out<$structure>) -> CrtResult<i32> {
            if fileinfo.is_null() {
                return Err(Errno::EINVAL.into());
            }
            next(cx, handle, fileinfo)
        }
    )*};
}
finds! {
    __finddata64_t, PCSTR, u8: _findfirst64 _findnext64;
    _finddata64i32_t, PCSTR, u8: _findfirst64i32 _findnext64i32;
    _finddata32i64_t, PCSTR, u8: _findfirst32i64 _findnext32i64;
    _finddata32_t, PCSTR, u8: _findfirst32 _findnext32;
    _wfinddata64_t, PCWSTR, u16: _wfindfirst64 _wfindnext64;
    _wfinddata64i32_t, PCWSTR, u16: _wfindfirst64i32 _wfindnext64i32;
    _wfinddata32i64_t, PCWSTR, u16: _wfindfirst32i64 _wfindnext32i64;
    _wfinddata32_t, PCWSTR, u16: _wfindfirst32 _wfindnext32;
}

/// Ends a search.
#[shim(full)]
pub(crate) fn _findclose(cx: &Cx, handle: i64) -> CrtResult<i32> {
    let mut open = process(cx).searches.open.lock().unwrap_or_else(PoisonError::into_inner);
    open.1.remove(&handle).ok_or(Errno::EINVAL)?;
    ok(0)
}

/// The files that a pattern of the command line matches, with the pattern's folder before their names; none where nothing matches.
pub(super) fn expand(cx: &Cx, pattern: &[u16]) -> Vec<Vec<u16>> {
    let is_separator = |&unit: &u16| unit == u16::from(b'\\') || unit == u16::from(b'/') || unit == u16::from(b':');
    let folder = &pattern[..pattern.iter().rposition(is_separator).map_or(0, |index| index + 1)];
    let Ok(mut search) = host::search(cx, pattern) else { return Vec::new() };
    let mut found = Vec::new();
    while let Some(entry) = host::next_entry(&mut search) {
        let dot = u16::from(b'.');
        if entry.name != [dot] && entry.name != [dot, dot] {
            found.push([folder, &entry.name].concat());
        }
    }
    found
}
