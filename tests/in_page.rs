//! A page of a view that cannot be had any more, because somebody else has cut the file off: `STATUS_IN_PAGE_ERROR`, with what was done, where, and why.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// What the program prints behind its first line, what is on standard error, and the signal that it ends by.
fn cut_off(arguments: &[&str]) -> (String, String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), [7; 0x3000]).unwrap();
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin/in_page.exe");
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    command.arg(program).arg("file").args(arguments).current_dir(folder.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    output.read_line(&mut first).unwrap();
    assert_eq!(first, "mapped: 7 7\r\n");
    OpenOptions::new().write(true).open(folder.path().join("file")).unwrap().set_len(0x1000).unwrap();
    child.stdin.take().unwrap().write_all(b"on\n").unwrap();
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    let outcome = child.wait_with_output().unwrap();
    (rest.replace('\r', ""), String::from_utf8(outcome.stderr).unwrap(), outcome.status.signal())
}

/// What both accesses tell: read or write, their address, `STATUS_END_OF_FILE`.
const HANDLED: &str = "c0000006 flags 0, 3 parameters: 0, in place: 1, c0000011\n\
                       c0000006 flags 0, 3 parameters: 1, in place: 1, c0000011\n\
                       at its beginning: 7\n";

#[test]
fn a_page_that_is_gone_raises_an_in_page_error() {
    assert_eq!(cut_off(&[]), (HANDLED.to_owned(), String::new(), None));
}

#[test]
fn it_is_reported_when_nobody_handles_it() {
    let (output, report, signal) = cut_off(&["unhandled"]);
    assert_eq!((output.as_str(), signal), (HANDLED, Some(11)));
    assert!(report.contains("0xC0000006 (STATUS_IN_PAGE_ERROR), writing 0x"), "{report}");
}
