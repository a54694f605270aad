//! What may have been meant instead of a name that does not exist.

use trace_fields::Field;

/// Names that are told instead of one that is none.
const MOST_NEAR: usize = 3;

/// The names that end with this one, as `tcp.srcport` with `srcport`.
pub(crate) fn fields_ending_with(name: &str) -> Vec<&'static str> {
    let lower = name.to_ascii_lowercase();
    let ends = |field: &&str| field.strip_suffix(&lower).is_some_and(|before| before.ends_with('.'));
    Field::all().iter().map(|field| field.name).filter(ends).take(MOST_NEAR).collect()
}

/// The names most like this one, the nearest first, if any is near.
pub(crate) fn near_fields(name: &str) -> Vec<&'static str> {
    // A long word is no slip of the pen, and comparing it would take quadratic time.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return Vec::new();
    }
    let lower = name.to_ascii_lowercase();
    let farthest = lower.len().div_ceil(3).min(4);
    let mut near: Vec<_> = Field::all()
        .iter()
        .map(|field| (strsim::damerau_levenshtein(&lower, field.name), field.name))
        .filter(|(distance, _)| *distance <= farthest)
        .collect();
    near.sort_unstable();
    // Others are worth a word only where they are as near.
    let nearest = near.first().map(|(distance, _)| *distance);
    near.into_iter()
        .filter(|(distance, _)| Some(*distance) == nearest)
        .take(MOST_NEAR)
        .map(|(_, name)| name)
        .collect()
}

/// The field with the name nearest to this one, if any is near.
pub(crate) fn nearest_field(name: &str) -> Option<&'static str> {
    near_fields(name).first().copied()
}

/// Fields of the same protocol as this name, those first that have most letters in common with it.
pub(crate) fn related_fields(name: &str) -> Vec<&'static str> {
    const MOST: usize = 5;
    // Enough of a name to compare.
    let name: String = name.to_ascii_lowercase().chars().take(64).collect();
    let Some((protocol, _)) = name.split_once('.') else { return Vec::new() };
    let mut related: Vec<_> = Field::all()
        .iter()
        .map(|field| field.name)
        .filter(|field| field.strip_prefix(protocol).is_some_and(|rest| rest.starts_with('.')))
        .map(|field| (strsim::jaro_winkler(&name, field), field))
        .collect();
    related.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    related.into_iter().take(MOST).map(|(_, field)| field).collect()
}

/// The one of these names that is nearest to a word, if any is near.
pub(crate) fn nearest<'a>(word: &str, names: &[&'a str]) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_ascii_lowercase());
    names
        .iter()
        .map(|name| (distance(name), *name))
        .min()
        .filter(|(distance, _)| *distance <= lower.len().div_ceil(3).min(4))
        .map(|(_, name)| name)
}
