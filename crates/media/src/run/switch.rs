//! The media thread: waits for packets, commands and times, and gives each to its place.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use perezvon_model::{LegId, RecordingId, UserId};
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use slab::Slab;
use str0m::rtp::RtpPacket;

use super::browser::{BrowserPort, Peer};
use super::leg::Leg;
use super::record::Recording;
use super::write::Writer;
use super::{Command, Shared};
use crate::core::library::Library;
use crate::core::rtp::MAX_DATAGRAM;
use crate::handle::{Events, MediaEvent};

/// Sockets looked at in one wake.
const MAX_READY: usize = 1_024;
/// Legs' reports, silence and browsers' silence are looked after this often.
const SWEEP: Duration = Duration::from_millis(500);
/// Recordings hand over what is ready this often.
const FLUSH: Duration = Duration::from_millis(250);
/// Under load packets are let gather for so long, so that one wake serves many: at 20,000 packets a second it is the
/// difference between a wake for each and one for twenty. It is the most that a packet is delayed by it.
const GATHER: Duration = Duration::from_millis(1);
/// Load is this many packets in a window of `LOAD_WINDOW`, 1,000 a second: ten calls.
const LOAD_PACKETS: u64 = 100;
const LOAD_WINDOW: Duration = Duration::from_millis(100);

const WAKE: u64 = u64::MAX;
const BROWSERS: u64 = u64::MAX - 1;

pub struct Switch {
    pub(super) events: Events,
    pub(super) library: Arc<Library>,
    pub(super) shared: Arc<Shared>,
    pub(super) writer: Writer,
    commands: Receiver<Command>,
    pub(super) epoll: OwnedFd,
    pub(super) started: Instant,
    pub(super) now: Instant,
    pub(super) legs: Slab<Leg>,
    pub(super) by_id: HashMap<LegId, usize>,
    /// Legs that play or send digits.
    pub(super) ticking: Vec<usize>,
    pub(super) next_tick: Instant,
    next_sweep: Instant,
    pub(super) sweeps: usize,
    pub(super) recordings: Slab<Recording>,
    pub(super) by_recording: HashMap<RecordingId, usize>,
    next_flush: Instant,
    pub(super) port: BrowserPort,
    pub(super) browser_socket: UdpSocket,
    pub(super) peers: Slab<Peer>,
    pub(super) by_agent: HashMap<UserId, usize>,
    pub(super) by_source: HashMap<std::net::SocketAddr, usize>,
    /// Legs attached to an agent, the newest last; kept while the browser is away.
    pub(super) attached: HashMap<UserId, Vec<usize>>,
    pub(super) next_peer: Instant,
    pub(super) stun_searches: u32,
    /// Packets of browsers that wait to be passed on.
    pub(super) inbox: VecDeque<(usize, RtpPacket)>,
    pub(super) buffer: Box<[u8]>,
    pub(super) cname: String,
    pub(super) packets_in: u64,
    pub(super) packets_out: u64,
    pub(super) dropped: u64,
    pub(super) send_errors: u64,
    load: Load,
}

/// How much comes, for the choice to gather.
struct Load {
    since: Instant,
    packets: u64,
    is_high: bool,
}

#[derive(PartialEq, Eq)]
enum Flow {
    GoOn,
    Stop,
}

