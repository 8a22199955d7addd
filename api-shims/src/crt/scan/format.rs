//! Conversion specifications and sets of a format.

use super::Dialect;
use crate::crt::format::Unit;
use crate::crt::number::RealGrammar;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Default,
    Char,
    Short,
    Long,
    Int64,
    Pointer,
}

pub(super) struct Spec {
    pub(super) suppress: bool,
    pub(super) width: Option<usize>,
    pub(super) size: Size,
}

fn first<U: Unit>(text: &[U]) -> u8 {
    text.first().map_or(0, |unit| unit.ascii())
}

pub(super) fn parse_spec<U: Unit>(dialect: Dialect, text: &[U]) -> (Spec, &[U]) {
    let mut spec = Spec { suppress: false, width: None, size: Size::Default };
    let mut rest = text;
    if first(rest) == b'*' {
        spec.suppress = true;
        rest = &rest[1..];
    }
    while first(rest).is_ascii_digit() {
        let digit = usize::from(first(rest) - b'0');
        spec.width = Some(spec.width.unwrap_or(0).saturating_mul(10).saturating_add(digit));
        rest = &rest[1..];
    }
    spec.width = spec.width.filter(|&width| width > 0);
    loop {
        let (size, length) = match (first(rest), first(rest.get(1..).unwrap_or(&[]))) {
            (b'h', b'h') if dialect.reals == RealGrammar::C99 => (Size::Char, 2),
            (b'h', _) => (Size::Short, 1),
            (b'l', b'l') => (Size::Int64, 2),
            (b'l' | b'w', _) => (Size::Long, 1),
            (b'L', _) => (Size::Int64, 1),
            (b'j', _) => (Size::Int64, 1),
            (b'z' | b't', _) => (Size::Pointer, 1),
            (b'I', b'6') => (Size::Int64, 3),
            (b'I', b'3') => (Size::Default, 3),
            (b'I', _) => (Size::Pointer, 1),
            _ => return (spec, rest),
        };
        spec.size = size;
        rest = rest.get(length..).unwrap_or(&[]);
    }
}

pub(super) struct Set {
    pub(super) negated: bool,
    pub(super) ranges: Vec<(u32, u32)>,
}

impl Set {
    pub(super) fn contains(&self, unit: u32) -> bool {
        self.ranges.iter().any(|&(low, high)| (low..=high).contains(&unit)) != self.negated
    }
}

/// The set behind `%[`, and what follows its `]`; `None` where it has no end.
pub(super) fn parse_set<U: Unit + Into<u32>>(text: &[U]) -> Option<(Set, &[U])> {
    let mut rest = text;
    let negated = first(rest) == b'^';
    if negated {
        rest = &rest[1..];
    }
    let mut ranges = Vec::new();
    let mut index = 0;
    loop {
        let &unit = rest.get(index)?;
        if unit.ascii() == b']' && index > 0 {
            return Some((Set { negated, ranges }, &rest[index + 1..]));
        }
        let low: u32 = unit.into();
        match (rest.get(index + 1), rest.get(index + 2)) {
            (Some(dash), Some(&high)) if dash.ascii() == b'-' && high.ascii() != b']' => {
                let high: u32 = high.into();
                ranges.push((low.min(high), low.max(high)));
                index += 3;
            }
            _ => {
                ranges.push((low, low));
                index += 1;
            }
        }
    }
}
