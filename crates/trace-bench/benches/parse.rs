//! `mbuf-trace`: finding the revision, the frame, its records and its events, beside copying the same bytes.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mbuf_trace::{Detector, Encoding, Revision, Trace};
use std::hint::black_box;
use trace_bench::Packets;

type Job = (&'static str, fn(&Trace<'_>));

/// What is asked of a trace, the least first.
const JOBS: [Job; 6] = [
    ("frame", |trace| _ = black_box(trace.event_count())),
    ("records", |trace| trace.wire_records().for_each(|record| _ = black_box(record.payload))),
    ("snapshots", |trace| trace.snapshots().for_each(|snapshot| _ = black_box(snapshot.bytes))),
    ("events", |trace| trace.events().for_each(|event| _ = black_box(&event))),
    ("events and their texts", |trace| trace.events().for_each(|event| _ = black_box(&event.read()))),
    ("events in wire order", |trace| trace.events_in_wire_order().for_each(|event| _ = black_box(&event))),
];

fn parse(criterion: &mut Criterion) {
    for revision in Revision::ALL {
        let packets = Packets::of(revision);
        let mut group = criterion.benchmark_group("parse");
        group.throughput(Throughput::Bytes(packets.bytes().len() as u64));
        for (name, job) in JOBS {
            group.bench_function(BenchmarkId::new(name, revision), |bench| {
                bench.iter(|| {
                    for packet in packets.iter() {
                        job(&Trace::parse(packet, packet.len(), Encoding::new(revision)));
                    }
                });
            });
        }
        group.bench_function(BenchmarkId::new("detect", revision), |bench| {
            bench.iter(|| {
                let mut detector = Detector::default();
                for packet in packets.iter() {
                    _ = black_box(detector.read(packet, packet.len()));
                }
            });
        });
        let mut copy = packets.bytes().to_vec();
        group.bench_function(BenchmarkId::new("memcpy", revision), |bench| {
            bench.iter(|| {
                copy.copy_from_slice(black_box(packets.bytes()));
                black_box(&mut copy);
            });
        });
        group.finish();
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
