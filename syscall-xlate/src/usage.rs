//! What processes and threads have used: time and memory, from the host's `/proc`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Times in units of 100 ns; points in time are counted from 1601.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// When it began.
    pub created: u64,
    /// Time in the kernel.
    pub kernel: u64,
    /// Time outside of it.
    pub user: u64,
}

/// Memory in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Page faults so far.
    pub faults: u64,
    /// In memory now.
    pub resident: u64,
    /// The most that was in memory at a time.
    pub peak_resident: u64,
    /// Committed now: private memory, in memory or not.
    pub committed: u64,
}

/// 100 ns units in one of the kernel's ticks (`USER_HZ` is 100 on x86-64).
const PER_TICK: u64 = 100_000;
/// 100 ns units from 1601 to 1970.
const EPOCH: u64 = 116_444_736_000_000_000;
const KIB: u64 = 1024;

/// What this process has used.
pub fn process_times() -> Times {
    times("/proc/self/stat").unwrap_or_default()
}

/// What a thread of this process has used; `None` when it has ended.
pub fn thread_times(host_id: u32) -> Option<Times> {
    times(&format!("/proc/self/task/{host_id}/stat"))
}

fn times(path: &str) -> Option<Times> {
    let stat = fs::read_to_string(path).ok()?;
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_nanos() as u64 / 100 + EPOCH;
    parse_times(&stat, &uptime, now)
}

/// Fields of `/proc/PID/stat` (proc_pid_stat(5)), counted from the one behind the name, which may hold anything.
fn parse_times(stat: &str, uptime: &str, now: u64) -> Option<Times> {
    let (_, fields) = stat.rsplit_once(')')?;
    let field = |index: usize| fields.split_ascii_whitespace().nth(index)?.parse::<u64>().ok();
    let (user, kernel, started) = (field(11)?, field(12)?, field(19)?);
    let (seconds, hundredths) = uptime.split_ascii_whitespace().next()?.split_once('.')?;
    let up = seconds.parse::<u64>().ok()? * 100 + hundredths.parse::<u64>().ok()?;
    let created = now.saturating_sub(up.saturating_sub(started) * PER_TICK);
    Some(Times { created, kernel: kernel * PER_TICK, user: user * PER_TICK })
}

/// What memory this process uses.
pub fn process_memory() -> Memory {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    parse_memory(&status, &stat)
}

fn parse_memory(status: &str, stat: &str) -> Memory {
    let bytes = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * KIB
    };
    let faults = |index: usize| {
        stat.rsplit_once(')').and_then(|(_, fields)| fields.split_ascii_whitespace().nth(index)?.parse::<u64>().ok())
    };
    Memory {
        faults: faults(7).unwrap_or_default() + faults(9).unwrap_or_default(),
        resident: bytes("VmRSS"),
        peak_resident: bytes("VmHWM"),
        committed: bytes("RssAnon") + bytes("VmSwap"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_numbers_are_understood() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 100 0 20 0 30 40 0 0 20 0 1 0 5000 0";
        let times = parse_times(stat, "60.00 1.00", 1_000_000_000_000).unwrap();
        assert_eq!((times.user, times.kernel), (30 * PER_TICK, 40 * PER_TICK));
        assert_eq!(times.created, 1_000_000_000_000 - 1000 * PER_TICK);
        let memory = parse_memory("VmHWM:\t  20 kB\nVmRSS:\t 10 kB\nRssAnon:\t 4 kB\nVmSwap:\t 1 kB\n", stat);
        assert_eq!(memory, Memory { faults: 120, resident: 10 * KIB, peak_resident: 20 * KIB, committed: 5 * KIB });
        assert_eq!(parse_times("", "", 0), None);
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(process_memory().resident > 0);
        assert!(process_times().created > EPOCH);
        assert!(thread_times(0).is_none());
    }
}
