//! Guest programs under gdb. Where it is missing, or may not debug, the tests count as ignored.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use libtest_mimic::{Arguments, Failed, Trial};

type Test = fn() -> Result<(), Failed>;

fn guest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin").join(name)
}

/// What gdb prints for commands, of a program that stands at its first instruction when the first is read.
fn session(program: &[&str], commands: &[&str]) -> Result<String, Failed> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    command.args(["run", "--gdb"]).arg(guest(program[0])).args(&program[1..]);
    // No settings of the user's, no questions, no colours.
    let folder = tempfile::tempdir()?;
    command.current_dir(&folder).env("HOME", folder.path()).env("TERM", "dumb").env_remove("DEBUGINFOD_URLS");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let input =
        ["set width 0", "set confirm off"].iter().chain(commands).fold(String::new(), |all, line| all + line + "\n");
    child.stdin.take().ok_or("no input")?.write_all(input.as_bytes())?;
    let output = child.wait_with_output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

/// Fails unless the texts follow each other.
fn in_order(text: &str, expected: &[&str]) -> Result<(), Failed> {
    let mut rest = text;
    for part in expected {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return Err(format!("{part:?} is not where it is expected in\n{text}").into()),
        }
    }
    Ok(())
}

fn a_callback_is_seen_from_the_function_up_to_main() -> Result<(), Failed> {
    let text = session(&["crash_symbols.exe", "callback"], &["break middle", "continue", "backtrace", "kill", "quit"])?;
    in_order(
        &text,
        &[
            "Temporary breakpoint",
            "mainCRTStartup ()",
            "Breakpoint 3, middle (value=",
            "src/crash_symbols.c:17",
            "#0  middle (",
            "in compare (",
            "src/crash_symbols.c:23",
            "qsort",
            " in main (argc=2",
            "src/crash_symbols.c:57",
            "in mainCRTStartup ()",
        ],
    )
}

fn source_lines_are_places_to_stop() -> Result<(), Failed> {
    let text = session(&["crash_symbols.exe", "inline"], &["break crash_symbols.c:13", "continue", "kill", "quit"])?;
    in_order(&text, &["Breakpoint 3 at 0x14000", "line 13", "Breakpoint 3, store (value=2"])?;
    let text = session(&["crash_pdb.exe"], &["break crash_pdb.c:11", "continue", "backtrace", "kill", "quit"])?;
    in_order(
        &text,
        &[
            "Breakpoint 3, read_null () at",
            "crash_pdb.c:11",
            " in outer () at",
            "crash_pdb.c:16",
            " in start () at",
            "crash_pdb.c:20",
        ],
    )
}

fn an_unhandled_exception_stops_with_the_guests_stack() -> Result<(), Failed> {
    let text = session(&["crash_symbols.exe", "callback"], &["continue", "backtrace", "kill", "quit"])?;
    in_order(&text, &["Breakpoint 1, exeunt_unhandled_exception", "write_null (", " in compare (", " in main (argc=2"])
}

fn exceptions_that_are_handled_do_not_stop() -> Result<(), Failed> {
    let text = session(&["bad_pointers.exe"], &["continue", "quit"])?;
    in_order(&text, &["exited normally"])
}

fn libraries_come_and_go() -> Result<(), Failed> {
    // The library has no other symbols than its exports.
    let commands = [
        "break a_add",
        "continue",
        "info symbol $pc",
        "backtrace 2",
        "delete",
        "continue",
        "info symbol a_add",
        "quit",
    ];
    let text = session(&["dll_moved.exe"], &commands)?;
    in_order(
        &text,
        &[
            "(a_add) pending",
            ", 0x",
            " in a_add ()",
            "a_add in section .text",
            " in dll_moved.exe+0x",
            "exited normally",
            "No symbol \"a_add\"",
        ],
    )
}

/// Whether there is a gdb that can debug.
fn has_gdb() -> bool {
    let mut command = Command::new("gdb");
    command.args(["-nx", "-batch", "-ex", "run", "--args", "true"]).stdin(Stdio::null());
    command.output().is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("exited normally"))
}

fn main() {
    let tests: [(&str, Test); 5] = [
        ("a_callback_is_seen_from_the_function_up_to_main", a_callback_is_seen_from_the_function_up_to_main),
        ("source_lines_are_places_to_stop", source_lines_are_places_to_stop),
        ("an_unhandled_exception_stops_with_the_guests_stack", an_unhandled_exception_stops_with_the_guests_stack),
        ("exceptions_that_are_handled_do_not_stop", exceptions_that_are_handled_do_not_stop),
        ("libraries_come_and_go", libraries_come_and_go),
    ];
    let arguments = Arguments::from_args();
    let missing = !has_gdb();
    if missing {
        eprintln!("gdb is not installed or may not debug here: its tests are ignored");
    }
    let trials = tests.into_iter().map(|(name, test)| Trial::test(name, test).with_ignored_flag(missing));
    libtest_mimic::run(&arguments, trials.collect()).exit();
}
