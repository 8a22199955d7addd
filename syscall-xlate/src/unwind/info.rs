//! Function tables and unwind information, as an image has them in memory
//! (<https://learn.microsoft.com/cpp/build/exception-handling-x64>).
//!
//! They are read from guest memory each time: the guest may have made them, and may change them.

use abi::{Fault, Ptr, fault, guest_struct};

guest_struct! {
    /// An entry of a function table; addresses are relative to the image's.
    pub struct RUNTIME_FUNCTION {
        /// First byte.
        pub BeginAddress: u32,
        /// Behind the last byte.
        pub EndAddress: u32,
        /// Its unwind information; with the lowest bit set, another entry to be used instead.
        pub UnwindData: u32,
    }
}

impl RUNTIME_FUNCTION {
    /// Bytes.
    pub const SIZE: u64 = 12;

    pub(super) fn contains(&self, offset: u32) -> bool {
        (self.BeginAddress..self.EndAddress).contains(&offset)
    }
}

/// The function that an address is in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FunctionEntry {
    /// What its addresses are relative to.
    pub image_base: u64,
    /// Where the entry is in guest memory.
    pub address: u64,
    /// The entry.
    pub function: RUNTIME_FUNCTION,
}

/// Bits of `Flags`.
pub mod flags {
    /// The function has an exception handler.
    pub const EHANDLER: u8 = 1;
    /// The function has a termination handler.
    pub const UHANDLER: u8 = 2;
    /// The information goes on with that of another entry.
    pub const CHAININFO: u8 = 4;
}

/// The fixed part of `UNWIND_INFO`, and where the rest is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Info {
    pub(super) version: u8,
    pub(super) flags: u8,
    /// Bytes.
    pub(super) prologue: u8,
    /// Slots of two bytes.
    pub(super) count: u8,
    pub(super) frame_register: u8,
    /// Bytes from where RSP was to where the frame register points.
    pub(super) frame_offset: u64,
    codes: u64,
}

impl Info {
    pub(super) fn read(address: u64) -> Result<Self, Fault> {
        let head = fault::load_u32(address)?.to_le_bytes();
        Ok(Self {
            version: head[0] & 7,
            flags: head[0] >> 3,
            prologue: head[1],
            count: head[2],
            frame_register: head[3] & 15,
            frame_offset: 16 * u64::from(head[3] >> 4),
            codes: address.wrapping_add(4),
        })
    }

    /// Address of what follows the codes: the handler and its data, or the chained entry.
    pub(super) fn tail(&self) -> u64 {
        self.codes.wrapping_add(2 * u64::from(self.count.next_multiple_of(2)))
    }

    /// The codes, whatever they are.
    pub(super) fn codes(&self) -> Codes {
        Codes { next: self.codes, left: self.count, version: self.version }
    }

    /// The entry that the information goes on with.
    pub(super) fn chained(&self) -> Result<Option<RUNTIME_FUNCTION>, Fault> {
        match self.flags & flags::CHAININFO {
            0 => Ok(None),
            _ => Ptr::at(self.tail()).read().map(Some),
        }
    }
}

/// What one step of a prologue did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Pushed an integer register.
    Push(u8),
    /// Took bytes of the stack.
    Allocate(u64),
    /// Set the frame register.
    SetFrame,
    /// Saved an integer register at an offset from the frame's base.
    Save(u8, u64),
    /// Saved an XMM register at an offset from the frame's base.
    SaveXmm(u8, u64),
    /// An interrupt: the processor pushed its frame, with an error code or without.
    MachineFrame { error_code: bool },
    /// Tells where epilogues are (version 2): the first one their length in bytes, the others each an offset from the function's end.
    Epilogue { low: u8, high: u8 },
    /// Nothing.
    Spare,
}

/// A step and the offset behind its instruction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Code {
    pub(super) offset: u8,
    pub(super) operation: Operation,
}

/// Walks unwind codes. Ends early with `Err` at one that is none.
#[derive(Clone, Copy)]
pub(super) struct Codes {
    /// Address of the next slot.
    next: u64,
    /// Slots from there.
    left: u8,
    version: u8,
}

/// A code that means nothing, or is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadCode {
    None,
    Unreadable(Fault),
}

impl From<Fault> for BadCode {
    fn from(fault: Fault) -> Self {
        Self::Unreadable(fault)
    }
}

/// Numbers of `UWOP_*`.
mod uwop {
    pub(super) const PUSH_NONVOL: u8 = 0;
    pub(super) const ALLOC_LARGE: u8 = 1;
    pub(super) const ALLOC_SMALL: u8 = 2;
    pub(super) const SET_FPREG: u8 = 3;
    pub(super) const SAVE_NONVOL: u8 = 4;
    pub(super) const SAVE_NONVOL_FAR: u8 = 5;
    pub(super) const EPILOG: u8 = 6;
    pub(super) const SPARE_CODE: u8 = 7;
    pub(super) const SAVE_XMM128: u8 = 8;
    pub(super) const SAVE_XMM128_FAR: u8 = 9;
    pub(super) const PUSH_MACHFRAME: u8 = 10;
}

impl Codes {
    fn slot(&mut self) -> Result<[u8; 2], BadCode> {
        self.left = self.left.checked_sub(1).ok_or(BadCode::None)?;
        let slot = fault::load_u16(self.next)?;
        self.next = self.next.wrapping_add(2);
        Ok(slot.to_le_bytes())
    }

    fn near(&mut self) -> Result<u64, BadCode> {
        self.slot().map(|slot| u64::from(u16::from_le_bytes(slot)))
    }

    fn far(&mut self) -> Result<u64, BadCode> {
        Ok(self.near()? | self.near()? << 16)
    }
}

impl Iterator for Codes {
    type Item = Result<Code, BadCode>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let code = (|| {
            let [offset, second] = self.slot()?;
            let (code, info) = (second & 15, second >> 4);
            let operation = match code {
                uwop::PUSH_NONVOL => Operation::Push(info),
                uwop::ALLOC_LARGE if info == 0 => Operation::Allocate(8 * self.near()?),
                uwop::ALLOC_LARGE if info == 1 => Operation::Allocate(self.far()?),
                uwop::ALLOC_SMALL => Operation::Allocate(8 * u64::from(info) + 8),
                uwop::SET_FPREG => Operation::SetFrame,
                uwop::SAVE_NONVOL => Operation::Save(info, 8 * self.near()?),
                uwop::SAVE_NONVOL_FAR => Operation::Save(info, self.far()?),
                uwop::SAVE_XMM128 => Operation::SaveXmm(info, 16 * self.near()?),
                uwop::SAVE_XMM128_FAR => Operation::SaveXmm(info, self.far()?),
                uwop::PUSH_MACHFRAME if info < 2 => Operation::MachineFrame { error_code: info == 1 },
                uwop::EPILOG if self.version == 2 => Operation::Epilogue { low: offset, high: info },
                uwop::SPARE_CODE if self.version == 2 => {
                    self.far()?;
                    Operation::Spare
                }
                _ => return Err(BadCode::None),
            };
            Ok(Code { offset, operation })
        })();
        if code.is_err() {
            self.left = 0;
        }
        Some(code)
    }
}
