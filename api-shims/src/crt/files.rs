//! Descriptors and streams of a process: which there are, and how a call gets at one.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use abi::{Errno, Fault, HANDLE, fault};
use syscall_xlate::Cx;

use super::host;
use super::locks::Recursive;
use super::state::process;
use super::stream::descriptor::Ahead;
use super::stream::mode::Mode;
use super::stream::{Buffering, Raw, Settings, Stream, Translation, Whence};
use super::variables::{Variable, variable};

/// The most descriptors (`_NHANDLE_` of msvcrt.dll; the newer runtime has more).
const MOST_DESCRIPTORS: usize = 8192;

/// Bytes of a `FILE` on x64 as msvcrt.dll's header lays it out.
pub(super) const FILE_SIZE: u64 = 48;

/// Streams in the `_iob` array.
pub(super) const IOB_COUNT: u64 = 20;

mod offset {
    pub(super) const FLAG: u64 = 24;
    pub(super) const FILE: u64 = 28;
}

const IOREAD: u32 = 0x1;
const IOWRT: u32 = 0x2;
const IOEOF: u32 = 0x10;
const IOERR: u32 = 0x20;
const IORW: u32 = 0x80;

/// What a descriptor is open on.
pub(super) struct Descriptor {
    /// The file's handle.
    pub(super) handle: HANDLE,
    /// A console or another character device.
    pub(super) is_device: bool,
    /// A pipe.
    pub(super) is_pipe: bool,
    /// Children do not get it.
    pub(super) no_inherit: bool,
    /// Every write goes to the end.
    pub(super) append: bool,
    translation: AtomicU32,
    /// What `_read` keeps between calls. A leaf lock, held while the file is read.
    pub(super) ahead: Mutex<Ahead>,
}

impl Descriptor {
    /// A descriptor of an open file.
    pub(super) fn new(cx: &Cx, handle: HANDLE, translation: Translation, append: bool) -> Self {
        let kind = host::kind(cx, handle);
        let this = Self {
            handle,
            is_device: kind == host::Kind::Device,
            is_pipe: kind == host::Kind::Pipe,
            no_inherit: false,
            append,
            translation: AtomicU32::new(0),
            ahead: Mutex::default(),
        };
        this.set_translation(translation);
        this
    }

    pub(super) fn translation(&self) -> Translation {
        match self.translation.load(Ordering::Relaxed) {
            0 => Translation::Binary,
            1 => Translation::Text,
            2 => Translation::Utf8,
            _ => Translation::Utf16,
        }
    }

    pub(super) fn set_translation(&self, translation: Translation) {
        let number = match translation {
            Translation::Binary => 0,
            Translation::Text => 1,
            Translation::Utf8 => 2,
            Translation::Utf16 => 3,
        };
        self.translation.store(number, Ordering::Relaxed);
    }

    pub(super) fn settings(&self) -> Settings {
        Settings { translation: self.translation(), append: self.append }
    }
}

/// A file by its handle, as streams use it.
pub(super) struct Handle<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) handle: HANDLE,
}

impl Raw for Handle<'_> {
    type Error = Errno;

    fn read(&mut self, to: &mut [u8]) -> Result<usize, Errno> {
        host::read(self.cx, self.handle, to)
    }

    fn write(&mut self, from: &[u8]) -> Result<usize, Errno> {
        match host::write(self.cx, self.handle, from)? {
            0 => Err(Errno::ENOSPC),
            count => Ok(count),
        }
    }

    fn seek(&mut self, offset: i64, whence: Whence) -> Result<u64, Errno> {
        host::seek(self.cx, self.handle, offset, whence)
    }
}

/// A stream that is open.
pub(super) struct File {
    /// Where the guest has its `FILE`.
    pub(super) address: u64,
    /// Its descriptor; -2 for a standard stream without a file, as with a windowed program.
    pub(super) fd: i32,
    /// Whether it may be read and written.
    reads: bool,
    writes: bool,
    /// Flushing it flushes the file to its disk.
    pub(super) commit: bool,
    /// A file to delete when the stream is closed.
    pub(super) temporary: Option<Vec<u16>>,
    /// `_popen`'s child.
    pub(super) child: Option<HANDLE>,
    /// Held for the time of a call, or by the guest between calls. Taken before `stream`.
    pub(super) lock: Recursive,
    /// The stream's state. A leaf lock, held while the file is read or written.
    stream: Mutex<Stream>,
    /// The flags that the guest sees.
    shown: AtomicU32,
}

