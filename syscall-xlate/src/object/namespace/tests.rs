//! Names in one process, and in two of one root.

use std::path::Path;

use super::*;
use crate::object::{Kind, SymbolicLink};
use crate::sync::Event;
use crate::temp_dir::TempDir;

struct Thing;
impl Object for Thing {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Job
    }
}
struct Other;
impl Object for Other {
    extern "win64" fn kind(&self) -> Kind {
        Kind::Key
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}
fn win32(text: &str) -> NtResult<Name> {
    Name::win32(&wide(text))
}
fn nt(text: &str) -> NtResult<Name> {
    Name::nt(None, wide(text), false)
}
/// A process of its own.
fn alone() -> (TempDir, Namespace) {
    let folder = TempDir::new();
    let namespace = Namespace::new(folder.path());
    (folder, namespace)
}
fn create(namespace: &Namespace, name: NtResult<Name>) -> Created<Thing> {
    namespace.create(Some(&name.unwrap()), |_| Ok(Arc::new(Thing))).unwrap()
}
fn open<T: Object>(namespace: &Namespace, name: NtResult<Name>) -> NtResult<Arc<T>> {
    namespace.open(&name?)
}
fn path(namespace: &Namespace, object: &Arc<impl Object>) -> Option<String> {
    let object: Arc<dyn Object> = object.clone();
    namespace.path_of(&object).map(|path| String::from_utf16_lossy(&path))
}

#[test]
fn a_name_lives_as_long_as_its_object() {
    let (_folder, namespace) = alone();
    let first = create(&namespace, win32("Local\\a"));
    assert!(!first.existed);
    let second = create(&namespace, win32("a"));
    assert!(second.existed && Arc::ptr_eq(&first.object, &second.object));
    assert!(open::<Thing>(&namespace, win32("a")).is_ok());
    drop((first, second));
    assert_eq!(open::<Thing>(&namespace, win32("a")).err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    assert!(!create(&namespace, win32("a")).existed);
}

#[test]
fn names_are_case_sensitive_and_prefixes_are_not() {
    let (_folder, namespace) = alone();
    let lower = create(&namespace, win32("a"));
    assert!(!create(&namespace, win32("A")).existed);
    assert!(create(&namespace, win32("LOCAL\\a")).existed);
    assert!(!create(&namespace, win32("Global\\a")).existed);
    assert!(create(&namespace, win32("Session\\1\\a")).existed);
    assert!(create(&namespace, nt(r"\Sessions\1\BaseNamedObjects\a")).existed);
    let found = namespace.open(&Name::nt(None, wide(r"\sessions\1\basenamedobjects\A"), true).unwrap());
    assert!(found.is_ok_and(|found: Arc<Thing>| Arc::ptr_eq(&found, &lower.object)));
}

#[test]
fn session_0_and_global_names_are_one() {
    let (_folder, namespace) = alone();
    let object = create(&namespace, nt(r"\BaseNamedObjects\a")).object;
    for name in [r"Global\a", r"Session\0\a", r"Local\Global\Local\a"] {
        assert!(create(&namespace, win32(name)).existed, "{name}");
    }
    assert!(create(&namespace, nt(r"\??\GLOBALROOT\BaseNamedObjects\a")).existed);
    assert!(create(&namespace, nt(r"\Sessions\0\BaseNamedObjects\a")).existed);
    assert_eq!(path(&namespace, &object).as_deref(), Some(r"\BaseNamedObjects\a"));
}

#[test]
fn another_type_or_a_wrong_path_is_refused() {
    let (_folder, namespace) = alone();
    let _thing = create(&namespace, win32("a"));
    let other = namespace.create(Some(&win32("a").unwrap()), |_| Ok(Arc::new(Other)));
    assert_eq!(other.err(), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
    let error = |name| open::<Other>(&namespace, name).err();
    assert_eq!(error(win32("a")), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
    assert_eq!(error(win32("a\\b")), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
    assert_eq!(error(win32("b\\b")), Some(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
    assert_eq!(error(win32("Global\\")), Some(NTSTATUS::STATUS_OBJECT_NAME_INVALID));
    assert_eq!(error(Name::win32(&[65; 40000])), Some(NTSTATUS::STATUS_NAME_TOO_LONG));
    assert_eq!(error(nt("a")), Some(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD));
    assert_eq!(error(nt("")), Some(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD));
    assert_eq!(error(nt(r"\Device\Null")), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
    assert_eq!(error(nt(r"\")), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
}

#[test]
fn no_name_makes_a_new_object_each_time() {
    let (_folder, namespace) = alone();
    let make = || namespace.create(None, |_| Ok(Arc::new(Thing))).unwrap();
    assert!(!make().existed && !make().existed);
    assert_eq!(path(&namespace, &make().object), None);
}

#[test]
fn a_directory_without_a_name_is_reached_by_itself_only() {
    let (_folder, namespace) = alone();
    let directory = namespace.create_directory(None).unwrap().object;
    let inside = || Name::nt(Some(&directory), wide("a"), false);
    let thing = create(&namespace, inside());
    assert!(create(&namespace, inside()).existed);
    let other = namespace.create_directory(None).unwrap().object;
    assert_eq!(
        open::<Thing>(&namespace, Name::nt(Some(&other), wide("a"), false)).err(),
        Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)
    );
    assert_eq!(path(&namespace, &thing.object).as_deref(), Some(r"...\a"));
    assert_eq!(namespace.list(&directory), Ok(vec![Listed { name: wide("a"), kind: Kind::Job }]));
    assert!(namespace.list(&other).unwrap().is_empty());
    let absolute = Name::nt(Some(&directory), wide(r"\a"), false);
    assert_eq!(absolute.err(), Some(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD));
}

#[test]
fn links_are_followed_but_not_forever() {
    let (_folder, namespace) = alone();
    let link = |name: &str, target: &str| {
        let made = namespace.create(Some(&win32(name).unwrap()), |place| SymbolicLink::new_in(place, &wide(target)));
        made.unwrap().object
    };
    let first = link("link", r"\BaseNamedObjects\x");
    let thing = create(&namespace, win32("link"));
    assert_eq!(path(&namespace, &thing.object).as_deref(), Some(r"\BaseNamedObjects\x"));
    assert!(open::<SymbolicLink>(&namespace, win32("link")).is_ok_and(|found| Arc::ptr_eq(&found, &first)));
    let _circle = link("circle", r"\Sessions\1\BaseNamedObjects\circle");
    assert_eq!(open::<Thing>(&namespace, win32("circle")).err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    let _nowhere = link("nowhere", r"\no\where");
    assert_eq!(open::<Thing>(&namespace, win32("nowhere")).err(), Some(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
    let drive: Arc<SymbolicLink> = open(&namespace, nt(r"\??\c:")).unwrap();
    assert_eq!(drive.target(), wide(r"\Device\HarddiskVolume1"));
}

#[test]
fn directories_and_links_are_shared() {
    let folder = TempDir::new();
    let [first, second] = [(); 2].map(|()| Namespace::new(folder.path()));
    let directory = first.create_directory(Some(&nt(r"\BaseNamedObjects\mine").unwrap())).unwrap().object;
    let name = || nt(r"\BaseNamedObjects\mine\e").unwrap();
    let make =
        |process: &Namespace| process.create(Some(&name()), |place| Ok(Event::new_in(place, true, true))).unwrap();
    let event = make(&first);
    let found = make(&second);
    assert!(found.existed && found.object.is_signalled() && event.object.reset() && !found.object.is_signalled());
    let link = first.create(Some(&win32("there").unwrap()), |place| {
        SymbolicLink::new_in(place, &wide(r"\BaseNamedObjects\mine\e"))
    });
    assert!(second.open::<Event>(&win32("there").unwrap()).is_ok());
    assert_eq!(second.open::<SymbolicLink>(&win32("there").unwrap()).unwrap().target(), link.unwrap().object.target());
    let opened: Arc<Directory> = second.open(&nt(r"\BaseNamedObjects\mine").unwrap()).unwrap();
    assert_eq!(second.list(&opened), Ok(vec![Listed { name: wide("e"), kind: Kind::Event }]));
    // A new directory of this name is another one.
    drop((directory, opened, found));
    assert_eq!(first.open::<Event>(&name()).err(), Some(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
    let again = second.create_directory(Some(&nt(r"\BaseNamedObjects\mine").unwrap())).unwrap();
    assert!(!again.existed);
    assert_eq!(first.open::<Event>(&name()).err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
}

#[test]
fn the_root_is_listed_by_name() {
    let namespace = Namespace::new(Path::new("never used: nothing is looked up"));
    let root: Arc<Directory> = namespace.open(&nt(r"\").unwrap()).unwrap();
    assert_eq!(path(&namespace, &root).as_deref(), Some("\\"));
    assert!(Arc::ptr_eq(&root, &namespace.open(&nt(r"\").unwrap()).unwrap()));
}
