//! The mbuf_trace record format: bytes to events and back.
