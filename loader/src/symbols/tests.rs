//! Symbols of built images, sound and damaged.

use std::fs;

use super::Symbols;

const BINARIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-binaries/bin");

fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut state = seed;
    for _ in 0..32 {
        // Numerical Recipes' linear congruential generator.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (state >> 16) as usize % bytes.len();
        bytes[at] = (state >> 56) as u8;
    }
    bytes
}

#[test]
fn damaged_symbols_are_fewer_symbols() {
    let folder = tempfile::tempdir().unwrap();
    let (image, pdb) = (folder.path().join("crash_pdb.exe"), folder.path().join("crash_pdb.pdb"));
    fs::copy(format!("{BINARIES}/crash_pdb.exe"), &image).unwrap();
    let dwarf = fs::read(format!("{BINARIES}/crash_symbols.exe")).unwrap();
    let original = fs::read(format!("{BINARIES}/crash_pdb.pdb")).unwrap();
    let other = folder.path().join("crash_symbols.exe");
    for seed in 0..50 {
        fs::write(&pdb, damaged(&original, seed)).unwrap();
        fs::write(&other, damaged(&dwarf, seed)).unwrap();
        for path in [&image, &other] {
            let Ok(symbols) = Symbols::open(path, |_| None) else { continue };
            for rva in [0, 0x1000, 0x1020, 0x1530, 0x17ad, u32::MAX] {
                symbols.find(rva, rva % 2 == 1);
            }
        }
    }
}

#[test]
fn an_image_without_symbols_has_its_exports() {
    let path = format!("{BINARIES}/dll_a.dll");
    let symbols = Symbols::open(path.as_ref(), |_| None).unwrap();
    assert!(symbols.functions().iter().any(|function| !function.name.is_empty()));
}
