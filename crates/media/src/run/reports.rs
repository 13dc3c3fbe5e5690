//! RTCP of SIP legs, and the watch for legs that have fallen silent.

use std::net::SocketAddr;

use super::leg::Line;
use super::packets::Taken;
use super::switch::Switch;
use crate::core::rtcp::{self, Sent};
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
        Taken::Good
    }

    pub(super) fn sweep_legs(&mut self) {
        let turn = self.sweeps % SWEEPS_PER_REPORT;
        let now_ms = self.now_ms();
        let mut out = Vec::new();
        let mut silent = Vec::new();
        for (index, leg) in &mut self.legs {
            let Line::Rtp(line) = &mut leg.line else { continue };
            let Some(remote) = line.remote else { continue };
            if remote.rtp.receive && line.watch.is_newly_silent(self.now) {
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
