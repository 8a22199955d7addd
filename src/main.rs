//! The command `exeunt`.
//!
//! It starts as a C program does, without the start-up of Rust's runtime: that reads `/proc/self/maps` to guard a stack on which no
//! Windows program runs, which takes a twentieth of a small program's time.

#![cfg_attr(not(test), no_main)]

mod cli;
mod start;

/// Never runs: the tests have a `main` of their own. It says that what it calls is used.
#[cfg(test)]
fn main() {
    start::start();
}
