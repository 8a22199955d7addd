//! The import and delay-import directories, decoded as they are walked.

use std::borrow::Cow;
use std::fmt;

use super::{Directory, Image, ImageError};

const DESCRIPTOR_SIZE: u32 = 20;
const DELAY_DESCRIPTOR_SIZE: u32 = 32;
/// `ImgDelayDescr.grAttrs`: the descriptor holds RVAs, as all linkers since Visual C++ 7 write it.
const DELAY_RVAS: u32 = 1;

/// The most DLLs one image may import from.
const MAX_DESCRIPTORS: u32 = 8192;
/// The most symbols one image may import. Ordinals and hints are 16-bit, so a DLL exports at most 65,536.
pub(crate) const MAX_IMPORTS: u32 = 262_144;

/// What an importer asks a DLL for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol<'a> {
    Name(&'a [u8]),
    Ordinal(u16),
}

impl<'a> Symbol<'a> {
    /// The name, when it is one and is UTF-8.
    pub fn name(&self) -> Option<&'a str> {
        match self {
            Self::Name(name) => std::str::from_utf8(name).ok(),
            Self::Ordinal(_) => None,
        }
    }
}

impl<'a> From<&'a str> for Symbol<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name.as_bytes())
    }
}

/// The name, or `#` and the ordinal.
impl fmt::Display for Symbol<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(&String::from_utf8_lossy(name)),
            Self::Ordinal(ordinal) => write!(f, "#{ordinal}"),
        }
    }
}

/// One import: which slot gets the address of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Import<'a> {
    /// RVA of the slot in the import address table.
    pub slot: u32,
    pub symbol: Symbol<'a>,
    /// Where in the DLL's name table the linker saw the name; 0 for ordinals.
    pub hint: u16,
}

/// One DLL of the import directory. Binding information (old-style `TimeDateStamp`) is ignored: the slots are always resolved.
#[derive(Debug, Clone)]
pub struct ImportDescriptor<'a> {
    image: &'a Image,
    /// The DLL's name as the image has it.
    pub dll: Cow<'a, str>,
    lookup: u32,
    slots: u32,
}

impl<'a> ImportDescriptor<'a> {
    /// The symbols imported from this DLL.
    pub fn entries(&self) -> ImportEntries<'a> {
        ImportEntries { image: self.image, lookup: self.lookup, slot: self.slots, left: MAX_IMPORTS }
    }
}

/// The DLLs an image imports from.
#[derive(Debug, Clone)]
pub struct Imports<'a> {
    image: &'a Image,
    next: Option<u32>,
    left: u32,
}

impl Image {
    /// The import directory. Ends after the first error.
    pub fn imports(&self) -> Imports<'_> {
        Imports {
            image: self,
            next: self.directory(Directory::Import).map(|directory| directory.rva),
            left: MAX_DESCRIPTORS,
        }
    }

    /// The delay-import directory. Ends after the first error.
    pub fn delay_imports(&self) -> DelayImports<'_> {
        let next = self.directory(Directory::DelayImport).map(|directory| directory.rva);
        DelayImports { image: self, next, left: MAX_DESCRIPTORS }
    }

    /// A DLL name of an import or delay-import descriptor.
    fn dll_name(&self, rva: u32) -> Result<Cow<'_, str>, ImageError> {
        match self.c_string_at(rva) {
            Some(name) if !name.is_empty() => Ok(String::from_utf8_lossy(name)),
            _ => Err(ImageError::invalid(format!("the name of an imported DLL at {rva:#x} cannot be read"))),
        }
    }
}

impl<'a> Iterator for Imports<'a> {
    type Item = Result<ImportDescriptor<'a>, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rva = self.next.take()?;
        let result = self.descriptor(rva);
        if matches!(result, Ok(Some(_))) {
            self.next = rva.checked_add(DESCRIPTOR_SIZE);
        }
        result.transpose()
    }
}

impl<'a> Imports<'a> {
    fn descriptor(&mut self, rva: u32) -> Result<Option<ImportDescriptor<'a>>, ImageError> {
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        let Some(bytes) = self.image.array_at::<{ DESCRIPTOR_SIZE as usize }>(rva) else {
            return Err(ImageError::invalid(format!("the import directory leaves the image at {rva:#x}")));
        };
        let field = |offset| crate::bytes::u32_at(&bytes, offset).unwrap_or_default();
        let (lookup, name, slots) = (field(0), field(12), field(16));
        // Windows stops at a descriptor without a name or without slots, whatever else is in it.
        if name == 0 || slots == 0 {
            return Ok(None);
        }
        let dll = self.image.dll_name(name)?;
        // Some linkers write no lookup table; until it is bound the address table holds the same.
        let lookup = if lookup == 0 { slots } else { lookup };
        Ok(Some(ImportDescriptor { image: self.image, dll, lookup, slots }))
    }
}

