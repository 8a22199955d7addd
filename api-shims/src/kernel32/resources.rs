//! What the functions for resources share: names of resources, and their places in memory.

use std::sync::Arc;

use abi::{HANDLE, NtResult, PCSTR, PCWSTR, Ptr, Refusal, WIN32_ERROR, Win32Result};
use loader::Module;
use loader::resources::{Language, Resource, ResourceError, ResourceId, Resources};
use syscall_xlate::Cx;

use super::libloaderapi::module;
use crate::block;
use crate::text::{self, TextIn};

/// The language of the user and of the system: US English.
const USER_LANGUAGE: u16 = 0x409;

/// A name of a resource or of a type of them: text, or a number in place of the pointer (`MAKEINTRESOURCE`).
pub(crate) trait ResourceName: TextIn {
    /// The address, or the number.
    fn address(self) -> u64;

    /// The name.
    ///
    /// # Errors
    /// A fault where the text runs into memory that cannot be read.
    fn id(self, cx: &Cx) -> Win32Result<ResourceId<'static>> {
        if let Ok(number) = u16::try_from(self.address()) {
            return Ok(ResourceId::Id(number));
        }
        let name = self.wide(cx)?;
        // Documented: "#" and a decimal number is that number.
        let text = String::from_utf16_lossy(&name);
        let number = text.strip_prefix('#').and_then(|digits| digits.parse().ok());
        Ok(number.map_or(ResourceId::Name(name.into()), ResourceId::Id))
    }
}

impl ResourceName for PCWSTR {
    fn address(self) -> u64 {
        self.address()
    }
}

impl ResourceName for PCSTR {
    fn address(self) -> u64 {
        self.address()
    }
}

/// The error that Windows reports.
pub(crate) fn error(error: ResourceError) -> WIN32_ERROR {
    match error {
        ResourceError::NoResources | ResourceError::Damaged => WIN32_ERROR::ERROR_RESOURCE_DATA_NOT_FOUND,
        ResourceError::TypeNotFound => WIN32_ERROR::ERROR_RESOURCE_TYPE_NOT_FOUND,
        ResourceError::NameNotFound => WIN32_ERROR::ERROR_RESOURCE_NAME_NOT_FOUND,
        ResourceError::LanguageNotFound => WIN32_ERROR::ERROR_RESOURCE_LANG_NOT_FOUND,
    }
}

/// The module of a handle; NULL is the program.
pub(crate) fn module_or_program(cx: &Cx, handle: HANDLE) -> Win32Result<Arc<Module>> {
    if handle.is_null() {
        return Ok(cx.process.program().ok_or(WIN32_ERROR::ERROR_MOD_NOT_FOUND)?);
    }
    module(cx, handle)
}

/// Looks into a module's resources.
pub(crate) fn look<R>(
    module: &Module,
    look: impl FnOnce(&Resources<'_>) -> Result<R, ResourceError>,
) -> Win32Result<R> {
    let resources = module.image().and_then(|image| image.resources());
    let found = resources.ok_or(ResourceError::NoResources).and_then(|resources| look(&resources));
    found.map_err(|reason| error(reason).into())
}

/// A name that does not depend on the image.
pub(crate) fn owned(id: ResourceId<'_>) -> ResourceId<'static> {
    match id {
        ResourceId::Id(number) => ResourceId::Id(number),
        ResourceId::Name(name) => ResourceId::Name(name.into_owned().into()),
    }
}

/// Which language is searched for; 0 is the user's, and then any.
pub(crate) fn language(wanted: u16) -> Language {
    if wanted == 0 { Language::Prefer(USER_LANGUAGE) } else { Language::Exactly(wanted) }
}

/// Finds a resource: the address of its entry in the mapped module.
pub(crate) fn find<T: ResourceName>(cx: &Cx, handle: HANDLE, kind: T, name: T, wanted: u16) -> Win32Result<HANDLE> {
    let module = module_or_program(cx, handle)?;
    let (kind, name) = (kind.id(cx)?, name.id(cx)?);
    let resource: Resource = look(&module, |resources| resources.find(&kind, &name, language(wanted)))?;
    Ok(HANDLE(module.base() + u64::from(resource.entry)))
}

/// Calls `callback` for one item after the other, until there is none or it returns FALSE.
///
/// The guest may leave from `callback` for good. So nothing is held while it runs: `item` finds number `n` anew each time.
pub(crate) fn enumerate(
    cx: &Cx,
    item: impl Fn(usize) -> Win32Result<Option<Item>>,
    callback: impl Fn(u64) -> bool,
) -> Win32Result<()> {
    let mut number = 0;
    while let Some(found) = item(number)? {
        let wants_more = match found {
            Item::Number(value) => callback(value),
            Item::Text(block) => {
                let wants_more = callback(block.address());
                // A guest that freed our block has done so itself.
                let _ = block::free(cx, block);
                wants_more
            }
        };
        if !wants_more {
            return Err(WIN32_ERROR::ERROR_RESOURCE_ENUM_USER_STOP.into());
        }
        number += 1;
    }
    if number == 0 { Err(WIN32_ERROR::ERROR_RESOURCE_TYPE_NOT_FOUND.into()) } else { Ok(()) }
}

/// What a callback is given: a number, or text in a block of the guest's heap.
pub(crate) enum Item {
    /// A number.
    Number(u64),
    /// Text, zero at its end.
    Text(Ptr<u8>),
}

impl Item {
    /// A resource's name for a function of the `W` or the `A` kind.
    pub(crate) fn of(cx: &Cx, id: &ResourceId<'_>, wide: bool) -> Win32Result<Self> {
        let made: NtResult<Self> = match id {
            ResourceId::Id(number) => Ok(Self::Number(u64::from(*number))),
            ResourceId::Name(name) if wide => block::of_wide(cx, name).map(|block| Self::Text(block.cast())),
            ResourceId::Name(name) => block::of_ansi(cx, &text::to_ansi(cx, name)).map(Self::Text),
        };
        made.map_err(Refusal::from)
    }
}
