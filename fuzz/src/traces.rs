//! Inputs of several frames: the captures of which exports and reports are made.

use crate::frames::ENCODINGS;
use capture_file::{Resolution, Timestamp};
use mbuf_trace::{Detector, Encoding, Trace};
use trace_fields::{PacketView, Subject};
use trace_view::tally::Moment;

/// What stands between two frames of an input.
pub const BETWEEN: &[u8] = b"\xfe\xedFR";

/// More frames than this are no other case.
const MOST: usize = 8;

/// Frames, and how they are to be shown.
pub(crate) struct Traces<'a> {
    encoding: Option<Encoding>,
    /// What a target chooses by.
    pub(crate) choice: u8,
    frames: Vec<&'a [u8]>,
}

impl<'a> Traces<'a> {
    /// The first byte says which revision the frames are, or that it has to be found out; the second is the choice.
    pub(crate) fn new(data: &'a [u8]) -> Option<Self> {
        let (&[encoding, choice], mut rest) = data.split_first_chunk()?;
        let mut frames = Vec::new();
        while frames.len() < MOST {
            let Some(at) = memchr::memmem::find(rest, BETWEEN) else {
                frames.push(rest);
                break;
            };
            frames.push(&rest[..at]);
            rest = &rest[at + BETWEEN.len()..];
        }
        Some(Self { encoding: ENCODINGS.get(usize::from(encoding % 8)).copied(), choice, frames })
    }

    /// How many packets there are.
    pub(crate) fn packets(&self) -> usize {
        self.frames.len()
    }

    /// Each packet, and what it was read as; none where it is no trace.
    pub(crate) fn each(&self, mut packet: impl FnMut(&PacketView<'a>, Option<&Trace<'a>>)) {
        let mut detector = self.encoding.map_or_else(Detector::default, Detector::forced);
        for (frame, number) in self.frames.iter().zip(1..) {
            let time = Timestamp::new(1_768_378_300, number * 1_000, Resolution::NANOS);
            let view = PacketView { number, time: Some(time), ..PacketView::of_bytes(frame) };
            let read = detector.read(frame, frame.len());
            packet(&view, read.as_ref().ok());
        }
    }

    /// Each packet as what filters and reports look at, and where it is.
    pub(crate) fn subjects(&self, mut add: impl FnMut(&Subject<'_>, Moment)) {
        self.each(|view, trace| {
            let subject = Subject::new(*view);
            let moment = Moment { file: 0, packet: view.number, time: view.time };
            match trace {
                Some(trace) => add(&subject.with_trace(trace), moment),
                None => add(&subject, moment),
            }
        });
    }

    /// The numbers of events of the packets that are traces.
    pub(crate) fn event_counts(&self) -> Vec<usize> {
        let mut counts = Vec::new();
        self.each(|_, trace| counts.extend(trace.map(Trace::event_count)));
        counts
    }
}
