//! Which functions are handling the packet while its events go by, oldest first.
//!
//! Real kernels record few leaves: a function that gives the packet away cannot record anything in it afterwards. So a
//! call also ends where the events show that it must have ended:
//!
//! - at an event of a function around it that is still open. Revisions 1 to 3 do not name the function of a free text;
//!   there, a text from the source file of an outer call, and not from that of the innermost one, is such an event;
//! - at an event of another thread;
//! - at the next function, a drop, or the leave of a function that [holds](crate::Ends::holds) packets, after a pause of
//!   [`QUEUED`]: no function of a network stack takes so long, so the packet waited on a queue;
//! - where its function is entered again at the same line with the same arguments, and nothing was entered since, unless that
//!   is at once: that is no recursion, but a second attempt after a wait on a queue;
//! - at the next function after one that holds packets, unless that is at once, or it is from the same source file, or holds
//!   packets itself: whoever takes the packet off the queue is not called by whoever put it there.
//!
//! This is the only place that decides what an event is nested in.

use crate::end::{Ends, Rules};
use crate::event::Event;
use crate::generated::Kind;
use crate::position::Position;
use crate::stack::Stack;
use crate::text::Text;

/// Most calls that are remembered at a time. Deeper ones are only counted.
pub const DEEPEST: usize = 256;

/// Nanoseconds between two events of a packet that must have been on a queue between them.
pub const QUEUED: u64 = 10_000_000;

/// Nanoseconds in which nobody takes a packet off the queue that it was put on: what comes earlier was called.
const CALLED: u64 = 5_000;

/// A function that has begun to handle the packet and has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Call<'a> {
    /// The function.
    pub function: Option<Text<'a>>,
    /// Its arguments.
    pub args: Option<Text<'a>>,
    /// Where it was entered.
    pub entered: Option<Position<'a>>,
    /// Where the newest event directly in it was recorded.
    pub position: Option<Position<'a>>,
}

/// What an event does to the open calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// How many of the innermost calls end with this event or have ended before it.
    pub closes: usize,
    /// Whether the last of those is the event's own: the event is its leave.
    pub is_own: bool,
    /// Whether the event opens a call.
    pub opens: bool,
    /// How many calls are open around the event, those that are too deep to be remembered included.
    pub depth: usize,
    /// Whether the packet came from a queue or another thread to this event, so that all calls before it have ended.
    pub is_resumed: bool,
}

/// The open calls, outermost first.
///
/// ```
/// use mbuf_trace::{Calls, Ends, Event, Kind, Text};
///
/// let mut calls = Calls::new(Ends::built_in());
/// let event = |kind, function| Event { function: Some(Text(function)), ..Event::new(kind) };
/// assert_eq!(calls.take(&event(Kind::Enter, b"ip_input")).depth, 0);
/// assert_eq!(calls.take(&event(Kind::Enter, b"ip_tryforward")).depth, 1);
/// // ip_tryforward has returned without a leave.
/// assert_eq!(calls.take(&event(Kind::Static, b"ip_input")).depth, 1);
/// assert_eq!(calls.open().len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Calls<'a> {
    ends: &'a Ends,
    /// Those that are remembered.
    open: Stack<Call<'a>>,
    /// Calls entered beyond the deepest, and not yet left.
    beyond: usize,
    /// The newest event that names its function without entering or leaving it, since the last call began or ended.
    seen: Option<(Text<'a>, Option<Position<'a>>)>,
    thread: Option<u32>,
    /// The age of the newest event that has one.
    age: Option<u64>,
    /// Where the newest function that was seen was, if it holds packets.
    held: Option<Option<Position<'a>>>,
}

impl<'a> Calls<'a> {
    /// No open calls. `ends` says which functions hold packets.
    #[must_use]
    pub fn new(ends: &'a Ends) -> Self {
        let open = Stack::default();
        Self { ends, open, beyond: 0, seen: None, thread: None, age: None, held: None }
    }

    /// The same without any open calls, for the next trace.
    pub fn clear(&mut self) {
        self.open.truncate(0);
        (self.beyond, self.seen) = (0, None);
        (self.thread, self.age, self.held) = (None, None, None);
    }

    /// The open calls, outermost first, as many as are remembered.
    #[must_use]
    pub fn open(&self) -> &[Call<'a>] {
        self.open.as_slice()
    }

