//! stdlib.h: conversions, searching and sorting, random numbers, paths.

pub(crate) mod convert;
pub(crate) mod misc;
pub(crate) mod multibyte;
pub(crate) mod path;
pub(crate) mod sort;
