//! Wireshark's display filter language over captures of mbuf_trace.
//!
//! ```
//! use trace_fields::{PacketView, Subject};
//! use trace_filter::{Filter, Scratch};
//!
//! let filter = Filter::compile(r#"frame.len > 3 and frame contains "abc""#).unwrap();
//! let subject = Subject::new(PacketView::of_bytes(b"xabcx"));
//! assert!(filter.matches(&mut Scratch::default(), &subject));
//!
//! let error = Filter::compile("ip.scr == 10.0.0.1").unwrap_err();
//! assert_eq!(error.to_string(), "there is no field `ip.scr`");
//! assert_eq!(error.help(), ["did you mean `ip.src`?"]);
//! ```
//!
//! # The language
//!
//! Exactly Wireshark 4's, as far as it goes; the tests hold it against `tshark -Y`. What Wireshark accepts
//! and this does not is refused by name. A field can have many values in one packet:
//!
//! | comparison | true when the field has values and |
//! |---|---|
//! | `==` `<` `<=` `>` `>=` `contains` `matches` `in` | one of them does it |
//! | `!=` | all of them differ |
//! | `===`, `all` before the comparison | all of them do it |
//! | `!==`, `~=`, `any` before the comparison | one of them does it |
//!
//! # What differs from Wireshark
//!
//! * `matches` takes the regular expressions of the `regex` crate on bytes, without regard to case: no
//!   look-around and no back-references (refused), and `$` means the very end.
//! * Names of values (`ip.proto == UDP`) are refused, but for fields of the trace that have names.
//! * Refused by name, for now: arithmetic but for `&` with a number or an IPv4 address, the layer operator
//!   (`ip.src#2`), the functions but for `len`, `count`, `upper` and `lower`, fields in sets, `all` before
//!   `in`, and slices, lengths and comparisons of whole protocols other than `frame` and `mbuf_trace`.
//! * `xor` and `^^` are taken, as Wireshark takes them from 4.2 on.
//! * An unquoted word beside a string field is text, as in Wireshark, unless it is a field here.
//! * Negative numbers for unsigned fields are refused; Wireshark takes them and finds nothing.
//! * Expressions are at most [`MAX_LENGTH`] bytes long and [`MAX_DEPTH`] deep.
//!
//! # What it costs
//!
//! A packet is asked in time linear in its size, whatever is in it, times what the expression has of tests.
//! A comparison between two fields sorts the values of its right side: for n values and bytes, n log n
//! steps; `contains` between fields, with `all` before it, at most n √n. Of a packet with more than 256 KiB
//! of values to look for, `contains` visits the left side again for each 256 KiB.
//!
//! # From text to answer
//!
//! `token` → `parse` makes the tree of `ast`, which knows no field; `resolve` looks names up and checks
//! types; `eval` asks a packet, and `pairs` compares field with field. All errors are [`FilterError`], with a place in the text.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic
    )
)]

pub mod ast;
mod compiled;
mod error;
mod eval;
mod filter;
mod gathered;
mod literal;
mod pairs;
mod parse;
mod pattern;
mod resolve;
mod source;
mod token;

pub use error::{FilterError, FilterErrorKind};
pub use filter::{Filter, Scratch};
pub use parse::parse;

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// Deepest nesting: parentheses, `not`, functions, slices and arithmetic.
pub const MAX_DEPTH: usize = 128;
