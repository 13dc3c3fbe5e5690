//! Two parties on real sockets of the loopback, and the means to hear what they hear.

#![allow(dead_code, reason = "each test file uses its part")]

pub mod browser;

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use perezvon_media::core::g711::{ALAW_TO_LINEAR, ULAW_TO_LINEAR, linear_to_alaw, linear_to_ulaw};
use perezvon_media::core::rtp::{self, HEADER_LEN, Packet};
use perezvon_media::{
    Begin, Codec, Events, Library, Media, MediaConfig, MediaCounters, MediaEvent, RemoteRtp,
};
use perezvon_model::id::IdMaker;
use perezvon_model::{LegId, PlayId, RecordingId, UserId, UtcMs};

/// The longest that anything is waited for.
pub const PATIENCE: Duration = Duration::from_secs(10);
const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub struct Bed {
    pub media: Media,
    pub events: Receiver<MediaEvent>,
    ids: IdMaker,
}

pub fn start(first: u16, last: u16, told: Events) -> Media {
    let config = MediaConfig {
        bind_ip: LOCALHOST,
        public_ip: LOCALHOST,
        rtp_ports: first..=last,
        webrtc_port: 0,
        library: Arc::new(library()),
    };
    Media::start(config, told).unwrap()
}

impl Bed {
    pub fn new() -> Bed {
        // Test programs run side by side; those that share a range skip each other's ports.
        let first = 20_000 + (std::process::id() % 180) as u16 * 50;
        Bed::with_ports(first, first + 999)
    }

    pub fn with_ports(first: u16, last: u16) -> Bed {
        let (sender, events) = channel();
        let told: Events = Arc::new(move |event| {
            let _ = sender.send(event);
        });
        let media = start(first, last, told);
        Bed { media, events, ids: IdMaker::new(u64::from(std::process::id())) }
    }

    pub fn ids_leg(&self) -> LegId {
        self.ids.clone().next(UtcMs(2))
    }

    pub fn leg(&mut self) -> LegId {
        self.ids.next(UtcMs(1))
    }

    pub fn play(&mut self) -> PlayId {
        self.ids.next(UtcMs(1))
    }

    pub fn recording(&mut self) -> RecordingId {
        self.ids.next(UtcMs(1))
    }

    pub fn agent(&mut self) -> UserId {
        self.ids.next(UtcMs(1))
    }

    /// Opens a leg and its far end.
    pub fn party(&mut self, codec: Codec) -> Party {
        let leg = self.leg();
        let media_addr = self.media.open_rtp(leg).unwrap();
        let party = Party::new(leg, media_addr, codec);
        self.media.start_rtp(leg, party.remote());
        party
    }

    /// Waits until the counters, which the media thread publishes as it goes on, are so.
    pub fn until(&self, mut so: impl FnMut(MediaCounters) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !so(self.media.counters()) {
            assert!(Instant::now() < deadline, "{:?}", self.media.counters());
            std::thread::yield_now();
        }
    }

    pub fn event(&self) -> MediaEvent {
        self.events.recv_timeout(PATIENCE).expect("an event in time")
    }

    /// The next event that is wanted; others pass by.
    pub fn wait_for<T>(&self, mut wanted: impl FnMut(&MediaEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).expect("the wanted event in time");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }
}

/// Tones of known pitch in place of voices.
pub const GREETING_HZ: f64 = 700.0;
pub const MUSIC_HZ: f64 = 350.0;

