//! `exeunt completions`.

use clap::{Args, Command};
use clap_complete::Shell;
use exeunt::Error;

use super::output;

/// Print a shell's completion script
#[derive(Args)]
#[command(after_help = "\
Examples:
  exeunt completions bash >~/.local/share/bash-completion/completions/exeunt
  exeunt completions zsh  >~/.zfunc/_exeunt
  exeunt completions fish >~/.config/fish/completions/exeunt.fish")]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the script for `command`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn execute(self, command: &mut Command) -> Result<u8, Error> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, command, "exeunt", &mut script);
        output::print(&script)
    }
}
