//! Where formatted text goes: a stream, a buffer of a given size, or nowhere, to be counted.

use abi::{CrtResult, Errno, Fault, Ptr, Refusal, VaList};
use syscall_xlate::Cx;

use super::guest_args::GuestArgs;
use crate::crt::encoding::Encoding;
use crate::crt::files::{Handle, Use, with_file};
use crate::crt::format::{self, Dialect, FormatError, Sink, Unit};
use crate::crt::guest::{GuestUnit, at, ok};
use crate::crt::locale;
use crate::crt::stream::wide::WideError;
use crate::crt::stream::{Settings, Stream};

/// The result of a formatted call: the count, or -1 with `errno`, or the guest's fault.
type Printed = Result<i32, Refusal<Errno>>;

/// `EOVERFLOW` of the SDK's `errno.h`.
const EOVERFLOW: Errno = Errno(132);

fn refusal<S: Into<Refusal<Errno>>>(error: FormatError<Fault, S>) -> Refusal<Errno> {
    match error {
        FormatError::Args(fault) => fault.into(),
        FormatError::Sink(error) => error.into(),
        FormatError::Unencodable => Errno::EILSEQ.into(),
        FormatError::TooLong => EOVERFLOW.into(),
        FormatError::Invalid => Errno::EINVAL.into(),
    }
}

/// A stream that takes text.
pub(super) struct StreamSink<'a, 'c> {
    stream: &'a mut Stream,
    handle: &'a mut Handle<'c>,
    settings: Settings,
    encoding: Encoding,
}

impl Sink<u8> for StreamSink<'_, '_> {
    type Error = Errno;
    fn put(&mut self, units: &[u8]) -> Result<(), Errno> {
        self.stream.put(self.handle, self.settings, units)
    }
}

impl Sink<u16> for StreamSink<'_, '_> {
    type Error = Errno;
    fn put(&mut self, units: &[u16]) -> Result<(), Errno> {
        self.stream.put_wide(self.handle, self.settings, self.encoding, units).map_err(|error| match error {
            WideError::Raw(error) => error,
            WideError::Encoding => Errno::EILSEQ,
        })
    }
}

/// Formats to a stream.
pub(super) fn to_stream<U: GuestUnit>(cx: &Cx, dialect: Dialect, stream: u64, text: u64, list: VaList) -> Printed
where
    for<'a, 'c> StreamSink<'a, 'c>: Sink<U, Error = Errno>,
{
    if text == 0 {
        return Err(Errno::EINVAL.into());
    }
    let encoding = locale::encoding(cx);
    let text = crate::crt::guest::read_text::<U>(text)?;
    let mut args = GuestArgs { list, encoding };
    with_file(cx, stream, Use::Write, |_, stream, handle, settings| {
        if settings.translation.is_wide() && !U::WIDE {
            // A stream in a Unicode mode takes wide functions only.
            return Err(Errno::EINVAL.into());
        }
        let mut sink = StreamSink { stream, handle, settings, encoding };
        let result = format::format(dialect, &text, &mut args, &mut sink).map_err(refusal);
        stream.settle(handle, settings)?;
        result
    })
}

/// A buffer in guest memory: takes what fits, counts all.
struct BufferSink<U> {
    address: u64,
    room: usize,
    taken: usize,
    unit: std::marker::PhantomData<U>,
}

impl<U: GuestUnit> Sink<U> for BufferSink<U> {
    type Error = Fault;
    fn put(&mut self, units: &[U]) -> Result<(), Fault> {
        let now = units.len().min(self.room - self.taken);
        if now > 0 {
            Ptr::<U>::at(at::<U>(self.address, self.taken)).write_slice(&units[..now])?;
            self.taken += now;
        }
        Ok(())
    }
}

/// What a formatted call into a buffer came to.
pub(super) struct Filled {
    /// The length of the whole text.
    pub(super) length: usize,
    /// Whether all of it is in the buffer.
    pub(super) fits: bool,
}

