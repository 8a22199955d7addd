//! What a file system is asked for by control code: links, holes, ranges, a look into a pipe.

use abi::{Buffer, NTSTATUS, NtResult, Ptr};
use syscall_xlate::Cx;
use syscall_xlate::file::{File, Range};

use super::query::SYMBOLIC_LINK;
use super::{take, text_bytes};

abi::choices! {
    /// A control code.
    pub(crate) struct CONTROL_CODE: u32 {
        FSCTL_PIPE_PEEK = 0x0011_400c;
        FSCTL_GET_COMPRESSION = 0x0009_003c;
        FSCTL_GET_REPARSE_POINT = 0x0009_00a8;
        FSCTL_SET_SPARSE = 0x0009_00c4;
        FSCTL_SET_ZERO_DATA = 0x0009_80c8;
        FSCTL_QUERY_ALLOCATED_RANGES = 0x0009_40cf;
    }
}

/// What is asked, what goes in, and where the answer goes.
pub(crate) struct Control {
    /// `FSCTL_*`, `IOCTL_*`
    pub(crate) code: CONTROL_CODE,
    /// What goes in, and its bytes.
    pub(crate) input: (Ptr<u8>, usize),
    /// Where the answer goes, and room there.
    pub(crate) output: (Ptr<u8>, usize),
}

abi::guest_struct! {
    /// `FILE_ZERO_DATA_INFORMATION`
    struct FILE_ZERO_DATA_INFORMATION {
        FileOffset: i64,
        BeyondFinalZero: i64,
    }

    /// A part of a file.
    struct FILE_ALLOCATED_RANGE_BUFFER {
        FileOffset: i64,
        Length: i64,
    }

    /// A pipe as it is now, before what is in it.
    struct FILE_PIPE_PEEK_BUFFER {
        NamedPipeState: u32,
        ReadDataAvailable: u32,
        NumberOfMessages: u32,
        MessageLength: u32,
    }
}

/// Asks for it; gives the bytes of the answer.
///
/// # Errors
/// `STATUS_INVALID_DEVICE_REQUEST` for a code that is not known, `STATUS_BUFFER_TOO_SMALL`, `STATUS_INVALID_PARAMETER`, and the file's own. With
/// `STATUS_BUFFER_OVERFLOW` the answer's beginning is there.
pub(crate) fn control(cx: &Cx, file: &File, request: &Control) -> (NTSTATUS, usize) {
    match answer(cx, file, request) {
        Ok(done) => done,
        Err(status) => (status, 0),
    }
}

