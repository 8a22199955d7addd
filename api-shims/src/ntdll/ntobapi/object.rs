//! What is asked of any handle.

use abi::{Guest, HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::access::DELETE;
use syscall_xlate::object::{Duplication, HandleFlags, HandleInfo, Kind};

use crate::ntdll::structs::{INHERIT, PROTECT_CLOSE, UNICODE_STRING, aligned};

abi::choices! {
    /// What `NtQueryObject` tells.
    pub(in crate::ntdll) struct OBJECT_INFORMATION_CLASS: u32 {
        ObjectBasicInformation = 0;
        ObjectNameInformation = 1;
        ObjectTypeInformation = 2;
        ObjectTypesInformation = 3;
        ObjectHandleFlagInformation = 4;
    }
}

abi::flags! {
    /// How `NtDuplicateObject` does it.
    pub(in crate::ntdll) struct DUPLICATE: u32 {
        DUPLICATE_CLOSE_SOURCE = 1;
        DUPLICATE_SAME_ACCESS = 2;
        DUPLICATE_SAME_ATTRIBUTES = 4;
    }
}

abi::guest_struct! {
    /// A handle and its object in short.
    struct OBJECT_BASIC_INFORMATION {
        Attributes: u32,
        GrantedAccess: u32,
        HandleCount: u32,
        PointerCount: u32,
        PagedPoolCharge: u32,
        NonPagedPoolCharge: u32,
        Reserved: [u32; 3],
        NameInfoSize: u32,
        TypeInfoSize: u32,
        SecurityDescriptorSize: u32,
        CreationTime: i64,
    }

    /// A type of objects.
    struct OBJECT_TYPE_INFORMATION {
        TypeName: UNICODE_STRING,
        TotalNumberOfObjects: u32,
        TotalNumberOfHandles: u32,
        TotalPools: [u32; 4],
        HighWaterNumberOfObjects: u32,
        HighWaterNumberOfHandles: u32,
        HighWaterPools: [u32; 4],
        InvalidAttributes: u32,
        GenericMapping: [u32; 4],
        ValidAccessMask: u32,
        SecurityRequired: u8,
        MaintainHandleCount: u8,
        TypeIndex: u8,
        ReservedByte: u8,
        PoolType: u32,
        DefaultPagedPoolCharge: u32,
        DefaultNonPagedPoolCharge: u32,
    }

    /// A handle's flags.
    struct OBJECT_HANDLE_FLAG_INFORMATION {
        Inherit: u8,
        ProtectFromClose: u8,
    }
}

/// Tells something about a handle's object.
#[shim(
    partial = "basic facts, name, type and handle flags; handles of other processes are not counted, and no pool is; types are not listed"
)]
pub(in crate::ntdll) fn NtQueryObject(
    cx: &Cx,
    Handle: HANDLE,
    ObjectInformationClass: OBJECT_INFORMATION_CLASS,
    ObjectInformation: Ptr<u8>,
    ObjectInformationLength: u32,
    ReturnLength: Out<u32>,
) -> NtResult<()> {
    use OBJECT_INFORMATION_CLASS as Class;
    let (to, length, returned) = (ObjectInformation, ObjectInformationLength, ReturnLength);
    match ObjectInformationClass {
        Class::ObjectBasicInformation => {
            aligned(to)?;
            check::<OBJECT_BASIC_INFORMATION>(to, length, returned)?;
            Ok(to.cast().write(&basic(cx, Handle)?)?)
        }
        Class::ObjectNameInformation => {
            aligned(to)?;
            name(cx, Handle, to, length, returned)
        }
        Class::ObjectTypeInformation => {
            aligned(to)?;
            object_type(cx, Handle, to, length, returned)
        }
        Class::ObjectHandleFlagInformation => {
            check::<OBJECT_HANDLE_FLAG_INFORMATION>(to, length, returned)?;
            let flags = handle_info(cx, Handle)?.flags;
            Ok(to.cast().write(&OBJECT_HANDLE_FLAG_INFORMATION {
                Inherit: flags.contains(HandleFlags::INHERIT).into(),
                ProtectFromClose: flags.contains(HandleFlags::PROTECT_FROM_CLOSE).into(),
            })?)
        }
        _ => Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    }
}

/// Refuses a buffer in which a `T` has no room; its size is told in any case.
fn check<T: Guest>(buffer: Ptr<u8>, length: u32, returned: Out<u32>) -> NtResult<()> {
    let size = T::layout(buffer.width()).size as u32;
    returned.set_opt(size)?;
    if length >= size { Ok(()) } else { Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH) }
}

