//! Resources as they were built, and trees that lead astray.

use super::*;
use crate::testing::{PeBuilder, fuzz::version_block};

const ENGLISH: u16 = 0x0409;
const GERMAN: u16 = 0x0407;

fn image(builder: &PeBuilder) -> Image {
    Image::parse(builder.bytes()).expect("the image is sound")
}

fn find(
    image: &Image,
    kind: impl Into<ResourceId<'static>>,
    name: impl Into<ResourceId<'static>>,
    language: Language,
) -> Result<(u16, Vec<u8>), ResourceError> {
    let resource = image.find_resource(&kind.into(), &name.into(), language)?;
    let bytes = image.resources().and_then(|resources| resources.bytes(&resource).map(Cow::into_owned));
    bytes.map(|bytes| (resource.language, bytes)).ok_or(ResourceError::Damaged)
}

#[test]
fn resources_are_found_by_number_and_name() {
    let image = image(
        &PeBuilder::exe()
            .resource(10, 1, 0, b"one")
            .resource(10, 2, 0, b"two")
            .named_resource("Kind", "Grün", 0, b"named"),
    );
    let any = Language::Prefer(ENGLISH);
    assert_eq!(find(&image, 10, 2, any), Ok((0, b"two".to_vec())));
    assert_eq!(find(&image, "kind", "GRUN", any), Err(ResourceError::NameNotFound));
    assert_eq!(find(&image, "KIND", "grün", any), Ok((0, b"named".to_vec())));
    assert_eq!(find(&image, 11, 1, any), Err(ResourceError::TypeNotFound));
    assert_eq!(find(&image, 10, 3, any), Err(ResourceError::NameNotFound));
    let resources = image.resources().expect("there are resources");
    assert_eq!(resources.types().collect::<Vec<_>>(), ["KIND".into(), ResourceId::Id(10)]);
    assert_eq!(resources.names(&10.into()).expect("the type is there").collect::<Vec<_>>(), [1.into(), 2.into()]);
}

#[test]
fn languages_fall_back() {
    let image = image(
        &PeBuilder::exe()
            .resource(10, 1, GERMAN, b"de")
            .resource(10, 1, ENGLISH, b"en")
            .resource(10, 2, GERMAN, b"de")
            .resource(10, 3, 0, b"neutral"),
    );
    let language = |name: u16, language| find(&image, 10, name, language).map(|found| found.0);
    assert_eq!(language(1, Language::Exactly(GERMAN)), Ok(GERMAN));
    assert_eq!(language(1, Language::Prefer(0x040c)), Ok(ENGLISH));
    assert_eq!(language(2, Language::Prefer(ENGLISH)), Ok(GERMAN), "any is better than none");
    assert_eq!(language(2, Language::Exactly(ENGLISH)), Err(ResourceError::LanguageNotFound));
    assert_eq!(language(3, Language::Exactly(GERMAN)), Ok(0));
    let languages =
        image.resources().expect("there are resources").languages(&10.into(), &1.into()).expect("it is there");
    assert_eq!(languages.collect::<Vec<_>>(), [GERMAN, ENGLISH]);
}

#[test]
fn strings_come_in_blocks_of_sixteen() {
    let mut block = Vec::new();
    for text in ["zero", "", "zwei"].into_iter().chain([""; 12]).chain(["last"]) {
        block.extend((text.encode_utf16().count() as u16).to_le_bytes());
        block.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }
    let image = image(&PeBuilder::exe().resource(TYPE_STRING, 3, ENGLISH, &block));
    let string = |id: u16| {
        let string = image.resources().expect("there are resources").string(id, Language::Prefer(ENGLISH))?;
        let units: Vec<u16> = string.text.clone();
        assert_eq!(
            image.u16_at(string.rva).filter(|_| !units.is_empty()),
            units.first().copied(),
            "the address is that of the text"
        );
        Ok(String::from_utf16(&units).expect("it is UTF-16"))
    };
    assert_eq!(string(32), Ok("zero".to_owned()));
    assert_eq!(string(33), Ok(String::new()));
    assert_eq!(string(34), Ok("zwei".to_owned()));
    assert_eq!(string(47), Ok("last".to_owned()));
    assert_eq!(string(48), Err(ResourceError::NameNotFound));
}

#[test]
fn a_string_longer_than_its_block_is_damaged() {
    let image = image(&PeBuilder::exe().resource(TYPE_STRING, 1, 0, &[4, 0, b'a', 0, 0xff, 0xff]));
    for id in [0, 1, 15] {
        let string = image.resources().expect("there are resources").string(id, Language::Prefer(0));
        assert_eq!(string, Err(ResourceError::Damaged), "{id}");
    }
}

