//! The DLL search order, as Microsoft documents it
//! (<https://learn.microsoft.com/windows/win32/dlls/dynamic-link-library-search-order>).
//!
//! Shim DLLs stand where Windows has its own: the known DLLs win over every file, the others are found in the system folder.
//! Paths are host paths. Api-set names and loaded modules were dealt with before a search begins.

mod folder;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use bitflags::bitflags;

pub use folder::find_file;

use crate::graph::{DllName, DllRequest, NotFound, Resolved};

bitflags! {
    /// How `LoadLibraryEx` looks for a DLL and what it does with it (`LOAD_*`), as Windows numbers the flags.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct LoadFlags: u32 {
        const DONT_RESOLVE_DLL_REFERENCES = 0x0000_0001;
        const LOAD_LIBRARY_AS_DATAFILE = 0x0000_0002;
        const LOAD_WITH_ALTERED_SEARCH_PATH = 0x0000_0008;
        const LOAD_IGNORE_CODE_AUTHZ_LEVEL = 0x0000_0010;
        const LOAD_LIBRARY_AS_IMAGE_RESOURCE = 0x0000_0020;
        const LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE = 0x0000_0040;
        const LOAD_LIBRARY_REQUIRE_SIGNED_TARGET = 0x0000_0080;
        const LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR = 0x0000_0100;
        const LOAD_LIBRARY_SEARCH_APPLICATION_DIR = 0x0000_0200;
        const LOAD_LIBRARY_SEARCH_USER_DIRS = 0x0000_0400;
        const LOAD_LIBRARY_SEARCH_SYSTEM32 = 0x0000_0800;
        const LOAD_LIBRARY_SEARCH_DEFAULT_DIRS = 0x0000_1000;
        const LOAD_LIBRARY_SAFE_CURRENT_DIRS = 0x0000_2000;
    }
}

impl LoadFlags {
    /// The flags that replace the standard order by a list of folders.
    const SEARCH: Self = Self::LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR
        .union(Self::LOAD_LIBRARY_SEARCH_APPLICATION_DIR)
        .union(Self::LOAD_LIBRARY_SEARCH_USER_DIRS)
        .union(Self::LOAD_LIBRARY_SEARCH_SYSTEM32)
        .union(Self::LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
}

/// What a shim DLL is to the search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShimKind {
    /// As kernel32: whatever files there are, this name means the shim.
    Known,
    /// As the C runtime: found in the system folder, so that one beside the program comes first.
    System,
}

/// The folders of a process, as its environment and its calls have set them. Host paths.
#[derive(Debug, Clone, Default)]
pub struct SearchPaths {
    /// The program's folder.
    pub program: PathBuf,
    /// The current directory.
    pub current: PathBuf,
    /// `C:\Windows\System32`; need not exist. Shim DLLs are in it.
    pub system: PathBuf,
    /// `C:\Windows`; need not exist.
    pub windows: PathBuf,
    /// `PATH`.
    pub path: Vec<PathBuf>,
    /// `SetDllDirectory`: a folder, or an empty path for leaving out the current directory.
    pub dll_directory: Option<PathBuf>,
    /// `AddDllDirectory`, in the order they were added, each with what removes it.
    pub user_directories: Vec<(u64, PathBuf)>,
    /// `SetDefaultDllDirectories`.
    pub default_flags: LoadFlags,
    /// `SafeDllSearchMode` switched off: the current directory comes right after the program's folder.
    pub unsafe_mode: bool,
}

/// One place of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place<'a> {
    /// The system folder, with the shim DLLs in it.
    System,
    Folder(&'a Path),
}

impl SearchPaths {
    /// Finds what a request means. `shim` says which names are shim DLLs, `find` looks a file up in a folder, such as
    /// [`find_file`].
    pub fn resolve(
        &self,
        request: &DllRequest<'_>,
        shim: &dyn Fn(&str) -> Option<ShimKind>,
        find: &dyn Fn(&Path, &str) -> Option<PathBuf>,
    ) -> Result<Resolved, NotFound> {
        match request.name {
            DllName::Path(path) if path.is_absolute() => self.absolute(path, shim, find),
            DllName::Path(path) => self.walk(request, &|folder| folder::find_path(folder, path, find), &|| None),
            DllName::Base(name) if shim(name) == Some(ShimKind::Known) => Ok(Resolved::Shim(name.to_owned())),
            DllName::Base(name) => {
                let shim = || shim(name).map(|_| Resolved::Shim(name.to_owned()));
                self.walk(request, &|folder| find(folder, name), &shim)
            }
        }
    }

