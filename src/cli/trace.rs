//! `exeunt trace`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum, ValueHint};
use exeunt::trace::{Config, Filter, Format};
use exeunt::{Error, Program, shims};

use super::run::Run;

/// Run a program and write down the Windows functions it calls
#[derive(Args)]
#[command(after_help = "\
A filter is a list of FUNCTION, DLL!FUNCTION, !FUNCTION or !DLL!FUNCTION, with * and ? for parts of names.
A call is shown when one of them names it, or none names any, and no ! leaves it out.

Examples:
  exeunt trace tool.exe                                    all calls, to standard error
  exeunt trace -e 'kernel32!Create*,!*Heap*' tool.exe      some of them
  exeunt trace -o calls.jsonl --format json tool.exe       as JSON, to a file
  exeunt trace -c tool.exe                                 counts and times
  exeunt trace --stable -o expected.txt tool.exe           a snapshot for tests")]
pub(super) struct Trace {
    /// Show only these calls; may be given several times
    #[arg(short = 'e', long = "filter", value_name = "FILTER", value_parser = filter)]
    filters: Vec<String>,

    /// Write to FILE instead of standard error
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: Option<PathBuf>,

    /// Write counts and times at the end instead of calls
    #[arg(short = 'c', long)]
    summary: bool,

    /// How calls are written
    #[arg(long, value_name = "FORMAT", default_value = "text", conflicts_with = "summary")]
    format: TraceFormat,

    /// Give addresses, handles, identifiers and times names that are the same in each run
    #[arg(long)]
    stable: bool,

    #[command(flatten)]
    pub(super) run: Run,
}

#[derive(Clone, Copy, ValueEnum)]
enum TraceFormat {
    /// A line of text for each call
    Text,
    /// A JSON object on a line for each call
    Json,
}

/// Checks a filter, which is read once all are there.
fn filter(text: &str) -> Result<String, String> {
    Filter::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

impl Trace {
    /// The program, ready to run with its calls traced.
    ///
    /// # Errors
    /// When there is none of that name, the output cannot be made, or no call could ever be shown.
    pub(super) fn program(self) -> Result<Program, Error> {
        let text = self.filters.join(",");
        let filter = match self.filters.is_empty() {
            true => Filter::default(),
            // Each was checked when it was read.
            false => Filter::parse(&text).unwrap_or_default(),
        };
        if shims::list(&filter).is_empty() {
            return Err(Error::FilterMatchesNothing { filter: text });
        }
        // Those on standard error are there to be seen.
        let tail = self.output.is_some() || self.run.report_calls;
        let program = self.run.program()?;
        let output: Box<dyn Write + Send> = match self.output {
            None => Box::new(io::stderr()),
            Some(path) => match File::create(&path) {
                Ok(file) => Box::new(BufWriter::new(file)),
                Err(error) => return Err(Error::Output { path: Some(path), error }),
            },
        };
        let format = match self.format {
            TraceFormat::Text => Format::Text,
            TraceFormat::Json => Format::Json,
        };
        Ok(program.trace(Config { filter, format, summary: self.summary, stable: self.stable, tail, output }))
    }
}
