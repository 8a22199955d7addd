//! Images that are refused, and how they are told apart.

use std::path::Path;

use super::super::*;
use super::{image, kind, message};
use crate::testing::{Built, PeBuilder, TEXT_RVA};

fn refusal(builder: &PeBuilder) -> ImageErrorKind {
    image(builder).check_program().expect_err("it cannot run").kind
}

#[test]
fn other_kinds_of_files_are_told_apart() {
    assert_eq!(kind(b"\x7fELF\x02\x01"), ImageErrorKind::NotPe(Foreign::Elf));
    assert_eq!(kind(b"#!/bin/sh\n"), ImageErrorKind::NotPe(Foreign::Script));
    assert_eq!(kind(b"PK\x03\x04"), ImageErrorKind::NotPe(Foreign::Zip));
    assert_eq!(kind([0xcf, 0xfa, 0xed, 0xfe]), ImageErrorKind::NotPe(Foreign::MachO));
    assert_eq!(kind([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]), ImageErrorKind::NotPe(Foreign::Msi));
    assert_eq!(kind(b"M"), ImageErrorKind::NotPe(Foreign::Unknown));
    assert_eq!(message(b"text"), "is not a Windows program (no MZ signature)");
}

/// An MZ header whose newer header begins with `signature`.
fn old_program(signature: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 0x100];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x80;
    bytes[0x80..0x80 + signature.len()].copy_from_slice(signature);
    bytes
}

#[test]
fn older_programs_are_told_apart() {
    assert_eq!(kind(old_program(b"NE")), ImageErrorKind::Ne);
    assert_eq!(kind(old_program(b"LE")), ImageErrorKind::Le);
    assert_eq!(kind(old_program(b"LX")), ImageErrorKind::Le);
    assert_eq!(kind(old_program(b"")), ImageErrorKind::Dos);
}

#[test]
fn an_image_cut_off_anywhere_is_refused_or_whole() {
    let built = PeBuilder::exe().text(&[0x90; 0x300]).build();
    let whole = built.bytes.len();
    for length in 2..whole {
        let error = Image::parse(built.bytes[..length].to_vec()).err().map(|error| error.kind);
        let padding = length >= built.sections[".text"].1 as usize + 0x300;
        match error {
            None => assert!(padding, "{length} of {whole}"),
            Some(ImageErrorKind::Truncated { .. }) => assert!(!padding, "{length} of {whole}"),
            Some(other) => panic!("{length} of {whole}: {other:?}"),
        }
    }
    let cut = built.truncate(0x300).bytes;
    assert_eq!(message(cut), "the file is truncated: section .text ends at byte 1280, the file at 768; copy it again");
}

#[test]
fn what_cannot_run_is_described_and_refused() {
    assert_eq!(refusal(&PeBuilder::exe().pe32()), ImageErrorKind::ThirtyTwoBit);
    assert_eq!(
        refusal(&PeBuilder::exe().with(|image| image.machine = 0xaa64)),
        ImageErrorKind::Machine(Machine::ARM64)
    );
    assert_eq!(refusal(&PeBuilder::exe().directory(14, TEXT_RVA, 72)), ImageErrorKind::DotNet);
    assert_eq!(refusal(&PeBuilder::dll("a.dll")), ImageErrorKind::IsDll);
    assert_eq!(refusal(&PeBuilder::exe().with(|image| image.subsystem = 1)), ImageErrorKind::Subsystem(1));
    assert_eq!(refusal(&PeBuilder::exe().with(|image| image.subsystem = 10)), ImageErrorKind::Subsystem(10));
    let low = PeBuilder::exe().with(|image| image.section_alignment = 0x200);
    assert!(matches!(refusal(&low), ImageErrorKind::Invalid(reason) if reason.contains("less than a page")));
    let odd = PeBuilder::exe().with(|image| image.image_base = 0x1_4000_1000);
    assert!(matches!(refusal(&odd), ImageErrorKind::Invalid(reason) if reason.contains("64 KiB")));
    let unfinished = PeBuilder::exe().with(|image| image.characteristics = 0x20);
    assert!(
        matches!(refusal(&unfinished), ImageErrorKind::Invalid(reason) if reason.contains("not marked as executable"))
    );
    let mixed = PeBuilder::exe().pe32().with(|image| image.machine = 0x8664);
    assert!(matches!(refusal(&mixed), ImageErrorKind::Invalid(reason) if reason.contains("32-bit headers")));
}

