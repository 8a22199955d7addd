//! Conversions between the plain types of a value.

use abi::{Fault, HRESULT, Ptr};
use syscall_xlate::Cx;

use super::bstr;
use super::variant::VARENUM;

/// A value while it is converted.
pub(super) enum Plain {
    Empty,
    Integer(i128),
    Float(f64),
    Bool(bool),
    Text(String),
}

/// The value of these 8 bytes; `None` for a type that is not converted.
pub(super) fn read(vt: VARENUM, data: u64) -> Result<Option<Plain>, Fault> {
    Ok(Some(match vt {
        VARENUM::VT_EMPTY => Plain::Empty,
        VARENUM::VT_I1 => Plain::Integer((data as i8).into()),
        VARENUM::VT_UI1 => Plain::Integer((data as u8).into()),
        VARENUM::VT_I2 => Plain::Integer((data as i16).into()),
        VARENUM::VT_UI2 => Plain::Integer((data as u16).into()),
        VARENUM::VT_I4 | VARENUM::VT_INT | VARENUM::VT_ERROR => Plain::Integer((data as i32).into()),
        VARENUM::VT_UI4 | VARENUM::VT_UINT => Plain::Integer((data as u32).into()),
        VARENUM::VT_I8 => Plain::Integer((data as i64).into()),
        VARENUM::VT_UI8 => Plain::Integer(data.into()),
        VARENUM::VT_R4 => Plain::Float(f32::from_bits(data as u32).into()),
        VARENUM::VT_R8 => Plain::Float(f64::from_bits(data)),
        VARENUM::VT_BOOL => Plain::Bool(data as u16 != 0),
        VARENUM::VT_BSTR => Plain::Text(String::from_utf16_lossy(&bstr::units(Ptr::at(data))?)),
        _ => return Ok(None),
    }))
}

/// The 8 bytes of the value in another type.
pub(super) fn write(cx: &Cx, value: &Plain, vt: VARENUM, alpha: bool) -> Result<Result<u64, HRESULT>, Fault> {
    let small = |low: i128, high: i128| {
        integer(value).and_then(|value| {
            if (low..=high).contains(&value) { Ok(value as u64) } else { Err(HRESULT::DISP_E_OVERFLOW) }
        })
    };
    Ok(match vt {
        VARENUM::VT_EMPTY => Ok(0),
        VARENUM::VT_I1 => small(i8::MIN.into(), i8::MAX.into()),
        VARENUM::VT_UI1 => small(0, u8::MAX.into()),
        VARENUM::VT_I2 => small(i16::MIN.into(), i16::MAX.into()),
        VARENUM::VT_UI2 => small(0, u16::MAX.into()),
        VARENUM::VT_I4 | VARENUM::VT_INT => small(i32::MIN.into(), i32::MAX.into()),
        VARENUM::VT_UI4 | VARENUM::VT_UINT => small(0, u32::MAX.into()),
        VARENUM::VT_I8 => small(i64::MIN.into(), i64::MAX.into()),
        VARENUM::VT_UI8 => small(0, u64::MAX.into()),
        VARENUM::VT_R4 => float(value).and_then(|value| {
            let narrow = value as f32;
            if narrow.is_infinite() && value.is_finite() {
                return Err(HRESULT::DISP_E_OVERFLOW);
            }
            Ok(u64::from(narrow.to_bits()))
        }),
        VARENUM::VT_R8 => float(value).map(f64::to_bits),
        // VARIANT_TRUE is -1.
        VARENUM::VT_BOOL => boolean(value).map(|value| if value { 0xffff } else { 0 }),
        VARENUM::VT_BSTR => {
            let units: Vec<u16> = text(value, alpha).encode_utf16().collect();
            bstr::of_units(cx, &units)?.opt().map(Ptr::address).ok_or(HRESULT::E_OUTOFMEMORY)
        }
        _ => Err(HRESULT::DISP_E_TYPEMISMATCH),
    })
}

fn integer(value: &Plain) -> Result<i128, HRESULT> {
    match value {
        Plain::Empty => Ok(0),
        Plain::Integer(value) => Ok(*value),
        Plain::Bool(value) => Ok(if *value { -1 } else { 0 }),
        Plain::Float(value) => rounded(*value),
        Plain::Text(text) => match text.trim().parse::<i128>() {
            Ok(value) => Ok(value),
            Err(_) => rounded(parsed(text)?),
        },
    }
}

/// Halves go to the even neighbour.
fn rounded(value: f64) -> Result<i128, HRESULT> {
    if value.is_finite() { Ok(value.round_ties_even() as i128) } else { Err(HRESULT::DISP_E_OVERFLOW) }
}

fn float(value: &Plain) -> Result<f64, HRESULT> {
    match value {
        Plain::Float(value) => Ok(*value),
        Plain::Text(text) => parsed(text),
        other => integer(other).map(|value| value as f64),
    }
}

fn parsed(text: &str) -> Result<f64, HRESULT> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|_| plain).ok_or(HRESULT::DISP_E_TYPEMISMATCH)
}

fn boolean(value: &Plain) -> Result<bool, HRESULT> {
    match value {
        Plain::Bool(value) => Ok(*value),
        Plain::Text(text) if text.eq_ignore_ascii_case("true") || text == "#TRUE#" => Ok(true),
        Plain::Text(text) if text.eq_ignore_ascii_case("false") || text == "#FALSE#" => Ok(false),
        other => float(other).map(|value| value != 0.0),
    }
}

fn text(value: &Plain, alpha: bool) -> String {
    match value {
        Plain::Empty => String::new(),
        Plain::Integer(value) => value.to_string(),
        Plain::Float(value) => value.to_string(),
        Plain::Bool(value) if alpha => if *value { "True" } else { "False" }.to_owned(),
        Plain::Bool(value) => if *value { "-1" } else { "0" }.to_owned(),
        Plain::Text(text) => text.clone(),
    }
}
