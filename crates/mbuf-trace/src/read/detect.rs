//! Which revision a packet has.
//!
//! Nothing in the frames of revisions 1 to 3 tells it. What decides is the structure: lengths that consume
//! the frame to the byte, strings that are text with one trailing NUL, and which record types occur. A
//! packet that is certain by itself is believed, and makes its interface's later packets certain where they
//! leave it open; a kernel does not change its format between two packets.

use super::plausible::{is_harmful, is_printable, is_text, may_be_a_packet};
use super::records::{Record, Records, Short};
use super::trace::Trace;
use crate::end::Ends;
use crate::fault::Fault;
use crate::generated::{FaultKind, layout, record_type};
use crate::revision::{ByteOrder, Encoding, Revision};
use crate::snapshot::looks_like_a_packet;

/// How sure the revision of a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Certainty {
    /// The best of several that the packet leaves open.
    Guessed,
    /// The packet leaves it open; an earlier one of the same interface was certain.
    Inherited,
    /// The packet's structure allows no other.
    Certain,
    /// The caller said so.
    Forced,
}

/// What a packet says of its own revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Opinion {
    /// The encoding that fits best.
    encoding: Encoding,
    /// Whether no other fits.
    certain: bool,
}

/// Finds the revision of each packet of one interface, one after another.
///
/// ```
/// use mbuf_trace::{Certainty, Detector, Revision};
///
/// let mut detector = Detector::default();
/// let string = b"\x00\x01\x00\x06\x00\x01hello\x00";
/// let trace = detector.read(string, string.len())?;
/// assert_eq!((trace.revision(), trace.certainty()), (Revision::Three, Certainty::Certain));
///
/// // An empty trace could be of any revision.
/// let trace = detector.read(b"\x00\x00", 2)?;
/// assert_eq!((trace.revision(), trace.certainty()), (Revision::Three, Certainty::Inherited));
/// # Ok::<(), mbuf_trace::Fault>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Detector {
    forced: Option<Encoding>,
    settled: Option<Encoding>,
}

impl Detector {
    /// A detector that finds nothing out: every packet is read as this.
    #[must_use]
    pub const fn forced(encoding: Encoding) -> Self {
        Self { forced: Some(encoding), settled: None }
    }

    /// Reads a packet of which `packet.len()` bytes of `original_len` were captured.
    ///
    /// # Errors
    ///
    /// [`FaultKind::NotATrace`] where nothing in the packet looks like an mbuf_trace frame, and no earlier
    /// packet of the interface was certain to be one.
    pub fn read<'a>(&mut self, packet: &'a [u8], original_len: usize) -> Result<Trace<'a>, Fault> {
        let (encoding, certainty) = self.decide(packet, original_len)?;
        Ok(Trace::parse_with(packet, original_len, encoding, certainty, Ends::built_in()))
    }

    fn decide(&mut self, packet: &[u8], original_len: usize) -> Result<(Encoding, Certainty), Fault> {
        if let Some(forced) = self.forced {
            return Ok((forced, Certainty::Forced));
        }
        let own = opinion(packet, original_len.max(packet.len()));
        match (own, self.settled) {
            (Some(Opinion { encoding, certain: true }), settled) => {
                // A frame without records tells too little to change what is settled, and reversed headers
                // are a fault of one frame.
                let regular = !packet.starts_with(&[0, 0]) && !encoding.is_reversed();
                if settled.is_none() || regular {
                    self.settled = Some(encoding).filter(|encoding| !encoding.is_reversed());
                }
                Ok((encoding, Certainty::Certain))
            }
            (_, Some(settled)) => Ok((settled, Certainty::Inherited)),
            (Some(Opinion { encoding, .. }), None) => Ok((encoding, Certainty::Guessed)),
            (None, None) => Err(Fault::new(FaultKind::NotATrace, 0, 0, packet.len())),
        }
    }
}

/// What a packet says by itself; none where nothing in it looks like a trace. Where `original_len` is more than
/// its length, the capture did not keep all of it.
fn opinion(packet: &[u8], original_len: usize) -> Option<Opinion> {
    let cut = packet.len() < original_len;
    let guess = |encoding| Some(Opinion { encoding, certain: false });
    let default = Encoding::new(Revision::Three);
    let Some(rest) = packet.get(layout::frame::LEN..) else {
        return guess(default);
    };
    if packet.starts_with(&[0, 0]) {
        // No record: all that can tell is a packet where revision 1 would have one.
        let certain = looks_like_a_packet(rest, original_len.saturating_sub(layout::frame::LEN));
        return Some(Opinion {
            encoding: if certain { Encoding::new(Revision::One) } else { default },
            certain,
        });
    }
    let plain = Survey::typed(packet, ByteOrder::Big, cut);
    if plain.certain && plain.exact && !cut && is_only_plain(packet) {
        return Some(Opinion { encoding: plain.encoding, certain: true });
    }
    best_of_all(packet, plain, cut)
}

