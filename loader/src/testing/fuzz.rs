//! Damaged images through the parser, the mapper and the binder: none may crash, hang or take more than its share of memory.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{ImportBy, PeBuilder, TEXT_RVA, TestProvider};
use crate::graph::Provider;
use crate::image::{Image, Symbol};
use crate::modules::ModuleList;
use crate::resources::{Language, ResourceId, TYPE_VERSION, version};
use crate::synthetic::SyntheticExport;

/// What became of the images.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report {
    pub images: u64,
    /// How many still parsed.
    pub parsed: u64,
    /// How many were loaded with all their imports.
    pub loaded: u64,
    /// The longest that one image took.
    pub slowest: Duration,
}

/// A small generator with a fixed sequence (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// Runs `count` damaged images, the same ones for the same `seed`.
pub fn run(count: u64, seed: u64) -> Report {
    run_with(&originals(), count, seed)
}

/// As [`run`], with damaged copies of these images.
pub fn run_with(originals: &[Vec<u8>], count: u64, seed: u64) -> Report {
    let mut random = Random(seed | 1);
    let provider = provider();
    let mut report = Report::default();
    for _ in 0..count {
        let original = &originals[random.below(originals.len())];
        let image = mutate(original, &mut random);
        let start = Instant::now();
        let (parsed, loaded) = exercise(image, &provider);
        report.images += 1;
        report.parsed += u64::from(parsed);
        report.loaded += u64::from(loaded);
        report.slowest = report.slowest.max(start.elapsed());
        provider.sites.borrow_mut().clear();
    }
    report
}

fn provider() -> TestProvider {
    let exports =
        vec![SyntheticExport::code("CloseHandle", 0x7000_0000_1000), SyntheticExport::forward("Loop", "kernel32.Loop")];
    TestProvider {
        folder: PathBuf::from("/nonexistent"),
        missing: Some(0x7000_0000_0000),
        any: true,
        ..TestProvider::default()
    }
    .with_shim("kernel32.dll", exports)
}

/// Images with every table that is parsed.
fn originals() -> Vec<Vec<u8>> {
    let version = version_block();
    let full = |builder: PeBuilder| {
        builder
            .text(&[0x90; 64])
            .section_sized(".bss", 0xc000_0080, &[], 0x3000)
            .import("KERNEL32.dll", &[ImportBy::Name("CloseHandle"), ImportBy::Name("Missing"), ImportBy::Ordinal(3)])
            .import("api-ms-win-crt-stdio-l1-1-0.dll", &[ImportBy::Name("puts")])
            .delay_import("user32", &[ImportBy::Name("MessageBoxW")])
            .export("first", TEXT_RVA)
            .export_unnamed(TEXT_RVA + 4)
            .forward("away", "kernel32.#1")
            .forward("round", "test.round")
            .function(TEXT_RVA, TEXT_RVA + 16, TEXT_RVA + 32)
            .function(TEXT_RVA + 16, TEXT_RVA + 32, TEXT_RVA + 32)
            .tls(&[1, 2, 3, 4], 16, &[TEXT_RVA])
            .resource(TYPE_VERSION, 1, 0x409, &version)
            .resource(
                6,
                1,
                0,
                &[
                    2, 0, b'h', 0, b'i', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                    0, 0, 0, 0, 0,
                ],
            )
            .resource(
                11,
                1,
                0,
                &[
                    1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 16, 0, 0, 0, 8, 0, 0, 0, b'a', 0, 0, 0, 8, 0, 1, 0, b'b', 0, 0,
                    0,
                ],
            )
            .named_resource("KIND", "NAME", 0, b"bytes")
            .relocation(10, TEXT_RVA + 8)
            .relocation(3, TEXT_RVA + 16)
    };
    let mut taken = full(PeBuilder::dll("test.dll"));
    // An address that guest images cannot have: this one always moves.
    taken.image_base = 0x6000_0000_0000;
    let mut aligned = full(PeBuilder::exe());
    aligned.file_alignment = 0x1000;
    [
        full(PeBuilder::exe()),
        full(PeBuilder::dll("test.dll")),
        taken,
        aligned,
        full(PeBuilder::exe().pe32()),
        PeBuilder::exe(),
    ]
    .iter()
    .map(PeBuilder::bytes)
    .collect()
}

/// A `VS_VERSIONINFO` block: version 1.2.3.4, one string table in US English with a `FileVersion` of `1.2`.
pub(crate) fn version_block() -> Vec<u8> {
    let text = |text: &str| text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let node = |key: &str, kind: u16, length: u16, value: &[u8], children: &[u8]| {
        let mut bytes = vec![0; 6];
        bytes.extend(text(key));
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes.extend(children);
        let size = bytes.len() as u16;
        bytes[..6].copy_from_slice(&[size.to_le_bytes(), length.to_le_bytes(), kind.to_le_bytes()].concat());
        bytes
    };
    let string = node("FileVersion", 1, 4, &text("1.2"), &[]);
    let table = node("040904B0", 1, 0, &[], &string);
    let mut strings = node("StringFileInfo", 1, 0, &[], &table);
    strings.resize(strings.len().next_multiple_of(4), 0);
    let translation = node("Translation", 0, 4, &[0x09, 0x04, 0xb0, 0x04], &[]);
    strings.extend(node("VarFileInfo", 1, 0, &[], &translation));
    let mut fixed = [0; 52];
    for (place, word) in fixed.chunks_exact_mut(4).zip([
        0xfeef_04bd_u32,
        0x1_0000,
        0x1_0002,
        0x3_0004,
        0x1_0002,
        0x3_0004,
        0x3f,
        0,
        0x4_0004,
        1,
    ]) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    node("VS_VERSION_INFO", 0, 52, &fixed, &strings)
}

