use super::tables::{Action, Encoding, Tables};
use super::throw::{Catchable, Displacement, Thrown};
use super::{Handler, adjective, adjusted, property};

/// Tables in memory of ours, which offsets are relative to.
struct Image(Vec<u8>);

impl Image {
    fn base(&self) -> u64 {
        self.0.as_ptr().expose_provenance() as u64
    }

    fn at(&self, offset: u64) -> u64 {
        self.base() + offset
    }
}

fn words(values: &[i32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// A number in the encoding of compressed tables with `more` bytes behind the first.
fn number(value: u32, more: u32) -> Vec<u8> {
    match more {
        4 => [&[15][..], &value.to_le_bytes()].concat(),
        _ => (value << (more + 1) | ((1 << more) - 1)).to_le_bytes()[..=more as usize].to_vec(),
    }
}

/// `FuncInfo` at 16, two states at 64, a `try` block at 80, its catch block at 100, instructions at 120.
fn plain() -> Image {
    let mut bytes = vec![0; 16];
    bytes.extend(words(&[0x1993_0522, 2, 64, 1, 80, 3, 120, 0, 0, 5, 0, 0]));
    bytes.extend(words(&[-1, 0, 0, 0x500]));
    bytes.extend(words(&[0, 0, 1, 1, 100]));
    bytes.extend(words(&[8, 0x600, 32, 0x700, 56]));
    bytes.extend(words(&[0x1000, -1, 0x1010, 0, 0x1020, 1]));
    Image(bytes)
}

fn read_plain(image: &Image) -> Tables {
    let tables = Tables::read(Encoding::Plain, image.at(16), image.base(), image.at(0x1000));
    tables.expect("it is our memory").expect("it has the magic number")
}

#[test]
fn plain_tables_tell_states_actions_and_blocks() {
    let image = plain();
    let tables = read_plain(&image);
    assert!(tables.synchronous && tables.noexcept);
    let states = [0xfff, 0x1000, 0x1010, 0x101f, 0x1020, 0x9000].map(|pc| tables.state_at(image.at(pc)));
    assert_eq!(states, [-1, -1, 0, 0, 1, 1].map(Ok));
    assert_eq!(tables.leave(1), Ok((0, Action::Funclet(image.at(0x500)))));
    assert_eq!(tables.leave(0), Ok((-1, Action::None)));
    let block = tables.try_blocks().next().expect("there is one").expect("it can be read");
    assert!(block.covers(0) && !block.covers(1) && block.catches_in(1));
    let handler = tables.handlers(&block).next().expect("there is one").expect("it can be read");
    assert_eq!((handler.kind, handler.code), (image.at(0x600), image.at(0x700)));
    assert_eq!((handler.variable, handler.parent, handler.adjectives), (32, 56, adjective::REFERENCE));
}

#[test]
fn states_that_are_none_lead_out() {
    let image = plain();
    let tables = read_plain(&image);
    for state in [-1, -2, 2, i32::MAX, i32::MIN] {
        assert_eq!(tables.leave(state), Ok((-1, Action::None)));
    }
}

#[test]
fn tables_without_the_magic_number_are_none() {
    let mut image = plain();
    image.0[16] ^= 0x40;
    assert_eq!(Tables::read(Encoding::Plain, image.at(16), image.base(), 0), Ok(None));
}

#[test]
fn tables_outside_of_memory_are_a_fault() {
    crate::signals::install();
    for encoding in [Encoding::Plain, Encoding::Compressed] {
        assert!(Tables::read(encoding, 8, 0, 0).is_err());
    }
    let tables =
        Tables { ips: 8, tries: 8, unwind: 8, try_count: u32::MAX, ip_count: u32::MAX, ..read_plain(&plain()) };
    for encoding in [Encoding::Plain, Encoding::Compressed] {
        let tables = Tables { encoding, ..tables };
        assert!(tables.state_at(1 << 40).is_err());
        assert!(tables.leave(1).is_err());
        assert!(tables.try_blocks().next().is_some_and(|block| block.is_err()));
    }
}

/// A function with a try block and a catch block, and numbers of `more` bytes behind the first where they may be.
fn compressed(more: u32) -> Image {
    let mut bytes = vec![0x38];
    bytes.extend(words(&[32, 96, 160]));
    bytes.resize(32, 0);
    bytes.extend(number(3, more));
    let entry = |back: u32, kind: u32| number(back << 2 | kind, more);
    // No action, a destructor of an object, a function, each the parent of the next.
    let first = entry(1 + more, 0);
    let mut second = entry(first.len() as u32, 1);
    second.extend(words(&[0x500]));
    second.extend(number(100, more));
    let mut third = entry(second.len() as u32, 3);
    third.extend(words(&[0x600]));
    bytes.extend([first, second, third].concat());
    bytes.resize(96, 0);
    bytes.extend([number(1, more), number(0, more), number(1, more), number(2, more)].concat());
    bytes.extend(words(&[128]));
    bytes.resize(128, 0);
    bytes.extend(number(1, more));
    bytes.push(0x17);
    bytes.extend(number(adjective::REFERENCE, more));
    bytes.extend(words(&[0x700]));
    bytes.extend(number(120, more));
    bytes.extend(words(&[0x800]));
    bytes.extend(number(90, more));
    bytes.resize(160, 0);
    bytes.extend([number(2, more), number(16, more), number(1, more), number(32, more), number(3, more)].concat());
    Image(bytes)
}

#[test]
fn compressed_tables_tell_the_same_however_long_their_numbers_are() {
    for more in 0..=4 {
        let image = compressed(more);
        let function = image.at(0x1000);
        let tables = Tables::read(Encoding::Compressed, image.base(), image.base(), function);
        let tables = tables.expect("it is our memory").expect("it is one");
        assert!(tables.synchronous && !tables.noexcept);
        assert_eq!((tables.states, tables.try_count, tables.ip_count, tables.parent), (3, 1, 2, None));
        let states = [0, 15, 16, 47, 48].map(|offset| tables.state_at(function + offset));
        assert_eq!(states, [-1, -1, 0, 0, 2].map(Ok));
        assert_eq!(tables.leave(2), Ok((1, Action::Funclet(image.at(0x600)))));
        assert_eq!(tables.leave(1), Ok((0, Action::Destroy(image.at(0x500), 100))));
        assert_eq!(tables.leave(0), Ok((-1, Action::None)));
        let block = tables.try_blocks().next().expect("there is one").expect("it can be read");
        assert_eq!((block.low, block.high, block.catch_high), (0, 1, 2));
        let handler = tables.handlers(&block).next().expect("there is one").expect("it can be read");
        assert_eq!((handler.adjectives, handler.variable), (adjective::REFERENCE, 120));
        assert_eq!((handler.kind, handler.code), (image.at(0x700), image.at(0x800)));
        assert_eq!((handler.ways, handler.goes_on[0]), (1, function + 90));
    }
}

#[test]
fn a_part_in_a_virtual_base_is_found_by_its_table() {
    let table = words(&[0, 24]);
    let mut object = [0_u8; 64];
    object[8..16].copy_from_slice(&table.as_ptr().expose_provenance().to_le_bytes());
    let start = object.as_ptr().expose_provenance() as u64;
    let within = |member, table, slot| adjusted(start, &Displacement { member, table, slot }).map(|part| part - start);
    assert_eq!(within(16, -1, 0), Ok(16));
    assert_eq!(within(4, 8, 4), Ok(4 + 8 + 24));
}

/// A descriptor of the type with a decorated name.
fn descriptor(name: &str) -> Vec<u8> {
    [&[0; 16][..], name.as_bytes(), &[0]].concat()
}

#[test]
fn types_are_one_by_their_names_and_constants_stay_constant() {
    let (ours, its, other) = (descriptor(".H"), descriptor(".H"), descriptor(".D"));
    let address = |bytes: &[u8]| bytes.as_ptr().expose_provenance() as u64;
    let catches = |adjectives, kind: &[u8], properties, attributes| {
        let handler = Handler { adjectives, kind: address(kind), ..Handler::default() };
        let thrown = Catchable { kind: address(&its), properties, ..Catchable::default() };
        super::throw::catches(&handler, &thrown, attributes).expect("it is our memory")
    };
    assert!(catches(0, &ours, 0, 0));
    assert!(!catches(0, &other, 0, 0));
    assert!(catches(0, &descriptor(""), 0, adjective::CONST));
    assert!(!catches(0, &ours, property::REFERENCE_ONLY, 0));
    assert!(catches(adjective::REFERENCE, &ours, property::REFERENCE_ONLY, 0));
    assert!(!catches(adjective::VOLATILE, &ours, 0, adjective::CONST));
    assert!(catches(adjective::VOLATILE | adjective::CONST, &ours, 0, adjective::CONST));
}

#[test]
fn a_record_without_the_magic_number_is_no_thrown_object() {
    let record = |parameters: &[u64]| abi::EXCEPTION_RECORD::new(&abi::Exception::new(super::EXCEPTION, parameters), 0);
    let thrown = Thrown::of(&record(&[0x1993_0520, 1, 2, 3]));
    assert_eq!(thrown, Some(Thrown { object: 1, info: 2, base: 3 }));
    assert_eq!(Thrown::of(&record(&[0x1993_0523, 1, 2, 3])), None);
    assert_eq!(Thrown::of(&record(&[0x1993_0520, 1, 2])), None);
    assert!(Thrown::of(&record(&[0x1993_0522, 0, 0, 0])).is_some_and(|thrown| thrown.is_rethrow()));
}
