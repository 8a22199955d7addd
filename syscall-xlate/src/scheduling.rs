//! What the host's scheduler and its tools are told of a thread: how urgent it is, and its name.

use crate::sync::ThreadObject;
use crate::sync::stop::may_stand;

/// Lets another thread run. The caller can be suspended meanwhile: programs that spin do little else.
pub fn yield_execution() {
    let _standing = may_stand();
    std::thread::yield_now();
}

/// How nice a thread of each priority is, from `THREAD_PRIORITY_TIME_CRITICAL` down. A step of Windows' is about two of Linux'.
const fn niceness(priority: i32) -> i32 {
    match priority {
        15.. => -10,
        2..=14 => -4,
        1 => -2,
        0 => 0,
        -1 => 4,
        -14..=-2 => 8,
        _ => 19,
    }
}

/// Sets a thread's priority, -15 to 15. The host refuses to make a thread more urgent than the process was, unless it is privileged, and to
/// make it as urgent again as before: the priority is kept and told all the same.
pub fn set_priority(thread: &ThreadObject, priority: i32) {
    thread.set_priority(priority);
    if thread.has_ended() {
        // Its host thread may be another thread's by now.
        return;
    }
    if let Some(id) = rustix::process::Pid::from_raw(thread.host_id() as i32) {
        // A thread's identifier stands for that thread alone here (setpriority(2), "C library/kernel differences").
        thread.note_changed_host();
        let _ = rustix::process::setpriority_process(Some(id), niceness(priority));
    }
}

/// Bytes of a thread's name that Linux keeps.
const NAME: usize = 15;

/// Gives a thread a name, which debuggers and process viewers show the beginning of.
pub fn set_name(thread: &ThreadObject, name: &[u16]) {
    thread.set_description(name);
    if thread.has_ended() {
        return;
    }
    thread.note_changed_host();
    let mut text = String::from_utf16_lossy(name);
    let end = (0..=NAME.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    text.truncate(end);
    // Only for show.
    let _ = std::fs::write(format!("/proc/self/task/{}/comm", thread.host_id()), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_shows_the_beginning_of_a_name() {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let id = rustix::thread::gettid().as_raw_nonzero().get();
                let thread = ThreadObject::new(1);
                thread.set_host_id(id as u32);
                let shown = || std::fs::read_to_string(format!("/proc/self/task/{id}/comm")).unwrap();
                set_name(&thread, &"worker".encode_utf16().collect::<Vec<_>>());
                assert_eq!(shown(), "worker\n");
                let long: Vec<u16> = "a näme of many characters äöü".encode_utf16().collect();
                set_name(&thread, &long);
                assert_eq!((shown(), thread.description()), ("a näme of many\n".to_owned(), long));
            });
        });
    }

    #[test]
    fn a_less_urgent_thread_is_nicer() {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let id = rustix::thread::gettid().as_raw_nonzero().get();
                let thread = ThreadObject::new(1);
                thread.set_host_id(id as u32);
                let before = rustix::process::getpriority_process(None).unwrap();
                set_priority(&thread, -2);
                let now = rustix::process::getpriority_process(rustix::process::Pid::from_raw(id)).unwrap();
                assert_eq!((now.max(8), thread.priority()), (now, -2));
                assert_eq!(before, rustix::process::getpriority_process(Some(rustix::process::getpid())).unwrap());
            });
        });
    }
}
