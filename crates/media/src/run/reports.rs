//! RTCP of SIP legs, and the watch for legs that have fallen silent.

use std::net::SocketAddr;

use super::leg::Line;
use super::packets::Taken;
use super::switch::Switch;
use crate::core::rtcp::{self, Sent};
use crate::core::silence::Heard;
use crate::handle::MediaEvent;

/// Datagrams that are not the party's reports taken from one socket in one wake.
const MAX_REFUSED: usize = 16;
/// Each leg reports once in so many sweeps: every 5 s (RFC 3550 section 6.2), spread so that no burst comes.
const SWEEPS_PER_REPORT: usize = 10;

impl Switch {
    pub(super) fn rtcp_ready(&mut self, index: usize) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for _ in 0..MAX_REFUSED {
            let Some(Line::Rtp(line)) = self.legs.get(index).map(|leg| &leg.line) else { break };
            let Ok((length, from)) = line.sockets.rtcp.recv_from(&mut buffer) else { break };
            self.packets_in += 1;
            match self.hear_rtcp(index, &buffer[..length], from) {
                Taken::Good | Taken::Nothing => break,
                Taken::Refused => self.dropped += 1,
            }
        }
        self.buffer = buffer;
    }

    pub(super) fn hear_rtcp(&mut self, index: usize, datagram: &[u8], from: SocketAddr) -> Taken {
        let now_ms = self.now_ms();
        let Line::Rtp(line) = &mut self.legs[index].line else { return Taken::Refused };
        // Only the host that the sound comes from is believed.
        let is_party = line.remote.is_some_and(|remote| remote.latch.target().ip() == from.ip());
        let Some(heard) = rtcp::parse(datagram).filter(|_| is_party) else { return Taken::Refused };
        line.rtcp_from = Some(from);
        if let Some((_, ntp_middle)) = heard.sender {
            line.reception.sender_report(ntp_middle, now_ms);
        }
        // A phone that is muted or finds silence may send reports alone.
        self.is_heard(index);
        Taken::Good
    }

    /// A sign of life of the leg's party.
    pub(super) fn is_heard(&mut self, index: usize) {
        let leg = &mut self.legs[index];
        let Line::Rtp(line) = &mut leg.line else { return };
        match line.watch.heard(self.now) {
            Heard::Still => {}
            Heard::Back => {
                let leg = leg.id;
                self.tell(MediaEvent::LegBack { leg });
            }
        }
    }

    pub(super) fn sweep_legs(&mut self) {
        let turn = self.sweeps % SWEEPS_PER_REPORT;
        let now_ms = self.now_ms();
        let mut out = Vec::new();
        let mut silent = Vec::new();
        for (index, leg) in &mut self.legs {
            let Line::Rtp(line) = &mut leg.line else { continue };
            let Some(remote) = line.remote else { continue };
            if remote.should_speak() && line.watch.is_newly_silent(self.now) {
                silent.push(leg.id);
            }
            if index % SWEEPS_PER_REPORT != turn {
                continue;
            }
            let report = line.reception.report(now_ms);
            let sent = (line.out.packets > 0).then(|| Sent {
                ntp: rtcp::ntp_of_unix_ms(Switch::unix_ms()),
                timestamp: line.out.timestamp_at(self.now),
                packets: line.out.packets,
                octets: line.out.octets,
            });
            let rtp = remote.latch.target();
            if rtp.ip().is_unspecified() || (report.is_none() && sent.is_none()) {
                continue;
            }
            rtcp::write(line.out.ssrc, sent.as_ref(), report.as_ref(), &self.cname, &mut out);
            let to = line
                .rtcp_from
                .filter(|from| from.ip() == rtp.ip())
                .unwrap_or_else(|| SocketAddr::new(rtp.ip(), rtp.port().saturating_add(1)));
            match line.sockets.rtcp.send_to(&out, to) {
                Ok(_) => self.packets_out += 1,
                Err(_) => self.send_errors += 1,
            }
        }
        for leg in silent {
            self.tell(MediaEvent::LegSilent { leg });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::core::g711::Codec;
    use crate::core::rtp::{self as packet, HEADER_LEN};
    use crate::core::silence::SILENCE;
    use crate::handle::{Begin, RemoteRtp};
    use crate::run::stage::{Stage, leg_id};

    const HELD: RemoteRtp = RemoteRtp { send: false, ..TALKING };
    const TALKING: RemoteRtp = RemoteRtp {
        addr: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9),
        signalled_from: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST),
        codec: Codec::Pcmu,
        dtmf_payload: None,
        send: true,
        receive: true,
        begin: Begin::AtOnce,
    };

    fn report() -> Vec<u8> {
        let mut out = Vec::new();
        rtcp::write(7, None, None, "party", &mut out);
        out
    }

    #[test]
    fn a_leg_whose_party_holds_us_may_be_silent_for_as_long_as_it_likes() {
        let mut stage = Stage::new();
        stage.start(HELD);
        stage.pass(10 * SILENCE);
        assert_eq!(stage.told(), []);
        // The hold is over: from now on it is to speak.
        stage.start(TALKING);
        stage.pass(SILENCE - Duration::from_secs(1));
        assert_eq!(stage.told(), []);
        stage.pass(Duration::from_secs(1));
        assert_eq!(stage.told(), [MediaEvent::LegSilent { leg: leg_id() }]);
    }

    #[test]
    fn reports_of_a_party_without_sound_are_a_sign_of_life() {
        let mut stage = Stage::new();
        stage.start(TALKING);
        for _ in 0..4 {
            stage.pass(SILENCE / 2);
            assert_eq!(stage.switch.hear_rtcp(stage.index(), &report(), TALKING.addr), Taken::Good);
        }
        assert_eq!(stage.told(), []);
    }

    #[test]
    fn a_leg_that_is_heard_after_its_silence_was_told_is_back() {
        let leg = leg_id();
        for by_sound in [true, false] {
            let mut stage = Stage::new();
            let party = std::net::UdpSocket::bind("127.0.0.1:0").expect("socket");
            stage.start(RemoteRtp { addr: party.local_addr().expect("address"), ..TALKING });
            stage.pass(SILENCE);
            assert_eq!(stage.told(), [MediaEvent::LegSilent { leg }]);
            if by_sound {
                let mut datagram = [0; HEADER_LEN + 160];
                let (header, _) = datagram.split_first_chunk_mut().expect("a header");
                packet::write_header(header, 0, false, 1, 160, 7);
                party.send_to(&datagram, stage.rtp_addr()).expect("sent");
                stage.switch.rtp_ready(stage.index());
            } else {
                // A new description is the word of a living phone.
                stage.start(HELD);
            }
            assert_eq!(stage.told(), [MediaEvent::LegBack { leg }], "by sound: {by_sound}");
        }
    }
}