/// Changes a few bytes, sometimes to values that matter, and sometimes the length.
fn mutate(original: &[u8], random: &mut Random) -> Vec<u8> {
    const INTERESTING: [u32; 12] =
        [0, 1, 0x7f, 0xff, 0xfff, 0x1000, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff, 0x10_0000, 0x8000_0010];
    let mut bytes = original.to_vec();
    for _ in 0..1 + random.below(8) {
        // Half of the changes are in the headers, which are a small part of the file.
        let end = if random.next().is_multiple_of(2) { bytes.len().min(0x300) } else { bytes.len() };
        let at = random.below(end);
        let value = match random.below(4) {
            0 => INTERESTING[random.below(INTERESTING.len())].to_le_bytes().to_vec(),
            1 => vec![random.next() as u8],
            2 => (random.next() as u32).to_le_bytes().to_vec(),
            // A pointer from elsewhere in the file.
            _ => {
                let from = random.below(bytes.len().saturating_sub(4)) & !3;
                bytes.get(from..from + 4).unwrap_or_default().to_vec()
            }
        };
        let at = if value.len() == 4 { at & !3 } else { at };
        for (place, byte) in bytes.iter_mut().skip(at).zip(value) {
            *place = byte;
        }
    }
    match random.below(16) {
        0 => bytes.truncate(random.below(original.len())),
        1 => bytes.extend_from_slice(original),
        _ => {}
    }
    bytes
}

/// Does everything with an image that the program does with one. Returns whether it parsed and whether it was loaded.
fn exercise(bytes: Vec<u8>, provider: &dyn Provider) -> (bool, bool) {
    let Ok(image) = Image::parse(bytes) else { return (false, false) };
    describe(&image);
    let modules = ModuleList::new();
    let loaded = match image.is_dll() {
        true => modules.load_image(provider, image),
        false => modules.load_program(provider, image, &[]),
    };
    let Ok(loaded) = loaded else { return (true, false) };
    let module = &loaded.module;
    for symbol in [Symbol::Name(b"first"), Symbol::Name(b"away"), Symbol::Name(b"round"), Symbol::Ordinal(2)] {
        let _ = modules.symbol(provider, module, symbol);
    }
    let _ = module.function_at(module.base() + u64::from(TEXT_RVA) + 20);
    let _ = module.nearest_export(module.base() + u64::from(TEXT_RVA) + 2);
    if let Ok(unused) = modules.release(module) {
        modules.remove(&unused);
    }
    (true, true)
}

/// Reads everything that can be read of an image.
fn describe(image: &Image) {
    let _ = (image.check_program(), image.tls(), image.pdb(), image.load_config());
    for descriptor in image.imports().flatten() {
        descriptor.entries().take(1000).for_each(drop);
    }
    for descriptor in image.delay_imports().flatten() {
        descriptor.entries().take(1000).for_each(drop);
    }
    if let Ok(Some(exports)) = image.exports() {
        let _ = exports.dll_name();
        exports.iter().for_each(drop);
    }
    if let Ok(relocations) = image.relocations() {
        relocations.for_each(drop);
    }
    let Some(resources) = image.resources() else { return };
    for kind in resources.types().take(8) {
        for name in resources.names(&kind).into_iter().flatten().take(8) {
            for language in resources.languages(&kind, &name).into_iter().flatten().take(8) {
                let _ = resources.find(&kind, &name, Language::Exactly(language)).map(|found| resources.bytes(&found));
            }
        }
    }
    let _ = (resources.string(0, Language::Prefer(0x409)), resources.message(2, Language::Prefer(0x409)));
    let version = resources.find(&ResourceId::Id(TYPE_VERSION), &ResourceId::Id(1), Language::Prefer(0));
    if let Some(block) = version.ok().and_then(|found| resources.bytes(&found)) {
        let _ = (version::fixed(&block), version::translations(&block));
        let _ = version::text(&block, r"\StringFileInfo\040904B0\FileVersion");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undamaged_images_load() {
        let provider = provider();
        let results: Vec<_> = originals().into_iter().map(|bytes| exercise(bytes, &provider)).collect();
        let pe32 = 4;
        assert!(results.iter().enumerate().all(|(index, &result)| result == (true, index != pe32)), "{results:?}");
    }

    #[test]
    fn damaged_images_neither_crash_nor_hang() {
        let report = run(20_000, 1);
        assert_eq!(report.images, 20_000);
        assert!(report.parsed > 1000 && report.loaded > 1000, "{report:?}");
        assert!(report.slowest < Duration::from_secs(5), "{report:?}");
    }
}
