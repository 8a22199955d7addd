//! The heap functions of 16-bit Windows, which are still used.

use abi::{NTSTATUS, NtResult, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::heap::{HeapFlags, Heaps, MovableBlocks};

abi::flags! {
    /// How `GlobalAlloc` makes a block.
    pub(in crate::kernel32) struct GLOBAL_ALLOC_FLAGS: u32 {
        GMEM_MOVEABLE = 0x2;
        GMEM_ZEROINIT = 0x40;
        GMEM_MODIFY = 0x80;
    }

    /// How `LocalAlloc` makes a block.
    pub(in crate::kernel32) struct LOCAL_ALLOC_FLAGS: u32 {
        LMEM_MOVEABLE = 0x2;
        LMEM_ZEROINIT = 0x40;
        LMEM_MODIFY = 0x80;
    }
}

const MOVEABLE: u32 = 0x2;
const ZEROINIT: u32 = 0x40;
const MODIFY: u32 = 0x80;
/// `GMEM_DISCARDED`, in what `GlobalFlags` gives.
const DISCARDED: u32 = 0x4000;
/// `GMEM_INVALID_HANDLE`, what `GlobalFlags` gives for none.
const INVALID_HANDLE: u32 = 0x8000;

/// Makes a block, fixed or movable.
#[shim(full)]
pub(in crate::kernel32) fn GlobalAlloc(cx: &Cx, uFlags: GLOBAL_ALLOC_FLAGS, dwBytes: usize) -> Win32Result<Ptr<u8>> {
    allocate(cx, uFlags.bits(), dwBytes)
}

/// Makes a block, fixed or movable.
#[shim(full)]
pub(in crate::kernel32) fn LocalAlloc(cx: &Cx, uFlags: LOCAL_ALLOC_FLAGS, uBytes: usize) -> Win32Result<Ptr<u8>> {
    allocate(cx, uFlags.bits(), uBytes)
}

fn allocate(cx: &Cx, flags: u32, size: usize) -> Win32Result<Ptr<u8>> {
    let zeroed = flags & ZEROINIT != 0;
    let address = match flags & MOVEABLE != 0 {
        true => cx.process.movable.allocate(&cx.process.heaps, size as u64, zeroed)?,
        false => cx.process.heaps.allocate(Heaps::PROCESS, zero(zeroed), size as u64)?,
    };
    Ok(Ptr::at(address))
}

fn zero(zeroed: bool) -> HeapFlags {
    if zeroed { HeapFlags::ZERO_MEMORY } else { HeapFlags::empty() }
}

/// Gives a block's lock count and whether it is discarded.
#[shim(full)]
pub(in crate::kernel32) fn GlobalFlags(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<u32> {
    flags_of(cx, hMem)
}

/// Gives a block's lock count and whether it is discarded.
#[shim(full)]
pub(in crate::kernel32) fn LocalFlags(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<u32> {
    flags_of(cx, hMem)
}

fn flags_of(cx: &Cx, block: Ptr<u8>) -> Win32Result<u32> {
    let flags = match MovableBlocks::is_handle(block.address()) {
        true => cx.process.movable.get(block.address()).map(|block| match block.address {
            0 => DISCARDED,
            _ => block.locks,
        }),
        false => cx.process.heaps.size(Heaps::PROCESS, block.address()).map(|_| 0),
    };
    Ok(flags.unwrap_or_else(|_| {
        cx.thread.set_last_error(WIN32_ERROR::ERROR_INVALID_HANDLE);
        INVALID_HANDLE
    }))
}

/// Frees a block; gives NULL, or the handle where it is none.
#[shim(full)]
pub(in crate::kernel32) fn GlobalFree(cx: &Cx, hMem: Ptr<u8>) -> Ptr<u8> {
    free(cx, hMem)
}

/// Frees a block; gives NULL, or the handle where it is none.
#[shim(full)]
pub(in crate::kernel32) fn LocalFree(cx: &Cx, hMem: Ptr<u8>) -> Ptr<u8> {
    free(cx, hMem)
}

fn free(cx: &Cx, block: Ptr<u8>) -> Ptr<u8> {
    let freed = match MovableBlocks::is_handle(block.address()) {
        true => cx.process.movable.free(&cx.process.heaps, block.address()),
        false => cx.process.heaps.free(Heaps::PROCESS, block.address()),
    };
    match freed {
        Ok(()) => Ptr::NULL,
        Err(_) => {
            cx.thread.set_last_error(WIN32_ERROR::ERROR_INVALID_HANDLE);
            block
        }
    }
}

/// Gives the handle of the block at an address.
#[shim(full)]
pub(in crate::kernel32) fn GlobalHandle(cx: &Cx, pMem: Ptr<u8>) -> Win32Result<Ptr<u8>> {
    handle_of(cx, pMem)
}

/// Gives the handle of the block at an address.
#[shim(full)]
pub(in crate::kernel32) fn LocalHandle(cx: &Cx, pMem: Ptr<u8>) -> Win32Result<Ptr<u8>> {
    handle_of(cx, pMem)
}

fn handle_of(cx: &Cx, address: Ptr<u8>) -> Win32Result<Ptr<u8>> {
    if let Some(handle) = cx.process.movable.handle_of(address.address()) {
        return Ok(Ptr::at(handle));
    }
    cx.process.heaps.size(Heaps::PROCESS, address.address()).map_err(invalid_handle)?;
    Ok(address)
}

/// What is no block is an invalid handle to these functions.
fn invalid_handle(status: NTSTATUS) -> WIN32_ERROR {
    match status {
        NTSTATUS::STATUS_INVALID_PARAMETER => WIN32_ERROR::ERROR_INVALID_HANDLE,
        status => status.into(),
    }
}

/// Locks a movable block and gives its address.
#[shim(full)]
pub(in crate::kernel32) fn GlobalLock(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<Ptr<u8>> {
    lock(cx, hMem)
}

/// Locks a movable block and gives its address.
#[shim(full)]
pub(in crate::kernel32) fn LocalLock(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<Ptr<u8>> {
    lock(cx, hMem)
}

fn lock(cx: &Cx, block: Ptr<u8>) -> Win32Result<Ptr<u8>> {
    if MovableBlocks::is_handle(block.address()) {
        return Ok(Ptr::at(cx.process.movable.lock(block.address())?));
    }
    cx.process.heaps.size(Heaps::PROCESS, block.address()).map_err(invalid_handle)?;
    Ok(block)
}

/// Gives a block another size, or another kind.
#[shim(partial = "GMEM_MODIFY changes nothing")]
pub(in crate::kernel32) fn GlobalReAlloc(
    cx: &Cx,
    hMem: Ptr<u8>,
    dwBytes: usize,
    uFlags: GLOBAL_ALLOC_FLAGS,
) -> Win32Result<Ptr<u8>> {
    reallocate(cx, hMem, dwBytes, uFlags.bits())
}

/// Gives a block another size, or another kind.
#[shim(partial = "LMEM_MODIFY changes nothing")]
pub(in crate::kernel32) fn LocalReAlloc(
    cx: &Cx,
    hMem: Ptr<u8>,
    uBytes: usize,
    uFlags: LOCAL_ALLOC_FLAGS,
) -> Win32Result<Ptr<u8>> {
    reallocate(cx, hMem, uBytes, uFlags.bits())
}

fn reallocate(cx: &Cx, block: Ptr<u8>, size: usize, flags: u32) -> Win32Result<Ptr<u8>> {
    if flags & MODIFY != 0 {
        return Ok(block);
    }
    let (zeroed, moves) = (flags & ZEROINIT != 0, flags & MOVEABLE != 0);
    if MovableBlocks::is_handle(block.address()) {
        cx.process.movable.reallocate(&cx.process.heaps, block.address(), size as u64, zeroed, moves)?;
        return Ok(block);
    }
    let in_place = if moves { HeapFlags::empty() } else { HeapFlags::REALLOC_IN_PLACE_ONLY };
    let moved = cx.process.heaps.reallocate(Heaps::PROCESS, zero(zeroed) | in_place, block.address(), size as u64);
    Ok(Ptr::at(moved.map_err(invalid_handle)?))
}

/// Gives a block's size.
#[shim(full)]
pub(in crate::kernel32) fn GlobalSize(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<usize> {
    size_of_block(cx, hMem)
}

/// Gives a block's size.
#[shim(full)]
pub(in crate::kernel32) fn LocalSize(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<usize> {
    size_of_block(cx, hMem)
}

fn size_of_block(cx: &Cx, block: Ptr<u8>) -> Win32Result<usize> {
    let size = || -> NtResult<u64> {
        let address = match MovableBlocks::is_handle(block.address()) {
            true => cx.process.movable.get(block.address())?.address,
            false => block.address(),
        };
        if address == 0 { Ok(0) } else { cx.process.heaps.size(Heaps::PROCESS, address) }
    };
    match size() {
        Ok(_) if block.is_null() => Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
        Ok(size) => Ok(size as usize),
        Err(status) => Err(invalid_handle(status).into()),
    }
}

/// Unlocks a movable block once; tells whether it is still locked.
#[shim(full)]
pub(in crate::kernel32) fn GlobalUnlock(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<bool> {
    unlock(cx, hMem)
}

/// Unlocks a movable block once; tells whether it is still locked.
#[shim(full)]
pub(in crate::kernel32) fn LocalUnlock(cx: &Cx, hMem: Ptr<u8>) -> Win32Result<bool> {
    unlock(cx, hMem)
}

fn unlock(cx: &Cx, block: Ptr<u8>) -> Win32Result<bool> {
    if MovableBlocks::is_handle(block.address()) {
        let left = cx.process.movable.unlock(block.address())?;
        if left == 0 {
            // Documented: FALSE with no error says that it is not locked any more.
            cx.thread.set_last_error(WIN32_ERROR::ERROR_SUCCESS);
        }
        return Ok(left != 0);
    }
    cx.process.heaps.size(Heaps::PROCESS, block.address()).map_err(invalid_handle)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_movable_block_has_an_address_while_locked() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let block = guest.call("kernel32!GlobalAlloc", &[0x42, 60]);
            let address = guest.call("kernel32!GlobalLock", &[block]);
            assert_eq!(guest.call("kernel32!GlobalHandle", &[address]), block);
            guest.call("kernel32!GlobalFlags", &[block]);
            guest.call("kernel32!GlobalSize", &[block]);
            guest.call("kernel32!GlobalUnlock", &[block]);
            guest.call("kernel32!GlobalUnlock", &[block]);
            assert_eq!(guest.call("kernel32!GlobalFree", &[block]), 0);
            assert_eq!(guest.call("kernel32!GlobalFree", &[block]), block);
        });
        assert_snapshot!(trace.replace(char::is_numeric, "n"), @r"
        kernelnn!GlobalAlloc(uFlags=GMEM_MOVEABLE|GMEM_ZEROINIT, dwBytes=nn) = @n
        kernelnn!GlobalLock(hMem=@n) = @n
        kernelnn!GlobalHandle(pMem=@n) = @n
        kernelnn!GlobalFlags(hMem=@n) = n
        kernelnn!GlobalSize(hMem=@n) = nn
        kernelnn!GlobalUnlock(hMem=@n) = FALSE
        kernelnn!GlobalUnlock(hMem=@n) = FALSE (ERROR_NOT_LOCKED)
        kernelnn!GlobalFree(hMem=@n) = NULL
        kernelnn!GlobalFree(hMem=@n) = @n
        ");
    }
}
