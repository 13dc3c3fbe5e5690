//! Recordings of real calls on the loopback, open and sealed.

#![expect(clippy::unwrap_used, reason = "a step that fails shall stop the test")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use perezvon_media::core::g711::ULAW_TO_LINEAR;
use perezvon_media::recording::{self, peaks};
use perezvon_media::{Codec, MediaEvent};
use perezvon_model::UtcMs;
use support::{Bed, assert_tone, talk};

/// Left and right samples of a WAV of ours.
fn sides(path: &Path) -> [Vec<f64>; 2] {
    let bytes = fs::read(path).unwrap();
    [0, 1].map(|side| {
        let samples = bytes[58 + side..].iter().step_by(2);
        samples.map(|code| f64::from(ULAW_TO_LINEAR[usize::from(*code)])).collect()
    })
}

#[test]
fn each_party_is_on_its_own_side_in_the_growing_and_in_the_sealed_file() {
    let mut bed = Bed::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/r.wav");
    let (mut customer, mut agent) = (bed.party(Codec::Pcma), bed.party(Codec::Pcmu));
    (customer.hz, agent.hz) = (440.0, 1_000.0);
    bed.media.bridge(customer.leg, agent.leg);
    let recording = bed.recording();
    bed.media.record_start(recording, customer.leg, path.clone());
    let started = Instant::now();
    talk(&mut [&mut customer, &mut agent], 1_400);
    // It grows while the call goes on.
    while fs::metadata(&path).map_or(0, |file| file.len()) < 20_000 {
        assert!(started.elapsed() < support::PATIENCE);
        talk(&mut [&mut customer, &mut agent], 200);
    }
    let [left, right] = sides(&path);
    assert_tone(&left, 440.0, 1_000.0);
    assert_tone(&right, 1_000.0, 440.0);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700), "people's talk is nobody else's");

    bed.media.record_stop(recording);
    let talked_ms = started.elapsed().as_millis() as i64;
    let (duration_ms, bytes, file) = bed.wait_for(|event| match event {
        MediaEvent::RecordingSealed { recording: of, duration_ms, bytes, file } if *of == recording => {
            Some((*duration_ms, *bytes, file.clone()))
        }
        _ => None,
    });
    assert_eq!(file, path.with_extension("opus"));
    assert!(!path.exists(), "the WAV is gone");
    assert_eq!(mode(&file), 0o600);
    assert_eq!(bytes as u64, fs::metadata(&file).unwrap().len());
    assert!((duration_ms - talked_ms).abs() < 400, "{duration_ms} ms of {talked_ms}");
    assert_eq!(recording::duration_ms(&file).unwrap(), duration_ms);
    let [left, right] = decode(&file);
    assert_eq!(left.len() as i64 / 8, duration_ms);
    assert_tone(&left, 440.0, 1_000.0);
    assert_tone(&right, 1_000.0, 440.0);
}

/// Decodes by our own reader of the file, packet by packet.
fn decode(file: &Path) -> [Vec<f64>; 2] {
    let mut reader = ogg::PacketReader::new(fs::File::open(file).unwrap());
    let head = reader.read_packet().unwrap().unwrap();
    assert_eq!(&head.data[..9], b"OpusHead\x01");
    assert_eq!(head.data[9], 2, "two channels");
    let pre_skip = usize::from(u16::from_le_bytes([head.data[10], head.data[11]]));
    assert_eq!(&reader.read_packet().unwrap().unwrap().data[..8], b"OpusTags");
    let mut decoder = opus_rs::OpusDecoder::new(8_000, 2).unwrap();
    let mut sides = [Vec::new(), Vec::new()];
    let mut end = 0;
    while let Some(packet) = reader.read_packet().unwrap() {
        let mut pcm = [0f32; 320];
        assert_eq!(decoder.decode(&packet.data, 160, &mut pcm).unwrap(), 160);
        for pair in pcm.chunks_exact(2) {
            sides[0].push(f64::from(pair[0]) * 32_768.0);
            sides[1].push(f64::from(pair[1]) * 32_768.0);
        }
        end = packet.absgp_page();
    }
    for side in &mut sides {
        side.drain(..pre_skip / 6);
        side.truncate((end as usize - pre_skip) / 6);
    }
    sides
}

