//! Every export: what comes out is of its format, and holds the packets that went in.

use crate::check;
use crate::traces::Traces;
use trace_fields::SnapshotLink;
use trace_view::export::Export;
use trace_view::export::chrome::Chrome;
use trace_view::export::csv::Csv;
use trace_view::export::dot::Dot;
use trace_view::export::flamegraph::Flamegraph;
use trace_view::export::folded::Folded;
use trace_view::export::graph::GraphPicture;
use trace_view::export::packets::{Options, Packets};
use trace_view::export::speedscope::Speedscope;
use trace_view::export::tree::{Stacks, Tree, Weight};

const LINK: SnapshotLink = SnapshotLink::Auto;

/// What an export makes of the traces.
fn export(traces: &Traces<'_>, mut export: impl Export<Vec<u8>>) -> Vec<u8> {
    traces.each(|view, trace| export.packet(view, trace).expect("memory does not fail"));
    let (file, remarks) = Box::new(export).finish().expect("memory does not fail");
    for remark in remarks {
        check::harmless(remark.text.as_bytes());
    }
    file
}

/// A tree of the kind that is chosen.
fn tree(choice: u8) -> (Stacks, Weight) {
    (
        if choice & 1 == 0 { Stacks::Calls } else { Stacks::Path },
        if choice & 2 == 0 { Weight::Count } else { Weight::Time },
    )
}

pub(crate) fn speedscope(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let profiles = check::speedscope(&export(&traces, Speedscope::new(Vec::new(), LINK)));
    assert_eq!(profiles, traces.event_counts().iter().filter(|count| **count > 0).count());
}

pub(crate) fn chrome(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let slices = check::chrome(&export(&traces, Chrome::new(Vec::new(), LINK)));
    assert_eq!(slices, traces.event_counts().len());
}

pub(crate) fn csv(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let rows = check::csv(&export(&traces, Csv::new(Vec::new(), LINK)));
    assert_eq!(rows, traces.event_counts().iter().sum::<usize>());
}

pub(crate) fn dot(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    check::dot(&export(&traces, Dot::new(Vec::new())));
}

pub(crate) fn folded(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let (stacks, weight) = tree(traces.choice);
    let sum = check::folded(&export(&traces, Folded::new(Vec::new(), Tree::new(stacks, weight))));
    if (stacks, weight) == (Stacks::Path, Weight::Count) {
        assert_eq!(sum, traces.event_counts().len() as u128);
    }
}

pub(crate) fn flamegraph(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let (stacks, weight) = tree(traces.choice);
    let tree = Tree::new(stacks, weight);
    check::svg(&export(&traces, Flamegraph::new(Vec::new(), tree, "</title>&\"".to_owned())));
}

pub(crate) fn graph(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    check::svg(&export(&traces, GraphPicture::new(Vec::new(), 60)));
}

/// The snapshots as packets: all of them, the newest of each trace, and with the traces themselves.
pub(crate) fn packets(data: &[u8]) {
    let Some(traces) = Traces::new(data) else { return };
    let pcapng = |primary, mixed| {
        let options = Options { primary, mixed, snapshot_link: LINK };
        let packets = Packets::pcapng(Vec::new(), options).expect("memory does not fail");
        check::packets(&export(&traces, packets))
    };
    let all = pcapng(false, false);
    let primary = pcapng(true, false);
    assert!(primary <= all && primary <= traces.event_counts().len());
    assert_eq!(pcapng(false, true), all + traces.packets());
    let pcap = Packets::pcap(Vec::new(), Options::default()).expect("memory does not fail");
    check::packets(&export(&traces, pcap));
}
