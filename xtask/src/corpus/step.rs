//! One pass through the steps of a case, in fresh work folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::compare::{self, OutputRules};
use super::manifest::{Case, Normalisation, Program, Run, Step};
use super::process::{self, Outcome};
use super::{corpus_folder, fetch, generate, target_folder};

/// The guest program and its Linux build, each in a folder of its own with what goes beside it.
pub(super) struct Placed {
    guest: PathBuf,
    native: PathBuf,
    runner: Vec<String>,
    time_limit: Duration,
}

/// How long each side took, all runs of the case together.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) guest: Duration,
    pub(super) native: Duration,
}

/// The two folders a case runs in, and one for what must not be in them.
struct Folders {
    guest: PathBuf,
    native: PathBuf,
    scratch: PathBuf,
}

impl Placed {
    /// Copies the program's files into `target/corpus/programs`.
    pub(super) fn new(name: &str, program: &Program, runner: &[String], time_limit: Duration) -> io::Result<Self> {
        let folder = target_folder().join("programs").join(name);
        let place = |side: &str, main: PathBuf, beside: &mut dyn Iterator<Item = PathBuf>| -> io::Result<PathBuf> {
            let folder = folder.join(side);
            renew(&folder)?;
            for file in std::iter::once(main.clone()).chain(beside) {
                let copy = folder.join(file.file_name().unwrap_or_default());
                fs::copy(&file, &copy)
                    .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
                // npm packages and wheels lose the executable bit.
                make_executable(&copy)?;
            }
            Ok(folder.join(main.file_name().unwrap_or_default()))
        };
        Ok(Self {
            guest: place(
                "guest",
                fetch::path_of(&program.guest),
                &mut program.guest_beside.iter().map(fetch::path_of),
            )?,
            native: place(
                "native",
                fetch::path_of(&program.native),
                &mut program.native_beside.iter().map(fetch::path_of),
            )?,
            runner: runner.to_vec(),
            time_limit,
        })
    }

    fn guest_command(&self) -> Command {
        let mut words = self.runner.iter();
        let mut command = Command::new(words.next().map_or("", String::as_str));
        command.args(words).arg(&self.guest);
        command
    }

    fn native_command(&self) -> Command {
        let mut command = Command::new(&self.native);
        command.env("LD_LIBRARY_PATH", self.native.parent().unwrap_or(Path::new("")));
        command
    }
}

/// Runs the case once. The error says, in words, what was different or what failed.
pub(super) fn run_case(case: &Case, program: &Placed) -> Result<Times, String> {
    let folders = Folders::prepare(case).map_err(|error| format!("cannot prepare the work folders: {error}"))?;
    let mut times = Times { guest: Duration::ZERO, native: Duration::ZERO };
    for (number, step) in case.steps.iter().enumerate() {
        let result = match step {
            Step::Run(run) => run_both(run, program, &folders, &mut times),
            Step::Exchange { exchange } => folders.exchange(exchange),
            Step::Same { same: [a, b] } => folders.same(a, b),
            Step::Remove { remove } => folders.remove(remove),
        };
        result.map_err(|error| format!("step {}: {error}", number + 1))?;
    }
    compare_files(case, program, &folders)?;
    Ok(times)
}

fn run_both(run: &Run, program: &Placed, folders: &Folders, times: &mut Times) -> Result<(), String> {
    let rules = OutputRules::of(run).map_err(|error| error.to_string())?;
    let native = folders.run(run, program.native_command(), &folders.native, program.time_limit)?;
    check_end(run, &native).map_err(|error| format!("the native program {error}"))?;
    let guest = folders.run(run, program.guest_command(), &folders.guest, program.time_limit)?;
    check_end(run, &guest)?;
    times.native += native.time;
    times.guest += guest.time;
    let streams = if run.normalise.contains(&Normalisation::Streams) {
        vec![("output", [guest.stdout, guest.stderr].concat(), [native.stdout, native.stderr].concat())]
    } else {
        vec![("stdout", guest.stdout, native.stdout), ("stderr", guest.stderr, native.stderr)]
    };
    for (stream, guest, native) in streams {
        let (guest, native) = (rules.apply(&guest, &program.guest), rules.apply(&native, &program.native));
        if let Some(difference) = compare::output_difference(&guest, &native) {
            return Err(format!("{stream} differs, {difference}"));
        }
    }
    Ok(())
}

