//! What cannot be run: one clear line, a status from 125 to 127, never a signal or a panic.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use loader::testing::{ImportBy, PeBuilder};
use tempfile::TempDir;

const NOT_RUNNABLE: i32 = 126;
const NOT_FOUND: i32 = 127;

/// A folder with one file in it.
struct Bad {
    folder: TempDir,
    file: PathBuf,
}

impl Bad {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        Self { folder, file }
    }

    /// The line said about it, without its path; its status must be `status` with run and with trace.
    fn refusal(&self, status: i32) -> String {
        let said = refusal(&[self.file.as_os_str()], status);
        assert_eq!(refusal(&["trace".as_ref(), self.file.as_os_str()], status), said);
        let folder = self.folder.path().display().to_string();
        said.replace(&format!("{folder}/"), "").replace(&folder, "FOLDER")
    }
}

/// The one line that a command says that must fail with `status`.
fn refusal(arguments: &[&OsStr], status: i32) -> String {
    check(Command::new(env!("CARGO_BIN_EXE_exeunt")).args(arguments).current_dir("/"), status)
}

fn check(command: &mut Command, status: i32) -> String {
    // A drive C: of the user's is none of the test's.
    let home = tempfile::tempdir().unwrap();
    let command =
        command.stdin(Stdio::null()).env("PATH", "/usr/bin").env("HOME", home.path()).env_remove("XDG_DATA_HOME");
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{command:?}: {:?} {said}", output.status);
    assert!(output.stdout.is_empty(), "{command:?}");
    assert!(said.starts_with("exeunt: ") && said.ends_with('\n') && said.lines().count() == 1, "{said}");
    said.trim_end().to_owned()
}

#[test]
fn not_a_pe() {
    let bad = Bad::new("notes.exe", b"Dear diary,\n");
    insta::assert_snapshot!(bad.refusal(NOT_RUNNABLE), @"exeunt: notes.exe: is not a Windows program (no MZ signature)");
    let bad = Bad::new("script.exe", b"#!/bin/sh\necho hello\n");
    insta::assert_snapshot!(bad.refusal(NOT_RUNNABLE), @"exeunt: script.exe: is a script, not a Windows program; start it directly");
    let bad = Bad::new("setup.msi", &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0]);
    insta::assert_snapshot!(bad.refusal(NOT_RUNNABLE), @"exeunt: setup.msi: is a Windows Installer package, not a program; unpack it first");
}

#[test]
fn mz_without_pe() {
    let mut dos = vec![0; 128];
    dos[..2].copy_from_slice(b"MZ");
    insta::assert_snapshot!(Bad::new("dos.exe", &dos).refusal(NOT_RUNNABLE), @"exeunt: dos.exe: is a DOS program (MZ without a PE header); only 64-bit Windows programs run");
    insta::assert_snapshot!(Bad::new("short.exe", b"MZ").refusal(NOT_RUNNABLE), @"exeunt: short.exe: the file is truncated: the DOS header ends at byte 64, the file at 2; copy it again");
}

#[test]
fn ne() {
    let mut ne = vec![0; 256];
    ne[..2].copy_from_slice(b"MZ");
    ne[0x18] = 0x40;
    ne[0x3c] = 0x80;
    ne[0x80..0x82].copy_from_slice(b"NE");
    insta::assert_snapshot!(Bad::new("win16.exe", &ne).refusal(NOT_RUNNABLE), @"exeunt: win16.exe: is a 16-bit program (NE header); only 64-bit Windows programs run");
}

#[test]
fn elf() {
    let own = refusal(&[OsStr::new("/proc/self/exe")], NOT_RUNNABLE);
    insta::assert_snapshot!(own, @"exeunt: /proc/self/exe: is a Linux (ELF) program, not a Windows one; start it directly");
    insta::assert_snapshot!(Bad::new("stub.exe", b"\x7fELF").refusal(NOT_RUNNABLE), @"exeunt: stub.exe: is a Linux (ELF) program, not a Windows one; start it directly");
}

