//! eh.h, ehdata.h and excpt.h: exceptions, and what the vcruntime DLLs export for C++.

use std::sync::atomic::Ordering;

use abi::{CrtResult, Exception, NTSTATUS, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;

use super::guest::{ok, read_text};
use super::host;
use super::onexit::abort_program;
use super::state::{Keep, keep, process};
use super::wchar::duplicated;

/// `ExceptionContinueSearch`
const CONTINUE_SEARCH: i32 = 1;
/// `EXCEPTION_CONTINUE_SEARCH` of a filter.
const FILTER_CONTINUE_SEARCH: i32 = 0;

/// Code of a C++ exception: `msc` and 0xE0.
const CPP_EXCEPTION: NTSTATUS = NTSTATUS(0xE06D_7363);
/// The magic number of a C++ exception's first parameter.
const CPP_MAGIC: u64 = 0x1993_0520;

/// Handles an exception in a C++ frame.
#[shim(partial = "looks for no handler: exceptions are not dispatched to frames")]
pub(crate) fn __CxxFrameHandler(record: Ptr<u8>, frame: u64, context: Ptr<u8>, dispatcher: Ptr<u8>) -> i32 {
    let _ = (record, frame, context, dispatcher);
    CONTINUE_SEARCH
}

/// Handles an exception in a C++ frame.
#[shim(partial = "looks for no handler: exceptions are not dispatched to frames")]
pub(crate) fn __CxxFrameHandler3(record: Ptr<u8>, frame: u64, context: Ptr<u8>, dispatcher: Ptr<u8>) -> i32 {
    let _ = (record, frame, context, dispatcher);
    CONTINUE_SEARCH
}

/// Handles an exception in a C++ frame with compressed tables.
#[shim(partial = "looks for no handler: exceptions are not dispatched to frames")]
pub(crate) fn __CxxFrameHandler4(record: Ptr<u8>, frame: u64, context: Ptr<u8>, dispatcher: Ptr<u8>) -> i32 {
    let _ = (record, frame, context, dispatcher);
    CONTINUE_SEARCH
}

/// Throws a C++ object.
#[shim(full)]
pub(crate) fn _CxxThrowException(cx: &Cx, pExceptionObject: Ptr<u8>, pThrowInfo: Ptr<u8>) -> CrtResult<i32> {
    /// `EXCEPTION_NONCONTINUABLE`
    const NONCONTINUABLE: u32 = 1;
    // On x64 the tables have offsets from the module's base, which the fourth parameter gives.
    let base = cx.process.module_of(pThrowInfo.address()).map_or(0, |module| module.base());
    let parameters = [CPP_MAGIC, pExceptionObject.address(), pThrowInfo.address(), base];
    let exception = Exception { flags: NONCONTINUABLE, ..Exception::new(CPP_EXCEPTION, &parameters) };
    Err(Refusal::Raises(Box::new(exception)))
}

/// The signal of an exception, as the runtime's filter has them.
fn signal_of(code: NTSTATUS) -> Option<i32> {
    /// `SIGILL`
    const ILLEGAL: i32 = 4;
    /// `SIGFPE`
    const FLOATING: i32 = 8;
    /// `SIGSEGV`
    const VIOLATION: i32 = 11;
    match code {
        NTSTATUS::STATUS_ACCESS_VIOLATION => Some(VIOLATION),
        NTSTATUS::STATUS_ILLEGAL_INSTRUCTION | NTSTATUS::STATUS_PRIVILEGED_INSTRUCTION => Some(ILLEGAL),
        NTSTATUS::STATUS_FLOAT_DENORMAL_OPERAND
        | NTSTATUS::STATUS_FLOAT_DIVIDE_BY_ZERO
        | NTSTATUS::STATUS_FLOAT_INEXACT_RESULT
        | NTSTATUS::STATUS_FLOAT_INVALID_OPERATION
        | NTSTATUS::STATUS_FLOAT_OVERFLOW
        | NTSTATUS::STATUS_FLOAT_STACK_CHECK
        | NTSTATUS::STATUS_FLOAT_UNDERFLOW => Some(FLOATING),
        _ => None,
    }
}

/// Calls the signal handler for an exception; without one the system decides.
fn filter(cx: &Cx, code: u32, pointers: u64) -> CrtResult<i32> {
    /// `EXCEPTION_CONTINUE_EXECUTION`
    const CONTINUE_EXECUTION: i32 = -1;
    if signal_of(NTSTATUS(code)).is_some_and(|signal| super::signal::deliver(cx, signal)) {
        return ok(CONTINUE_EXECUTION);
    }
    ok(cx.unhandled_exception(pointers)?)
}

/// Says what to do with an exception that reached the program's outermost frame: calls the signal handler for it, or asks the system.
#[shim(full)]
pub(crate) fn _XcptFilter(cx: &Cx, xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> CrtResult<i32> {
    filter(cx, xcptnum, pxcptinfoptrs.address())
}

/// Says what to do with an exception that reached the program's outermost frame: calls the signal handler for it, or asks the system.
#[shim(full)]
pub(crate) fn _seh_filter_exe(cx: &Cx, xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> CrtResult<i32> {
    filter(cx, xcptnum, pxcptinfoptrs.address())
}

/// Says what to do with an exception that reached a DLL's outermost frame: C++ exceptions as for a program, the others go on.
#[shim(full)]
pub(crate) fn _seh_filter_dll(cx: &Cx, xcptnum: u32, pxcptinfoptrs: Ptr<u8>) -> CrtResult<i32> {
    if NTSTATUS(xcptnum) == CPP_EXCEPTION {
        filter(cx, xcptnum, pxcptinfoptrs.address())
    } else {
        ok(FILTER_CONTINUE_SEARCH)
    }
}

fn end(cx: &Cx, handler: u64) -> CrtResult<()> {
    if handler != 0 {
        cx.call_guest(handler, []);
    }
    abort_program(cx)
}

/// Ends the program: calls the terminate handler, then aborts.
#[shim(full, name = "terminate")]
pub(crate) fn terminate(cx: &Cx) -> CrtResult<()> {
    end(cx, process(cx).terminate.load(Ordering::Relaxed))
}

/// Ends the program because a function threw what it had promised not to.
#[shim(full, name = "unexpected")]
pub(crate) fn unexpected(cx: &Cx) -> CrtResult<()> {
    let handler = process(cx).unexpected.load(Ordering::Relaxed);
    if handler != 0 {
        cx.call_guest(handler, []);
    }
    terminate(cx)
}

/// Sets the terminate handler; gives the one before.
#[shim(full)]
pub(crate) fn set_terminate(cx: &Cx, termFunction: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).terminate.swap(termFunction.address(), Ordering::Relaxed))
}

/// Gives the terminate handler.
#[shim(full)]
pub(crate) fn _get_terminate(cx: &Cx) -> Ptr<u8> {
    Ptr::at(process(cx).terminate.load(Ordering::Relaxed))
}

/// Sets the unexpected handler; gives the one before.
#[shim(full)]
pub(crate) fn set_unexpected(cx: &Cx, unexpFunction: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).unexpected.swap(unexpFunction.address(), Ordering::Relaxed))
}

