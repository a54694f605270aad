//! A pcapng with all that a block says of a packet.

/// A block: type, body, and its length at both ends.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes()[..], &length, body, &length].concat()
}

fn option(code: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).unwrap();
    let padding = vec![0; value.len().next_multiple_of(4) - value.len()];
    [&code.to_le_bytes()[..], &length.to_le_bytes(), value, &padding].concat()
}

/// An interface of Ethernet with this code for its resolution.
fn interface(options: &[Vec<u8>], resolution: u8) -> Vec<u8> {
    block(1, &[&[1, 0, 0, 0, 0, 0, 4, 0][..], &options.concat(), &option(9, &[resolution]), &[0; 4]].concat())
}

fn packet(interface: u32, ticks: u64, data: &[u8], options: &[Vec<u8>]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let (high, low) = ((ticks >> 32) as u32, ticks as u32);
    let head = [interface, high, low].map(u32::to_le_bytes).concat();
    let padding = vec![0; data.len().next_multiple_of(4) - data.len()];
    block(6, &[&head[..], &length, &length, data, &padding, &options.concat(), &[0; 4]].concat())
}

/// Two interfaces, in microseconds and nanoseconds, and packets whose times go back and forth, some with comments.
pub(crate) fn capture() -> Vec<u8> {
    let data = super::packets().swap_remove(0).1;
    let micros = 1_700_000_000_123_456_u64;
    let nanos = micros * 1_000;
    [
        block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat()),
        interface(&[option(2, b"em0"), option(3, b"the first one")], 6),
        interface(&[], 9),
        packet(0, micros, &data, &[option(1, b"one comment"), option(1, b"and another")]),
        packet(1, nanos + 1, &data, &[option(5, &77_u64.to_le_bytes())]),
        packet(1, nanos - 2_000_000_001, &data, &[]),
        packet(0, micros + 86_400_000_000, &data, &[option(1, b"")]),
        packet(0, 5, &data, &[]),
    ]
    .concat()
}
