//! The `printf` engine: Microsoft's format grammar over narrow or wide text, for both C runtimes.
//!
//! It knows nothing of guests: arguments and strings come through [`Args`], output leaves through [`Sink`].
//! <https://learn.microsoft.com/cpp/c-runtime-library/format-specification-syntax-printf-and-wprintf-functions>

pub mod float;
mod spec;

pub use float::Ties;
use spec::{Size, Spec};

/// A unit of text: `u8` in the narrow functions, `u16` in the wide ones.
pub trait Unit: Copy + Eq + From<u8> + 'static {
    /// Whether this is the wide unit.
    const WIDE: bool;
    /// The unit as ASCII, or 0 where it is not.
    fn ascii(self) -> u8;
    /// Narrow text as text of this unit; `None` where a character has no equal.
    fn from_narrow<A: Args + ?Sized>(text: Vec<u8>, args: &mut A) -> Option<Vec<Self>>;
    /// Wide text as text of this unit; `None` where a character has no equal.
    fn from_wide<A: Args + ?Sized>(text: Vec<u16>, args: &mut A) -> Option<Vec<Self>>;
}

impl Unit for u8 {
    const WIDE: bool = false;
    fn ascii(self) -> u8 {
        if self.is_ascii() { self } else { 0 }
    }
    fn from_narrow<A: Args + ?Sized>(text: Vec<u8>, _: &mut A) -> Option<Vec<u8>> {
        Some(text)
    }
    fn from_wide<A: Args + ?Sized>(text: Vec<u16>, args: &mut A) -> Option<Vec<u8>> {
        args.narrowed(&text)
    }
}

impl Unit for u16 {
    const WIDE: bool = true;
    fn ascii(self) -> u8 {
        u8::try_from(self).ok().filter(u8::is_ascii).unwrap_or(0)
    }
    fn from_narrow<A: Args + ?Sized>(text: Vec<u8>, args: &mut A) -> Option<Vec<u16>> {
        args.widened(&text)
    }
    fn from_wide<A: Args + ?Sized>(text: Vec<u16>, _: &mut A) -> Option<Vec<u16>> {
        Some(text)
    }
}

/// Where arguments, and the strings they point to, come from.
pub trait Args {
    /// Why an argument or a string could not be read.
    type Error;
    /// The next argument, a 32-bit integer (or one promoted to it).
    fn int32(&mut self) -> Result<i32, Self::Error>;
    /// The next argument, a 64-bit integer.
    fn int64(&mut self) -> Result<i64, Self::Error>;
    /// The next argument, a double.
    fn double(&mut self) -> Result<f64, Self::Error>;
    /// The next argument, an address.
    fn pointer(&mut self) -> Result<u64, Self::Error>;
    /// Bytes at `address` up to a NUL or `limit`, whichever comes first.
    fn narrow(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u8>, Self::Error>;
    /// UTF-16 units at `address` up to a NUL or `limit`, whichever comes first.
    fn wide(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u16>, Self::Error>;
    /// The counted string structure at `address` (`ANSI_STRING` or `UNICODE_STRING`): its length in bytes and its buffer.
    fn counted(&mut self, address: u64) -> Result<(usize, u64), Self::Error>;
    /// Stores the low `bytes` bytes of `value` at `address` (`%n`).
    fn store(&mut self, address: u64, value: i64, bytes: usize) -> Result<(), Self::Error>;
    /// Bytes of an address in the guest: 8, or 4 in a 32-bit one.
    fn pointer_bytes(&self) -> usize {
        8
    }
    /// Wide text in the locale's multibyte encoding; `None` where it has no such character. The "C" locale has the first 256.
    fn narrowed(&mut self, text: &[u16]) -> Option<Vec<u8>> {
        text.iter().map(|&unit| u8::try_from(unit).ok()).collect()
    }
    /// Multibyte text as wide text.
    fn widened(&mut self, text: &[u8]) -> Option<Vec<u16>> {
        Some(text.iter().map(|&byte| byte.into()).collect())
    }
}

/// Where formatted text goes.
pub trait Sink<U> {
    /// Why text could not be taken.
    type Error;
    /// Takes `units`.
    fn put(&mut self, units: &[U]) -> Result<(), Self::Error>;
}

impl<U: Copy> Sink<U> for Vec<U> {
    type Error = std::convert::Infallible;
    fn put(&mut self, units: &[U]) -> Result<(), Self::Error> {
        self.extend_from_slice(units);
        Ok(())
    }
}

/// What one C runtime, or one caller of it, does differently from another.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// How ties round.
    pub ties: Ties,
    /// At least three exponent digits.
    pub three_digit_exponent: bool,
    /// `1.#INF` instead of `inf`.
    pub legacy_infinity: bool,
    /// C99 in the grammar: `%F`, `hh`. The older runtime takes `F` and `N` for sizes (far and near) and ignores them.
    pub c99: bool,
    /// In wide functions `%s` is a wide string; ISO C has it narrow.
    pub legacy_wide: bool,
    /// `%n` stores; otherwise it is an invalid parameter.
    pub count_output: bool,
}

impl Dialect {
    /// msvcrt.dll.
    pub const MSVCRT: Self = Self {
        ties: Ties::Away,
        three_digit_exponent: true,
        legacy_infinity: true,
        c99: false,
        legacy_wide: true,
        count_output: true,
    };

