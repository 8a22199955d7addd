//! The registers of a thread, and the record of an exception, as x64 guests see them.
//!
//! `CONTEXT` and `EXCEPTION_RECORD` of winnt.h. Both are fixed layouts of 64-bit guests; a 32-bit guest has its own.

use std::fmt;

use crate::{Arg, Exception, Fault, NTSTATUS, ParamKind, Value, fault, guest_struct};

/// `CONTEXT` for x64: 1232 bytes, aligned to 16. Spelled so that assembly can fill it in place.
#[repr(C, align(16))]
#[derive(Clone, Copy)]
pub struct CONTEXT {
    /// `P1Home` to `P6Home`, free for whoever makes the context.
    pub homes: [u64; 6],
    /// Which parts are there: `CONTEXT_*`.
    pub ContextFlags: u32,
    /// The SSE control and status word.
    pub MxCsr: u32,
    /// `SegCs`, `SegDs`, `SegEs`, `SegFs`, `SegGs`, `SegSs`.
    pub segments: [u16; 6],
    /// The flags register.
    pub EFlags: u32,
    /// `Dr0` to `Dr3`, `Dr6`, `Dr7`.
    pub debug: [u64; 6],
    /// `Rax`, `Rcx`, `Rdx`, `Rbx`, `Rsp`, `Rbp`, `Rsi`, `Rdi`, `R8` to `R15`: the order of their numbers in instructions and unwind codes.
    pub integer: [u64; 16],
    /// The address of the next instruction.
    pub Rip: u64,
    /// The x87 part of `FltSave`, as `fxsave` writes it.
    pub x87: [u8; 160],
    /// `Xmm0` to `Xmm15`, the SSE part of `FltSave`.
    pub xmm: [u128; 16],
    /// The end of `FltSave`.
    pub fxsave_rest: [u8; 96],
    /// `VectorRegister`, unused.
    pub vector: [u128; 26],
    /// `VectorControl`, `DebugControl`, `LastBranchToRip`, `LastBranchFromRip`, `LastExceptionToRip`, `LastExceptionFromRip`.
    pub control: [u64; 6],
}

const _: () = assert!(size_of::<CONTEXT>() == CONTEXT::SIZE);

/// Numbers of integer registers: the index in [`CONTEXT::integer`].
pub mod register {
    /// `Rax`.
    pub const RAX: usize = 0;
    /// `Rcx`.
    pub const RCX: usize = 1;
    /// `Rdx`.
    pub const RDX: usize = 2;
    /// `Rbx`.
    pub const RBX: usize = 3;
    /// `Rsp`.
    pub const RSP: usize = 4;
    /// `Rbp`.
    pub const RBP: usize = 5;
    /// `Rsi`.
    pub const RSI: usize = 6;
    /// `Rdi`.
    pub const RDI: usize = 7;
}

impl CONTEXT {
    /// Bytes.
    pub const SIZE: usize = 1232;
    /// `CONTEXT_AMD64`: the mark of an x64 context, in all of the flags below.
    pub const AMD64: u32 = 0x0010_0000;
    /// `CONTEXT_CONTROL`: `SegSs`, `Rsp`, `SegCs`, `Rip`, `EFlags`.
    pub const CONTROL: u32 = Self::AMD64 | 1;
    /// `CONTEXT_INTEGER`.
    pub const INTEGER: u32 = Self::AMD64 | 2;
    /// `CONTEXT_SEGMENTS`.
    pub const SEGMENTS: u32 = Self::AMD64 | 4;
    /// `CONTEXT_FLOATING_POINT`: x87 and SSE.
    pub const FLOATING_POINT: u32 = Self::AMD64 | 8;
    /// `CONTEXT_FULL`.
    pub const FULL: u32 = Self::CONTROL | Self::INTEGER | Self::FLOATING_POINT;

    /// All zeros.
    pub const ZERO: Self = Self {
        homes: [0; 6],
        ContextFlags: 0,
        MxCsr: 0,
        segments: [0; 6],
        EFlags: 0,
        debug: [0; 6],
        integer: [0; 16],
        Rip: 0,
        x87: [0; 160],
        xmm: [0; 16],
        fxsave_rest: [0; 96],
        vector: [0; 26],
        control: [0; 6],
    };

    /// `Rsp`.
    #[inline]
    pub const fn rsp(&self) -> u64 {
        self.integer[register::RSP]
    }

    /// Sets `Rsp`.
    #[inline]
    pub const fn set_rsp(&mut self, value: u64) {
        self.integer[register::RSP] = value;
    }

    /// Takes over what differs between frames of one stack: the integer and XMM registers, where it is, and what its maker has put in the homes.
    #[inline]
    pub const fn take_frame(&mut self, from: &Self) {
        (self.integer, self.xmm, self.Rip, self.homes) = (from.integer, from.xmm, from.Rip, from.homes);
    }

    /// Takes over the parts of another context that `flags` (`CONTEXT_*`) name.
    pub fn take(&mut self, from: &Self, flags: u32) {
        let has = |part: u32| flags & part == part;
        if has(Self::CONTROL) {
            (self.Rip, self.EFlags) = (from.Rip, from.EFlags);
            self.set_rsp(from.rsp());
            // CS and SS.
            (self.segments[0], self.segments[5]) = (from.segments[0], from.segments[5]);
        }
        if has(Self::INTEGER) {
            let rsp = self.rsp();
            self.integer = from.integer;
            self.set_rsp(rsp);
        }
        if has(Self::SEGMENTS) {
            self.segments[1..5].copy_from_slice(&from.segments[1..5]);
        }
        if has(Self::FLOATING_POINT) {
            (self.x87, self.xmm, self.MxCsr) = (from.x87, from.xmm, from.MxCsr);
        }
    }

