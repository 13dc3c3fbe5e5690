//! One leg as the media thread keeps it.

use std::net::SocketAddr;
use std::time::Instant;

use perezvon_model::{LegId, PlayId, UserId};

use super::ports::RtpSockets;
use crate::core::dtmf::{DigitReceiver, DigitSender};
use crate::core::latch::Latch;
use crate::core::outgoing::Outgoing;
use crate::core::playlist::Playlist;
use crate::core::rtcp::Reception;
use crate::core::silence::Watch;
use crate::handle::{Begin, RemoteRtp};

pub struct Leg {
    pub id: LegId,
    pub line: Line,
    /// The other leg of the bridge.
    pub bridged: Option<usize>,
    pub play: Option<Play>,
    pub digits: DigitSender,
    /// The timestamp of the digit being sent.
    pub digit_timestamp: u32,
    pub muted: bool,
    /// The recording of which this leg is the left side.
    pub recording: Option<usize>,
    /// It is in the list of legs that have a tick.
    pub has_tick: bool,
}

pub enum Line {
    Rtp(Box<RtpLine>),
    Browser { agent: UserId },
}

pub struct Play {
    pub id: PlayId,
    pub list: Playlist,
}

pub struct RtpLine {
    pub sockets: RtpSockets,
    /// Unknown until the leg is answered.
    pub remote: Option<Remote>,
    pub out: Outgoing,
    pub reception: Reception,
    pub digits: DigitReceiver,
    pub watch: Watch,
    /// Where its RTCP comes from.
    pub rtcp_from: Option<SocketAddr>,
}

#[derive(Clone, Copy)]
pub struct Remote {
    pub rtp: RemoteRtp,
    pub latch: Latch,
}

impl Remote {
    /// Whether its silence means anything. A phone that holds us (RFC 3264 section 8.4) may send music and seldom does;
    /// whom we hold sends nothing.
    pub fn should_speak(&self) -> bool {
        self.rtp.send && self.rtp.receive
    }

    /// Nobody has proved yet that the sound is wanted there. An INVITE may be forged, and its SDP may name a third
    /// party; the ACK, or sound from there, cannot come from one who does not see our answer (RFC 3261 section 26.3.2.4).
    pub fn waits(&self) -> bool {
        match self.rtp.begin {
            Begin::AtOnce => false,
            Begin::WhenProved => true,
        }
    }

    /// It wants to hear us, at an address that can be sent to. An unspecified one is the hold of RFC 2543, and a
    /// packet to it would go to this very machine.
    pub fn hears(&self) -> bool {
        let target = self.latch.target();
        !self.waits() && self.rtp.send && !target.ip().is_unspecified() && target.port() != 0
    }
}

impl Leg {
    pub fn new(id: LegId, line: Line) -> Leg {
        Leg {
            id,
            line,
            bridged: None,
            play: None,
            digits: DigitSender::default(),
            digit_timestamp: 0,
            muted: false,
            recording: None,
            has_tick: false,
        }
    }

    /// Something of our own is said to the party, so that what the bridge says must wait.
    pub fn speaks_itself(&self) -> bool {
        self.play.is_some() || !self.digits.is_idle()
    }
}

impl RtpLine {
    pub fn new(sockets: RtpSockets, now: Instant) -> RtpLine {
        RtpLine {
            sockets,
            remote: None,
            out: Outgoing::new(super::random()),
            reception: Reception::default(),
            digits: DigitReceiver::default(),
            watch: Watch::new(now),
            rtcp_from: None,
        }
    }
}
