//! corecrt_startup.h: how a program begins, and the runtime's variables that it sees.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use abi::{CrtResult, Errno, In, Out, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;

use super::chartype;
use super::cmdline::{Argument, DoubledQuote, parse};
use super::files::{self, FILE_SIZE, IOB_COUNT, files};
use super::guest::{GuestUnit, ok, write_text};
use super::io::units;
use super::state::process;
use super::string::errors;
use super::{environ, find, host};

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

/// The arguments of the command line, patterns replaced by the files they match if `expand`.
fn arguments(cx: &Cx, doubled: DoubledQuote, expand: bool) -> Vec<Vec<u16>> {
    let mut all = Vec::new();
    for Argument { text, is_pattern } in parse(&host::command_line(cx), doubled) {
        match if expand && is_pattern { find::expand(cx, &text) } else { Vec::new() } {
            matches if matches.is_empty() => all.push(text),
            matches => all.extend(matches),
        }
    }
    all
}

/// Builds `argv` in one block: pointers, NULL, texts. Gives its address and `argc`.
fn build_argv<U: GuestUnit>(cx: &Cx, arguments: &[Vec<u16>]) -> Result<(u64, i32), Refusal<Errno>> {
    let texts: Vec<Vec<U>> = arguments.iter().map(|argument| units::<U>(cx, argument)).collect();
    Ok((pointer_array(cx, &texts)?, texts.len() as i32))
}

/// Pointers to texts, closed by NULL, in one block with them.
pub(super) fn pointer_array<U: GuestUnit>(cx: &Cx, texts: &[Vec<U>]) -> Result<u64, Refusal<Errno>> {
    let pointers = 8 * (texts.len() + 1);
    let size = pointers + texts.iter().map(|text| (text.len() + 1) * U::SIZE as usize).sum::<usize>();
    let block = host::allocate(cx, size, true).ok_or(Errno::ENOMEM)?;
    let mut at = block + pointers as u64;
    for (index, text) in texts.iter().enumerate() {
        fault::store_u64(block + 8 * index as u64, at)?;
        write_text(at, text)?;
        at += (text.len() as u64 + 1) * U::SIZE;
    }
    Ok(block)
}

fn set_u64(cx: &Cx, which: Variable, value: u64) -> Result<(), Refusal<Errno>> {
    Ok(fault::store_u64(variable(cx, which)?, value)?)
}

/// Makes `argv`, sets `__argc` and `__argv`, and gives both.
fn set_argv<U: GuestUnit>(cx: &Cx, doubled: DoubledQuote, expand: bool) -> Result<(u64, i32), Refusal<Errno>> {
    let (argv, argc) = build_argv::<U>(cx, &arguments(cx, doubled, expand))?;
    fault::store_u32(variable(cx, Variable::Argc)?, argc as u32)?;
    set_u64(cx, if U::WIDE { Variable::Wargv } else { Variable::Argv }, argv)?;
    Ok((argv, argc))
}

fn get_main_arguments<U: GuestUnit>(
    cx: &Cx,
    argc: Out<i32>,
    argv: Out<Ptr<u64>>,
    env: Out<Ptr<u64>>,
    expand: bool,
    startup: In<i32>,
) -> Result<(), Refusal<Errno>> {
    let (vector, count) = set_argv::<U>(cx, DoubledQuote::Ends, expand)?;
    let environment = fault::load_u64(variable(cx, if U::WIDE { Variable::Wenviron } else { Variable::Environ })?)?;
    let environment = match environment {
        // msvcrt's variable is not filled before somebody needs it.
        0 => environ::refresh::<U>(cx)?,
        environment => environment,
    };
    set_u64(cx, if U::WIDE { Variable::Winitenv } else { Variable::Initenv }, environment)?;
    // `_startupinfo` has one member: the mode of operator new.
    if let Some(startup) = startup.opt() {
        process(cx).new_mode.store(startup.read()?, Ordering::Relaxed);
    }
    argc.set_opt(count)?;
    argv.set_opt(Ptr::at(vector))?;
    env.set_opt(Ptr::at(environment))?;
    Ok(())
}

/// Gives `main` its arguments and environment.
#[shim(full)]
pub(crate) fn __getmainargs(
    cx: &Cx,
    Argc: Out<i32>,
    Argv: Out<Ptr<u64>>,
    Env: Out<Ptr<u64>>,
    DoWildCard: i32,
    StartInfo: In<i32>,
) -> CrtResult<i32> {
    get_main_arguments::<u8>(cx, Argc, Argv, Env, DoWildCard != 0, StartInfo)?;
    ok(0)
}

/// Gives `wmain` its arguments and environment.
#[shim(full)]
pub(crate) fn __wgetmainargs(
    cx: &Cx,
    Argc: Out<i32>,
    Argv: Out<Ptr<u64>>,
    Env: Out<Ptr<u64>>,
    DoWildCard: i32,
    StartInfo: In<i32>,
) -> CrtResult<i32> {
    get_main_arguments::<u16>(cx, Argc, Argv, Env, DoWildCard != 0, StartInfo)?;
    ok(0)
}

/// `_crt_argv_mode`: `_crt_argv_no_arguments` 0, `_crt_argv_unexpanded_arguments` 1, `_crt_argv_expanded_arguments` 2.
fn configure_argv<U: GuestUnit>(cx: &Cx, mode: i32) -> CrtResult<i32> {
    if (1..=2).contains(&mode) {
        set_argv::<U>(cx, DoubledQuote::Continues, mode == 2)?;
    }
    ok(0)
}

