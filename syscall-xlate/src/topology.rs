//! Which processors belong together: cores, packages, caches. The host's nodes of memory count as one.

use std::fs;
use std::path::Path;

/// What a cache holds (`PROCESSOR_CACHE_TYPE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// `CacheUnified`
    Unified = 0,
    /// `CacheInstruction`
    Instruction = 1,
    /// `CacheData`
    Data = 2,
}

/// A cache. Masks have a bit for each processor that shares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cache {
    /// 1 for the one next to the processor.
    pub level: u8,
    /// What it holds.
    pub kind: CacheKind,
    /// Bytes.
    pub size: u32,
    /// Bytes in a line.
    pub line: u16,
    /// Ways of associativity; 0 where the host does not tell.
    pub ways: u8,
    /// Who shares it.
    pub mask: u64,
}

/// The processors of a process. Masks have a bit for each of them, as [`crate::affinity::Affinity`] numbers them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// All of them.
    pub all: u64,
    /// Cores, by their processors.
    pub cores: Vec<u64>,
    /// Packages, by their processors.
    pub packages: Vec<u64>,
    /// Caches.
    pub caches: Vec<Cache>,
}

impl Topology {
    /// Of the processors with these numbers of the host's. What the host does not tell is a core, and a package in common.
    pub fn of(host_numbers: &[usize]) -> Self {
        Self::read(Path::new("/sys/devices/system/cpu"), host_numbers)
    }

    fn read(root: &Path, host_numbers: &[usize]) -> Self {
        let all = host_numbers.iter().take(64).enumerate().fold(0, |mask, (index, _)| mask | 1 << index);
        let ours = |list: &str| {
            let of_host = parse_list(list);
            (0..64)
                .zip(host_numbers)
                .filter(|(_, number)| of_host.contains(number))
                .fold(0u64, |mask, (index, _)| mask | 1 << index)
        };
        let mut found = Self { all, ..Self::default() };
        for (index, number) in (0..64).zip(host_numbers) {
            let folder = root.join(format!("cpu{number}"));
            let text = |name: &str| fs::read_to_string(folder.join(name)).ok();
            let mask = |names: [&str; 2]| names.into_iter().find_map(&text).map(|list| ours(&list));
            let own = 1u64 << index;
            let core = mask(["topology/core_cpus_list", "topology/thread_siblings_list"]).unwrap_or(own) | own;
            let package = mask(["topology/package_cpus_list", "topology/core_siblings_list"]).unwrap_or(all) | own;
            add(&mut found.cores, core);
            add(&mut found.packages, package);
            for cache in 0..8 {
                let Some(cache) = read_cache(&folder.join(format!("cache/index{cache}")), own, &ours) else { break };
                add(&mut found.caches, cache);
            }
        }
        found
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn read_cache(folder: &Path, own: u64, ours: &impl Fn(&str) -> u64) -> Option<Cache> {
    let text = |name: &str| fs::read_to_string(folder.join(name)).ok().map(|text| text.trim().to_owned());
    let kind = match text("type")?.as_str() {
        "Data" => CacheKind::Data,
        "Instruction" => CacheKind::Instruction,
        _ => CacheKind::Unified,
    };
    let number = |name: &str| text(name).and_then(|text| text.parse::<u32>().ok());
    Some(Cache {
        level: u8::try_from(number("level")?).ok()?,
        kind,
        size: parse_size(&text("size")?)?,
        line: number("coherency_line_size").and_then(|line| u16::try_from(line).ok()).unwrap_or(64),
        ways: number("ways_of_associativity").and_then(|ways| u8::try_from(ways).ok()).unwrap_or(0),
        mask: text("shared_cpu_list").map_or(own, |list| ours(&list) | own),
    })
}

/// `48K`, `32M` or plain bytes.
fn parse_size(text: &str) -> Option<u32> {
    let (number, unit) = match text.strip_suffix('K') {
        Some(number) => (number, 1 << 10),
        None => text.strip_suffix('M').map_or((text, 1), |number| (number, 1 << 20)),
    };
    number.parse::<u32>().ok()?.checked_mul(unit)
}

/// The host's format of a list: `0-3,8`.
fn parse_list(text: &str) -> Vec<usize> {
    let ranges = text.trim().split(',').filter_map(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        Some(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?)
    });
    // A host has thousands of processors at most.
    ranges.flat_map(|range| range.take(1 << 16)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_lists_and_sizes_are_understood() {
        assert_eq!(parse_list("0-2,8\n"), [0, 1, 2, 8]);
        assert!(parse_list("").is_empty() && parse_list("x-y").is_empty());
        assert_eq!((parse_size("48K"), parse_size("2M"), parse_size("7")), (Some(49_152), Some(2 << 20), Some(7)));
        assert_eq!(parse_size("9999999M"), None);
    }

    #[test]
    fn every_processor_is_in_one_core_and_one_package() {
        let affinity = crate::affinity::Affinity::default();
        let found = Topology::of(affinity.host_numbers());
        assert_eq!(found.all, affinity.system());
        for groups in [&found.cores, &found.packages] {
            assert_eq!(groups.iter().fold(0, |sum, mask| sum | mask), found.all);
            assert_eq!(groups.iter().map(|mask| mask.count_ones()).sum::<u32>(), found.all.count_ones());
        }
        assert!(found.caches.iter().all(|cache| cache.mask & !found.all == 0 && cache.size != 0));
    }

    #[test]
    fn a_host_that_tells_nothing_has_a_core_for_each_processor() {
        let found = Topology::read(Path::new("/nonexistent"), &[4, 6]);
        assert_eq!((found.cores, found.packages, found.caches), (vec![1, 2], vec![3], vec![]));
    }
}
