//! A Windows process: what its threads share.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use abi::NTSTATUS;

use crate::affinity::Affinity;
use crate::console::{Console, StandardHandles};
use crate::dll::Dll;
use crate::environment::Environment;
use crate::exception::Vectored;
use crate::fiber::Fibers;
use crate::file::FileSystem;
use crate::fls::FiberStorage;
use crate::heap::{Heaps, MovableBlocks};
use crate::hosts::{self, Hosts};
use crate::low::Block;
use crate::memory::AddressSpace;
use crate::modules::Modules;
use crate::object::{HandleTable, Namespace};
use crate::parameters::Parameters;
use crate::path::Drives;
use crate::pool::Pools;
use crate::registry::Registry;
use crate::report::Diagnostics;
use crate::say::say;
use crate::security::Token;
use crate::service::{Services, Table};
use crate::signals::AlternateStack;
use crate::state::{ProcessState, ProcessStates};
use crate::sync::{AddressWaits, KeyedEvent, Mutants, ProcessObject, Threads, TimerQueue};
use crate::thread::Attached;
use crate::tls::TlsIndexes;
use crate::trace::Tracer;
use crate::unwind::DynamicTables;
use crate::{Cx, Thread, kuser, peb, signals};

/// The Windows version that a process is told it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// `dwMajorVersion`.
    pub major: u32,
    /// `dwMinorVersion`.
    pub minor: u32,
    /// `dwBuildNumber`.
    pub build: u32,
    /// `szCSDVersion`.
    pub service_pack: &'static str,
}

impl Version {
    /// Windows 10 22H2.
    pub const WINDOWS_10: Self = Self { major: 10, minor: 0, build: 19045, service_pack: "" };
    /// Windows 7 with Service Pack 1.
    pub const WINDOWS_7: Self = Self { major: 6, minor: 1, build: 7601, service_pack: "Service Pack 1" };
    /// Windows 8.1.
    pub const WINDOWS_8_1: Self = Self { major: 6, minor: 3, build: 9600, service_pack: "" };
    /// Windows 11 23H2.
    pub const WINDOWS_11: Self = Self { major: 10, minor: 0, build: 22631, service_pack: "" };
    /// Windows 11 24H2.
    pub const WINDOWS_11_24H2: Self = Self { major: 10, minor: 0, build: 26100, service_pack: "" };
}

/// What a process is made with.
pub struct Options {
    /// The DLLs whose exports are shims, sorted by name.
    pub dlls: &'static [&'static Dll],
    /// The reported version.
    pub version: Version,
    /// The trace, where one is wanted.
    pub tracer: Option<Tracer>,
    /// Where the 32-bit exit code goes, where wanted.
    pub status_file: Option<PathBuf>,
    /// The host directory that is drive `C:`; the user's own where none is given. It need not be there.
    pub private_drive: Option<PathBuf>,
    /// What is done about a crash.
    pub diagnostics: Diagnostics,
}

