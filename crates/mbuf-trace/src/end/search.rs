//! Looks for the end of a packet, from its oldest event on.

use super::End;
use super::rules::{Ends, Return, Rules};
use crate::calls::{Calls, Taken};
use crate::event::Event;
use crate::generated::{Fate, Kind};
use crate::position::Position;
use crate::revision::Revision;
use crate::stack::Stack;
use crate::text::Text;

/// What is known of the packet after the events so far, if these are all.
#[derive(Debug, Clone, Copy, Default)]
struct State<'a> {
    function: Option<Text<'a>>,
    position: Option<Position<'a>>,
    is_return: bool,
    returned: Option<Text<'a>>,
    /// Whether it is of something noted in the function, which older revisions do not name, and not of a call.
    is_note: bool,
    verdict: Verdict,
}

/// What a state says of the fate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Verdict {
    /// Nothing.
    #[default]
    Open,
    /// The packet was seen where it is handed over.
    Seen(Fate),
    /// It is on a queue: the fate of those that are freed from it, and after how many nanoseconds a timer drops them.
    Held(Fate, Option<u64>),
    /// What a function returned says it, with the error.
    Returned(Fate, Option<u16>),
}

/// A drop, and who was handling the packet when it was recorded.
#[derive(Debug)]
struct Dropped<'a> {
    end: End<'a>,
    by: Stack<Option<Text<'a>>>,
}

