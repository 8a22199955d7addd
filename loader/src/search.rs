//! The DLL search order.

use bitflags::bitflags;

bitflags! {
    /// How `LoadLibraryEx` looks for a DLL (`LOAD_*`), as Windows numbers the flags.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
    pub struct LoadFlags: u32 {
        const DONT_RESOLVE_DLL_REFERENCES = 0x0000_0001;
        const LOAD_LIBRARY_AS_DATAFILE = 0x0000_0002;
        const LOAD_WITH_ALTERED_SEARCH_PATH = 0x0000_0008;
        const LOAD_LIBRARY_AS_IMAGE_RESOURCE = 0x0000_0020;
        const LOAD_LIBRARY_AS_DATAFILE_EXCLUSIVE = 0x0000_0040;
        const LOAD_LIBRARY_REQUIRE_SIGNED_TARGET = 0x0000_0080;
        const LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR = 0x0000_0100;
        const LOAD_LIBRARY_SEARCH_APPLICATION_DIR = 0x0000_0200;
        const LOAD_LIBRARY_SEARCH_USER_DIRS = 0x0000_0400;
        const LOAD_LIBRARY_SEARCH_SYSTEM32 = 0x0000_0800;
        const LOAD_LIBRARY_SEARCH_DEFAULT_DIRS = 0x0000_1000;
        const LOAD_LIBRARY_SAFE_CURRENT_DIRS = 0x0000_2000;
    }
}
