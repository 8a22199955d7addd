//! securitybaseapi.h: security identifiers, tokens, security of files.

mod files;
mod tokens;

pub(super) use files::*;
pub(super) use tokens::*;
