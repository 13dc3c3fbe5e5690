//! Two SIP legs on real sockets: what one says, the other hears.

#![expect(clippy::unwrap_used, reason = "a step that fails shall stop the test")]

mod support;

use std::time::{Duration, Instant};

use perezvon_media::core::g711::{ALAW_TO_LINEAR, ULAW_TO_LINEAR};
use perezvon_media::core::rtcp;
use perezvon_media::{Begin, Codec, MediaError, MediaEvent, RemoteRtp};
use support::{Bed, Party, assert_tone, talk};

#[test]
fn a_bridge_carries_sound_both_ways() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    (a.hz, b.hz) = (440.0, 1_000.0);
    bed.media.bridge(a.leg, b.leg);
    let heard = talk(&mut [&mut a, &mut b], 400);
    assert_tone(&a.linear(&heard[0]), 1_000.0, 440.0);
    assert_tone(&b.linear(&heard[1]), 440.0, 1_000.0);
    assert!(heard[0].len() >= 18 && heard[1].len() >= 18, "{} and {}", heard[0].len(), heard[1].len());
}

#[test]
fn the_same_coding_passes_byte_for_byte_and_the_stream_is_our_own() {
    let mut bed = Bed::new();
    let (mut a, b) = (bed.party(Codec::Pcma), bed.party(Codec::Pcma));
    bed.media.bridge(a.leg, b.leg);
    let mut last = None;
    for n in 0..20u8 {
        a.say_this(&[n; 160]);
        let got = b.hear();
        assert_eq!(got.payload, [n; 160]);
        assert_eq!(got.packet.payload_type, 8);
        assert_ne!(got.packet.ssrc, a.ssrc);
        assert_eq!(got.packet.marker, n == 0);
        if let Some((seq, timestamp, ssrc)) = last {
            assert_eq!(got.packet.seq, u16::wrapping_add(seq, 1));
            assert_eq!(got.packet.timestamp, u32::wrapping_add(timestamp, 160));
            assert_eq!(got.packet.ssrc, ssrc);
        }
        last = Some((got.packet.seq, got.packet.timestamp, got.packet.ssrc));
    }
}

#[test]
fn a_law_and_mu_law_meet_by_table() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcma), bed.party(Codec::Pcmu));
    bed.media.bridge(a.leg, b.leg);
    let all: Vec<u8> = (0..160).collect();
    a.say_this(&all);
    let got = b.hear();
    assert_eq!(got.packet.payload_type, 0);
    for (sent, got) in all.iter().zip(&got.payload) {
        let (sent, got) = (ALAW_TO_LINEAR[usize::from(*sent)], ULAW_TO_LINEAR[usize::from(*got)]);
        assert!(
            (i32::from(sent) - i32::from(got)).abs() <= 16 + i32::from(sent).abs() / 24,
            "{sent} became {got}"
        );
    }
    (a.hz, b.hz) = (440.0, 1_000.0);
    let heard = talk(&mut [&mut a, &mut b], 400);
    assert_tone(&a.linear(&heard[0]), 1_000.0, 440.0);
    assert_tone(&b.linear(&heard[1]), 440.0, 1_000.0);
}

#[test]
fn sound_follows_a_party_behind_a_nat_and_a_stranger_stays_out() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    bed.media.bridge(a.leg, b.leg);
    // The SDP of b named a socket that sends nothing; its packets come from another one.
    let mut natted = Party::new(b.leg, b.media_addr, Codec::Pcmu);
    natted.say();
    a.hear();
    a.say();
    natted.hear();
    for _ in 0..60 {
        natted.say();
        a.hear();
    }
    // Locked: neither a stranger nor the SDP's own address is heard any more.
    let dropped = bed.media.counters().packets_dropped;
    let mut stranger = Party::new(b.leg, b.media_addr, Codec::Pcmu);
    stranger.say();
    b.say();
    natted.say_this(&[0x42; 160]);
    assert_eq!(a.hear().payload, [0x42; 160], "only the latched party is heard");
    a.say();
    natted.hear();
    bed.until(|counters| counters.packets_dropped == dropped + 2);
    // A re-INVITE opens the latch.
    bed.media.start_rtp(b.leg, b.remote());
    b.say_this(&[0x24; 160]);
    assert_eq!(a.hear().payload, [0x24; 160]);
    a.say();
    b.hear();
}

