//! `exeunt path`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path as HostPath, PathBuf};

use clap::{Args, ValueHint};
use exeunt::Error;
use exeunt::paths::{Paths, is_windows};

use super::output;

/// Convert paths between the host's spelling and Windows'
#[derive(Args)]
#[command(after_help = r"Examples:
  exeunt path src/main.c            Z:\home\me\src\main.c
  exeunt path 'Z:\home\ME\x.txt'    /home/me/x.txt
  exeunt path -w name               Z:\home\me\name
  exeunt path -u name               /home/me/name")]
pub(super) struct Path {
    /// Print Windows paths
    #[arg(short, long, conflicts_with = "unix")]
    windows: bool,

    /// Print the host's paths
    #[arg(short, long)]
    unix: bool,

    /// The folder that holds drive C: (in its folder drive_c)
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    root: Option<PathBuf>,

    /// Paths; without -w or -u one with a backslash or a drive is a Windows path
    #[arg(value_name = "PATH", required = true, value_hint = ValueHint::AnyPath)]
    paths: Vec<OsString>,
}

impl Path {
    /// Prints a path on each line.
    ///
    /// # Errors
    /// For the first path that names no file.
    pub(super) fn execute(self) -> Result<u8, Error> {
        let paths = Paths::new(self.root.as_deref())?;
        let mut text = Vec::new();
        for path in &self.paths {
            let to_host = self.unix || (!self.windows && is_windows(path));
            match to_host {
                true => text.extend_from_slice(paths.to_host(path)?.as_os_str().as_bytes()),
                false => text.extend_from_slice(paths.to_windows(HostPath::new(path))?.as_bytes()),
            }
            text.push(b'\n');
        }
        output::print(&text)
    }
}
