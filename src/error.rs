//! What exeunt itself can fail at: what was asked, what was found, what to do.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;

use loader::ImageError;
use loader::image::ImageErrorKind;
use syscall_xlate::program::StartError;

/// Host exit statuses that are exeunt's own; see `docs/exit-status.md`.
pub mod status {
    /// Done.
    pub const SUCCESS: u8 = 0;
    /// The guest called an API that is missing.
    pub const MISSING_API: u8 = 120;
    /// exeunt failed, or was used wrongly.
    pub const FAILED: u8 = 125;
    /// The file cannot be run.
    pub const NOT_RUNNABLE: u8 = 126;
    /// There is no such program.
    pub const NOT_FOUND: u8 = 127;
}

/// Why exeunt could not do what it was asked for.
#[derive(Debug)]
pub enum Error {
    /// No file of the program's name.
    ProgramNotFound {
        /// As it was asked for.
        program: OsString,
        /// The files looked for, or where.
        searched: Vec<PathBuf>,
        /// Whether it was a name to be looked for, not a path.
        by_name: bool,
    },
    /// The file is not one that can be used.
    Image(ImageError),
    /// The program, or what it needs, did not start.
    Start(StartError),
    /// A file of exeunt's own could not be written.
    Output {
        /// The file; standard output when `None`.
        path: Option<PathBuf>,
        /// What the host says.
        error: io::Error,
    },
    /// A filter asks for calls that can never be seen.
    FilterMatchesNothing {
        /// As it was given.
        filter: String,
    },
    /// A path names no file of the host.
    Path {
        /// As it was given.
        path: OsString,
        /// Why.
        reason: String,
    },
    /// A test's program could not be prepared or run.
    Run {
        /// What was being done.
        what: String,
        /// What the host says.
        error: io::Error,
    },
}

impl Error {
    /// The exit status that stands for it.
    pub fn status(&self) -> u8 {
        match self {
            Self::ProgramNotFound { .. } => status::NOT_FOUND,
            Self::Image(error) | Self::Start(StartError::Image(error)) if error.kind == ImageErrorKind::NotFound => {
                status::NOT_FOUND
            }
            Self::Image(_) | Self::Start(StartError::Image(_) | StartError::Load(_)) => status::NOT_RUNNABLE,
            Self::Start(StartError::Host(_))
            | Self::Output { .. }
            | Self::FilterMatchesNothing { .. }
            | Self::Path { .. }
            | Self::Run { .. } => status::FAILED,
        }
    }
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProgramNotFound { program, searched, by_name } => {
                let places: Vec<_> = searched.iter().map(|place| place.display().to_string()).collect();
                let places = places.join(", ");
                let program = if program.is_empty() { "''".into() } else { program.to_string_lossy() };
                if *by_name {
                    write!(f, "{program} was not found in {places}; give its path, or put its folder on PATH")
                } else {
                    write!(f, "{program} was not found: there is no {places}")
                }
            }
            Self::Image(error) => error.fmt(f),
            Self::Start(error) => error.fmt(f),
            Self::Output { path: Some(path), error } => write!(f, "{} cannot be written: {error}", path.display()),
            Self::Output { path: None, error } => write!(f, "standard output cannot be written: {error}"),
            Self::FilterMatchesNothing { filter } => {
                write!(f, "the filter '{filter}' matches no API that exeunt has; `exeunt shims` lists them")
            }
            Self::Path { path, reason } => write!(f, "the path '{}' names no file: {reason}", path.display()),
            Self::Run { what, error } => write!(f, "{what}: {error}"),
        }
    }
}

impl From<ImageError> for Error {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        Self::Start(error)
    }
}
