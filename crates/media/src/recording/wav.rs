//! The growing file: RIFF WAVE, format 7 (mu-law), two channels, 8 kHz.
//!
//! The lengths in the header are written as "unknown" until the file is closed, which players take as "to the end";
//! nothing but appending is needed while it grows, so a kill at any moment leaves a file that plays.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// RIFF, an 18-byte `fmt ` (its extension size is obligatory when the format is not PCM), `fact`, `data`.
pub const HEADER_LEN: u64 = 58;
/// Bytes of one frame: a sample of each side.
pub const FRAME_BYTES: u64 = 2;
const UNKNOWN: u32 = u32::MAX;

/// The header of a file with so many bytes of samples; `None` while it grows.
pub fn header(data_bytes: Option<u64>) -> [u8; HEADER_LEN as usize] {
    let length = |extra: u64| {
        data_bytes.and_then(|bytes| u32::try_from(bytes + extra).ok()).unwrap_or(UNKNOWN).to_le_bytes()
    };
    let mut header = [0; HEADER_LEN as usize];
    header[0..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&length(HEADER_LEN - 8));
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&18u32.to_le_bytes());
    header[20..22].copy_from_slice(&7u16.to_le_bytes());
    header[22..24].copy_from_slice(&2u16.to_le_bytes());
    header[24..28].copy_from_slice(&8_000u32.to_le_bytes());
    header[28..32].copy_from_slice(&16_000u32.to_le_bytes());
    header[32..34].copy_from_slice(&2u16.to_le_bytes());
    header[34..36].copy_from_slice(&8u16.to_le_bytes());
    // 36..38: no extension of the format.
    header[38..42].copy_from_slice(b"fact");
    header[42..46].copy_from_slice(&4u32.to_le_bytes());
    let frames = data_bytes.and_then(|bytes| u32::try_from(bytes / FRAME_BYTES).ok()).unwrap_or(UNKNOWN);
    header[46..50].copy_from_slice(&frames.to_le_bytes());
    header[50..54].copy_from_slice(b"data");
    header[54..58].copy_from_slice(&length(0));
    header
}

/// Bytes of samples in an open file: by the size of the file, whatever the header says.
pub(crate) fn data_bytes(file: &File) -> io::Result<u64> {
    let mut found = [0; HEADER_LEN as usize];
    (&mut &*file).read_exact(&mut found)?;
    let ours = header(None);
    if found[0..4] != ours[0..4] || found[8..42] != ours[8..42] || found[50..54] != ours[50..54] {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a recording of ours"));
    }
    let bytes = file.metadata()?.len() - HEADER_LEN;
    Ok(bytes - bytes % FRAME_BYTES)
}

pub(crate) fn duration_ms(path: &Path) -> io::Result<i64> {
    Ok(ms_of(data_bytes(&File::open(path)?)?))
}

pub(crate) fn repair(path: &Path) -> io::Result<i64> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let bytes = data_bytes(&file)?;
    finish(&file, bytes)?;
    Ok(ms_of(bytes))
}

/// Cuts half a frame off and writes the true lengths.
pub(crate) fn finish(file: &File, data_bytes: u64) -> io::Result<()> {
    file.set_len(HEADER_LEN + data_bytes)?;
    file.write_all_at(&header(Some(data_bytes)), 0)
}

pub(crate) fn ms_of(data_bytes: u64) -> i64 {
    (data_bytes / FRAME_BYTES / 8) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_what_the_format_says() {
        let whole = header(Some(16_000));
        assert_eq!(&whole[..4], b"RIFF");
        assert_eq!(whole[4..8], (16_000u32 + 50).to_le_bytes());
        assert_eq!(whole[46..50], 8_000u32.to_le_bytes(), "samples of each channel");
        assert_eq!(whole[54..58], 16_000u32.to_le_bytes());
        assert_eq!(header(None)[54..58], [0xFF; 4], "players read to the end");
    }

    #[test]
    fn a_file_cut_off_anywhere_is_repaired_to_whole_frames() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.wav");
        let mut bytes = header(None).to_vec();
        bytes.extend([0x55; 16_001]);
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(repair(&path).unwrap(), 1_000);
        assert_eq!(repair(&path).unwrap(), 1_000, "repairing twice does no harm");
        let repaired = std::fs::read(&path).unwrap();
        assert_eq!(repaired.len(), 58 + 16_000);
        assert_eq!(repaired[54..58], 16_000u32.to_le_bytes());
    }

    #[test]
    fn a_file_that_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.wav");
        for content in [&b"RIFF"[..], &[0; 200]] {
            std::fs::write(&path, content).unwrap();
            assert!(repair(&path).is_err());
            assert_eq!(std::fs::read(&path).unwrap(), content);
        }
    }
}
