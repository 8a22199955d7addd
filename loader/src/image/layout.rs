//! What Windows demands of an image's layout, and bounds on what a hostile one can cost.

use super::{FileCharacteristics, Headers, ImageError, ImageErrorKind, PAGE, Section};
use crate::bytes::align_up;

/// The largest image that is mapped, in bytes of address space.
pub(crate) const MAX_IMAGE_SIZE: u32 = 0x8000_0000;

/// Bytes that sections may share in the file before the image is refused: alignment padding, never whole sections.
const SHARED_SLACK: u64 = 0x1_0000;

/// Checks headers and sections against each other. The rules are those of the PE format's specification
/// (<https://learn.microsoft.com/windows/win32/debug/pe-format>).
pub(super) fn check(bytes: &[u8], headers: &Headers, sections: &[Section]) -> Result<(), ImageError> {
    check_alignment(headers)?;
    let size = headers.size_of_image;
    if size == 0 || size > MAX_IMAGE_SIZE {
        return Err(ImageError::invalid(format!("the image size is {size:#x}; 1 byte to 2 GiB are possible")));
    }
    let length = bytes.len() as u64;
    if u64::from(headers.size_of_headers) > length {
        let needed = headers.size_of_headers.into();
        return Err(ImageErrorKind::Truncated { what: "the headers".to_owned(), needed, length }.into());
    }
    if headers.size_of_headers > size {
        return Err(ImageError::invalid("the headers are larger than the image"));
    }
    if headers.entry >= size {
        return Err(ImageError::invalid(format!("the entry point {:#x} is outside the image", headers.entry)));
    }
    check_sections(headers, sections, length)
}

fn check_alignment(headers: &Headers) -> Result<(), ImageError> {
    let (section, file) = (headers.section_alignment, headers.file_alignment);
    if !section.is_power_of_two() || !file.is_power_of_two() {
        return Err(ImageError::invalid(format!("alignments {section:#x} and {file:#x} are not powers of two")));
    }
    if file > section {
        return Err(ImageError::invalid(format!(
            "the file alignment {file:#x} exceeds the section alignment {section:#x}"
        )));
    }
    if section > MAX_IMAGE_SIZE {
        return Err(ImageError::invalid(format!("the section alignment is {section:#x}")));
    }
    Ok(())
}

fn check_sections(headers: &Headers, sections: &[Section], file_length: u64) -> Result<(), ImageError> {
    // No page holds two things: each is protected as its section says.
    let unit = u64::from(headers.section_alignment.min(PAGE));
    let image_end = align_up(headers.size_of_image.into(), PAGE.into()).unwrap_or_default();
    let mut end = align_up(headers.size_of_headers.into(), unit).unwrap_or_default();
    let mut in_file = 0;
    for section in sections {
        let (name, rva) = (&section.name, section.rva);
        if rva % headers.section_alignment != 0 {
            return Err(ImageError::invalid(format!("section {name} is not aligned: it begins at {rva:#x}")));
        }
        if u64::from(rva) < end {
            return Err(ImageError::invalid(format!("section {name} at {rva:#x} overlaps what is before it")));
        }
        end = align_up(u64::from(rva) + u64::from(section.extent()), unit).unwrap_or(u64::MAX);
        if end > image_end {
            return Err(ImageError::invalid(format!("section {name} ends at {end:#x}, the image at {image_end:#x}")));
        }
        in_file += u64::from(section.file_backed());
    }
    if in_file > file_length + SHARED_SLACK {
        return Err(ImageError::invalid("sections overlap in the file"));
    }
    Ok(())
}

/// Checks what mapping needs and describing does not.
pub(super) fn check_mappable(headers: &Headers) -> Result<(), ImageError> {
    if headers.section_alignment < PAGE {
        let alignment = headers.section_alignment;
        return Err(ImageError::invalid(format!("sections are aligned to {alignment:#x} bytes, less than a page")));
    }
    Ok(())
}

/// Checks what running needs and mapping does not.
pub(super) fn check_runnable(headers: &Headers) -> Result<(), ImageError> {
    if !headers.is_64bit {
        return Err(ImageError::invalid("it is for x86-64 but has 32-bit headers"));
    }
    if !headers.image_base.is_multiple_of(0x1_0000) {
        let base = headers.image_base;
        return Err(ImageError::invalid(format!("the image base {base:#x} is not a multiple of 64 KiB")));
    }
    // Linkers leave the mark out when they met errors.
    if !headers.characteristics.contains(FileCharacteristics::EXECUTABLE_IMAGE) {
        return Err(ImageError::invalid("it is not marked as executable; its linker may have failed"));
    }
    check_mappable(headers)
}
