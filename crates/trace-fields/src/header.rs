//! The headers of a packet one by one, each with its fields: for what compares packets.

use crate::dependence::{HeaderBytes, differing_bytes};
use crate::generated::FieldId;
use crate::headers;
use crate::layers::{Layer, Layers};
use crate::registry::{Field, FieldType, Scope};
use crate::visitor::Visitor;
use mbuf_trace::Link;
use std::ops::ControlFlow;
use std::sync::LazyLock;

/// One protocol header in a packet, with what it carries. Made by [`packet_headers`].
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    layer: Layer<'a>,
}

/// The headers in a packet that was not cut, outermost first, as far as they are known here; a hundred at the most.
pub fn packet_headers(bytes: &[u8], link: Link) -> impl Iterator<Item = Header<'_>> {
    cut_packet_headers(bytes, bytes.len(), link)
}

/// The same of a packet that was so many bytes long on the wire.
pub fn cut_packet_headers(bytes: &[u8], length: usize, link: Link) -> impl Iterator<Item = Header<'_>> {
    Layers::new(bytes, length, link).map(|layer| Header { layer })
}

/// The fields of a protocol.
#[derive(Debug, Default)]
struct ProtocolFields {
    /// The protocol itself.
    own: Option<&'static Field>,
    /// Those of its header, each with the bytes that it depends on.
    header: Vec<(HeaderBytes, &'static Field)>,
}

/// The fields of each protocol, so that nobody has to look through all of them.
static FIELDS: LazyLock<Vec<ProtocolFields>> = LazyLock::new(|| {
    let mut protocols: Vec<ProtocolFields> = Vec::new();
    for field in Field::all().iter().filter(|field| field.scope == Scope::Snapshot) {
        let Some(protocol) = field.protocol else { continue };
        let place = protocol as usize;
        if protocols.len() <= place {
            protocols.resize_with(place.saturating_add(1), ProtocolFields::default);
        }
        let Some(fields) = protocols.get_mut(place) else { continue };
        match field.id {
            FieldId::TcpPayload | FieldId::UdpPayload => {}
            _ if field.ty == FieldType::Protocol => fields.own = Some(field),
            _ => fields.header.push((field.id.depends_on(), field)),
        }
    }
    protocols
});

impl<'a> Header<'a> {
    fn all_fields(&self) -> Option<&'static ProtocolFields> {
        FIELDS.get(self.layer.protocol.field() as usize)
    }

    /// The protocol as a field: `ip`. None where the specification declares none.
    #[must_use]
    pub fn protocol(&self) -> Option<&'static Field> {
        self.all_fields()?.own
    }

    /// The fields that this protocol can have, the protocol itself and its payload left out, in the specification's
    /// order.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.header_fields().iter().map(|(_, field)| *field)
    }

    /// Those of them that [depend](FieldId::depends_on) on any of these bytes.
    pub fn fields_depending_on(&self, bytes: HeaderBytes) -> impl Iterator<Item = &'static Field> + use<> {
        let fields = self.header_fields().iter();
        fields.filter(move |(depends_on, _)| depends_on.meets(bytes)).map(|(_, field)| *field)
    }

    fn header_fields(&self) -> &'static [(HeaderBytes, &'static Field)] {
        self.all_fields().map(|fields| fields.header.as_slice()).unwrap_or_default()
    }

    /// The bytes that differ from those of another header. A field that [depends](FieldId::depends_on) on none of them
    /// has the same values in both.
    #[must_use]
    pub fn differing_bytes(&self, other: &Header<'_>) -> HeaderBytes {
        differing_bytes(&self.layer, &other.layer)
    }

    /// From the header's first byte to the end of what it carries, without padding behind that.
    #[must_use]
    pub const fn bytes(&self) -> &'a [u8] {
        self.layer.bytes
    }

    /// Whether both are headers of one protocol.
    #[must_use]
    pub fn is_like(&self, other: &Header<'_>) -> bool {
        self.layer.protocol == other.layer.protocol
    }

    /// The same header, had it these bytes.
    #[must_use]
    pub fn with_bytes<'b>(&self, bytes: &'b [u8]) -> Header<'b> {
        let missing = self.layer.length.saturating_sub(self.layer.bytes.len());
        Header { layer: Layer { bytes, length: bytes.len().saturating_add(missing), ..self.layer } }
    }

    /// Calls `visit` with every value that the field has in this header.
    pub fn visit(&self, field: FieldId, visit: &mut Visitor<'_>) -> ControlFlow<()> {
        headers::visit(self.layer, field, visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_header_with_its_own_fields() {
        let mut packet = vec![0; 14];
        packet[12] = 8;
        packet.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        packet.extend([0, 53, 0, 54, 0, 8, 0, 0]);
        let mut shown = Vec::new();
        for header in packet_headers(&packet, Link::Ethernet) {
            let protocol = header.protocol().unwrap();
            assert!(header.fields().all(|field| field.name.starts_with(protocol.name)));
            shown.push(format!("{} {}", protocol.name, header.bytes().len()));
        }
        assert_eq!(shown, ["eth 42", "ip 28", "udp 8"]);
    }
}
