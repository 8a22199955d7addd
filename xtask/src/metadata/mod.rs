//! Microsoft's API metadata: finds the `.winmd` files that `windows-bindgen` ships and reads them.

mod functions;
mod types;

use std::path::{Path, PathBuf};
use std::process::Command;

use windows_metadata::Value;
use windows_metadata::reader::{Field, File, Index};

pub(crate) use functions::{Direction, Function, Parameter};
pub(crate) use types::size_of_argument;

/// The architecture bit of x86-64 in the metadata's `SupportedArchitecture` attribute.
const ARCHITECTURE_X64: i32 = 2;

/// Why the metadata could not be read.
type MetadataError = Box<dyn std::error::Error>;

/// The top folder of the workspace.
pub(crate) fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Reads the Win32 and the NT metadata, as seen from x86-64.
pub(crate) fn load() -> Result<Index, MetadataError> {
    let folder = winmd_folder()?;
    let files = ["Windows.Win32.winmd", "Windows.Wdk.winmd"]
        .map(|name| {
            let path = folder.join(name);
            File::read(&path).ok_or_else(|| format!("{}: not a readable metadata file", path.display()))
        })
        .into_iter()
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Index::new_for_architecture(files, ARCHITECTURE_X64))
}

/// The 32 bits of a constant; `None` for other kinds of constant and for fields without one.
pub(crate) fn constant_u32(field: Field<'_>) -> Option<u32> {
    match field.constant()?.value() {
        Value::U32(value) => Some(value),
        Value::I32(value) => Some(value.cast_unsigned()),
        _ => None,
    }
}

/// Where Cargo unpacked `windows-bindgen`. `cargo metadata` downloads it first if need be.
fn winmd_folder() -> Result<PathBuf, MetadataError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(workspace_root())
        .output()
        .map_err(|error| format!("cannot run cargo metadata: {error}"))?;
    if !output.status.success() {
        return Err(format!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let manifest = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == "windows-bindgen")
        .and_then(|package| package["manifest_path"].as_str())
        .ok_or("windows-bindgen is not among the dependencies of xtask")?;
    Ok(Path::new(manifest).with_file_name("default"))
}
