//! Values of any type (`VARIANT`).

use abi::{Fault, Guest, HRESULT, Ptr, Raises, shim};
use syscall_xlate::Cx;

use super::{bstr, convert};

abi::flags! {
    /// What `VariantChangeType` does on its way.
    pub(in crate::oleaut32) struct VAR_CHANGE_FLAGS: u16 {
        VARIANT_NOVALUEPROP = 0x1;
        VARIANT_ALPHABOOL = 0x2;
        VARIANT_NOUSEROVERRIDE = 0x4;
        VARIANT_LOCALBOOL = 0x10;
    }
}

abi::choices! {
    /// The type of a value.
    pub(in crate::oleaut32) struct VARENUM: u16 {
        VT_EMPTY = 0;
        VT_NULL = 1;
        VT_I2 = 2;
        VT_I4 = 3;
        VT_R4 = 4;
        VT_R8 = 5;
        VT_CY = 6;
        VT_DATE = 7;
        VT_BSTR = 8;
        VT_DISPATCH = 9;
        VT_ERROR = 10;
        VT_BOOL = 11;
        VT_VARIANT = 12;
        VT_UNKNOWN = 13;
        VT_DECIMAL = 14;
        VT_I1 = 16;
        VT_UI1 = 17;
        VT_UI2 = 18;
        VT_UI4 = 19;
        VT_I8 = 20;
        VT_UI8 = 21;
        VT_INT = 22;
        VT_UINT = 23;
        VT_RECORD = 36;
    }
}

abi::guest_struct! {
    /// A value with its type. The second word of the data is used by few types.
    pub(in crate::oleaut32) struct VARIANT {
        pub vt: VARENUM,
        pub wReserved1: u16,
        pub wReserved2: u16,
        pub wReserved3: u16,
        pub data: u64,
        pub more: usize,
    }
}

/// `VT_ARRAY`
const ARRAY: u16 = 0x2000;
/// `VT_BYREF`
const BYREF: u16 = 0x4000;
/// Slots of `IUnknown`.
const ADD_REF: u64 = 1;
const RELEASE: u64 = 2;

impl VARIANT {
    fn is_valid(&self) -> bool {
        VARENUM(self.vt.0 & !(ARRAY | BYREF)).name().is_some()
    }

    fn is_plain(&self) -> bool {
        self.vt.0 & (ARRAY | BYREF) == 0
    }

    fn is_string(&self) -> bool {
        self.vt == VARENUM::VT_BSTR
    }

    fn is_interface(&self) -> bool {
        matches!(self.vt, VARENUM::VT_DISPATCH | VARENUM::VT_UNKNOWN) && self.data != 0
    }

    /// What we cannot copy or free: arrays and records.
    fn is_strange(&self) -> bool {
        self.vt.0 & BYREF == 0 && (self.vt.0 & ARRAY != 0 || self.vt == VARENUM::VT_RECORD)
    }
}

/// The address of a method of a COM object.
fn method(object: u64, slot: u64) -> Result<u64, Fault> {
    let table = Ptr::<u64>::at(object).read()?;
    Ptr::<u64>::at(table.wrapping_add(8 * slot)).read()
}

/// Gives up what a value holds and makes it empty.
#[shim(partial = "arrays and records are refused")]
pub(in crate::oleaut32) fn VariantClear(cx: &Cx, pvarg: Ptr<VARIANT>) -> Raises<HRESULT> {
    Ok(clear(cx, pvarg)?)
}

fn clear(cx: &Cx, place: Ptr<VARIANT>) -> Result<HRESULT, Fault> {
    let value = place.read()?;
    if !value.is_valid() {
        return Ok(HRESULT::DISP_E_BADVARTYPE);
    }
    if value.is_strange() {
        return Ok(HRESULT::E_NOTIMPL);
    }
    // Empty first: the object's own code may look at it.
    set_type(place, VARENUM::VT_EMPTY)?;
    if value.is_string() {
        bstr::free(cx, Ptr::at(value.data));
    } else if value.is_interface() {
        cx.call_guest(method(value.data, RELEASE)?, [value.data]);
    }
    Ok(HRESULT::S_OK)
}

/// Only the type is written, as by `VariantInit`: the rest may be anything.
fn set_type(place: Ptr<VARIANT>, vt: VARENUM) -> Result<(), Fault> {
    place.cast::<VARENUM>().write(&vt)
}

