//! How far a word reaches that stands without quotes: names, numbers, addresses and bytes.
//!
//! Wireshark's scanner knows these forms and takes the one that reaches farthest:
//!
//! | form | examples |
//! |---|---|
//! | name or number | `ip.src`, `.ip.src`, `0x1f`, `a-b.c-d` |
//! | Ethernet address | `02:00:00:00:00:01`, also with `-` or `.`; `0200.0000.0001` |
//! | IPv4 address | `10.0.0.1`, `10.0.0.0/8` |
//! | IPv6 address | `fe80::1`, `::ffff:10.0.0.1`, `fe80::/10` |
//! | bytes | `08:00`, `08-00`, `08.00`, each also with `:` in front |
//! | one number of bytes | `:0800` |

/// Length of the word that the text begins with, in bytes; none where there is no word.
pub(crate) fn length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let forms = [
        name(bytes),
        pairs(bytes),
        separated(bytes, b'.', 4, 3).filter(|_| digits(bytes, 4)),
        ipv4(bytes).map(|length| length.saturating_add(prefix(bytes, length, 2))),
        ipv6(text).map(|length| length.saturating_add(prefix(bytes, length, 3))),
        colon_number(bytes),
    ];
    forms.into_iter().flatten().max()
}

fn at(bytes: &[u8], place: usize) -> u8 {
    bytes.get(place).copied().unwrap_or_default()
}

/// How many bytes from `place` on are of this kind.
fn run(bytes: &[u8], place: usize, kind: impl Fn(u8) -> bool) -> usize {
    bytes.get(place..).unwrap_or_default().iter().take_while(|byte| kind(**byte)).count()
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn name(bytes: &[u8]) -> Option<usize> {
    let start = usize::from(at(bytes, 0) == b'.');
    if !is_letter(at(bytes, start)) {
        return None;
    }
    let part = |place| run(bytes, place, |byte| is_letter(byte) || byte == b'-');
    let mut end = start.saturating_add(part(start));
    while at(bytes, end) == b'.' {
        let next = end.saturating_add(1);
        let length = part(next);
        if length == 0 {
            break;
        }
        end = next.saturating_add(length);
    }
    Some(end)
}

/// Whether the bytes begin with so many hexadecimal digits.
fn digits(bytes: &[u8], count: usize) -> bool {
    bytes.get(..count).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// Groups of `size` hexadecimal digits with `separator` between them, at least two and at most `most`.
fn separated(bytes: &[u8], separator: u8, size: usize, most: usize) -> Option<usize> {
    if !digits(bytes, size) {
        return None;
    }
    let mut end = size;
    for _ in 1..most {
        let next = end.saturating_add(1);
        if at(bytes, end) != separator || !digits(bytes.get(next..)?, size) {
            break;
        }
        end = next.saturating_add(size);
    }
    (end > size).then_some(end)
}

fn pairs(bytes: &[u8]) -> Option<usize> {
    let colon = usize::from(at(bytes, 0) == b':');
    let inside = bytes.get(colon..)?;
    let longest =
        [b':', b'.', b'-'].into_iter().filter_map(|sign| separated(inside, sign, 2, usize::MAX)).max()?;
    Some(longest.saturating_add(colon))
}

fn colon_number(bytes: &[u8]) -> Option<usize> {
    let count = run(bytes, 1, |byte| byte.is_ascii_hexdigit());
    (at(bytes, 0) == b':' && count > 0).then(|| count.saturating_add(1))
}

/// Four decimal numbers up to 255 without leading zeros.
fn ipv4(bytes: &[u8]) -> Option<usize> {
    let mut end = 0_usize;
    for place in 0..4 {
        if place > 0 {
            if at(bytes, end) != b'.' {
                return None;
            }
            end = end.saturating_add(1);
        }
        let count = run(bytes, end, |byte| byte.is_ascii_digit()).min(3);
        let octet = |length: usize| {
            let text = std::str::from_utf8(bytes.get(end..end.checked_add(length)?)?).ok()?;
            let plain = length == 1 || !text.starts_with('0');
            text.parse::<u8>().ok().filter(|_| plain)
        };
        // Of 256, the 25 is a number.
        let length = (1..=count).rev().find(|length| octet(*length).is_some())?;
        end = end.saturating_add(length);
    }
    Some(end)
}

/// The longest beginning of the text that is an IPv6 address.
fn ipv6(text: &str) -> Option<usize> {
    // The longest one has eight groups of four digits, or six and an IPv4 address.
    const LONGEST: usize = 45;
    let bytes = text.as_bytes();
    let reach = run(bytes, 0, |byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')).min(LONGEST);
    (2..=reach).rev().find(|length| {
        text.get(..*length)
            .is_some_and(|part| part.contains(':') && part.parse::<std::net::Ipv6Addr>().is_ok())
    })
}

/// Length of `/24` behind an address.
fn prefix(bytes: &[u8], place: usize, most: usize) -> usize {
    let count = run(bytes, place.saturating_add(1), |byte| byte.is_ascii_digit()).min(most);
    if at(bytes, place) == b'/' && count > 0 { count.saturating_add(1) } else { 0 }
}

#[cfg(test)]
mod tests {
    #[test]
    fn words() {
        let table = [
            ("ip.src==1", "ip.src"),
            ("frame.number-1", "frame.number-1"),
            ("a- b", "a-"),
            (".ip x", ".ip"),
            ("5..9", "5"),
            ("1.5..2", "1.5"),
            ("ip..src", "ip"),
            ("10.0.0.0/8,", "10.0.0.0/8"),
            ("10.0.0.0/244", "10.0.0.0/24"),
            ("256.0.0.1/8", "256.0.0.1"),
            ("10.0/16", "10.0"),
            ("fe80::/10]", "fe80::/10"),
            ("fe80::1..fe80::2", "fe80::1"),
            ("::", "::"),
            ("::ffff:10.0.0.1", "::ffff:10.0.0.1"),
            ("02:00:00:00:00:01", "02:00:00:00:00:01"),
            ("0200.0000.0001", "0200.0000.0001"),
            ("ff-ff-x", "ff-ff-x"),
            (":0800", ":0800"),
            (":08:00:4", ":08:00"),
            ("08:00:4", "08:00"),
            ("8:0", "8"),
            ("0800:45", "0800"),
        ];
        for (text, word) in table {
            assert_eq!(super::length(text).and_then(|length| text.get(..length)), Some(word), "{text}");
        }
        for text in ["", "+", "é", ":", "..", ".", "/8", "-1"] {
            assert_eq!(super::length(text), None, "{text}");
        }
    }
}
