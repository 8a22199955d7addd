//! Every shim of the tables that takes a pointer, called with NULL, an unmapped address, a read-only page, the last byte of a page and memory full of nonsense:
//! in each pointer parameter and in all at once, the others plausible or absurd. It returns or raises an access violation of an address that does
//! fault, writes nowhere else and leaves nothing locked; a system service does not raise. Nobody adds a shim here: the tables say what there is.
//!
//! `POINTERS=kernel32!CreateFileW cargo test --test pointers` tests what contains the text.

mod plan;
mod rules;

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use plan::{Finding, Function, Plan, Progress, functions};
use rules::Rule;

/// A call that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(15);
/// Functions of one process, unless it dies.
const BATCH: usize = 48;

/// What came of all.
#[derive(Default)]
struct Results {
    calls: u32,
    exceptions: u32,
    wrong: Vec<String>,
}

#[test]
fn no_shim_is_harmed_by_a_bad_pointer() {
    call_all(Kind::Plain);
}

#[test]
fn no_traced_shim_is_harmed_by_a_bad_pointer() {
    call_all(Kind::Traced);
}

/// How a call gets to its shim.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Traced, which looks at what the pointers point to; fewer calls.
    Traced,
}

fn call_all(kind: Kind) {
    let only = std::env::var("POINTERS").unwrap_or_default();
    let all = functions();
    let called = |function: &&Function| function.path().contains(&only) && function.rule != Some(Rule::Never);
    let (alone, together): (Vec<_>, Vec<_>) =
        all.iter().filter(called).partition(|function| function.rule == Some(Rule::Alone));
    let batches: Vec<&[&Function]> = together.chunks(BATCH).chain(alone.chunks(1)).collect();
    let (next, results) = (AtomicUsize::new(0), Mutex::new(Results::default()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = run(batch, kind).unwrap();
                    let mut results = results.lock().unwrap();
                    results.calls += result.calls;
                    results.exceptions += result.exceptions;
                    results.wrong.extend(result.wrong);
                }
            });
        }
    });
    let Results { calls, exceptions, wrong } = results.into_inner().unwrap();
    println!("{} functions, {calls} calls, {exceptions} exceptions", alone.len() + together.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_rules_are_of_functions_that_are_there() {
    let functions = functions();
    for name in rules::names() {
        assert!(functions.iter().any(|function| function.path() == name), "{name} is no function that takes a pointer");
    }
}

/// Calls all of `functions`, in a process after the other where one dies.
fn run(functions: &[&Function], kind: Kind) -> io::Result<Results> {
    let mut results = Results::default();
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("work"))?;
    fs::create_dir(folder.path().join("home"))?;
    let (mut first, mut step) = (0, 0);
    loop {
        let plan = Plan::new(&folder.path().join("work"), functions, first, step, kind == Kind::Traced)?;
        let mut child = start(folder.path(), kind)?;
        let status = wait(&mut child, &plan)?;
        let Progress { function, step: last, calls, exceptions, .. } = plan.progress()?;
        results.calls += calls;
        results.exceptions += exceptions;
        results.wrong.extend(plan.findings()?.chunk_by(Finding::is_like).filter_map(|alike| shown(functions, alike)));
        let Some(of) = functions.get(function as usize) else {
            if !status.is_some_and(|status| status.success()) {
                results.wrong.push(format!("the process ended after its plan: {status:?}"));
            }
            return Ok(results);
        };
        let said = fs::read_to_string(folder.path().join("stderr"))?;
        let may_end = of.rule == Some(Rule::Ends) && status.is_some_and(|status| !status.success());
        if !may_end || said.is_empty() || said.contains("internal error") {
            let how = status.map_or("hangs".to_owned(), |status| format!("ends the process, {status}"));
            let said: Vec<_> = said.lines().take(6).collect();
            results.wrong.push(format!("{}: {how} when {}\n    {}", of.path(), of.describe(last), said.join("\n    ")));
        }
        (first, step) = (function as usize, last + 1);
    }
}

/// Findings that are the same in a line, unless they are as the function's rule says.
fn shown(functions: &[&Function], alike: &[Finding]) -> Option<String> {
    let (first, of) = (alike.first()?, functions.get(alike.first()?.function as usize)?);
    if first.is_exception && matches!(of.rule, Some(Rule::Raises | Rule::Ends)) {
        return None;
    }
    Some(format!("{}: {} when {} ({} times)", of.path(), first.what, of.describe(first.step), alike.len()))
}

/// Starts the guest program in a folder, with a home of its own.
fn start(folder: &Path, kind: Kind) -> io::Result<Child> {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/test-binaries/bin/pointers.exe");
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    if kind == Kind::Traced {
        command.args(["trace", "-o", "/dev/null"]);
    }
    command.arg(program).current_dir(folder.join("work"));
    command.env("HOME", folder.join("home")).env_remove("XDG_DATA_HOME").env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(File::create(folder.join("stdout"))?)
        .stderr(File::create(folder.join("stderr"))?)
        .spawn()?;
    drop(child.stdin.take());
    Ok(child)
}

/// Waits for the end of the process, and ends it when a call hangs, which is `None`.
fn wait(child: &mut Child, plan: &Plan) -> io::Result<Option<ExitStatus>> {
    let (mut seen, mut since) = (plan.progress()?, Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        let now = plan.progress()?;
        if now != seen {
            (seen, since) = (now, Instant::now());
        }
        if since.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    }
}