    /// ucrtbase.dll, by the option bits of its `__stdio_common_*` functions (`_CRT_INTERNAL_PRINTF_*` in the SDK's
    /// `corecrt_stdio_config.h`).
    pub fn ucrt(options: u64) -> Self {
        let has = |bit: u32| options & (1 << bit) != 0;
        Self {
            ties: if has(5) { Ties::Even } else { Ties::Away },
            three_digit_exponent: has(4),
            legacy_infinity: has(3),
            c99: !has(3),
            legacy_wide: has(2),
            count_output: false,
        }
    }
}

/// Why formatting stopped.
#[derive(Debug, PartialEq, Eq)]
pub enum FormatError<A, S> {
    /// An argument or a string could not be read.
    Args(A),
    /// Output could not be written.
    Sink(S),
    /// A character does not exist in the locale's encoding (`EILSEQ`).
    Unencodable,
    /// The output is longer than an `int` can say (`EOVERFLOW`).
    TooLong,
    /// `%n` where it is disabled, or a width that is no `int` (`EINVAL`).
    Invalid,
}

/// Formats `format` with `args` into `sink`; gives the number of units written.
pub fn format<U: Unit, A: Args, S: Sink<U>>(
    dialect: Dialect,
    format: &[U],
    args: &mut A,
    sink: &mut S,
) -> Result<i32, FormatError<A::Error, S::Error>> {
    let mut writer = Writer { sink, written: 0, unit: std::marker::PhantomData, args: std::marker::PhantomData };
    let percent = U::from(b'%');
    let mut rest = format;
    while !rest.is_empty() {
        let literal = rest.iter().position(|&unit| unit == percent).unwrap_or(rest.len());
        let (text, tail) = rest.split_at(literal);
        writer.put(text)?;
        let Some(tail) = tail.get(1..) else { break };
        let (spec, tail) = spec::parse(dialect, tail, args)?;
        rest = tail;
        let Some(conversion) = spec.conversion else { break };
        convert(dialect, &spec, conversion, args, &mut writer)?;
    }
    Ok(writer.written)
}

type Failure<A, S, U> = FormatError<<A as Args>::Error, <S as Sink<U>>::Error>;

struct Writer<'a, U, A, S> {
    sink: &'a mut S,
    written: i32,
    unit: std::marker::PhantomData<U>,
    args: std::marker::PhantomData<A>,
}

impl<U: Unit, A: Args, S: Sink<U>> Writer<'_, U, A, S> {
    fn put(&mut self, units: &[U]) -> Result<(), Failure<A, S, U>> {
        if units.is_empty() {
            return Ok(());
        }
        let count = i32::try_from(units.len()).map_err(|_| FormatError::TooLong)?;
        self.written = self.written.checked_add(count).ok_or(FormatError::TooLong)?;
        self.sink.put(units).map_err(FormatError::Sink)
    }

    fn fill(&mut self, unit: u8, count: usize) -> Result<(), Failure<A, S, U>> {
        let block = [U::from(unit); 256];
        let mut left = count;
        while left > 0 {
            let now = left.min(block.len());
            self.put(&block[..now])?;
            left -= now;
        }
        Ok(())
    }

    /// One field: `prefix` (sign or base), then `zeros`, then `body`, padded to the width.
    fn field(
        &mut self,
        spec: &Spec<U>,
        prefix: &[u8],
        zeros: usize,
        body: &[U],
        zero_pad: bool,
    ) -> Result<(), Failure<A, S, U>> {
        let prefix: Vec<U> = prefix.iter().map(|&byte| U::from(byte)).collect();
        let padding = spec.width.saturating_sub(prefix.len() + zeros + body.len());
        if !spec.left && !zero_pad {
            self.fill(b' ', padding)?;
        }
        self.put(&prefix)?;
        if !spec.left && zero_pad {
            self.fill(b'0', padding)?;
        }
        self.fill(b'0', zeros)?;
        self.put(body)?;
        if spec.left { self.fill(b' ', padding) } else { Ok(()) }
    }
}

