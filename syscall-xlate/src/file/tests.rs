//! Tests of files as a program sees them, on a drive of their own.

use std::sync::Arc;

use abi::{Buffer, NTSTATUS, NtResult};

use super::*;
use crate::object::access::DELETE;
use crate::path::{Drives, wide};
use crate::temp_dir::TempDir;

/// A file system whose `C:` is an empty directory.
struct Drive {
    root: TempDir,
    files: FileSystem,
}

impl Drive {
    fn new() -> Self {
        let root = TempDir::new();
        let drives = Drives::new(root.path(), root.path());
        Self { root, files: FileSystem::new(drives, Arc::default()) }
    }

    fn nt(&self, path: &str) -> Vec<u16> {
        self.files.drives.nt_path(&wide(path)).unwrap()
    }

    fn open(&self, path: &str, access: Access, share: Share, disposition: Disposition) -> NtResult<Opened> {
        let options = CreateOptions::SYNCHRONOUS_IO_NONALERT | CreateOptions::NON_DIRECTORY_FILE;
        let attributes = FILE_ATTRIBUTE::empty();
        self.files.open(&self.nt(path), &OpenRequest { access, attributes, share, disposition, options })
    }

    fn write(&self, path: &str, bytes: &[u8]) {
        let file = self.open(path, FILE_GENERIC_WRITE, Share::all(), Disposition::OverwriteIf).unwrap().file;
        assert_eq!(file.write(from(bytes), At::Position), Ok(bytes.len()));
    }

    fn read(&self, path: &str) -> Vec<u8> {
        let file = self.open(path, FILE_GENERIC_READ, Share::all(), Disposition::Open).unwrap().file;
        let mut bytes = vec![0; 100];
        let len = file.read(to(&mut bytes), At::Position).unwrap_or(0);
        bytes.truncate(len);
        bytes
    }

    fn for_deletion(&self, path: &str) -> NtResult<File> {
        self.files.open(&self.nt(path), &OpenRequest::existing(DELETE)).map(|opened| opened.file)
    }

    fn exists(&self, path: &str) -> bool {
        self.files.query(&self.nt(path)).is_ok()
    }
}

fn to(bytes: &mut [u8]) -> Buffer {
    Buffer { address: bytes.as_mut_ptr() as u64, len: bytes.len() }
}

fn from(bytes: &[u8]) -> Buffer {
    Buffer { address: bytes.as_ptr() as u64, len: bytes.len() }
}

#[test]
fn dispositions_do_what_is_documented() {
    use Disposition::*;
    for (disposition, there, missing) in [
        (Supersede, Ok(Action::Superseded), Ok(Action::Created)),
        (Open, Ok(Action::Opened), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)),
        (Create, Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION), Ok(Action::Created)),
        (OpenIf, Ok(Action::Opened), Ok(Action::Created)),
        (Overwrite, Ok(Action::Overwritten), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND)),
        (OverwriteIf, Ok(Action::Overwritten), Ok(Action::Created)),
    ] {
        let drive = Drive::new();
        drive.write("there", b"x");
        let action = |path| drive.open(path, FILE_GENERIC_WRITE, Share::all(), disposition).map(|opened| opened.action);
        assert_eq!(action("THERE"), there, "{disposition:?}");
        assert_eq!(action("missing"), missing, "{disposition:?}");
        assert_eq!(action(r"no\folder"), Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND), "{disposition:?}");
        let emptied = matches!(there, Ok(Action::Superseded | Action::Overwritten));
        assert_eq!(drive.read("there").is_empty(), emptied, "{disposition:?}");
    }
}

