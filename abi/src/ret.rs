//! How a result goes back: the value in the register, the last error, `errno`, or an exception raised in the guest.

use std::convert::Infallible;

use crate::{Errno, Exception, Fault, HANDLE, HRESULT, NTSTATUS, Ptr, RawArg, Value, WIN32_ERROR};

/// Why a user-mode function did not do what it was asked: it fails with an error, or it raises an exception in its caller.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal<E> {
    /// The function returns its failure value, and the error is set.
    Fails(E),
    /// The guest gets an exception, as it would from Windows' own code.
    Raises(Box<Exception>),
}

/// A Win32 function's result: on failure the failure value of `T` is returned and the last error is set.
pub type Win32Result<T> = Result<T, Refusal<WIN32_ERROR>>;

/// A system service's result. `NtResult<()>` returns `STATUS_SUCCESS`.
pub type NtResult<T> = Result<T, NTSTATUS>;

/// A function that returns its error instead of setting it (`LSTATUS`, as the registry's do).
pub type Lstatus = Result<(), Refusal<LSTATUS>>;

/// A COM-style function's result: whatever `HRESULT` it gives, or an exception.
pub type HResult = Result<HRESULT, Refusal<HRESULT>>;

/// An error that is returned, not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LSTATUS(pub WIN32_ERROR);

/// A C runtime function's result: on failure the failure value of `T` is returned and `errno` is set.
pub type CrtResult<T> = Result<Crt<T>, Refusal<Errno>>;

/// The value of a [`CrtResult`]; its type says what failure looks like: -1 for integers, NULL for pointers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crt<T>(pub T);

impl From<WIN32_ERROR> for Refusal<WIN32_ERROR> {
    #[inline(always)]
    fn from(error: WIN32_ERROR) -> Self {
        Self::Fails(error)
    }
}
impl From<NTSTATUS> for Refusal<WIN32_ERROR> {
    #[inline(always)]
    fn from(status: NTSTATUS) -> Self {
        Self::Fails(status.into())
    }
}
impl From<WIN32_ERROR> for Refusal<LSTATUS> {
    fn from(error: WIN32_ERROR) -> Self {
        Self::Fails(LSTATUS(error))
    }
}
impl From<NTSTATUS> for Refusal<LSTATUS> {
    fn from(status: NTSTATUS) -> Self {
        Self::Fails(LSTATUS(status.into()))
    }
}
impl From<HRESULT> for Refusal<HRESULT> {
    fn from(error: HRESULT) -> Self {
        Self::Fails(error)
    }
}
impl From<WIN32_ERROR> for Refusal<HRESULT> {
    fn from(error: WIN32_ERROR) -> Self {
        Self::Fails(error.into())
    }
}
impl From<NTSTATUS> for Refusal<HRESULT> {
    fn from(status: NTSTATUS) -> Self {
        Self::Fails(WIN32_ERROR::from(status).into())
    }
}
impl From<Errno> for Refusal<Errno> {
    fn from(error: Errno) -> Self {
        Self::Fails(error)
    }
}
impl<E> From<Exception> for Refusal<E> {
    fn from(exception: Exception) -> Self {
        Self::Raises(Box::new(exception))
    }
}
/// User-mode code that touches bad memory raises an access violation.
impl<E> From<Fault> for Refusal<E> {
    #[inline(always)]
    fn from(fault: Fault) -> Self {
        Self::Raises(fault.into())
    }
}
/// A system service that is given bad memory returns a status.
impl From<Fault> for NTSTATUS {
    fn from(_: Fault) -> Self {
        Self::STATUS_ACCESS_VIOLATION
    }
}

/// What a call comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<R> {
    /// The value in the result register.
    pub raw: R,
    /// The last error, if the call sets it.
    pub last_error: Option<WIN32_ERROR>,
    /// The C runtime's `errno`, if the call sets it.
    pub errno: Option<Errno>,
    /// The exception to raise instead of returning.
    pub raises: Option<Box<Exception>>,
}

impl<R> Outcome<R> {
    /// A plain value.
    #[inline(always)]
    pub const fn value(raw: R) -> Self {
        Self { raw, last_error: None, errno: None, raises: None }
    }
}

