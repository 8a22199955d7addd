//! The Windows DLLs: one plain function for each API, one file for each SDK header, one sorted export table for each DLL.
//!
//! A shim has three beats: guest values to host values, one service call, host values to guest.
#![forbid(unsafe_code)]
// `exports!` takes a step for each row of a table.
#![recursion_limit = "4096"]

mod advapi32;
mod bcrypt;
mod bcryptprimitives;
mod block;
pub mod crt;
mod dbgcore;
mod dbghelp;
mod files;
mod guid;
mod kernel32;
mod kernelbase;
mod msvcrt;
mod ntdll;
mod ole32;
mod oleaut32;
mod pool;
mod processors;
mod rpcrt4;
mod shell32;
mod state;
mod text;
mod ucrtbase;
mod user32;
mod vcruntime140;
mod vcruntime140_1;
mod version;
mod winmm;
mod ws2_32;

use syscall_xlate::dll::Dll;
/// The call path, where `#[shim]` looks for it.
pub(crate) use syscall_xlate::gate;

/// The tables of all shim DLLs, sorted by name.
pub fn dlls() -> &'static [&'static Dll] {
    DLLS
}

static DLLS: &[&Dll] = &[
    &advapi32::DLL,
    &bcrypt::DLL,
    &bcryptprimitives::DLL,
    &dbgcore::DLL,
    &dbghelp::DLL,
    &kernel32::DLL,
    &kernelbase::DLL,
    &msvcrt::DLL,
    &ntdll::DLL,
    &ole32::DLL,
    &oleaut32::DLL,
    &rpcrt4::DLL,
    &shell32::DLL,
    &ucrtbase::DLL,
    &user32::DLL,
    &vcruntime140::DLL,
    &vcruntime140_1::DLL,
    &version::DLL,
    &winmm::DLL,
    &ws2_32::DLL,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tables_are_sorted() {
        assert!(dlls().is_sorted_by(|a, b| a.name < b.name));
        for dll in dlls() {
            for pair in dll.exports.windows(2) {
                assert!(pair[0].name < pair[1].name, "{}: {} before {}", dll.name, pair[0].name, pair[1].name);
            }
            let ordinals: Vec<_> = dll.exports.iter().filter_map(|export| export.ordinal).collect();
            assert_eq!(ordinals.iter().collect::<HashSet<_>>().len(), ordinals.len(), "{}: an ordinal twice", dll.name);
        }
    }
}
