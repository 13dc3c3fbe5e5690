//! The waveform of a recording: the loudest sample of each of n slices, for each side.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{duration_ms, is_opus, opus, wav};
use crate::core::g711::ULAW_TO_LINEAR;

/// The most slices that are given.
const MAX_SLICES: usize = 10_000;

/// `n` pairs of left and right peaks, 0 to 255, linear; from a `.wav` (also while it grows) or a sealed `.opus`.
/// A recording without sound gives zeros.
pub fn peaks(file: &Path, n: usize) -> io::Result<Vec<[u8; 2]>> {
    let n = n.clamp(1, MAX_SLICES);
    let total = (duration_ms(file)? as u64 * 8).max(1);
    let mut slices = Slices { peaks: vec![[0; 2]; n], total, frame: 0 };
    if is_opus(file) {
        opus::decode(file, |samples| {
            for pair in samples.chunks_exact(2) {
                slices.add([loudness(pair[0]), loudness(pair[1])]);
            }
        })?;
    } else {
        let mut file = File::open(file)?;
        wav::data_bytes(&file)?;
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let mut filled = 0;
            while filled < chunk.len() {
                match file.read(&mut chunk[filled..])? {
                    0 => break,
                    read => filled += read,
                }
            }
            for pair in chunk[..filled].chunks_exact(2) {
                slices.add(
                    [0, 1]
                        .map(|side| loudness(f32::from(ULAW_TO_LINEAR[usize::from(pair[side])]) / 32_768.0)),
                );
            }
            if filled < chunk.len() {
                break;
            }
        }
    }
    Ok(slices.peaks)
}

fn loudness(sample: f32) -> u8 {
    (sample.abs() * 255.0).min(255.0) as u8
}

struct Slices {
    peaks: Vec<[u8; 2]>,
    total: u64,
    frame: u64,
}

impl Slices {
    fn add(&mut self, pair: [u8; 2]) {
        let slice = (self.frame * self.peaks.len() as u64 / self.total) as usize;
        self.frame += 1;
        if let Some(peak) = self.peaks.get_mut(slice) {
            peak[0] = peak[0].max(pair[0]);
            peak[1] = peak[1].max(pair[1]);
        }
    }
}
