//! One loaded module: a mapped guest image or a synthetic DLL, with what the rest needs to know of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::image::{ExportTarget, Image, Symbol};
use crate::map::MappedImage;
use crate::synthetic::{SyntheticModule, SyntheticTarget};
use crate::tls::TlsTemplate;

/// A loaded module. It stays in memory until the last `Arc` of it is dropped, after it left the module list.
#[derive(Debug)]
pub struct Module {
    pub(crate) key: u64,
    pub(crate) name: String,
    pub(crate) host_path: Option<PathBuf>,
    pub(crate) identity: Option<FileIdentity>,
    pub(crate) guest_path: String,
    pub(crate) tls: Option<TlsTemplate>,
    pub(crate) body: Body,
}

/// What a module is made of.
#[derive(Debug)]
pub(crate) enum Body {
    Guest(MappedImage),
    Shim(SyntheticModule),
}

/// Device and inode: two paths with the same ones name one file.
pub(crate) type FileIdentity = (u64, u64);

/// What an export resolves to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution<'a> {
    Address(u64),
    Forward(&'a [u8]),
}

impl Module {
    /// File name with its suffix, in the case it has on disk or in the shim table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Full name as the guest sees it, such as `C:\Windows\System32\kernel32.dll`.
    pub fn guest_path(&self) -> &str {
        &self.guest_path
    }

    /// The file it came from; `None` for shim DLLs.
    pub fn host_path(&self) -> Option<&Path> {
        self.host_path.as_deref()
    }

    /// Address of its first byte, which is its `HMODULE`.
    pub fn base(&self) -> u64 {
        match &self.body {
            Body::Guest(image) => image.base(),
            Body::Shim(shim) => shim.base(),
        }
    }

    /// Size in memory in bytes.
    pub fn size(&self) -> u32 {
        match &self.body {
            Body::Guest(image) => image.size(),
            Body::Shim(shim) => shim.size(),
        }
    }

    /// Whether an address is within the module.
    pub fn contains(&self, address: u64) -> bool {
        address.checked_sub(self.base()).is_some_and(|offset| offset < u64::from(self.size()))
    }

    /// Offset of an address from the base; `None` outside the module.
    pub fn rva_of(&self, address: u64) -> Option<u32> {
        let offset = u32::try_from(address.checked_sub(self.base())?).ok()?;
        (offset < self.size()).then_some(offset)
    }

    /// Address of the entry point; `None` for shim DLLs and images without one.
    pub fn entry(&self) -> Option<u64> {
        self.image()?.entry().map(|rva| self.base() + u64::from(rva))
    }

    /// Address of its `DllMain`; `None` for programs, also those loaded as libraries, and where there is none.
    pub fn dll_main(&self) -> Option<u64> {
        self.image().filter(|image| image.is_dll()).and_then(|_| self.entry())
    }

    /// The parsed image behind a guest module; `None` for shim DLLs.
    pub fn image(&self) -> Option<&Arc<Image>> {
        match &self.body {
            Body::Guest(image) => Some(image.image()),
            Body::Shim(_) => None,
        }
    }

    /// The synthetic DLL, when the module is one.
    pub fn shim(&self) -> Option<&SyntheticModule> {
        match &self.body {
            Body::Guest(_) => None,
            Body::Shim(shim) => Some(shim),
        }
    }

    /// Its thread-local storage, when it has any.
    pub fn tls(&self) -> Option<&TlsTemplate> {
        self.tls.as_ref()
    }

    /// The export at or nearest below an address, with its RVA: the function that code at the address belongs to, as far as
    /// exports tell.
    pub fn nearest_export(&self, address: u64) -> Option<(Symbol<'_>, u32)> {
        let rva = self.rva_of(address)?;
        match &self.body {
            Body::Guest(image) => {
                let exports = image.image().exports().ok()??;
                let (export, start) = exports.nearest(rva)?;
                Some((export.name.map_or(Symbol::Ordinal(export.ordinal as u16), Symbol::Name), start))
            }
            Body::Shim(shim) => {
                let index = shim.export_at(address)?;
                let symbol =
                    shim.export(index)?.name.map(Symbol::from).or_else(|| shim.ordinal(index).map(Symbol::Ordinal))?;
                Some((symbol, self.rva_of(shim.address(index)?)?))
            }
        }
    }

    /// What the export `symbol` is, forwarders not followed.
    pub(crate) fn export(&self, symbol: Symbol<'_>) -> Option<Resolution<'_>> {
        match &self.body {
            Body::Guest(image) => image_export(image.image(), image.base(), symbol, 0),
            Body::Shim(shim) => shim.find(symbol).map(Resolution::from),
        }
    }

    /// As [`Module::export`], for an import slot.
    pub(crate) fn import(&self, symbol: Symbol<'_>, hint: u16) -> Option<Resolution<'_>> {
        match &self.body {
            Body::Guest(image) => image_export(image.image(), image.base(), symbol, hint),
            Body::Shim(shim) => shim.import(symbol).map(Resolution::from),
        }
    }
}

/// An export of an image at `base`. An unreadable export directory exports nothing.
pub(crate) fn image_export<'a>(image: &'a Image, base: u64, symbol: Symbol<'_>, hint: u16) -> Option<Resolution<'a>> {
    Some(match image.exports().ok()??.find(symbol, hint)? {
        ExportTarget::Rva(rva) => Resolution::Address(base + u64::from(rva)),
        ExportTarget::Forward(text) => Resolution::Forward(text),
    })
}

impl<'a> From<SyntheticTarget<'a>> for Resolution<'a> {
    fn from(target: SyntheticTarget<'a>) -> Self {
        match target {
            SyntheticTarget::Address(address) => Self::Address(address),
            SyntheticTarget::Forward(text) => Self::Forward(text.as_bytes()),
        }
    }
}
