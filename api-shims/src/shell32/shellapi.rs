//! shellapi.h: command lines.

use abi::{Out, PCWSTR, Ptr, WIN32_ERROR, Win32Result, shim};
use syscall_xlate::Cx;

use crate::block;
use crate::crt::cmdline::{self, DoubledQuote};

const QUOTE: u16 = b'"' as u16;
const BLANK: u16 = b' ' as u16;

/// Splits a command line; an empty one is the program's path. The result is one block, which `LocalFree` frees.
#[shim(full)]
pub(super) fn CommandLineToArgvW(cx: &Cx, lpCmdLine: PCWSTR, pNumArgs: Out<i32>) -> Win32Result<Ptr<u64>> {
    if pNumArgs.is_null() {
        return Err(WIN32_ERROR::ERROR_INVALID_PARAMETER.into());
    }
    let line = lpCmdLine.read()?;
    let arguments = if line.is_empty() {
        let program = cx.process.program().ok_or(WIN32_ERROR::ERROR_MOD_NOT_FOUND)?;
        vec![program.guest_path().encode_utf16().collect()]
    } else {
        split(&line)
    };
    let pointers = 8 * (arguments.len() + 1);
    let units: usize = arguments.iter().map(|argument| argument.len() + 1).sum();
    let block = block::allocate(cx, pointers + 2 * units)?;
    let mut text = block.byte_offset(pointers as u64).cast::<u16>();
    let mut list = Vec::new();
    for argument in &arguments {
        list.push(text.address());
        abi::PWSTR::new(text).write_z(argument)?;
        text = text.offset(argument.len() + 1);
    }
    list.push(0);
    block.cast().write_slice(&list)?;
    pNumArgs.set(arguments.len() as i32)?;
    Ok(block.cast())
}

/// The first argument is a program's name, which ends at the next quotation mark, if it begins with one, or at a blank; backslashes mean
/// nothing in it. The others follow the rules of the C runtime of that time.
fn split(line: &[u16]) -> Vec<Vec<u16>> {
    let (name, rest) = match line {
        [QUOTE, quoted @ ..] => {
            let end = quoted.iter().position(|&unit| unit == QUOTE).unwrap_or(quoted.len());
            (&quoted[..end], quoted.get(end + 1..).unwrap_or_default())
        }
        _ => {
            let end = line.iter().position(|&unit| unit <= BLANK).unwrap_or(line.len());
            (&line[..end], &line[end..])
        }
    };
    // The runtime's parser takes a name off first.
    let rest: Vec<u16> = [u16::from(b'x'), BLANK].into_iter().chain(rest.iter().copied()).collect();
    let others = cmdline::parse(&rest, DoubledQuote::Ends).into_iter().skip(1).map(|argument| argument.text);
    std::iter::once(name.to_vec()).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use syscall_xlate::testing;

    use super::split;

    fn texts(line: &str) -> Vec<String> {
        let parts = split(&line.encode_utf16().collect::<Vec<_>>());
        parts.iter().map(|part| String::from_utf16_lossy(part)).collect()
    }

    #[test]
    fn the_name_and_the_arguments_follow_their_rules() {
        assert_eq!(texts(r#"prog a "b c" d\e "f\\" \"g"#), ["prog", "a", "b c", r"d\e", r"f\", "\"g"]);
        assert_eq!(texts(r#""C:\My Tools\x.exe"a b"#), [r"C:\My Tools\x.exe", "a", "b"]);
        assert_eq!(texts("  a"), ["", "a"]);
        assert_eq!(texts(r#"p """#), ["p", ""]);
    }

    #[test]
    fn the_list_ends_with_null_and_can_be_freed() {
        let trace = testing::trace(crate::dlls(), |guest| {
            let count = guest.buffer(4);
            let list = guest.call("shell32!CommandLineToArgvW", &[guest.wide("p one \"two 2\""), count]);
            let pointers = guest.read::<[u64; 4]>(list);
            let text = abi::PCWSTR::new(abi::Ptr::at(pointers[2])).read().unwrap();
            assert_eq!(String::from_utf16(&text).unwrap(), "two 2");
            assert_eq!(pointers[3], 0);
            guest.call("kernel32!LocalFree", &[list]);
        });
        assert_snapshot!(trace, @r#"
        shell32!CommandLineToArgvW(lpCmdLine="p one \"two 2\"", pNumArgs=&3) = @2
        kernel32!LocalFree(hMem=@2) = NULL
        "#);
    }
}
