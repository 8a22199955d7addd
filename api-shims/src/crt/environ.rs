//! stdlib.h: the environment.
//!
//! As on Windows the runtime has a copy of its own, made when the program begins: `getenv` and `_environ` show it, `_putenv` changes it
//! and the process's environment, and what changes that alone is not seen.

use std::sync::{MutexGuard, PoisonError};

use abi::{CrtResult, Errno, Out, PCSTR, PCWSTR, Ptr, Refusal, fault, shim};
use syscall_xlate::Cx;
use syscall_xlate::nls::case::eq_ignoring_case;

use super::guest::{GuestUnit, ok, status, write_text};
use super::host;
use super::io::{units, wide};
use super::startup::pointer_array;
use super::state::process;
use super::variables::{Variable, variable};

/// The runtime's copy.
#[derive(Default)]
pub(crate) struct Environment {
    variables: Option<Vec<Entry>>,
}

/// A variable, and where its value is in the guest's memory once that was asked for.
struct Entry {
    name: Vec<u16>,
    value: Vec<u16>,
    /// Narrow and wide; 0 before.
    addresses: [u64; 2],
}

impl Environment {
    fn variables(&mut self, cx: &Cx) -> &mut Vec<Entry> {
        self.variables.get_or_insert_with(|| {
            let entry = |(name, value)| Entry { name, value, addresses: [0; 2] };
            host::environment(cx).into_iter().map(entry).collect()
        })
    }

    fn find(&mut self, cx: &Cx, name: &[u16]) -> Option<&mut Entry> {
        self.variables(cx).iter_mut().find(|entry| eq_ignoring_case(&entry.name, name))
    }
}

/// The copy, locked: a leaf lock.
fn copy<'a>(cx: &Cx<'a>) -> MutexGuard<'a, Environment> {
    process(cx).environment.lock().unwrap_or_else(PoisonError::into_inner)
}

fn has_array(cx: &Cx, which: Variable) -> bool {
    variable(cx, which).ok().and_then(|address| fault::load_u64(address).ok()).is_some_and(|array| array != 0)
}

/// An array of `NAME=VALUE` texts; entries for the current folders of drives, which begin with `=`, are left out.
pub(super) fn array<U: GuestUnit>(cx: &Cx) -> Result<u64, Refusal<Errno>> {
    let equals = u16::from(b'=');
    let texts: Vec<Vec<U>> = copy(cx)
        .variables(cx)
        .iter()
        .filter(|entry| entry.name.first() != Some(&equals))
        .map(|entry| units::<U>(cx, &[&entry.name[..], &[equals], &entry.value].concat()))
        .collect();
    pointer_array(cx, &texts)
}

/// Makes the array of one kind anew. The old one stays: the program may hold its address.
pub(super) fn refresh<U: GuestUnit>(cx: &Cx) -> Result<u64, Refusal<Errno>> {
    let address = array::<U>(cx)?;
    fault::store_u64(variable(cx, if U::WIDE { Variable::Wenviron } else { Variable::Environ })?, address)?;
    Ok(address)
}

/// The value of a variable.
fn value(cx: &Cx, name: &[u16]) -> Option<Vec<u16>> {
    copy(cx).find(cx, name).map(|entry| entry.value.clone())
}

/// The value of a variable, at an address that stays.
fn value_of<U: GuestUnit>(cx: &Cx, name: u64) -> Result<u64, Refusal<Errno>> {
    if name == 0 {
        return Err(Errno::EINVAL.into());
    }
    let name = wide::<U>(cx, name)?;
    let mut copy = copy(cx);
    let Some(entry) = copy.find(cx, &name) else { return Ok(0) };
    let address = &mut entry.addresses[usize::from(U::WIDE)];
    if *address == 0 {
        *address = super::variables::new_text(cx, &units::<U>(cx, &entry.value))?;
    }
    Ok(*address)
}

