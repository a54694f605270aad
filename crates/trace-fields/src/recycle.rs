//! Memory of vectors, used again for the next packet.

/// An empty vector in the memory of this one, for items that borrow from something else. Where the two kinds of items
/// differ in size, it has memory of its own as soon as it needs any.
#[must_use]
pub fn recycle<T, U>(mut used: Vec<T>) -> Vec<U> {
    used.clear();
    // The standard library collects items of one size in place; where it would not, this is but an empty vector.
    used.into_iter().filter_map(|_| None).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_the_same() {
        let mut used: Vec<&str> = Vec::with_capacity(100);
        used.extend(["one", "two"]);
        let (place, capacity) = (used.as_ptr().addr(), used.capacity());
        let again: Vec<&'static str> = recycle(used);
        assert_eq!((again.as_ptr().addr(), again.capacity(), again.len()), (place, capacity, 0));
    }
}
