//! `wireshark`: the dissector, and the Wireshark that is to load it.

mod doctor;
mod folders;
mod health;
mod install;
mod ours;
mod process;
mod profile;
mod program;

use crate::args::{WiresharkArgs, WiresharkCommand};
use crate::failure::{Failure, Status};
use crate::output::{Content, Target};
use std::io::Write;
use std::path::Path;

/// The dissector, as it was generated when this program was built.
const DISSECTOR: &str = include_str!("../../../../../lua/mbuf_trace.lua");
/// Its file's name.
const DISSECTOR_NAME: &str = "mbuf_trace.lua";

pub(crate) fn run(args: &WiresharkArgs) -> Result<Status, Failure> {
    match &args.command {
        WiresharkCommand::Install(args) => install::install(args),
        WiresharkCommand::Uninstall(args) => install::uninstall(args),
        WiresharkCommand::Lua => print(DISSECTOR),
        WiresharkCommand::Doctor(args) => doctor::run(args),
    }
}

/// Writes a text to standard output.
fn print(text: &str) -> Result<Status, Failure> {
    let mut out = Target::check(Path::new("-"), false, Content::Text, &[])?.open(None)?;
    out.write_all(text.as_bytes()).map_err(|error| Failure::output(out.path(), error))?;
    out.finish()?;
    Ok(Status::Done)
}
