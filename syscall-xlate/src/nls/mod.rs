//! National language support: code pages, case, character types, comparison and locales.
//!
//! The user's and the system's locale are US English, as on a freshly installed American Windows: ANSI code page 1252, OEM code
//! page 437.

pub mod case;
pub mod codepage;
pub mod collation;
mod convert;
pub mod ctype;
pub mod locale;
mod normal;
mod utf7;

pub use codepage::CodePage;
pub use convert::{FromWide, Narrow, ToWide, from_wide, to_wide};
pub use normal::{Form, fold_digits, normalize};

/// The default ANSI code page (`CP_ACP`).
pub const ANSI_CODE_PAGE: u32 = 1252;
/// The default OEM code page (`CP_OEMCP`).
pub const OEM_CODE_PAGE: u32 = 437;
/// The UTF-8 code page.
pub const CP_UTF8: u32 = 65001;

/// Text in the ANSI code page as UTF-16; never fails: what the code page lacks becomes its replacement.
pub fn ansi_to_wide(bytes: &[u8]) -> Vec<u16> {
    CodePage::ANSI.decode(bytes)
}

/// UTF-16 as text in the ANSI code page, with best fit and `?` for what has none.
pub fn wide_to_ansi(text: &[u16]) -> Vec<u8> {
    CodePage::ANSI.encode(text)
}
