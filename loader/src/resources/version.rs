//! Version information: the block that `GetFileVersionInfo` copies and `VerQueryValue` reads.
//!
//! The functions take the bytes of a `VS_VERSIONINFO` block, which may be a guest's copy of it, and answer with places in it.
//! Format: <https://learn.microsoft.com/windows/win32/menurc/vs-versioninfo>.

use crate::bytes;

const SIGNATURE: u32 = 0xfeef_04bd;
const HEADER: usize = 6;

/// A value of a version block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VersionValue {
    /// Offset in bytes from the start of the version block.
    pub offset: usize,
    /// What `VerQueryValue` reports: units for text, with its terminator; bytes for anything else.
    pub length: u32,
    pub is_text: bool,
}

/// `VS_FIXEDFILEINFO`, as far as it says anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedVersion {
    /// Four 16-bit parts, the major one highest.
    pub file_version: u64,
    pub product_version: u64,
    pub flags_mask: u32,
    pub flags: u32,
    pub os: u32,
    pub file_type: u32,
    pub file_subtype: u32,
}

/// One node of the block: a key, a value, children.
struct Node<'a> {
    key: &'a [u8],
    value: usize,
    value_length: u32,
    is_text: bool,
    /// Offset of the first child.
    children: usize,
    end: usize,
}

/// The value at a path such as `\StringFileInfo\040904B0\FileVersion`, `\VarFileInfo\Translation` or `\`, keys compared without
/// regard to case, as `VerQueryValue` finds it.
pub fn query(block: &[u8], path: &str) -> Option<VersionValue> {
    let mut node = node(block, 0, block.len())?;
    for key in path.split('\\').filter(|key| !key.is_empty()) {
        node = children(block, &node).find(|child| has_key(child, key))?;
    }
    Some(VersionValue { offset: node.value, length: node.value_length, is_text: node.is_text })
}

/// A text value, its terminator left out.
pub fn text(block: &[u8], path: &str) -> Option<String> {
    let value = query(block, path).filter(|value| value.is_text)?;
    let bytes = block.get(value.offset..)?.get(..value.length as usize * 2)?;
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    Some(
        char::decode_utf16(units.take_while(|&unit| unit != 0))
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

/// The languages and code pages of the string tables, from `\VarFileInfo\Translation`.
pub fn translations(block: &[u8]) -> Vec<(u16, u16)> {
    let Some(value) = query(block, r"\VarFileInfo\Translation") else { return Vec::new() };
    let bytes = block.get(value.offset..).and_then(|rest| rest.get(..value.length as usize)).unwrap_or_default();
    let pair = |pair: &[u8]| Some((bytes::u16_at(pair, 0)?, bytes::u16_at(pair, 2)?));
    bytes.chunks_exact(4).filter_map(pair).collect()
}

/// The fixed part.
pub fn fixed(block: &[u8]) -> Option<FixedVersion> {
    let value = query(block, r"\")?;
    let bytes = block.get(value.offset..)?.get(..value.length as usize)?;
    let field = |index: usize| bytes::u32_at(bytes, index * 4);
    (field(0)? == SIGNATURE).then_some(())?;
    let version = |index| Some(u64::from(field(index)?) << 32 | u64::from(field(index + 1)?));
    Some(FixedVersion {
        file_version: version(2)?,
        product_version: version(4)?,
        flags_mask: field(6)?,
        flags: field(7)?,
        os: field(8)?,
        file_type: field(9)?,
        file_subtype: field(10)?,
    })
}

/// Reads the node at `offset`, which must end by `limit`.
fn node(block: &[u8], offset: usize, limit: usize) -> Option<Node<'_>> {
    let length = usize::from(bytes::u16_at(block, offset)?);
    let value_length = u32::from(bytes::u16_at(block, offset + 2)?);
    let is_text = bytes::u16_at(block, offset + 4)? == 1;
    let end = offset.checked_add(length).filter(|&end| length > HEADER && end <= limit)?;
    let rest = block.get(offset + HEADER..end)?;
    let key_units = rest.chunks_exact(2).position(|unit| unit == [0, 0])?;
    let key = rest.get(..key_units * 2)?;
    let value = align(offset + HEADER + key_units * 2 + 2).min(end);
    // Text lengths count units, though some compilers wrote bytes: neither reaches past the node.
    let value_bytes = if is_text { value_length as usize * 2 } else { value_length as usize }.min(end - value);
    let value_length = if is_text { value_bytes / 2 } else { value_bytes } as u32;
    Some(Node { key, value, value_length, is_text, children: align(value + value_bytes), end })
}

fn children<'a>(block: &'a [u8], parent: &Node<'_>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let (mut offset, end) = (parent.children, parent.end);
    std::iter::from_fn(move || {
        let child = node(block, offset, end)?;
        offset = align(child.end);
        Some(child)
    })
}

fn has_key(node: &Node<'_>, key: &str) -> bool {
    let units = node.key.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    units.map(super::upper).eq(key.encode_utf16().map(super::upper))
}

/// Everything in a block is aligned to 4 bytes from its start.
fn align(offset: usize) -> usize {
    offset.next_multiple_of(4)
}
