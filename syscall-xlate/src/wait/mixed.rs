//! Waits for objects of which some are shared with other processes.
//!
//! At an object of this process the thread is queued as in any wait. At a shared one there is no queue, so the thread sleeps on its own word
//! and on those of the shared objects at once, and tries again when one of them changes. It looks again from time to time in any case: who
//! should have woken it may have died first.

use std::sync::Arc;
use std::time::Duration;

use super::deadline::Deadline;
use super::dispatcher::{Dispatcher, Locked, Passed, Queued};
use super::shared::{Shared, Sleep};
use super::waiter::{Waiter, Wake};
use super::{Woken, blocks_not, due, forget, lock_all, woken};

/// The first and the longest sleep after which a thread looks whether somebody died.
const FIRST_SLEEP: Duration = Duration::from_millis(10);
const LONGEST_SLEEP: Duration = Duration::from_millis(40);

/// True when one of the objects is shared with other processes.
pub(super) fn concerns(objects: &[&Dispatcher]) -> bool {
    objects.iter().any(|object| object.shared().is_some())
}

/// Waits for any of the objects, of which none can be passed at once.
pub(super) fn any_of(waiter: &Arc<Waiter>, objects: &[&Dispatcher], alertable: bool, deadline: Deadline) -> Woken {
    rounds(waiter, objects, alertable, deadline, |round| {
        let passed = (0..).zip(objects).find_map(|(index, object)| Some((index, object.try_pass(waiter.thread())?)));
        if let Some((index, passed)) = passed {
            return Err(Woken::passed(index, passed));
        }
        waiter.begin(alertable);
        for (index, object) in (0..).zip(objects) {
            match object.shared() {
                Some(shared) => round.watch(shared, waiter.thread()),
                None => {
                    let mut locked = object.lock();
                    round.again |= locked.would_pass(waiter.thread());
                    locked.enqueue(Queued { waiter: Arc::clone(waiter), index, all: false });
                }
            }
        }
        Ok(())
    })
}

/// Waits for all of the objects, which are sorted by address.
pub(super) fn all_of(waiter: &Arc<Waiter>, ordered: &[&Dispatcher], alertable: bool, deadline: Deadline) -> Woken {
    let own: Vec<&Dispatcher> = ordered.iter().copied().filter(|object| object.shared().is_none()).collect();
    let shared: Vec<&Shared> = ordered.iter().filter_map(|object| object.shared()).collect();
    rounds(waiter, ordered, alertable, deadline, |round| {
        waiter.begin(alertable);
        let mut locked = lock_all(&own);
        if let Some(passed) = pass_all(waiter, &mut locked, &shared) {
            // Nobody knows of this wait but one who queues a call, which stays queued.
            waiter.end();
            return Err(Woken::passed(0, passed));
        }
        let own_would_pass = locked.iter().all(|locked| locked.would_pass(waiter.thread()));
        for locked in &mut locked {
            locked.enqueue(Queued { waiter: Arc::clone(waiter), index: 0, all: true });
        }
        drop(locked);
        for shared in &shared {
            round.watch(shared, waiter.thread());
        }
        // It is to sleep until one changes that cannot be passed now.
        round.again = own_would_pass && round.sleeps.is_empty();
        Ok(())
    })
}

/// What one round sleeps on.
#[derive(Default)]
struct Round<'a> {
    sleeps: Vec<Sleep<'a>>,
    /// Something could be passed meanwhile: no sleep.
    again: bool,
}

impl<'a> Round<'a> {
    fn watch(&mut self, shared: &'a Shared, thread: u32) {
        shared.look_after_owner();
        match shared.prepare_sleep(thread) {
            Some(sleep) => self.sleeps.push(sleep),
            None => self.again = true,
        }
    }
}

