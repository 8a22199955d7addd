//! exeunt as a library.
