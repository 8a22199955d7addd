//! winsock2.h: the protocols there are. Sockets are still to come.

use abi::{HANDLE, InOut, Invalid, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use super::winsock::has_started;

/// Lists the protocols that sockets can be made for.
#[shim(partial = "there are none, as there are no sockets yet")]
pub(super) fn WSAEnumProtocolsW(
    cx: &Cx,
    lpiProtocols: Ptr<i32>,
    lpProtocolBuffer: Ptr<u8>,
    lpdwBufferLength: InOut<u32>,
) -> Win32Result<Invalid<i32>> {
    let _ = (lpiProtocols, lpProtocolBuffer);
    if !has_started(cx) {
        return Err(WIN32_ERROR::WSANOTINITIALISED.into());
    }
    if lpdwBufferLength.is_null() {
        return Err(WIN32_ERROR::WSAEFAULT.into());
    }
    lpdwBufferLength.set(0)?;
    Ok(Invalid(0))
}

/// Gives the result of an overlapped operation on a socket.
#[shim(partial = "no handle is a socket yet")]
pub(super) fn WSAGetOverlappedResult(
    cx: &Cx,
    s: HANDLE,
    lpOverlapped: Ptr<u8>,
    lpcbTransfer: Ptr<u32>,
    fWait: bool,
    lpdwFlags: Ptr<u32>,
) -> Win32Result<()> {
    let _ = (s, lpOverlapped, lpcbTransfer, fWait, lpdwFlags);
    let error = if has_started(cx) { WIN32_ERROR::WSAENOTSOCK } else { WIN32_ERROR::WSANOTINITIALISED };
    Err(error.into())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn there_are_no_protocols_yet() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let length = guest.bytes(&640_u32.to_le_bytes());
            guest.call("ws2_32!WSAEnumProtocolsW", &[0, 0, length]);
            guest.call("ws2_32!WSAStartup", &[0x0202, guest.buffer(512)]);
            guest.call("ws2_32!WSAEnumProtocolsW", &[0, 0, 0]);
            guest.call("ws2_32!WSAEnumProtocolsW", &[0, 0, length]);
            assert_eq!(guest.read::<u32>(length), 0);
        });
        assert_snapshot!(trace, @r#"
        ws2_32!WSAEnumProtocolsW(lpiProtocols=NULL, lpProtocolBuffer=NULL, lpdwBufferLength=&640) = -1 (WSANOTINITIALISED)
        ws2_32!WSAStartup(wVersionRequested=514, lpWSAData=&{wVersion=514, wHighVersion=514, iMaxSockets=0, iMaxUdpDg=0, lpVendorInfo=NULL, szDescription="WinSock 2.0", szSystemStatus="Running"}) = ERROR_SUCCESS
        ws2_32!WSAEnumProtocolsW(lpiProtocols=NULL, lpProtocolBuffer=NULL, lpdwBufferLength=NULL) = -1 (WSAEFAULT)
        ws2_32!WSAEnumProtocolsW(lpiProtocols=NULL, lpProtocolBuffer=NULL, lpdwBufferLength=&640->&0) = 0
        "#);
    }

    #[test]
    fn no_handle_is_a_socket_yet() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("ws2_32!WSAGetOverlappedResult", &[1, 0, 0, 0, 0]);
            guest.call("ws2_32!WSAStartup", &[0x0202, guest.buffer(512)]);
            guest.call("ws2_32!WSAGetOverlappedResult", &[1, 0, 0, 0, 0]);
        });
        let calls: Vec<_> = trace.lines().filter(|line| line.contains("Overlapped")).collect();
        assert_snapshot!(calls.join("\n"), @r"
        ws2_32!WSAGetOverlappedResult(s=h1, lpOverlapped=NULL, lpcbTransfer=NULL, fWait=FALSE, lpdwFlags=NULL) = FALSE (WSANOTINITIALISED)
        ws2_32!WSAGetOverlappedResult(s=h1, lpOverlapped=NULL, lpcbTransfer=NULL, fWait=FALSE, lpdwFlags=NULL) = FALSE (WSAENOTSOCK)
        ");
    }
}