    /// Copies a context from guest memory.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    pub fn read(address: u64) -> Result<Self, Fault> {
        let mut context = Self::ZERO;
        context.read_from(address)?;
        Ok(context)
    }

    /// As [`Self::read`], in place of what is here, which is worthless after an error.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    pub fn read_from(&mut self, address: u64) -> Result<(), Fault> {
        // SAFETY: plain integers without padding (the fields fill the size asserted above): any bytes are a value.
        let bytes = unsafe { &mut *(&raw mut *self).cast::<[u8; Self::SIZE]>() };
        fault::read(address, bytes)
    }

    /// Copies the context to guest memory.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be written.
    pub fn write(&self, address: u64) -> Result<(), Fault> {
        // SAFETY: plain integers without padding, all initialised.
        let bytes = unsafe { &*(&raw const *self).cast::<[u8; Self::SIZE]>() };
        fault::write(address, bytes)
    }
}

impl fmt::Debug for CONTEXT {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CONTEXT")
            .field("Rip", &format_args!("{:#x}", self.Rip))
            .field("integer", &format_args!("{:x?}", self.integer))
            .finish_non_exhaustive()
    }
}

/// The address of a guest's `CONTEXT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PCONTEXT(pub u64);

impl Arg for PCONTEXT {
    type Raw = u64;
    const KIND: ParamKind = ParamKind::Pointer;

    #[inline(always)]
    fn from_raw(raw: u64) -> Self {
        Self(raw)
    }

    fn before(&self) -> Value {
        Value::address(self.0)
    }
}

guest_struct! {
    /// What happened, as exception handlers are told.
    pub struct EXCEPTION_RECORD {
        /// `NTSTATUS` or a code of the program's own.
        pub ExceptionCode: u32,
        /// `EXCEPTION_*` flags.
        pub ExceptionFlags: u32,
        /// The exception during whose handling this one happened; 0 for none.
        pub ExceptionRecord: usize,
        /// The address it happened at.
        pub ExceptionAddress: usize,
        /// How many of the parameters count; at most 15.
        pub NumberParameters: u32,
        /// The parameters.
        pub ExceptionInformation: [usize; 15],
    }
}

impl EXCEPTION_RECORD {
    /// Bytes for a 64-bit guest.
    pub const SIZE: usize = 152;

    /// The record of `exception` at `address`.
    pub fn new(exception: &Exception, address: u64) -> Self {
        Self {
            ExceptionCode: exception.code.0,
            ExceptionFlags: exception.flags,
            ExceptionRecord: 0,
            ExceptionAddress: address as usize,
            NumberParameters: exception.count.min(15),
            ExceptionInformation: exception.parameters.map(|parameter| parameter as usize),
        }
    }

    /// The exception it tells of.
    pub fn exception(&self) -> Exception {
        Exception {
            code: NTSTATUS(self.ExceptionCode),
            flags: self.ExceptionFlags,
            count: self.NumberParameters.min(15),
            parameters: self.ExceptionInformation.map(|parameter| parameter as u64),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::mem::offset_of;

    use windows_sys::Win32::System::Diagnostics::Debug as sys;

    use super::*;
    use crate::{Guest, Width};

    #[test]
    fn the_layouts_are_microsoft_s() {
        assert_eq!(size_of::<sys::CONTEXT>(), size_of::<CONTEXT>());
        assert_eq!(offset_of!(sys::CONTEXT, ContextFlags), offset_of!(CONTEXT, ContextFlags));
        assert_eq!(offset_of!(sys::CONTEXT, SegCs), offset_of!(CONTEXT, segments));
        assert_eq!(offset_of!(sys::CONTEXT, EFlags), offset_of!(CONTEXT, EFlags));
        assert_eq!(offset_of!(sys::CONTEXT, Rax), offset_of!(CONTEXT, integer));
        assert_eq!(offset_of!(sys::CONTEXT, Rip), offset_of!(CONTEXT, Rip));
        assert_eq!(offset_of!(sys::CONTEXT, Anonymous), offset_of!(CONTEXT, x87));
        assert_eq!(offset_of!(sys::CONTEXT, VectorRegister), offset_of!(CONTEXT, vector));
        assert_eq!(offset_of!(sys::CONTEXT, VectorControl), offset_of!(CONTEXT, control));
        assert_eq!(offset_of!(sys::XSAVE_FORMAT, XmmRegisters), offset_of!(CONTEXT, xmm) - offset_of!(CONTEXT, x87));
        assert_eq!(EXCEPTION_RECORD::layout(Width::W64).size, size_of::<sys::EXCEPTION_RECORD>());
        assert_eq!(EXCEPTION_RECORD::SIZE, size_of::<sys::EXCEPTION_RECORD>());
        let at = |name| EXCEPTION_RECORD::offset_of(Width::W64, name);
        assert_eq!(at("ExceptionInformation"), Some(offset_of!(sys::EXCEPTION_RECORD, ExceptionInformation)));
    }

    #[test]
    fn a_context_is_copied_whole() {
        let mut context = CONTEXT::ZERO;
        context.integer[15] = 15;
        context.xmm[15] = u128::MAX;
        context.control[5] = 7;
        let mut copy = CONTEXT::ZERO;
        context.write(&raw mut copy as u64).unwrap();
        assert_eq!((copy.integer[15], copy.xmm[15], copy.control[5]), (15, u128::MAX, 7));
        let back = CONTEXT::read(&raw const copy as u64).unwrap();
        assert_eq!((back.integer[15], back.xmm[15], back.control[5]), (15, u128::MAX, 7));
    }
}