    fn absolute(
        &self,
        path: &Path,
        shim: &dyn Fn(&str) -> Option<ShimKind>,
        find: &dyn Fn(&Path, &str) -> Option<PathBuf>,
    ) -> Result<Resolved, NotFound> {
        let folder = path.parent().unwrap_or(Path::new("/"));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let lower = name.to_lowercase();
        if is_same_folder(folder, &self.system) && shim(&lower).is_some() {
            return Ok(Resolved::Shim(lower));
        }
        let found = find(folder, &name).or_else(|| folder::find_path(Path::new("/"), path, find));
        found.map(Resolved::File).ok_or_else(|| NotFound { searched: vec![folder.to_owned()] })
    }

    fn walk(
        &self,
        request: &DllRequest<'_>,
        find: &dyn Fn(&Path) -> Option<PathBuf>,
        shim: &dyn Fn() -> Option<Resolved>,
    ) -> Result<Resolved, NotFound> {
        let mut searched = Vec::new();
        for place in self.places(request) {
            let folder = match place {
                Place::System => match shim() {
                    Some(shim) => return Ok(shim),
                    None if !self.system.is_dir() => continue,
                    None => &self.system,
                },
                Place::Folder(folder) => folder,
            };
            if folder.as_os_str().is_empty() || searched.iter().any(|seen| seen == folder) {
                continue;
            }
            if let Some(found) = find(folder) {
                return Ok(Resolved::File(found));
            }
            searched.push(folder.to_owned());
        }
        Err(NotFound { searched })
    }

    /// The places to look in, in order.
    fn places<'a>(&'a self, request: &DllRequest<'a>) -> Vec<Place<'a>> {
        let root = request.root.filter(|root| root.is_absolute()).and_then(Path::parent);
        let mut flags = request.flags;
        if !flags.intersects(LoadFlags::SEARCH) && !flags.contains(LoadFlags::LOAD_WITH_ALTERED_SEARCH_PATH) {
            flags |= self.default_flags;
        }
        if flags.intersects(LoadFlags::SEARCH) {
            return self.listed_places(flags, root);
        }
        let altered = root.filter(|_| flags.contains(LoadFlags::LOAD_WITH_ALTERED_SEARCH_PATH));
        let mut places = vec![Place::Folder(altered.unwrap_or(&self.program))];
        match &self.dll_directory {
            // SetDllDirectory takes the current directory out, and puts its own folder where that would be unsafely.
            Some(folder) => places.push(Place::Folder(folder)),
            None if self.unsafe_mode => places.push(Place::Folder(&self.current)),
            None => {}
        }
        places.extend([Place::System, Place::Folder(&self.windows)]);
        if self.dll_directory.is_none() {
            places.push(Place::Folder(&self.current));
        }
        places.extend(self.path.iter().map(|folder| Place::Folder(folder)));
        places
    }

    /// The places that `LOAD_LIBRARY_SEARCH_*` name, in the order of their documentation.
    fn listed_places<'a>(&'a self, flags: LoadFlags, root: Option<&'a Path>) -> Vec<Place<'a>> {
        let default = flags.contains(LoadFlags::LOAD_LIBRARY_SEARCH_DEFAULT_DIRS);
        let listed = |flag| default || flags.contains(flag);
        let mut places = Vec::new();
        if flags.contains(LoadFlags::LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR) {
            places.extend(root.map(Place::Folder));
        }
        if listed(LoadFlags::LOAD_LIBRARY_SEARCH_APPLICATION_DIR) {
            places.push(Place::Folder(&self.program));
        }
        if listed(LoadFlags::LOAD_LIBRARY_SEARCH_USER_DIRS) {
            let folders = self.user_directories.iter().map(|(_, folder)| folder).chain(&self.dll_directory);
            places.extend(folders.map(|folder| Place::Folder(folder)));
        }
        if listed(LoadFlags::LOAD_LIBRARY_SEARCH_SYSTEM32) {
            places.push(Place::System);
        }
        places
    }
}

fn is_same_folder(a: &Path, b: &Path) -> bool {
    a == b || (!b.as_os_str().is_empty() && a.to_string_lossy().to_lowercase() == b.to_string_lossy().to_lowercase())
}
