//! Programs with guest DLLs and shims, loaded, asked and unloaded.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::image::ImageErrorKind;
use crate::map::peek;
use crate::synthetic::SyntheticExport;
use crate::testing::{ImportBy, PeBuilder, TEXT_RVA, TestProvider};

const THUNK: u64 = 0x7000_0000_0000;

/// A folder with DLLs, and the module list and provider of a process that uses it.
struct Process {
    folder: PathBuf,
    provider: TestProvider,
    modules: ModuleList,
}

impl Process {
    fn new(name: &str, dlls: &[(&str, PeBuilder)]) -> Self {
        let folder = std::env::temp_dir().join(format!("loader-modules-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder can be made");
        for (file, builder) in dlls {
            fs::write(folder.join(file), builder.bytes()).expect("a file can be written");
        }
        let kernel32 = vec![
            SyntheticExport::code("CloseHandle", 0x5555_0000_1000),
            SyntheticExport::forward("HeapAlloc", "ntdll.RtlAllocateHeap"),
            SyntheticExport::forward("Loop", "KERNEL32.Loop"),
            SyntheticExport::forward("Bad", "nothing"),
            SyntheticExport::forward("Gone", "gone.Gone"),
        ];
        let ntdll = vec![SyntheticExport::code("RtlAllocateHeap", 0x5555_0000_2000).with_ordinal(12)];
        let provider = TestProvider { folder: folder.clone(), missing: Some(THUNK), ..TestProvider::default() };
        let provider = provider.with_shim("kernel32.dll", kernel32).with_shim("ntdll.dll", ntdll);
        Self { folder, provider, modules: ModuleList::new() }
    }

    fn start(&self, program: &PeBuilder) -> Result<Loaded, LoadError> {
        self.modules.load_program(
            &self.provider,
            Image::parse(program.bytes()).expect("the image is sound"),
            &["ntdll.dll"],
        )
    }

    fn load(&self, name: &str) -> Result<Loaded, LoadError> {
        self.modules.load(&self.provider, DllName::Base(name), LoadFlags::empty())
    }

    fn load_error(&self, name: &str) -> String {
        self.load(name).expect_err("it cannot be loaded").to_string()
    }

    fn symbol(&self, module: &Module, symbol: &str) -> Result<u64, LoadError> {
        self.modules.symbol(&self.provider, module, symbol.into()).map(|found| found.address)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn names(modules: &[Arc<Module>]) -> Vec<&str> {
    modules.iter().map(|module| module.name()).collect()
}

/// What is in the import slots of a module, in the order of the directory.
fn slots(module: &Module) -> Vec<u64> {
    let image = module.image().expect("it is a guest module");
    let imports = image.imports().flat_map(|dll| dll.expect("imports are sound").entries());
    imports.map(|import| read(module, import.expect("imports are sound").slot)).collect()
}

fn read(module: &Module, rva: u32) -> u64 {
    let bytes = peek(module.base() + u64::from(rva), 8);
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn dll(name: &str) -> PeBuilder {
    PeBuilder::dll(name).export("value", TEXT_RVA)
}

#[test]
fn a_program_is_bound_to_shims_and_guest_dlls() {
    let library =
        dll("library.dll").export("other", TEXT_RVA + 4).import("kernel32.dll", &[ImportBy::Name("CloseHandle")]);
    let process = Process::new("bind", &[("Library.dll".to_lowercase().as_str(), library)]);
    let program = PeBuilder::exe()
        .import(
            "KERNEL32.DLL",
            &[ImportBy::Name("CloseHandle"), ImportBy::Name("HeapAlloc"), ImportBy::Name("Missing")],
        )
        .import("library", &[ImportBy::Name("other"), ImportBy::Ordinal(1)])
        .import("ntdll.dll", &[ImportBy::Ordinal(12), ImportBy::Ordinal(99)]);
    let loaded = process.start(&program).expect("it loads");
    let library = process.modules.by_name("LIBRARY").expect("it was loaded");
    let code = library.base() + u64::from(TEXT_RVA);
    let (close, heap) = (0x5555_0000_1000, 0x5555_0000_2000);
    assert_eq!(slots(&loaded.module), [close, heap, THUNK, code + 4, code, heap, THUNK]);
    assert_eq!(slots(&library), [close]);
    assert_eq!(*process.provider.sites.borrow(), ["program.exe: kernel32.dll!Missing", "program.exe: ntdll.dll!#99"]);
    assert_eq!(names(&process.modules.modules()), ["program.exe", "ntdll.dll", "kernel32.dll", "library.dll"]);
    assert_eq!(names(&loaded.new), ["ntdll.dll", "kernel32.dll", "library.dll", "program.exe"]);
    assert_eq!(names(&process.modules.initialisation_order()), names(&loaded.new));
}

#[test]
fn dependencies_are_initialised_first() {
    let process = Process::new(
        "order",
        &[
            (
                "a.dll",
                dll("a.dll").import("b.dll", &[ImportBy::Name("value")]).import("c.dll", &[ImportBy::Name("value")]),
            ),
            ("b.dll", dll("b.dll").import("c.dll", &[ImportBy::Name("value")])),
            ("c.dll", dll("c.dll")),
        ],
    );
    let loaded = process.start(&PeBuilder::exe().import("a.dll", &[ImportBy::Name("value")])).expect("it loads");
    assert_eq!(names(&loaded.new), ["ntdll.dll", "c.dll", "b.dll", "a.dll", "program.exe"]);
    assert_eq!(names(&process.modules.modules()), ["program.exe", "ntdll.dll", "a.dll", "b.dll", "c.dll"]);
}

#[test]
fn circular_dependencies_load_once() {
    let process = Process::new(
        "circle",
        &[
            ("a.dll", dll("a.dll").import("b.dll", &[ImportBy::Name("value")])),
            ("b.dll", dll("b.dll").import("A.DLL", &[ImportBy::Name("value")])),
        ],
    );
    let loaded = process.load("a").expect("it loads");
    assert_eq!(names(&loaded.new), ["b.dll", "a.dll"]);
    let (a, b) = (loaded.module.base(), loaded.new[0].base());
    assert_eq!(slots(&loaded.new[0]), [a + u64::from(TEXT_RVA)]);
    assert_eq!(slots(&loaded.module), [b + u64::from(TEXT_RVA)]);
    let unused = process.modules.release(&loaded.module).expect("it is loaded");
    assert_eq!(names(&unused), ["a.dll", "b.dll"], "the circle does not keep itself alive");
}

#[test]
fn a_dll_that_imports_itself_loads() {
    let process = Process::new("self", &[("a.dll", dll("a.dll").import("a.dll", &[ImportBy::Name("value")]))]);
    let loaded = process.load("a.dll").expect("it loads");
    assert_eq!(slots(&loaded.module), [loaded.module.base() + u64::from(TEXT_RVA)]);
}

#[test]
fn one_file_is_one_module_whatever_it_is_called() {
    let process = Process::new("once", &[("a.dll", dll("a.dll"))]);
    let first = process.load("a.dll").expect("it loads");
    std::os::unix::fs::symlink(process.folder.join("a.dll"), process.folder.join("link.dll"))
        .expect("a link can be made");
    for name in ["A.DLL", "a", "link.dll"] {
        let again = process.load(name).expect("it is loaded");
        assert_eq!((again.module.base(), again.new.len()), (first.module.base(), 0), "{name}");
    }
    let path = process.folder.join("a.dll");
    let again =
        process.modules.load(&process.provider, DllName::Path(&path), LoadFlags::empty()).expect("it is loaded");
    assert_eq!(again.module.base(), first.module.base());
    assert_eq!(process.modules.by_host_path(&path).map(|module| module.base()), Some(first.module.base()));
}

#[test]
fn references_keep_modules_and_the_last_release_unloads() {
    let process = Process::new(
        "references",
        &[("a.dll", dll("a.dll").import("b.dll", &[ImportBy::Name("value")])), ("b.dll", dll("b.dll"))],
    );
    let a = process.load("a.dll").expect("it loads").module;
    let b = process.load("b.dll").expect("it is loaded").module;
    process.modules.add_reference(&a).expect("it is loaded");
    assert!(process.modules.release(&a).expect("it is loaded").is_empty());
    let unused = process.modules.release(&a).expect("it is loaded");
    assert_eq!(names(&unused), ["a.dll"], "b.dll was asked for by name too");
    assert!(process.modules.by_name("a.dll").is_some(), "it can be found while it detaches");
    assert_eq!(process.load_error("a.dll"), "a.dll is being unloaded");
    assert!(matches!(process.modules.release(&a), Err(LoadError::NotLoaded)));
    process.modules.remove(&unused);
    assert!(process.modules.by_name("a.dll").is_none());
    assert_eq!(names(&process.modules.release(&b).expect("it is loaded")), ["b.dll"]);
    let again = process.load("a.dll");
    assert!(matches!(again, Err(LoadError::Unloading { module }) if module == "b.dll"), "b.dll is still detaching");
}

#[test]
fn a_failed_load_leaves_nothing() {
    let process = Process::new(
        "failed",
        &[
            ("a.dll", dll("a.dll").import("b.dll", &[ImportBy::Name("value")]).import("gone.dll", &[])),
            ("b.dll", dll("b.dll")),
        ],
    );
    process.start(&PeBuilder::exe()).expect("it loads");
    let error = process.load_error("a.dll");
    assert!(error.starts_with("gone.dll, which a.dll needs, was not found in "), "{error}");
    assert!(error.contains(process.folder.to_str().expect("it is UTF-8")), "{error}");
    assert_eq!(names(&process.modules.modules()), ["program.exe", "ntdll.dll"]);
}

#[test]
fn what_a_guest_dll_lacks_is_an_error() {
    let process = Process::new("lacks", &[("a.dll", dll("a.dll")), ("bad.dll", PeBuilder::exe().pe32())]);
    let start = |symbol| {
        process.start(&PeBuilder::exe().import("a.dll", &[symbol])).expect_err("it is not exported").to_string()
    };
    assert_eq!(
        start(ImportBy::Ordinal(77)),
        "a.dll does not export #77, which program.exe needs; it may be of another version"
    );
    assert_eq!(
        start(ImportBy::Name("f")),
        "a.dll does not export f, which program.exe needs; it may be of another version"
    );
    assert!(process.load_error("bad").ends_with(
        "bad.dll: is a 32-bit program (PE32, i386); 32-bit programs are not supported yet, use an x64 build"
    ));
    assert!(process.provider.sites.borrow().is_empty(), "only shims may lack something");
}

#[test]
fn what_cannot_run_is_not_loaded() {
    let process = Process::new("refused", &[]);
    let error = process.start(&PeBuilder::dll("a.dll")).expect_err("it is no program");
    assert!(matches!(error, LoadError::Image { error, .. } if error.kind == ImageErrorKind::IsDll));
    assert!(process.modules.modules().is_empty() && process.modules.program().is_none());
}

#[test]
fn forwarders_are_followed_across_dlls() {
    let process = Process::new(
        "forward",
        &[
            (
                "a.dll",
                PeBuilder::dll("a.dll")
                    .forward("far", "b.near")
                    .forward("ordinal", "B.#2")
                    .forward("shim", "KERNEL32.HeapAlloc"),
            ),
            ("b.dll", PeBuilder::dll("b.dll").forward("near", "c.value").export("here", TEXT_RVA + 2)),
            ("c.dll", dll("c.dll")),
        ],
    );
    let symbols = ["far", "ordinal", "shim"].map(ImportBy::Name);
    let loaded = process.start(&PeBuilder::exe().import("a.dll", &symbols)).expect("it loads");
    let base = |name: &str| process.modules.by_name(name).expect("it was loaded").base();
    let expected = [base("c.dll") + u64::from(TEXT_RVA), base("b.dll") + u64::from(TEXT_RVA) + 2, 0x5555_0000_2000];
    assert_eq!(slots(&loaded.module), expected);
    assert_eq!(names(&loaded.new), ["ntdll.dll", "kernel32.dll", "c.dll", "b.dll", "a.dll", "program.exe"]);
}

#[test]
fn forwarders_that_lead_nowhere_are_refused() {
    let process = Process::new(
        "cycle",
        &[
            (
                "a.dll",
                PeBuilder::dll("a.dll").forward("round", "b.round").forward("bad", "b").forward("missing", "b.missing"),
            ),
            ("b.dll", PeBuilder::dll("b.dll").forward("round", "a.round")),
        ],
    );
    let start = |symbol| {
        process
            .start(&PeBuilder::exe().import("a.dll", &[ImportBy::Name(symbol)]))
            .expect_err("it leads nowhere")
            .to_string()
    };
    assert_eq!(start("round"), "a.dll: the forwarder b.round never ends");
    assert_eq!(start("bad"), "a.dll: the forwarder target \"b\" is not DLL.Name");
    assert_eq!(
        start("missing"),
        "b.dll does not export missing, which program.exe needs; it may be of another version"
    );
    let kernel32 = process.load("kernel32").expect("it is a shim").module;
    assert!(matches!(process.symbol(&kernel32, "Loop"), Err(LoadError::ForwarderCycle { .. })));
    assert!(matches!(process.symbol(&kernel32, "Bad"), Err(LoadError::BadForwarder { .. })));
    assert!(matches!(process.symbol(&kernel32, "Gone"), Err(LoadError::DllNotFound { .. })));
}

#[test]
fn symbols_are_found_at_run_time() {
    let process =
        Process::new("symbol", &[("a.dll", dll("a.dll").forward("later", "b.value")), ("b.dll", dll("b.dll"))]);
    let a = process.load("a.dll").expect("it loads").module;
    assert_eq!(process.symbol(&a, "value").ok(), Some(a.base() + u64::from(TEXT_RVA)));
    assert_eq!(
        process.symbol(&a, "none").expect_err("it is not there").to_string(),
        "a.dll does not export none; it may be of another version"
    );
    let later = process.modules.symbol(&process.provider, &a, "later".into()).expect("it is in b.dll");
    assert_eq!(names(&later.new), ["b.dll"], "which was loaded for it");
    let again = process.modules.symbol(&process.provider, &a, "later".into()).expect("it is in b.dll");
    assert_eq!((again.address, again.new.len()), (later.address, 0));
    assert_eq!(
        names(&process.modules.release(&a).expect("it is loaded")),
        ["b.dll", "a.dll"],
        "in reverse order of initialisation"
    );
}

#[test]
fn shim_functions_are_found_by_their_stubs() {
    let process = Process::new("stubs", &[]);
    let kernel32 = process.load("KERNEL32").expect("it is a shim").module;
    let ntdll = process.load("ntdll").expect("it is a shim").module;
    let close = process.symbol(&kernel32, "CloseHandle").expect("it is exported");
    assert!(kernel32.contains(close));
    assert_eq!(
        kernel32.nearest_export(close + 3).map(|(symbol, _)| symbol.to_string()).as_deref(),
        Some("CloseHandle")
    );
    let heap = process.symbol(&kernel32, "HeapAlloc").expect("it is forwarded");
    assert!(ntdll.contains(heap));
    assert!(process.symbol(&kernel32, "Missing").is_err(), "asking at run time gets no thunk");
}

#[test]
fn api_sets_are_their_hosts() {
    let process = Process::new("apiset", &[]);
    let program = PeBuilder::exe().import("API-MS-Win-Core-Handle-L1-1-0.dll", &[ImportBy::Name("CloseHandle")]);
    let loaded = process.start(&program).expect("it loads");
    assert_eq!(slots(&loaded.module), [0x5555_0000_1000]);
    assert!(
        process.modules.by_name("api-ms-win-core-file-l2-1-3").is_some_and(|module| module.name() == "kernel32.dll")
    );
}

#[test]
fn tls_indices_are_assigned_stored_and_reused() {
    let with_tls = |name: &str| dll(name).tls(&[1, 2, 3, 4], 4, &[TEXT_RVA]);
    let process = Process::new("tls", &[("a.dll", with_tls("a.dll")), ("b.dll", with_tls("b.dll"))]);
    let program = process.start(&PeBuilder::exe().tls(&[9], 0, &[])).expect("it loads").module;
    let a = process.load("a.dll").expect("it loads").module;
    let index = |module: &Module| module.tls().expect("it has TLS").index;
    assert_eq!((index(&program), index(&a)), (0, 1));
    let directory = a.image().expect("it is a guest module").tls().expect("it is sound").expect("there is one");
    assert_eq!(read(&a, directory.index.expect("there is one")) as u32, 1);
    let tls = a.tls().expect("it has TLS");
    assert_eq!(
        (tls.template, tls.callbacks),
        (a.base() + u64::from(directory.template), directory.callbacks.map(|rva| a.base() + u64::from(rva)))
    );
    assert_eq!(read(&a, directory.callbacks.expect("there are some")), a.base() + u64::from(TEXT_RVA), "relocated");
    let unused = process.modules.release(&a).expect("it is loaded");
    process.modules.remove(&unused);
    assert_eq!(index(&process.load("b.dll").expect("it loads").module), 1);
}

#[test]
fn addresses_lead_to_modules() {
    let process = Process::new("address", &[("a.dll", dll("a.dll").function(TEXT_RVA, TEXT_RVA + 1, 0x2000))]);
    let a = process.load("a.dll").expect("it loads").module;
    let found = |address| process.modules.by_address(address).map(|module| module.name().to_owned());
    assert_eq!(found(a.base()).as_deref(), Some("a.dll"));
    assert_eq!(found(a.base() + u64::from(a.size()) - 1).as_deref(), Some("a.dll"));
    assert_eq!(found(a.base() + u64::from(a.size())), None);
    assert!(process.modules.by_base(a.base()).is_some() && process.modules.by_base(a.base() + 1).is_none());
    assert!(process.modules.by_guest_path(&a.guest_path().to_uppercase()).is_some());
    let (row, function) = a.function_at(a.base() + u64::from(TEXT_RVA)).expect("it has a row");
    assert_eq!((function.begin, read(&a, (row - a.base()) as u32) as u32), (TEXT_RVA, TEXT_RVA));
    assert_eq!(a.function_at(a.base() + u64::from(TEXT_RVA) + 1), None);
}

#[test]
fn a_program_loaded_as_a_library_is_not_bound() {
    let process = Process::new("exe", &[("tool.exe", PeBuilder::exe().import("gone.dll", &[ImportBy::Name("f")]))]);
    process.start(&PeBuilder::exe()).expect("it loads");
    let tool = process.load("tool.exe").expect("nothing of it is needed").module;
    assert_eq!(tool.dll_main(), None);
}

#[test]
fn references_may_be_left_unresolved() {
    let process = Process::new("unresolved", &[("a.dll", dll("a.dll").import("gone.dll", &[ImportBy::Name("f")]))]);
    let loaded = process.modules.load(&process.provider, DllName::Base("a"), LoadFlags::DONT_RESOLVE_DLL_REFERENCES);
    assert_eq!(names(&loaded.expect("it loads").new), ["a.dll"]);
}

#[test]
fn pinned_modules_stay() {
    let process = Process::new("pinned", &[("a.dll", dll("a.dll"))]);
    let loaded = process.start(&PeBuilder::exe().import("a.dll", &[ImportBy::Name("value")])).expect("it loads");
    let a = process.load("a").expect("it is loaded").module;
    assert!(process.modules.release(&a).expect("it is loaded").is_empty(), "the program uses it");
    assert!(process.modules.release(&a).expect("it is loaded").is_empty(), "however often it is freed");
    assert!(process.modules.release(&loaded.module).expect("it is loaded").is_empty());
}

#[test]
fn threads_may_load_and_release_at_once() {
    let process = Process::new(
        "threads",
        &[
            ("a.dll", dll("a.dll").tls(&[1], 0, &[]).import("b.dll", &[ImportBy::Name("value")])),
            ("b.dll", dll("b.dll")),
        ],
    );
    let (folder, modules) = (&process.folder, &process.modules);
    let work = |name: &'static str| {
        let provider = TestProvider { folder: folder.clone(), ..TestProvider::default() };
        for _ in 0..200 {
            let module = match modules.load(&provider, DllName::Base(name), LoadFlags::empty()) {
                Ok(loaded) => loaded.module,
                // Another thread has released the last reference and not yet removed the module.
                Err(LoadError::Unloading { .. }) => continue,
                Err(error) => panic!("{error}"),
            };
            assert_eq!(modules.by_address(module.base()).map(|found| found.base()), Some(module.base()));
            modules.remove(&modules.release(&module).expect("it is loaded"));
        }
    };
    std::thread::scope(|scope| {
        for name in ["a.dll", "b.dll", "a.dll", "b.dll"] {
            scope.spawn(move || work(name));
        }
    });
    assert!(process.modules.modules().is_empty() && process.modules.initialisation_order().is_empty());
}

#[test]
fn more_modules_than_a_process_has_are_refused() {
    let process = Process::new("many", &[]);
    let provider = TestProvider { any: true, missing: Some(THUNK), ..TestProvider::default() };
    let import = |builder: PeBuilder, index: u32| builder.import(&format!("library{index}.dll"), &[]);
    let program = Image::parse((0..4096).fold(PeBuilder::exe(), import).bytes()).expect("the image is sound");
    let error = process.modules.load_program(&provider, program, &[]).expect_err("that is too many");
    assert!(matches!(error, LoadError::TooManyModules));
    assert!(process.modules.modules().is_empty());
}
