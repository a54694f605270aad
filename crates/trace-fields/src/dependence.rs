//! Which bytes of a header the values of its fields depend on: so that of two headers that differ in few bytes, only
//! the fields that these bytes can change are looked at.

use crate::generated::FieldId;
use crate::layers::Layer;

/// Some of the bytes of a header and of what it carries: a bit for each of the first 63, and the highest bit for all
/// bytes behind them and for lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderBytes(u64);

/// Bytes with a bit each.
const FIRST: usize = 63;

/// Headers of fewer bytes are told to be there, or not, by their length too.
const SHORT: usize = 16;

impl HeaderBytes {
    const ALL: Self = Self(u64::MAX);
    /// None of them.
    pub const NONE: Self = Self(0);
    /// The bytes that say what IPv4 fields there are: version, header length, total length.
    const IPV4: Self = Self::range(0, 1).and(Self::range(2, 4));
    /// The byte that says how long a TCP header is.
    const TCP: Self = Self::range(12, 13);

    /// From this byte to before that one.
    const fn range(from: usize, to: usize) -> Self {
        Self(Self::from(from).0 & !Self::from(to).0)
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any byte is in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The byte in this place.
    #[must_use]
    pub const fn at(place: usize) -> Self {
        Self(1_u64.unbounded_shl(bit(place)))
    }

    /// All from this place on, and lengths.
    const fn from(place: usize) -> Self {
        Self(Self::ALL.0.unbounded_shl(bit(place)))
    }
}

/// The bit of the byte in this place.
#[expect(clippy::cast_possible_truncation, reason = "at most 63")]
const fn bit(place: usize) -> u32 {
    if place < FIRST { place as u32 } else { FIRST as u32 }
}

impl FieldId {
    /// The bytes of a header of its own protocol that can change the field's values: all of them where it is not known
    /// better. A test holds this to what the values do.
    #[must_use]
    pub const fn depends_on(self) -> HeaderBytes {
        let range = HeaderBytes::range;
        match self {
            Self::EthDst => range(0, 6),
            Self::EthSrc => range(6, 12),
            Self::EthAddr => range(0, 12),
            Self::EthDstLg | Self::EthDstIg => range(0, 1),
            Self::EthSrcLg | Self::EthSrcIg => range(6, 7),
            Self::EthLg | Self::EthIg => range(0, 1).and(range(6, 7)),
            Self::EthType | Self::EthLen => range(12, 14),

            Self::IpVersion | Self::IpHdrLen => range(0, 1),
            Self::IpDsfield | Self::IpDsfieldDscp | Self::IpDsfieldEcn => range(0, 2),
            Self::IpId => HeaderBytes::IPV4.and(range(4, 6)),
            Self::IpFlags | Self::IpFlagsRb | Self::IpFlagsDf | Self::IpFlagsMf | Self::IpFragOffset => {
                HeaderBytes::IPV4.and(range(6, 8))
            }
            Self::IpTtl => HeaderBytes::IPV4.and(range(8, 9)),
            Self::IpProto => HeaderBytes::IPV4.and(range(9, 10)),
            Self::IpChecksum => HeaderBytes::IPV4.and(range(10, 12)),
            Self::IpSrc => HeaderBytes::IPV4.and(range(12, 16)),
            // The destination might stand in an option, whose length might stand in the first byte behind the header.
            Self::IpDst => HeaderBytes::IPV4.and(range(16, 61)),
            Self::IpAddr => HeaderBytes::IPV4.and(range(12, 61)),

            Self::Ipv6Version | Self::Ipv6Tclass | Self::Ipv6TclassDscp => range(0, 4),
            Self::Ipv6TclassEcn | Self::Ipv6Flow => range(0, 4),
            Self::Ipv6Plen => range(0, 1).and(range(4, 6)),
            Self::Ipv6Nxt => range(0, 1).and(range(6, 7)),
            Self::Ipv6Hlim => range(0, 1).and(range(7, 8)),
            Self::Ipv6Src => range(0, 1).and(range(8, 24)),
            Self::Ipv6Dst => range(0, 1).and(range(24, 40)),
            Self::Ipv6Addr => range(0, 1).and(range(8, 40)),

            Self::UdpSrcport => range(0, 2),
            Self::UdpDstport => range(2, 4),
            Self::UdpPort => range(0, 4),
            Self::UdpLength => range(4, 6),

            Self::TcpSrcport => range(0, 2),
            Self::TcpDstport => range(2, 4),
            Self::TcpPort => range(0, 4),
            Self::TcpHdrLen => HeaderBytes::TCP,
            Self::TcpSeqRaw => range(4, 8),
            Self::TcpAckRaw => HeaderBytes::TCP.and(range(8, 12)),
            Self::TcpFlags | Self::TcpFlagsRes | Self::TcpFlagsAe | Self::TcpFlagsCwr => range(12, 14),
            Self::TcpFlagsEce | Self::TcpFlagsUrg | Self::TcpFlagsAck | Self::TcpFlagsPush => range(12, 14),
            Self::TcpFlagsReset | Self::TcpFlagsSyn | Self::TcpFlagsFin => range(12, 14),
            Self::TcpWindowSizeValue => HeaderBytes::TCP.and(range(14, 16)),
            Self::TcpChecksum => HeaderBytes::TCP.and(range(16, 18)),
            Self::TcpUrgentPointer => HeaderBytes::TCP.and(range(18, 20)),
            Self::TcpOptions => HeaderBytes::TCP.and(range(20, 60)),
            // What they mean hangs on what is acknowledged.
            Self::TcpOptionKind | Self::TcpOptionLen | Self::TcpOptionsMssVal => TCP_OPTIONS,
            Self::TcpOptionsWscaleShift | Self::TcpOptionsWscaleMultiplier => TCP_OPTIONS,
            Self::TcpOptionsSackCount => TCP_OPTIONS,
            Self::TcpOptionsTimestampTsval | Self::TcpOptionsTimestampTsecr => TCP_OPTIONS,
            _ => HeaderBytes::ALL,
        }
    }
}

const TCP_OPTIONS: HeaderBytes = HeaderBytes::range(8, 14).and(HeaderBytes::range(20, 60));

/// The bytes that differ between two headers. A field that depends on none of them has the same values in both.
pub(crate) fn differing_bytes(one: &Layer<'_>, other: &Layer<'_>) -> HeaderBytes {
    let common = one.bytes.len().min(other.bytes.len());
    let as_long = one.bytes.len() == other.bytes.len() && one.length == other.length;
    let alike = (one.protocol, one.partial, one.quoted) == (other.protocol, other.partial, other.quoted);
    if !alike || !as_long && common < SHORT {
        return HeaderBytes::ALL;
    }
    let behind = match as_long {
        true if one.bytes.get(FIRST..) == other.bytes.get(FIRST..) => HeaderBytes::NONE,
        true => HeaderBytes::from(FIRST),
        false => HeaderBytes::from(common),
    };
    let (first, of_other) = (first_words(one.bytes), first_words(other.bytes));
    let words = first.iter().zip(&of_other).zip((0..).step_by(8)).filter(|((one, other), _)| one != other);
    words.fold(behind, |differing, ((one, other), start)| {
        let bytes = one.iter().zip(other).zip(start..).filter(|((one, other), _)| one != other);
        bytes.fold(differing, |differing, (_, place)| differing.and(HeaderBytes::at(place)))
    })
}

/// The first bytes, zeros behind the last one, in parts that are compared at once.
fn first_words(bytes: &[u8]) -> [[u8; 8]; 8] {
    let mut words = [[0; 8]; 8];
    for (byte, place) in bytes.iter().zip(words.as_flattened_mut()) {
        *place = *byte;
    }
    words
}
