//! The thread-local storage directory.

use super::{Directory, Image, ImageError};

/// The most thread-local bytes of one module.
const MAX_TLS_SIZE: u64 = 0x1000_0000;
/// `IMAGE_SCN_ALIGN_MASK` in the directory's characteristics.
const ALIGN_SHIFT: u32 = 20;

/// What `IMAGE_TLS_DIRECTORY` says, as RVAs that were found inside the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TlsDirectory {
    /// Where the initial bytes of a thread's block are.
    pub template: u32,
    /// How many initial bytes there are.
    pub template_size: u32,
    /// How many zero bytes follow them.
    pub zero_fill: u32,
    /// Where the loader stores the module's TLS index, 4 bytes.
    pub index: Option<u32>,
    /// Where the array of callback addresses begins, which a null pointer ends.
    pub callbacks: Option<u32>,
    /// Alignment of a thread's block in bytes.
    pub align: u32,
}

impl Image {
    /// The thread-local storage directory, `None` when there is none.
    pub fn tls(&self) -> Result<Option<TlsDirectory>, ImageError> {
        self.directory(Directory::Tls).map(|range| self.tls_at(range.rva)).transpose()
    }

    fn tls_at(&self, rva: u32) -> Result<TlsDirectory, ImageError> {
        let outside = |what: &str| ImageError::invalid(format!("the TLS {what} is outside the image"));
        let width: u32 = if self.is_64bit() { 8 } else { 4 };
        let pointer = |index: u32| self.pointer_at(rva.checked_add(index * width)?);
        let word = |index: u32| self.u32_at(rva.checked_add(4 * width + index * 4)?);
        let fields = [pointer(0), pointer(1), pointer(2), pointer(3), word(0).map(u64::from), word(1).map(u64::from)];
        let [Some(start), Some(end), Some(index), Some(callbacks), Some(zero_fill), Some(characteristics)] = fields
        else {
            return Err(outside("directory"));
        };
        let template_size =
            end.checked_sub(start).ok_or_else(|| ImageError::invalid("the TLS template ends before it begins"))?;
        let size = template_size.saturating_add(zero_fill);
        if size > MAX_TLS_SIZE {
            return Err(ImageError::invalid(format!("every thread would need {size:#x} bytes of TLS")));
        }
        let template = match template_size {
            0 => 0,
            size => {
                let rva = self.rva_of(start).ok_or_else(|| outside("template"))?;
                if u64::from(rva) + size > u64::from(self.size()) {
                    return Err(outside("template"));
                }
                rva
            }
        };
        let place = |address: u64, size: u32, what: &str| match address {
            0 => Ok(None),
            address => {
                let rva = self.rva_of(address).filter(|rva| self.size() - rva >= size);
                rva.map(Some).ok_or_else(|| outside(what))
            }
        };
        let align = match (characteristics >> ALIGN_SHIFT) & 0xf {
            0 | 15 => 16,
            power => 1 << (power - 1),
        };
        Ok(TlsDirectory {
            template,
            template_size: template_size as u32,
            zero_fill: zero_fill as u32,
            index: place(index, 4, "index")?,
            callbacks: place(callbacks, width, "callback array")?,
            align,
        })
    }
}
