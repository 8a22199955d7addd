//! What is known of a code address, for programs that ask: from another process, as for reports of crashes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use crate::Cx;
use crate::sync::stop::block;

/// A function, and a line in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbol {
    /// Readable.
    pub name: String,
    /// Bytes from its start to the address asked about.
    pub offset: u32,
    /// The source file and the line, from 1.
    pub line: Option<(String, u32)>,
}

impl Cx<'_> {
    /// The function at an address: by its PDB, its DWARF, its symbol table or its exports.
    pub fn symbol_at(&self, address: u64) -> Option<Symbol> {
        let module = self.process.module_of(address)?;
        let asked = || {
            let program = self.process.diagnostics().symbolizer.as_ref()?;
            let mut place = module.host_path()?.as_os_str().to_owned();
            place.push(format!("+{:#x}", module.rva_of(address)?));
            let mut command = Command::new(OsStr::from_bytes(program.to_bytes()));
            command.args(["symbolize", "--fields"]).arg(place).stdin(Stdio::null()).stderr(Stdio::null());
            let _blocked = block();
            parse(&String::from_utf8_lossy(&command.output().ok()?.stdout))
        };
        asked().or_else(|| {
            let (symbol, start) = module.nearest_export(address)?;
            Some(Symbol { name: symbol.to_string(), offset: module.rva_of(address)?.checked_sub(start)?, line: None })
        })
    }
}

/// `name`, `offset`, `line`, `file`, with tabs between; the last two may be missing.
fn parse(answer: &str) -> Option<Symbol> {
    let mut fields = answer.trim_end_matches('\n').splitn(4, '\t');
    let name = fields.next().filter(|name| !name.is_empty())?.to_owned();
    let offset = fields.next()?.parse().ok()?;
    let line = fields.next().and_then(|line| line.parse().ok());
    let line = line.and_then(|line| Some((fields.next()?.to_owned(), line)));
    Some(Symbol { name, offset, line })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_understood() {
        let line = Some(("a b.c".to_owned(), 9));
        assert_eq!(parse("f(int)\t18\t9\ta b.c\n"), Some(Symbol { name: "f(int)".to_owned(), offset: 18, line }));
        assert_eq!(parse("f\t0\n"), Some(Symbol { name: "f".to_owned(), offset: 0, line: None }));
        assert_eq!(["", "\n", "f\n", "f\tx"].map(parse), [None, None, None, None]);
    }
}
