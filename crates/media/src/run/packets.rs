//! The way of a packet: received on one leg, heard, recorded, passed on to the other. Nothing here allocates for a
//! packet between SIP legs.

use std::io::ErrorKind;

use super::leg::{Line, Remote, RtpLine};
use super::switch::Switch;
use crate::core::g711::{Codec, transcode};
use crate::core::latch::Verdict;
use crate::core::outgoing::{Incoming, Kind, Stamp};
use crate::core::rtp::{self, HEADER_LEN};
use crate::core::timeline::Side;
use crate::handle::{Begin, MediaEvent};

/// Datagrams that are not the party's taken from one socket in one wake.
const MAX_REFUSED: usize = 64;

/// What was in a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    Nothing,
    Good,
    Refused,
}

/// What a payload is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    Sound(Codec),
    Event,
}

/// A payload in the buffer, with room for a header before it.
#[derive(Clone, Copy)]
pub(super) struct Payload {
    pub content: Content,
    pub start: usize,
    pub end: usize,
}

impl Switch {
    /// One good datagram of a leg's RTP socket; when more wait, the socket is ready again at the next wake. What is
    /// not the party's is taken out at once, so that a stranger's flood does not push the party out of the queue.
    pub(super) fn rtp_ready(&mut self, index: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for _ in 0..MAX_REFUSED {
            match self.receive_rtp(index, &mut buffer) {
                Taken::Good | Taken::Nothing => break,
                Taken::Refused => self.dropped += 1,
            }
        }
        self.buffer = buffer;
    }

    fn receive_rtp(&mut self, index: usize, buffer: &mut [u8]) -> Taken {
        let now_ms = self.now_ms();
        let Some(leg) = self.legs.get_mut(index) else { return Taken::Nothing };
        let Line::Rtp(line) = &mut leg.line else { return Taken::Nothing };
        let (length, from) = match line.sockets.rtp.recv_from(buffer) {
            Ok(received) => received,
            Err(error) => {
                if error.kind() != ErrorKind::WouldBlock {
                    tracing::debug!(%error, leg = %leg.id, "RTP socket");
                }
                return Taken::Nothing;
            }
        };
        self.packets_in += 1;
        let datagram = &buffer[..length];
        let (Some(packet), Some(remote)) = (rtp::parse(datagram), &mut line.remote) else {
            return Taken::Refused;
        };
        if rtp::is_rtcp(datagram) {
            // A peer that multiplexes both on one port (RFC 5761) though we did not offer it.
            return self.hear_rtcp(index, datagram, from);
        }
        let content = match Codec::from_payload_type(packet.payload_type) {
            Some(codec) => Content::Sound(codec),
            None if Some(packet.payload_type) == remote.rtp.dtmf_payload => Content::Event,
            None => return Taken::Refused,
        };
        match remote.latch.judge(from) {
            Verdict::Accept => {}
            Verdict::AcceptMoved => tracing::debug!(leg = %leg.id, %from, "RTP latched"),
            Verdict::Refuse => return Taken::Refused,
        }
        remote.rtp.begin = Begin::AtOnce;
        line.reception.packet(packet.ssrc, packet.seq, packet.timestamp, now_ms);
        let is_wanted = remote.rtp.receive;
        self.is_heard(index);
        if !is_wanted {
            return Taken::Good;
        }
        let incoming = Incoming {
            ssrc: packet.ssrc,
            seq: packet.seq,
            timestamp: packet.timestamp,
            marker: packet.marker,
            kind: content.kind(),
        };
        if let Content::Event = content
            && let Line::Rtp(line) = &mut self.legs[index].line
        {
            let payload = &buffer[packet.start..packet.end];
            if let Some(digit) = line.digits.receive(packet.ssrc, packet.timestamp, packet.marker, payload) {
                let leg = self.legs[index].id;
                self.tell(MediaEvent::Digit { leg, digit });
            }
        }
        self.pass_on(index, &incoming, Payload { content, start: packet.start, end: packet.end }, buffer);
        Taken::Good
    }

