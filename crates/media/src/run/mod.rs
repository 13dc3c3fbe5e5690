//! The shell: one thread with one epoll owns every socket and leg; writing and sealing have a thread each.

mod browser;
mod control;
mod leg;
mod packets;
mod peers;
mod ports;
mod record;
mod reports;
mod seal;
#[cfg(test)]
mod stage;
mod switch;
mod tick;
mod write;

use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use perezvon_model::prompt::Prompt;
use perezvon_model::{LegId, PlayId, RecordingId, UserId};
use rustix::event::{EventfdFlags, eventfd};
use str0m::Rtc;

pub use browser::BrowserPort;
pub use ports::{Ports, RtpSockets};

use crate::handle::{Events, MediaConfig, MediaCounters, MediaError, RemoteRtp};
use switch::Switch;

/// Commands that may wait; the thread drains them at each wake.
const MAX_COMMANDS: usize = 8_192;

pub enum Command {
    OpenRtp { leg: LegId, sockets: Box<RtpSockets> },
    StartRtp { leg: LegId, remote: RemoteRtp },
    BeginRtp { leg: LegId },
    Close { leg: LegId },
    Bridge { a: LegId, b: LegId },
    Unbridge { leg: LegId },
    Play { leg: LegId, play: PlayId, prompts: Vec<Prompt>, looped: bool },
    StopPlay { leg: LegId },
    Mute { leg: LegId, on: bool },
    SendDigits { leg: LegId, digits: String },
    RecordStart { recording: RecordingId, leg: LegId, path: PathBuf },
    RecordStop { recording: RecordingId },
    SealLeftOver { recording: RecordingId, path: PathBuf },
    Peer { agent: UserId, rtc: Box<Rtc> },
    AttachBrowser { leg: LegId, agent: UserId },
    CloseBrowser { agent: UserId },
    Stop,
}

pub const MEDIA: &str = "media";
pub const WRITER: &str = "media-writer";

pub struct Started {
    pub commands: SyncSender<Command>,
    pub shared: Arc<Shared>,
    pub browsers: BrowserPort,
    pub thread: JoinHandle<()>,
}

/// What the handle and the threads share.
pub struct Shared {
    pub ports: Arc<Ports>,
    wake: OwnedFd,
    published: Published,
    writer_failed: AtomicBool,
}

/// Written by the media thread once per wake, read at any time.
#[derive(Default)]
struct Published {
    legs: AtomicU64,
    peers: AtomicU64,
    recordings: AtomicU64,
    packets_in: AtomicU64,
    packets_out: AtomicU64,
    packets_dropped: AtomicU64,
    send_errors: AtomicU64,
    wakes: AtomicU64,
    /// Counted by the media and the writer thread.
    blocks_lost: AtomicU64,
}

impl Shared {
    /// Makes the media thread look at its commands.
    pub fn wake(&self) {
        // It fails only when the counter is full, and then the thread is to wake already.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    pub fn writer_failed(&self) -> bool {
        self.writer_failed.load(Ordering::Relaxed)
    }

    pub fn counters(&self) -> MediaCounters {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        MediaCounters {
            legs: of(&self.published.legs),
            peers: of(&self.published.peers),
            recordings: of(&self.published.recordings),
            ports_free: self.ports.free() as u64,
            packets_in: of(&self.published.packets_in),
            packets_out: of(&self.published.packets_out),
            packets_dropped: of(&self.published.packets_dropped),
            send_errors: of(&self.published.send_errors),
            recording_blocks_lost: of(&self.published.blocks_lost),
            wakes: of(&self.published.wakes),
        }
    }
}

pub fn start(config: MediaConfig, events: Events) -> Result<Started, MediaError> {
    let (switch, commands, shared, browsers) = prepare(config, events)?;
    let thread = thread::Builder::new().name(MEDIA.to_owned()).spawn(move || switch.run())?;
    Ok(Started { commands, shared, browsers, thread })
}

type Prepared = (Switch, SyncSender<Command>, Arc<Shared>, BrowserPort);

fn prepare(config: MediaConfig, events: Events) -> Result<Prepared, MediaError> {
    let ports = Arc::new(Ports::new(config.bind_ip, config.rtp_ports.clone())?);
    let (browsers, browser_socket) = BrowserPort::bind(config.bind_ip, config.public_ip, config.webrtc_port)?;
    let wake = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).map_err(std::io::Error::from)?;
    let shared = Arc::new(Shared {
        ports,
        wake,
        published: Published::default(),
        writer_failed: AtomicBool::new(false),
    });
    let (commands, received) = sync_channel(MAX_COMMANDS);
    let writer = write::start(events.clone(), shared.clone())?;
    let switch = Switch::new(
        config.library,
        events,
        received,
        shared.clone(),
        browser_socket,
        browsers.clone(),
        writer,
    )?;
    Ok((switch, commands, shared, browsers))
}

/// 128 bits from the seeds of the standard library's hash maps, which come from the system; for numbers that shall be
/// hard to guess from outside, not for keys.
fn random() -> u128 {
    let half = || std::collections::hash_map::RandomState::new().build_hasher().finish();
    u128::from(half()) << 64 | u128::from(half())
}

/// True where a candidate of this address makes sense beside the public one.
fn is_other_loopback(bind_ip: IpAddr, public_ip: IpAddr) -> bool {
    bind_ip.is_unspecified() && !public_ip.is_loopback()
}
