//! Keys: items of bytes, or absent ones, one after another, so that two lists of items are the same bytes only
//! if they are the same items.

/// The length that stands for an absent item. No item is that long: a packet's length has 32 bits.
const ABSENT: u32 = u32::MAX;
/// Bytes of an item's length.
const LENGTH: usize = 4;

/// Appends an item.
pub(crate) fn push(out: &mut Vec<u8>, item: Option<&[u8]>) {
    let length = item.map_or(ABSENT, |item| u32::try_from(item.len()).unwrap_or(ABSENT));
    out.extend_from_slice(&length.to_le_bytes());
    if length != ABSENT {
        out.extend_from_slice(item.unwrap_or_default());
    }
}

/// The items of a key.
#[derive(Debug, Clone)]
pub(crate) struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    pub(crate) const fn new(key: &'a [u8]) -> Self {
        Self { rest: key }
    }

    /// The bytes of the items that were not given yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.rest.split_first_chunk::<LENGTH>()?;
        let length = u32::from_le_bytes(*length);
        if length == ABSENT {
            self.rest = rest;
            return Some(None);
        }
        let (item, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
        self.rest = rest;
        Some(Some(item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_back() {
        let items = [Some(&b"ab"[..]), None, Some(b""), Some(b"\0\xff")];
        let mut key = Vec::new();
        items.iter().for_each(|item| push(&mut key, *item));
        assert!(Items::new(&key).eq(items));
        for length in 0..key.len() {
            assert!(Items::new(&key[..length]).count() <= items.len());
        }
    }
}
