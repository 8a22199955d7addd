//! Host errors as statuses. The one table; no host error goes further up than this.

use abi::NTSTATUS;
use rustix::io::Errno;

/// The status for a host error.
pub fn status(error: Errno) -> NTSTATUS {
    match error {
        Errno::NOENT => NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND,
        Errno::NOTDIR => NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND,
        Errno::ACCESS | Errno::PERM => NTSTATUS::STATUS_ACCESS_DENIED,
        Errno::EXIST => NTSTATUS::STATUS_OBJECT_NAME_COLLISION,
        Errno::ISDIR => NTSTATUS::STATUS_FILE_IS_A_DIRECTORY,
        Errno::NOTEMPTY => NTSTATUS::STATUS_DIRECTORY_NOT_EMPTY,
        Errno::XDEV => NTSTATUS::STATUS_NOT_SAME_DEVICE,
        Errno::ROFS => NTSTATUS::STATUS_MEDIA_WRITE_PROTECTED,
        Errno::NOSPC | Errno::DQUOT => NTSTATUS::STATUS_DISK_FULL,
        Errno::FBIG => NTSTATUS::STATUS_FILE_TOO_LARGE,
        Errno::NAMETOOLONG => NTSTATUS::STATUS_NAME_TOO_LONG,
        Errno::LOOP => NTSTATUS::STATUS_REPARSE_POINT_NOT_RESOLVED,
        Errno::MLINK => NTSTATUS::STATUS_TOO_MANY_LINKS,
        Errno::MFILE | Errno::NFILE => NTSTATUS::STATUS_TOO_MANY_OPENED_FILES,
        Errno::NOMEM | Errno::NOBUFS => NTSTATUS::STATUS_NO_MEMORY,
        Errno::BUSY | Errno::TXTBSY => NTSTATUS::STATUS_SHARING_VIOLATION,
        Errno::BADF => NTSTATUS::STATUS_INVALID_HANDLE,
        Errno::INVAL => NTSTATUS::STATUS_INVALID_PARAMETER,
        Errno::FAULT => NTSTATUS::STATUS_INVALID_USER_BUFFER,
        Errno::PIPE => NTSTATUS::STATUS_PIPE_CLOSING,
        Errno::SPIPE | Errno::NOTTY => NTSTATUS::STATUS_INVALID_DEVICE_REQUEST,
        Errno::NXIO | Errno::NODEV => NTSTATUS::STATUS_NO_SUCH_DEVICE,
        Errno::OPNOTSUPP | Errno::NOSYS => NTSTATUS::STATUS_NOT_SUPPORTED,
        Errno::AGAIN => NTSTATUS::STATUS_PIPE_EMPTY,
        Errno::INTR => NTSTATUS::STATUS_CANCELLED,
        Errno::IO => NTSTATUS::STATUS_IO_DEVICE_ERROR,
        Errno::STALE => NTSTATUS::STATUS_FILE_INVALID,
        Errno::ILSEQ => NTSTATUS::STATUS_OBJECT_NAME_INVALID,
        _ => NTSTATUS::STATUS_UNSUCCESSFUL,
    }
}

/// The status for an error of the standard library's.
pub fn io_status(error: &std::io::Error) -> NTSTATUS {
    Errno::from_io_error(error).map_or(NTSTATUS::STATUS_UNSUCCESSFUL, status)
}

#[cfg(test)]
mod tests {
    use abi::WIN32_ERROR;

    use super::*;

    #[test]
    fn common_errors_reach_programs_as_on_windows() {
        for (error, expected) in [
            (Errno::NOENT, WIN32_ERROR::ERROR_FILE_NOT_FOUND),
            (Errno::ACCESS, WIN32_ERROR::ERROR_ACCESS_DENIED),
            (Errno::EXIST, WIN32_ERROR::ERROR_ALREADY_EXISTS),
            (Errno::NOTEMPTY, WIN32_ERROR::ERROR_DIR_NOT_EMPTY),
            (Errno::NOSPC, WIN32_ERROR::ERROR_DISK_FULL),
            (Errno::PIPE, WIN32_ERROR::ERROR_NO_DATA),
            (Errno::NAMETOOLONG, WIN32_ERROR::ERROR_FILENAME_EXCED_RANGE),
            (Errno::FAULT, WIN32_ERROR::ERROR_INVALID_USER_BUFFER),
        ] {
            assert_eq!(WIN32_ERROR::from(status(error)), expected, "{error}");
        }
    }
}
