//! Rust's panics: caught, resumed, on threads, in destructors, with payloads, with hooks; and those that end the program.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, catch_unwind, panic_any, resume_unwind, AssertUnwindSafe};
use std::process::exit;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{mpsc, Arc, Barrier, Mutex, Once};
use std::thread;

static DROPPED: AtomicUsize = AtomicUsize::new(0);
static HOOKED: AtomicUsize = AtomicUsize::new(0);

/// Tells that it was dropped, and whether a panic was on its way.
struct Loud(&'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        println!("  {} dropped, panicking: {}", self.0, thread::panicking());
    }
}

struct Counted;

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
    }
}

/// Catches a panic of its own when it is dropped: one that is resumed, since to begin one while another is on its way ends the program.
struct CatchesOwn(u32);

impl Drop for CatchesOwn {
    fn drop(&mut self) {
        if let Some(left) = self.0.checked_sub(1) {
            let caught = catch_unwind(move || -> () {
                let _inner = CatchesOwn(left);
                resume_unwind(Box::new(left))
            });
            println!("  depth {}: caught {}, panicking: {}", self.0, said(&caught), thread::panicking());
        }
    }
}

struct Custom {
    code: i32,
}

/// What a panic was about.
fn said<T>(result: &Result<T, Box<dyn Any + Send>>) -> String {
    let payload = match result {
        Err(payload) => payload,
        Ok(_) => return "nothing".to_owned(),
    };
    let payload = &**payload;
    payload
        .downcast_ref::<&str>()
        .map(|text| format!("str {text:?}"))
        .or_else(|| payload.downcast_ref::<String>().map(|text| format!("String {text:?}")))
        .or_else(|| payload.downcast_ref::<u32>().map(|number| format!("u32 {number}")))
        .or_else(|| payload.downcast_ref::<Custom>().map(|custom| format!("Custom {}", custom.code)))
        .unwrap_or_else(|| "something".to_owned())
}

#[inline(never)]
fn deep(depth: u32) -> u32 {
    let _counted = Counted;
    if depth == 0 {
        panic!("at the bottom");
    }
    deep(depth - 1) + depth
}

fn caught() {
    println!("caught");
    println!("  {}", said(&catch_unwind(|| 1)));
    println!("  {}", said(&catch_unwind(|| panic!("plain"))));
    println!("  {}", said(&catch_unwind(|| panic!("number {}", std::env::args().count()))));
    println!("  {}", said(&catch_unwind(|| panic_any(7u32))));
    println!("  {}", said(&catch_unwind(|| panic_any(Custom { code: -5 }))));
    println!("  {}", said(&catch_unwind(|| Vec::<i32>::new()[std::env::args().count()])));
    println!("  {}", said(&catch_unwind(|| 1 / (std::env::args().count() as u32 - 1))));
    println!("  {}", said(&catch_unwind(|| None::<i32>.expect("some"))));
    println!("  {}", said(&catch_unwind(|| "x".parse::<i32>().unwrap())));
    println!("  {}", said(&catch_unwind(|| deep(1000))));
    println!("  dropped {}", DROPPED.swap(0, Relaxed));
    println!("  hook called {}", HOOKED.swap(0, Relaxed));
}

fn resumed() {
    println!("resumed");
    let result = catch_unwind(|| {
        let _outer = Loud("outer");
        let first = catch_unwind(|| {
            let _inner = Loud("inner");
            panic_any(3u32)
        });
        let payload = first.map(|()| ()).unwrap_err();
        println!("  {:?} on its way", payload.downcast_ref::<u32>());
        resume_unwind(payload)
    });
    println!("  {}", said(&result));
    // Without the hook.
    println!("  {}", said(&catch_unwind(|| resume_unwind(Box::new(Custom { code: 8 })))));
    println!("  hook called {}", HOOKED.swap(0, Relaxed));
}

fn in_drop() {
    println!("in destructors that catch their own");
    let result = catch_unwind(|| {
        let _local = CatchesOwn(3);
        panic!("around them")
    });
    println!("  {}", said(&result));
    println!("in a destructor, without another one");
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let result = catch_unwind(|| {
        let _after = Loud("the one before");
        let _panics = Panics;
    });
    println!("  {}", said(&result));
}

