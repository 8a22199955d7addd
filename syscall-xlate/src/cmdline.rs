//! `argv` to one Windows command line, such that Microsoft's C runtime gives the `argv` back.
//!
//! <https://learn.microsoft.com/cpp/c-language/parsing-c-command-line-arguments>

const QUOTE: u16 = b'"' as u16;
const BACKSLASH: u16 = b'\\' as u16;

/// Joins the program's name and its arguments, quoted where they need it. A quotation mark in the program's name, which no Windows path
/// can have, is dropped, since nothing can escape it there.
pub fn join<S: AsRef<[u16]>>(argv: &[S]) -> Vec<u16> {
    let mut line = Vec::new();
    for (index, argument) in argv.iter().enumerate() {
        if index == 0 {
            push_program_name(&mut line, argument.as_ref());
        } else {
            line.push(u16::from(b' '));
            push_argument(&mut line, argument.as_ref());
        }
    }
    line
}

/// A quotation mark needs no quotes around it: it is escaped in any case.
fn needs_quotes(text: &[u16]) -> bool {
    text.is_empty() || text.iter().any(|&unit| unit <= 0x20)
}

fn push_program_name(line: &mut Vec<u16>, name: &[u16]) {
    let quoted = needs_quotes(name);
    if quoted {
        line.push(QUOTE);
    }
    line.extend(name.iter().copied().filter(|&unit| unit != QUOTE));
    if quoted {
        line.push(QUOTE);
    }
}

/// Backslashes are literal except before a quotation mark, where each must be doubled and the mark escaped by one more.
fn push_argument(line: &mut Vec<u16>, argument: &[u16]) {
    let quoted = needs_quotes(argument);
    if quoted {
        line.push(QUOTE);
    }
    let mut backslashes = 0;
    for &unit in argument {
        if unit == BACKSLASH {
            backslashes += 1;
        } else {
            if unit == QUOTE {
                line.extend(std::iter::repeat_n(BACKSLASH, backslashes + 1));
            }
            backslashes = 0;
        }
        line.push(unit);
    }
    if quoted {
        line.extend(std::iter::repeat_n(BACKSLASH, backslashes));
        line.push(QUOTE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(argv: &[&str]) -> String {
        let argv: Vec<Vec<u16>> = argv.iter().map(|argument| argument.encode_utf16().collect()).collect();
        String::from_utf16_lossy(&join(&argv))
    }

    #[test]
    fn only_what_needs_quotes_gets_them() {
        assert_eq!(joined(&["p.exe", "a", r"c:\d\", "-x=1"]), r"p.exe a c:\d\ -x=1");
        assert_eq!(joined(&["a b.exe", "", "c d"]), r#""a b.exe" "" "c d""#);
    }

    #[test]
    fn backslashes_double_only_before_a_quotation_mark() {
        assert_eq!(joined(&["p", r#"a\"b"#]), r#"p a\\\"b"#);
        assert_eq!(joined(&["p", r"c d\"]), r#"p "c d\\""#);
        assert_eq!(joined(&["p", r"c\ d"]), r#"p "c\ d""#);
    }
}
