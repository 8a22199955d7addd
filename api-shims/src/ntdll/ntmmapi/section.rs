//! Sections that are there.

use abi::{Guest, HANDLE, InOut, NTSTATUS, NtResult, Out, Ptr, shim};
use syscall_xlate::Cx;
use syscall_xlate::section::{self, Section};

use crate::ntdll::ntexapi::open;
use crate::ntdll::structs::{OBJECT_ATTRIBUTES, aligned};

abi::choices! {
    /// What `NtQuerySection` tells.
    pub(in crate::ntdll) struct SECTION_INFORMATION_CLASS: u32 {
        SectionBasicInformation = 0;
        SectionImageInformation = 1;
    }
}

abi::guest_struct! {
    /// A section in short.
    struct SECTION_BASIC_INFORMATION {
        BaseAddress: Ptr<u8>,
        AllocationAttributes: u32,
        MaximumSize: i64,
    }
}

/// Opens the section of a name.
#[shim(full)]
pub(in crate::ntdll) fn NtOpenSection(
    cx: &Cx,
    SectionHandle: Out<HANDLE>,
    DesiredAccess: u32,
    ObjectAttributes: Ptr<OBJECT_ATTRIBUTES>,
) -> NtResult<()> {
    open::<Section>(cx, SectionHandle, DesiredAccess, ObjectAttributes, section::MAPPING)
}

/// Tells how large a section is, and how it was made.
#[shim(partial = "there are no sections of images")]
pub(in crate::ntdll) fn NtQuerySection(
    cx: &Cx,
    SectionHandle: HANDLE,
    SectionInformationClass: SECTION_INFORMATION_CLASS,
    SectionInformation: Ptr<u8>,
    SectionInformationLength: usize,
    ReturnLength: Out<usize>,
) -> NtResult<()> {
    use SECTION_INFORMATION_CLASS as Class;
    aligned(SectionInformation)?;
    // SECTION_IMAGE_INFORMATION has 64 bytes.
    let size = match SectionInformationClass {
        Class::SectionBasicInformation => SECTION_BASIC_INFORMATION::layout(SectionInformation.width()).size,
        Class::SectionImageInformation => 64,
        _ => return Err(NTSTATUS::STATUS_INVALID_INFO_CLASS),
    };
    if SectionInformationLength < size {
        return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH);
    }
    let section = cx.process.handles.get::<Section>(SectionHandle, section::QUERY)?;
    if matches!(SectionInformationClass, Class::SectionImageInformation) {
        return Err(NTSTATUS::STATUS_SECTION_NOT_IMAGE);
    }
    SectionInformation.cast().write(&SECTION_BASIC_INFORMATION {
        BaseAddress: Ptr::NULL,
        AllocationAttributes: section.flags().bits(),
        MaximumSize: section.size() as i64,
    })?;
    Ok(ReturnLength.set_opt(size)?)
}

/// Makes a section of a file larger, and the file with it.
#[shim(full)]
pub(in crate::ntdll) fn NtExtendSection(cx: &Cx, SectionHandle: HANDLE, NewSectionSize: InOut<i64>) -> NtResult<()> {
    let size = u64::try_from(NewSectionSize.read()?).map_err(|_| NTSTATUS::STATUS_SECTION_TOO_BIG)?;
    let section = cx.process.handles.get::<Section>(SectionHandle, section::EXTEND_SIZE)?;
    Ok(NewSectionSize.set(section.extend(size)? as i64)?)
}
