//! Links the release binary at a fixed address, above the guest's memory.
//!
//! Its tables hold some 45,000 pointers. In a position-independent executable the dynamic linker writes each of them at every start and
//! so copies every page they lie on: half a millisecond, a third of the time that a small program takes. Linked where it runs, the pages
//! stay those of the file. The stack, the heap and all libraries are still placed at random.

use std::path::PathBuf;
use std::process::Command;

/// Above `syscall_xlate::low::END`, where host code lies, and below where the kernel puts libraries.
const BASE: &str = "0x560000000000";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if let (true, Some(files)) = (release, startup_files()) {
        for argument in ["-no-pie".to_owned(), "-nostartfiles".to_owned(), format!("-Wl,--image-base={BASE}")] {
            println!("cargo::rustc-link-arg-bin=exeunt={argument}");
        }
        for file in files {
            println!("cargo::rustc-link-arg-bin=exeunt={}", file.display());
        }
        if let Some(folder) = gcc_library("libgcc_eh.a").and_then(|file| Some(file.parent()?.to_path_buf())) {
            println!("cargo::rustc-link-search=native={}", folder.display());
            println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
        }
    }
}

/// The start-up files of position-independent executables, which run at any address; those of others only below 2 GiB. `None` where
/// the C compiler does not know them: the binary is linked as usual then, and starts a little slower.
fn startup_files() -> Option<Vec<PathBuf>> {
    let names = ["Scrt1.o", "crti.o", "crtbeginS.o", "crtendS.o", "crtn.o"];
    names.iter().map(|name| gcc_library(name)).collect()
}

/// Where the C compiler has a file of its own.
fn gcc_library(name: &str) -> Option<PathBuf> {
    let output = Command::new("cc").arg(format!("-print-file-name={name}")).output().ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    path.is_absolute().then_some(path)
}
