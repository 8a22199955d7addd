//! How the command is linked.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // At a fixed address the tables of all APIs need no relocation when the program starts, which took longer than all the rest. The
    // address is one where position-independent programs are put, too: host code stays above guest memory.
    println!("cargo:rustc-link-arg-bin=exeunt=-Wl,--no-pie");
    println!("cargo:rustc-link-arg-bin=exeunt=-Wl,--image-base=0x560000000000");
}
