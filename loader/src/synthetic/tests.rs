//! Synthetic DLLs are modules as any: parsed by the same parser, disassembled, looked up.

use iced_x86::{Decoder, DecoderOptions, Formatter, NasmFormatter};
use region::Protection;

use super::*;
use crate::image::{ExportTarget, Image};
use crate::map::peek;

fn build(exports: Vec<SyntheticExport>) -> SyntheticModule {
    let dll = SyntheticDll { name: "test.dll".into(), exports: Box::new(exports), context_slot: 0x1480 };
    let module = SyntheticModule::build(dll).expect("the table is sound");
    assert!(make(module.base(), 1, Access::Read));
    module
}

/// The module's memory as a file: sections are where they are in memory.
fn image(module: &mut SyntheticModule) -> Image {
    Image::parse(memory(&module.memory)).expect("the image is sound")
}

fn memory(reservation: &Reservation) -> Vec<u8> {
    peek(reservation.base(), reservation.size())
}

/// Disassembles from an offset of `bytes`, which are at `base`, to the first jump.
fn disassemble(bytes: &[u8], base: u64, offset: usize) -> Vec<String> {
    let mut decoder = Decoder::with_ip(64, &bytes[offset..], base + offset as u64, DecoderOptions::NONE);
    let mut formatter = NasmFormatter::new();
    let mut lines = Vec::new();
    loop {
        let (instruction, mut line) = (decoder.decode(), String::new());
        assert!(!instruction.is_invalid());
        if instruction.is_jmp_near_indirect() {
            let slot = (instruction.ip_rel_memory_address() - base) as usize;
            let target = bytes[slot..slot + 8].iter().rev().fold(0_u64, |value, &byte| value << 8 | u64::from(byte));
            lines.push(format!("jmp to {target:#x}"));
            return lines;
        }
        formatter.format(&instruction, &mut line);
        lines.push(line);
    }
}

fn stub(module: &SyntheticModule, name: &str) -> Vec<String> {
    let index = module.index_of(name.into()).expect("it is exported");
    let offset = module.address(index).expect("it has a stub") - module.base();
    disassemble(&memory(&module.memory), module.base(), offset as usize)
}

#[test]
fn stubs_do_what_they_are_for() {
    let code = |name: &'static str, code: CodeExport| SyntheticExport {
        name: Some(name),
        ordinal: None,
        kind: ExportKind::Code(code),
    };
    let module = build(vec![
        SyntheticExport::code("Plain", 0x5555_0000_1000),
        code("Traced", CodeExport { entry: 0x5555_0000_2000, context: Some(0x1122_3344_5566_7788), service: None }),
    ]);
    let trace = |context: &str| [format!("mov rax,{context}"), "mov [gs:1480h],rax".to_owned()];
    assert_eq!(stub(&module, "Plain"), ["jmp to 0x555500001000"]);
    assert_eq!(
        stub(&module, "Traced"),
        [&trace("1122334455667788h")[..], &["jmp to 0x555500002000".to_owned()]].concat()
    );
}

/// Three services of which two are exported, one of them traced and under two names.
#[derive(Debug)]
struct Services(ServiceShape);

impl ExportTable for Services {
    fn len(&self) -> usize {
        3
    }

    fn get(&self, index: usize) -> Option<SyntheticExport> {
        let traced = CodeExport { entry: 0x2000, context: Some(7), service: Some(2) };
        let (name, code) = *[
            ("NtFirst", CodeExport { entry: 0x1000, context: None, service: Some(0) }),
            ("NtThird", traced),
            ("ZwThird", traced),
        ]
        .get(index)?;
        Some(SyntheticExport { name: Some(name), ordinal: None, kind: ExportKind::Code(code) })
    }

    fn services(&self) -> Option<(u32, ServiceShape)> {
        Some((3, self.0))
    }
}

