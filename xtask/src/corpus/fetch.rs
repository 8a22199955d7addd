//! Packages: fetched by npm, pip or apt, checked against the manifest's hash, unpacked.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::manifest::{FileInPackage, Manifest, Package, Registry};
use super::target_folder;
use crate::TaskResult;

/// Written into a package's folder when everything is unpacked; holds the hash of what was.
const UNPACKED_MARK: &str = ".unpacked-sha256";

/// Fetches what is not there yet. Goes on after a failure, so that one message names all that failed.
pub(super) fn fetch(manifest: &Manifest) -> TaskResult {
    let mut failures = Vec::new();
    for (name, package) in &manifest.packages {
        if is_unpacked(name, package) {
            continue;
        }
        println!("fetch {name} {}", package.version);
        if let Err(error) = fetch_package(name, package) {
            failures.push(format!("{name} {}: {error}", package.version));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

/// Where a file of an unpacked package is.
pub(super) fn path_of(file: &FileInPackage) -> PathBuf {
    package_folder(&file.package).join(&file.path)
}

/// True when the very package of the manifest is there.
pub(super) fn is_unpacked(name: &str, package: &Package) -> bool {
    fs::read_to_string(package_folder(name).join(UNPACKED_MARK)).is_ok_and(|hash| hash == package.sha256)
}

fn package_folder(name: &str) -> PathBuf {
    target_folder().join("packages").join(name)
}

fn fetch_package(name: &str, package: &Package) -> Result<(), String> {
    let downloads = target_folder().join("downloads").join(name);
    renew_folder(&downloads)?;
    download(name, package, &downloads)?;
    let archive = only_file(&downloads)?;
    let hash = sha256(&archive).map_err(|error| format!("{}: {error}", archive.display()))?;
    if hash != package.sha256 {
        return Err(format!("{} has SHA-256 {hash}, the manifest asks for {}", archive.display(), package.sha256));
    }
    let folder = package_folder(name);
    renew_folder(&folder)?;
    unpack(package.from, &archive, &folder)?;
    fs::write(folder.join(UNPACKED_MARK), hash).map_err(|error| error.to_string())?;
    fs::remove_dir_all(&downloads).map_err(|error| error.to_string())
}

/// Runs the registry's client, which leaves one file in `folder`.
fn download(name: &str, package: &Package, folder: &Path) -> Result<(), String> {
    let project = package.project.as_deref().unwrap_or(name);
    let mut command = match package.from {
        Registry::Npm => {
            let mut command = Command::new("npm");
            command.args(["pack", "--silent", &format!("{project}@{}", package.version)]);
            command
        }
        Registry::Pypi => {
            let mut command = Command::new("python3");
            command.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]);
            command.args(["--only-binary=:all:", "--dest", "."]);
            if let Some(platform) = &package.platform {
                command.args(["--platform", platform]);
            }
            command.arg(format!("{project}=={}", package.version));
            command
        }
        Registry::Debian => {
            let architecture = match package.architecture.as_deref() {
                Some("all") | None => String::new(),
                Some(architecture) => format!(":{architecture}"),
            };
            let mut command = Command::new("apt-get");
            command.args(["download", "-qq", &format!("{project}{architecture}={}", package.version)]);
            command
        }
    };
    let hint = if matches!(package.from, Registry::Debian) { " (apt-get update may help)" } else { "" };
    run(command.current_dir(folder)).map_err(|error| format!("{error}{hint}"))
}

fn unpack(registry: Registry, archive: &Path, folder: &Path) -> Result<(), String> {
    match registry {
        Registry::Npm => run(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(folder)),
        Registry::Debian => run(Command::new("dpkg-deb").arg("-x").arg(archive).arg(folder)),
        Registry::Pypi => unpack_wheel(archive, folder).map_err(|error| format!("{}: {error}", archive.display())),
    }
}

/// A wheel is a zip archive.
fn unpack_wheel(archive: &Path, folder: &Path) -> io::Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(archive)?)?;
    archive.extract(folder)?;
    Ok(())
}

/// Runs a command; what it printed is in the error.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{program} ended with {}: {}", output.status, String::from_utf8_lossy(&said).trim()))
}

fn renew_folder(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn only_file(folder: &Path) -> Result<PathBuf, String> {
    let files: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error| format!("{}: {error}", folder.display()))?;
    match files.as_slice() {
        [file] => Ok(file.clone()),
        _ => Err(format!("{} files were downloaded instead of one", files.len())),
    }
}

fn sha256(path: &Path) -> io::Result<String> {
    Ok(Sha256::digest(fs::read(path)?).iter().map(|byte| format!("{byte:02x}")).collect())
}
