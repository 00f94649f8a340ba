//! `cargo xtask`: what a person types is what continuous integration runs.
//!
//! One verb a file: [`tour`], [`data`], [`average`], [`test_all`], [`prove`], [`mutants`], [`shuttle`], [`tsan`], [`chaos`],
//! [`mod@bench`]. Beside them: [`cargo`] asks Cargo where things are and builds them, [`child`] runs programs, [`out`] prints, [`table`] lines
//! columns up, and [`failure`] says how a verb can end without a verdict.

mod average;
mod bench;
mod cargo;
mod chaos;
mod child;
mod data;
mod failure;
mod mutants;
mod out;
mod prove;
mod shuttle;
mod table;
mod test_all;
mod tour;
mod tsan;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::Failure;

/// One thing that `cargo xtask` can do.
struct Verb {
    name: &'static str,
    what: &'static str,
    help: &'static str,
    run: fn(Vec<OsString>) -> Result<ExitCode, Failure>,
}

const VERBS: [&Verb; 10] = [
    &tour::VERB,
    &data::VERB,
    &average::VERB,
    &test_all::VERB,
    &prove::VERB,
    &mutants::VERB,
    &shuttle::VERB,
    &tsan::VERB,
    &chaos::VERB,
    &bench::VERB,
];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let name = arguments.next().unwrap_or_else(|| "help".into());
    let name = name.to_string_lossy();
    let (help, ended) = match name.as_ref() {
        "help" | "--help" | "-h" => {
            ("cargo xtask help".to_owned(), out::say(overview()).map(|()| ExitCode::SUCCESS))
        }
        verb => match VERBS.iter().find(|known| known.name == verb) {
            Some(verb) => (format!("cargo xtask {} --help", verb.name), dispatch(verb, arguments.collect())),
            None => {
                let unknown = Failure::Usage(format!("there is no verb '{verb}'"));
                ("cargo xtask help".to_owned(), Err(unknown))
            }
        },
    };
    ended.unwrap_or_else(|failure| failure.report(&help))
}

fn dispatch(verb: &Verb, arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    let options = arguments.iter().take_while(|argument| *argument != "--");
    if options.into_iter().any(|option| option == "--help" || option == "-h") {
        out::say(verb.help.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    (verb.run)(arguments)
}

fn overview() -> String {
    let verbs: String = VERBS.iter().map(|verb| format!("  {:<9} {}\n", verb.name, verb.what)).collect();
    format!(
        "Usage: cargo xtask VERB [OPTION]…\n\n{verbs}\n\
         `cargo xtask VERB --help` explains one verb. With --json a verb prints one JSON document on stdout\n\
         and nothing else. Exit codes: 0 fine, 1 a check failed, 2 bad usage or input."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_listed_and_explains_itself() {
        let overview = overview();
        for verb in VERBS {
            assert!(overview.contains(&format!("\n  {} ", verb.name)), "{overview}");
            assert!(verb.help.starts_with(&format!("Usage: cargo xtask {}", verb.name)), "{}", verb.help);
        }
    }

    #[test]
    fn every_verb_that_parses_its_own_options_refuses_an_unknown_one() {
        for verb in [&tour::VERB, &test_all::VERB, &prove::VERB, &mutants::VERB, &shuttle::VERB, &tsan::VERB]
        {
            let ended = dispatch(verb, vec!["--no-such-option".into()]);
            assert!(
                matches!(&ended, Err(Failure::Usage(text)) if text.contains("--no-such-option")),
                "{} said {ended:?}",
                verb.name
            );
        }
    }

    #[test]
    fn help_after_two_dashes_is_an_argument() {
        let ended = dispatch(&tour::VERB, vec!["--".into(), "--help".into()]);
        assert!(matches!(ended, Err(Failure::Usage(_))), "{ended:?}");
    }
}
