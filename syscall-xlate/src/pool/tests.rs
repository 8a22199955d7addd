use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use abi::NtResult;

use super::item::Cause;
use super::queue::Staff;
use super::{Callback, Environment, Item, Pool, Priority, Shape, Told};
use crate::sync::{Event, ThreadObject};
use crate::wait::Waiter;

/// Counts those who are wanted, and starts nobody.
#[derive(Default)]
struct Nobody {
    hired: AtomicU32,
}

impl Staff for Nobody {
    fn hire(&self, _: &Arc<Pool>) -> NtResult<()> {
        self.hired.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn look_again(&self, _: &Arc<Pool>, _: Duration) {}
}

fn item(pool: &Arc<Pool>, context: u64, priority: Priority) -> Arc<Item> {
    let callback = Callback { shape: Shape::Simple, routine: 1, context };
    Item::new(context, Arc::clone(pool), callback, Environment { priority, ..Environment::default() })
}

#[test]
fn urgent_callbacks_come_first_and_others_in_order() {
    let pool = Pool::new(Arc::<Nobody>::default());
    let worker = ThreadObject::new(1);
    pool.join(&worker);
    for (context, priority) in [(1, Priority::Low), (2, Priority::Normal), (3, Priority::High), (4, Priority::Normal)] {
        item(&pool, context, priority).submit();
    }
    let order: Vec<_> = (0..4).map(|_| pool.next(&worker).unwrap().item.number()).collect();
    assert_eq!(order, [3, 2, 4, 1]);
}

#[test]
fn dropped_callbacks_do_not_run_and_the_last_one_signals() {
    let pool = Pool::new(Arc::<Nobody>::default());
    let worker = ThreadObject::new(1);
    pool.join(&worker);
    let (own, other) = (item(&pool, 1, Priority::Normal), item(&pool, 2, Priority::Normal));
    for item in [&own, &own, &other, &own] {
        item.submit();
    }
    let running = pool.next(&worker).unwrap();
    assert_eq!((own.outstanding(), own.cancel_pending(), own.outstanding()), (3, 2, 1));
    let event = Event::new(true, false);
    own.tell(Arc::new(Told(Arc::clone(&event))));
    assert!(!own.close() && !event.set() && event.reset());
    assert!(running.item.ended(), "the last callback of a closed item");
    own.wait_until_idle(&Waiter::new(2));
    assert!(event.set(), "it was told");
    assert_eq!(pool.next(&worker).unwrap().item.number(), 2);
}

#[test]
fn no_more_workers_are_wanted_than_allowed_or_useful() {
    let staff = Arc::<Nobody>::default();
    let pool = Pool::new(staff.clone());
    pool.set_maximum(2);
    let item = item(&pool, 1, Priority::Normal);
    (0..10).for_each(|_| item.submit());
    let most = crate::system_info::processors().min(2);
    assert_eq!(staff.hired.load(Ordering::Relaxed), most);
    pool.set_minimum(5).unwrap();
    assert_eq!(staff.hired.load(Ordering::Relaxed), 5);
}

/// Runs workers that count, each on a thread of its own; callbacks of the context 0 wait until as many run as the first test asks for.
struct Threads {
    meeting: u32,
    met: Arc<AtomicU32>,
    ids: AtomicU32,
    watched: Arc<Mutex<Vec<Arc<Pool>>>>,
}

impl Staff for Threads {
    fn hire(&self, pool: &Arc<Pool>) -> NtResult<()> {
        let (pool, met, meeting) = (Arc::clone(pool), Arc::clone(&self.met), self.meeting);
        let id = self.ids.fetch_add(1, Ordering::Relaxed) + 1;
        std::thread::spawn(move || {
            let worker = ThreadObject::new(id);
            pool.join(&worker);
            while let Some(task) = pool.next(&worker) {
                met.fetch_add(1, Ordering::AcqRel);
                while met.load(Ordering::Acquire) < meeting {
                    std::thread::sleep(Duration::from_millis(1));
                }
                task.item.ended();
            }
            pool.part(&worker);
        });
        Ok(())
    }
    fn look_again(&self, pool: &Arc<Pool>, _: Duration) {
        self.watched.lock().unwrap().push(Arc::clone(pool));
    }
}

#[test]
fn callbacks_that_wait_for_each_other_get_more_workers() {
    use crate::sync::timer::Expire;
    let meeting = crate::system_info::processors() + 2;
    let watched: Arc<Mutex<Vec<Arc<Pool>>>> = Arc::default();
    let staff = Threads { meeting, met: Arc::default(), ids: AtomicU32::new(100), watched: Arc::clone(&watched) };
    let pool = Pool::new(Arc::new(staff));
    let item = item(&pool, 1, Priority::Normal);
    (0..meeting).for_each(|_| item.submit());
    let begin = Instant::now();
    while item.outstanding() != 0 && begin.elapsed() < Duration::from_secs(20) {
        pool.expire(0);
        std::thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(item.outstanding(), 0);
    assert!(!watched.lock().unwrap().is_empty(), "the queue is looked at again");
    pool.close();
    watched.lock().unwrap().clear();
}

#[test]
fn what_is_announced_is_waited_for() {
    let pool = Pool::new(Arc::<Nobody>::default());
    let item = item(&pool, 1, Priority::Normal);
    item.announce();
    assert_eq!(item.outstanding(), 1);
    item.submit_for(Cause::Due);
    item.withdraw();
    item.withdraw();
    assert_eq!((item.outstanding(), item.cancel_pending(), item.outstanding()), (1, 1, 0));
}