#[test]
fn every_refusal_is_one_line() {
    let kinds = [
        ImageErrorKind::NotFound,
        ImageErrorKind::IsDirectory,
        ImageErrorKind::NotRegular,
        ImageErrorKind::Empty,
        ImageErrorKind::Dos,
        ImageErrorKind::Ne,
        ImageErrorKind::Le,
        ImageErrorKind::ThirtyTwoBit,
        ImageErrorKind::Machine(Machine(0x1234)),
        ImageErrorKind::DotNet,
        ImageErrorKind::IsDll,
        ImageErrorKind::Subsystem(1),
        ImageErrorKind::Subsystem(12),
        ImageErrorKind::Subsystem(99),
        ImageErrorKind::NotPe(Foreign::Elf),
        ImageErrorKind::NotPe(Foreign::Msi),
    ];
    for kind in kinds {
        let line = ImageError::from(kind).at(Path::new("a.exe")).to_string();
        assert!(line.starts_with("a.exe: ") && !line.contains('\n') && line.len() < 120, "{line}");
    }
    let line = ImageError::from(ImageErrorKind::ThirtyTwoBit).to_string();
    assert_eq!(line, "is a 32-bit program (PE32, i386); 32-bit programs are not supported yet, use an x64 build");
}

#[test]
fn impossible_headers_are_refused_with_their_reason() {
    let damaged = |offset: usize, value: u32, reason: &str| {
        let line = message(PeBuilder::exe().build().patch(offset, &value.to_le_bytes()).bytes);
        assert!(line.contains(reason), "{line}");
    };
    damaged(Built::optional(108), 17, "17 data directories are claimed, 16 are possible");
    damaged(Built::optional(108), u32::MAX, "data directories are claimed");
    damaged(Built::optional(0), 0x107, "magic is 0x0107");
    damaged(Built::optional(32), 0, "not powers of two");
    damaged(Built::optional(32), 0x1001, "not powers of two");
    damaged(Built::optional(36), 0x2000, "exceeds the section alignment");
    damaged(Built::optional(56), 0, "image size is 0x0");
    damaged(Built::optional(56), 0x8000_0001, "image size is 0x80000001");
    damaged(Built::optional(56), 0x1000, "entry point 0x1000 is outside the image");
    damaged(Built::optional(16), 0x7000_0000, "entry point 0x70000000 is outside");
    damaged(Built::optional(60), 0x10_0000, "truncated: the headers end");
}

#[test]
fn sections_that_cannot_be_mapped_are_refused() {
    let built = || PeBuilder::exe().section(".data", 0xc000_0040, &[1; 0x200]).build();
    let damaged = |section: usize, field: usize, value: u32, reason: &str| {
        let image = built();
        let offset = image.section_header(section, field);
        let line = message(image.patch(offset, &value.to_le_bytes()).bytes);
        assert!(line.contains(reason), "{line}");
    };
    damaged(1, 12, 0x1000, "section .data at 0x1000 overlaps what is before it");
    damaged(0, 12, 0, "section .text at 0x0 overlaps");
    damaged(0, 12, 0x1010, "section .text is not aligned");
    damaged(1, 12, 0x9000, "section .data ends at 0xa000, the image at 0x3000");
    damaged(1, 12, 0xffff_f000, "section .data ends at");
    damaged(1, 8, 0xffff_ffff, "section .data ends at");
}

#[test]
fn more_sections_than_the_file_has_are_refused() {
    let line = message(PeBuilder::exe().build().patch(Built::nt(6), &0xffff_u16.to_le_bytes()).bytes);
    assert!(line.contains("truncated: the table of 65535 sections"), "{line}");
}

#[test]
fn sections_may_not_share_the_file_a_thousand_times() {
    let mut builder = PeBuilder::exe();
    for index in 0..90 {
        builder = builder.section_sized(&format!(".s{index}"), 0x4000_0040, &[], 0x4000);
    }
    builder = builder.section(".big", 0x4000_0040, &[7; 0x4000]);
    let mut built = builder.build();
    let (_, raw, _) = built.sections[".big"];
    for index in 1..=90 {
        let offset = built.section_header(index, 16);
        built = built.patch(offset, &0x4000_u32.to_le_bytes()).patch(offset + 4, &raw.to_le_bytes());
    }
    assert!(message(built.bytes).contains("sections overlap in the file"));
}

#[test]
fn a_huge_bss_costs_nothing() {
    let image = image(&PeBuilder::exe().section_sized(".bss", 0xc000_0080, &[], 0x4000_0000));
    assert_eq!(image.size(), 0x4000_2000);
    assert_eq!(image.bytes_at(0x2000), Some(&[][..]));
    assert_eq!(image.u32_at(0x3fff_0000), Some(0));
    assert_eq!(image.u32_at(0x4000_1ffe), None);
    assert_eq!(image.read(0x2000, 0x4000_0000), None);
}
