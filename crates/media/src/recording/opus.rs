//! The sealed file: stereo Opus in Ogg (RFC 7845).
//!
//! CELT at complexity 0 is used: measured with opus-rs 0.1.40 on speech at 8 kHz stereo it takes 35 microseconds per
//! 20 ms where SILK takes 50 and more, and it keeps the two sides apart, which SILK's mid/side coding does not
//! (crosstalk -70 dB against -25 dB at 32 kb/s).

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::panic;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use ogg::{PacketReader, PacketWriteEndInfo, PacketWriter};
use opus_rs::{Application, OpusDecoder, OpusEncoder};

use super::{Sealed, wav};
use crate::core::g711::{ULAW_SILENCE, ULAW_TO_LINEAR};
use crate::core::{FRAME, SAMPLE_RATE};

const CHANNELS: usize = 2;
/// Both sides together: a fourth of the mu-law.
const BITRATE: i32 = 32_000;
/// Granule positions count at 48 kHz whatever the input was (RFC 7845 section 4).
const GRANULES_PER_FRAME: u64 = 960;
const GRANULES_PER_SAMPLE: u64 = 6;
/// CELT's own delay of 2.5 ms, skipped by players (RFC 7845 section 4.2).
const PRE_SKIP: u16 = 120;
/// Packets in a page: one second (RFC 7845 section 3 advises no more).
const PACKETS_PER_PAGE: u64 = 50;
const MAX_PACKET: usize = 1_500;
/// The largest packet that is decoded: 120 ms (RFC 6716 section 3.2.5).
const MAX_DECODED: usize = 960 * CHANNELS;

/// Encodes until done or told to stop; a stopped seal leaves the WAV as it was.
pub(crate) fn seal(path: &Path, stop: &AtomicBool) -> io::Result<Sealed> {
    let sealed = path.with_extension("opus");
    if !path.exists() && sealed.exists() {
        // An earlier seal was done but could not tell.
        let (duration_ms, bytes) = (duration_ms(&sealed)?, fs::metadata(&sealed)?.len() as i64);
        return Ok(Sealed { duration_ms, bytes, file: sealed });
    }
    wav::repair(path)?;
    let data_bytes = wav::data_bytes(&File::open(path)?)?;
    let growing = path.with_extension("opus.part");
    let written = contained(|| encode(path, data_bytes, &growing, stop));
    if let Err(error) = written {
        // The part is worthless and its name is our own; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&growing);
        return Err(error);
    }
    fs::rename(&growing, &sealed)?;
    if let Some(folder) = sealed.parent() {
        // The new name must be on disk before the old file goes.
        File::open(folder)?.sync_all()?;
    }
    fs::remove_file(path)?;
    let bytes = fs::metadata(&sealed)?.len() as i64;
    Ok(Sealed { duration_ms: wav::ms_of(data_bytes), bytes, file: sealed })
}

/// The codec could not take the sound. Another try would end the same way; the WAV plays.
#[derive(Debug, thiserror::Error)]
#[error("the codec failed: {0}")]
struct CodecFailed(&'static str);

pub(crate) fn is_codec_failure(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<CodecFailed>())
}

/// A codec that panics over one recording must not keep the others from being sealed.
fn contained<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    // What the work borrows is two paths and a flag; the caller removes the part of a file that it leaves.
    panic::catch_unwind(panic::AssertUnwindSafe(work)).unwrap_or_else(|_| Err(codec_error("it panicked")))
}

