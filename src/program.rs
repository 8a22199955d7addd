//! A Windows program to be run.

use std::convert::Infallible;
use std::ffi::{CString, OsStr, OsString};
use std::fs::File;
use std::path::{Path, PathBuf};

use loader::Image;
use syscall_xlate::process::Options;
use syscall_xlate::program;
use syscall_xlate::report::Diagnostics;
use syscall_xlate::trace::{Config, Tracer};

use crate::locate::locate;
use crate::paths::private_drive;
use crate::{Error, Version};

/// A Windows program, and how to run it.
///
/// ```no_run
/// let error = exeunt::Program::new("tool.exe").args(["--version"]).run().unwrap_err();
/// eprintln!("{error}");
/// std::process::exit(error.status().into());
/// ```
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    version: Version,
    tracer: Option<Tracer>,
    status_file: Option<PathBuf>,
    private_drive: Option<PathBuf>,
    diagnostics: Diagnostics,
}

impl Program {
    /// The program at a host path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            arguments: Vec::new(),
            version: Version::WINDOWS_10,
            tracer: None,
            status_file: None,
            private_drive: None,
            diagnostics: Diagnostics::default(),
        }
    }

    /// The program that a user means: a path in the host's or Windows' spelling, or a name looked for in the current folder and on
    /// `PATH`, with `.exe` added where needed.
    ///
    /// # Errors
    /// [`Error::ProgramNotFound`], which says where it was looked for.
    pub fn find(name: impl AsRef<OsStr>) -> Result<Self, Error> {
        Ok(Self::new(locate(name.as_ref(), std::env::var_os("PATH").as_deref(), None)?))
    }

    /// As [`Self::find`], with the private drive in `root`, both for finding it and for running it.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn find_in(root: &Path, name: impl AsRef<OsStr>) -> Result<Self, Error> {
        let path = locate(name.as_ref(), std::env::var_os("PATH").as_deref(), Some(root))?;
        Ok(Self { private_drive: Some(private_drive(root)?), ..Self::new(path) })
    }

    /// Its host path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds arguments, as a host program would get them.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The Windows version it is told; Windows 10 unless set.
    pub fn windows_version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }

    /// Traces its calls.
    pub fn trace(mut self, config: Config) -> Self {
        self.tracer = Some(Tracer::new(config));
        self
    }

    /// Writes its 32-bit exit code, which is longer than a host's, to a file.
    pub fn status_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.status_file = Some(path.into());
        self
    }

    /// The host directory that is its drive `C:`; the user's own unless set. It need not be there.
    pub fn private_drive(mut self, path: impl Into<PathBuf>) -> Self {
        self.private_drive = Some(path.into());
        self
    }

    /// The path of the command `exeunt`, which finds the symbols for the report of a crash; without it there are those of exports only.
    pub fn symbolizer(mut self, path: impl Into<CString>) -> Self {
        self.diagnostics.symbolizer = Some(path.into());
        self
    }

    /// Writes a minidump to a file when it crashes.
    ///
    /// # Errors
    /// [`Error::Output`] when the file's folder is not there.
    pub fn minidump(mut self, path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        let full = std::path::absolute(&path).and_then(|full| match full.parent().is_none_or(Path::is_dir) {
            true => Ok(full),
            false => Err(std::io::ErrorKind::NotFound.into()),
        });
        let full = full.map_err(|error| Error::Output { path: Some(path), error })?;
        self.diagnostics.minidump = Some(full);
        Ok(self)
    }

    /// Shows what it says to a debugger (`OutputDebugString`) on standard error.
    pub fn debug_output(mut self) -> Self {
        self.diagnostics.debug_output = true;
        self
    }

    /// Tells a debugger of the host's (gdb) of its functions and source lines. It takes [`Self::symbolizer`].
    pub fn debugger(mut self) -> Self {
        self.diagnostics.debugger = true;
        self
    }

    /// Runs it in this host process, which ends with it.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub fn run(self) -> Result<Infallible, Error> {
        let Self { path, arguments, version, tracer, status_file, private_drive, diagnostics } = self;
        let image = Image::open(&path)?;
        let status_file = status_file.map(prepare).transpose()?;
        let options = Options { dlls: api_shims::dlls(), version, tracer, status_file, private_drive, diagnostics };
        Ok(program::run(options, program::Program { image, arguments })?)
    }
}

/// Makes the status file before the program runs, which may move to another folder, and whose work should not be done for nothing.
fn prepare(path: PathBuf) -> Result<PathBuf, Error> {
    let made = std::path::absolute(&path).and_then(|path| File::create(&path).map(|_| path));
    made.map_err(|error| Error::Output { path: Some(path), error })
}
