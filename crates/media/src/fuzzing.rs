//! The door for the fuzz target in `fuzz/`. Not for use by programs.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::core::dtmf::DigitReceiver;
use crate::core::g711::{Codec, transcode};
use crate::core::latch::{Latch, Verdict};
use crate::core::outgoing::{Incoming, Kind, Outgoing};
use crate::core::rtcp::{self, Reception};
use crate::core::rtp;
use crate::core::timeline::{Side, Timeline};

/// Everything that a datagram on an RTP or RTCP port passes through, in the order of the media thread: header, latch,
/// counting, digits, restamping, recording, reports. The input is a list of datagrams, each behind its length, source
/// and delay.
///
/// # Panics
/// When a part breaks its promise: that is what the fuzzer looks for.
pub fn datagrams(input: &[u8]) {
    let start = Instant::now();
    let addr = |n: u8| SocketAddr::from(([192, 0, 2, n % 4], 4_000));
    let mut latch = Latch::new(addr(0), addr(1).ip());
    let mut reception = Reception::default();
    let mut digits = DigitReceiver::default();
    let mut out = Outgoing::new(7);
    let mut timeline = Timeline::default();
    let (mut clock_ms, mut recorded) = (0u64, 0u64);
    let mut rest = input;
    while let [length, source, delay, tail @ ..] = rest {
        let length = usize::from(*length).min(tail.len());
        let mut datagram = tail[..length].to_vec();
        rest = &tail[length..];
        clock_ms += u64::from(*delay);
        let now = start + Duration::from_millis(clock_ms);

        if let Some(heard) = rtcp::parse(&datagram) {
            if let Some((_, ntp)) = heard.sender {
                reception.sender_report(ntp, clock_ms);
            }
            let mut report = Vec::new();
            rtcp::write(1, None, reception.report(clock_ms).as_ref(), "fuzz", &mut report);
            rtcp::parse(&report).expect("what is written is read");
        }
        let Some(packet) = rtp::parse(&datagram) else { continue };
        assert!(
            packet.start >= rtp::HEADER_LEN && packet.start <= packet.end && packet.end <= datagram.len()
        );
        if latch.judge(addr(*source)) == Verdict::Refuse {
            continue;
        }
        reception.packet(packet.ssrc, packet.seq, packet.timestamp, clock_ms);
        let codec = Codec::from_payload_type(packet.payload_type);
        let kind = if codec.is_some() { Kind::Sound } else { Kind::Event };
        let incoming = Incoming {
            ssrc: packet.ssrc,
            seq: packet.seq,
            timestamp: packet.timestamp,
            marker: packet.marker,
            kind,
        };
        let payload = &mut datagram[packet.start..packet.end];
        match codec {
            None => {
                digits.receive(packet.ssrc, packet.timestamp, packet.marker, payload);
            }
            Some(codec) => {
                let side = if *source % 2 == 0 { Side::Left } else { Side::Right };
                let (ssrc, timestamp, table) = (packet.ssrc, packet.timestamp, codec.table_to(Codec::Pcmu));
                timeline.write(clock_ms * 8, side, ssrc, timestamp, payload, table);
                if let Some(block) = timeline.take(clock_ms * 8) {
                    assert_eq!(block.position, recorded, "blocks follow each other");
                    recorded += block.samples.len() as u64 / 2;
                }
                if let Some(table) = codec.table_to(Codec::Pcma) {
                    transcode(payload, table);
                }
            }
        }
        let before = out.newest_seq();
        let stamp = out.relay(now, &incoming);
        // However the source jumps, our own stream never does: at most 3,000 packets forward, 100 back.
        assert!(stamp.seq <= before + 3_000 && stamp.seq + 100 >= before, "{} after {before}", stamp.seq);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// A datagram with its length, source and delay before it; half of them with the head of a packet that is sound.
    fn datagram() -> impl Strategy<Value = Vec<u8>> {
        let head = prop_oneof![
            Just(vec![]),
            (0u8..2, any::<[u8; 2]>()).prop_map(|(kind, seq)| {
                vec![0x80, kind * 101, seq[0], seq[1], 0, 0, seq[0], 160, 0, 0, 0, 1]
            })
        ];
        (any::<u8>(), 0u8..40, head, vec(any::<u8>(), 0..200)).prop_map(|(source, delay, mut bytes, tail)| {
            bytes.extend(tail);
            let mut framed = vec![bytes.len() as u8, source, delay];
            framed.extend(bytes);
            framed
        })
    }

    proptest! {
        #[test]
        fn any_datagrams_keep_every_promise(list in vec(datagram(), 0..60)) {
            super::datagrams(&list.concat());
        }
    }
}
