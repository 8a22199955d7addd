//! ntpsapi.h: threads and processes. A header that Microsoft does not publish; the names are those of its symbols.

mod alert;
mod walk;

use std::path::Path;
use std::sync::Arc;

use abi::{BOOLEAN, CONTEXT, EXCEPTION_RECORD, HANDLE, NTSTATUS, NtResult, Out, PCONTEXT, Ptr, shim};
use syscall_xlate::program::NewThread;
use syscall_xlate::sync::{process, thread};
use syscall_xlate::wait::Apc;
use syscall_xlate::{Cx, exception};

use super::structs::{Attributes, OBJECT_ATTRIBUTES};
use super::winternl::own;

pub(super) use alert::*;
pub(super) use walk::*;

abi::guest_struct! {
    /// The identifiers of a thread and its process.
    pub(super) struct CLIENT_ID {
        UniqueProcess: HANDLE,
        UniqueThread: HANDLE,
    }

    /// Something more that is asked of a new thread.
    pub(super) struct PS_ATTRIBUTE {
        Attribute: usize,
        Size: usize,
        Value: Ptr<u8>,
        ReturnLength: Ptr<usize>,
    }

    /// Where a list of attributes begins: its size in bytes.
    pub(super) struct PS_ATTRIBUTE_LIST {
        TotalLength: usize,
    }
}

abi::flags! {
    /// How a thread is made.
    pub(super) struct THREAD_CREATE_FLAGS: u32 {
        THREAD_CREATE_FLAGS_CREATE_SUSPENDED = 0x1;
        THREAD_CREATE_FLAGS_SKIP_THREAD_ATTACH = 0x2;
        THREAD_CREATE_FLAGS_HIDE_FROM_DEBUGGER = 0x4;
    }
}

/// `PS_ATTRIBUTE_CLIENT_ID`
const CLIENT_ID_ATTRIBUTE: usize = 0x1_0003;
/// `PS_ATTRIBUTE_TEB_ADDRESS`
const TEB_ADDRESS_ATTRIBUTE: usize = 0x1_0004;
/// Bytes of an attribute, and of what a list begins with.
const ATTRIBUTE_SIZE: u64 = 32;
const LIST_HEAD: u64 = 8;
/// More attributes than there are.
const MOST_ATTRIBUTES: u64 = 32;

/// Makes a thread.
#[shim(partial = "in the caller's own process; attributes are the client identifier and the TEB's address")]
pub(super) fn NtCreateThreadEx(
    cx: &Cx,
    ThreadHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    ProcessHandle: HANDLE,
    StartRoutine: Ptr<u8>,
    Argument: Ptr<u8>,
    CreateFlags: THREAD_CREATE_FLAGS,
    ZeroBits: usize,
    StackSize: usize,
    MaximumStackSize: usize,
    AttributeList: Ptr<PS_ATTRIBUTE_LIST>,
) -> NtResult<()> {
    let _ = (ZeroBits, StackSize);
    ThreadHandle.set(HANDLE::NULL)?;
    let attributes = Attributes::read(ObjectAttributes)?;
    let wanted = read_list(AttributeList)?;
    own(cx, ProcessHandle)?;
    let object = cx.start_thread(NewThread {
        start: StartRoutine.address(),
        parameter: Argument.address(),
        stack: MaximumStackSize as u64,
        suspended: CreateFlags.contains(THREAD_CREATE_FLAGS::THREAD_CREATE_FLAGS_CREATE_SUSPENDED),
    })?;
    let (id, teb) = (object.id(), object.teb());
    let handle = cx.process.handles.insert(object, thread::granted(DesiredAccess), attributes.flags)?;
    for attribute in wanted {
        match attribute.Attribute {
            CLIENT_ID_ATTRIBUTE => attribute
                .Value
                .cast::<CLIENT_ID>()
                .write(&CLIENT_ID { UniqueProcess: HANDLE(cx.process.id().into()), UniqueThread: HANDLE(id.into()) })?,
            TEB_ADDRESS_ATTRIBUTE => attribute.Value.cast::<u64>().write(&teb)?,
            _ => {}
        }
    }
    Ok(ThreadHandle.set(handle)?)
}

fn read_list(list: Ptr<PS_ATTRIBUTE_LIST>) -> NtResult<Vec<PS_ATTRIBUTE>> {
    let Some(list) = list.opt() else { return Ok(Vec::new()) };
    let bytes = (list.read()?.TotalLength as u64).saturating_sub(LIST_HEAD);
    if !bytes.is_multiple_of(ATTRIBUTE_SIZE) || bytes / ATTRIBUTE_SIZE > MOST_ATTRIBUTES {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
    }
    let first = list.address() + LIST_HEAD;
    (0..bytes / ATTRIBUTE_SIZE).map(|index| Ok(Ptr::at(first + index * ATTRIBUTE_SIZE).read()?)).collect()
}