#[test]
fn services_have_the_stubs_that_windows_gives_them() {
    let plain = ["mov r10,rcx", "mov eax,2", "syscall", "ret"];
    let tested =
        [&plain[..2], &["test byte [7FFE0308h],1", "jne short 0000000000000015h", "syscall", "ret", "int 2Eh", "ret"]]
            .concat();
    for (shape, size, lines) in [(ServiceShape::Plain, 16, &plain[..]), (ServiceShape::Tested, 32, &tested)] {
        let dll = SyntheticDll { name: "ntdll.dll".into(), exports: Box::new(Services(shape)), context_slot: 0x1480 };
        let module = SyntheticModule::build(dll).expect("the table is sound");
        assert!(make(module.base(), 1, Access::Read));
        let [first, third, alias] = [0, 1, 2].map(|index| module.address(index).expect("it has a stub"));
        assert_eq!((third, alias), (first + 2 * size, third), "in the order of their numbers");
        assert_eq!(module.export_at(third + 5), Some(1));
        assert_eq!(module.export_at(first + size), None, "the second is not exported");
        let stubs = services_at(third).expect("it is a service");
        assert!(stubs.contains(&first) && services_at(stubs.end).is_none());
        assert_eq!(services_within(module.base(), 1), Some(stubs));
        assert!(!make(third, 1, Access::Execute), "that is for others to prepare");
        let bytes = memory(&module.memory);
        let stub = &bytes[(third - module.base()) as usize..][..size as usize];
        let mut formatter = NasmFormatter::new();
        let decoder = Decoder::with_ip(64, stub, 0, DecoderOptions::NONE);
        let text = decoder.into_iter().take(lines.len()).map(|instruction| {
            let mut line = String::new();
            formatter.format(&instruction, &mut line);
            line
        });
        assert_eq!(text.collect::<Vec<_>>(), lines);
        // Imports do not pass it: they lead to the function, or to what notes the trace's context.
        assert_eq!(module.import("NtFirst".into()), Some(SyntheticTarget::Address(0x1000)));
        let Some(SyntheticTarget::Address(import)) = module.import("ZwThird".into()) else { panic!("it has a stub") };
        let import = disassemble(&bytes, module.base(), (import - module.base()) as usize);
        assert_eq!(import, ["mov rax,7", "mov [gs:1480h],rax", "jmp to 0x2000"]);
    }
}

#[test]
fn a_guest_walking_the_image_finds_what_the_table_says() {
    let mut module = build(vec![
        SyntheticExport::code("Zebra", 0x1000),
        SyntheticExport::data("Data", 24, &[9, 8, 7]),
        SyntheticExport::forward("Away", "other.Target"),
        SyntheticExport {
            name: None,
            ordinal: Some(40),
            kind: ExportKind::Code(CodeExport { entry: 0x2000, ..CodeExport::default() }),
        },
        SyntheticExport::code("Ant", 0x3000).with_ordinal(38),
    ]);
    let image = image(&mut module);
    assert!(image.check_runnable().is_ok() && image.is_dll());
    let exports = image.exports().expect("exports are sound").expect("there are exports");
    assert_eq!(exports.dll_name(), Some(&b"test.dll"[..]));
    for (name, ordinal) in [("Zebra", 3), ("Data", 2), ("Ant", 38)] {
        let index = module.index_of(name.into()).expect("it is exported");
        let rva = (module.address(index).expect("it is no forwarder") - module.base()) as u32;
        assert_eq!(exports.find(name.into(), 0), Some(ExportTarget::Rva(rva)), "{name}");
        assert_eq!(exports.find(Symbol::Ordinal(ordinal), 0), Some(ExportTarget::Rva(rva)), "{name}");
        assert_eq!(module.ordinal(index), Some(ordinal), "{name}");
        assert_eq!(module.export_at(module.base() + u64::from(rva) + 3), Some(index), "{name}");
    }
    assert_eq!(exports.find("Away".into(), 0), Some(ExportTarget::Forward(b"other.Target")));
    assert_eq!(exports.find(Symbol::Ordinal(39), 0), None);
    assert!(matches!(exports.find(Symbol::Ordinal(40), 0), Some(ExportTarget::Rva(_))));
    let names: Vec<_> = exports.iter().filter_map(|export| export.name).collect();
    assert_eq!(names, [&b"Away"[..], b"Data", b"Zebra", b"Ant"], "by ordinal");
    let Some(ExportTarget::Rva(data)) = exports.find("Data".into(), 0) else { panic!("it is data") };
    assert_eq!(image.read(data, 24).as_deref(), Some(&[&[9, 8, 7][..], &[0; 21]].concat()[..]));
}

#[test]
fn imports_skip_the_stub_unless_traced() {
    let traced = CodeExport { entry: 0x2000, context: Some(7), service: None };
    let module = build(vec![
        SyntheticExport::code("A", 0x1000),
        SyntheticExport { name: Some("B"), ordinal: None, kind: ExportKind::Code(traced) },
        SyntheticExport::data("C", 8, &[]),
        SyntheticExport::forward("D", "x.y"),
    ]);
    assert_eq!(module.import("A".into()), Some(SyntheticTarget::Address(0x1000)));
    assert_ne!(module.find("A".into()), module.import("A".into()), "a run-time look-up gets the stub");
    for name in ["B", "C", "D"] {
        assert_eq!(module.find(name.into()), module.import(name.into()), "{name}");
    }
    assert_eq!(module.find("E".into()), None);
}

