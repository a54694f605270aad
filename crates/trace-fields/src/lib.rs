//! The display fields of an mbuf_trace capture.
