//! Message boxes.

use abi::{HANDLE, PCSTR, PCWSTR, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::{Cx, say};

use crate::text::TextIn;

abi::flags! {
    /// Buttons, icon and manner of a message box.
    pub(in crate::user32) struct MESSAGEBOX_STYLE: u32 {
        MB_CANCELTRYCONTINUE = 0x6;
        MB_RETRYCANCEL = 0x5;
        MB_YESNO = 0x4;
        MB_YESNOCANCEL = 0x3;
        MB_ABORTRETRYIGNORE = 0x2;
        MB_OKCANCEL = 0x1;
        MB_ICONINFORMATION = 0x40;
        MB_ICONWARNING = 0x30;
        MB_ICONQUESTION = 0x20;
        MB_ICONERROR = 0x10;
        MB_DEFBUTTON4 = 0x300;
        MB_DEFBUTTON3 = 0x200;
        MB_DEFBUTTON2 = 0x100;
        MB_SYSTEMMODAL = 0x1000;
        MB_TASKMODAL = 0x2000;
        MB_HELP = 0x4000;
        MB_SETFOREGROUND = 0x1_0000;
        MB_DEFAULT_DESKTOP_ONLY = 0x2_0000;
        MB_TOPMOST = 0x4_0000;
        MB_RIGHT = 0x8_0000;
        MB_RTLREADING = 0x10_0000;
        MB_SERVICE_NOTIFICATION = 0x20_0000;
    }
}

abi::choices! {
    /// The button that was chosen.
    pub(in crate::user32) struct MESSAGEBOX_RESULT: i32 {
        IDOK = 1;
        IDCANCEL = 2;
        IDABORT = 3;
        IDRETRY = 4;
        IDIGNORE = 5;
        IDYES = 6;
        IDNO = 7;
        IDTRYAGAIN = 10;
        IDCONTINUE = 11;
    }
}

/// Bits of the style that say which buttons there are.
const BUTTONS: u32 = 0xf;
/// Bits of the style that say which of them is the default.
const DEFAULT_SHIFT: u32 = 8;

/// Makes a sound.
#[shim(stub = "there is no speaker")]
pub(in crate::user32) fn MessageBeep(uType: u32) -> bool {
    let _ = uType;
    true
}

/// Shows a message and lets the user choose a button.
#[shim(partial = "without a display the message goes to standard error, and the default button is chosen")]
pub(in crate::user32) fn MessageBoxA(
    cx: &Cx,
    hWnd: HANDLE,
    lpText: PCSTR,
    lpCaption: PCSTR,
    uType: MESSAGEBOX_STYLE,
) -> Win32Result<MESSAGEBOX_RESULT> {
    let _ = hWnd;
    show(cx, lpText, lpCaption, uType)
}

/// Shows a message and lets the user choose a button.
#[shim(partial = "without a display the message goes to standard error, and the default button is chosen")]
pub(in crate::user32) fn MessageBoxExA(
    cx: &Cx,
    hWnd: HANDLE,
    lpText: PCSTR,
    lpCaption: PCSTR,
    uType: MESSAGEBOX_STYLE,
    wLanguageId: u16,
) -> Win32Result<MESSAGEBOX_RESULT> {
    let _ = (hWnd, wLanguageId);
    show(cx, lpText, lpCaption, uType)
}

/// Shows a message and lets the user choose a button.
#[shim(partial = "without a display the message goes to standard error, and the default button is chosen")]
pub(in crate::user32) fn MessageBoxExW(
    cx: &Cx,
    hWnd: HANDLE,
    lpText: PCWSTR,
    lpCaption: PCWSTR,
    uType: MESSAGEBOX_STYLE,
    wLanguageId: u16,
) -> Win32Result<MESSAGEBOX_RESULT> {
    let _ = (hWnd, wLanguageId);
    show(cx, lpText, lpCaption, uType)
}

/// Shows a message and lets the user choose a button.
#[shim(partial = "without a display the message goes to standard error, and the default button is chosen")]
pub(in crate::user32) fn MessageBoxW(
    cx: &Cx,
    hWnd: HANDLE,
    lpText: PCWSTR,
    lpCaption: PCWSTR,
    uType: MESSAGEBOX_STYLE,
) -> Win32Result<MESSAGEBOX_RESULT> {
    let _ = hWnd;
    show(cx, lpText, lpCaption, uType)
}

fn show<T: TextIn>(cx: &Cx, message: T, caption: T, style: MESSAGEBOX_STYLE) -> Win32Result<MESSAGEBOX_RESULT> {
    let message = message.wide_opt(cx)?.unwrap_or_default();
    // Documented: the caption of a box without one is "Error".
    let caption = caption.wide_opt(cx)?.map_or("Error".to_owned(), |caption| String::from_utf16_lossy(&caption));
    let chosen = default_button(style.bits()).ok_or(WIN32_ERROR::ERROR_INVALID_MSGBOX_STYLE)?;
    say(format_args!("message box \"{caption}\": {}", String::from_utf16_lossy(&message)));
    Ok(chosen)
}

/// The button that the Enter key would press; `None` for buttons that there are not.
fn default_button(style: u32) -> Option<MESSAGEBOX_RESULT> {
    type Id = MESSAGEBOX_RESULT;
    let buttons: &[Id] = match style & BUTTONS {
        0 => &[Id::IDOK],
        1 => &[Id::IDOK, Id::IDCANCEL],
        2 => &[Id::IDABORT, Id::IDRETRY, Id::IDIGNORE],
        3 => &[Id::IDYES, Id::IDNO, Id::IDCANCEL],
        4 => &[Id::IDYES, Id::IDNO],
        5 => &[Id::IDRETRY, Id::IDCANCEL],
        6 => &[Id::IDCANCEL, Id::IDTRYAGAIN, Id::IDCONTINUE],
        _ => return None,
    };
    let default = ((style >> DEFAULT_SHIFT) & BUTTONS) as usize;
    buttons.get(default).or(buttons.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_button_is_chosen() {
        assert_eq!(default_button(0), Some(MESSAGEBOX_RESULT::IDOK));
        assert_eq!(default_button(0x101), Some(MESSAGEBOX_RESULT::IDCANCEL));
        assert_eq!(default_button(0x2204), Some(MESSAGEBOX_RESULT::IDYES));
        assert_eq!(default_button(0x0033), Some(MESSAGEBOX_RESULT::IDYES));
        assert_eq!(default_button(0x0102), Some(MESSAGEBOX_RESULT::IDRETRY));
        assert_eq!(default_button(7), None);
    }
}
