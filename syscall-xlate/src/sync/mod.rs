//! The objects threads synchronize with, and what they share in one process.

pub mod event;
pub mod mutant;
pub mod process;
pub mod semaphore;
pub mod thread;
pub mod timer;

pub use event::Event;
pub use mutant::{Mutant, Mutants};
pub use process::ProcessObject;
pub use semaphore::Semaphore;
pub use thread::ThreadObject;
pub use timer::{Timer, TimerQueue};
