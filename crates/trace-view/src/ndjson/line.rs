//! A line as it is read. Whatever it says, no more is held of it than a packet can be, and nothing of it is
//! repeated in a message.

use super::MAX_BYTES;
use crate::hex;
use mbuf_trace::{Kind, MAX_PAYLOAD, MAX_RECORDS};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// All but the events. Members that only inform are not here.
#[derive(Debug, Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub(super) schema: Option<Word<'a>>,
    pub(super) container: Option<NoString<Container<'a>>>,
    #[serde(default)]
    pub(super) before: Blocks,
    pub(super) packet: Option<Large>,
    pub(super) time: Option<Word<'a>>,
    pub(super) link_type: Option<NoString<u16>>,
    pub(super) captured_len: Option<NoString<u32>>,
    pub(super) original_len: Option<NoString<u32>>,
    pub(super) revision: Option<NoString<u8>>,
    pub(super) byte_order: Option<Word<'a>>,
    pub(super) order: Option<Word<'a>>,
    pub(super) flags: Option<NoString<u16>>,
    #[serde(default)]
    pub(super) packet_id: Large,
    #[serde(default)]
    pub(super) parent_id: Large,
    #[serde(default)]
    pub(super) lost: NoString<u32>,
    pub(super) bytes: Option<Digits>,
    pub(super) record: Option<Digits>,
    pub(super) block: Option<NoString<[Digits; 2]>>,
    #[serde(default)]
    pub(super) after: Blocks,
}

/// What a capture has before its first packet.
#[derive(Debug, Deserialize)]
pub(super) struct Container<'a> {
    #[serde(borrow)]
    pub(super) format: Word<'a>,
    /// The file header of a pcap.
    pub(super) header: Option<Digits>,
    /// The blocks of a pcapng before the first packet.
    #[serde(default)]
    pub(super) blocks: Blocks,
}

/// One event.
#[derive(Debug, Deserialize)]
pub(super) struct EventLine<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    pub(super) record_type: Option<NoString<u16>>,
    pub(super) file: Option<Word<'a>>,
    pub(super) line: Option<NoString<u32>>,
    pub(super) function: Option<Word<'a>>,
    pub(super) args: Option<Word<'a>>,
    pub(super) text: Option<Word<'a>>,
    pub(super) link_type: Option<NoString<u16>>,
    pub(super) packet_length: Option<NoString<u32>>,
    #[serde(default)]
    pub(super) bytes: Digits,
    pub(super) origin: Option<NoString<u16>>,
    pub(super) errno: Option<NoString<u16>>,
    pub(super) age: Option<Large>,
    pub(super) thread: Option<NoString<u32>>,
    pub(super) vnet: Option<NoString<u32>>,
    pub(super) cpu: Option<NoString<u16>>,
    #[serde(default)]
    pub(super) event_flags: NoString<u16>,
}

impl<'a> Line<'a> {
    /// All but the events.
    pub(super) fn parse(line: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<NoString<Self>>(line).map(|line| line.0)
    }
}

impl EventLine<'_> {
    /// What the event says; none where nobody knows the word.
    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::from_name(&self.kind.0)
    }
}

/// Passes the events of a line on, one at a time, in the line's order; false where the line has no list of them.
pub(super) fn each_event<E: fmt::Display>(
    line: &[u8],
    each: impl FnMut(&EventLine<'_>) -> Result<(), E>,
) -> Result<bool, serde_json::Error> {
    serde_json::Deserializer::from_slice(line).deserialize_map(EventsOf(each))
}

/// Visits a line, and in it the list of events.
struct EventsOf<F>(F);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Member {
    Events,
    #[serde(other)]
    Other,
}

impl<'de, F: FnMut(&EventLine<'_>) -> Result<(), E>, E: fmt::Display> Visitor<'de> for EventsOf<F> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<bool, A::Error> {
        let mut met = false;
        while let Some(member) = map.next_key()? {
            match member {
                Member::Other => drop(map.next_value::<IgnoredAny>()?),
                Member::Events if met => return Err(A::Error::duplicate_field("events")),
                Member::Events => {
                    met = true;
                    map.next_value_seed(List(&mut self.0))?;
                }
            }
        }
        Ok(met)
    }
}

