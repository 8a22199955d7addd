//! The computer's name, memory, DOS times.

use abi::{In, InOut, Out, PSTR, PWSTR, Raises, Varying, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::time::DosDateTime;
use syscall_xlate::{Cx, system_info};

use crate::kernel32::structs::FILETIME;
use crate::text;

abi::guest_struct! {
    /// Memory in use and left, in bytes.
    pub(in crate::kernel32) struct MEMORYSTATUS {
        dwLength: u32,
        dwMemoryLoad: Varying<u32>,
        dwTotalPhys: Varying<usize>,
        dwAvailPhys: Varying<usize>,
        dwTotalPageFile: Varying<usize>,
        dwAvailPageFile: Varying<usize>,
        dwTotalVirtual: usize,
        dwAvailVirtual: usize,
    }
}

/// Gives memory in use and left.
#[shim(full)]
pub(in crate::kernel32) fn GlobalMemoryStatus(lpBuffer: Out<MEMORYSTATUS>) -> Raises<()> {
    /// Bytes of addresses a program has.
    const ADDRESSES: usize = 0x7fff_fffd_ffff;
    let memory = system_info::memory();
    Ok(lpBuffer.set(MEMORYSTATUS {
        dwLength: 56,
        dwMemoryLoad: Varying(memory.load()),
        dwTotalPhys: Varying(memory.physical as usize),
        dwAvailPhys: Varying(memory.physical_available as usize),
        dwTotalPageFile: Varying(memory.commit_limit as usize),
        dwAvailPageFile: Varying(memory.commit_available as usize),
        dwTotalVirtual: ADDRESSES,
        dwAvailVirtual: ADDRESSES,
    })?)
}

/// Gives the computer's name.
#[shim(full)]
pub(in crate::kernel32) fn GetComputerNameA(cx: &Cx, lpBuffer: PSTR, nSize: InOut<u32>) -> Win32Result<()> {
    let name = text::to_ansi(cx, &system_info::computer_name());
    text::give_sized(&name, lpBuffer.ptr(), nSize, WIN32_ERROR::ERROR_BUFFER_OVERFLOW)
}

/// Gives the computer's name.
#[shim(full)]
pub(in crate::kernel32) fn GetComputerNameW(lpBuffer: PWSTR, nSize: InOut<u32>) -> Win32Result<()> {
    text::give_sized(&system_info::computer_name(), lpBuffer.ptr(), nSize, WIN32_ERROR::ERROR_BUFFER_OVERFLOW)
}

/// Gives the time of a DOS date and time.
#[shim(full)]
pub(in crate::kernel32) fn DosDateTimeToFileTime(
    wFatDate: u16,
    wFatTime: u16,
    lpFileTime: Out<FILETIME>,
) -> Win32Result<()> {
    let time = DosDateTime { date: wFatDate, time: wFatTime }.to_filetime()?;
    Ok(lpFileTime.set(FILETIME::new(time))?)
}

/// Gives the DOS date and time of a time, rounded down to two seconds.
#[shim(full)]
pub(in crate::kernel32) fn FileTimeToDosDateTime(
    lpFileTime: In<FILETIME>,
    lpFatDate: Out<u16>,
    lpFatTime: Out<u16>,
) -> Win32Result<()> {
    let dos = DosDateTime::from_filetime(lpFileTime.read()?.units())?;
    lpFatDate.set(dos.date)?;
    Ok(lpFatTime.set(dos.time)?)
}

/// Says how many handles a program wants.
#[shim(stub = "documented to do nothing")]
pub(in crate::kernel32) fn SetHandleCount(uNumber: u32) -> u32 {
    uNumber
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn dos_times_begin_in_1980() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let time = guest.buffer(8);
            guest.call("kernel32!DosDateTimeToFileTime", &[0x5841, 0x6000, time]);
            guest.call("kernel32!FileTimeToDosDateTime", &[time, guest.buffer(2), guest.buffer(2)]);
            guest.call("kernel32!DosDateTimeToFileTime", &[0, 0, time]);
            guest.call("kernel32!FileTimeToDosDateTime", &[guest.buffer(8), guest.buffer(2), guest.buffer(2)]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!DosDateTimeToFileTime(wFatDate=22593, wFatTime=24576, lpFileTime=&{dwLowDateTime=780984320, dwHighDateTime=31085830}) = TRUE
        kernel32!FileTimeToDosDateTime(lpFileTime=&{dwLowDateTime=780984320, dwHighDateTime=31085830}, lpFatDate=&22593, lpFatTime=&24576) = TRUE
        kernel32!DosDateTimeToFileTime(wFatDate=0, wFatTime=0, lpFileTime=@1) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!FileTimeToDosDateTime(lpFileTime=&{dwLowDateTime=0, dwHighDateTime=0}, lpFatDate=@4, lpFatTime=@5) = FALSE (ERROR_INVALID_PARAMETER)
        "#);
    }
}
