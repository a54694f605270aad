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
//! `docs/filter.md` has the list: what is refused by name, and what versions of Wireshark do in different ways.
//! The reference is 4.0; its faults with memory are not copied.
//!
//! # What it costs
//!
//! A packet is asked in time linear in its size, whatever is in it, times what the expression has of tests. Of tests
//! joined by `and` or `or` the cheap ones are asked first. Where a value can only be there if certain bytes are in the
//! packet, they are looked for before anything is decoded; and what one test decoded, the next one finds.
//! Arithmetic between two fields looks at a bounded number of results. A comparison between two fields sorts
//! the values of its right side: for n values and bytes, n log n steps; `contains` between fields, with `all`
//! before it, at most n √n. Of a packet with more than 256 KiB of values to look for, `contains` visits the left
//! side again for each 256 KiB.
//!
//! Nothing is allocated once the scratch space has grown to what the packets need, except by `contains` between
//! fields where more than 16 different values are looked for, and in packets with more than 512 protocol headers.
//!
//! # From text to answer
//!
//! `token` → `parse` makes the tree of `ast`, which knows no field; `resolve` and `operand` look names up and
//! check types by the table of `types`, `mention` finds what can be looked for; `eval` asks a packet for the values of
//! a `source`, and `pairs` compares field with field. All errors are [`FilterError`], with a place in the text.

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
mod capture_filter;
mod compiled;
mod date;
mod error;
mod eval;
mod filter;
mod gathered;
mod item;
mod literal;
mod mention;
mod number;
mod operand;
mod pairs;
mod parse;
mod pattern;
mod pool;
mod range;
mod resolve;
mod source;
mod suggest;
mod token;
mod types;
mod word;

pub use date::read as read_date;
pub use error::{FilterError, FilterErrorKind};
pub use filter::{Filter, Scratch};
pub use parse::parse;

/// Longest expression, in bytes.
pub const MAX_LENGTH: usize = 64 * 1024;

/// Deepest nesting: parentheses, `not`, functions, slices and arithmetic.
pub const MAX_DEPTH: usize = 128;
