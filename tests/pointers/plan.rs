//! What is called: the file that tells the guest program, and in which the program notes what came of it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use abi::{Param, ParamKind, Row};
use syscall_xlate::dll::Target;

use crate::rules::{self, Rule};

/// A function that takes pointers, under the first of its names.
pub struct Function {
    pub dll: &'static str,
    pub name: &'static str,
    pub row: &'static Row,
    pub rule: Option<Rule>,
}

/// The functions of all tables that take a pointer. A shim that has several names is there once.
pub fn functions() -> Vec<Function> {
    let mut seen = std::collections::HashSet::new();
    let exports = api_shims::dlls().iter().flat_map(|dll| dll.exports.iter().map(|export| (dll.name, export)));
    exports
        .filter_map(|(dll, export)| match export.target {
            Target::Code(row) => {
                Some(Function { dll, name: export.name, row, rule: rules::of(&path(dll, export.name)) })
            }
            Target::Data { .. } | Target::Forward(_) => None,
        })
        .filter(|function| function.row.params.iter().any(is_pointer) && seen.insert(function.row.plain.address()))
        .collect()
}

impl Function {
    /// Its name, as rules and reports have it.
    pub fn path(&self) -> String {
        path(self.dll, self.name)
    }

    /// What is wrong in this step, in words.
    pub fn describe(&self, step: u32) -> String {
        let pointers: Vec<_> =
            self.row.params.iter().filter(|param| is_pointer(param)).map(|param| param.name).collect();
        let ways = if pointers.len() > 1 { pointers.len() + 1 } else { 1 };
        let [scheme, way] = [step as usize % SCHEMES, step as usize / SCHEMES % ways];
        let bad = BAD.get(step as usize / SCHEMES / ways).copied().unwrap_or("?");
        format!("{} is {bad}, others are {}", pointers.get(way).copied().unwrap_or("all"), OTHERS[scheme])
    }
}

fn path(dll: &str, name: &str) -> String {
    format!("{}!{name}", dll.trim_end_matches(".dll"))
}

/// The bad pointers, in the program's order.
const BAD: [&str; 6] =
    ["NULL", "unmapped", "read-only", "a page's last byte", "of memory full of bad pointers", "of memory full of ones"];
/// The first of them that is memory of the guest's.
const FULL: usize = 4;
/// How many ways of giving values to the other parameters there are.
const SCHEMES: usize = 6;
/// Those ways.
const OTHERS: [&str; SCHEMES] =
    ["0", "1 or the process", "-1 or a file", "24 or an event", "2 or the heap", "0x1003 or the thread"];

fn is_pointer(param: &Param) -> bool {
    param.kind == ParamKind::Pointer
}

/// What the program gives a parameter.
fn kind(param: &Param) -> u8 {
    match param.kind {
        ParamKind::Value => 0,
        ParamKind::Pointer if param.ty.contains("FILE") => 3,
        ParamKind::Pointer => 1,
        ParamKind::Handle if param.ty == "HKEY" => 4,
        ParamKind::Handle => 2,
    }
}

const NAME: usize = 96;
const DLL: usize = 32;
const KINDS: usize = 29;
const WORDS: usize = 12;
const FINDING: usize = 32;
const FINDINGS: usize = 1024;

/// The file.
pub struct Plan(File);

/// How far the program has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub function: u32,
    pub step: u32,
    pub findings: u32,
    pub calls: u32,
    pub exceptions: u32,
}

/// Something that was wrong about a call.
pub struct Finding {
    pub function: u32,
    pub step: u32,
    pub what: String,
    /// It raised another exception than it should, and nothing else.
    pub is_exception: bool,
}

impl Finding {
    /// The same of the same function, but for when.
    pub fn is_like(&self, other: &Self) -> bool {
        self.function == other.function && self.what == other.what
    }
}

impl Plan {
    /// Writes the plan: `functions` in their order, from step `step` of the one at `first` on; `brief` for few calls of each.
    pub fn new(folder: &Path, functions: &[&Function], first: usize, step: u32, brief: bool) -> io::Result<Self> {
        let path = folder.join("plan");
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
        let header = [
            functions.len() as u32,
            first as u32,
            step,
            functions.len() as u32,
            first as u32,
            step,
            0,
            0,
            0,
            brief.into(),
        ];
        let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.resize(4 * WORDS + FINDING * FINDINGS, 0);
        for function in functions {
            bytes.extend(padded::<DLL>(function.dll.as_bytes()));
            bytes.extend(padded::<NAME>(function.name.as_bytes()));
            bytes.push(function.row.params.len() as u8);
            bytes.push((function.rule == Some(Rule::NotNull)).into());
            bytes.push(if function.rule == Some(Rule::NotFull) { FULL } else { BAD.len() } as u8);
            bytes.extend(padded::<KINDS>(&function.row.params.iter().map(kind).collect::<Vec<_>>()));
        }
        file.write_all_at(&bytes, 0)?;
        Ok(Self(file))
    }

    pub fn progress(&self) -> io::Result<Progress> {
        let [function, step, findings, calls, exceptions] = self.words(16)?;
        Ok(Progress { function, step, findings, calls, exceptions })
    }

    pub fn findings(&self) -> io::Result<Vec<Finding>> {
        (0..self.progress()?.findings as usize).map(|index| self.finding(index)).collect()
    }

    fn finding(&self, index: usize) -> io::Result<Finding> {
        let at = 4 * WORDS + FINDING * index;
        let [function, step, wrong, code, access, _, low, high] = self.words(at)?;
        let address = u64::from(high) << 32 | u64::from(low);
        let what = match wrong {
            1 => format!("raised {code:#x} ({access}, {address:#x})"),
            2 => format!("raised {code:#x} (access {access}) of {address:#x}, which does not fault"),
            3 => "wrote to memory that it was not given".to_owned(),
            4 => "left something locked".to_owned(),
            5 => format!("made a thread raise {code:#x} ({access}, {address:#x})"),
            _ => format!("is not found: error {code}"),
        };
        Ok(Finding { function, step, what, is_exception: wrong == 1 })
    }

    fn words<const N: usize>(&self, at: usize) -> io::Result<[u32; N]> {
        let mut bytes = [[0; 4]; N];
        self.0.read_exact_at(bytes.as_flattened_mut(), at as u64)?;
        Ok(bytes.map(u32::from_le_bytes))
    }
}

/// Bytes with zeros behind them, of which there is at least one in a name.
fn padded<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut all = [0; N];
    assert!(bytes.len() < N, "{}", String::from_utf8_lossy(bytes));
    all[..bytes.len()].copy_from_slice(bytes);
    all
}
