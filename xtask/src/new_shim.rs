//! `cargo xtask new-shim`: the skeleton of a shim, from Microsoft's metadata.

use std::fmt::Write as _;

use windows_metadata::reader::{HasAttributes as _, Index, TypeCategory};
use windows_metadata::{Type, TypeName};

use crate::TaskResult;
use crate::codegen;
use crate::metadata::{self, Direction, Function, Parameter, size_of_argument};

/// DLLs whose functions the metadata does not describe: the C runtime's.
const C_RUNTIME: &[&str] = &["msvcrt", "ucrtbase", "vcruntime140", "vcruntime140_1", "msvcp140"];

/// Stands for a header that the metadata does not tell.
const UNKNOWN_HEADER: &str = "HEADER";

/// Prints the three edits that add the shim: the function, its table line and its test.
pub(crate) fn run(dll: &str, function: &str) -> TaskResult {
    let dll = dll.to_ascii_lowercase();
    let dll = dll.strip_suffix(".dll").unwrap_or(&dll);
    let index = metadata::load()?;
    let found = Function::find(&index, function);
    let exact = found.iter().find(|candidate| candidate.dll == dll).or(found.first());
    let text = match exact {
        Some(described) => described_skeleton(&index, dll, described, &AbiTypes::read()?),
        None => generic_skeleton(dll, function),
    };
    print!("{text}");
    Ok(())
}

fn described_skeleton(index: &Index, dll: &str, function: &Function, known: &AbiTypes) -> String {
    let name = &function.name;
    let mut text = String::new();
    match &function.documentation {
        Some(url) => _ = writeln!(text, "{name}: {url}"),
        None => _ = writeln!(text, "{name}: https://learn.microsoft.com/search/?terms={name}"),
    }
    if function.dll != dll {
        let _ = writeln!(text, "Microsoft's metadata has it in {}.dll.", function.dll);
    }
    let header = function.header().unwrap_or(if dll == "ntdll" { "winternl" } else { UNKNOWN_HEADER });
    let (mut notes, mut arguments) = (Vec::new(), Vec::new());
    let mut parameters = String::from("cx: &Cx");
    for parameter in &function.parameters {
        let (ty, note) = shim_type(index, parameter, known);
        let _ = write!(parameters, ", {}: {ty}", parameter.name);
        arguments.push(test_argument(&ty).to_owned());
        let may_be_null = (parameter.optional && is_pointer(&ty)).then(|| "may be NULL".to_owned());
        let remarks: Vec<String> = note.into_iter().chain(may_be_null).collect();
        if !remarks.is_empty() {
            notes.push(format!("`{}`: {}", parameter.name, remarks.join("; ")));
        }
    }
    let returns = return_type(index, function, known);
    let signature = format!("pub(super) fn {name}({parameters}){}", returns.arrow());
    let mut source =
        format!("/// What it does, in one line.\n#[shim(partial = \"what is missing\")]\n{signature} {{\n");
    for note in notes {
        let _ = writeln!(source, "    // {note}");
    }
    let _ = writeln!(source, "    {}\n}}", returns.body);
    let source = codegen::format_source(&source).unwrap_or(source);
    let _ = write!(text, "{}\n{source}{}", place(dll, header), table_and_test(dll, header, name, &arguments));
    text
}

/// Where the function goes.
fn place(dll: &str, header: &str) -> String {
    let mut text = format!("\n1. The function, in api-shims/src/{dll}/{header}.rs, beside the others of {header}.h.\n");
    if header == UNKNOWN_HEADER {
        text.push_str("   HEADER is what the documentation's Requirements name, in lower case and without .h.\n");
    }
    let _ = writeln!(
        text,
        "   A new file begins with `//! {header}.h: what it is about.` and has its `mod {header};` in mod.rs."
    );
    text
}

fn is_pointer(ty: &str) -> bool {
    ["Ptr<", "In<", "Out<", "InOut<", "PCWSTR", "PCSTR", "PWSTR", "PSTR"].iter().any(|pointer| ty.starts_with(pointer))
}

