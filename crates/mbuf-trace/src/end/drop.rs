//! Which events say that the packet was dropped, and why.
//!
//! Revision 4 has an event for it. Older revisions have the text that is written for it there: `drop: no route`, with
//! ` (errno 65)` behind it where an error number is known.

use crate::event::Event;
use crate::generated::Kind;
use crate::read::Trace;
use crate::revision::Revision;
use crate::text::Text;

impl<'a> Event<'a> {
    /// The event as it is, or, where a revision before 4 says in words that the packet was dropped, the [`Kind::Drop`]
    /// that revision 4 has for that.
    #[must_use]
    pub fn with_drop_in_words(self, revision: Revision) -> Self {
        match self.drop_in_words(revision) {
            Some((reason, errno)) => Self { kind: Kind::Drop, text: Some(reason), errno, ..self },
            None => self,
        }
    }

    /// The reason and the error number of a drop that a revision before 4 tells in words.
    pub(super) fn drop_in_words(&self, revision: Revision) -> Option<(Text<'a>, Option<u16>)> {
        // Revision 4 has an event for it, so there it is only a text.
        let may_say_so =
            revision != Revision::Four && matches!(self.kind, Kind::String | Kind::Static | Kind::Dynamic);
        let said = self.text.filter(|_| may_say_so)?.as_bytes().strip_prefix(b"drop: ")?;
        Some(match errno(said) {
            Some((reason, errno)) => (Text(reason), Some(errno)),
            None => (Text(said), None),
        })
    }
}

impl<'a> Trace<'a> {
    /// The events, oldest first, with [`Event::with_drop_in_words`].
    pub fn events_with_drops(&self) -> impl Iterator<Item = Event<'a>> + use<'a> {
        let revision = self.revision();
        self.events().map(move |event| event.read().with_drop_in_words(revision))
    }
}

/// Splits `no route (errno 65)`.
fn errno(said: &[u8]) -> Option<(&[u8], u16)> {
    const BEFORE: &[u8] = b" (errno ";
    let inside = said.strip_suffix(b")")?;
    let at = inside.len().checked_sub(inside.iter().rev().position(|byte| !byte.is_ascii_digit())?)?;
    let (before, digits) = inside.split_at_checked(at)?;
    let errno = core::str::from_utf8(digits).ok()?.parse().ok()?;
    // What nobody writes so stays as it is: `(errno 0)`, `(errno 007)`.
    let is_written_so = errno > 0 && !digits.starts_with(b"0");
    before.strip_suffix(BEFORE).filter(|_| is_written_so).map(|reason| (reason, errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_older_revisions() {
        let table = [
            ("drop: no route", Some(("no route", None))),
            ("drop: no route (errno 65)", Some(("no route", Some(65)))),
            ("drop:  (errno 65535)", Some(("", Some(65535)))),
            ("drop: a (errno 65536)", Some(("a (errno 65536)", None))),
            ("drop: a (errno 0)", Some(("a (errno 0)", None))),
            ("drop: a (errno 07)", Some(("a (errno 07)", None))),
            ("drop: a (errno )", Some(("a (errno )", None))),
            ("drop: 5)", Some(("5)", None))),
            ("drop: 5", Some(("5", None))),
            ("drop: ", Some(("", None))),
            ("dropped", None),
            ("a drop: b", None),
        ];
        for (text, expected) in table {
            let event = Event::from_text(Kind::String, Text(text.as_bytes()));
            for revision in [Revision::One, Revision::Two, Revision::Three] {
                let read = event.with_drop_in_words(revision);
                let found = (read.kind == Kind::Drop).then_some((read.text, read.errno));
                let expected = expected.map(|(reason, errno)| (Some(Text(reason.as_bytes())), errno));
                assert_eq!(found, expected, "{text}");
            }
            assert_eq!(event.with_drop_in_words(Revision::Four), event, "revision 4 has an event for it");
        }
    }
}
