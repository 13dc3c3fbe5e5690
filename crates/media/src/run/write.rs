//! The writer thread: appends blocks to growing recordings. A slow or full disk costs sound of recordings, never of calls.

use std::collections::{HashMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use perezvon_model::RecordingId;

use super::seal::{self, Sealer};
use super::{Shared, WRITER};
use crate::core::g711::ULAW_SILENCE;
use crate::core::timeline::Block;
use crate::handle::{Events, MediaEvent};
use crate::recording::{private_folder, wav};

/// Blocks that may wait for the disk, 8 KB each: with 500 recordings two seconds of sound.
const MAX_JOBS: usize = 2_048;
/// Opened and closed recordings that wait behind a full queue; they must not be lost.
const MAX_BACKLOG: usize = 10_000;
/// Silence written at once where blocks are missing.
const PAD: usize = 64 * 1024;
/// A gap longer than this is not filled: ten minutes.
const MAX_PAD_FRAMES: u64 = 8_000 * 600;

pub enum Job {
    Open { recording: RecordingId, path: PathBuf },
    Append { recording: RecordingId, block: Block },
    Close { recording: RecordingId },
    SealLeftOver { recording: RecordingId, path: PathBuf },
}

/// The media thread's end of the queue to the writer.
pub struct Writer {
    jobs: Option<SyncSender<Job>>,
    backlog: VecDeque<Job>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    sealer: Option<Sealer>,
}

impl Writer {
    /// Never waits. A block for which there is no room is lost and counted; openings and closings wait in a backlog.
    pub fn send(&mut self, job: Job) {
        self.retry();
        match job {
            Job::Append { .. } if !self.backlog.is_empty() => self.lose(),
            Job::Open { .. } | Job::Append { .. } | Job::Close { .. } | Job::SealLeftOver { .. } => {
                self.try_send(job)
            }
        }
    }

    pub fn seal_left_over(&mut self, recording: RecordingId, path: PathBuf) {
        self.send(Job::SealLeftOver { recording, path });
    }

    pub fn has_backlog(&self) -> bool {
        !self.backlog.is_empty()
    }

    /// Hands over what waits, as far as there is room.
    pub fn retry(&mut self) {
        while let Some(job) = self.backlog.pop_front() {
            let Some(jobs) = &self.jobs else { return };
            match jobs.try_send(job) {
                Ok(()) => {}
                Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                    self.backlog.push_front(job);
                    return;
                }
            }
        }
    }

    fn try_send(&mut self, job: Job) {
        let Some(jobs) = &self.jobs else { return };
        let job = match jobs.try_send(job) {
            Ok(()) => return,
            Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => job,
        };
        match job {
            Job::Append { .. } => self.lose(),
            Job::Open { .. } | Job::Close { .. } | Job::SealLeftOver { .. }
                if self.backlog.len() < MAX_BACKLOG =>
            {
                self.backlog.push_back(job);
            }
            Job::Open { recording, .. } | Job::Close { recording } | Job::SealLeftOver { recording, .. } => {
                tracing::error!(%recording, "the disk is far behind; a recording is given up");
            }
        }
    }

    fn lose(&self) {
        if self.shared.published.blocks_lost.fetch_add(1, Ordering::Relaxed).is_multiple_of(100) {
            tracing::warn!("the disk is behind: sound of recordings is lost");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // At the end of the program there is time to wait for what is still open.
        if let Some(jobs) = self.jobs.take() {
            for job in self.backlog.drain(..) {
                if jobs.send(job).is_err() {
                    break;
                }
            }
        }
        if let Some(sealer) = &self.sealer {
            sealer.stop();
        }
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the writer thread had panicked");
        }
        self.sealer = None;
    }
}

/// Says so when the thread that holds it panics.
struct PanicWatch(Arc<Shared>);

impl Drop for PanicWatch {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.writer_failed.store(true, Ordering::Relaxed);
        }
    }
}

