//! stdio.h: the `scanf` functions.

use abi::{CrtResult, Errno, Fault, PCSTR, PCWSTR, Refusal, VaList, shim};
use syscall_xlate::Cx;

use super::FILE;
use super::guest_args::GuestArgs;
use crate::crt::encoding::Encoding;
use crate::crt::files::{Handle, Use, with_file};
use crate::crt::guest::{GuestUnit, at, ok, read_text};
use crate::crt::locale;
use crate::crt::number::RealGrammar;
use crate::crt::scan::{Dialect, ScanError, Source, scan};
use crate::crt::stream::wide::WideError;
use crate::crt::stream::{Settings, Stream};
use crate::crt::variables::standard_stream;

/// msvcrt.dll's rules.
fn msvcrt(cx: &Cx, secure: bool) -> Dialect {
    Dialect { reals: RealGrammar::Legacy, legacy_wide: true, secure, encoding: locale::encoding(cx) }
}

/// The newer runtime's rules, by its option bits (`_CRT_INTERNAL_SCANF_*`).
pub(super) fn ucrt(cx: &Cx, options: u64) -> Dialect {
    Dialect {
        reals: if options & 4 != 0 { RealGrammar::Legacy } else { RealGrammar::C99 },
        legacy_wide: options & 2 != 0,
        secure: options & 1 != 0,
        encoding: locale::encoding(cx),
    }
}

/// Text in guest memory.
struct TextSource<U> {
    address: u64,
    index: usize,
    limit: usize,
    ended: bool,
    unit: std::marker::PhantomData<U>,
}

impl<U: GuestUnit> Source<U> for TextSource<U> {
    type Error = Refusal<Errno>;
    fn next(&mut self) -> Result<Option<U>, Self::Error> {
        if self.ended || self.index >= self.limit {
            return Ok(None);
        }
        let unit = U::load(at::<U>(self.address, self.index))?;
        if unit.into() == 0 {
            self.ended = true;
            return Ok(None);
        }
        self.index += 1;
        Ok(Some(unit))
    }
    fn unget(&mut self, _: U) {
        self.index -= 1;
        self.ended = false;
    }
}

/// A stream.
pub(super) struct StreamSource<'a, 'c> {
    stream: &'a mut Stream,
    handle: &'a mut Handle<'c>,
    settings: Settings,
    encoding: Encoding,
}

impl Source<u8> for StreamSource<'_, '_> {
    type Error = Refusal<Errno>;
    fn next(&mut self) -> Result<Option<u8>, Self::Error> {
        Ok(self.stream.get(self.handle, self.settings)?)
    }
    fn unget(&mut self, unit: u8) {
        self.stream.unget(unit);
    }
}

impl Source<u16> for StreamSource<'_, '_> {
    type Error = Refusal<Errno>;
    fn next(&mut self) -> Result<Option<u16>, Self::Error> {
        self.stream.get_wide(self.handle, self.settings, self.encoding).map_err(|error| match error {
            WideError::Raw(error) => error.into(),
            WideError::Encoding => Errno::EILSEQ.into(),
        })
    }
    fn unget(&mut self, unit: u16) {
        self.stream.unget_wide(unit);
    }
}

fn refusal(error: ScanError<Refusal<Errno>, Fault>) -> Refusal<Errno> {
    match error {
        ScanError::Source(refusal) => refusal,
        ScanError::Targets(fault) => fault.into(),
    }
}

/// Scans text of at most `limit` units.
pub(super) fn from_text<U: GuestUnit>(
    cx: &Cx,
    dialect: Dialect,
    text: u64,
    limit: usize,
    format: u64,
    list: VaList,
) -> CrtResult<i32> {
    if text == 0 || format == 0 {
        return Err(Errno::EINVAL.into());
    }
    let format = read_text::<U>(format)?;
    let mut source = TextSource::<U> { address: text, index: 0, limit, ended: false, unit: std::marker::PhantomData };
    let mut targets = GuestArgs { list, encoding: locale::encoding(cx) };
    ok(scan(dialect, &format, &mut source, &mut targets).map_err(refusal)?)
}

/// Scans a stream.
pub(super) fn from_stream<U: GuestUnit>(
    cx: &Cx,
    dialect: Dialect,
    stream: u64,
    format: u64,
    list: VaList,
) -> CrtResult<i32>
where
    for<'a, 'c> StreamSource<'a, 'c>: Source<U, Error = Refusal<Errno>>,
{
    if format == 0 {
        return Err(Errno::EINVAL.into());
    }
    let encoding = locale::encoding(cx);
    let format = read_text::<U>(format)?;
    let mut targets = GuestArgs { list, encoding };
    with_file(cx, stream, Use::Read, |_, stream, handle, settings| {
        let mut source = StreamSource { stream, handle, settings, encoding };
        ok(scan(dialect, &format, &mut source, &mut targets).map_err(refusal)?)
    })
}

macro_rules! scans {
    ($($unit:ty, $text:ty, $secure:literal: $stdin:ident $stream:ident $buffer:ident;)*) => {$(
        /// Reads formatted text from standard input.
        #[shim(full, variadic)]
        pub(crate) fn $stdin(cx: &Cx, format: $text, argptr: VaList) -> CrtResult<i32> {
            from_stream::<$unit>(cx, msvcrt(cx, $secure), standard_stream(cx, 0)?, format.address(), argptr)
        }

        /// Reads formatted text from a stream.
        #[shim(full, variadic)]
        pub(crate) fn $stream(cx: &Cx, stream: FILE, format: $text, argptr: VaList) -> CrtResult<i32> {
            from_stream::<$unit>(cx, msvcrt(cx, $secure), stream.address(), format.address(), argptr)
        }

        /// Reads formatted text from a string.
        #[shim(full, variadic)]
        pub(crate) fn $buffer(cx: &Cx, buffer: $text, format: $text, argptr: VaList) -> CrtResult<i32> {
            from_text::<$unit>(cx, msvcrt(cx, $secure), buffer.address(), usize::MAX, format.address(), argptr)
        }
    )*};
}
scans! {
    u8, PCSTR, false: scanf fscanf sscanf;
    u8, PCSTR, true: scanf_s fscanf_s sscanf_s;
    u16, PCWSTR, false: wscanf fwscanf swscanf;
    u16, PCWSTR, true: wscanf_s fwscanf_s swscanf_s;
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn results_are_stored_where_the_arguments_point() {
        testing::run(crate::dlls(), None, |guest| {
            let (number, word) = (guest.buffer(4), guest.buffer(16));
            let (text, format) = (guest.ansi("12 apples"), guest.ansi("%d %s"));
            assert_eq!(guest.call("msvcrt!sscanf", &[text, format, number, word]), 2);
            assert_eq!(guest.read::<u32>(number), 12);
            assert_eq!(guest.read::<[u8; 7]>(word), *b"apples\0");
        });
    }
}
