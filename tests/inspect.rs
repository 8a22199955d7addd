//! `exeunt inspect`: what is said of a file, and the exit status.

use std::path::{Path, PathBuf};
use std::process::Command;

use loader::testing::{ImportBy, PeBuilder, TEXT_RVA};
use tempfile::TempDir;

fn inspect(arguments: &[&str], folder: &Path) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    let output = command.arg("inspect").args(arguments).current_dir(folder).env("PATH", "/usr/bin").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (String::from_utf8(output.stdout).unwrap(), output.status.code())
}

fn folder(files: &[(&str, &PeBuilder)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, image) in files {
        std::fs::write(folder.path().join(name), image.bytes()).unwrap();
    }
    folder
}

/// A program that imports APIs that are there for good.
fn program() -> PeBuilder {
    PeBuilder::exe().import("KERNEL32.dll", &[ImportBy::Name("GetLastError"), ImportBy::Name("SetLastError")])
}

fn verdict(image: &PeBuilder) -> (String, Option<i32>) {
    let folder = folder(&[("it.exe", image)]);
    let (text, status) = inspect(&["it.exe"], folder.path());
    (text.lines().last().unwrap().to_owned(), status)
}

#[test]
fn a_program_is_described() {
    let folder = folder(&[("fine.exe", &program().relocation(10, TEXT_RVA))]);
    let (text, status) = inspect(&["fine.exe"], folder.path());
    insta::assert_snapshot!(text);
    assert_eq!(status, Some(0));
}

#[test]
fn missing_apis_are_counted_once() {
    let image = program()
        .import("ntdll.dll", &[ImportBy::Name("NtNoSuch"), ImportBy::Ordinal(9999)])
        .delay_import("ntdll.dll", &[ImportBy::Name("NtNoSuch")]);
    let (verdict, status) = verdict(&image);
    assert_eq!(verdict, "verdict: starts, may stop at 2 missing APIs");
    assert_eq!(status, Some(1));
}

#[test]
fn a_missing_dll_keeps_a_program_from_starting() {
    let (text, status) = verdict(&program().import("nowhere.dll", &[ImportBy::Name("f")]));
    assert_eq!(text, "verdict: does not start: nowhere.dll, which it.exe needs, was not found");
    assert_eq!(status, Some(2));
    let (text, status) = verdict(&program().delay_import("nowhere.dll", &[ImportBy::Name("f")]));
    assert_eq!(text, "verdict: starts, may stop at 1 missing API");
    assert_eq!(status, Some(1));
}

#[test]
fn dlls_beside_the_program_are_looked_into() {
    let lib = PeBuilder::dll("lib.dll").export("f", TEXT_RVA).import("kernel32", &[ImportBy::Name("NoSuch")]);
    let program = program().import("lib.dll", &[ImportBy::Name("f"), ImportBy::Ordinal(1)]);
    let files = folder(&[("it.exe", &program), ("LIB.DLL", &lib)]);
    let (text, status) = inspect(&["it.exe"], files.path());
    insta::assert_snapshot!(text);
    assert_eq!(status, Some(1));
    let program = program.import("LIB", &[ImportBy::Name("g")]);
    let files = folder(&[("it.exe", &program), ("LIB.DLL", &lib)]);
    let (text, status) = inspect(&["it.exe"], files.path());
    assert!(text.ends_with("verdict: does not start: LIB does not export g, which it.exe needs\n"), "{text}");
    assert_eq!(status, Some(2));
}

#[test]
fn dlls_that_need_each_other_end() {
    let a = PeBuilder::dll("a.dll").export("f", TEXT_RVA).import("b.dll", &[ImportBy::Name("f")]);
    let b = PeBuilder::dll("b.dll").export("f", TEXT_RVA).import("a.dll", &[ImportBy::Name("f")]);
    let files = folder(&[("a.dll", &a), ("b.dll", &b)]);
    let (text, status) = inspect(&["a.dll"], files.path());
    assert!(text.ends_with("verdict: loads\n"), "{text}");
    assert_eq!(status, Some(0));
}

#[test]
fn a_dll_shows_its_exports() {
    let dll = PeBuilder::dll("lib.dll")
        .ordinal_base(5)
        .export("f", TEXT_RVA)
        .export_unnamed(TEXT_RVA)
        .forward("g", "other.h");
    let folder = folder(&[("lib.dll", &dll)]);
    let (text, status) = inspect(&["lib.dll"], folder.path());
    insta::assert_snapshot!(text);
    assert_eq!(status, Some(0));
}

#[test]
fn what_cannot_run_is_described_all_the_same() {
    let (text, status) = verdict(&program().pe32());
    insta::assert_snapshot!(text);
    assert_eq!(status, Some(2));
    let mut arm64 = program();
    arm64.machine = 0xaa64;
    insta::assert_snapshot!(verdict(&arm64).0);
    let assembly = PeBuilder::exe().section(".cor", 0x4000_0040, &[0; 72]).directory(14, 0x2000, 72);
    insta::assert_snapshot!(verdict(&assembly).0);
}

#[test]
fn the_json_form_is_stable() {
    let lib = PeBuilder::dll("lib.dll").export("f", TEXT_RVA);
    let program = program()
        .import("lib.dll", &[ImportBy::Name("f")])
        .import("ntdll.dll", &[ImportBy::Name("NtNoSuch")])
        .delay_import("nowhere.dll", &[ImportBy::Ordinal(3)]);
    let folder = folder(&[("it.exe", &program), ("lib.dll", &lib)]);
    let (text, status) = inspect(&["--json", "it.exe"], folder.path());
    insta::assert_snapshot!(text);
    assert_eq!(status, Some(1));
}

#[test]
fn every_test_binary_can_be_inspected() {
    let bin = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin");
    for entry in std::fs::read_dir(&bin).unwrap() {
        let path = entry.unwrap().path();
        // Symbol files lie beside their programs.
        if path.extension().is_some_and(|extension| extension == "pdb") {
            continue;
        }
        let report = exeunt::inspect::inspect(&path).unwrap();
        assert_eq!(report.machine, "x86-64", "{}", path.display());
        assert!(!report.imports.is_empty() || report.kind == "dll", "{}", path.display());
    }
}
