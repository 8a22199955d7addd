//! The runtime's variables that a program sees.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use abi::{CrtResult, Errno, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;

use super::files::{self, FILE_SIZE, IOB_COUNT, files};
use super::guest::{GuestUnit, ok, write_text};
use super::state::process;
use super::string::errors;
use super::{chartype, environ, host};

/// A variable of the runtime that a program may look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Variable {
    /// `_fmode`
    Fmode,
    /// `_commode`
    Commode,
    /// `_acmdln`
    Acmdln,
    /// `_wcmdln`
    Wcmdln,
    /// `__argc`
    Argc,
    /// `__argv`
    Argv,
    /// `__wargv`
    Wargv,
    /// `_environ`
    Environ,
    /// `_wenviron`
    Wenviron,
    /// `__initenv`
    Initenv,
    /// `__winitenv`
    Winitenv,
    /// `_pctype`
    Pctype,
    /// `__mb_cur_max`
    MbCurMax,
    /// `_timezone`
    Timezone,
    /// `_daylight`
    Daylight,
    /// `_dstbias`
    Dstbias,
    /// `_tzname`
    Tzname,
    /// `_sys_errlist`
    SysErrlist,
    /// `_sys_nerr`
    SysNerr,
    /// `_iob`
    Iob,
    /// `_pgmptr`
    Pgmptr,
    /// `_wpgmptr`
    Wpgmptr,
    /// `_HUGE`
    Huge,
    /// `_osver`
    Osver,
    /// `_winver`
    Winver,
    /// `_winmajor`
    Winmajor,
    /// `_winminor`
    Winminor,
    /// `_osplatform`
    Osplatform,
    /// The table of class bits; not a variable of its own.
    ClassTable,
    /// `__badioinfo` and `__pioinfo`: the runtime's own descriptor tables, which a program may only take the address of.
    Pioinfo,
}

/// Each variable: its name in msvcrt.dll's export table and its size in bytes.
pub(super) const VARIABLES: [(Variable, &str, u32); 30] = [
    (Variable::Fmode, "_fmode", 4),
    (Variable::Commode, "_commode", 4),
    (Variable::Acmdln, "_acmdln", 8),
    (Variable::Wcmdln, "_wcmdln", 8),
    (Variable::Argc, "__argc", 4),
    (Variable::Argv, "__argv", 8),
    (Variable::Wargv, "__wargv", 8),
    (Variable::Environ, "_environ", 8),
    (Variable::Wenviron, "_wenviron", 8),
    (Variable::Initenv, "__initenv", 8),
    (Variable::Winitenv, "__winitenv", 8),
    (Variable::Pctype, "_pctype", 8),
    (Variable::MbCurMax, "__mb_cur_max", 4),
    (Variable::Timezone, "_timezone", 4),
    (Variable::Daylight, "_daylight", 4),
    (Variable::Dstbias, "_dstbias", 4),
    (Variable::Tzname, "_tzname", 16),
    (Variable::SysErrlist, "_sys_errlist", 8 * 44),
    (Variable::SysNerr, "_sys_nerr", 4),
    (Variable::Iob, "_iob", (FILE_SIZE * IOB_COUNT) as u32),
    (Variable::Pgmptr, "_pgmptr", 8),
    (Variable::Wpgmptr, "_wpgmptr", 8),
    (Variable::Huge, "_HUGE", 8),
    (Variable::Osver, "_osver", 4),
    (Variable::Winver, "_winver", 4),
    (Variable::Winmajor, "_winmajor", 4),
    (Variable::Winminor, "_winminor", 4),
    (Variable::Osplatform, "_osplatform", 4),
    (Variable::ClassTable, "", 514),
    (Variable::Pioinfo, "__pioinfo", 64 * 8),
];

/// Where the variables are.
#[derive(Default)]
pub(super) struct Variables {
    /// By number; 0 before a variable is there.
    addresses: [AtomicU64; VARIABLES.len()],
    /// Held while a variable is made.
    making: Mutex<()>,
}

/// Says where msvcrt.dll's exported variables are, and gives those their values that programs read without a call.
pub(crate) fn attach(cx: &Cx, exported: &dyn Fn(&str) -> Option<u64>) {
    let variables = &process(cx).variables;
    for (index, (_, name, _)) in VARIABLES.iter().enumerate() {
        if let Some(address) = exported(name) {
            variables.addresses[index].store(address, Ordering::Release);
        }
    }
    for (variable, name, _) in VARIABLES {
        // A program cannot use what has no value for want of memory, but it can start.
        if exported(name).is_some() && !matches!(variable, Variable::Environ | Variable::Wenviron) {
            let _ = initialise(cx, variable, variables.addresses[variable as usize].load(Ordering::Acquire));
        }
    }
}

