//! The console: modes, code pages, reading lines, writing text to a terminal.
//!
//! A terminal is a console; a file or a pipe is not, and bytes pass through it unchanged.

mod control;
mod screen;
mod standard;
mod text;

pub use control::{ControlEvent, ControlHandler};
pub use screen::{Coordinates, ScreenBuffer};
pub use standard::{Standard, StandardHandles};

use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use abi::{NTSTATUS, NtResult};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::nls::{CodePage, OEM_CODE_PAGE};

abi::flags! {
    /// How input is read and output written (<https://learn.microsoft.com/windows/console/setconsolemode>). The names are those of input;
    /// for output 1 is `ENABLE_PROCESSED_OUTPUT`, 2 `ENABLE_WRAP_AT_EOL_OUTPUT`, 4 `ENABLE_VIRTUAL_TERMINAL_PROCESSING`.
    pub struct CONSOLE_MODE: u32 {
        ENABLE_PROCESSED_INPUT = 0x1;
        ENABLE_LINE_INPUT = 0x2;
        ENABLE_ECHO_INPUT = 0x4;
        ENABLE_WINDOW_INPUT = 0x8;
        ENABLE_MOUSE_INPUT = 0x10;
        ENABLE_INSERT_MODE = 0x20;
        ENABLE_QUICK_EDIT_MODE = 0x40;
        ENABLE_EXTENDED_FLAGS = 0x80;
        ENABLE_AUTO_POSITION = 0x100;
        ENABLE_VIRTUAL_TERMINAL_INPUT = 0x200;
    }
}

/// Which end of the console a handle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The keyboard.
    Input,
    /// The screen.
    Output,
}

/// The state of a process's console.
pub struct Console {
    /// Taken alone, and never while the terminal is read.
    state: Mutex<State>,
    /// Input that was read and not yet handed out. Held while the terminal is read: one reader at a time.
    input: Mutex<Vec<u16>>,
    /// It is that of a program which has its host process to itself.
    of_program: AtomicBool,
    /// The signal that ends the process, 0 for none.
    ends_by: AtomicI32,
}

struct State {
    input_mode: CONSOLE_MODE,
    output_mode: CONSOLE_MODE,
    input_page: CodePage,
    output_page: CodePage,
    title: Vec<u16>,
    /// Colours, as `SetConsoleTextAttribute` takes them.
    attributes: u16,
    cursor_hidden: bool,
    /// Bytes of a character whose rest is still to come.
    partial_bytes: Vec<u8>,
    /// The first half of a surrogate pair whose second is still to come.
    partial_pair: Option<u16>,
    /// Control handlers, last added last.
    handlers: Vec<ControlHandler>,
    ignores_ctrl_c: bool,
    /// The terminal's settings before the program changed them.
    original: Option<(OwnedFd, Termios)>,
}

/// Most control handlers a process may have; Windows has no such limit, memory has.
const MOST_HANDLERS: usize = 1024;

impl Default for Console {
    fn default() -> Self {
        let page = CodePage::new(OEM_CODE_PAGE).unwrap_or(CodePage::ANSI);
        Self {
            state: Mutex::new(State {
                input_mode: CONSOLE_MODE::from_bits_retain(0x1f7),
                output_mode: CONSOLE_MODE::from_bits_retain(0x3),
                input_page: page,
                output_page: page,
                title: Vec::new(),
                attributes: screen::DEFAULT_ATTRIBUTES,
                cursor_hidden: false,
                partial_bytes: Vec::new(),
                partial_pair: None,
                handlers: Vec::new(),
                ignores_ctrl_c: false,
                original: None,
            }),
            input: Mutex::default(),
            of_program: AtomicBool::new(false),
            ends_by: AtomicI32::new(0),
        }
    }
}

impl Console {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The mode of one end.
    pub fn mode(&self, end: End) -> CONSOLE_MODE {
        let state = self.state();
        match end {
            End::Input => state.input_mode,
            End::Output => state.output_mode,
        }
    }

    /// Sets the mode of one end. Line input, echo and processed input change the terminal; it gets its settings back
    /// when the process ends.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for echo without line input, which Windows refuses.
    pub fn set_mode(&self, terminal: impl AsFd, end: End, mode: CONSOLE_MODE) -> NtResult<()> {
        let mut state = self.state();
        if end == End::Output {
            state.output_mode = mode;
            return Ok(());
        }
        let wants = |flag| mode.contains(flag);
        if wants(CONSOLE_MODE::ENABLE_ECHO_INPUT) && !wants(CONSOLE_MODE::ENABLE_LINE_INPUT) {
            return Err(NTSTATUS::STATUS_INVALID_PARAMETER);
        }
        let host_modes =
            CONSOLE_MODE::ENABLE_LINE_INPUT | CONSOLE_MODE::ENABLE_ECHO_INPUT | CONSOLE_MODE::ENABLE_PROCESSED_INPUT;
        if (state.input_mode ^ mode).intersects(host_modes)
            && let Ok(mut settings) = tcgetattr(&terminal)
        {
            if state.original.is_none() {
                let terminal = rustix::io::fcntl_dupfd_cloexec(&terminal, 3).ok();
                state.original = terminal.map(|terminal| (terminal, settings.clone()));
            }
            settings.local_modes.set(LocalModes::ICANON, wants(CONSOLE_MODE::ENABLE_LINE_INPUT));
            settings.local_modes.set(LocalModes::ECHO, wants(CONSOLE_MODE::ENABLE_ECHO_INPUT));
            settings.local_modes.set(LocalModes::ISIG, wants(CONSOLE_MODE::ENABLE_PROCESSED_INPUT));
            let _ = tcsetattr(&terminal, OptionalActions::Now, &settings);
        }
        state.input_mode = mode;
        Ok(())
    }

