//! Recordings as the media thread keeps them: a timeline each, whose blocks go to the writer.

use std::path::PathBuf;
use std::time::Instant;

use perezvon_model::{LegId, RecordingId};

use super::switch::Switch;
use super::write::Job;
use crate::core::SAMPLE_RATE;
use crate::core::g711::Codec;
use crate::core::outgoing::Incoming;
use crate::core::timeline::{Side, Timeline};
use crate::handle::MediaEvent;

pub(super) struct Recording {
    id: RecordingId,
    /// The leg that is its left side.
    leg: usize,
    started: Instant,
    timeline: Timeline,
}

impl Recording {
    fn clock(&self, now: Instant) -> u64 {
        let age = now.saturating_duration_since(self.started).as_micros() as u64;
        age * u64::from(SAMPLE_RATE) / 1_000_000
    }
}

impl Switch {
    pub(super) fn record_start(&mut self, recording: RecordingId, leg: LegId, path: PathBuf) {
        if self.by_recording.contains_key(&recording) {
            return;
        }
        let Some(leg) = self.by_id.get(&leg).copied() else {
            let reason = "the leg is gone".to_owned();
            self.tell(MediaEvent::RecordingFailed { recording, reason });
            return;
        };
        if let Some(old) = self.legs[leg].recording {
            self.finish_recording(old);
        }
        if self.recordings.is_empty() {
            self.wake_for_recordings();
        }
        self.writer.send(Job::Open { recording, path });
        let timeline = Timeline::default();
        let index = self.recordings.insert(Recording { id: recording, leg, started: self.now, timeline });
        self.by_recording.insert(recording, index);
        self.legs[leg].recording = Some(index);
    }

    pub(super) fn record_stop(&mut self, recording: RecordingId) {
        if let Some(index) = self.by_recording.get(&recording).copied() {
            self.finish_recording(index);
        }
    }

    pub(super) fn record(
        &mut self,
        recording: usize,
        side: Side,
        incoming: &Incoming,
        codec: Codec,
        samples: &[u8],
    ) {
        let recording = &mut self.recordings[recording];
        let clock = recording.clock(self.now);
        let table = codec.table_to(Codec::Pcmu);
        recording.timeline.write(clock, side, incoming.ssrc, incoming.timestamp, samples, table);
    }

    pub(super) fn flush_recordings(&mut self) {
        self.writer.retry();
        for (_, recording) in &mut self.recordings {
            let clock = recording.clock(self.now);
            if let Some(block) = recording.timeline.take(clock) {
                self.writer.send(Job::Append { recording: recording.id, block });
            }
        }
    }

    pub(super) fn finish_recording(&mut self, index: usize) {
        let mut recording = self.recordings.remove(index);
        self.by_recording.remove(&recording.id);
        self.legs[recording.leg].recording = None;
        let clock = recording.clock(self.now);
        if let Some(block) = recording.timeline.finish(clock) {
            self.writer.send(Job::Append { recording: recording.id, block });
        }
        self.writer.send(Job::Close { recording: recording.id });
    }

    pub(super) fn stop_recordings(&mut self) {
        let indexes: Vec<usize> = self.recordings.iter().map(|(index, _)| index).collect();
        for index in indexes {
            self.finish_recording(index);
        }
    }
}
