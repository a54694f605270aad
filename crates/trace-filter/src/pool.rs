//! Memory that matching uses again.

use crate::gathered::Gathered;

/// Memory to put values together in.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    /// Lists of values that nobody uses at the moment.
    lists: Vec<Gathered>,
    /// The same for bytes that are put together.
    buffers: Vec<Vec<u8>>,
}

impl Pool {
    /// Lends an empty list of values.
    pub(crate) fn with_list<T>(&mut self, work: impl FnOnce(&mut Self, &mut Gathered) -> T) -> T {
        let mut list = self.lists.pop().unwrap_or_default();
        list.clear();
        let result = work(self, &mut list);
        self.lists.push(list);
        result
    }

    /// Lends some bytes of memory.
    pub(crate) fn with_buffer<T>(&mut self, work: impl FnOnce(&mut Self, &mut Vec<u8>) -> T) -> T {
        let mut buffer = self.buffers.pop().unwrap_or_default();
        let result = work(self, &mut buffer);
        self.buffers.push(buffer);
        result
    }
}