/// The search.
#[derive(Debug)]
pub(super) struct Search<'a> {
    ends: &'a Ends,
    revision: Revision,
    calls: Calls<'a>,
    now: State<'a>,
    /// What was known before each open call began.
    before: Stack<State<'a>>,
    dropped: Option<Dropped<'a>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(ends: &'a Ends, revision: Revision) -> Self {
        let calls = Calls::new(ends);
        Self { ends, revision, calls, now: State::default(), before: Stack::default(), dropped: None }
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: &Event<'a>) {
        let rules = event.function.map_or(Rules::default(), |function| self.ends.of(function.as_bytes()));
        let taken = self.calls.take_with(event, rules);
        let lost_leaves = taken.closes.saturating_sub(usize::from(taken.is_own));
        self.before.truncate(self.before.as_slice().len().saturating_sub(lost_leaves));
        let before = if taken.is_own { self.before.pop() } else { None };
        if taken.opens {
            self.before.push(self.now);
        }
        if let Some(drop) = drop_of(self.revision, event) {
            self.drop(event, drop);
            return;
        }
        let Some(function) = event.function else {
            self.note(event);
            return;
        };
        if rules.only_frees() {
            return;
        }
        self.revive(event, function, rules);
        if event.position.is_some_and(is_of_driver) {
            self.driver(event);
        } else if event.kind == Kind::Leave {
            self.leave(event, rules, taken, before);
        } else {
            self.see(event, function, rules);
        }
    }

    /// Takes a drop as the end.
    fn drop(&mut self, event: &Event<'a>, mut end: End<'a>) {
        let mut by = Stack::default();
        self.calls.open().iter().for_each(|call| by.push(call.function));
        end.function = end.function.or_else(|| self.calls.function_at(event.position));
        by.push(end.function);
        if let (Some(function), Some(reason)) = (end.function, end.reason)
            && let Some(fate) = self.ends.of(function.as_bytes()).drop(reason.as_bytes())
        {
            end.fate = fate;
        }
        self.now = State { function: end.function, position: end.position, ..State::default() };
        self.dropped = Some(Dropped { end, by });
    }

    /// Takes back a drop, if this event shows that the packet lives on: it is in a function that shows it, and that was not
    /// handling it when it was dropped.
    fn revive(&mut self, event: &Event<'a>, function: Text<'a>, rules: Rules<'_>) {
        let Some(dropped) = &self.dropped else { return };
        let is_new = event.kind == Kind::Enter || !dropped.by.as_slice().contains(&Some(function));
        if is_new && rules.revives(event.kind == Kind::Leave) {
            self.dropped = None;
        }
    }

    /// Takes an event without a function.
    fn note(&mut self, event: &Event<'a>) {
        if !self.now.is_return {
            self.now.position = event.position.or(self.now.position);
        } else if self.now.verdict == Verdict::Open && !matches!(event.kind, Kind::Data | Kind::Unknown) {
            // It is of a function around what has returned, whose name is not known yet.
            self.now = State { position: event.position, ..State::default() };
        }
    }

    /// Takes an event of a driver: what it does after it was handed the packet changes nothing.
    fn driver(&mut self, event: &Event<'a>) {
        let verdict = match self.now.verdict {
            Verdict::Returned(Fate::Dropped, _) => return,
            verdict @ (Verdict::Seen(Fate::Transmitted) | Verdict::Returned(Fate::Transmitted, _)) => verdict,
            _ if self.now.function.is_some_and(|function| self.ends.of(function.as_bytes()).transmits()) => {
                Verdict::Seen(Fate::Transmitted)
            }
            _ => Verdict::Open,
        };
        self.now = State::of(event, verdict);
    }

    /// Takes any event in a function but a leave.
    fn see(&mut self, event: &Event<'a>, function: Text<'a>, rules: Rules<'_>) {
        let is_call = matches!(event.kind, Kind::Enter | Kind::Function);
        let open = self.calls.open();
        let is_around = || open.is_empty() || open.iter().any(|call| call.function == Some(function));
        // Who called what returned notes it.
        if !is_call && matches!(self.now.verdict, Verdict::Returned(..)) && is_around() {
            return;
        }
        let verdict = rules.seen().map_or(Verdict::Open, |seen| match seen {
            (fate, None) => Verdict::Seen(fate),
            (fate, Some(limit)) => Verdict::Held(fate, limit),
        });
        if verdict == Verdict::Open && self.may_be_a_word(event) {
            if !self.now.is_return {
                self.now.position = event.position;
            }
            return;
        }
        // A snapshot between two returns.
        if event.kind == Kind::Data && self.now.is_return && self.before.as_slice().is_empty() {
            return;
        }
        self.now = State::of(event, verdict);
    }

    /// Whether what looks like a function is a note of one word: older revisions write both alike.
    fn may_be_a_word(&self, event: &Event<'a>) -> bool {
        let file = |position: Option<Position<'a>>| position.map(|position| position.file);
        let innermost = self.calls.innermost();
        self.revision != Revision::Four
            && event.kind == Kind::Function
            && event.args.is_none()
            && matches!(self.now.verdict, Verdict::Seen(_) | Verdict::Returned(..))
            && event.position.is_some()
            && innermost.is_some_and(|call| file(call.entered) == file(event.position))
    }

    /// Takes a leave; `before` is what was known before the call.
    fn leave(&mut self, event: &Event<'a>, rules: Rules<'_>, taken: Taken, before: Option<State<'a>>) {
        let says = rules.returned(event.args.map(Text::as_bytes));
        let is_own = self.now.function == event.function && !self.now.is_return;
        let stands = match self.now.verdict {
            // What returns with the packet has not used it up.
            Verdict::Open | Verdict::Seen(Fate::Absorbed) => false,
            Verdict::Seen(seen) => {
                let fate =
                    if let Return::Fate(fate, _) | Return::Handed(fate) = says { Some(fate) } else { None };
                // An error of a caller says that what was handed over was refused.
                let is_refused = matches!(says, Return::Fate(Fate::Dropped, _));
                !(is_own || is_refused || self.now.is_note && fate == Some(seen))
            }
            Verdict::Held(..) => !is_own,
            Verdict::Returned(..) => true,
        };
        if stands {
            return;
        }
        let verdict = match says {
            Return::Fate(fate, errno) => Verdict::Returned(fate, errno),
            Return::Handed(fate) => Verdict::Seen(fate),
            Return::Held(fate, limit) => Verdict::Held(fate, limit),
            Return::Nothing => Verdict::Open,
        };
        if verdict != Verdict::Open {
            self.now = State::of(event, verdict);
            return;
        }
        match before.filter(|before| before.function.is_some()) {
            Some(before) => self.now = before,
            // Nobody knows what is around it.
            None if taken.depth == 0 && !self.now.is_return => self.now = State::of(event, Verdict::Open),
            None => {}
        }
    }

    /// The end, of a packet that was freed so many nanoseconds after its newest event.
    pub(super) fn end(self, freed_after: Option<u64>) -> End<'a> {
        if let Some(dropped) = self.dropped {
            return dropped.end;
        }
        let State { function, position, is_return, returned, verdict, .. } = self.now;
        let (fate, errno) = match verdict {
            Verdict::Open => (Fate::Unknown, None),
            Verdict::Seen(fate) | Verdict::Held(fate, None) => (fate, None),
            Verdict::Held(fate, Some(limit)) => match freed_after {
                Some(after) if after >= limit => (Fate::Dropped, None),
                Some(_) => (fate, None),
                None => (Fate::Unknown, None),
            },
            Verdict::Returned(fate, errno) => (fate, errno),
        };
        End { fate, function, position, is_return, returned, errno, ..End::default() }
    }
}

