//! Command line to `argv`, by the rules of Microsoft's C runtimes.
//!
//! <https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments>. The opposite, quoting, is
//! `syscall_xlate::cmdline`.

/// What two quotation marks in a row mean inside a quoted part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DoubledQuote {
    /// One literal mark, and the quoted part ends: msvcrt.dll.
    Ends,
    /// One literal mark, and the quoted part goes on: ucrtbase.dll (since Visual C++ 2008).
    Continues,
}

/// One argument.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Argument {
    /// Its text, quotation marks and escapes resolved.
    pub text: Vec<u16>,
    /// It has `*` or `?` outside quotation marks: a pattern, if the program wants patterns expanded.
    pub is_pattern: bool,
}

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;

fn is_blank(unit: u16) -> bool {
    unit == u16::from(b' ') || unit == u16::from(b'\t')
}

/// Splits a command line; the first argument, the program's name, has no escapes, only quotation marks.
pub fn parse(line: &[u16], doubled: DoubledQuote) -> Vec<Argument> {
    let (name, mut rest) = program_name(line);
    let mut arguments = vec![name];
    loop {
        let blanks = rest.iter().take_while(|&&unit| is_blank(unit)).count();
        rest = &rest[blanks..];
        if rest.is_empty() {
            return arguments;
        }
        let (argument, tail) = argument(rest, doubled);
        arguments.push(argument);
        rest = tail;
    }
}

fn program_name(line: &[u16]) -> (Argument, &[u16]) {
    let mut text = Vec::new();
    let mut quoted = false;
    for (index, &unit) in line.iter().enumerate() {
        if unit == QUOTE {
            quoted = !quoted;
        } else if is_blank(unit) && !quoted {
            return (Argument { text, is_pattern: false }, &line[index..]);
        } else {
            text.push(unit);
        }
    }
    (Argument { text, is_pattern: false }, &[])
}

fn argument(line: &[u16], doubled: DoubledQuote) -> (Argument, &[u16]) {
    let mut text = Vec::new();
    let mut is_pattern = false;
    let mut quoted = false;
    let mut index = 0;
    while let Some(&unit) = line.get(index) {
        if is_blank(unit) && !quoted {
            break;
        }
        let backslashes = line[index..].iter().take_while(|&&unit| unit == BACKSLASH).count();
        if backslashes > 0 {
            index += backslashes;
            if line.get(index) != Some(&QUOTE) {
                text.extend(std::iter::repeat_n(BACKSLASH, backslashes));
                continue;
            }
            text.extend(std::iter::repeat_n(BACKSLASH, backslashes / 2));
            if backslashes % 2 == 1 {
                text.push(QUOTE);
                index += 1;
            }
            continue;
        }
        if unit == QUOTE {
            if quoted && line.get(index + 1) == Some(&QUOTE) {
                text.push(QUOTE);
                index += 1;
                quoted = doubled == DoubledQuote::Continues;
            } else {
                quoted = !quoted;
            }
        } else {
            is_pattern |= !quoted && (unit == u16::from(b'*') || unit == u16::from(b'?'));
            text.push(unit);
        }
        index += 1;
    }
    (Argument { text, is_pattern }, &line[index..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(line: &str, doubled: DoubledQuote) -> Vec<String> {
        let line: Vec<u16> = line.encode_utf16().collect();
        parse(&line, doubled).into_iter().map(|argument| String::from_utf16_lossy(&argument.text)).collect()
    }

    #[test]
    fn microsoft_s_own_examples() {
        for doubled in [DoubledQuote::Ends, DoubledQuote::Continues] {
            assert_eq!(split(r#"p "abc" d e"#, doubled), ["p", "abc", "d", "e"]);
            assert_eq!(split(r#"p a\\b d"e f"g h"#, doubled), ["p", r"a\\b", "de fg", "h"]);
            assert_eq!(split(r#"p a\\\"b c d"#, doubled), ["p", r#"a\"b"#, "c", "d"]);
            assert_eq!(split(r#"p a\\\\"b c" d e"#, doubled), ["p", r"a\\b c", "d", "e"]);
            assert_eq!(split("p", doubled), ["p"]);
            assert_eq!(split("", doubled), [""]);
            assert_eq!(split(r#"p """#, doubled), ["p", ""]);
            assert_eq!(split("p \t a ", doubled), ["p", "a"]);
            assert_eq!(split(r#""p q"\x y"#, doubled), [r"p q\x", "y"]);
        }
        assert_eq!(split(r#"p a"b"" c d"#, DoubledQuote::Continues), ["p", r#"ab" c d"#]);
        assert_eq!(split(r#"p a"b"" c d"#, DoubledQuote::Ends), ["p", r#"ab""#, "c", "d"]);
    }

    #[test]
    fn only_unquoted_wildcards_make_a_pattern() {
        let line: Vec<u16> = r#"p * "*" a"?"b x?"#.encode_utf16().collect();
        let patterns: Vec<bool> = parse(&line, DoubledQuote::Ends).iter().map(|argument| argument.is_pattern).collect();
        assert_eq!(patterns, [false, true, false, false, true]);
    }

    #[test]
    fn quoting_is_undone_by_parsing() {
        // Every word of up to five of these characters, in several positions.
        let alphabet = ['a', ' ', '"', '\\', '\t'];
        let mut words = vec![String::new()];
        let mut previous = words.clone();
        for _ in 0..5 {
            previous = previous.iter().flat_map(|word| alphabet.map(|c| format!("{word}{c}"))).collect();
            words.extend(previous.iter().cloned());
        }
        for chunk in words.chunks(7) {
            let mut argv: Vec<Vec<u16>> = vec!["C:\\a b\\p.exe".encode_utf16().collect()];
            argv.extend(chunk.iter().map(|word| word.encode_utf16().collect()));
            let line = syscall_xlate::cmdline::join(&argv);
            for doubled in [DoubledQuote::Ends, DoubledQuote::Continues] {
                let parsed: Vec<Vec<u16>> = parse(&line, doubled).into_iter().map(|argument| argument.text).collect();
                assert_eq!(parsed, argv, "{}", String::from_utf16_lossy(&line));
            }
        }
    }
}
