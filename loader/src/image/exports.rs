//! The export directory.

use std::cmp::Ordering;

use super::{Directory, DirectoryRange, Image, ImageError, Symbol};

const DIRECTORY_SIZE: usize = 40;
/// Ordinals are 16-bit, so a DLL has at most this many addresses and names.
const MAX_EXPORTS: u32 = 0x1_0000;

/// What an export stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportTarget<'a> {
    /// Code or data of this image.
    Rva(u32),
    /// An export of another DLL, as `DLL.Name` or `DLL.#Ordinal`.
    Forward(&'a [u8]),
}

/// One export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export<'a> {
    /// `None` for those exported by ordinal only.
    pub name: Option<&'a [u8]>,
    pub ordinal: u32,
    pub target: ExportTarget<'a>,
}

/// Where a forwarder leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarder<'a> {
    /// The DLL's name, mostly without its suffix.
    pub dll: &'a str,
    pub symbol: Symbol<'a>,
}

impl<'a> Forwarder<'a> {
    /// Splits `DLL.Name` or `DLL.#12` at the last dot, as DLL names may have dots and symbols may not... except that C++ names
    /// can; those never follow a `#`. `None` when a part is missing.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let dot = text.iter().rposition(|&byte| byte == b'.')?;
        let (dll, symbol) = (text.get(..dot)?, text.get(dot + 1..)?);
        let dll = std::str::from_utf8(dll).ok().filter(|dll| !dll.is_empty())?;
        let symbol = match symbol {
            [] => return None,
            [b'#', digits @ ..] => Symbol::Ordinal(std::str::from_utf8(digits).ok()?.parse().ok()?),
            name => Symbol::Name(name),
        };
        Some(Self { dll, symbol })
    }
}

/// The export directory of an image, its tables read on demand.
#[derive(Debug, Clone, Copy)]
pub struct Exports<'a> {
    image: &'a Image,
    range: DirectoryRange,
    name: u32,
    ordinal_base: u32,
    functions: u32,
    function_count: u32,
    names: u32,
    name_count: u32,
    name_ordinals: u32,
}

impl Image {
    /// The export directory, `None` when there is none.
    pub fn exports(&self) -> Result<Option<Exports<'_>>, ImageError> {
        self.directory(Directory::Export).map(|range| Exports::new(self, range)).transpose()
    }
}

impl<'a> Exports<'a> {
    fn new(image: &'a Image, range: DirectoryRange) -> Result<Self, ImageError> {
        let Some(bytes) = image.array_at::<DIRECTORY_SIZE>(range.rva) else {
            return Err(ImageError::invalid(format!("the export directory at {:#x} is outside the image", range.rva)));
        };
        let field = |offset| crate::bytes::u32_at(&bytes, offset).unwrap_or_default();
        let exports = Self {
            image,
            range,
            name: field(12),
            ordinal_base: field(16),
            functions: field(28),
            function_count: field(20),
            names: field(32),
            name_count: field(24),
            name_ordinals: field(36),
        };
        if exports.function_count > MAX_EXPORTS || exports.name_count > MAX_EXPORTS {
            let (functions, names) = (exports.function_count, exports.name_count);
            return Err(ImageError::invalid(format!(
                "{functions} exports with {names} names are claimed, 65536 are possible"
            )));
        }
        let tables = [
            (exports.functions, exports.function_count * 4),
            (exports.names, exports.name_count * 4),
            (exports.name_ordinals, exports.name_count * 2),
        ];
        for (rva, size) in tables {
            if size != 0
                && (image.array_at::<1>(rva).is_none() || image.array_at::<1>(rva.saturating_add(size - 1)).is_none())
            {
                return Err(ImageError::invalid(format!(
                    "an export table at {rva:#x} of {size} bytes leaves the image"
                )));
            }
        }
        Ok(exports)
    }

    /// The DLL's name as its linker knew it.
    pub fn dll_name(&self) -> Option<&'a [u8]> {
        self.image.c_string_at(self.name)
    }

    /// How many addresses the table has, unused ordinals included.
    pub fn function_count(&self) -> u32 {
        self.function_count
    }

    /// How many names the table has.
    pub fn name_count(&self) -> u32 {
        self.name_count
    }

    /// The lowest ordinal.
    pub fn ordinal_base(&self) -> u32 {
        self.ordinal_base
    }

    /// What `symbol` stands for; `hint` is where to look for a name first.
    pub fn find(&self, symbol: Symbol<'_>, hint: u16) -> Option<ExportTarget<'a>> {
        match symbol {
            Symbol::Ordinal(ordinal) => self.by_index(u32::from(ordinal).checked_sub(self.ordinal_base)?),
            Symbol::Name(name) => self.by_index(self.index_of(name, hint.into())?),
        }
    }

    /// Index into the address table of a name. Names are sorted; where an image's are not, Windows too misses some.
    fn index_of(&self, name: &[u8], hint: u32) -> Option<u32> {
        if self.name_at(hint) == Some(name) {
            return self.ordinal_at(hint);
        }
        let (mut low, mut high) = (0, self.name_count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.name_at(middle)?.cmp(name) {
                Ordering::Equal => return self.ordinal_at(middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    fn name_at(&self, index: u32) -> Option<&'a [u8]> {
        let entry = (index < self.name_count).then(|| self.names + 4 * index)?;
        self.image.c_string_at(self.image.u32_at(entry)?)
    }

    fn ordinal_at(&self, index: u32) -> Option<u32> {
        self.image.u16_at(self.name_ordinals + 2 * index).map(u32::from)
    }

    fn by_index(&self, index: u32) -> Option<ExportTarget<'a>> {
        let entry = (index < self.function_count).then(|| self.functions + 4 * index)?;
        let rva = self.image.u32_at(entry).filter(|&rva| rva != 0)?;
        let forwards = rva >= self.range.rva && rva - self.range.rva < self.range.size;
        if forwards {
            return self.image.c_string_at(rva).map(ExportTarget::Forward);
        }
        (rva < self.image.size()).then_some(ExportTarget::Rva(rva))
    }

    /// The export at or nearest below `rva`, with where it is. Allocates nothing: reports of crashes ask.
    pub(crate) fn nearest(&self, rva: u32) -> Option<(Export<'a>, u32)> {
        let starts = (0..self.function_count).filter_map(|index| match self.by_index(index)? {
            ExportTarget::Rva(start) if start <= rva => Some((start, index)),
            _ => None,
        });
        let (start, index) = starts.max()?;
        let named = (0..self.name_count).find(|&name| self.ordinal_at(name) == Some(index));
        let name = named.and_then(|name| self.name_at(name));
        let ordinal = self.ordinal_base.saturating_add(index);
        Some((Export { name, ordinal, target: ExportTarget::Rva(start) }, start))
    }

    /// Every used ordinal, ascending, with its first name.
    pub fn iter(&self) -> impl Iterator<Item = Export<'a>> + use<'a> {
        let this = *self;
        let mut names = vec![None; this.function_count as usize];
        for index in (0..this.name_count).rev() {
            let function = this.ordinal_at(index).and_then(|function| names.get_mut(function as usize));
            if let Some(name) = function {
                *name = this.name_at(index);
            }
        }
        names.into_iter().zip(0..).filter_map(move |(name, index)| {
            let target = this.by_index(index)?;
            Some(Export { name, ordinal: this.ordinal_base.saturating_add(index), target })
        })
    }
}
