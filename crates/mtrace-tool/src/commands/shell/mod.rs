//! `completions` and `man`: what a shell and man(1) need, from the same definition as `--help`.

mod bash;

use crate::args::{Args, CompletionsArgs};
use crate::failure::{Failure, Status};
use crate::output::{Content, Target};
use clap::{Arg, Command, CommandFactory, ValueHint};
use clap_complete::Shell;
use std::fmt;
use std::io::Write;
use std::path::Path;

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Status, Failure> {
    let mut command = with_hints(Args::command());
    command.build();
    if args.shell == Shell::Bash {
        return write(bash::script(&command).as_bytes());
    }
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, &name, &mut script);
    write(&script)
}

/// What the value of an argument can be.
enum Offer {
    File,
    Folder,
    Field,
    Words(Vec<String>),
}

impl Offer {
    fn of(argument: &Arg) -> Self {
        // Those of a flag are not typed.
        let values = argument.get_possible_values();
        let names = argument.get_value_names().unwrap_or_default();
        let is_named = |name: &str| names.iter().any(|known| known == name);
        match argument.get_value_hint() {
            _ if !values.is_empty() => {
                let shown = values.iter().filter(|value| !value.is_hide_set());
                Self::Words(shown.map(|value| value.get_name().to_owned()).collect())
            }
            ValueHint::AnyPath | ValueHint::FilePath if !is_named("DIR") => Self::File,
            ValueHint::AnyPath | ValueHint::DirPath => Self::Folder,
            // An expression begins with one.
            _ if is_named("FIELD") || is_named("EXPR") => Self::Field,
            _ => Self::Words(Vec::new()),
        }
    }
}

/// As the script for bash has it.
impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("file"),
            Self::Folder => f.write_str("folder"),
            Self::Field => f.write_str("field"),
            Self::Words(words) => f.write_str(&words.join(" ")),
        }
    }
}

/// Says of each argument whether it is a file, for the scripts of clap: they offer files where they know nothing.
fn with_hints(command: Command) -> Command {
    let hinted = |argument: Arg| {
        let hint = match Offer::of(&argument) {
            _ if !argument.get_action().takes_values() => return argument,
            Offer::File => ValueHint::FilePath,
            Offer::Folder => ValueHint::DirPath,
            Offer::Field | Offer::Words(_) => ValueHint::Other,
        };
        argument.value_hint(hint)
    };
    command.mut_args(hinted).mut_subcommands(with_hints)
}

/// One page for the program and all its commands.
pub(crate) fn man() -> Result<Status, Failure> {
    let mut page = Vec::new();
    let command = Args::command();
    let rendered = clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .and_then(|()| sections(&mut page, &command, ""));
    rendered.map_err(|error| Failure::output("standard output", error))?;
    write(&page)
}

/// A section for each command below this one, and for those below it.
fn sections(page: &mut Vec<u8>, command: &Command, above: &str) -> std::io::Result<()> {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        let name = format!("{above}{}", sub.get_name());
        writeln!(page, ".SH \"{}\"", name.to_uppercase())?;
        let man = clap_mangen::Man::new(sub.clone());
        man.render_synopsis_section(page)?;
        man.render_description_section(page)?;
        man.render_options_section(page)?;
        man.render_extra_section(page)?;
        sections(page, sub, &format!("{name} "))?;
    }
    Ok(())
}

fn write(bytes: &[u8]) -> Result<Status, Failure> {
    let mut out = Target::check(Path::new("-"), false, Content::Text, &[])?.open(None)?;
    out.write_all(bytes).map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    Ok(Status::Done)
}
