//! What does `#[task]` turn a function into, and what does it refuse?

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Error, FnArg, ItemFn, Result, ReturnType, Safety, Signature, Type, spanned::Spanned};

/// The item, untouched, followed by its registration or by the reason why there is none.
pub(crate) fn task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let registration = registration(attribute, item.clone()).unwrap_or_else(|error| error.to_compile_error());
    quote!(#item #registration)
}

fn registration(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !attribute.is_empty() {
        return Err(Error::new(attribute.span(), "`#[task]` takes no arguments"));
    }
    let item_span = item.span();
    let function: ItemFn = syn::parse2(item).map_err(|error| {
        Error::new(
            item_span,
            format!("`#[task]` is for functions with a body, outside of `impl` and `trait`: {error}"),
        )
    })?;
    let signature = &function.sig;
    check_kind(signature)?;
    let arguments = argument_types(signature)?;
    let unit = Type::Verbatim(quote!(()));
    let output = match &signature.output {
        ReturnType::Default => &unit,
        ReturnType::Type(_, output) => output,
    };
    check_owned(output, "returns")?;

    let name = &signature.ident;
    let conditions = function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    // Each with the place of its type, so that the compiler's errors about its traits point there.
    let given = match arguments.as_slice() {
        [argument] => quote!(#argument),
        arguments => quote!((#(#arguments),*)),
    };
    let place = arguments.first().map_or(name.span(), Spanned::span);
    let decode = quote_spanned!(place=> ::workers_multiprocess::private::decode::<#given>);
    let encode = quote_spanned!(output.span()=> ::workers_multiprocess::private::encode::<#output>);
    // Mixed-site: the closure's names must not hide a function of the same name.
    let call = match arguments.len() {
        1 => quote_spanned!(Span::mixed_site()=> |argument| #name(argument)),
        len => {
            let names = (0..len).map(|number| format_ident!("a{number}", span = Span::mixed_site()));
            let names: Vec<_> = names.collect();
            quote_spanned!(Span::mixed_site()=> |(#(#names),*)| #name(#(#names),*))
        }
    };
    Ok(quote_spanned! {Span::mixed_site()=>
        #(#conditions)*
        const _: () = {
            ::workers_multiprocess::private::inventory::submit! {
                ::workers_multiprocess::private::Entry {
                    path: ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
                    id: || ::workers_multiprocess::private::id_of(#name),
                    signature: ::workers_multiprocess::private::signature::<#given, #output>,
                    run: |calls| calls.run(#decode, #call, #encode),
                    show: |argument| {
                        #[allow(unused_imports, reason = "one of them is not needed")]
                        use ::workers_multiprocess::private::{ShowDebug, ShowType};
                        ::core::result::Result::Ok((&::workers_multiprocess::private::Shown(&#decode(argument)?)).show())
                    },
                }
            }
        };
    })
}

/// Refuses what cannot be called by name with values alone.
fn check_kind(signature: &Signature) -> Result<()> {
    if let Some(token) = &signature.asyncness {
        return Err(Error::new(token.span(), "a task cannot be `async`: a worker runs it to its end"));
    }
    if let Safety::Unsafe(token) = &signature.safety {
        return Err(Error::new(token.span(), "a task cannot be `unsafe`: nobody could keep its conditions"));
    }
    if let Some(abi) = &signature.abi {
        return Err(Error::new(abi.span(), "a task cannot be `extern`"));
    }
    if let Some(parameter) = signature.generics.params.first() {
        return Err(Error::new(
            parameter.span(),
            "a task cannot be generic: a worker looks up one function by its path",
        ));
    }
    if let Some(clause) = &signature.generics.where_clause {
        return Err(Error::new(
            clause.span(),
            "a task cannot have a `where` clause, as it has no parameters",
        ));
    }
    Ok(())
}

/// As many as `Callable` is implemented for.
const MAX_ARGUMENTS: usize = 8;

fn argument_types(signature: &Signature) -> Result<Vec<&Type>> {
    if let Some(dots) = &signature.variadic {
        return Err(Error::new(dots.span(), "a task cannot take `...`"));
    }
    if let Some(ninth) = signature.inputs.iter().nth(MAX_ARGUMENTS) {
        return Err(Error::new(
            ninth.span(),
            "a task takes eight arguments at most; for more, take a struct",
        ));
    }
    let types = signature.inputs.iter().map(|input| match input {
        FnArg::Typed(argument) => {
            check_owned(&argument.ty, "takes")?;
            Ok(&*argument.ty)
        }
        FnArg::Receiver(receiver) => {
            Err(Error::new(receiver.span(), "a task cannot take `self`: make it a free function"))
        }
    });
    types.collect()
}

/// Refuses a type that borrows, or that is not written out.
fn check_owned(ty: &Type, verb: &str) -> Result<()> {
    match first_borrow(ty.to_token_stream()) {
        None => Ok(()),
        Some((span, Borrow::Reference)) => Err(Error::new(
            span,
            format!("a task {verb} an owned value: a reference cannot cross to another process"),
        )),
        Some((span, Borrow::Lifetime)) => Err(Error::new(
            span,
            format!("a task {verb} an owned value: the only lifetime in its type can be `'static`"),
        )),
        Some((span, Borrow::Impl)) => {
            Err(Error::new(span, format!("a task {verb} a type that is written out, not `impl Trait`")))
        }
    }
}

enum Borrow {
    Reference,
    Lifetime,
    Impl,
}

/// The first sign of a borrow in the tokens of a type, at any depth.
fn first_borrow(tokens: TokenStream) -> Option<(Span, Borrow)> {
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '&' => {
                return Some((punct.span(), Borrow::Reference));
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                let Some(TokenTree::Ident(name)) = tokens.next() else { continue };
                if name != "static" {
                    return Some((name.span(), Borrow::Lifetime));
                }
            }
            TokenTree::Ident(word) if word == "impl" => return Some((word.span(), Borrow::Impl)),
            // What stands in braces is an expression, such as an array's length: it borrows nothing.
            TokenTree::Group(group) if group.delimiter() != Delimiter::Brace => {
                if let Some(found) = first_borrow(group.stream()) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(item: TokenStream) -> String {
        registration(TokenStream::new(), item).expect_err("it was accepted").to_string()
    }

    #[track_caller]
    fn assert_refused(item: TokenStream, reason: &str) {
        let error = error_of(item);
        assert!(error.contains(reason), "expected `{reason}`, got `{error}`");
    }

    #[test]
    fn the_function_stays_as_it_is() {
        let item = quote! {
            /// Doc.
            #[inline]
            pub(crate) fn twice(x: u32) -> u32 { x * 2 }
        };
        let expanded = task(TokenStream::new(), item.clone()).to_string();
        assert!(expanded.starts_with(&item.to_string()), "{expanded}");
        assert!(!expanded.contains("compile_error"), "{expanded}");
        assert!(expanded.contains("stringify ! (twice)"), "{expanded}");
    }

    #[test]
    fn a_refused_function_stays_too_and_has_one_error() {
        let item = quote!(
            fn generic<T>() {}
        );
        let expanded = task(TokenStream::new(), item.clone()).to_string();
        assert!(expanded.starts_with(&item.to_string()), "{expanded}");
        assert_eq!(expanded.matches("compile_error").count(), 1, "{expanded}");
        assert!(!expanded.contains("inventory"), "{expanded}");
    }

    #[test]
    fn what_is_owned_is_accepted() {
        for item in [
            quote!(
                fn f(x: u32) -> u32 {
                    x
                }
            ),
            quote!(
                fn f() {}
            ),
            quote!(
                fn f(_: ()) {}
            ),
            quote!(
                fn f(a: u32, (b, c): (u32, u32), _: String, mut d: Vec<u8>) {}
            ),
            quote!(
                fn f((a, b): (u32, String)) -> Vec<String> {
                    vec![b; a as usize]
                }
            ),
            quote!(
                fn f(mut x: Vec<u8>) -> Result<Vec<u8>, String> {
                    Ok(x)
                }
            ),
            quote!(
                fn f(x: std::borrow::Cow<'static, str>) -> usize {
                    x.len()
                }
            ),
            quote!(
                fn f(x: [u8; { 1 & 3 }]) {}
            ),
            quote!(
                const fn f(x: u32) -> u32 {
                    x
                }
            ),
        ] {
            let text = item.to_string();
            assert!(registration(TokenStream::new(), item).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_condition_on_the_function_is_a_condition_on_its_registration() {
        let item = quote!(
            #[cfg(unix)]
            #[inline]
            fn f(x: u32) -> u32 {
                x
            }
        );
        let registered = registration(TokenStream::new(), item).unwrap().to_string();
        assert!(registered.starts_with("# [cfg (unix)] const _"), "{registered}");
    }

    #[test]
    fn more_than_eight_arguments_are_refused() {
        let function = |len: usize| {
            let names = (0..len).map(|number| format_ident!("a{number}"));
            quote!(fn f(#(#names: u8),*) {})
        };
        assert!(registration(TokenStream::new(), function(MAX_ARGUMENTS)).is_ok());
        assert_refused(function(MAX_ARGUMENTS + 1), "eight arguments at most");
    }

    #[test]
    fn a_function_that_belongs_to_a_value_is_refused() {
        assert_refused(
            quote!(
                fn f(self) {}
            ),
            "cannot take `self`",
        );
        assert_refused(
            quote!(
                fn f(&self, a: u32) {}
            ),
            "cannot take `self`",
        );
    }

    #[test]
    fn a_borrow_is_refused_at_any_depth() {
        assert_refused(
            quote!(
                fn f(x: &str) {}
            ),
            "takes an owned value: a reference",
        );
        assert_refused(
            quote!(
                fn f(x: Vec<(u32, &'static str)>) {}
            ),
            "takes an owned value: a reference",
        );
        assert_refused(
            quote!(
                fn f(x: Cow<'_, str>) {}
            ),
            "the only lifetime",
        );
        assert_refused(
            quote!(
                fn f(x: u32, y: &str) {}
            ),
            "takes an owned value: a reference",
        );
        assert_refused(
            quote!(
                fn f(x: u32) -> &'static str {
                    ""
                }
            ),
            "returns an owned value: a reference",
        );
        assert_refused(
            quote!(
                fn f(x: u32) -> Cow<'_, str> {
                    todo!()
                }
            ),
            "returns an owned value: the only lifetime",
        );
    }

    #[test]
    fn a_function_that_a_worker_cannot_look_up_or_call_is_refused() {
        assert_refused(
            quote!(
                fn f<T>(x: T) {}
            ),
            "cannot be generic",
        );
        assert_refused(
            quote!(
                fn f<'a>(x: u32) {}
            ),
            "cannot be generic",
        );
        assert_refused(
            quote!(
                fn f(x: impl ToString) {}
            ),
            "not `impl Trait`",
        );
        assert_refused(
            quote!(
                fn f(x: u32) -> impl Iterator<Item = u32> {
                    0..x
                }
            ),
            "not `impl Trait`",
        );
        assert_refused(
            quote!(
                fn f(x: u32)
                where
                    u32: Copy,
                {
                }
            ),
            "`where`",
        );
        assert_refused(
            quote!(
                async fn f(x: u32) {}
            ),
            "`async`",
        );
        assert_refused(
            quote!(
                unsafe fn f(x: u32) {}
            ),
            "`unsafe`",
        );
        assert_refused(
            quote!(
                extern "C" fn f(x: u32) {}
            ),
            "`extern`",
        );
    }

    #[test]
    fn only_a_function_without_attribute_arguments_can_be_marked() {
        assert_refused(
            quote!(
                struct S;
            ),
            "is for functions",
        );
        assert_refused(
            quote!(
                fn f(x: u32);
            ),
            "is for functions",
        );
        let error = registration(
            quote!(name = "x"),
            quote!(
                fn f(x: u32) {}
            ),
        )
        .unwrap_err();
        assert_eq!(error.to_string(), "`#[task]` takes no arguments");
    }
}
