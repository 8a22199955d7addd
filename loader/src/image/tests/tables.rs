//! Tables as the builder wrote them, and what damage to them does.

use super::super::*;
use super::image;
use crate::testing::{Built, ImportBy, PeBuilder, TEXT_RVA};

const DATA: u32 = 0xc000_0040;

fn parse(built: Built) -> Image {
    Image::parse(built.bytes).expect("headers and sections are sound")
}

fn imports(image: &Image) -> Result<Vec<String>, ImageError> {
    let mut found = Vec::new();
    for descriptor in image.imports() {
        let descriptor = descriptor?;
        for import in descriptor.entries() {
            found.push(format!("{}!{}", descriptor.dll, import?.symbol));
        }
    }
    Ok(found)
}

#[test]
fn headers_say_what_was_built() {
    let image = image(&PeBuilder::exe());
    let headers = image.headers();
    assert_eq!((image.preferred_base(), image.size(), image.entry()), (0x1_4000_0000, 0x2000, Some(TEXT_RVA)));
    assert_eq!((headers.machine, headers.subsystem, image.is_dll()), (Machine::AMD64, 3, false));
    assert_eq!((headers.stack_reserve, headers.stack_commit), (0x10_0000, 0x1000));
    assert_eq!((headers.heap_reserve, headers.heap_commit), (0x10_0000, 0x1000));
    assert!(headers.dll_characteristics.contains(DllCharacteristics::DYNAMIC_BASE | DllCharacteristics::NX_COMPAT));
    assert!(image.check_program().is_ok());
}

#[test]
fn a_section_reads_as_in_memory() {
    let image = image(&PeBuilder::exe().section_sized(".data", DATA, &[1, 2, 3, 4], 0x1800));
    let section = image.section_at(0x2800).expect("the section is there");
    assert_eq!((section.name.as_str(), section.rva, section.extent()), (".data", 0x2000, 0x1800));
    assert_eq!(image.u32_at(0x2000), Some(0x0403_0201));
    assert_eq!(image.u32_at(0x21fe), Some(0), "across the end of what the file has");
    assert_eq!(image.u32_at(0x37fc), Some(0));
    assert_eq!(image.u32_at(0x37fd), None, "across the section's end");
    assert_eq!(image.u32_at(0x4000), None);
    assert_eq!(image.array_at::<2>(0).as_ref(), Some(b"MZ"));
}

#[test]
fn a_long_section_name_is_in_the_string_table() {
    let built = PeBuilder::exe().section("/4", DATA, &[0; 8]).build();
    let end = built.bytes.len() as u32;
    let mut built = built.patch(Built::nt(12), &end.to_le_bytes());
    built.bytes.extend(b"\x14\0\0\0.debug_line\0");
    assert_eq!(parse(built.clone()).sections()[1].name, ".debug_line");
    // A string table that is not there leaves the short name.
    let gone = built.patch(Built::nt(12), &u32::MAX.to_le_bytes());
    assert_eq!(parse(gone).sections()[1].name, "/4");
}

#[test]
fn imports_are_read_by_name_and_ordinal() {
    let builder = PeBuilder::exe()
        .import("A.dll", &[ImportBy::Name("one"), ImportBy::Ordinal(7)])
        .import("b", &[ImportBy::Name("two")]);
    let expected = ["A.dll!one", "A.dll!#7", "b!two"];
    assert_eq!(imports(&image(&builder)).expect("imports are sound"), expected);
    assert_eq!(imports(&image(&builder.pe32())).expect("imports are sound"), expected);
}

#[test]
fn delay_imports_are_read() {
    let image =
        image(&PeBuilder::exe().delay_import("user32.dll", &[ImportBy::Name("MessageBoxW"), ImportBy::Ordinal(3)]));
    let delayed: Vec<_> = image.delay_imports().map(|dll| dll.expect("delay imports are sound")).collect();
    let symbols = delayed[0].entries().map(|import| import.expect("delay imports are sound").symbol.to_string());
    assert_eq!((delayed.len(), &*delayed[0].dll), (1, "user32.dll"));
    assert_eq!(symbols.collect::<Vec<_>>(), ["MessageBoxW", "#3"]);
}

#[test]
fn damaged_imports_end_with_an_error() {
    let built = || PeBuilder::exe().import("a.dll", &[ImportBy::Name("one")]).build();
    let rva = built().rva(".idata");
    let damaged = |field: u32, value: u32| {
        imports(&parse(built().patch_rva(rva + field, &value.to_le_bytes()))).map_err(|error| error.to_string())
    };
    assert!(
        damaged(0, 0x7fff_0000)
            .expect_err("the lookup table is gone")
            .contains("lookup table leaves the image at 0x7fff0000")
    );
    assert!(damaged(12, 0xffff_ffff).expect_err("the name is gone").contains("name of an imported DLL"));
    assert!(
        damaged(16, 0xffff_fff8).expect_err("the address table is gone").contains("address table leaves the image")
    );
    assert_eq!(damaged(0, 0), Ok(vec!["a.dll!one".to_owned()]), "without a lookup table the address table serves");
    assert_eq!(damaged(12, 0), Ok(vec![]), "a descriptor without a name is the last");
    let outside = parse(PeBuilder::exe().directory(1, 0x7000_0000, 40).build());
    assert!(imports(&outside).is_err());
}