fn answer(cx: &Cx, file: &File, request: &Control) -> NtResult<(NTSTATUS, usize)> {
    let (to, room) = request.output;
    let done = |bytes: usize| Ok((NTSTATUS::STATUS_SUCCESS, bytes));
    // A buffer that is too short is a parameter that is wrong.
    let parameter = |_| NTSTATUS::STATUS_INVALID_PARAMETER;
    match request.code {
        CONTROL_CODE::FSCTL_GET_REPARSE_POINT => {
            let bytes = reparse_point(cx, file)?;
            if room < REPARSE_HEAD {
                return Err(NTSTATUS::STATUS_BUFFER_TOO_SMALL);
            }
            let given = bytes.get(..room).unwrap_or(&bytes);
            to.write_bytes(given)?;
            let cut = given.len() < bytes.len();
            Ok((if cut { NTSTATUS::STATUS_BUFFER_OVERFLOW } else { NTSTATUS::STATUS_SUCCESS }, given.len()))
        }
        CONTROL_CODE::FSCTL_GET_COMPRESSION => {
            // COMPRESSION_FORMAT_NONE.
            file.information()?;
            if room < 2 {
                return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
            }
            to.write_bytes(&[0, 0])?;
            done(2)
        }
        CONTROL_CODE::FSCTL_SET_SPARSE => file.make_sparse().and_then(|()| done(0)),
        CONTROL_CODE::FSCTL_SET_ZERO_DATA => {
            let range: FILE_ZERO_DATA_INFORMATION = take(request.input.0, request.input.1).map_err(parameter)?;
            let offset = |value: i64| u64::try_from(value).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER);
            file.zero(offset(range.FileOffset)?, offset(range.BeyondFinalZero)?)?;
            done(0)
        }
        CONTROL_CODE::FSCTL_QUERY_ALLOCATED_RANGES => {
            let range: FILE_ALLOCATED_RANGE_BUFFER = take(request.input.0, request.input.1).map_err(parameter)?;
            let offset = |value: i64| u64::try_from(value).map_err(|_| NTSTATUS::STATUS_INVALID_PARAMETER);
            let within = Range { start: offset(range.FileOffset)?, len: offset(range.Length)? };
            let most = room / RANGE_SIZE;
            // One more than there is room for, to know whether there are more.
            let ranges = file.allocated_ranges(within, most.saturating_add(1))?;
            if most == 0 && !ranges.is_empty() {
                return Err(NTSTATUS::STATUS_BUFFER_TOO_SMALL);
            }
            let given = ranges.get(..most).unwrap_or(&ranges);
            let told = given
                .iter()
                .map(|range| FILE_ALLOCATED_RANGE_BUFFER { FileOffset: range.start as i64, Length: range.len as i64 });
            to.cast().write_slice(&told.collect::<Vec<_>>())?;
            let cut = given.len() < ranges.len();
            let status = if cut { NTSTATUS::STATUS_BUFFER_OVERFLOW } else { NTSTATUS::STATUS_SUCCESS };
            Ok((status, given.len() * RANGE_SIZE))
        }
        CONTROL_CODE::FSCTL_PIPE_PEEK => {
            /// `FILE_PIPE_CONNECTED_STATE`
            const CONNECTED: u32 = 3;
            let Some(data) = room.checked_sub(PEEK_HEAD) else { return Err(NTSTATUS::STATUS_INFO_LENGTH_MISMATCH) };
            let buffer = Buffer::new(to.byte_offset(PEEK_HEAD as u64), data);
            let state = file.peek_pipe((data > 0).then_some(buffer))?;
            to.cast().write(&FILE_PIPE_PEEK_BUFFER {
                NamedPipeState: CONNECTED,
                ReadDataAvailable: state.available,
                NumberOfMessages: 0,
                MessageLength: 0,
            })?;
            let cut = state.peeked < state.available as usize;
            let status = if cut { NTSTATUS::STATUS_BUFFER_OVERFLOW } else { NTSTATUS::STATUS_SUCCESS };
            Ok((status, PEEK_HEAD + state.peeked))
        }
        _ => Err(NTSTATUS::STATUS_INVALID_DEVICE_REQUEST),
    }
}

/// Bytes of `FILE_ALLOCATED_RANGE_BUFFER`, of `FILE_PIPE_PEEK_BUFFER` without data, of `REPARSE_DATA_BUFFER` without data.
const RANGE_SIZE: usize = 16;
const PEEK_HEAD: usize = 16;
const REPARSE_HEAD: usize = 8;

/// `REPARSE_DATA_BUFFER` of a symbolic link: the name to go by, and the one to show.
fn reparse_point(cx: &Cx, file: &File) -> NtResult<Vec<u8>> {
    /// `SYMLINK_FLAG_RELATIVE`
    const RELATIVE: u32 = 1;
    let target = cx.process.files.link_target(file)?;
    let prefix = if target.relative { "" } else { "\\??\\" };
    let substitute: Vec<u16> = prefix.encode_utf16().chain(target.path.iter().copied()).collect();
    let (long, short) = (2 * substitute.len(), 2 * target.path.len());
    // Tag, length of what follows the head; offsets and lengths of both names; flags.
    let data_length = u16::try_from(12 + long + short).map_err(|_| NTSTATUS::STATUS_NAME_TOO_LONG)?;
    let mut bytes = SYMBOLIC_LINK.to_le_bytes().to_vec();
    for field in [data_length, 0, 0, long as u16, long as u16, short as u16] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(if target.relative { RELATIVE } else { 0 }.to_le_bytes());
    bytes.extend(text_bytes(&substitute).chain(text_bytes(&target.path)));
    Ok(bytes)
}