/// The best of the four ways to read a packet that has records, the `plain` one among them.
fn best_of_all(packet: &[u8], plain: Survey, cut: bool) -> Option<Opinion> {
    let guess = Opinion { encoding: Encoding::new(Revision::Three), certain: false };
    let candidates = [
        plain,
        Survey::untyped(packet, ByteOrder::Big, cut),
        Survey::untyped(packet, ByteOrder::Little, cut),
        Survey::typed(packet, ByteOrder::Little, cut),
    ];
    if cut && packet.len() < layout::frame::LEN.saturating_add(layout::typed_record::LEN) {
        // Not even the first record's header was kept.
        return Some(guess);
    }
    let best = candidates.into_iter().rev().max_by_key(Survey::rank)?;
    (best.score > 0).then_some(Opinion { encoding: best.encoding, certain: best.certain })
}

/// Whether the first record alone shows that a whole packet can be nothing but big-endian records with types:
/// what would be the first string of revision 1 begins with a control character, and in the other byte order the
/// first record is longer than the packet. It spares most packets three more walks.
fn is_only_plain(packet: &[u8]) -> bool {
    let Some([_, _, high, low, type_high, _]) = packet.first_chunk() else { return false };
    let reversed_length = usize::from(u16::from_le_bytes([*high, *low]));
    let rest = packet.len().saturating_sub(layout::frame::LEN.saturating_add(layout::typed_record::LEN));
    is_harmful(*type_high) && reversed_length > rest
}

/// How well a packet fits one way of reading it.
#[derive(Debug, Clone, Copy)]
struct Survey {
    encoding: Encoding,
    /// Nothing speaks against it.
    certain: bool,
    /// The records consume the packet to the byte.
    exact: bool,
    /// Records that make sense.
    score: u32,
}

impl Survey {
    /// Better is more: the certain before the exact before the plausible.
    fn rank(&self) -> (bool, bool, u32) {
        (self.certain, self.exact && self.score > 0, self.score)
    }

    /// Revisions 2 to 4: records with types.
    fn typed(packet: &[u8], byte_order: ByteOrder, cut: bool) -> Self {
        let read_as = |revision| Encoding { revision, byte_order };
        let mut records = Records::new(packet, read_as(Revision::Three));
        let mut votes = Votes::new(byte_order);
        let last = loop {
            match records.step() {
                Some(Ok(record)) => votes.add(record.record_type, record.payload, record.index),
                other => break other,
            }
        };
        let whole = records.index();
        let ends_well = match last {
            None => records.offset() == packet.len(),
            Some(Err(Short::Payload(record, _))) => {
                if cut || whole == 0 {
                    votes.add_cut(&record, cut && whole == 0);
                }
                cut
            }
            _ => cut,
        };
        let (revision, agreed) = votes.verdict();
        Self {
            encoding: read_as(revision),
            certain: ends_well && agreed,
            exact: ends_well && whole > 0,
            score: match (ends_well && whole > 0, byte_order) {
                // Records of unknown types count only where the whole frame makes sense.
                (true, _) => whole.max(votes.plausible),
                (false, ByteOrder::Big) => votes.plausible,
                // Reversed headers are a fault; a frame is not said to have two of them without need.
                (false, ByteOrder::Little) => 0,
            },
        }
    }

    /// Revision 1: strings, then a packet.
    fn untyped(packet: &[u8], byte_order: ByteOrder, cut: bool) -> Self {
        let encoding = Encoding { revision: Revision::One, byte_order };
        let mut records = Records::new(packet, encoding);
        let mut texts = 0_u32;
        let last = loop {
            match records.step() {
                Some(Ok(record)) if is_text(record.payload) => texts = texts.saturating_add(1),
                Some(Ok(_)) => {}
                other => break other,
            }
        };
        let all_text = texts > 0 && texts == records.index();
        if let Some(Err(Short::Payload(record, _))) = last
            && cut
            && records.index() == 0
            && !record.payload.is_empty()
            && is_printable(record.payload)
        {
            texts = 1;
        }
        let snapshot = packet.get(records.offset()..).unwrap_or_default();
        let ends_well = match last {
            None => snapshot.is_empty() || cut || looks_like_a_packet(snapshot, snapshot.len()),
            Some(_) => cut,
        };
        Self { encoding, certain: all_text && ends_well, exact: all_text && last.is_none(), score: texts }
    }
}

/// What the record types and payloads of a frame speak for.
#[derive(Debug, Clone, Copy)]
struct Votes {
    byte_order: ByteOrder,
    second: u32,
    third: u32,
    fourth: u32,
    /// Records that are what their type says.
    plausible: u32,
    /// A type that only one revision has was there, with a payload that fits it.
    decisive: bool,
    /// A payload of type 1 is neither the text of revision 3 nor the packet of revision 2.
    doubtful: bool,
}

impl Votes {
    const fn new(byte_order: ByteOrder) -> Self {
        Self { byte_order, second: 0, third: 0, fourth: 0, plausible: 0, decisive: false, doubtful: false }
    }

