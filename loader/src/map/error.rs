//! Why an image could not be put into memory.

use std::{fmt, io};

use crate::image::ImageError;

/// Why an image could not be put into memory.
#[derive(Debug)]
pub enum MapError {
    /// The image itself is at fault.
    Image(ImageError),
    /// The preferred base is taken and the image cannot move.
    BaseTaken { base: u64, size: u32 },
    /// No free range of `size` bytes where guest images live.
    NoAddressSpace { size: u64 },
    /// Something was to be written outside the image.
    Outside { rva: u32 },
    /// The file could not be read, or became shorter after it was checked.
    Read(io::Error),
    /// The host refused to map or protect memory.
    Host(io::Error),
}

impl std::error::Error for MapError {}

impl fmt::Display for MapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(error) => error.fmt(f),
            Self::BaseTaken { base, size } => {
                write!(
                    f,
                    "must be at {base:#x} ({size:#x} bytes), which is taken, and has no relocations to move by; "
                )?;
                f.write_str("link it with /DYNAMICBASE or --dynamicbase")
            }
            Self::NoAddressSpace { size } => write!(f, "no free address range of {size:#x} bytes"),
            Self::Outside { rva } => write!(f, "is not a valid PE image: {rva:#x} is outside it"),
            Self::Read(error) => write!(f, "cannot be read: {error}"),
            Self::Host(error) => write!(f, "memory cannot be mapped: {error}"),
        }
    }
}

impl From<ImageError> for MapError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl From<rustix::io::Errno> for MapError {
    fn from(errno: rustix::io::Errno) -> Self {
        Self::Host(errno.into())
    }
}
