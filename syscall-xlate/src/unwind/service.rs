//! What the guest's own unwinders ask of us: as on Windows there is an entry and an unwind for every address, those of our code included.

use abi::{CONTEXT, fault};

use super::host::is_host;
use super::info::{FunctionEntry, RUNTIME_FUNCTION};
use super::walk::to_guest;
use super::{Frame, Saved, UnwindError, unwind};
use crate::Cx;

/// An entry that stands for all of our code, and what it leads to: unwind information without a code.
#[repr(C, align(8))]
struct HostEntry {
    begin: u32,
    end: u32,
    unwind_data: u32,
    version: u8,
    prologue: u8,
    count: u8,
    frame: u8,
}

static HOST: HostEntry =
    HostEntry { begin: 0, end: u32::MAX, unwind_data: 12, version: 1, prologue: 0, count: 0, frame: 0 };

impl Cx<'_> {
    /// What `RtlLookupFunctionEntry` answers: the entry of a function of the guest's, or one that stands for all of ours.
    pub fn lookup_function(&self, address: u64) -> Option<FunctionEntry> {
        if !is_host(address) {
            return self.function_entry(address);
        }
        let address = &raw const HOST as u64;
        let function =
            RUNTIME_FUNCTION { BeginAddress: HOST.begin, EndAddress: HOST.end, UnwindData: HOST.unwind_data };
        Some(FunctionEntry { image_base: address, address, function })
    }

    /// What `RtlVirtualUnwind` does: from a function of the guest's to its caller; from our code to the guest's frame that called it, or to address
    /// 0 where there is none.
    ///
    /// # Errors
    /// As for [`unwind`].
    pub fn virtual_unwind(&self, entry: &FunctionEntry, pc: u64, context: &mut CONTEXT) -> Result<Frame, UnwindError> {
        if !is_host(pc) {
            return unwind(entry, pc, context);
        }
        let establisher = context.rsp();
        fault::load_u8(establisher)?;
        let mut caller = CONTEXT { Rip: pc, ..*context };
        if to_guest(&mut caller, |_| true).is_err() {
            caller.Rip = 0;
        }
        *context = caller;
        Ok(Frame { establisher, handler: None, saved: Saved::default(), base: None })
    }

    /// Turns a context into that of the guest's frame that called it. False where there is none, or it cannot be found; the context is worthless then.
    pub fn to_caller(&self, context: &mut CONTEXT) -> bool {
        if !is_host(context.Rip) {
            let entry = self.function_entry(context.Rip);
            if super::walk::up(entry.as_ref(), context).is_err() {
                return false;
            }
        }
        to_guest(context, |_| true).is_ok()
    }

    /// The return addresses of the guest from `context` up, its own address first: `skip` are left out, and no more than `count` given to `each`.
    pub fn back_trace(&self, context: &CONTEXT, skip: u32, count: u32, mut each: impl FnMut(u64)) -> u32 {
        let (mut context, mut index, mut given) = (*context, 0, 0);
        while given < count && to_guest(&mut context, |_| true).is_ok() {
            if index >= skip {
                each(context.Rip);
                given += 1;
            }
            index += 1;
            let entry = self.function_entry(context.Rip);
            if super::walk::up(entry.as_ref(), &mut context).is_err() {
                break;
            }
        }
        given
    }
}
