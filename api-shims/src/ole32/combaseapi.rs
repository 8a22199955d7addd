//! combaseapi.h: apartments, memory and identifiers of COM. There are no classes.

use std::cell::Cell;

use abi::{HRESULT, HResult, In, Out, PCWSTR, PWSTR, Ptr, Raises, shim};
use syscall_xlate::heap::{HeapFlags, Heaps};
use syscall_xlate::{Cx, ThreadState};

use crate::guid::GUID;
use crate::{block, state};

abi::flags! {
    /// How a thread uses COM.
    pub(super) struct COINIT: u32 {
        COINIT_APARTMENTTHREADED = 2;
        COINIT_DISABLE_OLE1DDE = 4;
        COINIT_SPEED_OVER_MEMORY = 8;
    }
}

/// What a thread is to COM.
#[derive(Default)]
struct Apartment {
    /// How often it was entered.
    count: Cell<u32>,
    /// It is the thread's own.
    single: Cell<bool>,
}

impl ThreadState for Apartment {
    const SLOT: usize = state::thread::APARTMENT;
}

/// Units of a GUID's text in braces, with its closing zero.
const GUID_TEXT: usize = 39;

/// Reads a GUID in braces. A name of a class (`ProgID`) has no class here.
#[shim(partial = "names of classes are not looked up: there are none")]
pub(super) fn CLSIDFromString(lpsz: PCWSTR, pclsid: Out<GUID>) -> HResult {
    pclsid.set(GUID::default())?;
    // Documented: NULL is the identifier of nothing.
    if lpsz.is_null() {
        return Ok(HRESULT::S_OK);
    }
    pclsid.set(parse(lpsz)?.ok_or(HRESULT::CO_E_CLASSSTRING)?)?;
    Ok(HRESULT::S_OK)
}

fn parse(text: PCWSTR) -> Result<Option<GUID>, abi::Fault> {
    let text = String::from_utf16_lossy(&text.read_limited(GUID_TEXT)?);
    Ok(text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).and_then(GUID::parse))
}

/// Makes a new GUID.
#[shim(full)]
pub(super) fn CoCreateGuid(pguid: Out<GUID>) -> HResult {
    pguid.set(GUID::random()?)?;
    Ok(HRESULT::S_OK)
}

/// Makes an object of a class.
#[shim(partial = "no class is registered")]
pub(super) fn CoCreateInstance(
    cx: &Cx,
    rclsid: In<GUID>,
    pUnkOuter: Ptr<u8>,
    dwClsContext: u32,
    riid: In<GUID>,
    ppv: Out<Ptr<u8>>,
) -> HResult {
    let _ = (rclsid, pUnkOuter, dwClsContext, riid);
    ppv.set(Ptr::NULL)?;
    if cx.thread.state::<Apartment>().count.get() == 0 {
        return Err(HRESULT::CO_E_NOTINITIALIZED.into());
    }
    Err(HRESULT::REGDB_E_CLASSNOTREG.into())
}

/// Makes the calling thread part of an apartment.
#[shim(partial = "there are no classes to make objects of")]
pub(super) fn CoInitializeEx(cx: &Cx, pvReserved: Ptr<u8>, dwCoInit: COINIT) -> HRESULT {
    if !pvReserved.is_null() {
        return HRESULT::E_INVALIDARG;
    }
    initialize(cx, dwCoInit)
}

pub(super) fn initialize(cx: &Cx, how: COINIT) -> HRESULT {
    let apartment = cx.thread.state::<Apartment>();
    let single = how.contains(COINIT::COINIT_APARTMENTTHREADED);
    let count = apartment.count.get();
    if count > 0 && apartment.single.get() != single {
        return HRESULT::RPC_E_CHANGED_MODE;
    }
    apartment.single.set(single);
    apartment.count.set(count.saturating_add(1));
    if count == 0 { HRESULT::S_OK } else { HRESULT::S_FALSE }
}

/// Leaves what `CoInitialize` entered.
#[shim(full)]
pub(super) fn CoUninitialize(cx: &Cx) {
    let count = &cx.thread.state::<Apartment>().count;
    count.set(count.get().saturating_sub(1));
}

/// Allocates a block.
#[shim(full)]
pub(super) fn CoTaskMemAlloc(cx: &Cx, cb: usize) -> Ptr<u8> {
    block::allocate(cx, cb).unwrap_or(Ptr::NULL)
}

/// Frees a block.
#[shim(full)]
pub(super) fn CoTaskMemFree(cx: &Cx, pv: Ptr<u8>) {
    // It has no way to say that this was no block.
    let _ = block::free(cx, pv);
}

/// Gives a block another size.
#[shim(full)]
pub(super) fn CoTaskMemRealloc(cx: &Cx, pv: Ptr<u8>, cb: usize) -> Ptr<u8> {
    if pv.is_null() {
        return block::allocate(cx, cb).unwrap_or(Ptr::NULL);
    }
    if cb == 0 {
        let _ = block::free(cx, pv);
        return Ptr::NULL;
    }
    let moved = cx.process.heaps.reallocate(Heaps::PROCESS, HeapFlags::default(), pv.address(), cb as u64);
    moved.map_or(Ptr::NULL, Ptr::at)
}

