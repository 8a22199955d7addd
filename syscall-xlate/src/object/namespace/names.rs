//! The names that a process knows.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use super::super::directory::Node;
use super::super::{Directory, Object};
use super::Listed;
use crate::nls::case::upcased;

/// Fewer names than this are not worth sweeping.
const SWEEP_FROM: usize = 64;

/// The names of objects that are open here.
#[derive(Default)]
pub(super) struct Names {
    /// By the directory's identifier and the name in upper case.
    objects: HashMap<(u64, Vec<u16>), Vec<Named>>,
    /// Directories that were opened as such, which need not have a name.
    directories: HashMap<u64, Weak<Directory>>,
    /// Names of dropped objects are swept out when there are this many names.
    sweep_at: usize,
}

struct Named {
    directory: Arc<Node>,
    name: Vec<u16>,
    object: Weak<dyn Object>,
}

impl Names {
    pub(super) fn find(&self, node: &Node, name: &[u16], ignores_case: bool) -> Option<Arc<dyn Object>> {
        let named = self.objects.get(&(node.id, upcased(name)))?;
        named.iter().filter(|named| ignores_case || named.name == name).find_map(|named| named.object.upgrade())
    }

    /// An open directory.
    pub(super) fn directory(&self, id: u64) -> Option<Arc<dyn Object>> {
        Some(self.directories.get(&id)?.upgrade()?)
    }

    pub(super) fn insert_directory(&mut self, directory: &Arc<Directory>) {
        self.directories.retain(|_, directory| directory.strong_count() != 0);
        self.directories.insert(directory.node().id, Arc::downgrade(directory));
    }

    pub(super) fn insert<T: Object>(&mut self, node: &Arc<Node>, name: &[u16], object: &Arc<T>) {
        self.insert_any(node, name, &(Arc::clone(object) as Arc<dyn Object>));
    }

    pub(super) fn insert_any(&mut self, node: &Arc<Node>, name: &[u16], object: &Arc<dyn Object>) {
        if self.objects.len() >= self.sweep_at {
            self.objects.retain(|_, named| {
                named.retain(|named| named.object.strong_count() != 0);
                !named.is_empty()
            });
            self.sweep_at = (self.objects.len() * 2).max(SWEEP_FROM);
        }
        if let Ok(directory) = super::downcast::<Directory>(Arc::clone(object)) {
            self.insert_directory(&directory);
        }
        let named = self.objects.entry((node.id, upcased(name))).or_default();
        named.retain(|named| named.object.strong_count() != 0);
        named.push(Named { directory: Arc::clone(node), name: name.to_vec(), object: Arc::downgrade(object) });
    }

    /// The path of an object that has one.
    pub(super) fn path_of(&self, object: &Arc<dyn Object>) -> Option<Vec<u16>> {
        let mut all = self.objects.values().flatten();
        let named = all.find(|named| std::ptr::addr_eq(named.object.as_ptr(), Arc::as_ptr(object)))?;
        Some(named.directory.join(&named.name))
    }

    /// What is open of a directory's.
    pub(super) fn list(&self, node: &Node) -> impl Iterator<Item = Listed> {
        let here = self.objects.iter().filter(|(at, _)| at.0 == node.id).flat_map(|(_, named)| named);
        here.filter_map(|named| Some(Listed { name: named.name.clone(), kind: named.object.upgrade()?.kind() }))
    }

    /// All that are open.
    pub(super) fn alive(&self) -> Vec<Arc<dyn Object>> {
        self.objects.values().flatten().filter_map(|named| named.object.upgrade()).collect()
    }
}
