//! The registry as its users see it.

use super::*;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn registry() -> Registry {
    Registry::new(Version::WINDOWS_10)
}

fn text(registry: &Registry, root: Root, path: &str, name: &str) -> NtResult<String> {
    let key = registry.open(&registry.root(root)?, &wide(path))?;
    let value = registry.value(&key, &wide(name))?;
    let units: Vec<u16> = value.data.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    Ok(String::from_utf16_lossy(&units).trim_end_matches('\0').to_owned())
}

#[test]
fn the_seed_says_which_windows_this_is() {
    let path = r"software\Microsoft\windows nt\CurrentVersion";
    let product = |version| text(&Registry::new(version), Root::LocalMachine, path, "PRODUCTNAME");
    assert_eq!(product(Version::WINDOWS_10).as_deref(), Ok("Windows 10 Pro"));
    assert_eq!(product(Version::WINDOWS_7).as_deref(), Ok("Windows 7 Professional"));
    let build = text(&registry(), Root::LocalMachine, path, "CurrentBuild");
    assert_eq!(build.as_deref(), Ok("19045"));
}

#[test]
fn every_predefined_key_opens() {
    let registry = registry();
    for root in [Root::LocalMachine, Root::Users, Root::CurrentUser, Root::ClassesRoot, Root::CurrentConfig] {
        assert!(registry.root(root).is_ok(), "{root:?}");
    }
    let key = registry.root(Root::LocalMachine).unwrap();
    assert_eq!(String::from_utf16_lossy(key.path()), r"\REGISTRY\MACHINE");
}

#[test]
fn what_is_missing_is_not_found() {
    let registry = registry();
    let root = registry.root(Root::CurrentUser).unwrap();
    assert_eq!(registry.open(&root, &wide(r"Software\None")).map(drop), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    assert_eq!(registry.value(&root, &wide("none")), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    assert_eq!(registry.open(&root, &wide(r"\Software")).map(drop), Err(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD));
}

#[test]
fn subkeys_are_listed_by_name_and_values_as_they_came() {
    let registry = registry();
    let root = registry.root(Root::CurrentUser).unwrap();
    let (key, made) = registry.create(&root, &wide(r"Software\Test\"), NewKey::default()).unwrap();
    assert!(made);
    for name in ["b", "C", "a"] {
        registry.create(&key, &wide(name), NewKey { class: &wide("class"), volatile: false }).unwrap();
        let value = Value { name: wide(name), kind: 3, data: vec![0; name.len() * 5] };
        registry.set_value(&key, value).unwrap();
    }
    let names = (0..3).map(|index| String::from_utf16_lossy(&registry.subkey(&key, index).unwrap().name));
    assert_eq!(names.collect::<Vec<_>>(), ["a", "b", "C"]);
    let values = (0..3).map(|index| String::from_utf16_lossy(&registry.value_at(&key, index).unwrap().name));
    assert_eq!(values.collect::<Vec<_>>(), ["b", "C", "a"]);
    let info = registry.info(&key).unwrap();
    assert_eq!((info.subkeys, info.longest_subkey, info.longest_class), (3, 1, 5));
    assert_eq!((info.values, info.longest_value_name, info.largest_data), (3, 1, 5));
    assert_eq!(registry.subkey(&key, 3), Err(NTSTATUS::STATUS_NO_MORE_ENTRIES));
}

#[test]
fn a_deleted_key_is_gone_for_those_who_have_it_open() {
    let registry = registry();
    let root = registry.root(Root::CurrentUser).unwrap();
    let (key, _) = registry.create(&root, &wide("Test"), NewKey::default()).unwrap();
    let (child, _) = registry.create(&key, &wide("Child"), NewKey::default()).unwrap();
    assert_eq!(registry.delete(&key), Err(NTSTATUS::STATUS_CANNOT_DELETE));
    registry.delete(&child).unwrap();
    assert_eq!(registry.info(&child), Err(NTSTATUS::STATUS_KEY_DELETED));
    registry.delete(&key).unwrap();
    assert_eq!(registry.open(&key, &[]).map(drop), Err(NTSTATUS::STATUS_KEY_DELETED));
    let (again, made) = registry.create(&root, &wide("test"), NewKey::default()).unwrap();
    assert!(made && registry.info(&again).is_ok());
    assert_eq!(registry.info(&key), Err(NTSTATUS::STATUS_KEY_DELETED));
    let machine = registry.root(Root::LocalMachine).unwrap();
    assert_eq!(registry.delete(&machine), Err(NTSTATUS::STATUS_CANNOT_DELETE));
}

#[test]
fn names_have_their_limits() {
    let registry = registry();
    let root = registry.root(Root::CurrentUser).unwrap();
    let create = |path: &[u16]| registry.create(&root, path, NewKey::default()).map(drop);
    assert_eq!(create(&[b'x'.into(); 255]), Ok(()));
    assert_eq!(create(&[b'x'.into(); 256]), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
    assert_eq!(create(&wide(&r"x\".repeat(600))), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
    let value = Value { name: vec![b'x'.into(); 16_384], kind: 1, data: Vec::new() };
    assert_eq!(registry.set_value(&root, value), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
}

#[test]
fn a_lasting_key_does_not_go_below_a_volatile_one() {
    let registry = registry();
    let root = registry.root(Root::CurrentUser).unwrap();
    let volatile = NewKey { class: &[], volatile: true };
    let (key, _) = registry.create(&root, &wide("Volatile"), volatile).unwrap();
    let lasting = registry.create(&key, &wide("Lasting"), NewKey::default()).map(drop);
    assert_eq!(lasting, Err(NTSTATUS::STATUS_CHILD_MUST_BE_VOLATILE));
    assert!(registry.create(&key, &wide("Volatile"), volatile).is_ok());
}
