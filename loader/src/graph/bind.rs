//! Binding imports: which address goes into which slot.

use super::{DllName, Graph, ImportSite, LoadError, Node, NodeState};
use crate::image::{Forwarder, Image, ImageError, MAX_IMPORTS, Symbol};
use crate::module::{Resolution, image_export};
use crate::search::LoadFlags;

/// The most DLLs a forwarder may lead through.
const MAX_FORWARDS: usize = 64;

impl Graph<'_> {
    /// Binds the imports of all new modules, which may add more modules.
    pub(crate) fn bind(&mut self) -> Result<(), LoadError> {
        while let Some(node) = self.nodes.get(self.unbound) {
            let index = self.unbound;
            self.unbound += 1;
            if let NodeState::Guest(mapping) = &node.state {
                let (image, name) = (mapping.image().clone(), node.name.clone());
                self.bind_node(index, &image, &name)?;
            }
        }
        Ok(())
    }

    fn bind_node(&mut self, importer: usize, image: &Image, name: &str) -> Result<(), LoadError> {
        let bad = |error: ImageError| LoadError::Image { module: name.to_owned(), error };
        // What is not a DLL is never initialised as one, and Windows binds nothing in it.
        let is_program = self.program == Some(importer);
        if !(is_program || image.is_dll()) || self.flags.contains(LoadFlags::DONT_RESOLVE_DLL_REFERENCES) {
            return Ok(());
        }
        let mut left = MAX_IMPORTS;
        for descriptor in image.imports() {
            let descriptor = descriptor.map_err(bad)?;
            let dll = self.add(DllName::Base(&descriptor.dll), Some(name))?;
            self.depend(importer, dll);
            for import in descriptor.entries() {
                let import = import.map_err(bad)?;
                left -= 1;
                if left == 0 {
                    return Err(bad(ImageError::invalid("it imports more symbols than any DLLs export")));
                }
                let address = self.resolve(importer, dll, import.symbol, import.hint)?;
                if let Some(Node { state: NodeState::Guest(mapping), .. }) = self.nodes.get_mut(importer) {
                    let written = mapping.write(import.slot, &address.to_le_bytes());
                    written.map_err(|error| LoadError::Map { module: name.to_owned(), error })?;
                }
            }
        }
        Ok(())
    }

    fn depend(&mut self, user: usize, used: usize) {
        if let Some(node) = self.nodes.get_mut(user)
            && user != used
            && !node.dependencies.contains(&used)
        {
            node.dependencies.push(used);
        }
    }

    /// The address of an import, forwarders followed.
    fn resolve(&mut self, importer: usize, dll: usize, symbol: Symbol<'_>, hint: u16) -> Result<u64, LoadError> {
        let target = match self.import_of(dll, symbol, hint) {
            Some(Resolution::Address(address)) => return Ok(address),
            Some(Resolution::Forward(target)) => target.to_vec(),
            None => return self.missing(importer, dll, symbol),
        };
        let (holder, name) = self.follow(dll, &target)?;
        self.depend(importer, holder);
        let symbol = symbol_of(&name);
        match self.import_of(holder, symbol, 0) {
            Some(Resolution::Address(address)) => Ok(address),
            _ => self.missing(importer, holder, symbol),
        }
    }

    /// Follows a forwarder of `dll` to the module and symbol it ends at, loading modules on the way.
    pub(crate) fn follow(&mut self, dll: usize, target: &[u8]) -> Result<(usize, OwnedSymbol), LoadError> {
        let (mut holder, mut target) = (dll, target.to_vec());
        for _ in 0..MAX_FORWARDS {
            let from = self.name(holder).to_owned();
            let parsed = Forwarder::parse(&target);
            let Some(Forwarder { dll, symbol }) = parsed else {
                return Err(LoadError::BadForwarder {
                    dll: from,
                    target: String::from_utf8_lossy(&target).into_owned(),
                });
            };
            // The name before the dot has no suffix, though it may have dots.
            let file = if dll.to_lowercase().ends_with(".dll") { dll.to_owned() } else { format!("{dll}.dll") };
            let next = self.add(DllName::Base(&file), Some(&from))?;
            self.depend(holder, next);
            holder = next;
            match self.import_of(holder, symbol, 0) {
                Some(Resolution::Forward(next)) => target = next.to_vec(),
                _ => return Ok((holder, OwnedSymbol::from(symbol))),
            }
        }
        let symbol = String::from_utf8_lossy(&target).into_owned();
        Err(LoadError::ForwarderCycle { dll: self.name(dll).to_owned(), symbol })
    }

    fn import_of(&self, node: usize, symbol: Symbol<'_>, hint: u16) -> Option<Resolution<'_>> {
        match &self.nodes.get(node)?.state {
            NodeState::Loaded { module, .. } => module.import(symbol, hint),
            NodeState::Guest(mapping) => image_export(mapping.image(), mapping.base(), symbol, hint),
            NodeState::Shim(shim) => shim.import(symbol).map(Resolution::from),
        }
    }

    /// What a run-time request for an export of `node` finds there: never straight to a shim's function.
    pub(crate) fn export_of(&self, node: usize, symbol: Symbol<'_>) -> Option<u64> {
        let found = match &self.nodes.get(node)?.state {
            NodeState::Loaded { module, .. } => module.export(symbol),
            NodeState::Guest(mapping) => image_export(mapping.image(), mapping.base(), symbol, 0),
            NodeState::Shim(shim) => shim.find(symbol).map(Resolution::from),
        };
        match found? {
            Resolution::Address(address) => Some(address),
            Resolution::Forward(_) => None,
        }
    }

    /// A shim DLL's missing export is the provider's to replace; one of a guest DLL makes loading fail, as on Windows.
    fn missing(&self, importer: usize, dll: usize, symbol: Symbol<'_>) -> Result<u64, LoadError> {
        let is_shim = match self.nodes.get(dll).map(|node| &node.state) {
            Some(NodeState::Loaded { module, .. }) => module.shim().is_some(),
            Some(NodeState::Shim(_)) => true,
            _ => false,
        };
        let (importer, dll) = (self.name(importer), self.name(dll));
        let site = ImportSite { importer, dll, symbol };
        is_shim.then(|| self.provider.missing_import(&site)).flatten().ok_or_else(|| LoadError::SymbolNotFound {
            dll: dll.to_owned(),
            symbol: symbol.to_string(),
            importer: Some(importer.to_owned()),
        })
    }
}

/// A symbol that outlives the image it was read from.
#[derive(Debug, Clone)]
pub(crate) enum OwnedSymbol {
    Name(Vec<u8>),
    Ordinal(u16),
}

impl From<Symbol<'_>> for OwnedSymbol {
    fn from(symbol: Symbol<'_>) -> Self {
        match symbol {
            Symbol::Name(name) => Self::Name(name.to_vec()),
            Symbol::Ordinal(ordinal) => Self::Ordinal(ordinal),
        }
    }
}

pub(crate) fn symbol_of(symbol: &OwnedSymbol) -> Symbol<'_> {
    match symbol {
        OwnedSymbol::Name(name) => Symbol::Name(name),
        OwnedSymbol::Ordinal(ordinal) => Symbol::Ordinal(*ordinal),
    }
}
