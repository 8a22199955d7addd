//! Tables of bytes (`FuncInfo4` of `__CxxFrameHandler4`), as the C++ team describes them in "Making C++ Exception Handling Smaller On x64"
//! (<https://devblogs.microsoft.com/cppblog/making-cpp-exception-handling-smaller-x64/>).
//!
//! Numbers take one to five bytes; the lowest bits of the first say how many. A catch block has tables of its own.

use abi::{Fault, fault};

use super::tables::{Action, Encoding, Handler, MOST_ENTRIES, OUTERMOST, Tables, TryBlock};

/// Bits of the first byte.
mod header {
    /// It is a catch block's.
    pub(super) const CATCH: u8 = 1;
    /// The function is in several pieces, each with a map from instructions of its own.
    pub(super) const SEPARATED: u8 = 2;
    /// Flags of a tool that moves basic blocks follow.
    pub(super) const BLOCKS: u8 = 4;
    pub(super) const UNWIND: u8 = 8;
    pub(super) const TRIES: u8 = 0x10;
    pub(super) const SYNCHRONOUS: u8 = 0x20;
    pub(super) const NOEXCEPT: u8 = 0x40;
}

/// Bits of a catch block's first byte.
mod catch {
    pub(super) const ADJECTIVES: u8 = 1;
    pub(super) const KIND: u8 = 2;
    pub(super) const VARIABLE: u8 = 4;
    /// Where it goes on is relative to the image, not to the function.
    pub(super) const IMAGE_RELATIVE: u8 = 8;
    /// Where the number of addresses stands at which it goes on.
    pub(super) const WAYS_SHIFT: u8 = 4;
    pub(super) const WAYS: u8 = 3;
}

/// Reads a table from front to back.
#[derive(Clone, Copy)]
struct Cursor(u64);

impl Cursor {
    fn byte(&mut self) -> Result<u8, Fault> {
        let byte = fault::load_u8(self.0)?;
        self.0 = self.0.wrapping_add(1);
        Ok(byte)
    }

    fn word(&mut self) -> Result<u32, Fault> {
        let word = fault::load_u32(self.0)?;
        self.0 = self.0.wrapping_add(4);
        Ok(word)
    }

    /// A number: its length in bytes is one more than the ones that its first byte ends in, at most five; it is what those bits leave.
    fn number(&mut self) -> Result<u32, Fault> {
        let first = self.byte()?;
        let more = first.trailing_ones().min(4);
        let mut bytes = [first, 0, 0, 0, 0];
        for slot in bytes.iter_mut().skip(1).take(more as usize) {
            *slot = self.byte()?;
        }
        let [_, rest @ ..] = bytes;
        Ok(match more {
            4 => u32::from_le_bytes(rest),
            _ => {
                let [a, b, c, d, _] = bytes;
                u32::from_le_bytes([a, b, c, d]) >> (more + 1)
            }
        })
    }
}

pub(super) fn read(address: u64, base: u64, function: u64) -> Result<Tables, Fault> {
    let mut cursor = Cursor(address);
    let flags = cursor.byte()?;
    let has = |bit: u8| flags & bit != 0;
    if has(header::BLOCKS) {
        cursor.number()?;
    }
    let mut place = |present: bool| if present { cursor.word().map(|rva| super::tables::at(base, rva)) } else { Ok(0) };
    let (unwind, tries, ips) = (place(has(header::UNWIND))?, place(has(header::TRIES))?, place(true)?);
    let parent = if has(header::CATCH) { Some(cursor.number()?) } else { None };
    let ips = if has(header::SEPARATED) { piece(ips, base, function)? } else { ips };
    let (states, unwind) = counted(unwind)?;
    let (try_count, tries) = counted(tries)?;
    let (ip_count, ips) = counted(ips)?;
    Ok(Tables {
        encoding: Encoding::Compressed,
        base,
        function,
        states,
        unwind,
        try_count,
        tries,
        ip_count,
        ips,
        synchronous: has(header::SYNCHRONOUS),
        noexcept: has(header::NOEXCEPT),
        parent,
    })
}

