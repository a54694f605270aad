//! Memory for looking at fields.

use crate::distinct::Distinct;
use crate::layers::Layer;
use mbuf_trace::Event;

/// Memory that is used again from packet to packet, so that looking at fields allocates nothing in the
/// long run. One for each thread of work; it never says anything about the packet before.
#[derive(Debug, Clone, Default)]
pub struct Scratch {
    /// Composed values: a path, the text of an event.
    pub(crate) text: Vec<u8>,
    pub(crate) distinct: Distinct,
    pub(crate) events: Vec<Event<'static>>,
    pub(crate) headers: Vec<Layer<'static>>,
}