/// For a function the metadata does not know.
fn generic_skeleton(dll: &str, name: &str) -> String {
    let is_c_runtime = C_RUNTIME.contains(&dll) || dll.starts_with("api-ms-win-crt-");
    let mut text = if is_c_runtime {
        format!(
            "{name}: Microsoft's metadata does not describe the C runtime; read its parameters in the documentation:\n"
        )
    } else {
        format!("{name}: not in Microsoft's metadata, so probably not documented; what Microsoft says of it:\n")
    };
    let _ = writeln!(text, "https://learn.microsoft.com/search/?terms={name}");
    let _ = writeln!(text, "{}", place(dll, UNKNOWN_HEADER));
    let returns = if is_c_runtime { "CrtResult<i32>" } else { "Win32Result<()>" };
    let _ = writeln!(
        text,
        "/// What it does, in one line.\n#[shim(partial = \"what is missing\")]\n\
         pub(super) fn {name}(cx: &Cx /* , parameters with Microsoft's names */) -> {returns} {{\n    \
         compile_error!(\"{name} is not written yet\")\n}}"
    );
    text.push_str(&table_and_test(dll, UNKNOWN_HEADER, name, &[]));
    text
}

/// Its table line, and a test that calls it with `arguments` (expressions of type u64).
fn table_and_test(dll: &str, header: &str, name: &str, arguments: &[String]) -> String {
    let test_name = snake_case(name);
    let arguments = arguments.join(", ");
    let test = format!(
        "#[test]\nfn {test_name}_does_what_is_documented() {{\n    \
         let trace = testing::trace(crate::dlls(), |guest| {{\n        \
         guest.call(\"{dll}!{name}\", &[{arguments}]);\n    }});\n    insta::assert_snapshot!(trace, @\"\");\n}}\n"
    );
    let test = codegen::format_source(&test).unwrap_or(test);
    format!(
        "\n2. Its line in the table of api-shims/src/{dll}/mod.rs, at its place in the alphabet:\n\n    {header}::{name},\n\n\
         3. A test beside it, named for a fact; `cargo insta test --accept`, then read the snapshot:\n\n{test}"
    )
}

/// What a test passes for a parameter of this type.
fn test_argument(ty: &str) -> &'static str {
    match ty {
        "PCWSTR" => "guest.wide(\"text\")",
        "PCSTR" => "guest.ansi(\"text\")",
        ty if is_pointer(ty) => "guest.buffer(64)",
        _ => "0",
    }
}

/// How the shim's result is written down.
struct Returns {
    ty: Option<String>,
    /// A body that is honest about not being one.
    body: String,
}

impl Returns {
    fn arrow(&self) -> String {
        self.ty.as_ref().map_or(String::new(), |ty| format!(" -> {ty}"))
    }
}

fn return_type(index: &Index, function: &Function, known: &AbiTypes) -> Returns {
    let unwritten = format!("compile_error!(\"{} is not written yet\")", function.name);
    let with = |ty: &str, body: &str| Returns { ty: Some(ty.to_owned()), body: body.to_owned() };
    let not_implemented = "Err(WIN32_ERROR::ERROR_CALL_NOT_IMPLEMENTED.into())";
    if function.never_returns {
        return with("Infallible", &unwritten);
    }
    if function.returns == Type::Void {
        return Returns { ty: None, body: unwritten };
    }
    let named = if let Type::ValueName(name) = &function.returns { name.name.as_str() } else { "" };
    match named {
        "NTSTATUS" => return with("NtResult<()>", "Err(NTSTATUS::STATUS_NOT_IMPLEMENTED)"),
        "HRESULT" => return with("HRESULT", "HRESULT::E_NOTIMPL"),
        "WIN32_ERROR" if !function.parameters.is_empty() => return with("Lstatus", not_implemented),
        "BOOL" if function.sets_last_error => return with("Win32Result<()>", not_implemented),
        _ => {}
    }
    let ty = value_type(index, &function.returns, function.returns_const, known).0;
    if !function.sets_last_error {
        return with(&ty, &unwritten);
    }
    // A kernel32 function whose handle may be INVALID_HANDLE_VALUE fails with it; most of the others fail with NULL.
    let invalid = named == "HANDLE" && function.name.starts_with("Create") && function.name.contains("File");
    let ty = if invalid { format!("Invalid<{ty}>") } else { ty };
    with(&format!("Win32Result<{ty}>"), not_implemented)
}

