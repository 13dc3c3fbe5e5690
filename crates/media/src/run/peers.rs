//! Browsers' packets and times: from the shared socket to the right peer and its leg, and back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use perezvon_model::UserId;
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Event, IceConnectionState, Input, Output, Rtc};

use super::browser::{Link, Peer};
use super::packets::{Content, Payload};
use super::switch::Switch;
use crate::core::FRAME;
use crate::core::g711::{Codec, transcode};
use crate::core::outgoing::Incoming;
use crate::core::rtp::HEADER_LEN;
use crate::handle::MediaEvent;

/// Datagrams of the shared socket taken in one wake, so that browsers do not starve SIP legs.
const MAX_DATAGRAMS: usize = 256;
/// STUN messages from unknown sources whose peer is searched for, in one sweep of half a second.
const MAX_STUN_SEARCHES: u32 = 1_000;
/// Browser sources remembered; past that they are forgotten and found again by STUN.
const MAX_SOURCES: usize = 65_536;
/// A browser that sends nothing for so long is lost. Chromium checks its path every 2.5 s at the latest.
const BROWSER_SILENCE: Duration = Duration::from_secs(3);
/// A new peer has so long to connect before it counts as lost.
const CONNECTING: Duration = Duration::from_secs(10);
/// A peer that is lost and silent for so long is forgotten.
const FORGET: Duration = Duration::from_secs(600);
/// The longest that a peer goes without being looked at.
const FAR: Duration = Duration::from_secs(60);

impl Switch {
    pub(super) fn new_peer(&mut self, agent: UserId, rtc: Box<Rtc>) {
        let told_up = self.remove_peer(agent).is_some_and(|old| old.told_up);
        let index = self.peers.insert(Peer::new(agent, *rtc, self.now, told_up));
        self.by_agent.insert(agent, index);
        self.drive(index);
    }

    pub(super) fn close_browser(&mut self, agent: UserId) {
        self.remove_peer(agent);
    }

    fn remove_peer(&mut self, agent: UserId) -> Option<Peer> {
        let index = self.by_agent.remove(&agent)?;
        self.by_source.retain(|_, peer| *peer != index);
        self.inbox.retain(|(peer, _)| *peer != index);
        self.peers.try_remove(index)
    }

    pub(super) fn browsers_ready(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for _ in 0..MAX_DATAGRAMS {
            let Ok((length, from)) = self.browser_socket.recv_from(&mut buffer) else { break };
            self.packets_in += 1;
            self.browser_datagram(&buffer[..length], from);
        }
        self.buffer = buffer;
    }

    fn browser_datagram(&mut self, datagram: &[u8], source: SocketAddr) {
        let Ok(contents) = datagram.try_into() else {
            self.dropped += 1;
            return;
        };
        let destination = self.port.local_for(source);
        let receive = Receive { proto: Protocol::Udp, source, destination, contents };
        let input = Input::Receive(self.now, receive);
        let known = self.by_source.get(&source).copied();
        let known = known.filter(|peer| self.peers.get(*peer).is_some_and(|peer| peer.rtc.accepts(&input)));
        // RFC 7983: the first byte of STUN is 0 to 3. Only STUN can tell whose a new source is.
        let is_stun = datagram.first().is_some_and(|byte| *byte <= 3);
        let found = known.or_else(|| {
            if !is_stun || self.stun_searches >= MAX_STUN_SEARCHES {
                return None;
            }
            self.stun_searches += 1;
            let found =
                self.peers.iter().find(|(_, peer)| peer.rtc.accepts(&input)).map(|(index, _)| index)?;
            if self.by_source.len() >= MAX_SOURCES {
                self.by_source.clear();
            }
            self.by_source.insert(source, found);
            Some(found)
        });
        let Some(index) = found else {
            self.dropped += 1;
            return;
        };
        let peer = &mut self.peers[index];
        peer.heard_at = self.now;
        match guarded(|| peer.rtc.handle_input(input)) {
            Some(Ok(())) => {}
            Some(Err(error)) => {
                tracing::debug!(%error, agent = %peer.agent, "browser datagram refused");
                self.dropped += 1;
            }
            None => {
                self.give_up(index);
                return;
            }
        }
        if peer.link == Link::Lost && peer.rtc.is_connected() {
            peer.link = Link::Up;
            self.browser_up(index);
        }
        self.drive(index);
    }

