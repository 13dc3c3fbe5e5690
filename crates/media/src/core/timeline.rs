//! Where received sound lies in a recording: both sides on one clock, gaps are silence.
//!
//! Packets are placed by their timestamps, which keeps loss and reordering right to the sample, anchored to the clock
//! of arrival; a source whose timestamps stray from that clock is anchored anew.

use super::g711::ULAW_SILENCE;

/// Samples by which a packet may stray from the clock of arrival: 200 ms, more than the jitter of a usable call.
const MAX_STRAY: i64 = 1_600;
/// Frames (one sample per side) in a block handed to the writer: half a second, 8 KB.
pub const BLOCK_FRAMES: u64 = 4_000;
/// Frames that wait for stragglers before a block is handed over.
const HOLD_FRAMES: u64 = 1_600;
/// Frames kept at most; sound past that is lost, which takes a media thread that stands still for ten seconds.
const MAX_FRAMES: u64 = 80_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The customer.
    Left = 0,
    /// Whoever the customer talks with.
    Right = 1,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    ssrc: u32,
    timestamp: u32,
    position: i64,
    /// Just past the newest sample written.
    end: i64,
}

/// Interleaved mu-law of two sides, from `position` frames on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub position: u64,
    pub samples: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Timeline {
    /// Frame number of the first byte of `pending`.
    base: u64,
    pending: Vec<u8>,
    anchors: [Option<Anchor>; 2],
}

impl Default for Timeline {
    fn default() -> Self {
        Timeline {
            base: 0,
            pending: Vec::with_capacity(2 * (BLOCK_FRAMES + 2 * HOLD_FRAMES) as usize),
            anchors: [None; 2],
        }
    }
}

impl Timeline {
    /// Places sound that arrived when the recording was `clock` samples old. `table` brings it to mu-law.
    pub fn write(
        &mut self,
        clock: u64,
        side: Side,
        ssrc: u32,
        timestamp: u32,
        samples: &[u8],
        table: Option<&[u8; 256]>,
    ) {
        if samples.is_empty() {
            return;
        }
        let length = samples.len() as i64;
        let clock = clock as i64;
        let anchor = &mut self.anchors[side as usize];
        let by_timestamp = anchor
            .filter(|anchor| anchor.ssrc == ssrc)
            .map(|anchor| anchor.position + i64::from(timestamp.wrapping_sub(anchor.timestamp) as i32));
        let position = match by_timestamp {
            Some(position) if (position + length - clock).abs() <= MAX_STRAY => position,
            Some(_) | None => {
                let position = (clock - length).max(anchor.map_or(0, |anchor| anchor.end)).max(0);
                if position + length - clock > 2 * MAX_STRAY {
                    return; // the source's clock runs fast: a packet is left out now and then
                }
                let end = position;
                *anchor = Some(Anchor { ssrc, timestamp, position, end });
                position
            }
        };
        if position < self.base as i64 || position + length > self.base as i64 + MAX_FRAMES as i64 {
            return;
        }
        if let Some(anchor) = anchor {
            anchor.end = anchor.end.max(position + length);
        }
        let first = 2 * (position - self.base as i64) as usize;
        let needed = first + 2 * samples.len();
        if self.pending.len() < needed {
            self.pending.resize(needed, ULAW_SILENCE);
        }
        let slots = self.pending[first + side as usize..].iter_mut().step_by(2);
        match table {
            None => slots.zip(samples).for_each(|(slot, sample)| *slot = *sample),
            Some(table) => slots.zip(samples).for_each(|(slot, sample)| *slot = table[usize::from(*sample)]),
        }
    }

    /// The next block that no straggler can reach any more.
    pub fn take(&mut self, clock: u64) -> Option<Block> {
        let ready = clock.saturating_sub(HOLD_FRAMES).saturating_sub(self.base);
        (ready >= BLOCK_FRAMES).then(|| self.cut(ready))
    }

    /// All that is left, up to the clock.
    pub fn finish(&mut self, clock: u64) -> Option<Block> {
        let ready = clock.saturating_sub(self.base);
        (ready > 0).then(|| self.cut(ready))
    }