fn convert<U: Unit, A: Args, S: Sink<U>>(
    dialect: Dialect,
    spec: &Spec<U>,
    conversion: U,
    args: &mut A,
    writer: &mut Writer<'_, U, A, S>,
) -> Result<(), Failure<A, S, U>> {
    match conversion.ascii() {
        b'd' | b'i' => {
            let value = signed(spec.size, args).map_err(FormatError::Args)?;
            integer(spec, sign(spec, value < 0).as_bytes(), value.unsigned_abs(), 10, false, writer)
        }
        b'u' => {
            let value = unsigned(spec.size, args).map_err(FormatError::Args)?;
            integer(spec, b"", value, 10, false, writer)
        }
        b'o' => {
            let value = unsigned(spec.size, args).map_err(FormatError::Args)?;
            integer(spec, b"", value, 8, false, writer)
        }
        letter @ (b'x' | b'X') => {
            let value = unsigned(spec.size, args).map_err(FormatError::Args)?;
            let prefix: &[u8] = match letter {
                _ if !spec.alternate || value == 0 => b"",
                b'x' => b"0x",
                _ => b"0X",
            };
            integer(spec, prefix, value, 16, letter == b'X', writer)
        }
        b'p' => {
            let value = args.pointer().map_err(FormatError::Args)?;
            let spec = Spec { precision: Some(2 * args.pointer_bytes()), ..*spec };
            let prefix: &[u8] = if spec.alternate { b"0X" } else { b"" };
            integer(&spec, prefix, value, 16, true, writer)
        }
        letter @ (b'c' | b'C') => {
            let value = args.int32().map_err(FormatError::Args)?;
            let text = if is_wide(dialect, spec.size, letter == b'C', U::WIDE) {
                // The runtime writes an empty text for a single character it cannot encode (observed).
                U::from_wide(vec![value as u16], args).unwrap_or_default()
            } else {
                U::from_narrow(vec![value as u8], args).ok_or(FormatError::Unencodable)?
            };
            writer.field(spec, b"", 0, &text, spec.zero)
        }
        letter @ (b's' | b'S') => {
            let address = args.pointer().map_err(FormatError::Args)?;
            let wide = is_wide(dialect, spec.size, letter == b'S', U::WIDE);
            let text = string(spec, address, wide, spec.precision, args)?;
            writer.field(spec, b"", 0, &text, spec.zero)
        }
        b'Z' => {
            let address = args.pointer().map_err(FormatError::Args)?;
            let (bytes, buffer) =
                if address == 0 { (0, 0) } else { args.counted(address).map_err(FormatError::Args)? };
            let wide = is_wide(dialect, spec.size, false, false);
            let limit = if buffer == 0 { spec.precision } else { Some(if wide { bytes / 2 } else { bytes }) };
            let text = string(spec, buffer, wide, limit, args)?;
            writer.field(spec, b"", 0, &text, spec.zero)
        }
        letter @ (b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A') => {
            let value = args.double().map_err(FormatError::Args)?;
            real(dialect, spec, letter, value, writer)
        }
        b'n' => {
            if !dialect.count_output {
                return Err(FormatError::Invalid);
            }
            let address = args.pointer().map_err(FormatError::Args)?;
            args.store(address, writer.written.into(), spec.size.bytes()).map_err(FormatError::Args)
        }
        // A character without a meaning here is copied, as the documentation of the format fields says.
        _ => writer.put(&[conversion]),
    }
}

fn sign<U>(spec: &Spec<U>, negative: bool) -> &'static str {
    match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

fn signed<A: Args>(size: Size, args: &mut A) -> Result<i64, A::Error> {
    Ok(match size {
        Size::Char => i64::from(args.int32()? as i8),
        Size::Short => i64::from(args.int32()? as i16),
        Size::Int64 => args.int64()?,
        Size::Pointer if args.pointer_bytes() == 8 => args.int64()?,
        _ => i64::from(args.int32()?),
    })
}

