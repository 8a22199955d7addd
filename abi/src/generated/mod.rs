//! Microsoft's names and values, written by `cargo xtask codegen`; a test fails when they are not up to date.

mod hresult;
mod ntstatus;
mod status_map;
mod win32_error;

pub(crate) use hresult::HRESULT_NAMES;
pub(crate) use ntstatus::NTSTATUS_NAMES;
pub(crate) use status_map::NTSTATUS_TO_WIN32_ERROR;
pub(crate) use win32_error::WIN32_ERROR_NAMES;
