//! Capture filters, pcap-filter(7), in the place of a display filter: known by their words, and said in the other
//! language. Only for messages: nothing of it is accepted.

use std::net::IpAddr;

/// Words that stand by themselves in capture filters, and in display filters never.
const WORDS: [&str; 7] = ["host", "net", "port", "portrange", "src", "dst", "proto"];

/// What to do about it, if this is a capture filter.
pub(crate) fn help(text: &str) -> Option<String> {
    // What a person types.
    const LONGEST: usize = 200;
    if text.len() > LONGEST {
        return None;
    }
    let text = text.replace('!', " ! ");
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let known = words.iter().find(|word| WORDS.contains(word))?;
    Some(match display_filter(&words) {
        Some(same) => format!("this is capture-filter syntax, as of tcpdump; the display filter is `{same}`"),
        None => format!(
            "`{known}` is capture-filter syntax, as of tcpdump; display filters are written like `ip.addr == 10.0.0.1` or `tcp.port == 80`"
        ),
    })
}

/// The display filter that says the same as primitives joined by `and`, or by `or`. Both in one are left alone: in
/// capture filters they bind alike.
fn display_filter(words: &[&str]) -> Option<String> {
    let is_and = |word: &&str| matches!(*word, "and" | "&&");
    let is_or = |word: &&str| matches!(*word, "or" | "||");
    let ands = words.iter().any(is_and);
    if ands && words.iter().any(is_or) {
        return None;
    }
    let parts: Vec<&[&str]> = words.split(|word| is_and(word) || is_or(word)).collect();
    let is_alone = parts.len() == 1;
    let parts: Option<Vec<String>> =
        parts.into_iter().map(|part| primitive(part, is_alone || !ands)).collect();
    Some(parts?.join(if ands { " and " } else { " or " }))
}

/// One primitive, perhaps negated; in parentheses where it becomes an `or` that may not stand there.
fn primitive(words: &[&str], may_be_or: bool) -> Option<String> {
    match words {
        ["not" | "!", rest @ ..] => Some(format!("not {}", plain(rest, false)?)),
        _ => plain(words, may_be_or),
    }
}

fn plain(words: &[&str], may_be_or: bool) -> Option<String> {
    let (protocol, words) = match words {
        [protocol @ ("tcp" | "udp" | "ip" | "arp" | "icmp"), rest @ ..] => (Some(*protocol), rest),
        ["ip6", rest @ ..] => (Some("ipv6"), rest),
        ["icmp6", rest @ ..] => (Some("icmpv6"), rest),
        _ => (None, words),
    };
    let (side, words) = match words {
        [side @ ("src" | "dst"), rest @ ..] => (*side, rest),
        _ => ("", words),
    };
    let tests: Vec<String> = match (words, protocol) {
        ([], Some(protocol)) if side.is_empty() => vec![protocol.to_owned()],
        (["port", port], None | Some("tcp" | "udp")) => {
            let port: u16 = port.parse().ok()?;
            let name = if side.is_empty() { "port".to_owned() } else { format!("{side}port") };
            let protocols = protocol.map_or(vec!["tcp", "udp"], |protocol| vec![protocol]);
            protocols.iter().map(|protocol| format!("{protocol}.{name} == {port}")).collect()
        }
        (["host" | "net", address] | [address], None | Some("ip" | "ipv6")) => {
            // Without a word before it, only a direction makes an address one.
            if words.len() == 1 && side.is_empty() {
                return None;
            }
            let (host, bits) = address.split_once('/').unwrap_or((address, "0"));
            let _: u8 = bits.parse().ok()?;
            let own = match host.parse().ok()? {
                IpAddr::V4(_) => "ip",
                IpAddr::V6(_) => "ipv6",
            };
            let name = if side.is_empty() { "addr" } else { side };
            protocol
                .is_none_or(|protocol| protocol == own)
                .then(|| vec![format!("{own}.{name} == {address}")])?
        }
        _ => return None,
    };
    let joined = tests.join(" or ");
    Some(if tests.len() > 1 && !may_be_or { format!("({joined})") } else { joined })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Filter;

    #[test]
    fn the_same_as_a_display_filter() {
        let table = [
            ("host 10.0.0.1", Some("ip.addr == 10.0.0.1")),
            ("host fe80::1", Some("ipv6.addr == fe80::1")),
            ("src host 10.0.0.1", Some("ip.src == 10.0.0.1")),
            ("dst 10.0.0.1", Some("ip.dst == 10.0.0.1")),
            ("net 10.0.0.0/8", Some("ip.addr == 10.0.0.0/8")),
            ("ip6 dst net fe80::/10", Some("ipv6.dst == fe80::/10")),
            ("port 80", Some("tcp.port == 80 or udp.port == 80")),
            ("tcp port 80", Some("tcp.port == 80")),
            ("udp dst port 53", Some("udp.dstport == 53")),
            ("not port 22", Some("not (tcp.port == 22 or udp.port == 22)")),
            ("! host 10.0.0.1", Some("not ip.addr == 10.0.0.1")),
            ("icmp and host 10.0.0.1", Some("icmp and ip.addr == 10.0.0.1")),
            ("host 10.0.0.1 and port 80", Some("ip.addr == 10.0.0.1 and (tcp.port == 80 or udp.port == 80)")),
            (
                "port 80 or port 443",
                Some("tcp.port == 80 or udp.port == 80 or tcp.port == 443 or udp.port == 443"),
            ),
            ("host 10.0.0.1 or icmp6 and port 80", None),
            ("host www.example.org", None),
            ("port http", None),
            ("port 65536", None),
            ("net 10", None),
            ("ip host fe80::1", None),
            ("icmp port 80", None),
            ("host 10.0.0.1 and", None),
            ("10.0.0.1", None),
            ("tcp src", None),
        ];
        for (text, same) in table {
            let words: Vec<&str> = text.split(' ').collect();
            let found = display_filter(&words);
            assert_eq!(found.as_deref(), same, "{text}");
            if let Some(found) = found {
                assert!(Filter::compile(&found).is_ok(), "{found}");
            }
        }
    }
}
