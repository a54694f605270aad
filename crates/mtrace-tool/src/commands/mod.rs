//! The commands, one file each.

mod check;
mod convert;
mod diff;
mod drops;
mod export;
mod fields;
mod filter;
mod info;
mod paths;
mod print;
mod shell;
mod stats;
mod wireshark;

use crate::args::{Args, Command};
use crate::failure::{Failure, Status};

/// Does what the command line asks for.
pub(crate) fn run(args: Args) -> Result<Status, Failure> {
    match args.command {
        Command::Print(args) => print::run(&args),
        Command::Filter(args) => filter::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Stats(args) => stats::run(&args),
        Command::Flamegraph(args) => export::flamegraph(&args),
        Command::Graph(args) => export::graph(&args),
        Command::Info(args) => info::run(&args),
        Command::Paths(args) => paths::run(&args),
        Command::Drops(args) => drops::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Fields(args) => fields::run(&args),
        Command::Wireshark(args) => wireshark::run(&args),
        Command::Completions(args) => shell::completions(&args),
        Command::Man => shell::man(),
    }
}
