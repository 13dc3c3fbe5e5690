//! The sealing thread: turns closed WAV files into Ogg Opus one by one, at a low priority.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use perezvon_model::RecordingId;

use crate::handle::{Events, MediaEvent};
use crate::recording;

/// Recordings that may wait to be sealed; past that they stay WAV.
const MAX_WAITING: usize = 10_000;
/// A recording that could not be sealed (the disk is full) is tried again after so long, so many times.
const RETRY_AFTER: Duration = Duration::from_secs(10);
const MAX_TRIES: u32 = 30;
/// Scheduling priority below everything that serves calls.
const NICENESS: i32 = 10;

pub struct Sealer {
    queue: Queue,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// Where closed recordings are put.
#[derive(Clone)]
pub struct Queue {
    waiting: SyncSender<Waiting>,
    events: Events,
}

struct Waiting {
    recording: RecordingId,
    wav: PathBuf,
    tries: u32,
    not_before: Instant,
}

impl Queue {
    pub fn seal(&self, recording: RecordingId, wav: PathBuf) {
        let waiting = Waiting { recording, wav, tries: 0, not_before: Instant::now() };
        if let Err(error) = self.waiting.try_send(waiting) {
            let (std::sync::mpsc::TrySendError::Full(waiting)
            | std::sync::mpsc::TrySendError::Disconnected(waiting)) = error;
            tracing::warn!(%recording, "too many recordings wait to be sealed; this one stays WAV");
            tell_as_wav(&self.events, waiting, "too many wait");
        }
    }
}

impl Sealer {
    pub fn queue(&self) -> Queue {
        self.queue.clone()
    }

    /// What is not sealed stays WAV, for the next start of the program.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.stop();
        // Its own sender must go for the thread to see the end.
        let (closed, _) = sync_channel(0);
        self.queue.waiting = closed;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the sealing thread had panicked");
        }
    }
}

pub fn start(events: Events) -> io::Result<Sealer> {
    let (waiting, received) = sync_channel(MAX_WAITING);
    let stop = Arc::new(AtomicBool::new(false));
    let queue = Queue { waiting, events: events.clone() };
    let thread = thread::Builder::new().name("media-seal".to_owned()).spawn({
        let stop = stop.clone();
        move || run(&received, &events, &stop)
    })?;
    Ok(Sealer { queue, stop, thread: Some(thread) })
}

fn run(received: &Receiver<Waiting>, events: &Events, stop: &AtomicBool) {
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS) {
        tracing::debug!(%error, "sealing keeps the common priority");
    }
    let mut later: VecDeque<Waiting> = VecDeque::new();
    loop {
        let next = match later.front() {
            None => received.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(first) => received.recv_timeout(first.not_before.saturating_duration_since(Instant::now())),
        };
        let waiting = match next {
            Ok(waiting) => waiting,
            Err(RecvTimeoutError::Timeout) => match later.pop_front() {
                Some(waiting) => waiting,
                None => continue,
            },
            Err(RecvTimeoutError::Disconnected) => return,
        };
        if stop.load(Ordering::Relaxed) {
            return;
        }
        later.extend(seal(waiting, events, stop));
    }
}

/// Seals one; gives it back when it shall be tried again.
fn seal(waiting: Waiting, events: &Events, stop: &AtomicBool) -> Option<Waiting> {
    let recording = waiting.recording;
    let error = match recording::seal_until(&waiting.wav, stop) {
        Ok(sealed) => {
            let recording::Sealed { duration_ms, bytes, file } = sealed;
            events(MediaEvent::RecordingSealed { recording, duration_ms, bytes, file });
            return None;
        }
        Err(error) => error,
    };
    match error.kind() {
        _ if recording::is_codec_failure(&error) => {
            tracing::error!(%recording, %error, "the recording stays WAV");
            tell_as_wav(events, waiting, &error.to_string());
            None
        }
        ErrorKind::Interrupted => None,
        ErrorKind::NotFound | ErrorKind::InvalidData | ErrorKind::UnexpectedEof => {
            events(MediaEvent::RecordingFailed { recording, reason: error.to_string() });
            None
        }
        _ if waiting.tries + 1 < MAX_TRIES => {
            tracing::warn!(%recording, %error, "recording cannot be sealed now, tried again later");
            Some(Waiting { tries: waiting.tries + 1, not_before: Instant::now() + RETRY_AFTER, ..waiting })
        }
        _ => {
            tell_as_wav(events, waiting, &error.to_string());
            None
        }
    }
}

/// The WAV is whole and plays, so that is what the recording is.
fn tell_as_wav(events: &Events, waiting: Waiting, why: &str) {
    let Waiting { recording, wav, .. } = waiting;
    let bytes = std::fs::metadata(&wav).map(|metadata| metadata.len() as i64);
    match (recording::duration_ms(&wav), bytes) {
        (Ok(duration_ms), Ok(bytes)) => {
            events(MediaEvent::RecordingSealed { recording, duration_ms, bytes, file: wav });
        }
        (Err(_), _) | (_, Err(_)) => {
            events(MediaEvent::RecordingFailed { recording, reason: why.to_owned() });
        }
    }
}
