//! Processes that share objects by name, some of which are killed at random moments.

use std::io::Read;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

const ROUNDS: &str = "10000";
/// Processes that compete for one mutex.
const WORKERS: usize = 2;

/// A root of its own, which the processes of a test share.
struct Root(tempfile::TempDir);

impl Root {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_exeunt"))
            .arg("--root")
            .arg(self.0.path())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/test-binaries/bin/shared_names.exe"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }
}

/// What a process has printed, which has ended well.
fn said(child: Child) -> String {
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let (said, complaint) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{status}: {said}{complaint}");
    said.trim_end().to_owned()
}

/// A worker that has taken the mutex for the first time.
fn start_worker(root: &Root) -> Child {
    let mut worker = root.start(&["work", "race", ROUNDS]);
    first_line(&mut worker, "working");
    worker
}

#[test]
fn two_processes_hand_over_to_each_other_without_losing_a_signal() {
    let root = Root::new();
    let (ping, pong) = (root.start(&["ping", "race", ROUNDS]), root.start(&["pong", "race", ROUNDS]));
    assert_eq!((said(ping), said(pong)), (format!("{ROUNDS} rounds"), format!("{ROUNDS} rounds")));
}

/// Reads a line that a process prints first.
fn first_line(process: &mut Child, expected: &str) {
    let mut line = vec![0; expected.len() + 2];
    process.stdout.as_mut().unwrap().read_exact(&mut line).unwrap();
    assert_eq!(String::from_utf8_lossy(&line), format!("{expected}\r\n"));
}

#[test]
fn a_timer_is_due_though_who_has_set_it_was_killed() {
    let root = Root::new();
    let mut waits = root.start(&["due", "timer"]);
    first_line(&mut waits, "waiting");
    let mut sets = root.start(&["set", "timer"]);
    first_line(&mut sets, "set");
    sets.kill().unwrap();
    sets.wait().unwrap();
    assert_eq!(said(waits), "due");
}

#[test]
fn a_mutex_outlives_those_who_are_killed_with_it() {
    let root = Root::new();
    let mut random = Random::default();
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| start_worker(&root)).collect();
    let winner = loop {
        thread::sleep(Duration::from_micros(random.below(20_000)));
        let victim = random.below(workers.len() as u64) as usize;
        let mut worker = workers.swap_remove(victim);
        if worker.try_wait().unwrap().is_some() {
            break worker;
        }
        worker.kill().unwrap();
        worker.wait().unwrap();
        workers.push(start_worker(&root));
    };
    let result = said(winner);
    let (rounds, times) = result.split_once(" rounds, abandoned ").expect(&result);
    assert!(rounds.parse::<u32>().unwrap() >= ROUNDS.parse().unwrap());
    assert!(times != "0 times", "{result}");
    for mut worker in workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    // What those who were killed left is cleared by one that ends as it should.
    said(root.start(&[]));
}

/// Different numbers in each run.
struct Random(u64);

impl Default for Random {
    fn default() -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self((now.as_nanos() as u64 ^ CALLS.fetch_add(1, Ordering::Relaxed)) | 1)
    }
}

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
