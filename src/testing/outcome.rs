//! What came of a program's run.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

/// What came of a run. Displays as a text that is the same in each run, to be kept as a snapshot.
///
/// The program's folder is shown as `<folder>` and the program as `<program>`, whether spelled as on the host or as on Windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The host's exit status as a number, `signal 11` for a crash, or `timeout`.
    pub status: String,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it, and exeunt, wrote to standard error.
    pub stderr: Vec<u8>,
    /// The trace, where one was asked for.
    pub trace: Option<String>,
    /// The files in its folder afterwards, by relative path with `/`; a folder has a `/` at its end and no contents.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Texts that are shown in another way.
    replaced: Vec<(String, &'static str)>,
}

impl Outcome {
    /// Puts together what came of a run in `folder`. No `status` stands for a program that took too long.
    ///
    /// # Errors
    /// The host's, when the folder cannot be read.
    pub(super) fn new(
        status: Option<ExitStatus>,
        stdout: Vec<u8>,
        stderr: Vec<u8>,
        trace: Option<Vec<u8>>,
        folder: &Path,
        program: &Path,
    ) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        list(folder, "", &mut files)?;
        let status = match status.map(|status| (status.code(), status.signal())) {
            None => "timeout".to_owned(),
            Some((Some(code), _)) => code.to_string(),
            Some((None, signal)) => format!("signal {}", signal.unwrap_or_default()),
        };
        let mut replaced = Vec::new();
        for (path, name) in [(folder, "<folder>"), (program, "<program>")] {
            let host = path.display().to_string();
            let windows = format!("Z:{}", host.replace('/', "\\"));
            // In a trace's quotes each backslash is doubled.
            replaced.extend([(windows.replace('\\', "\\\\"), name), (windows, name), (host, name)]);
        }
        let trace = trace.map(|trace| String::from_utf8_lossy(&trace).into_owned());
        Ok(Self { status, stdout, stderr, trace, files, replaced })
    }

    fn section(&self, f: &mut fmt::Formatter<'_>, title: &str, text: &str) -> fmt::Result {
        if text.is_empty() {
            return Ok(());
        }
        let text = self.replaced.iter().fold(text.to_owned(), |text, (what, name)| text.replace(what, name));
        let lines: Vec<_> = text.split_inclusive('\n').map(shown).collect();
        write!(f, "{title}:\n{}", lines.concat())
    }
}

/// A line, indented, with its line end made visible where it is not a plain one.
fn shown(line: &str) -> String {
    match (line.strip_suffix("\r\n"), line.strip_suffix('\n')) {
        (Some(line), _) => format!("  {}\\r\\n\n", visible(line)),
        (None, Some(line)) => format!("  {}\n", visible(line)),
        (None, None) => format!("  {}\\\n", visible(line)),
    }
}

/// Control characters as Rust writes them.
fn visible(line: &str) -> String {
    let letter = |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() };
    line.chars().map(letter).collect()
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "status: {}", self.status)?;
        self.section(f, "stdout", &String::from_utf8_lossy(&self.stdout))?;
        self.section(f, "stderr", &String::from_utf8_lossy(&self.stderr))?;
        self.section(f, "trace", self.trace.as_deref().unwrap_or_default())?;
        for (name, contents) in &self.files {
            match name.ends_with('/') {
                true => writeln!(f, "folder {name}")?,
                false => self.section(f, &format!("file {name}"), &String::from_utf8_lossy(contents))?,
            }
        }
        Ok(())
    }
}

fn list(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), files)?;
            files.insert(format!("{name}/"), Vec::new());
        } else {
            files.insert(name, std::fs::read(entry.path())?);
        }
    }
    Ok(())
}
