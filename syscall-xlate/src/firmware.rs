//! Tables that the machine's firmware has left: ACPI's and SMBIOS's, as far as the host lets a user read them.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use abi::{NTSTATUS, NtResult};

/// Who provides tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// `ACPI`
    Acpi,
    /// `FIRM`: the machine's memory below 1 MiB, which nobody may read.
    Memory,
    /// `RSMB`
    SmBios,
}

impl Provider {
    /// The provider of this signature, whose first character is the highest byte.
    pub const fn of(signature: u32) -> Option<Self> {
        Some(match &signature.to_be_bytes() {
            b"ACPI" => Self::Acpi,
            b"FIRM" => Self::Memory,
            b"RSMB" => Self::SmBios,
            _ => return None,
        })
    }
}

/// Where the host shows them.
#[derive(Debug)]
pub struct Firmware {
    root: PathBuf,
}

impl Default for Firmware {
    fn default() -> Self {
        Self { root: PathBuf::from("/sys/firmware") }
    }
}

impl Firmware {
    /// The identifiers of a provider's tables: ACPI's are their names, whose first character is the lowest byte; SMBIOS has one, which is 0.
    ///
    /// # Errors
    /// `STATUS_ACCESS_DENIED` for what may not be read.
    pub fn tables(&self, provider: Provider) -> NtResult<Vec<u32>> {
        match provider {
            Provider::Memory => Err(NTSTATUS::STATUS_ACCESS_DENIED),
            Provider::SmBios => {
                let there = self.root.join("dmi/tables/DMI").exists();
                Ok(if there { vec![0] } else { Vec::new() })
            }
            Provider::Acpi => {
                let entries = match std::fs::read_dir(self.root.join("acpi/tables")) {
                    Ok(entries) => entries,
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                    Err(_) => return Err(NTSTATUS::STATUS_ACCESS_DENIED),
                };
                let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
                // A second table of a name has a number behind it; by its name the first one is meant.
                let mut tables: Vec<u32> = names.filter_map(|name| Some(u32::from_le_bytes(four(&name)?))).collect();
                tables.sort_unstable();
                tables.dedup();
                Ok(tables)
            }
        }
    }

    /// A table's bytes. SMBIOS's are behind a head (`RawSMBIOSData`).
    ///
    /// # Errors
    /// `STATUS_NOT_FOUND` for none, `STATUS_ACCESS_DENIED` for one that may not be read.
    pub fn table(&self, provider: Provider, id: u32) -> NtResult<Vec<u8>> {
        match provider {
            Provider::Memory => Err(NTSTATUS::STATUS_ACCESS_DENIED),
            Provider::Acpi => {
                let name = id.to_le_bytes();
                let known = name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'!');
                let name = std::str::from_utf8(&name).ok().filter(|_| known).ok_or(NTSTATUS::STATUS_NOT_FOUND)?;
                let folder = self.root.join("acpi/tables");
                let first = folder.join(name);
                read(&if first.exists() { first } else { folder.join(format!("{name}1")) })
            }
            Provider::SmBios => {
                let data = read(&self.root.join("dmi/tables/DMI"))?;
                let entry = read(&self.root.join("dmi/tables/smbios_entry_point"))?;
                let [major, minor, revision] = version(&entry).ok_or(NTSTATUS::STATUS_NOT_FOUND)?;
                let length = (data.len() as u32).to_le_bytes();
                Ok([&[0, major, minor, revision][..], &length, &data].concat())
            }
        }
    }
}

fn four(name: &str) -> Option<[u8; 4]> {
    name.as_bytes().get(..4)?.try_into().ok()
}

/// Major, minor and revision of an SMBIOS entry point (SMBIOS specification 3.x, 5.2).
fn version(entry: &[u8]) -> Option<[u8; 3]> {
    match entry {
        [b'_', b'S', b'M', b'3', b'_', _, _, major, minor, revision, ..] => Some([*major, *minor, *revision]),
        [b'_', b'S', b'M', b'_', _, _, major, minor, ..] => Some([*major, *minor, 0]),
        _ => None,
    }
}

fn read(path: &Path) -> NtResult<Vec<u8>> {
    std::fs::read(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => NTSTATUS::STATUS_NOT_FOUND,
        _ => NTSTATUS::STATUS_ACCESS_DENIED,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temp_dir::TempDir;

    #[test]
    fn tables_are_told_and_read() {
        let root = TempDir::new();
        let firmware = Firmware { root: root.path().to_owned() };
        assert_eq!(firmware.tables(Provider::Acpi), Ok(Vec::new()));
        assert_eq!(firmware.table(Provider::SmBios, 0), Err(NTSTATUS::STATUS_NOT_FOUND));
        std::fs::create_dir_all(root.path().join("acpi/tables/data")).unwrap();
        std::fs::create_dir_all(root.path().join("dmi/tables")).unwrap();
        std::fs::remove_dir(root.path().join("acpi/tables/data")).unwrap();
        for (name, bytes) in [("acpi/tables/FACP", "fixed"), ("acpi/tables/SSDT1", "one"), ("dmi/tables/DMI", "data")] {
            std::fs::write(root.path().join(name), bytes).unwrap();
        }
        std::fs::write(root.path().join("dmi/tables/smbios_entry_point"), b"_SM3_\x01\x18\x03\x02\x00\x01").unwrap();
        let id = |name: &[u8; 4]| u32::from_le_bytes(*name);
        assert_eq!(firmware.tables(Provider::Acpi), Ok(vec![id(b"FACP"), id(b"SSDT")]));
        assert_eq!(firmware.table(Provider::Acpi, id(b"SSDT")).unwrap(), b"one");
        assert_eq!(firmware.table(Provider::Acpi, id(b"../x")), Err(NTSTATUS::STATUS_NOT_FOUND));
        assert_eq!(firmware.table(Provider::SmBios, 0).unwrap(), b"\0\x03\x02\0\x04\0\0\0data");
    }

    #[test]
    fn a_signature_is_read_from_its_highest_byte() {
        assert_eq!(Provider::of(u32::from_be_bytes(*b"RSMB")), Some(Provider::SmBios));
        assert_eq!(Provider::of(u32::from_le_bytes(*b"RSMB")), None);
    }
}
