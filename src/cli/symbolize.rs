//! `exeunt symbolize`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::Args;
use exeunt::paths::{Paths, is_windows};
use exeunt::{Error, status};
use loader::symbols::{Line, Place, Symbols};

use super::output;

/// Say which function and source line is at a place in a program or DLL
#[derive(Args)]
#[command(after_help = "\
Symbols are those of the file itself (exports, COFF symbols, DWARF) and of its PDB file, where that lies beside it or where it was linked.
A place is looked up as the address of an instruction; with -1 behind it, as a return address: the call before it.

Examples:
  exeunt symbolize tool.exe+0x1450
  exeunt symbolize <places.txt
  exeunt symbolize --elf 0x140000000 tool.exe >tool.elf")]
pub(super) struct Symbolize {
    /// Write all that is known of a file to standard output as an ELF file, as gdb reads it, with the file loaded at ADDRESS
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    elf: Option<u64>,

    /// Print each place as NAME, OFFSET, LINE and FILE with tabs between, of the function that was called
    #[arg(long)]
    fields: bool,

    /// Places as reports of crashes have them; from standard input, one on a line, when there are none
    #[arg(value_name = "FILE+OFFSET")]
    places: Vec<OsString>,
}

/// The symbols of the files asked about; `None` for one that cannot be read.
type Files = BTreeMap<PathBuf, Option<Symbols>>;

impl Symbolize {
    /// Prints a line for each place, an empty one where nothing is known.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(super) fn execute(self) -> Result<u8, Error> {
        // What parsers of damaged files panic with is caught, and no bug of ours.
        std::panic::set_hook(Box::new(|_| {}));
        let paths = Paths::new(None)?;
        if let Some(base) = self.elf {
            return elf(&paths, &self.places, base);
        }
        let mut files = Files::new();
        let mut answer = |place: &OsStr| {
            let place = find(&mut files, &paths, place);
            let text =
                place.map(|place| if self.fields { fields(&place) } else { place.to_string() }).unwrap_or_default();
            // Each at once: whoever asks may not have the patience for all.
            let mut output = io::stdout().lock();
            output::result(writeln!(output, "{text}").and_then(|()| output.flush()))
        };
        if !self.places.is_empty() {
            self.places.iter().try_for_each(|place| answer(place).map(drop))?;
            return Ok(status::SUCCESS);
        }
        for line in io::stdin().lock().split(b'\n') {
            let line = line.map_err(|error| Error::Output { path: None, error })?;
            answer(OsStr::from_bytes(&line))?;
        }
        Ok(status::SUCCESS)
    }
}

/// An address as users write them.
fn address(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| error.to_string())
}

fn elf(paths: &Paths, files: &[OsString], base: u64) -> Result<u8, Error> {
    let [file] = files else { return Ok(status::FAILED) };
    let host = |path: &OsStr| match is_windows(path) {
        true => paths.to_host(path).ok(),
        false => Some(path.into()),
    };
    let path = host(file).unwrap_or_else(|| file.into());
    let symbols = Symbols::open(&path, |named| host(OsStr::new(named)))?;
    let Some(bytes) = symbols.to_elf(base) else { return Ok(status::NOT_RUNNABLE) };
    let mut output = io::stdout().lock();
    output::result(output.write_all(&bytes).and_then(|()| output.flush()))?;
    Ok(status::SUCCESS)
}

fn find(files: &mut Files, paths: &Paths, place: &OsStr) -> Option<Place> {
    let (file, offset, behind) = split(place.as_bytes())?;
    let host = |path: &OsStr| match is_windows(path) {
        true => paths.to_host(path).ok(),
        false => Some(path.into()),
    };
    let file = host(OsStr::from_bytes(file))?;
    let symbols = files.entry(file).or_insert_with_key(|file| open(file, |named| host(OsStr::new(named))));
    symbols.as_ref()?.find(offset, behind)
}

/// The outermost function's fields.
fn fields(place: &Place) -> String {
    let Some(frame) = place.frames.last() else { return String::new() };
    let text = format!("{}\t{}", frame.name, frame.offset.unwrap_or_default());
    match &frame.line {
        Some(Line { file, line }) => format!("{text}\t{line}\t{file}"),
        None => text,
    }
}

fn open(file: &Path, named: impl Fn(&str) -> Option<PathBuf>) -> Option<Symbols> {
    Symbols::open(file, named).ok()
}

/// The file, the offset, and whether it is that of a return address.
fn split(place: &[u8]) -> Option<(&[u8], u32, bool)> {
    let (place, behind) = place.strip_suffix(b"-1").map_or((place, false), |place| (place, true));
    let plus = place.iter().rposition(|&byte| byte == b'+')?;
    let offset = std::str::from_utf8(place.get(plus + 1..)?).ok()?;
    let digits = offset.strip_prefix("0x").unwrap_or(offset);
    Some((place.get(..plus)?, u32::from_str_radix(digits, 16).ok()?, behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_file_and_offset() {
        assert_eq!(split(b"/a+b/c.exe+0x12"), Some((&b"/a+b/c.exe"[..], 0x12, false)));
        assert_eq!(split(b"c.exe+ff-1"), Some((&b"c.exe"[..], 0xff, true)));
        for wrong in ["c.exe", "c.exe+", "c.exe+0x", "c.exe+0x123456789", "c.exe+x"] {
            assert_eq!(split(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
