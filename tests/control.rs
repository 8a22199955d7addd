//! Signals of the host reach a program as control events: Ctrl+C, Ctrl+Break, the end of the terminal.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// How a program ended: its output behind `ready`, its 32-bit exit code, and its host status.
struct Ended {
    output: String,
    code: String,
    signal: Option<i32>,
}

/// Starts a program, sends it `signal` once it is ready, and waits for its end.
fn told(program: &str, arguments: &[&str], signal: libc::c_int) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let status_file = folder.path().join("status");
    let mut child = Command::new(env!("CARGO_BIN_EXE_exeunt"))
        .arg("--status-file")
        .arg(&status_file)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin").join(program))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line.trim_end(), "ready", "{}", errors(&mut child));
    // SAFETY: a child that has not been waited for keeps its identifier.
    assert_eq!(unsafe { libc::kill(child.id() as i32, signal) }, 0);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    let status = child.wait().unwrap();
    assert_eq!(errors(&mut child), "");
    let code = std::fs::read_to_string(status_file).unwrap_or_default();
    Ended { output: rest.replace('\r', ""), code: code.trim().to_owned(), signal: status.signal() }
}

fn errors(child: &mut Child) -> String {
    let mut text = String::new();
    let _ = child.stderr.take().map(|mut errors| errors.read_to_string(&mut text));
    text
}

/// `STATUS_CONTROL_C_EXIT`
const CONTROL_C_EXIT: &str = "3221225786";

#[test]
fn a_handler_that_handles_ctrl_c_lets_the_program_go_on() {
    let ended = told("control.exe", &["wait", "handles"], libc::SIGINT);
    assert_eq!(ended.output, "handles: 0, on the first thread: 0\ntold: 0\natexit\n");
    assert_eq!((ended.code.as_str(), ended.signal), ("0", None));
}

#[test]
fn a_handler_that_passes_ctrl_c_on_ends_the_program_by_it() {
    let ended = told("control.exe", &["wait", "passes"], libc::SIGINT);
    assert_eq!(ended.output, "passes: 0\n");
    assert_eq!((ended.code.as_str(), ended.signal), (CONTROL_C_EXIT, Some(libc::SIGINT)));
}

#[test]
fn ctrl_backslash_is_ctrl_break() {
    let ended = told("control.exe", &["wait", "handles"], libc::SIGQUIT);
    assert_eq!(ended.output, "handles: 1, on the first thread: 0\ntold: 0\natexit\n");
}

#[test]
fn a_program_that_is_asked_to_end_may_clean_up_and_ends() {
    for signal in [libc::SIGTERM, libc::SIGHUP] {
        let ended = told("control.exe", &["wait", "passes"], signal);
        assert_eq!(ended.output, "passes: 2\n");
        assert_eq!((ended.code.as_str(), ended.signal), (CONTROL_C_EXIT, Some(libc::SIGTERM)));
    }
}

#[test]
fn the_c_runtime_handles_sigint_on_a_thread_of_its_own() {
    let ended = told("control.exe", &["wait", "signal"], libc::SIGINT);
    assert_eq!(ended.output, "signal: 2, on the first thread: 0\ntold: 0\natexit\n");
    assert_eq!((ended.code.as_str(), ended.signal), ("0", None));
}

#[test]
fn a_program_that_says_nothing_of_control_events_ends_by_the_signal() {
    let ended = told("control.exe", &["wait", "says nothing"], libc::SIGINT);
    assert_eq!((ended.output.as_str(), ended.signal), ("", Some(libc::SIGINT)));
}

#[test]
fn a_go_program_is_told_of_ctrl_c() {
    let ended = told("go_runtime.exe", &["interrupted"], libc::SIGINT);
    assert_eq!(ended.output, "told: interrupt\n");
    assert_eq!((ended.code.as_str(), ended.signal), ("0", None));
}

#[test]
fn a_go_program_that_does_not_ask_for_ctrl_c_ends_by_it() {
    let ended = told("go_runtime.exe", &["default"], libc::SIGINT);
    assert_eq!((ended.output.as_str(), ended.code.as_str(), ended.signal), ("", CONTROL_C_EXIT, Some(libc::SIGINT)));
}
