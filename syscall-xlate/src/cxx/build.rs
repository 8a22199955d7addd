//! Making what a catch block gets of a thrown object, and ending that object.

use abi::{Fault, bulk, fault};

use super::throw::{Catchable, Displacement, Thrown, is_any};
use super::{Handler, adjective, property};
use crate::Cx;
use crate::exception::Lent;

/// The part of an object that a displacement leads to.
///
/// # Errors
/// A [`Fault`] where the table of virtual bases cannot be read.
pub fn adjusted(object: u64, part: &Displacement) -> Result<u64, Fault> {
    let mut place = object.wrapping_add_signed(part.member.into());
    if part.table >= 0 {
        let pointer = object.wrapping_add_signed(part.table.into());
        let table = fault::load_u64(pointer)?;
        let base = fault::load_u32(table.wrapping_add_signed(part.slot.into()))? as i32;
        place = place.wrapping_add_signed(part.table.into()).wrapping_add_signed(base.into());
    }
    Ok(place)
}

/// What is left to do for the variable of a catch block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    Nothing,
    /// A copy constructor must run.
    Copy,
    /// A copy constructor must run, for an object with virtual bases.
    CopyComplete,
}

/// Makes the variable at `variable` of a catch block as far as no function of the guest's is needed.
///
/// # Errors
/// A [`Fault`] where the object or the variable cannot be accessed.
pub fn build_part(thrown: &Thrown, handler: &Handler, kind: &Catchable, variable: u64) -> Result<Left, Fault> {
    if is_any(handler)? || handler.variable == 0 {
        return Ok(Left::Nothing);
    }
    if handler.adjectives & adjective::REFERENCE != 0 {
        fault::store_u64(variable, adjusted(thrown.object, &kind.part)?)?;
    } else if kind.properties & property::SIMPLE != 0 {
        bulk::copy(variable, thrown.object, kind.size as usize)?;
        if kind.size == 8 {
            let pointer = fault::load_u64(variable)?;
            if pointer != 0 {
                fault::store_u64(variable, adjusted(pointer, &kind.part)?)?;
            }
        }
    } else if kind.copy == 0 {
        bulk::copy(variable, adjusted(thrown.object, &kind.part)?, kind.size as usize)?;
    } else if kind.properties & property::VIRTUAL_BASE != 0 {
        return Ok(Left::CopyComplete);
    } else {
        return Ok(Left::Copy);
    }
    Ok(Left::Nothing)
}

/// Makes the variable at `variable` of a catch block.
///
/// # Errors
/// A [`Fault`] where the object or the variable cannot be accessed.
pub fn build(cx: &Cx<'_>, thrown: &Thrown, handler: &Handler, kind: &Catchable, variable: u64) -> Result<(), Fault> {
    let left = build_part(thrown, handler, kind, variable)?;
    if left == Left::Nothing {
        return Ok(());
    }
    let from = adjusted(thrown.object, &kind.part)?;
    // Nothing may be thrown out of the constructor: who looks for a catch block above this place ends the program.
    let here = Lent::<16>::new();
    let outer = cx.thread.cxx.copying.replace(here.address());
    // The third argument: the object is complete.
    cx.call_guest(kind.copy, [variable, from, u64::from(left == Left::CopyComplete)]);
    cx.thread.cxx.copying.set(outer);
    Ok(())
}

/// Calls the destructor of a thrown object.
///
/// # Errors
/// A [`Fault`] where its `ThrowInfo` cannot be read.
pub fn destroy(cx: &Cx<'_>, thrown: &Thrown) -> Result<(), Fault> {
    if thrown.object == 0 || thrown.info == 0 {
        return Ok(());
    }
    let destructor = thrown.destructor()?;
    if destructor != 0 {
        cx.call_guest(destructor, [thrown.object]);
    }
    Ok(())
}
