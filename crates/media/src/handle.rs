//! The handle that the rest of the program holds: commands in, events out.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;

use perezvon_model::prompt::Prompt;
use perezvon_model::{LegId, PlayId, RecordingId, UserId};

use crate::core::g711::Codec;
use crate::core::library::Library;
use crate::run::{self, BrowserPort, Command, Shared};

/// Where and with what sounds the media thread works.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Sockets are bound here; unspecified binds all addresses.
    pub bind_ip: IpAddr,
    /// The address that SDP and ICE candidates name.
    pub public_ip: IpAddr,
    /// Ports of SIP legs: even ones carry RTP, the odd one above carries its RTCP.
    pub rtp_ports: RangeInclusive<u16>,
    /// The one UDP port of all browsers; 0 takes a free one.
    pub webrtc_port: u16,
    pub library: Arc<Library>,
}

/// The far end of a SIP leg, from its SDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteRtp {
    pub addr: SocketAddr,
    /// The address that its signalling comes from. Behind a NAT its sound comes from there as well.
    pub signalled_from: IpAddr,
    /// What is sent to it. Either G.711 coding is taken from it.
    pub codec: Codec,
    /// Its payload type of `telephone-event/8000`.
    pub dtmf_payload: Option<u8>,
    /// It wants to hear us (its SDP says `sendrecv` or `recvonly`).
    pub send: bool,
    /// We want to hear it (its SDP says `sendrecv` or `sendonly`).
    pub receive: bool,
    pub begin: Begin,
}

/// When sound may go to the far end of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    AtOnce,
    /// Its SDP is not proved yet: at its first packet, or at [`Media::begin_rtp`]. What is to be played waits.
    WhenProved,
}

/// Called on the media, writer and sealing threads: it must not block.
pub type Events = Arc<dyn Fn(MediaEvent) + Send + Sync>;

/// What was heard or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaEvent {
    /// One of `0-9*#A-D` was pressed.
    Digit { leg: LegId, digit: char },
    /// A list of prompts was played to its end.
    PlayDone { leg: LegId, play: PlayId },
    /// For 60 s nothing came though the leg should send: it neither holds us nor is held. Told once until it is heard
    /// again.
    LegSilent { leg: LegId },
    /// A leg that was told as silent sends again, or its signalling says that it lives.
    LegBack { leg: LegId },
    /// ICE and DTLS are up, at first or again.
    BrowserConnected { agent: UserId },
    /// ICE or DTLS is gone, or nothing has come for 3 s.
    BrowserLost { agent: UserId },
    /// The file is whole and on disk. Normally it is Ogg Opus; it is the WAV when sealing failed for good.
    RecordingSealed { recording: RecordingId, duration_ms: i64, bytes: i64, file: PathBuf },
    /// Nothing of the recording was saved.
    RecordingFailed { recording: RecordingId, reason: String },
}

#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// All ports are in use: widen the range or take fewer calls.
    #[error("no free RTP port in {first}..={last}: widen the range or lower the number of calls")]
    NoPort { first: u16, last: u16 },
    #[error("UDP port {port} on {ip} cannot be bound: {error}")]
    Bind { ip: IpAddr, port: u16, error: std::io::Error },
    #[error("the RTP port range {first}..={last} holds no even port with its neighbour")]
    PortRange { first: u16, last: u16 },
    #[error("media thread: {0}")]
    System(#[from] std::io::Error),
    /// The browser's offer cannot be answered; the text says why.
    #[error("offer refused: {0}")]
    Offer(String),
    /// The media thread has stopped.
    #[error("media has stopped")]
    Stopped,
}

/// A moment's figures, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaCounters {
    pub legs: u64,
    /// Browsers with a peer, connected or not.
    pub peers: u64,
    pub recordings: u64,
    pub ports_free: u64,
    /// RTP, RTCP and WebRTC datagrams since the start.
    pub packets_in: u64,
    pub packets_out: u64,
    /// Received and not used: malformed, of a foreign source, of an unknown payload type.
    pub packets_dropped: u64,
    /// The socket refused them.
    pub send_errors: u64,
    /// Blocks of recordings lost because the disk was slow or full.
    pub recording_blocks_lost: u64,
    /// Times the media thread woke.
    pub wakes: u64,
}

/// The media of one program. Cheap to clone; the threads end when the last clone goes.
#[derive(Clone)]
pub struct Media {
    inner: Arc<Inner>,
}

struct Inner {
    commands: SyncSender<Command>,
    shared: Arc<Shared>,
    browsers: BrowserPort,
    thread: Option<JoinHandle<()>>,
}

impl Media {
    /// Binds the browser port and starts the threads.
    pub fn start(config: MediaConfig, events: Events) -> Result<Media, MediaError> {
        let started = run::start(config, events)?;
        Ok(Media {
            inner: Arc::new(Inner {
                commands: started.commands,
                shared: started.shared,
                browsers: started.browsers,
                thread: Some(started.thread),
            }),
        })
    }

