//! Access masks: what a handle allows.

/// A set of access rights. The low 16 bits depend on the object's type.
pub type Access = u32;

/// `DELETE`
pub const DELETE: Access = 0x0001_0000;
/// `READ_CONTROL`
pub const READ_CONTROL: Access = 0x0002_0000;
/// `SYNCHRONIZE`: the right to wait.
pub const SYNCHRONIZE: Access = 0x0010_0000;
/// `STANDARD_RIGHTS_REQUIRED`
pub const STANDARD_RIGHTS_REQUIRED: Access = 0x000f_0000;
/// `MAXIMUM_ALLOWED`
pub const MAXIMUM_ALLOWED: Access = 0x0200_0000;

const GENERIC_ALL: Access = 0x1000_0000;
const GENERIC_EXECUTE: Access = 0x2000_0000;
const GENERIC_WRITE: Access = 0x4000_0000;
const GENERIC_READ: Access = 0x8000_0000;

/// What the generic rights mean for a type of object (`GENERIC_MAPPING`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenericMapping {
    /// For `GENERIC_READ`.
    pub read: Access,
    /// For `GENERIC_WRITE`.
    pub write: Access,
    /// For `GENERIC_EXECUTE`.
    pub execute: Access,
    /// For `GENERIC_ALL`, and for `MAXIMUM_ALLOWED`: there is nobody whom we deny anything.
    pub all: Access,
}

impl GenericMapping {
    /// Replaces generic rights by the specific ones (`RtlMapGenericMask`), and `MAXIMUM_ALLOWED` by all of them.
    pub const fn map(&self, desired: Access) -> Access {
        let mut granted = desired & !(GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | GENERIC_ALL | MAXIMUM_ALLOWED);
        if desired & GENERIC_READ != 0 {
            granted |= self.read;
        }
        if desired & GENERIC_WRITE != 0 {
            granted |= self.write;
        }
        if desired & GENERIC_EXECUTE != 0 {
            granted |= self.execute;
        }
        if desired & (GENERIC_ALL | MAXIMUM_ALLOWED) != 0 {
            granted |= self.all;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generic_rights_become_specific_ones() {
        let mapping = GenericMapping { read: 1, write: 2, execute: 4, all: 0xf };
        assert_eq!(mapping.map(GENERIC_READ | SYNCHRONIZE), 1 | SYNCHRONIZE);
        assert_eq!(mapping.map(GENERIC_WRITE | GENERIC_EXECUTE), 6);
        assert_eq!(mapping.map(MAXIMUM_ALLOWED), 0xf);
        assert_eq!(mapping.map(8), 8);
    }
}
