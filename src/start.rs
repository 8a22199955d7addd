//! The process's first steps.

/// What C's start-up calls.
#[cfg(not(test))]
// SAFETY: it is the only function of this name, and has the type that C says.
#[unsafe(no_mangle)]
extern "C" fn main(_: std::ffi::c_int, _: *const *const std::ffi::c_char) -> std::ffi::c_int {
    start()
}

/// Prepares the process, runs the command line and ends the process.
pub(crate) fn start() -> ! {
    std::panic::set_hook(Box::new(exeunt::report_panic));
    open_standard_descriptors();
    // Whoever writes to a pipe without a reader gets an error, as on Windows.
    // SAFETY: no handler is set.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    let status = crate::cli::main(std::env::args_os().collect());
    // Unlike a return from here, this empties the buffer of standard output.
    std::process::exit(status.into())
}

/// Opens `/dev/null` in place of the descriptors 0 to 2 that are closed, lest a file that is opened later becomes a standard stream.
fn open_standard_descriptors() {
    let mut streams = [0, 1, 2].map(|fd| libc::pollfd { fd, events: 0, revents: 0 });
    // SAFETY: an array of its length. `open` gives the lowest number that is free.
    unsafe {
        libc::poll(streams.as_mut_ptr(), 3, 0);
        for _ in streams.iter().filter(|stream| stream.revents & libc::POLLNVAL != 0) {
            libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
        }
    }
}
