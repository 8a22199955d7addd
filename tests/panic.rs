//! A panic of exeunt's own: it ends the process with a message that says so, and the calls before it.

use std::io::{self, Write};
use std::process::Command;

use exeunt::Program;
use exeunt::trace::Config;

/// Panics at a line that holds a text, as a bug in a call of ours would.
struct Bug;

impl Write for Bug {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        assert!(!bytes.windows(11).any(|window| window == b"ExitProcess" || window == b"msvcrt!exit"), "a bug");
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says to the test below that it is to panic, in a process of its own.
const PANIC: &str = "EXEUNT_TEST_PANIC";

fn panics() -> ! {
    std::panic::set_hook(Box::new(exeunt::report_panic));
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/test-binaries/bin/hello.exe");
    let config = Config { tail: true, output: Box::new(Bug), ..Config::default() };
    let error = Program::new(program).trace(config).run().unwrap_err();
    unreachable!("{error}");
}

#[test]
fn a_panic_is_reported_as_our_bug_with_the_calls_before_it() {
    if std::env::var_os(PANIC).is_some() {
        panics();
    }
    let name = "a_panic_is_reported_as_our_bug_with_the_calls_before_it";
    let mut command = Command::new(std::env::current_exe().unwrap());
    let output = command.args(["--exact", name, "--nocapture"]).env(PANIC, "1").output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(125), "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[0].starts_with("exeunt: internal error at ") && lines[0].ends_with(": a bug"), "{text}");
    assert!(lines[1].contains("this is a bug of exeunt") && lines[1].contains("/issues"), "{text}");
    assert_eq!(lines[2], "exeunt: the last calls:", "{text}");
    assert!(lines.len() > 4 && lines.iter().all(|line| line.starts_with("exeunt: ")), "{text}");
}
