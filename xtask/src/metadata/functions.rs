//! Functions of the metadata, with what a shim needs to know of them.

use windows_metadata::reader::{HasAttributes, Index, Item, MethodDef, MethodParam, ParamDirection};
use windows_metadata::{PInvokeAttributes, Type, Value};

/// A function of a Windows DLL.
pub(crate) struct Function {
    pub(crate) name: String,
    /// The DLL's name without `.dll`, in lower case.
    pub(crate) dll: String,
    /// Its page on learn.microsoft.com.
    pub(crate) documentation: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returns: Type,
    /// The result's type says -1 is invalid, too (`INVALID_HANDLE_VALUE`).
    pub(crate) returns_const: bool,
    /// It sets the last error.
    pub(crate) sets_last_error: bool,
    pub(crate) never_returns: bool,
}

/// A parameter.
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) direction: Direction,
    /// NULL is allowed.
    pub(crate) optional: bool,
    /// What it points to is not written.
    pub(crate) is_const: bool,
    /// It points to a row of items whose count or size another parameter tells.
    pub(crate) is_array: bool,
}

/// Which way a parameter's data goes.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Direction {
    In,
    Out,
    InOut,
}

impl Function {
    /// Every function of that name: a few are in several DLLs.
    pub(crate) fn find(index: &Index, name: &str) -> Vec<Self> {
        let mut functions: Vec<Self> = index
            .namespaces()
            .flat_map(|namespace| index.get_item(namespace, name))
            .filter_map(|item| if let Item::Fn(method) = item { Self::read(&method) } else { None })
            .collect();
        functions.sort_by(|a, b| a.dll.cmp(&b.dll));
        functions
    }

    /// `None` for a method without a DLL or with a malformed parameter list.
    pub(crate) fn read(method: &MethodDef<'_>) -> Option<Self> {
        let import = method.impl_map()?;
        let signature = method.signature(&[]);
        let rows = method.params_by_sequence(signature.types.len()).ok()?;
        let scope = import.import_scope().name().to_ascii_lowercase();
        let parameters = signature.types.into_iter().zip(rows.params()).enumerate();
        Some(Self {
            name: method.name().to_owned(),
            dll: scope.strip_suffix(".dll").unwrap_or(&scope).to_owned(),
            documentation: documentation(method),
            parameters: parameters.map(|(number, (ty, row))| Parameter::new(number, ty, row.as_ref())).collect(),
            returns: signature.return_type,
            returns_const: rows.return_param().is_some_and(|row| row.has_attribute("ConstAttribute")),
            sets_last_error: import.flags().contains(PInvokeAttributes::SupportsLastError),
            never_returns: method.has_attribute("DoesNotReturnAttribute"),
        })
    }

    /// The SDK header that declares it, without `.h`, where its documentation's address tells (`.../api/fileapi/nf-...`).
    pub(crate) fn header(&self) -> Option<&str> {
        let (_, path) = self.documentation.as_deref()?.split_once("/api/")?;
        path.split_once('/').map(|(header, _)| header)
    }
}

impl Parameter {
    fn new(number: usize, ty: Type, row: Option<&MethodParam<'_>>) -> Self {
        let has = |attribute: &str| row.is_some_and(|row| row.has_attribute(attribute));
        let direction = match row.map(MethodParam::direction) {
            Some(ParamDirection::Output) => Direction::Out,
            Some(ParamDirection::InputOutput) => Direction::InOut,
            _ => Direction::In,
        };
        Self {
            name: row.map_or_else(|| format!("param{number}"), |row| row.name().to_owned()),
            ty,
            direction,
            optional: row.is_some_and(MethodParam::is_optional),
            is_const: has("ConstAttribute"),
            is_array: has("NativeArrayInfoAttribute") || has("MemorySizeAttribute"),
        }
    }
}

fn documentation(method: &MethodDef<'_>) -> Option<String> {
    let attribute = method.attributes().find(|attribute| attribute.name() == "DocumentationAttribute")?;
    attribute.value().into_iter().find_map(|(_, value)| if let Value::Utf8(url) = value { Some(url) } else { None })
}
