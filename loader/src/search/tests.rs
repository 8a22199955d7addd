//! The documented orders, with folders of real files.

use std::fs;

use super::*;

/// A folder with a sub-folder for every place, each of which may have `a.dll`.
struct Places {
    root: PathBuf,
    paths: SearchPaths,
}

const FOLDERS: [&str; 9] = ["program", "current", "system", "windows", "path1", "path2", "user", "set", "load"];

impl Places {
    fn new(test: &str) -> Self {
        let root = std::env::temp_dir().join(format!("loader-search-{test}-{}", std::process::id()));
        for folder in FOLDERS {
            fs::create_dir_all(root.join(folder)).expect("a folder can be made");
        }
        let paths = SearchPaths {
            program: root.join("program"),
            current: root.join("current"),
            system: root.join("system"),
            windows: root.join("windows"),
            path: vec![root.join("path1"), root.join("path2"), PathBuf::new()],
            ..SearchPaths::default()
        };
        Self { root, paths }
    }

    fn put(&self, file: &str) {
        fs::write(self.root.join(file), b"").expect("a file can be written");
    }

    fn find(&self, name: DllName<'_>, flags: LoadFlags, root: Option<&Path>) -> Result<String, String> {
        let request = DllRequest { name, flags, importer: None, root };
        let shim = |name: &str| match name {
            "known.dll" => Some(ShimKind::Known),
            "system.dll" => Some(ShimKind::System),
            _ => None,
        };
        let relative = |path: &Path| path.strip_prefix(&self.root).unwrap_or(path).display().to_string();
        match self.paths.resolve(&request, &shim, &find_file) {
            Ok(Resolved::Shim(name)) => Ok(format!("shim {name}")),
            Ok(Resolved::File(path)) => Ok(relative(&path)),
            Err(NotFound { searched }) => {
                Err(searched.iter().map(|folder| relative(folder)).collect::<Vec<_>>().join(" "))
            }
        }
    }

    fn base(&self, name: &str) -> Result<String, String> {
        self.find(DllName::Base(name), LoadFlags::empty(), None)
    }

