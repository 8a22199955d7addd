//! `exeunt run`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use exeunt::trace::Config;
use exeunt::{Error, Program, Version};

/// Run a program (the default)
#[derive(Args)]
#[command(after_help = "Everything from PROGRAM on is the program's; options of exeunt stand before it.")]
pub(super) struct Run {
    /// The Windows version that the program is told
    #[arg(long, value_name = "VERSION", default_value = "10")]
    windows_version: WindowsVersion,

    /// The folder that holds drive C: (in its folder drive_c) instead of the user's own
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    root: Option<PathBuf>,

    /// Write the program's 32-bit exit code to FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    status_file: Option<PathBuf>,

    /// Keep the last calls of Windows functions and show them when the program crashes; slows every call down
    #[arg(long)]
    pub(super) report_calls: bool,

    /// Write a minidump to FILE when the program crashes: the thread that did, its stack, and the modules
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    minidump: Option<PathBuf>,

    /// Show what the program says to a debugger (OutputDebugString) on standard error
    #[arg(long)]
    debug_output: bool,

    /// Run the program under gdb, which knows its functions and source lines, and stop where it begins
    #[arg(long)]
    pub(super) gdb: bool,

    /// Tell a debugger that is attached later, or that runs exeunt, of the program's functions and source lines
    #[arg(long)]
    gdb_symbols: bool,

    /// The program and its arguments: a path, or a name looked for in the current folder and on PATH
    #[arg(
        value_name = "PROGRAM",
        required = true,
        num_args = 1..,
        trailing_var_arg = true,
        value_hint = ValueHint::CommandWithArguments
    )]
    command: Vec<OsString>,
}

/// A Windows version, as it is written on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum WindowsVersion {
    /// Windows 7 with Service Pack 1
    #[value(name = "7")]
    Windows7,
    /// Windows 8.1
    #[value(name = "8.1")]
    Windows8_1,
    /// Windows 10 22H2
    #[value(name = "10")]
    Windows10,
    /// Windows 11 23H2
    #[value(name = "11")]
    Windows11,
    /// Windows 11 24H2
    #[value(name = "11-24h2")]
    Windows11_24H2,
}

impl From<WindowsVersion> for Version {
    fn from(version: WindowsVersion) -> Self {
        match version {
            WindowsVersion::Windows7 => Self::WINDOWS_7,
            WindowsVersion::Windows8_1 => Self::WINDOWS_8_1,
            WindowsVersion::Windows10 => Self::WINDOWS_10,
            WindowsVersion::Windows11 => Self::WINDOWS_11,
            WindowsVersion::Windows11_24H2 => Self::WINDOWS_11_24H2,
        }
    }
}

impl Run {
    /// The program, ready to run.
    ///
    /// # Errors
    /// When there is none of that name.
    pub(super) fn program(self) -> Result<Program, Error> {
        let mut command = self.command.into_iter();
        let name = command.next().unwrap_or_default();
        let program = match self.root {
            Some(root) => Program::find_in(&root, name)?,
            None => Program::find(name)?,
        };
        let program = program.symbolizer(super::OURSELVES).args(command).windows_version(self.windows_version.into());
        let program = match self.report_calls {
            true => program.trace(Config { tail: true, ..Config::default() }),
            false => program,
        };
        let program = match self.minidump {
            Some(file) => program.minidump(file)?,
            None => program,
        };
        let program = if self.debug_output { program.debug_output() } else { program };
        let program = if self.gdb_symbols { program.debugger() } else { program };
        Ok(match self.status_file {
            Some(file) => program.status_file(file),
            None => program,
        })
    }
}
