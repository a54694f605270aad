//! What the commands that show reports take.

use super::ColorWhen;
use clap::Args as ClapArgs;

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Showing")]
pub(crate) struct LookArgs {
    /// JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
    /// Columns to fit lines into; 0 cuts and breaks nothing [default: the terminal's; 0 elsewhere]
    #[arg(long, value_name = "N")]
    pub(crate) width: Option<usize>,
    /// What to leave out where names of source files begin with it
    #[arg(long, value_name = "PREFIX", default_value = "/usr/src/")]
    pub(crate) strip_prefix: String,
    /// Colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorWhen,
}
