use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::*;

fn event(signal: Signal, signalled: bool) -> Dispatcher {
    Dispatcher::new(signal, signalled)
}

/// Waits until the dispatcher has a blocked thread.
fn until_blocked(object: &Dispatcher) {
    while !object.has_waiters() {
        thread::yield_now();
    }
}

#[test]
fn a_manual_event_lets_all_pass_and_an_auto_event_one() {
    let waiter = Waiter::new(1);
    let manual = event(Signal::Notification, true);
    assert_eq!(one(&waiter, &manual, false, Timeout::NOW), Woken::Object(0));
    assert_eq!(one(&waiter, &manual, false, Timeout::NOW), Woken::Object(0));
    assert!(manual.reset());
    assert_eq!(one(&waiter, &manual, false, Timeout::NOW), Woken::Timeout);
    let auto = event(Signal::Synchronization, true);
    assert_eq!(one(&waiter, &auto, false, Timeout::NOW), Woken::Object(0));
    assert_eq!(one(&waiter, &auto, false, Timeout::Relative(1000)), Woken::Timeout);
    assert!(!auto.set());
    assert!(auto.set());
}

#[test]
fn a_semaphore_counts_and_refuses_more_than_its_limit() {
    let waiter = Waiter::new(1);
    let semaphore = Dispatcher::new_in(None, Signal::Semaphore, 1).limited(2);
    assert_eq!(one(&waiter, &semaphore, false, Timeout::NOW), Woken::Object(0));
    assert_eq!(one(&waiter, &semaphore, false, Timeout::NOW), Woken::Timeout);
    assert_eq!(semaphore.add(2), Some(0));
    assert_eq!(semaphore.add(1), None);
    assert_eq!(semaphore.add(u32::MAX), None);
    assert_eq!(semaphore.count(), 2);
}

#[test]
fn a_mutant_counts_its_owners_passes() {
    let (mine, other) = (Waiter::new(1), Waiter::new(2));
    let mutant = Dispatcher::new_in(None, Signal::Mutant, 0);
    assert_eq!(one(&mine, &mutant, false, Timeout::NOW), Woken::Object(0));
    assert_eq!(one(&mine, &mutant, false, Timeout::NOW), Woken::Object(0));
    assert_eq!(one(&other, &mutant, false, Timeout::NOW), Woken::Timeout);
    assert_eq!(mutant.owner(), (Some((1, 2)), false));
    assert_eq!(mutant.release(2), None);
    assert_eq!(mutant.release(1), Some(2));
    assert_eq!(mutant.release(1), Some(1));
    assert_eq!(mutant.release(1), None);
    assert_eq!(one(&other, &mutant, false, Timeout::NOW), Woken::Object(0));
}

#[test]
fn an_abandoned_mutant_says_so_once() {
    let (mine, other) = (Waiter::new(1), Waiter::new(2));
    let mutant = Dispatcher::new_in(None, Signal::Mutant, 1);
    assert!(!mutant.abandon(2));
    let blocked = thread::scope(|scope| {
        let blocked = scope.spawn(|| one(&other, &mutant, false, Timeout::Infinite));
        until_blocked(&mutant);
        assert!(mutant.abandon(1));
        blocked.join().unwrap()
    });
    assert_eq!(blocked, Woken::Abandoned(0));
    assert_eq!(mutant.release(2), Some(1));
    assert_eq!(one(&mine, &mutant, false, Timeout::NOW), Woken::Object(0));
}

#[test]
fn the_lowest_signalled_object_counts() {
    let waiter = Waiter::new(1);
    let (a, b, c) = (
        event(Signal::Synchronization, false),
        event(Signal::Synchronization, true),
        event(Signal::Synchronization, true),
    );
    assert_eq!(any(&waiter, &[&a, &b, &c], false, Timeout::NOW), Ok(Woken::Object(1)));
    assert_eq!(any(&waiter, &[&a, &b, &c], false, Timeout::NOW), Ok(Woken::Object(2)));
    assert_eq!(any(&waiter, &[&a, &b, &c], false, Timeout::NOW), Ok(Woken::Timeout));
}

