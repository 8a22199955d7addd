//! `RTL_USER_PROCESS_PARAMETERS`: what a process is started with, where guest code finds it.
//!
//! Offsets are those of 64-bit Windows 10 (public symbols of ntdll; `winternl.h` documents some).

use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use abi::{Fault, NtResult, Ptr, fault};

use crate::console::Standard;
use crate::low::Block;
use crate::path::name;
use crate::{Process, cmdline};

mod offset {
    pub(super) const MAXIMUM_LENGTH: u64 = 0x00;
    pub(super) const LENGTH: u64 = 0x04;
    pub(super) const FLAGS: u64 = 0x08;
    pub(super) const STANDARD_INPUT: u64 = 0x20;
    pub(super) const STANDARD_OUTPUT: u64 = 0x28;
    pub(super) const STANDARD_ERROR: u64 = 0x30;
    pub(super) const IMAGE_PATH_NAME: u64 = 0x60;
    pub(super) const COMMAND_LINE: u64 = 0x70;
    pub(super) const ENVIRONMENT: u64 = 0x80;
    pub(super) const ENVIRONMENT_SIZE: u64 = 0x3f0;
}

/// Bytes of the structure itself.
const SIZE: u64 = 0x440;

/// `RTL_USER_PROC_PARAMS_NORMALIZED`: pointers are addresses, not offsets.
const NORMALIZED: u32 = 1;

/// The parameters, once there is a program.
#[derive(Default)]
pub(crate) struct Parameters {
    made: OnceLock<Made>,
}

struct Made {
    _block: Block,
    command_line: u64,
    command_line_units: usize,
}

impl Process {
    /// Builds the parameters for the program at the host path `path`.
    ///
    /// # Errors
    /// The host's error when memory is short.
    pub(crate) fn fill_program_parameters(&self, path: &Path, arguments: &[OsString]) -> io::Result<()> {
        let image_path: Vec<u16> = self.guest_path(path).encode_utf16().collect();
        let environment = self.environment.block();
        let arguments = arguments.iter().map(|argument| name::from_host_text(argument.as_bytes()));
        let argv: Vec<Vec<u16>> = std::iter::once(image_path.clone()).chain(arguments).collect();
        let command_line = cmdline::join(&argv);
        let texts = [(offset::IMAGE_PATH_NAME, image_path), (offset::COMMAND_LINE, command_line)];
        let block_bytes = 2 * environment.len() as u64;
        let size = SIZE + block_bytes + 16 + texts.iter().map(|(_, text)| 2 * text.len() as u64 + 16).sum::<u64>();
        let block = Block::new(size as usize, false)?;
        let base = block.address();
        let mut made = Made { command_line: 0, command_line_units: 0, _block: block };
        let written =
            write_parameters(base, size, &texts, &mut made).and_then(|end| write_environment(base, end, &environment));
        written.and_then(|()| self.write_standard_handles(base)).map_err(|_| io::ErrorKind::OutOfMemory)?;
        if let Some(program) = self.program() {
            let subsystem = program.image().map_or(0, |image| image.headers().subsystem);
            self.set_peb_program(program.base(), subsystem, base);
        }
        let _ = self.parameters.made.set(made);
        Ok(())
    }

    fn write_standard_handles(&self, base: u64) -> Result<(), Fault> {
        for (field, which) in [
            (offset::STANDARD_INPUT, Standard::Input),
            (offset::STANDARD_OUTPUT, Standard::Output),
            (offset::STANDARD_ERROR, Standard::Error),
        ] {
            fault::store_u64(base + field, self.standard.get(self, which).0)?;
        }
        Ok(())
    }

    /// Address of the command line, in UTF-16 with a closing zero; 0 for a process without a program.
    pub fn command_line(&self) -> u64 {
        self.parameters.made.get().map_or(0, |made| made.command_line)
    }

    /// The command line. What the guest wrote over it counts, as on Windows; what it made unreadable is empty.
    pub fn command_line_text(&self) -> Vec<u16> {
        let Some(made) = self.parameters.made.get() else { return Vec::new() };
        Ptr::<u16>::at(made.command_line).read_slice(made.command_line_units).unwrap_or_default()
    }

    /// How the guest calls a host file.
    pub(crate) fn guest_path(&self, path: &Path) -> String {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        String::from_utf16_lossy(&self.files.drives.to_dos(&absolute))
    }

    /// The host file that a guest path means, whether it is there or not.
    ///
    /// # Errors
    /// `STATUS_OBJECT_PATH_NOT_FOUND` for a drive that is not there, and what else is wrong with the path.
    pub fn host_path(&self, path: &[u16]) -> NtResult<PathBuf> {
        self.files.host_path_or_new(&self.files.drives.nt_path(path)?)
    }
}

/// Writes the structure and its texts; gives the address behind them.
fn write_parameters(base: u64, size: u64, texts: &[(u64, Vec<u16>)], made: &mut Made) -> Result<u64, Fault> {
    fault::store_u32(base + offset::MAXIMUM_LENGTH, size as u32)?;
    fault::store_u32(base + offset::LENGTH, size as u32)?;
    fault::store_u32(base + offset::FLAGS, NORMALIZED)?;
    let mut at = base + SIZE;
    for (field, text) in texts {
        let bytes = 2 * text.len() as u64;
        // A UNICODE_STRING ends at 65,534 bytes; what is longer is there but not counted.
        let counted = bytes.min(0xfffc) as u16;
        fault::store_u16(base + field, counted)?;
        fault::store_u16(base + field + 2, counted + 2)?;
        fault::store_u64(base + field + 8, at)?;
        Ptr::<u16>::at(at).write_slice(text)?;
        if *field == offset::COMMAND_LINE {
            (made.command_line, made.command_line_units) = (at, text.len());
        }
        at += (bytes + 2).next_multiple_of(8);
    }
    Ok(at)
}

/// Puts the environment block behind the texts, where the guest finds it through the parameters.
fn write_environment(base: u64, at: u64, block: &[u16]) -> Result<(), Fault> {
    Ptr::<u16>::at(at).write_slice(block)?;
    fault::store_u64(base + offset::ENVIRONMENT, at)?;
    fault::store_u64(base + offset::ENVIRONMENT_SIZE, 2 * block.len() as u64)
}
