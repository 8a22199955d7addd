//! A guest that walks the lists finds the modules, in each order, both ways.

use super::*;
use crate::graph::DllName;
use crate::image::Image;
use crate::search::LoadFlags;
use crate::testing::{ImportBy, PeBuilder, TestMemory, TestProvider};

fn provider() -> TestProvider {
    TestProvider { folder: "/nonexistent".into(), any: true, missing: Some(1), ..TestProvider::default() }
}

fn start(provider: &TestProvider) -> ModuleList {
    let modules = ModuleList::new();
    let program = PeBuilder::exe().import("user32.dll", &[ImportBy::Name("f")]).bytes();
    let image = Image::parse(program).expect("the image is sound");
    modules.load_program(provider, image, &["ntdll.dll", "kernel32.dll"]).expect("it loads");
    modules
}

/// The base names in a list, walked from its head, after checking that the way back is the same.
fn walk(memory: &TestMemory, head: u64, link: usize) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), head);
    loop {
        let next = memory.pointer(at).expect("the link is there");
        assert_eq!(memory.pointer(next + 8), Ok(at), "the link back");
        if next == head {
            return names;
        }
        names.push(string(memory, next - link as u64 + entry::BASE_DLL_NAME as u64));
        at = next;
    }
}

/// The text of a `UNICODE_STRING`, which has a terminator.
fn string(memory: &TestMemory, address: u64) -> String {
    let lengths = memory.read(address, 4).expect("it is there");
    let (length, maximum) = (
        usize::from(lengths[0]) | usize::from(lengths[1]) << 8,
        usize::from(lengths[2]) | usize::from(lengths[3]) << 8,
    );
    assert_eq!(maximum, length + 2);
    let bytes = memory.read(memory.pointer(address + 8).expect("it is there"), maximum).expect("it is there");
    let units: Vec<u16> = bytes.chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let (end, text) = units.split_last().expect("it has a terminator");
    assert_eq!(*end, 0);
    String::from_utf16(text).expect("it is UTF-16")
}

fn lists(memory: &TestMemory, data: &LoaderData) -> [Vec<String>; 3] {
    [0x10, 0x20, 0x30].map(|list| walk(memory, data.address() + list, list as usize - 0x10))
}

#[test]
fn all_lists_name_all_modules() {
    let (memory, provider) = (TestMemory::default(), provider());
    let modules = start(&provider);
    let mut data = LoaderData::new(&memory).expect("there is memory");
    data.update(&memory, &modules).expect("there is memory");
    let load = ["program.exe", "ntdll.dll", "kernel32.dll", "user32.dll"];
    assert_eq!(
        lists(&memory, &data),
        [&load[..], &load, &load[1..]].map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())
    );
    assert_eq!(memory.read(data.address(), 5), Ok(vec![0x58, 0, 0, 0, 1]));
}

#[test]
fn an_entry_says_what_the_module_is() {
    let (memory, provider) = (TestMemory::default(), provider());
    let modules = start(&provider);
    let mut data = LoaderData::new(&memory).expect("there is memory");
    data.update(&memory, &modules).expect("there is memory");
    let program = modules.program().expect("it was loaded");
    let at = |base: u64| data.entry(base).expect("it has an entry");
    let entry = at(program.base());
    assert_eq!(memory.pointer(entry + 0x30), Ok(program.base()));
    assert_eq!(memory.pointer(entry + 0x38).ok(), program.entry());
    assert_eq!(memory.pointer(entry + 0x40).map(|size| size as u32), Ok(program.size()));
    assert_eq!(string(&memory, entry + 0x48), program.guest_path());
    let kernel32 = modules.by_name("kernel32").expect("it was loaded");
    let entry = at(kernel32.base());
    assert_eq!(string(&memory, entry + 0x48), r"C:\Windows\System32\kernel32.dll");
    assert_eq!(memory.pointer(entry + 0x68).map(|flags| flags as u32 & 4), Ok(4));
    let node = memory.pointer(entry + 0x98).expect("it has a node");
    assert_eq!((memory.pointer(node), memory.pointer(entry + 0xa0)), (Ok(entry + 0xa0), Ok(node)));
}

#[test]
fn hash_buckets_hold_every_module_once() {
    let (memory, provider) = (TestMemory::default(), provider());
    let modules = start(&provider);
    let mut data = LoaderData::new(&memory).expect("there is memory");
    data.update(&memory, &modules).expect("there is memory");
    let buckets = (0..32).map(|bucket| data.address() + 0x60 + 16 * bucket);
    let mut names: Vec<String> = buckets.flat_map(|head| walk(&memory, head, 0x70)).collect();
    names.sort();
    assert_eq!(names, ["kernel32.dll", "ntdll.dll", "program.exe", "user32.dll"]);
}

#[test]
fn loading_and_unloading_keep_the_lists_right() {
    let (memory, provider) = (TestMemory::default(), provider());
    let modules = start(&provider);
    let mut data = LoaderData::new(&memory).expect("there is memory");
    data.update(&memory, &modules).expect("there is memory");
    let (before, allocations) = (lists(&memory, &data), memory.allocations());
    let entry = data.entry(modules.by_name("ntdll").expect("it was loaded").base());
    let late = modules.load(&provider, DllName::Base("late"), LoadFlags::empty()).expect("it loads");
    data.update(&memory, &modules).expect("there is memory");
    assert!(lists(&memory, &data).iter().all(|names| names.last().is_some_and(|name| name == "late.dll")));
    let unused = modules.release(&late.module).expect("it is loaded");
    modules.remove(&unused);
    data.update(&memory, &modules).expect("there is memory");
    assert_eq!((lists(&memory, &data), memory.allocations()), (before, allocations));
    assert_eq!(
        data.entry(modules.by_name("ntdll").expect("it was loaded").base()),
        entry,
        "entries stay where they are"
    );
}

#[test]
fn scribbled_links_are_written_anew() {
    let (memory, provider) = (TestMemory::default(), provider());
    let modules = start(&provider);
    let mut data = LoaderData::new(&memory).expect("there is memory");
    data.update(&memory, &modules).expect("there is memory");
    let before = lists(&memory, &data);
    let entry = data.entry(modules.program().expect("it was loaded").base()).expect("it has an entry");
    memory.write(entry, &[0xff; 48]).expect("it is writable");
    data.update(&memory, &modules).expect("nothing is followed");
    assert_eq!(lists(&memory, &data), before);
}