/// The shim's type for a parameter, and what else is to be said of it.
fn shim_type(index: &Index, parameter: &Parameter, known: &AbiTypes) -> (String, Option<String>) {
    let (target, depth) = match &parameter.ty {
        Type::PtrMut(target, depth) | Type::PtrConst(target, depth) => (&**target, *depth),
        other => return value_type(index, other, parameter.is_const, known),
    };
    let (target, note) = if depth > 1 {
        (format!("Ptr<{}>", pointed_type(index, target, known).0), None)
    } else {
        pointed_type(index, target, known)
    };
    let ty = match parameter.direction {
        _ if parameter.is_array || target == "u8" => format!("Ptr<{target}>"),
        Direction::In => format!("In<{target}>"),
        Direction::Out => format!("Out<{target}>"),
        Direction::InOut => format!("InOut<{target}>"),
    };
    (ty, note)
}

fn pointed_type(index: &Index, ty: &Type, known: &AbiTypes) -> (String, Option<String>) {
    match ty {
        Type::Void => ("u8".to_owned(), None),
        Type::Char => ("u16".to_owned(), None),
        other => value_type(index, other, false, known),
    }
}

/// The type of a value in abi's terms.
fn value_type(index: &Index, ty: &Type, is_const: bool, known: &AbiTypes) -> (String, Option<String>) {
    let plain = |text: &str| (text.to_owned(), None);
    match ty {
        Type::Bool | Type::U8 => plain("u8"),
        Type::I8 => plain("i8"),
        Type::Char | Type::U16 => plain("u16"),
        Type::I16 => plain("i16"),
        Type::U32 => plain("u32"),
        Type::I32 => plain("i32"),
        Type::U64 => plain("u64"),
        Type::I64 => plain("i64"),
        Type::F32 => plain("f32"),
        Type::F64 => plain("f64"),
        Type::USize => plain("usize"),
        Type::ISize => plain("isize"),
        Type::PtrMut(target, 1) | Type::PtrConst(target, 1) => {
            let (target, note) = pointed_type(index, target, known);
            (format!("Ptr<{target}>"), note)
        }
        Type::ClassName(name) => ("Ptr<u8>".to_owned(), Some(format!("a {}, called with cx.call_guest", name.name))),
        Type::ValueName(name) => named_type(index, name, is_const, known),
        _ => plain("Ptr<u8>"),
    }
}

fn named_type(index: &Index, name: &TypeName, is_const: bool, known: &AbiTypes) -> (String, Option<String>) {
    let plain = |text: &str| (text.to_owned(), None);
    match name.name.as_str() {
        "BOOL" => return plain("bool"),
        "BOOLEAN" => return plain("BOOLEAN"),
        "PWSTR" | "BSTR" => return plain(if is_const { "PCWSTR" } else { "PWSTR" }),
        "PSTR" => return plain(if is_const { "PCSTR" } else { "PSTR" }),
        text if known.has(text) => return plain(text),
        _ => {}
    }
    let Some(definition) = index.get(&name.namespace, &name.name).next() else { return plain("Ptr<u8>") };
    if definition.category() == TypeCategory::Enum {
        let is_flags = definition.has_attribute("FlagsAttribute");
        let underlying =
            definition.underlying_type().map_or("u32".to_owned(), |ty| value_type(index, &ty, false, known).0);
        let declare = if is_flags { "abi::flags!" } else { "abi::choices!" };
        return (underlying, Some(format!("{}, to be declared with {declare}", name.name)));
    }
    if definition.has_attribute("NativeTypedefAttribute") {
        return match definition.underlying_type() {
            Some(Type::PtrMut(..) | Type::PtrConst(..)) => ("HANDLE".to_owned(), Some(format!("a {}", name.name))),
            Some(ty) => value_type(index, &ty, false, known),
            None => plain("u64"),
        };
    }
    let note = Some(format!("the struct {}, to be declared in abi with guest_struct!", name.name));
    match size_of_argument(index, &Type::ValueName(name.clone())).map(|size| (size.x64, size.x86)) {
        // By value in a register, when it is not behind a pointer.
        Some((4, 4)) => ("u32".to_owned(), note),
        _ => (name.name.clone(), note),
    }
}

