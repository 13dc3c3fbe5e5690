//! Sender and receiver reports (RFC 3550 section 6.4), and the counting behind them (appendices A.1, A.3, A.8).

use super::SAMPLE_RATE;

/// Packets in one compound datagram that are looked at.
const MAX_PACKETS: usize = 16;

/// What one receiver says of one stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub ssrc: u32,
    /// Lost since the last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost in all; duplicates make it negative.
    pub lost: i32,
    pub highest_seq: u32,
    /// In samples.
    pub jitter: u32,
    /// Middle 32 bits of the NTP time of the last sender report heard, 0 for none.
    pub last_sr: u32,
    /// Since that report, in 1/65,536 s.
    pub delay_since_sr: u32,
}

/// The facts of a sender report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// NTP time: seconds since 1900 in the upper half.
    pub ntp: u64,
    pub timestamp: u32,
    pub packets: u32,
    pub octets: u32,
}

/// What a compound datagram held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// SSRC and the middle of the NTP time of a sender report.
    pub sender: Option<(u32, u32)>,
    /// The first report block.
    pub report: Option<Report>,
    pub bye: bool,
}

/// Milliseconds since the Unix epoch as NTP time (RFC 3550 section 4).
pub fn ntp_of_unix_ms(unix_ms: u64) -> u64 {
    let seconds = unix_ms / 1_000 + 2_208_988_800;
    (seconds << 32) | (((unix_ms % 1_000) << 32) / 1_000)
}

/// Writes a compound datagram: a sender report when something was sent, else a receiver report, and the CNAME.
pub fn write(ssrc: u32, sent: Option<&Sent>, report: Option<&Report>, cname: &str, out: &mut Vec<u8>) {
    out.clear();
    let blocks = u8::from(report.is_some());
    let words = if sent.is_some() { 6 } else { 1 } + 6 * u16::from(blocks);
    out.extend([0x80 | blocks, if sent.is_some() { 200 } else { 201 }]);
    out.extend(words.to_be_bytes());
    out.extend(ssrc.to_be_bytes());
    if let Some(sent) = sent {
        out.extend(sent.ntp.to_be_bytes());
        for field in [sent.timestamp, sent.packets, sent.octets] {
            out.extend(field.to_be_bytes());
        }
    }
    if let Some(report) = report {
        out.extend(report.ssrc.to_be_bytes());
        let lost = report.lost.clamp(-0x80_0000, 0x7F_FFFF).to_be_bytes();
        out.extend([report.fraction_lost, lost[1], lost[2], lost[3]]);
        for field in [report.highest_seq, report.jitter, report.last_sr, report.delay_since_sr] {
            out.extend(field.to_be_bytes());
        }
    }
    // SDES with one CNAME item, closed by zeros up to a word (section 6.5).
    let name = &cname.as_bytes()[..cname.len().min(255)];
    let length = 4 + 2 + name.len();
    let padded = (length / 4 + 1) * 4;
    out.extend([0x81, 202]);
    out.extend(((padded / 4) as u16).to_be_bytes());
    out.extend(ssrc.to_be_bytes());
    out.extend([1, name.len() as u8]);
    out.extend(name);
    out.resize(out.len() + padded - length, 0);
}

/// Reads a compound datagram, or `None` when it is not RTCP or its lengths do not hold together.
pub fn parse(datagram: &[u8]) -> Option<Heard> {
    let mut heard = Heard::default();
    let mut rest = datagram;
    for _ in 0..MAX_PACKETS {
        if rest.is_empty() {
            return Some(heard);
        }
        let header = rest.get(..4)?;
        if header[0] >> 6 != 2 {
            return None;
        }
        let length = 4 + 4 * usize::from(u16::from_be_bytes([header[2], header[3]]));
        let body = rest.get(4..length)?;
        let has_block = header[0] & 0x1F > 0;
        match header[1] {
            200 => {
                heard.sender = Some((word(body, 0)?, word(body, 4)? << 16 | word(body, 8)? >> 16));
                if has_block {
                    heard.report = Some(read_report(body.get(24..)?)?);
                }
            }
            201 if has_block => heard.report = Some(read_report(body.get(4..)?)?),
            203 => heard.bye = true,
            0..=199 | 201..=202 | 204..=255 => {}
        }
        rest = &rest[length..];
    }
    Some(heard)
}

fn read_report(block: &[u8]) -> Option<Report> {
    let loss = word(block, 4)?;
    Some(Report {
        ssrc: word(block, 0)?,
        fraction_lost: (loss >> 24) as u8,
        // Sign-extends 24 bits.
        lost: ((loss << 8) as i32) >> 8,
        highest_seq: word(block, 8)?,
        jitter: word(block, 12)?,
        last_sr: word(block, 16)?,
        delay_since_sr: word(block, 20)?,
    })
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

/// Counts what one leg receives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reception {
    ssrc: u32,
    is_started: bool,
    base_seq: u32,
    max_seq: u16,
    cycles: u32,
    received: u32,
    expected_before: u32,
    received_before: u32,
    transit: i32,
    /// Sixteen times the jitter, as appendix A.8 keeps it.
    jitter: u32,
    /// The last sender report: middle of its NTP time, and when it came, in milliseconds of our clock.
    last_sr: Option<(u32, u64)>,
}

