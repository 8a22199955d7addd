//! The resource tree: type, name, language, data.
//!
//! Format: <https://learn.microsoft.com/windows/win32/debug/pe-format#the-rsrc-section>. Everything is read from the image's file;
//! what a guest gets is an address in its mapped copy.

mod message;
mod string;
#[cfg(test)]
mod tests;
pub mod version;

use std::borrow::Cow;
use std::cmp::Ordering;

pub use message::Message;
pub use string::StringResource;

use crate::image::{Directory, Image};

/// `RT_STRING`
pub const TYPE_STRING: u16 = 6;
/// `RT_MESSAGETABLE`
pub const TYPE_MESSAGE_TABLE: u16 = 11;
/// `RT_VERSION`
pub const TYPE_VERSION: u16 = 16;

const DIRECTORY_SIZE: u32 = 16;
const ENTRY_SIZE: u32 = 8;
/// In an entry's first half: the rest is the offset of a name. In its second: of a directory.
const HIGH_BIT: u32 = 0x8000_0000;
/// The longest name that is read, in UTF-16 units.
const NAME_LIMIT: u16 = 4096;
const LANGUAGE_NEUTRAL: u16 = 0;
const LANGUAGE_ENGLISH_US: u16 = 0x0409;
const PRIMARY_LANGUAGE: u16 = 0x03ff;

/// The type or name of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceId<'a> {
    Id(u16),
    /// UTF-16; compared without regard to case.
    Name(Cow<'a, [u16]>),
}

impl From<u16> for ResourceId<'_> {
    fn from(id: u16) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for ResourceId<'_> {
    fn from(name: &str) -> Self {
        Self::Name(name.encode_utf16().collect())
    }
}

/// A UTF-16 unit in upper case, where that is one unit too.
fn upper(unit: u16) -> u16 {
    let upper = char::from_u32(unit.into()).and_then(|character| {
        let mut upper = character.to_uppercase();
        upper.next().filter(|_| upper.next().is_none())
    });
    upper.and_then(|upper| u16::try_from(u32::from(upper)).ok()).unwrap_or(unit)
}

/// Which language of a resource is wanted (`LANGID`s).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// This one, or its neutral form, or the neutral language.
    Exactly(u16),
    /// This one if there is, else neutral, else English, else any.
    Prefer(u16),
}

impl Language {
    fn candidates(self) -> [u16; 4] {
        let (Self::Exactly(wanted) | Self::Prefer(wanted)) = self;
        let last = if matches!(self, Self::Prefer(_)) { LANGUAGE_ENGLISH_US } else { wanted };
        [wanted, wanted & PRIMARY_LANGUAGE, LANGUAGE_NEUTRAL, last]
    }
}

/// A resource's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resource {
    /// RVA of its `IMAGE_RESOURCE_DATA_ENTRY`, which the guest's `HRSRC` points to.
    pub entry: u32,
    /// RVA of its bytes, which are within the image.
    pub rva: u32,
    /// Size in bytes.
    pub size: u32,
    /// The code page its linker meant; mostly 0.
    pub code_page: u32,
    /// Its `LANGID`.
    pub language: u16,
}

/// Why a resource was not found, as Windows tells it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceError {
    /// The image has no resources, or none that can be read.
    NoResources,
    TypeNotFound,
    NameNotFound,
    LanguageNotFound,
    /// The tree leads out of the image.
    Damaged,
}

/// The resources of an image.
#[derive(Debug, Clone, Copy)]
pub struct Resources<'a> {
    image: &'a Image,
    root: u32,
}

impl Image {
    /// The resource tree; `None` when there is none.
    pub fn resources(&self) -> Option<Resources<'_>> {
        self.directory(Directory::Resource).map(|range| Resources { image: self, root: range.rva })
    }

    /// Finds a resource, as `FindResourceEx` does.
    pub fn find_resource(
        &self,
        kind: &ResourceId<'_>,
        name: &ResourceId<'_>,
        language: Language,
    ) -> Result<Resource, ResourceError> {
        self.resources().ok_or(ResourceError::NoResources)?.find(kind, name, language)
    }
}

impl<'a> Resources<'a> {
    /// Finds a resource, as `FindResourceEx` does.
    pub fn find(
        &self,
        kind: &ResourceId<'_>,
        name: &ResourceId<'_>,
        language: Language,
    ) -> Result<Resource, ResourceError> {
        let names = self.child(self.root, kind).ok_or(ResourceError::TypeNotFound)?;
        let languages = self.child(self.directory(names)?, name).ok_or(ResourceError::NameNotFound)?;
        let languages = self.directory(languages)?;
        let wanted = language.candidates();
        let exact = wanted.iter().find_map(|&id| Some((id, self.child(languages, &ResourceId::Id(id))?)));
        let any = || match language {
            Language::Exactly(_) => None,
            Language::Prefer(_) => self.entries(languages).find_map(|(id, offset)| match id {
                ResourceId::Id(id) => Some((id, offset)),
                ResourceId::Name(_) => None,
            }),
        };
        let (language, offset) = exact.or_else(any).ok_or(ResourceError::LanguageNotFound)?;
        self.data(offset, language).ok_or(ResourceError::Damaged)
    }

    /// The types there are.
    pub fn types(&self) -> impl Iterator<Item = ResourceId<'a>> + use<'a> {
        self.entries(self.root).map(|(id, _)| id)
    }

