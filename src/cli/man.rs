//! `exeunt man`.

use std::path::PathBuf;

use clap::{Args, Command, ValueHint};
use clap_mangen::Man as Page;
use exeunt::{Error, status};

use super::output;

/// Print the manual page
#[derive(Args)]
#[command(after_help = "\
Examples:
  exeunt man | man -l -
  exeunt man --dir ~/.local/share/man/man1")]
pub(super) struct Man {
    /// Write the pages of exeunt and of all its commands into DIR
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

impl Man {
    /// Prints the page of `command`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn execute(self, command: Command) -> Result<u8, Error> {
        match self.dir {
            Some(dir) => match clap_mangen::generate_to(command, &dir) {
                Ok(()) => Ok(status::SUCCESS),
                Err(error) => Err(Error::Output { path: Some(dir), error }),
            },
            None => {
                let mut page = Vec::new();
                Page::new(command).render(&mut page).map_err(|error| Error::Output { path: None, error })?;
                output::print(&page)
            }
        }
    }
}
