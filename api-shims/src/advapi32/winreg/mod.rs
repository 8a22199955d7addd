//! winreg.h: the registry.

mod enumerate;
mod get;
mod keys;
mod performance;
mod values;

use abi::{Arg, Guest, HANDLE, LSTATUS, Layout, ParamKind, Refusal, Value, Width};
use syscall_xlate::Cx;
use syscall_xlate::object::Access;
use syscall_xlate::registry::{Key, Root};

pub(super) use enumerate::*;
pub(super) use get::*;
pub(super) use keys::*;
pub(super) use values::*;

/// A result of something in a function that returns its error.
type Status<T> = Result<T, Refusal<LSTATUS>>;

/// An open registry key, or a predefined one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HKEY(HANDLE);

/// Upper half of a predefined key, sign-extended; programs that know no better pass 0.
const SIGN_EXTENDED: u64 = 0xffff_ffff;

abi::choices! {
    /// Predefined keys.
    pub(super) struct PREDEFINED: u32 {
        HKEY_CLASSES_ROOT = 0x8000_0000;
        HKEY_CURRENT_USER = 0x8000_0001;
        HKEY_LOCAL_MACHINE = 0x8000_0002;
        HKEY_USERS = 0x8000_0003;
        HKEY_PERFORMANCE_DATA = 0x8000_0004;
        HKEY_CURRENT_CONFIG = 0x8000_0005;
    }

    /// What kind of data a value holds.
    pub(super) struct REG_VALUE_TYPE: u32 {
        REG_NONE = 0;
        REG_SZ = 1;
        REG_EXPAND_SZ = 2;
        REG_BINARY = 3;
        REG_DWORD = 4;
        REG_DWORD_BIG_ENDIAN = 5;
        REG_LINK = 6;
        REG_MULTI_SZ = 7;
        REG_RESOURCE_LIST = 8;
        REG_FULL_RESOURCE_DESCRIPTOR = 9;
        REG_RESOURCE_REQUIREMENTS_LIST = 10;
        REG_QWORD = 11;
    }
}

abi::flags! {
    /// Rights to a key.
    pub(super) struct REG_SAM_FLAGS: u32 {
        KEY_ALL_ACCESS = 0xf003f;
        KEY_READ = 0x20019;
        KEY_WRITE = 0x20006;
        KEY_QUERY_VALUE = 0x1;
        KEY_SET_VALUE = 0x2;
        KEY_CREATE_SUB_KEY = 0x4;
        KEY_ENUMERATE_SUB_KEYS = 0x8;
        KEY_NOTIFY = 0x10;
        KEY_CREATE_LINK = 0x20;
        KEY_WOW64_64KEY = 0x100;
        KEY_WOW64_32KEY = 0x200;
    }
}

impl HKEY {
    fn predefined(self) -> Option<PREDEFINED> {
        let (upper, lower) = ((self.0.0 >> 32), PREDEFINED(self.0.0 as u32));
        (matches!(upper, 0 | SIGN_EXTENDED) && lower.name().is_some()).then_some(lower)
    }

    /// The key behind it, if it was opened with these rights.
    fn key(self, cx: &Cx, access: Access) -> Status<Key> {
        let root = match self.predefined() {
            None => return Ok(cx.process.handles.with(self.0, access, Key::clone)?),
            Some(PREDEFINED::HKEY_CLASSES_ROOT) => Root::ClassesRoot,
            Some(PREDEFINED::HKEY_CURRENT_USER) => Root::CurrentUser,
            Some(PREDEFINED::HKEY_LOCAL_MACHINE) => Root::LocalMachine,
            Some(PREDEFINED::HKEY_USERS) => Root::Users,
            Some(PREDEFINED::HKEY_CURRENT_CONFIG) => Root::CurrentConfig,
            // There are no keys in it, only values that are made when asked for.
            Some(_) => return Err(abi::WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
        };
        Ok(cx.process.registry.root(root)?)
    }

    fn is_performance_data(self) -> bool {
        self.predefined() == Some(PREDEFINED::HKEY_PERFORMANCE_DATA)
    }
}

impl Arg for HKEY {
    type Raw = u64;
    const KIND: ParamKind = ParamKind::Handle;

    fn from_raw(raw: u64) -> Self {
        Self(HANDLE(raw))
    }

    fn before(&self) -> Value {
        match self.predefined().and_then(PREDEFINED::name) {
            Some(name) => Value::Name(name.to_owned()),
            None => self.0.before(),
        }
    }
}

impl Guest for HKEY {
    fn layout(width: Width) -> Layout {
        HANDLE::layout(width)
    }
    fn decode(width: Width, bytes: &[u8]) -> Self {
        Self(HANDLE::decode(width, bytes))
    }
    fn encode(&self, width: Width, bytes: &mut [u8]) {
        self.0.encode(width, bytes);
    }
    fn value(&self) -> Value {
        self.before()
    }
}

#[cfg(test)]
mod tests;
