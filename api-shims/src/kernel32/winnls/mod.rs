//! winnls.h: code pages, locales, mapping of text.

mod codepages;
mod locales;
mod mapping;
mod places;

pub(super) use codepages::*;
pub(super) use locales::*;
pub(super) use mapping::*;
pub(super) use places::*;
