//! A dump's bytes as they grow.

use abi::CONTEXT;

/// `MDMP`
const SIGNATURE: u32 = 0x504D_444D;
/// `MINIDUMP_VERSION`
const VERSION: u32 = 0xA793;
/// Size of the header in bytes, and of an entry of the directory behind it.
const HEADER: usize = 32;
const ENTRY: usize = 12;

/// `MINIDUMP_STREAM_TYPE`
pub(super) mod stream {
    pub(in crate::minidump) const THREAD_LIST: u32 = 3;
    pub(in crate::minidump) const MODULE_LIST: u32 = 4;
    pub(in crate::minidump) const MEMORY_LIST: u32 = 5;
    pub(in crate::minidump) const EXCEPTION: u32 = 6;
    pub(in crate::minidump) const SYSTEM_INFO: u32 = 7;
    pub(in crate::minidump) const MEMORY64_LIST: u32 = 9;
    pub(in crate::minidump) const MISC_INFO: u32 = 15;
    pub(in crate::minidump) const MEMORY_INFO_LIST: u32 = 16;
    pub(in crate::minidump) const THREAD_INFO_LIST: u32 = 17;
}

/// All but the memory of a full dump.
pub(super) struct Content {
    bytes: Vec<u8>,
    /// Type, size, place.
    directory: Vec<[u32; 3]>,
}

impl Content {
    /// With room for so many streams.
    pub(super) fn new(streams: usize) -> Self {
        Self { bytes: vec![0; HEADER + streams * ENTRY], directory: Vec::new() }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn u32s(&mut self, values: impl IntoIterator<Item = u32>) {
        values.into_iter().for_each(|value| self.bytes.extend(value.to_le_bytes()));
    }

    pub(super) fn u64s(&mut self, values: impl IntoIterator<Item = u64>) {
        values.into_iter().for_each(|value| self.bytes.extend(value.to_le_bytes()));
    }

    pub(super) fn here(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// Writes a value where room was left.
    pub(super) fn patch(&mut self, place: u32, value: u32) {
        if let Some(room) = self.bytes.get_mut(place as usize..place as usize + 4) {
            room.copy_from_slice(&value.to_le_bytes());
        }
    }

    /// A `MINIDUMP_STRING`; gives where it is.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        self.align(4);
        let at = self.here();
        let units: Vec<u16> = text.encode_utf16().collect();
        self.u32s([2 * units.len() as u32]);
        units.into_iter().chain([0]).for_each(|unit| self.bytes.extend(unit.to_le_bytes()));
        at
    }

    /// Enters what `write` writes as a stream.
    pub(super) fn stream(&mut self, kind: u32, write: impl FnOnce(&mut Self)) {
        self.align(8);
        let at = self.here();
        write(self);
        self.directory.push([kind, self.here() - at, at]);
    }

    /// Adds bytes; gives their size and place, as `MINIDUMP_LOCATION_DESCRIPTOR` has them.
    pub(super) fn data(&mut self, data: &[u8]) -> [u32; 2] {
        self.align(16);
        let at = self.here();
        self.bytes(data);
        [data.len() as u32, at]
    }

    /// Adds registers.
    pub(super) fn context(&mut self, context: &CONTEXT) -> [u32; 2] {
        let mut registers = [0_u8; CONTEXT::SIZE];
        // Our own memory does not fault.
        let _ = context.write(registers.as_mut_ptr() as u64);
        self.data(&registers)
    }

    fn align(&mut self, to: usize) {
        self.bytes.resize(self.bytes.len().next_multiple_of(to), 0);
    }

    /// The whole, with its header and directory.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let header = [SIGNATURE, VERSION, self.directory.len() as u32, HEADER as u32];
        let words = header.into_iter().chain([0; 4]).chain(self.directory.iter().flatten().copied());
        for (to, word) in self.bytes.chunks_exact_mut(4).zip(words) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        self.bytes
    }
}