#[test]
fn a_folder_is_no_file_and_a_file_no_folder() {
    let drive = Drive::new();
    drive.write("file", b"");
    std::fs::create_dir(drive.root.path().join("folder")).unwrap();
    let open = |path: &str, options: CreateOptions| {
        let request = OpenRequest { options, ..OpenRequest::existing(FILE_READ_DATA) };
        drive.files.open(&drive.nt(path), &request).err()
    };
    let (file, folder) = (CreateOptions::NON_DIRECTORY_FILE, CreateOptions::DIRECTORY_FILE);
    assert_eq!(open("folder", file), Some(NTSTATUS::STATUS_FILE_IS_A_DIRECTORY));
    assert_eq!(open("file", folder), Some(NTSTATUS::STATUS_NOT_A_DIRECTORY));
    assert_eq!(open("folder", folder), None);
    assert_eq!(open(r"file\", file), Some(NTSTATUS::STATUS_OBJECT_NAME_INVALID));
    assert_eq!(open("file", file | folder), Some(NTSTATUS::STATUS_INVALID_PARAMETER));
}

#[test]
fn sharing_is_checked_between_handles() {
    let drive = Drive::new();
    drive.write("file", b"");
    let reader = drive.open("file", FILE_GENERIC_READ, Share::READ, Disposition::Open).unwrap();
    let refused = drive.open("FILE", FILE_GENERIC_WRITE, Share::all(), Disposition::Open).err();
    assert_eq!(refused, Some(NTSTATUS::STATUS_SHARING_VIOLATION));
    assert!(drive.open("file", FILE_GENERIC_READ, Share::READ, Disposition::Open).is_ok());
    assert_eq!(drive.for_deletion("file").err(), Some(NTSTATUS::STATUS_SHARING_VIOLATION));
    drop(reader);
    assert!(drive.open("file", FILE_GENERIC_WRITE, Share::empty(), Disposition::Open).is_ok());
}

#[test]
fn positions_offsets_and_the_end() {
    let drive = Drive::new();
    drive.write("file", b"0123456789");
    let access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
    let file = drive.open("file", access, Share::all(), Disposition::Open).unwrap().file;
    let mut bytes = [0; 4];
    assert_eq!(file.read(to(&mut bytes), At::Offset(8)), Ok(2));
    assert_eq!((&bytes[..2], file.position()), (&b"89"[..], Ok(10)));
    assert_eq!(file.read(to(&mut bytes), At::Position), Err(NTSTATUS::STATUS_END_OF_FILE));
    assert_eq!(file.seek(-3, SeekFrom::End), Ok(7));
    assert_eq!(file.seek(-8, SeekFrom::Current), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
    assert_eq!(file.seek(-1, SeekFrom::Start), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
    assert_eq!(file.write(from(b"ab"), At::End), Ok(2));
    assert_eq!(file.size(), Ok(12));
    assert_eq!(file.set_end(3), Ok(()));
    assert_eq!(file.set_allocation(1 << 20).and_then(|()| file.size()), Ok(3));
    assert_eq!(drive.read("file"), b"012");
    assert_eq!(file.read(to(&mut bytes), At::Offset(u64::MAX)), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
}

#[test]
fn a_bad_buffer_is_a_status() {
    let drive = Drive::new();
    drive.write("file", b"x");
    let access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
    let file = drive.open("file", access, Share::all(), Disposition::Open).unwrap().file;
    let bad = Buffer { address: 16, len: 1 };
    assert_eq!(file.read(bad, At::Position), Err(NTSTATUS::STATUS_ACCESS_VIOLATION));
    assert_eq!(file.write(bad, At::Position), Err(NTSTATUS::STATUS_INVALID_USER_BUFFER));
}

#[test]
fn appending_handles_write_at_the_end() {
    let drive = Drive::new();
    drive.write("file", b"one");
    let file = drive.open("file", FILE_APPEND_DATA, Share::all(), Disposition::Open).unwrap().file;
    assert_eq!(file.write(from(b" two"), At::Offset(0)), Ok(4));
    assert_eq!(drive.read("file"), b"one two");
    assert_eq!(file.read(to(&mut [0; 1]), At::Position), Err(NTSTATUS::STATUS_ACCESS_DENIED));
}

#[test]
fn read_only_files_are_neither_written_nor_deleted() {
    let drive = Drive::new();
    drive.write("file", b"x");
    let attributes = drive.files.open(&drive.nt("file"), &OpenRequest::existing(FILE_WRITE_ATTRIBUTES)).unwrap().file;
    attributes.set_attributes(FILE_ATTRIBUTE::FILE_ATTRIBUTE_READONLY).unwrap();
    for (access, disposition) in [
        (FILE_GENERIC_WRITE, Disposition::Open),
        (FILE_GENERIC_WRITE, Disposition::OverwriteIf),
        (FILE_GENERIC_READ, Disposition::OverwriteIf),
    ] {
        let refused = drive.open("file", access, Share::all(), disposition).err();
        assert_eq!(refused, Some(NTSTATUS::STATUS_ACCESS_DENIED));
    }
    assert_eq!(drive.for_deletion("file").unwrap().delete_now(), Err(NTSTATUS::STATUS_CANNOT_DELETE));
    assert_eq!(drive.read("file"), b"x");
}

#[test]
fn deletion_waits_for_the_last_handle_unless_it_is_posix() {
    let drive = Drive::new();
    drive.write("file", b"x");
    let other = drive.open("file", FILE_GENERIC_READ, Share::all(), Disposition::Open).unwrap();
    drive.for_deletion("file").unwrap().set_disposition(true).unwrap();
    assert!(drive.exists("file"));
    let refused = drive.open("file", FILE_GENERIC_READ, Share::all(), Disposition::Open).err();
    assert_eq!(refused, Some(NTSTATUS::STATUS_DELETE_PENDING));
    drop(other);
    assert!(!drive.exists("file"));
    drive.write("file", b"x");
    let _other = drive.open("file", FILE_GENERIC_READ, Share::all(), Disposition::Open).unwrap();
    drive.for_deletion("file").unwrap().delete_now().unwrap();
    assert!(!drive.exists("file"));
}

#[test]
fn delete_on_close_deletes() {
    let drive = Drive::new();
    let request = OpenRequest {
        access: FILE_GENERIC_WRITE | DELETE,
        disposition: Disposition::Create,
        options: CreateOptions::DELETE_ON_CLOSE | CreateOptions::SYNCHRONOUS_IO_NONALERT,
        ..OpenRequest::existing(0)
    };
    let file = drive.files.open(&drive.nt("file"), &request).unwrap();
    assert!(drive.exists("file"));
    drop(file);
    assert!(!drive.exists("file"));
}

#[test]
fn folders_are_deleted_only_when_empty() {
    let drive = Drive::new();
    std::fs::create_dir(drive.root.path().join("folder")).unwrap();
    drive.write(r"folder\file", b"");
    let folder = drive.for_deletion("folder").unwrap();
    assert_eq!(folder.set_disposition(true), Err(NTSTATUS::STATUS_DIRECTORY_NOT_EMPTY));
    drive.for_deletion(r"folder\file").unwrap().delete_now().unwrap();
    assert_eq!(folder.set_disposition(true), Ok(()));
    drop(folder);
    assert!(!drive.exists("folder"));
}

#[test]
fn renaming_replaces_only_when_asked() {
    let drive = Drive::new();
    drive.write("one", b"1");
    drive.write("two", b"2");
    let rename = |from: &str, to: &str, replace| drive.files.rename(&drive.for_deletion(from)?, &drive.nt(to), replace);
    assert_eq!(rename("one", "TWO", false), Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION));
    assert_eq!(rename("one", "TWO", true), Ok(()));
    assert_eq!(drive.read("two"), b"1");
    assert_eq!(rename("two", "Two", false), Ok(()));
    let name = std::fs::read_dir(drive.root.path()).unwrap().next().unwrap().unwrap().file_name();
    assert_eq!(name, "Two");
    assert_eq!(rename("two", r"none\x", false), Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
    std::fs::create_dir(drive.root.path().join("folder")).unwrap();
    assert_eq!(rename("two", "folder", true), Err(NTSTATUS::STATUS_ACCESS_DENIED));
    assert_eq!(rename("folder", r"folder\in", false), Err(NTSTATUS::STATUS_SHARING_VIOLATION));
}

#[test]
fn copies_keep_contents_and_time() {
    let drive = Drive::new();
    drive.write("from", b"abc");
    let (from, to) = (drive.nt("from"), drive.nt("to"));
    assert_eq!(copy(&drive.files, &from, &to, true), Ok(()));
    assert_eq!(copy(&drive.files, &from, &to, true), Err(NTSTATUS::STATUS_OBJECT_NAME_COLLISION));
    assert_eq!(copy(&drive.files, &from, &to, false), Ok(()));
    assert_eq!(drive.read("to"), b"abc");
    assert_eq!(drive.files.query(&from).unwrap().written, drive.files.query(&to).unwrap().written);
    assert_eq!(copy(&drive.files, &from, &from, false), Err(NTSTATUS::STATUS_SHARING_VIOLATION));
    assert_eq!(drive.read("from"), b"abc");
}

#[test]
fn links_share_the_file() {
    let drive = Drive::new();
    drive.write("file", b"x");
    let file = drive.files.open(&drive.nt("file"), &OpenRequest::existing(FILE_WRITE_ATTRIBUTES)).unwrap().file;
    drive.files.link(&file, &drive.nt("link"), false).unwrap();
    assert_eq!(drive.files.query(&drive.nt("link")).unwrap().links, 2);
    drive.files.symbolic_link(&drive.nt("soft"), &drive.nt("FILE")).unwrap();
    assert_eq!(drive.read("soft"), b"x");
    drive.for_deletion("soft").unwrap().delete_now().unwrap();
    assert!(drive.exists("file") && !drive.exists("soft"));
}

#[test]
fn locked_ranges_are_the_owners() {
    let drive = Drive::new();
    drive.write("file", b"0123456789");
    let access = FILE_GENERIC_READ | FILE_GENERIC_WRITE;
    let open = || drive.open("file", access, Share::all(), Disposition::Open).unwrap().file;
    let (one, two) = (open(), open());
    one.lock(2, 3, true, false).unwrap();
    assert_eq!(two.lock(4, 1, false, false), Err(NTSTATUS::STATUS_LOCK_NOT_GRANTED));
    assert_eq!(two.read(to(&mut [0; 5]), At::Offset(0)), Err(NTSTATUS::STATUS_FILE_LOCK_CONFLICT));
    assert_eq!(two.read(to(&mut [0; 2]), At::Offset(0)), Ok(2));
    assert_eq!(one.read(to(&mut [0; 5]), At::Offset(0)), Ok(5));
    assert_eq!(two.unlock(2, 3), Err(NTSTATUS::STATUS_RANGE_NOT_LOCKED));
    assert_eq!(one.unlock(2, 3), Ok(()));
    assert_eq!(two.lock(4, 1, false, false), Ok(()));
    assert_eq!(one.write(from(b"xx"), At::Offset(4)), Err(NTSTATUS::STATUS_FILE_LOCK_CONFLICT));
    drop(two);
    assert_eq!(one.write(from(b"xx"), At::Offset(4)), Ok(2));
}

#[test]
fn folders_are_listed_in_order_with_dots_first() {
    let drive = Drive::new();
    std::fs::create_dir(drive.root.path().join("folder")).unwrap();
    for name in ["b.txt", "A.TXT", "c.dat"] {
        drive.write(&format!(r"folder\{name}"), b"");
    }
    let names = |folder: &str, pattern: &str| -> NtResult<Vec<String>> {
        let mut search = drive.files.search(&drive.nt(folder), &from_win32(&wide(pattern)))?;
        let entries = std::iter::from_fn(|| search.next_entry());
        Ok(entries.map(|entry| String::from_utf16_lossy(&entry.name)).collect())
    };
    assert_eq!(names("folder", "*.*").unwrap(), [".", "..", "A.TXT", "b.txt", "c.dat"]);
    assert_eq!(names("FOLDER", "*.txt").unwrap(), ["A.TXT", "b.txt"]);
    assert_eq!(names("folder", "a.txt").unwrap(), ["A.TXT"]);
    assert_eq!(names(r"C:\", "*").unwrap(), ["folder"]);
    assert_eq!(names("folder", "*.x"), Err(NTSTATUS::STATUS_NO_SUCH_FILE));
    assert_eq!(names("folder", "x"), Err(NTSTATUS::STATUS_NO_SUCH_FILE));
    assert_eq!(names("none", "*"), Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
    assert_eq!(names("none", "x"), Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
}

#[test]
fn devices_and_volumes_open_without_a_file() {
    let drive = Drive::new();
    let null = drive.open("NUL", FILE_GENERIC_READ | FILE_GENERIC_WRITE, Share::all(), Disposition::Open).unwrap().file;
    assert_eq!(null.write(from(b"x"), At::Position), Ok(1));
    assert_eq!(null.read(to(&mut [0; 1]), At::Position), Err(NTSTATUS::STATUS_END_OF_FILE));
    assert!(drive.files.open(&drive.nt(r"\\.\C:"), &OpenRequest::existing(0)).is_ok());
    assert!(drive.files.space(&drive.nt(r"C:\")).unwrap().total > 0);
    assert_eq!(drive.files.drive_type(b'Q'), DriveType::NoRootDirectory);
}

#[test]
fn the_private_drive_appears_when_it_is_needed() {
    let root = TempDir::new();
    let private = root.path().join("deep/drive_c");
    let files = FileSystem::new(Drives::new(&private, root.path()), Arc::default());
    let nt = |path: &str| files.drives.nt_path(&wide(path)).unwrap();
    assert_eq!(files.query(&nt(r"C:\x")), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    assert_eq!(files.query(&nt(r"C:\windows\x.ini")), Err(NTSTATUS::STATUS_OBJECT_NAME_NOT_FOUND));
    assert_eq!(files.query(&nt(r"C:\other\x")), Err(NTSTATUS::STATUS_OBJECT_PATH_NOT_FOUND));
    assert!(!private.exists());
    let request = OpenRequest { disposition: Disposition::Create, ..OpenRequest::existing(FILE_GENERIC_WRITE) };
    files.open(&nt(r"C:\Windows\Temp\x"), &request).unwrap();
    assert!(private.join("Windows/Temp/x").exists());
    assert!(files.query(&nt(r"C:\windows\system32")).unwrap().is_directory());
}
