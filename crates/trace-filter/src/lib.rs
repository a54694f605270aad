//! The display filter language over mbuf_trace captures.
