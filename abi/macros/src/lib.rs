//! The `#[shim]` attribute.
//!
//! It writes down what the compiler cannot see of a function (names, documentation, parameter list, support level) and the two
//! entries by which a guest calls it. Everything else follows from the parameter types, by ordinary traits of `abi`.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, FnArg, Ident, ItemFn, Lit, LitStr, Meta, Pat, ReturnType, Token, Type, parse_macro_input};

/// Makes a plain function callable by guests.
///
/// The function's first parameter may be `cx: &Cx`, the next one `caller: &CONTEXT` for the registers at the call, with `Rip` and `Rsp` as
/// they are after the return; all others are the guest's, with types that implement `abi::Arg`. The last one may be a `VaList` where the
/// attribute says `variadic`. The return type implements `abi::Ret`.
///
/// `#[shim(full)]`, `#[shim(partial = "what is missing")]` or `#[shim(stub = "why that is enough")]`; then, separated by commas,
/// `variadic`, and `name = ".."` for an export that is not a Rust identifier.
///
/// Beside the function it defines an empty type of the same name, by which the export table of a DLL names the shim. The crate
/// that uses it has a module `crate::gate` with the call path.
#[proc_macro_attribute]
pub fn shim(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(attribute as Options);
    let function = parse_macro_input!(item as ItemFn);
    expand(&options, &function).unwrap_or_else(|error| error.to_compile_error()).into()
}

struct Options {
    support: Tokens,
    variadic: bool,
    name: Option<String>,
}

