//! Named objects.
//!
//! One folder for `Local\` names and one for `Global\` names. Names are case-sensitive ("Object Names" in Microsoft's documentation).
//! An object stays in the namespace until its last handle is closed. The processes of one root share the names of the types that can be
//! shared ([`Object::sharing`]); those of others are known in this process only.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use abi::{NTSTATUS, NtResult};

use super::shared::{self, Key, Registry};
use super::{Object, Sharing, downcast};
use crate::say::say;

const PREFIX_GLOBAL: &str = "Global\\";
const PREFIX_LOCAL: &str = "Local\\";
const PREFIX_SESSION: &str = "Session\\";
/// Longest name in UTF-16 units, as a `UNICODE_STRING` limits it.
const LONGEST: usize = 0x7ffe;
/// Fewer names than this are not worth sweeping.
const SWEEP_FROM: usize = 64;

/// A name with its folder.
#[derive(Clone, PartialEq, Eq, Hash)]
struct FullName {
    global: bool,
    name: Vec<u16>,
}

impl FullName {
    fn key(&self) -> Key {
        Key::new(self.global, &self.name)
    }
}

/// The named objects.
pub struct Namespace {
    // Taken before the registry's locks. `make` of a new object locks nothing of ours.
    names: Mutex<Names>,
    /// The folder that processes share, and our part in it once a name needed it. `None` where there is none.
    registry: OnceLock<Option<Arc<Registry>>>,
    root: PathBuf,
}

#[derive(Default)]
struct Names {
    objects: HashMap<FullName, Weak<dyn Object>>,
    /// Names of dropped objects are swept out when there are this many names.
    sweep_at: usize,
}

/// What [`Namespace::create`] found or made.
pub struct Created<T> {
    /// The object.
    pub object: Arc<T>,
    /// True when an object of this name was there before (`STATUS_OBJECT_NAME_EXISTS`, which is a success).
    pub existed: bool,
}

impl Namespace {
    /// The names that processes with this root share. Nothing is touched before the first name is used.
    pub fn new(root: &Path) -> Self {
        Self { names: Mutex::default(), registry: OnceLock::new(), root: root.to_owned() }
    }

    /// Opens the object of this name, or makes it: in the place that processes share, if there is one. `name` is as Win32 functions take it.
    ///
    /// # Errors
    /// `STATUS_OBJECT_TYPE_MISMATCH` when the name belongs to an object of another type, `STATUS_OBJECT_PATH_NOT_FOUND` for a
    /// backslash behind the prefix, `STATUS_NAME_TOO_LONG`, `STATUS_INSUFFICIENT_RESOURCES` when there are too many, and what `make` returns.
    pub fn create<T: Object>(
        &self,
        name: &[u16],
        make: impl FnOnce(Option<shared::Place>) -> NtResult<Arc<T>>,
    ) -> NtResult<Created<T>> {
        if name.is_empty() {
            return Ok(Created { object: make(None)?, existed: false });
        }
        let name = full_name(name)?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(object) = names.find(&name)? {
            return Ok(Created { object, existed: true });
        }
        let created = match self.shared::<T>() {
            None => Created { object: make(None)?, existed: false },
            Some((sharing, registry)) => {
                let (lookup, key) = (registry.enter()?, name.key());
                match lookup.open(key, sharing.kind) {
                    Ok(place) => Created { object: (sharing.open)(place)?, existed: true },
                    Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND) => {
                        let reserved = lookup.reserve(key)?;
                        let index = reserved.index();
                        let object = make(Some(reserved))?;
                        lookup.publish(index, sharing.kind);
                        Created { object, existed: false }
                    }
                    Err(status) => return Err(status),
                }
            }
        };
        names.insert(name, &created.object);
        Ok(created)
    }

    /// Opens the object of this name.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, and those of [`Self::create`].
    pub fn open<T: Object>(&self, name: &[u16]) -> NtResult<Arc<T>> {
        let name = full_name(name)?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(object) = names.find(&name)? {
            return Ok(object);
        }
        let (sharing, registry) = self.shared::<T>().ok_or(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)?;
        let shared = registry.enter()?.open(name.key(), sharing.kind)?;
        let object = (sharing.open)(shared)?;
        names.insert(name, &object);
        Ok(object)
    }

    /// The objects of a type that have names and are open here.
    pub fn all<T: Object>(&self) -> Vec<Arc<T>> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = names.objects.values().filter_map(Weak::upgrade).collect::<Vec<_>>();
        drop(names);
        alive.into_iter().filter_map(|object| downcast(object).ok()).collect()
    }

    /// The process ends: what it has open is closed for the others.
    pub fn leave(&self) {
        if let Some(Some(registry)) = self.registry.get() {
            registry.leave();
        }
    }

    /// How a type is shared, and where.
    fn shared<T: Object>(&self) -> Option<(Sharing<T>, &Arc<Registry>)> {
        let sharing = T::sharing()?;
        let registry = self.registry.get_or_init(|| {
            let folder = shared::folder(&self.root);
            Registry::join(folder.clone())
                .inspect_err(|error| {
                    let folder = folder.display();
                    say(format_args!("named objects are not shared with other processes: {folder}: {error}"));
                })
                .ok()
        });
        Some((sharing, registry.as_ref()?))
    }
}