/// The return type of a shim.
pub trait Ret: Sized {
    /// How it is returned on x64.
    type Raw: RawArg;

    /// The result's way back.
    fn outcome(self) -> Outcome<Self::Raw>;

    /// What a trace shows.
    fn result(&self) -> Value;

    /// The error's name for a call that failed; a trace shows it behind the value.
    fn error(&self) -> Option<String> {
        None
    }

    /// True when the values behind out-parameters are good to be shown.
    fn succeeded(&self) -> bool {
        self.error().is_none()
    }
}

macro_rules! plain {
    ($($type:ty: |$this:ident| $raw:expr, $value:expr;)*) => {$(
        impl Ret for $type {
            type Raw = u64;
            #[inline(always)]
            fn outcome(self) -> Outcome<u64> {
                let $this = self;
                Outcome::value($raw)
            }
            fn result(&self) -> Value {
                let $this = *self;
                $value
            }
        }
    )*};
}
plain! {
    (): |_this| 0, Value::Nothing;
    u8: |this| u64::from(this), Value::Unsigned(u64::from(this));
    u16: |this| u64::from(this), Value::Unsigned(u64::from(this));
    u32: |this| u64::from(this), Value::Unsigned(u64::from(this));
    u64: |this| this, Value::Unsigned(this);
    i16: |this| this as u16 as u64, Value::Signed(i64::from(this));
    i32: |this| this as u32 as u64, Value::Signed(i64::from(this));
    i64: |this| this as u64, Value::Signed(this);
    usize: |this| this as u64, Value::Unsigned(this as u64);
    bool: |this| u64::from(this), Value::Bool(this);
    HANDLE: |this| this.0, Value::Handle(this.0);
}

impl<T> Ret for Ptr<T> {
    type Raw = u64;
    #[inline(always)]
    fn outcome(self) -> Outcome<u64> {
        Outcome::value(self.address())
    }
    fn result(&self) -> Value {
        Value::address(self.address())
    }
}

impl Ret for f64 {
    type Raw = f64;
    #[inline(always)]
    fn outcome(self) -> Outcome<f64> {
        Outcome::value(self)
    }
    fn result(&self) -> Value {
        Value::Float(*self)
    }
}

impl Ret for f32 {
    type Raw = f32;
    #[inline(always)]
    fn outcome(self) -> Outcome<f32> {
        Outcome::value(self)
    }
    fn result(&self) -> Value {
        Value::Float(f64::from(*self))
    }
}

impl Ret for NTSTATUS {
    type Raw = u64;
    fn outcome(self) -> Outcome<u64> {
        Outcome::value(u64::from(self.0))
    }
    fn result(&self) -> Value {
        Value::Name(self.to_string())
    }
    fn succeeded(&self) -> bool {
        self.is_success()
    }
}

impl Ret for HRESULT {
    type Raw = u64;
    fn outcome(self) -> Outcome<u64> {
        Outcome::value(u64::from(self.0))
    }
    fn result(&self) -> Value {
        Value::Name(self.to_string())
    }
    fn succeeded(&self) -> bool {
        self.is_success()
    }
}

impl Ret for WIN32_ERROR {
    type Raw = u64;
    #[inline(always)]
    fn outcome(self) -> Outcome<u64> {
        Outcome::value(u64::from(self.0))
    }
    fn result(&self) -> Value {
        Value::Name(self.to_string())
    }
}

/// A system service that gives back nothing but its status.
impl Ret for NtResult<()> {
    type Raw = u64;
    fn outcome(self) -> Outcome<u64> {
        self.err().unwrap_or(NTSTATUS::STATUS_SUCCESS).outcome()
    }
    fn result(&self) -> Value {
        Ret::result(&self.err().unwrap_or(NTSTATUS::STATUS_SUCCESS))
    }
    fn succeeded(&self) -> bool {
        self.is_ok()
    }
}

