//! The command line itself: help, usage errors, exit statuses, clean streams.

use std::fs::File;
use std::process::{Command, Output, Stdio};

fn exeunt(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    command.args(arguments).env("COLUMNS", "100").stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    exeunt(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Standard error of a command that must fail with `status` and print nothing else.
fn failure(arguments: &[&str], status: i32) -> String {
    let output = output(arguments);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn help_teaches_by_example() {
    insta::assert_snapshot!("help", stdout(&["--help"]));
    insta::assert_snapshot!("help_short", stdout(&["-h"]));
    for command in ["run", "trace", "inspect", "shims", "symbolize", "path", "completions", "man"] {
        insta::assert_snapshot!(format!("help_{command}"), stdout(&[command, "--help"]));
        assert_eq!(stdout(&[command, "--help"]), stdout(&["help", command]));
    }
}

#[test]
fn the_version_is_the_packages() {
    assert_eq!(stdout(&["--version"]), format!("exeunt {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_explained_and_is_125() {
    insta::assert_snapshot!(failure(&[], 125));
    insta::assert_snapshot!(failure(&["--no-such-option", "x.exe"], 125));
    insta::assert_snapshot!(failure(&["--windows-version=95", "x.exe"], 125));
    insta::assert_snapshot!(failure(&["inspect"], 125));
    insta::assert_snapshot!(failure(&["trace", "-e", "a!b!c", "x.exe"], 125));
    insta::assert_snapshot!(failure(&["shims", "--json", "--markdown"], 125));
}

#[test]
fn all_that_exeunt_says_begins_with_its_name() {
    for arguments in [&[][..], &["--bogus"], &["nowhere.exe"], &["inspect", "/nowhere"], &["completions", "rc"]] {
        let output = output(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!text.is_empty() && text.lines().all(|line| line.starts_with("exeunt: ")), "{arguments:?}: {text}");
    }
}

#[test]
fn a_program_that_is_not_there_is_127() {
    insta::assert_snapshot!(failure(&["/nowhere/tool.exe"], 127), @"exeunt: /nowhere/tool.exe was not found: there is no /nowhere/tool.exe");
    insta::assert_snapshot!(failure(&[r"nowhere\tool"], 127).replace(env!("CARGO_MANIFEST_DIR"), "CURRENT"), @r"exeunt: nowhere\tool was not found: there is no CURRENT/nowhere/tool, CURRENT/nowhere/tool.exe");
    let by_name = exeunt(&["no-such-tool"]).env("PATH", "/a:/b").output().unwrap();
    assert_eq!(by_name.status.code(), Some(127));
    insta::assert_snapshot!(String::from_utf8_lossy(&by_name.stderr), @"exeunt: no-such-tool was not found in the current folder, /a, /b; give its path, or put its folder on PATH");
    failure(&["inspect", "/nowhere/tool.exe"], 127);
    failure(&["trace", "/nowhere/tool.exe"], 127);
}

#[test]
fn places_are_symbolized() {
    let pdb = concat!(env!("CARGO_MANIFEST_DIR"), "/test-binaries/bin/crash_pdb.exe");
    let places =
        [format!("{pdb}+0x100c-1"), format!("{pdb}+1020"), format!("{pdb}+0x999999"), "nowhere+0x1".to_owned()];
    let arguments: Vec<_> = ["symbolize"].into_iter().chain(places.iter().map(String::as_str)).collect();
    insta::assert_snapshot!(stdout(&arguments));
}

#[test]
fn a_program_called_like_a_command_is_run_by_run() {
    let text = failure(&["run", "trace"], 127);
    assert!(text.starts_with("exeunt: trace was not found"), "{text}");
    assert!(failure(&["trace"], 125).contains("required"));
}

#[test]
fn options_after_the_program_are_the_programs() {
    for arguments in [&["nowhere.exe", "--version"][..], &["--windows-version", "7", "nowhere.exe", "--help"]] {
        let text = failure(arguments, 127);
        assert!(text.starts_with("exeunt: nowhere.exe was not found"), "{text}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let mut child = exeunt(&["shims", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = exeunt(&["shims"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("exeunt: standard output cannot be written: "));
}

#[test]
fn completions_are_there_for_each_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&["completions", shell]);
        assert!(script.contains("inspect") && script.contains("windows-version"), "{shell}");
    }
}

#[test]
fn manual_pages_are_there_for_each_command() {
    let page = stdout(&["man"]);
    assert!(page.contains(".TH exeunt 1") && page.contains("Exit status"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(stdout(&["man", "--dir", folder.path().to_str().unwrap()]), "");
    for name in ["exeunt.1", "exeunt-run.1", "exeunt-trace.1", "exeunt-inspect.1", "exeunt-shims.1"] {
        assert!(folder.path().join(name).is_file(), "{name}");
    }
    let text = failure(&["man", "--dir", "/nowhere"], 125);
    assert!(text.starts_with("exeunt: /nowhere cannot be written: "), "{text}");
}

#[test]
fn the_table_of_shims_can_be_filtered() {
    let text = stdout(&["shims", "kernel32!*LastError"]);
    insta::assert_snapshot!(text);
    let json: serde_json::Value = serde_json::from_str(&stdout(&["shims", "--json", "kernel32!GetLastError"])).unwrap();
    assert_eq!(json[0]["dll"], "kernel32.dll");
    assert_eq!(json[0]["support"], "full");
    assert_eq!(json[0]["header"], "errhandlingapi");
    assert_eq!(json[0]["parameters"], serde_json::json!([]));
    let markdown = stdout(&["shims", "--markdown", "kernel32!GetLastError"]);
    assert!(markdown.contains("| `GetLastError` | errhandlingapi | full |  |"), "{markdown}");
    assert_eq!(stdout(&["shims", "no-such-*"]), "0 APIs: 0 full, 0 partial, 0 stub\n");
}

#[test]
fn paths_are_converted() {
    let root = tempfile::tempdir().unwrap();
    let path = |arguments: &[&str]| {
        let output =
            exeunt(&["path", "--root", root.path().to_str().unwrap()]).args(arguments).current_dir("/usr").output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().replace(root.path().to_str().unwrap(), "ROOT")
    };
    assert_eq!(path(&["bin/env", "/etc/.."]), "Z:\\usr\\bin\\env\nZ:\\\n");
    assert_eq!(path(&[r"Z:\USR\Bin\No.txt", r"lib\..\bin"]), "/usr/bin/No.txt\n/usr/bin\n");
    assert_eq!(path(&["-u", "BIN/ENV"]), "/usr/bin/env\n");
    assert_eq!(path(&[r"c:\Tools\x.exe"]), "ROOT/drive_c/Tools/x.exe\n");
    assert_eq!(path(&["-w", &format!("{}/drive_c/Tools/x.exe", root.path().display())]), "C:\\Tools\\x.exe\n");
    assert_eq!(path(&["-w", "a:b"]), "Z:\\usr\\a\u{f03a}b\n");
    insta::assert_snapshot!(failure(&["path", r"\\server\share\x"], 125));
    insta::assert_snapshot!(failure(&["path", r"q:\x"], 125));
    failure(&["path"], 125);
}

#[test]
fn a_program_on_the_private_drive_is_found() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(root.path().join("drive_c/tools")).unwrap();
    std::fs::write(root.path().join("drive_c/tools/empty.exe"), "").unwrap();
    let text = failure(&["--root", root.path().to_str().unwrap(), r"C:\Tools\Empty"], 126);
    assert!(text.ends_with("drive_c/tools/empty.exe: the file is empty\n"), "{text}");
}
