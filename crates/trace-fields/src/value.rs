//! One value of a field.

use crate::registry::{Base, Field, FieldType};
use crate::short::Short;
use capture_file::{Resolution, Timestamp};
use mbuf_trace::Text;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// One value of a field. Borrows from the packet or from the caller's [`Scratch`](crate::Scratch).
///
/// `Display` shows numbers in decimal; a field's own base is applied by [`Field::show`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Of [`FieldType::Boolean`].
    Bool(bool),
    /// Of the four unsigned types.
    Uint(u64),
    /// Of [`FieldType::String`]: any bytes at all.
    Text(Text<'a>),
    /// Of [`FieldType::Bytes`].
    Bytes(&'a [u8]),
    /// Of [`FieldType::Ipv4`].
    Ipv4(Ipv4Addr),
    /// Of [`FieldType::Ipv6`].
    Ipv6(Ipv6Addr),
    /// Of [`FieldType::Ether`].
    Ether([u8; 6]),
    /// Of [`FieldType::AbsoluteTime`], and of [`FieldType::RelativeTime`] as the instant that is as long after
    /// 1970-01-01T00:00:00Z.
    Time(Timestamp),
    /// Of [`FieldType::Protocol`]: it is there, with these bytes from its header to the end of what it
    /// carries.
    Protocol(&'a [u8]),
}

/// As `tshark -T fields` prints it, text escaped as [`Text`] is. tshark describes a protocol in words of
/// its dissector; here a protocol that is there is `1`.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Text(text) => text.fmt(f),
            Self::Ipv4(address) => f.pad(Short::ipv4(address).as_str()),
            Self::Ipv6(address) => address.fmt(f),
            Self::Time(time) => {
                // Nine digits as Wireshark prints them, or all of a finer clock's.
                let coarse = time.resolution().exponent() <= 9;
                let nanos = time.to_resolution(Resolution::NANOS).filter(|(_, exact)| coarse && *exact);
                nanos.map_or(time, |(nanos, _)| nanos).epoch().fmt(f)
            }
            _ => self.write(f),
        }
    }
}

impl Value<'_> {
    /// Writes what `Display` shows, most values without the machinery of formats.
    fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match *self {
            Self::Bool(value) => out.write_str(if value { "1" } else { "0" }),
            Self::Uint(value) => out.write_str(itoa::Buffer::new().format(value)),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(out, "{byte:02x}")),
            Self::Ipv4(address) => out.write_str(Short::ipv4(address).as_str()),
            Self::Ether(address) => out.write_str(Short::ether(address).as_str()),
            Self::Protocol(_) => out.write_str("1"),
            Self::Ipv6(address) => out.write_str(Short::ipv6(address).as_str()),
            Self::Text(_) | Self::Time(_) => write!(out, "{self}"),
        }
    }
}

/// A value as its field shows it. Made by [`Field::show`].
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    pub(crate) field: &'static Field,
    pub(crate) value: Value<'a>,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.value, self.field.base) {
            (Value::Time(time), _) if self.field.ty == FieldType::AbsoluteTime => calendar(time, f),
            (Value::Text(_) | Value::Ipv4(_) | Value::Ipv6(_) | Value::Time(_), _) => self.value.fmt(f),
            _ => self.write(f),
        }
    }
}

impl Shown<'_> {
    /// Writes what `Display` shows, most values without the machinery of formats.
    ///
    /// # Errors
    ///
    /// When the output fails; a string does not.
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        match (self.value, self.field.base) {
            (Value::Uint(value), Base::Hex) => {
                let digits = match self.field.ty {
                    FieldType::Uint8 => 2,
                    FieldType::Uint16 => 4,
                    FieldType::Uint24 => 6,
                    FieldType::Uint32 => 8,
                    _ => 16,
                };
                out.write_str(Short::hex(value, digits).as_str())
            }
            (Value::Bytes(bytes), Base::Colons) if bytes.len() == 6 => bytes
                .iter()
                .enumerate()
                .try_for_each(|(at, byte)| write!(out, "{}{byte:02x}", if at == 0 { "" } else { ":" })),
            (Value::Protocol(_), _) => out.write_str(self.field.name),
            (Value::Time(_), _) => write!(out, "{self}"),
            (value, _) => value.write(out),
        }
    }
}

/// As Wireshark 4.0 shows a point in time where the time zone is UTC: `Nov 14, 2023 22:13:20.123456000 UTC`.
fn calendar(time: Timestamp, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let date = time.civil();
    let month = usize::from(date.month).checked_sub(1).and_then(|month| MONTHS.get(month));
    write!(f, "{} {:2}, {:04} ", month.copied().unwrap_or("?"), date.day, date.year)?;
    write!(f, "{:02}:{:02}:{:02}", date.hour, date.minute, date.second)?;
    // The fraction as the epoch has it after a whole number of seconds that is not negative.
    let fraction = Timestamp::new(0, time.subsecond_ticks(), time.resolution());
    let shown = Value::Time(fraction).to_string();
    write!(f, "{} UTC", shown.strip_prefix('0').unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FieldId;

    #[test]
    fn shown_as_tshark_does() {
        let nanos = Timestamp::new(1_700_000_000, 123_456, Resolution::MICROS);
        let finer = Timestamp::new(0, 1, Resolution::from_code(12));
        let whole = Timestamp::new(-2, 0, Resolution::from_code(0));
        let table = [
            (FieldId::TcpFlagsSyn, Value::Bool(true), "1"),
            (FieldId::EthType, Value::Uint(0x800), "0x0800"),
            (FieldId::IpTtl, Value::Uint(64), "64"),
            (FieldId::MbufTraceBytes, Value::Bytes(&[0, 0xab]), "00ab"),
            (FieldId::EthDst, Value::Ether([2, 0, 0, 0, 0, 0xff]), "02:00:00:00:00:ff"),
            (FieldId::IpSrc, Value::Ipv4(Ipv4Addr::LOCALHOST), "127.0.0.1"),
            (FieldId::Ipv6Src, Value::Ipv6(Ipv6Addr::LOCALHOST), "::1"),
            (FieldId::FrameTimeEpoch, Value::Time(nanos), "1700000000.123456000"),
            (FieldId::FrameTimeEpoch, Value::Time(finer), "0.000000000001"),
            (FieldId::FrameTimeEpoch, Value::Time(whole), "-2.000000000"),
            (FieldId::FrameTime, Value::Time(nanos), "Nov 14, 2023 22:13:20.123456000 UTC"),
            (FieldId::FrameTime, Value::Time(whole), "Dec 31, 1969 23:59:58.000000000 UTC"),
            (FieldId::Ipv6Flow, Value::Uint(0xabc), "0x000abc"),
            (FieldId::MbufTraceText, Value::Text(Text(b"a\nb\x1b")), "a\\nb\\x1b"),
            (FieldId::Ip, Value::Protocol(b"E"), "ip"),
        ];
        for (field, value, expected) in table {
            assert_eq!(field.field().show(value).to_string(), expected);
        }
    }
}