/// Ends the program because a pure virtual function was called.
#[shim(full)]
pub(crate) fn _purecall(cx: &Cx) -> CrtResult<()> {
    let handler = process(cx).purecall.load(Ordering::Relaxed);
    if handler != 0 {
        cx.call_guest(handler, []);
    }
    if let Some(stderr) = host::standard_handle(cx, 2) {
        let _ = host::write(cx, stderr, b"\r\nruntime error R6025\r\n- pure virtual function call\r\n");
    }
    abort_program(cx)
}

/// Sets what is called when a pure virtual function is; gives what was before.
#[shim(full)]
pub(crate) fn _set_purecall_handler(cx: &Cx, handler: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).purecall.swap(handler.address(), Ordering::Relaxed))
}

/// Sets what is called for an invalid parameter; gives what was before.
#[shim(partial = "the handler is kept and not called: the function gives its error")]
pub(crate) fn _set_invalid_parameter_handler(cx: &Cx, pNew: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(process(cx).invalid_parameter.swap(pNew.address(), Ordering::Relaxed))
}

/// Gives what is called for an invalid parameter.
#[shim(full)]
pub(crate) fn _get_invalid_parameter_handler(cx: &Cx) -> Ptr<u8> {
    Ptr::at(process(cx).invalid_parameter.load(Ordering::Relaxed))
}