#[test]
fn a_press_is_told_once_and_passes_with_the_other_sides_payload_type() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcma));
    b.dtmf_payload = 97;
    bed.media.start_rtp(b.leg, b.remote());
    bed.media.bridge(a.leg, b.leg);
    a.say();
    b.hear();
    for event in [5, 5, 11] {
        a.press(event);
    }
    let digits: Vec<char> = (0..3)
        .map(|_| match bed.event() {
            MediaEvent::Digit { leg, digit } if leg == a.leg => digit,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(digits, ['5', '5', '#']);
    let passed: Vec<_> = (0..24).map(|_| b.hear()).collect();
    assert!(passed.iter().all(|got| got.packet.payload_type == 97));
    assert_eq!(passed.iter().filter(|got| got.payload[1] & 0x80 != 0).count(), 9);
    let mut starts: Vec<u32> = passed.iter().map(|got| got.packet.timestamp).collect();
    starts.dedup();
    assert_eq!(starts.len(), 3, "one timestamp for each press");
    a.say();
    b.hear();
    assert!(bed.events.try_recv().is_err(), "nothing is told twice");
}

#[test]
fn digits_are_sent_to_the_party_by_events() {
    let mut bed = Bed::new();
    let a = bed.party(Codec::Pcmu);
    bed.media.send_digits(a.leg, "1#".to_owned());
    let mut receiver = perezvon_media::core::dtmf::DigitReceiver::default();
    let mut heard = String::new();
    for n in 0..16 {
        let got = a.hear();
        assert_eq!(got.packet.payload_type, 101);
        assert_eq!(got.packet.marker, n % 8 == 0);
        let packet = got.packet;
        heard.extend(receiver.receive(packet.ssrc, packet.timestamp, packet.marker, &got.payload));
    }
    assert_eq!(heard, "1#");
}

#[test]
fn mute_sends_silence_and_keeps_the_stream_going() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcma));
    bed.media.bridge(a.leg, b.leg);
    a.say();
    b.hear();
    bed.media.mute(a.leg, true);
    a.say();
    assert_eq!(b.hear().payload, [0xD5; 160]);
    b.say();
    assert_ne!(a.hear().payload, [0xFF; 160], "the other way is not muted");
    bed.media.mute(a.leg, false);
    a.say();
    assert_ne!(b.hear().payload, [0xD5; 160]);
}

#[test]
fn after_unbridge_and_close_nothing_passes() {
    let mut bed = Bed::new();
    let (mut a, mut b, mut c) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    bed.media.bridge(a.leg, b.leg);
    // A new bridge replaces the old one.
    bed.media.bridge(a.leg, c.leg);
    a.say_this(&[1; 160]);
    c.hear();
    b.say_this(&[2; 160]);
    c.say_this(&[3; 160]);
    assert_eq!(a.hear().payload, [3; 160], "the old partner is not heard");
    bed.media.unbridge(a.leg);
    c.say_this(&[4; 160]);
    bed.media.bridge(a.leg, b.leg);
    bed.media.close(c.leg);
    b.say_this(&[5; 160]);
    assert_eq!(a.hear().payload, [5; 160]);
    assert!(c.hear_within(Duration::from_millis(50)).is_none());
}

#[test]
fn an_sdp_that_names_our_own_ports_sends_no_packet_round_for_ever() {
    let mut bed = Bed::new();
    let (mut a, b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    let (to_b, to_a) = (b.media_addr, a.media_addr);
    for target in [to_a, to_b] {
        bed.media.start_rtp(a.leg, RemoteRtp { addr: to_b, ..a.remote() });
        bed.media.start_rtp(b.leg, RemoteRtp { addr: target, ..b.remote() });
        bed.media.bridge(a.leg, b.leg);
        a.say();
        assert!(b.hear_within(Duration::from_millis(50)).is_none());
    }
    bed.until(|counters| (counters.packets_in, counters.packets_dropped) == (2, 2));
    assert_eq!(bed.media.counters().packets_out, 0);
}

#[test]
fn a_party_that_does_not_want_to_hear_is_sent_nothing_and_one_on_hold_is_not_heard() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    bed.media.bridge(a.leg, b.leg);
    a.say();
    b.hear();
    // b holds: it sends its own music and does not want our sound.
    bed.media.start_rtp(b.leg, RemoteRtp { send: false, ..b.remote() });
    a.say();
    b.say_this(&[7; 160]);
    assert_eq!(a.hear().payload, [7; 160]);
    // Inactive both ways, then back.
    bed.media.start_rtp(b.leg, RemoteRtp { send: false, receive: false, ..b.remote() });
    b.say_this(&[8; 160]);
    bed.media.start_rtp(b.leg, b.remote());
    b.say_this(&[9; 160]);
    assert!([8, 9].contains(&a.hear().payload[0]));
    a.say_this(&[10; 160]);
    assert_eq!(b.hear().payload, [10; 160], "what was said on hold never came");
}

