//! Locks on single bytes of a file, which the kernel takes back from a holder that dies (open file description locks, `fcntl(2)`).
//!
//! A byte need not exist to be locked. The holder is the open file, not the thread: threads exclude each other by other means.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

/// How a byte is locked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Together with others that share it.
    Shared,
    /// Alone.
    Exclusive,
}

impl Mode {
    const fn kind(self) -> libc::c_int {
        match self {
            Self::Shared => libc::F_RDLCK,
            Self::Exclusive => libc::F_WRLCK,
        }
    }
}

/// Locks a byte, or changes how it is locked, if nobody else's lock is in the way; false otherwise.
///
/// # Errors
/// The host's, such as that the file system has no locks.
pub(super) fn try_lock(file: &File, byte: u64, mode: Mode) -> io::Result<bool> {
    match control(file, libc::F_OFD_SETLK, &mut range(byte, mode.kind())) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// As [`try_lock`], waiting for whoever is in the way.
///
/// # Errors
/// As [`try_lock`].
pub(super) fn lock(file: &File, byte: u64, mode: Mode) -> io::Result<()> {
    control(file, libc::F_OFD_SETLKW, &mut range(byte, mode.kind()))
}

/// Gives a byte back.
pub(super) fn unlock(file: &File, byte: u64) {
    // It fails for no lock that was given.
    let _ = control(file, libc::F_OFD_SETLK, &mut range(byte, libc::F_UNLCK));
}

/// Whether somebody else has locked a byte in any way.
///
/// # Errors
/// As [`try_lock`].
pub(super) fn is_locked(file: &File, byte: u64) -> io::Result<bool> {
    let mut range = range(byte, libc::F_WRLCK);
    control(file, libc::F_OFD_GETLK, &mut range)?;
    Ok(libc::c_int::from(range.l_type) != libc::F_UNLCK)
}

fn range(byte: u64, kind: libc::c_int) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: byte as libc::off_t,
        l_len: 1,
        l_pid: 0,
    }
}

fn control(file: &File, command: libc::c_int, range: &mut libc::flock) -> io::Result<()> {
    loop {
        // SAFETY: the file is open, and these commands take a `flock`.
        if unsafe { libc::fcntl(file.as_raw_fd(), command, std::ptr::from_mut(range)) } != -1 {
            return Ok(());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temp_dir::TempDir;

    #[test]
    fn a_lock_goes_with_its_file() {
        let folder = TempDir::new();
        let open = || File::options().read(true).write(true).create(true).truncate(false).open(folder.path().join("f"));
        let (first, second) = (open().unwrap(), open().unwrap());
        assert!(try_lock(&first, 7, Mode::Shared).unwrap() && try_lock(&second, 7, Mode::Shared).unwrap());
        assert!(!try_lock(&first, 7, Mode::Exclusive).unwrap());
        assert!(is_locked(&first, 7).unwrap() && !is_locked(&first, 8).unwrap());
        drop(second);
        assert!(!is_locked(&first, 7).unwrap());
        assert!(try_lock(&first, 7, Mode::Exclusive).unwrap());
        let third = open().unwrap();
        assert!(!try_lock(&third, 7, Mode::Shared).unwrap());
        unlock(&first, 7);
        lock(&third, 7, Mode::Shared).unwrap();
    }
}
