//! `HANDLE`.

use crate::{Arg, Guest, Layout, ParamKind, Value, Width};

/// A reference to a kernel object, valid in one process. The two low bits are the guest's own and are ignored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[repr(transparent)]
pub struct HANDLE(pub u64);

impl HANDLE {
    /// No handle.
    pub const NULL: Self = Self(0);
    /// `INVALID_HANDLE_VALUE`, which is also the pseudo handle of the current process.
    pub const INVALID: Self = Self(u64::MAX);
    /// `GetCurrentProcess()`.
    pub const CURRENT_PROCESS: Self = Self(u64::MAX);
    /// `GetCurrentThread()`.
    pub const CURRENT_THREAD: Self = Self(u64::MAX - 1);

    /// True for the null handle.
    pub const fn is_null(self) -> bool {
        self.0 == 0
    }
}

impl Arg for HANDLE {
    type Raw = u64;
    const KIND: ParamKind = ParamKind::Handle;

    #[inline(always)]
    fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    fn before(&self) -> Value {
        Value::Handle(self.0)
    }
}

impl Guest for HANDLE {
    fn layout(width: Width) -> Layout {
        Layout::pointer(width)
    }

    fn decode(width: Width, bytes: &[u8]) -> Self {
        match width {
            Width::W64 => Self(u64::decode(width, bytes)),
            // A 32-bit handle is sign-extended, so that INVALID_HANDLE_VALUE stays itself.
            Width::W32 => Self(i64::from(u32::decode(width, bytes) as i32) as u64),
        }
    }

    fn encode(&self, width: Width, bytes: &mut [u8]) {
        match width {
            Width::W64 => self.0.encode(width, bytes),
            Width::W32 => (self.0 as u32).encode(width, bytes),
        }
    }

    fn value(&self) -> Value {
        Value::Handle(self.0)
    }
}
