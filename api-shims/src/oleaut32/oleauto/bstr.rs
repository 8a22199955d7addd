//! Strings with a length (`BSTR`): UTF-16 behind its number of bytes, with a closing zero.

use abi::{Fault, NtResult, PCWSTR, Ptr, Raises, fault, shim};
use syscall_xlate::Cx;
use syscall_xlate::heap::{HeapFlags, Heaps};

/// Bytes before the text: padding, and the length in its last four.
const PREFIX: u64 = 8;
const LENGTH: u64 = 4;
/// Bytes of the closing zero.
const ZERO: u64 = 2;

/// A new string of `bytes` bytes, whose contents are to be written; NULL when memory is short.
fn allocate(cx: &Cx, bytes: u64) -> Ptr<u16> {
    let make = || -> NtResult<u64> {
        let length = u32::try_from(bytes).map_err(|_| abi::NTSTATUS::STATUS_NO_MEMORY)?;
        let block = cx.allocate(Heaps::PROCESS, HeapFlags::empty(), PREFIX + bytes + ZERO)?;
        let text = block + PREFIX;
        fault::store_u32(text - LENGTH, length)?;
        fault::store_u16(text + bytes, 0)?;
        Ok(text)
    };
    make().map_or(Ptr::NULL, Ptr::at)
}

/// A new string with this text.
pub(super) fn of_units(cx: &Cx, units: &[u16]) -> Result<Ptr<u16>, Fault> {
    let new = allocate(cx, 2 * units.len() as u64);
    if !new.is_null() {
        new.write_slice(units)?;
    }
    Ok(new)
}

/// Its length in bytes; 0 for NULL.
pub(super) fn byte_length(string: Ptr<u16>) -> Result<u32, Fault> {
    match string.opt() {
        None => Ok(0),
        Some(string) => fault::load_u32(string.address().wrapping_sub(LENGTH)),
    }
}

/// Its text; a last odd byte is left out.
pub(super) fn units(string: Ptr<u16>) -> Result<Vec<u16>, Fault> {
    let count = byte_length(string)? / 2;
    string.read_slice(count as usize)
}

/// Another string with the same bytes; NULL of NULL, or when memory is short.
pub(super) fn copy(cx: &Cx, string: Ptr<u16>) -> Result<Ptr<u16>, Fault> {
    if string.is_null() {
        return Ok(Ptr::NULL);
    }
    let bytes = string.cast::<u8>().read_bytes(byte_length(string)? as usize)?;
    let new = allocate(cx, bytes.len() as u64);
    if !new.is_null() {
        new.cast::<u8>().write_bytes(&bytes)?;
    }
    Ok(new)
}

/// Frees a string; what is none is left alone.
pub(super) fn free(cx: &Cx, string: Ptr<u16>) {
    if !string.is_null() {
        // There is nobody to tell that it was no string.
        let _ = cx.free(Heaps::PROCESS, string.address().wrapping_sub(PREFIX));
    }
}

/// Makes a string of text with a closing zero.
#[shim(full)]
pub(in crate::oleaut32) fn SysAllocString(cx: &Cx, psz: PCWSTR) -> Raises<Ptr<u16>> {
    match psz.opt() {
        None => Ok(Ptr::NULL),
        Some(text) => Ok(of_units(cx, &text.read()?)?),
    }
}

/// Makes a string of bytes.
#[shim(full)]
pub(in crate::oleaut32) fn SysAllocStringByteLen(cx: &Cx, psz: Ptr<u8>, len: u32) -> Raises<Ptr<u16>> {
    let bytes = psz.opt().map(|bytes| bytes.read_bytes(len as usize)).transpose()?;
    let new = allocate(cx, u64::from(len));
    if let (false, Some(bytes)) = (new.is_null(), bytes) {
        new.cast::<u8>().write_bytes(&bytes)?;
    }
    Ok(new)
}

/// Makes a string of so many units of text, or with room for them.
#[shim(full)]
pub(in crate::oleaut32) fn SysAllocStringLen(cx: &Cx, strIn: Ptr<u16>, ui: u32) -> Raises<Ptr<u16>> {
    match strIn.opt() {
        None => Ok(allocate(cx, 2 * u64::from(ui))),
        Some(text) => Ok(of_units(cx, &text.read_slice(ui as usize)?)?),
    }
}

/// Frees a string.
#[shim(full)]
pub(in crate::oleaut32) fn SysFreeString(cx: &Cx, bstrString: Ptr<u16>) {
    free(cx, bstrString);
}

/// Puts another string in place of one.
#[shim(full)]
pub(in crate::oleaut32) fn SysReAllocString(cx: &Cx, pbstr: Ptr<Ptr<u16>>, psz: PCWSTR) -> Raises<bool> {
    let new = match psz.opt() {
        None => return replace(cx, pbstr, Some(Ptr::NULL)),
        Some(text) => of_units(cx, &text.read()?)?,
    };
    replace(cx, pbstr, new.opt())
}

/// Puts another string of so many units in place of one.
#[shim(full)]
pub(in crate::oleaut32) fn SysReAllocStringLen(cx: &Cx, pbstr: Ptr<Ptr<u16>>, psz: Ptr<u16>, len: u32) -> Raises<bool> {
    let new = match psz.opt() {
        None => allocate(cx, 2 * u64::from(len)),
        Some(text) => of_units(cx, &text.read_slice(len as usize)?)?,
    };
    replace(cx, pbstr, new.opt())
}

fn replace(cx: &Cx, place: Ptr<Ptr<u16>>, new: Option<Ptr<u16>>) -> Raises<bool> {
    let Some(new) = new else { return Ok(false) };
    let old = place.read()?;
    place.write(&new)?;
    free(cx, old);
    Ok(true)
}

/// Gives a string's length in bytes.
#[shim(full)]
pub(in crate::oleaut32) fn SysStringByteLen(bstr: Ptr<u16>) -> Raises<u32> {
    Ok(byte_length(bstr)?)
}

/// Gives a string's length in units.
#[shim(full)]
pub(in crate::oleaut32) fn SysStringLen(pbstr: Ptr<u16>) -> Raises<u32> {
    Ok(byte_length(pbstr)? / 2)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_string_knows_its_length_and_ends_with_a_zero() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let text = guest.wide("two words");
            let string = guest.call("oleaut32!SysAllocString", &[text]);
            assert_eq!(guest.call("oleaut32!SysStringLen", &[string]), 9);
            assert_eq!((guest.read::<u32>(string - 4), guest.read::<u16>(string + 18)), (18, 0));
            let part = guest.call("oleaut32!SysAllocStringLen", &[text, 3]);
            guest.call("oleaut32!SysStringByteLen", &[part]);
            guest.call("oleaut32!SysFreeString", &[string]);
            guest.call("oleaut32!SysFreeString", &[part]);
            guest.call("oleaut32!SysFreeString", &[0]);
            guest.call("oleaut32!SysStringLen", &[0]);
            guest.call("oleaut32!SysAllocString", &[0]);
        });
        assert_snapshot!(trace, @r#"
        oleaut32!SysAllocString(psz="two words") = @1
        oleaut32!SysStringLen(pbstr=@1) = 9
        oleaut32!SysAllocStringLen(strIn=@2, ui=3) = @3
        oleaut32!SysStringByteLen(bstr=@3) = 6
        oleaut32!SysFreeString(bstrString=@1)
        oleaut32!SysFreeString(bstrString=@3)
        oleaut32!SysFreeString(bstrString=NULL)
        oleaut32!SysStringLen(pbstr=NULL) = 0
        oleaut32!SysAllocString(psz=NULL) = NULL
        "#);
    }
}