/// Reads a GUID in braces.
#[shim(full)]
pub(super) fn IIDFromString(lpsz: PCWSTR, lpiid: Out<GUID>) -> HResult {
    lpiid.set(GUID::default())?;
    if !lpsz.is_null() {
        lpiid.set(parse(lpsz)?.ok_or(HRESULT::CO_E_IIDSTRING)?)?;
    }
    Ok(HRESULT::S_OK)
}

fn in_braces(guid: GUID) -> Vec<u16> {
    format!("{{{guid}}}").to_uppercase().encode_utf16().collect()
}

/// Writes a GUID in braces to a block that `CoTaskMemFree` frees.
#[shim(full)]
pub(super) fn StringFromCLSID(cx: &Cx, rclsid: In<GUID>, lplpsz: Out<Ptr<u16>>) -> HResult {
    lplpsz.set(block::of_wide(cx, &in_braces(rclsid.read()?))?)?;
    Ok(HRESULT::S_OK)
}

/// Writes a GUID in braces; gives its length with the closing zero, or 0 when the buffer is too small.
#[shim(full)]
pub(super) fn StringFromGUID2(rguid: In<GUID>, lpsz: PWSTR, cchMax: i32) -> Raises<i32> {
    let text = in_braces(rguid.read()?);
    if (cchMax.max(0) as usize) < GUID_TEXT {
        return Ok(0);
    }
    lpsz.write_z(&text)?;
    Ok(GUID_TEXT as i32)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn apartments_are_counted_and_keep_their_kind() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("ole32!CoInitializeEx", &[0, 0]);
            guest.call("ole32!CoInitializeEx", &[0, 0]);
            guest.call("ole32!CoInitialize", &[0]);
            guest.call("ole32!CoUninitialize", &[]);
            guest.call("ole32!CoUninitialize", &[]);
            guest.call("ole32!CoInitialize", &[0]);
        });
        assert_snapshot!(trace, @r"
        ole32!CoInitializeEx(pvReserved=NULL, dwCoInit=0) = S_OK
        ole32!CoInitializeEx(pvReserved=NULL, dwCoInit=0) = S_FALSE
        ole32!CoInitialize(pvReserved=NULL) = RPC_E_CHANGED_MODE
        ole32!CoUninitialize()
        ole32!CoUninitialize()
        ole32!CoInitialize(pvReserved=NULL) = S_OK
        ");
    }

    #[test]
    fn identifiers_are_read_and_written() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (id, text) = (guest.buffer(16), guest.buffer(80));
            guest.call("ole32!CLSIDFromString", &[guest.wide("{5E6C858F-0E22-4760-9AFE-EA3317B67173}"), id]);
            guest.call("ole32!StringFromGUID2", &[id, text, 39]);
            guest.call("ole32!StringFromGUID2", &[id, text, 38]);
            guest.call("ole32!CLSIDFromString", &[guest.wide("Some.Class"), id]);
        });
        assert_snapshot!(trace, @r#"
        ole32!CLSIDFromString(lpsz="{5E6C858F-0E22-4760-9AFE-EA3317B67173}", pclsid=&{5e6c858f-0e22-4760-9afe-ea3317b67173}) = S_OK
        ole32!StringFromGUID2(rguid=&{5e6c858f-0e22-4760-9afe-ea3317b67173}, lpsz="{5E6C858F-0E22-4760-9AFE-EA3317B67173}", cchMax=39) = 39
        ole32!StringFromGUID2(rguid=&{5e6c858f-0e22-4760-9afe-ea3317b67173}, lpsz="{5E6C858F-0E22-4760-9AFE-EA3317B67173}", cchMax=38) = 0
        ole32!CLSIDFromString(lpsz="Some.Class", pclsid=@1) = CO_E_CLASSSTRING
        "#);
    }

    #[test]
    fn no_class_is_registered() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (id, object) = (guest.buffer(16), guest.buffer(8));
            guest.call("ole32!CoCreateInstance", &[id, 0, 1, id, object]);
            guest.call("ole32!CoInitialize", &[0]);
            guest.call("ole32!CoCreateInstance", &[id, 0, 1, id, object]);
        });
        assert_snapshot!(trace, @r"
        ole32!CoCreateInstance(rclsid=&{00000000-0000-0000-0000-000000000000}, pUnkOuter=NULL, dwClsContext=1, riid=&{00000000-0000-0000-0000-000000000000}, ppv=@1) = CO_E_NOTINITIALIZED
        ole32!CoInitialize(pvReserved=NULL) = S_OK
        ole32!CoCreateInstance(rclsid=&{00000000-0000-0000-0000-000000000000}, pUnkOuter=NULL, dwClsContext=1, riid=&{00000000-0000-0000-0000-000000000000}, ppv=@1) = REGDB_E_CLASSNOTREG
        ");
    }
}
