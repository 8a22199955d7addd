//! Which calls are traced: `kernel32!Create*,!*Heap*`.

use std::fmt;

/// A list of patterns. A call is shown when a pattern asks for it, or no pattern asks for anything, and no `!pattern` forbids it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    wanted: Vec<Pattern>,
    unwanted: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    dll: Option<String>,
    function: String,
}

/// A pattern that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    pattern: String,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is not a filter: expected FUNCTION, DLL!FUNCTION, or one of these behind a ! to leave it out",
            self.pattern
        )
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// Reads patterns separated by commas: `FUNCTION`, `DLL!FUNCTION`, each with `*` and `?`, and with `!` in front to leave out.
    ///
    /// # Errors
    /// Names the first pattern that is none.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        let mut filter = Self::default();
        for part in text.split(',').map(str::trim) {
            let (list, pattern) = match part.strip_prefix('!') {
                Some(rest) => (&mut filter.unwanted, rest),
                None => (&mut filter.wanted, part),
            };
            let (dll, function) = match pattern.split_once('!') {
                Some((dll, function)) => (Some(dll.strip_suffix(".dll").unwrap_or(dll).to_lowercase()), function),
                None => (None, pattern),
            };
            if function.is_empty() || function.contains('!') || dll.as_ref().is_some_and(String::is_empty) {
                return Err(FilterError { pattern: part.to_owned() });
            }
            list.push(Pattern { dll, function: function.to_lowercase() });
        }
        Ok(filter)
    }

    /// Whether calls of this function are shown. `dll` is without extension.
    pub fn shows(&self, dll: &str, function: &str) -> bool {
        let (dll, function) = (dll.to_lowercase(), function.to_lowercase());
        let hit = |pattern: &Pattern| {
            pattern.dll.as_ref().is_none_or(|wanted| matches(wanted.as_bytes(), dll.as_bytes()))
                && matches(pattern.function.as_bytes(), function.as_bytes())
        };
        (self.wanted.is_empty() || self.wanted.iter().any(hit)) && !self.unwanted.iter().any(hit)
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any run and `?` for any one byte.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                p = at + 1;
                t = taken + 1;
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(filter: &str, name: &str) -> bool {
        let (dll, function) = name.split_once('!').unwrap();
        Filter::parse(filter).unwrap().shows(dll, function)
    }

    #[test]
    fn a_pattern_names_functions_and_dlls() {
        assert!(shows("kernel32!Create*", "kernel32!CreateFileW"));
        assert!(!shows("kernel32!Create*", "ntdll!CreateFileW"));
        assert!(shows("KERNEL32.dll!createfile?", "kernel32!CreateFileW"));
        assert!(shows("*File*", "msvcrt!_getFileX"));
        assert!(!shows("Read", "kernel32!ReadFile"));
    }

    #[test]
    fn what_is_left_out_wins() {
        assert!(!shows("kernel32!*,!*Heap*", "kernel32!HeapAlloc"));
        assert!(shows("!*Heap*", "kernel32!CreateFileW"));
        assert!(!shows("!kernel32!*", "kernel32!CreateFileW"));
    }

    #[test]
    fn nonsense_is_named() {
        for text in ["", "a,,b", "!", "kernel32!", "!!x", "a!b!c"] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
        assert!(Filter::parse("a,k!").unwrap_err().to_string().starts_with("'k!' is not a filter"));
    }
}