#[test]
fn messages_are_found_in_their_ranges() {
    let mut table = Vec::new();
    // Ids 1 to 2 at offset 28, id 0xc0000005 at 60.
    for word in [2_u32, 1, 2, 28, 0xc000_0005, 0xc000_0005, 60] {
        table.extend(word.to_le_bytes());
    }
    let mut entry = |flags: u16, text: &[u8], size: u16| {
        table.extend(size.to_le_bytes());
        table.extend(flags.to_le_bytes());
        table.extend(text);
        table.resize(table.len() + usize::from(size) - 4 - text.len(), 0);
    };
    entry(0, b"first\r\n", 16);
    entry(0, b"second", 16);
    entry(1, &[b'A', 0, 0xe4, 0], 12);
    let image = image(&PeBuilder::exe().resource(TYPE_MESSAGE_TABLE, 1, 0, &table));
    let message = |id| image.resources().expect("there are resources").message(id, Language::Prefer(0));
    assert_eq!(message(1), Ok(Message::Ansi(b"first\r\n".into())));
    assert_eq!(message(2), Ok(Message::Ansi(b"second".into())));
    assert_eq!(message(0xc000_0005), Ok(Message::Unicode(vec![0x41, 0xe4])));
    for id in [0, 3, u32::MAX] {
        assert_eq!(message(id), Err(ResourceError::NameNotFound));
    }
}

#[test]
fn version_values_are_found_by_path() {
    let block = version_block();
    assert_eq!(version::text(&block, r"\StringFileInfo\040904B0\FileVersion").as_deref(), Some("1.2"));
    assert_eq!(version::text(&block, r"\stringfileinfo\040904b0\FILEVERSION").as_deref(), Some("1.2"));
    assert_eq!(version::query(&block, r"\StringFileInfo\040904B0\None"), None);
    assert_eq!(version::query(&block, r"\StringFileInfo\040904B0\FileVersion\more"), None);
    let fixed = version::fixed(&block).expect("it has a fixed part");
    assert_eq!((fixed.file_version, fixed.os), (0x0001_0002_0003_0004, 0x0004_0004));
    assert_eq!(version::translations(&block), [(0x0409, 0x04b0)]);
    let value = version::query(&block, r"\VarFileInfo\Translation").expect("it is there");
    assert_eq!((value.length, value.is_text), (4, false));
    assert_eq!(version::query(&block, r"\").map(|value| value.length), Some(52));
}

#[test]
fn damaged_version_blocks_find_nothing() {
    let block = version_block();
    for length in 0..block.len() {
        assert_eq!(version::query(&block[..length], r"\StringFileInfo"), None, "cut at {length}");
    }
    for at in (0..block.len()).step_by(2) {
        for value in [0_u16, 1, 7, 0x7fff, 0xffff] {
            let mut damaged = block.clone();
            damaged[at..at + 2].copy_from_slice(&value.to_le_bytes());
            let found = version::query(&damaged, r"\StringFileInfo\040904B0\FileVersion");
            assert!(
                found.is_none_or(|value| value.offset + value.length as usize * 2 <= damaged.len()),
                "{at}: {value:#x}"
            );
        }
    }
}

#[test]
fn trees_that_lead_astray_find_nothing() {
    let built = || PeBuilder::exe().resource(10, 1, 0, b"bytes").build();
    let root = built().rva(".rsrc");
    // The root's only entry, the name directory's, the language directory's.
    for (entry, offset) in [(root + 20, "type"), (root + 44, "name"), (root + 68, "language")] {
        for value in [0_u32, 0x8000_0000, 0x7fff_ffff, 0xffff_ffff, 0x8000_0010] {
            let image = Image::parse(built().patch_rva(entry, &value.to_le_bytes()).bytes).expect("headers are sound");
            let found = image.find_resource(&10.into(), &1.into(), Language::Prefer(0));
            let harmless = found.is_err()
                || found.is_ok_and(|found| found.rva.checked_add(found.size).is_some_and(|end| end <= image.size()));
            assert!(harmless, "{offset} {value:#x}");
        }
    }
    let image = Image::parse(PeBuilder::exe().directory(2, 0x7fff_0000, 100).bytes()).expect("headers are sound");
    assert_eq!(find(&image, 10, 1, Language::Prefer(0)), Err(ResourceError::TypeNotFound));
    assert_eq!(find(&self::image(&PeBuilder::exe()), 10, 1, Language::Prefer(0)), Err(ResourceError::NoResources));
}
