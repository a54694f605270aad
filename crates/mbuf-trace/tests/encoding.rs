//! Names of revisions and orders, as people write them.

use mbuf_trace::revision::UnknownEncoding;
use mbuf_trace::{ByteOrder, Encoding, Order, Revision};

#[test]
fn encodings_are_read_as_they_are_shown() {
    for revision in Revision::ALL {
        let encoding: Encoding = revision.to_string().parse().unwrap();
        assert_eq!(encoding, Encoding::new(revision));
        assert_eq!(encoding.to_string(), revision.number().to_string());
        assert_eq!(Revision::from_number(revision.number()), Some(revision));
        assert!(!encoding.is_reversed());
    }
    let little: Encoding = "1le".parse().unwrap();
    assert_eq!(little, Encoding { revision: Revision::One, byte_order: ByteOrder::Little });
    assert_eq!(little.to_string(), "1le");
    assert!(!little.is_reversed(), "revision 1 has both byte orders");
    for text in ["", "0", "5", "2le", "1be", "1LE", " 1", "01"] {
        assert_eq!(text.parse::<Encoding>(), Err(UnknownEncoding), "{text}");
    }
    assert_eq!([0, 5].map(Revision::from_number), [None, None]);
}

#[test]
fn only_revision_1_is_little_endian() {
    for revision in [Revision::Two, Revision::Three, Revision::Four] {
        assert!(Encoding { revision, byte_order: ByteOrder::Little }.is_reversed(), "{revision}");
    }
}

#[test]
fn orders_have_the_names_of_filters() {
    assert_eq!(Order::NewestFirst.name(), "newest_first");
    assert_eq!(Order::OldestFirst.name(), "oldest_first");
}
