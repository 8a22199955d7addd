//! Mapped images are what their files say, where they should be.

use std::sync::Arc;

use super::*;
use crate::testing::{Built, PeBuilder, TEXT_RVA};

const DATA: u32 = 0xc000_0040;
/// Above everything that guest images may have: an image for it always moves.
const UNUSABLE_BASE: u64 = 0x6000_0000_0000;

fn image(built: Built) -> Arc<Image> {
    Arc::new(Image::parse(built.bytes).expect("the image is sound"))
}

fn protections(mapped: &MappedImage, rvas: &[u32]) -> Vec<Protection> {
    let at = |rva: u32| (mapped.base() + u64::from(rva)) as usize as *const u8;
    rvas.iter().map(|&rva| region::query(at(rva)).expect("the page is mapped").protection()).collect()
}

/// The bytes of a mapping before the guest could see it.
fn bytes(mapping: &mut NewMapping) -> Vec<u8> {
    mapping.memory.bytes_mut().to_vec()
}

#[test]
fn an_image_is_mapped_at_its_preferred_base() {
    let base = 0x3_1110_0000;
    let builder =
        PeBuilder::exe().with(|image| image.image_base = base).section_sized(".data", DATA, &[1, 2, 3], 0x1800);
    let mut mapping = NewMapping::new(image(builder.build())).expect("it can be mapped");
    assert_eq!(mapping.base(), base);
    let bytes = bytes(&mut mapping);
    assert_eq!(bytes.len(), 0x4000);
    assert_eq!((&bytes[..2], bytes[TEXT_RVA as usize], &bytes[0x2000..0x2004]), (&b"MZ"[..], 0xc3, &[1, 2, 3, 0][..]));
}

#[test]
fn every_section_gets_its_own_protection() {
    let builder = PeBuilder::exe()
        .section(".rdata", 0x4000_0040, &[1])
        .section(".data", DATA, &[1])
        .section(".rwx", 0xe000_0020, &[1])
        .section(".none", 0x0000_0040, &[1]);
    let mapped = NewMapping::new(image(builder.build())).and_then(NewMapping::protect).expect("it can be mapped");
    assert_eq!(
        protections(&mapped, &[0, 0x1000, 0x2000, 0x3000, 0x4000, 0x5000]),
        [
            Protection::READ,
            Protection::READ_EXECUTE,
            Protection::READ,
            Protection::READ_WRITE,
            Protection::READ_WRITE_EXECUTE,
            Protection::NONE
        ]
    );
}

#[test]
fn what_lies_between_sections_is_inaccessible() {
    let builder = PeBuilder::exe().with(|image| image.section_alignment = 0x10_0000).section(".data", DATA, &[1]);
    let mapped = NewMapping::new(image(builder.with(|image| image.entry = 0x10_0000).build()))
        .and_then(NewMapping::protect)
        .expect("it can be mapped");
    let expected =
        [Protection::READ, Protection::NONE, Protection::READ_EXECUTE, Protection::NONE, Protection::READ_WRITE];
    assert_eq!(protections(&mapped, &[0, 0x1000, 0x10_0000, 0x10_1000, 0x20_0000]), expected);
}

#[test]
fn a_taken_base_moves_the_image_and_relocates_it() {
    let pointer = (UNUSABLE_BASE + 0x1234).to_le_bytes();
    let text = [&pointer[..], &pointer, &[0; 16]].concat();
    let builder = PeBuilder::exe().with(|image| image.image_base = UNUSABLE_BASE).text(&text).relocation(10, TEXT_RVA);
    let builder = builder.relocation(3, TEXT_RVA + 8).relocation(1, TEXT_RVA + 16).relocation(2, TEXT_RVA + 18);
    let mut mapping = NewMapping::new(image(builder.build())).expect("it can be mapped");
    let base = mapping.base();
    assert!((0x7_0000_0000..GUEST_END).contains(&base) && base.is_multiple_of(0x1_0000), "{base:#x}");
    let bytes = bytes(&mut mapping);
    let text = &bytes[TEXT_RVA as usize..];
    let distance = base.wrapping_sub(UNUSABLE_BASE);
    assert_eq!(text[..8], (base + 0x1234).to_le_bytes());
    assert_eq!(text[8..12], (0x1234_u32.wrapping_add(distance as u32)).to_le_bytes());
    assert_eq!(text[16..18], ((distance >> 16) as u16).to_le_bytes());
    assert_eq!(text[18..20], (distance as u16).to_le_bytes());
    assert_eq!(bytes[0x80 + 24 + 24..][..8], base.to_le_bytes(), "the header in memory tells the new base");
}