#[test]
fn counts_and_doubles_are_refused() {
    let waiter = Waiter::new(1);
    let object = event(Signal::Notification, true);
    let many = vec![&object; 65];
    assert_eq!(any(&waiter, &[], false, Timeout::NOW), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
    assert_eq!(any(&waiter, &many, false, Timeout::NOW), Err(NTSTATUS::STATUS_INVALID_PARAMETER_1));
    assert_eq!(any(&waiter, &many[..64], false, Timeout::NOW), Ok(Woken::Object(0)));
    assert_eq!(all(&waiter, &many[..2], false, Timeout::NOW), Err(NTSTATUS::STATUS_INVALID_PARAMETER_MIX));
}

#[test]
fn a_wait_for_all_takes_nothing_until_it_can_take_all() {
    let waiter = Waiter::new(1);
    let (a, b) = (event(Signal::Synchronization, true), event(Signal::Synchronization, false));
    assert_eq!(all(&waiter, &[&a, &b], false, Timeout::Relative(1000)), Ok(Woken::Timeout));
    assert!(a.is_signalled());
    thread::scope(|scope| {
        let blocked = scope.spawn(|| all(&waiter, &[&a, &b], false, Timeout::Infinite));
        until_blocked(&b);
        a.reset();
        b.set();
        assert!(b.is_signalled());
        a.set();
        assert_eq!(blocked.join().unwrap(), Ok(Woken::Object(0)));
    });
    assert!(!a.is_signalled() && !b.is_signalled());
}

#[test]
fn a_pulse_lets_pass_who_waits_now() {
    let (first, second) = (Waiter::new(1), Waiter::new(2));
    let object = event(Signal::Notification, false);
    thread::scope(|scope| {
        let blocked = [&first, &second].map(|waiter| scope.spawn(|| one(waiter, &object, false, Timeout::Infinite)));
        while object.waiters() < 2 {
            thread::yield_now();
        }
        assert!(!object.pulse());
        for blocked in blocked {
            assert_eq!(blocked.join().unwrap(), Woken::Object(0));
        }
    });
    assert!(!object.is_signalled());
}

#[test]
fn a_queued_call_ends_an_alertable_wait_only() {
    let waiter = Waiter::new(1);
    let object = event(Signal::Synchronization, false);
    let apc = Apc { routine: 1, arguments: [2, 3, 4] };
    assert!(waiter.queue_apc(apc));
    assert_eq!(one(&waiter, &object, false, Timeout::Relative(1000)), Woken::Timeout);
    assert_eq!(delay(&waiter, true, Timeout::NOW), Woken::Apc);
    assert_eq!((waiter.take_apc(), waiter.take_apc()), (Some(apc), None));
    thread::scope(|scope| {
        let blocked = scope.spawn(|| one(&waiter, &object, true, Timeout::Infinite));
        until_blocked(&object);
        assert!(waiter.queue_apc(apc));
        assert_eq!(blocked.join().unwrap(), Woken::Apc);
    });
    assert!(!object.has_waiters());
    waiter.close();
    assert!(!waiter.queue_apc(apc) && !waiter.has_apcs());
}

#[test]
fn a_thread_that_is_told_to_end_leaves_its_wait_and_waits_no_more() {
    let waiter = Waiter::new(1);
    let object = event(Signal::Synchronization, false);
    thread::scope(|scope| {
        let blocked = scope.spawn(|| one(&waiter, &object, false, Timeout::Infinite));
        until_blocked(&object);
        waiter.kill();
        assert_eq!(blocked.join().unwrap(), Woken::Killed);
    });
    assert!(!object.has_waiters());
    assert_eq!(delay(&waiter, false, Timeout::Infinite), Woken::Killed);
}

#[test]
fn a_signalled_object_comes_before_a_queued_call() {
    let waiter = Waiter::new(1);
    waiter.queue_apc(Apc { routine: 1, arguments: [0; 3] });
    assert_eq!(one(&waiter, &event(Signal::Notification, true), true, Timeout::Infinite), Woken::Object(0));
}

#[test]
fn an_absolute_deadline_in_the_past_does_not_block() {
    assert_eq!(delay(&Waiter::new(1), false, Timeout::Absolute(1)), Woken::Timeout);
}

#[test]
fn each_signal_of_an_auto_event_lets_exactly_one_pass() {
    const THREADS: u32 = 6;
    const ROUNDS: u32 = 500;
    let object = event(Signal::Synchronization, false);
    let passed = AtomicU32::new(0);
    thread::scope(|scope| {
        for id in 1..=THREADS {
            let (object, passed) = (&object, &passed);
            scope.spawn(move || {
                let waiter = Waiter::new(id);
                for _ in 0..ROUNDS {
                    assert_eq!(one(&waiter, object, false, Timeout::Infinite), Woken::Object(0));
                    passed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..THREADS * ROUNDS {
            object.set();
            while passed.load(Ordering::Relaxed) <= round {
                thread::yield_now();
            }
        }
    });
    assert!(!object.is_signalled());
}

#[test]
fn who_is_woken_sees_the_signal() {
    for _ in 0..300 {
        let object = event(Signal::Notification, false);
        thread::scope(|scope| {
            let blocked = scope.spawn(|| {
                let woken = one(&Waiter::new(1), &object, false, Timeout::Infinite);
                (woken, object.is_signalled())
            });
            until_blocked(&object);
            object.set();
            assert_eq!(blocked.join().unwrap(), (Woken::Object(0), true));
        });
    }
}

#[test]
fn a_mutant_excludes() {
    let mutant = Dispatcher::new_in(None, Signal::Mutant, 0);
    let (counter, inside) = (AtomicU64::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for id in 1..=6 {
            let (mutant, counter, inside) = (&mutant, &counter, &inside);
            scope.spawn(move || {
                let waiter = Waiter::new(id);
                for _ in 0..2000 {
                    assert_eq!(one(&waiter, mutant, false, Timeout::Infinite), Woken::Object(0));
                    assert_eq!(inside.fetch_add(1, Ordering::Relaxed), 0);
                    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    inside.fetch_sub(1, Ordering::Relaxed);
                    assert_eq!(mutant.release(id), Some(1));
                }
            });
        }
    });
    assert_eq!(counter.into_inner(), 12_000);
}

#[test]
fn waits_for_any_and_for_all_share_semaphores_without_loss() {
    const ROUNDS: u32 = 1500;
    let (a, b) = (Dispatcher::new_in(None, Signal::Semaphore, 0), Dispatcher::new_in(None, Signal::Semaphore, 0));
    thread::scope(|scope| {
        // Two take one of each at once, two take from either; as much is given as they take in all.
        for id in 1..=2 {
            let (a, b) = (&a, &b);
            scope.spawn(move || {
                let waiter = Waiter::new(id);
                (0..ROUNDS)
                    .for_each(|_| assert_eq!(all(&waiter, &[b, a], false, Timeout::Infinite), Ok(Woken::Object(0))));
            });
            scope.spawn(move || {
                let waiter = Waiter::new(id + 2);
                for _ in 0..ROUNDS {
                    let Ok(Woken::Object(index)) = any(&waiter, &[a, b], false, Timeout::Infinite) else { panic!() };
                    // What was taken is taken from the other as well, so that both are used up evenly.
                    let other = if index == 0 { b } else { a };
                    assert_eq!(one(&waiter, other, false, Timeout::Infinite), Woken::Object(0));
                }
            });
        }
        scope.spawn(|| (0..4 * ROUNDS).for_each(|_| assert!(a.add(1).is_some())));
        scope.spawn(|| (0..4 * ROUNDS).for_each(|_| assert!(b.add(1).is_some())));
    });
    assert_eq!((a.count(), b.count()), (0, 0));
    assert!(!a.has_waiters() && !b.has_waiters());
}

#[test]
fn timeouts_race_with_signals_without_loss() {
    let object = Dispatcher::new_in(None, Signal::Semaphore, 0);
    let taken = AtomicU32::new(0);
    const GIVEN: u32 = 3000;
    thread::scope(|scope| {
        for id in 1..=4 {
            let (object, taken) = (&object, &taken);
            scope.spawn(move || {
                let waiter = Waiter::new(id);
                while taken.load(Ordering::Acquire) < GIVEN {
                    if one(&waiter, object, false, Timeout::Relative(200)) == Woken::Object(0) {
                        taken.fetch_add(1, Ordering::AcqRel);
                    }
                }
            });
        }
        for round in 0..GIVEN {
            object.add(1);
            if round % 8 == 0 {
                thread::sleep(Duration::from_micros(20));
            }
        }
    });
    assert_eq!((taken.into_inner(), object.count()), (GIVEN, 0));
}