    /// The names of a type.
    pub fn names(
        &self,
        kind: &ResourceId<'_>,
    ) -> Result<impl Iterator<Item = ResourceId<'a>> + use<'a>, ResourceError> {
        let names = self.child(self.root, kind).ok_or(ResourceError::TypeNotFound)?;
        Ok(self.entries(self.directory(names)?).map(|(id, _)| id))
    }

    /// The languages of a resource.
    pub fn languages(
        &self,
        kind: &ResourceId<'_>,
        name: &ResourceId<'_>,
    ) -> Result<impl Iterator<Item = u16> + use<'a>, ResourceError> {
        let names = self.child(self.root, kind).ok_or(ResourceError::TypeNotFound)?;
        let languages = self.child(self.directory(names)?, name).ok_or(ResourceError::NameNotFound)?;
        Ok(self.entries(self.directory(languages)?).filter_map(|(id, _)| match id {
            ResourceId::Id(id) => Some(id),
            ResourceId::Name(_) => None,
        }))
    }

    /// A resource's bytes as the file has them.
    pub fn bytes(&self, resource: &Resource) -> Option<Cow<'a, [u8]>> {
        self.image.read(resource.rva, resource.size)
    }

    /// What the entry of `id` in the directory at RVA `directory` leads to. Entries with names come first, then those with numbers,
    /// which are sorted: where an image's are not, Windows too misses some.
    fn child(&self, directory: u32, id: &ResourceId<'_>) -> Option<u32> {
        let (named, count) = self.counts(directory)?;
        let entry = |index: u32| {
            let entry = directory.checked_add(DIRECTORY_SIZE + index * ENTRY_SIZE)?;
            Some((self.image.u32_at(entry)?, entry.checked_add(4)?))
        };
        match id {
            ResourceId::Id(id) => {
                let (mut low, mut high) = (named, count);
                while low < high {
                    let middle = low + (high - low) / 2;
                    let (number, offset) = entry(middle)?;
                    match number.cmp(&u32::from(*id)) {
                        Ordering::Equal => return self.image.u32_at(offset),
                        Ordering::Less => low = middle + 1,
                        Ordering::Greater => high = middle,
                    }
                }
                None
            }
            ResourceId::Name(wanted) => {
                let mut entries = (0..named).map_while(entry);
                let (_, offset) = entries.find(|&(name, _)| name & HIGH_BIT != 0 && self.is_name(name, wanted))?;
                self.image.u32_at(offset)
            }
        }
    }

    /// Whether the name that an entry points to is `wanted`, looking at no more of it than its length where that differs.
    fn is_name(&self, name: u32, wanted: &[u16]) -> bool {
        let rva = self.root.checked_add(name & !HIGH_BIT);
        let length = rva.and_then(|rva| self.image.u16_at(rva)).map(usize::from);
        length == Some(wanted.len())
            && self
                .name(name)
                .is_some_and(|name| name.iter().zip(wanted).all(|(&a, &b)| a == b || upper(a) == upper(b)))
    }

    /// The name that an entry points to.
    fn name(&self, name: u32) -> Option<Vec<u16>> {
        let rva = self.root.checked_add(name & !HIGH_BIT)?;
        let length = self.image.u16_at(rva).filter(|&length| length <= NAME_LIMIT)?;
        let text = self.image.read(rva.checked_add(2)?, u32::from(length) * 2)?;
        Some(text.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect())
    }

    fn entries(&self, directory: u32) -> impl Iterator<Item = (ResourceId<'a>, u32)> + use<'a> {
        let this = *self;
        let (_, count) = self.counts(directory).unwrap_or_default();
        (0..count).map_while(move |index| this.entry(directory, index))
    }

    /// How many entries with names, and how many in all, a directory has.
    fn counts(&self, directory: u32) -> Option<(u32, u32)> {
        let named = u32::from(self.image.u16_at(directory.checked_add(12)?)?);
        let ids = u32::from(self.image.u16_at(directory.checked_add(14)?)?);
        Some((named, named + ids))
    }

    fn entry(&self, directory: u32, index: u32) -> Option<(ResourceId<'a>, u32)> {
        let entry = directory.checked_add(DIRECTORY_SIZE + index * ENTRY_SIZE)?;
        let (name, offset) = (self.image.u32_at(entry)?, self.image.u32_at(entry.checked_add(4)?)?);
        let id = match name & HIGH_BIT {
            0 => ResourceId::Id(name as u16),
            _ => ResourceId::Name(self.name(name)?.into()),
        };
        Some((id, offset))
    }

    /// The RVA of the directory an entry leads to.
    fn directory(&self, offset: u32) -> Result<u32, ResourceError> {
        let is_directory = offset & HIGH_BIT != 0;
        let rva = self.root.checked_add(offset & !HIGH_BIT).filter(|_| is_directory);
        rva.ok_or(ResourceError::Damaged)
    }

    fn data(&self, offset: u32, language: u16) -> Option<Resource> {
        let entry = self.root.checked_add(offset).filter(|_| offset & HIGH_BIT == 0)?;
        let field = |offset: u32| self.image.u32_at(entry.checked_add(offset)?);
        let (rva, size, code_page) = (field(0)?, field(4)?, field(8)?);
        let within = rva.checked_add(size).is_some_and(|end| end <= self.image.size());
        within.then_some(Resource { entry, rva, size, code_page, language })
    }
}
