//! Links the release binary at a fixed address, above the guest's memory.
//!
//! Its tables hold some 45,000 pointers. In a position-independent executable the dynamic linker writes each of them at every start and
//! so copies every page they lie on: half a millisecond, a third of the time that a small program takes. Linked where it runs, the pages
//! stay those of the file. The stack, the heap and all libraries are still placed at random.
//!
//! Not every linker can do it. Where a trial fails, the binary is linked as usual, and starts a little slower.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Above `syscall_xlate::low::END`, where host code lies, and below where the kernel puts libraries.
const BASE: &str = "0x560000000000";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        if let Some(arguments) = fixed_address().filter(|arguments| works(arguments)) {
            for argument in arguments {
                println!("cargo::rustc-link-arg-bin=exeunt={argument}");
            }
        }
        // One shared library less to load.
        if let Some(folder) = gcc_file("libgcc_eh.a").as_deref().and_then(Path::parent) {
            println!("cargo::rustc-link-search=native={}", folder.display());
            println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
        }
    }
}

/// The linker's arguments. The start-up files are those of position-independent executables, which run at any address; the others only
/// run below 2 GiB.
fn fixed_address() -> Option<Vec<String>> {
    let files = ["Scrt1.o", "crti.o", "crtbeginS.o", "crtendS.o", "crtn.o"];
    let mut arguments = vec!["-no-pie".to_owned(), "-nostartfiles".to_owned(), format!("-Wl,--image-base={BASE}")];
    for file in files {
        arguments.push(gcc_file(file)?.display().to_string());
    }
    Some(arguments)
}

/// Where the C compiler has a file of its own.
fn gcc_file(name: &str) -> Option<PathBuf> {
    let output = Command::new("cc").arg(format!("-print-file-name={name}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_absolute().then_some(path)
}

/// Whether an empty program links with these arguments, and runs.
fn works(arguments: &[String]) -> bool {
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    let (source, program) = (folder.join("trial.rs"), folder.join("trial"));
    if std::fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let flags = std::env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    let linked = rustc.arg("-o").arg(&program).arg(&source).output();
    let succeeds = |output: std::io::Result<std::process::Output>| output.is_ok_and(|output| output.status.success());
    succeeds(linked) && succeeds(Command::new(&program).output())
}
