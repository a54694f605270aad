//! What events say in words: their path, their text, and both of them with the position.

use mbuf_trace::{Encoding, Event, Kind, Position, Revision, Text, Trace};

/// A frame of revision 3 of these strings, oldest first.
pub(crate) fn frame(strings: &[&str]) -> Vec<u8> {
    let mut out = u16::try_from(strings.len()).unwrap().to_be_bytes().to_vec();
    for string in strings.iter().rev() {
        out.extend(u16::try_from(string.len() + 1).unwrap().to_be_bytes());
        out.extend([&[0, 1], string.as_bytes(), b"\0"].concat());
    }
    out
}

fn path(strings: &[&str]) -> Option<String> {
    let frame = frame(strings);
    let trace = Trace::parse(&frame, frame.len(), Encoding::new(Revision::Three));
    let mut out = b"before ".to_vec();
    let any = trace.write_path(&mut out);
    let written = String::from_utf8(out.split_off(7)).unwrap();
    assert_eq!(any, !written.is_empty());
    any.then_some(written)
}

#[test]
fn a_path_is_of_functions_that_are_entered_or_passed() {
    assert_eq!(path(&[]), None);
    assert_eq!(path(&["-ip_input", "hello world", "f.c:9"]), None);
    assert_eq!(path(&["+ip_input"]).unwrap(), "ip_input");
    let strings = ["f.c:1: +ip_input", "pf_test(vtnet0)", "-ip_input", "f.c:7: +ip_output"];
    assert_eq!(path(&strings).unwrap(), "ip_input > pf_test > ip_output");
}

#[test]
fn events_in_words() {
    let position = Position { file: Text(b"f.c"), line: 1090 };
    let event =
        |kind, function: &'static str, args: Option<&'static str>, text: Option<&'static str>| Event {
            position: Some(position),
            function: (!function.is_empty()).then_some(Text(function.as_bytes())),
            args: args.map(|args| Text(args.as_bytes())),
            text: text.map(|text| Text(text.as_bytes())),
            ..Event::new(kind)
        };
    let table = [
        (event(Kind::Enter, "f", None, None), Some("+f"), Some("f.c:1090: +f")),
        (event(Kind::Leave, "f", Some("a, b"), None), Some("-f(a, b)"), Some("f.c:1090: -f(a, b)")),
        (event(Kind::Function, "f", Some(""), None), Some("f()"), Some("f.c:1090: f()")),
        (event(Kind::Function, "f", None, Some("f ( )")), Some("f ( )"), Some("f.c:1090: f ( )")),
        (event(Kind::Drop, "f", None, Some("full")), Some("full"), Some("f.c:1090: full")),
        (event(Kind::Static, "", None, None), Some(""), Some("f.c:1090: ")),
        (event(Kind::Position, "", None, None), None, Some("f.c:1090")),
        (event(Kind::Data, "", None, Some("x")), None, None),
        (event(Kind::Unknown, "", None, Some("x")), None, None),
    ];
    for (event, text, data) in table {
        let (mut words, mut whole) = (Vec::new(), Vec::new());
        let words = event.write_text(&mut words).then(|| String::from_utf8(words).unwrap());
        let whole = event.write_data(&mut whole).then(|| String::from_utf8(whole).unwrap());
        assert_eq!((words.as_deref(), whole.as_deref()), (text, data), "{event:?}");
    }
    assert_eq!(position.to_string(), "f.c:1090");
    let hidden = Position { file: Text(b"\x1bf\n"), line: 4_294_967_295 };
    assert_eq!(hidden.to_string(), r"\x1bf\n:4294967295");
}
