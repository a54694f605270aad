//! What people look at: timelines and exports of mbuf_trace captures.
