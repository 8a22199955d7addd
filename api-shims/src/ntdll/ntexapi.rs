//! ntexapi.h: keyed events. A header that Microsoft does not publish; the names are those of its symbols.

use std::sync::Arc;

use abi::{BOOLEAN, HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::sync::keyed_event::{self, KeyedEvent, Side};

use super::structs::{Attributes, OBJECT_ATTRIBUTES};
use super::winternl::{create, finish, timeout};

/// Makes a keyed event, or opens the one of this name.
#[shim(partial = "names are known in this process only, and no folder but BaseNamedObjects")]
pub(super) fn NtCreateKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    Flags: u32,
) -> NTSTATUS {
    // "Reserved": it must be 0.
    if Flags != 0 {
        return NTSTATUS::STATUS_INVALID_PARAMETER_4;
    }
    create(cx, KeyedEventHandle, ObjectAttributes, keyed_event::MAPPING, DesiredAccess, |_| Ok(KeyedEvent::new()))
}

/// Opens the keyed event of a name.
#[shim(partial = "names are known in this process only, and no folder but BaseNamedObjects")]
pub(super) fn NtOpenKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    KeyedEventHandle.set(HANDLE::NULL)?;
    let attributes = Attributes::read(ObjectAttributes)?;
    let event = cx.process.names.open::<KeyedEvent>(&attributes.name)?;
    let access = keyed_event::MAPPING.map(DesiredAccess);
    Ok(KeyedEventHandle.set(cx.process.handles.insert(event, access, attributes.flags)?)?)
}

/// Lets one thread that waits for a key go on, waiting for one to come.
#[shim(full)]
pub(super) fn NtReleaseKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: HANDLE,
    KeyValue: Ptr<u8>,
    Alertable: BOOLEAN,
    Timeout: Ptr<i64>,
) -> NTSTATUS {
    meet(cx, KeyedEventHandle, KeyValue, Side::Release, Alertable, Timeout).unwrap_or_else(|status| status)
}

/// Waits for a key to be released.
#[shim(full)]
pub(super) fn NtWaitForKeyedEvent(
    cx: &Cx,
    KeyedEventHandle: HANDLE,
    KeyValue: Ptr<u8>,
    Alertable: BOOLEAN,
    Timeout: Ptr<i64>,
) -> NTSTATUS {
    meet(cx, KeyedEventHandle, KeyValue, Side::Wait, Alertable, Timeout).unwrap_or_else(|status| status)
}

fn meet(cx: &Cx, handle: HANDLE, key: Ptr<u8>, side: Side, alertable: BOOLEAN, limit: Ptr<i64>) -> NtResult<NTSTATUS> {
    if key.address() & 1 != 0 {
        return Err(NTSTATUS::STATUS_INVALID_PARAMETER_1);
    }
    let limit = timeout(limit)?;
    let required = if side == Side::Wait { keyed_event::WAIT } else { keyed_event::WAKE };
    let woken = {
        // The system's own stands behind no handle.
        let event: Arc<KeyedEvent> = match handle {
            HANDLE::NULL => Arc::clone(&cx.process.keyed_event),
            handle => cx.process.handles.get(handle, required)?,
        };
        event.meet(cx.thread.object().waiter(), key.address(), side, alertable.0, limit)?
    };
    Ok(finish(cx, woken))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn nobody_is_released_who_does_not_wait() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (at, soon) = (guest.buffer(8), guest.bytes(&(-1000i64).to_le_bytes()));
            guest.call("ntdll!NtCreateKeyedEvent", &[at, 0xf_0003, 0, 1]);
            guest.call("ntdll!NtCreateKeyedEvent", &[at, 1, 0, 0]);
            let event = abi::fault::load_u64(at).unwrap();
            guest.call("ntdll!NtWaitForKeyedEvent", &[event, 0x1000, 0, soon]);
            guest.call("ntdll!NtWaitForKeyedEvent", &[event, 0x1001, 0, soon]);
            guest.call("ntdll!NtReleaseKeyedEvent", &[event, 0x1000, 0, soon]);
            guest.call("ntdll!NtReleaseKeyedEvent", &[0, 0x1000, 0, soon]);
            guest.call("ntdll!NtReleaseKeyedEvent", &[0x1238, 0x1000, 0, soon]);
            guest.call("ntdll!NtOpenKeyedEvent", &[at, 1, 0]);
            guest.call("ntdll!NtClose", &[event]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtCreateKeyedEvent(KeyedEventHandle=@1, DesiredAccess=983043, ObjectAttributes=NULL, Flags=1) = STATUS_INVALID_PARAMETER_4
        ntdll!NtCreateKeyedEvent(KeyedEventHandle=&h1, DesiredAccess=1, ObjectAttributes=NULL, Flags=0) = STATUS_SUCCESS
        ntdll!NtWaitForKeyedEvent(KeyedEventHandle=h1, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_TIMEOUT
        ntdll!NtWaitForKeyedEvent(KeyedEventHandle=h1, KeyValue=@4, Alertable=FALSE, Timeout=@3) = STATUS_INVALID_PARAMETER_1
        ntdll!NtReleaseKeyedEvent(KeyedEventHandle=h1, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_ACCESS_DENIED
        ntdll!NtReleaseKeyedEvent(KeyedEventHandle=0x0, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_TIMEOUT
        ntdll!NtReleaseKeyedEvent(KeyedEventHandle=h2, KeyValue=@2, Alertable=FALSE, Timeout=@3) = STATUS_INVALID_HANDLE
        ntdll!NtOpenKeyedEvent(KeyedEventHandle=@1, DesiredAccess=1, ObjectAttributes=NULL) = STATUS_OBJECT_NAME_INVALID
        ntdll!NtClose(Handle=h1) = STATUS_SUCCESS
        ");
    }
}
