//! Named objects.
//!
//! One folder for `Local\` names and one for `Global\` names. Names are case-sensitive ("Object Names" in Microsoft's documentation).
//! An object stays in the namespace until it is dropped. Names are known inside this process only; processes will share them when
//! the folders lie in shared memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use abi::{NTSTATUS, NtResult};

use super::{Object, downcast};

const PREFIX_GLOBAL: &str = "Global\\";
const PREFIX_LOCAL: &str = "Local\\";
const PREFIX_SESSION: &str = "Session\\";
/// Longest name in UTF-16 units, as a `UNICODE_STRING` limits it.
const LONGEST: usize = 0x7ffe;
/// Fewer names than this are not worth sweeping.
const SWEEP_FROM: usize = 64;

/// A name with its folder.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Place {
    global: bool,
    name: Vec<u16>,
}

/// The named objects.
#[derive(Default)]
pub struct Namespace {
    // Leaf lock: nothing else is locked while it is held, except in `make` of a new object, which locks nothing of ours.
    names: Mutex<Names>,
}

#[derive(Default)]
struct Names {
    objects: HashMap<Place, Weak<dyn Object>>,
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
    /// Opens the object of this name, or makes it. `name` is as Win32 functions take it.
    ///
    /// # Errors
    /// `STATUS_OBJECT_TYPE_MISMATCH` when the name belongs to an object of another type, `STATUS_OBJECT_PATH_NOT_FOUND` for a
    /// backslash behind the prefix, `STATUS_NAME_TOO_LONG`, and what `make` returns.
    pub fn create<T: Object>(&self, name: &[u16], make: impl FnOnce() -> NtResult<Arc<T>>) -> NtResult<Created<T>> {
        if name.is_empty() {
            return Ok(Created { object: make()?, existed: false });
        }
        let place = place(name)?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(object) = names.objects.get(&place).and_then(Weak::upgrade) {
            let object = downcast(object).map_err(|_| NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)?;
            return Ok(Created { object, existed: true });
        }
        let object = make()?;
        if names.objects.len() >= names.sweep_at {
            names.objects.retain(|_, object| object.strong_count() != 0);
            names.sweep_at = (names.objects.len() * 2).max(SWEEP_FROM);
        }
        let weak: Weak<dyn Object> = Arc::downgrade(&(object.clone() as Arc<dyn Object>));
        names.objects.insert(place, weak);
        Ok(Created { object, existed: false })
    }

    /// Opens the object of this name.
    ///
    /// # Errors
    /// `STATUS_OBJECT_NAME_NOT_FOUND`, and those of [`Self::create`].
    pub fn open<T: Object>(&self, name: &[u16]) -> NtResult<Arc<T>> {
        let place = place(name)?;
        let found =
            self.names.lock().unwrap_or_else(PoisonError::into_inner).objects.get(&place).and_then(Weak::upgrade);
        downcast(found.ok_or(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)?)
            .map_err(|_| NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH)
    }
}

/// Folder and name for a Win32 object name.
fn place(name: &[u16]) -> NtResult<Place> {
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
    Ok(Place { global, name: rest.to_vec() })
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
        fn kind(&self) -> Kind {
            Kind::Job
        }
    }
    struct Other;
    impl Object for Other {
        fn kind(&self) -> Kind {
            Kind::Key
        }
    }

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }
    fn create(namespace: &Namespace, name: &str) -> Created<Thing> {
        namespace.create(&wide(name), || Ok(Arc::new(Thing))).unwrap()
    }

    #[test]
    fn a_name_lives_as_long_as_its_object() {
        let namespace = Namespace::default();
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
        let namespace = Namespace::default();
        let _lower = create(&namespace, "a");
        assert!(!create(&namespace, "A").existed);
        assert!(create(&namespace, "LOCAL\\a").existed);
        assert!(!create(&namespace, "Global\\a").existed);
        assert!(create(&namespace, "Session\\1\\a").existed);
    }

    #[test]
    fn another_type_or_a_path_is_refused() {
        let namespace = Namespace::default();
        let _thing = create(&namespace, "a");
        let other = namespace.create(&wide("a"), || Ok(Arc::new(Other)));
        assert_eq!(other.err(), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
        assert_eq!(namespace.open::<Other>(&wide("a")).err(), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
        assert_eq!(namespace.open::<Thing>(&wide("a\\b")).err(), Some(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
        assert_eq!(namespace.open::<Thing>(&wide("Global\\")).err(), Some(NTSTATUS::STATUS_OBJECT_NAME_INVALID));
        assert_eq!(namespace.open::<Thing>(&[65; 40000]).err(), Some(NTSTATUS::STATUS_NAME_TOO_LONG));
    }

    #[test]
    fn no_name_makes_a_new_object_each_time() {
        let namespace = Namespace::default();
        assert!(!create(&namespace, "").existed);
        assert!(!create(&namespace, "").existed);
    }
}
