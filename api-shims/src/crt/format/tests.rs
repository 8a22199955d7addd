//! The grammar, against output recorded from programs that call the two runtimes' `sprintf`.

use super::*;

/// One argument.
#[derive(Clone)]
enum Arg {
    Int(i64),
    Real(f64),
    Text(&'static str),
    Wide(&'static str),
    Null,
}

impl From<i32> for Arg {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}
impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<f64> for Arg {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}
impl From<&'static str> for Arg {
    fn from(value: &'static str) -> Self {
        Self::Text(value)
    }
}

/// Arguments whose strings live in a list; an address is an index plus one.
struct List {
    args: std::vec::IntoIter<Arg>,
    strings: Vec<Arg>,
    stored: Vec<(u64, i64, usize)>,
}

#[derive(Debug, PartialEq)]
struct Missing;

impl Args for List {
    type Error = Missing;
    fn int32(&mut self) -> Result<i32, Missing> {
        self.int64().map(|value| value as i32)
    }
    fn int64(&mut self) -> Result<i64, Missing> {
        match self.args.next() {
            Some(Arg::Int(value)) => Ok(value),
            _ => Err(Missing),
        }
    }
    fn double(&mut self) -> Result<f64, Missing> {
        match self.args.next() {
            Some(Arg::Real(value)) => Ok(value),
            _ => Err(Missing),
        }
    }
    fn pointer(&mut self) -> Result<u64, Missing> {
        match self.args.next() {
            Some(Arg::Null) => Ok(0),
            Some(Arg::Int(value)) => Ok(value as u64),
            Some(text) => {
                self.strings.push(text);
                Ok(self.strings.len() as u64)
            }
            None => Err(Missing),
        }
    }
    fn narrow(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u8>, Missing> {
        match self.strings.get(address as usize - 1) {
            Some(Arg::Text(text)) => Ok(text.bytes().take(limit.unwrap_or(usize::MAX)).collect()),
            _ => Err(Missing),
        }
    }
    fn wide(&mut self, address: u64, limit: Option<usize>) -> Result<Vec<u16>, Missing> {
        match self.strings.get(address as usize - 1) {
            Some(Arg::Wide(text)) => Ok(text.encode_utf16().take(limit.unwrap_or(usize::MAX)).collect()),
            _ => Err(Missing),
        }
    }
    fn counted(&mut self, address: u64) -> Result<(usize, u64), Missing> {
        Ok((2, address))
    }
    fn store(&mut self, address: u64, value: i64, bytes: usize) -> Result<(), Missing> {
        self.stored.push((address, value, bytes));
        Ok(())
    }
}

fn run(dialect: Dialect, text: &str, args: Vec<Arg>) -> Result<String, FormatError<Missing, std::convert::Infallible>> {
    let mut list = List { args: args.into_iter(), strings: Vec::new(), stored: Vec::new() };
    let mut out: Vec<u8> = Vec::new();
    let count = format(dialect, text.as_bytes(), &mut list, &mut out)?;
    assert_eq!(count as usize, out.len());
    Ok(out.into_iter().map(char::from).collect())
}

fn run_wide(dialect: Dialect, text: &str, args: Vec<Arg>) -> String {
    let mut list = List { args: args.into_iter(), strings: Vec::new(), stored: Vec::new() };
    let mut out: Vec<u16> = Vec::new();
    let text: Vec<u16> = text.encode_utf16().collect();
    format(dialect, &text, &mut list, &mut out).expect("formats");
    String::from_utf16_lossy(&out)
}

macro_rules! both {
    ($($format:literal $(, $arg:expr)* => $expected:literal;)*) => {$(
        for dialect in [Dialect::MSVCRT, Dialect::ucrt(0)] {
            assert_eq!(run(dialect, $format, vec![$(Arg::from($arg)),*]).as_deref(), Ok($expected), "{}", $format);
        }
    )*};
}

#[test]
fn integers_follow_flags_width_and_precision() {
    both! {
        "%d", -1 => "-1";
        "%+.3d", 5 => "+005";
        "% d", 5 => " 5";
        "%-5d|", 5 => "5    |";
        "%05d", -5 => "-0005";
        "%-05d|", 5 => "5    |";
        "%.0d", 0 => "";
        "%5.0d|", 0 => "     |";
        "%#x", 255 => "0xff";
        "%#X", 0 => "0";
        "%#o", 8 => "010";
        "%#08x", 1 => "0x000001";
        "%#-8x|", 1 => "0x1     |";
        "%+u", 3 => "3";
        "%-+ #0d", 7 => "+7";
        "%*d|", -5, 3 => "3    |";
        "%.*d|", -1, 3 => "3|";
        "%.d|", 0 => "|";
    }
}

#[test]
fn sizes_say_how_much_of_an_argument_counts() {
    both! {
        "%I64d", -1i64 => "-1";
        "%I32d", -1 => "-1";
        "%Id", -1i64 => "-1";
        "%lld", -1i64 => "-1";
        "%hd", 70000 => "4464";
        "%hu", -1 => "65535";
        "%ld", -1 => "-1";
        "%lx", 0x1_0000_0001i64 => "1";
        "%llx", 1i64 << 40 => "10000000000";
        "%zu", 1i64 << 40 => "1099511627776";
        "%ju", 1i64 << 40 => "1099511627776";
        "%tu", 1i64 << 40 => "1099511627776";
    }
    assert_eq!(run(Dialect::MSVCRT, "%hhx", vec![0x1234.into()]).as_deref(), Ok("1234"));
    assert_eq!(run(Dialect::ucrt(0), "%hhx", vec![0x1234.into()]).as_deref(), Ok("34"));
}

#[test]
fn pointers_have_all_their_digits_in_upper_case() {
    both! {
        "%p", 0x12ab => "00000000000012AB";
        "%#p", 18 => "0X0000000000000012";
        "%20p|", 18 => "    0000000000000012|";
    }
}

#[test]
fn text_is_cut_by_the_precision_and_null_is_named() {
    both! {
        "%s", "abc" => "abc";
        "%.2s|", "abc" => "ab|";
        "%5s|", "ab" => "   ab|";
        "%-5s|", "ab" => "ab   |";
        "%05s|", "ab" => "000ab|";
        "%5c|", 120 => "    x|";
        "%s", Arg::Null => "(null)";
        "%.3s|", Arg::Null => "(nu|";
        "%S", Arg::Wide("wide") => "wide";
        "%ls", Arg::Wide("wide") => "wide";
        "%ws", Arg::Wide("wide") => "wide";
        "%hs", "narrow" => "narrow";
        "%hS", "narrow" => "narrow";
        "%Z", "counted" => "co";
    }
}

#[test]
fn a_wide_string_outside_the_locale_is_refused() {
    assert_eq!(run(Dialect::MSVCRT, "%S", vec![Arg::Wide("a\u{100}")]), Err(FormatError::Unencodable));
    assert_eq!(run(Dialect::MSVCRT, "%lc|", vec![0x100.into()]).as_deref(), Ok("|"));
}

#[test]
fn characters_without_a_meaning_are_copied() {
    both! {
        "%k" => "k";
        "%y|" => "y|";
        "abc%" => "abc";
        "%5" => "";
        "100%%" => "100%";
        "%qd" => "qd";
        "%I6d" => "I6d";
        "%I65d" => "I65d";
        "%.-3d|" => "-3d|";
    }
}

#[test]
fn reals_differ_between_the_runtimes() {
    for (format, value, old, new) in [
        ("%e", 1e-5, "1.000000e-005", "1.000000e-05"),
        ("%10.2f|", f64::INFINITY, "      1.#J|", "       inf|"),
        ("%010f", f64::INFINITY, "001.#INF00", "       inf"),
        ("%+f", f64::INFINITY, "+1.#INF00", "+inf"),
        ("%G", f64::NAN, "1.#QNAN", "NAN"),
        ("%F", 1.5, "", "1.500000"),
        ("%08.2f", -1.5, "-0001.50", "-0001.50"),
        ("%#.0f", 1.0, "1.", "1."),
        ("%030a", -0.1, "-0x0000000001.999999999999ap-4", "-0x0000000001.999999999999ap-4"),
    ] {
        assert_eq!(run(Dialect::MSVCRT, format, vec![value.into()]).as_deref(), Ok(old), "{format}");
        assert_eq!(run(Dialect::ucrt(0), format, vec![value.into()]).as_deref(), Ok(new), "{format}");
    }
}

#[test]
fn wide_functions_swap_the_string_conversions() {
    assert_eq!(
        run_wide(Dialect::MSVCRT, "%s %S %hs", vec![Arg::Wide("w\u{100}"), "n".into(), "h".into()]),
        "w\u{100} n h"
    );
    assert_eq!(run_wide(Dialect::ucrt(0), "%s %S", vec!["n".into(), Arg::Wide("w")]), "n w");
    assert_eq!(run_wide(Dialect::ucrt(4), "%s %S", vec![Arg::Wide("w"), "n".into()]), "w n");
}

#[test]
fn counting_output_stores_or_is_refused() {
    let mut list = List { args: vec![Arg::Int(64)].into_iter(), strings: Vec::new(), stored: Vec::new() };
    let mut out: Vec<u8> = Vec::new();
    assert_eq!(format(Dialect::MSVCRT, b"abc%hn", &mut list, &mut out), Ok(3));
    assert_eq!(list.stored, [(64, 3, 2)]);
    assert_eq!(run(Dialect::ucrt(0), "%n", vec![64.into()]), Err(FormatError::Invalid));
}

/// Counts and keeps nothing.
struct Count(usize);

impl Sink<u8> for Count {
    type Error = std::convert::Infallible;
    fn put(&mut self, units: &[u8]) -> Result<(), Self::Error> {
        self.0 += units.len();
        Ok(())
    }
}

#[test]
fn more_output_than_an_int_can_say_is_an_error() {
    let mut list = List { args: vec![Arg::Int(1), Arg::Int(1)].into_iter(), strings: Vec::new(), stored: Vec::new() };
    let mut sink = Count(0);
    assert_eq!(format(Dialect::MSVCRT, b"%2000000000d%2000000000d", &mut list, &mut sink), Err(FormatError::TooLong));
    assert_eq!(run(Dialect::MSVCRT, "%9999999999d", vec![1.into()]), Err(FormatError::Invalid));
}
