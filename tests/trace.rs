//! `exeunt trace`, and runs for snapshots: small programs made of a few calls.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use exeunt::testing::Run;
use loader::Image;
use loader::testing::{ImportBy, PeBuilder, TEXT_RVA};
use tempfile::TempDir;

/// What a made program does, one after the other.
enum Step {
    /// Calls an import with an argument.
    Call(&'static str, u32),
    /// Reads from address 0.
    Crash,
    /// Returns a code from the entry point.
    Return(u32),
}

/// The program `made.exe`, in a folder of its own.
struct Made {
    folder: TempDir,
    program: PathBuf,
}

impl Made {
    fn new(steps: &[Step]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("made.exe");
        std::fs::write(&program, image(steps)).unwrap();
        Self { folder, program }
    }

    /// One that calls two functions and ends with 7.
    fn ordinary() -> Self {
        Self::new(&[Step::Call("SetLastError", 5), Step::Call("GetLastError", 0), Step::Return(7)])
    }

    fn trace(&self, options: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
        command.arg("trace").args(options).arg(&self.program).current_dir(self.folder.path());
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// What a trace of it says on standard error.
    fn traced(&self, options: &[&str]) -> String {
        let output = self.trace(options);
        assert_eq!(output.status.code(), Some(7));
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    fn run(&self) -> Run {
        Run::new(&self.program).under(env!("CARGO_BIN_EXE_exeunt"))
    }
}

/// A program that takes `steps`, importing what they call from kernel32.
fn image(steps: &[Step]) -> Vec<u8> {
    let names: Vec<_> = steps
        .iter()
        .filter_map(|step| match step {
            Step::Call(name, _) => Some(*name),
            _ => None,
        })
        .collect();
    let imports: Vec<_> = names.iter().map(|name| ImportBy::Name(name)).collect();
    // The code's length does not depend on where the imports are.
    let build = |slots: &[u32]| PeBuilder::exe().text(&code(steps, slots)).import("kernel32.dll", &imports).bytes();
    let image = Image::parse(build(&vec![0; names.len()])).unwrap();
    let dlls: Vec<_> = image.imports().map(Result::unwrap).collect();
    let slots: Vec<_> = dlls.iter().flat_map(|dll| dll.entries()).map(|import| import.unwrap().slot).collect();
    build(&slots)
}

fn code(steps: &[Step], slots: &[u32]) -> Vec<u8> {
    let mut slots = slots.iter();
    // sub rsp, 40
    let mut code = vec![0x48, 0x83, 0xec, 40];
    for step in steps {
        match step {
            Step::Call(_, argument) => {
                // mov ecx, argument; call [rip + distance]
                code.push(0xb9);
                code.extend(argument.to_le_bytes());
                code.extend([0xff, 0x15]);
                let next = TEXT_RVA + code.len() as u32 + 4;
                code.extend(slots.next().unwrap().wrapping_sub(next).to_le_bytes());
            }
            // xor eax, eax; mov eax, [rax]
            Step::Crash => code.extend([0x31, 0xc0, 0x8b, 0x00]),
            Step::Return(value) => {
                // mov eax, value; add rsp, 40; ret
                code.push(0xb8);
                code.extend(value.to_le_bytes());
                code.extend([0x48, 0x83, 0xc4, 40, 0xc3]);
            }
        }
    }
    code
}

#[test]
fn calls_are_lines_on_standard_error() {
    insta::assert_snapshot!(Made::ordinary().traced(&["--stable"]));
}

#[test]
fn a_trace_is_the_same_in_each_run() {
    let made = Made::ordinary();
    assert_eq!(made.traced(&["--stable"]), made.traced(&["--stable"]));
}

#[test]
fn json_has_an_object_for_each_call() {
    let made = Made::ordinary();
    insta::assert_snapshot!(made.traced(&["--stable", "--format", "json"]));
    let timed = made.traced(&["--format=json"]);
    for line in timed.lines() {
        let call: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(call["function"].is_string() && call["took_us"].is_u64(), "{line}");
    }
}

#[test]
fn filters_choose_calls() {
    let made = Made::ordinary();
    assert_eq!(made.traced(&["-e", "Get*"]).lines().count(), 1);
    assert_eq!(made.traced(&["-e", "Get*", "-e", "set*"]).lines().count(), 2);
    assert_eq!(made.traced(&["-e", "kernel32!*LastError,!Set*"]).lines().count(), 1);
    assert_eq!(made.traced(&["-e", "!*LastError"]), "");
}

#[test]
fn a_summary_counts_calls() {
    let made = Made::ordinary();
    insta::assert_snapshot!(made.traced(&["-c", "--stable"]));
    let timed = made.traced(&["--summary"]);
    assert!(timed.lines().next().unwrap().contains("% time"), "{timed}");
}

#[test]
fn a_trace_goes_to_a_file() {
    let made = Made::ordinary();
    assert_eq!(made.traced(&["--stable", "-o", "calls.txt"]), "");
    assert_eq!(made.file("calls.txt"), made.traced(&["--stable"]));
}

#[test]
fn a_crash_keeps_the_trace_and_the_status() {
    use std::os::unix::process::ExitStatusExt;
    let made = Made::new(&[Step::Call("SetLastError", 5), Step::Crash]);
    let output = made.trace(&["--stable", "-o", "calls.txt", "--status-file", "status"]);
    assert_eq!(output.status.signal(), Some(11));
    assert_eq!(made.file("calls.txt"), "kernel32!SetLastError(dwErrCode=5)\n");
    assert_eq!(made.file("status"), "3221225477\n");
    let report = String::from_utf8(output.stderr).unwrap();
    let first = report.lines().next().unwrap();
    assert_eq!(
        first,
        "exeunt: unhandled exception 0xC0000005 (STATUS_ACCESS_VIOLATION), reading 0x0 at made.exe+0x1011"
    );
    assert!(report.lines().all(|line| line.starts_with("exeunt: ")), "{report}");
}

#[test]
fn a_missing_api_stops_the_program() {
    let made = Made::new(&[Step::Call("SetLastError", 5), Step::Call("NoSuchApi", 1), Step::Return(0)]);
    insta::assert_snapshot!(made.run().traced("*").execute().unwrap());
}

#[test]
fn exit_codes_arrive() {
    let ending = |code| Made::new(&[Step::Return(code)]).run().execute().unwrap().status;
    assert_eq!([0, 1, 255, 256, 0x1234_5679].map(ending), ["0", "1", "255", "1", "121"]);
    let made = Made::new(&[Step::Return(0xc000_0022)]);
    let outcome = made.run().options(["--status-file", "status"]).execute().unwrap();
    assert_eq!((outcome.status.as_str(), &outcome.files["status"][..]), ("34", &b"3221225506\n"[..]));
}

#[test]
fn the_status_file_does_not_follow_the_program() {
    let made = Made::new(&[Step::Return(3)]);
    let outcome = made.run().options(["--status-file=out/status"]).file("out/keep", "").execute().unwrap();
    assert_eq!(outcome.files["out/status"], b"3\n");
}

#[test]
fn a_run_is_a_snapshot() {
    let outcome = Made::ordinary().run().traced("*LastError").file("data/in.txt", "one\r\ntwo").execute().unwrap();
    insta::assert_snapshot!(outcome);
}

#[test]
fn a_run_that_takes_too_long_is_ended() {
    // jmp to itself
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("endless.exe");
    std::fs::write(&program, PeBuilder::exe().text(&[0xeb, 0xfe]).bytes()).unwrap();
    let run = Run::new(&program).under(env!("CARGO_BIN_EXE_exeunt"));
    let outcome = run.timeout(std::time::Duration::from_millis(300)).execute().unwrap();
    assert_eq!(outcome.status, "timeout");
}

#[test]
fn a_run_without_exeunt_says_so() {
    let error = Made::ordinary().run().under("/nowhere/exeunt").execute().unwrap_err();
    assert_eq!(error.to_string(), "/nowhere/exeunt cannot be started: No such file or directory (os error 2)");
}

#[test]
fn a_program_of_the_c_runtime_is_a_snapshot() {
    let hello = concat!(env!("CARGO_MANIFEST_DIR"), "/test-binaries/bin/hello.exe");
    // What is left out depends on how long the program's path is.
    let run = Run::new(hello).under(env!("CARGO_BIN_EXE_exeunt")).traced("msvcrt!*,!strlen,!malloc,!memcpy");
    insta::assert_snapshot!(run.execute().unwrap());
}

#[test]
fn a_call_after_an_exception_is_no_deeper_than_the_one_before() {
    let bin = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin");
    let run = Run::new(bin.join("callbacks.exe")).under(env!("CARGO_BIN_EXE_exeunt")).traced("*");
    let outcome = run.execute().unwrap();
    assert_eq!(outcome.status, "0");
    let trace = outcome.trace.unwrap();
    // The program makes this call each time when it has caught what was raised in a callback or a DllMain.
    let marks: Vec<_> = trace.lines().filter(|line| line.contains("SetLastError(dwErrCode=30583)")).collect();
    assert_eq!(marks.len(), 18);
    assert!(marks.iter().all(|line| line.starts_with("kernel32!")), "{marks:#?}");
    let within = trace.lines().filter(|line| line.starts_with("  kernel32!RaiseException("));
    assert!(within.count() >= 8);
}
