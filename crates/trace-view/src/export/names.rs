//! Names that come again and again, each kept once.

use std::collections::HashMap;
use std::rc::Rc;

/// Numbers for names, from 0 in the order in which they come.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<Rc<str>, u32>,
    names: Vec<Rc<str>>,
    bytes: usize,
}

/// What a name takes beside its letters: its allocation, its place in the list, and its place in the table, of which
/// there are three and a half for each name when the table has just grown.
const OVERHEAD: usize = 32 + size_of::<Rc<str>>() + 7 * (size_of::<(Rc<str>, u32)>() + 1) / 2;

impl Names {
    /// The number of a name.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        // The callers' limits on bytes end this long before.
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let name: Rc<str> = name.into();
        self.bytes = self.bytes.saturating_add(name.len()).saturating_add(OVERHEAD);
        self.names.push(Rc::clone(&name));
        self.numbers.insert(name, number);
        number
    }

    /// The name of a number.
    pub(super) fn name(&self, number: u32) -> &str {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.names.get(at).map_or("", |name| name)
    }

    /// The number of a name that has one.
    pub(super) fn known(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// All names, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// Roughly the memory they take, in bytes.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}