#[test]
fn other_processors() {
    let mut arm64 = PeBuilder::exe();
    arm64.machine = 0xaa64;
    insta::assert_snapshot!(Bad::new("arm.exe", &arm64.bytes()).refusal(NOT_RUNNABLE), @"exeunt: arm.exe: is a program for ARM64; only x86-64 programs run, use an x64 build");
    insta::assert_snapshot!(Bad::new("small.exe", &PeBuilder::exe().pe32().bytes()).refusal(NOT_RUNNABLE), @"exeunt: small.exe: is a 32-bit program (PE32, i386); 32-bit programs are not supported yet, use an x64 build");
}

#[test]
fn dotnet() {
    let assembly = PeBuilder::exe().section(".cor", 0x4000_0040, &[0; 72]).directory(14, 0x2000, 72);
    insta::assert_snapshot!(Bad::new("managed.exe", &assembly.bytes()).refusal(NOT_RUNNABLE), @"exeunt: managed.exe: is a .NET assembly, which needs the .NET runtime; start it with `dotnet` or `mono`");
}

#[test]
fn not_a_program() {
    insta::assert_snapshot!(Bad::new("lib.dll", &PeBuilder::dll("lib.dll").bytes()).refusal(NOT_RUNNABLE), @"exeunt: lib.dll: is a DLL, not a program; name a program that loads it");
    let mut driver = PeBuilder::exe();
    driver.subsystem = 1;
    insta::assert_snapshot!(Bad::new("driver.sys", &driver.bytes()).refusal(NOT_RUNNABLE), @"exeunt: driver.sys: is a native-subsystem program or driver; only console and GUI programs run");
}

#[test]
fn empty() {
    insta::assert_snapshot!(Bad::new("empty.exe", b"").refusal(NOT_RUNNABLE), @"exeunt: empty.exe: the file is empty");
}

#[test]
fn truncated() {
    let built = PeBuilder::exe().section(".data", 0xc000_0040, &[7; 4096]).build();
    let whole = built.bytes.len();
    let cut = |length: usize| Bad::new("cut.exe", &built.clone().truncate(length).bytes).refusal(NOT_RUNNABLE);
    insta::assert_snapshot!(cut(whole - 100), @"exeunt: cut.exe: the file is truncated: section .data ends at byte 5120, the file at 5020; copy it again");
    insta::assert_snapshot!(cut(300), @"exeunt: cut.exe: the file is truncated: the optional header ends at byte 392, the file at 300; copy it again");
    for length in [3, 63, 64, 130, 160, 200, 400, 600] {
        cut(length);
    }
}

#[test]
fn a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let said = refusal(&[folder.path().as_os_str()], NOT_RUNNABLE);
    insta::assert_snapshot!(said.replace(folder.path().to_str().unwrap(), "FOLDER"), @"exeunt: FOLDER: is a directory; name the program inside it");
    let said = check(
        Command::new(env!("CARGO_BIN_EXE_exeunt")).arg("tests").current_dir(env!("CARGO_MANIFEST_DIR")),
        NOT_RUNNABLE,
    );
    insta::assert_snapshot!(said, @"exeunt: tests: is a directory; name the program inside it");
}

#[test]
fn a_device_and_a_pipe_do_not_hang() {
    insta::assert_snapshot!(refusal(&[OsStr::new("/dev/zero")], NOT_RUNNABLE), @"exeunt: /dev/zero: is not a regular file");
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.exe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let said = refusal(&[pipe.as_os_str()], NOT_RUNNABLE);
    insta::assert_snapshot!(said.replace(folder.path().to_str().unwrap(), "FOLDER"), @"exeunt: FOLDER/pipe.exe: is not a regular file");
}

#[test]
fn not_there() {
    insta::assert_snapshot!(refusal(&[OsStr::new("/nowhere/a.exe")], NOT_FOUND), @"exeunt: /nowhere/a.exe was not found: there is no /nowhere/a.exe");
    insta::assert_snapshot!(refusal(&[OsStr::new("/dev/null/a.exe")], NOT_FOUND), @"exeunt: /dev/null/a.exe: no such file");
    insta::assert_snapshot!(refusal(&[OsStr::new("")], NOT_FOUND), @"exeunt: '' was not found in the current folder, /usr/bin; give its path, or put its folder on PATH");
}