impl<'a> State<'a> {
    fn of(event: &Event<'a>, verdict: Verdict) -> Self {
        let is_return = event.kind == Kind::Leave;
        let is_note = !matches!(event.kind, Kind::Enter | Kind::Leave | Kind::Function);
        let (function, position) = (event.function, event.position);
        Self { function, position, is_return, returned: event.args.filter(|_| is_return), is_note, verdict }
    }
}

/// Whether a position is in the sources of drivers.
fn is_of_driver(position: Position<'_>) -> bool {
    let file = position.file.as_bytes();
    // A letter that few paths have tells most of them apart: each event asks.
    let is_below = |rare: u8, before: &[u8], after: &[u8]| {
        memchr::memchr_iter(rare, file).any(|at| {
            let (head, tail) = file.split_at_checked(at).unwrap_or_default();
            let head = head.strip_suffix(before).filter(|head| head.is_empty() || head.ends_with(b"/"));
            head.is_some() && tail.get(1..).is_some_and(|tail| tail.starts_with(after))
        })
    };
    is_below(b'v', b"de", b"/") || is_below(b'8', b"net", b"0211/") || file.ends_with(b"net/iflib.c")
}

/// The drop that an event says.
fn drop_of<'a>(revision: Revision, event: &Event<'a>) -> Option<End<'a>> {
    let (reason, errno) = match event.kind {
        Kind::Drop => (event.text, event.errno),
        _ => event.drop_in_words(revision).map(|(reason, errno)| (Some(reason), errno))?,
    };
    let (function, position) = (event.function, event.position);
    let fate = Fate::Dropped;
    Some(End { fate, is_recorded: true, function, position, reason, errno, ..End::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_drivers() {
        for (file, is) in [
            ("/usr/src/sys/dev/virtio/network/if_vtnet.c", true),
            ("sys/dev/e1000/if_em.c", true),
            ("dev/e1000/if_em.c", true),
            ("vdev/dev/x.c", true),
            ("sys/net80211/ieee80211_output.c", true),
            ("net80211/ieee80211_output.c", true),
            ("sys/net/iflib.c", true),
            ("net/iflib.c", true),
            ("sys/xdev/x.c", false),
            ("sys/net/dev", false),
            ("sys/devel/x.c", false),
            ("sys/net/ieee80211.c", false),
            ("sys/subnet80211/x.c", false),
            ("sys/net/if_vlan.c", false),
            ("", false),
        ] {
            assert_eq!(is_of_driver(Position { file: Text(file.as_bytes()), line: 1 }), is, "{file}");
        }
    }
}
