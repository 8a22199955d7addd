//! The firmware's tables, and the clock that takes a privilege to set.

use abi::{Guest, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::firmware::{Firmware, Provider};

use crate::kernel32::structs::SYSTEMTIME;

fn provider(signature: u32) -> Win32Result<Provider> {
    // Documented for a provider that is not supported.
    Ok(Provider::of(signature).ok_or(WIN32_ERROR::ERROR_INVALID_FUNCTION)?)
}

/// Writes bytes where there is room for them; gives how many there are.
fn give(bytes: &[u8], to: Ptr<u8>, size: u32) -> Win32Result<u32> {
    if bytes.len() <= size as usize {
        to.write_bytes(bytes)?;
    }
    Ok(bytes.len() as u32)
}

/// Tells which tables a provider of the firmware has; gives the bytes of that.
#[shim(
    partial = "tables of a machine without any, or that the host keeps from the user, are none; none of the FIRM provider"
)]
pub(in crate::kernel32) fn EnumSystemFirmwareTables(
    FirmwareTableProviderSignature: u32,
    pFirmwareTableEnumBuffer: Ptr<u8>,
    BufferSize: u32,
) -> Win32Result<u32> {
    let tables = Firmware::default().tables(provider(FirmwareTableProviderSignature)?)?;
    let bytes: Vec<u8> = tables.into_iter().flat_map(u32::to_le_bytes).collect();
    give(&bytes, pFirmwareTableEnumBuffer, BufferSize)
}

/// Gives a table of the firmware's, or the bytes it takes.
#[shim(partial = "as far as the host lets the user read them; none of the FIRM provider")]
pub(in crate::kernel32) fn GetSystemFirmwareTable(
    FirmwareTableProviderSignature: u32,
    FirmwareTableID: u32,
    pFirmwareTableBuffer: Ptr<u8>,
    BufferSize: u32,
) -> Win32Result<u32> {
    let table = Firmware::default().table(provider(FirmwareTableProviderSignature)?, FirmwareTableID)?;
    give(&table, pFirmwareTableBuffer, BufferSize)
}

/// Sets the clock.
#[shim(stub = "it takes a privilege that nobody has here")]
pub(in crate::kernel32) fn SetSystemTime(lpSystemTime: Ptr<SYSTEMTIME>) -> Win32Result<()> {
    refuse(lpSystemTime)
}

/// Sets the clock by local time.
#[shim(stub = "it takes a privilege that nobody has here")]
pub(in crate::kernel32) fn SetLocalTime(lpSystemTime: Ptr<SYSTEMTIME>) -> Win32Result<()> {
    refuse(lpSystemTime)
}

fn refuse<T: Guest>(time: Ptr<T>) -> Win32Result<()> {
    time.read()?;
    Err(WIN32_ERROR::ERROR_PRIVILEGE_NOT_HELD.into())
}
