//! One conversion specification: `%[flags][width][.precision][size]type`.

use super::{Args, Dialect, FormatError, Unit};

/// The size prefix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Size {
    /// None.
    Default,
    /// `hh`
    Char,
    /// `h`
    Short,
    /// `l`: 32 bits for integers, wide for text.
    Long,
    /// `w`: wide text.
    Wide,
    /// `ll`, `I64`, `j`
    Int64,
    /// `I`, `z`, `t`: as wide as an address.
    Pointer,
    /// `L`, `I32`: as the default.
    Same,
}

impl Size {
    /// Bytes that `%n` stores.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Char => 1,
            Self::Short => 2,
            Self::Int64 => 8,
            _ => 4,
        }
    }
}

/// A parsed specification.
#[derive(Clone, Copy)]
pub(super) struct Spec<U> {
    pub(super) left: bool,
    pub(super) plus: bool,
    pub(super) space: bool,
    pub(super) alternate: bool,
    pub(super) zero: bool,
    pub(super) width: usize,
    pub(super) precision: Option<usize>,
    pub(super) size: Size,
    /// The type character; `None` where the format ends before it.
    pub(super) conversion: Option<U>,
}

/// A specification and what follows it, or why arguments for it are missing.
type Parsed<'a, U, A, SE> = Result<(Spec<U>, &'a [U]), FormatError<<A as Args>::Error, SE>>;

/// Reads one specification from `text`, which starts behind the `%`; `*` takes its number from `args`. Gives what follows it too.
pub(super) fn parse<'a, U: Unit, A: Args, SE>(dialect: Dialect, text: &'a [U], args: &mut A) -> Parsed<'a, U, A, SE> {
    let mut spec = Spec {
        left: false,
        plus: false,
        space: false,
        alternate: false,
        zero: false,
        width: 0,
        precision: None,
        size: Size::Default,
        conversion: None,
    };
    let mut rest = text;
    loop {
        match first(rest) {
            b'-' => spec.left = true,
            b'+' => spec.plus = true,
            b' ' => spec.space = true,
            b'#' => spec.alternate = true,
            b'0' => spec.zero = true,
            _ => break,
        }
        rest = skip(rest, 1);
    }
    if first(rest) == b'*' {
        let width = args.int32().map_err(FormatError::Args)?;
        spec.left |= width < 0;
        spec.width = width.unsigned_abs() as usize;
        rest = skip(rest, 1);
    } else {
        (spec.width, rest) = number(rest).ok_or(FormatError::Invalid)?;
    }
    if first(rest) == b'.' {
        rest = skip(rest, 1);
        if first(rest) == b'*' {
            spec.precision = usize::try_from(args.int32().map_err(FormatError::Args)?).ok();
            rest = skip(rest, 1);
        } else {
            let precision;
            (precision, rest) = number(rest).ok_or(FormatError::Invalid)?;
            spec.precision = Some(precision);
        }
    }
    rest = size(dialect, &mut spec, rest);
    spec.conversion = rest.first().copied();
    Ok((spec, skip(rest, 1)))
}

fn size<'a, U: Unit>(dialect: Dialect, spec: &mut Spec<U>, mut rest: &'a [U]) -> &'a [U] {
    loop {
        let (size, length) = match (first(rest), first(skip(rest, 1))) {
            (b'h', b'h') if dialect.c99 => (Size::Char, 2),
            (b'h', _) => (Size::Short, 1),
            (b'l', b'l') => (Size::Int64, 2),
            (b'l', _) => (Size::Long, 1),
            (b'w', _) => (Size::Wide, 1),
            (b'j', _) => (Size::Int64, 1),
            (b'z' | b't', _) => (Size::Pointer, 1),
            (b'L' | b'T', _) => (Size::Same, 1),
            (b'F' | b'N', _) if !dialect.c99 => (spec.size, 1),
            (b'I', next) => match (next, first(skip(rest, 2))) {
                (b'6', b'4') => (Size::Int64, 3),
                (b'3', b'2') => (Size::Same, 3),
                // A lone `I` is a size only before an integer type; elsewhere it is an unknown type.
                (b'd' | b'i' | b'o' | b'u' | b'x' | b'X', _) => (Size::Pointer, 1),
                _ => return rest,
            },
            _ => return rest,
        };
        spec.size = size;
        rest = skip(rest, length);
    }
}

fn first<U: Unit>(text: &[U]) -> u8 {
    text.first().map_or(0, |unit| unit.ascii())
}

fn skip<U>(text: &[U], count: usize) -> &[U] {
    text.get(count..).unwrap_or(&[])
}

/// The decimal number that `text` starts with (0 without digits); `None` where it is no `int`.
fn number<U: Unit>(mut text: &[U]) -> Option<(usize, &[U])> {
    let mut value: i32 = 0;
    while first(text).is_ascii_digit() {
        value = value.checked_mul(10)?.checked_add(i32::from(first(text) - b'0'))?;
        text = skip(text, 1);
    }
    Some((usize::try_from(value).ok()?, text))
}
