//! `GUID`.

use std::fmt;

use abi::{Guest, Layout, NtResult, Value, Width};
use syscall_xlate::random;

/// A globally unique identifier. The first three fields lie in memory lowest byte first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GUID {
    pub(crate) data1: u32,
    pub(crate) data2: u16,
    pub(crate) data3: u16,
    pub(crate) data4: [u8; 8],
}

impl GUID {
    /// A random one (RFC 9562, version 4).
    ///
    /// # Errors
    /// Those of [`random::fill`].
    pub(crate) fn random() -> NtResult<Self> {
        let mut bytes = random::bytes::<16>()?;
        bytes[7] = (bytes[7] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Ok(Self::decode(Width::W64, &bytes))
    }

    /// Reads the 36 characters without braces.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (parts, mut digits) = (text.split('-'), String::new());
        let lengths: Vec<usize> = parts.inspect(|part| digits.push_str(part)).map(str::len).collect();
        if lengths != [8, 4, 4, 4, 12] || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let value = u128::from_str_radix(&digits, 16).ok()?;
        let rest = (value as u64).to_be_bytes();
        Some(Self {
            data1: (value >> 96) as u32,
            data2: (value >> 80) as u16,
            data3: (value >> 64) as u16,
            data4: rest,
        })
    }
}

impl fmt::Display for GUID {
    /// Without braces, in lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, rest @ ..] = self.data4;
        write!(f, "{:08x}-{:04x}-{:04x}-{a:02x}{b:02x}-", self.data1, self.data2, self.data3)?;
        rest.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Guest for GUID {
    fn layout(_: Width) -> Layout {
        Layout { size: 16, align: 4 }
    }
    fn decode(width: Width, bytes: &[u8]) -> Self {
        Self {
            data1: u32::decode(width, &bytes[..4]),
            data2: u16::decode(width, &bytes[4..6]),
            data3: u16::decode(width, &bytes[6..8]),
            data4: <[u8; 8]>::decode(width, &bytes[8..16]),
        }
    }
    fn encode(&self, width: Width, bytes: &mut [u8]) {
        self.data1.encode(width, &mut bytes[..4]);
        self.data2.encode(width, &mut bytes[4..6]);
        self.data3.encode(width, &mut bytes[6..8]);
        bytes[8..16].copy_from_slice(&self.data4);
    }
    fn value(&self) -> Value {
        Value::Name(format!("{{{self}}}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_lead_back() {
        let text = "5e6c858f-0e22-4760-9afe-ea3317b67173";
        let guid = GUID::parse(text).unwrap();
        assert_eq!(guid.to_string(), text);
        let mut bytes = [0; 16];
        guid.encode(Width::W64, &mut bytes);
        assert_eq!(bytes[..8], [0x8f, 0x85, 0x6c, 0x5e, 0x22, 0x0e, 0x60, 0x47]);
        assert_eq!(GUID::decode(Width::W64, &bytes), guid);
        assert_eq!(GUID::parse("5e6c858f-0e22-4760-9afe-ea3317b6717"), None);
        assert_eq!(GUID::parse("+e6c858f-0e22-4760-9afe-ea3317b67173"), None);
    }

    #[test]
    fn random_ones_have_their_version_and_differ() {
        let (one, other) = (GUID::random().unwrap(), GUID::random().unwrap());
        assert_ne!(one, other);
        assert_eq!((one.data3 >> 12, one.data4[0] >> 6), (4, 2));
    }
}
