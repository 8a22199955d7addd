//! Between the guest's text and ours: the ANSI code page, in which `A` functions take and give text, and buffers of a given size.

use abi::{Ansi, Fault, Guest, InOut, PCSTR, PCWSTR, PSTR, PWSTR, Ptr, WIN32_ERROR, Wide, Win32Result};
use syscall_xlate::{Cx, nls};

/// Text of the process's ANSI code page in UTF-16.
pub(crate) fn to_wide(_cx: &Cx, bytes: &[u8]) -> Vec<u16> {
    nls::ansi_to_wide(bytes)
}

/// UTF-16 text in the process's ANSI code page; what it lacks becomes what looks like it, or `?`.
pub(crate) fn to_ansi(_cx: &Cx, units: &[u16]) -> Vec<u8> {
    nls::wide_to_ansi(units)
}

/// UTF-16 of a literal.
pub(crate) fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// Gives text in a buffer of `size` units, as most functions do: its length without the closing zero when it fits, else the size needed
/// with it.
pub(crate) fn give_wide(text: &[u16], buffer: PWSTR, size: u32) -> Win32Result<u32> {
    if text.len() < size as usize {
        buffer.write_z(text)?;
        Ok(text.len() as u32)
    } else {
        Ok(text.len() as u32 + 1)
    }
}

/// [`give_wide`] for text in a code page.
pub(crate) fn give_ansi(text: &[u8], buffer: PSTR, size: u32) -> Win32Result<u32> {
    if text.len() < size as usize {
        buffer.write_z(text)?;
        Ok(text.len() as u32)
    } else {
        Ok(text.len() as u32 + 1)
    }
}

/// Text that a guest passes in, by an `A` or a `W` function.
pub(crate) trait TextIn: Copy {
    /// Copies it in, in UTF-16.
    ///
    /// # Errors
    /// A [`Fault`] where it runs into memory that cannot be read.
    fn wide(self, cx: &Cx) -> Result<Vec<u16>, Fault>;
    /// True for the null pointer.
    fn is_null(self) -> bool;
    /// As [`Self::wide`]; `None` for the null pointer.
    ///
    /// # Errors
    /// As [`Self::wide`].
    fn wide_opt(self, cx: &Cx) -> Result<Option<Vec<u16>>, Fault> {
        if self.is_null() { Ok(None) } else { self.wide(cx).map(Some) }
    }
}

impl TextIn for PCWSTR {
    fn wide(self, _cx: &Cx) -> Result<Vec<u16>, Fault> {
        self.read()
    }
    fn is_null(self) -> bool {
        self.is_null()
    }
}

impl TextIn for PCSTR {
    fn wide(self, cx: &Cx) -> Result<Vec<u16>, Fault> {
        Ok(to_wide(cx, &self.read()?))
    }
    fn is_null(self) -> bool {
        self.is_null()
    }
}

/// A buffer of a guest for text, of an `A` or a `W` function.
pub(crate) trait TextOut: Copy {
    /// `u8` or `u16`.
    type Unit: Guest + Copy;
    /// Text as this kind of buffer takes it.
    fn convert(cx: &Cx, text: &[u16]) -> Vec<Self::Unit>;
    /// Copies text and a closing zero out. The caller has checked that they fit.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be written.
    fn put(self, text: &[Self::Unit]) -> Result<(), Fault>;
    /// True for the null pointer.
    fn is_null(self) -> bool;
}

impl TextOut for PWSTR {
    type Unit = u16;
    fn convert(_cx: &Cx, text: &[u16]) -> Vec<u16> {
        text.to_vec()
    }
    fn put(self, text: &[u16]) -> Result<(), Fault> {
        self.write_z(text)
    }
    fn is_null(self) -> bool {
        self.is_null()
    }
}

impl TextOut for PSTR {
    type Unit = u8;
    fn convert(cx: &Cx, text: &[u16]) -> Vec<u8> {
        to_ansi(cx, text)
    }
    fn put(self, text: &[u8]) -> Result<(), Fault> {
        self.write_z(text)
    }
    fn is_null(self) -> bool {
        self.is_null()
    }
}

/// Text that a program passes with its length in units: -1 says that it ends with a zero, which then belongs to it.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for NULL, for an empty text, and for other negative lengths.
pub(crate) fn counted_wide(text: PCWSTR, count: i32) -> Win32Result<Wide> {
    let text = text.opt().ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    match count {
        -1 => Ok([text.read()?, vec![0]].concat()),
        1.. => Ok(text.ptr().read_slice(count as usize)?),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// [`counted_wide`] for text in a code page.
pub(crate) fn counted_ansi(text: PCSTR, count: i32) -> Win32Result<Ansi> {
    let text = text.opt().ok_or(WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    match count {
        -1 => Ok([text.read()?, vec![0]].concat()),
        1.. => Ok(text.ptr().read_bytes(count as usize)?),
        _ => Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into()),
    }
}

/// Gives units in a buffer for `size` of them, without adding a zero: their number. Size 0 asks for the number alone.
///
/// # Errors
/// `ERROR_INSUFFICIENT_BUFFER` when they do not fit, with as many given as do; `ERROR_INVALID_PARAMETER` for a negative size or NULL.
pub(crate) fn fill<T: Guest + Clone>(units: &[T], buffer: Ptr<T>, size: i32) -> Win32Result<i32> {
    let count = i32::try_from(units.len()).map_err(|_| WIN32_ERROR::ERROR_INVALID_PARAMETER)?;
    if size < 0 || (size > 0 && buffer.is_null()) {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    if size == 0 {
        return Ok(count);
    }
    let fits = units.len().min(size as usize);
    buffer.write_slice(&units[..fits])?;
    if count > size {
        return Err(WIN32_ERROR::ERROR_INSUFFICIENT_BUFFER.into());
    }
    Ok(count)
}

/// Gives text with a closing zero in a buffer whose size in units is passed in and whose use is passed out: without the zero when it
/// fits, else the size needed with it (`GetComputerName` and its kind).
///
/// # Errors
/// `error` when it does not fit.
pub(crate) fn give_sized<T: Guest + Clone + Default>(
    text: &[T],
    buffer: Ptr<T>,
    size: InOut<u32>,
    error: WIN32_ERROR,
) -> Win32Result<()> {
    let room = size.read()? as usize;
    if text.len() >= room || buffer.is_null() {
        size.set(text.len() as u32 + 1)?;
        return Err(error.into());
    }
    buffer.write_slice(text)?;
    buffer.offset(text.len()).write(&T::default())?;
    Ok(size.set(text.len() as u32)?)
}
