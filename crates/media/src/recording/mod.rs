//! Recordings as files: stereo mu-law WAV while they grow, Ogg Opus when they are sealed.
//! Left is the customer, right is whom the customer talks with.

mod opus;
mod peaks;
pub mod wav;

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

pub use peaks::peaks;

/// What a sealed recording is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub duration_ms: i64,
    pub bytes: i64,
    pub file: PathBuf,
}

/// Gives a WAV that was left open (the program was killed while it grew) its true lengths.
/// Returns its duration in milliseconds. A file that is whole already is left as it is.
pub fn repair(path: &Path) -> io::Result<i64> {
    wav::repair(path)
}

/// Writes the Ogg Opus file beside a WAV, syncs it, and removes the WAV. The WAV is repaired first when it needs it.
/// The old file stays until the new one is on disk, so a kill at any moment loses nothing. Sealing what is sealed
/// already gives the same answer again.
pub fn seal(wav: &Path) -> io::Result<Sealed> {
    opus::seal(wav, &AtomicBool::new(false))
}

pub(crate) use opus::{is_codec_failure, seal as seal_until};

/// Makes a folder for its owner alone: what lies in it is people's talk.
pub fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// The length of a recording in either format, in milliseconds.
pub fn duration_ms(file: &Path) -> io::Result<i64> {
    if is_opus(file) { opus::duration_ms(file) } else { wav::duration_ms(file) }
}

fn is_opus(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("opus"))
}
