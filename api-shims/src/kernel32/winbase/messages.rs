//! `FormatMessage`.

use abi::{HANDLE, PCSTR, PCWSTR, Ptr, Refusal, WIN32_ERROR, Win32Result, shim};
use loader::resources::{Language, Message};
use syscall_xlate::Cx;

use super::message_text::{self, Inserts, TextError};
use crate::block;
use crate::kernel32::resources;
use crate::text::{self, TextIn, TextOut};

abi::flags! {
    /// Where a message comes from, and where it goes.
    pub(in crate::kernel32) struct FORMAT_MESSAGE_OPTIONS: u32 {
        FORMAT_MESSAGE_MAX_WIDTH_MASK = 0xff;
        FORMAT_MESSAGE_ALLOCATE_BUFFER = 0x100;
        FORMAT_MESSAGE_IGNORE_INSERTS = 0x200;
        FORMAT_MESSAGE_FROM_STRING = 0x400;
        FORMAT_MESSAGE_FROM_HMODULE = 0x800;
        FORMAT_MESSAGE_FROM_SYSTEM = 0x1000;
        FORMAT_MESSAGE_ARGUMENT_ARRAY = 0x2000;
    }
}

/// Longest message in characters (documented: the output buffer cannot be larger than 64K bytes).
const LONGEST: usize = 0x1_0000;

/// Makes the text of a message, with its inserts.
#[shim(partial = "system messages are in English, and some errors have none")]
pub(in crate::kernel32) fn FormatMessageA(
    cx: &Cx,
    dwFlags: FORMAT_MESSAGE_OPTIONS,
    lpSource: Ptr<u8>,
    dwMessageId: u32,
    dwLanguageId: u32,
    lpBuffer: Ptr<u8>,
    nSize: u32,
    Arguments: Ptr<u64>,
) -> Win32Result<u32> {
    let source = Source { flags: dwFlags, source: lpSource, id: dwMessageId, language: dwLanguageId };
    let text = text::to_ansi(cx, &format::<PCSTR>(cx, &source, Arguments, false)?);
    if !dwFlags.contains(FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        return give(abi::PSTR::new(lpBuffer), &text, nSize);
    }
    let block = block::allocate(cx, (text.len() + 1).max(nSize as usize))?;
    abi::PSTR::new(block).write_z(&text)?;
    lpBuffer.cast().write(&block)?;
    Ok(text.len() as u32)
}

/// Makes the text of a message, with its inserts.
#[shim(partial = "system messages are in English, and some errors have none")]
pub(in crate::kernel32) fn FormatMessageW(
    cx: &Cx,
    dwFlags: FORMAT_MESSAGE_OPTIONS,
    lpSource: Ptr<u8>,
    dwMessageId: u32,
    dwLanguageId: u32,
    lpBuffer: Ptr<u16>,
    nSize: u32,
    Arguments: Ptr<u64>,
) -> Win32Result<u32> {
    let source = Source { flags: dwFlags, source: lpSource, id: dwMessageId, language: dwLanguageId };
    let text = format::<PCWSTR>(cx, &source, Arguments, true)?;
    if !dwFlags.contains(FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_ALLOCATE_BUFFER) {
        return give(abi::PWSTR::new(lpBuffer), &text, nSize);
    }
    let block = block::allocate(cx, 2 * (text.len() + 1).max(nSize as usize))?;
    abi::PWSTR::new(block.cast()).write_z(&text)?;
    lpBuffer.cast().write(&block)?;
    Ok(text.len() as u32)
}