fn encode(from: &Path, data_bytes: u64, to: &Path, stop: &AtomicBool) -> io::Result<()> {
    let mut input = BufReader::with_capacity(64 * 1024, File::open(from)?);
    input.seek(SeekFrom::Start(wav::HEADER_LEN))?;
    let mut options = File::options();
    // As the file that it replaces: what people say is for whoever runs the server alone.
    let output = options.write(true).create(true).truncate(true).mode(0o600).open(to)?;
    let output = BufWriter::with_capacity(64 * 1024, output);
    let mut writer = PacketWriter::new(output);
    // One stream to a file, so any serial number will do.
    let serial = 1;
    writer.write_packet(head(), serial, PacketWriteEndInfo::EndPage, 0)?;
    writer.write_packet(tags(), serial, PacketWriteEndInfo::EndPage, 0)?;

    let mut encoder = OpusEncoder::new(SAMPLE_RATE as i32, CHANNELS, Application::RestrictedLowDelay)
        .map_err(codec_error)?;
    encoder.bitrate_bps = BITRATE;
    encoder.complexity = 0;
    let samples = data_bytes / wav::FRAME_BYTES;
    // The end of the sound leaves the encoder one delay later.
    let end = samples * GRANULES_PER_SAMPLE + u64::from(PRE_SKIP);
    let packets = end.div_ceil(GRANULES_PER_FRAME).max(1);
    let mut pcm = [0i16; FRAME * CHANNELS];
    let mut bytes = [0u8; FRAME * CHANNELS];
    let mut packet = [0u8; MAX_PACKET];
    for n in 1..=packets {
        if stop.load(Ordering::Relaxed) {
            return Err(io::Error::new(io::ErrorKind::Interrupted, "stopped"));
        }
        let filled = read_up_to(&mut input, &mut bytes)?;
        bytes[filled..].fill(ULAW_SILENCE);
        for (sample, code) in pcm.iter_mut().zip(bytes) {
            *sample = ULAW_TO_LINEAR[usize::from(code)];
        }
        let length = encoder.encode_i16(&pcm, FRAME, &mut packet).map_err(codec_error)?;
        let info = if n == packets {
            PacketWriteEndInfo::EndStream
        } else if n % PACKETS_PER_PAGE == 0 {
            PacketWriteEndInfo::EndPage
        } else {
            PacketWriteEndInfo::NormalPacket
        };
        let granule = (n * GRANULES_PER_FRAME).min(end);
        writer.write_packet(packet[..length].to_vec(), serial, info, granule)?;
    }
    let output = writer.into_inner().into_inner().map_err(io::IntoInnerError::into_error)?;
    output.sync_all()
}

/// `OpusHead` (RFC 7845 section 5.1).
fn head() -> Vec<u8> {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(CHANNELS as u8);
    head.extend(PRE_SKIP.to_le_bytes());
    head.extend(SAMPLE_RATE.to_le_bytes());
    head.extend([0, 0, 0]); // no gain, mapping family 0
    head
}

/// `OpusTags` (RFC 7845 section 5.2): a vendor and no comments.
fn tags() -> Vec<u8> {
    let vendor = b"perezvon";
    let mut tags = b"OpusTags".to_vec();
    tags.extend((vendor.len() as u32).to_le_bytes());
    tags.extend(vendor);
    tags.extend(0u32.to_le_bytes());
    tags
}

fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}

/// Decodes a sealed file, giving interleaved samples of both sides chunk by chunk, pre-skip left out.
pub(crate) fn decode(path: &Path, mut take: impl FnMut(&[f32])) -> io::Result<()> {
    let mut reader = PacketReader::new(BufReader::new(File::open(path)?));
    let mut decoder = OpusDecoder::new(SAMPLE_RATE as i32, CHANNELS).map_err(codec_error)?;
    let mut pcm = [0f32; MAX_DECODED];
    let mut skip = usize::from(PRE_SKIP) / GRANULES_PER_SAMPLE as usize;
    let mut left = (duration_samples(path)?) as usize;
    let mut headers = 2;
    while let Some(packet) = reader.read_packet().map_err(ogg_error)? {
        if headers > 0 {
            headers -= 1;
            continue;
        }
        let samples = decoder.decode(&packet.data, MAX_DECODED / CHANNELS, &mut pcm).map_err(codec_error)?;
        let skipped = skip.min(samples);
        skip -= skipped;
        let taken = (samples - skipped).min(left);
        left -= taken;
        take(&pcm[skipped * CHANNELS..(skipped + taken) * CHANNELS]);
    }
    Ok(())
}

pub(crate) fn duration_ms(path: &Path) -> io::Result<i64> {
    Ok((duration_samples(path)? / 8) as i64)
}

/// The granule position of the last page, which starts within the last 64 KB (RFC 3533 section 6).
fn duration_samples(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(65_536 + 64)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let last = tail.windows(14).rev().find(|window| window.starts_with(b"OggS\0"));
    let last = last.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no Ogg page"))?;
    let granule = u64::from_le_bytes(last[6..14].try_into().expect("eight of fourteen bytes"));
    Ok(granule.saturating_sub(u64::from(PRE_SKIP)) / GRANULES_PER_SAMPLE)
}

fn codec_error(error: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, CodecFailed(error))
}

fn ogg_error(error: ogg::OggReadError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_codec_is_an_error_of_the_one_recording() {
        assert_eq!(contained(|| Ok(1)).expect("it went well"), 1);
        let error = contained(|| -> io::Result<()> { panic!("as a codec would") }).unwrap_err();
        assert!(is_codec_failure(&error), "{error}");
        let error = contained(|| Err::<(), _>(io::ErrorKind::StorageFull.into())).unwrap_err();
        assert!(!is_codec_failure(&error), "{error}");
    }
}
