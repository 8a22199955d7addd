//! The guest's types.
//!
//! Everything a Windows program can see has its type here: pointers into guest memory that cannot be dereferenced, handles,
//! statuses, text, flags that print by name, structs with a 64-bit and a 32-bit layout. Beside them stands what describes a
//! shim (`#[shim]`, [`Shim`], [`Support`]) and the traits by which a parameter is decoded, printed and encoded.
//!
//! This crate knows nothing of processes, files or Linux services.

mod arg;
pub mod atomic;
pub mod bulk;
mod context;
pub mod critical_section;
mod exception;
pub mod fault;
mod flags;
mod generated;
mod guest;
mod handle;
mod ptr;
mod raises;
mod ret;
mod shim;
mod status;
mod text;
mod value;
mod variadic;

/// Whether a DLL comes with Windows: `name` is its file name without `.dll`, in lower case.
pub fn is_system_dll(name: &str) -> bool {
    generated::system_dlls::SYSTEM_DLLS.binary_search(&name).is_ok()
}

pub use abi_macros::shim;
pub use arg::{Arg, BOOLEAN, RawArg};
#[doc(hidden)]
pub use bitflags;
pub use context::{CONTEXT, EXCEPTION_RECORD, PCONTEXT, register};
pub use exception::{EXCEPTION_ACCESS_VIOLATION, Exception};
pub use fault::{Access, Fault};
pub use guest::{Guest, Layout, Width};
pub use handle::HANDLE;
pub use ptr::{Buffer, In, InOut, Out, Ptr};
pub use raises::Raises;
pub use ret::{
    AllOnes, Crt, CrtFailure, CrtResult, Failure, HResult, Invalid, LSTATUS, Lstatus, NtResult, Outcome, Refusal, Ret,
    Win32Result,
};
pub use shim::{Entry, FromCaller, Param, ParamKind, Row, Shim, Support, Variadic, caller_entry, variadic_entry};
pub use status::{Errno, HRESULT, NTSTATUS, WIN32_ERROR};
pub use text::{Ansi, AnsiArray, PCSTR, PCWSTR, PSTR, PWSTR, Wide, WideArray};
pub use value::{Value, Varying};
pub use variadic::VaList;