/// The symbols imported from one DLL.
#[derive(Debug, Clone)]
pub struct ImportEntries<'a> {
    image: &'a Image,
    lookup: u32,
    slot: u32,
    left: u32,
}

impl<'a> Iterator for ImportEntries<'a> {
    type Item = Result<Import<'a>, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.entry();
        if !matches!(result, Ok(Some(_))) {
            self.left = 0;
        }
        result.transpose()
    }
}

impl<'a> ImportEntries<'a> {
    fn entry(&mut self) -> Result<Option<Import<'a>>, ImageError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if self.left == 0 {
            return Err(too_many());
        }
        let Some(thunk) = self.image.pointer_at(self.lookup) else {
            return Err(ImageError::invalid(format!("an import lookup table leaves the image at {:#x}", self.lookup)));
        };
        if thunk == 0 {
            return Ok(None);
        }
        let (symbol, hint) = symbol(self.image, thunk)?;
        let import = Import { slot: self.slot, symbol, hint };
        let width = if self.image.is_64bit() { 8 } else { 4 };
        if u64::from(self.slot) + width > u64::from(self.image.size()) {
            return Err(ImageError::invalid(format!("an import address table leaves the image at {:#x}", self.slot)));
        }
        // Neither sum can overflow: both were just found inside an image of at most 2 GiB.
        self.lookup += width as u32;
        self.slot += width as u32;
        Ok(Some(import))
    }
}

/// Decodes an `IMAGE_THUNK_DATA`: an ordinal, or the RVA of a hint and a name.
fn symbol(image: &Image, thunk: u64) -> Result<(Symbol<'_>, u16), ImageError> {
    let by_ordinal = thunk >> if image.is_64bit() { 63 } else { 31 } == 1;
    if by_ordinal {
        return Ok((Symbol::Ordinal(thunk as u16), 0));
    }
    let rva = (thunk & 0x7fff_ffff) as u32;
    let hint = image.u16_at(rva);
    let name = image.c_string_at(rva.saturating_add(2)).filter(|name| !name.is_empty());
    match (hint, name) {
        (Some(hint), Some(name)) => Ok((Symbol::Name(name), hint)),
        _ => Err(ImageError::invalid(format!("the name of an import at {rva:#x} cannot be read"))),
    }
}

/// One DLL of the delay-import directory. The image's own code loads it at the first call; this only describes it.
#[derive(Debug, Clone)]
pub struct DelayImport<'a> {
    image: &'a Image,
    /// The DLL's name as the image has it.
    pub dll: Cow<'a, str>,
    lookup: u32,
    slots: u32,
}

impl<'a> DelayImport<'a> {
    /// The symbols imported from this DLL when first called.
    pub fn entries(&self) -> ImportEntries<'a> {
        ImportEntries { image: self.image, lookup: self.lookup, slot: self.slots, left: MAX_IMPORTS }
    }
}

/// The DLLs an image loads when first called.
#[derive(Debug, Clone)]
pub struct DelayImports<'a> {
    image: &'a Image,
    next: Option<u32>,
    left: u32,
}

impl<'a> Iterator for DelayImports<'a> {
    type Item = Result<DelayImport<'a>, ImageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rva = self.next.take()?;
        let result = self.descriptor(rva);
        if matches!(result, Ok(Some(_))) {
            self.next = rva.checked_add(DELAY_DESCRIPTOR_SIZE);
        }
        result.transpose()
    }
}

impl<'a> DelayImports<'a> {
    fn descriptor(&mut self, rva: u32) -> Result<Option<DelayImport<'a>>, ImageError> {
        self.left = self.left.checked_sub(1).ok_or_else(too_many)?;
        let Some(bytes) = self.image.array_at::<{ DELAY_DESCRIPTOR_SIZE as usize }>(rva) else {
            return Err(ImageError::invalid(format!("the delay-import directory leaves the image at {rva:#x}")));
        };
        let field = |offset| crate::bytes::u32_at(&bytes, offset).unwrap_or_default();
        let is_rva = field(0) & DELAY_RVAS != 0;
        let rva_in = |offset| {
            let value = field(offset);
            if is_rva || value == 0 { value } else { self.image.rva_of(value.into()).unwrap_or(u32::MAX) }
        };
        let (name, slots, lookup) = (rva_in(4), rva_in(12), rva_in(16));
        if name == 0 {
            return Ok(None);
        }
        Ok(Some(DelayImport { image: self.image, dll: self.image.dll_name(name)?, lookup, slots }))
    }
}

fn too_many() -> ImageError {
    ImageError::invalid(format!("more than {MAX_DESCRIPTORS} DLLs or {MAX_IMPORTS} symbols are imported"))
}
