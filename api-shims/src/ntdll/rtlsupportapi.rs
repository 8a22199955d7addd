//! rtlsupportapi.h: contexts, function tables, unwinding.

use std::convert::Infallible;

use abi::{
    CONTEXT, EXCEPTION_RECORD, Exception, NTSTATUS, Out, PCONTEXT, PCWSTR, Ptr, Refusal, WIN32_ERROR, Win32Result,
    fault, shim,
};
use syscall_xlate::Cx;
use syscall_xlate::exception::{self, Target};
use syscall_xlate::unwind::{FunctionEntry, RUNTIME_FUNCTION, TableCallback, UnwindError, flags};

/// Tables that cannot be read or make no sense raise an exception in whoever unwinds by them.
fn raised(error: UnwindError) -> Refusal<WIN32_ERROR> {
    match error {
        UnwindError::Fault(fault) => fault.into(),
        UnwindError::BadTable => Exception::new(NTSTATUS::STATUS_BAD_FUNCTION_TABLE, &[]).into(),
    }
}

/// Fills a context with the caller's registers.
#[shim(full)]
pub(crate) fn RtlCaptureContext(caller: &CONTEXT, ContextRecord: PCONTEXT) -> Win32Result<()> {
    // What Windows does not capture stays as it is: home space, debug registers, vector registers.
    let before = CONTEXT::read(ContextRecord.0)?;
    let (homes, debug, vector, control) = (before.homes, before.debug, before.vector, before.control);
    Ok(CONTEXT { homes, debug, vector, control, ..*caller }.write(ContextRecord.0)?)
}

/// Gives the return addresses of the callers, the innermost first.
#[shim(full)]
pub(crate) fn RtlCaptureStackBackTrace(
    cx: &Cx,
    caller: &CONTEXT,
    FramesToSkip: u32,
    FramesToCapture: u32,
    BackTrace: Ptr<u64>,
    BackTraceHash: Out<u32>,
) -> Win32Result<u16> {
    let (mut next, mut hash, mut failed) = (BackTrace, 0u32, None);
    let count = FramesToCapture.min(u32::from(u16::MAX));
    let given = cx.back_trace(caller, FramesToSkip, count, |address| {
        hash = hash.wrapping_add(address as u32);
        failed = failed.or(next.write(&address).err());
        next = next.offset(1);
    });
    if let Some(fault) = failed {
        return Err(fault.into());
    }
    BackTraceHash.set_opt(hash)?;
    Ok(given as u16)
}

/// Finds the entry of the function that an address is in, and the base of its module.
#[shim(full)]
pub(crate) fn RtlLookupFunctionEntry(
    cx: &Cx,
    ControlPc: u64,
    ImageBase: Out<u64>,
    HistoryTable: Ptr<u8>,
) -> Win32Result<Ptr<RUNTIME_FUNCTION>> {
    // A cache of the caller's, which need not be used.
    let _ = HistoryTable;
    let Some(entry) = cx.lookup_function(ControlPc) else {
        let module = cx.process.module_of(ControlPc);
        ImageBase.set(module.map_or(0, |module| module.base()))?;
        return Ok(Ptr::NULL);
    };
    ImageBase.set(entry.image_base)?;
    Ok(Ptr::at(entry.address))
}

/// Turns the context of a function into that of its caller, and gives the function's handler if one applies.
#[shim(full)]
pub(crate) fn RtlVirtualUnwind(
    cx: &Cx,
    HandlerType: u32,
    ImageBase: u64,
    ControlPc: u64,
    FunctionEntry: Ptr<RUNTIME_FUNCTION>,
    ContextRecord: PCONTEXT,
    HandlerData: Out<u64>,
    EstablisherFrame: Out<u64>,
    ContextPointers: Ptr<u64>,
) -> Win32Result<Ptr<u8>> {
    let mut context = CONTEXT::read(ContextRecord.0)?;
    let address = FunctionEntry.address();
    let entry = FunctionEntry { image_base: ImageBase, address, function: FunctionEntry.read()? };
    let frame = cx.virtual_unwind(&entry, ControlPc, &mut context).map_err(raised)?;
    context.write(ContextRecord.0)?;
    EstablisherFrame.set(frame.establisher)?;
    if let Some(pointers) = ContextPointers.opt() {
        // `FloatingContext`, then `IntegerContext`; those of registers that were not saved stay as they are.
        let all = frame.saved.xmm.iter().chain(&frame.saved.integer);
        for (index, &saved) in all.enumerate().filter(|&(_, &saved)| saved != 0) {
            pointers.offset(index).write(&saved)?;
        }
    }
    let wanted = HandlerType as u8 & (flags::EHANDLER | flags::UHANDLER);
    let Some(handler) = frame.handler.filter(|handler| handler.flags & wanted != 0) else { return Ok(Ptr::NULL) };
    HandlerData.set(handler.data)?;
    Ok(Ptr::at(handler.routine))
}

/// Gives the base of the module that an address is in.
#[shim(full)]
pub(crate) fn RtlPcToFileHeader(cx: &Cx, PcValue: Ptr<u8>, BaseOfImage: Out<u64>) -> Win32Result<Ptr<u8>> {
    let base = cx.process.module_of(PcValue.address()).map_or(0, |module| module.base());
    BaseOfImage.set(base)?;
    Ok(Ptr::at(base))
}

/// Goes on with the registers of a context.
#[shim(full)]
pub(crate) fn RtlRestoreContext(
    cx: &Cx,
    ContextRecord: PCONTEXT,
    ExceptionRecord: Ptr<EXCEPTION_RECORD>,
) -> Win32Result<()> {
    let context = CONTEXT::read(ContextRecord.0)?;
    exception::go_on(cx, context, ExceptionRecord.opt().map(Ptr::address))
}

