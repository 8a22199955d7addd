//! What threads synchronize with: objects behind handles, and locks that live in the guest's own memory.

pub mod address;
mod alert;
pub mod barrier;
pub mod completion;
pub mod condition;
pub mod critical_section;
pub mod event;
pub mod init_once;
pub mod keyed_event;
pub mod mutant;
pub mod process;
pub mod semaphore;
mod signal;
pub mod slist;
pub mod srw_lock;
pub mod stop;
pub mod thread;
pub mod threads;
pub mod timer;
pub mod write_buffers;

pub use address::{AddressWaits, Slept};
pub use completion::CompletionPort;
pub use event::Event;
pub use keyed_event::KeyedEvent;
pub use mutant::{Mutant, Mutants};
pub use process::ProcessObject;
pub use semaphore::Semaphore;
pub use thread::ThreadObject;
pub use threads::Threads;
pub use timer::{Timer, TimerQueue};
