//! The attribute that makes a function the main function of a program; `libsys` documents it.

use proc_macro::{TokenStream, TokenTree};

/// Makes a function the program's main function: see `libsys::main`.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, function: TokenStream) -> TokenStream {
    if !arguments.is_empty() {
        return error("the attribute takes no arguments");
    }
    let Some(name) = name(function.clone()) else {
        return error("only a function can be the main function");
    };
    let entry = format!("::libsys::entry!({name});");
    // The text is a macro call with an identifier that the compiler has read before.
    let entry: TokenStream = entry.parse().unwrap_or_default();
    function.into_iter().chain(entry).collect()
}

/// The identifier behind `fn`.
fn name(function: TokenStream) -> Option<String> {
    let mut identifiers = function.into_iter().map(|token| match token {
        TokenTree::Ident(identifier) => Some(identifier.to_string()),
        _ => None,
    });
    identifiers.find(|identifier| identifier.as_deref() == Some("fn"))?;
    identifiers.next()?
}

/// An error message of the compiler, at the attribute.
fn error(message: &str) -> TokenStream {
    format!("::core::compile_error!({message:?});").parse().unwrap_or_default()
}
