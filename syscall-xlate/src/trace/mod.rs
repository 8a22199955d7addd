//! The record of the guest's calls: as text, as JSON lines, or summed up.
//!
//! A call is one line, written when it returns. A call from which the guest is called back, or that does not return, is written as it
//! begins, and its result on a line of its own.

mod filter;
mod line;
mod stable;
mod summary;

use std::io::{self, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use abi::{Entry, NTSTATUS, Param, ParamKind, Ret, Row, Support, Value};

pub use filter::{Filter, FilterError};
use line::Line;
use stable::Names;
use summary::Summary;

use crate::Cx;
use crate::dll::{Dll, Export};

/// How a trace is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A line of text for each call.
    #[default]
    Text,
    /// A JSON object on a line for each call.
    Json,
}

/// What is traced, and how.
pub struct Config {
    /// Which calls.
    pub filter: Filter,
    /// How they are written.
    pub format: Format,
    /// Counts and times at the end instead of lines.
    pub summary: bool,
    /// Addresses, handles, identifiers and times made the same in each run.
    pub stable: bool,
    /// Whether the last calls are kept, to be part of the report of a crash.
    pub tail: bool,
    /// Where to.
    pub output: Box<dyn Write + Send>,
}

/// All calls, written nowhere.
impl Default for Config {
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            format: Format::Text,
            summary: false,
            stable: false,
            tail: false,
            output: Box::new(io::sink()),
        }
    }
}

/// A process's trace.
pub struct Tracer {
    filter: Filter,
    format: Format,
    summing: bool,
    started: Instant,
    stable: bool,
    /// Held while a line is written; no other lock is taken and no guest code runs under it.
    sink: Mutex<Sink>,
    /// The last calls, where they are wanted. A leaf lock.
    tail: Option<Mutex<Tail>>,
}

/// The last calls as lines of text.
#[derive(Default)]
struct Tail {
    lines: Vec<String>,
    /// Where the oldest is, which the next one replaces.
    next: usize,
}

impl Tail {
    /// Calls kept.
    const LENGTH: usize = 16;

    fn add(&mut self, line: String) {
        match self.lines.get_mut(self.next) {
            Some(oldest) => *oldest = line,
            None => self.lines.push(line),
        }
        self.next = (self.next + 1) % Self::LENGTH;
    }
}

struct Sink {
    output: Box<dyn Write + Send>,
    names: Names,
    summary: Summary,
    threads: Vec<u32>,
    /// The first error of writing; nothing is written after it.
    error: Option<io::Error>,
}

impl Tracer {
    /// A trace with nothing in it.
    pub fn new(config: Config) -> Self {
        let sink = Sink {
            output: config.output,
            names: Names::default(),
            summary: Summary::default(),
            threads: Vec::new(),
            error: None,
        };
        Self {
            filter: config.filter,
            format: config.format,
            summing: config.summary,
            started: Instant::now(),
            stable: config.stable,
            sink: Mutex::new(sink),
            tail: config.tail.then(Mutex::default),
        }
    }

    /// Whether calls of this export are traced, and so bound to the traced entry.
    pub fn shows(&self, dll: &Dll, export: &Export) -> bool {
        self.filter.shows(dll.stem(), export.name)
    }

    /// Writes what is left to be written: the summary, and what the output holds back.
    ///
    /// # Errors
    /// The first error of the whole trace.
    pub fn finish(&self) -> io::Result<()> {
        // A thread that was ended while it wrote does not keep the others from their end.
        let mut sink = self.sink.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Sink { output, summary, error, .. } = &mut *sink;
        if let Some(error) = error.take() {
            return Err(error);
        }
        if self.summing {
            summary.write(output, self.stable)?;
        }
        output.flush()
    }

    /// [`Self::finish`] for a process that crashes: gives up when the trace is being written.
    pub(crate) fn finish_after_crash(&self) {
        if let Ok(mut sink) = self.sink.try_lock() {
            let _ = sink.output.flush();
        }
    }

    /// Calls `show` with each of the last calls, oldest first, where they are kept and nobody is at it. Allocates nothing.
    pub(crate) fn tail(&self, mut show: impl FnMut(&str)) {
        let Some(Ok(tail)) = self.tail.as_ref().map(Mutex::try_lock) else { return };
        let (newer, older) = tail.lines.split_at(tail.next.min(tail.lines.len()));
        older.iter().chain(newer).for_each(|line| show(line));
    }

    fn write(&self, cx: &Cx<'_>, mut line: Line<'_>) {
        let mut sink = self.sink.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let Sink { output, names, summary, threads, error } = &mut *sink;
        if self.summing {
            if let Some(took) = line.took {
                summary.add(line.dll, line.function, line.error.is_some(), took);
            }
            return;
        }
        line.thread = threads.iter().position(|&id| id == cx.thread.id()).unwrap_or_else(|| {
            threads.push(cx.thread.id());
            threads.len() - 1
        }) + 1;
        if self.stable {
            line.make_stable(|value| names.replace(cx, value));
        }
        let text = match self.format {
            Format::Text => line.text(),
            Format::Json => line.json(),
        };
        if let Some(tail) = &self.tail {
            let text = if self.format == Format::Json { line.text() } else { text.clone() };
            tail.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(text);
        }
        if error.is_none() {
            *error = output.write_all(text.as_bytes()).err();
        }
    }
}

