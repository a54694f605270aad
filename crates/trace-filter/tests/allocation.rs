//! Matching allocates nothing, once the scratch space has grown to what the packets need. Only `contains` with
//! a field on its right side that has many different values in a packet makes an automaton to look for them.

use crate::parity::{captures, each_packet};
use trace_filter::{Filter, Scratch};

#[test]
fn matching_allocates_nothing() {
    let capture = captures::traces(50);
    let mut scratch = Scratch::default();
    for expression in [
        "ip.src == 10.0.0.1",
        "all ip.ttl > 60 and not tcp.flags.syn",
        "tcp.port in {80, 443 .. 500}",
        "udp.srcport in {udp.dstport .. 1024}",
        "mbuf_trace.path matches \"ip_input > .*pf_test\"",
        "mbuf_trace.path contains \"pf_test\" or mbuf_trace.text contains \"so to say\"",
        "mbuf_trace.path contains mbuf_trace.last_function",
        "all mbuf_trace.text contains mbuf_trace.function",
        "eth.src[4:] contains eth.dst[5:]",
        "mbuf_trace.last_function == \"pf_test\"",
        "mbuf_trace.snapshot.changed == True",
        "ip.src == ip.dst or ip.src != ip.dst",
        "ip.src & ip.dst == 10.0.0.0",
        "eth.src & eth.dst & 01:00:00:00:00:00",
        "{ip.ttl + 1} * 2 - ip.len == -ip.ttl",
        "max(ip.ttl, ip.proto) == abs(min(ip.ttl) - 100)",
        "count(ip.src) > 2 and len(mbuf_trace.text) > 20",
        "upper(mbuf_trace.function) == lower(mbuf_trace.function)",
        "string(ip.src) == \"10.0.0.1\" or string(ipv6.src) == \"fe80::1\" or string(eth.src) == \"a\"",
        "ip.src[0:2,3] == 0a:00:01",
        "ip.src#2 == ip.src#[-1]",
        "frame.time_epoch - 5 > 1700000000",
        "ip.src == 10.0.0.0/8 and ip.ttl > 1 and mbuf_trace.function and mbuf_trace.line > 0 and mbuf_trace.path",
    ] {
        let filter = Filter::compile(expression).unwrap();
        let mut ask = || {
            let mut passed = 0;
            each_packet(&capture, |subject, _| passed += u32::from(filter.matches(&mut scratch, subject)));
            passed
        };
        ask();
        let mut allocations = 0;
        // Reading the capture may allocate, asking about its packets may not.
        each_packet(&capture, |subject, _| {
            let measured = allocation_counter::measure(|| {
                let _ = filter.matches(&mut scratch, subject);
            });
            allocations += measured.count_total;
        });
        assert_eq!(allocations, 0, "{expression}");
    }
}
