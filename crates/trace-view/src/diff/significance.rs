//! Whether two shares differ by more than chance.
//!
//! One path against all others, in two captures, is a table of two by two counts. Where every expected count is
//! large, the G-test with one degree of freedom is as good as exact and takes no time; where one is small,
//! Fisher's exact test is exact. Many paths are tested at once, so the probabilities are adjusted as Benjamini
//! and Hochberg (1995) do: of the differences that are reported, on average at most that share is chance.

/// Expected count from which the G-test is trusted; textbooks ask for 5.
const LARGE: f64 = 10.0;
/// Weights below this, where the likeliest table weighs 1, change no digit of a sum.
const NEGLIGIBLE: f64 = 1e-300;

/// The probability that shares differ at least as much as `a` of `of_a` and `b` of `of_b` do, if both captures
/// are samples of the same traffic. Parts are not larger than their wholes.
pub(crate) fn probability(a: u64, of_a: u64, b: u64, of_b: u64) -> f64 {
    let (part, whole) = (a as f64 + b as f64, of_a as f64 + of_b as f64);
    if of_a == 0 || of_b == 0 || part <= 0.0 || part >= whole {
        return 1.0;
    }
    let smallest = part.min(whole - part) * (of_a.min(of_b) as f64) / whole;
    if smallest < LARGE { fisher(a, of_a, b, of_b) } else { g_test(a, of_a, b, of_b) }
}

/// How many of how many, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) part: u64,
    pub(crate) whole: u64,
    /// How many of the rest may belong to the part.
    pub(crate) unknown: u64,
}

impl Sample {
    /// The largest that the part may be.
    fn most(&self) -> u64 {
        self.part.saturating_add(self.unknown).min(self.whole)
    }
}

/// The [`probability`] of the shares that are closest to each other of all that these samples allow: no difference rests
/// on what is not known.
pub(crate) fn cautious([a, b]: [Sample; 2]) -> f64 {
    // The products of two numbers of 64 bits fit.
    let is_less = |part: u64, of: u64, other: u64, of_other: u64| {
        u128::from(part).saturating_mul(of_other.into()) < u128::from(other).saturating_mul(of.into())
    };
    if is_less(a.most(), a.whole, b.part, b.whole) {
        probability(a.most(), a.whole, b.part, b.whole)
    } else if is_less(b.most(), b.whole, a.part, a.whole) {
        probability(a.part, a.whole, b.most(), b.whole)
    } else {
        1.0
    }
}

/// Two-sided: the tables that are no likelier than this one, of all with the same sums.
fn fisher(a: u64, of_a: u64, b: u64, of_b: u64) -> f64 {
    // Tables whose weights are equal but for rounding count as equal.
    const TOLERANCE: f64 = 1.0 + 1e-7;
    let (drawn, good) = (of_a as f64, a as f64 + b as f64);
    let bad = drawn + of_b as f64 - good;
    let (lowest, highest) = ((drawn - bad).max(0.0), drawn.min(good));
    let mode = ((drawn + 1.0) * (good + 1.0) / (good + bad + 2.0)).floor().clamp(lowest, highest);
    // The weight of the next larger table, over that of this one.
    let ratio = |x: f64| (good - x) * (drawn - x) / ((x + 1.0) * (bad - drawn + x + 1.0));

    let here = a as f64;
    let mut own = if here == mode { Some(1.0) } else { None };
    let mut weights = vec![1.0];
    for upwards in [true, false] {
        let (mut x, mut weight) = (mode, 1.0);
        while if upwards { x < highest } else { x > lowest } {
            if upwards {
                weight *= ratio(x);
                x += 1.0;
            } else {
                x -= 1.0;
                weight /= ratio(x);
            }
            if weight < NEGLIGIBLE {
                break;
            }
            weights.push(weight);
            if x == here {
                own = Some(weight);
            }
        }
    }
    // A table that was not reached weighs nothing.
    let Some(own) = own else { return 0.0 };
    // Smallest first, so that no digit is lost.
    weights.sort_by(f64::total_cmp);
    let all: f64 = weights.iter().sum();
    let as_rare: f64 = weights.iter().filter(|weight| **weight <= own * TOLERANCE).sum();
    (as_rare / all).min(1.0)
}

fn g_test(a: u64, of_a: u64, b: u64, of_b: u64) -> f64 {
    let (a, b, of_a, of_b) = (a as f64, b as f64, of_a as f64, of_b as f64);
    let whole = of_a + of_b;
    let share = (a + b) / whole;
    let term = |observed: f64, expected: f64| {
        if observed > 0.0 { observed * (observed / expected).ln() } else { 0.0 }
    };
    let g = 2.0
        * (term(a, of_a * share)
            + term(of_a - a, of_a * (1.0 - share))
            + term(b, of_b * share)
            + term(of_b - b, of_b * (1.0 - share)));
    // What chi-squared with one degree of freedom has beyond g.
    libm::erfc((g.max(0.0) / 2.0).sqrt())
}