/// Sets what is called for an invalid parameter on this thread; gives what was before.
#[shim(partial = "the handler is kept and not called: the function gives its error")]
pub(crate) fn _set_thread_local_invalid_parameter_handler(cx: &Cx, pNew: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.thread.state::<super::state::PerThread>().invalid_parameter.replace(pNew.address()))
}

/// `STATUS_INVALID_CRUNTIME_PARAMETER`
const INVALID_PARAMETER: NTSTATUS = NTSTATUS(0xC000_0417);

/// Reports an invalid parameter: calls the handler, or raises an exception.
fn invalid_parameter(cx: &Cx) -> CrtResult<()> {
    let own = cx.thread.state::<super::state::PerThread>().invalid_parameter.get();
    let handler = if own != 0 { own } else { process(cx).invalid_parameter.load(Ordering::Relaxed) };
    match handler {
        0 => Err(Exception::new(INVALID_PARAMETER, &[]).into()),
        handler => {
            cx.call_guest(handler, [0, 0, 0, 0, 0]);
            ok(())
        }
    }
}

/// Reports an invalid parameter.
#[shim(full)]
pub(crate) fn _invalid_parameter_noinfo(cx: &Cx) -> CrtResult<()> {
    invalid_parameter(cx)
}

/// Reports an invalid parameter and ends the program.
#[shim(full)]
pub(crate) fn _invalid_parameter_noinfo_noreturn(cx: &Cx) -> CrtResult<()> {
    invalid_parameter(cx)?;
    Err(Exception::new(INVALID_PARAMETER, &[]).into())
}

/// Gives the address of the thread's current C++ exception.
#[shim(partial = "there never is one: exceptions are not dispatched to frames")]
pub(crate) fn __current_exception(cx: &Cx) -> CrtResult<Ptr<u64>> {
    ok(Ptr::at(keep(cx, Keep::CurrentException, 16)?))
}

/// Gives the address of the context of the thread's current C++ exception.
#[shim(partial = "there never is one: exceptions are not dispatched to frames")]
pub(crate) fn __current_exception_context(cx: &Cx) -> CrtResult<Ptr<u64>> {
    ok(Ptr::at(keep(cx, Keep::CurrentException, 16)? + 8))
}

/// Says how many C++ exceptions are on their way.
#[shim(partial = "there never is one: exceptions are not dispatched to frames")]
pub(crate) fn __uncaught_exceptions() -> i32 {
    0
}

/// Says whether a C++ exception is on its way.
#[shim(partial = "there never is one: exceptions are not dispatched to frames")]
pub(crate) fn __uncaught_exception() -> i32 {
    0
}

/// Copies a `std::exception`'s text: a structure of a pointer and whether the text must be freed.
#[shim(full)]
pub(crate) fn __std_exception_copy(cx: &Cx, from: Ptr<u8>, to: Ptr<u8>) -> CrtResult<()> {
    let text = fault::load_u64(from.address())?;
    let owned = fault::load_u8(from.address().wrapping_add(8))? != 0;
    let text = if owned && text != 0 { duplicated::<u8>(cx, text)?.0.address() } else { text };
    fault::store_u64(to.address(), text)?;
    fault::store_u8(to.address().wrapping_add(8), u8::from(owned && text != 0))?;
    ok(())
}

/// Frees a `std::exception`'s text.
#[shim(full)]
pub(crate) fn __std_exception_destroy(cx: &Cx, data: Ptr<u8>) -> CrtResult<()> {
    if fault::load_u8(data.address().wrapping_add(8))? != 0 {
        host::free(cx, fault::load_u64(data.address())?);
    }
    fault::store_u64(data.address(), 0)?;
    fault::store_u8(data.address().wrapping_add(8), 0)?;
    ok(())
}

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

/// Sets the function that makes C++ exceptions of others; gives the one before.
#[shim(partial = "the function is kept, and not called")]
pub(crate) fn _set_se_translator(cx: &Cx, seTransFunction: Ptr<u8>) -> Ptr<u8> {
    Ptr::at(cx.thread.state::<super::state::PerThread>().translator.replace(seTransFunction.address()))
}

/// Ends the program with a message, because its stack was overwritten.
#[shim(full)]
pub(crate) fn __report_gsfailure(cx: &Cx, stackCookie: u64) -> CrtResult<()> {
    let _ = (cx, stackCookie);
    Err(Exception::new(NTSTATUS::STATUS_STACK_BUFFER_OVERRUN, &[2]).into())
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