/// Formats to a buffer of `size` units; no closing zero.
pub(super) fn to_buffer<U: GuestUnit>(
    cx: &Cx,
    dialect: Dialect,
    buffer: u64,
    size: usize,
    text: u64,
    list: VaList,
) -> Result<Filled, Refusal<Errno>> {
    if text == 0 {
        return Err(Errno::EINVAL.into());
    }
    let text = crate::crt::guest::read_text::<U>(text)?;
    let mut args = GuestArgs { list, encoding: locale::encoding(cx) };
    let mut sink = BufferSink::<U> { address: buffer, room: size, taken: 0, unit: std::marker::PhantomData };
    let length = format::format(dialect, &text, &mut args, &mut sink).map_err(refusal)? as usize;
    Ok(Filled { length, fits: length <= size })
}

/// The closing rule of a formatted call into a buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// As `_snprintf`: a closing zero only where there is room, -1 where the text does not fit.
    WhereRoom,
    /// As `snprintf` of C99: always a closing zero; the whole length.
    Always,
    /// As `vsprintf_s`: a text that does not fit, closing zero included, leaves an empty buffer and is an error.
    OrEmpty,
    /// As the wide functions of the newer runtime: a closing zero always; -2 where the text does not fit.
    OrMinusTwo,
}

/// Formats to a buffer of `size` units and closes it.
pub(super) fn print_to_buffer<U: GuestUnit>(
    cx: &Cx,
    dialect: Dialect,
    (buffer, size): (u64, usize),
    closing: Closing,
    text: u64,
    list: VaList,
) -> CrtResult<i32> {
    if buffer == 0 && size > 0 {
        return Err(Errno::EINVAL.into());
    }
    let zero = U::from(0);
    if buffer == 0 {
        let filled = to_buffer::<U>(cx, dialect, 0, 0, text, list)?;
        return ok(filled.length as i32);
    }
    let filled = match to_buffer::<U>(cx, dialect, buffer, size, text, list) {
        Ok(filled) => filled,
        Err(error) => {
            if size > 0 && matches!(error, Refusal::Fails(_)) {
                U::store(buffer, zero)?;
            }
            return Err(error);
        }
    };
    if filled.length < size {
        U::store(at::<U>(buffer, filled.length), zero)?;
        return ok(filled.length as i32);
    }
    match closing {
        Closing::WhereRoom => ok(if filled.fits { filled.length as i32 } else { -1 }),
        Closing::Always | Closing::OrMinusTwo => {
            if size > 0 {
                U::store(at::<U>(buffer, size - 1), zero)?;
            }
            ok(if closing == Closing::Always { filled.length as i32 } else { -2 })
        }
        Closing::OrEmpty => {
            if size > 0 {
                U::store(buffer, zero)?;
            }
            Err(Errno::ERANGE.into())
        }
    }
}

/// `_snprintf_s`: at most `count` units (`_TRUNCATE`: what fits) and always a closing zero.
pub(super) fn print_counted<U: GuestUnit>(
    cx: &Cx,
    dialect: Dialect,
    (buffer, size): (u64, usize),
    count: usize,
    text: u64,
    list: VaList,
) -> CrtResult<i32> {
    if buffer == 0 && size == 0 && count == 0 {
        return ok(0);
    }
    if buffer == 0 || size == 0 {
        return Err(Errno::EINVAL.into());
    }
    let room = count.min(size - 1);
    let filled = match to_buffer::<U>(cx, dialect, buffer, room, text, list) {
        Ok(filled) => filled,
        Err(error) => {
            if matches!(error, Refusal::Fails(_)) {
                U::store(buffer, U::from(0))?;
            }
            return Err(error);
        }
    };
    if filled.fits {
        U::store(at::<U>(buffer, filled.length), U::from(0))?;
        return ok(filled.length as i32);
    }
    if count < size || count == usize::MAX {
        U::store(at::<U>(buffer, room), U::from(0))?;
        return ok(-1);
    }
    U::store(buffer, U::from(0))?;
    Err(Errno::ERANGE.into())
}

/// Counts what formatting would give.
pub(super) fn count<U: GuestUnit + Unit>(cx: &Cx, dialect: Dialect, text: u64, list: VaList) -> CrtResult<i32> {
    ok(to_buffer::<U>(cx, dialect, 0, 0, text, list)?.length as i32)
}