    /// The innermost open call, if it is remembered.
    #[must_use]
    pub fn innermost(&self) -> Option<&Call<'a>> {
        if self.beyond > 0 { None } else { self.open().last() }
    }

    /// The function that an event without one was recorded in: the innermost open call, or a function that was seen
    /// since then if the event is from the same source file and the call is not.
    #[must_use]
    pub fn function_at(&self, position: Option<Position<'a>>) -> Option<Text<'a>> {
        let innermost = self.innermost();
        let file = position.map(|position| position.file);
        let is_of = |other: Option<Position<'_>>| file.is_some() && other.map(|other| other.file) == file;
        match (innermost, self.seen) {
            (Some(call), Some((seen, at))) if is_of(at) && !is_of(call.entered) => Some(seen),
            (Some(call), _) => call.function,
            (None, seen) => seen.map(|(function, _)| function),
        }
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Event<'a>) -> Taken {
        let rules = event.function.map_or(Rules::default(), |function| self.ends.of(function.as_bytes()));
        self.take_with(event, rules)
    }

    /// The same with what the list says of the event's function.
    pub(crate) fn take_with(&mut self, event: &Event<'a>, rules: Rules<'_>) -> Taken {
        let before = self.open().len();
        let is_resumed = self.end_those_that_must_have(event, rules);
        let mut is_own = false;
        let opens = event.kind == Kind::Enter && self.enter(event);
        if event.kind == Kind::Leave {
            is_own = self.leave(event);
        } else if event.kind != Kind::Enter {
            self.see(event);
        }
        if event.function.is_some() && !rules.only_frees() {
            let holds = event.kind != Kind::Leave && rules.holds();
            self.held = holds.then_some(event.position);
        }
        let open = self.open().len();
        let around = open.saturating_add(self.beyond);
        let depth = if event.kind == Kind::Enter { around.saturating_sub(1) } else { around };
        let left = if opens { open.saturating_sub(1) } else { open };
        Taken { closes: before.saturating_sub(left), is_own, opens, depth, is_resumed }
    }

    /// Ends calls that the event shows to have ended without a leave. Gives whether all have, as the packet was resumed.
    fn end_those_that_must_have(&mut self, event: &Event<'a>, rules: Rules<'_>) -> bool {
        let thread = event.header.and_then(|header| header.thread);
        let is_other_thread =
            thread.is_some_and(|thread| self.thread.replace(thread).is_some_and(|before| before != thread));
        if is_other_thread {
            self.keep(0);
        }
        let age = event.header.and_then(|header| header.age);
        let before = self.age;
        self.age = age.or(before);
        let paused = before.zip(age).map(|(before, age)| before.saturating_sub(age));
        let has_waited = paused.is_some_and(|paused| paused >= QUEUED);
        let is_new = matches!(event.kind, Kind::Enter | Kind::Function);
        let is_outer =
            || event.kind != Kind::Enter && event.function.is_some_and(|of| self.place(of).is_some());
        let is_again = event.kind == Kind::Enter
            && paused.is_none_or(|paused| paused >= CALLED)
            && self.innermost().is_some_and(|call| {
                let same = call.function == event.function && call.args == event.args;
                same && event.position.is_some() && call.entered == event.position
            });
        let is_off_queue = || self.is_off_queue(event, rules, paused) || has_waited;
        let is_next = is_new && is_off_queue() && !rules.only_frees() && !is_outer();
        // The leave is that of another call, which took the packet off the queue.
        let is_released = event.kind == Kind::Drop || event.kind == Kind::Leave && rules.holds();
        if is_again || is_next || has_waited && is_released {
            self.keep(0);
            return true;
        }
        if matches!(event.kind, Kind::Enter | Kind::Leave) {
            return is_other_thread;
        }
        let around = match (event.function, event.position) {
            (Some(function), _) => self.place(function),
            (None, Some(position)) => self.place_of_file(position),
            (None, None) => None,
        };
        if let Some(place) = around {
            self.keep(place.saturating_add(1));
        }
        is_other_thread
    }

    /// Whether this is an event of whoever took the packet off a queue, and not of a function that the one calls that put it
    /// there.
    fn is_off_queue(&self, event: &Event<'a>, rules: Rules<'_>, paused: Option<u64>) -> bool {
        let Some(at) = self.held else { return false };
        let is_same_file = at.zip(event.position).is_some_and(|(at, position)| at.file == position.file);
        !is_same_file && paused.is_none_or(|paused| paused >= CALLED) && !rules.holds()
    }

    /// Keeps so many of the outermost calls.
    fn keep(&mut self, calls: usize) {
        if calls < self.open().len() || self.beyond > 0 {
            (self.beyond, self.seen) = (0, None);
        }
        self.open.truncate(calls);
    }

    /// The innermost open call of this function.
    fn place(&self, function: Text<'_>) -> Option<usize> {
        self.open().iter().rposition(|call| call.function == Some(function))
    }

    /// The innermost open call that was entered in the file of this position, unless the innermost call of all has no
    /// file: then nobody knows.
    fn place_of_file(&self, position: Position<'_>) -> Option<usize> {
        let is_here = |call: &Call<'_>| call.entered.is_some_and(|entered| entered.file == position.file);
        self.innermost()?.entered?;
        self.open().iter().rposition(is_here)
    }

    /// Gives whether the call is remembered.
    fn enter(&mut self, event: &Event<'a>) -> bool {
        self.seen = None;
        if self.open().len() == DEEPEST {
            self.beyond = self.beyond.saturating_add(1);
            return false;
        }
        let Event { function, args, position, .. } = *event;
        self.open.push(Call { function, args, entered: position, position });
        true
    }

    /// Gives whether the event ends a call that is remembered.
    fn leave(&mut self, event: &Event<'a>) -> bool {
        if self.beyond > 0 {
            self.beyond = self.beyond.saturating_sub(1);
            return false;
        }
        // The calls within it have lost their leaves. A leave of what is not open ends nothing.
        let place = match event.function {
            Some(function) => self.place(function),
            None => self.open().len().checked_sub(1),
        };
        if let Some(place) = place {
            self.keep(place);
            self.seen = None;
        }
        place.is_some()
    }

    fn see(&mut self, event: &Event<'a>) {
        if let Some(call) = self.open.last_mut()
            && self.beyond == 0
        {
            call.position = event.position.or(call.position);
        }
        if let Some(function) = event.function {
            self.seen = Some((function, event.position));
        }
    }
}
