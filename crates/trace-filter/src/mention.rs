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
