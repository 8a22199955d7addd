//! Names and lines for frames, from another process: what reads symbol files must not rely on the memory of one that has crashed.

use std::ffi::CStr;
use std::fmt::Write;

use super::frames::{Found, Frame};
use super::text::Text;
use crate::Cx;

/// How long it may take, in milliseconds.
const PATIENCE: u32 = 10_000;

/// The answer of the other process: a line for each frame.
pub(super) struct Answers {
    file: libc::c_int,
    at: i64,
}

impl Answers {
    /// Has the program at `program` (exeunt itself) look for the frames. Allocates nothing.
    pub(super) fn of(cx: &Cx<'_>, program: &CStr, frames: &[Frame]) -> Option<Self> {
        let (questions, answers) = (memory_file()?, memory_file()?);
        for frame in frames {
            let mut text = Text::new();
            question(cx, frame, &mut text);
            if !text.write_to(questions) {
                return None;
            }
        }
        run(program, questions, answers)?;
        Some(Self { file: answers, at: 0 })
    }

    /// The next frame's line, without its end; empty when nothing is known. `to` is where it is kept.
    pub(super) fn next<'a>(&mut self, to: &'a mut [u8; 1024]) -> &'a str {
        // SAFETY: reads into a buffer of this length.
        let count = unsafe { libc::pread(self.file, to.as_mut_ptr().cast(), to.len(), self.at) };
        let read = &to[..usize::try_from(count).unwrap_or_default()];
        let end = read.iter().position(|&byte| byte == b'\n');
        // A line that is too long is none, and nothing behind it is found.
        let Some(end) = end else { return "" };
        self.at += end as i64 + 1;
        std::str::from_utf8(&read[..end]).unwrap_or_default()
    }
}

/// `file+0x1450`, with `-1` for a return address; an empty line for what is in no file.
fn question(cx: &Cx<'_>, frame: &Frame, text: &mut Text) {
    let module = cx.process.module_of(frame.address);
    if let Some(module) = &module
        && let (Some(path), Some(rva)) =
            (module.host_path().and_then(|path| path.to_str()), module.rva_of(frame.address))
        && !path.contains('\n')
    {
        let behind = if frame.found == Found::Here { "" } else { "-1" };
        let _ = write!(text, "{path}+{rva:#x}{behind}");
    }
    let _ = text.write_str("\n");
}

fn memory_file() -> Option<libc::c_int> {
    // SAFETY: makes a file of its own.
    let file = unsafe { libc::memfd_create(c"exeunt-report".as_ptr(), libc::MFD_CLOEXEC) };
    (file >= 0).then_some(file)
}

/// Runs it to its end. `None` when it failed or took too long.
fn run(program: &CStr, input: libc::c_int, output: libc::c_int) -> Option<()> {
    let arguments = [program.as_ptr(), c"symbolize".as_ptr(), std::ptr::null()];
    // SAFETY: the new process calls nothing but the kernel until it is another program; all it uses was made before. Not the C library's
    // `fork`, which takes locks that the thread at fault may hold.
    unsafe {
        libc::lseek(input, 0, libc::SEEK_SET);
        let child = libc::syscall(libc::SYS_fork) as libc::pid_t;
        if child < 0 {
            return None;
        }
        if child == 0 {
            libc::dup2(input, 0);
            libc::dup2(output, 1);
            let null = libc::open(c"/dev/null".as_ptr(), libc::O_WRONLY);
            libc::dup2(null, 2);
            let mut none = std::mem::zeroed();
            libc::sigemptyset(&raw mut none);
            libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
            libc::execv(program.as_ptr(), arguments.as_ptr());
            libc::_exit(127);
        }
        let mut status = 0;
        for _ in 0..PATIENCE {
            match libc::waitpid(child, &raw mut status, libc::WNOHANG) {
                0 => libc::usleep(1000),
                ended => return (ended == child && status == 0).then_some(()),
            };
        }
        libc::kill(child, libc::SIGKILL);
        libc::waitpid(child, &raw mut status, 0);
    }
    None
}