#[test]
fn an_import_table_without_end_is_refused() {
    // Every descriptor of a section full of them points at the same long lookup table.
    let mut thunks: Vec<u8> = (0..300_000_u64).flat_map(|_| (1_u64 << 63 | 1).to_le_bytes()).collect();
    thunks.extend([0; 8]);
    let built = PeBuilder::exe().section(".thunks", DATA, &thunks).section(".idata", DATA, &[0; 64]).build();
    let (table, rva) = (built.rva(".thunks"), built.rva(".idata"));
    let name = rva + 48;
    let descriptor: Vec<u8> = [table, 0, 0, name, table].iter().flat_map(|field| field.to_le_bytes()).collect();
    let built = built.patch_rva(rva, &descriptor).patch_rva(name, b"a.dll\0");
    let built = built.patch(Built::optional(112 + 8), &[rva.to_le_bytes(), 40_u32.to_le_bytes()].concat());
    let error = imports(&parse(built)).expect_err("nobody exports that much").to_string();
    assert!(error.contains("262144 symbols are imported"), "{error}");
}

#[test]
fn exports_are_found_by_name_ordinal_and_hint() {
    let builder = PeBuilder::dll("a.dll")
        .ordinal_base(10)
        .export("zeta", 0x1000)
        .export_unnamed(0x1001)
        .export("alpha", 0x1002)
        .forward("away", "b.#12");
    let image = image(&builder);
    let exports = image.exports().expect("exports are sound").expect("there are exports");
    assert_eq!(exports.dll_name(), Some(&b"a.dll"[..]));
    for hint in [0, 1, 2, 0xffff] {
        assert_eq!(exports.find("zeta".into(), hint), Some(ExportTarget::Rva(0x1000)), "hint {hint}");
    }
    assert_eq!(exports.find(Symbol::Ordinal(11), 0), Some(ExportTarget::Rva(0x1001)));
    assert_eq!(exports.find("away".into(), 0), Some(ExportTarget::Forward(b"b.#12")));
    assert_eq!(exports.find("Alpha".into(), 0), None, "case matters");
    assert_eq!(exports.find(Symbol::Ordinal(9), 0), None);
    assert_eq!(exports.find(Symbol::Ordinal(14), 0), None);
    let all: Vec<_> = exports.iter().map(|export| (export.ordinal, export.name)).collect();
    assert_eq!(all, [(10, Some(&b"zeta"[..])), (11, None), (12, Some(b"alpha")), (13, Some(b"away"))]);
}

