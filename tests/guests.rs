//! Runs the programs of `test-binaries/` and compares what they print and how they end with what is expected of them.
//! `cargo test --test guests -- files` runs those whose names contain `files`. The format of the expectations is in
//! `test-binaries/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;
use similar::TextDiff;

/// A case that runs longer is ended and has failed.
const TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Expected {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    #[serde(default)]
    stdin: String,
    exit: u32,
    signal: Option<String>,
    provenance: String,
    #[serde(default)]
    about: String,
    newlines: Option<Newlines>,
    encoding: Option<Encoding>,
    #[serde(default)]
    stdout: String,
    #[serde(default)]
    stderr: String,
    stderr_contains: Option<Vec<String>>,
    /// Why the case is known to fail. It must: when it begins to pass, this line goes.
    pending: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Newlines {
    Crlf,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    Latin1,
}

fn main() {
    let arguments = Arguments::from_args();
    let trials = programs().into_iter().map(|name| Trial::test(name.clone(), move || run_program(&name))).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test-binaries")
}

/// The names of all programs and of all expectations, sorted: one without the other fails.
fn programs() -> BTreeSet<String> {
    let names = |part: &str, suffix: &str| -> Vec<String> {
        fs::read_dir(folder().join(part))
            .expect("test-binaries is committed")
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(suffix)?.to_owned()))
            .collect()
    };
    names("bin", ".exe").into_iter().chain(names("expected", ".toml")).collect()
}

/// Runs every case of the program; all that differ are reported.
fn run_program(name: &str) -> Result<(), Failed> {
    let path = folder().join("expected").join(format!("{name}.toml"));
    let expected: Expected = toml::from_str(&fs::read_to_string(&path)?)?;
    let mut report = String::new();
    for case in &expected.case {
        let differences = match run_case(name, case) {
            Ok(outcome) => case.differences(&outcome),
            Err(error) => format!("{error}\n"),
        };
        match &case.pending {
            None if differences.is_empty() => {}
            None => {
                let Case { name, about, provenance, .. } = case;
                report += &format!("case {name:?} {about}\nexpectation from {provenance}\n{differences}\n");
            }
            Some(_) if !differences.is_empty() => {}
            Some(why) => report += &format!("case {:?} passes now: remove `pending = {why:?}`\n", case.name),
        }
    }
    if report.is_empty() { Ok(()) } else { Err(report.into()) }
}

struct Outcome {
    status: ExitStatus,
    /// The guest's exit code as the status file has it.
    code: Option<u32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Runs one case in an empty current directory, with a home of its own.
fn run_case(name: &str, case: &Case) -> io::Result<Outcome> {
    let temporary = tempfile::tempdir()?;
    let place = |name: &str| temporary.path().join(name);
    fs::create_dir(place("cwd"))?;
    fs::create_dir(place("home"))?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_exeunt"))
        .arg("--status-file")
        .arg(place("status"))
        .arg(folder().join("bin").join(format!("{name}.exe")))
        .args(&case.args)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", place("home"))
        .env_remove("XDG_DATA_HOME")
        .envs(&case.env)
        .current_dir(place("cwd"))
        .stdin(Stdio::piped())
        .stdout(File::create(place("stdout"))?)
        .stderr(File::create(place("stderr"))?)
        .spawn()?;
    let mut input = child.stdin.take().expect("standard input is piped");
    let text = case.stdin.clone();
    // A program that does not read its input closes the pipe: not an error of the case.
    let writer = thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let status = wait(&mut child)?;
    writer.join().expect("the writer does not panic");
    Ok(Outcome {
        status,
        code: fs::read_to_string(place("status")).ok().and_then(|code| code.trim().parse().ok()),
        stdout: fs::read(place("stdout"))?,
        stderr: fs::read(place("stderr"))?,
    })
}

fn wait(child: &mut Child) -> io::Result<ExitStatus> {
    let end = Instant::now() + TIMEOUT;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            return Err(io::Error::new(io::ErrorKind::TimedOut, format!("did not end in {TIMEOUT:?}")));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

impl Case {
    /// What is not as expected, for people to read; empty if all is.
    fn differences(&self, outcome: &Outcome) -> String {
        let mut report = self.end_difference(outcome);
        report += &difference("stdout", &self.bytes(&self.stdout), &outcome.stdout);
        match &self.stderr_contains {
            None => report += &difference("stderr", &self.bytes(&self.stderr), &outcome.stderr),
            Some(parts) => {
                let text = String::from_utf8_lossy(&outcome.stderr);
                for part in parts.iter().filter(|part| !text.contains(part.as_str())) {
                    report += &format!("stderr lacks {part:?}; it is:\n{text}\n");
                }
            }
        }
        report
    }

    /// How the process ended, as the host sees it, and the exit code, as the status file has it.
    fn end_difference(&self, outcome: &Outcome) -> String {
        let ended = match (outcome.status.signal(), outcome.status.code()) {
            (Some(signal), _) => format!("by {}", signal_name(signal)),
            (None, code) => format!("with status {}", code.unwrap_or_default()),
        };
        let expected = match &self.signal {
            Some(signal) => format!("by {signal}"),
            None => format!("with status {}", host_status(self.exit)),
        };
        let mut report = String::new();
        if ended != expected {
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            report += &format!("ended {ended}, expected {expected}; stderr is:\n{stderr}\n");
        }
        if let Some(code) = outcome.code.filter(|&code| code != self.exit) {
            report += &format!("exit code {code:#x}, expected {:#x}\n", self.exit);
        }
        report
    }

    fn bytes(&self, text: &str) -> Vec<u8> {
        let text = match self.newlines {
            Some(Newlines::Crlf) => text.replace('\n', "\r\n"),
            None => text.to_owned(),
        };
        match self.encoding {
            Some(Encoding::Latin1) => text.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect(),
            None => text.into_bytes(),
        }
    }
}

/// The low 8 bits of an exit code; 1 where these would make a failure look like success.
fn host_status(code: u32) -> u32 {
    match code & 0xff {
        0 if code != 0 => 1,
        low => low,
    }
}

fn signal_name(signal: i32) -> String {
    [
        (2, "SIGINT"),
        (3, "SIGQUIT"),
        (4, "SIGILL"),
        (5, "SIGTRAP"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
        (15, "SIGTERM"),
    ]
    .iter()
    .find(|(number, _)| *number == signal)
    .map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).to_owned())
}

/// The lines that differ, with every byte that is not printable ASCII written out.
fn difference(what: &str, expected: &[u8], found: &[u8]) -> String {
    if expected == found {
        return String::new();
    }
    let (expected, found) = (printable(expected), printable(found));
    let diff = TextDiff::from_lines(expected.as_str(), found.as_str());
    diff.unified_diff().context_radius(1).header(&format!("{what}, expected"), &format!("{what}, found")).to_string()
}

fn printable(bytes: &[u8]) -> String {
    bytes.split_inclusive(|&byte| byte == b'\n').map(|line| format!("{}\n", line.escape_ascii())).collect()
}
