//! rttidata.h and vcruntime_typeinfo.h: types at run time.

use abi::{CrtResult, Ptr, fault, shim};
use syscall_xlate::Cx;

use super::guest::{ok, read_text};

/// The decorated name in a `__std_type_info_data`: a pointer to the undecorated name, then the decorated one, with a `.` before it.
fn decorated(data: u64) -> u64 {
    data.wrapping_add(8)
}

/// Compares two types by their decorated names.
#[shim(full)]
pub(crate) fn __std_type_info_compare(lhs: Ptr<u8>, rhs: Ptr<u8>) -> CrtResult<i32> {
    if lhs.address() == rhs.address() {
        return ok(0);
    }
    ok(abi::bulk::compare_text(decorated(lhs.address()) + 1, decorated(rhs.address()) + 1, usize::MAX)?.signum())
}

/// Gives the hash of a type's decorated name: FNV-1a.
#[shim(full)]
pub(crate) fn __std_type_info_hash(data: Ptr<u8>) -> CrtResult<u64> {
    const BASIS: u64 = 14_695_981_039_346_656_037;
    const PRIME: u64 = 1_099_511_628_211;
    let name = read_text::<u8>(decorated(data.address()) + 1)?;
    let hash = name.iter().fold(BASIS, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    ok(hash ^ hash >> 32)
}

/// Gives a type's name.
#[shim(
    partial = "simple classes, structures, unions and enumerations are undecorated; other names are given as they are"
)]
pub(crate) fn __std_type_info_name(cx: &Cx, data: Ptr<u8>, rootNode: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    let _ = rootNode;
    let known = fault::load_u64(data.address())?;
    if known != 0 {
        return ok(Ptr::at(known));
    }
    let name = undecorated(&read_text::<u8>(decorated(data.address()))?);
    let address = super::variables::new_text(cx, &name)?;
    fault::store_u64(data.address(), address)?;
    ok(Ptr::at(address))
}

/// Frees the undecorated names in a module's list, when the module goes. They are kept elsewhere: the list is always empty.
#[shim(full)]
pub(crate) fn __std_type_info_destroy_list(rootNode: Ptr<u8>) {
    let _ = rootNode;
}