/// A value whose type says what a Win32 function returns when it fails.
pub trait Failure: Ret {
    /// What is returned on failure.
    fn failed() -> Self;
    /// What the function returns on success. `BOOL` functions have nothing else to say than TRUE.
    #[inline(always)]
    fn succeeds(self) -> Outcome<Self::Raw> {
        self.outcome()
    }
    /// What a trace shows of success.
    fn shown(&self) -> Value {
        self.result()
    }
    /// What a trace shows of failure.
    fn shown_failed() -> Value {
        Self::failed().result()
    }
}

macro_rules! failure {
    ($($type:ty: $failed:expr;)*) => {$(
        impl Failure for $type {
            fn failed() -> Self {
                $failed
            }
        }
    )*};
}
failure! {
    u8: 0; u16: 0; u32: 0; u64: 0; i32: 0; i64: 0; usize: 0; bool: false; HANDLE: HANDLE::NULL;
}

impl Failure for () {
    fn failed() -> Self {}
    #[inline(always)]
    fn succeeds(self) -> Outcome<u64> {
        Outcome::value(1)
    }
    fn shown(&self) -> Value {
        Value::Bool(true)
    }
    fn shown_failed() -> Value {
        Value::Bool(false)
    }
}

impl<T> Failure for Ptr<T> {
    fn failed() -> Self {
        Self::NULL
    }
}

/// A value for which failure is -1 instead of 0: `INVALID_HANDLE_VALUE`, `INVALID_FILE_SIZE`, `TLS_OUT_OF_INDEXES`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Invalid<T>(pub T);

/// A type whose value with all bits set means failure.
pub trait AllOnes: Ret {
    /// All bits set.
    fn all_ones() -> Self;
}

macro_rules! all_ones {
    ($($type:ty: $value:expr;)*) => {$(
        impl AllOnes for $type {
            fn all_ones() -> Self {
                $value
            }
        }
    )*};
}
all_ones! {
    HANDLE: HANDLE::INVALID; u16: u16::MAX; u32: u32::MAX; i32: -1; u64: u64::MAX; i64: -1; usize: usize::MAX;
}

impl<T: AllOnes> Ret for Invalid<T> {
    type Raw = T::Raw;
    #[inline(always)]
    fn outcome(self) -> Outcome<T::Raw> {
        self.0.outcome()
    }
    fn result(&self) -> Value {
        self.0.result()
    }
}

impl<T: AllOnes> Failure for Invalid<T> {
    fn failed() -> Self {
        Self(T::all_ones())
    }
}

impl<T: Failure> Ret for Win32Result<T> {
    type Raw = T::Raw;

    #[inline(always)]
    fn outcome(self) -> Outcome<T::Raw> {
        match self {
            Ok(value) => value.succeeds(),
            Err(refusal) => refused(T::failed().outcome(), refusal),
        }
    }

    fn result(&self) -> Value {
        match self {
            Ok(value) => value.shown(),
            Err(_) => T::shown_failed(),
        }
    }

    fn error(&self) -> Option<String> {
        self.as_ref().err().map(|refusal| match refusal {
            Refusal::Fails(error) => error.to_string(),
            Refusal::Raises(exception) => format!("raises {}", exception.code),
        })
    }
}

#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "called from Rust only")]
extern "win64" fn refused<R>(failed: Outcome<R>, refusal: Refusal<WIN32_ERROR>) -> Outcome<R> {
    match refusal {
        Refusal::Fails(error) => Outcome { last_error: Some(error), ..failed },
        Refusal::Raises(exception) => Outcome { raises: Some(exception), ..failed },
    }
}

impl Ret for Lstatus {
    type Raw = u64;

    fn outcome(self) -> Outcome<u64> {
        match self {
            Ok(()) => Outcome::value(0),
            Err(Refusal::Fails(LSTATUS(error))) => Outcome::value(u64::from(error.0)),
            Err(Refusal::Raises(exception)) => Outcome { raises: Some(exception), ..Outcome::value(0) },
        }
    }

    fn result(&self) -> Value {
        match self {
            Ok(()) => Value::Name(WIN32_ERROR::ERROR_SUCCESS.to_string()),
            Err(Refusal::Fails(LSTATUS(error))) => Value::Name(error.to_string()),
            Err(Refusal::Raises(exception)) => Value::Name(format!("raises {}", exception.code)),
        }
    }

    fn succeeded(&self) -> bool {
        self.is_ok()
    }
}

