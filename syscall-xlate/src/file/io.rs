//! Reading, writing, position and size.

use std::os::fd::{AsFd, AsRawFd};

use abi::{Buffer, NTSTATUS, NtResult};
use rustix::io::Errno;

use crate::demand::{self, Access};
use crate::sync::stop::{Blocked, block};

use super::{FILE_APPEND_DATA, FILE_EXECUTE, FILE_READ_DATA, FILE_WRITE_DATA, File, Medium, errno};

/// Where to read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// At the current position.
    Position,
    /// At this offset in bytes. A synchronous file's current position is behind the transfer afterwards.
    Offset(u64),
    /// At the file's end; for writing only.
    End,
}

/// From where a position is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeekFrom {
    /// The beginning.
    Start,
    /// The current position.
    Current,
    /// The end.
    End,
}

/// The most that one system call of the host's transfers (`read(2)`).
const MOST: usize = 0x7fff_f000;

/// `STATUS_END_OF_FILE` and the like come from here; a bad buffer gives `STATUS_ACCESS_VIOLATION`.
fn io_error(error: Errno) -> NTSTATUS {
    match error {
        Errno::FAULT => NTSTATUS::STATUS_ACCESS_VIOLATION,
        Errno::ISDIR => NTSTATUS::STATUS_INVALID_DEVICE_REQUEST,
        // A terminal's other end is gone.
        Errno::IO => NTSTATUS::STATUS_IO_DEVICE_ERROR,
        error => errno::status(error),
    }
}

/// One host call, again when a signal interrupts it.
fn transfer(mut call: impl FnMut() -> isize) -> Result<usize, Errno> {
    loop {
        if let Ok(done) = usize::try_from(call()) {
            return Ok(done);
        }
        let error = std::io::Error::last_os_error();
        match Errno::from_io_error(&error).unwrap_or(Errno::IO) {
            Errno::INTR => {}
            error => return Err(error),
        }
    }
}

fn host_read(fd: impl AsFd, to: Buffer, offset: Option<u64>) -> Result<usize, Errno> {
    let (fd, len) = (fd.as_fd().as_raw_fd(), to.len.min(MOST));
    transfer(|| match offset {
        // SAFETY: the kernel checks the address; what it overwrites is guest memory, the guest's to lose.
        None => unsafe { libc::read(fd, to.address as *mut libc::c_void, len) },
        // SAFETY: as above.
        Some(offset) => unsafe { libc::pread(fd, to.address as *mut libc::c_void, len, offset as i64) },
    })
}

fn host_write(fd: impl AsFd, from: Buffer, offset: Option<u64>) -> Result<usize, Errno> {
    let (fd, len) = (fd.as_fd().as_raw_fd(), from.len.min(MOST));
    transfer(|| match offset {
        // SAFETY: the kernel checks the address and only reads from it.
        None => unsafe { libc::write(fd, from.address as *const libc::c_void, len) },
        // SAFETY: as above.
        Some(offset) => unsafe { libc::pwrite(fd, from.address as *const libc::c_void, len, offset as i64) },
    })
}

impl File {
    /// Reads into guest memory and returns the number of bytes.
    ///
    /// # Errors
    /// `STATUS_END_OF_FILE` at the end of a file, `STATUS_PIPE_BROKEN` for a pipe that nobody writes to any more,
    /// `STATUS_ACCESS_DENIED` without the right to read, `STATUS_ACCESS_VIOLATION` for a buffer that cannot be written,
    /// `STATUS_FILE_LOCK_CONFLICT` for a range that another handle has locked, `STATUS_INVALID_PARAMETER` for no offset where the file
    /// has no position.
    pub fn read(&self, to: Buffer, at: At) -> NtResult<usize> {
        if self.access & (FILE_READ_DATA | FILE_EXECUTE) == 0 {
            return Err(NTSTATUS::STATUS_ACCESS_DENIED);
        }
        let _blocked = self.may_block();
        match &self.medium {
            Medium::Disk => self.read_disk(to, at),
            Medium::Directory | Medium::Volume => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
            Medium::Console(console, _) => console.read_bytes(self, to),
            Medium::Pipe => match host_read(&self.fd, to, None).map_err(io_error)? {
                0 if to.len != 0 => Err(NTSTATUS::STATUS_PIPE_BROKEN),
                done => Ok(done),
            },
            Medium::Character => match host_read(&self.fd, to, None).map_err(io_error)? {
                0 if to.len != 0 => Err(NTSTATUS::STATUS_END_OF_FILE),
                done => Ok(done),
            },
        }
    }