/// A thread's calls that have not returned, outermost first.
#[derive(Default)]
pub(crate) struct ThreadTrace(Vec<Frame>);

struct Frame {
    /// Where the host's stack was: a frame above the current one was thrown or jumped over.
    stack: u64,
    /// The line that waits for the call's result; gone once the call was written as open.
    arguments: Option<Vec<Value>>,
    row: &'static Row,
    names: (&'static str, &'static str),
}

/// A call under way.
pub(crate) struct Call {
    started: Instant,
    depth: usize,
}

/// Records that a call begins.
pub(crate) fn begin(cx: &Cx<'_>, row: &'static Row, arguments: &[Value]) -> Call {
    let stack = &raw const arguments as u64;
    let names = cx.process.traced_names(cx.thread).unwrap_or((line::module_stem(row.module), row.name));
    let mut trace = cx.thread.trace.borrow_mut();
    while trace.0.last().is_some_and(|frame| frame.stack <= stack) {
        trace.0.pop();
    }
    let depth = trace.0.len();
    if let (Some(tracer), Some(outer)) = (cx.process.tracer(), trace.0.last_mut()) {
        outer.write_open(cx, tracer, depth - 1);
    }
    let mut frame = Frame { stack, arguments: Some(arguments.to_vec()), row, names };
    if let (Some(tracer), true) = (cx.process.tracer(), line::never_returns(row)) {
        frame.write_open(cx, tracer, depth);
    }
    trace.0.push(frame);
    Call { started: Instant::now(), depth }
}

impl Frame {
    fn write_open(&mut self, cx: &Cx<'_>, tracer: &Tracer, depth: usize) {
        if let Some(arguments) = self.arguments.take() {
            let (dll, function) = self.names;
            let took = line::never_returns(self.row).then_some(Duration::ZERO);
            let line = Line { took, ..Line::new(dll, function, self.row, depth, arguments) };
            tracer.write(cx, line);
        }
    }
}

/// What is written of a raw system call by a number that no service of ours has.
static UNKNOWN_SERVICE: Row = Row {
    name: "unknown service",
    doc: "A number that is no service's.",
    support: Support::Full,
    params: &[Param { name: "Number", ty: "u32", size: 4, size32: 4, kind: ParamKind::Value }],
    ret: "NTSTATUS",
    module: "ntdll",
    variadic: false,
    plain: Entry(std::ptr::null()),
    traced: Entry(std::ptr::null()),
};

/// Records a raw system call that no service of ours answers.
pub(crate) fn unknown_service(cx: &Cx<'_>, name: &'static str, number: u32, status: NTSTATUS) {
    let Some(tracer) = cx.process.tracer().filter(|tracer| tracer.filter.shows("ntdll", name)) else { return };
    let depth = cx.thread.trace.borrow().0.len();
    let line = Line {
        result: Some(status.result()),
        took: Some(Duration::ZERO),
        ..Line::new("ntdll", name, &UNKNOWN_SERVICE, depth, vec![Value::Hex(number.into())])
    };
    tracer.write(cx, line);
}

/// Records a call's result and what it wrote. Only what depends on the shim's types is here: it is compiled for each of them.
pub(crate) fn end<R: Ret, const N: usize>(
    cx: &Cx<'_>,
    call: Call,
    result: &R,
    after: impl FnOnce() -> [Option<Value>; N],
) {
    let took = call.started.elapsed();
    let written = if result.succeeded() { Vec::from(after()) } else { Vec::new() };
    write_end(cx, call, took, Ended { result: result.result(), error: result.error(), written });
}

/// How a call ended.
struct Ended {
    result: Value,
    error: Option<String>,
    written: Vec<Option<Value>>,
}

fn write_end(cx: &Cx<'_>, call: Call, took: Duration, ended: Ended) {
    let mut trace = cx.thread.trace.borrow_mut();
    trace.0.truncate(call.depth + 1);
    let Some(frame) = trace.0.pop() else { return };
    drop(trace);
    let Some(tracer) = cx.process.tracer() else { return };
    let (dll, function) = frame.names;
    let closes_open = frame.arguments.is_none();
    let line = Line {
        written: ended.written,
        result: Some(ended.result),
        error: ended.error,
        took: Some(took),
        started: Some(call.started.duration_since(tracer.started)),
        closes_open,
        ..Line::new(dll, function, frame.row, call.depth, frame.arguments.unwrap_or_default())
    };
    tracer.write(cx, line);
}
