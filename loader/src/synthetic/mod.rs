//! Module images made in memory for the shim DLLs: real headers, a real export directory, one code stub per export.
//!
//! So code that walks exports by hand, reads a function's first bytes or patches them works as it does on Windows. Building one
//! costs two system calls for memory and one per section for its protection, whatever the number of exports.

mod layout;
mod order;
mod stub;
#[cfg(test)]
mod tests;
mod thunks;

use std::borrow::Cow;
use std::fmt;

use region::Protection;

pub use thunks::ThunkPool;

use crate::image::Symbol;
use crate::map::{MapError, Reservation};
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
    /// Makes the stub begin as ntdll's do, with `mov r10, rcx; mov eax, number`: the number of the system service.
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
    memory: Reservation,
    name: Cow<'static, str>,
    exports: Box<dyn ExportTable>,
    layout: Layout,
    order: Order,
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
    /// Builds the image and maps it, protected as a loaded module.
    pub fn build(dll: SyntheticDll) -> Result<Self, SyntheticError> {
        let order = Order::new(&*dll.exports)?;
        let layout = Layout::new(&dll, &order)?;
        let mut memory = Reservation::populated(layout.size as usize)?;
        let base = memory.base();
        layout.write(&dll, &order, base, memory.bytes_mut());
        memory.protect(0, layout.text.start, Protection::READ)?;
        memory.protect(layout.text.start, layout.text.end, Protection::READ_EXECUTE)?;
        memory.protect(layout.rdata.start, layout.rdata.end, Protection::READ)?;
        Ok(Self { memory, name: dll.name, exports: dll.exports, layout, order })
    }

    /// Its file name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Address of the image's first byte.
    pub fn base(&self) -> u64 {
        self.memory.base()
    }

    /// Size in memory in bytes.
    pub fn size(&self) -> u32 {
        self.layout.size
    }

    /// The export at an index of the table it was built from.
    pub fn export(&self, index: usize) -> Option<SyntheticExport> {
        self.exports.get(index)
    }

    /// Index of a symbol in the table it was built from.
    pub fn index_of(&self, symbol: Symbol<'_>) -> Option<usize> {
        match symbol {
            Symbol::Ordinal(ordinal) => self.order.with_ordinal(ordinal),
            Symbol::Name(name) => self.order.with_name(&*self.exports, name),
        }
    }

    /// Address of the stub or variable of an export, by index; `None` for forwarders.
    pub fn address(&self, index: usize) -> Option<u64> {
        let rva = self.layout.target(index, &self.exports.get(index)?.kind)?;
        Some(self.base() + u64::from(rva))
    }

    /// The ordinal of an export, by index.
    pub fn ordinal(&self, index: usize) -> Option<u16> {
        self.order.ordinal(index)
    }

    /// What the guest gets that asks for a symbol at run time, or walks the export directory.
    pub fn find(&self, symbol: Symbol<'_>) -> Option<SyntheticTarget<'_>> {
        let index = self.index_of(symbol)?;
        match self.exports.get(index)?.kind {
            ExportKind::Forward(target) => Some(SyntheticTarget::Forward(target)),
            _ => self.address(index).map(SyntheticTarget::Address),
        }
    }

    /// What goes into an import slot: as [`SyntheticModule::find`], but straight to the function where it is not traced.
    pub fn import(&self, symbol: Symbol<'_>) -> Option<SyntheticTarget<'_>> {
        let index = self.index_of(symbol)?;
        match self.exports.get(index)?.kind {
            ExportKind::Code(CodeExport { entry, context: None, .. }) => Some(SyntheticTarget::Address(entry)),
            ExportKind::Forward(target) => Some(SyntheticTarget::Forward(target)),
            _ => self.address(index).map(SyntheticTarget::Address),
        }
    }

    /// The export whose stub or variable holds `address`, by index: the last one at or below it.
    pub fn export_at(&self, address: u64) -> Option<usize> {
        let rva = u32::try_from(address.checked_sub(self.base())?).ok().filter(|&rva| rva < self.size())?;
        self.layout.target_at(rva, &*self.exports)
    }
}
