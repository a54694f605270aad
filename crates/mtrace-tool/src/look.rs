//! How reports are shown: what the options, the environment and the terminal say together.

use crate::args::{ColorWhen, LookArgs};
use crate::messages::Name;
use crate::output;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use trace_view::tally::Look;
use trace_view::timeline::Palette;

/// Rows of a list that a person gets without asking for more.
const ROWS: usize = 20;

/// The look of a report that goes to `to`, about these files.
pub(crate) fn look(args: &LookArgs, to: &Path, files: &[PathBuf]) -> Look {
    Look {
        width: width(args, to),
        palette: if colours(args.color, to) { Palette::coloured() } else { Palette::default() },
        strip_prefix: args.strip_prefix.clone(),
        files: files.iter().map(|file| Name(file).to_string()).collect(),
    }
}

/// Columns to fit lines into: those asked for, or the terminal's. Elsewhere nothing has to fit.
pub(crate) fn width(args: &LookArgs, to: &Path) -> Option<usize> {
    let terminal = output::is_stdout(to) && io::stdout().is_terminal();
    let of_terminal = || terminal.then(terminal_size::terminal_size).flatten();
    let columns = || of_terminal().map(|(terminal_size::Width(columns), _)| usize::from(columns));
    args.width.or_else(columns).filter(|width| *width > 0)
}

/// How many rows of a list are shown: as many as asked for, some to a person, all to a program.
pub(crate) fn rows(asked: Option<usize>, json: bool) -> usize {
    match asked {
        Some(0) => usize::MAX,
        Some(rows) => rows,
        None if json => usize::MAX,
        None => ROWS,
    }
}

/// The place of the file that begins, behind that of the one before.
pub(crate) fn place(files: &[PathBuf], before: Option<usize>, begins: &Path) -> Option<usize> {
    let from = before.map_or(0, |before| before.saturating_add(1));
    files.iter().skip(from).position(|file| file == begins).map(|place| place.saturating_add(from))
}

/// Whether there are colours: on a terminal that shows them, or as asked for.
pub(crate) fn colours(when: ColorWhen, to: &Path) -> bool {
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto => {
            output::is_stdout(to)
                && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
        }
    }
}
