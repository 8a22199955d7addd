//! Raw system calls of whole programs: none of their instructions reaches the host's kernel, numbers follow the reported version, traces
//! show them.

use std::io;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn program(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("test-binaries/bin").join(name)
}

fn exeunt(arguments: &[&str], name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_exeunt"));
    command.args(arguments).arg(program(name)).stdin(Stdio::null());
    command
}

/// The upper half of the address at which the guest's memory ends.
const GUEST_END: u32 = 0x5500;

/// From now on, a system call instruction in guest memory that reaches the host's kernel ends the process with `SIGSYS`. What Syscall User
/// Dispatch catches does not reach it.
fn kill_at_guest_call() -> io::Result<()> {
    // seccomp_data.instruction_pointer, its upper half.
    const POINTER: u32 = 12;
    let code = |code: u32| code as u16;
    let step = |code, jt, jf, k| libc::sock_filter { code, jt, jf, k };
    let mut filter = [
        step(code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS), 0, 0, POINTER),
        step(code(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K), 1, 0, GUEST_END),
        step(code(libc::BPF_RET | libc::BPF_K), 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
        step(code(libc::BPF_RET | libc::BPF_K), 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: installs a filter for this process, which the kernel copies.
    let done = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
    };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Runs a system call instruction below the end of guest memory.
fn call_from_guest_memory() -> io::Result<()> {
    // mov eax, getpid; syscall; ret
    const CODE: [u8; 8] = [0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xc3];
    let rwx = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED_NOREPLACE;
    // SAFETY: a fresh page, and a function in it that only asks for the process's identifier.
    unsafe {
        let page = libc::mmap(0x10_0000_0000 as *mut _, 4096, rwx, flags, -1, 0);
        if page == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        page.cast::<[u8; 8]>().write(CODE);
        std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> i64>(page)();
    }
    Ok(())
}

#[test]
fn the_filter_ends_what_it_is_for() {
    let mut command = Command::new("/bin/true");
    // SAFETY: between fork and exec: system calls only.
    unsafe { command.pre_exec(|| kill_at_guest_call().and_then(|()| call_from_guest_memory())) };
    assert_eq!(command.status().unwrap().signal(), Some(libc::SIGSYS));
}

#[test]
fn no_instruction_of_the_guest_reaches_the_kernel() {
    for name in ["rawcall_random.exe", "rawcall_runtime.exe", "rawcall_copied.exe", "rawcall_versions.exe"] {
        let mut command = exeunt(&[], name);
        // SAFETY: between fork and exec: two system calls.
        unsafe { command.pre_exec(kill_at_guest_call) };
        let status = command.stdout(Stdio::null()).status().unwrap();
        assert_eq!((status.code(), status.signal()), (Some(0), None), "{name}");
    }
}

fn output(mut command: Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{status}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(if stdout.is_empty() { stderr } else { stdout }).unwrap()
}

#[test]
fn numbers_are_those_of_the_reported_version() {
    let [seven, ten, eleven, latest] = ["7", "10", "11", "11-24h2"]
        .map(|version| output(exeunt(&["--windows-version", version], "rawcall_versions.exe")));
    assert!(ten.contains("services whose number ntdll has as well: 16"));
    assert_eq!(seven, ten);
    assert_eq!(eleven, ten);
    assert_eq!(latest, ten);
}

#[test]
fn a_trace_shows_them_as_calls_of_ntdll() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let trace = trace.to_str().unwrap();
    output(exeunt(&["trace", "--stable", "-o", trace], "rawcall_versions.exe"));
    let trace = std::fs::read_to_string(trace).unwrap();
    for line in [
        "ntdll!NtReleaseSemaphore(SemaphoreHandle=h3, ReleaseCount=1, PreviousCount=NULL) = STATUS_SEMAPHORE_LIMIT_EXCEEDED",
        "ntdll!NtSuspendThread(ThreadHandle=h4, PreviousSuspendCount=NULL) = STATUS_INVALID_HANDLE",
        "ntdll!unknown service(Number=0x1fff) = STATUS_INVALID_SYSTEM_SERVICE",
    ] {
        assert!(trace.lines().any(|shown| shown == line), "{line} is not in:\n{trace}");
    }
}
