//! Streams over a file in memory.

use super::*;
use crate::crt::encoding::Encoding;

#[derive(Default)]
struct File {
    bytes: Vec<u8>,
    position: usize,
    seekable: bool,
    /// How many bytes one read gives at most.
    step: usize,
    reads: usize,
    writes: usize,
    full: bool,
}

fn file(bytes: &[u8]) -> File {
    File { bytes: bytes.to_vec(), seekable: true, step: usize::MAX, ..File::default() }
}

#[derive(Debug, PartialEq)]
struct Refused;

impl Raw for File {
    type Error = Refused;
    fn read(&mut self, to: &mut [u8]) -> Result<usize, Refused> {
        self.reads += 1;
        let rest = &self.bytes[self.position.min(self.bytes.len())..];
        let count = rest.len().min(to.len()).min(self.step);
        to[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
    fn write(&mut self, from: &[u8]) -> Result<usize, Refused> {
        if self.full {
            return Err(Refused);
        }
        self.writes += 1;
        let end = self.position + from.len();
        self.bytes.resize(self.bytes.len().max(end), 0);
        self.bytes[self.position..end].copy_from_slice(from);
        self.position = end;
        Ok(from.len())
    }
    fn seek(&mut self, offset: i64, whence: Whence) -> Result<u64, Refused> {
        let base = match whence {
            Whence::Set => 0,
            Whence::Current => self.position as i64,
            Whence::End => self.bytes.len() as i64,
        };
        let target = base.checked_add(offset).filter(|&target| target >= 0 && self.seekable).ok_or(Refused)?;
        self.position = target as usize;
        Ok(target as u64)
    }
}

const TEXT: Settings = Settings { translation: Translation::Text, append: false };
const BINARY: Settings = Settings { translation: Translation::Binary, append: false };

fn all(raw: &mut File, settings: Settings) -> Vec<u8> {
    let mut stream = Stream::new(Buffering::Full);
    std::iter::from_fn(|| stream.get(raw, settings).expect("reads")).collect()
}

#[test]
fn line_ends_become_new_lines_however_the_bytes_arrive() {
    for step in [1, 2, 3, usize::MAX] {
        for seekable in [true, false] {
            let mut raw = File { step, seekable, ..file(b"a\r\nb\r\r\nc\rd\ne\r") };
            assert_eq!(all(&mut raw, TEXT), b"a\nb\r\nc\rd\ne\r", "{step}");
            let mut raw = File { step, seekable, ..file(b"a\r\nb\r\r\nc\rd\ne\r") };
            let mut stream = Stream::new(Buffering::Full);
            let mut bytes = [0; 64];
            let count = stream.read(&mut raw, TEXT, &mut bytes).expect("reads");
            assert_eq!(&bytes[..count], b"a\nb\r\nc\rd\ne\r");
            let mut raw = File { step, seekable, ..file(b"a\r\nb\r\r\nc\rd\ne\r") };
            let mut ahead = descriptor::Ahead::default();
            let mut bytes = Vec::new();
            let mut block = [0; 5];
            loop {
                let count = descriptor::read(&mut raw, Translation::Text, &mut ahead, &mut block).expect("reads");
                bytes.extend_from_slice(&block[..count]);
                if count == 0 {
                    break;
                }
            }
            assert_eq!(bytes, b"a\nb\r\nc\rd\ne\r", "{step} {seekable}");
        }
    }
}

#[test]
fn control_z_ends_a_text_file_only() {
    assert_eq!(all(&mut file(b"ab\x1acd"), TEXT), b"ab");
    assert_eq!(all(&mut file(b"ab\x1acd"), BINARY), b"ab\x1acd");
    let mut ahead = descriptor::Ahead::default();
    let mut raw = file(b"ab\x1acd");
    let mut block = [0; 8];
    assert_eq!(descriptor::read(&mut raw, Translation::Text, &mut ahead, &mut block), Ok(2));
    assert_eq!(descriptor::read(&mut raw, Translation::Text, &mut ahead, &mut block), Ok(0));
}

#[test]
fn output_waits_for_a_full_buffer_or_a_flush() {
    let mut raw = file(b"");
    let mut stream = Stream::new(Buffering::Full);
    stream.put(&mut raw, TEXT, b"a\nb").expect("writes");
    stream.settle(&mut raw, TEXT).expect("writes");
    assert_eq!(raw.writes, 0);
    stream.flush(&mut raw, TEXT).expect("writes");
    assert_eq!(raw.bytes, b"a\r\nb");
    stream.put(&mut raw, BINARY, &[b'x'; BUFFER_SIZE]).expect("writes");
    assert_eq!(raw.writes, 2);
    let mut raw = file(b"");
    let mut stream = Stream::new(Buffering::None);
    stream.put(&mut raw, TEXT, b"a\nb").expect("writes");
    stream.settle(&mut raw, TEXT).expect("writes");
    assert_eq!((raw.writes, raw.bytes.as_slice()), (1, &b"a\r\nb"[..]));
}

#[test]
fn positions_count_the_file_s_own_bytes() {
    let mut raw = file(b"a\r\nbc\r\nd");
    let mut stream = Stream::new(Buffering::Full);
    let mut line = Vec::new();
    stream.read_line(&mut raw, TEXT, 100, &mut line).expect("reads");
    assert_eq!(line, b"a\n");
    assert_eq!(stream.tell(&mut raw, TEXT), Ok(3));
    assert_eq!(stream.get(&mut raw, TEXT), Ok(Some(b'b')));
    assert!(stream.unget(b'b'));
    assert_eq!(stream.tell(&mut raw, TEXT), Ok(3));
    assert_eq!(stream.seek(&mut raw, TEXT, 1, Whence::Current), Ok(4));
    assert_eq!(stream.get(&mut raw, TEXT), Ok(Some(b'c')));
    assert_eq!(stream.seek(&mut raw, TEXT, -1, Whence::Set), Err(Refused));
    assert_eq!(stream.seek(&mut raw, TEXT, i64::MAX, Whence::Current), Err(Refused));
    assert_eq!(stream.seek(&mut raw, TEXT, 0, Whence::End), Ok(8));
    assert_eq!(stream.get(&mut raw, TEXT), Ok(None));
    assert!(stream.eof);
    assert_eq!(stream.seek(&mut raw, TEXT, 0, Whence::Set), Ok(0));
    assert!(!stream.eof);
}

#[test]
fn reading_and_writing_meet_at_the_program_s_position() {
    let mut raw = file(b"abcdef");
    let mut stream = Stream::new(Buffering::Full);
    assert_eq!(stream.get(&mut raw, BINARY), Ok(Some(b'a')));
    stream.put(&mut raw, BINARY, b"XY").expect("writes");
    assert_eq!(stream.get(&mut raw, BINARY), Ok(Some(b'd')));
    assert_eq!(raw.bytes, b"aXYdef");
    let append = Settings { append: true, ..BINARY };
    stream.put(&mut raw, append, b"!").expect("writes");
    assert_eq!(stream.tell(&mut raw, append), Ok(7));
    stream.flush(&mut raw, append).expect("writes");
    assert_eq!(raw.bytes, b"aXYdef!");
}

#[test]
fn an_error_is_remembered() {
    let mut raw = File { full: true, ..file(b"") };
    let mut stream = Stream::new(Buffering::Full);
    stream.put(&mut raw, BINARY, b"abc").expect("buffers");
    assert_eq!(stream.flush(&mut raw, BINARY), Err(Refused));
    assert!(stream.error);
    stream.clear_error();
    assert_eq!(stream.flush(&mut raw, BINARY), Ok(()));
}

#[test]
fn wide_characters_take_the_stream_s_encoding() {
    let text: Vec<u16> = "h\u{e9}\n\u{1f600}".encode_utf16().collect();
    for (translation, encoding, bytes) in [
        (Translation::Utf8, Encoding::C, "h\u{e9}\r\n\u{1f600}".as_bytes().to_vec()),
        (Translation::Text, Encoding::Utf8, "h\u{e9}\r\n\u{1f600}".as_bytes().to_vec()),
        (Translation::Utf16, Encoding::C, "h\u{e9}\r\n\u{1f600}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        (Translation::Binary, Encoding::C, "h\u{e9}\n\u{1f600}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
    ] {
        let settings = Settings { translation, append: false };
        let mut raw = file(b"");
        let mut stream = Stream::new(Buffering::None);
        stream.put_wide(&mut raw, settings, encoding, &text).expect("writes");
        stream.settle(&mut raw, settings).expect("writes");
        assert_eq!(raw.bytes, bytes, "{translation:?}");
        let mut stream = Stream::new(Buffering::Full);
        stream.seek(&mut raw, settings, 0, Whence::Set).expect("seeks");
        let read: Vec<u16> =
            std::iter::from_fn(|| stream.get_wide(&mut raw, settings, encoding).expect("reads")).collect();
        assert_eq!(read, text, "{translation:?}");
    }
    let mut raw = file(b"");
    let mut stream = Stream::new(Buffering::None);
    assert_eq!(stream.put_wide(&mut raw, TEXT, Encoding::C, &[0x100]), Err(wide::WideError::Encoding));
    assert!(stream.error);
}

#[test]
fn descriptors_write_line_ends_and_count_the_program_s_bytes() {
    let mut raw = file(b"0123");
    assert_eq!(descriptor::write(&mut raw, Translation::Text, true, b"a\nb\n"), Ok(4));
    assert_eq!(raw.bytes, b"0123a\r\nb\r\n");
    raw.full = true;
    assert_eq!(descriptor::write(&mut raw, Translation::Binary, false, b"x"), Err(Refused));
}
