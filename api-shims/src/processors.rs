//! The processors' topology as Win32 and NT give it: records of `SYSTEM_LOGICAL_PROCESSOR_INFORMATION`, old and new.

use abi::{Guest, Width};
use syscall_xlate::topology::{Cache, Topology};

/// `LOGICAL_PROCESSOR_RELATIONSHIP`
const CORE: u32 = 0;
const NUMA_NODE: u32 = 1;
const CACHE: u32 = 2;
const PACKAGE: u32 = 3;
const GROUP: u32 = 4;
const ALL: u32 = 0xffff;

/// `LTP_PC_SMT`: the core has more than one processor.
const SMT: u8 = 1;

abi::guest_struct! {
    /// Processors of a group.
    pub(crate) struct GROUP_AFFINITY {
        pub Mask: usize,
        pub Group: u16,
        pub Reserved: [u16; 3],
    }

    /// What some processors have in common.
    struct SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
        ProcessorMask: usize,
        Relationship: u32,
        // By the relationship; aligned as the numbers of 64 bits in it.
        Union: [u64; 2],
    }

    /// A core or a package.
    struct PROCESSOR_RELATIONSHIP {
        Flags: u8,
        EfficiencyClass: u8,
        Reserved: [u8; 20],
        GroupCount: u16,
        GroupMask: GROUP_AFFINITY,
    }

    /// A node of memory.
    struct NUMA_NODE_RELATIONSHIP {
        NodeNumber: u32,
        Reserved: [u8; 18],
        GroupCount: u16,
        GroupMask: GROUP_AFFINITY,
    }

    /// A cache.
    struct CACHE_RELATIONSHIP {
        Level: u8,
        Associativity: u8,
        LineSize: u16,
        CacheSize: u32,
        Type: u32,
        Reserved: [u8; 18],
        GroupCount: u16,
        GroupMask: GROUP_AFFINITY,
    }

    /// The groups of processors, with the only one there is.
    struct GROUP_RELATIONSHIP {
        MaximumGroupCount: u16,
        ActiveGroupCount: u16,
        Reserved: [u8; 20],
        MaximumProcessorCount: u8,
        ActiveProcessorCount: u8,
        GroupReserved: [u8; 38],
        ActiveProcessorMask: usize,
    }
}

/// Records without groups: cores, the node, caches, packages.
pub(crate) fn records(topology: &Topology, width: Width) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |mask: u64, relationship: u32, low: u64, high: u64| {
        let record = SYSTEM_LOGICAL_PROCESSOR_INFORMATION {
            ProcessorMask: mask as usize,
            Relationship: relationship,
            Union: [low, high],
        };
        encode(&record, width, &mut bytes);
    };
    for &mask in &topology.cores {
        put(mask, CORE, u64::from(smt(mask)), 0);
    }
    put(topology.all, NUMA_NODE, 0, 0);
    for &Cache { level, kind, size, line, ways, mask } in &topology.caches {
        let low = u64::from(size) << 32 | u64::from(line) << 16 | u64::from(ways) << 8 | u64::from(level);
        put(mask, CACHE, low, kind as u64);
    }
    for &mask in &topology.packages {
        put(mask, PACKAGE, 0, 0);
    }
    bytes
}

/// Records with groups, of one relationship or of all; `None` for a relationship that does not exist. Nobody tells of dies and modules.
pub(crate) fn extended_records(topology: &Topology, relationship: u32, width: Width) -> Option<Vec<u8>> {
    if relationship > GROUP && relationship != ALL {
        return None;
    }
    let wanted = |kind: u32| relationship == kind || relationship == ALL;
    let mut bytes = Vec::new();
    let group = |mask: u64| GROUP_AFFINITY { Mask: mask as usize, ..GROUP_AFFINITY::default() };
    let processors = |kind: u32, masks: &[u64], bytes: &mut Vec<u8>| {
        for &mask in masks {
            let flags = if kind == CORE { smt(mask) } else { 0 };
            let record = PROCESSOR_RELATIONSHIP {
                Flags: flags,
                GroupCount: 1,
                GroupMask: group(mask),
                ..PROCESSOR_RELATIONSHIP::default()
            };
            headed(kind, &record, width, bytes);
        }
    };
    if wanted(CORE) {
        processors(CORE, &topology.cores, &mut bytes);
    }
    if wanted(PACKAGE) {
        processors(PACKAGE, &topology.packages, &mut bytes);
    }
    if wanted(NUMA_NODE) {
        let all = group(topology.all);
        let record = NUMA_NODE_RELATIONSHIP { GroupCount: 1, GroupMask: all, ..NUMA_NODE_RELATIONSHIP::default() };
        headed(NUMA_NODE, &record, width, &mut bytes);
    }
    for &Cache { level, kind, size, line, ways, mask } in topology.caches.iter().filter(|_| wanted(CACHE)) {
        let record = CACHE_RELATIONSHIP {
            Level: level,
            Associativity: ways,
            LineSize: line,
            CacheSize: size,
            Type: kind as u32,
            GroupCount: 1,
            GroupMask: group(mask),
            ..CACHE_RELATIONSHIP::default()
        };
        headed(CACHE, &record, width, &mut bytes);
    }
    if wanted(GROUP) {
        let count = topology.all.count_ones() as u8;
        let record = GROUP_RELATIONSHIP {
            MaximumGroupCount: 1,
            ActiveGroupCount: 1,
            MaximumProcessorCount: count,
            ActiveProcessorCount: count,
            ActiveProcessorMask: topology.all as usize,
            ..GROUP_RELATIONSHIP::default()
        };
        headed(GROUP, &record, width, &mut bytes);
    }
    Some(bytes)
}

fn smt(mask: u64) -> u8 {
    if mask.count_ones() > 1 { SMT } else { 0 }
}

fn encode<T: Guest>(record: &T, width: Width, bytes: &mut Vec<u8>) {
    let mut one = vec![0; T::layout(width).size];
    record.encode(width, &mut one);
    bytes.append(&mut one);
}

/// A record behind its relationship and its size.
fn headed<T: Guest>(relationship: u32, record: &T, width: Width, bytes: &mut Vec<u8>) {
    let size = 8 + T::layout(width).size as u32;
    bytes.extend(relationship.to_le_bytes());
    bytes.extend(size.to_le_bytes());
    encode(record, width, bytes);
}

#[cfg(test)]
mod tests {
    use syscall_xlate::topology::CacheKind;

    use super::*;

    #[test]
    fn records_have_the_documented_sizes() {
        let cache = Cache { level: 1, kind: CacheKind::Data, size: 0x8000, line: 64, ways: 8, mask: 3 };
        let topology = Topology { all: 3, cores: vec![3], packages: vec![3], caches: vec![cache] };
        let bytes = records(&topology, Width::W64);
        assert_eq!(bytes.len(), 4 * 32);
        // CACHE_DESCRIPTOR: level, associativity, line size, size, type.
        assert_eq!(bytes[64 + 16..64 + 28], [1, 8, 64, 0, 0, 0x80, 0, 0, 2, 0, 0, 0]);
        assert_eq!(bytes[16], SMT);
        let sizes = [48, 48, 56, 48, 80];
        for (relationship, size) in (0..).zip(sizes) {
            let bytes = extended_records(&topology, relationship, Width::W64).unwrap();
            assert_eq!((bytes.len(), bytes[4]), (size, size as u8), "{relationship}");
        }
        assert_eq!(extended_records(&topology, ALL, Width::W64).unwrap().len(), sizes.iter().sum::<usize>());
        assert_eq!(extended_records(&topology, 5, Width::W64), None);
    }
}
