//! consoleapi.h: modes, code pages, reading and writing.

use abi::{HANDLE, In, Out, PCSTR, Ptr, WIN32_ERROR, Win32Result, fault, shim};
use syscall_xlate::Cx;
use syscall_xlate::console::{CONSOLE_MODE, Console, ControlHandler, End};
use syscall_xlate::file::File;
use syscall_xlate::nls::CodePage;

abi::guest_struct! {
    /// How a line is read.
    pub(super) struct CONSOLE_READCONSOLE_CONTROL {
        nLength: u32,
        nInitialChars: u32,
        dwCtrlWakeupMask: u32,
        dwControlKeyState: u32,
    }
}

/// Text is copied from the guest in pieces of this many units.
const PIECE: usize = 32 * 1024;
/// The most that one call reads, in units: a terminal's line is shorter.
const MOST: u32 = 64 * 1024;

/// Runs `work` on a console and the end of it that a handle is.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` for a handle that is no console, or not `end`.
pub(super) fn with_console<R>(
    cx: &Cx,
    handle: HANDLE,
    end: Option<End>,
    work: impl FnOnce(&Console, &File, End) -> Win32Result<R>,
) -> Win32Result<R> {
    let file = cx.process.handles.get::<File>(handle, 0).map_err(|_| WIN32_ERROR::ERROR_INVALID_HANDLE)?;
    match file.console() {
        Some((console, this)) if end.is_none_or(|end| end == this) => work(console, &file, this),
        _ => Err(WIN32_ERROR::ERROR_INVALID_HANDLE.into()),
    }
}

/// Gives a console's mode. Fails for a file or a pipe, by which programs tell them apart.
#[shim(full)]
pub(super) fn GetConsoleMode(cx: &Cx, hConsoleHandle: HANDLE, lpMode: Out<CONSOLE_MODE>) -> Win32Result<()> {
    with_console(cx, hConsoleHandle, None, |console, _, end| Ok(lpMode.set(console.mode(end))?))
}

/// Sets a console's mode.
#[shim(partial = "of input, lines, echo and processing change the terminal; of output, modes are only remembered")]
pub(super) fn SetConsoleMode(cx: &Cx, hConsoleHandle: HANDLE, dwMode: CONSOLE_MODE) -> Win32Result<()> {
    with_console(cx, hConsoleHandle, None, |console, file, end| Ok(console.set_mode(file, end, dwMode)?))?;
    // A signal that ended the process would leave the terminal as it is.
    cx.hear_control_events();
    Ok(())
}

/// Gives the code page of input.
#[shim(full)]
pub(super) fn GetConsoleCP(cx: &Cx) -> u32 {
    cx.process.console.code_page(End::Input).number()
}

/// Gives the code page of output.
#[shim(full)]
pub(super) fn GetConsoleOutputCP(cx: &Cx) -> u32 {
    cx.process.console.code_page(End::Output).number()
}

/// Sets the code page of input.
#[shim(full)]
pub(super) fn SetConsoleCP(cx: &Cx, wCodePageID: u32) -> Win32Result<()> {
    set_code_page(cx, End::Input, wCodePageID)
}

/// Sets the code page of output.
#[shim(full)]
pub(super) fn SetConsoleOutputCP(cx: &Cx, wCodePageID: u32) -> Win32Result<()> {
    set_code_page(cx, End::Output, wCodePageID)
}

fn set_code_page(cx: &Cx, end: End, number: u32) -> Win32Result<()> {
    let page = CodePage::new(number).filter(|page| page.number() == number);
    cx.process.console.set_code_page(end, page.ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?);
    Ok(())
}