/// A Windows process. One host process may hold several, as tests do; a program has one.
///
/// The services it owns are fields; whoever adds a service adds its field here and makes it in [`Process::new`].
pub struct Process {
    /// What its handles stand for.
    pub handles: HandleTable,
    /// Named objects.
    pub names: Namespace,
    /// Its mutants, so that those of a thread that ends can be found.
    pub mutants: Mutants,
    /// Its waitable timers.
    pub timers: TimerQueue,
    /// Its thread pools.
    pub pools: Pools,
    /// Its threads, by identifier.
    pub thread_objects: Threads,
    /// The processors it may use.
    pub affinity: Affinity,
    /// Its fibers.
    pub fibers: Fibers,
    /// Indices of fiber-local storage.
    pub fls: FiberStorage,
    /// The keyed event of those who have no handle to one.
    pub keyed_event: Arc<KeyedEvent>,
    /// Threads that sleep on addresses.
    pub addresses: AddressWaits,
    /// What it reserved and committed.
    pub memory: AddressSpace,
    /// Its drives, and the files it has open.
    pub files: FileSystem,
    /// Its console.
    pub console: Arc<Console>,
    /// Its standard handles.
    pub standard: StandardHandles,
    /// Its environment variables.
    pub environment: Environment,
    /// Its heaps.
    pub heaps: Heaps,
    /// Its movable heap blocks.
    pub movable: MovableBlocks,
    /// Exception handlers of all its threads.
    pub vectored: Vectored,
    /// Function tables of code that the program made itself.
    pub function_tables: DynamicTables,
    /// The registry.
    pub registry: Registry,
    /// Who it is.
    pub token: Arc<Token>,
    /// What a handle to it stands for.
    pub object: Arc<ProcessObject>,
    id: u32,
    dlls: &'static [&'static Dll],
    version: Version,
    peb: Block,
    tracer: Option<Tracer>,
    status_file: Option<PathBuf>,
    diagnostics: Diagnostics,
    states: ProcessStates,
    pub(crate) modules: Modules,
    pub(crate) services: Services,
    pub(crate) tls_indexes: TlsIndexes,
    pub(crate) parameters: Parameters,
    pub(crate) hosts: Hosts,
    /// Guest threads that have not ended.
    threads: AtomicU32,
    /// The thread that ends the process; 0 before.
    exiting: AtomicU32,
}

