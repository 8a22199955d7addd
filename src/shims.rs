//! The table of the Windows APIs that are there, and how much of each.

use std::fmt::Write;

use abi::Support;
use serde::Serialize;
use syscall_xlate::dll::{Dll, Export, Target};
use syscall_xlate::trace::Filter;

/// How much of an API there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// All that is documented.
    Full,
    /// Some of it; a note says what is missing.
    Partial,
    /// An honest constant answer; a note says why that is enough.
    Stub,
}

impl Level {
    /// `full`, `partial` or `stub`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::Stub => "stub",
        }
    }
}

impl From<Support> for Level {
    fn from(support: Support) -> Self {
        match support {
            Support::Full => Self::Full,
            Support::Partial(_) => Self::Partial,
            Support::Stub(_) => Self::Stub,
        }
    }
}

/// What an export of a shim DLL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A function.
    Function,
    /// A variable.
    Variable,
    /// Another name for an export of another DLL.
    Forwarder,
}

/// One export of a shim DLL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Api {
    /// The DLL, with `.dll`.
    pub dll: &'static str,
    /// The exported name.
    pub name: &'static str,
    /// The ordinal, where programs import by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<u16>,
    /// What it is.
    pub kind: Kind,
    /// How much of it there is.
    pub support: Level,
    /// What is missing, or why a stub is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
    /// The SDK header (or topic) whose file it stands in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<&'static str>,
    /// What it does, in a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doc: Option<&'static str>,
    /// Its parameters' names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<&'static str>>,
    /// Where a forwarder leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwards_to: Option<&'static str>,
}

/// The exports that `filter` shows, sorted by DLL and name.
///
/// ```
/// let filter = exeunt::trace::Filter::parse("kernel32!GetLastError").unwrap();
/// let apis = exeunt::shims::list(&filter);
/// assert_eq!(apis[0].support, exeunt::shims::Level::Full);
/// ```
pub fn list(filter: &Filter) -> Vec<Api> {
    let dlls = api_shims::dlls().iter();
    let exports = dlls.flat_map(|dll| dll.exports.iter().map(move |export| (*dll, export)));
    exports
        .filter(|(dll, export)| filter.shows(dll.stem(), export.name))
        .map(|(dll, export)| api(dll, export))
        .collect()
}

fn api(dll: &'static Dll, export: &'static Export) -> Api {
    let support = support(export);
    let mut api = Api {
        dll: dll.name,
        name: export.name,
        ordinal: export.ordinal,
        kind: Kind::Variable,
        support: support.into(),
        note: support.note(),
        header: None,
        doc: None,
        parameters: None,
        forwards_to: None,
    };
    match export.target {
        Target::Code(row) => {
            api.kind = Kind::Function;
            api.header = row.module.rsplit("::").next();
            api.doc = Some(row.doc.trim());
            let names = row.params.iter().map(|param| param.name);
            api.parameters = Some(names.chain(row.variadic.then_some("...")).collect());
        }
        Target::Data { .. } => {}
        Target::Forward(to) => (api.kind, api.forwards_to) = (Kind::Forwarder, Some(to)),
    }
    api
}

/// How much of an export there is; of a forwarder, how much of what it leads to.
pub(crate) fn support(export: &Export) -> Support {
    let mut support = export.support();
    let mut target = export.target;
    // Forwarders of our own tables do not form chains longer than the number of DLLs.
    for _ in api_shims::dlls() {
        let Target::Forward(to) = target else { break };
        let Some(next) = forwarded(to) else { break };
        (support, target) = (next.support(), next.target);
    }
    support
}

fn forwarded(to: &str) -> Option<&'static Export> {
    let (stem, name) = to.split_once('.')?;
    api_shims::dlls().iter().find(|dll| dll.stem().eq_ignore_ascii_case(stem))?.find(name)
}

/// The exports as Markdown tables, one for each DLL, with a heading and counts.
pub fn markdown(apis: &[Api]) -> String {
    let mut text = String::new();
    for of_dll in apis.chunk_by(|a, b| a.dll == b.dll) {
        let Some(first) = of_dll.first() else { continue };
        let count = |level| of_dll.iter().filter(|api| api.support == level).count();
        let (full, partial, stub) = (count(Level::Full), count(Level::Partial), count(Level::Stub));
        let heading = if text.is_empty() { "#" } else { "\n#" };
        let _ = writeln!(text, "{heading} {}\n", first.dll);
        let _ = writeln!(text, "{} exports: {full} full, {partial} partial, {stub} stub.\n", of_dll.len());
        text.push_str("| name | header | support | |\n| --- | --- | --- | --- |\n");
        for api in of_dll {
            let what = match (api.kind, api.forwards_to, api.note) {
                (Kind::Forwarder, Some(to), _) => format!("is `{to}`"),
                (Kind::Variable, ..) => "a variable".to_owned(),
                (.., Some(note)) => note.to_owned(),
                _ => String::new(),
            };
            let (name, header) = (api.name, api.header.unwrap_or_default());
            let _ = writeln!(text, "| `{name}` | {header} | {} | {} |", api.support.name(), what.replace('|', "\\|"));
        }
    }
    text
}
