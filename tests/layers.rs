//! The crates depend on each other along one line only, in their manifests and in their sources; unsafe code is where
//! ARCHITECTURE.md lists it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The line, lowest first: (package, folder). `abi-macros` is part of abi: its attribute expands there.
const LINE: &[(&str, &str)] = &[
    ("abi-macros", "abi/macros"),
    ("abi", "abi"),
    ("loader", "loader"),
    ("syscall-xlate", "syscall-xlate"),
    ("api-shims", "api-shims"),
    ("exeunt", "."),
];

/// Packages on no place of the line: nothing that ships may depend on them.
const TOOLS: &[&str] = &["xtask"];

#[test]
fn manifests_point_down_the_line() {
    for (place, (package, folder)) in LINE.iter().enumerate() {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let wrong = wrong_dependencies(place, &manifest);
        assert!(wrong.is_empty(), "{package} must not depend on {wrong:?}");
    }
}

#[test]
fn sources_point_down_the_line() {
    // The first is skipped: the paths in it are those of the code that the attribute expands to.
    for (place, (_, folder)) in LINE.iter().enumerate().skip(1) {
        for file in sources(&root().join(folder)) {
            let wrong = wrong_paths(place, &fs::read_to_string(&file).unwrap());
            assert!(wrong.is_empty(), "{} must not name {wrong:?}", file.display());
        }
    }
}

#[test]
fn a_wrong_dependency_is_found() {
    let loader = place("loader");
    assert_eq!(wrong_dependencies(loader, "[dependencies]\nabi.workspace = true\n"), [""; 0]);
    assert_eq!(wrong_dependencies(loader, "[dependencies]\napi-shims = { path = '../api-shims' }\n"), ["api-shims"]);
    assert_eq!(wrong_dependencies(loader, "[dev-dependencies]\nxtask.workspace = true\n"), ["xtask"]);
    let renamed = "[target.'cfg(unix)'.build-dependencies]\nx = { package = 'exeunt', path = '..' }\n";
    assert_eq!(wrong_dependencies(loader, renamed), ["exeunt"]);
}

#[test]
fn a_wrong_use_is_found() {
    let xlate = place("syscall-xlate");
    assert_eq!(wrong_paths(xlate, "use abi::Ptr;\nuse loader::Image;\n"), [""; 0]);
    assert_eq!(wrong_paths(xlate, "use api_shims::dlls;\n"), ["api_shims"]);
    assert_eq!(wrong_paths(xlate, "pub use ::{exeunt, abi};\n"), ["exeunt"]);
    assert_eq!(wrong_paths(xlate, "fn f() { let d = ::api_shims\n::dlls(); }"), ["api_shims"]);
    assert_eq!(wrong_paths(xlate, "extern crate exeunt as e;"), ["exeunt"]);
    // Text, comments and other modules of the name are none.
    assert_eq!(wrong_paths(xlate, "// use exeunt::x;\n/* exeunt::x */ let s = \"exeunt::x\"; let c = '\"';"), [""; 0]);
    assert_eq!(wrong_paths(xlate, "let t = r#\"use \"exeunt::x\"#; crate::exeunt::y(); my_exeunt::z();"), [""; 0]);
}

#[test]
fn unsafe_code_is_where_architecture_lists_it() {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, section) = text.split_once("## Where unsafe lives").expect("ARCHITECTURE.md lists where unsafe lives");
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let found: BTreeSet<String> = LINE.iter().flat_map(|(package, folder)| unsafe_files(package, folder)).collect();
    let mut crate_name = "";
    let mut listed = BTreeSet::new();
    for name in section.split('`').skip(1).step_by(2) {
        match name.ends_with(".rs") {
            true => _ = listed.insert(format!("{crate_name}: {name}")),
            false => crate_name = name,
        }
    }
    let unlisted: Vec<_> = found.difference(&listed).collect();
    assert!(unlisted.is_empty(), "unsafe code that ARCHITECTURE.md does not list: {unlisted:?}");
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "ARCHITECTURE.md lists files without unsafe code: {gone:?}");
}

