//! `cargo xtask codegen`: the generated tables of `abi`, written or compared with what is committed.

mod status_codes;
mod status_map;
mod system_dlls;
mod system_messages;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::TaskResult;
use crate::metadata;

/// Writes the generated files, or, with `check`, fails naming those that are not up to date.
pub(crate) fn run(check: bool) -> TaskResult {
    let index = metadata::load()?;
    let folder = metadata::workspace_root().join("abi/src/generated");
    let files = [
        ("ntstatus.rs", status_codes::ntstatus(&index)),
        ("win32_error.rs", status_codes::win32_error(&index)),
        ("hresult.rs", status_codes::hresult(&index)),
        ("status_map.rs", status_map::status_map()?),
        ("system_dlls.rs", system_dlls::system_dlls(&index)),
        ("system_messages.rs", system_messages::system_messages()?),
    ];
    let mut stale = Vec::new();
    for (name, source) in files {
        let path = folder.join(name);
        let text = format_source(&source)?;
        if std::fs::read_to_string(&path).is_ok_and(|present| present == text) {
            continue;
        }
        if check {
            stale.push(name);
        } else {
            std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
            println!("wrote {}", path.display());
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("not up to date: {}; run cargo xtask codegen", stale.join(", ")).into())
    }
}

/// The source as rustfmt writes it, so that `cargo fmt` leaves generated files alone.
pub(crate) fn format_source(source: &str) -> Result<String, Box<dyn std::error::Error>> {
    let config = metadata::workspace_root().join("rustfmt.toml");
    rustfmt(source, &config).map_err(|error| format!("rustfmt: {error}").into())
}

fn rustfmt(source: &str, config: &Path) -> std::io::Result<String> {
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(config)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().ok_or(std::io::ErrorKind::BrokenPipe)?;
    let text = source.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| std::io::ErrorKind::BrokenPipe)??;
    if !output.status.success() {
        return Err(std::io::Error::other(format!("ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    #[test]
    fn generated_files_are_up_to_date() {
        super::run(true).unwrap();
    }
}