pub fn library() -> Library {
    let sound = |name: &str, hz: f64, ms: usize| {
        let samples = (0..ms * 8).map(|n| linear_to_ulaw(tone_at(hz, n as u64))).collect::<Vec<u8>>();
        (name.to_owned(), Cow::<'static, [u8]>::Owned(samples))
    };
    Library::new(
        [
            sound("ru/greeting", GREETING_HZ, 300),
            sound("ru/menu", GREETING_HZ, 200),
            sound("ru/number-5", 900.0, 100),
            sound("music/hold", MUSIC_HZ, 1_000),
            sound("tones/ringback-425", 425.0, 1_000),
        ]
        .into_iter(),
    )
}

fn tone_at(hz: f64, sample: u64) -> i16 {
    ((sample as f64 * hz * std::f64::consts::TAU / 8_000.0).sin() * 8_000.0) as i16
}

/// The far end of a leg: a phone that says one tone.
pub struct Party {
    pub leg: LegId,
    pub socket: UdpSocket,
    pub media_addr: SocketAddr,
    pub codec: Codec,
    pub dtmf_payload: u8,
    pub hz: f64,
    pub ssrc: u32,
    pub seq: u16,
    pub timestamp: u32,
    sample: u64,
}

/// What a party received.
#[derive(Clone, Debug)]
pub struct Got {
    pub packet: Packet,
    pub payload: Vec<u8>,
}

impl Party {
    pub fn new(leg: LegId, media_addr: SocketAddr, codec: Codec) -> Party {
        let socket = UdpSocket::bind((LOCALHOST, 0)).unwrap();
        let port = socket.local_addr().unwrap().port();
        Party {
            leg,
            socket,
            media_addr,
            codec,
            dtmf_payload: 101,
            hz: 440.0,
            ssrc: u32::from(port) << 8,
            seq: port,
            timestamp: u32::from(port) << 12,
            sample: 0,
        }
    }

    pub fn remote(&self) -> RemoteRtp {
        RemoteRtp {
            addr: self.socket.local_addr().unwrap(),
            signalled_from: LOCALHOST,
            codec: self.codec,
            dtmf_payload: Some(self.dtmf_payload),
            send: true,
            receive: true,
            begin: Begin::AtOnce,
        }
    }

    /// Moves it to a port with a free neighbour above, and gives that neighbour.
    pub fn rtcp_socket(&mut self) -> UdpSocket {
        loop {
            self.socket = UdpSocket::bind((LOCALHOST, 0)).unwrap();
            let port = self.socket.local_addr().unwrap().port();
            if let Some(socket) =
                port.checked_add(1).and_then(|above| UdpSocket::bind((LOCALHOST, above)).ok())
            {
                socket.set_nonblocking(true).unwrap();
                return socket;
            }
        }
    }

    /// One frame of its tone, in its coding.
    pub fn frame(&mut self) -> Vec<u8> {
        let frame = (0..160).map(|n| {
            let sample = tone_at(self.hz, self.sample + n);
            match self.codec {
                Codec::Pcmu => linear_to_ulaw(sample),
                Codec::Pcma => linear_to_alaw(sample),
            }
        });
        let frame = frame.collect();
        self.sample += 160;
        frame
    }

    pub fn datagram(&self, payload_type: u8, marker: bool, payload: &[u8]) -> Vec<u8> {
        let mut header = [0; HEADER_LEN];
        rtp::write_header(&mut header, payload_type, marker, self.seq, self.timestamp, self.ssrc);
        [&header[..], payload].concat()
    }

    /// Says one frame and moves on by 20 ms.
    pub fn say(&mut self) {
        let frame = self.frame();
        self.say_this(&frame);
    }

    pub fn say_this(&mut self, payload: &[u8]) {
        let datagram = self.datagram(self.codec.payload_type(), false, payload);
        self.socket.send_to(&datagram, self.media_addr).unwrap();
        self.seq = self.seq.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(160);
    }

    /// Presses a key: five packets while it is down and three ends, all with one timestamp.
    pub fn press(&mut self, event: u8) {
        for n in 1..=8u16 {
            let [high, low] = (n.min(6) * 160).to_be_bytes();
            let flags = if n >= 6 { 0x8A } else { 0x0A };
            let datagram = self.datagram(self.dtmf_payload, n == 1, &[event, flags, high, low]);
            self.socket.send_to(&datagram, self.media_addr).unwrap();
            self.seq = self.seq.wrapping_add(1);
        }
        self.timestamp = self.timestamp.wrapping_add(8 * 160);
    }

    pub fn hear(&self) -> Got {
        self.hear_within(PATIENCE).expect("a packet in time")
    }

    pub fn hear_within(&self, patience: Duration) -> Option<Got> {
        let mut buffer = [0; 2_048];
        self.socket.set_read_timeout(Some(patience.max(Duration::from_millis(1)))).unwrap();
        let (length, from) = self.socket.recv_from(&mut buffer).ok()?;
        assert_eq!(from, self.media_addr, "symmetric: from the port it sends to");
        let packet = rtp::parse(&buffer[..length]).expect("valid RTP");
        Some(Got { packet, payload: buffer[packet.start..packet.end].to_vec() })
    }

    /// What it hears as linear samples.
    pub fn linear(&self, got: &[Got]) -> Vec<f64> {
        let table = match self.codec {
            Codec::Pcmu => &ULAW_TO_LINEAR,
            Codec::Pcma => &ALAW_TO_LINEAR,
        };
        got.iter().flat_map(|got| &got.payload).map(|code| f64::from(table[usize::from(*code)])).collect()
    }
}

/// Parties talk on the beat of 20 ms and note what they hear meanwhile.
pub fn talk(parties: &mut [&mut Party], ms: u64) -> Vec<Vec<Got>> {
    let mut heard: Vec<Vec<Got>> = parties.iter().map(|_| Vec::new()).collect();
    let start = Instant::now();
    for beat in 0..ms / 20 {
        for party in parties.iter_mut() {
            party.say();
        }
        let next = start + Duration::from_millis(20 * (beat + 1));
        let turns = parties.len() as u32;
        loop {
            let left = next.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            for (party, heard) in parties.iter().zip(&mut heard) {
                heard.extend(party.hear_within((left / turns).min(Duration::from_millis(3))));
            }
        }
    }
    // What is still on its way on a busy machine.
    for (party, heard) in parties.iter().zip(&mut heard) {
        while let Some(got) = party.hear_within(Duration::from_millis(30)) {
            heard.push(got);
        }
    }
    heard
}

/// The amplitude of a tone in samples (Goertzel's algorithm).
pub fn loudness(samples: &[f64], hz: f64) -> f64 {
    let omega = std::f64::consts::TAU * hz / 8_000.0;
    let (mut s1, mut s2) = (0.0, 0.0);
    for sample in samples {
        let s0 = sample + 2.0 * omega.cos() * s1 - s2;
        s2 = s1;
        s1 = s0;
    }
    let power = s1 * s1 + s2 * s2 - 2.0 * omega.cos() * s1 * s2;
    power.max(0.0).sqrt() * 2.0 / samples.len().max(1) as f64
}

/// Asserts that what is heard, silence apart, is the one tone and not the other. It is judged by the median over pieces
/// of 20 ms, so that the late packets of a busy machine, which tear a tone, change nothing.
pub fn assert_tone(samples: &[f64], is: f64, is_not: f64) {
    let is_sound = |piece: &&[f64]| piece.iter().map(|sample| sample * sample).sum::<f64>() > 160.0 * 1e6;
    let pieces: Vec<&[f64]> = samples.chunks_exact(160).filter(is_sound).collect();
    assert!(!pieces.is_empty(), "nothing but silence in {} samples", samples.len());
    let median = |hz| {
        let mut all: Vec<f64> = pieces.iter().map(|piece| loudness(piece, hz)).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    let (is_loud, not_loud) = (median(is), median(is_not));
    assert!(is_loud > 5_000.0, "{is} Hz stands at {is_loud:.0} of 8000");
    assert!(not_loud < 500.0, "{is_not} Hz stands at {not_loud:.0}");
}
