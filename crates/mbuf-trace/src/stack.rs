//! A stack that allocates only when it is unusually deep.

use alloc::vec::Vec;

/// Items that need no allocation.
const SHALLOW: usize = 24;

/// A few items in place; from the next one on, all of them in a vector.
#[derive(Debug, Clone)]
pub(crate) struct Stack<T> {
    shallow: [T; SHALLOW],
    len: usize,
    /// All items, if there are any in it.
    deep: Vec<T>,
}

impl<T: Copy + Default> Default for Stack<T> {
    fn default() -> Self {
        Self { shallow: [T::default(); SHALLOW], len: 0, deep: Vec::new() }
    }
}

impl<T: Copy> Stack<T> {
    pub(crate) fn as_slice(&self) -> &[T] {
        if self.deep.is_empty() { self.shallow.get(..self.len).unwrap_or_default() } else { &self.deep }
    }

    pub(crate) fn last_mut(&mut self) -> Option<&mut T> {
        if self.deep.is_empty() {
            self.shallow.get_mut(self.len.checked_sub(1)?)
        } else {
            self.deep.last_mut()
        }
    }

    pub(crate) fn push(&mut self, item: T) {
        match self.shallow.get_mut(self.len).filter(|_| self.deep.is_empty()) {
            Some(place) => {
                *place = item;
                self.len = self.len.saturating_add(1);
            }
            None => {
                if self.deep.is_empty() {
                    self.deep.extend_from_slice(&self.shallow);
                }
                self.deep.push(item);
            }
        }
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let last = self.as_slice().last().copied()?;
        self.truncate(self.as_slice().len().saturating_sub(1));
        Some(last)
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        if self.deep.is_empty() {
            self.len = self.len.min(len);
            return;
        }
        self.deep.truncate(len);
        if self.deep.is_empty() {
            self.len = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_vector() {
        let (mut stack, mut vector) = (Stack::default(), Vec::new());
        for step in 0..2_000_u32 {
            match step.wrapping_mul(2_654_435_761) >> 28 {
                0..9 => {
                    stack.push(step);
                    vector.push(step);
                }
                9..15 => assert_eq!(stack.pop(), vector.pop()),
                _ => {
                    stack.truncate(SHALLOW / 2);
                    vector.truncate(SHALLOW / 2);
                }
            }
            assert_eq!(stack.as_slice(), vector);
            assert_eq!(stack.last_mut(), vector.last_mut());
        }
    }
}