/// Gives the value of an environment variable, or NULL.
#[shim(full)]
pub(crate) fn getenv(cx: &Cx, varname: PCSTR) -> CrtResult<Ptr<u8>> {
    ok(Ptr::at(value_of::<u8>(cx, varname.address())?))
}

/// Gives the value of an environment variable, or NULL.
#[shim(full)]
pub(crate) fn _wgetenv(cx: &Cx, varname: PCWSTR) -> CrtResult<Ptr<u16>> {
    ok(Ptr::at(value_of::<u16>(cx, varname.address())?))
}

fn into_buffer<U: GuestUnit>(cx: &Cx, needed: Out<usize>, buffer: u64, room: usize, name: u64) -> CrtResult<i32> {
    if needed.is_null() || name == 0 || (buffer == 0 && room > 0) {
        return status(cx, Err(Errno::EINVAL));
    }
    needed.set(0)?;
    let Some(value) = value(cx, &wide::<U>(cx, name)?) else {
        if buffer != 0 && room > 0 {
            write_text::<U>(buffer, &[])?;
        }
        return ok(0);
    };
    let value = units::<U>(cx, &value);
    needed.set(value.len() + 1)?;
    if room == 0 {
        return ok(0);
    }
    if value.len() >= room {
        write_text::<U>(buffer, &[])?;
        return ok(Errno::ERANGE.0);
    }
    write_text(buffer, &value)?;
    ok(0)
}

/// Copies the value of an environment variable.
#[shim(full)]
pub(crate) fn getenv_s(
    cx: &Cx,
    pReturnValue: Out<usize>,
    buffer: Ptr<u8>,
    numberOfElements: usize,
    varname: PCSTR,
) -> CrtResult<i32> {
    into_buffer::<u8>(cx, pReturnValue, buffer.address(), numberOfElements, varname.address())
}

/// Copies the value of an environment variable.
#[shim(full)]
pub(crate) fn _wgetenv_s(
    cx: &Cx,
    pReturnValue: Out<usize>,
    buffer: Ptr<u16>,
    numberOfElements: usize,
    varname: PCWSTR,
) -> CrtResult<i32> {
    into_buffer::<u16>(cx, pReturnValue, buffer.address(), numberOfElements, varname.address())
}

fn duplicate<U: GuestUnit>(cx: &Cx, buffer: Out<u64>, count: Out<usize>, name: u64) -> CrtResult<i32> {
    if buffer.is_null() || name == 0 {
        return status(cx, Err(Errno::EINVAL));
    }
    buffer.set(0)?;
    count.set_opt(0)?;
    if let Some(value) = value(cx, &wide::<U>(cx, name)?) {
        let value = units::<U>(cx, &value);
        buffer.set(super::variables::new_text(cx, &value)?)?;
        count.set_opt(value.len() + 1)?;
    }
    ok(0)
}

/// Copies the value of an environment variable into a new block.
#[shim(full)]
pub(crate) fn _dupenv_s(cx: &Cx, buffer: Out<u64>, numberOfElements: Out<usize>, varname: PCSTR) -> CrtResult<i32> {
    duplicate::<u8>(cx, buffer, numberOfElements, varname.address())
}

/// Copies the value of an environment variable into a new block.
#[shim(full)]
pub(crate) fn _wdupenv_s(cx: &Cx, buffer: Out<u64>, numberOfElements: Out<usize>, varname: PCWSTR) -> CrtResult<i32> {
    duplicate::<u16>(cx, buffer, numberOfElements, varname.address())
}

/// Sets a variable, or removes it for an empty value, and brings the arrays up to date.
fn set(cx: &Cx, name: &[u16], value: &[u16]) -> Result<(), Refusal<Errno>> {
    if name.is_empty() || name.contains(&u16::from(b'=')) {
        return Err(Errno::EINVAL.into());
    }
    {
        let mut copy = copy(cx);
        let variables = copy.variables(cx);
        variables.retain(|entry| !eq_ignoring_case(&entry.name, name));
        if !value.is_empty() {
            variables.push(Entry { name: name.to_vec(), value: value.to_vec(), addresses: [0; 2] });
        }
    }
    host::set_environment_variable(cx, name, (!value.is_empty()).then_some(value))?;
    if has_array(cx, Variable::Environ) {
        refresh::<u8>(cx)?;
    }
    if has_array(cx, Variable::Wenviron) {
        refresh::<u16>(cx)?;
    }
    Ok(())
}

