//! What an exception of a language's own is about: the type thrown, and what it says.
//!
//! Layouts: the SDK's `ehdata.h` for Visual C++ (`ThrowInfo`, `CatchableType`, `TypeDescriptor`), the Itanium C++ ABI for gcc.

use std::fmt;

use abi::{Exception, fault};

/// `0xE0000000 | 'msc'`, of Visual C++.
const MSC: u32 = 0xE06D_7363;
/// `STATUS_GCC_THROW`, of gcc's libunwind.
const GCC: u32 = 0x2047_4343;

/// Bytes of a name or message shown.
const MOST_TEXT: usize = 300;
/// Base classes looked at.
const MOST_BASES: u32 = 32;

/// The name of a code that is a language's.
pub(super) fn name(code: u32) -> Option<&'static str> {
    match code {
        MSC => Some("C++ exception"),
        GCC => Some("C++ exception of gcc"),
        _ => None,
    }
}

/// What a language's exception threw; shows nothing where that cannot be read.
pub(super) struct Thrown<'a>(pub(super) &'a Exception);

impl fmt::Display for Thrown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = &self.0.parameters;
        match (self.0.code.0, self.0.count) {
            (MSC, 4..) => visual(f, parameters[1], parameters[2], parameters[3]).unwrap_or(Ok(())),
            // The type is the first field of the header, 80 bytes before what `_Unwind_RaiseException` gets.
            (GCC, 1..) => {
                let name = || {
                    let of = fault::load_u64(parameters[0].wrapping_sub(80)).ok()?;
                    Text::at(fault::load_u64(of.wrapping_add(8)).ok()?)
                };
                name().map_or(Ok(()), |name| write!(f, "of type {}", name.text()))
            }
            _ => Ok(()),
        }
    }
}

/// `None` when something cannot be read.
fn visual(f: &mut fmt::Formatter<'_>, object: u64, info: u64, base: u64) -> Option<fmt::Result> {
    let rva = |address: u64| Some(base.wrapping_add(u64::from(fault::load_u32(address).ok()?)));
    let types = rva(info.wrapping_add(12))?;
    let count = fault::load_u32(types).ok()?.min(MOST_BASES);
    let mut shown = f.write_str("of type ");
    for index in 0..count {
        let catchable = rva(types.wrapping_add(4 + 4 * u64::from(index)))?;
        let name = Text::at(rva(catchable.wrapping_add(4))?.wrapping_add(16))?;
        if index == 0 {
            shown = shown.and_then(|()| type_name(f, name.text()));
        }
        let part = object.wrapping_add(u64::from(fault::load_u32(catchable.wrapping_add(8)).ok()?));
        let message = match name.text() {
            // Behind its table of functions it has what `what` gives, unless that is made anew (`__std_exception_data`).
            ".?AVexception@std@@" => fault::load_u64(part.wrapping_add(8)).ok(),
            ".PEBD" | ".PEAD" if index == 0 => fault::load_u64(part).ok(),
            _ => None,
        };
        if let Some(message) = message.and_then(Text::at).filter(|text| !text.text().is_empty()) {
            return Some(shown.and_then(|()| write!(f, ": {}", message.text().escape_debug())));
        }
    }
    Some(shown)
}

/// A type's name without its decoration, where that is simple.
fn type_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    let simple = match name {
        ".H" => "int",
        ".I" => "unsigned int",
        ".J" => "long",
        ".K" => "unsigned long",
        ".D" => "char",
        ".N" => "double",
        ".M" => "float",
        "._N" => "bool",
        ".PEBD" => "char const *",
        ".PEAD" => "char *",
        _ => {
            let Some(scoped) = name.strip_prefix(".?A").and_then(|rest| rest.get(1..)?.strip_suffix("@@")) else {
                return f.write_str(name);
            };
            if scoped.contains(['?', '$']) {
                return f.write_str(name);
            }
            for (index, part) in scoped.rsplit('@').enumerate() {
                f.write_str(if index == 0 { "" } else { "::" })?;
                f.write_str(part)?;
            }
            return Ok(());
        }
    };
    f.write_str(simple)
}

/// Text of the guest's, as far as it can be read.
struct Text([u8; MOST_TEXT], usize);

impl Text {
    /// The text at an address that ends with a zero; `None` where there is none.
    fn at(address: u64) -> Option<Self> {
        let mut text = Self([0; MOST_TEXT], 0);
        while let Some(to) = text.0.get_mut(text.1) {
            match fault::load_u8(address.wrapping_add(text.1 as u64)) {
                Ok(0) => break,
                Ok(byte) => *to = byte,
                Err(_) => return None,
            }
            text.1 += 1;
        }
        Some(text)
    }

    fn text(&self) -> &str {
        let bytes = &self.0[..self.1];
        std::str::from_utf8(bytes)
            .unwrap_or_else(|error| std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default())
    }
}

/// `FAST_FAIL_*` of winnt.h: why a program ended itself at once.
pub(super) fn fast_fail(code: u64) -> Option<&'static str> {
    Some(match code {
        0 => "FAST_FAIL_LEGACY_GS_VIOLATION",
        1 => "FAST_FAIL_VTGUARD_CHECK_FAILURE",
        2 => "FAST_FAIL_STACK_COOKIE_CHECK_FAILURE",
        3 => "FAST_FAIL_CORRUPT_LIST_ENTRY",
        4 => "FAST_FAIL_INCORRECT_STACK",
        5 => "FAST_FAIL_INVALID_ARG",
        6 => "FAST_FAIL_GS_COOKIE_INIT",
        7 => "FAST_FAIL_FATAL_APP_EXIT",
        8 => "FAST_FAIL_RANGE_CHECK_FAILURE",
        9 => "FAST_FAIL_UNSAFE_REGISTRY_ACCESS",
        10 => "FAST_FAIL_GUARD_ICALL_CHECK_FAILURE",
        11 => "FAST_FAIL_GUARD_WRITE_CHECK_FAILURE",
        12 => "FAST_FAIL_INVALID_FIBER_SWITCH",
        13 => "FAST_FAIL_INVALID_SET_OF_CONTEXT",
        14 => "FAST_FAIL_INVALID_REFERENCE_COUNT",
        18 => "FAST_FAIL_INVALID_JUMP_BUFFER",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Name(&'static str);

    impl fmt::Display for Name {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            type_name(f, self.0)
        }
    }

    #[test]
    fn types_have_their_names() {
        let names = [".?AVruntime_error@std@@", ".H", ".?AUinner@outer@@", ".?AV?$vector@H@std@@", "?"];
        let shown = names.map(|name| Name(name).to_string());
        assert_eq!(shown, ["std::runtime_error", "int", "outer::inner", ".?AV?$vector@H@std@@", "?"]);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let wild = Exception::new(abi::NTSTATUS(MSC), &[0x1993_0520, 8, 16, 0]);
        assert_eq!(Thrown(&wild).to_string(), "");
        let short = Exception::new(abi::NTSTATUS(MSC), &[]);
        assert_eq!(Thrown(&short).to_string(), "");
        let gcc = Exception::new(abi::NTSTATUS(GCC), &[u64::MAX]);
        assert_eq!(Thrown(&gcc).to_string(), "");
    }
}
