use std::thread;
use std::time::Duration;

use super::*;
use crate::object::HandleFlags;
use crate::sync::Event;
use crate::wait::Apc;

fn packet(key: u64) -> Packet {
    Packet { key, context: 10 * key, status: NTSTATUS::STATUS_SUCCESS, information: 0 }
}

fn keys(taken: Result<Vec<Packet>, Woken>) -> Result<Vec<u64>, Woken> {
    taken.map(|packets| packets.iter().map(|packet| packet.key).collect())
}

/// Takes without waiting.
fn look(port: &CompletionPort, waiter: &Arc<Waiter>, most: usize) -> Result<Vec<u64>, Woken> {
    keys(port.queue.remove(waiter, most, false, Timeout::NOW))
}

fn wait(port: &CompletionPort, waiter: &Arc<Waiter>) -> Result<Vec<u64>, Woken> {
    keys(port.queue.remove(waiter, 1, false, Timeout::Infinite))
}

fn until(what: impl Fn() -> bool) {
    while !what() {
        thread::sleep(Duration::from_millis(1));
    }
}

fn blocked(port: &CompletionPort) -> usize {
    port.queue.state.lock().unwrap().waiting.len()
}

fn running(port: &CompletionPort) -> u32 {
    port.queue.state.lock().unwrap().running
}

#[test]
fn packets_leave_in_the_order_they_came() {
    let (port, waiter) = (CompletionPort::new(0), Waiter::new(1));
    (1..=5).for_each(|key| port.queue.post(packet(key)));
    assert_eq!(port.queue.depth(), 5);
    assert_eq!(port.queue.remove(&waiter, 1, false, Timeout::NOW), Ok(vec![packet(1)]));
    assert_eq!(look(&port, &waiter, 3), Ok(vec![2, 3, 4]));
    assert_eq!(look(&port, &waiter, 3), Ok(vec![5]));
    assert_eq!(look(&port, &waiter, 3), Err(Woken::Timeout));
}

#[test]
fn who_waits_is_woken_or_runs_out_of_time() {
    let port = CompletionPort::new(1);
    let waited = port.queue.remove(&Waiter::new(1), 1, false, Timeout::from_millis(2));
    assert_eq!(waited, Err(Woken::Timeout));
    assert_eq!(blocked(&port), 0);
    let port = CompletionPort::new(1);
    thread::scope(|scope| {
        let worker = scope.spawn(|| wait(&port, &Waiter::new(2)));
        until(|| blocked(&port) == 1);
        port.queue.post(packet(7));
        assert_eq!(worker.join().unwrap(), Ok(vec![7]));
    });
    assert_eq!(port.queue.depth(), 0);
}

#[test]
fn the_last_thread_to_come_goes_on_first() {
    let port = CompletionPort::new(8);
    thread::scope(|scope| {
        let workers: Vec<_> = (1..=3)
            .map(|id| {
                let port = &port;
                let worker = scope.spawn(move || wait(port, &Waiter::new(id)));
                until(|| blocked(port) == id as usize);
                worker
            })
            .collect();
        (1..=3).for_each(|key| port.queue.post(packet(key)));
        let order: Vec<_> = workers.into_iter().map(|worker| worker.join().unwrap()).collect();
        assert_eq!(order, [Ok(vec![3]), Ok(vec![2]), Ok(vec![1])]);
    });
}

#[test]
fn no_more_threads_run_than_the_limit_says() {
    let (port, first, second) = (CompletionPort::new(1), Waiter::new(1), Waiter::new(2));
    (1..=4).for_each(|key| port.queue.post(packet(key)));
    assert_eq!(look(&port, &first, 1), Ok(vec![1]));
    assert_eq!(look(&port, &second, 1), Err(Woken::Timeout));
    // A look that failed makes the thread the port's all the same; that it ends makes room.
    second.close();
    assert_eq!(look(&port, &first, 1), Ok(vec![2]));
    thread::scope(|scope| {
        let worker = scope.spawn(|| wait(&port, &Waiter::new(3)));
        until(|| blocked(&port) == 1);
        // The first waits for something else: the other takes its place.
        assert_eq!(wait::delay(&first, false, Timeout::from_millis(20)), Woken::Timeout);
        assert_eq!(worker.join().unwrap(), Ok(vec![3]));
    });
    assert_eq!(running(&port), 2);
}

