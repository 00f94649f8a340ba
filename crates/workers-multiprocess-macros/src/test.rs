//! What does `#[workers_multiprocess::test]` turn a function into?

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Error, ItemFn, Result, spanned::Spanned};

/// A standard test that begins by turning into a worker, in a process that is one.
pub(crate) fn test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand(attribute, item.clone()).unwrap_or_else(|error| {
        let error = error.to_compile_error();
        quote!(#item #error)
    })
}

fn expand(attribute: TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !attribute.is_empty() {
        return Err(Error::new(attribute.span(), "`#[workers_multiprocess::test]` takes no arguments"));
    }
    let item_span = item.span();
    let function: ItemFn = syn::parse2(item)
        .map_err(|_| Error::new(item_span, "`#[workers_multiprocess::test]` is for functions"))?;
    let ItemFn { attrs, vis, sig, block, .. } = function;
    if let Some(token) = &sig.asyncness {
        return Err(Error::new(token.span(), "a test cannot be `async`"));
    }
    if let Some(input) = sig.inputs.first() {
        return Err(Error::new(input.span(), "a test takes no arguments"));
    }
    let name = &sig.ident;
    let begin = quote_spanned! {Span::mixed_site()=>
        ::workers_multiprocess::private::init_test(
            ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
        );
    };
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis #sig {
            #begin
            #block
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_result_stay_and_the_worker_comes_first() {
        let item = quote!(
            #[ignore]
            fn f() -> Result<(), E> {
                body()
            }
        );
        let expanded = test(TokenStream::new(), item).to_string();
        assert!(
            expanded.contains("prelude :: v1 :: test] # [ignore] fn f () -> Result < () , E > {"),
            "{expanded}"
        );
        assert!(expanded.find("init_test").unwrap() < expanded.find("body").unwrap(), "{expanded}");
    }

    #[test]
    fn what_cannot_be_a_test_is_refused() {
        for (item, reason) in [
            (
                quote!(
                    async fn f() {}
                ),
                "cannot be `async`",
            ),
            (
                quote!(
                    fn f(x: u32) {}
                ),
                "takes no arguments",
            ),
            (
                quote!(
                    struct S;
                ),
                "is for functions",
            ),
        ] {
            let error = expand(TokenStream::new(), item).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        let error = expand(
            quote!(x),
            quote!(
                fn f() {}
            ),
        )
        .unwrap_err()
        .to_string();
        assert!(error.contains("takes no arguments"), "{error}");
    }
}
