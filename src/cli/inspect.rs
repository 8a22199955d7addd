//! `exeunt inspect`.

use std::path::PathBuf;

use clap::{Args, ValueHint};
use exeunt::Error;
use exeunt::inspect::Status;

use super::output;

/// Say what a program or DLL is, what it imports, and whether it can run
#[derive(Args)]
#[command(after_help = "\
Each import is shown with how much of it there is:
  full     all that is documented
  partial  some of it; the note says what is missing
  stub     a constant answer; the note says why that is enough
  guest    code of a DLL that comes with the program
  missing  nothing: calling it stops the program with status 120

Exit status:
  0  runs
  1  starts, but may stop at an API that is missing
  2  does not start")]
pub(super) struct Inspect {
    /// Print JSON
    #[arg(long)]
    json: bool,

    /// The file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

impl Inspect {
    /// Prints the report.
    ///
    /// # Errors
    /// When the file is no PE file.
    pub(super) fn execute(self) -> Result<u8, Error> {
        let report = exeunt::inspect::inspect(&self.file)?;
        let text = match self.json {
            true => output::json(&report)?,
            false => report.to_string(),
        };
        output::print(text.as_bytes())?;
        Ok(match report.verdict.status {
            Status::Runs => 0,
            Status::MayStop => 1,
            Status::DoesNotStart => 2,
        })
    }
}
