//! The load configuration directory of 64-bit images.

use super::{Directory, Image};

const COOKIE: u32 = 0x58;
const GUARD_CHECK: u32 = 0x70;
const GUARD_DISPATCH: u32 = 0x78;
const GUARD_FLAGS: u32 = 0x90;

/// What `IMAGE_LOAD_CONFIG_DIRECTORY64` says that a loader acts on; RVAs found inside the image, `None` where absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadConfig {
    /// The directory's own size field, in bytes.
    pub size: u32,
    /// Where the stack cookie is, 8 bytes. The loader may seed it; the C runtime does so where it still holds the default.
    pub security_cookie: Option<u32>,
    /// Slot of the pointer to the control-flow check function.
    pub guard_check: Option<u32>,
    /// Slot of the pointer to the control-flow dispatch function.
    pub guard_dispatch: Option<u32>,
    /// `IMAGE_GUARD_*`.
    pub guard_flags: u32,
}

impl Image {
    /// The load configuration; `None` when there is none, or the image is 32-bit.
    pub fn load_config(&self) -> Option<LoadConfig> {
        let range = self.directory(Directory::LoadConfig).filter(|_| self.is_64bit())?;
        // The structure begins with its size and has grown with every version of Windows.
        let size = self.u32_at(range.rva)?;
        let field = |offset: u32| (offset + 8 <= size).then(|| range.rva.checked_add(offset)).flatten();
        let place = |offset: u32| {
            let rva = self.rva_of(self.u64_at(field(offset)?)?)?;
            (self.size() - rva >= 8).then_some(rva)
        };
        Some(LoadConfig {
            size,
            security_cookie: place(COOKIE),
            guard_check: place(GUARD_CHECK),
            guard_dispatch: place(GUARD_DISPATCH),
            guard_flags: field(GUARD_FLAGS).and_then(|rva| self.u32_at(rva)).unwrap_or_default(),
        })
    }
}
