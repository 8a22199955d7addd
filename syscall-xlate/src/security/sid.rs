//! Security identifiers ([MS-DTYP] 2.4.2).

use std::fmt;

/// `SID_REVISION`
const REVISION: u8 = 1;
/// `SID_MAX_SUB_AUTHORITIES`
const MOST: usize = 15;
/// Bytes in front of the sub-authorities.
const HEADER: usize = 8;

/// Windows gives its own accounts relative identifiers from here on; so do we to the host's users.
const FIRST_USER: u32 = 1000;

/// A security identifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sid {
    authority: [u8; 6],
    sub_authorities: Vec<u32>,
}

impl Sid {
    /// An identifier of these parts; `None` for more than 15 sub-authorities.
    pub fn new(authority: [u8; 6], sub_authorities: &[u32]) -> Option<Self> {
        (sub_authorities.len() <= MOST).then(|| Self { authority, sub_authorities: sub_authorities.to_vec() })
    }

    fn nt(sub_authorities: &[u32]) -> Self {
        Self { authority: [0, 0, 0, 0, 0, 5], sub_authorities: sub_authorities.to_vec() }
    }

    /// The user whose process this is. There is no Windows machine that users belong to: its three numbers are 0.
    pub fn user() -> Self {
        Self::nt(&[21, 0, 0, 0, FIRST_USER.wrapping_add(rustix::process::geteuid().as_raw())])
    }

    /// The primary group of users that belong to no domain (`DOMAIN_GROUP_RID_USERS`).
    pub fn primary_group() -> Self {
        Self::nt(&[21, 0, 0, 0, 513])
    }

    /// `BUILTIN\Administrators`
    pub fn administrators() -> Self {
        Self::nt(&[32, 544])
    }

    /// `BUILTIN\Users`
    pub fn users() -> Self {
        Self::nt(&[32, 545])
    }

    /// `NT AUTHORITY\INTERACTIVE`
    pub fn interactive() -> Self {
        Self::nt(&[4])
    }

    /// `NT AUTHORITY\Authenticated Users`
    pub fn authenticated_users() -> Self {
        Self::nt(&[11])
    }

    /// `Everyone`
    pub fn everyone() -> Self {
        Self { authority: [0, 0, 0, 0, 0, 1], sub_authorities: vec![0] }
    }

    /// A mandatory label: 0x2000 is medium integrity, 0x3000 high.
    pub fn integrity(level: u32) -> Self {
        Self { authority: [0, 0, 0, 0, 0, 16], sub_authorities: vec![level] }
    }

    /// Size in bytes of an identifier with so many sub-authorities.
    pub const fn size(sub_authorities: u8) -> usize {
        HEADER + 4 * sub_authorities as usize
    }

    /// As it lies in memory (`SID`).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![REVISION, self.sub_authorities.len() as u8];
        bytes.extend(self.authority);
        bytes.extend(self.sub_authorities.iter().flat_map(|part| part.to_le_bytes()));
        bytes
    }

    /// Reads an identifier from its bytes in memory; `None` where they are none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let count = usize::from(header[1]);
        if header[0] != REVISION || count > MOST || rest.len() < 4 * count {
            return None;
        }
        let parts =
            rest.chunks_exact(4).take(count).map(|part| u32::from_le_bytes([part[0], part[1], part[2], part[3]]));
        Some(Self { authority: header[2..8].try_into().ok()?, sub_authorities: parts.collect() })
    }

    /// Reads `S-1-5-32-544`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("S-1-").or_else(|| text.strip_prefix("s-1-"))?.split('-');
        let authority = number(parts.next()?)?.to_be_bytes();
        let (above, authority) = (&authority[..2], authority[2..].try_into().ok()?);
        let parts: Option<Vec<u32>> =
            parts.map(|part| number(part).and_then(|part| u32::try_from(part).ok())).collect();
        if above == [0, 0] { Self::new(authority, &parts?) } else { None }
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

impl fmt::Display for Sid {
    /// In the notation of [MS-DTYP] 2.4.2.1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.authority.iter().fold(0, |value, &byte| (value << 8) | u64::from(byte));
        match authority {
            0..=0xffff_ffff => write!(f, "S-{REVISION}-{authority}")?,
            _ => write!(f, "S-{REVISION}-{authority:#014x}")?,
        }
        self.sub_authorities.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_lead_back() {
        for text in ["S-1-5-32-544", "S-1-1-0", "S-1-0x123456789abc-7", "S-1-16-8192", "S-1-5-21-1-2-3-1001"] {
            let sid = Sid::parse(text).unwrap();
            assert_eq!(sid.to_string(), text);
            assert_eq!(Sid::from_bytes(&sid.to_bytes()), Some(sid));
        }
    }

    #[test]
    fn what_is_no_identifier_is_refused() {
        assert_eq!(Sid::parse("S-2-5-1"), None);
        assert_eq!(Sid::parse("S-1-5-4294967296"), None);
        assert_eq!(Sid::parse("S-1-0x1000000000000-1"), None);
        assert_eq!(Sid::parse("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16"), None);
        assert_eq!(Sid::from_bytes(&[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0]), None);
        assert_eq!(Sid::from_bytes(&[2, 0, 0, 0, 0, 0, 0, 5]), None);
        assert_eq!(Sid::from_bytes(&[1]), None);
    }
}
