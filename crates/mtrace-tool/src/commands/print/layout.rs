//! How the values of fields are laid out: what `-E`, `--csv` and `--json` say together.

use crate::args::PrintArgs;
use crate::failure::Failure;
use mbuf_trace::Text;

/// How a packet's values are laid out.
#[derive(Debug, Clone)]
pub(super) enum Layout {
    /// An object a packet, a list a field.
    Json {
        /// Whether it names the file.
        file: bool,
    },
    /// A line a packet.
    Line(Line),
}

/// As tshark's `-T fields` lays them out.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Line {
    pub(super) byte_order_mark: bool,
    pub(super) header: bool,
    pub(super) separator: char,
    pub(super) aggregator: char,
    pub(super) occurrence: Occurrence,
    pub(super) quotes: Quotes,
    /// Whether the first column is the file.
    pub(super) file: bool,
    /// Whether it is for spreadsheets: an aggregator in a value is escaped, and nothing is taken for a formula.
    pub(super) is_table: bool,
}

/// Which values of a field are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Occurrence {
    First,
    Last,
    All,
}

/// What is put in quotes; a quote in it is doubled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    Nothing,
    /// Every cell that is not empty.
    Each(char),
    /// Cells that RFC 4180 wants in quotes.
    Needed,
}

impl Layout {
    pub(super) fn new(args: &PrintArgs) -> Result<Self, Failure> {
        let several = args.files.len() > 1;
        if args.look.json {
            return Ok(Self::Json { file: several });
        }
        let mut line = match args.csv {
            false => Line {
                byte_order_mark: false,
                header: false,
                separator: '\t',
                aggregator: ',',
                occurrence: Occurrence::All,
                quotes: Quotes::Nothing,
                file: false,
                is_table: false,
            },
            true => Line {
                byte_order_mark: false,
                header: true,
                separator: ',',
                aggregator: ';',
                occurrence: Occurrence::All,
                quotes: Quotes::Needed,
                file: several,
                is_table: true,
            },
        };
        args.field_options.iter().try_for_each(|option| line.set(option))?;
        Ok(Self::Line(line))
    }
}

impl Line {
    /// Sets `KEY=VALUE`. As with tshark, the first letter of a value counts.
    fn set(&mut self, option: &str) -> Result<(), Failure> {
        let refuse = |why: &str| {
            let option = Text(option.as_bytes());
            Err(Failure::Usage(format!("-E {option}: {why}")))
        };
        let Some((key, value)) = option.split_once('=') else {
            return refuse("it is KEY=VALUE, for instance `-E header=y`");
        };
        let first = value.chars().next();
        let switch = match first {
            Some('y') => Some(true),
            Some('n') => Some(false),
            _ => None,
        };
        match key {
            "bom" | "header" | "file" => {
                let Some(switch) = switch else { return refuse("it is `y` or `n`") };
                *match key {
                    "bom" => &mut self.byte_order_mark,
                    "header" => &mut self.header,
                    _ => &mut self.file,
                } = switch;
            }
            "separator" | "aggregator" => {
                let mut letters = value.chars();
                let letter = match (letters.next(), letters.next()) {
                    (Some('/'), Some('s')) => ' ',
                    (Some('/'), Some('t')) if key == "separator" => '\t',
                    (Some('/'), _) => '\\',
                    (Some(letter), _) if !mbuf_trace::text::is_unsafe(letter) => letter,
                    _ => return refuse("it is one printable character, `/s` for a space or `/t` for a tab"),
                };
                *if key == "separator" { &mut self.separator } else { &mut self.aggregator } = letter;
            }
            "occurrence" => {
                self.occurrence = match first {
                    Some('f') => Occurrence::First,
                    Some('l') => Occurrence::Last,
                    Some('a') => Occurrence::All,
                    _ => return refuse("it is `f` for the first value, `l` for the last or `a` for all"),
                }
            }
            "quote" => {
                self.quotes = match first {
                    Some('d') => Quotes::Each('"'),
                    Some('s') => Quotes::Each('\''),
                    Some('n') => Quotes::Nothing,
                    _ => return refuse("it is `d` for double quotes, `s` for single ones or `n` for none"),
                }
            }
            _ => {
                return refuse("the keys are bom, header, separator, occurrence, aggregator, quote and file");
            }
        }
        Ok(())
    }
}
