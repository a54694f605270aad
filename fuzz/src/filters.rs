//! Filter expressions: any text is compiled or refused, and what is compiled runs.

use crate::check;
use mbuf_trace::Trace;
use std::sync::LazyLock;
use trace_fields::{PacketView, Subject};
use trace_filter::{Filter, Scratch};
use trace_synth::Recipe;

/// Some traces to run expressions on.
static FRAMES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut packets = Recipe::default().packets();
    (0..6).map(|_| packets.next_packet().0.to_vec()).collect()
});

pub(crate) fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Filter::compile(text) {
        Ok(filter) => {
            assert!(filter.fields().count() <= text.len());
            let mut scratch = Scratch::default();
            for frame in FRAMES.iter() {
                let trace = Trace::parse(frame, frame.len(), Recipe::default().encoding);
                let subject = Subject::new(PacketView::of_bytes(frame)).with_trace(&trace);
                let first = filter.matches(&mut scratch, &subject);
                assert_eq!(filter.matches(&mut scratch, &subject), first, "twice the same");
            }
        }
        Err(error) => {
            let span = error.span();
            assert!(span.start <= span.end && span.end <= text.len(), "{span:?} of {}", text.len());
            check::harmless(error.render(false).as_bytes());
        }
    }
}
