//! How much room a parameter of a type of the metadata takes.

use windows_metadata::Type;
use windows_metadata::reader::{Index, TypeCategory, TypeDef};
use windows_metadata::{TypeAttributes, TypeName};

/// Bytes on x64 and on x86.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Size {
    /// Bytes of the register or slot that count on x64.
    pub(crate) x64: usize,
    /// Bytes on the stack on x86.
    pub(crate) x86: usize,
}

/// The size and alignment of a type on both.
#[derive(Clone, Copy)]
struct Layout {
    x64: (usize, usize),
    x86: (usize, usize),
}

/// The size of a parameter of this type; `None` for a type the metadata does not describe.
pub(crate) fn size_of_argument(index: &Index, ty: &Type) -> Option<Size> {
    let layout = layout(index, ty, None)?;
    // x64 passes a struct of another size than these by a pointer to it (Microsoft's "x64 calling convention").
    let x64 = if matches!(layout.x64.0, 1 | 2 | 4 | 8) { layout.x64.0 } else { 8 };
    Some(Size { x64, x86: layout.x86.0.next_multiple_of(4) })
}

fn layout(index: &Index, ty: &Type, outer: Option<TypeDef<'_>>) -> Option<Layout> {
    let same = |size| Layout { x64: (size, size), x86: (size, size) };
    Some(match ty {
        Type::Bool | Type::I8 | Type::U8 => same(1),
        Type::Char | Type::I16 | Type::U16 => same(2),
        Type::I32 | Type::U32 | Type::F32 => same(4),
        Type::I64 | Type::U64 | Type::F64 => same(8),
        Type::ISize
        | Type::USize
        | Type::PtrMut(..)
        | Type::PtrConst(..)
        | Type::RefMut(_)
        | Type::RefConst(_)
        | Type::ClassName(_) => Layout { x64: (8, 8), x86: (4, 4) },
        Type::ArrayFixed(item, count) => {
            let item = layout(index, item, outer)?;
            Layout { x64: (item.x64.0 * count, item.x64.1), x86: (item.x86.0 * count, item.x86.1) }
        }
        Type::ValueName(name) => layout_of_named(index, name, outer)?,
        _ => return None,
    })
}

fn layout_of_named(index: &Index, name: &TypeName, outer: Option<TypeDef<'_>>) -> Option<Layout> {
    if (name.namespace.as_str(), name.name.as_str()) == ("System", "Guid") {
        return Some(Layout { x64: (16, 4), x86: (16, 4) });
    }
    let nested = outer.and_then(|outer| index.nested(outer).find(|nested| nested.name() == name.name));
    let definition = nested.or_else(|| index.get(&name.namespace, &name.name).next())?;
    if definition.category() == TypeCategory::Enum {
        return layout(index, &definition.underlying_type()?, None);
    }
    let is_union = definition.flags().contains(TypeAttributes::ExplicitLayout);
    let packing = definition.class_layout().map_or(0, |layout| usize::from(layout.packing_size()));
    let fields = definition
        .fields()
        .filter(|field| field.constant().is_none())
        .map(|field| layout(index, &field.ty(), Some(definition)))
        .collect::<Option<Vec<_>>>()?;
    if fields.is_empty() {
        return None;
    }
    Some(Layout {
        x64: combined(fields.iter().map(|field| field.x64), is_union, packing),
        x86: combined(fields.iter().map(|field| field.x86), is_union, packing),
    })
}

/// Size and alignment of a struct or union of these fields. `packing` is the highest alignment, 0 for no limit.
fn combined(fields: impl Iterator<Item = (usize, usize)>, is_union: bool, packing: usize) -> (usize, usize) {
    let (mut size, mut alignment) = (0_usize, 1);
    for (field, aligned) in fields {
        let aligned = if packing == 0 { aligned } else { aligned.min(packing) };
        alignment = alignment.max(aligned);
        size = if is_union { size.max(field) } else { size.next_multiple_of(aligned) + field };
    }
    (size.next_multiple_of(alignment), alignment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata;

    #[test]
    fn sizes_are_those_of_the_windows_sdk() {
        let index = metadata::load().unwrap();
        let size = |namespace: &str, name: &str| {
            let size = size_of_argument(&index, &Type::value_named(namespace, name)).unwrap();
            (size.x64, size.x86)
        };
        assert_eq!(size("Windows.Win32.Foundation", "HANDLE"), (8, 4));
        assert_eq!(size("Windows.Win32.Foundation", "BOOLEAN"), (1, 4));
        assert_eq!(size("Windows.Win32.System.Console", "COORD"), (4, 4));
        assert_eq!(size("Windows.Win32.Storage.FileSystem", "FILE_SHARE_MODE"), (4, 4));
        assert_eq!(size("Windows.Win32.Foundation", "LPARAM"), (8, 4));
        // Larger than a register: by pointer on x64, by value on x86.
        assert_eq!(size("Windows.Win32.Foundation", "RECT"), (8, 16));
        assert_eq!(size("Windows.Win32.System.Variant", "VARIANT"), (8, 16));
    }
}
