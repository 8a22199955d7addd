//! Reports of crashes, of whole programs: what is said is the same in each run but for the registers.

use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn guest(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin").join(name)
}

fn run(options: &[&str], program: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    command.args(options).arg(guest(program)).args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

/// The report, with the registers' values masked and addresses of allocations too.
fn report(options: &[&str], program: &str, arguments: &[&str]) -> String {
    masked(&run(options, program, arguments))
}

fn masked(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let mut lines = Vec::new();
    for line in text.lines() {
        let words = line.split(' ').map(|word| match word.split_once('=') {
            Some((name, value)) if value.len() >= 8 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                format!("{name}=*")
            }
            _ if word.starts_with("0x1000") => "0xALLOCATED".to_owned(),
            _ => word.to_owned(),
        });
        lines.push(words.collect::<Vec<_>>().join(" "));
    }
    assert!(lines.iter().all(|line| line.starts_with("exeunt: ")), "{text}");
    lines.join("\n")
}

#[test]
fn functions_and_lines_come_from_dwarf() {
    insta::assert_snapshot!(report(&[], "crash_symbols.exe", &["inline"]));
}

#[test]
fn shims_between_the_guests_frames_are_named() {
    insta::assert_snapshot!(report(&[], "crash_symbols.exe", &["callback"]));
}

#[test]
fn functions_and_lines_come_from_a_pdb() {
    insta::assert_snapshot!(report(&[], "crash_pdb.exe", &[]));
}

#[test]
fn a_pdb_of_another_build_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("crash_pdb.exe");
    let mut bytes = std::fs::read(guest("crash_pdb.exe")).unwrap();
    let record = bytes.windows(4).position(|window| window == b"RSDS").unwrap();
    bytes[record + 4] ^= 1;
    std::fs::write(&program, bytes).unwrap();
    std::fs::copy(guest("crash_pdb.pdb"), folder.path().join("crash_pdb.pdb")).unwrap();
    let text = report(&[], program.to_str().unwrap(), &[]);
    assert!(text.contains("at crash_pdb.exe+0x") && !text.contains("read_null"), "{text}");
}

#[test]
fn what_is_at_the_address_is_told() {
    for kind in ["reserved", "read-only", "data", "guard"] {
        insta::assert_snapshot!(format!("memory_{kind}"), report(&[], "crash_symbols.exe", &[kind]));
    }
}

#[test]
fn damaged_stacks_are_reported_as_far_as_they_go() {
    for kind in ["no-stack", "no-return"] {
        insta::assert_snapshot!(format!("damaged_{kind}"), report(&[], "crash_symbols.exe", &[kind]));
    }
    insta::assert_snapshot!("damaged_overflow", report(&[], "crash.exe", &["stack"]));
}

#[test]
fn the_last_calls_are_told_on_request() {
    let text = report(&["--report-calls"], "crash.exe", &["raise"]);
    let calls: Vec<_> = text.lines().skip_while(|line| !line.ends_with("the last calls:")).collect();
    assert_eq!(calls.len(), 1 + 16 + 1, "{text}");
    assert!(calls.iter().any(|call| call.contains("kernel32!RaiseException(dwExceptionCode=")), "{text}");
    assert!(!report(&[], "crash.exe", &["raise"]).contains("last calls"));
}

#[test]
fn two_crashes_are_the_same_text() {
    let first = report(&[], "crash_symbols.exe", &["callback"]);
    assert_eq!(first, report(&[], "crash_symbols.exe", &["callback"]));
    assert_eq!(run(&[], "crash_symbols.exe", &["callback"]).status.signal(), Some(11));
}

#[test]
fn what_is_said_to_a_debugger_is_shown_on_request() {
    let output = run(&["--debug-output"], "crash_ends.exe", &["debug-output"]);
    let said = "exeunt: debug: said\nexeunt: debug: twice\nexeunt: debug: wide\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), said);
    assert!(run(&[], "crash_ends.exe", &["debug-output"]).stderr.is_empty());
}