impl Ret for HResult {
    type Raw = u64;

    fn outcome(self) -> Outcome<u64> {
        match self {
            Ok(result) | Err(Refusal::Fails(result)) => result.outcome(),
            Err(Refusal::Raises(exception)) => Outcome { raises: Some(exception), ..Outcome::value(0) },
        }
    }

    fn result(&self) -> Value {
        match self {
            Ok(result) | Err(Refusal::Fails(result)) => Ret::result(result),
            Err(Refusal::Raises(exception)) => Value::Name(format!("raises {}", exception.code)),
        }
    }

    fn succeeded(&self) -> bool {
        self.as_ref().is_ok_and(|result| result.is_success())
    }
}

/// The return type of a function that does not return.
impl Ret for Infallible {
    type Raw = u64;
    fn outcome(self) -> Outcome<u64> {
        match self {}
    }
    fn result(&self) -> Value {
        match *self {}
    }
}

impl<T> Ret for Crt<T>
where
    T: CrtFailure,
{
    type Raw = T::Raw;
    #[inline(always)]
    fn outcome(self) -> Outcome<T::Raw> {
        self.0.outcome()
    }
    fn result(&self) -> Value {
        self.0.result()
    }
}

/// What a C runtime function returns when it fails.
pub trait CrtFailure: Ret {
    /// The failure value.
    fn failed() -> Self;
}
macro_rules! crt_failure {
    ($($type:ty: $failed:expr;)*) => {$(
        impl CrtFailure for $type {
            fn failed() -> Self {
                $failed
            }
        }
    )*};
}
crt_failure! {
    i32: -1; i64: -1; u32: u32::MAX; u64: u64::MAX; u16: u16::MAX; usize: usize::MAX; f32: f32::NAN; f64: f64::NAN; (): ();
}
impl<T> CrtFailure for Ptr<T> {
    fn failed() -> Self {
        Self::NULL
    }
}

impl<T: CrtFailure> Ret for CrtResult<T> {
    type Raw = T::Raw;

    #[inline(always)]
    fn outcome(self) -> Outcome<T::Raw> {
        match self {
            Ok(value) => value.outcome(),
            Err(Refusal::Fails(error)) => Outcome { errno: Some(error), ..T::failed().outcome() },
            Err(Refusal::Raises(exception)) => Outcome { raises: Some(exception), ..T::failed().outcome() },
        }
    }

    fn result(&self) -> Value {
        match self {
            Ok(value) => value.result(),
            Err(_) => T::failed().result(),
        }
    }

    fn error(&self) -> Option<String> {
        self.as_ref().err().map(|refusal| match refusal {
            Refusal::Fails(error) => format!("{error:?}"),
            Refusal::Raises(exception) => format!("raises {}", exception.code),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Access;

    #[test]
    fn failure_value_and_error_follow_from_the_type() {
        let error = WIN32_ERROR::ERROR_FILE_NOT_FOUND;
        let open: Win32Result<Invalid<HANDLE>> = Err(error.into());
        assert_eq!(open.result(), Value::Handle(u64::MAX));
        let outcome = open.outcome();
        assert_eq!((outcome.raw, outcome.last_error), (u64::MAX, Some(error)));
        let close: Win32Result<()> = Ok(());
        assert_eq!(close.outcome(), Outcome::value(1));
        let query: Lstatus = Err(error.into());
        assert_eq!(query.outcome(), Outcome::value(2));
        let read: CrtResult<i32> = Err(Errno::EBADF.into());
        let outcome = read.outcome();
        assert_eq!((outcome.raw as i32, outcome.errno), (-1, Some(Errno::EBADF)));
    }

    #[test]
    fn a_bad_pointer_raises_in_user_mode_and_is_a_status_in_a_service() {
        let fault = Fault { address: 16, access: Access::Write };
        let user: Win32Result<()> = Err(fault.into());
        let raised = user.outcome().raises.unwrap();
        assert_eq!((raised.count, raised.parameters[..2].to_vec()), (2, vec![1, 16]));
        let service: NtResult<()> = Err(fault.into());
        assert_eq!(service.outcome().raw, 0xC000_0005);
    }
}