/// Visits the list of events.
struct List<'f, F>(&'f mut F);

impl<'de, F: FnMut(&EventLine<'_>) -> Result<(), E>, E: fmt::Display> DeserializeSeed<'de> for List<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&EventLine<'_>) -> Result<(), E>, E: fmt::Display> Visitor<'de> for List<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_str<E2: Error>(self, _: &str) -> Result<(), E2> {
        Err(E2::custom("a string in place of a list of events"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut count = 0_usize;
        while let Some(NoString(event)) = list.next_element::<NoString<EventLine<'de>>>()? {
            count = count.saturating_add(1);
            if count > MAX_RECORDS {
                return Err(A::Error::custom(format_args!("more than {MAX_RECORDS} events")));
            }
            (self.0)(&event).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

/// A string that a record can hold.
#[derive(Debug)]
pub(super) struct Word<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfWord;

        impl<'de> Visitor<'de> for OfWord {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, word: &'de str) -> Result<Self::Value, E> {
                check(word).map(Cow::Borrowed)
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<Self::Value, E> {
                check(word).map(|word| Cow::Owned(word.to_owned()))
            }
        }

        fn check<E: Error>(word: &str) -> Result<&str, E> {
            if word.len() <= MAX_PAYLOAD {
                return Ok(word);
            }
            let length = word.len();
            Err(E::custom(format_args!("a string of {length} bytes, a record holds at most {MAX_PAYLOAD}")))
        }

        deserializer.deserialize_str(OfWord).map(Self)
    }
}

impl Word<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Bytes that stand as hexadecimal digits.
#[derive(Debug, Default)]
pub(super) struct Digits(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = Vec::new();
        AppendDigits(&mut bytes).deserialize(deserializer)?;
        Ok(Self(bytes))
    }
}

/// Appends what digits say.
struct AppendDigits<'b>(&'b mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for AppendDigits<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for AppendDigits<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("hexadecimal digits")
    }

    fn visit_str<E: Error>(self, digits: &str) -> Result<(), E> {
        if self.0.len().saturating_add(digits.len() / 2) > MAX_BYTES {
            return Err(E::custom(format_args!(
                "more than {MAX_BYTES} bytes, the most that a line may hold"
            )));
        }
        self.0.reserve(digits.len() / 2);
        hex::decode(digits, self.0).ok_or_else(|| E::custom("not hexadecimal digits in pairs"))
    }
}

/// A list of pcapng blocks, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Blocks(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Blocks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfBlocks;

        impl<'de> Visitor<'de> for OfBlocks {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of blocks")
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Vec<u8>, E> {
                Err(E::custom("a string in place of a list of blocks"))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<u8>, A::Error> {
                let mut bytes = Vec::new();
                while list.next_element_seed(AppendDigits(&mut bytes))?.is_some() {}
                Ok(bytes)
            }
        }

        deserializer.deserialize_any(OfBlocks).map(Self)
    }
}

/// A number of 64 bits, or a string of its digits: many programs write no number of more than 53 bits as it is.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Large(pub(super) u64);

impl<'de> Deserialize<'de> for Large {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfLarge;

        impl Visitor<'_> for OfLarge {
            type Value = u64;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of 64 bits, or a string of its digits")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
                Ok(number)
            }

            fn visit_str<E: Error>(self, digits: &str) -> Result<u64, E> {
                let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
                let number = is_number.then(|| digits.parse().ok()).flatten();
                number.ok_or_else(|| E::custom("a string that is no number of 64 bits"))
            }
        }

        deserializer.deserialize_any(OfLarge).map(Self)
    }
}

/// A number, an object or a list. In place of it, serde would repeat any string in its message, however long.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct NoString<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for NoString<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfOther<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for OfOther<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, an object or a list, as the schema says")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
                T::deserialize(number.into_deserializer())
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
                T::deserialize(number.into_deserializer())
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<T, E> {
                Err(E::custom("a string in place of a number, an object or a list"))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<T, A::Error> {
                T::deserialize(SeqAccessDeserializer::new(list))
            }
        }

        deserializer.deserialize_any(OfOther(PhantomData)).map(Self)
    }
}