impl File {
    /// The stream's state, for the time of a call. Whoever holds it takes no other lock and calls no guest code.
    pub(super) fn stream(&self) -> MutexGuard<'_, Stream> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the flags where the guest's macros look for them.
    fn show(&self, stream: &Stream) -> Result<(), Fault> {
        let access = match (self.reads, self.writes) {
            (true, true) => IORW,
            (true, false) => IOREAD,
            _ => IOWRT,
        };
        let flags = access | if stream.eof { IOEOF } else { 0 } | if stream.error { IOERR } else { 0 };
        if self.shown.swap(flags, Ordering::Relaxed) != flags {
            fault::store_u32(self.address + offset::FLAG, flags)?;
        }
        Ok(())
    }
}

/// The descriptors and streams of a process.
#[derive(Default)]
pub(super) struct Files {
    /// By number. Taken after `streams`.
    descriptors: RwLock<Vec<Option<Arc<Descriptor>>>>,
    streams: RwLock<Streams>,
    prepared: OnceLock<()>,
}

#[derive(Default)]
struct Streams {
    by_address: HashMap<u64, Arc<File>>,
    /// Addresses of closed streams.
    free: Vec<u64>,
}

/// The process's descriptors and streams; opens the standard ones first.
pub(super) fn files<'a>(cx: &Cx<'a>) -> &'a Files {
    let files = &process(cx).files;
    files.prepared.get_or_init(|| files.prepare(cx));
    files
}

impl Files {
    fn prepare(&self, cx: &Cx) {
        let mut descriptors = self.descriptors.write().unwrap_or_else(PoisonError::into_inner);
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        let iob = variable(cx, Variable::Iob).unwrap_or(0);
        for number in 0..3usize {
            let handle = host::standard_handle(cx, number);
            let descriptor = handle.map(|handle| Arc::new(Descriptor::new(cx, handle, Translation::Text, false)));
            // Standard error is never buffered; standard output is not on a device.
            let is_device = descriptor.as_ref().is_some_and(|descriptor| descriptor.is_device);
            let unbuffered = number == 2 || (number == 1 && is_device);
            let buffering = if unbuffered { Buffering::None } else { Buffering::Full };
            let fd = if descriptor.is_some() { number as i32 } else { -2 };
            descriptors.push(descriptor);
            if iob != 0 {
                let address = iob + number as u64 * FILE_SIZE;
                let mode = Mode { oflag: if number == 0 { 0 } else { 1 }, commit: None };
                let file = Arc::new(new_file(address, fd, mode, buffering));
                let _ = show_descriptor(&file);
                streams.by_address.insert(address, file);
            }
        }
        if iob != 0 {
            streams.free.extend((3..IOB_COUNT).rev().map(|index| iob + index * FILE_SIZE));
        }
    }

    /// The descriptor of a number.
    pub(super) fn descriptor(&self, fd: i32) -> Result<Arc<Descriptor>, Errno> {
        let descriptors = self.descriptors.read().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        descriptors.get(index).cloned().flatten().ok_or(Errno::EBADF)
    }

    /// Gives a descriptor the lowest free number.
    pub(super) fn add(&self, descriptor: Descriptor) -> Result<i32, Errno> {
        let mut descriptors = self.descriptors.write().unwrap_or_else(PoisonError::into_inner);
        let index = descriptors.iter().position(Option::is_none).unwrap_or(descriptors.len());
        if index >= MOST_DESCRIPTORS {
            return Err(Errno::EMFILE);
        }
        if index == descriptors.len() {
            descriptors.push(None);
        }
        descriptors[index] = Some(Arc::new(descriptor));
        Ok(index as i32)
    }

    /// Puts a descriptor at a number; gives what was there.
    pub(super) fn replace(&self, fd: i32, descriptor: Descriptor) -> Result<Option<Arc<Descriptor>>, Errno> {
        let mut descriptors = self.descriptors.write().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(fd).ok().filter(|&index| index < MOST_DESCRIPTORS).ok_or(Errno::EBADF)?;
        if index >= descriptors.len() {
            descriptors.resize_with(index + 1, || None);
        }
        Ok(descriptors[index].replace(Arc::new(descriptor)))
    }

    /// Takes a descriptor out of the table.
    pub(super) fn remove(&self, fd: i32) -> Result<Arc<Descriptor>, Errno> {
        let mut descriptors = self.descriptors.write().unwrap_or_else(PoisonError::into_inner);
        let index = usize::try_from(fd).map_err(|_| Errno::EBADF)?;
        descriptors.get_mut(index).and_then(Option::take).ok_or(Errno::EBADF)
    }