    /// Whether a first record of this type and payload begins a frame of revision 4. Big-endian, the type
    /// alone says so; in the other order it is type 1 of an earlier revision, so the magic has to agree.
    fn begins_rev4(&self, payload: &[u8], whole: bool) -> bool {
        const MAGIC: [u8; 4] = layout::frame_header::MAGIC_VALUE.to_be_bytes();
        const REVERSED: [u8; 4] = layout::frame_header::MAGIC_VALUE.to_le_bytes();
        match self.byte_order {
            ByteOrder::Big if whole => true,
            ByteOrder::Big => {
                !payload.is_empty() && payload.iter().zip(MAGIC).all(|(byte, magic)| *byte == magic)
            }
            ByteOrder::Little => payload.starts_with(&REVERSED) || payload.starts_with(&MAGIC),
        }
    }

    fn add(&mut self, code: Option<u16>, payload: &[u8], index: u32) {
        let code = code.unwrap_or_default();
        // Types 0, 2 and 3 have one meaning each in revisions 2 and 3; only type 1 has two.
        let (vote, fits) = match code {
            record_type::REV4_FRAME_HEADER if index == 0 && self.begins_rev4(payload, true) => {
                (&mut self.fourth, true)
            }
            record_type::REV3_DATA => (&mut self.third, !is_text(payload)),
            record_type::REV2_STATIC | record_type::REV2_DYNAMIC => {
                (&mut self.second, !may_be_a_packet(payload))
            }
            record_type::REV3_STRING if is_text(payload) => (&mut self.third, true),
            record_type::REV2_DATA if may_be_a_packet(payload) => {
                // Bytes that are no text may still be an odd string: only a real packet leaves no doubt.
                self.doubtful |= !looks_like_a_packet(payload, payload.len());
                (&mut self.second, true)
            }
            record_type::REV3_STRING => {
                // An odd string of revision 3, or a runt of revision 2.
                self.doubtful |= !payload.is_empty();
                return;
            }
            _ => return,
        };
        *vote = vote.saturating_add(1);
        self.plausible = self.plausible.saturating_add(u32::from(fits));
        self.decisive |= fits && code != record_type::REV3_STRING;
    }

    /// A record that ends too early: its text has no NUL, its packet no end.
    ///
    /// `lenient` takes the type's word for it: of a packet that the capture cut in its first record, there is
    /// nothing else to go by.
    fn add_cut(&mut self, record: &Record<'_>, lenient: bool) {
        let payload = record.payload;
        let text = !payload.is_empty() && is_printable(payload);
        let packet = looks_like_a_packet(payload, record.length());
        let (vote, fits) = match record.record_type.unwrap_or_default() {
            record_type::REV4_FRAME_HEADER if record.index == 0 && self.begins_rev4(payload, false) => {
                (&mut self.fourth, true)
            }
            record_type::REV3_DATA => (&mut self.third, packet),
            record_type::REV3_STRING if text || (payload.is_empty() && lenient) => (&mut self.third, text),
            record_type::REV2_DATA => (&mut self.second, packet),
            record_type::REV2_STATIC | record_type::REV2_DYNAMIC => (&mut self.second, text),
            _ => return,
        };
        if fits || lenient {
            *vote = vote.saturating_add(1);
            self.plausible = self.plausible.saturating_add(1);
            // The type's word alone makes nothing certain.
            self.doubtful |= !fits;
        }
    }

    /// The revision, and whether no other is possible.
    fn verdict(&self) -> (Revision, bool) {
        if self.fourth > 0 {
            return (Revision::Four, true);
        }
        let (second, third) = (self.second, self.third);
        let revision = if second > third { Revision::Two } else { Revision::Three };
        (revision, (self.decisive || !self.doubtful) && (second == 0) != (third == 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    /// Frames that are right, nearly right, or right in several ways.
    fn frames() -> impl Strategy<Value = Vec<u8>> {
        let payload = prop_oneof![
            Just(b"if.c:7: +ip_output\0".to_vec()),
            Just(Vec::new()),
            proptest::collection::vec(any::<u8>(), 0..40),
            proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(b'a')], 0..300),
            (any::<u8>(), 0..300_usize).prop_map(|(byte, length)| alloc::vec![byte; length]),
        ];
        let code =
            prop_oneof![Just(0_u16), Just(1), Just(2), Just(3), Just(0x100), Just(0x101), any::<u16>()];
        let records = proptest::collection::vec((code, payload), 1..6);
        (records, any::<bool>(), 0..4_u16, 0..3_usize).prop_map(|(records, little, more, cut)| {
            let pair = |number: u16| if little { number.to_le_bytes() } else { number.to_be_bytes() };
            let mut frame = pair(u16::try_from(records.len()).unwrap() + more / 3).to_vec();
            for (code, payload) in records {
                frame.extend_from_slice(&pair(u16::try_from(payload.len()).unwrap()));
                frame.extend_from_slice(&pair(code));
                frame.extend_from_slice(&payload);
            }
            frame.truncate(frame.len() - cut / 2);
            frame
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn the_short_way_ends_where_the_long_one_does(frame in frames()) {
            let long = best_of_all(&frame, Survey::typed(&frame, ByteOrder::Big, false), false);
            if !frame.starts_with(&[0, 0]) && frame.len() >= 2 {
                prop_assert_eq!(opinion(&frame, frame.len()), long);
            }
        }
    }
}