/// Tries, queues and sleeps until something ends the wait. `attempt` tries, or begins the wait and queues the thread.
fn rounds<'a>(
    waiter: &Arc<Waiter>,
    objects: &[&'a Dispatcher],
    alertable: bool,
    deadline: Deadline,
    attempt: impl Fn(&mut Round<'a>) -> Result<(), Woken>,
) -> Woken {
    let _paused = waiter.pause();
    let mut longest = FIRST_SLEEP;
    loop {
        let over = blocks_not(waiter, alertable, deadline);
        if let Some(woken @ (Woken::Killed | Woken::Apc)) = over {
            return woken;
        }
        due::signal(objects);
        let mut round = Round::default();
        if let Err(woken) = attempt(&mut round) {
            return woken;
        }
        let shared_due = round.sleeps.iter().filter_map(|sleep| sleep.longest);
        let most = shared_due.fold(longest, Duration::min);
        let until = match round.again || over.is_some() {
            true => Deadline::Passed,
            false => due::until(objects, deadline.within(most).0).0,
        };
        let wake = waiter.sleep_on(alertable, until, &round.sleeps);
        forget(waiter, objects);
        match (wake, over) {
            (None | Some(Wake::LookAgain), None) => longest = (longest * 2).min(LONGEST_SLEEP),
            (None | Some(Wake::LookAgain), Some(over)) => {
                waiter.end();
                return over;
            }
            (Some(wake), _) => return woken(wake),
        }
    }
}

/// Passes all or none. While it tries, another process may see a shared one taken that is given back.
fn pass_all(waiter: &Arc<Waiter>, own: &mut [Locked<'_>], shared: &[&Shared]) -> Option<Passed> {
    let thread = waiter.thread();
    let possible =
        own.iter().all(|locked| locked.would_pass(thread)) && shared.iter().all(|shared| shared.would_pass(thread));
    if !possible {
        return None;
    }
    let mut taken = Vec::with_capacity(shared.len());
    for shared in shared {
        match shared.try_pass(thread) {
            Some(passed) => taken.push((shared, passed)),
            None => {
                taken.into_iter().for_each(|(shared, passed)| shared.pass_back(thread, passed));
                return None;
            }
        }
    }
    let own = own.iter_mut().filter_map(|locked| locked.pass(thread));
    let abandoned = taken.into_iter().map(|(_, passed)| passed).chain(own).any(|passed| passed == Passed::Abandoned);
    Some(if abandoned { Passed::Abandoned } else { Passed::Plain })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use crate::object::{Name, Namespace, Object};
    use crate::sync::{Event, Mutant, Mutants, Semaphore};
    use crate::temp_dir::TempDir;
    use crate::wait::{self, Apc, Timeout, Waiter, Woken};

    /// Two processes of one root.
    fn processes(folder: &TempDir) -> [Namespace; 2] {
        [(); 2].map(|()| Namespace::new(folder.path()))
    }
    fn name(text: &str) -> Name {
        Name::win32(&text.encode_utf16().collect::<Vec<_>>()).unwrap()
    }
    fn event(process: &Namespace, text: &str, manual: bool) -> Arc<Event> {
        process.create(Some(&name(text)), |place| Ok(Event::new_in(place, manual, false))).unwrap().object
    }
    fn mutant(process: &Namespace, text: &str) -> Arc<Mutant> {
        process.create(Some(&name(text)), |place| Ok(Mutants::default().create_in(place, None))).unwrap().object
    }
    fn wait_one(waiter: &Arc<Waiter>, object: &dyn Object, timeout: Timeout) -> Woken {
        wait::one(waiter, object.dispatcher().unwrap(), false, timeout)
    }
    const SOON: Timeout = Timeout::Relative(20 * 10_000);

    #[test]
    fn an_event_lets_one_process_pass_for_each_signal_of_another() {
        let folder = TempDir::new();
        let [first, second] = processes(&folder);
        let (here, there) = (event(&first, "e", false), event(&second, "e", false));
        let (go, back) = (event(&first, "go", false), event(&second, "go", false));
        thread::scope(|scope| {
            scope.spawn(|| {
                let waiter = Waiter::new(2);
                for _ in 0..2000 {
                    assert_eq!(wait_one(&waiter, &*there, Timeout::Infinite), Woken::Object(0));
                    back.set();
                }
            });
            let waiter = Waiter::new(1);
            for _ in 0..2000 {
                assert!(!here.set());
                assert_eq!(wait_one(&waiter, &*go, Timeout::Infinite), Woken::Object(0));
            }
        });
        assert!(!here.is_signalled() && !go.is_signalled());
        here.set();
        assert!(there.is_signalled() && there.reset() && !here.is_signalled());
    }

    #[test]
    fn what_a_process_that_dies_owned_is_abandoned() {
        let folder = TempDir::new();
        let [first, second] = processes(&folder);
        let (here, there) = (mutant(&first, "m"), mutant(&second, "m"));
        let (mine, theirs) = (Waiter::new(1), Waiter::new(1));
        assert_eq!(wait_one(&theirs, &*there, Timeout::NOW), Woken::Object(0));
        assert_eq!(wait_one(&theirs, &*there, Timeout::NOW), Woken::Object(0));
        assert_eq!((there.query().count, here.query().count), (-1, -1));
        // The same thread number in another process is another thread.
        assert_eq!(wait_one(&mine, &*here, SOON), Woken::Timeout);
        assert!(here.release(1).is_err());
        assert_eq!((there.release(1), there.query().count), (Ok(-1), 0));
        thread::scope(|scope| {
            let waiting = scope.spawn(|| wait_one(&mine, &*here, Timeout::Infinite));
            drop((there, second));
            assert_eq!(waiting.join().unwrap(), Woken::Abandoned(0));
        });
        assert_eq!((here.release(1), here.query().count), (Ok(0), 1));
    }

    #[test]
    fn a_thread_that_ends_leaves_its_shared_mutants() {
        let folder = TempDir::new();
        let [first, second] = processes(&folder);
        let (here, there) = (mutant(&first, "m"), mutant(&second, "m"));
        assert_eq!(wait_one(&Waiter::new(7), &*here, Timeout::NOW), Woken::Object(0));
        first.all::<Mutant>().iter().for_each(|mutant| mutant.abandon(7));
        assert_eq!(wait_one(&Waiter::new(7), &*there, Timeout::NOW), Woken::Abandoned(0));
    }

    #[test]
    fn shared_objects_and_others_are_waited_for_together() {
        let folder = TempDir::new();
        let [first, second] = processes(&folder);
        let (here, there) = (event(&first, "e", false), event(&second, "e", false));
        let own = Event::new(false, false);
        let objects = [own.dispatcher().unwrap(), here.dispatcher().unwrap()];
        let waiter = Waiter::new(1);
        let any = |timeout| wait::any(&waiter, &objects, true, timeout).unwrap();
        let all = |timeout| wait::all(&waiter, &objects, true, timeout).unwrap();
        assert_eq!((any(SOON), all(SOON)), (Woken::Timeout, Woken::Timeout));
        thread::scope(|scope| {
            scope.spawn(|| there.set());
            assert_eq!(any(Timeout::Infinite), Woken::Object(1));
            scope.spawn(|| own.set());
            assert_eq!(any(Timeout::Infinite), Woken::Object(0));
        });
        own.set();
        assert_eq!(all(SOON), Woken::Timeout);
        assert!(own.is_signalled());
        thread::scope(|scope| {
            scope.spawn(|| there.set());
            assert_eq!(all(Timeout::Infinite), Woken::Object(0));
            assert!(!own.is_signalled() && !here.is_signalled());
            there.set();
            scope.spawn(|| own.set());
            assert_eq!(all(Timeout::Infinite), Woken::Object(0));
        });
        thread::scope(|scope| {
            scope.spawn(|| assert!(waiter.queue_apc(Apc { routine: 1, arguments: [0; 3] })));
            assert_eq!(any(Timeout::Infinite), Woken::Apc);
        });
    }

    #[test]
    fn a_semaphore_counts_in_all_processes() {
        let folder = TempDir::new();
        let [first, second] = processes(&folder);
        let make = |process: &Namespace| {
            process.create(Some(&name("s")), |place| Semaphore::new_in(place, 1, 3)).unwrap().object
        };
        let (here, there) = (make(&first), make(&second));
        assert_eq!((here.release(2), there.query()), (Ok(1), (3, 3)));
        assert!(there.release(1).is_err());
        let waiter = Waiter::new(1);
        for _ in 0..3 {
            assert_eq!(wait_one(&waiter, &*there, Timeout::NOW), Woken::Object(0));
        }
        assert_eq!((wait_one(&waiter, &*here, SOON), here.query()), (Woken::Timeout, (0, 3)));
    }

    #[test]
    fn many_that_compete_lose_no_signal() {
        let folder = TempDir::new();
        let [first, second] = processes(&folder);
        let make = |process: &Namespace| {
            process.create(Some(&name("s")), |place| Semaphore::new_in(place, 0, i32::MAX)).unwrap().object
        };
        let (here, there) = (make(&first), make(&second));
        thread::scope(|scope| {
            for (thread, semaphore) in (1..).zip([&here, &there, &here, &there]) {
                scope.spawn(move || {
                    let waiter = Waiter::new(thread);
                    (0..500)
                        .for_each(|_| assert_eq!(wait_one(&waiter, &**semaphore, Timeout::Infinite), Woken::Object(0)));
                });
            }
            (0..1000).for_each(|_| _ = (here.release(1).unwrap(), there.release(1).unwrap()));
        });
        assert_eq!(here.query().0, 0);
    }
}
