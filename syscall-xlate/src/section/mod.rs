//! Sections, which Win32 calls file mappings.