    /// A disk answers soon; others may take for ever.
    fn may_block(&self) -> Option<Blocked> {
        (!matches!(self.medium, Medium::Disk)).then(block)
    }

    fn read_disk(&self, to: Buffer, at: At) -> NtResult<usize> {
        let offset = match at {
            At::Position if self.is_synchronous() => None,
            At::Offset(offset) if i64::try_from(offset).is_ok() => Some(offset),
            _ => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
        };
        self.check_locks(to.len, offset, false)?;
        let mut done = 0;
        while done < to.len {
            match host_read(&self.fd, to.skip(done), offset.map(|offset| offset + done as u64)) {
                Ok(0) => break,
                Ok(more) => done += more,
                Err(_) if done > 0 => break,
                Err(error) => return Err(io_error(error)),
            }
            // A short read is the end nearly always; only a transfer beyond the host's limit goes on.
            if done < MOST {
                break;
            }
        }
        self.moved(offset, done)?;
        if done == 0 && to.len != 0 { Err(NTSTATUS::STATUS_END_OF_FILE) } else { Ok(done) }
    }

    /// Writes from guest memory and returns the number of bytes: all of them, unless the disk is full.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` without the right to write, `STATUS_PIPE_CLOSING` for a pipe that nobody reads, `STATUS_DISK_FULL`,
    /// `STATUS_INVALID_USER_BUFFER` for a buffer that cannot be read, `STATUS_FILE_LOCK_CONFLICT`, `STATUS_INVALID_PARAMETER` as for
    /// [`Self::read`].
    pub fn write(&self, from: Buffer, at: At) -> NtResult<usize> {
        if self.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == 0 {
            return Err(NTSTATUS::STATUS_ACCESS_DENIED);
        }
        let _blocked = self.may_block();
        match &self.medium {
            Medium::Disk => self.write_disk(from, at),
            Medium::Directory | Medium::Volume => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
            Medium::Console(console, _) => console.write_bytes(self, from),
            Medium::Pipe | Medium::Character => self.write_all(from, None),
        }
    }

    fn write_disk(&self, from: Buffer, at: At) -> NtResult<usize> {
        let appends = self.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == FILE_APPEND_DATA;
        let offset = match at {
            // The host appends by itself.
            _ if appends => None,
            At::Position if self.is_synchronous() => None,
            At::Position => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
            At::Offset(offset)
                if i64::try_from(offset).is_ok_and(|offset| offset.checked_add(from.len as i64).is_some()) =>
            {
                Some(offset)
            }
            At::Offset(_) => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
            At::End => Some(self.size()?),
        };
        self.check_locks(from.len, offset, true)?;
        let done = self.write_all(from, offset)?;
        self.moved(offset, done)?;
        Ok(done)
    }

    /// Writes until all is written.
    fn write_all(&self, from: Buffer, offset: Option<u64>) -> NtResult<usize> {
        let (mut done, mut looked) = (0, false);
        loop {
            match host_write(&self.fd, from.skip(done), offset.map(|offset| offset + done as u64)) {
                Ok(more) => done += more,
                Err(Errno::AGAIN) => {
                    let mut fds = [rustix::event::PollFd::new(&self.fd, rustix::event::PollFlags::OUT)];
                    let _ = rustix::event::poll(&mut fds, None);
                    continue;
                }
                // What has not been looked at yet is made at the first access, but not at the kernel's.
                Err(Errno::FAULT) if !looked => {
                    looked = true;
                    demand::provide(from.address, from.len as u64, Access::Read);
                }
                // Also behind a part that could be read: Windows looks at all of it first.
                Err(Errno::FAULT) => return Err(NTSTATUS::STATUS_INVALID_USER_BUFFER),
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(io_error(error)),
            }
            if done >= from.len {
                return Ok(done);
            }
        }
    }

