//! Chance from a seed. Each purpose has a stream of its own, so that a change of one thing does not change the draws of
//! another: xoshiro256++ (Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021),
//! seeded by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).

/// One stream of random numbers.
#[derive(Clone, Debug)]
pub struct Chance {
    state: [u64; 4],
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Chance {
    /// The stream of a purpose, such as `handle time`, and a number, such as that of the caller.
    pub fn of(seed: u64, purpose: &str, number: u64) -> Chance {
        // FNV-1a of the purpose.
        let name = purpose.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mut state = seed ^ name;
        state = split_mix(&mut state) ^ number;
        Chance { state: std::array::from_fn(|_| split_mix(&mut state)) }
    }

    pub fn bits(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// At least 0, below 1.
    pub fn part(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// 0 to `of` - 1, each as likely as any other to within `of` in 2^64; 0 when there are none.
    pub fn below(&mut self, of: usize) -> usize {
        ((u128::from(self.bits()) * of as u128) >> 64) as usize
    }

    /// `least` to `most`, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = usize::try_from(most - least + 1).unwrap_or(1);
        least + self.below(width) as i64
    }

    /// True in so many of a hundred.
    pub fn percent(&mut self, of_hundred: u32) -> bool {
        self.below(100) < of_hundred as usize
    }

    pub fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        of.get(self.below(of.len())).copied()
    }

    /// Exponential with this mean, by inversion.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.part()).ln()
    }

    /// Lognormal with this mean and coefficient of variation, from a normal by Box and Muller (1958).
    pub fn lognormal(&mut self, mean: f64, variation: f64) -> f64 {
        let variance = (1.0 + variation * variation).ln();
        let (u, v) = (1.0 - self.part(), self.part());
        let normal = (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos();
        mean * (normal * variance.sqrt() - variance / 2.0).exp()
    }

    /// Exponential, in whole milliseconds.
    pub fn exponential_ms(&mut self, mean_ms: f64) -> i64 {
        self.exponential(mean_ms).round() as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean_and_variation(draw: impl FnMut() -> f64) -> (f64, f64) {
        let mut draw = draw;
        let all: Vec<f64> = (0..200_000).map(|_| draw()).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / all.len() as f64;
        (mean, variance.sqrt() / mean)
    }

    #[test]
    fn draws_have_the_mean_and_the_variation_asked_for() {
        let mut chance = Chance::of(7, "test", 0);
        let (mean, variation) = mean_and_variation(|| chance.exponential(180.0));
        assert!((mean - 180.0).abs() < 2.0 && (variation - 1.0).abs() < 0.02, "{mean} {variation}");
        let (mean, variation) = mean_and_variation(|| chance.lognormal(120.0, 0.9));
        assert!((mean - 120.0).abs() < 2.0 && (variation - 0.9).abs() < 0.03, "{mean} {variation}");
        let (mean, _) = mean_and_variation(|| chance.between(1, 3) as f64);
        assert!((mean - 2.0).abs() < 0.01, "{mean}");
    }

    #[test]
    fn a_stream_depends_on_seed_purpose_and_number_alone() {
        let draws = |seed, purpose, number| {
            let mut chance = Chance::of(seed, purpose, number);
            [chance.bits(), chance.bits()]
        };
        assert_eq!(draws(1, "arrivals", 0), draws(1, "arrivals", 0));
        for other in [draws(2, "arrivals", 0), draws(1, "patience", 0), draws(1, "arrivals", 1)] {
            assert_ne!(draws(1, "arrivals", 0), other);
        }
    }
}
