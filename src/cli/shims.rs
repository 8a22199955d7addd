//! `exeunt shims`.

use std::fmt::Write;

use clap::Args;
use exeunt::Error;
use exeunt::shims::{self, Api, Level};
use exeunt::trace::Filter;

use super::output;

/// List the Windows functions that are there, and how much of each
#[derive(Args)]
#[command(after_help = "\
Examples:
  exeunt shims                      all of them
  exeunt shims 'kernel32!*File*'    some
  exeunt shims --markdown 'ntdll!*' a table for documentation")]
pub(super) struct Shims {
    /// Print JSON
    #[arg(long, conflicts_with = "markdown")]
    json: bool,

    /// Print Markdown tables, one for each DLL
    #[arg(long)]
    markdown: bool,

    /// Which: FUNCTION, DLL!FUNCTION, with * and ? for parts of names, and ! in front to leave out
    #[arg(value_name = "FILTER", value_parser = |text: &str| Filter::parse(text))]
    filter: Option<Filter>,
}

impl Shims {
    /// Prints the table.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn execute(self) -> Result<u8, Error> {
        let apis = shims::list(&self.filter.unwrap_or_default());
        let text = match (self.json, self.markdown) {
            (true, _) => output::json(&apis)?,
            (_, true) => shims::markdown(&apis),
            _ => text(&apis),
        };
        output::print(text.as_bytes())
    }
}

fn text(apis: &[Api]) -> String {
    let name = |api: &Api| format!("{}!{}", api.dll.strip_suffix(".dll").unwrap_or(api.dll), api.name);
    let width = apis.iter().map(|api| name(api).len()).max().unwrap_or_default();
    let mut text = String::new();
    for api in apis {
        let _ = write!(text, "{:<width$}  {}", name(api), api.support.name());
        if let Some(to) = api.forwards_to {
            let _ = write!(text, " (is {to})");
        }
        let _ = match api.note {
            Some(note) => writeln!(text, ": {note}"),
            None => writeln!(text),
        };
    }
    let count = |level| apis.iter().filter(|api| api.support == level).count();
    let (full, partial, stub) = (count(Level::Full), count(Level::Partial), count(Level::Stub));
    let _ = writeln!(text, "{} APIs: {full} full, {partial} partial, {stub} stub", apis.len());
    text
}