    /// Binds an even RTP port and the odd one above for a SIP leg; returns the address for its SDP.
    pub fn open_rtp(&self, leg: LegId) -> Result<SocketAddr, MediaError> {
        let sockets = self.inner.shared.ports.open()?;
        let addr = SocketAddr::new(self.inner.browsers.public_ip, sockets.port());
        self.try_send(Command::OpenRtp { leg, sockets: Box::new(sockets) })?;
        Ok(addr)
    }

    /// Names the far end. Repeated after a re-INVITE, it opens the latch again.
    pub fn start_rtp(&self, leg: LegId, remote: RemoteRtp) {
        self.send(Command::StartRtp { leg, remote });
    }

    /// The far end has proved that it wants the sound: it goes there from now on.
    pub fn begin_rtp(&self, leg: LegId) {
        self.send(Command::BeginRtp { leg });
    }

    /// Ends a leg, in whatever state; its port is free again.
    pub fn close(&self, leg: LegId) {
        self.send(Command::Close { leg });
    }

    /// Joins two legs both ways. A leg is in one bridge at most; looped plays on both end, others first play out.
    pub fn bridge(&self, a: LegId, b: LegId) {
        self.send(Command::Bridge { a, b });
    }

    pub fn unbridge(&self, leg: LegId) {
        self.send(Command::Unbridge { leg });
    }

    /// Plays a list in place of what the bridge would say; a new list replaces the old one without a `PlayDone`.
    pub fn play(&self, leg: LegId, play: PlayId, prompts: Vec<Prompt>, looped: bool) {
        self.send(Command::Play { leg, play, prompts, looped });
    }

    pub fn stop_play(&self, leg: LegId) {
        self.send(Command::StopPlay { leg });
    }

    /// While on, silence takes the place of what the leg says. Its digits still pass.
    pub fn mute(&self, leg: LegId, on: bool) {
        self.send(Command::Mute { leg, on });
    }

    /// Sends digits to the party of the leg by RFC 4733, 100 ms each. 64 may wait.
    pub fn send_digits(&self, leg: LegId, digits: String) {
        self.send(Command::SendDigits { leg, digits });
    }

    /// Records a leg (left) and whoever it is bridged with (right) to a `.wav`; a second recording of a leg replaces
    /// the first, which is sealed.
    pub fn record_start(&self, recording: RecordingId, leg: LegId, path: PathBuf) {
        self.send(Command::RecordStart { recording, leg, path });
    }

    /// Ends a recording; `RecordingSealed` follows. Closing the leg does the same.
    pub fn record_stop(&self, recording: RecordingId) {
        self.send(Command::RecordStop { recording });
    }

    /// Seals a WAV that an earlier run of the program left, with the same events as after a call.
    pub fn seal_left_over(&self, recording: RecordingId, path: PathBuf) {
        self.send(Command::SealLeftOver { recording, path });
    }

    /// Answers a browser's offer. The agent's earlier peer is replaced; legs attached to the agent go on with this one.
    pub async fn browser_offer(&self, agent: UserId, offer_sdp: String) -> Result<String, MediaError> {
        let (rtc, answer) = self.inner.browsers.answer(&offer_sdp)?;
        self.try_send(Command::Peer { agent, rtc: Box::new(rtc) })?;
        Ok(answer)
    }

    /// Makes a leg whose sound is that of the agent's browser, from now until `close`.
    pub fn attach_browser(&self, leg: LegId, agent: UserId) {
        self.send(Command::AttachBrowser { leg, agent });
    }

    /// Forgets the agent's peer. Attached legs stay and are mute until a new offer.
    pub fn close_browser(&self, agent: UserId) {
        self.send(Command::CloseBrowser { agent });
    }

    /// The thread that failed, if one did: nothing does its work until the program is started again. A sealing thread
    /// that fails is not among them: recordings then stay WAV.
    pub fn failed(&self) -> Option<&'static str> {
        // The media thread ends by itself only when the last handle goes.
        let media = self.inner.thread.as_ref().is_none_or(JoinHandle::is_finished);
        if media { Some(run::MEDIA) } else { self.inner.shared.writer_failed().then_some(run::WRITER) }
    }

    pub fn counters(&self) -> MediaCounters {
        self.inner.shared.counters()
    }

    /// The address of the browser port, as ICE candidates name it.
    pub fn browser_addr(&self) -> SocketAddr {
        self.inner.browsers.addr()
    }

    fn send(&self, command: Command) {
        if let Err(error) = self.try_send(command) {
            tracing::error!(%error, "media command lost");
        }
    }

    /// The queue is bounded and drained within a millisecond; when it is full the caller waits for that.
    fn try_send(&self, command: Command) -> Result<(), MediaError> {
        self.inner.commands.send(command).map_err(|_| MediaError::Stopped)?;
        self.inner.shared.wake();
        Ok(())
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if self.commands.send(Command::Stop).is_ok() {
            self.shared.wake();
        }
        // An event handler may drop the last handle on the media thread itself, which cannot wait for itself.
        if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
            tracing::error!("the media thread had panicked");
        }
    }
}