#[test]
fn a_minidump_has_the_thread_that_crashed_and_the_modules() {
    use minidump::{Minidump, MinidumpException, MinidumpMemoryList, MinidumpModuleList, MinidumpThreadList, Module};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crash.dmp");
    let output = run(&["--minidump", file.to_str().unwrap()], "crash_pdb.exe", &[]);
    assert_eq!(output.status.signal(), Some(11));
    let dump = Minidump::read_path(&file).unwrap();
    let exception = dump.get_stream::<MinidumpException>().unwrap();
    assert_eq!(exception.raw.exception_record.exception_code, 0xC000_0005);
    assert_eq!(exception.raw.exception_record.exception_information[..2], [0, 0x10]);
    let threads = dump.get_stream::<MinidumpThreadList>().unwrap();
    assert_eq!(threads.threads.len(), 1);
    assert_eq!(threads.threads[0].raw.thread_id, exception.thread_id);
    assert_ne!(threads.threads[0].raw.stack.memory.data_size, 0);
    let modules = dump.get_stream::<MinidumpModuleList>().unwrap();
    let program = modules.iter().find(|module| module.code_file().ends_with("crash_pdb.exe")).unwrap();
    assert_eq!((program.base_address(), program.debug_file().unwrap().as_ref()), (0x1_4000_0000, "crash_pdb.pdb"));
    assert!(modules.iter().any(|module| module.code_file().to_ascii_lowercase().ends_with("kernel32.dll")));
    let memory = dump.get_stream::<MinidumpMemoryList<'_>>().unwrap();
    assert!(memory.memory_at_address(exception.raw.exception_record.exception_address).is_some());
}

#[test]
fn a_program_s_own_minidump_has_all_threads_and_regions() {
    use minidump::{
        Minidump, MinidumpMemoryInfoList, MinidumpMemoryList, MinidumpModuleList, MinidumpThreadList, Module,
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.dmp");
    let output = run(&[], "dbghelp.exe", &[file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let dump = Minidump::read_path(&file).unwrap();
    let memory = dump.get_stream::<MinidumpMemoryList<'_>>().unwrap();
    let modules = dump.get_stream::<MinidumpModuleList>().unwrap();
    let threads = dump.get_stream::<MinidumpThreadList>().unwrap();
    assert_eq!(threads.threads.len(), 2);
    for thread in &threads.threads {
        let stack = thread.raw.stack.start_of_memory_range;
        assert!(thread.raw.stack.memory.data_size != 0 && memory.memory_at_address(stack).is_some());
        assert!(memory.memory_at_address(thread.raw.teb).is_some());
        let context = thread.context(&dump.get_stream().unwrap(), None).unwrap();
        let code = modules.module_at_address(context.get_instruction_pointer()).unwrap();
        assert!(code.code_file().ends_with("dbghelp.exe"), "{}", code.code_file());
    }
    let program = modules.main_module().unwrap();
    assert!(program.code_file().ends_with("dbghelp.exe") && program.code_identifier().is_some());
    let regions = dump.get_stream::<MinidumpMemoryInfoList<'_>>().unwrap();
    let code = regions.memory_info_at_address(program.base_address() + 0x1000).unwrap();
    assert!(code.is_executable() && !code.is_writable());
}

#[test]
fn a_full_minidump_has_all_memory() {
    use minidump::{Minidump, MinidumpMemory64List, MinidumpModuleList, MinidumpThreadList, Module};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("full.dmp");
    let output = run(&[], "dbghelp.exe", &[file.to_str().unwrap(), "full"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let dump = Minidump::read_path(&file).unwrap();
    let memory = dump.get_stream::<MinidumpMemory64List<'_>>().unwrap();
    let modules = dump.get_stream::<MinidumpModuleList>().unwrap();
    let base = modules.main_module().unwrap().base_address();
    assert_eq!(memory.memory_at_address(base).unwrap().get_memory_at_address::<u16>(base), Some(0x5a4d));
    for thread in dump.get_stream::<MinidumpThreadList>().unwrap().threads {
        assert!(memory.memory_at_address(thread.raw.stack.start_of_memory_range).is_some());
    }
}

#[test]
fn a_minidump_that_has_no_folder_is_refused_before_the_program_runs() {
    let output = run(&["--minidump", "/nowhere/crash.dmp"], "hello.exe", &[]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(125), 0));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("exeunt: ") && text.contains("/nowhere/crash.dmp"), "{text}");
}