/// The address of a variable, which is made when first asked for.
pub(super) fn variable(cx: &Cx, variable: Variable) -> Result<u64, Errno> {
    let variables = &process(cx).variables;
    let slot = &variables.addresses[variable as usize];
    match slot.load(Ordering::Acquire) {
        0 => {
            let _making = variables.making.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.load(Ordering::Acquire) == 0 {
                let size = VARIABLES[variable as usize].2;
                let address = host::allocate(cx, size as usize, true).ok_or(Errno::ENOMEM)?;
                initialise(cx, variable, address)?;
                slot.store(address, Ordering::Release);
            }
            Ok(slot.load(Ordering::Acquire))
        }
        address => Ok(address),
    }
}

fn initialise(cx: &Cx, variable: Variable, address: u64) -> Result<(), Errno> {
    put_initial(cx, variable, address).map_err(|refusal| match refusal {
        Refusal::Fails(error) => error,
        Refusal::Raises(_) => Errno::EFAULT,
    })
}

fn put_initial(cx: &Cx, variable: Variable, address: u64) -> Result<(), Refusal<Errno>> {
    let version = cx.process.version();
    let number = |value: u32| Ok(fault::store_u32(address, value)?);
    match variable {
        Variable::MbCurMax => number(1),
        // Before _tzset the runtime knows the Pacific zone only (documented under _daylight, _dstbias, _timezone, and _tzname).
        Variable::Timezone => number(28_800),
        Variable::Daylight => number(1),
        Variable::Dstbias => number(-3600i32 as u32),
        Variable::Tzname => {
            for (index, name) in ["PST", "PDT"].into_iter().enumerate() {
                let text = host::allocate(cx, TZNAME_BYTES, true).ok_or(Errno::ENOMEM)?;
                write_text(text, name.as_bytes())?;
                fault::store_u64(address + 8 * index as u64, text)?;
            }
            Ok(())
        }
        Variable::SysNerr => number(errors::TEXTS.len() as u32),
        Variable::SysErrlist => {
            for (index, text) in errors::TEXTS.iter().chain([&"Unknown error"]).enumerate() {
                fault::store_u64(address + 8 * index as u64, new_text(cx, text.as_bytes())?)?;
            }
            Ok(())
        }
        Variable::Acmdln => {
            let line = host::narrow_path(cx, &host::command_line(cx));
            Ok(fault::store_u64(address, new_text(cx, &line)?)?)
        }
        Variable::Wcmdln => Ok(fault::store_u64(address, new_text(cx, &host::command_line(cx))?)?),
        Variable::Pgmptr => {
            let path = host::narrow_path(cx, &host::program_path(cx));
            Ok(fault::store_u64(address, new_text(cx, &path)?)?)
        }
        Variable::Wpgmptr => Ok(fault::store_u64(address, new_text(cx, &host::program_path(cx))?)?),
        Variable::Environ => Ok(fault::store_u64(address, environ::array::<u8>(cx)?)?),
        Variable::Wenviron => Ok(fault::store_u64(address, environ::array::<u16>(cx)?)?),
        Variable::ClassTable => Ok(Ptr::<u16>::at(address).write_slice(&chartype::table())?),
        Variable::Pctype => Ok(fault::store_u64(address, class_table(cx)? + 2)?),
        // What is known without asking the host; the rest when a stream is first used.
        Variable::Iob => Ok(files::show_standard(address)?),
        Variable::Huge => Ok(fault::store_u64(address, f64::INFINITY.to_bits())?),
        Variable::Osver => number(version.build),
        Variable::Winver => number(version.major << 8 | version.minor),
        Variable::Winmajor => number(version.major),
        Variable::Winminor => number(version.minor),
        Variable::Osplatform => number(2),
        _ => Ok(()),
    }
}

/// Bytes of each name in `_tzname` (`_TZNAME_MAX` and a zero).
pub(super) const TZNAME_BYTES: usize = 64;

/// A new block with a text and its closing zero.
pub(super) fn new_text<U: GuestUnit>(cx: &Cx, text: &[U]) -> Result<u64, Refusal<Errno>> {
    let address = host::allocate(cx, (text.len() + 1) * U::SIZE as usize, false).ok_or(Errno::ENOMEM)?;
    write_text(address, text)?;
    Ok(address)
}

/// The table of class bits, with its entry for `EOF`.
pub(super) fn class_table(cx: &Cx) -> Result<u64, Errno> {
    variable(cx, Variable::ClassTable)
}