/// The types that abi declares, found by reading its sources.
struct AbiTypes(String);

impl AbiTypes {
    fn read() -> Result<Self, Box<dyn std::error::Error>> {
        let mut text = String::new();
        let mut folders = vec![metadata::workspace_root().join("abi/src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    text.push_str(&std::fs::read_to_string(path)?);
                }
            }
        }
        Ok(Self(text))
    }

    fn has(&self, name: &str) -> bool {
        let declaration = format!("struct {name}");
        self.0.match_indices(&declaration).any(|(at, found)| {
            let after = self.0[at + found.len()..].chars().next();
            !after.is_some_and(|next| next.is_alphanumeric() || next == '_')
        })
    }
}

/// `CreateFileW` is `create_file_w`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut previous_is_lower = false;
    for letter in name.trim_start_matches('_').chars() {
        if letter.is_uppercase() && previous_is_lower {
            snake.push('_');
        }
        previous_is_lower = letter.is_lowercase() || letter.is_ascii_digit();
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skeleton(dll: &str, name: &str) -> String {
        let index = metadata::load().unwrap();
        let function = Function::find(&index, name).into_iter().next().unwrap();
        described_skeleton(&index, dll, &function, &AbiTypes("struct HANDLE;".to_owned()))
    }

    #[test]
    fn parameters_keep_their_names_and_get_abi_types() {
        let text = skeleton("kernel32", "ReadFile");
        assert!(text.contains("api-shims/src/kernel32/fileapi.rs"), "{text}");
        assert!(
            text.contains(
                "    hFile: HANDLE,\n    lpBuffer: Ptr<u8>,\n    nNumberOfBytesToRead: u32,\n    \
                 lpNumberOfBytesRead: Out<u32>,\n    lpOverlapped: InOut<OVERLAPPED>,\n) -> Win32Result<()> {"
            ),
            "{text}"
        );
        assert!(text.contains("    fileapi::ReadFile,\n"), "{text}");
    }

    #[test]
    fn a_file_handle_fails_with_invalid_handle_value() {
        let text = skeleton("kernel32", "CreateFileW");
        assert!(text.contains("lpFileName: PCWSTR,\n    dwDesiredAccess: u32,\n    dwShareMode: u32,"), "{text}");
        assert!(text.contains("-> Win32Result<Invalid<HANDLE>> {"), "{text}");
        assert!(text.contains("`dwShareMode`: FILE_SHARE_MODE, to be declared with abi::flags!"), "{text}");
    }

    #[test]
    fn services_return_a_status() {
        let text = skeleton("ntdll", "NtCreateFile");
        assert!(text.contains("FileHandle: Out<HANDLE>") && text.contains("-> NtResult<()> {"), "{text}");
    }

    #[test]
    fn the_c_runtime_gets_a_skeleton_that_does_not_compile() {
        let text = generic_skeleton("msvcrt", "_strdup");
        assert!(text.contains("compile_error!") && text.contains("does not describe the C runtime"), "{text}");
    }

    #[test]
    fn test_names_are_words() {
        assert_eq!(snake_case("CreateFileW"), "create_file_w");
        assert_eq!(snake_case("_lopen"), "lopen");
        assert_eq!(snake_case("RtlUTF8ToUnicodeN"), "rtl_utf8_to_unicode_n");
    }
}
