//! Why a program or DLL could not be loaded.

use std::fmt;
use std::path::PathBuf;

use crate::image::ImageError;
use crate::map::MapError;
use crate::synthetic::SyntheticError;

/// Why a program or DLL could not be loaded: one line with names.
#[derive(Debug)]
pub enum LoadError {
    /// A DLL is in none of the folders.
    DllNotFound { dll: String, importer: Option<String>, searched: Vec<PathBuf> },
    /// A DLL does not have what is imported from it. `symbol` is a name, or `#` and an ordinal.
    SymbolNotFound { dll: String, symbol: String, importer: Option<String> },
    /// A forwarder leads back to itself, or through more than 64 DLLs.
    ForwarderCycle { dll: String, symbol: String },
    /// A forwarder is not of the form `DLL.Name` or `DLL.#Ordinal`.
    BadForwarder { dll: String, target: String },
    /// The file is not usable.
    Image { module: String, error: ImageError },
    /// The image cannot be put into memory.
    Map { module: String, error: MapError },
    /// A shim DLL's table is at fault.
    Shim { dll: String, error: SyntheticError },
    /// More modules than the loader takes.
    TooManyModules,
    /// The module is being unloaded and cannot be had back.
    Unloading { module: String },
    /// The module is not in the list.
    NotLoaded,
}

impl std::error::Error for LoadError {}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let needed_by = |importer: &Option<String>| match importer {
            Some(importer) => format!(", which {importer} needs,"),
            None => String::new(),
        };
        match self {
            Self::DllNotFound { dll, importer, searched } => {
                write!(f, "{dll}{} was not found", needed_by(importer))?;
                if !searched.is_empty() {
                    let folders: Vec<_> = searched.iter().map(|folder| folder.display().to_string()).collect();
                    write!(f, " in {}", folders.join(", "))?;
                }
                f.write_str("; put it beside the program or its folder on PATH")
            }
            Self::SymbolNotFound { dll, symbol, importer } => {
                write!(f, "{dll} does not export {symbol}{}", needed_by(importer).trim_end_matches(','))?;
                f.write_str("; it may be of another version")
            }
            Self::ForwarderCycle { dll, symbol } => write!(f, "{dll}: the forwarder {symbol} never ends"),
            Self::BadForwarder { dll, target } => write!(f, "{dll}: the forwarder target {target:?} is not DLL.Name"),
            Self::Image { error: error @ ImageError { path: Some(_), .. }, .. } => error.fmt(f),
            Self::Image { module, error } => write!(f, "{module}: {error}"),
            Self::Map { error: MapError::Image(error @ ImageError { path: Some(_), .. }), .. } => error.fmt(f),
            Self::Map { module, error } => write!(f, "{module}: {error}"),
            Self::Shim { dll, error } => write!(f, "shim DLL {dll}: {error}"),
            Self::TooManyModules => f.write_str("more than 4096 modules are loaded or needed"),
            Self::Unloading { module } => write!(f, "{module} is being unloaded"),
            Self::NotLoaded => f.write_str("no such module is loaded"),
        }
    }
}
