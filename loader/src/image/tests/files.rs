//! Opening files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::super::*;
use super::kind;
use crate::testing::PeBuilder;

/// A folder of its own for a test that needs files.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("loader-image-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a folder can be made");
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("a file can be written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn open_error(path: &Path) -> ImageErrorKind {
    Image::open(path).expect_err("it is no image").kind
}

#[test]
fn a_missing_file_is_not_found() {
    assert_eq!(open_error(Path::new("/nonexistent/a.exe")), ImageErrorKind::NotFound);
    assert_eq!(open_error(Path::new("/dev/null/a.exe")), ImageErrorKind::NotFound);
}

#[test]
fn a_directory_says_so() {
    assert_eq!(open_error(Path::new("/")), ImageErrorKind::IsDirectory);
}

#[test]
fn a_device_is_not_waited_for() {
    assert_eq!(open_error(Path::new("/dev/zero")), ImageErrorKind::NotRegular);
    let folder = Folder::new("pipe");
    let pipe = folder.0.join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR, 0)
        .expect("a pipe can be made");
    assert_eq!(open_error(&pipe), ImageErrorKind::NotRegular);
}

#[test]
fn an_unreadable_file_is_denied() {
    let folder = Folder::new("denied");
    let path = folder.file("a.exe", &PeBuilder::exe().bytes());
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("the mode can be set");
    // Root reads everything.
    if !rustix::process::geteuid().is_root() {
        assert_eq!(open_error(&path), ImageErrorKind::PermissionDenied);
    }
    let denied = ImageError::from(ImageErrorKind::PermissionDenied).at(&path).to_string();
    assert!(denied.ends_with("a.exe: permission denied; check the file's mode and its folder's"), "{denied}");
}

#[test]
fn an_empty_file_is_empty() {
    let folder = Folder::new("empty");
    assert_eq!(open_error(&folder.file("a.exe", b"")), ImageErrorKind::Empty);
    assert_eq!(kind(b""), ImageErrorKind::Empty);
}

#[test]
fn a_file_reads_as_its_bytes_do() {
    let folder = Folder::new("file");
    let bytes = PeBuilder::exe().bytes();
    let opened = Image::open(&folder.file("a.exe", &bytes)).expect("the image is sound");
    assert_eq!(opened.file_bytes(), bytes);
    assert_eq!(opened.headers(), Image::parse(bytes).expect("the image is sound").headers());
}