#[test]
fn a_missing_dll() {
    let program = PeBuilder::exe().import("nowhere.dll", &[ImportBy::Name("f")]);
    insta::assert_snapshot!(Bad::new("needy.exe", &program.bytes()).refusal(NOT_RUNNABLE), @"exeunt: nowhere.dll, which needy.exe needs, was not found in FOLDER, /, /usr/bin; put it beside the program or its folder on PATH");
}

#[test]
fn a_missing_ordinal() {
    let program = PeBuilder::exe().import("lib.dll", &[ImportBy::Ordinal(77)]);
    let bad = Bad::new("needy.exe", &program.bytes());
    let dll = PeBuilder::dll("lib.dll").export("f", loader::testing::TEXT_RVA);
    std::fs::write(bad.folder.path().join("lib.dll"), dll.bytes()).unwrap();
    insta::assert_snapshot!(bad.refusal(NOT_RUNNABLE), @"exeunt: lib.dll does not export #77, which needy.exe needs; it may be of another version");
}

#[test]
fn a_damaged_dll() {
    let program = PeBuilder::exe().import("lib.dll", &[ImportBy::Name("f")]);
    let bad = Bad::new("needy.exe", &program.bytes());
    std::fs::write(bad.folder.path().join("lib.dll"), b"MZ what").unwrap();
    insta::assert_snapshot!(bad.refusal(NOT_RUNNABLE), @"exeunt: lib.dll: the file is truncated: the DOS header ends at byte 64, the file at 7; copy it again");
}

#[test]
fn a_cycle_of_forwarders() {
    let program = PeBuilder::exe().import("lib.dll", &[ImportBy::Name("f")]);
    let bad = Bad::new("needy.exe", &program.bytes());
    let dll = PeBuilder::dll("lib.dll").forward("f", "lib.g").forward("g", "lib.f");
    std::fs::write(bad.folder.path().join("lib.dll"), dll.bytes()).unwrap();
    insta::assert_snapshot!(bad.refusal(NOT_RUNNABLE), @"exeunt: lib.dll: the forwarder lib.g never ends");
}

#[test]
fn no_permission() {
    let bad = Bad::new("secret.exe", &PeBuilder::exe().bytes());
    std::fs::set_permissions(&bad.file, PermissionsExt::from_mode(0o000)).unwrap();
    std::fs::set_permissions(bad.folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let said = if std::fs::File::open(&bad.file).is_ok() {
        as_nobody(&bad)
    } else {
        refusal(&[bad.file.as_os_str()], NOT_RUNNABLE)
    };
    let folder = format!("{}/", bad.folder.path().display());
    insta::assert_snapshot!(said.replace(&folder, ""), @"exeunt: secret.exe: permission denied; check the file's mode and its folder's");
}

/// Root may read everything, so another user tries, with a copy of exeunt that this user can reach.
fn as_nobody(bad: &Bad) -> String {
    let nobody = 65534;
    let exeunt = bad.folder.path().join("exeunt");
    // By another process: a file that this one has written cannot be run while a child of another test, not yet begun, has it open.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_exeunt")).arg(&exeunt).status().unwrap();
    assert!(copied.success());
    check(Command::new(exeunt).arg(&bad.file).uid(nobody).gid(nobody).current_dir("/"), NOT_RUNNABLE)
}

#[test]
fn a_status_file_that_cannot_be_made() {
    let program = Bad::new("fine.exe", &PeBuilder::exe().bytes());
    let said =
        refusal(&["run".as_ref(), "--status-file".as_ref(), "/nowhere/status".as_ref(), program.file.as_os_str()], 125);
    insta::assert_snapshot!(said, @"exeunt: /nowhere/status cannot be written: No such file or directory (os error 2)");
}

#[test]
fn a_trace_that_cannot_be_written() {
    let program = Bad::new("fine.exe", &PeBuilder::exe().bytes());
    let said = refusal(&["trace".as_ref(), "-o".as_ref(), "/nowhere/trace".as_ref(), program.file.as_os_str()], 125);
    insta::assert_snapshot!(said, @"exeunt: /nowhere/trace cannot be written: No such file or directory (os error 2)");
    let said = refusal(&["trace".as_ref(), "-e".as_ref(), "no-such".as_ref(), program.file.as_os_str()], 125);
    insta::assert_snapshot!(said, @"exeunt: the filter 'no-such' matches no API that exeunt has; `exeunt shims` lists them");
}
