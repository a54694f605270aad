//! What the writers make of any capture.

use capture_file::{Item, PcapResolution, PcapWriter, PcapngWriter, Reader, WriteError};

/// What we write of any capture reads back: the same packets in the same order.
pub(crate) fn writers(data: &[u8]) {
    let mut pcap = PcapWriter::new(Vec::new(), PcapResolution::Auto);
    let mut pcapng = PcapngWriter::new(Vec::new());
    let (mut fits_pcap, mut fits_pcapng) = (true, true);
    let Ok(mut reader) = Reader::new(data) else { return };
    let mut packets = Vec::new();
    while let Ok(Some(item)) = reader.next_item() {
        if let Item::Packet(packet) = &item {
            packets.push((packet.time, packet.data.to_vec()));
        }
        fits_pcap = fits_pcap && accepted(pcap.write(&item));
        fits_pcapng = fits_pcapng && accepted(pcapng.write(&item));
    }
    let written = [
        fits_pcap.then(|| pcap.finish().map(|(bytes, _)| bytes)),
        fits_pcapng.then(|| pcapng.finish().map(|(bytes, _)| bytes)),
    ];
    for (bytes, keeps_times) in written.into_iter().zip([false, true]) {
        let Some(Ok(bytes)) = bytes else { continue };
        let mut reader = match Reader::new(bytes.as_slice()) {
            Ok(reader) => reader,
            // Of nothing, nothing is written.
            Err(_) if packets.is_empty() => continue,
            Err(error) => panic!("what we wrote does not open: {error}"),
        };
        let mut expected = packets.iter();
        while let Some(item) = reader.next_item().expect("what we wrote is sound") {
            let Item::Packet(packet) = item else { continue };
            let (time, data) = expected.next().expect("no packet is made up");
            assert_eq!(packet.data, data);
            assert!(
                !keeps_times || time.is_none() || packet.time == *time,
                "{time:?} became {:?}",
                packet.time
            );
        }
        assert!(expected.next().is_none(), "a packet is lost");
    }
}

fn accepted(written: Result<(), WriteError>) -> bool {
    match written {
        Ok(()) => true,
        Err(WriteError::Io(error)) => panic!("memory does not fail: {error}"),
        Err(_) => false,
    }
}
