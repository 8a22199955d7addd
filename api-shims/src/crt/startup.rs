//! corecrt_startup.h: how a program begins.

use std::sync::atomic::Ordering;

use abi::{CrtResult, Errno, In, Out, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;

use super::cmdline::{Argument, DoubledQuote, parse};
use super::guest::{GuestUnit, ok, write_text};
use super::io::units;
use super::state::process;
use super::variables::{Variable, variable};
use super::{environ, find, host};

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