pub fn start(events: Events, shared: Arc<Shared>) -> io::Result<Writer> {
    let (jobs, received) = sync_channel(MAX_JOBS);
    let sealer = seal::start(events.clone())?;
    let disk = Disk { events, shared: shared.clone(), sealer: sealer.queue(), open: HashMap::new() };
    let watch = PanicWatch(shared.clone());
    let thread = thread::Builder::new().name(WRITER.to_owned()).spawn(move || {
        let _watch = watch;
        disk.run(&received);
    })?;
    Ok(Writer {
        jobs: Some(jobs),
        backlog: VecDeque::new(),
        shared,
        thread: Some(thread),
        sealer: Some(sealer),
    })
}

struct Growing {
    path: PathBuf,
    /// Not there while the disk refuses it.
    file: Option<File>,
    frames: u64,
    /// The disk's last refusal.
    trouble: Option<io::Error>,
}

struct Disk {
    events: Events,
    shared: Arc<Shared>,
    sealer: seal::Queue,
    open: HashMap<RecordingId, Growing>,
}

impl Disk {
    fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Open { recording, path } => {
                    let mut growing = Growing { path, file: None, frames: 0, trouble: None };
                    growing.attempt(recording, Growing::create);
                    self.open.insert(recording, growing);
                }
                Job::Append { recording, block } => {
                    let Some(growing) = self.open.get_mut(&recording) else { continue };
                    if !growing.attempt(recording, |growing| growing.append(&block)) {
                        self.shared.published.blocks_lost.fetch_add(1, Ordering::Relaxed);
                    }
                }
                Job::Close { recording } => {
                    if let Some(growing) = self.open.remove(&recording) {
                        self.close(recording, growing);
                    }
                }
                Job::SealLeftOver { recording, path } => self.sealer.seal(recording, path),
            }
        }
        for (recording, growing) in std::mem::take(&mut self.open) {
            self.close(recording, growing);
        }
    }

    fn close(&mut self, recording: RecordingId, mut growing: Growing) {
        growing.attempt(recording, |growing| {
            let file = growing.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
            wav::finish(file, growing.frames * wav::FRAME_BYTES)
        });
        if growing.frames > 0 {
            self.sealer.seal(recording, growing.path);
            return;
        }
        let reason = growing.trouble.map_or_else(|| "no sound".to_owned(), |error| error.to_string());
        // Nothing is in it, so nothing is lost when even this fails.
        let _ = fs::remove_file(&growing.path);
        (self.events)(MediaEvent::RecordingFailed { recording, reason });
    }
}

impl Growing {
    /// Does it, and says so in the log when the disk begins to refuse or obeys again.
    fn attempt(&mut self, recording: RecordingId, what: impl FnOnce(&mut Growing) -> io::Result<()>) -> bool {
        match what(self) {
            Ok(()) => {
                if self.trouble.take().is_some() {
                    tracing::info!(%recording, "recording goes on");
                }
                true
            }
            Err(error) => {
                if self.trouble.is_none() {
                    tracing::error!(%recording, %error, "recording cannot be written, retried with each block");
                }
                self.trouble = Some(error);
                false
            }
        }
    }

    fn create(&mut self) -> io::Result<()> {
        if let Some(folder) = self.path.parent() {
            private_folder(folder)?;
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        // What people say is for whoever runs the server alone.
        let file = options.mode(0o600).open(&self.path)?;
        file.write_all_at(&wav::header(None), 0)?;
        self.file = Some(file);
        Ok(())
    }

    fn append(&mut self, block: &Block) -> io::Result<()> {
        if self.file.is_none() {
            self.create()?;
        }
        let file = self.file.as_ref().ok_or(io::ErrorKind::NotFound)?;
        // Where blocks were lost, silence keeps the rest at its time.
        let missing = block.position.saturating_sub(self.frames).min(MAX_PAD_FRAMES);
        let silence = [ULAW_SILENCE; PAD];
        for done in (0..missing).step_by(PAD / 2) {
            let length = ((missing - done) as usize * 2).min(PAD);
            file.write_all_at(&silence[..length], wav::HEADER_LEN + (self.frames + done) * wav::FRAME_BYTES)?;
        }
        let at = self.frames + missing;
        file.write_all_at(&block.samples, wav::HEADER_LEN + at * wav::FRAME_BYTES)?;
        self.frames = at + block.samples.len() as u64 / wav::FRAME_BYTES;
        Ok(())
    }
}