#[test]
fn absurd_export_counts_are_refused() {
    let built = || PeBuilder::dll("a.dll").export("one", 0x1000).build();
    let rva = built().rva(".edata");
    let damaged = |field: u32, value: u32| {
        parse(built().patch_rva(rva + field, &value.to_le_bytes()))
            .exports()
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert!(damaged(20, 0x1_0001).expect_err("too many").contains("65537 exports with 1 names are claimed"));
    assert!(damaged(24, u32::MAX).expect_err("too many").contains("4294967295 names"));
    assert!(damaged(20, 0x1_0000).expect_err("too long").contains("leaves the image"));
    assert!(damaged(28, 0xffff_fff0).expect_err("outside").contains("leaves the image"));
    assert!(damaged(36, 0x7fff_ffff).expect_err("outside").contains("leaves the image"));
}

#[test]
fn forwarders_are_split_at_the_last_dot() {
    let parse = |text: &'static str| Forwarder::parse(text.as_bytes());
    assert_eq!(parse("NTDLL.RtlAllocateHeap"), Some(Forwarder { dll: "NTDLL", symbol: "RtlAllocateHeap".into() }));
    assert_eq!(parse("ws2_32.#115"), Some(Forwarder { dll: "ws2_32", symbol: Symbol::Ordinal(115) }));
    assert_eq!(parse("my.lib.f"), Some(Forwarder { dll: "my.lib", symbol: "f".into() }));
    for bad in ["", "f", ".f", "dll.", "dll.#", "dll.#x", "dll.#65536", "dll.#-1"] {
        assert_eq!(parse(bad), None, "{bad:?}");
    }
}

#[test]
fn relocations_are_read_with_their_kinds() {
    let image = image(
        &PeBuilder::exe()
            .text(&[0; 64])
            .relocation(10, 0x1008)
            .relocation(3, 0x1010)
            .relocation(0, 0x1000)
            .relocation(1, 0x1020),
    );
    let all: Result<Vec<_>, _> = image.relocations().expect("relocations are sound").collect();
    let kinds: Vec<_> = all.expect("relocations are sound").into_iter().map(|place| (place.rva, place.kind)).collect();
    assert_eq!(
        kinds,
        [(0x1008, RelocationKind::Dir64), (0x1010, RelocationKind::HighLow), (0x1020, RelocationKind::High)]
    );
}

#[test]
fn damaged_relocations_end_with_an_error() {
    let built = || PeBuilder::exe().relocation(10, 0x1008).build();
    let rva = built().rva(".reloc");
    let damaged = |offset: u32, bytes: &[u8]| {
        let image = parse(built().patch_rva(rva + offset, bytes));
        let relocations = image.relocations().expect("the directory is there");
        relocations.collect::<Result<Vec<_>, _>>().map(|all| all.len()).map_err(|error| error.to_string())
    };
    assert!(damaged(0, &u32::MAX.to_le_bytes()).expect_err("no such page").contains("on page 0xffffffff is outside"));
    assert!(damaged(0, &0x2ff9_u32.to_le_bytes()).expect_err("across the end").contains("outside the image"));
    assert!(damaged(4, &7_u32.to_le_bytes()).expect_err("smaller than its header").contains("block has 7 bytes"));
    assert!(
        damaged(4, &0x1000_u32.to_le_bytes()).expect_err("larger than the directory").contains("block has 4096 bytes")
    );
    assert!(damaged(8, &0x9000_u16.to_le_bytes()).expect_err("no such type").contains("unknown type 9"));
    assert!(damaged(8, &[0, 0, 0, 0x40]).expect_err("half an entry").contains("lacks its second half"));
    assert_eq!(damaged(4, &0_u32.to_le_bytes()), Ok(0), "an empty block is padding");
    assert!(parse(PeBuilder::exe().directory(5, 0x1000, 0x1000_0000).build()).relocations().is_err());
}

#[test]
fn tls_addresses_become_rvas() {
    let image = image(&PeBuilder::exe().tls(&[1, 2, 3, 4, 5], 11, &[TEXT_RVA]));
    let tls = image.tls().expect("it is sound").expect("there is one");
    assert_eq!((tls.template_size, tls.zero_fill, tls.align), (5, 11, 16));
    assert_eq!(image.read(tls.template, 5).as_deref(), Some(&[1, 2, 3, 4, 5][..]));
    assert_eq!(image.u64_at(tls.callbacks.expect("there are callbacks")), Some(0x1_4000_1000));
    assert_eq!(image.u32_at(tls.index.expect("there is an index")), Some(u32::MAX));
}

#[test]
fn damaged_tls_is_refused() {
    let built = || PeBuilder::exe().tls(&[1, 2, 3, 4], 0, &[]).build();
    let rva = built().rva(".tls");
    let damaged = |field: u32, value: u64| {
        let width = if field == 32 { 4 } else { 8 };
        parse(built().patch_rva(rva + field, &value.to_le_bytes()[..width]))
            .tls()
            .expect_err("it is damaged")
            .to_string()
    };
    assert!(damaged(0, u64::MAX).contains("ends before it begins"));
    assert!(damaged(8, u64::MAX).contains("every thread would need"));
    assert!(damaged(32, 0xffff_ffff).contains("every thread would need"));
    assert!(damaged(8, 0x1_4000_0000 + 0x10_0000).contains("TLS template is outside"));
    assert!(damaged(16, 1).contains("TLS index is outside"));
    assert!(damaged(24, 0x1_4000_3fff).contains("TLS callback array is outside"));
    assert!(parse(PeBuilder::exe().directory(9, 0x7000_0000, 40).build()).tls().is_err());
}

#[test]
fn the_pdb_is_named() {
    let record = [&b"RSDS"[..], &[7; 16], &3_u32.to_le_bytes(), b"C:\\a.pdb\0"].concat();
    let built = PeBuilder::exe().section(".debug", DATA, &[0; 0x80]).build();
    let (rva, raw, _) = built.sections[".debug"];
    let built = built
        .patch_rva(rva + 12, &2_u32.to_le_bytes())
        .patch_rva(rva + 24, &(raw + 28).to_le_bytes())
        .patch_rva(rva + 28, &record);
    let built = built.patch(Built::optional(112 + 8 * 6), &[rva.to_le_bytes(), 28_u32.to_le_bytes()].concat());
    let pdb = parse(built).pdb().expect("there is one");
    assert_eq!(pdb, PdbReference { path: "C:\\a.pdb".into(), guid: [7; 16], age: 3 });
    assert_eq!(parse(PeBuilder::exe().directory(6, 0x1000, u32::MAX).build()).pdb(), None);
}

#[test]
fn load_configurations_of_any_length_are_read() {
    let mut config = vec![0; 0x100];
    config[..4].copy_from_slice(&0x60_u32.to_le_bytes());
    config[0x58..0x60].copy_from_slice(&0x1_4000_2080_u64.to_le_bytes());
    config[0x70..0x78].copy_from_slice(&0x1_4000_2088_u64.to_le_bytes());
    let image = image(&PeBuilder::exe().section(".cfg", DATA, &config).directory(10, 0x2000, 0x60));
    let config = image.load_config().expect("there is one");
    assert_eq!((config.security_cookie, config.guard_check), (Some(0x2080), None), "past its size there is nothing");
}
