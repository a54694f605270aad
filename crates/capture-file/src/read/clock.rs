//! The time of a capture, as far as it has been read: packets of another one are doubted.

/// Longest time between two packets that are believed to follow one another.
const MAX_PAUSE: u32 = 24 * 3600;

/// 2001-09-09. A record of before is believed in only near another: tables of small numbers in a packet's data can look
/// like records for a while, and so can true records when the search sees them four bytes late and takes nanoseconds
/// for seconds.
pub(super) const EARLIEST_FAR: u32 = 1_000_000_000;

/// When the packets before were captured. One of another time does not count until the next is of that time, too.
#[derive(Default)]
pub(super) struct Clock {
    pub(super) last: Option<u32>,
    odd: Option<u32>,
}

impl Clock {
    pub(super) fn note(&mut self, seconds: u32) {
        if self.is_odd(seconds) && self.odd.is_none_or(|odd| !near(odd, seconds)) {
            self.odd = Some(seconds);
        } else {
            *self = Self { last: Some(seconds), odd: None };
        }
    }

    /// Whether this is another time than that of the packets before.
    pub(super) fn is_odd(&self, seconds: u32) -> bool {
        self.last.is_some_and(|last| !near(last, seconds))
    }

    /// Whether a capture can go on at this time after a pause, or after the system's clock was set.
    pub(super) fn may_jump(&self, seconds: u32) -> bool {
        seconds >= EARLIEST_FAR || self.last.is_none_or(|last| last <= seconds)
    }
}

/// Whether two packets can follow one another.
pub(super) fn near(a: u32, b: u32) -> bool {
    a.abs_diff(b) <= MAX_PAUSE
}