/// `.?AVname@space@@` is `class space::name`.
fn undecorated(name: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(name);
    let kind = [(".?AV", "class "), (".?AU", "struct "), (".?AT", "union "), (".?AW4", "enum ")]
        .into_iter()
        .find_map(|(prefix, kind)| Some((text.strip_prefix(prefix)?, kind)));
    let simple = kind.and_then(|(rest, kind)| Some((rest.strip_suffix("@@")?, kind)));
    match simple {
        Some((path, kind)) if !path.is_empty() && path.split('@').all(is_identifier) => {
            let parts: Vec<&str> = path.rsplit('@').collect();
            format!("{kind}{}", parts.join("::")).into_bytes()
        }
        _ => name.to_vec(),
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Destroys a `type_info`: frees its undecorated name.
#[shim(full, name = "??1type_info@@UEAA@XZ")]
pub(crate) fn type_info_destructor(this: Ptr<u8>) {
    // The names are kept in one list per process and go with it.
    let _ = this;
}

/// Gives a type's undecorated name.
#[shim(partial = "simple names are undecorated", name = "?name@type_info@@QEBAPEBDXZ")]
pub(crate) fn type_info_name(cx: &Cx, this: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    // A virtual table comes before the data.
    __std_type_info_name(cx, this.byte_offset(8), Ptr::NULL)
}

/// Gives a type's decorated name.
#[shim(full, name = "?raw_name@type_info@@QEBAPEBDXZ")]
pub(crate) fn type_info_raw_name(this: Ptr<u8>) -> Ptr<u8> {
    this.byte_offset(16)
}

/// Says whether two types are one.
#[shim(full, name = "??8type_info@@QEBAHAEBV0@@Z")]
pub(crate) fn type_info_equal(this: Ptr<u8>, other: Ptr<u8>) -> CrtResult<i32> {
    ok(i32::from(__std_type_info_compare(this.byte_offset(8), other.byte_offset(8))?.0 == 0))
}

/// Says whether two types are different.
#[shim(full, name = "??9type_info@@QEBAHAEBV0@@Z")]
pub(crate) fn type_info_not_equal(this: Ptr<u8>, other: Ptr<u8>) -> CrtResult<i32> {
    ok(i32::from(__std_type_info_compare(this.byte_offset(8), other.byte_offset(8))?.0 != 0))
}

/// An object's complete object locator: what stands before its virtual table, with offsets from the module's base.
struct Locator {
    /// Address of the complete object.
    complete: u64,
    /// Address of its `type_info`.
    type_info: u64,
    /// Address of the class hierarchy descriptor.
    hierarchy: u64,
    base: u64,
}

fn locator(object: u64) -> Result<Locator, abi::Fault> {
    let table = fault::load_u64(object)?;
    let at = fault::load_u64(table.wrapping_sub(8))?;
    let offset: i32 = fault::load_u32(at.wrapping_add(4))? as i32;
    let displacement: i32 = fault::load_u32(at.wrapping_add(8))? as i32;
    let constructor: i64 = if displacement == 0 {
        0
    } else {
        i64::from(fault::load_u32(object.wrapping_add_signed(-i64::from(displacement)))? as i32)
    };
    // Signature 1: the locator's own offset gives the base.
    let base = at.wrapping_sub(fault::load_u32(at.wrapping_add(20))?.into());
    Ok(Locator {
        complete: object.wrapping_add_signed(-i64::from(offset) - constructor),
        type_info: base.wrapping_add(fault::load_u32(at.wrapping_add(12))?.into()),
        hierarchy: base.wrapping_add(fault::load_u32(at.wrapping_add(16))?.into()),
        base,
    })
}

/// Gives an object's `type_info`.
#[shim(partial = "a null pointer raises an access violation instead of std::bad_typeid")]
pub(crate) fn __RTtypeid(inptr: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(locator(inptr.address())?.type_info))
}

/// Gives the complete object of a part of it.
#[shim(full)]
pub(crate) fn __RTCastToVoid(inptr: Ptr<u8>) -> CrtResult<Ptr<u8>> {
    if inptr.is_null() {
        return ok(Ptr::NULL);
    }
    ok(Ptr::at(locator(inptr.address())?.complete))
}

/// Base classes of a class at most: more are not believed.
const MOST_BASES: u32 = 4096;

/// Gives the part of an object that is of another class, or NULL.
#[shim(partial = "takes the first base of the target's type, public or not; a failed cast of a reference gives NULL")]
pub(crate) fn __RTDynamicCast(
    inptr: Ptr<u8>,
    VfDelta: i32,
    SrcType: Ptr<u8>,
    TargetType: Ptr<u8>,
    isReference: i32,
) -> CrtResult<Ptr<u8>> {
    let _ = (VfDelta, SrcType, isReference);
    if inptr.is_null() {
        return ok(Ptr::NULL);
    }
    let found = locator(inptr.address())?;
    let count = fault::load_u32(found.hierarchy.wrapping_add(8))?.min(MOST_BASES);
    let array = found.base.wrapping_add(fault::load_u32(found.hierarchy.wrapping_add(12))?.into());
    for index in 0..u64::from(count) {
        let descriptor = found.base.wrapping_add(fault::load_u32(array.wrapping_add(4 * index))?.into());
        let kind = found.base.wrapping_add(fault::load_u32(descriptor)?.into());
        if kind != TargetType.address()
            && abi::bulk::compare_text(kind.wrapping_add(16), TargetType.address().wrapping_add(16), usize::MAX)? != 0
        {
            continue;
        }
        let member =
            |offset: u64| fault::load_u32(descriptor.wrapping_add(offset)).map(|value| i64::from(value as i32));
        let (mdisp, pdisp, vdisp) = (member(8)?, member(12)?, member(16)?);
        let mut part = found.complete.wrapping_add_signed(mdisp);
        if pdisp >= 0 {
            // A virtual base: where it is stands in the table of virtual bases.
            let pointer = found.complete.wrapping_add_signed(pdisp);
            let table = fault::load_u64(pointer)?;
            let offset = fault::load_u32(table.wrapping_add_signed(vdisp))? as i32;
            part = pointer.wrapping_add_signed(i64::from(offset)).wrapping_add_signed(mdisp);
        }
        return ok(Ptr::at(part));
    }
    ok(Ptr::NULL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_names_are_undecorated() {
        assert_eq!(undecorated(b".?AVruntime_error@std@@"), b"class std::runtime_error");
        assert_eq!(undecorated(b".?AUpoint@@"), b"struct point");
        assert_eq!(undecorated(b".?AV?$vector@H@std@@"), b".?AV?$vector@H@std@@");
        assert_eq!(undecorated(b".H"), b".H");
    }
}
