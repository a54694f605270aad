//! `capture-file`: every item of a file, from memory.

use capture_file::{Format, Reader};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mbuf_trace::Revision;
use std::hint::black_box;
use trace_bench::capture;

fn read(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read");
    for (name, format) in [("pcap", Format::Pcap), ("pcapng", Format::Pcapng)] {
        let capture = capture(Revision::Three, format);
        group.throughput(Throughput::Bytes(capture.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let mut reader = Reader::new(capture.as_slice()).expect("a capture");
                while let Some(item) = reader.next_item().expect("a whole capture") {
                    black_box(&item);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, read);
criterion_main!(benches);
