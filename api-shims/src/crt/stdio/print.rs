//! stdio.h: the `printf` functions of msvcrt.dll.

use abi::{CrtResult, PCSTR, PCWSTR, Ptr, VaList, shim};
use syscall_xlate::Cx;

use super::FILE;
use super::output::{self, Closing};
use crate::crt::format::Dialect;
use crate::crt::guest::ok;
use crate::crt::variables::standard_stream;

const DIALECT: Dialect = Dialect::MSVCRT;

/// Prints formatted text to standard output.
#[shim(full, variadic)]
pub(crate) fn printf(cx: &Cx, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted text to a stream.
#[shim(full, variadic)]
pub(crate) fn fprintf(cx: &Cx, stream: FILE, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted text to a buffer of unknown size.
#[shim(full, variadic)]
pub(crate) fn sprintf(cx: &Cx, buffer: Ptr<u8>, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u8>(
        cx,
        DIALECT,
        (buffer.address(), i32::MAX as usize),
        Closing::WhereRoom,
        format.address(),
        argptr,
    )
}

/// Prints formatted text to a buffer; one that does not fit has no closing zero.
#[shim(full, variadic)]
pub(crate) fn _snprintf(cx: &Cx, buffer: Ptr<u8>, count: usize, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u8>(cx, DIALECT, (buffer.address(), count), Closing::WhereRoom, format.address(), argptr)
}

/// Counts the characters of formatted text.
#[shim(full, variadic)]
pub(crate) fn _scprintf(cx: &Cx, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    output::count::<u8>(cx, DIALECT, format.address(), argptr)
}

/// Prints formatted text to standard output from a va_list.
#[shim(full)]
pub(crate) fn vprintf(cx: &Cx, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted text to a stream from a va_list.
#[shim(full)]
pub(crate) fn vfprintf(cx: &Cx, stream: FILE, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted text to a buffer of unknown size from a va_list.
#[shim(full)]
pub(crate) fn vsprintf(cx: &Cx, buffer: Ptr<u8>, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u8>(
        cx,
        DIALECT,
        (buffer.address(), i32::MAX as usize),
        Closing::WhereRoom,
        format.address(),
        argptr,
    )
}

/// Prints formatted text to a buffer from a va_list; one that does not fit has no closing zero.
#[shim(full)]
pub(crate) fn _vsnprintf(cx: &Cx, buffer: Ptr<u8>, count: usize, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u8>(cx, DIALECT, (buffer.address(), count), Closing::WhereRoom, format.address(), argptr)
}

/// Counts the characters of formatted text from a va_list.
#[shim(full)]
pub(crate) fn _vscprintf(cx: &Cx, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    output::count::<u8>(cx, DIALECT, format.address(), argptr)
}

/// Prints formatted text to standard output, checked.
#[shim(full, variadic)]
pub(crate) fn printf_s(cx: &Cx, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted text to a stream, checked.
#[shim(full, variadic)]
pub(crate) fn fprintf_s(cx: &Cx, stream: FILE, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted text to a buffer; one that does not fit is an error.
#[shim(full, variadic)]
pub(crate) fn sprintf_s(
    cx: &Cx,
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    format: PCSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_to_buffer::<u8>(
        cx,
        DIALECT,
        (buffer.address(), sizeOfBuffer),
        Closing::OrEmpty,
        format.address(),
        argptr,
    )
}

/// Prints at most a number of characters of formatted text to a buffer.
#[shim(full, variadic)]
pub(crate) fn _snprintf_s(
    cx: &Cx,
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    count: usize,
    format: PCSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_counted::<u8>(cx, DIALECT, (buffer.address(), sizeOfBuffer), count, format.address(), argptr)
}

/// Prints formatted text to standard output from a va_list, checked.
#[shim(full)]
pub(crate) fn vprintf_s(cx: &Cx, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted text to a stream from a va_list, checked.
#[shim(full)]
pub(crate) fn vfprintf_s(cx: &Cx, stream: FILE, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u8>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted text to a buffer from a va_list; one that does not fit is an error.
#[shim(full)]
pub(crate) fn vsprintf_s(
    cx: &Cx,
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    format: PCSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_to_buffer::<u8>(
        cx,
        DIALECT,
        (buffer.address(), sizeOfBuffer),
        Closing::OrEmpty,
        format.address(),
        argptr,
    )
}

/// Prints at most a number of characters of formatted text to a buffer from a va_list.
#[shim(full)]
pub(crate) fn _vsnprintf_s(
    cx: &Cx,
    buffer: Ptr<u8>,
    sizeOfBuffer: usize,
    count: usize,
    format: PCSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_counted::<u8>(cx, DIALECT, (buffer.address(), sizeOfBuffer), count, format.address(), argptr)
}

/// Prints formatted wide text to standard output.
#[shim(full, variadic)]
pub(crate) fn wprintf(cx: &Cx, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted wide text to a stream.
#[shim(full, variadic)]
pub(crate) fn fwprintf(cx: &Cx, stream: FILE, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted wide text to a buffer of unknown size.
#[shim(full, variadic)]
pub(crate) fn swprintf(cx: &Cx, buffer: Ptr<u16>, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u16>(
        cx,
        DIALECT,
        (buffer.address(), i32::MAX as usize),
        Closing::WhereRoom,
        format.address(),
        argptr,
    )
}

/// Prints formatted wide text to a buffer; one that does not fit has no closing zero.
#[shim(full, variadic)]
pub(crate) fn _snwprintf(cx: &Cx, buffer: Ptr<u16>, count: usize, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u16>(cx, DIALECT, (buffer.address(), count), Closing::WhereRoom, format.address(), argptr)
}

/// Counts the characters of formatted wide text.
#[shim(full, variadic)]
pub(crate) fn _scwprintf(cx: &Cx, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    output::count::<u16>(cx, DIALECT, format.address(), argptr)
}

/// Prints formatted wide text to standard output from a va_list.
#[shim(full)]
pub(crate) fn vwprintf(cx: &Cx, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted wide text to a stream from a va_list.
#[shim(full)]
pub(crate) fn vfwprintf(cx: &Cx, stream: FILE, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted wide text to a buffer of unknown size from a va_list.
#[shim(full)]
pub(crate) fn vswprintf(cx: &Cx, buffer: Ptr<u16>, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u16>(
        cx,
        DIALECT,
        (buffer.address(), i32::MAX as usize),
        Closing::WhereRoom,
        format.address(),
        argptr,
    )
}

/// Prints formatted wide text to a buffer from a va_list; one that does not fit has no closing zero.
#[shim(full)]
pub(crate) fn _vsnwprintf(cx: &Cx, buffer: Ptr<u16>, count: usize, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u16>(cx, DIALECT, (buffer.address(), count), Closing::WhereRoom, format.address(), argptr)
}

/// Counts the characters of formatted wide text from a va_list.
#[shim(full)]
pub(crate) fn _vscwprintf(cx: &Cx, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    output::count::<u16>(cx, DIALECT, format.address(), argptr)
}

/// Prints formatted wide text to standard output, checked.
#[shim(full, variadic)]
pub(crate) fn wprintf_s(cx: &Cx, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted wide text to a stream, checked.
#[shim(full, variadic)]
pub(crate) fn fwprintf_s(cx: &Cx, stream: FILE, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted wide text to a buffer; one that does not fit is an error.
#[shim(full, variadic)]
pub(crate) fn swprintf_s(
    cx: &Cx,
    buffer: Ptr<u16>,
    sizeOfBuffer: usize,
    format: PCWSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_to_buffer::<u16>(
        cx,
        DIALECT,
        (buffer.address(), sizeOfBuffer),
        Closing::OrEmpty,
        format.address(),
        argptr,
    )
}

/// Prints at most a number of characters of formatted wide text to a buffer.
#[shim(full, variadic)]
pub(crate) fn _snwprintf_s(
    cx: &Cx,
    buffer: Ptr<u16>,
    sizeOfBuffer: usize,
    count: usize,
    format: PCWSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_counted::<u16>(cx, DIALECT, (buffer.address(), sizeOfBuffer), count, format.address(), argptr)
}

/// Prints formatted wide text to standard output from a va_list, checked.
#[shim(full)]
pub(crate) fn vwprintf_s(cx: &Cx, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, standard_stream(cx, 1)?, format.address(), argptr)?)
}

/// Prints formatted wide text to a stream from a va_list, checked.
#[shim(full)]
pub(crate) fn vfwprintf_s(cx: &Cx, stream: FILE, format: PCWSTR, argptr: VaList) -> CrtResult<i32> {
    ok(output::to_stream::<u16>(cx, DIALECT, stream.address(), format.address(), argptr)?)
}

/// Prints formatted wide text to a buffer from a va_list; one that does not fit is an error.
#[shim(full)]
pub(crate) fn vswprintf_s(
    cx: &Cx,
    buffer: Ptr<u16>,
    sizeOfBuffer: usize,
    format: PCWSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_to_buffer::<u16>(
        cx,
        DIALECT,
        (buffer.address(), sizeOfBuffer),
        Closing::OrEmpty,
        format.address(),
        argptr,
    )
}

/// Prints at most a number of characters of formatted wide text to a buffer from a va_list.
#[shim(full)]
pub(crate) fn _vsnwprintf_s(
    cx: &Cx,
    buffer: Ptr<u16>,
    sizeOfBuffer: usize,
    count: usize,
    format: PCWSTR,
    argptr: VaList,
) -> CrtResult<i32> {
    output::print_counted::<u16>(cx, DIALECT, (buffer.address(), sizeOfBuffer), count, format.address(), argptr)
}

/// Prints formatted text to a buffer as C99 says: always closed, the whole length given.
#[shim(full)]
pub(crate) fn vsnprintf(cx: &Cx, buffer: Ptr<u8>, count: usize, format: PCSTR, argptr: VaList) -> CrtResult<i32> {
    output::print_to_buffer::<u8>(cx, DIALECT, (buffer.address(), count), Closing::Always, format.address(), argptr)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn a_buffer_is_closed_by_its_function_s_rule() {
        testing::run(crate::dlls(), None, |guest| {
            let (buffer, format) = (guest.buffer(16), guest.ansi("%s-%d"));
            let text = guest.ansi("abc");
            let read = |len: usize| guest.read::<[u8; 16]>(buffer)[..len].to_vec();
            let fill = || guest.call("msvcrt!memset", &[buffer, b'#'.into(), 16]);
            fill();
            assert_eq!(guest.call("msvcrt!sprintf", &[buffer, format, text, 42]), 6);
            assert_eq!(read(8), b"abc-42\0#");
            fill();
            assert_eq!(guest.call("msvcrt!_snprintf", &[buffer, 6, format, text, 42]), 6);
            assert_eq!(read(8), b"abc-42##");
            fill();
            assert_eq!(guest.call("msvcrt!_snprintf", &[buffer, 5, format, text, 42]) as i32, -1);
            assert_eq!(read(8), b"abc-4###");
            assert_eq!(guest.call("msvcrt!_scprintf", &[format, text, 42]), 6);
            assert_eq!(guest.call("msvcrt!sprintf_s", &[buffer, 6, format, text, 42]) as i32, -1);
            assert_eq!(read(1), b"\0");
            assert_eq!(guest.call("msvcrt!_snprintf_s", &[buffer, 6, u64::MAX, format, text, 42]) as i32, -1);
            assert_eq!(read(6), b"abc-4\0");
        });
    }
}