#[test]
fn a_thread_works_for_one_port_at_a_time() {
    let (one, other, waiter) = (CompletionPort::new(1), CompletionPort::new(1), Waiter::new(1));
    one.queue.post(packet(1));
    assert_eq!(look(&one, &waiter, 1), Ok(vec![1]));
    assert_eq!((running(&one), running(&other)), (1, 0));
    assert_eq!(look(&other, &waiter, 1), Err(Woken::Timeout));
    assert_eq!((running(&one), running(&other)), (0, 1));
    waiter.close();
    assert_eq!(running(&other), 0);
}

#[test]
fn closing_wakes_who_waits_and_drops_what_is_posted() {
    let handles = HandleTable::default();
    let handle = handles.insert(CompletionPort::new(0), ALL_ACCESS, HandleFlags::empty()).unwrap();
    let queue = super::queue(&handles, handle, MODIFY_STATE).unwrap();
    thread::scope(|scope| {
        let worker = scope.spawn(|| queue.remove(&Waiter::new(1), 1, false, Timeout::Infinite));
        until(|| queue.state.lock().unwrap().waiting.len() == 1);
        handles.close(handle).unwrap();
        assert_eq!(worker.join().unwrap(), Err(Woken::Abandoned(0)));
    });
    queue.post(packet(1));
    assert_eq!(queue.depth(), 0);
    assert_eq!(queue.remove(&Waiter::new(2), 1, false, Timeout::Infinite), Err(Woken::Abandoned(0)));
}

#[test]
fn queued_calls_and_the_end_of_a_thread_end_the_wait() {
    let (port, waiter) = (CompletionPort::new(0), Waiter::new(1));
    waiter.queue_apc(Apc { routine: 1, arguments: [0; 3] });
    assert_eq!(look(&port, &waiter, 1), Err(Woken::Timeout));
    assert_eq!(port.queue.remove(&waiter, 1, true, Timeout::Infinite), Err(Woken::Apc));
    thread::scope(|scope| {
        let worker = scope.spawn(|| wait(&port, &waiter));
        until(|| blocked(&port) == 1);
        waiter.kill();
        assert_eq!(worker.join().unwrap(), Err(Woken::Killed));
    });
    assert_eq!(blocked(&port), 0);
}

#[test]
fn the_port_itself_is_signalled_while_it_has_packets() {
    let (port, waiter) = (CompletionPort::new(0), Waiter::new(1));
    let signalled = || port.dispatcher().is_some_and(Dispatcher::is_signalled);
    assert!(!signalled());
    port.queue.post(packet(1));
    port.queue.post(packet(2));
    assert!(signalled());
    assert_eq!(look(&port, &waiter, 9), Ok(vec![1, 2]));
    assert!(!signalled());
}

#[test]
fn rights_and_types_are_checked() {
    let handles = HandleTable::default();
    let port = handles.insert(CompletionPort::new(0), QUERY_STATE, HandleFlags::empty()).unwrap();
    let event = handles.insert(Event::new(true, false), ALL_ACCESS, HandleFlags::empty()).unwrap();
    let queue = |handle, access| super::queue(&handles, handle, access).err();
    assert_eq!(queue(port, MODIFY_STATE), Some(NTSTATUS::STATUS_ACCESS_DENIED));
    assert_eq!(queue(event, MODIFY_STATE), Some(NTSTATUS::STATUS_OBJECT_TYPE_MISMATCH));
    assert_eq!(queue(HANDLE(0x1000), MODIFY_STATE), Some(NTSTATUS::STATUS_INVALID_HANDLE));
}

#[test]
fn many_threads_take_each_packet_once() {
    const PACKETS: u64 = 4000;
    let port = CompletionPort::new(2);
    let sum: u64 = thread::scope(|scope| {
        let workers: Vec<_> = (1..=6)
            .map(|id| {
                let port = &port;
                scope.spawn(move || {
                    let (waiter, mut sum) = (Waiter::new(id), 0);
                    while let Ok(packets) = port.queue.remove(&waiter, 3, false, Timeout::Infinite) {
                        sum += packets.iter().map(|packet| packet.key).sum::<u64>();
                        if sum % 7 == 0 {
                            wait::delay(&waiter, false, Timeout::Relative(1));
                        }
                    }
                    waiter.close();
                    sum
                })
            })
            .collect();
        (1..=PACKETS).for_each(|key| port.queue.post(packet(key)));
        until(|| port.queue.depth() == 0);
        port.queue.close();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(sum, PACKETS * (PACKETS + 1) / 2);
    assert_eq!(running(&port), 0);
}