fn put<U: GuestUnit>(cx: &Cx, text: u64) -> CrtResult<i32> {
    if text == 0 {
        return Err(Errno::EINVAL.into());
    }
    let text = wide::<U>(cx, text)?;
    let equals = text.iter().position(|&unit| unit == u16::from(b'=')).ok_or(Errno::EINVAL)?;
    set(cx, &text[..equals], &text[equals + 1..])?;
    ok(0)
}

/// Sets or removes an environment variable by `NAME=VALUE`.
#[shim(full)]
pub(crate) fn _putenv(cx: &Cx, envstring: PCSTR) -> CrtResult<i32> {
    put::<u8>(cx, envstring.address())
}

/// Sets or removes an environment variable by `NAME=VALUE`.
#[shim(full)]
pub(crate) fn _wputenv(cx: &Cx, envstring: PCWSTR) -> CrtResult<i32> {
    put::<u16>(cx, envstring.address())
}

fn put_pair<U: GuestUnit>(cx: &Cx, name: u64, value: u64) -> CrtResult<i32> {
    if name == 0 || value == 0 {
        return status(cx, Err(Errno::EINVAL));
    }
    match set(cx, &wide::<U>(cx, name)?, &wide::<U>(cx, value)?) {
        Ok(()) => ok(0),
        Err(Refusal::Fails(error)) => status(cx, Err(error)),
        Err(refusal) => Err(refusal),
    }
}

/// Sets an environment variable, or removes it for an empty value.
#[shim(full)]
pub(crate) fn _putenv_s(cx: &Cx, varname: PCSTR, value_string: PCSTR) -> CrtResult<i32> {
    put_pair::<u8>(cx, varname.address(), value_string.address())
}

/// Sets an environment variable, or removes it for an empty value.
#[shim(full)]
pub(crate) fn _wputenv_s(cx: &Cx, varname: PCWSTR, value_string: PCWSTR) -> CrtResult<i32> {
    put_pair::<u16>(cx, varname.address(), value_string.address())
}

fn search<U: GuestUnit>(cx: &Cx, file: u64, variable_name: u64, buffer: u64) -> Result<(), Refusal<Errno>> {
    let file = wide::<U>(cx, file)?;
    let name = wide::<U>(cx, variable_name)?;
    let mut folders = vec![host::current_folder(cx)];
    if let Some(path) = value(cx, &name) {
        folders.extend(path.split(|&unit| unit == u16::from(b';')).map(<[u16]>::to_vec));
    }
    for mut folder in folders {
        if folder.is_empty() {
            continue;
        }
        if folder.last() != Some(&u16::from(b'\\')) {
            folder.push(b'\\'.into());
        }
        folder.extend_from_slice(&file);
        if host::exists(cx, &folder) {
            return Ok(write_text(buffer, &units::<U>(cx, &folder))?);
        }
    }
    Ok(write_text::<U>(buffer, &[])?)
}

/// Finds a file in the folders that an environment variable names; gives an empty path where it is in none.
#[shim(full)]
pub(crate) fn _searchenv(cx: &Cx, filename: PCSTR, varname: PCSTR, pathname: Ptr<u8>) -> CrtResult<()> {
    search::<u8>(cx, filename.address(), varname.address(), pathname.address())?;
    ok(())
}

/// Finds a file in the folders that an environment variable names; gives an empty path where it is in none.
#[shim(full)]
pub(crate) fn _wsearchenv(cx: &Cx, filename: PCWSTR, varname: PCWSTR, pathname: Ptr<u16>) -> CrtResult<()> {
    search::<u16>(cx, filename.address(), varname.address(), pathname.address())?;
    ok(())
}