fn on_threads() {
    println!("on threads");
    let result = thread::spawn(|| {
        let _local = Loud("the thread's");
        panic!("on a thread")
    });
    println!("  joined: {}", said(&result.join().map(|()| ())));
    let poisoned = Arc::new(Mutex::new(1));
    let shared = poisoned.clone();
    let _ = thread::spawn(move || {
        let _guard = shared.lock();
        panic!("with a lock")
    })
    .join();
    println!("  poisoned: {}", poisoned.lock().is_err());
    let scoped = thread::scope(|scope| scope.spawn(|| panic_any(Custom { code: 4 })).join().map(|()| ()));
    println!("  scoped: {}", said(&scoped));
    let (sender, receiver) = mpsc::channel::<i32>();
    let other = thread::spawn(move || {
        let _sender = sender;
        panic!("with a channel")
    });
    println!("  channel: {:?}, joined: {}", receiver.recv(), other.join().is_err());
    thread_local!(static LOCAL: Cell<Option<Counted>> = Cell::new(None));
    DROPPED.store(0, Relaxed);
    let _ = thread::spawn(|| {
        LOCAL.with(|local| local.set(Some(Counted)));
        panic!("with a thread-local value")
    })
    .join();
    println!("  thread-local values dropped {}", DROPPED.swap(0, Relaxed));
    static ONCE: Once = Once::new();
    println!("  once: {}", said(&catch_unwind(|| ONCE.call_once(|| panic!("once")))));
    println!("  once again: {}", catch_unwind(|| ONCE.call_once(|| ())).is_err());
}

fn on_16_threads() {
    println!("on 16 threads at once");
    DROPPED.store(0, Relaxed);
    HOOKED.store(0, Relaxed);
    let barrier = Arc::new(Barrier::new(16));
    let threads: Vec<_> = (0..16u32)
        .map(|index| {
            let barrier = barrier.clone();
            thread::spawn(move || {
                barrier.wait();
                let mut caught = 0;
                for round in 0..100 {
                    let result = catch_unwind(AssertUnwindSafe(|| {
                        let _counted = Counted;
                        if round % 10 == 0 {
                            deep(50);
                        }
                        panic_any(index * 1000 + round)
                    }));
                    let payload = result.map(|()| ()).unwrap_err();
                    caught += match payload.downcast_ref::<u32>() {
                        Some(&number) => u32::from(number == index * 1000 + round),
                        None => u32::from(payload.is::<&str>()),
                    };
                }
                if index % 2 == 1 {
                    panic_any(caught);
                }
                caught
            })
        })
        .collect();
    let mut sum = 0;
    for thread in threads {
        sum += thread.join().unwrap_or_else(|payload| *payload.downcast_ref::<u32>().unwrap());
    }
    println!("  caught {sum}, dropped {}, hook called {}", DROPPED.load(Relaxed), HOOKED.load(Relaxed));
}

fn with_hooks() {
    println!("with hooks");
    let before = panic::take_hook();
    panic::set_hook(Box::new(|info| {
        let text = info.payload().downcast_ref::<&str>().copied().unwrap_or("no text");
        let line = info.location().map_or(0, |location| location.line());
        println!("  hook: {text}, in a file: {}, a line: {}", info.location().is_some(), line > 0);
        println!("  hook: thread {:?}", thread::current().name());
    }));
    let _ = catch_unwind(|| panic!("seen by the hook"));
    let _ = thread::Builder::new().name("named".to_owned()).spawn(|| panic!("seen too")).map(|thread| thread.join());
    panic::set_hook(before);
    let _ = catch_unwind(|| panic!("seen by the one before"));
    println!("  hook called {}", HOOKED.swap(0, Relaxed) > 0);
}

fn ends(how: &str) {
    let _local = Loud("a local of main");
    match how {
        "main" => panic!("in main"),
        "drop" => {
            struct Panics;
            impl Drop for Panics {
                fn drop(&mut self) {
                    panic!("while panicking");
                }
            }
            let _panics = Panics;
            panic!("first");
        }
        "hook" => {
            panic::set_hook(Box::new(|_| panic!("in the hook")));
            panic!("first");
        }
        "exit" => {
            let _ = catch_unwind(|| panic!("caught"));
            exit(9);
        }
        "abort" => std::process::abort(),
        "payload" => panic_any(5u8),
        _ => println!("{how}?"),
    }
}

fn main() {
    if let Some(how) = std::env::args().nth(1) {
        return ends(&how);
    }
    panic::set_hook(Box::new(|_| {
        HOOKED.fetch_add(1, Relaxed);
    }));
    caught();
    resumed();
    in_drop();
    on_threads();
    on_16_threads();
    with_hooks();
}
