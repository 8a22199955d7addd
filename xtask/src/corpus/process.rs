//! One run of a program under a time limit, its output in files, its wall time measured.

use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

/// What a run left behind.
pub(super) struct Outcome {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) time: Duration,
    pub(super) timed_out: bool,
}

/// Runs `command` in a process group of its own and kills the group after `limit`. The output goes through files in `scratch`:
/// a daemon that outlives the program (wineserver) would keep a pipe open.
pub(super) fn run(command: &mut Command, scratch: &Path, limit: Duration) -> io::Result<Outcome> {
    let stdout = scratch.join("stdout");
    let stderr = scratch.join("stderr");
    command.stdout(File::create(&stdout)?).stderr(File::create(&stderr)?).process_group(0);
    let start = Instant::now();
    let mut child = command.spawn()?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (ended, end) = mpsc::channel::<()>();
    let watch = thread::spawn(move || {
        let timed_out = matches!(end.recv_timeout(limit), Err(mpsc::RecvTimeoutError::Timeout));
        if let (true, Some(group)) = (timed_out, group) {
            // The group is ours: it was made for this child, which nobody has waited for yet.
            let _ = kill_process_group(group, Signal::KILL);
        }
        timed_out
    });
    let status = child.wait()?;
    let time = start.elapsed();
    drop(ended);
    let timed_out = watch.join().unwrap_or(false);
    Ok(Outcome { status, stdout: std::fs::read(stdout)?, stderr: std::fs::read(stderr)?, time, timed_out })
}

/// Standard input from a file, or empty.
pub(super) fn stdin(path: Option<&Path>) -> io::Result<Stdio> {
    Ok(path.map(File::open).transpose()?.map_or_else(Stdio::null, Stdio::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_over_its_time_is_killed() {
        let scratch = std::env::temp_dir().join(format!("xtask-process-{}", std::process::id()));
        std::fs::create_dir_all(&scratch).unwrap();
        let outcome = run(Command::new("sleep").arg("60"), &scratch, Duration::from_millis(50)).unwrap();
        assert!(outcome.timed_out && !outcome.status.success());
        let outcome = run(Command::new("echo").arg("out"), &scratch, Duration::from_secs(60)).unwrap();
        assert!(!outcome.timed_out && outcome.stdout == b"out\n");
        std::fs::remove_dir_all(scratch).unwrap();
    }
}