fn unsigned<A: Args>(size: Size, args: &mut A) -> Result<u64, A::Error> {
    Ok(match size {
        Size::Char => u64::from(args.int32()? as u8),
        Size::Short => u64::from(args.int32()? as u16),
        Size::Int64 => args.int64()? as u64,
        Size::Pointer if args.pointer_bytes() == 8 => args.int64()? as u64,
        _ => u64::from(args.int32()? as u32),
    })
}

fn integer<U: Unit, A: Args, S: Sink<U>>(
    spec: &Spec<U>,
    prefix: &[u8],
    value: u64,
    radix: u64,
    upper: bool,
    writer: &mut Writer<'_, U, A, S>,
) -> Result<(), Failure<A, S, U>> {
    let mut digits = [0u8; 24];
    let mut start = digits.len();
    let mut left = value;
    while left > 0 {
        start -= 1;
        let digit = (left % radix) as u8;
        digits[start] = match digit {
            0..=9 => b'0' + digit,
            _ if upper => b'A' + digit - 10,
            _ => b'a' + digit - 10,
        };
        left /= radix;
    }
    let digits = &digits[start..];
    let mut zeros = spec.precision.unwrap_or(1).saturating_sub(digits.len());
    if radix == 8 && spec.alternate && zeros == 0 && !digits.is_empty() {
        zeros = 1;
    }
    let body: Vec<U> = digits.iter().map(|&digit| U::from(digit)).collect();
    writer.field(spec, prefix, zeros, &body, spec.zero && spec.precision.is_none())
}

/// Whether a character or string argument is wide: `l` and `w` say so, `h` says not; else `%s` is the function's own kind and
/// `%S` the other.
fn is_wide(dialect: Dialect, size: Size, opposite: bool, function_is_wide: bool) -> bool {
    match size {
        Size::Long | Size::Wide => true,
        Size::Short | Size::Char => false,
        _ => (function_is_wide && dialect.legacy_wide) != opposite,
    }
}

fn string<U: Unit, A: Args, SE>(
    spec: &Spec<U>,
    address: u64,
    wide: bool,
    limit: Option<usize>,
    args: &mut A,
) -> Result<Vec<U>, FormatError<A::Error, SE>> {
    if address == 0 {
        let shown = limit.unwrap_or(usize::MAX);
        return Ok(b"(null)".iter().take(shown).map(|&byte| U::from(byte)).collect());
    }
    let text = if wide {
        let text = args.wide(address, limit).map_err(FormatError::Args)?;
        U::from_wide(text, args)
    } else {
        let text = args.narrow(address, limit).map_err(FormatError::Args)?;
        U::from_narrow(text, args)
    };
    let mut text = text.ok_or(FormatError::Unencodable)?;
    if let Some(precision) = spec.precision {
        text.truncate(precision);
    }
    Ok(text)
}

fn real<U: Unit, A: Args, S: Sink<U>>(
    dialect: Dialect,
    spec: &Spec<U>,
    letter: u8,
    value: f64,
    writer: &mut Writer<'_, U, A, S>,
) -> Result<(), Failure<A, S, U>> {
    let style = float::Style {
        ties: dialect.ties,
        three_digit_exponent: dialect.three_digit_exponent,
        legacy_infinity: dialect.legacy_infinity,
        alternate: spec.alternate,
        upper: letter.is_ascii_uppercase(),
    };
    let text = float::text(value, letter.to_ascii_lowercase(), spec.precision, style);
    let missing = match letter {
        b'f' | b'F' if value.is_finite() => spec.precision.unwrap_or(0).saturating_sub(float::MAX_PRECISION),
        _ => 0,
    };
    let mut prefix = sign(spec, value.is_sign_negative()).to_owned();
    let mut body = text.as_str();
    if let Some(digits) = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")) {
        prefix.push_str(&body[..2]);
        body = digits;
    }
    let mut body: Vec<U> = body.bytes().map(U::from).collect();
    if missing > 0 {
        body.extend(std::iter::repeat_n(U::from(b'0'), missing));
    }
    writer.field(spec, prefix.as_bytes(), 0, &body, spec.zero && float::is_padded_with_zeros(value, style))
}

#[cfg(test)]
mod tests;
