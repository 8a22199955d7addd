//! winsock.h: starting up, errors, byte order, names. Sockets are still to come.

use std::sync::atomic::{AtomicU32, Ordering};

use abi::{AnsiArray, Invalid, Out, PSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::{Cx, ProcessState, system_info};

use crate::{state, text};

/// Bytes of `szDescription`, closing zero included (`WSADESCRIPTION_LEN` + 1).
const DESCRIPTION: usize = 257;
/// Bytes of `szSystemStatus`, closing zero included (`WSASYS_STATUS_LEN` + 1).
const STATUS: usize = 129;
/// The version there is: 2.2, the minor number in the upper byte.
const VERSION: u16 = 0x0202;

abi::guest_struct! {
    /// What `WSAStartup` tells; on 64-bit Windows the texts stand at the end.
    pub(super) struct WSADATA {
        wVersion: u16,
        wHighVersion: u16,
        iMaxSockets: u16,
        iMaxUdpDg: u16,
        lpVendorInfo: Ptr<u8>,
        szDescription: AnsiArray<DESCRIPTION>,
        szSystemStatus: AnsiArray<STATUS>,
    }
}

/// How often the process has started up.
#[derive(Default)]
struct Started(AtomicU32);

impl ProcessState for Started {
    const SLOT: usize = state::process::WINSOCK;
}

/// Whether the process has started up, and not finished again.
pub(super) fn has_started(cx: &Cx) -> bool {
    cx.process.state::<Started>().0.load(Ordering::Acquire) != 0
}

/// Gives back one start.
#[shim(full)]
pub(super) fn WSACleanup(cx: &Cx) -> Win32Result<Invalid<i32>> {
    let started = &cx.process.state::<Started>().0;
    let less = started.try_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1));
    less.map(|_| Invalid(0)).map_err(|_| WIN32_ERROR::WSANOTINITIALISED.into())
}

/// Gives the calling thread's last error.
#[shim(full)]
pub(super) fn WSAGetLastError(cx: &Cx) -> WIN32_ERROR {
    cx.thread.last_error()
}

/// Sets the calling thread's last error.
#[shim(full)]
pub(super) fn WSASetLastError(cx: &Cx, iError: i32) {
    cx.thread.set_last_error(WIN32_ERROR(iError as u32));
}

/// Begins with sockets, of the version wanted or the newest there is.
#[shim(full)]
pub(super) fn WSAStartup(cx: &Cx, wVersionRequested: u16, lpWSAData: Out<WSADATA>) -> abi::Raises<WIN32_ERROR> {
    let (major, minor) = (wVersionRequested as u8, wVersionRequested >> 8);
    if major == 0 {
        return Ok(WIN32_ERROR::WSAVERNOTSUPPORTED);
    }
    if lpWSAData.is_null() {
        return Ok(WIN32_ERROR::WSAEFAULT);
    }
    let version = match (major, minor) {
        (1, 0..=1) | (2, 0..=2) => wVersionRequested,
        (1, _) => 0x0101,
        _ => VERSION,
    };
    let mut data = WSADATA {
        wVersion: version,
        wHighVersion: VERSION,
        iMaxSockets: 0,
        iMaxUdpDg: 0,
        lpVendorInfo: Ptr::NULL,
        szDescription: AnsiArray([0; DESCRIPTION]),
        szSystemStatus: AnsiArray([0; STATUS]),
    };
    let (description, status) = (b"WinSock 2.0", b"Running");
    data.szDescription.0[..description.len()].copy_from_slice(description);
    data.szSystemStatus.0[..status.len()].copy_from_slice(status);
    lpWSAData.set(data)?;
    cx.process.state::<Started>().0.fetch_add(1, Ordering::AcqRel);
    Ok(WIN32_ERROR::ERROR_SUCCESS)
}

/// Gives the host's name.
#[shim(full)]
pub(super) fn gethostname(cx: &Cx, name: PSTR, namelen: i32) -> Win32Result<Invalid<i32>> {
    if cx.process.state::<Started>().0.load(Ordering::Acquire) == 0 {
        return Err(WIN32_ERROR::WSANOTINITIALISED.into());
    }
    let host = text::to_ansi(cx, &system_info::host_name());
    if name.is_null() || namelen.max(0) as usize <= host.len() {
        return Err(WIN32_ERROR::WSAEFAULT.into());
    }
    name.write_z(&host)?;
    Ok(Invalid(0))
}

/// The number in the network's byte order.
#[shim(full)]
pub(super) fn htonl(hostlong: u32) -> u32 {
    hostlong.to_be()
}

/// The number in the network's byte order.
#[shim(full)]
pub(super) fn htons(hostshort: u16) -> u16 {
    hostshort.to_be()
}

/// The number in the host's byte order.
#[shim(full)]
pub(super) fn ntohl(netlong: u32) -> u32 {
    u32::from_be(netlong)
}

/// The number in the host's byte order.
#[shim(full)]
pub(super) fn ntohs(netshort: u16) -> u16 {
    u16::from_be(netshort)
}

#[cfg(test)]
mod tests {
    use abi::{Guest, Width};
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    use super::*;

    #[test]
    fn the_data_has_the_layout_of_the_sdk() {
        // sizeof(WSADATA) with mingw-w64.
        assert_eq!(WSADATA::layout(Width::W64).size, 408);
    }

    #[test]
    fn starts_and_cleanups_are_counted() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let data = guest.buffer(408);
            guest.call("ws2_32!gethostname", &[guest.buffer(64), 64]);
            assert_eq!(guest.call("ws2_32!WSAStartup", &[0x0202, data]), 0);
            assert_eq!(guest.read::<[u16; 2]>(data), [0x0202, 0x0202]);
            guest.call("ws2_32!WSACleanup", &[]);
            guest.call("ws2_32!WSACleanup", &[]);
            guest.call("ws2_32!WSAGetLastError", &[]);
            guest.call("ws2_32!htons", &[80]);
            guest.call("ws2_32!ntohl", &[0x0100_007f]);
        });
        assert_snapshot!(trace, @r#"
        ws2_32!gethostname(name=@1, namelen=64) = -1 (WSANOTINITIALISED)
        ws2_32!WSAStartup(wVersionRequested=514, lpWSAData=&{wVersion=514, wHighVersion=514, iMaxSockets=0, iMaxUdpDg=0, lpVendorInfo=NULL, szDescription="WinSock 2.0", szSystemStatus="Running"}) = ERROR_SUCCESS
        ws2_32!WSACleanup() = 0
        ws2_32!WSACleanup() = -1 (WSANOTINITIALISED)
        ws2_32!WSAGetLastError() = WSANOTINITIALISED
        ws2_32!htons(hostshort=80) = 20480
        ws2_32!ntohl(netlong=16777343) = 2130706433
        "#);
    }
}
