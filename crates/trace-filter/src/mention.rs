//! Bytes without which a packet cannot pass a test. Looking for them in the whole packet takes a small part of the time
//! that decoding takes, and most packets that do not pass lack them.

use crate::compiled::{Check, Constant, Member, Relation};
use crate::source::Source;
use mbuf_trace::Revision;
use memchr::memmem::Finder;
use std::borrow::Cow;
use trace_fields::{FieldId, Subject, Verbatim};

/// Sets of more values are not looked for: each is a look through the packet.
const MOST: usize = 4;

/// The packet's bytes have to mention one of these.
#[derive(Debug, Clone)]
pub(crate) struct Mention {
    finders: Box<[Finder<'static>]>,
    /// Whether nothing is known of revision 4.
    before_revision_4: bool,
}

impl Mention {
    /// What a packet has to mention if a value of this source is to do this.
    pub(crate) fn of(source: &Source, check: &Check) -> Option<Self> {
        let Source::Field { id, .. } = *source else { return None };
        let before_revision_4 = match id.verbatim() {
            Verbatim::Never if id != FieldId::MbufTracePath => return None,
            Verbatim::BeforeRevision4 => true,
            Verbatim::Always | Verbatim::Never => false,
        };
        let needles = match check {
            Check::Compare(Relation::Equal, constant) => vec![bytes(constant)?],
            Check::Contains(finder) => vec![finder.needle().into()],
            Check::In(members) if members.len() <= MOST => {
                members.iter().map(element).collect::<Option<_>>()?
            }
            _ => return None,
        };
        let finder = |needle: &Cow<'_, [u8]>| {
            let needle = if id == FieldId::MbufTracePath { longest_name(needle) } else { needle };
            (!needle.is_empty()).then(|| Finder::new(needle).into_owned())
        };
        let finders = needles.iter().map(finder).collect::<Option<_>>()?;
        Some(Self { finders, before_revision_4 })
    }

    /// Whether such a value may be part of these bytes of the packet.
    pub(crate) fn may_be_in(&self, bytes: &[u8], subject: &Subject<'_>) -> bool {
        let is_revision_4 = || subject.trace().is_some_and(|trace| trace.revision() == Revision::Four);
        self.before_revision_4 && is_revision_4()
            || self.finders.iter().any(|finder| finder.find(bytes).is_some())
    }
}

/// The bytes of a value that is equal to this element of a set.
fn element(member: &Member) -> Option<Cow<'_, [u8]>> {
    match member {
        Member::One(constant) => bytes(constant),
        Member::Range(..) => None,
    }
}

/// The bytes of a value that is equal to this one; none where others are equal to it, too.
fn bytes(constant: &Constant) -> Option<Cow<'_, [u8]>> {
    match constant {
        Constant::Text(bytes) | Constant::Bytes(bytes) => Some(bytes.into()),
        Constant::Ipv4 { net, mask: u32::MAX } => Some(net.to_be_bytes().to_vec().into()),
        Constant::Ipv6 { net, mask: u128::MAX } => Some(net.to_be_bytes().to_vec().into()),
        _ => None,
    }
}

/// A path is made of functions with ` > ` between them: of a part of one, what can only be part of a function.
fn longest_name(path: &[u8]) -> &[u8] {
    path.split(|byte| b" >".contains(byte)).max_by_key(|part| part.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiled::Test;
    use crate::{parse, resolve};

    /// What is looked for before the packet is asked this.
    fn needles(expression: &str) -> Option<Vec<String>> {
        let test = resolve::expression(&parse(expression).unwrap().unwrap()).unwrap();
        let Test::And(parts) = test else { return None };
        let [Test::Mentions(mention), Test::Value(value)] = parts.as_ref() else { panic!("{parts:?}") };
        assert!(value.mention.is_some());
        let shown = |finder: &Finder<'_>| finder.needle().escape_ascii().to_string();
        Some(mention.finders.iter().map(shown).collect())
    }

    #[test]
    fn what_is_looked_for() {
        let table = [
            ("mbuf_trace.function == \"pf_test\"", Some(vec!["pf_test"])),
            ("all mbuf_trace.function == \"pf_test\"", Some(vec!["pf_test"])),
            ("mbuf_trace.text contains \"a b\"", Some(vec!["a b"])),
            ("mbuf_trace.args in {\"a\", \"b\"}", Some(vec!["a", "b"])),
            ("mbuf_trace.path contains \"t > ip_input > e\"", Some(vec!["ip_input"])),
            ("mbuf_trace.path == \"ether_input\"", Some(vec!["ether_input"])),
            ("ip.addr == 10.0.0.1", Some(vec!["\\n\\x00\\x00\\x01"])),
            ("ip.addr == 10.0.0.1/32", Some(vec!["\\n\\x00\\x00\\x01"])),
            ("eth.src == 01:02:03:04:05:06", Some(vec!["\\x01\\x02\\x03\\x04\\x05\\x06"])),
            ("tcp.payload contains \"GET\"", Some(vec!["GET"])),
            // Other values do it, too, or it stands nowhere.
            ("ip.addr == 10.0.0.0/8", None),
            ("ip.addr in {10.0.0.1 .. 10.0.0.9}", None),
            ("ip.addr in {10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5}", None),
            ("mbuf_trace.path contains \" > \"", None),
            ("mbuf_trace.function != \"pf_test\"", None),
            ("mbuf_trace.function > \"pf_test\"", None),
            ("mbuf_trace.function matches \"pf_test\"", None),
            ("mbuf_trace.function == \"\"", None),
            ("mbuf_trace.kind == \"drop\"", None),
            ("upper(mbuf_trace.function) == \"PF_TEST\"", None),
            ("eth.src[0:2] == 01:02", None),
            ("tcp.port == 80", None),
        ];
        for (expression, expected) in table {
            let expected = expected.map(|needles| needles.into_iter().map(str::to_owned).collect());
            assert_eq!(needles(expression), expected, "{expression}");
        }
    }

    #[test]
    fn what_lacks_it_is_not_asked() {
        let find = |expression: &str, bytes: &[u8]| {
            let test = resolve::expression(&parse(expression).unwrap().unwrap()).unwrap();
            let Test::And(parts) = test else { panic!("{test:?}") };
            let [Test::Mentions(mention), _] = parts.as_ref() else { panic!("{parts:?}") };
            let subject = Subject::new(trace_fields::PacketView::of_bytes(bytes));
            mention.may_be_in(bytes, &subject)
        };
        assert!(find("mbuf_trace.args in {\"a\", \"b\"}", b"xbx"));
        assert!(!find("mbuf_trace.args in {\"a\", \"b\"}", b"xcx"));
    }
}