/// Writes text of the output code page.
#[shim(full)]
pub(super) fn WriteConsoleA(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    lpBuffer: PCSTR,
    nNumberOfCharsToWrite: u32,
    lpNumberOfCharsWritten: Out<u32>,
    lpReserved: Ptr<u8>,
) -> Win32Result<()> {
    // Reserved: NULL.
    let _ = lpReserved;
    with_console(cx, hConsoleOutput, Some(End::Output), |console, file, _| {
        each_piece(lpBuffer.ptr(), nNumberOfCharsToWrite, |bytes| Ok(console.write_ansi(file, bytes)?))
    })?;
    Ok(lpNumberOfCharsWritten.set_opt(nNumberOfCharsToWrite)?)
}

/// Writes text.
#[shim(full)]
pub(super) fn WriteConsoleW(
    cx: &Cx,
    hConsoleOutput: HANDLE,
    lpBuffer: Ptr<u16>,
    nNumberOfCharsToWrite: u32,
    lpNumberOfCharsWritten: Out<u32>,
    lpReserved: Ptr<u8>,
) -> Win32Result<()> {
    // Reserved: NULL.
    let _ = lpReserved;
    with_console(cx, hConsoleOutput, Some(End::Output), |console, file, _| {
        each_piece(lpBuffer, nNumberOfCharsToWrite, |units| Ok(console.write_text(file, units)?))
    })?;
    Ok(lpNumberOfCharsWritten.set_opt(nNumberOfCharsToWrite)?)
}

fn each_piece<T: abi::Guest>(
    text: Ptr<T>,
    count: u32,
    mut work: impl FnMut(&[T]) -> Win32Result<()>,
) -> Win32Result<()> {
    let mut done = 0;
    while done < count as usize {
        let now = PIECE.min(count as usize - done);
        work(&text.offset(done).read_slice(now)?)?;
        done += now;
    }
    Ok(())
}

/// Reads text in the input code page: what is left of a line, or a new one.
#[shim(partial = "no initial text and no control keys that end a line")]
pub(super) fn ReadConsoleA(
    cx: &Cx,
    hConsoleInput: HANDLE,
    lpBuffer: Ptr<u8>,
    nNumberOfCharsToRead: u32,
    lpNumberOfCharsRead: Out<u32>,
    pInputControl: In<CONSOLE_READCONSOLE_CONTROL>,
) -> Win32Result<()> {
    // Documented: for Unicode only.
    let _ = pInputControl;
    let read = with_console(cx, hConsoleInput, Some(End::Input), |console, file, _| {
        let text = console.read_text(file, nNumberOfCharsToRead.min(MOST) as usize)?;
        let bytes = console.code_page(End::Input).encode(&text);
        let kept = bytes.get(..bytes.len().min(nNumberOfCharsToRead as usize)).unwrap_or_default();
        fault::write(lpBuffer.address(), kept)?;
        Ok(kept.len())
    })?;
    Ok(lpNumberOfCharsRead.set_opt(read as u32)?)
}

/// Reads text: what is left of a line, or a new one.
#[shim(partial = "no initial text and no control keys that end a line")]
pub(super) fn ReadConsoleW(
    cx: &Cx,
    hConsoleInput: HANDLE,
    lpBuffer: Ptr<u16>,
    nNumberOfCharsToRead: u32,
    lpNumberOfCharsRead: Out<u32>,
    pInputControl: In<CONSOLE_READCONSOLE_CONTROL>,
) -> Win32Result<()> {
    let _ = pInputControl;
    let read = with_console(cx, hConsoleInput, Some(End::Input), |console, file, _| {
        let text = console.read_text(file, nNumberOfCharsToRead.min(MOST) as usize)?;
        lpBuffer.write_slice(&text)?;
        Ok(text.len())
    })?;
    Ok(lpNumberOfCharsRead.set_opt(read as u32)?)
}