#[test]
fn reports_tell_the_party_what_was_sent_and_what_was_lost() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    let rtcp = a.rtcp_socket();
    bed.media.start_rtp(a.leg, a.remote());
    bed.media.bridge(a.leg, b.leg);
    let deadline = Instant::now() + support::PATIENCE;
    let mut buffer = [0; 500];
    let heard = loop {
        assert!(Instant::now() < deadline, "a report within five seconds");
        // Every fourth packet of a is lost on the way.
        a.seq = a.seq.wrapping_add(u16::from(a.timestamp / 160 % 3 == 0));
        talk(&mut [&mut a, &mut b], 20);
        if let Ok((length, from)) = rtcp.recv_from(&mut buffer) {
            assert_eq!(from.port(), a.media_addr.port() + 1, "from the odd port above");
            let heard = rtcp::parse(&buffer[..length]).unwrap();
            // One that covers a second or more tells the loss well.
            if heard.report.is_some_and(|report| report.lost >= 12) {
                break heard;
            }
        }
    };
    let report = heard.report.unwrap();
    assert_eq!(report.ssrc, a.ssrc);
    assert!((40..90).contains(&report.fraction_lost), "{} of 256", report.fraction_lost);
    assert!(heard.sender.is_some(), "a sender report, since b's sound is passed on");
}

#[test]
fn when_ports_run_out_the_error_says_so_and_a_closed_leg_gives_its_port_back() {
    let first = 30_000 + (std::process::id() % 300) as u16 * 6;
    let mut bed = Bed::with_ports(first, first + 3);
    let (a, b) = (bed.leg(), bed.leg());
    let addr = bed.media.open_rtp(a).unwrap();
    assert_eq!(addr.port() % 2, 0);
    bed.media.open_rtp(b).unwrap();
    let refused = bed.media.open_rtp(bed.ids_leg()).unwrap_err();
    assert!(matches!(refused, MediaError::NoPort { .. }));
    assert!(refused.to_string().contains("widen the range"), "{refused}");
    bed.media.close(a);
    bed.until(|counters| counters.ports_free > 0);
    bed.media.open_rtp(a).unwrap();
}

#[test]
fn ten_thousand_mutated_packets_do_not_disturb_a_call() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcma));
    (a.hz, b.hz) = (440.0, 1_000.0);
    bed.media.bridge(a.leg, b.leg);
    talk(&mut [&mut a, &mut b], 100);
    let mut state = 0x1234_5678_9ABC_DEF0u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let stranger = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let rtcp = std::net::SocketAddr::new(a.media_addr.ip(), a.media_addr.port() + 1);
    let (mut heard_a, mut heard_b) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        for n in 0..200 {
            let payload = vec![random() as u8; (random() % 180) as usize];
            let mut datagram = a.datagram((random() % 128) as u8, random() % 2 == 0, &payload);
            for _ in 0..=random() % 4 {
                let at = random() as usize % datagram.len().min(16);
                datagram[at] = random() as u8;
            }
            datagram.truncate(1 + random() as usize % datagram.len());
            // From strangers and, wrecked beyond RTP, from the party itself; to both ports and the browsers' port.
            match n % 4 {
                0 => stranger.send_to(&datagram, a.media_addr),
                1 => stranger.send_to(&datagram, rtcp),
                2 => stranger.send_to(&datagram, bed.media.browser_addr()),
                _ => {
                    datagram[0] &= 0x3F;
                    a.socket.send_to(&datagram, a.media_addr)
                }
            }
            .unwrap();
        }
        let mut heard = talk(&mut [&mut a, &mut b], 20);
        heard_b.append(&mut heard.pop().unwrap());
        heard_a.append(&mut heard.pop().unwrap());
    }
    assert_tone(&a.linear(&heard_a), 1_000.0, 440.0);
    assert_tone(&b.linear(&heard_b), 440.0, 1_000.0);
    assert!(heard_a.len() >= 45 && heard_b.len() >= 45, "{} and {}", heard_a.len(), heard_b.len());
    bed.until(|counters| counters.packets_dropped > 5_000);
}

#[test]
fn nothing_goes_to_an_address_that_has_not_proved_itself_and_no_sound_is_cut_by_that() {
    for by_sound in [true, false] {
        let mut bed = Bed::new();
        let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
        let unproved = RemoteRtp { begin: Begin::WhenProved, ..b.remote() };
        bed.media.start_rtp(b.leg, unproved);
        bed.media.bridge(a.leg, b.leg);
        a.say();
        bed.media.send_digits(b.leg, "5".to_owned());
        assert!(b.hear_within(Duration::from_millis(100)).is_none());
        if by_sound {
            b.say();
        } else {
            bed.media.begin_rtp(b.leg);
        }
        let first = b.hear();
        assert_eq!((first.packet.payload_type, first.payload[0]), (101, 5), "the digit waited, whole");
        assert!(first.packet.marker);
    }
}
