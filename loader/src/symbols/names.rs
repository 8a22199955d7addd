//! Compilers' names as people wrote them.

use std::borrow::Cow;

/// A function's name without its compiler's decoration, where that is one of C++'s or Rust's.
pub(super) fn readable(name: &str) -> Cow<'_, str> {
    if name.starts_with('?') {
        let flags = msvc_demangler::DemangleFlags::NAME_ONLY;
        return msvc_demangler::demangle(name, flags).map_or(Cow::Borrowed(name), Cow::Owned);
    }
    if let Ok(rust) = rustc_demangle::try_demangle(name) {
        return Cow::Owned(format!("{rust:#}"));
    }
    if name.starts_with("_Z") {
        let options = cpp_demangle::DemangleOptions::new().no_params().no_return_type();
        let readable =
            cpp_demangle::Symbol::new(name).ok().and_then(|symbol| symbol.demangle_with_options(&options).ok());
        return readable.map_or(Cow::Borrowed(name), Cow::Owned);
    }
    Cow::Borrowed(name)
}

/// A decorated name of Visual C++'s with all that it says, or its bare name alone; `None` when it is none.
pub fn undecorated(name: &str, bare: bool) -> Option<String> {
    let flags = if bare { msvc_demangler::DemangleFlags::NAME_ONLY } else { msvc_demangler::DemangleFlags::COMPLETE };
    // Of a guest's making: not to be trusted.
    let demangled = std::panic::catch_unwind(|| msvc_demangler::demangle(name, flags));
    demangled.ok()?.ok().filter(|_| name.starts_with('?'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_their_decoration() {
        let names = [
            "main",
            "_ZN5outer5innerEi",
            "?inner@outer@@YAXH@Z",
            "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE",
            "_Zbroken",
            "?broken",
        ];
        let expected = ["main", "outer::inner", "outer::inner", "core::fmt::Write::write_fmt", "_Zbroken", "?broken"];
        assert_eq!(names.map(|name| readable(name).into_owned()), expected);
    }
}