/// What is known of a handle; of the two that stand for the caller, all rights.
fn handle_info(cx: &Cx, handle: HANDLE) -> NtResult<HandleInfo> {
    match handle {
        HANDLE::CURRENT_PROCESS | HANDLE::CURRENT_THREAD => {
            let kind = cx.object(handle, 0)?.kind();
            Ok(HandleInfo { handle, kind, access: kind.mapping().all, flags: HandleFlags::empty() })
        }
        handle => cx.process.handles.info(handle),
    }
}

fn basic(cx: &Cx, handle: HANDLE) -> NtResult<OBJECT_BASIC_INFORMATION> {
    let (info, object) = (handle_info(cx, handle)?, cx.object(handle, 0)?);
    let has = |flag, bit| if info.flags.contains(flag) { bit } else { 0 };
    let handles = cx.process.handles.count_of(&object);
    let path = cx.object_path(handle)?;
    let name = path.map_or(0, |path| UNICODE_STRING::layout(abi::Width::W64).size + 2 * path.len() + 2);
    Ok(OBJECT_BASIC_INFORMATION {
        Attributes: has(HandleFlags::INHERIT, INHERIT) | has(HandleFlags::PROTECT_FROM_CLOSE, PROTECT_CLOSE),
        GrantedAccess: info.access,
        HandleCount: handles,
        // One more: this call's own.
        PointerCount: handles + 1,
        PagedPoolCharge: 0,
        NonPagedPoolCharge: 0,
        Reserved: [0; 3],
        NameInfoSize: name as u32,
        TypeInfoSize: type_size(info.kind) as u32,
        SecurityDescriptorSize: 0,
        CreationTime: 0,
    })
}

/// Writes the path of an object, behind a string that describes it; an object without a name has an empty one.
fn name(cx: &Cx, handle: HANDLE, to: Ptr<u8>, length: u32, returned: Out<u32>) -> NtResult<()> {
    let head = UNICODE_STRING::layout(to.width()).size;
    let mut path = cx.object_path(handle)?.unwrap_or_default();
    // As far as a string counts.
    path.truncate(0x7ffe);
    let bytes = 2 * path.len();
    let size = if bytes == 0 { head } else { head + bytes + 2 };
    returned.set_opt(size as u32)?;
    if (length as usize) < size {
        return Err(match (length as usize) < head {
            true => NTSTATUS::STATUS_INFO_LENGTH_MISMATCH,
            false => NTSTATUS::STATUS_BUFFER_OVERFLOW,
        });
    }
    if bytes == 0 {
        return Ok(to.cast().write(&UNICODE_STRING::default())?);
    }
    write_text(to.cast(), to.byte_offset(head as u64).cast(), &path)
}

/// Writes a string, and its text with a closing zero elsewhere.
pub(super) fn write_text(string: Ptr<UNICODE_STRING>, at: Ptr<u16>, text: &[u16]) -> NtResult<()> {
    let bytes = (2 * text.len()) as u16;
    string.write(&UNICODE_STRING { Length: bytes, MaximumLength: bytes + 2, Buffer: at })?;
    let units: Vec<u16> = text.iter().copied().chain([0]).collect();
    Ok(at.write_slice(&units)?)
}

/// Bytes that what is told of a type takes.
fn type_size(kind: Kind) -> usize {
    let layout = OBJECT_TYPE_INFORMATION::layout(abi::Width::W64);
    (layout.size + 2 * kind.name().len() + 2).next_multiple_of(layout.align)
}

fn object_type(cx: &Cx, handle: HANDLE, to: Ptr<u8>, length: u32, returned: Out<u32>) -> NtResult<()> {
    let kind = cx.object(handle, 0)?.kind();
    let size = type_size(kind);
    returned.set_opt(size as u32)?;
    if (length as usize) < size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    let (found, mapping) = (cx.process.handles.type_information(kind), kind.mapping());
    let text = to.byte_offset(OBJECT_TYPE_INFORMATION::layout(to.width()).size as u64).cast::<u16>();
    to.cast().write(&OBJECT_TYPE_INFORMATION {
        TypeName: UNICODE_STRING::default(),
        TotalNumberOfObjects: found.objects,
        TotalNumberOfHandles: found.handles,
        TotalPools: [0; 4],
        HighWaterNumberOfObjects: found.objects,
        HighWaterNumberOfHandles: found.handles,
        HighWaterPools: [0; 4],
        InvalidAttributes: 0,
        GenericMapping: [mapping.read, mapping.write, mapping.execute, mapping.all],
        ValidAccessMask: kind.valid_access(),
        SecurityRequired: 0,
        MaintainHandleCount: 0,
        TypeIndex: 0,
        ReservedByte: 0,
        PoolType: 0,
        DefaultPagedPoolCharge: 0,
        DefaultNonPagedPoolCharge: 0,
    })?;
    write_text(to.cast(), text, &kind.name().encode_utf16().collect::<Vec<_>>())
}