/// Raises the exception of a record.
#[shim(full)]
pub(crate) fn RtlRaiseException(cx: &Cx, caller: &CONTEXT, ExceptionRecord: Ptr<EXCEPTION_RECORD>) -> Win32Result<()> {
    let record = EXCEPTION_RECORD { ExceptionAddress: caller.Rip as usize, ..ExceptionRecord.read()? };
    exception::raise_record(cx, caller, record)
}

/// Raises a status as an exception that cannot be continued.
#[shim(full)]
pub(crate) fn RtlRaiseStatus(cx: &Cx, caller: &CONTEXT, Status: u32) -> Infallible {
    let flags = exception::flags::NONCONTINUABLE;
    exception::raise(cx, caller, &Exception { flags, ..Exception::new(NTSTATUS(Status), &[]) })
}

/// Unwinds to a frame and goes on in it.
#[shim(full)]
pub(crate) fn RtlUnwind(
    cx: &Cx,
    caller: &CONTEXT,
    TargetFrame: Ptr<u8>,
    TargetIp: Ptr<u8>,
    ExceptionRecord: Ptr<EXCEPTION_RECORD>,
    ReturnValue: Ptr<u8>,
) -> Infallible {
    let (frame, ip) = (TargetFrame.address(), TargetIp.address());
    let target = Target { frame, ip, record: ExceptionRecord.address(), value: ReturnValue.address() };
    exception::unwind_to(cx, caller, target)
}

/// Unwinds to a frame and goes on in it.
#[shim(full)]
pub(crate) fn RtlUnwindEx(
    cx: &Cx,
    caller: &CONTEXT,
    TargetFrame: Ptr<u8>,
    TargetIp: Ptr<u8>,
    ExceptionRecord: Ptr<EXCEPTION_RECORD>,
    ReturnValue: Ptr<u8>,
    ContextRecord: PCONTEXT,
    HistoryTable: Ptr<u8>,
) -> Infallible {
    // Room for a context, and a cache: neither is needed.
    let _ = (ContextRecord, HistoryTable);
    let (frame, ip) = (TargetFrame.address(), TargetIp.address());
    let target = Target { frame, ip, record: ExceptionRecord.address(), value: ReturnValue.address() };
    exception::unwind_to(cx, caller, target)
}

/// Adds a function table for code that the program made.
#[shim(full)]
pub(crate) fn RtlAddFunctionTable(
    cx: &Cx,
    FunctionTable: Ptr<RUNTIME_FUNCTION>,
    EntryCount: u32,
    BaseAddress: u64,
) -> bool {
    cx.process.function_tables.add(FunctionTable.address(), EntryCount, BaseAddress).is_ok()
}

/// Deletes a function table that the program added.
#[shim(full)]
pub(crate) fn RtlDeleteFunctionTable(cx: &Cx, FunctionTable: Ptr<RUNTIME_FUNCTION>) -> bool {
    cx.process.function_tables.delete(FunctionTable.address())
}

/// Adds a range of code whose function entries the program makes when they are needed.
#[shim(partial = "debuggers are not told of the DLL that makes entries for them")]
pub(crate) fn RtlInstallFunctionTableCallback(
    cx: &Cx,
    TableIdentifier: u64,
    BaseAddress: u64,
    Length: u32,
    Callback: Ptr<u8>,
    Context: Ptr<u8>,
    OutOfProcessCallbackDll: PCWSTR,
) -> bool {
    // There is no debugger that would load it.
    let _ = OutOfProcessCallbackDll;
    // The identifier has its two lowest bits set, which tells it from a table's address.
    if TableIdentifier & 3 != 3 {
        return false;
    }
    let (callback, context) = (Callback.address(), Context.address());
    let (identifier, base, length) = (TableIdentifier, BaseAddress, Length);
    cx.process.function_tables.add_callback(TableCallback { identifier, base, length, callback, context });
    true
}

/// Adds a function table for a range of code that grows.
#[shim(full)]
pub(crate) fn RtlAddGrowableFunctionTable(
    cx: &Cx,
    DynamicTable: Out<u64>,
    FunctionTable: Ptr<RUNTIME_FUNCTION>,
    EntryCount: u32,
    MaximumEntryCount: u32,
    RangeBase: usize,
    RangeEnd: usize,
) -> NTSTATUS {
    if EntryCount > MaximumEntryCount || RangeBase >= RangeEnd {
        return NTSTATUS::STATUS_INVALID_PARAMETER;
    }
    if fault::load_u64(DynamicTable.address()).is_err() {
        return NTSTATUS::STATUS_ACCESS_VIOLATION;
    }
    let tables = &cx.process.function_tables;
    let identifier = tables.add_growable(FunctionTable.address(), EntryCount, RangeBase as u64, RangeEnd as u64);
    match DynamicTable.set(identifier) {
        Ok(()) => NTSTATUS::STATUS_SUCCESS,
        Err(_) => {
            tables.delete(identifier);
            NTSTATUS::STATUS_ACCESS_VIOLATION
        }
    }
}

/// Tells of more entries in a growable function table.
#[shim(full)]
pub(crate) fn RtlGrowFunctionTable(cx: &Cx, DynamicTable: Ptr<u8>, NewEntryCount: u32) {
    cx.process.function_tables.grow(DynamicTable.address(), NewEntryCount);
}

/// Deletes a growable function table.
#[shim(full)]
pub(crate) fn RtlDeleteGrowableFunctionTable(cx: &Cx, DynamicTable: Ptr<u8>) {
    cx.process.function_tables.delete(DynamicTable.address());
}