#[test]
fn a_hold_is_silence_of_its_length_and_the_sides_stay_together() {
    let mut bed = Bed::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.wav");
    let (mut customer, mut agent) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    (customer.hz, agent.hz) = (440.0, 1_000.0);
    bed.media.bridge(customer.leg, agent.leg);
    let recording = bed.recording();
    bed.media.record_start(recording, customer.leg, path.clone());
    talk(&mut [&mut customer, &mut agent], 400);
    bed.media.unbridge(customer.leg);
    // On hold: the customer goes on talking, the agent is not heard.
    talk(&mut [&mut customer, &mut agent], 400);
    bed.media.bridge(customer.leg, agent.leg);
    talk(&mut [&mut customer, &mut agent], 1_200);
    // Dropping the media ends it as a shutdown does: the WAV is whole and unsealed.
    drop(bed);
    let [left, right] = sides(&path);
    assert_tone(&left, 440.0, 1_000.0);
    assert_tone(&right, 1_000.0, 440.0);
    // The agent's side: sound, then silence for as long as the hold, then sound again.
    let is_silent = |piece: &[f64]| piece.iter().all(|sample| *sample == 0.0);
    let pieces: Vec<bool> = right.chunks_exact(160).map(is_silent).collect();
    let hold = pieces.windows(15).position(|silent| silent.iter().all(|silent| *silent));
    let hold = hold.expect("300 ms of silence on the agent's side");
    assert!(pieces[..hold].iter().filter(|silent| !**silent).count() >= 15, "sound before the hold");
    assert!(pieces[hold + 15..].iter().filter(|silent| !**silent).count() >= 40, "sound after the hold");
    let held = &left[hold * 160..(hold + 15) * 160];
    assert_tone(held, 440.0, 1_000.0);
}

#[test]
fn a_killed_program_leaves_a_file_that_plays_to_within_a_second() {
    const CHILD: &str = "PEREZVON_TEST_RECORD_AND_DIE";
    if let Ok(path) = std::env::var(CHILD) {
        let mut bed = Bed::new();
        let (mut customer, mut agent) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
        (customer.hz, agent.hz) = (440.0, 1_000.0);
        bed.media.bridge(customer.leg, agent.leg);
        let recording = bed.recording();
        bed.media.record_start(recording, customer.leg, path.clone().into());
        let started = Instant::now();
        talk(&mut [&mut customer, &mut agent], 3_000);
        fs::write(Path::new(&path).with_extension("ms"), started.elapsed().as_millis().to_string()).unwrap();
        // As a kill -9: no destructor, no flush.
        let pid = rustix::process::getpid();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
        unreachable!();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.wav");
    let name = "a_killed_program_leaves_a_file_that_plays_to_within_a_second";
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(CHILD, &path)
        .status()
        .unwrap();
    assert!(!status.success(), "it was killed");
    let talked_ms: i64 = fs::read_to_string(path.with_extension("ms")).unwrap().parse().unwrap();
    let ms = recording::repair(&path).unwrap();
    assert!((talked_ms - 1_200..talked_ms + 200).contains(&ms), "{ms} ms of {talked_ms} are there");
    let [left, right] = sides(&path);
    assert_tone(&left, 440.0, 1_000.0);
    assert_tone(&right, 1_000.0, 440.0);
    let sealed = recording::seal(&path).unwrap();
    assert_eq!(sealed.duration_ms, ms);
    let [left, right] = decode(&sealed.file);
    assert_tone(&left, 440.0, 1_000.0);
    assert_tone(&right, 1_000.0, 440.0);
}

#[test]
fn peaks_show_the_loud_and_the_silent_parts_of_each_side_in_both_formats() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.wav");
    let mut bytes = recording::wav::header(None).to_vec();
    // Two seconds: loud left then silent; silent right then half as loud.
    for n in 0..16_000u32 {
        let wave = |amplitude: f64| {
            let sample = (f64::from(n) * 0.3).sin() * amplitude;
            perezvon_media::core::g711::linear_to_ulaw(sample as i16)
        };
        bytes.extend(if n < 8_000 { [wave(32_000.0), 0xFF] } else { [0xFF, wave(16_000.0)] });
    }
    fs::write(&path, bytes).unwrap();
    let check = |peaks: Vec<[u8; 2]>| {
        assert_eq!(peaks.len(), 20);
        for (n, [left, right]) in peaks.into_iter().enumerate() {
            match n {
                0..=8 => assert!(left > 220 && right < 12, "slice {n}: {left} {right}"),
                11..=19 => assert!(left < 12 && (100..170).contains(&right), "slice {n}: {left} {right}"),
                _ => {}
            }
        }
    };
    check(peaks(&path, 20).unwrap());
    let sealed = recording::seal(&path).unwrap();
    check(peaks(&sealed.file, 20).unwrap());
    assert!(sealed.bytes < 10_000, "two seconds take {} bytes", sealed.bytes);
    // A kill between the end of a seal and its telling makes the next start seal again.
    assert_eq!(recording::seal(&path).unwrap(), sealed);
}

#[test]
fn sealing_keeps_every_sound_at_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.wav");
    let mut bytes = recording::wav::header(None).to_vec();
    // A burst of a tone in each second, on alternate sides.
    for n in 0..32_000u32 {
        let (second, within) = (n / 8_000, n % 8_000);
        let sample = if within < 1_600 { (f64::from(n) * 0.4).sin() * 16_000.0 } else { 0.0 };
        let code = perezvon_media::core::g711::linear_to_ulaw(sample as i16);
        bytes.extend(if second % 2 == 0 { [code, 0xFF] } else { [0xFF, code] });
    }
    fs::write(&path, bytes).unwrap();
    let sealed = recording::seal(&path).unwrap();
    assert_eq!(sealed.duration_ms, 4_000);
    let sides = decode(&sealed.file);
    for second in 0..4 {
        let side = &sides[second % 2];
        let burst = &side[second * 8_000..(second + 1) * 8_000];
        let first = burst.iter().position(|sample| sample.abs() > 4_000.0).unwrap();
        let last = burst.iter().rposition(|sample| sample.abs() > 4_000.0).unwrap();
        assert!(first < 24, "starts {first} samples late");
        assert!((1_580..1_640).contains(&last), "ends at {last}, not at 1600");
    }
}