/// Changes a handle's flags.
#[shim(partial = "handle flags only")]
pub(in crate::ntdll) fn NtSetInformationObject(
    cx: &Cx,
    Handle: HANDLE,
    ObjectInformationClass: OBJECT_INFORMATION_CLASS,
    ObjectInformation: Ptr<u8>,
    ObjectInformationLength: u32,
) -> NtResult<()> {
    if !matches!(ObjectInformationClass, OBJECT_INFORMATION_CLASS::ObjectHandleFlagInformation) {
        return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS);
    }
    let size = OBJECT_HANDLE_FLAG_INFORMATION::layout(ObjectInformation.width()).size;
    if (ObjectInformationLength as usize) < size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    let wanted = ObjectInformation.cast::<OBJECT_HANDLE_FLAG_INFORMATION>().read()?;
    let mut flags = HandleFlags::empty();
    flags.set(HandleFlags::INHERIT, wanted.Inherit != 0);
    flags.set(HandleFlags::PROTECT_FROM_CLOSE, wanted.ProtectFromClose != 0);
    cx.process.handles.set_flags(Handle, HandleFlags::all(), flags)
}

/// Makes another handle to an object.
#[shim(partial = "between processes only where both are the caller's own")]
pub(in crate::ntdll) fn NtDuplicateObject(
    cx: &Cx,
    SourceProcessHandle: HANDLE,
    SourceHandle: HANDLE,
    TargetProcessHandle: HANDLE,
    TargetHandle: Out<HANDLE>,
    DesiredAccess: u32,
    HandleAttributes: u32,
    Options: DUPLICATE,
) -> NtResult<()> {
    TargetHandle.set_opt(HANDLE::NULL)?;
    let mut flags = HandleFlags::empty();
    flags.set(HandleFlags::INHERIT, HandleAttributes & INHERIT != 0);
    flags.set(HandleFlags::PROTECT_FROM_CLOSE, HandleAttributes & PROTECT_CLOSE != 0);
    let made = cx.duplicate(Duplication {
        source_process: SourceProcessHandle,
        source: SourceHandle,
        target_process: TargetProcessHandle,
        access: (!Options.contains(DUPLICATE::DUPLICATE_SAME_ACCESS)).then_some(DesiredAccess),
        flags: (!Options.contains(DUPLICATE::DUPLICATE_SAME_ATTRIBUTES)).then_some(flags),
        closes_source: Options.contains(DUPLICATE::DUPLICATE_CLOSE_SOURCE),
    })?;
    Ok(TargetHandle.set_opt(made)?)
}

/// Tells whether two handles stand for the same object.
#[shim(full)]
pub(in crate::ntdll) fn NtCompareObjects(
    cx: &Cx,
    FirstObjectHandle: HANDLE,
    SecondObjectHandle: HANDLE,
) -> NtResult<()> {
    cx.compare(FirstObjectHandle, SecondObjectHandle)
}

/// Lets an object go with its last handle. Every object does already.
#[shim(stub = "no object is permanent, since nobody holds SeCreatePermanentPrivilege")]
pub(in crate::ntdll) fn NtMakeTemporaryObject(cx: &Cx, Handle: HANDLE) -> NtResult<()> {
    cx.object(Handle, DELETE).map(drop)
}

