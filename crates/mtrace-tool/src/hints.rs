//! What to type here instead, for fingers that are used to tcpdump and tshark.

use crate::failure::Failure;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use mbuf_trace::Text;
use std::borrow::Cow;
use std::io;
use std::path::Path;
use trace_filter::Filter;

const LIVE: &str = "captures alone are read; live: `tcpdump -i mbuf_trace -U -w - | mtrace-tool print`";
const FILTER: &str = "a display filter is `-f EXPR`, or `mtrace-tool filter EXPR FILE`";
const BYTES: &str = "`mtrace-tool print --hex` shows bytes";
const FORMAT: &str =
    "`mtrace-tool convert --to FORMAT` writes other formats, `mtrace-tool print -e FIELD` fields";
const NUMBERS: &str = "leave it out: addresses and ports are shown as numbers anyway";
const STEPS: &str = "leave it out: `mtrace-tool print` shows every step, with `--no-fold` repeated ones, too";
const AT_ONCE: &str = "leave it out: packets are written as they come";

/// Short options of tcpdump and tshark, and what does it here.
const OPTIONS: &[(&str, &str)] = &[
    ("-r", "captures stand without an option: `mtrace-tool print FILE`"),
    ("-w", "the output is `-o FILE`"),
    ("-Y", FILTER),
    ("-R", FILTER),
    ("-c", "`--first N` takes the first N packets"),
    ("-e", "`mtrace-tool print -e FIELD` shows fields"),
    ("-x", BYTES),
    ("-X", BYTES),
    ("-A", BYTES),
    ("-T", FORMAT),
    ("-F", FORMAT),
    ("-n", NUMBERS),
    ("-N", NUMBERS),
    ("-V", STEPS),
    ("-v", STEPS),
    ("-q", "`mtrace-tool info`, `paths`, `drops` and `stats` are shorter than `print`"),
    ("-z", "`mtrace-tool stats`, `paths` and `drops` count"),
    ("-l", AT_ONCE),
    ("-U", AT_ONCE),
    ("-i", LIVE),
    ("-D", LIVE),
];

/// Puts a hint in place of clap's, which knows of no other program.
pub(crate) fn add_to(error: &mut clap::Error) {
    let said = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let hint = match error.kind() {
        ErrorKind::UnknownArgument => of_argument(said(ContextKind::InvalidArg)),
        ErrorKind::InvalidSubcommand => of_command(said(ContextKind::InvalidSubcommand)),
        _ => None,
    };
    if let Some(hint) = hint {
        error.remove(ContextKind::SuggestedSubcommand);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![hint.into()]));
    }
}

fn of_argument(argument: &str) -> Option<Cow<'static, str>> {
    let is_convert = std::env::args_os().nth(1).is_some_and(|command| command == "convert");
    if is_convert && !argument.starts_with('-') {
        return Some(format!("one file is converted; to write another: `-o {}`", quoted(argument)).into());
    }
    let hint = OPTIONS.iter().find(|(option, _)| *option == argument);
    hint.map(|(_, hint)| (*hint).into())
}

fn of_command(name: &str) -> Option<Cow<'static, str>> {
    let print = || format!("to look at this file: `mtrace-tool print {}`", quoted(name)).into();
    Path::new(name).is_file().then(print)
}

/// What to add to the message of an input that is not there: it may be meant as a filter.
pub(crate) fn of_input(failure: &Failure) -> String {
    match failure {
        Failure::Input { path, source } if source.kind() == io::ErrorKind::NotFound => {
            let name = path.to_str().filter(|name| !name.is_empty() && Filter::compile(name).is_ok());
            name.map_or_else(String::new, |name| format!("; if it is a filter, say `-f {}`", quoted(name)))
        }
        _ => String::new(),
    }
}

/// As a word of the shell's, escaped.
fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:".contains(&byte);
    let shown = Text(word.as_bytes()).to_string();
    match shown.bytes().all(is_plain) {
        true => shown,
        false => format!("'{}'", shown.replace('\'', r"'\''")),
    }
}
