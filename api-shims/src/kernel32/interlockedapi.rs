//! interlockedapi.h: interlocked singly linked lists.

use abi::{Ptr, Raises, shim};
use syscall_xlate::sync::slist;

/// `SLIST_HEADER`
pub(super) enum SLIST_HEADER {}
/// `SLIST_ENTRY`
pub(super) enum SLIST_ENTRY {}

/// Makes a list empty.
#[shim(full)]
pub(super) fn InitializeSListHead(ListHead: Ptr<SLIST_HEADER>) -> Raises<()> {
    Ok(slist::initialize(ListHead.address())?)
}

/// Takes all entries of a list and gives the first one.
#[shim(full)]
pub(super) fn InterlockedFlushSList(ListHead: Ptr<SLIST_HEADER>) -> Raises<Ptr<SLIST_ENTRY>> {
    Ok(Ptr::at(slist::flush(ListHead.address())?))
}

/// Takes the first entry of a list.
#[shim(full)]
pub(super) fn InterlockedPopEntrySList(ListHead: Ptr<SLIST_HEADER>) -> Raises<Ptr<SLIST_ENTRY>> {
    Ok(Ptr::at(slist::pop(ListHead.address())?))
}

/// Puts an entry in front of a list and gives the one that was first.
#[shim(full)]
pub(super) fn InterlockedPushEntrySList(
    ListHead: Ptr<SLIST_HEADER>,
    ListEntry: Ptr<SLIST_ENTRY>,
) -> Raises<Ptr<SLIST_ENTRY>> {
    Ok(Ptr::at(slist::push(ListHead.address(), ListEntry.address(), ListEntry.address(), 1)?))
}

/// Puts several linked entries in front of a list and gives the one that was first.
#[shim(full)]
pub(super) fn InterlockedPushListSListEx(
    ListHead: Ptr<SLIST_HEADER>,
    List: Ptr<SLIST_ENTRY>,
    ListEnd: Ptr<SLIST_ENTRY>,
    Count: u32,
) -> Raises<Ptr<SLIST_ENTRY>> {
    Ok(Ptr::at(slist::push(ListHead.address(), List.address(), ListEnd.address(), Count)?))
}

/// Gives the number of entries of a list.
#[shim(full)]
pub(super) fn QueryDepthSList(ListHead: Ptr<SLIST_HEADER>) -> Raises<u16> {
    Ok(slist::depth(ListHead.address())?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn the_last_entry_pushed_is_popped_first() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let [list, first, second] = [guest.buffer(16), guest.buffer(16), guest.buffer(16)];
            guest.call("kernel32!InitializeSListHead", &[list]);
            guest.call("kernel32!InterlockedPushEntrySList", &[list, first]);
            guest.call("kernel32!InterlockedPushEntrySList", &[list, second]);
            guest.call("kernel32!QueryDepthSList", &[list]);
            assert_eq!(guest.call("kernel32!InterlockedPopEntrySList", &[list]), second);
            assert_eq!(guest.call("kernel32!InterlockedFlushSList", &[list]), first);
        });
        assert_snapshot!(trace, @r"
        kernel32!InitializeSListHead(ListHead=@1)
        kernel32!InterlockedPushEntrySList(ListHead=@1, ListEntry=@2) = NULL
        kernel32!InterlockedPushEntrySList(ListHead=@1, ListEntry=@3) = @2
        kernel32!QueryDepthSList(ListHead=@1) = 2
        kernel32!InterlockedPopEntrySList(ListHead=@1) = @3
        kernel32!InterlockedFlushSList(ListHead=@1) = @2
        ");
    }
}