/// Goes on with the registers of a context.
#[shim(full)]
pub(super) fn NtContinue(cx: &Cx, ContextRecord: PCONTEXT, TestAlert: BOOLEAN) -> NtResult<()> {
    let context = CONTEXT::read(ContextRecord.0)?;
    if TestAlert.0 {
        run_queued(cx);
    }
    exception::go_on(cx, context, None)
}

/// Runs what was queued to the calling thread.
fn run_queued(cx: &Cx) {
    while let Some(apc) = cx.thread.object().waiter().take_apc() {
        cx.call_guest(apc.routine, apc.arguments);
    }
}

/// Makes code that was written visible to the processor.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtFlushInstructionCache(
    cx: &Cx,
    ProcessHandle: HANDLE,
    BaseAddress: Ptr<u8>,
    Length: usize,
) -> NtResult<()> {
    // On x86-64 the processor sees writes to code by itself.
    let _ = (BaseAddress, Length);
    own(cx, ProcessHandle)
}

/// Gives a thread's registers, those that the context's flags ask for.
#[shim(
    partial = "debug registers are 0; not of a thread that has not begun, or is in a call whose caller cannot be found"
)]
pub(super) fn NtGetContextThread(cx: &Cx, ThreadHandle: HANDLE, ThreadContext: PCONTEXT) -> NtResult<()> {
    let thread = cx.thread_of(ThreadHandle, thread::GET_CONTEXT)?;
    let mut context = CONTEXT::read(ThreadContext.0)?;
    if !Arc::ptr_eq(&thread, cx.thread.object()) {
        context.take(&cx.thread_context(&thread)?, context.ContextFlags);
    }
    Ok(context.write(ThreadContext.0)?)
}

/// Opens a process by its identifier.
#[shim(partial = "the caller's own process only")]
pub(super) fn NtOpenProcess(
    cx: &Cx,
    ProcessHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    ClientId: Ptr<CLIENT_ID>,
) -> NtResult<()> {
    let attributes = Attributes::read(ObjectAttributes)?;
    let id = ClientId.opt().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER_MIX)?.read()?.UniqueProcess.0;
    if id != u64::from(cx.process.id()) {
        let exists = id != 0 && Path::new(&format!("/proc/{id}")).exists();
        return Err(if exists { NTSTATUS::STATUS_ACCESS_DENIED } else { NTSTATUS::STATUS_INVALID_CID });
    }
    let object = cx.process.object.clone();
    Ok(ProcessHandle.set(cx.process.handles.insert(object, process::granted(DesiredAccess), attributes.flags)?)?)
}

/// Opens a thread by its identifier.
#[shim(partial = "threads of the caller's own process only")]
pub(super) fn NtOpenThread(
    cx: &Cx,
    ThreadHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    ClientId: Ptr<CLIENT_ID>,
) -> NtResult<()> {
    let attributes = Attributes::read(ObjectAttributes)?;
    let id = ClientId.opt().ok_or(NTSTATUS::STATUS_INVALID_PARAMETER_MIX)?.read()?;
    let of_another = !id.UniqueProcess.is_null() && id.UniqueProcess.0 != u64::from(cx.process.id());
    let found = u32::try_from(id.UniqueThread.0).ok().filter(|_| !of_another);
    let object = found.and_then(|id| cx.process.thread_objects.find(id)).ok_or(NTSTATUS::STATUS_INVALID_CID)?;
    Ok(ThreadHandle.set(cx.process.handles.insert(object, thread::granted(DesiredAccess), attributes.flags)?)?)
}

/// Queues a call to a thread, which runs it when it waits alertably.
#[shim(full)]
pub(super) fn NtQueueApcThread(
    cx: &Cx,
    ThreadHandle: HANDLE,
    ApcRoutine: Ptr<u8>,
    ApcArgument1: Ptr<u8>,
    ApcArgument2: Ptr<u8>,
    ApcArgument3: Ptr<u8>,
) -> NtResult<()> {
    let thread = cx.thread_of(ThreadHandle, thread::SET_CONTEXT)?;
    let arguments = [ApcArgument1, ApcArgument2, ApcArgument3].map(Ptr::address);
    match thread.waiter().queue_apc(Apc { routine: ApcRoutine.address(), arguments }) {
        true => Ok(()),
        false => Err(NTSTATUS::STATUS_UNSUCCESSFUL),
    }
}

/// Raises an exception in a context.
#[shim(partial = "handlers are asked at the second chance, too")]
pub(super) fn NtRaiseException(
    cx: &Cx,
    ExceptionRecord: Ptr<EXCEPTION_RECORD>,
    ContextRecord: PCONTEXT,
    FirstChance: BOOLEAN,
) -> NtResult<()> {
    let _ = FirstChance;
    let (record, context) = (ExceptionRecord.read()?, CONTEXT::read(ContextRecord.0)?);
    exception::raise_record(cx, &context, record)
}

