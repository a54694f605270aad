//! `wireshark` and its own commands, as they are typed.

use clap::{Args as ClapArgs, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = "\
Examples:
  mtrace-tool wireshark install --profile   then: wireshark -C mbuf_trace trace.pcap
  mtrace-tool wireshark doctor              what is missing, and what to do about it
  mtrace-tool wireshark lua > mbuf_trace.lua
  tshark -X lua_script:mbuf_trace.lua -r trace.pcap -Y mbuf_trace.path")]
pub(crate) struct WiresharkArgs {
    #[command(subcommand)]
    pub(crate) command: WiresharkCommand,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum WiresharkCommand {
    /// Put the dissector into the plugin folder of the Wireshark that is here
    Install(InstallArgs),
    /// Remove what `install` wrote, and nothing else
    Uninstall(UninstallArgs),
    /// Print the dissector
    Lua,
    /// Tell whether Wireshark is here, has Lua and loads the dissector, and what to do if not
    Doctor(DoctorArgs),
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct InstallArgs {
    /// Folder to put the dissector into [default: Wireshark's personal folder for Lua plugins]
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Make a profile `mbuf_trace` too, with columns and colours for traces
    #[arg(long)]
    pub(crate) profile: bool,
    /// Replace files that `install` did not write
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct UninstallArgs {
    /// Remove the dissector from this folder, and leave the profile
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct DoctorArgs {
    /// One JSON object
    #[arg(long)]
    pub(crate) json: bool,
}
