//! `HKEY_PERFORMANCE_DATA`: a block of performance data without objects.

use abi::{Guest, Width};
use syscall_xlate::system_info;
use syscall_xlate::time::{self, PERFORMANCE_FREQUENCY, TimeFields};

/// `PERF_DATA_VERSION`
const VERSION: u32 = 1;
/// `PERF_DATA_REVISION`
const REVISION: u32 = 1;
/// "No default object".
const NO_OBJECT: i32 = -1;

abi::guest_struct! {
    /// What a block of performance data begins with
    /// (<https://learn.microsoft.com/windows/win32/api/winperf/ns-winperf-perf_data_block>).
    struct PERF_DATA_BLOCK {
        Signature: [u16; 4],
        LittleEndian: u32,
        Version: u32,
        Revision: u32,
        TotalByteLength: u32,
        HeaderLength: u32,
        NumObjectTypes: u32,
        DefaultObject: i32,
        SystemTime: [u16; 8],
        PerfTime: i64,
        PerfFreq: i64,
        PerfTime100nSec: i64,
        SystemNameLength: u32,
        SystemNameOffset: u32,
    }
}

/// The block: the time, the computer's name, no objects.
pub(super) fn data() -> Vec<u8> {
    let width = Width::W64;
    let header = PERF_DATA_BLOCK::layout(width).size;
    let name: Vec<u8> = system_info::computer_name().into_iter().chain([0]).flat_map(u16::to_le_bytes).collect();
    let total = (header + name.len()).next_multiple_of(8);
    let now = time::system_time();
    let fields = TimeFields::from_filetime(now).unwrap_or_default();
    let signature = [b'P', b'E', b'R', b'F'].map(u16::from);
    let block = PERF_DATA_BLOCK {
        Signature: signature,
        LittleEndian: 1,
        Version: VERSION,
        Revision: REVISION,
        TotalByteLength: total as u32,
        HeaderLength: total as u32,
        NumObjectTypes: 0,
        DefaultObject: NO_OBJECT,
        SystemTime: [
            fields.year,
            fields.month,
            fields.weekday,
            fields.day,
            fields.hour,
            fields.minute,
            fields.second,
            fields.milliseconds,
        ],
        PerfTime: time::performance_counter(),
        PerfFreq: PERFORMANCE_FREQUENCY,
        PerfTime100nSec: now,
        SystemNameLength: name.len() as u32,
        SystemNameOffset: header as u32,
    };
    let mut bytes = vec![0; total];
    block.encode(width, &mut bytes[..header]);
    bytes[header..header + name.len()].copy_from_slice(&name);
    bytes
}