impl Switch {
    pub fn new(
        library: Arc<Library>,
        events: Events,
        commands: Receiver<Command>,
        shared: Arc<Shared>,
        browser_socket: UdpSocket,
        port: BrowserPort,
        writer: Writer,
    ) -> io::Result<Switch> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &shared.wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        epoll::add(&epoll, &browser_socket, epoll::EventData::new_u64(BROWSERS), epoll::EventFlags::IN)?;
        let now = Instant::now();
        Ok(Switch {
            events,
            library,
            shared,
            writer,
            commands,
            epoll,
            started: now,
            now,
            legs: Slab::new(),
            by_id: HashMap::new(),
            ticking: Vec::new(),
            next_tick: now,
            next_sweep: now,
            sweeps: 0,
            recordings: Slab::new(),
            by_recording: HashMap::new(),
            next_flush: now,
            port,
            browser_socket,
            peers: Slab::new(),
            by_agent: HashMap::new(),
            by_source: HashMap::new(),
            attached: HashMap::new(),
            next_peer: now,
            stun_searches: 0,
            inbox: VecDeque::new(),
            buffer: vec![0; MAX_DATAGRAM].into_boxed_slice(),
            cname: format!("{:016x}@perezvon", super::random() as u64),
            packets_in: 0,
            packets_out: 0,
            dropped: 0,
            send_errors: 0,
            load: Load { since: now, packets: 0, is_high: false },
        })
    }

    pub fn run(mut self) {
        let mut ready = Vec::with_capacity(MAX_READY);
        let mut wakes = 0;
        loop {
            ready.clear();
            let timeout = self.timeout();
            match epoll::wait(&self.epoll, spare_capacity(&mut ready), timeout.as_ref()) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => {
                    tracing::error!(%error, "epoll failed, media stops");
                    break;
                }
            }
            self.now = Instant::now();
            // Commands first: who bridges and then sends expects the bridge to be there.
            if self.obey() == Flow::Stop {
                break;
            }
            let before = self.packets_in;
            for event in &ready {
                self.ready(event.data.u64());
            }
            self.pass_on_inbox();
            self.times();
            wakes += 1;
            self.publish(wakes);
            self.gather(self.packets_in - before);
        }
        self.stop_recordings();
    }

    fn ready(&mut self, token: u64) {
        match token {
            WAKE => {
                // Emptied so that it does not stay ready; the commands were taken already.
                let _ = rustix::io::read(&self.shared.wake, &mut [0; 8]);
            }
            BROWSERS => self.browsers_ready(),
            token if token % 2 == 0 => self.rtp_ready((token / 2) as usize),
            token => self.rtcp_ready((token / 2) as usize),
        }
    }

    pub(super) fn rtp_token(leg: usize) -> epoll::EventData {
        epoll::EventData::new_u64(2 * leg as u64)
    }

    pub(super) fn rtcp_token(leg: usize) -> epoll::EventData {
        epoll::EventData::new_u64(2 * leg as u64 + 1)
    }

    fn obey(&mut self) -> Flow {
        while let Ok(command) = self.commands.try_recv() {
            if let Command::Stop = command {
                return Flow::Stop;
            }
            self.command(command);
        }
        Flow::GoOn
    }

    /// Until the next thing to do without a packet; nothing to do waits for ever.
    fn timeout(&self) -> Option<Timespec> {
        let mut next: Option<Instant> = None;
        let mut by = |time: Instant| next = Some(next.map_or(time, |next| next.min(time)));
        if !self.ticking.is_empty() {
            by(self.next_tick);
        }
        if !self.legs.is_empty() || !self.peers.is_empty() {
            by(self.next_sweep);
        }
        if !self.recordings.is_empty() || self.writer.has_backlog() {
            by(self.next_flush);
        }
        if !self.peers.is_empty() {
            by(self.next_peer);
        }
        let left = next?.saturating_duration_since(Instant::now());
        Some(Timespec { tv_sec: left.as_secs() as i64, tv_nsec: i64::from(left.subsec_nanos()) })
    }

    fn times(&mut self) {
        if !self.ticking.is_empty() {
            self.ticks();
        }
        if self.now >= self.next_flush {
            self.next_flush = self.now + FLUSH;
            self.flush_recordings();
        }
        if self.now >= self.next_peer && !self.peers.is_empty() {
            self.peers_due();
        }
        if self.now >= self.next_sweep {
            self.next_sweep = self.now + SWEEP;
            self.sweeps = self.sweeps.wrapping_add(1);
            self.stun_searches = 0;
            self.sweep_legs();
            self.sweep_peers();
        }
        self.pass_on_inbox();
    }

    /// The first recording: from now on there is something to hand over.
    pub(super) fn wake_for_recordings(&mut self) {
        self.next_flush = self.now + FLUSH;
    }

    /// Under load, lets packets gather before the next wake.
    fn gather(&mut self, packets: u64) {
        self.load.packets += packets;
        let window = self.now.saturating_duration_since(self.load.since);
        if window >= LOAD_WINDOW {
            self.load.is_high = self.load.packets >= LOAD_PACKETS && window < 2 * LOAD_WINDOW;
            self.load.packets = 0;
            self.load.since = self.now;
        }
        if self.load.is_high {
            let spent = self.now.elapsed();
            if spent < GATHER {
                std::thread::sleep(GATHER - spent);
            }
        }
    }

    fn publish(&self, wakes: u64) {
        let published = &self.shared.published;
        for (counter, value) in [
            (&published.legs, self.legs.len() as u64),
            (&published.peers, self.peers.len() as u64),
            (&published.recordings, self.recordings.len() as u64),
            (&published.packets_in, self.packets_in),
            (&published.packets_out, self.packets_out),
            (&published.packets_dropped, self.dropped),
            (&published.send_errors, self.send_errors),
            (&published.wakes, wakes),
        ] {
            counter.store(value, Ordering::Relaxed);
        }
    }

    pub(super) fn tell(&self, event: MediaEvent) {
        (self.events)(event);
    }

    /// Milliseconds since the thread began, the steady clock of reports.
    pub(super) fn now_ms(&self) -> u64 {
        self.now.saturating_duration_since(self.started).as_millis() as u64
    }

    pub(super) fn unix_ms() -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }
}
