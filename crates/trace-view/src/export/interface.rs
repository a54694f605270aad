//! Which network interface a packet is at, as far as the events of its trace say so.
//!
//! No record has a field for it. Calls name the interface among their arguments (`if_transmit(vtnet0)`,
//! `pf_test(in, em0)`), and a trace that an interface started is labelled with it.

use mbuf_trace::{Event, Kind, Origin};

/// Most bytes of an interface's name: `IFNAMSIZ` of FreeBSD's `net/if.h`, without the NUL.
const LONGEST: usize = 15;

/// The interface that an event names.
pub(super) fn named<'a>(event: &Event<'a>) -> Option<&'a str> {
    match event.kind {
        Kind::Start if event.origin == Some(Origin::INTERFACE) => {
            event.text?.to_str().filter(|label| is_name(label))
        }
        // What a leave has in its parentheses is a result.
        Kind::Enter | Kind::Function => {
            let args = event.args?.to_str()?;
            args.split([',', ' ']).find(|arg| has_unit(arg))
        }
        _ => None,
    }
}

fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_part)
}

/// Whether an argument is a driver's name and a unit number, perhaps of a VLAN: `em0`, `vtnet12`, `ix0.100`.
fn has_unit(text: &str) -> bool {
    let (device, vlan) = text.split_once('.').unwrap_or((text, "0"));
    let driver = device.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_driver = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    is_name(text)
        && driver.len() >= 2
        && driver.len() < device.len()
        && driver.starts_with(|letter: char| letter.is_ascii_lowercase())
        && driver.bytes().all(is_driver)
        && !vlan.is_empty()
        && vlan.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mbuf_trace::Text;

    #[test]
    fn names_among_arguments() {
        let table = [
            ("+if_transmit(vtnet0)", Some("vtnet0")),
            ("+pf_test(in, em0)", Some("em0")),
            ("ether_output(ix0.100)", Some("ix0.100")),
            ("+ng_ether(ng0_a, epair1a)", None),
            ("-ip_input(em0)", None),
            ("+ip_output", None),
            ("+f(0)", None),
            ("+f(PF_PASS)", None),
            ("+f(10.0.0.1)", None),
            ("+f(em0.)", None),
            ("+f(averyveryverylongname0)", None),
            ("free text em0", None),
        ];
        for (text, expected) in table {
            let event = Event::from_text(Kind::String, Text(text.as_bytes()));
            assert_eq!(named(&event), expected, "{text}");
        }
    }

    #[test]
    fn the_label_of_a_start() {
        let start =
            Event { origin: Some(Origin::INTERFACE), text: Some(Text(b"wan")), ..Event::new(Kind::Start) };
        assert_eq!(named(&start), Some("wan"));
        assert_eq!(named(&Event { origin: Some(Origin::PF_RULE), ..start }), None);
        assert_eq!(named(&Event { text: Some(Text(b"two words")), ..start }), None);
    }
}
