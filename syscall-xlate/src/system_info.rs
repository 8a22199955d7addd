//! What the machine is: processors, memory, names.

use std::os::unix::ffi::OsStrExt;

use crate::path::name;

/// Processors that this process may run on, at most 64: those of one group.
pub fn processors() -> u32 {
    affinity().count_ones().max(1)
}

/// Processors that this process may run on, a bit for each, numbered without gaps.
pub fn affinity() -> u64 {
    // Not `available_parallelism`, which reads the control groups' limits: a dozen system calls at every start.
    let count = rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count().clamp(1, 64));
    u64::MAX >> (64 - count)
}

/// Bytes in a page.
pub const PAGE_SIZE: u32 = 4096;
/// What the addresses of reservations are multiples of, in bytes.
pub const ALLOCATION_GRANULARITY: u32 = 65536;

/// What memory there is, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// All of it.
    pub physical: u64,
    /// What can be had without swapping.
    pub physical_available: u64,
    /// Memory and swap space together.
    pub commit_limit: u64,
    /// What of it is left.
    pub commit_available: u64,
}

impl Memory {
    /// Percent of the memory that are in use.
    pub fn load(&self) -> u32 {
        let used = self.physical.saturating_sub(self.physical_available);
        (used * 100).checked_div(self.physical).unwrap_or(0) as u32
    }
}

/// The machine's memory, or zeros where the host does not tell.
pub fn memory() -> Memory {
    parse_meminfo(&std::fs::read_to_string("/proc/meminfo").unwrap_or_default())
}

fn parse_meminfo(text: &str) -> Memory {
    let kib = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0).saturating_mul(1024)
    };
    let (physical, physical_available) = (kib("MemTotal"), kib("MemAvailable"));
    Memory {
        physical,
        physical_available,
        commit_limit: physical.saturating_add(kib("SwapTotal")),
        commit_available: physical_available.saturating_add(kib("SwapFree")),
    }
}

/// The computer's NetBIOS name: the first part of the host's name in capitals, at most 15 characters.
pub fn computer_name() -> Vec<u16> {
    let host = host_name();
    let first = host.split(|&unit| unit == u16::from(b'.')).next().unwrap_or_default();
    first.iter().take(15).map(|&unit| crate::nls::case::upcase(unit)).collect()
}

/// The computer's DNS name, with what of its domain the host's name has.
pub fn host_name() -> Vec<u16> {
    let names = rustix::system::uname();
    name::from_host_text(names.nodename().to_bytes())
}

/// The user's name.
pub fn user_name() -> Vec<u16> {
    let from_variable =
        ["USER", "LOGNAME"].iter().find_map(|name| std::env::var_os(name).filter(|name| !name.is_empty()));
    match from_variable.or_else(account_name) {
        Some(user) => name::from_host_text(user.as_bytes()),
        None => format!("user{}", rustix::process::getuid().as_raw()).encode_utf16().collect(),
    }
}

/// The name of the account that the user's number belongs to.
fn account_name() -> Option<std::ffi::OsString> {
    let number = rustix::process::getuid().as_raw().to_string();
    let accounts = std::fs::read("/etc/passwd").ok()?;
    let account = accounts
        .split(|&byte| byte == b'\n')
        .find(|line| line.split(|&byte| byte == b':').nth(2) == Some(number.as_bytes()))?;
    Some(std::ffi::OsStr::from_bytes(account.split(|&byte| byte == b':').next()?).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_what_the_host_says() {
        let text = "MemTotal: 1000 kB\nMemAvailable:   250 kB\nSwapTotal: 10 kB\nSwapFree: 5 kB\n";
        let memory = parse_meminfo(text);
        assert_eq!((memory.physical, memory.commit_limit, memory.commit_available), (1_024_000, 1_034_240, 261_120));
        assert_eq!(memory.load(), 75);
        assert_eq!(parse_meminfo("").load(), 0);
    }

    #[test]
    fn processors_are_numbered_without_gaps() {
        assert_eq!(affinity().trailing_ones(), processors());
    }

    #[test]
    fn there_is_a_user_and_a_computer() {
        assert!(!user_name().is_empty());
        assert!(computer_name().len() <= 15);
    }
}