    /// Gives the terminal back the settings it had. For the end of the process, however it comes: waits for nobody.
    pub(crate) fn restore(&self) {
        let original = match self.state.try_lock() {
            Ok(mut state) => state.original.take(),
            Err(TryLockError::Poisoned(state)) => state.into_inner().original.take(),
            Err(TryLockError::WouldBlock) => None,
        };
        if let Some((terminal, settings)) = original {
            let _ = tcsetattr(terminal, OptionalActions::Now, &settings);
        }
    }

    /// The code page of one end.
    pub fn code_page(&self, end: End) -> CodePage {
        let state = self.state();
        match end {
            End::Input => state.input_page,
            End::Output => state.output_page,
        }
    }

    /// Sets the code page of one end.
    pub fn set_code_page(&self, end: End, page: CodePage) {
        let mut state = self.state();
        match end {
            End::Input => state.input_page = page,
            End::Output => {
                state.output_page = page;
                state.partial_bytes.clear();
            }
        }
    }

    /// The window's title.
    pub fn title(&self) -> Vec<u16> {
        self.state().title.clone()
    }

    /// Sets the window's title.
    pub fn set_title(&self, title: &[u16]) {
        self.state().title = title.to_vec();
    }

    /// Adds a control handler.
    ///
    /// # Errors
    /// `STATUS_NO_MEMORY` for too many.
    pub fn add_handler(&self, handler: ControlHandler) -> NtResult<()> {
        let handlers = &mut self.state().handlers;
        if handlers.len() >= MOST_HANDLERS {
            return Err(NTSTATUS::STATUS_NO_MEMORY);
        }
        handlers.push(handler);
        Ok(())
    }

    /// Adds a control handler, unless it was.
    ///
    /// # Errors
    /// As [`Self::add_handler`].
    pub fn add_handler_once(&self, handler: ControlHandler) -> NtResult<()> {
        if self.state().handlers.iter().any(|added| added.is(&handler)) { Ok(()) } else { self.add_handler(handler) }
    }

    /// Removes a control handler that was added.
    ///
    /// # Errors
    /// `STATUS_INVALID_PARAMETER` for one that was not.
    pub fn remove_handler(&self, handler: ControlHandler) -> NtResult<()> {
        let handlers = &mut self.state().handlers;
        let at = handlers.iter().rposition(|added| added.is(&handler)).ok_or(NTSTATUS::STATUS_INVALID_PARAMETER)?;
        handlers.remove(at);
        Ok(())
    }

    /// The last control handler that was added before the one at `index`, and its own index: the order in which they are called.
    pub(crate) fn handler_before(&self, index: usize) -> Option<(usize, ControlHandler)> {
        let state = self.state();
        let at = index.min(state.handlers.len()).checked_sub(1)?;
        state.handlers.get(at).map(|handler| (at, *handler))
    }

    /// Says that the program has its host process to itself, signals included.
    pub(crate) fn belongs_to_program(&self) {
        self.of_program.store(true, Ordering::Relaxed);
    }

    fn is_of_program(&self) -> bool {
        self.of_program.load(Ordering::Relaxed)
    }

    /// Says whether Ctrl+C is ignored (`SetConsoleCtrlHandler(NULL, ..)`).
    pub fn ignore_ctrl_c(&self, ignore: bool) {
        self.state().ignores_ctrl_c = ignore;
    }

    /// True when Ctrl+C is ignored.
    pub fn ignores_ctrl_c(&self) -> bool {
        self.state().ignores_ctrl_c
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handlers_are_called_last_added_first() {
        let console = Console::default();
        let guest = |address: u64| ControlHandler::Guest(address);
        let order = || {
            let mut called = Vec::new();
            let mut index = usize::MAX;
            while let Some((at, ControlHandler::Guest(address))) = console.handler_before(index) {
                called.push(address);
                index = at;
            }
            called
        };
        for address in [1, 2, 1] {
            console.add_handler(guest(address)).unwrap();
        }
        assert_eq!(order(), [1, 2, 1]);
        console.remove_handler(guest(1)).unwrap();
        console.add_handler_once(guest(2)).unwrap();
        assert_eq!(order(), [2, 1]);
        assert_eq!(console.remove_handler(guest(3)), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
    }

    #[test]
    fn echo_needs_line_input() {
        let console = Console::default();
        let mode = CONSOLE_MODE::ENABLE_ECHO_INPUT;
        assert_eq!(console.set_mode(std::io::stdin(), End::Input, mode), Err(NTSTATUS::STATUS_INVALID_PARAMETER));
    }

    #[test]
    fn the_terminal_gets_its_settings_back() {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&controller).and_then(|()| unlockpt(&controller)).unwrap();
        let name = ptsname(&controller, Vec::new()).unwrap();
        let mut how = std::fs::File::options();
        std::os::unix::fs::OpenOptionsExt::custom_flags(how.read(true).write(true), libc::O_NOCTTY);
        let terminal = how.open(name.to_str().unwrap()).unwrap();
        let modes = || tcgetattr(&terminal).unwrap().local_modes;
        let before = modes();
        assert!(before.contains(LocalModes::ECHO));
        let console = Console::default();
        console.set_mode(&terminal, End::Input, CONSOLE_MODE::ENABLE_LINE_INPUT).unwrap();
        console.set_mode(&terminal, End::Input, CONSOLE_MODE::empty()).unwrap();
        assert!(!modes().intersects(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
        console.restore();
        assert_eq!(modes(), before);
    }
}
