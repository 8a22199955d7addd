//! The machine code of stubs. The tests disassemble it.

/// Stubs begin at multiples of this, in bytes.
pub(super) const ALIGN: u32 = 16;

const INT3: u8 = 0xcc;
/// `jmp qword ptr [rip + disp32]`
const JUMP: [u8; 2] = [0xff, 0x25];
const JUMP_SIZE: u32 = 6;
/// `mov rax, imm64`
const LOAD_CONTEXT: [u8; 2] = [0x48, 0xb8];
/// `mov gs:[disp32], rax`
const STORE_CONTEXT: [u8; 5] = [0x65, 0x48, 0x89, 0x04, 0x25];
/// `mov r10, rcx; mov eax, imm32`, which ntdll's stubs begin with.
const SERVICE: [u8; 4] = [0x4c, 0x8b, 0xd1, 0xb8];
/// `syscall; ret; nop dword ptr [rax + rax]`
const CALL: [u8; 8] = [0x0f, 0x05, 0xc3, 0x0f, 0x1f, 0x44, 0x00, 0x00];
/// `test byte ptr [KUSER_SHARED_DATA.SystemCall], 1; jne short 3; syscall; ret; int 0x2e; ret; nop dword ptr [rax + rax]`
const TESTED_CALL: [u8; 24] = [
    0xf6, 0x04, 0x25, 0x08, 0x03, 0xfe, 0x7f, 0x01, 0x75, 0x03, 0x0f, 0x05, 0xc3, 0xcd, 0x2e, 0xc3, 0x0f, 0x1f, 0x84,
    0x00, 0x00, 0x00, 0x00, 0x00,
];
/// `mov eax, imm32`
const LOAD_NUMBER: [u8; 1] = [0xb8];

/// What a stub does before it jumps.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stub {
    /// Stores a value at an offset from the GS base, clobbering RAX.
    pub(super) context: Option<(u64, u32)>,
    /// Loads a number into EAX.
    pub(super) number: Option<u32>,
}

impl Stub {
    /// Size in bytes, a multiple of [`ALIGN`].
    pub(super) fn size(&self) -> u32 {
        let context = if self.context.is_some() { 19 } else { 0 };
        let number = if self.number.is_some() { 5 } else { 0 };
        (context + number + JUMP_SIZE).next_multiple_of(ALIGN)
    }

    /// Writes the stub to the start of `code`, which begins at `rva`; it jumps to the address in the slot at RVA `slot`.
    pub(super) fn write(&self, code: &mut [u8], rva: u32, slot: u32) {
        let mut at = 0;
        let mut put = |bytes: &[u8]| {
            if let Some(place) = code.get_mut(at..at + bytes.len()) {
                place.copy_from_slice(bytes);
            }
            at += bytes.len();
        };
        if let Some((context, slot)) = self.context {
            put(&LOAD_CONTEXT);
            put(&context.to_le_bytes());
            put(&STORE_CONTEXT);
            put(&slot.to_le_bytes());
        }
        if let Some(number) = self.number {
            put(&LOAD_NUMBER);
            put(&number.to_le_bytes());
        }
        put(&JUMP);
        let size = at + 4;
        if let Some(displacement) = code.get_mut(at..size) {
            displacement.copy_from_slice(&slot.wrapping_sub(rva + size as u32).to_le_bytes());
        }
        if let Some(padding) = code.get_mut(size..self.size() as usize) {
            padding.fill(INT3);
        }
    }
}

/// What ntdll's stubs of system services look like. They lie one behind the other, in the order of their numbers (disassemblies of ntdll
/// in public articles on system service numbers agree byte for byte).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceShape {
    /// `mov r10, rcx; mov eax, number; syscall; ret`, up to Windows 8.1.
    Plain,
    /// Since Windows 10: looks at `KUSER_SHARED_DATA.SystemCall`, and calls by `int 2e` where that says so.
    Tested,
}

impl ServiceShape {
    /// Bytes from one stub to the next.
    pub(super) fn size(self) -> u32 {
        match self {
            Self::Plain => 16,
            Self::Tested => 32,
        }
    }

    /// Writes the stub of the service `number` to the start of `code`.
    pub(super) fn write(self, number: u32, code: &mut [u8]) {
        let call: &[u8] = match self {
            Self::Plain => &CALL,
            Self::Tested => &TESTED_CALL,
        };
        let bytes = SERVICE.into_iter().chain(number.to_le_bytes()).chain(call.iter().copied());
        for (place, byte) in code.iter_mut().zip(bytes) {
            *place = byte;
        }
    }
}
