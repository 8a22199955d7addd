//! Calls of the guest out of which no exception comes: what a `DllMain` raises makes its load fail, with the loader lock given back.
//!
//! The frame that catches is a guest's, of code made here with a function table of its own, so that the exception finds it as it finds any.

use std::sync::OnceLock;

use abi::NTSTATUS;
use loader::synthetic::CodePage;

use crate::dll::Target;
use crate::{Cx, Process};

/// The code, made when it is first needed; `None` where it cannot be.
#[derive(Debug, Default)]
pub(super) struct Guarded(OnceLock<Option<CodePage>>);

/// `__try { result = (u32)r9(rcx, rdx, r8); } __except (1) { result = code | RAISED }`.
const CODE: &[u8] = &[
    0x48, 0x83, 0xec, 0x28, // sub rsp, 40
    0x41, 0xff, 0xd1, // call r9
    0x90, // nop
    0x89, 0xc0, // mov eax, eax
    0xeb, 0x05, // jmp over the next one
    0x48, 0x0f, 0xba, 0xe8, 0x3f, // bts rax, 63: with the exception's code in eax
    0x48, 0x83, 0xc4, 0x28, // add rsp, 40
    0xc3, // ret
];
/// Where the `__try` block begins and ends, and the `__except` block.
const TRIED: [u32; 2] = [4, 8];
const EXCEPT: u32 = 12;
/// The bit of a result that says that it is an exception's code.
const RAISED: u64 = 1 << 63;

/// Offsets in the page: a jump to the language handler, the unwind information, the function's entry.
const HANDLER: u32 = 0x40;
const INFO: u32 = 0x60;
const ENTRY: u32 = 0xa0;

/// The page's contents. `handler` is the address of `__C_specific_handler`.
fn contents(handler: u64) -> Vec<u8> {
    let mut page = CODE.to_vec();
    page.resize(HANDLER as usize, 0xcc);
    // jmp [rip + 0]
    page.extend([0xff, 0x25, 0, 0, 0, 0]);
    page.extend(handler.to_le_bytes());
    page.resize(INFO as usize, 0xcc);
    // Version 1 with exception and termination handler, a prologue of 4 bytes and one code in it: UWOP_ALLOC_SMALL of 40 bytes.
    page.extend([0x19, 4, 1, 0, 4, 0x42, 0, 0]);
    // The handler, and its scope table of one block whose filter is 1: always.
    let words = [HANDLER, 1, TRIED[0], TRIED[1], 1, EXCEPT];
    page.extend(words.into_iter().flat_map(u32::to_le_bytes));
    page.resize(ENTRY as usize, 0);
    page.extend([0, CODE.len() as u32, INFO].into_iter().flat_map(u32::to_le_bytes));
    page
}

impl Process {
    /// The address of the guarded call's code.
    fn guarded_code(&self) -> Option<u64> {
        let page = self.modules.guarded.0.get_or_init(|| {
            let ntdll = self.dlls().iter().find(|dll| dll.stem() == "ntdll")?;
            let Target::Code(handler) = ntdll.find("__C_specific_handler")?.target else { return None };
            let page = CodePage::new(&contents(handler.plain.address())).ok()?;
            let base = page.address();
            self.function_tables.add(base + u64::from(ENTRY), 1, base).ok()?;
            Some(page)
        });
        page.as_ref().map(CodePage::address)
    }
}

impl Cx<'_> {
    /// Calls a function of the guest's that returns 32 bits.
    ///
    /// # Errors
    /// The code of an exception that nobody in the function handled.
    pub(super) fn call_guarded(&self, function: u64, [a, b, c]: [u64; 3]) -> Result<u32, NTSTATUS> {
        let Some(code) = self.process.guarded_code() else { return Ok(self.call_guest(function, [a, b, c]) as u32) };
        match self.call_guest(code, [a, b, c, function]) {
            raised if raised & RAISED != 0 => Err(NTSTATUS(raised as u32)),
            result => Ok(result as u32),
        }
    }
}
