//! Microsoft's names and values, written by `cargo xtask codegen`; a test fails when they are not up to date.

pub(crate) mod hresult;
pub(crate) mod ntstatus;
pub(crate) mod status_map;
pub(crate) mod system_dlls;
mod system_messages;
pub(crate) mod win32_error;
