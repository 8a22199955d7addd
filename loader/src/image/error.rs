//! Why a file cannot be used as a PE image.

use std::fmt;
use std::path::{Path, PathBuf};

use super::Machine;

/// Why a file was refused, one line a user can act on.
#[derive(Debug)]
pub struct ImageError {
    /// The file, when the image came from one.
    pub path: Option<PathBuf>,
    /// What is wrong with it.
    pub kind: ImageErrorKind,
}

/// What is wrong with a file that should be a PE image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageErrorKind {
    /// No such file.
    NotFound,
    /// The file or a folder on the way to it may not be read.
    PermissionDenied,
    /// A folder.
    IsDirectory,
    /// A pipe, socket or device.
    NotRegular,
    /// Any other failure of the host to open or read the file.
    Host(std::io::ErrorKind, String),
    /// No bytes at all.
    Empty,
    /// The file ends before something its headers promise.
    Truncated {
        /// What the missing bytes belong to.
        what: String,
        /// Offset in bytes at which that ends.
        needed: u64,
        /// Length of the file in bytes.
        length: u64,
    },
    /// Not a Windows program at all.
    NotPe(Foreign),
    /// `MZ` without a newer header: a DOS program.
    Dos,
    /// `NE`: 16-bit Windows or OS/2.
    Ne,
    /// `LE` or `LX`: OS/2 or a Windows 9x driver.
    Le,
    /// PE32 for i386.
    ThirtyTwoBit,
    /// PE for a processor other than x86.
    Machine(Machine),
    /// Managed code, which needs the .NET runtime.
    DotNet,
    /// A DLL where a program is wanted.
    IsDll,
    /// A program for something that is not the Windows desktop: a driver, an EFI program.
    Subsystem(u16),
    /// A header says what cannot be.
    Invalid(String),
}

/// Kinds of files that people hand over in place of a PE image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    Elf,
    Script,
    MachO,
    Zip,
    Msi,
    Unknown,
}

impl Foreign {
    /// Tells by the first bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0x7f, b'E', b'L', b'F', ..] => Self::Elf,
            [b'#', b'!', ..] => Self::Script,
            [0xcf | 0xce, 0xfa, 0xed, 0xfe, ..] | [0xca, 0xfe, 0xba, 0xbe, ..] => Self::MachO,
            [b'P', b'K', 3 | 5, _, ..] => Self::Zip,
            [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Self::Msi,
            _ => Self::Unknown,
        }
    }
}

impl ImageError {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        ImageErrorKind::Invalid(reason.into()).into()
    }

    pub(crate) fn at(mut self, path: &Path) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// Whether the file is missing, rather than unusable.
    pub fn is_not_found(&self) -> bool {
        self.kind == ImageErrorKind::NotFound
    }
}

impl From<ImageErrorKind> for ImageError {
    fn from(kind: ImageErrorKind) -> Self {
        Self { path: None, kind }
    }
}

impl std::error::Error for ImageError {}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}: {}", path.display(), self.kind),
            None => self.kind.fmt(f),
        }
    }
}

impl fmt::Display for ImageErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("no such file"),
            Self::PermissionDenied => f.write_str("permission denied; check the file's mode and its folder's"),
            Self::IsDirectory => f.write_str("is a directory; name the program inside it"),
            Self::NotRegular => f.write_str("is not a regular file"),
            Self::Host(_, message) => write!(f, "cannot be read: {message}"),
            Self::Empty => f.write_str("the file is empty"),
            Self::Truncated { what, needed, length } => {
                write!(f, "the file is truncated: {what} ends at byte {needed}, the file at {length}; copy it again")
            }
            Self::NotPe(Foreign::Elf) => f.write_str("is a Linux (ELF) program, not a Windows one; start it directly"),
            Self::NotPe(Foreign::Script) => f.write_str("is a script, not a Windows program; start it directly"),
            Self::NotPe(Foreign::MachO) => f.write_str("is a macOS (Mach-O) program, not a Windows one"),
            Self::NotPe(Foreign::Zip) => f.write_str("is a ZIP archive, not a Windows program; unpack it first"),
            Self::NotPe(Foreign::Msi) => f.write_str("is a Windows Installer package, not a program; unpack it first"),
            Self::NotPe(Foreign::Unknown) => f.write_str("is not a Windows program (no MZ signature)"),
            Self::Dos => f.write_str("is a DOS program (MZ without a PE header); only 64-bit Windows programs run"),
            Self::Ne => f.write_str("is a 16-bit program (NE header); only 64-bit Windows programs run"),
            Self::Le => {
                f.write_str("is an OS/2 or Windows 9x program (LE or LX header); only 64-bit Windows programs run")
            }
            Self::ThirtyTwoBit => {
                f.write_str("is a 32-bit program (PE32, i386); 32-bit programs are not supported yet, use an x64 build")
            }
            Self::Machine(machine) => {
                write!(f, "is a program for {machine}; only x86-64 programs run, use an x64 build")
            }
            Self::DotNet => {
                f.write_str("is a .NET assembly, which needs the .NET runtime; start it with `dotnet` or `mono`")
            }
            Self::IsDll => f.write_str("is a DLL, not a program; name a program that loads it"),
            Self::Subsystem(1) => {
                f.write_str("is a native-subsystem program or driver; only console and GUI programs run")
            }
            Self::Subsystem(10..=13) => f.write_str("is an EFI program; only console and GUI programs run"),
            Self::Subsystem(other) => {
                write!(f, "is a program for subsystem {other}; only console (3) and GUI (2) programs run")
            }
            Self::Invalid(reason) => write!(f, "is not a valid PE image: {reason}"),
        }
    }
}
