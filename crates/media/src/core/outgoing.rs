//! One continuous outgoing stream per leg, whatever feeds it: a prompt, a bridge, music, a bridge again.
//!
//! A receiver that sees SSRC, sequence or timestamp jump re-buffers or drops sound, so each leg keeps its own; what a
//! relayed source says is only used relative to itself, and the marker tells the jitter buffer of a change of source.

use std::time::Instant;

use super::{FRAME, SAMPLE_RATE};

/// A step in sequence numbers larger than this is another stream (RFC 3550 appendix A.1, MAX_DROPOUT).
const MAX_DROPOUT: i16 = 3_000;
/// A step back larger than this is another stream (RFC 3550 appendix A.1, MAX_MISORDER).
const MAX_MISORDER: i16 = -100;
/// Sound whose timestamp strays further than this from the clock is anchored anew: one second.
const MAX_STRAY: i32 = SAMPLE_RATE as i32;

/// What an incoming packet says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Incoming {
    pub ssrc: u32,
    pub seq: u16,
    pub timestamp: u32,
    pub marker: bool,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sound,
    /// RFC 4733 events keep the timestamp of their start, so theirs may lie far behind the clock.
    Event,
}

/// What an outgoing packet shall say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Extended by the roll-overs, as SRTP needs it (RFC 3711 section 3.3.1); its low 16 bits go on the wire.
    pub seq: u64,
    pub timestamp: u32,
    pub marker: bool,
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Nothing,
    /// Sound or events of our own making.
    Own,
    Relay {
        ssrc: u32,
        newest: u16,
        /// Added to its timestamps.
        offset: u32,
    },
}

#[derive(Clone, Debug)]
pub struct Outgoing {
    pub ssrc: u32,
    seq: u64,
    timestamp: u32,
    sent_at: Option<Instant>,
    source: Source,
    /// Sent so far, for sender reports.
    pub packets: u32,
    pub octets: u32,
}

impl Outgoing {
    /// `random` gives SSRC, first sequence number and first timestamp (RFC 3550 section 5.1 wants all three random).
    pub fn new(random: u128) -> Outgoing {
        Outgoing {
            ssrc: random as u32,
            // Below 2^15, so that the roll-over count starts at 0 and a step back cannot pass below zero.
            seq: 1_000 + (((random >> 32) as u64) & 0x3FFF),
            timestamp: (random >> 64) as u32,
            sent_at: None,
            source: Source::Nothing,
            packets: 0,
            octets: 0,
        }
    }

    /// The highest sequence number used, extended by the roll-overs.
    pub fn newest_seq(&self) -> u64 {
        self.seq
    }

    /// Stamps a packet that is passed on.
    pub fn relay(&mut self, now: Instant, packet: &Incoming) -> Stamp {
        if let Source::Relay { ssrc, newest, offset } = &mut self.source
            && *ssrc == packet.ssrc
        {
            let step = packet.seq.wrapping_sub(*newest) as i16;
            let timestamp = packet.timestamp.wrapping_add(*offset);
            let expected = self.timestamp.wrapping_add(samples_since(self.sent_at, now));
            let strays = match packet.kind {
                Kind::Sound => (timestamp.wrapping_sub(expected) as i32).saturating_abs() > MAX_STRAY,
                Kind::Event => false,
            };
            if (MAX_MISORDER..=MAX_DROPOUT).contains(&step) && !strays {
                let seq = self.seq.saturating_add_signed(i64::from(step));
                if step > 0 {
                    *newest = packet.seq;
                    self.seq = seq;
                }
                self.note(now, timestamp);
                return Stamp { seq, timestamp, marker: packet.marker };
            }
        }
        let timestamp = self.after_a_change(now);
        self.source = Source::Relay {
            ssrc: packet.ssrc,
            newest: packet.seq,
            offset: timestamp.wrapping_sub(packet.timestamp),
        };
        self.seq += 1;
        self.note(now, timestamp);
        Stamp { seq: self.seq, timestamp, marker: true }
    }

    /// A relayed packet is not sent, because something of our own is; it must leave no gap in the sequence.
    pub fn skip(&mut self, packet: &Incoming) {
        if let Source::Relay { ssrc, newest, .. } = &mut self.source
            && *ssrc == packet.ssrc
            && packet.seq.wrapping_sub(*newest) as i16 > 0
        {
            *newest = packet.seq;
        }
    }

    /// Stamps one frame of our own sound.
    pub fn own(&mut self, now: Instant) -> Stamp {
        let is_fresh = self.sent_at.is_some_and(|at| now.saturating_duration_since(at).as_millis() < 200);
        let (timestamp, marker) = match self.source {
            Source::Own if is_fresh => (self.timestamp.wrapping_add(FRAME as u32), false),
            Source::Own | Source::Nothing | Source::Relay { .. } => (self.after_a_change(now), true),
        };
        self.source = Source::Own;
        self.seq += 1;
        self.note(now, timestamp);
        Stamp { seq: self.seq, timestamp, marker }
    }

