//! The slots of the DLLs' states, in one place so that none is used twice.

/// Slots of `ProcessState` types.
pub(crate) mod process {
    /// `crt`: streams, exit functions, locale.
    pub(crate) const CRT: usize = 0;
    /// `kernel32`: the command line in the ANSI code page.
    pub(crate) const COMMAND_LINE: usize = 2;
    /// `advapi32::wincrypt`: provider handles.
    pub(crate) const WINCRYPT: usize = 3;
    /// `ws2_32`: how often sockets were started.
    pub(crate) const WINSOCK: usize = 4;
    /// `kernel32::errhandlingapi`: the error mode.
    pub(crate) const ERROR_MODE: usize = 5;
    /// `kernel32::werapi`: how errors are reported.
    pub(crate) const ERROR_REPORTING: usize = 6;
    /// `kernel32::werapi`: what is to be in error reports.
    pub(crate) const ERROR_REPORT_PARTS: usize = 7;
    /// `kernel32::utilapiset`: what pointers are disguised with.
    pub(crate) const POINTER_SECRET: usize = 8;
    /// `dbghelp`: sessions and options.
    pub(crate) const DEBUG_HELP: usize = 9;
}

/// Slots of `ThreadState` types.
pub(crate) mod thread {
    /// `crt`: what `strtok`, `asctime` and the like keep.
    pub(crate) const CRT: usize = 0;
    /// `ole32`: the thread's apartment.
    pub(crate) const APARTMENT: usize = 2;
    /// `kernel32::errhandlingapi`: the thread's error mode.
    pub(crate) const ERROR_MODE: usize = 3;
}
