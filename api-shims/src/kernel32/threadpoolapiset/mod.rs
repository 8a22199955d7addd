//! threadpoolapiset.h: the thread pool.

mod instances;
mod items;
mod pools;

pub(crate) use instances::*;
pub(crate) use items::*;
pub(crate) use pools::*;