/// The crate's files with unsafe code, as `crate: path/in/src.rs`.
fn unsafe_files(package: &str, folder: &str) -> Vec<String> {
    let src = root().join(folder).join("src");
    let is_unsafe = |file: &PathBuf| {
        let code = code_only(&fs::read_to_string(file).unwrap());
        ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe("].iter().any(|word| code.contains(word))
    };
    let path_in_src = |file: PathBuf| file.strip_prefix(&src).ok().map(|path| format!("{package}: {}", path.display()));
    sources(&root().join(folder)).into_iter().filter(is_unsafe).filter_map(path_in_src).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn place(package: &str) -> usize {
    LINE.iter().position(|(name, _)| *name == package).unwrap()
}

/// Packages of ours that a crate at this place must not depend on.
fn forbidden(place: usize) -> impl Iterator<Item = &'static str> {
    LINE[place + 1..].iter().map(|(name, _)| *name).chain(TOOLS.iter().copied())
}

/// The wrong ones of a manifest's dependencies, of whatever kind and under whatever name.
fn wrong_dependencies(place: usize, manifest: &str) -> Vec<&'static str> {
    let manifest: toml::Table = manifest.parse().unwrap();
    let targets =
        manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(|targets| targets.values());
    let tables = std::iter::once(&manifest).chain(targets.filter_map(toml::Value::as_table));
    let named: BTreeSet<&str> = tables
        .flat_map(|table| ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .filter_map(|dependencies| dependencies?.as_table())
        .flatten()
        .map(|(name, dependency)| dependency.get("package").and_then(toml::Value::as_str).unwrap_or(name))
        .collect();
    forbidden(place).filter(|name| named.contains(name)).collect()
}

/// The crates above this place that a source names in a path, `use` or `extern crate`.
fn wrong_paths(place: usize, source: &str) -> Vec<String> {
    let code = code_only(source);
    forbidden(place).map(|name| name.replace('-', "_")).filter(|name| names_crate(&code, name)).collect()
}

fn names_crate(code: &str, name: &str) -> bool {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    code.match_indices(name).any(|(at, _)| {
        let (before, after) = (code[..at].trim_end(), code[at + name.len()..].trim_start());
        let is_whole = !code[..at].ends_with(is_word) && !code[at + name.len()..].starts_with(is_word);
        // `a::name` is an item of `a`; `::name` is the crate.
        let is_item =
            before.strip_suffix("::").is_some_and(|path| path.trim_end().ends_with(|c| is_word(c) || c == '>'));
        let in_use = code[..at].rsplit([';', '}']).next().is_some_and(|statement| {
            let mut words = statement.split(|c: char| !is_word(c));
            words.any(|word| word == "use") || statement.trim_end().ends_with("extern crate")
        });
        is_whole && !is_item && (after.starts_with("::") || in_use)
    })
}

/// The source without comments and without the contents of string literals.
fn code_only(source: &str) -> String {
    let mut code = String::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            string_length(rest)
        } else {
            raw_string_length(rest, code.chars().next_back())
        };
        if skipped == 0 {
            code.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            code.push(' ');
            rest = &rest[skipped..];
        }
    }
    code
}

/// Length of the literal that begins with this quote.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Length of the raw string literal that begins here; 0 for anything else.
fn raw_string_length(text: &str, before: Option<char>) -> usize {
    let Some(opening) = text.strip_prefix('r') else { return 0 };
    let hashes = opening.len() - opening.trim_start_matches('#').len();
    if before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') || !opening[hashes..].starts_with('"') {
        return 0;
    }
    let closing = format!("\"{}", "#".repeat(hashes));
    let content = hashes + 2;
    text[content..].find(&closing).map_or(text.len(), |end| content + end + closing.len())
}

/// The crate's Rust files: src, tests, benches, examples; not those of crates in folders of its own.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = ["src", "tests", "benches", "examples"].map(|name| folder.join(name)).into();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}
