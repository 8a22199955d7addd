//! The machine and its user: the clock, sleep, languages, the processor.

use abi::{BOOLEAN, NTSTATUS, NtResult, Out, Ptr, Varying, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::locale::EN_US;

use crate::kernel32::processthreadsapi::PROCESSOR_NUMBER;

/// Gives the number of the processor the thread runs on, and tells its place.
#[shim(full)]
pub(in crate::ntdll) fn NtGetCurrentProcessorNumberEx(cx: &Cx, ProcessorNumber: Out<PROCESSOR_NUMBER>) -> Varying<u32> {
    let number = cx.process.affinity.current();
    match ProcessorNumber.set_opt(PROCESSOR_NUMBER { Group: 0, Number: number as u8, Reserved: 0 }) {
        Ok(()) => Varying(number),
        // A service does not raise, and this one has nothing but its number to say it with.
        Err(_) => Varying(NTSTATUS::STATUS_ACCESS_VIOLATION.0),
    }
}

/// Gives the locale of the user or the system.
#[shim(full)]
pub(in crate::ntdll) fn NtQueryDefaultLocale(UserProfile: BOOLEAN, DefaultLocaleId: Out<u32>) -> NtResult<()> {
    let _ = UserProfile;
    Ok(DefaultLocaleId.set(EN_US)?)
}

/// Gives the language that the user sees.
#[shim(full)]
pub(in crate::ntdll) fn NtQueryDefaultUILanguage(DefaultUILanguageId: Out<u16>) -> NtResult<()> {
    Ok(DefaultUILanguageId.set(EN_US as u16)?)
}

/// Gives the language that the system was installed in.
#[shim(full)]
pub(in crate::ntdll) fn NtQueryInstallUILanguage(InstallUILanguageId: Out<u16>) -> NtResult<()> {
    Ok(InstallUILanguageId.set(EN_US as u16)?)
}

/// Sets the clock.
#[shim(stub = "it takes a privilege that nobody has here")]
pub(in crate::ntdll) fn NtSetSystemTime(SystemTime: Ptr<i64>, PreviousTime: Ptr<i64>) -> NtResult<()> {
    let _ = PreviousTime;
    SystemTime.read()?;
    Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD)
}
