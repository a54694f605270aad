//! A filter: an expression, ready to be asked about packets.

use crate::compiled::Test;
use crate::error::FilterError;
use crate::pool::Pool;
use crate::{parse, resolve};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use trace_fields::{Decoded, FieldId, Repeated, Subject};

/// Memory that is used again from packet to packet, so that matching allocates nothing in the long run. One for
/// each thread of work; it never says anything about the packet before.
#[derive(Debug, Default)]
pub struct Scratch {
    fields: trace_fields::Scratch,
    pool: Pool,
}

/// A display filter.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    test: Test,
    fields: BTreeSet<FieldId>,
    repeated: Repeated,
}

impl Filter {
    /// Makes a filter of an expression. An expression of nothing but white space is true of every packet.
    ///
    /// # Errors
    ///
    /// Where the expression does not follow the grammar, names what does not exist, compares what does not
    /// go together, or asks for something that only Wireshark has.
    pub fn compile(text: &str) -> Result<Self, FilterError> {
        let test = match parse(text)? {
            Some(expr) => resolve::expression(&expr).map_err(|error| error.in_expression(text))?,
            None => Test::Always(true),
        };
        let mut fields = Vec::new();
        test.fields(&mut |field| fields.push(field.id));
        let repeated = Repeated::of(fields.iter().copied());
        Ok(Self { text: text.into(), test, fields: fields.into_iter().collect(), repeated })
    }

    /// Whether the packet passes.
    #[must_use]
    pub fn matches(&self, scratch: &mut Scratch, subject: &Subject<'_>) -> bool {
        let mut decoded = Decoded::new(*subject, self.repeated, &mut scratch.fields);
        self.test.matches(&mut scratch.pool, &mut decoded)
    }

    /// The fields that it looks at, each once.
    pub fn fields(&self) -> impl Iterator<Item = FieldId> {
        self.fields.iter().copied()
    }
}

/// As [`Filter::compile`] makes it.
impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::compile(text)
    }
}

/// The expression as it was given.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