    /// A peer whose library broke down: it alone is lost, and a new offer replaces it.
    fn give_up(&mut self, index: usize) {
        let agent = self.peers[index].agent;
        tracing::error!(%agent, "the WebRTC library panicked; the peer is given up");
        self.browser_lost(index);
        self.remove_peer(agent);
    }

    /// Polls a peer until it is drained: sends what it wants sent, keeps its sound for `pass_on_inbox`.
    fn drive(&mut self, index: usize) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let (mut came_up, mut is_lost) = (false, false);
        loop {
            let Some(output) = guarded(|| peer.rtc.poll_output()) else {
                self.give_up(index);
                return;
            };
            match output {
                Ok(Output::Timeout(due)) => {
                    peer.due = due.min(self.now + FAR);
                    break;
                }
                Ok(Output::Transmit(transmit)) => {
                    match self.browser_socket.send_to(&transmit.contents, transmit.destination) {
                        Ok(_) => self.packets_out += 1,
                        Err(_) => self.send_errors += 1,
                    }
                }
                Ok(Output::Event(event)) => match event {
                    Event::Connected => came_up = true,
                    Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                        is_lost = true
                    }
                    Event::MediaAdded(media) => peer.media_added(media.mid),
                    Event::RtpPacket(packet) => self.inbox.push_back((index, packet)),
                    _ => {}
                },
                Err(error) => {
                    tracing::debug!(%error, agent = %peer.agent, "browser peer failed");
                    peer.rtc.disconnect();
                    peer.due = self.now + FAR;
                    is_lost = true;
                    break;
                }
            }
        }
        self.next_peer = self.next_peer.min(peer.due);
        if came_up {
            peer.link = Link::Up;
            self.browser_up(index);
        }
        if is_lost {
            self.browser_lost(index);
        }
    }

    fn browser_up(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        peer.told_up = true;
        let agent = peer.agent;
        self.tell(MediaEvent::BrowserConnected { agent });
    }

    fn browser_lost(&mut self, index: usize) {
        let peer = &mut self.peers[index];
        peer.link = Link::Lost;
        if std::mem::replace(&mut peer.told_up, false) {
            let agent = peer.agent;
            self.tell(MediaEvent::BrowserLost { agent });
        }
    }

    pub(super) fn peers_due(&mut self) {
        let mut next = self.now + FAR;
        let indexes: Vec<usize> = self.peers.iter().map(|(index, _)| index).collect();
        for index in indexes {
            if self.peers[index].due <= self.now {
                self.release(index);
            }
            next = self.peers.get(index).map_or(next, |peer| next.min(peer.due));
        }
        // A peer that wants the very next moment is served once a millisecond.
        self.next_peer = next.max(self.now + Duration::from_millis(1));
    }

    pub(super) fn sweep_peers(&mut self) {
        let (mut lost, mut forgotten) = (Vec::new(), Vec::new());
        for (index, peer) in &self.peers {
            let silence = self.now.saturating_duration_since(peer.heard_at);
            match peer.link {
                Link::Up if silence >= BROWSER_SILENCE => lost.push(index),
                Link::Connecting { since } if self.now.saturating_duration_since(since) >= CONNECTING => {
                    lost.push(index);
                }
                Link::Lost if silence >= FORGET => forgotten.push(peer.agent),
                Link::Up | Link::Connecting { .. } | Link::Lost => {}
            }
        }
        for index in lost {
            self.browser_lost(index);
        }
        for agent in forgotten {
            self.remove_peer(agent);
        }
    }

    /// Passes on what browsers said; a browser that hears another browser may add to it on the way.
    pub(super) fn pass_on_inbox(&mut self) {
        while let Some((index, packet)) = self.inbox.pop_front() {
            let mut buffer = std::mem::take(&mut self.buffer);
            self.browser_packet(index, &packet, &mut buffer);
            self.buffer = buffer;
        }
    }

    fn browser_packet(&mut self, index: usize, packet: &RtpPacket, buffer: &mut [u8]) {
        let Some(peer) = self.peers.get_mut(index) else { return };
        let end = HEADER_LEN + packet.payload.len();
        let (Some(content), Some(room)) =
            (peer.content(packet.header.payload_type), buffer.get_mut(HEADER_LEN..end))
        else {
            self.dropped += 1;
            return;
        };
        room.copy_from_slice(&packet.payload);
        let incoming = Incoming {
            ssrc: *packet.header.ssrc,
            seq: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            kind: content.kind(),
        };
        let digit = match content {
            Content::Sound(_) => None,
            Content::Event => {
                peer.digits.receive(incoming.ssrc, incoming.timestamp, incoming.marker, &packet.payload)
            }
        };
        let Some(leg) = self.attached.get(&peer.agent).and_then(|attached| attached.last().copied()) else {
            return;
        };
        if let Some(digit) = digit {
            self.tell(MediaEvent::Digit { leg: self.legs[leg].id, digit });
        }
        self.pass_on(leg, &incoming, Payload { content, start: HEADER_LEN, end }, buffer);
    }

    /// The peer that a leg's sound goes to: only the newest leg of an agent is heard.
    fn heard_by(&self, leg: usize, agent: UserId) -> Option<usize> {
        let newest = self.attached.get(&agent)?.last()?;
        if *newest != leg {
            return None;
        }
        let index = *self.by_agent.get(&agent)?;
        (self.peers.get(index)?.link == Link::Up).then_some(index)
    }

    pub(super) fn relay_to_browser(
        &mut self,
        leg: usize,
        agent: UserId,
        incoming: &Incoming,
        content: Content,
        waits: bool,
        samples: &mut [u8],
    ) {
        let Some(index) = self.heard_by(leg, agent) else { return };
        let peer = &mut self.peers[index];
        if waits {
            peer.out.skip(incoming);
            return;
        }
        let content = match content {
            Content::Event => Content::Event,
            Content::Sound(codec) => {
                let to = peer.codec();
                if let Some(table) = codec.table_to(to) {
                    transcode(samples, table);
                }
                Content::Sound(to)
            }
        };
        let stamp = peer.out.relay(self.now, incoming);
        peer.write(self.now, content, stamp, samples);
        self.release(index);
    }

    pub(super) fn browser_codec(&self, agent: UserId) -> Codec {
        let peer = self.by_agent.get(&agent).and_then(|index| self.peers.get(*index));
        peer.map_or(Codec::Pcmu, Peer::codec)
    }

    pub(super) fn play_to_browser(&mut self, leg: usize, agent: UserId, codec: Codec, frame: &[u8; FRAME]) {
        let Some(index) = self.heard_by(leg, agent) else { return };
        let now: Instant = self.now;
        let peer = &mut self.peers[index];
        let stamp = peer.out.own(now);
        peer.write(now, Content::Sound(codec), stamp, frame);
        self.release(index);
    }

    /// Sends what was written: str0m lets it go only when it is told the time after the write, and wants to be polled
    /// between the two.
    fn release(&mut self, index: usize) {
        self.drive(index);
        let Some(peer) = self.peers.get_mut(index) else { return };
        // A failure shows again, and is dealt with, in the drive.
        if guarded(|| peer.rtc.handle_input(Input::Timeout(self.now))).is_none() {
            self.give_up(index);
            return;
        }
        self.drive(index);
    }
}

/// Runs a call into the WebRTC library, which reads what strangers send: were it to panic, one browser must be lost by
/// it and not the sound of every call.
fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).ok()
}
