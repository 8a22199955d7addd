//! The numbers of Windows' system services, which change from one version to the next.
//!
//! Figures: the tables "Windows X86-64 System Call Table (XP/2003/Vista/7/8/10/11 and Server)", x64, of
//! <https://github.com/j00ru/windows-syscalls> (24H2's are also Server 2025's, which is the same build).

mod a_to_l;
mod m_to_z;

use a_to_l::A_TO_L;
use m_to_z::M_TO_Z;

use crate::process::Version;

/// A name, and its number in each [`Table`].
type Row = (&'static str, [u16; 4]);

/// The version does not have this service.
const NONE: u16 = u16::MAX;

/// The numbers of one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Windows 7 with Service Pack 1.
    Windows7,
    /// Windows 10 22H2.
    Windows10,
    /// Windows 11 23H2.
    Windows11,
    /// Windows 11 24H2.
    Windows11_24H2,
}

impl Table {
    /// The table of a reported version; `None` for one that we have no figures for.
    pub fn of(version: Version) -> Option<Self> {
        match version.build {
            7601 => Some(Self::Windows7),
            19045 => Some(Self::Windows10),
            22631 => Some(Self::Windows11),
            26100 => Some(Self::Windows11_24H2),
            _ => None,
        }
    }

    /// The number of a service by its name, with `Nt` or `Zw`.
    pub fn number(self, name: &str) -> Option<u32> {
        let name = name.strip_prefix("Nt").or_else(|| name.strip_prefix("Zw"))?;
        let rows = if name < "M" { A_TO_L } else { M_TO_Z };
        let found = rows.binary_search_by(|row| row.0.strip_prefix("Nt").cmp(&Some(name))).ok()?;
        self.pick(rows.get(found)?)
    }

    /// The name of a service by its number.
    pub fn name(self, number: u32) -> Option<&'static str> {
        let mut rows = A_TO_L.iter().chain(M_TO_Z);
        rows.find(|row| self.pick(row) == Some(number)).map(|row| row.0)
    }

    /// How many services there are; their numbers begin at 0 and have no gap.
    pub const fn count(self) -> u32 {
        match self {
            Self::Windows7 => 401,
            Self::Windows10 => 473,
            Self::Windows11 => 486,
            Self::Windows11_24H2 => 489,
        }
    }

    fn pick(self, row: &Row) -> Option<u32> {
        let number = row.1[self as usize];
        (number != NONE).then(|| number.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Table; 4] = [Table::Windows7, Table::Windows10, Table::Windows11, Table::Windows11_24H2];

    #[test]
    fn every_number_below_the_count_is_one_service() {
        for table in ALL {
            let rows = A_TO_L.iter().chain(M_TO_Z);
            let mut numbers: Vec<_> = rows.filter_map(|row| table.pick(row)).collect();
            numbers.sort_unstable();
            assert!(numbers.iter().copied().eq(0..table.count()), "{table:?}");
        }
    }

    #[test]
    fn names_are_sorted_and_found() {
        assert!(A_TO_L.iter().chain(M_TO_Z).is_sorted_by(|a, b| a.0 < b.0));
        for (name, numbers) in A_TO_L.iter().chain(M_TO_Z) {
            for (table, &number) in ALL.into_iter().zip(numbers) {
                let number = (number != NONE).then_some(u32::from(number));
                assert_eq!(table.number(name), number);
                assert_eq!(table.number(&name.replacen("Nt", "Zw", 1)), number);
                assert!(number.is_none_or(|number| table.name(number) == Some(name)));
            }
        }
    }

    #[test]
    fn well_known_numbers_are_these() {
        let numbers = |name| ALL.map(|table| table.number(name));
        assert_eq!(numbers("NtClose"), [Some(0x0c), Some(0x0f), Some(0x0f), Some(0x0f)]);
        assert_eq!(numbers("NtCreateThreadEx"), [Some(0xa5), Some(0xc2), Some(0xc7), Some(0xc9)]);
        assert_eq!(numbers("NtProtectVirtualMemory"), [Some(0x4d), Some(0x50), Some(0x50), Some(0x50)]);
        assert_eq!(numbers("NtAlertThreadByThreadId"), [None, Some(0x70), Some(0x70), Some(0x71)]);
        assert_eq!(numbers("CloseHandle"), [None; 4]);
    }

    #[test]
    fn versions_without_figures_have_no_table() {
        assert_eq!(Table::of(Version::WINDOWS_10), Some(Table::Windows10));
        assert_eq!(Table::of(Version::WINDOWS_11_24H2), Some(Table::Windows11_24H2));
        assert_eq!(Table::of(Version::WINDOWS_8_1), None);
    }
}
