//! `trace-filter`: a filter of each kind over every packet, reading and detection included; and compiling one.

use capture_file::Format;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mbuf_trace::Revision;
use std::hint::black_box;
use trace_bench::{capture, each_subject};
use trace_filter::{Filter, Scratch};

/// A name and an expression.
const FILTERS: [(&str, &str); 9] = [
    ("protocol", "icmp"),
    ("address", "ip.src == 192.168.0.0/16"),
    ("set of ports", "tcp.port in {80, 443, 8000 .. 8080}"),
    ("function", "mbuf_trace.function == \"pf_test\""),
    ("text", "mbuf_trace.text contains \"em0\""),
    ("path", "mbuf_trace.path matches \"ip_input > .*pf_test\""),
    ("arithmetic", "ip.len - 20 > 1000"),
    ("field with field", "ip.src == ip.dst"),
    (
        "ten terms",
        "ip.src == 192.168.0.0/16 and ip.dst != 10.0.0.1 and tcp.port == 443 and ip.ttl > 1 and \
         frame.len < 20000 and mbuf_trace.function == \"pf_test\" and not icmp and \
         mbuf_trace.file contains \"pf.c\" and mbuf_trace.line >= 10 and \
         mbuf_trace.path contains \"ip_tryforward\"",
    ),
];

fn filter(criterion: &mut Criterion) {
    let capture = capture(Revision::Three, Format::Pcap);
    let mut group = criterion.benchmark_group("filter");
    group.throughput(Throughput::Bytes(capture.len() as u64));
    group.bench_function("no question", |bench| {
        bench.iter(|| each_subject(&capture, |subject| _ = black_box(subject.trace())));
    });
    for (name, expression) in FILTERS {
        let filter = Filter::compile(expression).expect("an expression");
        let mut scratch = Scratch::default();
        group.bench_function(BenchmarkId::new("match", name), |bench| {
            bench.iter(|| {
                let mut kept = 0_u32;
                each_subject(&capture, |subject| kept += u32::from(filter.matches(&mut scratch, subject)));
                kept
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("compile");
    for (name, expression) in FILTERS {
        group.bench_function(name, |bench| bench.iter(|| Filter::compile(black_box(expression))));
    }
    group.finish();
}

criterion_group!(benches, filter);
criterion_main!(benches);
