//! Module images made in memory for the shim DLLs: real headers, a real export directory, one code stub per export.
//!
//! So code that walks exports by hand, reads a function's first bytes or patches them works as it does on Windows. Building one
//! costs two system calls for memory and one per section for its protection, whatever the number of exports.

mod layout;
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

/// A DLL to be made.
#[derive(Debug, Clone)]
pub struct SyntheticDll {
    /// Its file name, such as `KERNEL32.dll`.
    pub name: Cow<'static, str>,
    /// Building is cheapest when those with names are sorted by name, as bytes.
    pub exports: Vec<SyntheticExport>,
    /// Offset from the GS base of the pointer-sized slot that traced stubs store their context in.
    pub context_slot: u32,
}

/// One export to be made.
#[derive(Debug, Clone)]
pub struct SyntheticExport {
    /// `None` exports by ordinal only.
    pub name: Option<Cow<'static, str>>,
    /// `None` takes the lowest ordinal, from 1, that nobody asked for, in the order of names.
    pub ordinal: Option<u16>,
    pub kind: ExportKind,
}

/// What an export is.
#[derive(Debug, Clone)]
pub enum ExportKind {
    /// A function.
    Code(CodeExport),
    /// A variable in the module's `.data`, aligned to 16 bytes, all zeros after `init`.
    Data { size: u32, init: Cow<'static, [u8]> },
    /// An export of another DLL, as `DLL.Name` or `DLL.#Ordinal`.
    Forward(Cow<'static, str>),
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
    pub fn code(name: impl Into<Cow<'static, str>>, entry: u64) -> Self {
        Self::named(name, ExportKind::Code(CodeExport { entry, ..CodeExport::default() }))
    }

    /// A variable, exported by name.
    pub fn data(name: impl Into<Cow<'static, str>>, size: u32, init: impl Into<Cow<'static, [u8]>>) -> Self {
        Self::named(name, ExportKind::Data { size, init: init.into() })
    }

    /// A forwarder, exported by name.
    pub fn forward(name: impl Into<Cow<'static, str>>, target: impl Into<Cow<'static, str>>) -> Self {
        Self::named(name, ExportKind::Forward(target.into()))
    }

    fn named(name: impl Into<Cow<'static, str>>, kind: ExportKind) -> Self {
        Self { name: Some(name.into()), ordinal: None, kind }
    }

    /// The same with a fixed ordinal.
    pub fn with_ordinal(self, ordinal: u16) -> Self {
        Self { ordinal: Some(ordinal), ..self }
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
    exports: Vec<SyntheticExport>,
    layout: Layout,
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
        let layout = Layout::new(&dll)?;
        let mut memory = Reservation::populated(layout.size as usize)?;
        let base = memory.base();
        layout.write(&dll, base, memory.bytes_mut());
        memory.protect(0, layout.text.start, Protection::READ)?;
        memory.protect(layout.text.start, layout.text.end, Protection::READ_EXECUTE)?;
        memory.protect(layout.rdata.start, layout.rdata.end, Protection::READ)?;
        Ok(Self { memory, name: dll.name, exports: dll.exports, layout })
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

    /// The exports, in the order they were given.
    pub fn exports(&self) -> &[SyntheticExport] {
        &self.exports
    }

    /// Index into [`SyntheticModule::exports`] of a symbol.
    pub fn index_of(&self, symbol: Symbol<'_>) -> Option<usize> {
        let index = match symbol {
            Symbol::Ordinal(ordinal) => {
                let slot = usize::from(ordinal).checked_sub(self.layout.ordinal_base.into())?;
                *self.layout.by_ordinal.get(slot)?
            }
            Symbol::Name(name) => {
                let name_of = |index: u32| self.exports.get(index as usize).map_or(&b""[..], layout::name_bytes);
                let found = self.layout.by_name.binary_search_by(|&index| name_of(index).cmp(name)).ok()?;
                *self.layout.by_name.get(found)?
            }
        };
        (index != layout::UNUSED).then_some(index as usize)
    }

    /// Address of the stub or variable of an export, by index; `None` for forwarders.
    pub fn address(&self, index: usize) -> Option<u64> {
        let rva = *self.layout.targets.get(index)?;
        (rva != 0).then(|| self.base() + u64::from(rva))
    }

    /// The ordinal of an export, by index.
    pub fn ordinal(&self, index: usize) -> Option<u16> {
        self.layout.ordinals.get(index).copied()
    }

    /// What the guest gets that asks for a symbol at run time, or walks the export directory.
    pub fn find(&self, symbol: Symbol<'_>) -> Option<SyntheticTarget<'_>> {
        let index = self.index_of(symbol)?;
        match &self.exports.get(index)?.kind {
            ExportKind::Forward(target) => Some(SyntheticTarget::Forward(target)),
            _ => self.address(index).map(SyntheticTarget::Address),
        }
    }

    /// What goes into an import slot: as [`SyntheticModule::find`], but straight to the function where it is not traced.
    pub fn import(&self, symbol: Symbol<'_>) -> Option<SyntheticTarget<'_>> {
        let index = self.index_of(symbol)?;
        match &self.exports.get(index)?.kind {
            ExportKind::Code(CodeExport { entry, context: None, .. }) => Some(SyntheticTarget::Address(*entry)),
            ExportKind::Forward(target) => Some(SyntheticTarget::Forward(target)),
            _ => self.address(index).map(SyntheticTarget::Address),
        }
    }

    /// The export whose stub or variable holds `address`, by index: the last one at or below it.
    pub fn export_at(&self, address: u64) -> Option<usize> {
        let rva = u32::try_from(address.checked_sub(self.base())?).ok().filter(|&rva| rva < self.size())?;
        let candidates = self.layout.targets.iter().enumerate().filter(|&(_, &target)| target != 0 && target <= rva);
        candidates.max_by_key(|&(_, &target)| target).map(|(index, _)| index)
    }
}
