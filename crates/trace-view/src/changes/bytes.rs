//! Which bytes differ.

use std::ops::Range;

/// Most places that are told one by one.
const PLACES: usize = 4;
/// Differing bytes with fewer equal ones between them are one place.
const GAP: usize = 3;

/// Bytes that no field explains.
pub(super) enum Found<'a> {
    /// What was there and what is there now.
    Here(&'a [u8], &'a [u8]),
    /// How many more bytes differ.
    More(usize),
}

/// Calls `found` with each range of `new` that differs from `old`, and with what differs where no field
/// explains it. `known` says which of the first bytes the fields explain.
pub(super) fn compare<'a>(
    old: &'a [u8],
    new: &'a [u8],
    known: &[bool],
    found: &mut dyn FnMut(Range<usize>, Option<Found<'a>>),
) {
    for (place, _) in known.iter().enumerate().filter(|(_, known)| **known) {
        found(place..place.saturating_add(1), None);
    }
    let is_known = |place: usize| known.get(place).copied().unwrap_or(false);
    if old.len() == new.len() {
        same_length(old, new, &is_known, found);
        return;
    }
    let pairs = || old.iter().zip(new).enumerate();
    let same = |(place, (before, now)): &(usize, (&u8, &u8))| before == now || is_known(*place);
    let front = pairs().take_while(same).count();
    let (old_tail, new_tail) = (old.get(front..).unwrap_or_default(), new.get(front..).unwrap_or_default());
    let back =
        old_tail.iter().rev().zip(new_tail.iter().rev()).take_while(|(before, now)| before == now).count();
    let without = |tail: &'a [u8]| tail.get(..tail.len().saturating_sub(back)).unwrap_or_default();
    let (old_part, new_part) = (without(old_tail), without(new_tail));
    found(front..front.saturating_add(new_part.len()), Some(Found::Here(old_part, new_part)));
}

fn same_length<'a>(
    old: &'a [u8],
    new: &'a [u8],
    is_known: &dyn Fn(usize) -> bool,
    found: &mut dyn FnMut(Range<usize>, Option<Found<'a>>),
) {
    let mut places = 0_usize;
    let mut more = 0_usize;
    let mut run: Option<Range<usize>> = None;
    let mut close = |run: Option<Range<usize>>| {
        let Some(range) = run else { return };
        let parts = old.get(range.clone()).zip(new.get(range.clone()));
        let Some((before, now)) = parts else { return };
        if places < PLACES {
            places = places.saturating_add(1);
            found(range, Some(Found::Here(before, now)));
        } else {
            more = more.saturating_add(before.iter().zip(now).filter(|(before, now)| before != now).count());
            found(range, None);
        }
    };
    if old != new {
        for (place, _) in old.iter().zip(new).enumerate().filter(|(_, (before, now))| before != now) {
            if is_known(place) {
                continue;
            }
            let next = place.saturating_add(1);
            match &mut run {
                Some(run) if place.saturating_sub(run.end) < GAP => run.end = next,
                _ => close(run.replace(place..next)),
            }
        }
    }
    close(run);
    if more > 0 {
        found(0..0, Some(Found::More(more)));
    }
}