/// The count that a table begins with, and where its entries are.
fn counted(table: u64) -> Result<(u32, u64), Fault> {
    if table == 0 {
        return Ok((0, 0));
    }
    let mut cursor = Cursor(table);
    Ok((cursor.number()?, cursor.0))
}

/// The map of the piece that begins at `function`; 0 for none.
fn piece(table: u64, base: u64, function: u64) -> Result<u64, Fault> {
    let (count, entries) = counted(table)?;
    let mut cursor = Cursor(entries);
    for _ in 0..count.min(MOST_ENTRIES) {
        let (begin, map) = (cursor.word()?, cursor.word()?);
        if super::tables::at(base, begin) == function {
            return Ok(super::tables::at(base, map));
        }
    }
    Ok(0)
}

/// The state of the last entry at or before the instruction. An entry has its distance from the one before, the first its offset in the function,
/// and a state, counted from 0 for the outermost.
pub(super) fn state_at(tables: &Tables, pc: u64) -> Result<i32, Fault> {
    let mut cursor = Cursor(tables.ips);
    let (mut ip, mut state) = (tables.function, OUTERMOST);
    for _ in 0..tables.ip_count.min(MOST_ENTRIES) {
        ip = ip.wrapping_add(cursor.number()?.into());
        let next = cursor.number()?;
        if ip > pc {
            break;
        }
        state = (next as i32).wrapping_sub(1);
    }
    Ok(state)
}

/// An entry of the state map: how far before it its parent's begins, and its action.
fn entry(tables: &Tables, cursor: &mut Cursor) -> Result<(u32, Action), Fault> {
    let number = cursor.number()?;
    let action = match number & 3 {
        0 => Action::None,
        3 => Action::Funclet(tables.at(cursor.word()?)),
        kind => {
            let destructor = tables.at(cursor.word()?);
            let object = u64::from(cursor.number()?);
            if kind == 1 { Action::Destroy(destructor, object) } else { Action::DestroyBehind(destructor, object) }
        }
    };
    Ok((number >> 2, action))
}

pub(super) fn leave(tables: &Tables, index: u32) -> Result<(i32, Action), Fault> {
    let mut cursor = Cursor(tables.unwind);
    let mut place = cursor.0;
    let mut found = (0, Action::None);
    for _ in 0..=index.min(MOST_ENTRIES) {
        place = cursor.0;
        found = entry(tables, &mut cursor)?;
    }
    let (back, action) = found;
    let parent = place.wrapping_sub(back.into());
    let mut cursor = Cursor(tables.unwind);
    for state in 0..index.min(MOST_ENTRIES) {
        if cursor.0 == parent {
            return Ok((state as i32, action));
        }
        entry(tables, &mut cursor)?;
    }
    Ok((OUTERMOST, action))
}

pub(super) fn try_block(tables: &Tables, cursor: &mut u64) -> Result<TryBlock, Fault> {
    let mut at = Cursor(*cursor);
    let (low, high, catch_high) = (at.number()?, at.number()?, at.number()?);
    let (count, handlers) = counted(tables.at(at.word()?))?;
    *cursor = at.0;
    Ok(TryBlock { low: low as i32, high: high as i32, catch_high: catch_high as i32, handlers, count })
}

pub(super) fn handler(tables: &Tables, cursor: &mut u64) -> Result<Handler, Fault> {
    let mut at = Cursor(*cursor);
    let flags = at.byte()?;
    let adjectives = if flags & catch::ADJECTIVES != 0 { at.number()? } else { 0 };
    let kind = if flags & catch::KIND != 0 { tables.at(at.word()?) } else { 0 };
    let variable = if flags & catch::VARIABLE != 0 { at.number()? as i32 } else { 0 };
    let code = tables.at(at.word()?);
    let mut handler = Handler { adjectives, kind, variable, code, ..Handler::default() };
    handler.ways = u32::from(flags >> catch::WAYS_SHIFT & catch::WAYS).min(2);
    for way in handler.goes_on.iter_mut().take(handler.ways as usize) {
        *way = if flags & catch::IMAGE_RELATIVE != 0 {
            tables.at(at.word()?)
        } else {
            tables.function.wrapping_add(at.number()?.into())
        };
    }
    *cursor = at.0;
    Ok(handler)
}
