//! Names as they are given to services.

use std::sync::Arc;

use abi::{NTSTATUS, NtResult};

use super::super::directory::{Directory, Node, SEPARATOR};
use super::fixed;

/// Longest name in UTF-16 units, as a `UNICODE_STRING` limits it.
const LONGEST: usize = 0x7ffe;

/// A name, and where it is looked for.
#[derive(Clone, Debug)]
pub struct Name {
    pub(super) root: Arc<Node>,
    pub(super) path: Vec<u16>,
    pub(super) ignores_case: bool,
}

impl Name {
    /// A name as Win32's functions take it: from the session's directory of named objects on.
    ///
    /// # Errors
    /// `STATUS_NAME_TOO_LONG`, `STATUS_OBJECT_NAME_INVALID` for a path that begins or ends with a backslash.
    pub fn win32(name: &[u16]) -> NtResult<Self> {
        let path = fixed::SESSION_OBJECTS_PATH.encode_utf16().collect();
        Self::below(Arc::new(Node { id: fixed::SESSION_OBJECTS, path }), name.to_vec(), false)
    }

    /// A path as system services take it (`OBJECT_ATTRIBUTES`): from a directory on, or from the root of the namespace.
    ///
    /// # Errors
    /// `STATUS_NAME_TOO_LONG`, `STATUS_OBJECT_PATH_SYNTAX_BAD` unless it begins with a backslash exactly where there is no directory,
    /// `STATUS_OBJECT_NAME_INVALID`.
    pub fn nt(directory: Option<&Directory>, path: Vec<u16>, ignores_case: bool) -> NtResult<Self> {
        match (directory, path.split_first()) {
            (None, Some((&SEPARATOR, rest))) => {
                Self::below(Arc::new(Node { id: fixed::ROOT, path: Vec::new() }), rest.to_vec(), ignores_case)
            }
            (None, _) | (Some(_), Some((&SEPARATOR, _))) => Err(NTSTATUS::STATUS_OBJECT_PATH_SYNTAX_BAD),
            (Some(directory), _) => Self::below(Arc::clone(directory.node()), path, ignores_case),
        }
    }

    /// A path in a directory; the directory itself for an empty one.
    pub(super) fn below(root: Arc<Node>, path: Vec<u16>, ignores_case: bool) -> NtResult<Self> {
        if path.len() > LONGEST {
            return Err(NTSTATUS::STATUS_NAME_TOO_LONG);
        }
        if !path.is_empty() && path.split(|&unit| unit == SEPARATOR).any(<[u16]>::is_empty) {
            return Err(NTSTATUS::STATUS_OBJECT_NAME_INVALID);
        }
        Ok(Self { root, path, ignores_case })
    }

    /// What the path becomes where a link to `target` stands for what is before `rest`.
    pub(super) fn through_link(&self, target: &[u16], rest: &[u16]) -> NtResult<Self> {
        let target = target.strip_suffix(&[SEPARATOR]).unwrap_or(target);
        let path = if rest.is_empty() { target.to_vec() } else { [target, &[SEPARATOR], rest].concat() };
        // A link to nothing leads to the root.
        let path = if path.is_empty() { vec![SEPARATOR] } else { path };
        Self::nt(None, path, self.ignores_case)
    }

    /// The first name of the path, and what is behind it.
    pub(super) fn split(path: &[u16]) -> (&[u16], Option<&[u16]>) {
        match path.iter().position(|&unit| unit == SEPARATOR) {
            Some(at) => (&path[..at], Some(&path[at + 1..])),
            None => (path, None),
        }
    }
}
