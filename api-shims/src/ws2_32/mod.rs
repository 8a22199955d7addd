//! ws2_32.dll. Programs import much of it by ordinal.

mod winsock;
mod winsock2;
mod wsipv6ok;

use syscall_xlate::dll::{Dll, Export, Exports};
use syscall_xlate::exports;

pub(crate) static DLL: Dll = Dll { name: "ws2_32.dll", exports: Exports::new(EXPORTS), attach: None, detach: None };

static EXPORTS: &[Export] = exports![
    (116) winsock::WSACleanup,
    winsock2::WSAEnumProtocolsW,
    (111) winsock::WSAGetLastError,
    winsock2::WSAGetOverlappedResult,
    (112) winsock::WSASetLastError,
    (115) winsock::WSAStartup,
    (57) winsock::gethostname,
    (8) winsock::htonl,
    (9) winsock::htons,
    (11) wsipv6ok::inet_addr,
    (14) winsock::ntohl,
    (15) winsock::ntohs,
];
