//! Between the ANSI code page, in which `A` functions take and give text, and UTF-16.

use syscall_xlate::Cx;

/// Text of the process's ANSI code page in UTF-16.
pub(crate) fn to_wide(_cx: &Cx, bytes: &[u8]) -> Vec<u16> {
    let mut units = vec![0; bytes.len()];
    let mut decoder = encoding_rs::WINDOWS_1252.new_decoder_without_bom_handling();
    let (_, _, written, _) = decoder.decode_to_utf16(bytes, &mut units, true);
    units.truncate(written);
    units
}

/// UTF-16 text in the process's ANSI code page; what it lacks becomes `?`.
pub(crate) fn to_ansi(_cx: &Cx, units: &[u16]) -> Vec<u8> {
    char::decode_utf16(units.iter().copied())
        .flat_map(|unit| match unit {
            Ok(character) => {
                let text = character.to_string();
                let (bytes, _, lacking) = encoding_rs::WINDOWS_1252.encode(&text);
                if lacking { vec![b'?'] } else { bytes.into_owned() }
            }
            Err(_) => vec![b'?'],
        })
        .collect()
}
