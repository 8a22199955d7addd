//! Values made the same in each run.

use std::collections::HashMap;

use abi::{HANDLE, Value};

use crate::Cx;

/// Names given to addresses and handles in the order in which they appear.
#[derive(Default)]
pub(super) struct Names {
    addresses: HashMap<u64, usize>,
    handles: HashMap<u64, usize>,
}

impl Names {
    /// Replaces a value that depends on the run.
    pub(super) fn replace(&mut self, cx: &Cx<'_>, value: &mut Value) {
        match *value {
            Value::Address(address) => {
                *value = Value::Name(match cx.process.place_of(address) {
                    Some(place) => place,
                    None => format!("@{}", number(&mut self.addresses, address)),
                });
            }
            Value::Handle(handle) if handle != HANDLE::NULL.0 && handle < HANDLE::CURRENT_THREAD.0 => {
                *value = Value::Name(match cx.process.place_of(handle) {
                    Some(place) => place,
                    None => format!("h{}", number(&mut self.handles, handle)),
                });
            }
            Value::Varying(_) => *value = Value::Name("#".to_owned()),
            _ => {}
        }
    }
}

fn number(seen: &mut HashMap<u64, usize>, key: u64) -> usize {
    let next = seen.len() + 1;
    *seen.entry(key).or_insert(next)
}
