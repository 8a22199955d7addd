//! Folders in which a program has its DLLs looked for.

use abi::{PCWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use loader::search::LoadFlags;
use syscall_xlate::Cx;

use super::LOAD_LIBRARY_FLAGS;

/// The flags of a search by folders that a process may have as its default.
const DEFAULTS: u32 = LoadFlags::LOAD_LIBRARY_SEARCH_APPLICATION_DIR.bits()
    | LoadFlags::LOAD_LIBRARY_SEARCH_USER_DIRS.bits()
    | LoadFlags::LOAD_LIBRARY_SEARCH_SYSTEM32.bits()
    | LoadFlags::LOAD_LIBRARY_SEARCH_DEFAULT_DIRS.bits();

/// Adds a folder to those of the process; gives what removes it again.
#[shim(full)]
pub(in crate::kernel32) fn AddDllDirectory(cx: &Cx, NewDirectory: PCWSTR) -> Win32Result<Ptr<u8>> {
    let path = NewDirectory.opt().ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?.read()?;
    // Documented: an absolute path.
    let at = |index: usize| path.get(index).copied().map(u32::from).and_then(char::from_u32);
    let is_absolute = at(1) == Some(':') && at(2) == Some('\\') || at(0) == Some('\\') && at(1) == Some('\\');
    if !is_absolute {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let folder = cx.process.host_path(&path)?;
    if !folder.is_dir() {
        return Err(WIN32_ERROR::ERROR_FILE_NOT_FOUND.into());
    }
    let cookie = cx.process.change_search_paths(|paths| {
        let cookie = paths.user_directories.last().map_or(1, |(cookie, _)| cookie + 1);
        paths.user_directories.push((cookie, folder));
        cookie
    });
    Ok(Ptr::at(cookie))
}

/// Removes a folder that was added.
#[shim(full)]
pub(in crate::kernel32) fn RemoveDllDirectory(cx: &Cx, Cookie: Ptr<u8>) -> Win32Result<()> {
    let removed = cx.process.change_search_paths(|paths| {
        let before = paths.user_directories.len();
        paths.user_directories.retain(|(cookie, _)| *cookie != Cookie.address());
        before != paths.user_directories.len()
    });
    if removed { Ok(()) } else { Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()) }
}

/// Says in which folders `LoadLibrary` looks from now on.
#[shim(full)]
pub(in crate::kernel32) fn SetDefaultDllDirectories(cx: &Cx, DirectoryFlags: LOAD_LIBRARY_FLAGS) -> Win32Result<()> {
    let flags = DirectoryFlags.bits();
    if flags == 0 || flags & !DEFAULTS != 0 {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    cx.process.change_search_paths(|paths| paths.default_flags = LoadFlags::from_bits_retain(flags));
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use syscall_xlate::testing;

    #[test]
    fn folders_are_added_and_removed() {
        let folder = std::env::temp_dir();
        let path = format!("Z:{}", folder.display().to_string().replace('/', "\\"));
        let trace = testing::trace(crate::dlls(), |guest| {
            let (there, gone) = (guest.wide(&path), guest.wide(r"Z:\there\is\none"));
            let relative = guest.wide("folder");
            for name in [there, there, gone, relative, 0] {
                guest.call("kernel32!AddDllDirectory", &[name]);
            }
            for cookie in [1, 1, 2, 0] {
                guest.call("kernel32!RemoveDllDirectory", &[cookie]);
            }
            for flags in [0x1000, 0, 0x8, 0x800] {
                guest.call("kernel32!SetDefaultDllDirectories", &[flags]);
            }
        });
        assert_snapshot!(trace.replace(&path.replace('\\', "\\\\"), "FOLDER"), @r#"
        kernel32!AddDllDirectory(NewDirectory="FOLDER") = @1
        kernel32!AddDllDirectory(NewDirectory="FOLDER") = @2
        kernel32!AddDllDirectory(NewDirectory="Z:\\there\\is\\none") = NULL (ERROR_FILE_NOT_FOUND)
        kernel32!AddDllDirectory(NewDirectory="folder") = NULL (ERROR_INVALID_PARAMETER)
        kernel32!AddDllDirectory(NewDirectory=NULL) = NULL (ERROR_INVALID_PARAMETER)
        kernel32!RemoveDllDirectory(Cookie=@1) = TRUE
        kernel32!RemoveDllDirectory(Cookie=@1) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!RemoveDllDirectory(Cookie=@2) = TRUE
        kernel32!RemoveDllDirectory(Cookie=NULL) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!SetDefaultDllDirectories(DirectoryFlags=LOAD_LIBRARY_SEARCH_DEFAULT_DIRS) = TRUE
        kernel32!SetDefaultDllDirectories(DirectoryFlags=0) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!SetDefaultDllDirectories(DirectoryFlags=LOAD_WITH_ALTERED_SEARCH_PATH) = FALSE (ERROR_INVALID_PARAMETER)
        kernel32!SetDefaultDllDirectories(DirectoryFlags=LOAD_LIBRARY_SEARCH_SYSTEM32) = TRUE
        "#);
    }
}
