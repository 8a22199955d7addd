//! The forms a program writes a path in, full paths, and NT paths. Pure functions of text.
//!
//! Rules: <https://learn.microsoft.com/windows/win32/fileio/naming-a-file> and
//! <https://learn.microsoft.com/dotnet/standard/io/file-path-formats>.

use super::{SEPARATOR, eq_ignoring_case, is_separator, wide};

/// The form of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `\\server\share\file`
    Unc,
    /// `C:\file`
    DriveAbsolute,
    /// `C:file`: relative to that drive's current directory.
    DriveRelative,
    /// `\file`: relative to the current drive's root.
    Rooted,
    /// `file`
    Relative,
    /// `\\.\device` or `\\?\C:\file`
    Device,
    /// `\\.` or `\\?`
    DeviceRoot,
}

/// The form of `path`.
pub fn form(path: &[u16]) -> Form {
    let separator = |at: usize| path.get(at).copied().is_some_and(is_separator);
    if separator(0) {
        let dot_or_question = path.get(2).is_some_and(|&unit| unit == u16::from(b'.') || unit == u16::from(b'?'));
        match () {
            () if !separator(1) => Form::Rooted,
            () if dot_or_question && path.len() == 3 => Form::DeviceRoot,
            () if dot_or_question && separator(3) => Form::Device,
            () => Form::Unc,
        }
    } else if drive(path).is_some() {
        if separator(2) { Form::DriveAbsolute } else { Form::DriveRelative }
    } else {
        Form::Relative
    }
}

/// The upper-case letter of a path that begins with a drive.
pub fn drive(path: &[u16]) -> Option<u8> {
    match *path {
        [letter, colon, ..] if colon == u16::from(b':') => {
            let letter = u8::try_from(letter).ok()?;
            letter.is_ascii_alphabetic().then(|| letter.to_ascii_uppercase())
        }
        _ => None,
    }
}

/// The DOS device that `path` names, as it is spelled in `\\.\NAME`: `NUL`, `C:\some\where\nul.txt`, `COM1:`, `CONOUT$`.
///
/// Windows 10's rule: the last component decides, up to its first dot or colon, without closing spaces.
pub fn device_name(path: &[u16]) -> Option<Vec<u16>> {
    if matches!(form(path), Form::Unc | Form::Device | Form::DeviceRoot) {
        return None;
    }
    let last = path.iter().rposition(|&unit| is_separator(unit)).map_or(path, |at| &path[at + 1..]);
    let last = match (drive(last), last.len() == path.len()) {
        (Some(_), true) => &last[2..],
        _ => last,
    };
    let end = last.iter().position(|&unit| unit == u16::from(b'.') || unit == u16::from(b':')).unwrap_or(last.len());
    let stem = trim_end(&last[..end], |unit| unit == u16::from(b' '));
    let numbered = |prefix: &str| {
        stem.len() == 4 && eq_ignoring_case(&stem[..3], prefix) && matches!(stem[3], 0x31..=0x39 | 0xb9 | 0xb2 | 0xb3)
    };
    let plain = ["NUL", "CON", "AUX", "PRN", "CONIN$", "CONOUT$"].iter().any(|name| eq_ignoring_case(stem, name));
    (plain || numbered("COM") || numbered("LPT")).then(|| stem.to_vec())
}

fn trim_end(text: &[u16], mut cut: impl FnMut(u16) -> bool) -> &[u16] {
    let keep = text.iter().rposition(|&unit| !cut(unit)).map_or(0, |at| at + 1);
    &text[..keep]
}

/// The directories that relative paths start from.
pub trait Current {
    /// The current directory as a full path that ends with a separator.
    fn directory(&self) -> Vec<u16>;
    /// The current directory of drive `letter`, likewise; its root where none was set.
    fn directory_of(&self, letter: u8) -> Vec<u16>;
}

