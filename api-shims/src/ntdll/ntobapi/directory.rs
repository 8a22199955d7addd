//! Directories and symbolic links of the object namespace.

use abi::{BOOLEAN, Guest, HANDLE, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::object::{Directory, Listed, SymbolicLink, directory, symbolic_link};

use super::object::write_text;
use crate::ntdll::ntexapi::open;
use crate::ntdll::structs::{Attributes, OBJECT_ATTRIBUTES, UNICODE_STRING, aligned};
use crate::ntdll::winternl::{create, create_with};

abi::guest_struct! {
    /// What is in a directory.
    pub(in crate::ntdll) struct OBJECT_DIRECTORY_INFORMATION {
        Name: UNICODE_STRING,
        TypeName: UNICODE_STRING,
    }
}

/// Makes a directory, or opens the one of this name.
#[shim(full)]
pub(in crate::ntdll) fn NtCreateDirectoryObject(
    cx: &Cx,
    DirectoryHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NTSTATUS {
    let make = |attributes: &Attributes| cx.process.names.create_directory(attributes.name_to_make(cx)?.as_ref());
    create_with(cx, DirectoryHandle, ObjectAttributes, directory::MAPPING, DesiredAccess, make)
}

/// Makes a directory that shows what another one has, or opens the one of this name.
#[shim(partial = "no shadow directories")]
pub(in crate::ntdll) fn NtCreateDirectoryObjectEx(
    cx: &Cx,
    DirectoryHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    ShadowDirectoryHandle: HANDLE,
    Flags: u32,
) -> NTSTATUS {
    if !ShadowDirectoryHandle.is_null() {
        return NTSTATUS::STATUS_NOT_SUPPORTED;
    }
    if Flags != 0 {
        return NTSTATUS::STATUS_INVALID_PARAMETER;
    }
    let make = |attributes: &Attributes| cx.process.names.create_directory(attributes.name_to_make(cx)?.as_ref());
    create_with(cx, DirectoryHandle, ObjectAttributes, directory::MAPPING, DesiredAccess, make)
}

/// Opens the directory of a name.
#[shim(full)]
pub(in crate::ntdll) fn NtOpenDirectoryObject(
    cx: &Cx,
    DirectoryHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<Directory>(cx, DirectoryHandle, DesiredAccess, ObjectAttributes, directory::MAPPING)
}

/// Lists what is in a directory, from where the last call has ended.
#[shim(partial = "names longer than 382 characters that other processes have made are not listed")]
pub(in crate::ntdll) fn NtQueryDirectoryObject(
    cx: &Cx,
    DirectoryHandle: HANDLE,
    Buffer: Ptr<u8>,
    Length: u32,
    ReturnSingleEntry: BOOLEAN,
    RestartScan: BOOLEAN,
    Context: Ptr<u32>,
    ReturnLength: Out<u32>,
) -> NTSTATUS {
    let work = || -> NtResult<NTSTATUS> {
        aligned(Buffer)?;
        let start = if RestartScan.0 { 0 } else { Context.read()? };
        let directory = cx.process.handles.get::<Directory>(DirectoryHandle, directory::QUERY)?;
        let all = cx.process.names.list(&directory)?;
        let rest = all.get(start as usize..).filter(|rest| !rest.is_empty()).ok_or(NTSTATUS::STATUS_NO_MORE_ENTRIES)?;
        let rest = if ReturnSingleEntry.0 { &rest[..1] } else { rest };
        // A last entry of zeros closes the list.
        let (entry, end) = (OBJECT_DIRECTORY_INFORMATION::layout(Buffer.width()).size, Length as usize);
        let mut size = entry;
        let fits = |listed: &&Listed| {
            let grown = size + entry + text_size(listed);
            let fits = grown <= end;
            size = if fits { grown } else { size };
            fits
        };
        let count = rest.iter().take_while(fits).count();
        let Some(shown) = rest.get(..count).filter(|shown| !shown.is_empty()) else {
            ReturnLength.set_opt((entry * 2 + text_size(&rest[0])) as u32)?;
            return Err(NTSTATUS::STATUS_BUFFER_TOO_SMALL);
        };
        write_entries(Buffer, shown)?;
        Context.write(&(start + count as u32))?;
        ReturnLength.set_opt(size as u32)?;
        let more = !ReturnSingleEntry.0 && count < rest.len();
        Ok(if more { NTSTATUS::STATUS_MORE_ENTRIES } else { NTSTATUS::STATUS_SUCCESS })
    };
    work().unwrap_or_else(|status| status)
}

/// Bytes that the texts of an entry take.
fn text_size(listed: &Listed) -> usize {
    2 * (listed.name.len() + 1 + listed.kind.name().len() + 1)
}

/// Writes entries, one of zeros, and then their texts.
fn write_entries(to: Ptr<u8>, shown: &[Listed]) -> NtResult<()> {
    let entry = OBJECT_DIRECTORY_INFORMATION::layout(to.width()).size as u64;
    let mut text = to.byte_offset(entry * (shown.len() as u64 + 1)).cast::<u16>();
    let mut string = to.cast::<UNICODE_STRING>();
    for listed in shown {
        let kind: Vec<u16> = listed.kind.name().encode_utf16().collect();
        for units in [&listed.name, &kind] {
            write_text(string, text, units)?;
            string = string.offset(1);
            text = text.offset(units.len() + 1);
        }
    }
    let zeros = OBJECT_DIRECTORY_INFORMATION { Name: UNICODE_STRING::default(), TypeName: UNICODE_STRING::default() };
    Ok(string.cast().write(&zeros)?)
}

/// Makes a symbolic link, or opens the one of this name.
#[shim(full)]
pub(in crate::ntdll) fn NtCreateSymbolicLinkObject(
    cx: &Cx,
    LinkHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
    LinkTarget: Ptr<UNICODE_STRING>,
) -> NTSTATUS {
    let target = || -> NtResult<_> {
        aligned(LinkTarget)?;
        let target = LinkTarget.read()?;
        if target.Length % 2 != 0 || target.Length > target.MaximumLength || target.Length == 0 {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        Ok(target.text()?)
    };
    let target = match target() {
        Ok(target) => target,
        Err(status) => return status,
    };
    create(cx, LinkHandle, ObjectAttributes, symbolic_link::MAPPING, DesiredAccess, |place| {
        SymbolicLink::new_in(place, &target)
    })
}

/// Opens the symbolic link of a name.
#[shim(full)]
pub(in crate::ntdll) fn NtOpenSymbolicLinkObject(
    cx: &Cx,
    LinkHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<SymbolicLink>(cx, LinkHandle, DesiredAccess, ObjectAttributes, symbolic_link::MAPPING)
}

/// Tells where a symbolic link leads.
#[shim(full)]
pub(in crate::ntdll) fn NtQuerySymbolicLinkObject(
    cx: &Cx,
    LinkHandle: HANDLE,
    LinkTarget: Ptr<UNICODE_STRING>,
    ReturnedLength: Out<u32>,
) -> NtResult<()> {
    aligned(LinkTarget)?;
    let string = LinkTarget.read()?;
    let link = cx.process.handles.get::<SymbolicLink>(LinkHandle, symbolic_link::QUERY)?;
    let target = link.target();
    let bytes = 2 * target.len();
    // With a length to tell, a closing zero is written, and asked for.
    let told = ReturnedLength.opt().is_some();
    let needed = bytes + if told { 2 } else { 0 };
    ReturnedLength.set_opt(needed as u32)?;
    if usize::from(string.MaximumLength) < needed {
        return Err(NTSTATUS::STATUS_BUFFER_TOO_SMALL);
    }
    string.Buffer.write_slice(target)?;
    if told {
        string.Buffer.offset(target.len()).write(&0)?;
    }
    Ok(LinkTarget.write(&UNICODE_STRING { Length: bytes as u16, ..string })?)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    #[test]
    fn a_directory_is_listed_as_far_as_there_is_room() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (at, buffer) = (guest.buffer(8), guest.buffer(512));
            let (context, length) = (guest.buffer(4), guest.buffer(4));
            guest.call("ntdll!NtCreateDirectoryObject", &[at, 0xf_000f, 0]);
            let directory = guest.read::<u64>(at);
            for letter in ["a", "b"] {
                let text = guest.wide(letter);
                let name = guest.bytes(&[[2u64 | 2 << 16, text].map(u64::to_le_bytes)].concat().concat());
                let attributes = [48, directory, name, 0, 0, 0].map(u64::to_le_bytes).concat();
                guest.call("ntdll!NtCreateDirectoryObject", &[at, 0xf_000f, guest.bytes(&attributes)]);
            }
            let list = |size: u64, single: u64, restart: u64| {
                guest.call("ntdll!NtQueryDirectoryObject", &[directory, buffer, size, single, restart, context, length])
            };
            // Two entries of 32 bytes, and their texts of 4 and 20.
            for (size, single, restart) in [(87, 0, 1), (88, 0, 1), (512, 0, 0), (512, 0, 0), (512, 1, 1), (144, 0, 1)]
            {
                list(size, single, restart);
            }
            guest.call("ntdll!NtQueryDirectoryObject", &[directory, buffer + 1, 512, 0, 1, context, length]);
            guest.call("ntdll!NtQueryDirectoryObject", &[directory, 16, 512, 0, 1, context, length]);
        });
        assert_snapshot!(trace, @r"
        ntdll!NtCreateDirectoryObject(DirectoryHandle=&h1, DesiredAccess=983055, ObjectAttributes=NULL) = STATUS_SUCCESS
        ntdll!NtCreateDirectoryObject(DirectoryHandle=&h2, DesiredAccess=983055, ObjectAttributes=@2) = STATUS_SUCCESS
        ntdll!NtCreateDirectoryObject(DirectoryHandle=&h3, DesiredAccess=983055, ObjectAttributes=@3) = STATUS_SUCCESS
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@4, Length=87, ReturnSingleEntry=FALSE, RestartScan=TRUE, Context=@5, ReturnLength=@6) = STATUS_BUFFER_TOO_SMALL
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@4, Length=88, ReturnSingleEntry=FALSE, RestartScan=TRUE, Context=@5, ReturnLength=&88) = STATUS_MORE_ENTRIES
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@4, Length=512, ReturnSingleEntry=FALSE, RestartScan=FALSE, Context=@5, ReturnLength=&88) = STATUS_SUCCESS
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@4, Length=512, ReturnSingleEntry=FALSE, RestartScan=FALSE, Context=@5, ReturnLength=@6) = STATUS_NO_MORE_ENTRIES
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@4, Length=512, ReturnSingleEntry=TRUE, RestartScan=TRUE, Context=@5, ReturnLength=&88) = STATUS_SUCCESS
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@4, Length=144, ReturnSingleEntry=FALSE, RestartScan=TRUE, Context=@5, ReturnLength=&144) = STATUS_SUCCESS
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@7, Length=512, ReturnSingleEntry=FALSE, RestartScan=TRUE, Context=@5, ReturnLength=@6) = STATUS_DATATYPE_MISALIGNMENT
        ntdll!NtQueryDirectoryObject(DirectoryHandle=h1, Buffer=@8, Length=512, ReturnSingleEntry=FALSE, RestartScan=TRUE, Context=@5, ReturnLength=@6) = STATUS_ACCESS_VIOLATION
        ");
    }
}
