//! Running a program for a test.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::Outcome;
use crate::Error;

/// A run of a program under the command `exeunt`, in a folder of its own.
///
/// ```no_run
/// let outcome = exeunt::testing::Run::new("tests/bin/copy.exe")
///     .args(["in.txt", "out.txt"])
///     .file("in.txt", "hello")
///     .traced("kernel32!*File*")
///     .execute()
///     .unwrap();
/// assert_eq!(outcome.status, "0");
/// assert_eq!(outcome.files["out.txt"], b"hello");
/// // insta::assert_snapshot!(outcome);
/// ```
#[derive(Clone, Debug)]
pub struct Run {
    exeunt: PathBuf,
    program: PathBuf,
    options: Vec<OsString>,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    files: Vec<(PathBuf, Vec<u8>)>,
    input: Vec<u8>,
    filter: Option<String>,
    timeout: Duration,
}

impl Run {
    /// A run of the program at a host path. The command is `$EXEUNT`, or `exeunt` on `PATH`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            exeunt: std::env::var_os("EXEUNT").unwrap_or_else(|| "exeunt".into()).into(),
            program: program.into(),
            options: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            files: Vec::new(),
            input: Vec::new(),
            filter: None,
            timeout: Duration::from_secs(60),
        }
    }

    /// The command to run it under, such as `env!("CARGO_BIN_EXE_exeunt")`.
    pub fn under(mut self, exeunt: impl Into<PathBuf>) -> Self {
        self.exeunt = exeunt.into();
        self
    }

    /// Adds options of exeunt, such as `--windows-version=7`.
    pub fn options(mut self, options: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.options.extend(options.into_iter().map(Into::into));
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Puts a file into its folder, and the folders that the file's relative path names.
    pub fn file(mut self, name: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.into(), contents.into()));
        self
    }

    /// What it reads from standard input; nothing unless set.
    pub fn stdin(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Traces the calls that a filter shows; `*` for all.
    pub fn traced(mut self, filter: &str) -> Self {
        self.filter = Some(filter.to_owned());
        self
    }

    /// How long it may take; a minute unless set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs it. A program that takes too long is ended, and its outcome says so.
    ///
    /// # Errors
    /// [`Error::Run`] when the folder cannot be made or read, or the command not started.
    pub fn execute(&self) -> Result<Outcome, Error> {
        let failed = |what: &str| {
            let what = what.to_owned();
            move |error| Error::Run { what, error }
        };
        let program = std::path::absolute(&self.program).map_err(failed("the current folder"))?;
        let scratch = tempfile::tempdir().map_err(failed("a folder for the program cannot be made"))?;
        let folder = scratch.path().join("work");
        self.fill(&folder).map_err(failed("the program's files cannot be made"))?;
        let trace = scratch.path().join("trace");
        let mut child = self
            .command(&program, &folder, &trace)
            .spawn()
            .map_err(failed(&format!("{} cannot be started", self.exeunt.display())))?;
        let input = child.stdin.take().map(|pipe| self.feed(pipe));
        let output = [child.stdout.take().map(collect), child.stderr.take().map(collect)];
        let ended = wait(&mut child, self.timeout).map_err(failed("the program cannot be waited for"))?;
        // A process that the program left behind may hold the pipes; the threads end with it.
        let [stdout, stderr] = output.map(|reader| reader.map_or_else(Vec::new, finish));
        drop(input);
        let status = child.wait().map_err(failed("the program cannot be waited for"))?;
        let trace = match std::fs::read(&trace) {
            Ok(trace) => Some(trace),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(failed("the trace cannot be read")(error)),
        };
        Outcome::new(ended.then_some(status), stdout, stderr, trace, &folder, &program)
            .map_err(failed("the program's files cannot be read"))
    }

    fn fill(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir(folder)?;
        for (name, contents) in &self.files {
            let file = folder.join(name);
            if let Some(parent) = file.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(file, contents)?;
        }
        Ok(())
    }

    fn command(&self, program: &Path, folder: &Path, trace: &Path) -> Command {
        let mut command = Command::new(&self.exeunt);
        match &self.filter {
            Some(filter) => command.args(["trace", "--stable", "-e", filter, "-o"]).arg(trace),
            None => command.arg("run"),
        };
        command.args(&self.options).arg(program).args(&self.arguments);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn feed(&self, mut pipe: impl Write + Send + 'static) -> JoinHandle<()> {
        let input = self.input.clone();
        // A program need not read what it is given.
        thread::spawn(move || drop(pipe.write_all(&input)))
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What came before an error is the output.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn finish(reader: JoinHandle<Vec<u8>>) -> Vec<u8> {
    reader.join().unwrap_or_default()
}

/// Waits for the child's end, at most for `timeout`, after which it is killed. Says whether it ended by itself.
fn wait(child: &mut Child, timeout: Duration) -> io::Result<bool> {
    let process = pidfd_open(Pid::from_child(child), PidfdFlags::empty())?;
    let deadline = Instant::now() + timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(|_| io::ErrorKind::InvalidInput)?;
        match poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&left)) {
            Ok(0) => {
                child.kill()?;
                return Ok(false);
            }
            Ok(_) => return Ok(true),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
