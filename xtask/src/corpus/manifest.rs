//! The manifest `corpus/corpus.toml`: packages, programs and cases. Its head explains the fields.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

/// The whole manifest, checked for references to packages and programs that are not in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    #[serde(rename = "package")]
    pub(super) packages: BTreeMap<String, Package>,
    #[serde(rename = "program")]
    pub(super) programs: BTreeMap<String, Program>,
    #[serde(rename = "case")]
    pub(super) cases: Vec<Case>,
}

/// A package, pinned by version and hash.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Package {
    pub(super) from: Registry,
    /// The name in the registry, where it is not the table's.
    pub(super) project: Option<String>,
    pub(super) version: String,
    /// Of the package file, in lower-case hexadecimal.
    pub(super) sha256: String,
    /// Debian's architecture.
    pub(super) architecture: Option<String>,
    /// The wheel's platform tag.
    pub(super) platform: Option<String>,
}

/// Where a package comes from, and so which client fetches it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Registry {
    Npm,
    Pypi,
    Debian,
}

/// A Windows program and its Linux build. Files are `PACKAGE:PATH`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Program {
    /// What the README calls it.
    pub(super) title: String,
    pub(super) guest: FileInPackage,
    /// DLLs that go into the program's folder.
    #[serde(default)]
    pub(super) guest_beside: Vec<FileInPackage>,
    pub(super) native: FileInPackage,
    /// Shared libraries the Linux build is run with.
    #[serde(default)]
    pub(super) native_beside: Vec<FileInPackage>,
}

/// A file of an unpacked package.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FileInPackage {
    pub(super) package: String,
    pub(super) path: String,
}

/// One thing a program must do as its Linux build does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Case {
    pub(super) name: String,
    /// What the README says the program does.
    pub(super) about: String,
    pub(super) program: String,
    /// Files of `corpus/inputs` copied into both folders.
    #[serde(default)]
    pub(super) inputs: Vec<String>,
    /// Files made by a deterministic generator.
    #[serde(default)]
    pub(super) generate: Vec<Generate>,
    #[serde(rename = "step")]
    pub(super) steps: Vec<Step>,
    /// Files that are not compared.
    #[serde(default)]
    pub(super) differ: Vec<String>,
    /// What is normalised in the files the programs leave.
    #[serde(default)]
    pub(super) normalise_files: Vec<Normalisation>,
}

/// Input made up on the spot, the same for the same seed.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Generate {
    /// A file of incompressible bytes.
    File { file: String, bytes: usize, seed: u64 },
    /// A file of the inputs, several times over.
    Repeat { file: String, repeat: String, times: usize },
    /// A tree of text and binary files with non-ASCII names, an empty file and an empty folder.
    Tree { tree: String, files: usize, seed: u64 },
    /// A folder of TypeScript modules that import each other, and an `index.ts` that exports them all.
    Modules { modules: String, files: usize, seed: u64 },
}

/// One step of a case.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(super) enum Step {
    Run(Run),
    Exchange { exchange: Vec<String> },
    Same { same: [String; 2] },
    Remove { remove: Vec<String> },
}

/// A run of the guest program and of the native one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Run {
    #[serde(rename = "run")]
    pub(super) args: Vec<String>,
    /// Text for standard input, which is empty otherwise.
    pub(super) stdin: Option<String>,
    /// A file of the work folder for standard input.
    pub(super) stdin_file: Option<String>,
    /// The exit code both must have.
    #[serde(default)]
    pub(super) exit: i32,
    #[serde(default)]
    pub(super) normalise: Vec<Normalisation>,
    pub(super) keep_lines: Option<String>,
    #[serde(default)]
    pub(super) mask: Vec<String>,
}

/// A difference between the builds that does not count.
#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Normalisation {
    /// CRLF is LF.
    LineEnds,
    /// A backslash is a slash.
    Separators,
    /// The program's own file name counts without its folder and `.exe`.
    ProgramName,
    /// Standard output and standard error count as one text.
    Streams,
}

impl Manifest {
    /// Reads and checks the manifest.
    pub(super) fn load(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let manifest: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, program) in &manifest.programs {
            if let Some(file) = program.files().find(|file| !manifest.packages.contains_key(&file.package)) {
                return Err(format!("program {name}: no package {}", file.package));
            }
        }
        for case in &manifest.cases {
            if !manifest.programs.contains_key(&case.program) {
                return Err(format!("case {}: no program {}", case.name, case.program));
            }
        }
        Ok(manifest)
    }
}

impl Program {
    /// Every file the program needs from packages.
    pub(super) fn files(&self) -> impl Iterator<Item = &FileInPackage> {
        [&self.guest, &self.native].into_iter().chain(&self.guest_beside).chain(&self.native_beside)
    }
}

impl TryFrom<String> for FileInPackage {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (package, path) =
            text.split_once(':').ok_or_else(|| format!("{text:?} is not of the form PACKAGE:PATH"))?;
        Ok(Self { package: package.to_owned(), path: path.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Manifest;

    #[test]
    fn the_committed_manifest_is_valid() {
        let manifest = Manifest::load(&super::super::corpus_folder().join("corpus.toml")).unwrap();
        let inputs = super::super::corpus_folder().join("inputs");
        for input in manifest.cases.iter().flat_map(|case| &case.inputs) {
            assert!(inputs.join(input).is_file(), "{input} is missing");
        }
    }

    #[test]
    fn a_program_of_an_unknown_package_is_refused() {
        let text = "case = []\npackage = {}\n[program.x]\ntitle = \"x\"\nguest = \"p:x.exe\"\nnative = \"p:x\"\n";
        assert_eq!(Manifest::parse(text).err().unwrap(), "program x: no package p");
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let text = "case = []\nprogram = {}\n[package.p]\nfrom = \"npm\"\nversion = \"1\"\nsha265 = \"\"\n";
        assert!(Manifest::parse(text).err().unwrap().contains("sha265"));
    }
}
