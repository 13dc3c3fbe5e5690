//! Seeded chance: the few distributions that calls and people follow here.

use std::f64::consts::TAU;

/// A generator and the distributions drawn from it. The same seed gives the same draws.
#[derive(Clone, Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// A generator of its own for a part, so that a change in one part leaves the others' draws alone.
    pub fn split(&mut self) -> Self {
        Self(self.0.fork())
    }

    /// In `0.0..1.0`.
    pub fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Both ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        self.0.i64(low..=high.max(low))
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end.max(1))
    }

    pub fn word(&mut self) -> u64 {
        self.0.u64(..)
    }

    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// An index, drawn in proportion to its weight.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (index, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return index;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// Exponential, in the unit of the mean; the patience of callers and the gaps of a Poisson process.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -(1.0 - self.unit()).ln() * mean
    }

    /// Lognormal with this median; `sigma` is the standard deviation of the logarithm. Talk times follow it.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        // Box and Muller 1958.
        let normal = (-2.0 * (1.0 - self.unit()).ln()).sqrt() * (TAU * self.unit()).cos();
        median * (sigma * normal).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_have_the_means_they_promise_and_repeat_with_the_seed() {
        let mut dice = Dice::new(3);
        let mean = |draw: &mut dyn FnMut() -> f64| (0..20_000).map(|_| draw()).sum::<f64>() / 20_000.0;
        let exponential = mean(&mut || dice.exponential(5.0));
        assert!((4.8..5.2).contains(&exponential), "{exponential}");
        let lognormal = mean(&mut || dice.lognormal(1.0, 0.5));
        assert!((1.08..1.19).contains(&lognormal), "{lognormal}, expected exp(0.125)");
        let third = mean(&mut || f64::from(u8::from(dice.weighted(&[1.0, 2.0]) == 0)));
        assert!((0.31..0.36).contains(&third), "{third}");
        assert_eq!(Dice::new(9).word(), Dice::new(9).word());
    }
}
