//! Time: the clocks, FILETIMEs and their fields, DOS times, time zones.

mod clock;
mod fields;
mod vdso;
mod zone;

pub use clock::{
    PERFORMANCE_FREQUENCY, interrupt_time, performance_counter, system_time, tick_count, unbiased_interrupt_time,
};
pub use fields::{DosDateTime, TimeFields};
pub use zone::{
    TransitionRule, ZoneId, ZoneInformation, local_to_system, system_to_local, zone_in_year, zone_information,
    zone_name,
};

/// 1970-01-01 as a FILETIME.
pub const FILETIME_OF_UNIX_EPOCH: i64 = 116_444_736_000_000_000;
