//! Anonymous pipes.

use std::path::Path;

use abi::{Buffer, NTSTATUS, NtResult, fault};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use super::{
    CreateOptions, FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_READ_DATA, FILE_WRITE_DATA, File, Medium, errno,
};

/// What a look into a pipe shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PipeState {
    /// Bytes that were copied out, and are still in it.
    pub peeked: usize,
    /// Bytes that can be read.
    pub available: u32,
}

/// Makes an anonymous pipe: the end to read from and the end to write to. `capacity` in bytes is a wish; 0 leaves it to the host.
///
/// # Errors
/// `STATUS_TOO_MANY_OPENED_FILES`.
pub fn anonymous_pipe(capacity: u32) -> NtResult<(File, File)> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).map_err(errno::status)?;
    if capacity as usize > 65536 {
        // More than the host's usual size, as far as it allows.
        let _ = rustix::pipe::fcntl_setpipe_size(&write, capacity as usize);
    }
    let end =
        |fd, access| File::new(fd, Medium::Pipe, access, CreateOptions::SYNCHRONOUS_IO_NONALERT, Path::new(""), None);
    Ok((end(read, FILE_GENERIC_READ), end(write, FILE_GENERIC_WRITE)))
}

impl File {
    /// Looks into a pipe without taking anything out (`PeekNamedPipe`).
    ///
    /// # Errors
    /// `STATUS_PIPE_BROKEN` for an empty pipe that nobody writes to any more, `STATUS_INVALID_PARAMETER` for what is no pipe,
    /// `STATUS_ACCESS_DENIED` for the end to write to.
    pub fn peek_pipe(&self, to: Option<Buffer>) -> NtResult<PipeState> {
        if !matches!(self.medium, Medium::Pipe) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        if self.access & FILE_READ_DATA == 0 {
            return Err(NTSTATUS::STATUS_ACCESS_DENIED);
        }
        let available = rustix::io::ioctl_fionread(&self.fd).map_err(errno::status)?;
        let available = u32::try_from(available).unwrap_or(u32::MAX);
        if available == 0 {
            let mut fds = [PollFd::new(&self.fd, PollFlags::IN)];
            poll(&mut fds, Some(&rustix::time::Timespec { tv_sec: 0, tv_nsec: 0 })).map_err(errno::status)?;
            if fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR) {
                return Err(NTSTATUS::STATUS_PIPE_BROKEN);
            }
        }
        let wanted = to.map_or(0, |to| to.len.min(available as usize));
        let peeked = match to {
            Some(to) if wanted > 0 => self.copy_out_of_pipe(Buffer { len: wanted, ..to })?,
            _ => 0,
        };
        Ok(PipeState { peeked, available })
    }

    /// Bytes that can be written to a pipe before a writer waits; 0 for the end to read from.
    pub fn pipe_room(&self) -> u32 {
        if self.access & FILE_WRITE_DATA == 0 {
            return 0;
        }
        let capacity = rustix::pipe::fcntl_getpipe_size(&self.fd).unwrap_or(0);
        let full = rustix::io::ioctl_fionread(&self.fd).unwrap_or(0);
        u32::try_from((capacity as u64).saturating_sub(full)).unwrap_or(u32::MAX)
    }

    /// Copies from a pipe without taking out: `tee(2)` into another pipe, and that is read.
    fn copy_out_of_pipe(&self, to: Buffer) -> NtResult<usize> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(errno::status)?;
        let capacity = rustix::pipe::fcntl_getpipe_size(&self.fd).unwrap_or(65536);
        let _ = rustix::pipe::fcntl_setpipe_size(&write, capacity);
        match rustix::pipe::tee(&self.fd, &write, to.len, rustix::pipe::SpliceFlags::NONBLOCK) {
            Ok(_) => {}
            Err(Errno::AGAIN) => return Ok(0),
            // A socket: it can be peeked into by itself.
            Err(_) => return self.peek_socket(to),
        }
        let mut bytes = vec![0; to.len];
        let mut done = 0;
        while done < bytes.len() {
            match rustix::io::read(&read, &mut bytes[done..]) {
                Ok(0) | Err(_) => break,
                Ok(more) => done += more,
            }
        }
        fault::write(to.address, &bytes[..done])?;
        Ok(done)
    }

    fn peek_socket(&self, to: Buffer) -> NtResult<usize> {
        use std::os::fd::AsRawFd;
        let mut bytes = vec![0_u8; to.len];
        let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
        // SAFETY: the buffer is ours and as long as we say.
        let done = unsafe { libc::recv(self.fd.as_raw_fd(), bytes.as_mut_ptr().cast(), bytes.len(), flags) };
        let Ok(done) = usize::try_from(done) else {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        };
        fault::write(to.address, &bytes[..done])?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::At;

    fn buffer(bytes: &mut [u8]) -> Buffer {
        Buffer { address: bytes.as_mut_ptr() as u64, len: bytes.len() }
    }

    #[test]
    fn peeking_takes_nothing_out() {
        let (read, write) = anonymous_pipe(0).unwrap();
        let mut bytes = *b"hello";
        write.write(buffer(&mut bytes), At::Position).unwrap();
        let mut seen = [0; 3];
        let state = read.peek_pipe(Some(buffer(&mut seen))).unwrap();
        assert_eq!((state, &seen), (PipeState { peeked: 3, available: 5 }, b"hel"));
        let mut all = [0; 9];
        assert_eq!(read.read(buffer(&mut all), At::Position), Ok(5));
        assert_eq!(read.peek_pipe(None).unwrap().available, 0);
    }

    #[test]
    fn a_pipe_without_its_other_end_is_broken() {
        let (read, write) = anonymous_pipe(0).unwrap();
        drop(write);
        assert_eq!(read.peek_pipe(None), Err(NTSTATUS::STATUS_PIPE_BROKEN));
        assert_eq!(read.read(buffer(&mut [0; 1]), At::Position), Err(NTSTATUS::STATUS_PIPE_BROKEN));
        let (read, write) = anonymous_pipe(0).unwrap();
        drop(read);
        assert_eq!(write.write(buffer(&mut [0; 1]), At::Position), Err(NTSTATUS::STATUS_PIPE_CLOSING));
    }

    #[test]
    fn each_end_does_only_its_own() {
        let (read, write) = anonymous_pipe(0).unwrap();
        assert_eq!(write.read(buffer(&mut [0; 1]), At::Position), Err(NTSTATUS::STATUS_ACCESS_DENIED));
        assert_eq!(read.write(buffer(&mut [0; 1]), At::Position), Err(NTSTATUS::STATUS_ACCESS_DENIED));
    }
}