/// Puts a copy of a value in place of another one.
#[shim(partial = "arrays and records are refused")]
pub(in crate::oleaut32) fn VariantCopy(cx: &Cx, pvargDest: Ptr<VARIANT>, pvargSrc: Ptr<VARIANT>) -> Raises<HRESULT> {
    if pvargDest == pvargSrc {
        return Ok(HRESULT::S_OK);
    }
    let source = pvargSrc.read()?;
    if !source.is_valid() {
        return Ok(HRESULT::DISP_E_BADVARTYPE);
    }
    if source.is_strange() {
        return Ok(HRESULT::E_NOTIMPL);
    }
    match clear(cx, pvargDest)? {
        HRESULT::S_OK => {}
        refused => return Ok(refused),
    }
    let mut copy = source;
    if source.is_string() {
        copy.data = bstr::copy(cx, Ptr::at(source.data))?.address();
        if copy.data == 0 && source.data != 0 {
            return Ok(HRESULT::E_OUTOFMEMORY);
        }
    }
    pvargDest.write(&copy)?;
    if source.is_interface() {
        cx.call_guest(method(source.data, ADD_REF)?, [source.data]);
    }
    Ok(HRESULT::S_OK)
}

/// Makes a value empty without looking at what it was.
#[shim(full)]
pub(in crate::oleaut32) fn VariantInit(pvarg: Ptr<VARIANT>) -> Raises<()> {
    Ok(set_type(pvarg, VARENUM::VT_EMPTY)?)
}

/// Converts a value to another type.
#[shim(partial = "between integers, floating-point numbers, BOOL and BSTR")]
pub(in crate::oleaut32) fn VariantChangeType(
    cx: &Cx,
    pvargDest: Ptr<VARIANT>,
    pvarSrc: Ptr<VARIANT>,
    wFlags: VAR_CHANGE_FLAGS,
    vt: VARENUM,
) -> Raises<HRESULT> {
    let source = pvarSrc.read()?;
    if !source.is_valid() || vt.name().is_none() {
        return Ok(HRESULT::DISP_E_BADVARTYPE);
    }
    if !source.is_plain() {
        return Ok(HRESULT::DISP_E_TYPEMISMATCH);
    }
    let alpha = wFlags.contains(VAR_CHANGE_FLAGS::VARIANT_ALPHABOOL);
    let value = match convert::read(source.vt, source.data)? {
        Some(value) => value,
        None => return Ok(HRESULT::DISP_E_TYPEMISMATCH),
    };
    let data = match convert::write(cx, &value, vt, alpha)? {
        Ok(data) => data,
        Err(error) => return Ok(error),
    };
    match clear(cx, pvargDest)? {
        HRESULT::S_OK => {}
        refused => return Ok(refused),
    }
    debug_assert!(VARIANT::layout(pvargDest.width()).size >= 16);
    pvargDest.write(&VARIANT { vt, data, ..VARIANT::default() })?;
    Ok(HRESULT::S_OK)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_string_is_copied_converted_and_cleared() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let [first, second] = [guest.buffer(24), guest.buffer(24)];
            let text = guest.wide("-42");
            let string = guest.call("oleaut32!SysAllocString", &[text]);
            abi::fault::store_u64(first, 8).unwrap();
            abi::fault::store_u64(first + 8, string).unwrap();
            guest.call("oleaut32!VariantInit", &[second]);
            guest.call("oleaut32!VariantCopy", &[second, first]);
            assert_ne!(guest.read::<u64>(second + 8), string);
            guest.call("oleaut32!VariantClear", &[first]);
            assert_eq!(guest.read::<u16>(first), 0);
            guest.call("oleaut32!VariantChangeType", &[second, second, 0, 3]);
            assert_eq!((guest.read::<u16>(second), guest.read::<i32>(second + 8)), (3, -42));
            guest.call("oleaut32!VariantChangeType", &[second, second, 0, 17]);
            guest.call("oleaut32!VariantChangeType", &[second, second, 0, 8]);
            assert_eq!(guest.read::<[u16; 3]>(guest.read::<u64>(second + 8)), [45, 52, 50]);
            guest.call("oleaut32!VariantChangeType", &[second, second, 0, 13]);
            abi::fault::store_u16(first, 999).unwrap();
            guest.call("oleaut32!VariantClear", &[first]);
        });
        assert_snapshot!(trace, @r#"
        oleaut32!SysAllocString(psz="-42") = @1
        oleaut32!VariantInit(pvarg=@2)
        oleaut32!VariantCopy(pvargDest=@2, pvargSrc=@3) = S_OK
        oleaut32!VariantClear(pvarg=@3) = S_OK
        oleaut32!VariantChangeType(pvargDest=@2, pvarSrc=@2, wFlags=0, vt=VT_I4) = S_OK
        oleaut32!VariantChangeType(pvargDest=@2, pvarSrc=@2, wFlags=0, vt=VT_UI1) = DISP_E_OVERFLOW
        oleaut32!VariantChangeType(pvargDest=@2, pvarSrc=@2, wFlags=0, vt=VT_BSTR) = S_OK
        oleaut32!VariantChangeType(pvargDest=@2, pvarSrc=@2, wFlags=0, vt=VT_UNKNOWN) = DISP_E_TYPEMISMATCH
        oleaut32!VariantClear(pvarg=@3) = DISP_E_BADVARTYPE
        "#);
    }
}