/// The probabilities adjusted for their number, in the same order.
pub(crate) fn adjusted(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = probabilities.iter().copied().enumerate().collect();
    order.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let count = probabilities.len() as f64;
    let mut adjusted = vec![1.0; probabilities.len()];
    let mut smallest = 1.0_f64;
    for (rank, (place, probability)) in order.iter().enumerate().rev() {
        smallest = smallest.min(probability * count / (rank as f64 + 1.0));
        if let Some(adjusted) = adjusted.get_mut(*place) {
            *adjusted = smallest;
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) -> bool {
        (value - expected).abs() <= expected.abs() * 1e-6 + 1e-15
    }

    /// Expected values from Python with exact fractions: the sum of math.comb(K, x) * math.comb(N - K, n - x) /
    /// math.comb(N, n) over all x that are no likelier, as scipy.stats.fisher_exact has it.
    #[test]
    fn exact_test() {
        for (a, of_a, b, of_b, expected) in EXACT {
            let found = probability(a, of_a, b, of_b);
            assert!(near(found, expected), "{a}/{of_a} {b}/{of_b}: {found}, not {expected}");
            assert!(near(probability(b, of_b, a, of_a), expected), "the other way round");
        }
    }

    /// Expected values from Python: math.erfc(math.sqrt(g / 2)), as scipy.stats.chi2_contingency has it with
    /// lambda_="log-likelihood" and correction=False.
    #[test]
    fn g_test_of_large_counts() {
        for (a, of_a, b, of_b, expected) in LARGE_COUNTS {
            let found = probability(a, of_a, b, of_b);
            assert!(near(found, expected), "{a}/{of_a} {b}/{of_b}: {found}, not {expected}");
        }
    }

    #[test]
    fn what_is_not_known_makes_no_difference() {
        let sample = |part, whole, unknown| Sample { part, whole, unknown };
        let table = [
            // Everything is known.
            (sample(50, 1000, 0), sample(90, 1000, 0), probability(50, 1000, 90, 1000)),
            (sample(50, 1000, 0), sample(100, 2000, 0), 1.0),
            // The closest shares are what counts.
            (sample(50, 1000, 10), sample(90, 1000, 0), probability(60, 1000, 90, 1000)),
            (sample(50, 1000, 0), sample(90, 1000, 10), probability(50, 1000, 90, 1000)),
            (sample(90, 1000, 0), sample(50, 1000, 10), probability(90, 1000, 60, 1000)),
            // They may be the same.
            (sample(50, 1000, 40), sample(90, 1000, 0), 1.0),
            (sample(10, 10, 0), sample(0, 10, 10), 1.0),
            (sample(10, 10, u64::MAX), sample(0, 10, u64::MAX), 1.0),
            (sample(0, 0, 0), sample(9, 9, 0), 1.0),
        ];
        for (a, b, expected) in table {
            assert_eq!(cautious([a, b]), expected, "{a:?} {b:?}");
            assert_eq!(cautious([b, a]), expected, "{b:?} {a:?}");
        }
    }

    #[test]
    fn both_tests_agree_where_they_meet() {
        for a in 80..160 {
            let (exact, g) = (fisher(a, 1000, 120, 1000), g_test(a, 1000, 120, 1000));
            assert!((exact - g).abs() < 0.06, "{a}: {exact} and {g}");
        }
    }

    #[test]
    fn nothing_to_compare_is_no_difference() {
        for (a, of_a, b, of_b) in [(0, 0, 0, 0), (0, 0, 3, 9), (5, 5, 9, 9), (0, 7, 0, 9)] {
            assert_eq!(probability(a, of_a, b, of_b), 1.0);
        }
        let huge = u64::MAX / 2;
        assert_eq!(probability(huge / 2, huge, huge / 2, huge), 1.0);
        assert_eq!(probability(0, huge, huge, huge), 0.0);
        assert!(probability(1, huge, 0, 3).is_finite());
    }

    /// The example of Benjamini and Hochberg (1995), table 1: 15 tests, of which the first four are significant
    /// at 0.05.
    #[test]
    fn adjusting_for_the_number_of_tests() {
        let probabilities = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let adjusted = super::adjusted(&probabilities);
        assert!(near(adjusted[0], 0.0015) && near(adjusted[3], 0.035625) && near(adjusted[14], 1.0));
        assert_eq!(adjusted.iter().filter(|value| **value <= 0.05).count(), 4);
        let mut reversed = probabilities;
        reversed.reverse();
        let mut back = super::adjusted(&reversed);
        back.reverse();
        assert_eq!(back, adjusted);
        assert!(super::adjusted(&[]).is_empty());
    }

    const EXACT: [(u64, u64, u64, u64, f64); 8] = [
        (1, 10, 9, 10, 0.001093333910671372),
        (3, 7, 0, 7, 0.19230769230769232),
        (0, 100, 1, 100, 1.0),
        (0, 1000, 8, 1000, 0.007703480851083897),
        (2, 5000, 14, 5000, 0.0041527621310310445),
        (12, 20, 3, 25, 0.0011783898212822518),
        (1, 3, 40, 4000, 0.030420836671565487),
        (0, 50, 9, 400, 0.6063123364700171),
    ];

    const LARGE_COUNTS: [(u64, u64, u64, u64, f64); 5] = [
        (300, 1000, 340, 1000, 0.05512600646081609),
        (50, 1000, 90, 1000, 0.0004180690797030962),
        (600, 1000, 200, 1000, 4.660172889658299e-77),
        (10000, 1000000, 10300, 1000000, 0.03431137619444878),
        (0, 1000, 30, 1000, 8.916498617486485e-11),
    ];
}