#[test]
fn sections_are_protected() {
    let module = build(vec![SyntheticExport::code("A", 0x1000), SyntheticExport::data("B", 0x2000, &[1])]);
    let at = |rva: u32| {
        let address = std::ptr::without_provenance::<u8>((module.base() + u64::from(rva)) as usize);
        region::query(address).expect("it is mapped").protection()
    };
    let found = [0, 0x1000, 0x2000, 0x3000, module.size() - 1].map(at);
    let (read, write) = (Protection::READ, Protection::READ_WRITE);
    assert_eq!(found, [read, Protection::READ_EXECUTE, read, write, write]);
}

#[test]
fn an_image_is_made_when_somebody_looks() {
    let exports = vec![SyntheticExport::code("A", 0x1000), SyntheticExport::data("B", 8, &[7])];
    let dll = SyntheticDll { name: "t".into(), exports: Box::new(exports), context_slot: 0 };
    let module = SyntheticModule::build(dll).expect("the table is sound");
    let [headers, text, rdata, data] = module.sections().map(|(range, ..)| module.base() + u64::from(range.start));
    let query = |address: u64| {
        let address = std::ptr::without_provenance::<u8>(address as usize);
        region::query(address).expect("it is mapped").protection()
    };
    assert_eq!([headers, text, rdata].map(query), [Protection::NONE; 3]);
    let variable = module.address(1).expect("it has a place");
    assert!((data..module.base() + u64::from(module.size())).contains(&variable));
    assert_eq!(peek(variable, 2), [7, 0], "variables are there at once");
    // Accesses that the made image would not allow either.
    assert!(!make(text, 1, Access::Write) && !make(rdata, 1, Access::Execute));
    assert!(!make(headers - 1, 1, Access::Read) && !make(module.base() + u64::from(module.size()), 1, Access::Read));
    assert_eq!(query(headers), Protection::NONE);
    assert!(make(headers - 1, 2, Access::Read), "it lies in the range");
    assert_eq!([headers, text, rdata].map(query), [Protection::READ, Protection::READ_EXECUTE, Protection::READ]);
    assert!(make(text, 1, Access::Execute), "another thread may have come too late for the first time");
    hand_over(text, 1);
    assert!(!make(text, 1, Access::Execute), "it is somebody else's now");
}

#[test]
fn impossible_tables_are_refused() {
    let refuse = |exports| {
        SyntheticModule::build(SyntheticDll { name: "t".into(), exports: Box::new(exports), context_slot: 0 })
            .expect_err("refused")
    };
    let code = |name: &'static str| SyntheticExport::code(name, 1);
    assert!(matches!(refuse(vec![code("A"), code("A")]), SyntheticError::Name(name) if name == "A"));
    assert!(matches!(refuse(vec![code("")]), SyntheticError::Name(_)));
    assert!(matches!(refuse(vec![code("A").with_ordinal(2), code("B").with_ordinal(2)]), SyntheticError::Ordinal(2)));
    assert!(matches!(refuse(vec![code("A").with_ordinal(0)]), SyntheticError::Ordinal(0)));
    assert!(matches!(refuse(vec![SyntheticExport::data("A", u32::MAX, &[])]), SyntheticError::TooLarge));
    assert!(matches!(refuse((0..65536).map(|_| code("A")).collect()), SyntheticError::TooLarge));
}

#[test]
fn a_dll_without_exports_is_a_module_too() {
    let mut module = build(vec![]);
    let image = image(&mut module);
    assert_eq!(image.exports().expect("it is sound").map(|exports| exports.function_count()), Some(0));
    assert_eq!(module.find(Symbol::Ordinal(1)), None);
}

#[test]
fn thunks_tell_the_handler_their_number() {
    let pool = ThunkPool::new(0x5555_1234_0000);
    for id in [0, 1, 255, 256, 100_000] {
        let address = pool.address(id).expect("there is memory");
        assert_eq!(pool.address(id).ok(), Some(address), "the same each time");
        assert_eq!((pool.id_at(address), pool.id_at(address + 15)), (Some(id), Some(id)));
        let page = address & !0xfff;
        let bytes = peek(page, 0x2000);
        assert_eq!(
            disassemble(&bytes, page, (address - page) as usize),
            [format!("mov eax,{}", hex(id)), "jmp to 0x555512340000".into()]
        );
    }
    assert_eq!(pool.id_at(0x1234), None);
}

/// As the disassembler writes numbers.
fn hex(number: u32) -> String {
    let digits = format!("{number:X}");
    match number {
        0..=9 => digits,
        _ if digits.starts_with(|digit: char| digit.is_alphabetic()) => format!("0{digits}h"),
        _ => format!("{digits}h"),
    }
}
