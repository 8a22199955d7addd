//! ehdata.h: C++ exceptions as the compiler's output has them, thrown and handled.

use abi::{CrtResult, EXCEPTION_RECORD, Exception, Ptr, Raises, Refusal, shim};
use syscall_xlate::Cx;
use syscall_xlate::cxx::{self, Asked, Encoding, Verdict};
use syscall_xlate::exception::{DISPATCHER_CONTEXT, flags};

use super::eh::terminate;
use super::guest::ok;
use super::state::PerThread;

fn handle(
    cx: &Cx,
    record: Ptr<EXCEPTION_RECORD>,
    context: Ptr<u8>,
    dispatcher: Ptr<DISPATCHER_CONTEXT>,
    encoding: Encoding,
) -> CrtResult<i32> {
    let translator = cx.thread.state::<PerThread>().translator.get();
    let (record, context, dispatcher) = (record.address(), context.address(), dispatcher.address());
    if cxx::handle(cx, &Asked { record, context, dispatcher, translator }, encoding)? == Verdict::Terminates {
        terminate(cx)?;
    }
    ok(cxx::CONTINUE_SEARCH as i32)
}

/// The handler of functions in C++: looks for a catch block and runs it, or destroys the frame's objects.
#[shim(full)]
pub(crate) fn __CxxFrameHandler(
    cx: &Cx,
    pExcept: Ptr<EXCEPTION_RECORD>,
    pRN: Ptr<u8>,
    pContext: Ptr<u8>,
    pDC: Ptr<DISPATCHER_CONTEXT>,
) -> CrtResult<i32> {
    // The dispatcher context has the frame, too.
    let _ = pRN;
    handle(cx, pExcept, pContext, pDC, Encoding::Plain)
}

/// The handler of functions in C++: looks for a catch block and runs it, or destroys the frame's objects.
#[shim(full)]
pub(crate) fn __CxxFrameHandler3(
    cx: &Cx,
    pExcept: Ptr<EXCEPTION_RECORD>,
    RN: Ptr<u8>,
    pContext: Ptr<u8>,
    pDC: Ptr<DISPATCHER_CONTEXT>,
) -> CrtResult<i32> {
    let _ = RN;
    handle(cx, pExcept, pContext, pDC, Encoding::Plain)
}

/// The handler of functions in C++ with compressed tables: looks for a catch block and runs it, or destroys the frame's objects.
#[shim(full)]
pub(crate) fn __CxxFrameHandler4(
    cx: &Cx,
    pExcept: Ptr<EXCEPTION_RECORD>,
    RN: Ptr<u8>,
    pContext: Ptr<u8>,
    pDC: Ptr<DISPATCHER_CONTEXT>,
) -> CrtResult<i32> {
    let _ = RN;
    handle(cx, pExcept, pContext, pDC, Encoding::Compressed)
}

/// Throws a C++ object; without one, the object whose catch block runs.
#[shim(full)]
pub(crate) fn _CxxThrowException(cx: &Cx, pExceptionObject: Ptr<u8>, pThrowInfo: Ptr<u8>) -> CrtResult<i32> {
    // On x64 the tables have offsets from the module's base, which the fourth parameter gives.
    let base = cx.process.module_of(pThrowInfo.address()).map_or(0, |module| module.base());
    let parameters = [cxx::MAGIC.into(), pExceptionObject.address(), pThrowInfo.address(), base];
    let exception = Exception { flags: flags::NONCONTINUABLE, ..Exception::new(cxx::EXCEPTION, &parameters) };
    Err(Refusal::Raises(Box::new(exception)))
}

/// Gives the part of an object that a displacement (`PMD`) leads to.
#[shim(full)]
pub(crate) fn __AdjustPointer(pThis: Ptr<u8>, pmd: Ptr<i32>) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(cxx::adjusted(pThis.address(), &cxx::Displacement::read(pmd.address())?)?))
}

/// Calls the destructor of a thrown object.
#[shim(partial = "what the destructor throws is passed on though fThrowNotAllowed says that it ends the program")]
pub(crate) fn __DestructExceptionObject(cx: &Cx, pExcept: Ptr<EXCEPTION_RECORD>, fThrowNotAllowed: bool) -> Raises<()> {
    let _ = fThrowNotAllowed;
    if let Some(thrown) = pExcept.opt().map(Ptr::read).transpose()?.as_ref().and_then(cxx::Thrown::of) {
        cxx::destroy(cx, &thrown)?;
    }
    Ok(())
}

/// Gives the address of the pointer to the record of the exception whose catch block runs.
#[shim(full)]
pub(crate) fn __current_exception(cx: &Cx) -> Ptr<u64> {
    Ptr::at(cx.thread.cxx.record_cell())
}

/// Gives the address of the pointer to the context of the exception whose catch block runs.
#[shim(full)]
pub(crate) fn __current_exception_context(cx: &Cx) -> Ptr<u64> {
    Ptr::at(cx.thread.cxx.context_cell())
}

/// Gives the address of the number of exceptions that are between their `throw` and their catch block.
#[shim(full)]
pub(crate) fn __processing_throw(cx: &Cx) -> Ptr<i32> {
    Ptr::at(cx.thread.cxx.unwinding_cell())
}

/// Says how many exceptions are between their `throw` and their catch block.
#[shim(full)]
pub(crate) fn __uncaught_exceptions(cx: &Cx) -> i32 {
    cx.thread.cxx.unwinding() as i32
}

/// Says whether an exception is between its `throw` and its catch block.
#[shim(full)]
pub(crate) fn __uncaught_exception(cx: &Cx) -> bool {
    cx.thread.cxx.unwinding() != 0
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn parts_are_found_beside_and_in_virtual_bases() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let words = |words: &[i32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
            // A table of virtual bases: the second is 24 bytes behind the pointer to the table.
            let table = guest.bytes(&words(&[0, 24]));
            let object = guest.bytes(&[[0; 8], table.to_le_bytes()].concat());
            for (displacement, bytes) in [([8, -1, 0], 8), ([4, 8, 4], 4 + 8 + 24)] {
                let part = guest.bytes(&words(&displacement));
                assert_eq!(guest.call("vcruntime140!__AdjustPointer", &[object, part]), object + bytes);
            }
            guest.call("vcruntime140!__DestructExceptionObject", &[0, 0]);
            guest.call("vcruntime140!__std_type_info_destroy_list", &[guest.buffer(16)]);
        });
        assert_snapshot!(trace.lines().skip(2).collect::<Vec<_>>().join("\n"), @r"
        vcruntime140!__DestructExceptionObject(pExcept=NULL, fThrowNotAllowed=FALSE)
        vcruntime140!__std_type_info_destroy_list(rootNode=@6)
        ");
    }
}
