//! The calls of a trace: enters and leaves as a stack that always comes out even.

use mbuf_trace::{Event, Kind, Text};

/// Most calls that are open at a time; what is entered beyond that is an event without a length. It keeps the search
/// for a leave's enter short.
pub(super) const DEEPEST: usize = 256;

/// What happens to the stack of calls at one step.
#[derive(Debug, Clone, Copy)]
pub(super) enum Move<'e, 'a> {
    /// A call begins: at its enter, or at step 0 where only its leave was recorded; `event` is that.
    Open { event: &'e Event<'a>, step: usize },
    /// The innermost call ends: at its leave, which `is_own` says. Else it has none, as of a call that gives its packet
    /// away: `event` is what shows that it is over, or there is none up to the end of the trace. When it ended is not known
    /// then, but that it had not by the last event in it.
    Close { function: Option<Text<'a>>, event: Option<&'e Event<'a>>, is_own: bool, step: usize },
    /// Anything else.
    Within { event: &'e Event<'a>, step: usize },
}

/// Goes through the events of a trace, which are oldest first. Steps count from 0; the calls that are open at the end are closed at a step
/// behind the last event. Every `Open` has its `Close`.
pub(super) fn walk<'a, E>(
    events: &[Event<'a>],
    mut visit: impl FnMut(Move<'_, 'a>) -> Result<(), E>,
) -> Result<(), E> {
    let early = entered_before(events);
    let mut stack = Stack::default();
    for event in early.iter().rev() {
        stack.open.push(event.function);
        visit(Move::Open { event, step: 0 })?;
    }
    for (step, event) in events.iter().enumerate() {
        match stack.take(event) {
            Taken::Opened => visit(Move::Open { event, step })?,
            Taken::Other => visit(Move::Within { event, step })?,
            Taken::Closes(mut calls) => {
                while let Some(function) = stack.open.pop() {
                    calls = calls.saturating_sub(1);
                    visit(Move::Close { function, event: Some(event), is_own: calls == 0, step })?;
                    if calls == 0 {
                        break;
                    }
                }
            }
        }
    }
    while let Some(function) = stack.open.pop() {
        visit(Move::Close { function, event: None, is_own: false, step: events.len() })?;
    }
    Ok(())
}

/// The leaves, oldest first, of calls that were entered before the trace began: nothing was open when they came.
fn entered_before<'e, 'a>(events: &'e [Event<'a>]) -> Vec<&'e Event<'a>> {
    let mut early = Vec::new();
    let mut stack = Stack::default();
    for event in events {
        match stack.take(event) {
            Taken::Closes(calls) => {
                let left = stack.open.len().saturating_sub(calls);
                stack.open.truncate(left);
            }
            Taken::Other if event.kind == Kind::Leave && stack.open.is_empty() && early.len() < DEEPEST => {
                early.push(event);
            }
            _ => {}
        }
    }
    early
}

/// The functions that are open, outermost first.
#[derive(Debug, Default)]
struct Stack<'a> {
    open: Vec<Option<Text<'a>>>,
    /// Calls entered beyond the deepest, and not yet left.
    beyond: usize,
}

enum Taken {
    /// A call was opened.
    Opened,
    /// This many of the innermost calls end, the last of them by this event.
    Closes(usize),
    /// The stack stays as it is.
    Other,
}

impl<'a> Stack<'a> {
    fn take(&mut self, event: &Event<'a>) -> Taken {
        match event.kind {
            Kind::Enter if self.open.len() < DEEPEST => {
                self.open.push(event.function);
                Taken::Opened
            }
            Kind::Enter => {
                self.beyond = self.beyond.saturating_add(1);
                Taken::Other
            }
            Kind::Leave if self.beyond > 0 => {
                self.beyond = self.beyond.saturating_sub(1);
                Taken::Other
            }
            Kind::Leave => {
                // The calls within it have lost their leaves.
                let same = |open: &Option<Text<'_>>| event.function.is_none() || *open == event.function;
                match self.open.iter().rev().position(same) {
                    Some(above) => Taken::Closes(above.saturating_add(1)),
                    None => Taken::Other,
                }
            }
            _ => Taken::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::{Encoding, RecordedEvent, Trace};
    use proptest::prelude::*;

    /// A trace of revision 3 with these texts, oldest first.
    fn frame(texts: &[&str]) -> Vec<u8> {
        let mut frame = u16::try_from(texts.len()).unwrap().to_be_bytes().to_vec();
        for text in texts.iter().rev() {
            frame.extend(u16::try_from(text.len() + 1).unwrap().to_be_bytes());
            frame.extend([0, 1]);
            frame.extend(text.bytes().chain([0]));
        }
        frame
    }

    /// `f(` for an opening, `)` for a closing, a dot for anything else.
    fn shape(texts: &[&str]) -> String {
        let frame = frame(texts);
        let trace = Trace::parse(&frame, frame.len(), "3".parse::<Encoding>().unwrap());
        let mut shape = String::new();
        let mut last = 0;
        let events: Vec<Event<'_>> = trace.events().map(RecordedEvent::read).collect();
        walk(&events, |step| {
            let at = match step {
                Move::Open { event, step } => {
                    shape += &format!("{}(", event.function.unwrap_or_default());
                    step
                }
                Move::Close { step, .. } => {
                    shape.push(')');
                    step
                }
                Move::Within { step, .. } => {
                    shape.push('.');
                    step
                }
            };
            assert!(at >= last, "steps go forward");
            last = at;
            Ok::<_, ()>(())
        })
        .unwrap();
        shape
    }

    #[test]
    fn calls_come_out_even() {
        let table: [(&[&str], &str); 10] = [
            (&[], ""),
            (&["+a", "b", "-a"], "a(.)"),
            (&["+a", "+b", "-b", "-a"], "a(b())"),
            (&["+a", "+b", "-a", "c"], "a(b())."),
            (&["+a", "+b"], "a(b())"),
            (&["a", "-b", "c", "-d"], "d(b(.).)"),
            (&["+a", "-b", "-a"], "a(.)"),
            (&["+a", "+a", "-a", "-a"], "a(a())"),
            (&["-a", "-a"], "a(a())"),
            (&["+a", "-b", "-a", "-b"], "b(a()).."),
        ];
        for (texts, expected) in table {
            assert_eq!(shape(texts), expected, "{texts:?}");
        }
        let deep = vec!["+a"; 300];
        assert_eq!(shape(&deep).matches('(').count(), DEEPEST);
        let deep: Vec<&str> = deep.into_iter().chain(vec!["-a"; 300]).collect();
        let shape = shape(&deep);
        assert_eq!((shape.matches(')').count(), shape.matches('.').count()), (DEEPEST, 88));
    }

    proptest! {
        #[test]
        fn whatever_the_events(texts in prop::collection::vec("[+-]?[a-c]", 0..40)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let shape = shape(&texts);
            let mut depth = 0_i32;
            for letter in shape.chars() {
                depth += match letter { '(' => 1, ')' => -1, _ => 0 };
                prop_assert!(depth >= 0, "{}", shape);
            }
            prop_assert_eq!(depth, 0);
        }
    }
}
