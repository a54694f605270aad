//! `completions` and `man`: what a shell and man(1) need, from the same definition as `--help`.

use crate::args::{Args, CompletionsArgs};
use crate::failure::{Failure, Status};
use crate::output::{Content, Target};
use clap::CommandFactory;
use std::io::Write;
use std::path::Path;

pub(crate) fn completions(args: &CompletionsArgs) -> Result<Status, Failure> {
    let mut script = Vec::new();
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    write(&script)
}

/// One page for the program and all its commands.
pub(crate) fn man() -> Result<Status, Failure> {
    let mut page = Vec::new();
    let command = Args::command();
    let mut render = || -> std::io::Result<()> {
        clap_mangen::Man::new(command.clone()).render(&mut page)?;
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            writeln!(page, ".SH \"{}\"", sub.get_name().to_uppercase())?;
            let sub = clap_mangen::Man::new(sub.clone());
            sub.render_synopsis_section(&mut page)?;
            sub.render_description_section(&mut page)?;
            sub.render_options_section(&mut page)?;
            sub.render_extra_section(&mut page)?;
        }
        Ok(())
    };
    render().map_err(|error| Failure::output("standard output", error))?;
    write(&page)
}

fn write(bytes: &[u8]) -> Result<Status, Failure> {
    let mut out = Target::check(Path::new("-"), false, Content::Text, &[])?.open(None)?;
    out.write_all(bytes).map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    Ok(Status::Done)
}
