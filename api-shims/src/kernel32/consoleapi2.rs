//! consoleapi2.h: the screen buffer.

use abi::{HANDLE, Out, PCSTR, PCWSTR, PSTR, PWSTR, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;
use syscall_xlate::console::{ControlEvent, Coordinates, End};

use super::consoleapi::with_console;
use crate::text;

abi::flags! {
    /// Colours of characters.
    pub(super) struct CONSOLE_CHARACTER_ATTRIBUTES: u16 {
        FOREGROUND_BLUE = 0x1;
        FOREGROUND_GREEN = 0x2;
        FOREGROUND_RED = 0x4;
        FOREGROUND_INTENSITY = 0x8;
        BACKGROUND_BLUE = 0x10;
        BACKGROUND_GREEN = 0x20;
        BACKGROUND_RED = 0x40;
        BACKGROUND_INTENSITY = 0x80;
    }
}

abi::choices! {
    /// What a control handler is told.
    pub(super) struct CTRL_EVENT: u32 {
        CTRL_C_EVENT = 0;
        CTRL_BREAK_EVENT = 1;
    }
}

abi::guest_struct! {
    /// A column and a row.
    pub(super) struct COORD {
        X: i16,
        Y: i16,
    }

    /// A part of the screen buffer, both ends included.
    pub(super) struct SMALL_RECT {
        Left: i16,
        Top: i16,
        Right: i16,
        Bottom: i16,
    }

    /// What is known of the screen buffer.
    pub(super) struct CONSOLE_SCREEN_BUFFER_INFO {
        dwSize: COORD,
        dwCursorPosition: COORD,
        wAttributes: CONSOLE_CHARACTER_ATTRIBUTES,
        srWindow: SMALL_RECT,
        dwMaximumWindowSize: COORD,
    }

    /// What the cursor looks like.
    pub(super) struct CONSOLE_CURSOR_INFO {
        dwSize: u32,
        bVisible: i32,
    }
}

/// A `COORD` that is passed by value: column in the low half, row in the high one.
fn coordinates(packed: u32) -> Coordinates {
    Coordinates { x: packed as i16, y: (packed >> 16) as i16 }
}

fn packed(of: Coordinates) -> COORD {
    COORD { X: of.x, Y: of.y }
}

/// Gives the size, cursor and colours of the screen buffer.
#[shim(partial = "the buffer is the terminal's window, and the cursor is said to be at its top left")]
pub(super) fn GetConsoleScreenBufferInfo(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    lpConsoleScreenBufferInfo: Out<CONSOLE_SCREEN_BUFFER_INFO>,
) -> Win32Result<()> {
    let known =
        with_console(cx, hConsoleOutput, Some(End::Output), |console, file, _| Ok(console.screen_buffer(file)?))?;
    Ok(lpConsoleScreenBufferInfo.set(CONSOLE_SCREEN_BUFFER_INFO {
        dwSize: packed(known.size),
        dwCursorPosition: packed(known.cursor),
        wAttributes: CONSOLE_CHARACTER_ATTRIBUTES::from_bits_retain(known.attributes),
        srWindow: SMALL_RECT { Left: 0, Top: 0, Right: known.size.x - 1, Bottom: known.size.y - 1 },
        dwMaximumWindowSize: packed(known.size),
    })?)
}

/// Sets the colours of what is written next.
#[shim(full)]
pub(super) fn SetConsoleTextAttribute(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    wAttributes: CONSOLE_CHARACTER_ATTRIBUTES,
) -> Win32Result<()> {
    with_console(cx, hConsoleOutput, Some(End::Output), |console, file, _| {
        Ok(console.set_attributes(file, wAttributes.bits())?)
    })
}

/// Moves the cursor.
#[shim(full)]
pub(super) fn SetConsoleCursorPosition(cx: &Cx, hConsoleOutput: HANDLE, dwCursorPosition: u32) -> Win32Result<()> {
    with_console(cx, hConsoleOutput, Some(End::Output), |console, file, _| {
        Ok(console.set_cursor(file, coordinates(dwCursorPosition))?)
    })
}

/// Writes one character many times, from a place on.
#[shim(partial = "moves the cursor, which Windows leaves where it is")]
pub(super) fn FillConsoleOutputCharacterA(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    cCharacter: u8,
    nLength: u32,
    dwWriteCoord: u32,
    lpNumberOfCharsWritten: Out<u32>,
) -> Win32Result<()> {
    let unit = text::to_wide(cx, &[cCharacter]).first().copied().unwrap_or(0x20);
    fill(cx, hConsoleOutput, unit, nLength, dwWriteCoord, lpNumberOfCharsWritten)
}

/// Writes one character many times, from a place on.
#[shim(partial = "moves the cursor, which Windows leaves where it is")]
pub(super) fn FillConsoleOutputCharacterW(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    cCharacter: u16,
    nLength: u32,
    dwWriteCoord: u32,
    lpNumberOfCharsWritten: Out<u32>,
) -> Win32Result<()> {
    fill(cx, hConsoleOutput, cCharacter, nLength, dwWriteCoord, lpNumberOfCharsWritten)
}

fn fill(cx: &Cx, handle: HANDLE, unit: u16, count: u32, from: u32, written: Out<u32>) -> Win32Result<()> {
    let done = with_console(cx, handle, Some(End::Output), |console, file, _| {
        let (from, size) = (coordinates(from), console.screen_buffer(file)?.size);
        // No further than the buffer goes.
        let room = (i32::from(size.x) * (i32::from(size.y) - i32::from(from.y)) - i32::from(from.x)).max(0);
        let count = (count as usize).min(room as usize);
        console.set_cursor(file, from)?;
        console.write_text(file, &vec![unit; count])?;
        console.set_cursor(file, from)?;
        Ok(count)
    })?;
    Ok(written.set(done as u32)?)
}

/// Colours many characters, from a place on.
#[shim(partial = "a terminal cannot colour what is written already: nothing is coloured, and none reported")]
pub(super) fn FillConsoleOutputAttribute(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    wAttribute: u16,
    nLength: u32,
    dwWriteCoord: u32,
    lpNumberOfAttrsWritten: Out<u32>,
) -> Win32Result<()> {
    let _ = (wAttribute, nLength, dwWriteCoord);
    with_console(cx, hConsoleOutput, Some(End::Output), |_, _, _| Ok(()))?;
    Ok(lpNumberOfAttrsWritten.set(0)?)
}

/// Gives what the cursor looks like.
#[shim(full)]
pub(super) fn GetConsoleCursorInfo(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    lpConsoleCursorInfo: Out<CONSOLE_CURSOR_INFO>,
) -> Win32Result<()> {
    let visible = with_console(cx, hConsoleOutput, Some(End::Output), |console, _, _| Ok(console.shows_cursor()))?;
    /// Percent of a character's cell that the cursor fills.
    const SIZE: u32 = 25;
    Ok(lpConsoleCursorInfo.set(CONSOLE_CURSOR_INFO { dwSize: SIZE, bVisible: i32::from(visible) })?)
}

/// Sets what the cursor looks like.
#[shim(partial = "shows or hides it; its size is the terminal's")]
pub(super) fn SetConsoleCursorInfo(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    lpConsoleCursorInfo: abi::In<CONSOLE_CURSOR_INFO>,
) -> Win32Result<()> {
    let wanted = lpConsoleCursorInfo.read()?;
    if !(1..=100).contains(&wanted.dwSize) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    with_console(cx, hConsoleOutput, Some(End::Output), |console, file, _| {
        Ok(console.show_cursor(file, wanted.bVisible != 0)?)
    })
}

/// Throws away input that was not read.
#[shim(full)]
pub(super) fn FlushConsoleInputBuffer(cx: &Cx, hConsoleInput: HANDLE) -> Win32Result<()> {
    with_console(cx, hConsoleInput, Some(End::Input), |console, file, _| {
        console.flush_input(file);
        Ok(())
    })
}

/// Gives the window's title.
#[shim(full)]
pub(super) fn GetConsoleTitleA(cx: &Cx, lpConsoleTitle: PSTR, nSize: u32) -> Win32Result<u32> {
    let title = text::to_ansi(cx, &cx.process.console.title());
    let kept = title.len().min((nSize as usize).saturating_sub(1));
    if nSize > 0 {
        lpConsoleTitle.write_z(&title[..kept])?;
    }
    Ok(title.len() as u32)
}

/// Gives the window's title.
#[shim(full)]
pub(super) fn GetConsoleTitleW(cx: &Cx, lpConsoleTitle: PWSTR, nSize: u32) -> Win32Result<u32> {
    let title = cx.process.console.title();
    let kept = title.len().min((nSize as usize).saturating_sub(1));
    if nSize > 0 {
        lpConsoleTitle.write_z(&title[..kept])?;
    }
    Ok(title.len() as u32)
}

/// Sets the window's title.
#[shim(partial = "the terminal's own title stays")]
pub(super) fn SetConsoleTitleA(cx: &Cx, lpConsoleTitle: PCSTR) -> Win32Result<()> {
    cx.process.console.set_title(&text::to_wide(cx, &lpConsoleTitle.read()?));
    Ok(())
}

/// Sets the window's title.
#[shim(partial = "the terminal's own title stays")]
pub(super) fn SetConsoleTitleW(cx: &Cx, lpConsoleTitle: PCWSTR) -> Win32Result<()> {
    cx.process.console.set_title(&lpConsoleTitle.read()?);
    Ok(())
}

/// Gives the largest size the window could have: the one it has.
#[shim(full)]
pub(super) fn GetLargestConsoleWindowSize(cx: &Cx, hConsoleOutput: HANDLE) -> Win32Result<u32> {
    let size =
        with_console(cx, hConsoleOutput, Some(End::Output), |console, file, _| Ok(console.screen_buffer(file)?.size))?;
    Ok(u32::from(size.x as u16) | u32::from(size.y as u16) << 16)
}

/// Tells the processes of a group of an event. Ctrl+C cannot be told to a group other than the caller's, and then is to none.
#[shim(partial = "only the process itself is told")]
pub(super) fn GenerateConsoleCtrlEvent(cx: &Cx, dwCtrlEvent: CTRL_EVENT, dwProcessGroupId: u32) -> Win32Result<()> {
    let event = match dwCtrlEvent {
        CTRL_EVENT::CTRL_C_EVENT if dwProcessGroupId != 0 => return Ok(()),
        CTRL_EVENT::CTRL_C_EVENT => ControlEvent::CtrlC,
        CTRL_EVENT::CTRL_BREAK_EVENT if [0, cx.process.id()].contains(&dwProcessGroupId) => ControlEvent::CtrlBreak,
        _ => return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    };
    Ok(cx.raise_control_event(event)?)
}