    /// Records what a leg says and passes it on to its bridge.
    pub(super) fn pass_on(&mut self, from: usize, incoming: &Incoming, payload: Payload, buffer: &mut [u8]) {
        let leg = &self.legs[from];
        let (recording, bridged) = (leg.recording, leg.bridged);
        if let Content::Sound(codec) = payload.content {
            let samples = &mut buffer[payload.start..payload.end];
            if leg.muted {
                samples.fill(codec.silence());
            }
            if let Some(recording) = recording {
                self.record(recording, Side::Left, incoming, codec, samples);
            }
            if let Some(recording) = bridged.and_then(|other| self.legs[other].recording) {
                self.record(recording, Side::Right, incoming, codec, samples);
            }
        }
        let from_port = match &self.legs[from].line {
            Line::Rtp(line) => Some(line.sockets.port()),
            Line::Browser { .. } => None,
        };
        if let Some(to) = bridged {
            self.relay(to, from_port, incoming, payload, buffer);
        }
    }

    fn relay(
        &mut self,
        to: usize,
        from_port: Option<u16>,
        incoming: &Incoming,
        payload: Payload,
        buffer: &mut [u8],
    ) {
        let leg = &mut self.legs[to];
        let waits = leg.speaks_itself();
        match &mut leg.line {
            Line::Rtp(line) => {
                let Some(remote) = line.remote.filter(Remote::hears) else { return };
                let payload_type = match payload.content {
                    Content::Sound(codec) => {
                        if let Some(table) = codec.table_to(remote.rtp.codec) {
                            transcode(&mut buffer[payload.start..payload.end], table);
                        }
                        Some(remote.rtp.codec.payload_type())
                    }
                    Content::Event => remote.rtp.dtmf_payload,
                };
                let target = remote.latch.target();
                let is_circle = target.port() == line.sockets.port() || Some(target.port()) == from_port;
                if is_circle && self.port.is_own(target.ip()) {
                    // An SDP that names our own port would send a packet round for ever.
                    self.dropped += 1;
                    return;
                }
                let Some(payload_type) = payload_type.filter(|_| !waits) else {
                    line.out.skip(incoming);
                    return;
                };
                let stamp = line.out.relay(self.now, incoming);
                let datagram = &mut buffer[payload.start - HEADER_LEN..payload.end];
                let sent = line.send(payload_type, stamp, datagram);
                self.count_sent(sent);
            }
            Line::Browser { agent } => {
                let agent = *agent;
                let samples = &mut buffer[payload.start..payload.end];
                self.relay_to_browser(to, agent, incoming, payload.content, waits, samples);
            }
        }
    }

    pub(super) fn count_sent(&mut self, sent: Sent) {
        match sent {
            Sent::Sent => self.packets_out += 1,
            Sent::Refused => self.send_errors += 1,
        }
    }
}

/// What became of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Sent,
    Refused,
}

impl RtpLine {
    /// Writes the header into the first bytes of the datagram and sends it to the latched address.
    pub fn send(&mut self, payload_type: u8, stamp: Stamp, datagram: &mut [u8]) -> Sent {
        let Some(remote) = &self.remote else { return Sent::Refused };
        let Some(header) = datagram.first_chunk_mut::<HEADER_LEN>() else { return Sent::Refused };
        // The low 16 bits of the extended number go on the wire.
        rtp::write_header(
            header,
            payload_type,
            stamp.marker,
            stamp.seq as u16,
            stamp.timestamp,
            self.out.ssrc,
        );
        match self.sockets.rtp.send_to(datagram, remote.latch.target()) {
            Ok(_) => {
                self.out.count(datagram.len() - HEADER_LEN);
                Sent::Sent
            }
            Err(_) => Sent::Refused,
        }
    }
}

impl Content {
    pub fn kind(self) -> Kind {
        match self {
            Content::Sound(_) => Kind::Sound,
            Content::Event => Kind::Event,
        }
    }
}
