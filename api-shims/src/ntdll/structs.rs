//! Structures that system services share.

use abi::{Fault, Guest, HANDLE, NTSTATUS, NtResult, Ptr, Wide};
use syscall_xlate::Cx;
use syscall_xlate::object::{Directory, HandleFlags, Name};

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

/// `OBJ_PROTECT_CLOSE`
pub(super) const PROTECT_CLOSE: u32 = 0x1;
/// `OBJ_INHERIT`
pub(super) const INHERIT: u32 = 0x2;
/// `OBJ_PERMANENT`
const PERMANENT: u32 = 0x10;
/// `OBJ_CASE_INSENSITIVE`
const CASE_INSENSITIVE: u32 = 0x40;
/// `OBJ_OPENIF`
const OPENIF: u32 = 0x80;
/// `OBJ_VALID_ATTRIBUTES`
const VALID: u32 = 0x1ff2;

impl UNICODE_STRING {
    /// The text.
    pub(crate) fn text(&self) -> Result<Wide, Fault> {
        self.Buffer.read_slice(usize::from(self.Length) / 2)
    }
}

/// What attributes say, as host values.
#[derive(Default)]
pub(super) struct Attributes {
    /// The directory at which the name begins.
    root: HANDLE,
    /// The path; `None` where there is none.
    path: Option<Wide>,
    pub(super) flags: HandleFlags,
    /// An object of this name is opened instead of refused.
    pub(super) open_if: bool,
    ignores_case: bool,
    /// The object is to stay without a handle.
    permanent: bool,
}

impl Attributes {
    /// Reads attributes that may be absent.
    pub(super) fn read(attributes: Ptr<OBJECT_ATTRIBUTES>) -> NtResult<Self> {
        let Some(attributes) = attributes.opt() else { return Ok(Self::default()) };
        aligned(attributes)?;
        let size = OBJECT_ATTRIBUTES::layout(attributes.width()).size;
        let attributes = attributes.read()?;
        if attributes.Length as usize != size || attributes.Attributes & !VALID != 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let path = match attributes.ObjectName.opt() {
            None => None,
            Some(name) => Some(path(&name.read()?)?),
        };
        let has = |flag| attributes.Attributes & flag != 0;
        Ok(Self {
            root: attributes.RootDirectory,
            path,
            flags: if has(INHERIT) { HandleFlags::INHERIT } else { HandleFlags::empty() },
            open_if: has(OPENIF),
            ignores_case: has(CASE_INSENSITIVE),
            permanent: has(PERMANENT),
        })
    }

    /// The name of an object to be made; `None` for one that has none. `SeCreatePermanentPrivilege` is nobody's here, as it is no
    /// user's on Windows.
    pub(super) fn name_to_make(&self, cx: &Cx) -> NtResult<Option<Name>> {
        if self.permanent {
            return Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD);
        }
        match &self.path {
            Some(path) if !path.is_empty() => self.name(cx).map(Some),
            _ if !self.root.is_null() => Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID),
            _ => Ok(None),
        }
    }

    /// The name of an object to be opened. An empty one is the directory's at which it begins.
    pub(super) fn name(&self, cx: &Cx) -> NtResult<Name> {
        let root = match self.root {
            HANDLE::NULL => None,
            handle => Some(cx.process.handles.get::<Directory>(handle, 0)?),
        };
        let path = self.path.clone().unwrap_or_default();
        Name::nt(root.as_deref(), path, self.ignores_case)
    }
}

/// The text of a path, which is a whole number of units.
fn path(name: &UNICODE_STRING) -> NtResult<Wide> {
    if !name.Length.is_multiple_of(2) {
        return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
    }
    Ok(name.text()?)
}

/// Refuses an address that is no multiple of 4, as services do for their structures (`ProbeForRead` and `ProbeForWrite`).
pub(super) fn aligned<T>(pointer: Ptr<T>) -> NtResult<()> {
    if pointer.address().is_multiple_of(4) { Ok(()) } else { Err(NTSTATUS::STATUS_DATATYPE_MISALIGNMENT) }
}
