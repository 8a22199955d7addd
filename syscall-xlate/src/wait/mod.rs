//! Waiting for objects.

mod dispatcher;

pub use dispatcher::{Dispatcher, Signal};
