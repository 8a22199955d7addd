//! What a shim DLL is made of: a table of exports, each with its row.

use abi::{Row, Shim, Support};
use loader::synthetic::Summary;

use crate::Cx;

/// A DLL whose exports are shims.
#[derive(Debug)]
pub struct Dll {
    /// File name as Windows spells it, with extension: `kernel32.dll`.
    pub name: &'static str,
    /// Its exports, sorted by name.
    pub exports: Exports,
    /// Runs when a process has loaded the DLL, before any guest code that could use it: gives exported variables their values. It is
    /// given what finds a variable's address by its name.
    pub attach: Option<Attach>,
    /// Runs once when a process ends, last to first in the table of DLLs, as `DLL_PROCESS_DETACH` does.
    pub detach: Option<fn(&Cx)>,
}

/// The exports of a DLL, and what the maker of its image asks of all of them: that is worked out when exeunt is compiled, so that a
/// start need not look at a thousand rows.
#[derive(Clone, Copy, Debug)]
pub struct Exports {
    rows: &'static [Export],
    in_order: bool,
    /// Bytes of the names and the forwarders' targets, each with its closing zero.
    strings: u64,
    has_variables: bool,
}

impl Exports {
    /// The exports of these rows.
    pub const fn new(rows: &'static [Export]) -> Self {
        let (mut in_order, mut strings, mut has_variables, mut at) = (true, 0, false, 0);
        while at < rows.len() {
            let row = &rows[at];
            strings += row.name.len() as u64 + 1;
            in_order &= row.ordinal.is_none() && (at == 0 || precedes(rows[at - 1].name, row.name));
            match row.target {
                Target::Code(_) => {}
                Target::Data { .. } => has_variables = true,
                Target::Forward(to) => strings += to.len() as u64 + 1,
            }
            at += 1;
        }
        Self { rows, in_order, strings, has_variables }
    }

    /// What the image's maker asks, of exports of which some or none are traced.
    pub(crate) fn summary(&self, traced: bool) -> Summary {
        Summary {
            in_order: self.in_order,
            strings: self.strings,
            has_variables: self.has_variables,
            has_contexts: traced,
        }
    }
}

impl std::ops::Deref for Exports {
    type Target = [Export];

    fn deref(&self) -> &[Export] {
        self.rows
    }
}

/// Whether a name comes before another one, as bytes.
const fn precedes(first: &str, second: &str) -> bool {
    let (first, second) = (first.as_bytes(), second.as_bytes());
    let mut at = 0;
    while at < first.len() && at < second.len() && first[at] == second[at] {
        at += 1;
    }
    at < second.len() && (at == first.len() || first[at] < second[at])
}

/// What fills a DLL's exported variables, given what finds their addresses.
pub type Attach = fn(&Cx, &dyn Fn(&str) -> Option<u64>);

/// One export.
#[derive(Debug)]
pub struct Export {
    /// The exported name.
    pub name: &'static str,
    /// The ordinal, where programs import by it; the others get the free ones.
    pub ordinal: Option<u16>,
    /// What stands behind it.
    pub target: Target,
}

/// What an export leads to.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A shim.
    Code(&'static Row),
    /// A variable of `size` bytes in the DLL's data section, zero until the DLL's shims fill it.
    Data {
        /// Bytes.
        size: u32,
    },
    /// An export of another DLL, as `DLL.Name`.
    Forward(&'static str),
}

impl Export {
    /// The row of shim `S` under its own name.
    pub const fn of<S: Shim>() -> Self {
        Self::named::<S>(S::ROW.name)
    }

    /// The row of shim `S` under another name.
    pub const fn named<S: Shim>(name: &'static str) -> Self {
        Self { name, ordinal: None, target: Target::Code(&S::ROW) }
    }

    /// A variable.
    pub const fn data(name: &'static str, size: u32) -> Self {
        Self { name, ordinal: None, target: Target::Data { size } }
    }

    /// An export of another DLL.
    pub const fn forward(name: &'static str, to: &'static str) -> Self {
        Self { name, ordinal: None, target: Target::Forward(to) }
    }

    /// The same with a fixed ordinal.
    pub const fn at(self, ordinal: u16) -> Self {
        Self { ordinal: Some(ordinal), ..self }
    }

    /// How much of it is done; a variable or a forwarder is what it is.
    pub fn support(&self) -> Support {
        match self.target {
            Target::Code(row) => row.support,
            Target::Data { .. } | Target::Forward(_) => Support::Full,
        }
    }
}

impl Dll {
    /// The export of this name.
    pub fn find(&self, name: &str) -> Option<&'static Export> {
        let rows = self.exports.rows;
        rows.binary_search_by(|export| export.name.cmp(name)).ok().and_then(|at| rows.get(at))
    }

    /// The name without `.dll`, as traces show it.
    pub fn stem(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(stem, _)| stem)
    }
}

/// The export table of a DLL: one line for each export, sorted by name.
///
/// ```text
/// pub static EXPORTS: &[Export] = exports![
///     fileapi::CloseHandle,
///     "_strdup" => string::strdup,
///     data "_fmode": 4,
///     forward "HeapAlloc" => "ntdll.RtlAllocateHeap",
///     (2) bstr::SysAllocString,
/// ];
/// ```
#[macro_export]
macro_rules! exports {
    (@row [$($done:tt)*]) => { &[$($done)*] };
    (@row [$($done:tt)*] data $name:literal: $size:expr, $($rest:tt)*) => {
        $crate::exports!(@row [$($done)* $crate::dll::Export::data($name, $size),] $($rest)*)
    };
    (@row [$($done:tt)*] forward $name:literal => $to:literal, $($rest:tt)*) => {
        $crate::exports!(@row [$($done)* $crate::dll::Export::forward($name, $to),] $($rest)*)
    };
    (@row [$($done:tt)*] ($ordinal:literal) $shim:path, $($rest:tt)*) => {
        $crate::exports!(@row [$($done)* $crate::dll::Export::of::<$shim>().at($ordinal),] $($rest)*)
    };
    (@row [$($done:tt)*] $name:literal => $shim:path, $($rest:tt)*) => {
        $crate::exports!(@row [$($done)* $crate::dll::Export::named::<$shim>($name),] $($rest)*)
    };
    (@row [$($done:tt)*] $shim:path, $($rest:tt)*) => {
        $crate::exports!(@row [$($done)* $crate::dll::Export::of::<$shim>(),] $($rest)*)
    };
    ($($rows:tt)*) => { $crate::exports!(@row [] $($rows)*) };
}