impl Names {
    /// The object of this name, as far as it is known here.
    fn find<T: Object>(&self, name: &FullName) -> NtResult<Option<Arc<T>>> {
        let found = self.objects.get(name).and_then(Weak::upgrade);
        found.map(downcast).transpose().map_err(|_| NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)
    }

    fn insert<T: Object>(&mut self, name: FullName, object: &Arc<T>) {
        if self.objects.len() >= self.sweep_at {
            self.objects.retain(|_, object| object.strong_count() != 0);
            self.sweep_at = (self.objects.len() * 2).max(SWEEP_FROM);
        }
        let weak: Weak<dyn Object> = Arc::downgrade(&(Arc::clone(object) as Arc<dyn Object>));
        self.objects.insert(name, weak);
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Folder and name for a Win32 object name.
fn full_name(name: &[u16]) -> NtResult<FullName> {
    if name.len() > LONGEST {
        return Err(NTSTATUS::STATUS_NAME_TOO_LONG);
    }
    let (global, rest) = if let Some(rest) = strip(name, PREFIX_GLOBAL) {
        (true, rest)
    } else if let Some(rest) = strip(name, PREFIX_LOCAL) {
        (false, rest)
    } else if let Some(rest) = strip(name, PREFIX_SESSION) {
        // Session\<number>\name. There is one session.
        let cut =
            rest.iter().position(|&unit| unit == u16::from(b'\\')).ok_or(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND)?;
        (false, &rest[cut + 1..])
    } else {
        (false, name)
    };
    if rest.is_empty() {
        return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
    }
    if rest.contains(&u16::from(b'\\')) {
        return Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND);
    }
    Ok(FullName { global, name: rest.to_vec() })
}

/// What stands behind `prefix`, whose letters may be in any case.
fn strip<'a>(name: &'a [u16], prefix: &str) -> Option<&'a [u16]> {
    let (head, rest) = name.split_at_checked(prefix.len())?;
    head.iter()
        .zip(prefix.bytes())
        .all(|(&unit, byte)| u8::try_from(unit).is_ok_and(|unit| unit.eq_ignore_ascii_case(&byte)))
        .then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::Kind;

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

    fn namespace() -> Namespace {
        Namespace::new(Path::new("never used: these types are not shared"))
    }
    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }
    fn create(namespace: &Namespace, name: &str) -> Created<Thing> {
        namespace.create(&wide(name), |_| Ok(Arc::new(Thing))).unwrap()
    }

    #[test]
    fn a_name_lives_as_long_as_its_object() {
        let namespace = namespace();
        let first = create(&namespace, "Local\\a");
        assert!(!first.existed);
        let second = create(&namespace, "a");
        assert!(second.existed && Arc::ptr_eq(&first.object, &second.object));
        assert!(namespace.open::<Thing>(&wide("a")).is_ok());
        drop((first, second));
        assert_eq!(namespace.open::<Thing>(&wide("a")).err(), Some(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
        assert!(!create(&namespace, "a").existed);
    }

    #[test]
    fn names_are_case_sensitive_and_prefixes_are_not() {
        let namespace = namespace();
        let _lower = create(&namespace, "a");
        assert!(!create(&namespace, "A").existed);
        assert!(create(&namespace, "LOCAL\\a").existed);
        assert!(!create(&namespace, "Global\\a").existed);
        assert!(create(&namespace, "Session\\1\\a").existed);
    }

    #[test]
    fn another_type_or_a_path_is_refused() {
        let namespace = namespace();
        let _thing = create(&namespace, "a");
        let other = namespace.create(&wide("a"), |_| Ok(Arc::new(Other)));
        assert_eq!(other.err(), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
        assert_eq!(namespace.open::<Other>(&wide("a")).err(), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
        assert_eq!(namespace.open::<Thing>(&wide("a\\b")).err(), Some(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
        assert_eq!(namespace.open::<Thing>(&wide("Global\\")).err(), Some(NTSTATUS::STATUS_OBJECT_NAME_INVALID));
        assert_eq!(namespace.open::<Thing>(&[65; 40000]).err(), Some(NTSTATUS::STATUS_NAME_TOO_LONG));
    }

    #[test]
    fn no_name_makes_a_new_object_each_time() {
        let namespace = namespace();
        assert!(!create(&namespace, "").existed);
        assert!(!create(&namespace, "").existed);
    }
}
