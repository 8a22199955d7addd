//! Strings: the `lstr` functions, which answer bad pointers with a failure.

use std::cmp::Ordering;

use abi::{Fault, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::collation;

use crate::text;

/// Counts the bytes before the closing zero; 0 for NULL and for memory that cannot be read.
#[shim(full)]
pub(in crate::kernel32) fn lstrlenA(lpString: PCSTR) -> i32 {
    lpString.read().map_or(0, |text| text.len() as i32)
}

/// Counts the units before the closing zero; 0 for NULL and for memory that cannot be read.
#[shim(full)]
pub(in crate::kernel32) fn lstrlenW(lpString: PCWSTR) -> i32 {
    lpString.read().map_or(0, |text| text.len() as i32)
}

/// The destination, or NULL when memory could not be read or written.
fn put<T>(to: Ptr<T>, result: Result<(), Fault>) -> Ptr<T> {
    result.map_or(Ptr::NULL, |()| to)
}

/// Copies a string.
#[shim(full)]
pub(in crate::kernel32) fn lstrcpyA(lpString1: PSTR, lpString2: PCSTR) -> Ptr<u8> {
    put(lpString1.ptr(), lpString2.read().and_then(|text| lpString1.write_z(&text)))
}

/// Copies a string.
#[shim(full)]
pub(in crate::kernel32) fn lstrcpyW(lpString1: PWSTR, lpString2: PCWSTR) -> Ptr<u16> {
    put(lpString1.ptr(), lpString2.read().and_then(|text| lpString1.write_z(&text)))
}

/// Copies a string, at most `iMaxLength` bytes with the closing zero.
#[shim(full)]
pub(in crate::kernel32) fn lstrcpynA(lpString1: PSTR, lpString2: PCSTR, iMaxLength: i32) -> Ptr<u8> {
    let Some(most) = usize::try_from(iMaxLength).ok().and_then(|length| length.checked_sub(1)) else {
        return Ptr::NULL;
    };
    put(lpString1.ptr(), lpString2.read_limited(most).and_then(|text| lpString1.write_z(&text)))
}

/// Copies a string, at most `iMaxLength` units with the closing zero.
#[shim(full)]
pub(in crate::kernel32) fn lstrcpynW(lpString1: PWSTR, lpString2: PCWSTR, iMaxLength: i32) -> Ptr<u16> {
    let Some(most) = usize::try_from(iMaxLength).ok().and_then(|length| length.checked_sub(1)) else {
        return Ptr::NULL;
    };
    put(lpString1.ptr(), lpString2.read_limited(most).and_then(|text| lpString1.write_z(&text)))
}

/// Appends a string.
#[shim(full)]
pub(in crate::kernel32) fn lstrcatA(lpString1: PSTR, lpString2: PCSTR) -> Ptr<u8> {
    let appended = PCSTR::new(lpString1.ptr())
        .read()
        .and_then(|front| PSTR::new(lpString1.ptr().offset(front.len())).write_z(&lpString2.read()?));
    put(lpString1.ptr(), appended)
}

/// Appends a string.
#[shim(full)]
pub(in crate::kernel32) fn lstrcatW(lpString1: PWSTR, lpString2: PCWSTR) -> Ptr<u16> {
    let appended = PCWSTR::new(lpString1.ptr())
        .read()
        .and_then(|front| PWSTR::new(lpString1.ptr().offset(front.len())).write_z(&lpString2.read()?));
    put(lpString1.ptr(), appended)
}

/// Compares strings as people sort them.
#[shim(partial = "no locale's own order")]
pub(in crate::kernel32) fn lstrcmpA(cx: &Cx, lpString1: PCSTR, lpString2: PCSTR) -> i32 {
    compare(ansi(cx, lpString1), ansi(cx, lpString2), 0)
}

/// Compares strings as people sort them.
#[shim(partial = "no locale's own order")]
pub(in crate::kernel32) fn lstrcmpW(lpString1: PCWSTR, lpString2: PCWSTR) -> i32 {
    compare(wide(lpString1), wide(lpString2), 0)
}

/// Compares strings as people sort them, whatever the case.
#[shim(partial = "no locale's own order")]
pub(in crate::kernel32) fn lstrcmpiA(cx: &Cx, lpString1: PCSTR, lpString2: PCSTR) -> i32 {
    compare(ansi(cx, lpString1), ansi(cx, lpString2), collation::flags::IGNORE_CASE)
}

/// Compares strings as people sort them, whatever the case.
#[shim(partial = "no locale's own order")]
pub(in crate::kernel32) fn lstrcmpiW(lpString1: PCWSTR, lpString2: PCWSTR) -> i32 {
    compare(wide(lpString1), wide(lpString2), collation::flags::IGNORE_CASE)
}

fn wide(text: PCWSTR) -> Option<Vec<u16>> {
    text.opt().and_then(|text| text.read().ok())
}

fn ansi(cx: &Cx, text: PCSTR) -> Option<Vec<u16>> {
    text.opt().and_then(|text| text.read().ok()).map(|bytes| text::to_wide(cx, &bytes))
}

/// NULL is less than every string.
fn compare(left: Option<Vec<u16>>, right: Option<Vec<u16>>, flags: u32) -> i32 {
    let order = match (&left, &right) {
        (Some(left), Some(right)) => collation::compare(left, right, flags),
        (left, right) => left.is_some().cmp(&right.is_some()),
    };
    match order {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn bad_pointers_are_failures() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let text = guest.ansi("text");
            guest.call("kernel32!lstrlenA", &[text]);
            guest.call("kernel32!lstrlenA", &[0]);
            guest.call("kernel32!lstrcmpiA", &[text, guest.ansi("TEXT")]);
            guest.call("kernel32!lstrcmpA", &[0, text]);
            guest.call("kernel32!lstrcpynA", &[guest.buffer(8), text, 3]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!lstrlenA(lpString="text") = 4
        kernel32!lstrlenA(lpString=NULL) = 0
        kernel32!lstrcmpiA(lpString1="text", lpString2="TEXT") = 0
        kernel32!lstrcmpA(lpString1=NULL, lpString2="text") = -1
        kernel32!lstrcpynA(lpString1="te", lpString2="text", iMaxLength=3) = @1
        "#);
    }
}
