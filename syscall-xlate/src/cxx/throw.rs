//! What is thrown: the parameters of an exception, the types that its object can be caught as.

use abi::{EXCEPTION_RECORD, Fault, NTSTATUS, bulk, fault};

use super::tables::{at, signed};
use super::{EXCEPTION, Handler, LAST_MAGIC, MAGIC, adjective, property};

/// Bits of a `ThrowInfo`'s attributes, those of [`adjective`].
const QUALIFIERS: u32 = adjective::CONST | adjective::VOLATILE | adjective::UNALIGNED;
/// Types that an object can be caught as, at most.
const MOST_TYPES: u32 = 4096;
/// Where a type descriptor has its decorated name.
const NAME: u64 = 16;

/// Offsets in `ThrowInfo`.
mod throw_info {
    pub(super) const DESTRUCTOR: u64 = 4;
    pub(super) const TYPES: u64 = 12;
}

/// A thrown object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thrown {
    /// Its address; 0 in a rethrow.
    pub object: u64,
    /// Address of the `ThrowInfo`; 0 in a rethrow.
    pub info: u64,
    /// What offsets in that are relative to.
    pub base: u64,
}

impl Thrown {
    /// What a record tells of; `None` when it is no C++ exception.
    pub fn of(record: &EXCEPTION_RECORD) -> Option<Self> {
        let [magic, object, info, base, ..] = record.ExceptionInformation.map(|parameter| parameter as u64);
        let known = u32::try_from(magic).is_ok_and(|magic| (MAGIC..=LAST_MAGIC).contains(&magic));
        (NTSTATUS(record.ExceptionCode) == EXCEPTION && record.NumberParameters >= 4 && known).then_some(Self {
            object,
            info,
            base,
        })
    }

    /// True for `throw;`.
    pub fn is_rethrow(&self) -> bool {
        self.info == 0
    }

    /// Address of the object's destructor; 0 for none.
    ///
    /// # Errors
    /// A [`Fault`] where the table cannot be read.
    pub fn destructor(&self) -> Result<u64, Fault> {
        Ok(at(self.base, fault::load_u32(self.info.wrapping_add(throw_info::DESTRUCTOR))?))
    }

    /// The types that it can be caught as, its own first.
    ///
    /// # Errors
    /// A [`Fault`] where the table cannot be read.
    pub fn types(&self) -> Result<impl Iterator<Item = Result<Catchable, Fault>>, Fault> {
        let base = self.base;
        let array = at(base, fault::load_u32(self.info.wrapping_add(throw_info::TYPES))?);
        let count = if array == 0 { 0 } else { fault::load_u32(array)?.min(MOST_TYPES) };
        Ok((0..u64::from(count)).map(move |index| {
            let entry = array.wrapping_add(4 + 4 * index);
            Catchable::read(at(base, fault::load_u32(entry)?), base)
        }))
    }

    /// The type that a catch block catches it as; `None` when it does not.
    ///
    /// # Errors
    /// A [`Fault`] where a table cannot be read.
    pub fn caught_by(&self, handler: &Handler) -> Result<Option<Catchable>, Fault> {
        let attributes = fault::load_u32(self.info)?;
        for kind in self.types()? {
            let kind = kind?;
            if catches(handler, &kind, attributes)? {
                return Ok(Some(kind));
            }
        }
        Ok(None)
    }
}

/// How to get from an object to a part of it (`PMD`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Displacement {
    /// Bytes from the object, or from its virtual base.
    pub member: i32,
    /// Where the pointer to the table of virtual bases is; negative for a part that is in none.
    pub table: i32,
    /// Where in that table the virtual base's offset stands.
    pub slot: i32,
}

impl Displacement {
    /// Reads one.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    pub fn read(address: u64) -> Result<Self, Fault> {
        let word = |index: u64| signed(address.wrapping_add(4 * index));
        Ok(Self { member: word(0)?, table: word(1)?, slot: word(2)? })
    }
}

/// A type that a thrown object can be caught as (`CatchableType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Catchable {
    /// Bits of [`property`].
    pub properties: u32,
    /// Address of the type's descriptor.
    pub kind: u64,
    /// Where in the object it is.
    pub part: Displacement,
    /// Bytes.
    pub size: u32,
    /// Address of its copy constructor; 0 where its bytes are copied.
    pub copy: u64,
}

impl Catchable {
    /// Reads one whose offsets are relative to `base`.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be read.
    pub fn read(address: u64, base: u64) -> Result<Self, Fault> {
        let word = |offset: u64| fault::load_u32(address.wrapping_add(offset));
        Ok(Self {
            properties: word(0)?,
            kind: at(base, word(4)?),
            part: Displacement::read(address.wrapping_add(8))?,
            size: word(20)?,
            copy: at(base, word(24)?),
        })
    }
}

/// True for `catch (...)`: its type has no name.
pub(super) fn is_any(handler: &Handler) -> Result<bool, Fault> {
    Ok(handler.kind == 0 || fault::load_u8(handler.kind.wrapping_add(NAME))? == 0)
}

/// Whether a catch block catches an object of a type that was thrown with these attributes.
pub(super) fn catches(handler: &Handler, kind: &Catchable, attributes: u32) -> Result<bool, Fault> {
    if is_any(handler)? {
        return Ok(true);
    }
    if handler.adjectives & adjective::BAD_ALLOC != 0 && kind.properties & property::BAD_ALLOC != 0 {
        return Ok(true);
    }
    if handler.kind != kind.kind {
        let (ours, its) = (handler.kind.wrapping_add(NAME), kind.kind.wrapping_add(NAME));
        // Each module has descriptors of its own: the name is the type.
        if bulk::compare_text(ours, its, usize::MAX)? != 0 {
            return Ok(false);
        }
    }
    let by_reference = handler.adjectives & adjective::REFERENCE != 0;
    if kind.properties & property::REFERENCE_ONLY != 0 && !by_reference {
        return Ok(false);
    }
    // What a pointer leads to is not caught as less constant than it is.
    Ok(attributes & QUALIFIERS & !handler.adjectives == 0)
}