    /// The timestamp at which an event of our own starts; all its packets carry it.
    pub fn event_start(&self, now: Instant) -> u32 {
        self.after_a_change(now)
    }

    /// Stamps one packet of an event of our own. A relay that is interrupted by it keeps its anchor.
    pub fn event(&mut self, now: Instant, timestamp: u32, marker: bool) -> Stamp {
        self.seq += 1;
        self.note(now, timestamp);
        Stamp { seq: self.seq, timestamp, marker }
    }

    /// Counts what was sent.
    pub fn count(&mut self, octets: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(octets as u32);
    }

    /// The timestamp that `now` has in this stream, for sender reports.
    pub fn timestamp_at(&self, now: Instant) -> u32 {
        self.timestamp.wrapping_add(samples_since(self.sent_at, now))
    }

    fn after_a_change(&self, now: Instant) -> u32 {
        match self.sent_at {
            None => self.timestamp,
            Some(_) => self.timestamp.wrapping_add(samples_since(self.sent_at, now).max(FRAME as u32)),
        }
    }

    fn note(&mut self, now: Instant, timestamp: u32) {
        if timestamp.wrapping_sub(self.timestamp) as i32 >= 0 {
            self.timestamp = timestamp;
            self.sent_at = Some(now);
        }
    }
}

fn samples_since(since: Option<Instant>, now: Instant) -> u32 {
    let Some(since) = since else { return 0 };
    (now.saturating_duration_since(since).as_micros() * u128::from(SAMPLE_RATE) / 1_000_000) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn sound(ssrc: u32, seq: u16, timestamp: u32) -> Incoming {
        Incoming { ssrc, seq, timestamp, marker: false, kind: Kind::Sound }
    }

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn prompt_then_bridge_then_hold_is_one_stream() {
        let t = Instant::now();
        let mut out = Outgoing::new(0x1234_5678_9ABC_DEF0_1122_3344_5566_7788);
        let mut last = out.own(t);
        assert!(last.marker, "the first packet starts a talkspurt");
        for n in 1..10 {
            let next = out.own(t + ms(20 * n));
            assert_eq!((next.seq, next.timestamp), (last.seq + 1, last.timestamp.wrapping_add(160)));
            assert!(!next.marker);
            last = next;
        }
        for n in 10..20u16 {
            let in_time = t + ms(20 * u64::from(n));
            let next = out.relay(in_time, &sound(7, 60_000 + n, 4_000_000_000 + u32::from(n) * 160));
            assert_eq!((next.seq, next.timestamp), (last.seq + 1, last.timestamp.wrapping_add(160)));
            assert_eq!(next.marker, n == 10, "marker on change only");
            last = next;
        }
        let hold = out.own(t + ms(20 * 20));
        assert_eq!(
            (hold.seq, hold.timestamp, hold.marker),
            (last.seq + 1, last.timestamp.wrapping_add(160), true)
        );
    }

    #[test]
    fn loss_and_reordering_of_the_source_stay_visible() {
        let t = Instant::now();
        let mut out = Outgoing::new(1);
        let first = out.relay(t, &sound(7, 65_534, 0));
        let third = out.relay(t + ms(40), &sound(7, 0, 320));
        let second = out.relay(t + ms(41), &sound(7, 65_535, 160));
        let fourth = out.relay(t + ms(60), &sound(7, 1, 480));
        let seqs = [first, second, third, fourth].map(|stamp| stamp.seq - first.seq);
        let times = [first, second, third, fourth].map(|stamp| stamp.timestamp - first.timestamp);
        assert_eq!((seqs, times), ([0, 1, 2, 3], [0, 160, 320, 480]));
    }

    #[test]
    fn a_jump_of_the_source_does_not_jump_the_stream() {
        let t = Instant::now();
        let mut out = Outgoing::new(1);
        let first = out.relay(t, &sound(7, 1, 0));
        let jumped = out.relay(t + ms(20), &sound(7, 20_000, 900_000));
        assert_eq!((jumped.seq, jumped.timestamp), (first.seq + 1, first.timestamp + 160));
        assert!(jumped.marker);
        let other = out.relay(t + ms(40), &sound(8, 9, 5));
        assert_eq!((other.seq, other.timestamp), (first.seq + 2, first.timestamp + 320));
    }

    #[test]
    fn a_digit_of_our_own_takes_numbers_without_leaving_gaps() {
        let t = Instant::now();
        let mut out = Outgoing::new(1);
        let before = out.relay(t, &sound(7, 10, 1_600));
        let start = out.event_start(t + ms(20));
        let event = out.event(t + ms(20), start, true);
        out.skip(&sound(7, 11, 1_760));
        out.event(t + ms(40), start, false);
        out.skip(&sound(7, 12, 1_920));
        let after = out.relay(t + ms(60), &sound(7, 13, 2_080));
        assert_eq!((event.seq, after.seq), (before.seq + 1, before.seq + 3));
        assert_eq!(after.timestamp, before.timestamp + 480, "time goes on");
    }
}
