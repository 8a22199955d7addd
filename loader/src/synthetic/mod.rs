//! Module images made in memory for the shim DLLs: real headers, a real export directory, one code stub per export.
//!
//! So code that walks exports by hand, reads a function's first bytes or patches them works as it does on Windows. Most programs never
//! look: their imports lead straight to the functions. So an image is only reserved, and made at the first access to it ([`make`]).

mod contents;
mod layout;
mod order;
mod stub;
#[cfg(test)]
mod tests;
mod thunks;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use contents::{Access, hand_over, make, services_at, services_within};
pub use stub::ServiceShape;
pub use thunks::{CodePage, ThunkPool};

use crate::image::Symbol;
use crate::map::{MapError, Reservation};
use contents::Contents;
use layout::Layout;
use order::Order;

/// A DLL to be made.
#[derive(Debug)]
pub struct SyntheticDll {
    /// Its file name, such as `KERNEL32.dll`.
    pub name: Cow<'static, str>,
    /// What it exports. Building is cheapest when all have names, sorted as bytes, and no ordinals of their own.
    pub exports: Box<dyn ExportTable>,
    /// Offset from the GS base of the pointer-sized slot that traced stubs store their context in.
    pub context_slot: u32,
}

/// The exports of a DLL to be made, by index: read where they stand, because a DLL may have a thousand and a program use ten.
pub trait ExportTable: fmt::Debug + Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// The export at an index below [`ExportTable::len`]; always the same.
    fn get(&self, index: usize) -> Option<SyntheticExport>;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stubs of system services that the image is to have: how many, by their numbers from 0, and what they look like.
    fn services(&self) -> Option<(u32, ServiceShape)> {
        None
    }

    /// What must be known before the image is made.
    fn summary(&self) -> Summary {
        let exports = || (0..self.len()).filter_map(|index| self.get(index));
        Summary::new(exports())
    }
}

/// What a table's exports are together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// All have names, in their order, and no ordinals of their own.
    pub in_order: bool,
    /// Bytes of the names and the forwarders' targets, each with its closing zero.
    pub strings: u64,
    /// Whether there are variables.
    pub has_variables: bool,
    /// Whether there are functions whose stubs store a context.
    pub has_contexts: bool,
}

impl Summary {
    /// The summary of no exports.
    pub const EMPTY: Self = Self { in_order: true, strings: 0, has_variables: false, has_contexts: false };

    /// The summary of these.
    pub fn new(exports: impl Iterator<Item = SyntheticExport>) -> Self {
        let (mut this, mut last) = (Self::EMPTY, "");
        for export in exports {
            let name = export.name.unwrap_or_default();
            this.in_order &= export.ordinal.is_none() && last < name;
            last = name;
            this.strings += export.name.map_or(0, |name| name.len() as u64 + 1);
            match export.kind {
                ExportKind::Code(code) => this.has_contexts |= code.context.is_some(),
                ExportKind::Data { .. } => this.has_variables = true,
                ExportKind::Forward(target) => this.strings += target.len() as u64 + 1,
            }
        }
        this
    }
}

impl ExportTable for Vec<SyntheticExport> {
    fn len(&self) -> usize {
        self.as_slice().len()
    }

    fn get(&self, index: usize) -> Option<SyntheticExport> {
        self.as_slice().get(index).copied()
    }
}

/// One export to be made.
#[derive(Debug, Clone, Copy)]
pub struct SyntheticExport {
    /// `None` exports by ordinal only.
    pub name: Option<&'static str>,
    /// `None` takes the lowest ordinal, from 1, that nobody asked for, in the order of names.
    pub ordinal: Option<u16>,
    pub kind: ExportKind,
}

/// What an export is.
#[derive(Debug, Clone, Copy)]
pub enum ExportKind {
    /// A function.
    Code(CodeExport),
    /// A variable in the module's `.data`, aligned to 16 bytes, all zeros after `init`.
    Data { size: u32, init: &'static [u8] },
    /// An export of another DLL, as `DLL.Name` or `DLL.#Ordinal`.
    Forward(&'static str),
}

/// A function that a stub leads to.
#[derive(Debug, Clone, Copy, Default)]
pub struct CodeExport {
    /// Address of the function, which follows the Windows x64 calling convention.
    pub entry: u64,
    /// Makes the stub store this value in the thread's context slot first. Imports of the function then go through the stub.
    pub context: Option<u64>,
    /// The number of the system service that it is, below the count that [`ExportTable::services`] gives: who asks for the function at run
    /// time gets the service's stub.
    pub service: Option<u32>,
}

impl SyntheticExport {
    /// A function, exported by name.
    pub fn code(name: &'static str, entry: u64) -> Self {
        Self::named(name, ExportKind::Code(CodeExport { entry, ..CodeExport::default() }))
    }

    /// A variable, exported by name.
    pub fn data(name: &'static str, size: u32, init: &'static [u8]) -> Self {
        Self::named(name, ExportKind::Data { size, init })
    }

    /// A forwarder, exported by name.
    pub fn forward(name: &'static str, target: &'static str) -> Self {
        Self::named(name, ExportKind::Forward(target))
    }

    fn named(name: &'static str, kind: ExportKind) -> Self {
        Self { name: Some(name), ordinal: None, kind }
    }

    /// The same with a fixed ordinal.
    pub fn with_ordinal(self, ordinal: u16) -> Self {
        Self { ordinal: Some(ordinal), ..self }
    }

    fn name_bytes(&self) -> &'static [u8] {
        self.name.unwrap_or_default().as_bytes()
    }
}

/// Why a DLL could not be made.
#[derive(Debug)]
pub enum SyntheticError {
    /// Two exports have this ordinal, or it is 0.
    Ordinal(u16),
    /// Two exports have this name, or it is empty.
    Name(String),
    /// More exports than ordinals, or more than 1 GiB of it.
    TooLarge,
    Map(MapError),
}

impl std::error::Error for SyntheticError {}

impl fmt::Display for SyntheticError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ordinal(ordinal) => write!(f, "ordinal {ordinal} is 0 or used twice"),
            Self::Name(name) => write!(f, "export name {name:?} is unusable or used twice"),
            Self::TooLarge => f.write_str("more than 65535 exports or 1 GiB"),
            Self::Map(error) => error.fmt(f),
        }
    }
}

