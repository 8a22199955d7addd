//! What an event costs when nobody waits: `cargo run --release -p syscall-xlate --example event_costs`.

use std::time::Instant;

use syscall_xlate::object::{HandleFlags, HandleTable};
use syscall_xlate::sync::Event;
use syscall_xlate::sync::event::{ALL_ACCESS, reset, set};
use syscall_xlate::wait::{self, Timeout, Waiter};

fn main() {
    let handles = HandleTable::default();
    let waiter = Waiter::new(1);
    let manual_event = || handles.insert(Event::new(true, false), ALL_ACCESS, HandleFlags::empty()).expect("room");
    let event = manual_event();
    time("set and reset", || {
        let _ = (set(&handles, event), reset(&handles, event));
    });
    let _ = set(&handles, event);
    time("wait for a set event", || {
        let _ = wait::for_handle(&handles, &waiter, event, false, Timeout::Infinite);
    });
    time("create and close", || {
        let _ = handles.close(manual_event());
    });
}

fn time(name: &str, mut work: impl FnMut()) {
    const TIMES: u32 = 5_000_000;
    let start = Instant::now();
    (0..TIMES).for_each(|_| work());
    println!("{name}: {:.1} ns", start.elapsed().as_nanos() as f64 / f64::from(TIMES));
}
