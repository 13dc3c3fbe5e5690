//! Numbers without visible order from a counter: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
//! generators", OOPSLA 2014). The same counter gives the same number, so that a replay draws the same lots.

use std::hash::Hasher;

/// The number that belongs to a count.
pub(crate) fn mix(count: u64) -> u64 {
    let mut z = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Hashes ids and small keys. Nothing walks through the maps that use it, so that no order of theirs shows.
#[derive(Clone, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

/// Lots drawn in one fixed sequence.
#[derive(Clone, Debug)]
pub(crate) struct Lots {
    drawn: u64,
}

impl Lots {
    pub fn new(seed: u64) -> Lots {
        Lots { drawn: mix(seed) }
    }

    /// One of 0 to `of` - 1, each as likely as any other to within one in 2^32; 0 when there are none.
    pub fn draw(&mut self, of: usize) -> usize {
        self.drawn = self.drawn.wrapping_add(1);
        let wide = u128::from(mix(self.drawn)) * of as u128;
        (wide >> 64) as usize
    }
}
