//! The calls of a trace as openings and closings that always come out even. [`Calls`] decides what ends when; here, each
//! call also has a beginning and an end.

use mbuf_trace::calls::DEEPEST;
use mbuf_trace::{Calls, Ends, Event, Kind, Text};

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

/// Goes through the events of a trace, which are oldest first. Steps count from 0; the calls that are open at the end are
/// closed at a step after the last event. Every `Open` has its `Close`.
pub(super) fn walk<'a, E>(
    ends: &'a Ends,
    events: &[Event<'a>],
    mut visit: impl FnMut(Move<'_, 'a>) -> Result<(), E>,
) -> Result<(), E> {
    let early = entered_before(ends, events);
    let mut open = Vec::new();
    for event in early.iter().rev().filter_map(|step| events.get(*step)) {
        open.push(event.function);
        visit(Move::Open { event, step: 0 })?;
    }
    let mut early = early.into_iter().peekable();
    let mut calls = Calls::new(ends);
    for (step, event) in events.iter().enumerate() {
        let taken = calls.take(event);
        let is_early = early.next_if_eq(&step).is_some();
        let closes = if is_early { 1 } else { taken.closes };
        for left in (0..closes).rev() {
            let is_own = left == 0 && (is_early || taken.is_own);
            let function = open.pop().flatten();
            visit(Move::Close { function, event: Some(event), is_own, step })?;
        }
        if taken.opens {
            open.push(event.function);
            visit(Move::Open { event, step })?;
        } else if !(is_early || taken.is_own) {
            visit(Move::Within { event, step })?;
        }
    }
    while let Some(function) = open.pop() {
        visit(Move::Close { function, event: None, is_own: false, step: events.len() })?;
    }
    Ok(())
}

/// The steps of the leaves, oldest first, of calls that were entered before the trace began: nothing was open when they
/// came, and the packet was where it had been from the first event on.
fn entered_before<'a>(ends: &'a Ends, events: &[Event<'a>]) -> Vec<usize> {
    let mut early = Vec::new();
    let mut calls = Calls::new(ends);
    for (step, event) in events.iter().enumerate() {
        let taken = calls.take(event);
        if taken.is_resumed || early.len() >= DEEPEST {
            break;
        }
        if event.kind == Kind::Leave && !taken.is_own && taken.depth == 0 {
            early.push(step);
        }
    }
    early
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
        walk(Ends::built_in(), &events, |step| {
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
        let table: [(&[&str], &str); 11] = [
            (&[], ""),
            (&["+a", "b", "-a"], "a(.)"),
            (&["+a", "+b", "-b", "-a"], "a(b())"),
            (&["+a", "+b", "-a", "c"], "a(b())."),
            (&["+a", "+b"], "a(b())"),
            (&["a", "-b", "c", "-d"], "d(b(.).)"),
            (&["+a", "-b", "-a"], "a(.)"),
            (&["+a", "+a", "-a", "-a"], "a(a())"),
            (&["-a", "-a"], "a(a())"),
            (&["+a", "-b", "-a", "-b"], "b(a(.))"),
            // An event of an outer call shows that the inner one is over.
            (&["+a", "+b", "a"], "a(b().)"),
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
