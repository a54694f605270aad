//! `mtrace-tool`: reads, filters, converts and explains captures of FreeBSD's mbuf_trace.

mod args;
mod commands;
mod descriptor;
mod ends;
mod environment;
mod failure;
mod family;
mod follow;
mod format;
mod hints;
mod input;
mod joined;
mod kept;
mod live;
mod look;
mod messages;
mod output;
mod pipeline;
mod progress;
mod promise;
mod relay;
mod replacement;
mod selection;
mod signals;
mod temporary;
mod write_behind;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args = match args::Args::of_command_line() {
        Ok(args) => args,
        Err(error) => return failure::usage_by_clap(error),
    };
    match signals::watch().and_then(|()| commands::run(args)) {
        Ok(status) => status.into(),
        Err(failure) => failure.report(),
    }
}