/// Lets an object stay without a handle.
#[shim(stub = "nobody holds SeCreatePermanentPrivilege, as no user does on Windows: STATUS_PRIVILEGE_NOT_HELD")]
pub(in crate::ntdll) fn NtMakePermanentObject(cx: &Cx, Handle: HANDLE) -> NtResult<()> {
    cx.object(Handle, 0)?;
    Err(NTSTATUS::STATUS_PRIVILEGE_NOT_HELD)
}
#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_handle_that_is_protected_by_its_flags_is_not_closed() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let event = guest.call("kernel32!CreateEventW", &[0, 1, 0, 0]);
            let (protect, free) = (guest.bytes(&[0, 1]), guest.bytes(&[0, 0]));
            guest.call("ntdll!NtSetInformationObject", &[event, 4, protect, 2]);
            guest.call("ntdll!NtClose", &[event]);
            guest.call("ntdll!NtSetInformationObject", &[event, 4, free, 1]);
            guest.call("ntdll!NtSetInformationObject", &[event, 4, free, 2]);
            guest.call("ntdll!NtMakePermanentObject", &[event]);
            guest.call("ntdll!NtQueryObject", &[event, 0, free + 2, 56, 0]);
            guest.call("ntdll!NtQueryObject", &[event, 3, free, 0, 0]);
            guest.call("ntdll!NtClose", &[event]);
            guest.call("ntdll!NtMakePermanentObject", &[event]);
        });
        assert_snapshot!(trace, @r"
        kernel32!CreateEventW(lpEventAttributes=NULL, bManualReset=TRUE, bInitialState=FALSE, lpName=NULL) = h1
        ntdll!NtSetInformationObject(Handle=h1, ObjectInformationClass=ObjectHandleFlagInformation, ObjectInformation=@1, ObjectInformationLength=2) = STATUS_SUCCESS
        ntdll!NtClose(Handle=h1) = STATUS_HANDLE_NOT_CLOSABLE
        ntdll!NtSetInformationObject(Handle=h1, ObjectInformationClass=ObjectHandleFlagInformation, ObjectInformation=@2, ObjectInformationLength=1) = STATUS_INFO_LENGTH_MISMATCH
        ntdll!NtSetInformationObject(Handle=h1, ObjectInformationClass=ObjectHandleFlagInformation, ObjectInformation=@2, ObjectInformationLength=2) = STATUS_SUCCESS
        ntdll!NtMakePermanentObject(Handle=h1) = STATUS_PRIVILEGE_NOT_HELD
        ntdll!NtQueryObject(Handle=h1, ObjectInformationClass=ObjectBasicInformation, ObjectInformation=@3, ObjectInformationLength=56, ReturnLength=NULL) = STATUS_DATATYPE_MISALIGNMENT
        ntdll!NtQueryObject(Handle=h1, ObjectInformationClass=ObjectTypesInformation, ObjectInformation=@2, ObjectInformationLength=0, ReturnLength=NULL) = STATUS_INVALID_INFO_CLASS
        ntdll!NtClose(Handle=h1) = STATUS_SUCCESS
        ntdll!NtMakePermanentObject(Handle=h1) = STATUS_INVALID_HANDLE
        ");
    }

    #[test]
    fn a_source_goes_even_where_nothing_is_made_of_it() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (this, event) = (u64::MAX, guest.call("kernel32!CreateEventW", &[0, 1, 0, 0]));
            let to = guest.buffer(8);
            guest.call("ntdll!NtDuplicateObject", &[this, event, this, to, 0, 3, 6]);
            let other = guest.read::<u64>(to);
            guest.call("ntdll!NtCompareObjects", &[event, other]);
            guest.call("ntdll!NtDuplicateObject", &[this, event, this, 16, 0, 0, 3]);
            guest.call("ntdll!NtDuplicateObject", &[this, event, 0x1230, to, 0, 0, 3]);
            guest.call("ntdll!NtDuplicateObject", &[this, event, this, to, 0, 0, 2]);
            guest.call("ntdll!NtDuplicateObject", &[this, other, 0, 0, 0, 0, 1]);
            guest.call("ntdll!NtClose", &[other]);
        });
        assert_snapshot!(trace, @r"
        kernel32!CreateEventW(lpEventAttributes=NULL, bManualReset=TRUE, bInitialState=FALSE, lpName=NULL) = h1
        ntdll!NtDuplicateObject(SourceProcessHandle=0xffffffffffffffff, SourceHandle=h1, TargetProcessHandle=0xffffffffffffffff, TargetHandle=&h2, DesiredAccess=0, HandleAttributes=3, Options=DUPLICATE_SAME_ACCESS|DUPLICATE_SAME_ATTRIBUTES) = STATUS_SUCCESS
        ntdll!NtCompareObjects(FirstObjectHandle=h1, SecondObjectHandle=h2) = STATUS_SUCCESS
        ntdll!NtDuplicateObject(SourceProcessHandle=0xffffffffffffffff, SourceHandle=h1, TargetProcessHandle=0xffffffffffffffff, TargetHandle=@2, DesiredAccess=0, HandleAttributes=0, Options=DUPLICATE_CLOSE_SOURCE|DUPLICATE_SAME_ACCESS) = STATUS_ACCESS_VIOLATION
        ntdll!NtDuplicateObject(SourceProcessHandle=0xffffffffffffffff, SourceHandle=h1, TargetProcessHandle=h3, TargetHandle=@1, DesiredAccess=0, HandleAttributes=0, Options=DUPLICATE_CLOSE_SOURCE|DUPLICATE_SAME_ACCESS) = STATUS_INVALID_HANDLE
        ntdll!NtDuplicateObject(SourceProcessHandle=0xffffffffffffffff, SourceHandle=h1, TargetProcessHandle=0xffffffffffffffff, TargetHandle=@1, DesiredAccess=0, HandleAttributes=0, Options=DUPLICATE_SAME_ACCESS) = STATUS_INVALID_HANDLE
        ntdll!NtDuplicateObject(SourceProcessHandle=0xffffffffffffffff, SourceHandle=h2, TargetProcessHandle=0x0, TargetHandle=NULL, DesiredAccess=0, HandleAttributes=0, Options=DUPLICATE_CLOSE_SOURCE) = STATUS_SUCCESS
        ntdll!NtClose(Handle=h2) = STATUS_INVALID_HANDLE
        ");
    }
}