/// The `FILE` of standard input, output or error.
pub(super) fn standard_stream(cx: &Cx, number: u64) -> Result<u64, Errno> {
    files(cx);
    Ok(variable(cx, Variable::Iob)? + number * FILE_SIZE)
}

/// Gives the array of the first streams.
#[shim(full)]
pub(crate) fn __iob_func(cx: &Cx) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(standard_stream(cx, 0)?))
}

/// Gives standard input, output or error.
#[shim(full)]
pub(crate) fn __acrt_iob_func(cx: &Cx, index: u32) -> CrtResult<Ptr<u8>> {
    if u64::from(index) >= IOB_COUNT {
        return Err(Errno::EINVAL.into());
    }
    ok(Ptr::at(standard_stream(cx, index.into())?))
}

macro_rules! addresses {
    ($($(#[$doc:meta])* $name:ident: $variable:ident of $type:ty;)*) => {$(
        $(#[$doc])*
        #[shim(full)]
        pub(crate) fn $name(cx: &Cx) -> CrtResult<Ptr<$type>> {
            ok(Ptr::at(variable(cx, Variable::$variable)?))
        }
    )*};
}
addresses! {
    /// Gives the address of `_fmode`, the default translation of files.
    __p__fmode: Fmode of i32;
    /// Gives the address of `_commode`, whether flushing a stream flushes its file to disk.
    __p__commode: Commode of i32;
    /// Gives the address of `_acmdln`, the command line.
    __p__acmdln: Acmdln of u64;
    /// Gives the address of `_wcmdln`, the command line.
    __p__wcmdln: Wcmdln of u64;
    /// Gives the address of `__argc`.
    __p___argc: Argc of i32;
    /// Gives the address of `__argv`.
    __p___argv: Argv of u64;
    /// Gives the address of `__wargv`.
    __p___wargv: Wargv of u64;
    /// Gives the address of `_environ`.
    __p__environ: Environ of u64;
    /// Gives the address of `_wenviron`.
    __p__wenviron: Wenviron of u64;
    /// Gives the address of `__initenv`, the environment that `main` was given.
    __p___initenv: Initenv of u64;
    /// Gives the address of `__winitenv`, the environment that `wmain` was given.
    __p___winitenv: Winitenv of u64;
    /// Gives the address of `_pgmptr`, the program's path.
    __p__pgmptr: Pgmptr of u64;
    /// Gives the address of `_wpgmptr`, the program's path.
    __p__wpgmptr: Wpgmptr of u64;
    /// Gives the address of `_pctype`.
    __p__pctype: Pctype of u64;
    /// Gives the address of `__mb_cur_max`.
    __p___mb_cur_max: MbCurMax of i32;
    /// Gives the address of `_iob`.
    __p__iob: Iob of u8;
    /// Gives the address of `_timezone`, seconds to add to local standard time.
    __p__timezone: Timezone of i32;
    /// Gives the address of `_daylight`.
    __p__daylight: Daylight of i32;
    /// Gives the address of `_dstbias`.
    __p__dstbias: Dstbias of i32;
    /// Gives the address of `_tzname`.
    __p__tzname: Tzname of u64;
    /// Gives the address of `_timezone`, seconds to add to local standard time.
    __timezone: Timezone of i32;
    /// Gives the address of `_daylight`.
    __daylight: Daylight of i32;
    /// Gives the address of `_dstbias`.
    __dstbias: Dstbias of i32;
    /// Gives the address of `_tzname`.
    __tzname: Tzname of u64;
    /// Gives the address of `_sys_errlist`, the texts of errors.
    __sys_errlist: SysErrlist of u64;
    /// Gives the address of `_sys_nerr`, how many texts there are.
    __sys_nerr: SysNerr of i32;
    /// Gives the address of `_osver`.
    __p__osver: Osver of u32;
    /// Gives the address of `_winver`.
    __p__winver: Winver of u32;
    /// Gives the address of `_winmajor`.
    __p__winmajor: Winmajor of u32;
    /// Gives the address of `_winminor`.
    __p__winminor: Winminor of u32;
}

#[cfg(test)]
mod tests {
    use syscall_xlate::dll::Target;

    use super::*;

    #[test]
    fn msvcrt_exports_every_variable_at_its_size() {
        for (_, name, size) in VARIABLES.iter().filter(|(_, name, _)| !name.is_empty()) {
            let export = crate::msvcrt::DLL.exports.iter().find(|export| export.name == *name);
            let exported = export.map(|export| match export.target {
                Target::Data { size } => size,
                _ => 0,
            });
            assert_eq!(exported, Some(*size), "{name}");
        }
    }
}
