//! Unwind tables: which function an address belongs to.
//!
//! `.pdata` is an array of `RUNTIME_FUNCTION`, sorted by address (<https://learn.microsoft.com/cpp/build/exception-handling-x64>).

use crate::image::{Directory, DirectoryRange, Image};
use crate::module::Module;

/// Size of a `RUNTIME_FUNCTION` in bytes.
pub const RUNTIME_FUNCTION_SIZE: u32 = 12;

/// A `RUNTIME_FUNCTION`: RVAs of a function's first byte, of the byte after it, and of its unwind information.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuntimeFunction {
    pub begin: u32,
    pub end: u32,
    pub unwind_info: u32,
}

impl Image {
    /// The table's place: `.pdata` as the exception directory has it.
    pub fn pdata(&self) -> Option<DirectoryRange> {
        self.directory(Directory::Exception)
    }

    /// How many functions the table has.
    pub fn function_count(&self) -> u32 {
        self.pdata().map_or(0, |range| range.size / RUNTIME_FUNCTION_SIZE)
    }

    /// A row of the table.
    pub fn function(&self, index: u32) -> Option<RuntimeFunction> {
        let range = self.pdata().filter(|range| index < range.size / RUNTIME_FUNCTION_SIZE)?;
        let bytes =
            self.array_at::<{ RUNTIME_FUNCTION_SIZE as usize }>(range.rva.checked_add(index * RUNTIME_FUNCTION_SIZE)?)?;
        let field = |offset| crate::bytes::u32_at(&bytes, offset);
        Some(RuntimeFunction { begin: field(0)?, end: field(4)?, unwind_info: field(8)? })
    }

    /// The row of the function that `rva` is in, with its index; `None` for leaf functions, which have no row.
    pub fn function_at(&self, rva: u32) -> Option<(u32, RuntimeFunction)> {
        let (mut low, mut high) = (0, self.function_count());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.function(middle)?.begin <= rva {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let index = low.checked_sub(1)?;
        self.function(index).filter(|function| rva < function.end).map(|function| (index, function))
    }
}

impl Module {
    /// What `RtlLookupFunctionEntry` finds for a code address: the address of its row in guest memory, and the row.
    pub fn function_at(&self, address: u64) -> Option<(u64, RuntimeFunction)> {
        let image = self.image()?;
        let (index, function) = image.function_at(self.rva_of(address)?)?;
        let row = image.pdata()?.rva.checked_add(index * RUNTIME_FUNCTION_SIZE)?;
        Some((self.base() + u64::from(row), function))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{PeBuilder, TEXT_RVA};

    #[test]
    fn addresses_belong_to_the_function_around_them() {
        let rows = [(TEXT_RVA, TEXT_RVA + 4), (TEXT_RVA + 4, TEXT_RVA + 8), (TEXT_RVA + 16, TEXT_RVA + 17)];
        let builder = rows.iter().fold(PeBuilder::exe(), |builder, &(begin, end)| builder.function(begin, end, 0x2000));
        let image = Image::parse(builder.bytes()).expect("the image is sound");
        assert_eq!(image.function_count(), 3);
        let found = |offset: u32| image.function_at(TEXT_RVA + offset).map(|(index, _)| index);
        assert_eq!(
            [0, 3, 4, 7, 8, 15, 16, 17].map(found),
            [Some(0), Some(0), Some(1), Some(1), None, None, Some(2), None]
        );
        assert_eq!(image.function_at(0), None);
    }

    #[test]
    fn a_table_outside_the_image_finds_nothing() {
        for (rva, size) in [(0x7000_0000, 24), (0xffff_fff0, u32::MAX), (TEXT_RVA, u32::MAX)] {
            let image = Image::parse(PeBuilder::exe().directory(3, rva, size).bytes()).expect("the image is sound");
            assert_eq!(image.function_at(TEXT_RVA + 0x900), None);
        }
    }
}
