//! The process as a minidump, which debuggers for Windows open.
//!
//! Layouts: minidumpapiset.h (<https://learn.microsoft.com/windows/win32/api/minidumpapiset/>). All but the memory of a full dump is made in memory
//! before anything is written.

mod content;
mod memory;
mod modules;
mod threads;

use abi::{CONTEXT, EXCEPTION_RECORD, NtResult};

use crate::Cx;
use content::{Content, stream};
use memory::Selection;

bitflags::bitflags! {
    /// `MINIDUMP_TYPE`: what is in a dump, besides threads, stacks and modules.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Parts: u32 {
        /// Writable sections of modules.
        const DATA_SEGMENTS = 0x1;
        /// All memory that can be read.
        const FULL_MEMORY = 0x2;
        /// What words on stacks point to.
        const INDIRECT_MEMORY = 0x40;
        /// Writable memory that is no module's and no section's.
        const PRIVATE_MEMORY = 0x200;
        /// A list of all regions.
        const MEMORY_INFO = 0x800;
        /// When threads started, and where.
        const THREAD_INFO = 0x1000;
        /// The modules' code.
        const CODE_SEGMENTS = 0x2000;
    }
}

/// The exception that a dump is about.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The identifier of the thread it happened on.
    pub thread: u32,
    /// What happened.
    pub record: EXCEPTION_RECORD,
    /// The registers there.
    pub context: CONTEXT,
}

/// What a dump is to have.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Its parts.
    pub parts: Parts,
    /// What it is about.
    pub cause: Option<Cause>,
    /// Streams of the caller's: their types and contents.
    pub streams: Vec<(u32, Vec<u8>)>,
}

impl Cx<'_> {
    /// Writes a dump of the process to `sink`, piece by piece. The other threads stand meanwhile; of the calling one `here` are the registers.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn write_minidump(
        &self,
        here: &CONTEXT,
        request: &Request,
        mut sink: impl FnMut(&[u8]) -> NtResult<()>,
    ) -> NtResult<()> {
        let threads = threads::Stopped::all(self, here, request.cause.as_ref());
        let mut content = Content::new(stream_count(request));
        let mut selection = Selection::default();
        selection.add_threads(&threads);
        selection.add_process(self);
        selection.add_parts(self, &threads, request.parts);
        content.stream(stream::SYSTEM_INFO, |content| system_info(self, content));
        // MINIDUMP_MISC_INFO: size, MINIDUMP_MISC1_PROCESS_ID, and times that are not told.
        content.stream(stream::MISC_INFO, |content| content.u32s([24, 1, self.process.id(), 0, 0, 0]));
        modules::write(self, &mut content);
        let full = request.parts.contains(Parts::FULL_MEMORY);
        threads.write(&mut content, full, &mut selection);
        if let Some(cause) = &request.cause {
            let registers = content.context(&cause.context);
            content.stream(stream::EXCEPTION, |content| exception(content, cause, registers));
        }
        if request.parts.contains(Parts::THREAD_INFO) {
            threads.write_info(&mut content);
        }
        if request.parts.intersects(Parts::MEMORY_INFO | Parts::FULL_MEMORY) {
            memory::write_info(self, &mut content);
        }
        for (kind, bytes) in &request.streams {
            content.stream(*kind, |content| content.bytes(bytes));
        }
        if !full {
            selection.write(&mut content);
            return sink(&content.finish());
        }
        let regions = memory::all(self);
        memory::write_full_list(&mut content, &regions);
        sink(&content.finish())?;
        memory::write_full(&regions, sink)
    }
}

/// How many streams there will be.
fn stream_count(request: &Request) -> usize {
    let parts = [
        request.cause.is_some(),
        request.parts.contains(Parts::THREAD_INFO),
        request.parts.intersects(Parts::MEMORY_INFO | Parts::FULL_MEMORY),
    ];
    // System, miscellaneous, modules, threads, memory.
    5 + request.streams.len() + parts.into_iter().filter(|&part| part).count()
}

/// `MINIDUMP_SYSTEM_INFO`
fn system_info(cx: &Cx<'_>, content: &mut Content) {
    let version = cx.process.version();
    let processors = u8::try_from(crate::system_info::processors()).unwrap_or(u8::MAX);
    // PROCESSOR_ARCHITECTURE_AMD64, level and revision as GetSystemInfo tells; VER_NT_WORKSTATION.
    content.bytes(&[9, 0, 6, 0, 0, 0, processors, 1]);
    // VER_PLATFORM_WIN32_NT; the text's place is filled in below.
    content.u32s([version.major, version.minor, version.build, 2]);
    let place = content.here();
    content.u32s([0; 2]);
    content.u64s([0; 3]);
    let text = content.text(version.service_pack);
    content.patch(place, text);
}

/// `MINIDUMP_EXCEPTION_STREAM`
fn exception(content: &mut Content, cause: &Cause, registers: [u32; 2]) {
    let record = &cause.record;
    let exception = record.exception();
    content.u32s([cause.thread, 0, record.ExceptionCode, record.ExceptionFlags]);
    content.u64s([record.ExceptionRecord as u64, record.ExceptionAddress as u64, exception.count.into()]);
    content.u64s(exception.parameters);
    content.u32s(registers);
}