/// Fails unless the program ended by itself with the exit code the step asks for.
fn check_end(run: &Run, outcome: &Outcome) -> Result<(), String> {
    if outcome.timed_out {
        return Err(format!("did not end within {} s", outcome.time.as_secs()));
    }
    if outcome.status.code() == Some(run.exit) {
        return Ok(());
    }
    let said = [outcome.stderr.as_slice(), outcome.stdout.as_slice()].concat();
    let said = String::from_utf8_lossy(&said);
    let first_lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).take(6).collect();
    Err(format!("ended with {} instead of {}: {}", outcome.status, run.exit, first_lines.join(" | ")))
}

/// Compares the files the programs left, except those the case expects to differ.
fn compare_files(case: &Case, program: &Placed, folders: &Folders) -> Result<(), String> {
    let read = |folder: &Path| compare::read_tree(folder).map_err(|error| format!("{}: {error}", folder.display()));
    let (guest, native) = (read(&folders.guest)?, read(&folders.native)?);
    if let Some(difference) = compare::name_difference(&guest, &native) {
        return Err(format!("the files left differ (first: guest, second: native): {difference}"));
    }
    for ((name, guest), native) in guest.iter().zip(native.values()) {
        if case.differ.contains(name) {
            continue;
        }
        let same = match (&guest.content, &native.content) {
            (Some(guest), Some(native)) => {
                compare::normalise(guest, &case.normalise_files, &program.guest)
                    == compare::normalise(native, &case.normalise_files, &program.native)
            }
            (None, None) => true,
            _ => false,
        };
        if !same {
            return Err(format!("the file {name} differs from the native program's"));
        }
    }
    Ok(())
}

impl Folders {
    /// Makes the two folders with the same inputs.
    fn prepare(case: &Case) -> io::Result<Self> {
        let root = target_folder().join("work").join(&case.name);
        let folders = Self { guest: root.join("guest"), native: root.join("native"), scratch: root.join("scratch") };
        renew(&folders.scratch)?;
        for folder in [&folders.guest, &folders.native] {
            renew(folder)?;
            for input in &case.inputs {
                let copy = folder.join(input);
                copy.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::copy(corpus_folder().join("inputs").join(input), copy)?;
            }
            for input in &case.generate {
                generate::generate(input, folder)?;
            }
        }
        Ok(folders)
    }

    fn run(&self, run: &Run, mut command: Command, folder: &Path, limit: Duration) -> Result<Outcome, String> {
        let program = command.get_program().to_string_lossy().into_owned();
        self.stdin_path(run, folder)
            .and_then(|path| process::stdin(path.as_deref()))
            .and_then(|stdin| {
                // One locale and one time zone, so that names and times are printed alike.
                command.env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
                process::run(command.args(&run.args).current_dir(folder).stdin(stdin), &self.scratch, limit)
            })
            .map_err(|error| format!("cannot run {program}: {error}"))
    }

    fn stdin_path(&self, run: &Run, folder: &Path) -> io::Result<Option<PathBuf>> {
        if let Some(text) = &run.stdin {
            let path = self.scratch.join("stdin");
            fs::write(&path, text)?;
            return Ok(Some(path));
        }
        Ok(run.stdin_file.as_ref().map(|file| folder.join(file)))
    }

    fn exchange(&self, files: &[String]) -> Result<(), String> {
        files.iter().try_for_each(|file| {
            let (guest, native, spare) =
                (self.guest.join(file), self.native.join(file), self.scratch.join("exchanged"));
            fs::rename(&guest, &spare)
                .and_then(|()| fs::rename(&native, &guest))
                .and_then(|()| fs::rename(&spare, &native))
                .map_err(|error| format!("cannot exchange {file}: {error}"))
        })
    }

    fn same(&self, a: &str, b: &str) -> Result<(), String> {
        for (side, folder) in [("native", &self.native), ("guest", &self.guest)] {
            let difference = compare::tree_difference(&folder.join(a), &folder.join(b))
                .map_err(|error| format!("{side}: cannot compare {a} and {b}: {error}"))?;
            if let Some(difference) = difference {
                return Err(format!("{side}: {a} and {b} differ: {difference}"));
            }
        }
        Ok(())
    }

    fn remove(&self, paths: &[String]) -> Result<(), String> {
        [&self.guest, &self.native]
            .into_iter()
            .flat_map(|folder| paths.iter().map(|path| folder.join(path)))
            .try_for_each(|path| {
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.map_err(|error| format!("cannot remove {}: {error}", path.display()))
            })
    }
}

fn renew(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)
}

fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}