#[test]
fn two_images_for_one_base_are_both_mapped() {
    let built = PeBuilder::dll("a.dll").with(|image| image.image_base = 0x3_2220_0000).build();
    let first = NewMapping::new(image(built.clone())).expect("the base is free");
    let second = NewMapping::new(image(built.clone())).expect("it can move");
    assert_eq!(first.base(), 0x3_2220_0000);
    assert_ne!(second.base(), first.base());
    drop(first);
    assert_eq!(NewMapping::new(image(built)).expect("it was unmapped").base(), 0x3_2220_0000);
}

#[test]
fn an_image_that_cannot_move_is_refused() {
    let built = PeBuilder::exe().with(|image| image.image_base = UNUSABLE_BASE).strip_relocations().build();
    let error = NewMapping::new(image(built)).expect_err("its base cannot be had").to_string();
    assert!(
        error.starts_with("must be at 0x600000000000 (0x2000 bytes), which is taken, and has no relocations"),
        "{error}"
    );
}

#[test]
fn a_damaged_relocation_leaves_nothing_mapped() {
    let built = PeBuilder::exe().with(|image| image.image_base = UNUSABLE_BASE).relocation(10, TEXT_RVA).build();
    let rva = built.rva(".reloc");
    let built = built.patch_rva(rva, &0x7fff_f000_u32.to_le_bytes());
    assert!(matches!(NewMapping::new(image(built)), Err(MapError::Image(_))));
}

#[test]
fn large_aligned_sections_come_from_the_file() {
    let path = std::env::temp_dir().join(format!("loader-map-{}.exe", std::process::id()));
    let contents: Vec<u8> = (0..0x3_1234_u32).map(|index| (index / 7) as u8).collect();
    let builder =
        PeBuilder::exe().with(|image| image.file_alignment = 0x1000).section_sized(".data", DATA, &contents, 0x3_8000);
    std::fs::write(&path, builder.section(".after", DATA, &[0xee; 16]).bytes()).expect("a file can be written");
    let image = Arc::new(Image::open(&path).expect("the image is sound"));
    std::fs::remove_file(&path).expect("the file can be removed");
    let mut mapping = NewMapping::new(image).expect("it can be mapped");
    mapping.write(0x2000, &[0x55]).expect("it is writable");
    let bytes = bytes(&mut mapping);
    assert_eq!(bytes[0x2000], 0x55);
    assert!(bytes[0x2001..0x2000 + contents.len()] == contents[1..], "the section holds the file's bytes");
    assert!(bytes[0x2000 + contents.len()..0x2000 + 0x3_8000].iter().all(|&byte| byte == 0), "zeros follow");
}

#[test]
fn writes_outside_the_image_fail() {
    let mut mapping = NewMapping::new(image(PeBuilder::dll("a.dll").build())).expect("it can be mapped");
    assert!(mapping.write(0x1ff8, &[0; 8]).is_ok());
    assert!(matches!(mapping.write(0x1ff9, &[0; 8]), Err(MapError::Outside { rva: 0x1ff9 })));
    assert!(mapping.write(u32::MAX, &[0; 8]).is_err());
}

#[test]
fn host_addresses_are_never_reserved() {
    for (base, size) in [
        (0, 0x1000),
        (0xf000, 0x2000),
        (GUEST_END - 0x1000, 0x2000),
        (GUEST_END, 0x1000),
        (u64::MAX - 0xfff, 0x1000),
        (0x3_3330_0000, 0),
    ] {
        assert!(Reservation::at(base, size).expect("nothing is asked of the host").is_none(), "{base:#x}");
    }
    assert!(matches!(Reservation::anywhere(usize::MAX), Err(MapError::NoAddressSpace { .. })));
}

#[test]
fn data_images_of_any_machine_are_mapped_read_only() {
    for builder in [PeBuilder::exe().pe32(), PeBuilder::exe().with(|image| image.machine = 0xaa64)] {
        let builder = builder.section(".rsrc", 0x4000_0040, b"bytes");
        let mapped = MappedImage::for_data(image(builder.build())).expect("it can be mapped");
        assert_eq!(protections(&mapped, &[0, 0x1000, 0x2000]), [Protection::READ; 3]);
        assert_eq!(peek(mapped.base() + 0x2000, 5), b"bytes");
    }
}

#[test]
fn a_huge_bss_is_only_address_space() {
    let builder = PeBuilder::exe().section_sized(".bss", 0xc000_0080, &[], 0x7fff_0000);
    let mapped = NewMapping::new(image(builder.build())).and_then(NewMapping::protect).expect("it can be mapped");
    assert_eq!(mapped.size(), 0x7fff_2000);
    assert_eq!(peek(mapped.base() + 0x7fff_1ff8, 8), [0; 8]);
}
