//! Matching names against patterns, as file systems do it (`FsRtlIsNameInExpression`) and as Win32 prepares patterns for them.

use crate::nls::case::upcase;

/// `*`: any characters.
const STAR: u16 = b'*' as u16;
/// `?`: one character.
const QUESTION: u16 = b'?' as u16;
/// `<`: any characters up to the name's last dot.
const DOS_STAR: u16 = b'<' as u16;
/// `>`: one character, or nothing before a dot or at the end.
const DOS_QUESTION: u16 = b'>' as u16;
/// `"`: a dot, or nothing at the end.
const DOS_DOT: u16 = b'"' as u16;
const DOT: u16 = b'.' as u16;

/// True if `name` matches `pattern`, whatever the case.
/// (<https://learn.microsoft.com/windows-hardware/drivers/ddi/ntifs/nf-ntifs-_fsrtl_advanced_fcb_header-fsrtlisnameinexpression>)
pub fn matches(pattern: &[u16], name: &[u16]) -> bool {
    let last_dot = name.iter().rposition(|&unit| unit == DOT);
    // All places in the pattern that the part of the name seen so far may have led to.
    let mut places = vec![false; pattern.len() + 1];
    places[0] = true;
    for at in 0..=name.len() {
        let next = name.get(at).copied();
        skip_empty(pattern, &mut places, next);
        let Some(unit) = next else {
            break;
        };
        let mut behind = vec![false; pattern.len() + 1];
        for (place, &wanted) in pattern.iter().enumerate().filter(|&(place, _)| places[place]) {
            match wanted {
                STAR => behind[place] = true,
                // Goes no further than the last dot.
                DOS_STAR => behind[place] |= last_dot.is_none_or(|dot| at < dot),
                QUESTION => behind[place + 1] = true,
                DOS_QUESTION => behind[place + 1] |= unit != DOT,
                DOS_DOT => behind[place + 1] |= unit == DOT,
                _ => behind[place + 1] |= wanted == unit || upcase(wanted) == upcase(unit),
            }
        }
        places = behind;
    }
    places[pattern.len()]
}

/// Adds the places that are reached without using up a character of the name, of which `next` is the next.
fn skip_empty(pattern: &[u16], places: &mut [bool], next: Option<u16>) {
    for (place, &wanted) in pattern.iter().enumerate() {
        let empty = match wanted {
            STAR | DOS_STAR => true,
            DOS_QUESTION => next.is_none_or(|unit| unit == DOT),
            DOS_DOT => next.is_none(),
            _ => false,
        };
        if places[place] && empty {
            places[place + 1] = true;
        }
    }
}

/// The pattern that `FindFirstFile` hands to the file system for what a program wrote: `*.*` matches every name, and `?` and a dot
/// before a wildcard may match nothing at a name's end, as under DOS.
pub fn from_win32(pattern: &[u16]) -> Vec<u16> {
    if pattern == [STAR, DOT, STAR] || pattern.is_empty() {
        return vec![STAR];
    }
    if let [head @ .., STAR, DOT] = pattern {
        // `*.` means names without an extension.
        return [&from_win32_units(head)[..], &[DOS_STAR]].concat();
    }
    from_win32_units(pattern)
}

fn from_win32_units(pattern: &[u16]) -> Vec<u16> {
    let units = pattern.iter().enumerate().map(|(at, &unit)| match unit {
        QUESTION => DOS_QUESTION,
        DOT if matches!(pattern.get(at + 1), Some(&(QUESTION | STAR))) => DOS_DOT,
        unit => unit,
    });
    units.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::wide;

    fn win32(pattern: &str, name: &str) -> bool {
        matches(&from_win32(&wide(pattern)), &wide(name))
    }

    #[test]
    fn win32_patterns_match_as_documented() {
        for (pattern, name, expected) in [
            ("*", "a.b", true),
            ("*.*", "noextension", true),
            ("*.txt", "A.TXT", true),
            ("*.txt", "a.txt.bak", false),
            ("*.txt", "txt", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("abc?", "abc", true),
            ("abc??.t", "abc.t", true),
            ("a*b*c", "aXXbYYc", true),
            ("a*b*c", "aXXcYY", false),
            ("a.*", "a", true),
            ("*.", "noextension", true),
            ("*.", "with.extension", false),
            ("name", "NAME", true),
            ("", "anything", true),
            ("ä*", "Äpfel", true),
        ] {
            assert_eq!(win32(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn nt_wildcards_match_as_documented() {
        let nt = |pattern: &str, name: &str| matches(&wide(pattern), &wide(name));
        assert!(nt("a>>", "a") && nt("a>>.b", "a.b") && !nt("a??", "a"));
        assert!(nt("a\"", "a") && nt("a\"", "a.") && !nt("a\"", "ab"));
        assert!(nt("<.b", "x.y.b") && !nt("<.b", "x.b.y"));
    }

    #[test]
    fn a_long_pattern_takes_no_exponential_time() {
        let pattern = "*a".repeat(200);
        assert!(!win32(&pattern, &"a".repeat(199)));
    }
}