    /// The order in which folders are looked in, that is: those searched in vain.
    fn order(&self, flags: LoadFlags, root: Option<&Path>) -> String {
        self.find(DllName::Base("none.dll"), flags, root).expect_err("it is nowhere")
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

#[test]
fn the_standard_order() {
    let mut places = Places::new("standard");
    assert_eq!(places.order(LoadFlags::empty(), None), "program system windows current path1 path2");
    places.paths.unsafe_mode = true;
    assert_eq!(places.order(LoadFlags::empty(), None), "program current system windows path1 path2");
}

#[test]
fn set_dll_directory_replaces_the_current_directory() {
    let mut places = Places::new("set");
    places.paths.dll_directory = Some(places.root.join("set"));
    assert_eq!(places.order(LoadFlags::empty(), None), "program set system windows path1 path2");
    places.paths.dll_directory = Some(PathBuf::new());
    assert_eq!(places.order(LoadFlags::empty(), None), "program system windows path1 path2");
}

#[test]
fn an_altered_search_begins_at_the_dll() {
    let places = Places::new("altered");
    let (root, altered) = (places.root.join("load/x.dll"), LoadFlags::LOAD_WITH_ALTERED_SEARCH_PATH);
    assert_eq!(places.order(altered, Some(&root)), "load system windows current path1 path2");
    assert_eq!(places.order(altered, None), "program system windows current path1 path2");
    assert_eq!(places.order(LoadFlags::empty(), Some(&root)), "program system windows current path1 path2");
}

#[test]
fn search_flags_list_the_folders() {
    let mut places = Places::new("flags");
    places.paths.user_directories = vec![(1, places.root.join("user"))];
    places.paths.dll_directory = Some(places.root.join("set"));
    let root = places.root.join("load/x.dll");
    let system = LoadFlags::LOAD_LIBRARY_SEARCH_SYSTEM32;
    let load = LoadFlags::LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR;
    let default = LoadFlags::LOAD_LIBRARY_SEARCH_DEFAULT_DIRS;
    assert_eq!(places.order(system, None), "system");
    assert_eq!(places.order(load | system, Some(&root)), "load system");
    assert_eq!(places.order(load | default, Some(&root)), "load program user set system");
    assert_eq!(places.order(LoadFlags::LOAD_LIBRARY_SEARCH_USER_DIRS, None), "user set");
    places.paths.default_flags = default;
    assert_eq!(places.order(LoadFlags::empty(), None), "program user set system");
    assert_eq!(places.order(LoadFlags::LOAD_LIBRARY_SEARCH_APPLICATION_DIR, None), "program");
}

#[test]
fn known_dlls_win_and_system_dlls_stand_in_the_system_folder() {
    let places = Places::new("shims");
    for folder in ["program", "path1"] {
        places.put(&format!("{folder}/known.dll"));
    }
    places.put("path1/system.dll");
    places.put("system/system.dll");
    assert_eq!(places.base("known.dll").as_deref(), Ok("shim known.dll"));
    assert_eq!(places.base("system.dll").as_deref(), Ok("shim system.dll"));
    places.put("program/System.DLL");
    assert_eq!(places.base("system.dll").as_deref(), Ok("program/System.DLL"));
    let user = LoadFlags::LOAD_LIBRARY_SEARCH_USER_DIRS;
    assert_eq!(places.find(DllName::Base("known.dll"), user, None).as_deref(), Ok("shim known.dll"));
}

#[test]
fn case_does_not_matter_and_the_exact_name_wins() {
    let places = Places::new("case");
    places.put("path2/LibFoo-1.DLL");
    assert_eq!(places.base("libfoo-1.dll").as_deref(), Ok("path2/LibFoo-1.DLL"));
    places.put("path2/libfoo-1.dll");
    assert_eq!(places.base("libfoo-1.dll").as_deref(), Ok("path2/libfoo-1.dll"));
    fs::create_dir(places.root.join("program/libfoo-1.dll")).expect("a folder can be made");
    assert_eq!(places.base("libfoo-1.dll").as_deref(), Ok("path2/libfoo-1.dll"), "a folder is no DLL");
}

#[test]
fn a_base_name_never_leaves_its_folder() {
    let places = Places::new("escape");
    places.put("path1/a.dll");
    for name in ["../path1/a.dll", r"..\path1\a.dll", "", "a.dll\0"] {
        assert!(places.base(name).is_err(), "{name:?}");
    }
}

#[test]
fn absolute_paths_are_taken_as_they_are() {
    let places = Places::new("absolute");
    places.put("load/A.dll");
    let find = |path: &str| places.find(DllName::Path(&places.root.join(path)), LoadFlags::empty(), None);
    assert_eq!(find("load/A.dll").as_deref(), Ok("load/A.dll"));
    assert_eq!(find("LOAD/a.DLL").as_deref(), Ok("load/A.dll"));
    assert_eq!(find("load/b.dll"), Err("load".into()));
    assert_eq!(find("system/KNOWN.dll").as_deref(), Ok("shim known.dll"));
    assert_eq!(find("SYSTEM/system.dll").as_deref(), Ok("shim system.dll"));
}

#[test]
fn relative_paths_are_looked_for_in_every_folder() {
    let places = Places::new("relative");
    fs::create_dir(places.root.join("current/Sub")).expect("a folder can be made");
    places.put("current/Sub/a.dll");
    let find = |path: &str| places.find(DllName::Path(Path::new(path)), LoadFlags::empty(), None);
    assert_eq!(find(r"sub\A.dll").as_deref(), Ok("current/Sub/a.dll"));
    assert_eq!(find("./sub/a.dll").as_deref(), Ok("current/Sub/a.dll"));
    assert!(find("other/a.dll").is_err());
}
