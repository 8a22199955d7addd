//! Comparison of outputs and of trees of files, after the normalisations a case asks for.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use regex_lite::Regex;

use super::manifest::{Normalisation, Run};

/// What of a run's output counts.
pub(super) struct OutputRules<'a> {
    normalisations: &'a [Normalisation],
    keep_lines: Option<Regex>,
    masks: Vec<Regex>,
}

impl<'a> OutputRules<'a> {
    /// The rules of a step; fails for a pattern that is none.
    pub(super) fn of(run: &'a Run) -> Result<Self, regex_lite::Error> {
        Ok(Self {
            normalisations: &run.normalise,
            keep_lines: run.keep_lines.as_deref().map(Regex::new).transpose()?,
            masks: run.mask.iter().map(|mask| Regex::new(mask)).collect::<Result<_, _>>()?,
        })
    }

    /// The output as it is compared. `program` is the path the program was started by.
    pub(super) fn apply(&self, output: &[u8], program: &Path) -> Vec<u8> {
        let output = normalise(output, self.normalisations, program);
        if self.keep_lines.is_none() && self.masks.is_empty() {
            return output;
        }
        let mut text = String::from_utf8_lossy(&output).into_owned();
        if let Some(keep) = &self.keep_lines {
            text = text.split_inclusive('\n').filter(|line| keep.is_match(line)).collect();
        }
        for mask in &self.masks {
            text = mask.replace_all(&text, "<masked>").into_owned();
        }
        text.into_bytes()
    }
}

/// The bytes without the differences that do not count.
pub(super) fn normalise(bytes: &[u8], normalisations: &[Normalisation], program: &Path) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    for normalisation in normalisations {
        bytes = match normalisation {
            Normalisation::LineEnds => replace(&bytes, b"\r\n", b"\n"),
            Normalisation::Separators => replace(&bytes, b"\\", b"/"),
            Normalisation::ProgramName => without_folder_and_extension(&bytes, &stem),
            // Concerns what is compared, not a text.
            Normalisation::Streams => bytes,
        };
    }
    bytes
}

/// `C:\folder\NAME.exe` and `/folder/NAME` become `NAME`.
fn without_folder_and_extension(bytes: &[u8], name: &str) -> Vec<u8> {
    let folder = r#"((?:[A-Za-z]:)?[^\s:'"`]*[\\/])?"#;
    let Ok(pattern) = Regex::new(&format!(r"{folder}\b{name}(\.exe)?\b")) else { return bytes.to_vec() };
    pattern.replace_all(&String::from_utf8_lossy(bytes), name).into_owned().into_bytes()
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(&first) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            result.extend_from_slice(to);
            rest = after;
        } else {
            result.push(first);
            rest = &rest[1..];
        }
    }
    result
}

/// A file or folder of a tree.
pub(super) struct Entry {
    /// `None` for a folder.
    pub(super) content: Option<Vec<u8>>,
    modified: SystemTime,
}

/// Every file and folder below `root`, by its path from there.
pub(super) fn read_tree(root: &Path) -> io::Result<BTreeMap<String, Entry>> {
    let mut tree = BTreeMap::new();
    collect(root, "", &mut tree)?;
    Ok(tree)
}

fn collect(folder: &Path, prefix: &str, tree: &mut BTreeMap<String, Entry>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let metadata = entry.metadata()?;
        let content = if metadata.is_dir() {
            collect(&entry.path(), &format!("{name}/"), tree)?;
            None
        } else {
            Some(fs::read(entry.path())?)
        };
        tree.insert(name, Entry { content, modified: metadata.modified()? });
    }
    Ok(())
}

/// The first difference between two trees in names, bytes and the times of files, in words.
pub(super) fn tree_difference(left: &Path, right: &Path) -> io::Result<Option<String>> {
    let (left, right) = (read_tree(left)?, read_tree(right)?);
    if let Some(name) = name_difference(&left, &right) {
        return Ok(Some(name));
    }
    Ok(left.iter().zip(right.values()).find_map(|((name, left), right)| {
        if left.content != right.content {
            Some(format!("{name}: the bytes differ"))
        } else if left.content.is_some() && left.modified != right.modified {
            Some(format!("{name}: the modification times differ"))
        } else {
            None
        }
    }))
}

/// A name that only one of the trees has, in words.
pub(super) fn name_difference(left: &BTreeMap<String, Entry>, right: &BTreeMap<String, Entry>) -> Option<String> {
    let only_left =
        left.keys().find(|name| !right.contains_key(*name)).map(|name| format!("{name} is missing in the second"));
    only_left.or_else(|| {
        right.keys().find(|name| !left.contains_key(*name)).map(|name| format!("{name} is missing in the first"))
    })
}

/// Where two outputs part, in words; `None` if nowhere.
pub(super) fn output_difference(guest: &[u8], native: &[u8]) -> Option<String> {
    if guest == native {
        return None;
    }
    let (guest, native) = (String::from_utf8_lossy(guest), String::from_utf8_lossy(native));
    let (mut guest, mut native) = (guest.split_inclusive('\n'), native.split_inclusive('\n'));
    let mut number = 1;
    loop {
        match (guest.next(), native.next()) {
            (Some(a), Some(b)) if a == b => number += 1,
            (None, None) => return Some("the bytes differ".to_owned()),
            (a, b) => return Some(format!("line {number}: guest {:?}, native {:?}", a.unwrap_or(""), b.unwrap_or(""))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stated_differences_are_normalised() {
        let program = Path::new("/bin/guest/tool.exe");
        let text = b"tool.exe: a\\b\r\n/bin/tool.exe Z:\\bin\\tool toolbox\r\n";
        let with = |normalisation| String::from_utf8(normalise(text, &[normalisation], program)).unwrap();
        assert_eq!(with(Normalisation::LineEnds), "tool.exe: a\\b\n/bin/tool.exe Z:\\bin\\tool toolbox\n");
        assert_eq!(with(Normalisation::Separators), "tool.exe: a/b\r\n/bin/tool.exe Z:/bin/tool toolbox\r\n");
        assert_eq!(with(Normalisation::ProgramName), "tool: a\\b\r\ntool tool toolbox\r\n");
    }

    #[test]
    fn a_difference_is_named_by_its_line() {
        assert_eq!(output_difference(b"a\nb\n", b"a\nb\n"), None);
        assert_eq!(output_difference(b"a\nb\n", b"a\nc\n").unwrap(), r#"line 2: guest "b\n", native "c\n""#);
        assert_eq!(output_difference(b"a\n", b"a\nc\n").unwrap(), r#"line 2: guest "", native "c\n""#);
    }

    #[test]
    fn kept_lines_and_masks_apply_after_normalisation() {
        let run: Run =
            toml::from_str("run = []\nnormalise = ['line-ends']\nkeep-lines = '^Time'\nmask = ['[0-9]+ ms']").unwrap();
        let rules = OutputRules::of(&run).unwrap();
        assert_eq!(rules.apply(b"Date\r\nTime 12 ms\r\n", Path::new("x")), b"Time <masked>\n");
    }
}
