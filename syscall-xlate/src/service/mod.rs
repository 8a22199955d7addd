//! Raw system calls: code of the guest's that calls Windows' kernel by itself, by the number of a service.
//!
//! [`numbers`] says which number is which service, [`entry`] is where such calls come in. How they come there: [`scan`] looks at code that
//! can be executed from now on, [`site`] recognises the usual stubs in it, [`patch`] makes them jump to the entry, and [`trap`] takes what
//! is left, by signals. What no signal would come for, [`arm`] makes one come for.

mod arm;
pub(crate) mod code;
pub(crate) mod entry;
mod numbers;
mod patch;
mod site;
pub(crate) mod trap;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, Ordering};

use abi::NTSTATUS;

pub(crate) use arm::Traps;
pub use numbers::Table;
pub(crate) use patch::behind;

use crate::dll::Target;
use crate::{Cx, Process, trace};

/// The DLL whose functions the services are.
pub(crate) const NTDLL: &str = "ntdll.dll";

/// The services of a process by their numbers, and what keeps its raw system calls from the host's kernel.
pub(crate) struct Services {
    table: Option<Table>,
    /// What the entry reads; the threads' TEBs lead to it.
    header: Box<Header>,
    /// What the header leads to: filled by the first call.
    entries: OnceLock<Box<[Entry]>>,
    /// What traps on threads; those that begin do from the beginning. As [`Traps`].
    armed: AtomicU8,
    /// What traps on all of them.
    all_armed: AtomicU8,
}

/// Read by the entry.
#[repr(C)]
#[derive(Default)]
struct Header {
    /// How many entries there are: 0 before they are filled.
    count: AtomicU32,
    entries: AtomicPtr<Entry>,
}

/// Read by the entry.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// The shim's entry; 0 where there is none.
    function: u64,
    /// What a traced entry finds in the TEB.
    context: u64,
    /// How many 8-byte arguments it has on the stack.
    stack_arguments: u32,
    number: u32,
    /// Makes the size one that the entry can shift by.
    padding: u64,
}

impl Services {
    pub(crate) fn new(table: Option<Table>) -> Self {
        Self {
            table,
            header: Box::default(),
            entries: OnceLock::new(),
            armed: AtomicU8::new(Traps::Nobody as u8),
            all_armed: AtomicU8::new(Traps::Nobody as u8),
        }
    }

    /// The numbers of the reported version.
    pub(crate) fn table(&self) -> Option<Table> {
        self.table
    }

    /// What a TEB leads to.
    pub(crate) fn header(&self) -> u64 {
        std::ptr::from_ref(&*self.header) as u64
    }

    /// Fills the table that the entry reads; false when it was filled.
    fn fill(&self, process: &Process) -> bool {
        let mut filled = false;
        let entries = self.entries.get_or_init(|| {
            filled = true;
            self.collect(process)
        });
        // Afterwards, so that whoever finds a count finds the entries.
        self.header.entries.store(entries.as_ptr().cast_mut(), Ordering::Release);
        self.header.count.store(entries.len() as u32, Ordering::Release);
        filled
    }

    fn collect(&self, process: &Process) -> Box<[Entry]> {
        let Some(table) = self.table else { return Box::default() };
        let mut entries: Box<[Entry]> = (0..table.count()).map(|number| Entry { number, ..Entry::default() }).collect();
        let dlls = process.dlls();
        let Some((dll_index, dll)) = dlls.iter().enumerate().find(|(_, dll)| dll.name == NTDLL) else { return entries };
        for (index, export) in dll.exports.iter().enumerate().filter(|(_, export)| export.name.starts_with("Nt")) {
            let (Target::Code(row), Some(number)) = (export.target, table.number(export.name)) else { continue };
            let traced = process.tracer().is_some_and(|tracer| tracer.shows(dll, export));
            let Some(entry) = entries.get_mut(number as usize) else { continue };
            *entry = Entry {
                function: if traced { row.traced } else { row.plain }.address(),
                context: if traced { Process::trace_context(dll_index, index) } else { 0 },
                stack_arguments: row.params.len().saturating_sub(4) as u32,
                number,
                padding: 0,
            };
        }
        entries
    }

    /// Lets a trace tell of a number that no service of ours has.
    fn note_unknown(&self, cx: &Cx<'_>, number: u32) {
        let name = self.table.and_then(|table| table.name(number)).unwrap_or("unknown service");
        trace::unknown_service(cx, name, number, NTSTATUS::STATUS_INVALID_SYSTEM_SERVICE);
    }
}