/// Makes `__argv`, with patterns expanded or not.
#[shim(full)]
pub(crate) fn _configure_narrow_argv(cx: &Cx, mode: i32) -> CrtResult<i32> {
    configure_argv::<u8>(cx, mode)
}

/// Makes `__wargv`, with patterns expanded or not.
#[shim(full)]
pub(crate) fn _configure_wide_argv(cx: &Cx, mode: i32) -> CrtResult<i32> {
    configure_argv::<u16>(cx, mode)
}

/// Gives the command line behind the program's name, for a windowed program.
#[shim(full)]
pub(crate) fn _get_narrow_winmain_command_line(cx: &Cx) -> CrtResult<Ptr<u8>> {
    let text = fault::load_u64(variable(cx, Variable::Acmdln)?)?;
    ok(Ptr::at(text + skip_program_name(&super::guest::read_text::<u8>(text)?)))
}

/// Gives the command line behind the program's name, for a windowed program.
#[shim(full)]
pub(crate) fn _get_wide_winmain_command_line(cx: &Cx) -> CrtResult<Ptr<u16>> {
    let text = fault::load_u64(variable(cx, Variable::Wcmdln)?)?;
    ok(Ptr::at(text + 2 * skip_program_name(&super::guest::read_text::<u16>(text)?)))
}

fn skip_program_name<U: GuestUnit>(line: &[U]) -> u64 {
    let mut quoted = false;
    let is_blank = |unit: &U| matches!(unit.ascii(), b' ' | b'\t');
    let name = line.iter().take_while(|unit| {
        quoted ^= unit.ascii() == b'"';
        quoted || !is_blank(unit)
    });
    let name = name.count();
    (name + line[name..].iter().take_while(|unit| is_blank(unit)).count()) as u64
}

/// Makes `_environ`.
#[shim(full)]
pub(crate) fn _initialize_narrow_environment(cx: &Cx) -> CrtResult<i32> {
    variable(cx, Variable::Environ)?;
    ok(0)
}

/// Makes `_wenviron`.
#[shim(full)]
pub(crate) fn _initialize_wide_environment(cx: &Cx) -> CrtResult<i32> {
    variable(cx, Variable::Wenviron)?;
    ok(0)
}

/// Gives the environment that `main` is given.
#[shim(full)]
pub(crate) fn _get_initial_narrow_environment(cx: &Cx) -> CrtResult<Ptr<u64>> {
    initial_environment::<u8>(cx)
}

/// Gives the environment that `wmain` is given.
#[shim(full)]
pub(crate) fn _get_initial_wide_environment(cx: &Cx) -> CrtResult<Ptr<u64>> {
    initial_environment::<u16>(cx)
}

fn initial_environment<U: GuestUnit>(cx: &Cx) -> CrtResult<Ptr<u64>> {
    let (now, initial) =
        if U::WIDE { (Variable::Wenviron, Variable::Winitenv) } else { (Variable::Environ, Variable::Initenv) };
    let mut address = fault::load_u64(variable(cx, initial)?)?;
    if address == 0 {
        address = match fault::load_u64(variable(cx, now)?)? {
            0 => environ::refresh::<U>(cx)?,
            address => address,
        };
        set_u64(cx, initial, address)?;
    }
    ok(Ptr::at(address))
}

/// Says what kind of program this is: 1 console, 2 windowed.
#[shim(full)]
pub(crate) fn __set_app_type(cx: &Cx, at: i32) {
    process(cx).app_type.store(at, Ordering::Relaxed);
}

/// Gives what kind of program this is.
#[shim(full)]
pub(crate) fn _query_app_type(cx: &Cx) -> i32 {
    process(cx).app_type.load(Ordering::Relaxed)
}

/// Sets the function that is told of floating-point errors in mathematical functions.
#[shim(partial = "the function is kept, and not called")]
pub(crate) fn __setusermatherr(cx: &Cx, pf: Ptr<u8>) {
    process(cx).math_error.store(pf.address(), Ordering::Relaxed);
}

/// Sets the default translation of files.
#[shim(full)]
pub(crate) fn _set_fmode(cx: &Cx, mode: i32) -> CrtResult<i32> {
    use super::stream::mode::{O_BINARY, O_TEXT, O_WTEXT};
    if ![O_TEXT, O_BINARY, O_WTEXT].contains(&mode) {
        return super::guest::status(cx, Err(Errno::EINVAL));
    }
    fault::store_u32(variable(cx, Variable::Fmode)?, mode as u32)?;
    ok(0)
}

/// Gives the default translation of files.
#[shim(full)]
pub(crate) fn _get_fmode(cx: &Cx, pmode: Out<i32>) -> CrtResult<i32> {
    if pmode.is_null() {
        return super::guest::status(cx, Err(Errno::EINVAL));
    }
    pmode.set(super::io::fmode(cx))?;
    ok(0)
}

/// Gives the program's path.
#[shim(full)]
pub(crate) fn _get_pgmptr(cx: &Cx, pValue: Out<u64>) -> CrtResult<i32> {
    pValue.set(fault::load_u64(variable(cx, Variable::Pgmptr)?)?)?;
    ok(0)
}

/// Gives the program's path.
#[shim(full)]
pub(crate) fn _get_wpgmptr(cx: &Cx, pValue: Out<u64>) -> CrtResult<i32> {
    pValue.set(fault::load_u64(variable(cx, Variable::Wpgmptr)?)?)?;
    ok(0)
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