impl Parse for Options {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let (mut support, mut variadic, mut name) = (None, false, None);
        while !input.is_empty() {
            let key: Ident = input.parse()?;
            let text = || -> syn::Result<LitStr> {
                input.parse::<Token![=]>()?;
                let text: LitStr = input.parse()?;
                if text.value().trim().is_empty() {
                    return Err(syn::Error::new(text.span(), "say it: the text is shown to users"));
                }
                Ok(text)
            };
            match key.to_string().as_str() {
                "full" => support = Some(quote!(::abi::Support::Full)),
                "partial" => support = text().map(|note| Some(quote!(::abi::Support::Partial(#note))))?,
                "stub" => support = text().map(|note| Some(quote!(::abi::Support::Stub(#note))))?,
                "variadic" => variadic = true,
                "name" => name = Some(text()?.value()),
                _ => return Err(syn::Error::new(key.span(), "expected full, partial, stub, variadic or name")),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let support = support.ok_or_else(|| {
            input.error("a shim says how much of the API it does: full, partial = \"what is missing\" or stub = \"why that is enough\"")
        })?;
        Ok(Self { support, variadic, name })
    }
}

/// A parameter of the guest.
struct Parameter {
    name: String,
    ty: Type,
}

fn expand(options: &Options, function: &ItemFn) -> syn::Result<Tokens> {
    let (ident, vis) = (&function.sig.ident, &function.vis);
    let Parameters { takes_cx, takes_caller, guest: parameters } = parameters(function)?;
    let doc = first_paragraph(&function.attrs);
    if doc.is_empty() {
        return Err(syn::Error::new(ident.span(), "a shim has a doc line: what the API does"));
    }
    let name = options.name.clone().unwrap_or_else(|| ident.to_string());
    let support = &options.support;
    let variadic = options.variadic;
    let ret = match &function.sig.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => quote_spanned!(ty.span()=> #ty),
    };
    let ret_text = match &function.sig.output {
        ReturnType::Default => "()".to_owned(),
        ReturnType::Type(_, ty) => spelled(ty),
    };
    let types: Vec<_> = parameters.iter().map(|parameter| &parameter.ty).collect();
    let names: Vec<_> = parameters.iter().map(|parameter| &parameter.name).collect();
    let type_names: Vec<_> = parameters.iter().map(|parameter| spelled(&parameter.ty)).collect();
    let raws: Vec<_> = (0..parameters.len()).map(|index| format_ident!("a{index}")).collect();
    let cx = takes_cx.then(|| quote!(cx,));
    let caller = takes_caller.then(|| quote!(caller,));

    let call = quote!(|cx| { let _ = cx; #ident(#cx #caller #(<#types as ::abi::Arg>::from_raw(#raws)),*) });
    let traced_body = quote! {
            crate::gate::traced(
                &[#(<#types as ::abi::Arg>::before(&<#types as ::abi::Arg>::from_raw(#raws))),*],
                || [#(<#types as ::abi::Arg>::after(&<#types as ::abi::Arg>::from_raw(#raws))),*],
                &<#ident as ::abi::Shim>::ROW,
                #call,
            )
    };
    let body = quote!(if TRACED { #traced_body } else { crate::gate::plain(#call) });
    let from_slots = |count: usize| {
        let slots = raws.iter().take(count).zip(&types).enumerate().map(|(index, (raw, ty))| {
            let offset = 8 * index as u64;
            quote! {
                let #raw = <<#ty as ::abi::Arg>::Raw as ::abi::RawArg>::from_slot(crate::gate::argument_slot(slots + #offset));
            }
        });
        quote!(#(#slots)*)
    };
    let (entries, plain, traced) = if takes_caller {
        let slots = from_slots(parameters.len());
        let entries = quote! {
            impl ::abi::FromCaller for #ident {
                extern "win64" fn enter<const TRACED: bool>(caller: &::abi::CONTEXT, slots: u64) -> u64 {
                    #slots
                    ::abi::RawArg::to_slot(#body)
                }
            }
        };
        let entry = |traced: bool| quote!(::abi::caller_entry::<#ident, #traced> as extern "win64" fn() -> u64);
        (entries, entry(false), entry(true))
    } else if variadic {
        let fixed = parameters.len().saturating_sub(1);
        let slots = from_slots(fixed);
        let list = raws.last().ok_or_else(|| syn::Error::new(ident.span(), "a variadic shim ends with a VaList"))?;
        let list_offset = 8 * fixed as u64;
        let entries = quote! {
            impl ::abi::Variadic for #ident {
                extern "win64" fn enter<const TRACED: bool>(slots: u64) -> u64 {
                    #slots
                    let #list = slots + #list_offset;
                    ::abi::RawArg::to_slot(#body)
                }
            }
        };
        let entry = |traced: bool| quote!(::abi::variadic_entry::<#ident, #traced> as extern "win64" fn() -> u64);
        (entries, entry(false), entry(true))
    } else {
        let entries = quote! {
            extern "win64" fn entry<const TRACED: bool>(#(#raws: <#types as ::abi::Arg>::Raw),*) -> <#ret as ::abi::Ret>::Raw {
                if TRACED { #traced_body } else { crate::gate::plain_or(#call, || entry::<TRACED>(#(#raws),*)) }
            }
        };
        let entry = |traced: bool| quote!(entry::<#traced> as extern "win64" fn(#(<#types as ::abi::Arg>::Raw),*) -> <#ret as ::abi::Ret>::Raw);
        (entries, entry(false), entry(true))
    };
    let type_doc = format!("The table row of [`{ident}`](fn@{ident}).");

    Ok(quote! {
        #function

        #[doc = #type_doc]
        #vis enum #ident {}

        const _: () = {
            #entries

            impl ::abi::Shim for #ident {
                const ROW: ::abi::Row = ::abi::Row {
                    name: #name,
                    doc: #doc,
                    support: #support,
                    params: &[#(::abi::Param {
                        name: #names,
                        ty: #type_names,
                        size: <#types as ::abi::Arg>::SIZE,
                        size32: <#types as ::abi::Arg>::SIZE32,
                        kind: <#types as ::abi::Arg>::KIND,
                    }),*],
                    ret: #ret_text,
                    module: module_path!(),
                    variadic: #variadic,
                    plain: ::abi::Entry((#plain) as *const ()),
                    traced: ::abi::Entry((#traced) as *const ()),
                };
            }
        };
    })
}

/// What a function takes.
struct Parameters {
    takes_cx: bool,
    takes_caller: bool,
    guest: Vec<Parameter>,
}

fn parameters(function: &ItemFn) -> syn::Result<Parameters> {
    let mut all = Parameters { takes_cx: false, takes_caller: false, guest: Vec::new() };
    for (index, input) in function.sig.inputs.iter().enumerate() {
        let FnArg::Typed(input) = input else {
            return Err(syn::Error::new(input.span(), "a shim is a plain function, not a method"));
        };
        let Pat::Ident(pattern) = &*input.pat else {
            return Err(syn::Error::new(input.pat.span(), "a parameter has Microsoft's name and no pattern"));
        };
        let name = pattern.ident.to_string();
        match name.as_str() {
            "cx" if index == 0 => all.takes_cx = true,
            "caller" if index == usize::from(all.takes_cx) => all.takes_caller = true,
            _ => {
                let name = name.strip_prefix("r#").unwrap_or(&name).to_owned();
                all.guest.push(Parameter { name, ty: (*input.ty).clone() });
            }
        }
    }
    Ok(all)
}

/// A type without the spaces that token streams print.
fn spelled(ty: &Type) -> String {
    quote!(#ty).to_string().replace(' ', "")
}

fn first_paragraph(attributes: &[Attribute]) -> String {
    let mut text = String::new();
    for attribute in attributes {
        let Meta::NameValue(pair) = &attribute.meta else { continue };
        let (true, Expr::Lit(literal)) = (pair.path.is_ident("doc"), &pair.value) else { continue };
        let Lit::Str(line) = &literal.lit else { continue };
        let line = line.value();
        match (line.trim(), text.is_empty()) {
            ("", false) => break,
            ("", true) => {}
            (line, first) => {
                if !first {
                    text.push(' ');
                }
                text.push_str(line);
            }
        }
    }
    text
}