impl From<MapError> for SyntheticError {
    fn from(error: MapError) -> Self {
        Self::Map(error)
    }
}

/// A synthetic DLL in memory. Dropping it unmaps it.
#[derive(Debug)]
pub struct SyntheticModule {
    // Above the memory, which must outlive what says that it can be made.
    contents: contents::Offered,
    memory: Reservation,
}

/// What an export of a synthetic DLL resolves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyntheticTarget<'a> {
    /// Address of a stub or variable.
    Address(u64),
    /// An export of another DLL.
    Forward(&'a str),
}

impl SyntheticModule {
    /// Reserves the image, to be made at the first access. Variables are there at once.
    pub fn build(dll: SyntheticDll) -> Result<Self, SyntheticError> {
        let summary = dll.exports.summary();
        let order = Order::new(&*dll.exports, summary.in_order)?;
        let layout = Layout::new(&dll, &summary, &order)?;
        let mut memory = Reservation::inaccessible(layout.size as usize)?;
        if summary.has_variables {
            memory.open(layout.data.clone())?;
            layout.write_variables(&*dll.exports, memory.part_mut(layout.data.clone()));
        }
        let contents = Contents::new(dll, order, layout, memory.base());
        Ok(Self { contents: contents::offer(contents), memory })
    }

    fn contents(&self) -> &Arc<Contents> {
        self.contents.get()
    }

    fn exports(&self) -> &dyn ExportTable {
        &*self.contents().dll.exports
    }

    fn layout(&self) -> &Layout {
        &self.contents().layout
    }

    /// Its file name.
    pub fn name(&self) -> &str {
        &self.contents().dll.name
    }

    /// Address of the image's first byte.
    pub fn base(&self) -> u64 {
        self.memory.base()
    }

    /// Size in memory in bytes.
    pub fn size(&self) -> u32 {
        self.layout().size
    }

    /// The headers and sections as the guest finds them: offsets in bytes, and whether they can be executed and written.
    pub fn sections(&self) -> [(Range<u32>, bool, bool); 4] {
        let Layout { text, rdata, data, .. } = self.layout();
        [
            (0..text.start, false, false),
            (text.clone(), true, false),
            (rdata.clone(), false, false),
            (data.clone(), false, true),
        ]
    }

    /// The export at an index of the table it was built from.
    pub fn export(&self, index: usize) -> Option<SyntheticExport> {
        self.exports().get(index)
    }

    /// Index of a symbol in the table it was built from.
    pub fn index_of(&self, symbol: Symbol<'_>) -> Option<usize> {
        let order = &self.contents().order;
        match symbol {
            Symbol::Ordinal(ordinal) => order.with_ordinal(ordinal),
            Symbol::Name(name) => order.with_name(self.exports(), name),
        }
    }

    /// Address of the stub or variable of an export, by index; `None` for forwarders.
    pub fn address(&self, index: usize) -> Option<u64> {
        let rva = self.layout().target(index, &self.export(index)?.kind)?;
        Some(self.base() + u64::from(rva))
    }

    /// The ordinal of an export, by index.
    pub fn ordinal(&self, index: usize) -> Option<u16> {
        self.contents().order.ordinal(index)
    }

    /// What the guest gets that asks for a symbol at run time, or walks the export directory.
    pub fn find(&self, symbol: Symbol<'_>) -> Option<SyntheticTarget<'_>> {
        let index = self.index_of(symbol)?;
        match self.export(index)?.kind {
            ExportKind::Forward(target) => Some(SyntheticTarget::Forward(target)),
            _ => self.address(index).map(SyntheticTarget::Address),
        }
    }

    /// What goes into an import slot: as [`SyntheticModule::find`], but straight to the function where it is not traced.
    pub fn import(&self, symbol: Symbol<'_>) -> Option<SyntheticTarget<'_>> {
        let index = self.index_of(symbol)?;
        match self.export(index)?.kind {
            ExportKind::Code(CodeExport { entry, context: None, .. }) => Some(SyntheticTarget::Address(entry)),
            ExportKind::Code(_) => Some(SyntheticTarget::Address(self.base() + u64::from(self.layout().stub(index)))),
            ExportKind::Forward(target) => Some(SyntheticTarget::Forward(target)),
            _ => self.address(index).map(SyntheticTarget::Address),
        }
    }

    /// The export whose stub or variable holds `address`, by index: the last one at or below it.
    pub fn export_at(&self, address: u64) -> Option<usize> {
        let rva = u32::try_from(address.checked_sub(self.base())?).ok().filter(|&rva| rva < self.size())?;
        self.layout().target_at(rva, self.exports())
    }
}
