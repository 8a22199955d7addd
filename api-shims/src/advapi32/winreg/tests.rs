//! The registry as a program sees it.

use insta::assert_snapshot;
use syscall_xlate::testing;

const LOCAL_MACHINE: u64 = 0xffff_ffff_8000_0002;
const CURRENT_USER: u64 = 0xffff_ffff_8000_0001;
const READ: u64 = 0x20019;
const ALL_ACCESS: u64 = 0xf003f;

#[test]
fn the_product_s_name_is_read_as_text_of_both_kinds() {
    let trace = testing::trace(crate::dlls(), |guest| {
        let path = guest.ansi(r"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
        let (key, kind, size, data) = (guest.buffer(8), guest.buffer(4), guest.buffer(4), guest.buffer(64));
        guest.call("advapi32!RegOpenKeyExA", &[LOCAL_MACHINE, path, 0, READ, key]);
        let key = guest.read(key);
        let name = guest.ansi("ProductName");
        guest.call("advapi32!RegQueryValueExA", &[key, name, 0, kind, 0, size]);
        guest.call("advapi32!RegQueryValueExA", &[key, name, 0, kind, data, size]);
        assert_eq!(guest.read::<[u8; 15]>(data), *b"Windows 10 Pro\0");
        guest.call("advapi32!RegQueryValueExW", &[key, guest.wide("ProductName"), 0, kind, data, size]);
        guest.call("advapi32!RegQueryValueExW", &[key, guest.wide("ProductName"), 0, kind, data, size]);
        guest.call("advapi32!RegCloseKey", &[key]);
        guest.call("advapi32!RegCloseKey", &[key]);
    });
    assert_snapshot!(trace, @r#"
    advapi32!RegOpenKeyExA(hKey=HKEY_LOCAL_MACHINE, lpSubKey="SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion", ulOptions=0, samDesired=KEY_READ, phkResult=&h1) = ERROR_SUCCESS
    advapi32!RegQueryValueExA(hKey=h1, lpValueName="ProductName", lpReserved=NULL, lpType=&REG_SZ, lpData=NULL, lpcbData=&0->&15) = ERROR_SUCCESS
    advapi32!RegQueryValueExA(hKey=h1, lpValueName="ProductName", lpReserved=NULL, lpType=&REG_SZ, lpData=@3, lpcbData=&15) = ERROR_SUCCESS
    advapi32!RegQueryValueExW(hKey=h1, lpValueName="ProductName", lpReserved=NULL, lpType=@2, lpData=@3, lpcbData=&15) = ERROR_MORE_DATA
    advapi32!RegQueryValueExW(hKey=h1, lpValueName="ProductName", lpReserved=NULL, lpType=&REG_SZ, lpData=@3, lpcbData=&30) = ERROR_SUCCESS
    advapi32!RegCloseKey(hKey=h1) = ERROR_SUCCESS
    advapi32!RegCloseKey(hKey=h1) = ERROR_INVALID_HANDLE
    "#);
}

#[test]
fn what_is_written_is_read_again_and_listed() {
    let trace = testing::trace(crate::dlls(), |guest| {
        let (key, found) = (guest.buffer(8), guest.buffer(4));
        let path = guest.wide(r"Software\Test");
        guest.call("advapi32!RegCreateKeyExW", &[CURRENT_USER, path, 0, 0, 0, ALL_ACCESS, 0, key, found]);
        guest.call("advapi32!RegCreateKeyExW", &[CURRENT_USER, path, 0, 0, 0, ALL_ACCESS, 0, key, found]);
        let key = guest.read(key);
        guest.call("advapi32!RegSetValueExA", &[key, guest.ansi("Name"), 0, 1, guest.ansi("caf\u{e9}"), 6]);
        guest.call("advapi32!RegSetValueExW", &[key, guest.wide("Count"), 0, 4, guest.bytes(&[7, 0, 0, 0]), 4]);
        let (name, length, data, size) = (guest.buffer(64), guest.buffer(4), guest.buffer(64), guest.buffer(4));
        for index in 0..3 {
            abi::Ptr::at(length).write(&32_u32).unwrap();
            abi::Ptr::at(size).write(&64_u32).unwrap();
            guest.call("advapi32!RegEnumValueW", &[key, index, name, length, 0, 0, data, size]);
        }
        let count = guest.buffer(4);
        guest.call("advapi32!RegQueryInfoKeyW", &[key, 0, 0, 0, 0, 0, 0, count, 0, size, 0, 0]);
        guest.call("advapi32!RegDeleteValueW", &[key, guest.wide("count")]);
        guest.call("advapi32!RegDeleteKeyW", &[CURRENT_USER, path]);
        guest.call("advapi32!RegDeleteValueW", &[key, guest.wide("Name")]);
    });
    assert_snapshot!(trace, @r#"
    advapi32!RegCreateKeyExW(hKey=HKEY_CURRENT_USER, lpSubKey="Software\\Test", Reserved=0, lpClass=NULL, dwOptions=0, samDesired=KEY_ALL_ACCESS, lpSecurityAttributes=NULL, phkResult=&h1, lpdwDisposition=&REG_CREATED_NEW_KEY) = ERROR_SUCCESS
    advapi32!RegCreateKeyExW(hKey=HKEY_CURRENT_USER, lpSubKey="Software\\Test", Reserved=0, lpClass=NULL, dwOptions=0, samDesired=KEY_ALL_ACCESS, lpSecurityAttributes=NULL, phkResult=&h2, lpdwDisposition=&REG_OPENED_EXISTING_KEY) = ERROR_SUCCESS
    advapi32!RegSetValueExA(hKey=h2, lpValueName="Name", Reserved=0, dwType=REG_SZ, lpData=@3, cbData=6) = ERROR_SUCCESS
    advapi32!RegSetValueExW(hKey=h2, lpValueName="Count", Reserved=0, dwType=REG_DWORD, lpData=@4, cbData=4) = ERROR_SUCCESS
    advapi32!RegEnumValueW(hKey=h2, dwIndex=0, lpValueName="Name", lpcchValueName=&32->&4, lpReserved=NULL, lpType=NULL, lpData=@6, lpcbData=&64->&12) = ERROR_SUCCESS
    advapi32!RegEnumValueW(hKey=h2, dwIndex=1, lpValueName="Count", lpcchValueName=&32->&5, lpReserved=NULL, lpType=NULL, lpData=@6, lpcbData=&64->&4) = ERROR_SUCCESS
    advapi32!RegEnumValueW(hKey=h2, dwIndex=2, lpValueName=@5, lpcchValueName=&32, lpReserved=NULL, lpType=NULL, lpData=@6, lpcbData=&64) = ERROR_NO_MORE_ITEMS
    advapi32!RegQueryInfoKeyW(hKey=h2, lpClass=NULL, lpcchClass=NULL, lpReserved=NULL, lpcSubKeys=NULL, lpcbMaxSubKeyLen=NULL, lpcbMaxClassLen=NULL, lpcValues=&2, lpcbMaxValueNameLen=NULL, lpcbMaxValueLen=&12, lpcbSecurityDescriptor=NULL, lpftLastWriteTime=NULL) = ERROR_SUCCESS
    advapi32!RegDeleteValueW(hKey=h2, lpValueName="count") = ERROR_SUCCESS
    advapi32!RegDeleteKeyW(hKey=HKEY_CURRENT_USER, lpSubKey="Software\\Test") = ERROR_SUCCESS
    advapi32!RegDeleteValueW(hKey=h2, lpValueName="Name") = ERROR_KEY_DELETED
    "#);
}

#[test]
fn rights_that_were_not_asked_for_are_not_there() {
    let trace = testing::trace(crate::dlls(), |guest| {
        let key = guest.buffer(8);
        guest.call("advapi32!RegOpenKeyExW", &[CURRENT_USER, guest.wide("Software"), 0, READ, key]);
        guest.call("advapi32!RegSetValueExW", &[guest.read(key), guest.wide("x"), 0, 1, guest.wide("y"), 4]);
        guest.call("advapi32!RegOpenKeyExW", &[0, 0, 0, READ, key]);
        guest.call("advapi32!RegOpenKeyExW", &[CURRENT_USER, guest.wide(r"\Software"), 0, READ, key]);
    });
    assert_snapshot!(trace, @r#"
    advapi32!RegOpenKeyExW(hKey=HKEY_CURRENT_USER, lpSubKey="Software", ulOptions=0, samDesired=KEY_READ, phkResult=&h1) = ERROR_SUCCESS
    advapi32!RegSetValueExW(hKey=h1, lpValueName="x", Reserved=0, dwType=REG_SZ, lpData=@2, cbData=4) = ERROR_ACCESS_DENIED
    advapi32!RegOpenKeyExW(hKey=0x0, lpSubKey=NULL, ulOptions=0, samDesired=KEY_READ, phkResult=@1) = ERROR_INVALID_HANDLE
    advapi32!RegOpenKeyExW(hKey=HKEY_CURRENT_USER, lpSubKey="\\Software", ulOptions=0, samDesired=KEY_READ, phkResult=@1) = ERROR_BAD_PATHNAME
    "#);
}

#[test]
fn a_value_is_got_only_as_the_type_wanted_and_expanded() {
    let trace = testing::trace(crate::dlls(), |guest| {
        let path = guest.wide(r"SYSTEM\CurrentControlSet\Control\Session Manager\Environment");
        let (kind, size, data) = (guest.buffer(4), guest.buffer(4), guest.buffer(128));
        let get = |name, flags| {
            abi::Ptr::at(size).write(&128_u32).unwrap();
            let name = guest.wide(name);
            guest.call("advapi32!RegGetValueW", &[LOCAL_MACHINE, path, name, flags, kind, data, size]);
        };
        get("OS", 0x2);
        get("OS", 0x10);
        get("windir", 0x2);
        assert_eq!(guest.read::<u16>(data), u16::from(b'C'));
        get("windir", 0x1000_0004);
        assert_eq!(guest.read::<u16>(data), u16::from(b'%'));
        get("windir", 0x4);
    });
    assert_snapshot!(trace, @r#"
    advapi32!RegGetValueW(hkey=HKEY_LOCAL_MACHINE, lpSubKey="SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", lpValue="OS", dwFlags=RRF_RT_REG_SZ, pdwType=&REG_SZ, pvData=@2, pcbData=&128->&22) = ERROR_SUCCESS
    advapi32!RegGetValueW(hkey=HKEY_LOCAL_MACHINE, lpSubKey="SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", lpValue="OS", dwFlags=RRF_RT_REG_DWORD, pdwType=@1, pvData=@2, pcbData=&128) = ERROR_UNSUPPORTED_TYPE
    advapi32!RegGetValueW(hkey=HKEY_LOCAL_MACHINE, lpSubKey="SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", lpValue="windir", dwFlags=RRF_RT_REG_SZ, pdwType=&REG_SZ, pvData=@2, pcbData=&128->&22) = ERROR_SUCCESS
    advapi32!RegGetValueW(hkey=HKEY_LOCAL_MACHINE, lpSubKey="SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", lpValue="windir", dwFlags=RRF_RT_REG_EXPAND_SZ|RRF_NOEXPAND, pdwType=&REG_EXPAND_SZ, pvData=@2, pcbData=&128->&26) = ERROR_SUCCESS
    advapi32!RegGetValueW(hkey=HKEY_LOCAL_MACHINE, lpSubKey="SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment", lpValue="windir", dwFlags=RRF_RT_REG_EXPAND_SZ, pdwType=@1, pvData=@2, pcbData=&128) = ERROR_INVALID_PARAMETER
    "#);
}

#[test]
fn performance_data_has_no_objects() {
    let block = super::performance::data();
    let field = |at: usize| u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
    assert_eq!(block[..8], *b"P\0E\0R\0F\0");
    assert_eq!((field(20), field(24), field(28)), (block.len() as u32, block.len() as u32, 0));
    // The name's length and place.
    assert_eq!(field(84), 88);
    assert!(88 + field(80) <= block.len() as u32);
}