/// `GetFullPathName`: `path` made absolute and normalised. Touches no file. `None` where `path` is empty or only spaces.
pub fn full_path(path: &[u16], current: &dyn Current) -> Option<Vec<u16>> {
    if trim_end(path, |unit| unit == u16::from(b' ')).is_empty() {
        return None;
    }
    if let Some(device) = device_name(path) {
        return Some([wide(r"\\.\"), device].concat());
    }
    let (root, rest, from) = match form(path) {
        Form::DriveAbsolute => {
            let letter = path[0];
            (vec![letter, path[1], SEPARATOR], &path[3..], Vec::new())
        }
        Form::DriveRelative => {
            let letter = drive(path).unwrap_or(b'C');
            let mut from = current.directory_of(letter);
            let current_letter = path[0];
            if let Some(first) = from.first_mut() {
                *first = current_letter;
            }
            let (root, from) = split_root(&from);
            (root, &path[2..], from)
        }
        Form::Rooted => {
            let (root, _) = split_root(&current.directory());
            (root, &path[1..], Vec::new())
        }
        Form::Relative => {
            let (root, from) = split_root(&current.directory());
            (root, path, from)
        }
        Form::DeviceRoot => (wide(r"\\.\"), &path[3..], Vec::new()),
        Form::Device | Form::Unc => {
            let (root, rest) = root_of_double(path);
            (root, rest, Vec::new())
        }
    };
    Some(normalise(root, &from, rest))
}

/// Splits a full path into its root, which ends with a separator, and the rest.
fn split_root(path: &[u16]) -> (Vec<u16>, Vec<u16>) {
    if drive(path).is_some() {
        (path[..2].iter().copied().chain([SEPARATOR]).collect(), path.get(3..).unwrap_or_default().to_vec())
    } else {
        let (root, rest) = root_of_double(path);
        (root, rest.to_vec())
    }
}

/// The root of `\\server\share\..`, `\\.\..` and `\\?\..`, beyond which `..` does not lead, and the rest.
fn root_of_double(path: &[u16]) -> (Vec<u16>, &[u16]) {
    let separators = if form(path) == Form::Unc { 2 } else { 1 };
    let mut root = vec![SEPARATOR, SEPARATOR];
    let mut rest = path.get(2..).unwrap_or_default();
    for _ in 0..separators {
        let end = rest.iter().position(|&unit| is_separator(unit)).unwrap_or(rest.len());
        root.extend_from_slice(&rest[..end]);
        let Some(after) = rest.get(end + 1..) else {
            return (root, &[]);
        };
        root.push(SEPARATOR);
        rest = after;
    }
    (root, rest)
}

/// Joins `root`, `from` and `rest` with `.`, `..`, doubled separators and closing dots and spaces resolved.
fn normalise(root: Vec<u16>, from: &[u16], rest: &[u16]) -> Vec<u16> {
    const DOT: u16 = b'.' as u16;
    let from = trim_end(from, is_separator);
    let mut out = root;
    let floor = out.len();
    let mut parts = from.split(|&unit| is_separator(unit)).chain(rest.split(|&unit| is_separator(unit))).peekable();
    // Where each component that is kept begins.
    let mut starts = Vec::new();
    let mut closing = false;
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        closing = last && part.is_empty() && !rest.is_empty();
        match part {
            [] | [DOT] => {}
            [DOT, DOT] => out.truncate(starts.pop().unwrap_or(floor)),
            _ => {
                let part = if last {
                    trim_end(part, |unit| unit == DOT || unit == u16::from(b' '))
                } else {
                    match part {
                        // Observed: one closing dot goes, unless there is nothing but dots.
                        [head @ .., DOT] if head.iter().any(|&unit| unit != DOT) => head,
                        part => part,
                    }
                };
                if part.is_empty() {
                    continue;
                }
                if out.last() != Some(&SEPARATOR) {
                    out.push(SEPARATOR);
                }
                starts.push(out.len());
                out.extend_from_slice(part);
                if !last {
                    out.push(SEPARATOR);
                }
            }
        }
    }
    if !closing && out.len() > floor && out.last() == Some(&SEPARATOR) {
        out.pop();
    }
    out
}

/// Where the file name of a full path begins, or `None` if the path ends with a separator or names a DOS device.
pub fn file_part(full: &[u16]) -> Option<usize> {
    if full.starts_with(&wide(r"\\.\")) && device_name(&full[4..]).is_some() {
        return None;
    }
    let at = full.iter().rposition(|&unit| is_separator(unit)).map_or(0, |at| at + 1);
    (at < full.len()).then_some(at)
}

/// The NT path of a Win32 path: `\??\C:\file`, `\??\UNC\server\share`, `\??\NUL`. `None` for an empty path.
///
/// A path that begins with `\\?\` or `\??\` is taken as it is: no separators are changed, no dots resolved.
pub fn nt_path(path: &[u16], current: &dyn Current) -> Option<Vec<u16>> {
    let verbatim = wide(r"\\?\");
    let nt = wide(r"\??\");
    if path.starts_with(&nt) {
        return Some(path.to_vec());
    }
    if path.starts_with(&verbatim) {
        return Some([&nt, &path[4..]].concat());
    }
    let full = full_path(path, current)?;
    Some(match form(&full) {
        Form::Unc => [&nt[..], &wide(r"UNC\"), &full[2..]].concat(),
        Form::Device => [&nt[..], &full[4..]].concat(),
        Form::DeviceRoot => nt,
        _ => [nt, full].concat(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct At(&'static str);

    impl Current for At {
        fn directory(&self) -> Vec<u16> {
            wide(self.0)
        }
        fn directory_of(&self, letter: u8) -> Vec<u16> {
            match letter {
                b'Z' => wide(self.0),
                b'D' => wide(r"D:\here\"),
                letter => vec![u16::from(letter), u16::from(b':'), SEPARATOR],
            }
        }
    }

    fn full(path: &str) -> String {
        full_path(&wide(path), &At(r"Z:\home\me\")).map_or("none".into(), |full| String::from_utf16_lossy(&full))
    }

    #[test]
    fn forms() {
        for (path, expected) in [
            ("", Form::Relative),
            ("a", Form::Relative),
            (r"\", Form::Rooted),
            (r"\a", Form::Rooted),
            ("/a", Form::Rooted),
            (r"C:\a", Form::DriveAbsolute),
            ("c:/a", Form::DriveAbsolute),
            ("C:a", Form::DriveRelative),
            ("C:", Form::DriveRelative),
            (r"\\server\share", Form::Unc),
            ("//server/share", Form::Unc),
            (r"\\.\nul", Form::Device),
            (r"\\?\C:\a", Form::Device),
            (r"\\.", Form::DeviceRoot),
            (r"\\?", Form::DeviceRoot),
            (r"\\.a", Form::Unc),
        ] {
            assert_eq!(form(&wide(path)), expected, "{path}");
        }
    }

    #[test]
    fn full_paths_as_documented() {
        for (path, expected) in [
            ("a.txt", r"Z:\home\me\a.txt"),
            (r".\a\..\b", r"Z:\home\me\b"),
            ("..", r"Z:\home"),
            (r"..\..\..\..\x", r"Z:\x"),
            (r"\x/y", r"Z:\x\y"),
            ("D:x", r"D:\here\x"),
            ("D:", r"D:\here"),
            ("E:", r"E:\"),
            ("z:..", r"z:\home"),
            (r"C:\", r"C:\"),
            (r"C:\a\\b//c", r"C:\a\b\c"),
            (r"C:\a\", r"C:\a\"),
            (r"C:\a\.", r"C:\a"),
            (r"C:\a\b\..", r"C:\a"),
            (r"C:\a\b\..\", r"C:\a\"),
            (r"C:\a\..", r"C:\"),
            (r"C:\a.\b", r"C:\a\b"),
            (r"C:\a..\b", r"C:\a.\b"),
            (r"C:\a. . ", r"C:\a"),
            (r"C:\a \b", r"C:\a \b"),
            (r"C:\...", r"C:\"),
            (r"C:\...\a", r"C:\...\a"),
            (r"\\server\share\..\..\x", r"\\server\share\x"),
            (r"\\server\share", r"\\server\share"),
            (r"\\server", r"\\server"),
            (r"\\.\C:\a\..\b", r"\\.\C:\b"),
            (r"\\?\C:\a\..\b", r"\\?\C:\b"),
            ("nul", r"\\.\nul"),
            (r"C:\a\NUL.txt", r"\\.\NUL"),
            ("com1:", r"\\.\com1"),
            ("CONOUT$", r"\\.\CONOUT$"),
            ("nullable", r"Z:\home\me\nullable"),
            ("com0", r"Z:\home\me\com0"),
            ("  ", "none"),
            ("", "none"),
        ] {
            assert_eq!(full(path), expected, "{path}");
        }
    }

    #[test]
    fn verbatim_paths_are_left_alone() {
        let nt = |path: &str| nt_path(&wide(path), &At(r"Z:\home\me\")).map(|path| String::from_utf16_lossy(&path));
        assert_eq!(nt(r"\\?\C:\a\..\b/c.").as_deref(), Some(r"\??\C:\a\..\b/c."));
        assert_eq!(nt(r"a\b.").as_deref(), Some(r"\??\Z:\home\me\a\b"));
        assert_eq!(nt(r"\\server\share\x").as_deref(), Some(r"\??\UNC\server\share\x"));
        assert_eq!(nt("nul").as_deref(), Some(r"\??\nul"));
        assert_eq!(nt(r"\\.\pipe\x").as_deref(), Some(r"\??\pipe\x"));
        assert_eq!(nt(""), None);
    }

    #[test]
    fn the_file_part_is_behind_the_last_separator() {
        assert_eq!(file_part(&wide(r"C:\a\b")), Some(5));
        assert_eq!(file_part(&wide(r"C:\a\")), None);
        assert_eq!(file_part(&wide(r"\\.\NUL")), None);
    }
}
