//! Where the first records of a frame begin: what the walk that checks a frame keeps for the walks that follow.

/// As many records as are kept: more than nearly every frame has, and still cheap to copy with a trace.
const KEPT: usize = 32;

/// Where the first records begin, in bytes from the start of the packet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Starts([u16; KEPT]);

impl Starts {
    /// Keeps where a record begins, where there is a place for it.
    pub(super) fn keep(&mut self, index: u32, offset: usize) {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(place) = self.0.get_mut(index) {
            *place = u16::try_from(offset).unwrap_or(u16::MAX);
        }
    }

    /// Whether all of so many whole records are kept, which end there.
    pub(super) fn hold_all(whole: u32, end: usize) -> bool {
        usize::try_from(whole).is_ok_and(|whole| whole <= KEPT) && u16::try_from(end).is_ok()
    }

    /// Where this record begins; right where [`hold_all`](Self::hold_all) is.
    pub(super) fn get(&self, index: u32) -> Option<usize> {
        self.0.get(usize::try_from(index).ok()?).map(|start| usize::from(*start))
    }
}