impl Reception {
    /// A packet came at `now_ms` of any steady clock.
    pub fn packet(&mut self, ssrc: u32, seq: u16, timestamp: u32, now_ms: u64) {
        let arrival = (now_ms * u64::from(SAMPLE_RATE) / 1_000) as u32;
        let transit = arrival.wrapping_sub(timestamp) as i32;
        if !self.is_started || ssrc != self.ssrc {
            *self = Reception {
                ssrc,
                is_started: true,
                base_seq: u32::from(seq),
                max_seq: seq,
                received: 1,
                transit,
                ..Reception::default()
            };
            return;
        }
        let step = seq.wrapping_sub(self.max_seq);
        if step < 3_000 {
            if seq < self.max_seq {
                self.cycles = self.cycles.wrapping_add(0x1_0000);
            }
            self.max_seq = seq;
        } else if step < 65_436 {
            // A jump: the sender has begun anew; losses are counted from here (appendix A.1).
            self.base_seq = u32::from(seq);
            self.max_seq = seq;
            self.cycles = 0;
            self.received = 0;
            self.expected_before = 0;
            self.received_before = 0;
        }
        self.received = self.received.wrapping_add(1);
        let difference = transit.wrapping_sub(self.transit).unsigned_abs().min(SAMPLE_RATE * 10);
        self.transit = transit;
        self.jitter = (self.jitter + difference).saturating_sub((self.jitter + 8) >> 4);
    }

    /// A sender report came.
    pub fn sender_report(&mut self, ntp_middle: u32, now_ms: u64) {
        self.last_sr = Some((ntp_middle, now_ms));
    }

    /// The report to send now; `None` before the first packet.
    pub fn report(&mut self, now_ms: u64) -> Option<Report> {
        if !self.is_started {
            return None;
        }
        let highest_seq = self.cycles.wrapping_add(u32::from(self.max_seq));
        let expected = highest_seq.wrapping_sub(self.base_seq).wrapping_add(1);
        let expected_now = expected.wrapping_sub(self.expected_before);
        let received_now = self.received.wrapping_sub(self.received_before);
        self.expected_before = expected;
        self.received_before = self.received;
        let lost_now = i64::from(expected_now) - i64::from(received_now);
        let fraction_lost = if expected_now == 0 || lost_now <= 0 {
            0
        } else {
            ((lost_now << 8) / i64::from(expected_now)).min(255) as u8
        };
        let (last_sr, delay_since_sr) = match self.last_sr {
            None => (0, 0),
            Some((ntp, at)) => (ntp, (now_ms.saturating_sub(at) * 65_536 / 1_000) as u32),
        };
        Some(Report {
            ssrc: self.ssrc,
            fraction_lost,
            lost: expected.wrapping_sub(self.received) as i32,
            highest_seq,
            jitter: self.jitter >> 4,
            last_sr,
            delay_since_sr,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_sender_report_is_read_back_as_it_was_written() {
        let sent = Sent { ntp: ntp_of_unix_ms(1_500), timestamp: 7, packets: 8, octets: 9 };
        let report = Report { ssrc: 5, fraction_lost: 3, lost: -2, highest_seq: 70_000, ..Report::default() };
        let mut out = Vec::new();
        write(42, Some(&sent), Some(&report), "leg@perezvon", &mut out);
        assert_eq!(out.len() % 4, 0);
        let heard = parse(&out).unwrap();
        assert_eq!(heard.report, Some(report));
        assert_eq!(heard.sender, Some((42, ((2_208_988_801u64 << 16) as u32) | 0x8000)));
    }

    #[test]
    fn without_sending_it_is_a_receiver_report() {
        let mut out = Vec::new();
        write(42, None, None, "abcd", &mut out);
        assert_eq!(out[1], 201);
        assert_eq!(parse(&out), Some(Heard::default()));
    }

    #[test]
    fn loss_is_counted_over_a_wrap_of_the_sequence() {
        let mut reception = Reception::default();
        for (n, seq) in (65_500..=65_535u16).chain(0..64).enumerate() {
            if n % 4 != 3 {
                reception.packet(1, seq, n as u32 * 160, n as u64 * 20);
            }
        }
        let report = reception.report(2_000).unwrap();
        assert_eq!(report.highest_seq, 65_536 + 62);
        assert_eq!(report.lost, 24);
        assert_eq!(report.fraction_lost, (24 * 256 / 99) as u8);
        assert_eq!(report.jitter, 0, "packets came on the beat");
    }

    #[test]
    fn uneven_arrival_shows_as_jitter() {
        let mut reception = Reception::default();
        for n in 0..500u64 {
            reception.packet(1, n as u16, n as u32 * 160, n * 20 + (n % 2) * 10);
        }
        let jitter = reception.report(0).unwrap().jitter;
        assert!((70..=80).contains(&jitter), "10 ms is 80 samples, got {jitter}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(datagram in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&datagram);
        }

        #[test]
        fn any_packets_are_counted_without_panic(
            packets in proptest::collection::vec((0u32..3, any::<u16>(), any::<u32>(), any::<u32>()), 0..100)
        ) {
            let mut reception = Reception::default();
            for (ssrc, seq, timestamp, at) in packets {
                reception.packet(ssrc, seq, timestamp, u64::from(at));
                reception.report(u64::from(at));
            }
        }
    }
}
