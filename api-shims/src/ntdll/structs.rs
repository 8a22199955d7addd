//! Structures that system services share.

use abi::{Fault, HANDLE, NTSTATUS, NtResult, Ptr, Wide};
use syscall_xlate::object::HandleFlags;

abi::guest_struct! {
    /// Text with its length in bytes.
    pub(crate) struct UNICODE_STRING {
        pub Length: u16,
        pub MaximumLength: u16,
        pub Buffer: Ptr<u16>,
    }

    /// Text of the ANSI code page with its length in bytes.
    pub(crate) struct STRING {
        pub Length: u16,
        pub MaximumLength: u16,
        pub Buffer: Ptr<u8>,
    }

    /// The version, service pack and kind of product.
    pub(crate) struct RTL_OSVERSIONINFOEXW {
        pub dwOSVersionInfoSize: u32,
        pub dwMajorVersion: u32,
        pub dwMinorVersion: u32,
        pub dwBuildNumber: u32,
        pub dwPlatformId: u32,
        pub szCSDVersion: [u16; 128],
        pub wServicePackMajor: u16,
        pub wServicePackMinor: u16,
        pub wSuiteMask: u16,
        pub wProductType: u8,
        pub wReserved: u8,
    }

    /// How a service is to find or make an object.
    pub(crate) struct OBJECT_ATTRIBUTES {
        pub Length: u32,
        pub RootDirectory: HANDLE,
        pub ObjectName: Ptr<UNICODE_STRING>,
        pub Attributes: u32,
        pub SecurityDescriptor: Ptr<u8>,
        pub SecurityQualityOfService: Ptr<u8>,
    }
}

/// `OBJ_INHERIT`
pub(super) const INHERIT: u32 = 0x2;
/// `OBJ_OPENIF`
const OPENIF: u32 = 0x80;
/// The folders of named objects; a name below another one is none of ours.
const FOLDERS: [(&str, &str); 3] = [
    ("\\BaseNamedObjects\\", "Global\\"),
    ("\\Sessions\\1\\BaseNamedObjects\\", ""),
    ("\\Sessions\\0\\BaseNamedObjects\\", "Global\\"),
];

impl UNICODE_STRING {
    /// The text.
    pub(crate) fn text(&self) -> Result<Wide, Fault> {
        self.Buffer.read_slice(usize::from(self.Length) / 2)
    }
}

/// What attributes say, as host values.
#[derive(Default)]
pub(super) struct Attributes {
    /// The name as Win32 functions take it; empty for none.
    pub(super) name: Wide,
    pub(super) flags: HandleFlags,
    /// An object of this name is opened instead of refused.
    pub(super) open_if: bool,
}

impl Attributes {
    /// Reads attributes that may be absent.
    pub(super) fn read(attributes: Ptr<OBJECT_ATTRIBUTES>) -> NtResult<Self> {
        let Some(attributes) = attributes.opt() else { return Ok(Self::default()) };
        let attributes = attributes.read()?;
        let name = match attributes.ObjectName.opt() {
            None => Wide::new(),
            Some(name) => name.read()?.text()?,
        };
        if !attributes.RootDirectory.is_null() {
            return Err(NTSTATUS::STATUS_NOT_SUPPORTED);
        }
        let flags = if attributes.Attributes & INHERIT != 0 { HandleFlags::INHERIT } else { HandleFlags::empty() };
        Ok(Self { name: name_of(name)?, flags, open_if: attributes.Attributes & OPENIF != 0 })
    }
}

fn name_of(path: Wide) -> NtResult<Wide> {
    if path.is_empty() {
        return Ok(path);
    }
    let found = FOLDERS.iter().find_map(|(folder, prefix)| {
        let folder: Wide = folder.encode_utf16().collect();
        let rest = path.strip_prefix(folder.as_slice())?;
        Some(prefix.encode_utf16().chain(rest.iter().copied()).collect())
    });
    found.ok_or(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD)
}
