//! A report as text.

use std::fmt;

use super::imports::{Dll, ImportSupport, Provider};
use super::{Export, Report};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match (self.kind, self.subsystem.as_str()) {
            ("dll", _) => "DLL".to_owned(),
            (kind, "gui") => format!("GUI {kind}"),
            (kind, "efi") => format!("EFI {kind}"),
            (kind, "console" | "native") => format!("{} {kind}", self.subsystem),
            (kind, number) => format!("{kind} for subsystem {number}"),
        };
        let dotnet = if self.dotnet { ", .NET" } else { "" };
        writeln!(f, "{}: {} {kind} ({}{dotnet})", self.file, self.machine, self.format)?;
        match self.entry {
            Some(entry) => writeln!(f, "  entry    {:#x}", self.base.wrapping_add(entry.into()))?,
            None => writeln!(f, "  entry    none")?,
        }
        let moves = if self.relocatable { "" } else { ", cannot move" };
        writeln!(f, "  base     {:#x}{moves}", self.base)?;
        writeln!(f, "  size     {:#x}", self.size)?;
        writeln!(f, "  stack    {:#x}", self.stack)?;
        writeln!(f, "  windows  {} or later", self.windows)?;
        if !self.sections.is_empty() {
            writeln!(f, "\nsections")?;
        }
        for section in &self.sections {
            let (address, size, file_size) = (section.address, section.size, section.file_size);
            write!(f, "  {:<8} {address:#10x} {size:#10x}  {}", section.name, section.protection)?;
            writeln!(f, "{}", if file_size == 0 { "  zeros" } else { "" })?;
        }
        if !self.directories.is_empty() {
            writeln!(f, "\ndirectories")?;
        }
        for directory in &self.directories {
            writeln!(f, "  {:<20} {:#10x} {:#10x}", directory.name, directory.address, directory.size)?;
        }
        dlls(f, "imports", &self.imports)?;
        dlls(f, "delay imports", &self.delay_imports)?;
        for guest in &self.guest_dlls {
            dlls(f, &format!("imports of {}", guest.file), &guest.imports)?;
            dlls(f, &format!("delay imports of {}", guest.file), &guest.delay_imports)?;
        }
        exports(f, &self.exports)?;
        writeln!(f, "\nverdict: {}", self.verdict)
    }
}

fn dlls(f: &mut fmt::Formatter<'_>, title: &str, dlls: &[Dll]) -> fmt::Result {
    if !dlls.is_empty() {
        writeln!(f, "\n{title}")?;
    }
    for dll in dlls {
        let there = dll.symbols.iter().filter(|symbol| symbol.support != ImportSupport::Missing).count();
        write!(f, "  {} ", dll.name)?;
        match &dll.provider {
            Provider::Shims { dll: name } if dll.name.eq_ignore_ascii_case(name) => {}
            Provider::Shims { dll: name } => write!(f, "(is {name}) ")?,
            Provider::Guest { file } => write!(f, "(guest code, {file}) ")?,
            Provider::Nobody => write!(f, "(not found) ")?,
        }
        writeln!(f, "{there} of {}", dll.symbols.len())?;
        for symbol in &dll.symbols {
            write!(f, "    {:<8} {}", symbol.support.name(), symbol.name)?;
            match &symbol.note {
                Some(note) => writeln!(f, ": {note}")?,
                None => writeln!(f)?,
            }
        }
    }
    Ok(())
}

fn exports(f: &mut fmt::Formatter<'_>, exports: &[Export]) -> fmt::Result {
    if !exports.is_empty() {
        writeln!(f, "\nexports")?;
    }
    for export in exports {
        let ordinal = format!("#{}", export.ordinal);
        write!(f, "  {ordinal:<6} {}", export.name.as_deref().unwrap_or("(no name)"))?;
        match &export.forwards_to {
            Some(to) => writeln!(f, " -> {to}")?,
            None => writeln!(f)?,
        }
    }
    Ok(())
}