    /// Puts a synchronous file's position behind a transfer at an explicit offset.
    fn moved(&self, offset: Option<u64>, done: usize) -> NtResult<()> {
        if let (Some(offset), true) = (offset, self.is_synchronous()) {
            let behind = rustix::fs::SeekFrom::Start(offset + done as u64);
            rustix::fs::seek(&self.fd, behind).map_err(errno::status)?;
        }
        Ok(())
    }

    #[inline]
    fn check_locks(&self, len: usize, offset: Option<u64>, writes: bool) -> NtResult<()> {
        match &self.registration {
            Some(registration) if registration.has_locks() => {
                let start = match offset {
                    Some(offset) => offset,
                    None => self.position()?,
                };
                registration.check_locks(start, len, writes)
            }
            _ => Ok(()),
        }
    }

    /// The current position in bytes.
    ///
    /// # Errors
    /// `STATUS_INVALID_DEVICE_REQUEST` for what has none.
    pub fn position(&self) -> NtResult<u64> {
        rustix::fs::tell(&self.fd).map_err(errno::status)
    }

    /// Moves the current position and returns it. It may be beyond the end.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for a position before the beginning, `STATUS_INVALID_DEVICE_REQUEST` for what has none.
    pub fn seek(&self, distance: i64, from: SeekFrom) -> NtResult<u64> {
        let from = match from {
            SeekFrom::Start => match u64::try_from(distance) {
                Ok(position) => rustix::fs::SeekFrom::Start(position),
                Err(_) => return Err(NTSTATUS::STATUS_INVALID_PARAMETER),
            },
            SeekFrom::Current => rustix::fs::SeekFrom::Current(distance),
            SeekFrom::End => rustix::fs::SeekFrom::End(distance),
        };
        rustix::fs::seek(&self.fd, from).map_err(errno::status)
    }

    /// Makes the file end at `size` bytes; what is added is zero.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` without the right to write, `STATUS_DISK_FULL`, `STATUS_INVALID_PARAMETER` for an absurd size.
    pub fn set_end(&self, size: u64) -> NtResult<()> {
        self.check_resizable()?;
        if i64::try_from(size).is_err() {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        rustix::fs::ftruncate(&self.fd, size).map_err(|error| match error {
            Errno::FBIG => NTSTATUS::STATUS_DISK_FULL,
            error => errno::status(error),
        })
    }

    /// Reserves disk space for `size` bytes. A smaller size than the file's cuts it off.
    ///
    /// # Errors
    /// Those of [`Self::set_end`].
    pub fn set_allocation(&self, size: u64) -> NtResult<()> {
        self.check_resizable()?;
        if size < self.size()? {
            return self.set_end(size);
        }
        match rustix::fs::fallocate(&self.fd, rustix::fs::FallocateFlags::KEEP_SIZE, 0, size) {
            // A hint: what the file system cannot reserve it gives out as it is written.
            Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
            Err(Errno::FBIG) => Err(NTSTATUS::STATUS_DISK_FULL),
            Err(error) => Err(errno::status(error)),
        }
    }

    fn check_resizable(&self) -> NtResult<()> {
        match self.medium {
            Medium::Disk if self.access & FILE_WRITE_DATA != 0 => Ok(()),
            Medium::Disk => Err(NTSTATUS::STATUS_ACCESS_DENIED),
            _ => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
        }
    }

    /// Waits until everything written is on disk.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` without the right to write, or the host's.
    pub fn flush(&self) -> NtResult<()> {
        if self.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == 0 {
            return Err(NTSTATUS::STATUS_ACCESS_DENIED);
        }
        match self.medium {
            Medium::Disk | Medium::Directory | Medium::Volume => rustix::fs::fsync(&self.fd).map_err(errno::status),
            // Documented: FlushFileBuffers fails for a console's output; a pipe's is gone as soon as it is written.
            Medium::Console(..) => Err(NTSTATUS::STATUS_INVALID_HANDLE),
            Medium::Pipe | Medium::Character => Ok(()),
        }
    }
}