    fn cut(&mut self, frames: u64) -> Block {
        let length = 2 * frames as usize;
        if self.pending.len() < length {
            self.pending.resize(length, ULAW_SILENCE);
        }
        let samples = self.pending[..length].to_vec();
        self.pending.drain(..length);
        let position = self.base;
        self.base += frames;
        Block { position, samples }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn side(block: &Block, side: Side) -> Vec<u8> {
        block.samples[side as usize..].iter().step_by(2).copied().collect()
    }

    #[test]
    fn loss_is_silence_in_its_place_and_reordering_is_mended() {
        let mut timeline = Timeline::default();
        for n in [0u32, 1, 3, 2, 5] {
            timeline.write(160 + 160 * u64::from(n), Side::Left, 1, 9_000 + 160 * n, &[n as u8; 160], None);
        }
        let left = side(&timeline.finish(960).unwrap(), Side::Left);
        let starts: Vec<u8> = left.iter().step_by(160).copied().collect();
        assert_eq!(starts, [0, 1, 2, 3, 0xFF, 5]);
    }

    #[test]
    fn both_sides_keep_one_clock_whenever_they_start() {
        let mut timeline = Timeline::default();
        timeline.write(8_000, Side::Right, 1, 0, &[7; 160], None);
        timeline.write(4_000, Side::Left, 2, 0, &[5; 160], None);
        let block = timeline.finish(8_000).unwrap();
        assert_eq!(side(&block, Side::Left).iter().position(|sample| *sample == 5), Some(3_840));
        assert_eq!(side(&block, Side::Right).iter().position(|sample| *sample == 7), Some(7_840));
    }

    #[test]
    fn jitter_of_arrival_does_not_tear_the_sound() {
        let mut timeline = Timeline::default();
        for n in 0..50u32 {
            let jitter = u64::from(n * 37 % 5) * 80;
            timeline.write(160 + u64::from(n) * 160 + jitter, Side::Left, 1, n * 160, &[n as u8; 160], None);
        }
        let left = side(&timeline.finish(8_000).unwrap(), Side::Left);
        assert!(left.chunks(160).enumerate().all(|(n, chunk)| chunk.iter().all(|sample| *sample == n as u8)));
    }

    #[test]
    fn a_source_that_strays_or_changes_is_anchored_to_the_clock() {
        let mut timeline = Timeline::default();
        timeline.write(160, Side::Left, 1, 0, &[1; 160], None);
        timeline.write(16_160, Side::Left, 1, 160, &[2; 160], None);
        timeline.write(20_160, Side::Left, 9, 77_777, &[3; 160], None);
        let left = side(&timeline.finish(24_000).unwrap(), Side::Left);
        assert_eq!((left[159], left[160]), (1, 0xFF));
        assert_eq!((left[16_000], left[20_000]), (2, 3));
    }

    #[test]
    fn a_packet_without_sound_changes_nothing() {
        let mut timeline = Timeline::default();
        timeline.write(160, Side::Right, 1, 0, &[], None);
        timeline.write(160, Side::Left, 1, 0, &[5; 160], None);
        timeline.write(320, Side::Right, 1, 160, &[], None);
        assert_eq!(side(&timeline.finish(160).unwrap(), Side::Left), [5; 160]);
    }

    proptest! {
        #[test]
        fn any_packets_at_any_time_make_blocks_that_follow_each_other(
            packets in proptest::collection::vec(
                (0u64..3_000, any::<bool>(), 0u32..2, prop_oneof![any::<u32>(), 0u32..50_000], 0usize..700), 0..200)
        ) {
            let mut timeline = Timeline::default();
            let (mut clock, mut recorded) = (0, 0);
            for (delay, is_left, ssrc, timestamp, length) in packets {
                clock += delay;
                let side = if is_left { Side::Left } else { Side::Right };
                timeline.write(clock, side, ssrc, timestamp, &vec![1; length], None);
                if let Some(block) = timeline.take(clock) {
                    prop_assert_eq!(block.position, recorded);
                    recorded += block.samples.len() as u64 / 2;
                }
            }
            if let Some(block) = timeline.finish(clock) {
                prop_assert_eq!(block.position, recorded);
                recorded += block.samples.len() as u64 / 2;
            }
            prop_assert_eq!(recorded, clock);
        }
    }

    #[test]
    fn a_flood_faster_than_time_stays_near_the_clock() {
        let mut timeline = Timeline::default();
        for n in 0..10_000u32 {
            timeline.write(8_000, Side::Left, 1, n * 160, &[1; 160], None);
        }
        assert!(timeline.pending.len() <= 2 * (8_000 + 2 * MAX_STRAY as usize));
    }

    #[test]
    fn blocks_are_handed_over_while_it_grows_and_lose_nothing() {
        let mut timeline = Timeline::default();
        let (mut all, mut next) = (Vec::new(), 0);
        for n in 0..200u32 {
            let clock = 160 * u64::from(n + 1);
            timeline.write(clock, Side::Left, 1, n * 160, &[n as u8; 160], None);
            if let Some(block) = timeline.take(clock) {
                assert_eq!(block.position, next);
                next += block.samples.len() as u64 / 2;
                all.extend(side(&block, Side::Left));
            }
        }
        all.extend(side(&timeline.finish(32_000).unwrap(), Side::Left));
        assert_eq!(all.len(), 32_000);
        assert!(all.chunks(160).enumerate().all(|(n, chunk)| chunk[0] == n as u8));
    }
}
