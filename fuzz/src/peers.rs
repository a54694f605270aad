//! Other readers of the same files.

use crate::captures::read_all;
use capture_file::Reader;

/// Packets that pcap-parser and pcap-file read of a little- or big-endian pcap or a pcapng are ours, as far as both go.
pub(crate) fn peers(data: &[u8]) {
    let Ok(reader) = Reader::new(data) else { return };
    // Both know only the plain kinds of version 2.4.
    let odd = reader.container().compression.is_some()
        || reader.container().pcap.is_some_and(|header| {
            header.variant == capture_file::PcapVariant::Modified || header.version != (2, 4)
        });
    if odd {
        return;
    }
    let is_pcap = reader.container().pcap.is_some();
    let (_, packets, _) = read_all(reader);
    if is_pcap {
        let parsed = by_pcap_parser(data);
        assert!(parsed.iter().zip(&packets).all(|(theirs, ours)| theirs == ours), "pcap-parser differs");
        let parsed = by_pcap_file(data);
        assert!(parsed.iter().zip(&packets).all(|(theirs, ours)| theirs == ours), "pcap-file differs");
    }
}

fn by_pcap_parser(data: &[u8]) -> Vec<&[u8]> {
    let Ok((mut rest, header)) = pcap_parser::parse_pcap_header(data) else { return Vec::new() };
    let mut packets = Vec::new();
    loop {
        let parsed = if header.is_bigendian() {
            pcap_parser::parse_pcap_frame_be(rest)
        } else {
            pcap_parser::parse_pcap_frame(rest)
        };
        let Ok((after, packet)) = parsed else { return packets };
        packets.push(packet.data);
        rest = after;
    }
}

fn by_pcap_file(data: &[u8]) -> Vec<Vec<u8>> {
    let Ok((mut rest, parser)) = pcap_file::pcap::PcapParser::new(data) else { return Vec::new() };
    let mut packets = Vec::new();
    while let Ok((after, packet)) = parser.next_raw_packet(rest) {
        packets.push(packet.data.to_vec());
        rest = after;
    }
    packets
}
