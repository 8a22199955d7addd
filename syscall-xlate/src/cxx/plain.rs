//! Tables of words (`FuncInfo` of `__CxxFrameHandler3` and before).

use abi::{Fault, fault};

use super::tables::{Action, Encoding, Handler, MOST_ENTRIES, OUTERMOST, Tables, TryBlock, signed};
use super::{LAST_MAGIC, MAGIC};

/// The bits of the first word that are the magic number.
const MAGIC_BITS: u32 = 0x1fff_ffff;
/// `EHFlags`: only C++ exceptions count.
const SYNCHRONOUS: u32 = 1;
/// `EHFlags`: nothing may be thrown out of the function.
const NOEXCEPT: u32 = 4;

/// Offsets in `FuncInfo`.
mod offset {
    pub(super) const STATES: u64 = 4;
    pub(super) const UNWIND: u64 = 8;
    pub(super) const TRY_COUNT: u64 = 12;
    pub(super) const TRIES: u64 = 16;
    pub(super) const IP_COUNT: u64 = 20;
    pub(super) const IPS: u64 = 24;
    pub(super) const FLAGS: u64 = 36;
}

/// Bytes of an entry of the state map, of the map from instructions, of a `try` block and of a catch block.
const UNWIND_SIZE: u64 = 8;
const IP_SIZE: u64 = 8;
const TRY_SIZE: u64 = 20;
const HANDLER_SIZE: u64 = 20;

pub(super) fn read(address: u64, base: u64, function: u64) -> Result<Option<Tables>, Fault> {
    let magic = fault::load_u32(address)? & MAGIC_BITS;
    if !(MAGIC..=LAST_MAGIC).contains(&magic) {
        return Ok(None);
    }
    let word = |offset: u64| fault::load_u32(address.wrapping_add(offset));
    // Older tables end before the flags.
    let flags = if magic >= LAST_MAGIC { word(offset::FLAGS)? } else { 0 };
    let place = |offset: u64| word(offset).map(|rva| super::tables::at(base, rva));
    Ok(Some(Tables {
        encoding: Encoding::Plain,
        base,
        function,
        states: word(offset::STATES)?,
        unwind: place(offset::UNWIND)?,
        try_count: word(offset::TRY_COUNT)?,
        tries: place(offset::TRIES)?,
        ip_count: word(offset::IP_COUNT)?,
        ips: place(offset::IPS)?,
        synchronous: flags & SYNCHRONOUS != 0,
        noexcept: flags & NOEXCEPT != 0,
        parent: None,
    }))
}

/// The state of the last entry at or before the instruction.
pub(super) fn state_at(tables: &Tables, pc: u64) -> Result<i32, Fault> {
    let (mut low, mut high) = (0, tables.ip_count.min(MOST_ENTRIES));
    let entry = |index: u32| tables.ips.wrapping_add(IP_SIZE * u64::from(index));
    while low < high {
        let middle = low + (high - low) / 2;
        if tables.base.wrapping_add(fault::load_u32(entry(middle))?.into()) <= pc {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    match low {
        0 => Ok(OUTERMOST),
        _ => signed(entry(low - 1).wrapping_add(4)),
    }
}

pub(super) fn leave(tables: &Tables, index: u32) -> Result<(i32, Action), Fault> {
    let entry = tables.unwind.wrapping_add(UNWIND_SIZE * u64::from(index));
    let action = match fault::load_u32(entry.wrapping_add(4))? {
        0 => Action::None,
        rva => Action::Funclet(tables.at(rva)),
    };
    Ok((signed(entry)?, action))
}

pub(super) fn try_block(tables: &Tables, cursor: &mut u64) -> Result<TryBlock, Fault> {
    let entry = *cursor;
    *cursor = entry.wrapping_add(TRY_SIZE);
    Ok(TryBlock {
        low: signed(entry)?,
        high: signed(entry.wrapping_add(4))?,
        catch_high: signed(entry.wrapping_add(8))?,
        count: fault::load_u32(entry.wrapping_add(12))?,
        handlers: tables.at(fault::load_u32(entry.wrapping_add(16))?),
    })
}

pub(super) fn handler(tables: &Tables, cursor: &mut u64) -> Result<Handler, Fault> {
    let entry = *cursor;
    *cursor = entry.wrapping_add(HANDLER_SIZE);
    let word = |offset: u64| fault::load_u32(entry.wrapping_add(offset));
    Ok(Handler {
        adjectives: word(0)?,
        kind: tables.at(word(4)?),
        variable: word(8)? as i32,
        code: tables.at(word(12)?),
        parent: word(16)?,
        ..Handler::default()
    })
}
