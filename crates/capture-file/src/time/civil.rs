//! Dates of the proleptic Gregorian calendar, without limits on the year.
//! The algorithm is Howard Hinnant's `civil_from_days` and `days_from_civil` (chrono-Compatible Low-Level Date
//! Algorithms), on eras of 400 years that begin on 1 March.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "days are seconds divided by 86,400 or come from years of at most 30 digits: far from the ends of i128"
)]

const DAYS_PER_ERA: i128 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i128 = 719_468;

pub(super) struct Date {
    pub(super) year: i128,
    pub(super) month: u32,
    pub(super) day: u32,
}

/// The date `days` after 1970-01-01.
pub(super) fn date_of(days: i128) -> Date {
    let days = days.saturating_add(EPOCH);
    let era = days.div_euclid(DAYS_PER_ERA);
    // Below DAYS_PER_ERA: all else is quick.
    let day_of_era = u32::try_from(days.rem_euclid(DAYS_PER_ERA)).unwrap_or_default();
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    Date { year: era * 400 + i128::from(year_of_era) + i128::from(month <= 2), month, day }
}

/// Days from 1970-01-01 to a date; `None` when the calendar has no such date or the year has over 30 digits.
pub(super) fn days_of(date: &Date) -> Option<i128> {
    const LONGEST_YEAR: u128 = 10_u128.pow(30);
    let (month, day) = (i128::from(date.month), i128::from(date.day));
    if date.year.unsigned_abs() >= LONGEST_YEAR || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = date.year - i128::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * DAYS_PER_ERA + day_of_era - EPOCH;
    // The 30th of February and its like land on another date.
    let back = date_of(days);
    (back.month == date.month && back.day == date.day).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (days, year, month, day) in [
            (0, 1970, 1, 1),
            (-1, 1969, 12, 31),
            (11_016, 2000, 2, 29),
            (19_782, 2024, 2, 29),
            (-719_528, 0, 1, 1),
            (-719_529, -1, 12, 31),
            (2_932_897, 10_000, 1, 1),
        ] {
            let date = date_of(days);
            assert_eq!((date.year, date.month, date.day), (year, month, day));
            assert_eq!(days_of(&date), Some(days));
        }
    }

    #[test]
    fn no_year_overflows() {
        let longest = 10_i128.pow(30) - 1;
        for year in [longest, -longest] {
            let date = Date { year, month: 12, day: 31 };
            assert_eq!(days_of(&date).map(|days| date_of(days).year), Some(year));
        }
        for year in [longest + 1, -longest - 1, i128::MAX, i128::MIN] {
            assert_eq!(days_of(&Date { year, month: 1, day: 1 }), None, "{year}");
        }
    }

    #[test]
    fn dates_that_do_not_exist() {
        for (year, month, day) in [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 1, 0)] {
            assert_eq!(days_of(&Date { year, month, day }), None);
        }
    }
}