#[test]
fn a_recording_left_by_an_earlier_run_is_sealed_when_the_disk_lets_it() {
    let mut bed = Bed::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.wav");
    let mut bytes = recording::wav::header(None).to_vec();
    bytes.extend([0x80; 16_000]);
    fs::write(&path, bytes).unwrap();
    // The new file cannot be made at first.
    let obstacle = path.with_extension("opus.part");
    fs::create_dir(&obstacle).unwrap();
    let recording = bed.recording();
    bed.media.seal_left_over(recording, path.clone());
    assert!(bed.events.recv_timeout(Duration::from_secs(1)).is_err(), "not yet");
    assert!(path.exists(), "the WAV stays meanwhile");
    fs::remove_dir(&obstacle).unwrap();
    let file = path.with_extension("opus");
    match bed.events.recv_timeout(Duration::from_secs(30)).unwrap() {
        MediaEvent::RecordingSealed { duration_ms: 1_000, file: sealed, .. } => assert_eq!(sealed, file),
        other => panic!("{other:?}"),
    }
    assert!(file.exists() && !path.exists());
}

#[test]
fn a_recording_that_cannot_be_written_is_told_failed_and_the_call_goes_on() {
    let mut bed = Bed::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not-a-folder");
    fs::write(&file, b"").unwrap();
    let (mut customer, mut agent) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    (customer.hz, agent.hz) = (440.0, 1_000.0);
    bed.media.bridge(customer.leg, agent.leg);
    let recording = bed.recording();
    bed.media.record_start(recording, customer.leg, file.join("r.wav"));
    let heard = talk(&mut [&mut customer, &mut agent], 1_000);
    assert_tone(&customer.linear(&heard[0]), 1_000.0, 440.0);
    bed.media.close(customer.leg);
    let reason = bed.wait_for(|event| match event {
        MediaEvent::RecordingFailed { recording: of, reason } if *of == recording => Some(reason.clone()),
        _ => None,
    });
    assert!(!reason.is_empty());
    assert!(bed.media.counters().recording_blocks_lost > 0);
}

#[test]
fn a_disk_that_refuses_for_a_while_costs_only_that_while() {
    let mut bed = Bed::new();
    let folder = tempfile::tempdir().unwrap();
    let obstacle = folder.path().join("later-a-folder");
    fs::write(&obstacle, b"").unwrap();
    let path = obstacle.join("r.wav");
    let (mut customer, mut agent) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    (customer.hz, agent.hz) = (440.0, 1_000.0);
    bed.media.bridge(customer.leg, agent.leg);
    let recording = bed.recording();
    bed.media.record_start(recording, customer.leg, path.clone());
    let started = Instant::now();
    talk(&mut [&mut customer, &mut agent], 1_000);
    fs::remove_file(&obstacle).unwrap();
    talk(&mut [&mut customer, &mut agent], 1_600);
    let talked_ms = started.elapsed().as_millis() as i64;
    drop(bed);
    let ms = recording::duration_ms(&path).unwrap();
    assert!((ms - talked_ms).abs() < 400, "the time before is kept as silence: {ms} ms of {talked_ms}");
    let [left, right] = sides(&path);
    assert!(left[..3_200].iter().all(|sample| *sample == 0.0));
    assert_tone(&left, 440.0, 1_000.0);
    assert_tone(&right, 1_000.0, 440.0);
}

#[test]
fn a_thread_that_panics_is_named() {
    let (sender, panics) = std::sync::mpsc::channel();
    let media = support::start(
        20_000,
        20_099,
        std::sync::Arc::new(move |event| {
            sender.send(()).unwrap();
            panic!("whoever takes {event:?} fails");
        }),
    );
    assert_eq!(media.failed(), None);
    let mut ids = perezvon_model::id::IdMaker::new(1);
    let (leg, recording) = (ids.next(UtcMs(1)), ids.next(UtcMs(1)));
    media.open_rtp(leg).unwrap();
    // At its end the writer tells that nothing could be written.
    media.record_start(recording, leg, Path::new("/proc/nowhere/r.wav").to_owned());
    media.record_stop(recording);
    panics.recv_timeout(support::PATIENCE).unwrap();
    let started = Instant::now();
    while media.failed().is_none() {
        assert!(started.elapsed() < support::PATIENCE);
        std::thread::yield_now();
    }
    assert_eq!(media.failed(), Some("media-writer"));
}
