//! corecrt_wstdio.h and corecrt_stdio_config.h: the functions behind the newer runtime's inline `printf` and `scanf`.

use abi::{CrtResult, PCSTR, PCWSTR, Ptr, VaList, shim};
use syscall_xlate::Cx;

use super::FILE;
use super::output::{self, Closing};
use super::scan;
use crate::crt::format::Dialect;
use crate::crt::guest::ok;

/// `_CRT_INTERNAL_PRINTF_LEGACY_VSPRINTF_NULL_TERMINATION`
const LEGACY_TERMINATION: u64 = 1;
/// `_CRT_INTERNAL_PRINTF_STANDARD_SNPRINTF_BEHAVIOR`
const STANDARD_SNPRINTF: u64 = 2;

fn closing(options: u64) -> Closing {
    if options & LEGACY_TERMINATION != 0 {
        Closing::WhereRoom
    } else if options & STANDARD_SNPRINTF != 0 {
        Closing::Always
    } else {
        Closing::OrMinusTwo
    }
}

macro_rules! print {
    ($($unit:ty, $text:ty: $file:ident $file_s:ident $file_p:ident $buffer:ident $buffer_s:ident $counted:ident;)*) => {$(
        /// Prints formatted text to a stream.
        #[shim(full)]
        pub(crate) fn $file(cx: &Cx, options: u64, stream: FILE, format: $text, locale: Ptr<u8>, arglist: VaList) -> CrtResult<i32> {
            let _ = locale;
            ok(output::to_stream::<$unit>(cx, Dialect::ucrt(options), stream.address(), format.address(), arglist)?)
        }

        /// Prints formatted text to a stream, checked.
        #[shim(full)]
        pub(crate) fn $file_s(cx: &Cx, options: u64, stream: FILE, format: $text, locale: Ptr<u8>, arglist: VaList) -> CrtResult<i32> {
            $file(cx, options, stream, format, locale, arglist)
        }

        /// Prints formatted text to a stream, with numbered arguments.
        #[shim(partial = "arguments are taken in order, not by number")]
        pub(crate) fn $file_p(cx: &Cx, options: u64, stream: FILE, format: $text, locale: Ptr<u8>, arglist: VaList) -> CrtResult<i32> {
            $file(cx, options, stream, format, locale, arglist)
        }

        /// Prints formatted text to a buffer; the options say how it is closed.
        #[shim(full)]
        pub(crate) fn $buffer(
            cx: &Cx,
            options: u64,
            buffer: Ptr<$unit>,
            buffer_count: usize,
            format: $text,
            locale: Ptr<u8>,
            arglist: VaList,
        ) -> CrtResult<i32> {
            let _ = locale;
            let target = (buffer.address(), buffer_count);
            output::print_to_buffer::<$unit>(cx, Dialect::ucrt(options), target, closing(options), format.address(), arglist)
        }

        /// Prints formatted text to a buffer; text that does not fit is an error.
        #[shim(full)]
        pub(crate) fn $buffer_s(
            cx: &Cx,
            options: u64,
            buffer: Ptr<$unit>,
            buffer_count: usize,
            format: $text,
            locale: Ptr<u8>,
            arglist: VaList,
        ) -> CrtResult<i32> {
            let _ = locale;
            let target = (buffer.address(), buffer_count);
            output::print_to_buffer::<$unit>(cx, Dialect::ucrt(options), target, Closing::OrEmpty, format.address(), arglist)
        }

        /// Prints at most a number of characters of formatted text to a buffer.
        #[shim(full)]
        pub(crate) fn $counted(
            cx: &Cx,
            options: u64,
            buffer: Ptr<$unit>,
            buffer_count: usize,
            max_count: usize,
            format: $text,
            locale: Ptr<u8>,
            arglist: VaList,
        ) -> CrtResult<i32> {
            let _ = locale;
            let target = (buffer.address(), buffer_count);
            output::print_counted::<$unit>(cx, Dialect::ucrt(options), target, max_count, format.address(), arglist)
        }
    )*};
}
print! {
    u8, PCSTR: __stdio_common_vfprintf __stdio_common_vfprintf_s __stdio_common_vfprintf_p
        __stdio_common_vsprintf __stdio_common_vsprintf_s __stdio_common_vsnprintf_s;
    u16, PCWSTR: __stdio_common_vfwprintf __stdio_common_vfwprintf_s __stdio_common_vfwprintf_p
        __stdio_common_vswprintf __stdio_common_vswprintf_s __stdio_common_vsnwprintf_s;
}

/// Reads formatted text from a buffer.
#[shim(full)]
pub(crate) fn __stdio_common_vsscanf(
    cx: &Cx,
    options: u64,
    buffer: PCSTR,
    buffer_count: usize,
    format: PCSTR,
    locale: Ptr<u8>,
    arglist: VaList,
) -> CrtResult<i32> {
    let _ = locale;
    scan::from_text::<u8>(cx, scan::ucrt(cx, options), buffer.address(), buffer_count, format.address(), arglist)
}

/// Reads formatted wide text from a buffer.
#[shim(full)]
pub(crate) fn __stdio_common_vswscanf(
    cx: &Cx,
    options: u64,
    buffer: PCWSTR,
    buffer_count: usize,
    format: PCWSTR,
    locale: Ptr<u8>,
    arglist: VaList,
) -> CrtResult<i32> {
    let _ = locale;
    scan::from_text::<u16>(cx, scan::ucrt(cx, options), buffer.address(), buffer_count, format.address(), arglist)
}

/// Reads formatted text from a stream.
#[shim(full)]
pub(crate) fn __stdio_common_vfscanf(
    cx: &Cx,
    options: u64,
    stream: FILE,
    format: PCSTR,
    locale: Ptr<u8>,
    arglist: VaList,
) -> CrtResult<i32> {
    let _ = locale;
    scan::from_stream::<u8>(cx, scan::ucrt(cx, options), stream.address(), format.address(), arglist)
}

/// Reads formatted wide text from a stream.
#[shim(full)]
pub(crate) fn __stdio_common_vfwscanf(
    cx: &Cx,
    options: u64,
    stream: FILE,
    format: PCWSTR,
    locale: Ptr<u8>,
    arglist: VaList,
) -> CrtResult<i32> {
    let _ = locale;
    scan::from_stream::<u16>(cx, scan::ucrt(cx, options), stream.address(), format.address(), arglist)
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn options_choose_how_a_buffer_is_closed() {
        testing::run(crate::dlls(), None, |guest| {
            let (buffer, format) = (guest.buffer(16), guest.ansi("abcdef"));
            let print = |options: u64, size: u64| {
                guest.call("ucrtbase!__stdio_common_vsprintf", &[options, buffer, size, format, 0, 0]) as i32
            };
            assert_eq!([print(0, 3), print(1, 3), print(2, 3), print(0, 7)], [-2, -1, 6, 6]);
            assert_eq!(guest.read::<[u8; 7]>(buffer), *b"abcdef\0");
        });
    }
}