impl Process {
    /// A process without a program: enough to call shims in.
    ///
    /// # Errors
    /// The host's error when memory is short.
    pub fn new(options: Options) -> std::io::Result<Arc<Self>> {
        let Options { dlls, version, tracer, status_file, private_drive, diagnostics } = options;
        signals::install();
        crate::unwind::prepare();
        kuser::reserve(kuser::Facts { major: version.major, minor: version.minor, build: version.build });
        let id = std::process::id();
        let private = private_drive.unwrap_or_else(|| Drives::default_private(|name| std::env::var_os(name)));
        let drives = Drives::new(&private, &std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")));
        let environment = Environment::from_host(std::env::vars_os(), &drives);
        let console = Arc::<Console>::default();
        let process = Self {
            handles: HandleTable::default(),
            names: Namespace::new(&private),
            mutants: Mutants::default(),
            timers: TimerQueue::default(),
            pools: Pools::default(),
            thread_objects: Threads::default(),
            affinity: Affinity::default(),
            fibers: Fibers::default(),
            fls: FiberStorage::default(),
            keyed_event: KeyedEvent::new(),
            addresses: AddressWaits::default(),
            memory: AddressSpace::default(),
            files: FileSystem::new(drives, console.clone()),
            console,
            standard: StandardHandles::default(),
            environment,
            heaps: Heaps::default(),
            movable: MovableBlocks::default(),
            vectored: Vectored::default(),
            function_tables: DynamicTables::default(),
            registry: Registry::new(version),
            token: Arc::default(),
            object: ProcessObject::new(id),
            id,
            dlls,
            version,
            peb: Block::new(peb::SIZE, false)?,
            tracer,
            status_file,
            diagnostics,
            states: ProcessStates::default(),
            modules: Modules::default(),
            services: Services::new(Table::of(version)),
            tls_indexes: TlsIndexes::default(),
            parameters: Parameters::default(),
            hosts: Hosts::default(),
            threads: AtomicU32::new(1),
            exiting: AtomicU32::new(0),
        };
        process.fill_peb();
        Ok(Arc::new(process))
    }

    /// Runs `body` as a thread of this process on the host's own stack. For tests and for programs that call a DLL's functions.
    ///
    /// # Errors
    /// The host's error when memory is short.
    pub fn with_thread<R>(self: &Arc<Self>, body: impl FnOnce(&Cx<'_>) -> R) -> std::io::Result<R> {
        let _alternate = AlternateStack::new()?;
        let thread = Thread::new(self.clone(), hosts::this_thread(), None)?;
        let _attached: Attached = thread.attach();
        Ok(body(&Cx { process: self, thread: &thread }))
    }

    /// Its identifier; the host's.
    #[inline(always)]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Address of its process environment block.
    pub fn peb(&self) -> u64 {
        self.peb.address()
    }

    /// The reported version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The tables of all shim DLLs.
    pub fn dlls(&self) -> &'static [&'static Dll] {
        self.dlls
    }

    /// A DLL's state for this process.
    pub fn state<T: ProcessState>(&self) -> &T {
        self.states.get()
    }

    pub(crate) fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    pub(crate) fn tracer(&self) -> Option<&Tracer> {
        self.tracer.as_ref()
    }

    /// What the stub of an export stores for the trace, both by index: never 0, and the next export's is the next number.
    pub(crate) fn trace_context(dll: usize, export: usize) -> u64 {
        (dll as u64 + 1) << 32 | export as u64
    }

    /// By which DLL and name the current traced call of `thread` came in.
    pub(crate) fn traced_names(&self, thread: &Thread) -> Option<(&'static str, &'static str)> {
        let context = thread.traced_export();
        thread.set_traced_export(0);
        let dll = self.dlls.get((context >> 32).checked_sub(1)? as usize)?;
        Some((dll.stem(), dll.exports.get(context as u32 as usize)?.name))
    }

    /// Keeps what a crash would lose.
    pub(crate) fn crashed(&self, code: u32) {
        self.console.restore();
        self.names.leave();
        let _ = self.write_status(code);
        if let Some(tracer) = &self.tracer {
            tracer.finish_after_crash();
        }
    }

    /// A guest thread is about to start.
    pub(crate) fn thread_begins(&self) {
        self.threads.fetch_add(1, Ordering::AcqRel);
    }

    /// A guest thread's code is over. True for the last one.
    pub(crate) fn thread_ends(&self) -> bool {
        self.threads.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// Makes `thread` the one that ends the process; any other thread that tries to stops here. False when `thread` is at it already, and
    /// what it told of the end ends the process again.
    pub(crate) fn begin_exit(&self, thread: u32) -> bool {
        match self.exiting.compare_exchange(0, thread, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => true,
            Err(owner) if owner == thread => false,
            Err(_) => loop {
                std::thread::park();
            },
        }
    }

    /// Ends the host process with the guest's exit code: writes the trace and the status file first.
    pub(crate) fn exit(&self, code: u32) -> ! {
        self.exit_as(code, exit_status(code))
    }

    /// [`Self::exit`] with a host exit status of its own.
    pub(crate) fn exit_as(&self, code: u32, mut status: i32) -> ! {
        self.console.restore();
        self.names.leave();
        if let Some(Err(error)) = self.tracer.as_ref().map(Tracer::finish) {
            say(format_args!("the trace could not be written: {error}"));
            status = FAILED;
        }
        if let Err(error) = self.write_status(code) {
            say(format_args!("the status file could not be written: {error}"));
            status = FAILED;
        }
        if let Some(signal) = self.console.ends_by().filter(|_| code == NTSTATUS::STATUS_CONTROL_C_EXIT.0) {
            signals::die(signal);
        }
        // SAFETY: ends the process. Destructors and handlers of the host must not run: guest threads may still use what they destroy.
        unsafe { libc::_exit(status) }
    }

    /// Writes the 32-bit exit code where it was asked for.
    fn write_status(&self, code: u32) -> std::io::Result<()> {
        self.status_file.as_ref().map_or(Ok(()), |path| std::fs::write(path, format!("{code}\n")))
    }
}

/// Exit status when the guest called an API that is missing.
pub(crate) const MISSING_API: i32 = 120;

/// Exit status when exeunt itself failed.
const FAILED: i32 = 125;

/// A guest's exit code as a host exit status: up to 255 as it is, a larger one by its low 8 bits, but never 0.
fn exit_status(code: u32) -> i32 {
    match code {
        0..=255 => code as i32,
        _ if code & 0xff == 0 => 1,
        _ => (code & 0xff) as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_exit_code_never_becomes_success() {
        assert_eq!([0, 1, 255, 256, 0x101, 0xC000_0005].map(exit_status), [0, 1, 255, 1, 1, 5]);
    }
}