/// Adds or removes a control handler; with NULL, ignores Ctrl+C or no longer. Events come from signals of the host: `CTRL_C_EVENT` from SIGINT,
/// `CTRL_BREAK_EVENT` from SIGQUIT, `CTRL_CLOSE_EVENT` from SIGHUP and SIGTERM.
#[shim(full)]
pub(super) fn SetConsoleCtrlHandler(cx: &Cx, HandlerRoutine: Ptr<u8>, Add: bool) -> Win32Result<()> {
    let console = &cx.process.console;
    match HandlerRoutine.opt() {
        None => console.ignore_ctrl_c(Add),
        Some(handler) if Add => console.add_handler(ControlHandler::Guest(handler.address()))?,
        Some(handler) => console.remove_handler(ControlHandler::Guest(handler.address()))?,
    }
    cx.hear_control_events();
    Ok(())
}

/// Gives the number of input events that wait.
#[shim(partial = "one when the terminal has input, whatever it is")]
pub(super) fn GetNumberOfConsoleInputEvents(
    cx: &Cx,
    hConsoleInput: HANDLE,
    lpNumberOfEvents: Out<u32>,
) -> Win32Result<()> {
    let waits = with_console(cx, hConsoleInput, Some(End::Input), |console, file, _| Ok(console.has_input(file)))?;
    Ok(lpNumberOfEvents.set(u32::from(waits))?)
}

/// Attaches the process to a new console. It has one already: the terminal, or none to be had.
#[shim(full)]
pub(super) fn AllocConsole() -> Win32Result<()> {
    // Documented: fails for a process that has a console.
    Err(WIN32_ERROR::ERROR_ACCESS_DENIED.into())
}

/// Attaches the process to another process's console.
#[shim(full)]
pub(super) fn AttachConsole(dwProcessId: u32) -> Win32Result<()> {
    let _ = dwProcessId;
    Err(WIN32_ERROR::ERROR_ACCESS_DENIED.into())
}

#[cfg(test)]
mod tests {
    use abi::Ptr;
    use syscall_xlate::testing;

    #[test]
    fn a_pipe_is_no_console() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let (read, write) = (guest.buffer(8), guest.buffer(8));
            guest.call("kernel32!CreatePipe", &[read, write, 0, 0]);
            let write = Ptr::<u64>::at(write).read().unwrap();
            guest.call("kernel32!GetConsoleMode", &[write, guest.buffer(4)]);
            guest.call("kernel32!WriteConsoleW", &[write, guest.wide("x"), 1, 0, 0]);
            guest.call("kernel32!GetConsoleMode", &[0, guest.buffer(4)]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!CreatePipe(hReadPipe=&h1, hWritePipe=&h2, lpPipeAttributes=NULL, nSize=0) = TRUE
        kernel32!GetConsoleMode(hConsoleHandle=h2, lpMode=@3) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!WriteConsoleW(hConsoleOutput=h2, lpBuffer=@4, nNumberOfCharsToWrite=1, lpNumberOfCharsWritten=NULL, lpReserved=NULL) = FALSE (ERROR_INVALID_HANDLE)
        kernel32!GetConsoleMode(hConsoleHandle=0x0, lpMode=@5) = FALSE (ERROR_INVALID_HANDLE)
        "#);
    }

    #[test]
    fn code_pages_are_set_if_they_are_there() {
        let trace = testing::trace(crate::dlls(), |guest| {
            guest.call("kernel32!GetConsoleOutputCP", &[]);
            guest.call("kernel32!SetConsoleOutputCP", &[65001]);
            guest.call("kernel32!GetConsoleOutputCP", &[]);
            guest.call("kernel32!SetConsoleCP", &[1]);
            guest.call("kernel32!GetConsoleCP", &[]);
        });
        insta::assert_snapshot!(trace, @r#"
        kernel32!GetConsoleOutputCP() = 437
        kernel32!SetConsoleOutputCP(wCodePageID=65001) = TRUE
        kernel32!GetConsoleOutputCP() = 65001
        kernel32!SetConsoleCP(wCodePageID=1) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!GetConsoleCP() = 437
        "#);
    }
}