fn give<T: TextOut>(buffer: T, text: &[T::Unit], size: u32) -> Win32Result<u32> {
    if text.len() >= size as usize {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    buffer.put(text)?;
    Ok(text.len() as u32)
}

struct Source {
    flags: FORMAT_MESSAGE_OPTIONS,
    source: Ptr<u8>,
    id: u32,
    language: u32,
}

fn format<T: TextIn + At>(cx: &Cx, source: &Source, arguments: Ptr<u64>, wide: bool) -> Win32Result<Vec<u16>> {
    let flags = source.flags;
    let template = template::<T>(cx, source)?;
    let inserts = if flags.contains(FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_IGNORE_INSERTS) {
        None
    } else if arguments.is_null() || flags.contains(FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_ARGUMENT_ARRAY) {
        Some(Inserts::at(arguments, wide))
    } else {
        // The address of a `va_list`, which is the address of a row of slots like the array's.
        Some(Inserts::at(Ptr::at(arguments.read()?), wide))
    };
    let width = flags.bits() & FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_MAX_WIDTH_MASK.bits();
    let text = message_text::format(cx, &template, inserts, width, LONGEST).map_err(|error| match error {
        TextError::Fault(fault) => Refusal::from(fault),
        TextError::NoInserts | TextError::Malformed => WIN32_ERROR::ERROR_INVALID_PARAMETER.into(),
        TextError::TooLong => WIN32_ERROR::ERROR_MORE_DATA.into(),
    })?;
    Ok(text)
}

/// Text at an address.
trait At {
    fn at(address: Ptr<u8>) -> Self;
}

impl At for PCSTR {
    fn at(address: Ptr<u8>) -> Self {
        Self::new(address)
    }
}

impl At for PCWSTR {
    fn at(address: Ptr<u8>) -> Self {
        Self::new(address.cast())
    }
}

fn template<T: TextIn + At>(cx: &Cx, source: &Source) -> Win32Result<Vec<u16>> {
    let Source { flags, source, id, language } = *source;
    if flags.contains(FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_FROM_STRING) {
        return Ok(T::at(source).wide(cx)?);
    }
    let from_module = flags.contains(FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_FROM_HMODULE);
    let from_system = flags.contains(FORMAT_MESSAGE_OPTIONS::FORMAT_MESSAGE_FROM_SYSTEM);
    if !from_module && !from_system {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    if from_module {
        match module_message(cx, HANDLE(source.address()), id, language as u16) {
            Err(_) if from_system => {}
            found => return found,
        }
    }
    system_message(id).ok_or(WIN32_ERROR::ERROR_MR_MID_NOT_FOUND.into())
}

fn module_message(cx: &Cx, module: HANDLE, id: u32, language: u16) -> Win32Result<Vec<u16>> {
    let module = resources::module_or_program(cx, module)?;
    let language: Language = resources::language(language);
    let resources = module.image().and_then(|image| image.resources());
    let resources = resources.ok_or(WIN32_ERROR::ERROR_RESOURCE_DATA_NOT_FOUND)?;
    match resources.message(id, language) {
        Ok(Message::Unicode(text)) => Ok(text),
        Ok(Message::Ansi(text)) => Ok(text::to_wide(cx, &text)),
        Err(loader::resources::ResourceError::NameNotFound) => Err(WIN32_ERROR::ERROR_MR_MID_NOT_FOUND.into()),
        Err(reason) => Err(resources::error(reason).into()),
    }
}

/// The system's text for an error, which an `HRESULT` may carry.
fn system_message(id: u32) -> Option<Vec<u16>> {
    const FROM_WIN32: u32 = 0x8007;
    let error = if id >> 16 == FROM_WIN32 { id & 0xffff } else { id };
    let text = WIN32_ERROR(error).message()?;
    Some(text.encode_utf16().chain([u16::from(b'\r'), u16::from(b'\n')]).collect())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    const FROM_STRING: u64 = 0x400;
    const FROM_SYSTEM: u64 = 0x1000;
    const ARRAY: u64 = 0x2000;

    #[test]
    fn a_system_message_ends_its_line() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let buffer = guest.buffer(64);
            guest.call("kernel32!FormatMessageA", &[FROM_SYSTEM, 0, 5, 0, buffer, 64, 0]);
            assert_eq!(guest.read::<[u8; 20]>(buffer), *b"Access is denied.\r\n\0");
            guest.call("kernel32!FormatMessageA", &[FROM_SYSTEM, 0, 0x8007_0005, 0, buffer, 64, 0]);
            guest.call("kernel32!FormatMessageA", &[FROM_SYSTEM, 0, 5, 0, buffer, 19, 0]);
            guest.call("kernel32!FormatMessageA", &[FROM_SYSTEM, 0, 0x1234_5678, 0, buffer, 64, 0]);
            guest.call("kernel32!FormatMessageA", &[0, 0, 5, 0, buffer, 64, 0]);
        });
        assert_snapshot!(trace, @r"
        kernel32!FormatMessageA(dwFlags=FORMAT_MESSAGE_FROM_SYSTEM, lpSource=NULL, dwMessageId=5, dwLanguageId=0, lpBuffer=@1, nSize=64, Arguments=NULL) = 19
        kernel32!FormatMessageA(dwFlags=FORMAT_MESSAGE_FROM_SYSTEM, lpSource=NULL, dwMessageId=2147942405, dwLanguageId=0, lpBuffer=@1, nSize=64, Arguments=NULL) = 19
        kernel32!FormatMessageA(dwFlags=FORMAT_MESSAGE_FROM_SYSTEM, lpSource=NULL, dwMessageId=5, dwLanguageId=0, lpBuffer=@1, nSize=19, Arguments=NULL) = 0 (ERROR_INSUFFICIENT_BUFFER)
        kernel32!FormatMessageA(dwFlags=FORMAT_MESSAGE_FROM_SYSTEM, lpSource=NULL, dwMessageId=305419896, dwLanguageId=0, lpBuffer=@1, nSize=64, Arguments=NULL) = 0 (ERROR_MR_MID_NOT_FOUND)
        kernel32!FormatMessageA(dwFlags=0, lpSource=NULL, dwMessageId=5, dwLanguageId=0, lpBuffer=@1, nSize=64, Arguments=NULL) = 0 (ERROR_INVALID_PARAMETER)
        ");
    }

    #[test]
    fn inserts_come_from_an_array_into_a_block_that_can_be_freed() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (result, array) = (guest.buffer(8), guest.buffer(16));
            abi::Ptr::at(array).write_slice(&[guest.wide("x.txt"), 7]).unwrap();
            let format = guest.wide("%2!03d! times %1%n%0dropped");
            guest.call("kernel32!FormatMessageW", &[FROM_STRING | ARRAY | 0x100, format, 0, 0, result, 0, array]);
            let block: u64 = guest.read(result);
            let text = abi::PCWSTR::new(abi::Ptr::at(block)).read().unwrap();
            assert_eq!(String::from_utf16(&text).unwrap(), "007 times x.txt\r\n");
            guest.call("kernel32!LocalFree", &[block]);
            guest.call("kernel32!FormatMessageW", &[FROM_STRING, format, 0, 0, result, 0, 0]);
        });
        assert_snapshot!(trace, @r"
        kernel32!FormatMessageW(dwFlags=FORMAT_MESSAGE_ALLOCATE_BUFFER|FORMAT_MESSAGE_FROM_STRING|FORMAT_MESSAGE_ARGUMENT_ARRAY, lpSource=@1, dwMessageId=0, dwLanguageId=0, lpBuffer=@2, nSize=0, Arguments=@3) = 17
        kernel32!LocalFree(hMem=@4) = NULL
        kernel32!FormatMessageW(dwFlags=FORMAT_MESSAGE_FROM_STRING, lpSource=@1, dwMessageId=0, dwLanguageId=0, lpBuffer=@2, nSize=0, Arguments=NULL) = 0 (ERROR_INVALID_PARAMETER)
        ");
    }
}