/// Changes a suspended thread's registers, those that the context's flags name.
#[shim(partial = "debug registers are left alone; not of a thread that has not begun or is in a call")]
pub(super) fn NtSetContextThread(cx: &Cx, ThreadHandle: HANDLE, ThreadContext: PCONTEXT) -> NtResult<()> {
    let thread = cx.thread_of(ThreadHandle, thread::SET_CONTEXT)?;
    let new = CONTEXT::read(ThreadContext.0)?;
    cx.set_thread_context(&thread, |context| context.take(&new, new.ContextFlags))
}

/// Ends a thread without telling anybody; the calling one for NULL.
#[shim(partial = "a thread that reads from a pipe or the console ends at the first wait after that")]
pub(super) fn NtTerminateThread(cx: &Cx, ThreadHandle: HANDLE, ExitStatus: u32) -> NtResult<()> {
    let handle = if ThreadHandle.is_null() { HANDLE::CURRENT_THREAD } else { ThreadHandle };
    let thread = cx.thread_of(handle, thread::TERMINATE)?;
    if Arc::ptr_eq(&thread, cx.thread.object()) {
        // Nothing is owned when it ends here.
        drop(thread);
        cx.terminate_thread(cx.thread.object(), ExitStatus);
    } else {
        cx.terminate_thread(&thread, ExitStatus);
    }
    Ok(())
}

/// Runs what was queued to the calling thread.
#[shim(full)]
pub(super) fn NtTestAlert(cx: &Cx) -> NtResult<()> {
    run_queued(cx);
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn threads_and_processes_are_opened_by_their_identifiers() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (at, client) = (guest.buffer(8), guest.buffer(16));
            abi::fault::store_u64(client, guest.cx.process.id().into()).unwrap();
            abi::fault::store_u64(client + 8, guest.cx.thread.id().into()).unwrap();
            guest.call("ntdll!NtOpenProcess", &[at, 0x1f_ffff, 0, client]);
            guest.call("ntdll!NtOpenThread", &[at, 0x1f_ffff, 0, client]);
            let thread = abi::fault::load_u64(at).unwrap();
            guest.call("ntdll!NtFlushInstructionCache", &[u64::MAX, 0, 0]);
            guest.call("ntdll!NtTestAlert", &[]);
            guest.call("ntdll!NtOpenThread", &[at, 0x1f_ffff, 0, 0]);
            abi::fault::store_u64(client, 0).unwrap();
            guest.call("ntdll!NtOpenProcess", &[at, 0x1f_ffff, 0, client]);
            abi::fault::store_u64(client + 8, 0).unwrap();
            guest.call("ntdll!NtOpenThread", &[at, 0x1f_ffff, 0, client]);
            guest.call("ntdll!NtTerminateThread", &[0x1000, 1]);
            guest.call("ntdll!NtGetContextThread", &[thread, 0]);
            let attributes = guest.buffer(64);
            abi::fault::store_u64(attributes, 33).unwrap();
            guest.call("ntdll!NtCreateThreadEx", &[at, 0x1f_ffff, 0, u64::MAX, 0x1000, 0, 0, 0, 0, 0, attributes]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtOpenProcess(ProcessHandle=&h1, DesiredAccess=2097151, ObjectAttributes=NULL, ClientId=@2) = STATUS_SUCCESS
        ntdll!NtOpenThread(ThreadHandle=&h2, DesiredAccess=2097151, ObjectAttributes=NULL, ClientId=@2) = STATUS_SUCCESS
        ntdll!NtFlushInstructionCache(ProcessHandle=0xffffffffffffffff, BaseAddress=NULL, Length=0) = STATUS_SUCCESS
        ntdll!NtTestAlert() = STATUS_SUCCESS
        ntdll!NtOpenThread(ThreadHandle=@1, DesiredAccess=2097151, ObjectAttributes=NULL, ClientId=NULL) = STATUS_INVALID_PARAMETER_MIX
        ntdll!NtOpenProcess(ProcessHandle=@1, DesiredAccess=2097151, ObjectAttributes=NULL, ClientId=@2) = STATUS_INVALID_CID
        ntdll!NtOpenThread(ThreadHandle=@1, DesiredAccess=2097151, ObjectAttributes=NULL, ClientId=@2) = STATUS_INVALID_CID
        ntdll!NtTerminateThread(ThreadHandle=h3, ExitStatus=1) = STATUS_INVALID_HANDLE
        ntdll!NtGetContextThread(ThreadHandle=h2, ThreadContext=NULL) = STATUS_ACCESS_VIOLATION
        ntdll!NtCreateThreadEx(ThreadHandle=@1, DesiredAccess=2097151, ObjectAttributes=NULL, ProcessHandle=0xffffffffffffffff, StartRoutine=@3, Argument=NULL, CreateFlags=0, ZeroBits=0, StackSize=0, MaximumStackSize=0, AttributeList=@4) = STATUS_INVALID_PARAMETER
        ");
    }
}
