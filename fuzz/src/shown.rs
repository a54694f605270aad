//! What `print` shows of packets.

use crate::check;
use crate::traces::Traces;
use trace_view::timeline::{Options, Style, Timeline};

/// The page of the packets in this style, laid out as the choice says.
fn page(traces: &Traces<'_>, style: Style) -> Vec<u8> {
    let has = |bit: u8| traces.choice & bit != 0;
    let mut timeline = Timeline::new(Options {
        wire_order: has(1),
        fold: has(2),
        hex: has(4) && style != Style::FunctionGraph,
        width: has(8).then_some(80),
        strip_prefix: if has(16) { "/usr/src/".to_owned() } else { String::new() },
        style,
        ..Options::default()
    });
    let mut shown = Vec::new();
    traces.each(|view, trace| timeline.write(&mut shown, view, trace).expect("memory does not fail"));
    shown
}

pub(crate) fn timeline(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    check::harmless(&page(&traces, Style::Timeline));
}

pub(crate) fn function_graph(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    check::harmless(&page(&traces, Style::FunctionGraph));
}

/// A line a packet.
pub(crate) fn json(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let lines = check::json_lines(&page(&traces, Style::Json));
    assert_eq!(lines.len(), traces.packets());
    for (line, number) in lines.iter().zip(1_u64..) {
        assert_eq!(line["packet"], number);
    }
}