    /// The stream of a `FILE`.
    pub(super) fn file(&self, address: u64) -> Result<Arc<File>, Errno> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        streams.by_address.get(&address).cloned().ok_or(Errno::EINVAL)
    }

    /// Opens a stream on a descriptor; gives the address of its `FILE`.
    pub(super) fn open_stream(
        &self,
        cx: &Cx,
        fd: i32,
        mode: Mode,
        temporary: Option<Vec<u16>>,
        child: Option<HANDLE>,
    ) -> Result<u64, Errno> {
        let reused = self.streams.write().unwrap_or_else(PoisonError::into_inner).free.pop();
        let address = match reused {
            Some(address) => address,
            None => host::allocate(cx, FILE_SIZE as usize, true).ok_or(Errno::ENOMEM)?,
        };
        let mut file = new_file(address, fd, mode, Buffering::Full);
        file.temporary = temporary;
        file.child = child;
        if show_descriptor(&file).is_err() {
            return Err(Errno::ENOMEM);
        }
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        streams.by_address.insert(address, Arc::new(file));
        Ok(address)
    }

    /// Opens another file in a stream's place (`freopen`).
    pub(super) fn reopen_stream(&self, address: u64, fd: i32, mode: Mode, buffering: Buffering) -> Result<(), Errno> {
        let file = new_file(address, fd, mode, buffering);
        show_descriptor(&file).map_err(|_| Errno::EINVAL)?;
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        streams.free.retain(|&free| free != address);
        streams.by_address.insert(address, Arc::new(file));
        Ok(())
    }

    /// Takes a stream out of the table; its `FILE` may be used again.
    pub(super) fn remove_stream(&self, address: u64) -> Result<Arc<File>, Errno> {
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        let file = streams.by_address.remove(&address).ok_or(Errno::EINVAL)?;
        streams.free.push(address);
        Ok(file)
    }

    /// All streams that are open.
    pub(super) fn all_streams(&self) -> Vec<Arc<File>> {
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Arc<File>> = streams.by_address.values().cloned().collect();
        all.sort_by_key(|file| file.address);
        all
    }
}

fn new_file(address: u64, fd: i32, mode: Mode, buffering: Buffering) -> File {
    File {
        address,
        fd,
        reads: mode.reads(),
        writes: mode.writes(),
        commit: mode.commit == Some(true),
        temporary: None,
        child: None,
        lock: Recursive::default(),
        stream: Mutex::new(Stream::new(buffering)),
        shown: AtomicU32::new(0),
    }
}

/// Writes what the guest's macros read of the standard streams, before they are opened.
pub(super) fn show_standard(iob: u64) -> Result<(), Fault> {
    for (number, access) in [IOREAD, IOWRT, IOWRT].into_iter().enumerate() {
        let address = iob + number as u64 * FILE_SIZE;
        fault::store_u32(address + offset::FLAG, access)?;
        fault::store_u32(address + offset::FILE, number as u32)?;
    }
    Ok(())
}

fn show_descriptor(file: &File) -> Result<(), Fault> {
    fault::store_u32(file.address + offset::FILE, file.fd as u32)?;
    file.show(&file.stream())
}

/// What a call wants to do with a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Read.
    Read,
    /// Write.
    Write,
    /// Neither.
    Other,
}

/// Runs `body` with the stream of a `FILE`, locked for the calling thread.
///
/// `body` must not call guest code; it may fault on guest memory.
pub(super) fn with_file<R, E: From<Errno> + From<Fault>>(
    cx: &Cx,
    address: u64,
    purpose: Use,
    body: impl FnOnce(&File, &mut Stream, &mut Handle<'_>, Settings) -> Result<R, E>,
) -> Result<R, E> {
    let files = files(cx);
    let file = files.file(address)?;
    let _held = file.lock.hold(cx.thread.id());
    let mut stream = file.stream();
    let descriptor = match files.descriptor(file.fd) {
        Ok(descriptor) if (purpose == Use::Read && !file.reads) || (purpose == Use::Write && !file.writes) => {
            drop(descriptor);
            Err(Errno::EBADF)
        }
        other => other,
    };
    let descriptor = match descriptor {
        Ok(descriptor) => descriptor,
        Err(error) => {
            stream.error |= purpose != Use::Other;
            file.show(&stream)?;
            return Err(error.into());
        }
    };

    let mut handle = Handle { cx, handle: descriptor.handle };
    let result = body(&file, &mut stream, &mut handle, descriptor.settings());
    file.show(&stream)?;
    result
}

/// Writes what all streams hold back; gives how many streams there are. `wait` says whether to wait for streams that other
/// threads use.
pub(super) fn flush_all(cx: &Cx, wait: bool) -> i32 {
    let mut count = 0;
    let files = &process(cx).files;
    for file in files.all_streams() {
        count += 1;
        if wait {
            file.lock.acquire(cx.thread.id());
        } else if !file.lock.try_acquire(cx.thread.id()) {
            continue;
        }
        if let (Ok(descriptor), Ok(mut stream)) = (files.descriptor(file.fd), file.stream.try_lock()) {
            let mut handle = Handle { cx, handle: descriptor.handle };
            let _ = stream.flush(&mut handle, descriptor.settings());
        }
        file.lock.release(cx.thread.id());
    }
    count
}
