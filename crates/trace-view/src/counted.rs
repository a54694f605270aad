//! Numbers with their nouns and verbs.

pub use mbuf_trace::Counted;
use std::fmt;

/// A part, the whole, what they count in the singular, and the verb in singular and plural: `1 of 3 packets is`,
/// `2 of 3 packets are`.
#[derive(Debug, Clone, Copy)]
pub struct PartOf(pub u64, pub u64, pub &'static str, pub [&'static str; 2]);

impl fmt::Display for PartOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(part, whole, noun, [singular, plural]) = *self;
        let verb = if part == 1 || whole == 1 { singular } else { plural };
        write!(f, "{part} of {} {verb}", Counted(whole, noun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_and_plural() {
        let table = [
            (0, 0, "0 of 0 packets are"),
            (0, 1, "0 of 1 packet is"),
            (1, 1, "1 of 1 packet is"),
            (0, 3, "0 of 3 packets are"),
            (1, 3, "1 of 3 packets is"),
            (2, 3, "2 of 3 packets are"),
        ];
        for (part, whole, expected) in table {
            assert_eq!(PartOf(part, whole, "packet", ["is", "are"]).to_string(), expected);
        }
    }
}
