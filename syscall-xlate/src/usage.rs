//! What processes and threads have used: time and memory, from the host's `/proc`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::sync::ThreadObject;

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
    /// Addresses in use.
    pub addresses: u64,
    /// The most addresses in use at a time.
    pub peak_addresses: u64,
}

/// What has been read and written: operations and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transfers {
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes written.
    pub bytes_written: u64,
}

/// What a processor has done since the machine started, in units of 100 ns. The kernel's time has the idle time in it, as Windows counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessorTimes {
    /// Nothing.
    pub idle: u64,
    /// The kernel's work, and nothing.
    pub kernel: u64,
    /// Everybody else's.
    pub user: u64,
    /// Of the kernel's, for interrupts.
    pub interrupt: u64,
    /// Of the kernel's, for what interrupts left to do.
    pub deferred: u64,
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
pub fn thread_times(thread: &ThreadObject) -> Option<Times> {
    let host_id = thread.host_id();
    // Another thread may have its host thread by now.
    let times = if thread.has_ended() { None } else { times(&format!("/proc/self/task/{host_id}/stat")) };
    Some(Times { created: thread.created().cast_unsigned(), ..times? })
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
        addresses: bytes("VmSize"),
        peak_addresses: bytes("VmPeak"),
    }
}

/// What this process has read and written.
pub fn process_transfers() -> Transfers {
    parse_transfers(&fs::read_to_string("/proc/self/io").unwrap_or_default())
}

fn parse_transfers(text: &str) -> Transfers {
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|number| number.trim().parse().ok()).unwrap_or_default()
    };
    Transfers {
        reads: field("syscr"),
        writes: field("syscw"),
        bytes_read: field("rchar"),
        bytes_written: field("wchar"),
    }
}

/// The times of the processors with these numbers of the host's.
pub fn processor_times(host_numbers: &[usize]) -> Vec<ProcessorTimes> {
    parse_processors(&fs::read_to_string("/proc/stat").unwrap_or_default(), host_numbers)
}

/// Lines of `/proc/stat` (proc_stat(5)): `cpuN user nice system idle iowait irq softirq ...`.
fn parse_processors(text: &str, host_numbers: &[usize]) -> Vec<ProcessorTimes> {
    let of = |number: &usize| {
        let name = format!("cpu{number} ");
        let line = text.lines().find_map(|line| line.strip_prefix(name.as_str())).unwrap_or_default();
        let fields: Vec<u64> = line.split_ascii_whitespace().map_while(|field| field.parse().ok()).collect();
        let field = |index: usize| fields.get(index).copied().unwrap_or_default().saturating_mul(PER_TICK);
        let idle = field(3).saturating_add(field(4));
        let (interrupt, deferred) = (field(5), field(6));
        let kernel = field(2).saturating_add(idle).saturating_add(interrupt).saturating_add(deferred);
        ProcessorTimes { idle, kernel, user: field(0).saturating_add(field(1)), interrupt, deferred }
    };
    host_numbers.iter().map(of).collect()
}

/// Time on processors of this process, in ns.
pub fn running_time() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
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
        let status = "VmPeak: 9 kB\nVmSize: 8 kB\nVmHWM:\t  20 kB\nVmRSS:\t 10 kB\nRssAnon:\t 4 kB\nVmSwap:\t 1 kB\n";
        let memory = Memory {
            faults: 120,
            resident: 10 * KIB,
            peak_resident: 20 * KIB,
            committed: 5 * KIB,
            addresses: 8 * KIB,
            peak_addresses: 9 * KIB,
        };
        assert_eq!(parse_memory(status, stat), memory);
        let transfers = parse_transfers("rchar: 10\nwchar: 20\nsyscr: 1\nsyscw: 2\n");
        assert_eq!(transfers, Transfers { reads: 1, writes: 2, bytes_read: 10, bytes_written: 20 });
        let processors = parse_processors("cpu  9 9\ncpu0 1 2 3 4 5 6 7 0\ncpu10 1\n", &[0, 1]);
        let first = ProcessorTimes {
            idle: 9 * PER_TICK,
            kernel: 25 * PER_TICK,
            user: 3 * PER_TICK,
            interrupt: 6 * PER_TICK,
            deferred: 7 * PER_TICK,
        };
        assert_eq!(processors, [first, ProcessorTimes::default()]);
        assert_eq!(parse_times("", "", 0), None);
    }

    #[test]
    fn this_process_has_used_something() {
        assert!(process_memory().resident > 0);
        assert!(process_times().created > EPOCH);
        assert!(thread_times(&ThreadObject::new(0)).is_none());
    }
}
