//! Write watch.

use abi::{InOut, Invalid, Out, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::memory::PAGE;

abi::flags! {
    /// What asking for written pages does besides.
    pub(crate) struct WRITE_WATCH_FLAGS: u32 {
        WRITE_WATCH_FLAG_RESET = 0x1;
    }
}

/// Gives the addresses of the pages of a watched region that have been written.
#[shim(partial = "needs Linux 6.7; without it, watched memory is refused")]
pub(in crate::kernel32) fn GetWriteWatch(
    cx: &Cx,
    dwFlags: WRITE_WATCH_FLAGS,
    lpBaseAddress: Ptr<u8>,
    dwRegionSize: usize,
    lpAddresses: Ptr<Ptr<u8>>,
    lpdwCount: InOut<usize>,
    lpdwGranularity: Out<u32>,
) -> Win32Result<Invalid<u32>> {
    let reset = dwFlags.contains(WRITE_WATCH_FLAGS::WRITE_WATCH_FLAG_RESET);
    if dwFlags.bits() & !WRITE_WATCH_FLAGS::WRITE_WATCH_FLAG_RESET.bits() != 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let limit = lpdwCount.read()?;
    let pages = cx.process.memory.written(lpBaseAddress.address(), dwRegionSize as u64, reset, limit)?;
    let addresses: Vec<_> = pages.into_iter().map(Ptr::at).collect();
    lpAddresses.write_slice(&addresses)?;
    lpdwCount.set(addresses.len())?;
    lpdwGranularity.set(PAGE as u32)?;
    Ok(Invalid(0))
}

/// Counts all pages of a watched region as not written.
#[shim(partial = "needs Linux 6.7; without it, watched memory is refused")]
pub(in crate::kernel32) fn ResetWriteWatch(
    cx: &Cx,
    lpBaseAddress: Ptr<u8>,
    dwRegionSize: usize,
) -> Win32Result<Invalid<u32>> {
    cx.process.memory.reset_written(lpBaseAddress.address(), dwRegionSize as u64)?;
    Ok(Invalid(0))
}

#[cfg(test)]
mod tests {
    use syscall_xlate::testing;

    #[test]
    fn memory_that_is_not_watched_has_no_written_pages() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let base = guest.call("kernel32!VirtualAlloc", &[0, 0x1000, 0x3000, 4]);
            let (count, granularity) = (guest.bytes(&1u64.to_le_bytes()), guest.buffer(4));
            guest.call("kernel32!GetWriteWatch", &[0, base, 0x1000, guest.buffer(8), count, granularity]);
            guest.call("kernel32!GetWriteWatch", &[2, base, 0x1000, guest.buffer(8), count, granularity]);
            guest.call("kernel32!ResetWriteWatch", &[base, 0x1000]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!VirtualAlloc(lpAddress=NULL, dwSize=4096, flAllocationType=MEM_COMMIT|MEM_RESERVE, flProtect=PAGE_READWRITE) = @1
        kernel32!GetWriteWatch(dwFlags=0, lpBaseAddress=@1, dwRegionSize=4096, lpAddresses=@2, lpdwCount=&1, lpdwGranularity=@3) = 4294967295 (ERROR_INVALID_PARAMETER)
        kernel32!GetWriteWatch(dwFlags=0x2, lpBaseAddress=@1, dwRegionSize=4096, lpAddresses=@4, lpdwCount=&1, lpdwGranularity=@3) = 4294967295 (ERROR_INVALID_PARAMETER)
        kernel32!ResetWriteWatch(lpBaseAddress=@1, dwRegionSize=4096) = 4294967295 (ERROR_INVALID_PARAMETER)
        "#);
    }
}
