//! A browser made of str0m: it makes the offer, as a page does, and says one tone.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::{Duration, Instant};

use perezvon_media::Media;
use perezvon_media::core::g711::{ULAW_TO_LINEAR, linear_to_ulaw};
use perezvon_model::UserId;
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::crypto::{CryptoProvider, from_feature_flags};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

pub struct Browser {
    pub rtc: Rtc,
    socket: UdpSocket,
    mid: Mid,
    pub hz: f64,
    pub is_connected: bool,
    pub heard: Vec<RtpPacket>,
    seq: u64,
    timestamp: u32,
    sample: u64,
}

impl Browser {
    pub fn offer() -> (Browser, String, SdpPendingOffer) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let crypto: Arc<CryptoProvider> = Arc::new(from_feature_flags());
        let mut config = RtcConfig::new()
            .set_crypto_provider(crypto)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, false)
            .enable_pcmu(true, false)
            .enable_pcma(true, false);
        for (payload_type, rate) in [(110, Frequency::FORTY_EIGHT_KHZ), (126, Frequency::EIGHT_KHZ)] {
            let format = FormatParams::default();
            config.codec_config().add_config(Pt::from(payload_type), None, Codec::Tele, rate, None, format);
        }
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().unwrap();
        let browser = Browser {
            rtc,
            socket,
            mid,
            hz: 440.0,
            is_connected: false,
            heard: Vec::new(),
            seq: 100,
            timestamp: 5_000,
            sample: 0,
        };
        (browser, offer.to_sdp_string(), pending)
    }

    /// Offers, takes the answer and waits until it is connected.
    pub fn connect(media: &Media, agent: UserId) -> Browser {
        let (mut browser, offer, pending) = Browser::offer();
        let answer = block_on(media.browser_offer(agent, offer)).unwrap();
        browser.accept(pending, &answer);
        browser
    }

    pub fn accept(&mut self, pending: SdpPendingOffer, answer: &str) {
        self.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(answer).unwrap()).unwrap();
        let deadline = Instant::now() + super::PATIENCE;
        while !self.is_connected {
            assert!(Instant::now() < deadline, "it connects in time");
            self.live_until(Instant::now() + Duration::from_millis(5));
        }
    }

    /// Sends what str0m wants sent and takes what comes, until then.
    pub fn live_until(&mut self, until: Instant) {
        let mut buffer = vec![0; 2_000];
        loop {
            let due = self.drain();
            let now = Instant::now();
            if now >= until {
                return;
            }
            let patience = due.min(until).saturating_duration_since(now).max(Duration::from_millis(1));
            self.socket.set_read_timeout(Some(patience)).unwrap();
            match self.socket.recv_from(&mut buffer) {
                Ok((length, source)) => {
                    let destination = self.socket.local_addr().unwrap();
                    let contents = buffer[..length].try_into().unwrap();
                    let receive = Receive { proto: Protocol::Udp, source, destination, contents };
                    self.rtc.handle_input(Input::Receive(Instant::now(), receive)).unwrap();
                }
                Err(_) => self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap(),
            }
        }
    }

    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(due) => return due,
                Output::Transmit(transmit) => {
                    self.socket.send_to(&transmit.contents, transmit.destination).unwrap();
                }
                Output::Event(Event::Connected) => self.is_connected = true,
                Output::Event(Event::RtpPacket(packet)) => self.heard.push(packet),
                Output::Event(_) => {}
            }
        }
    }

    fn write(&mut self, payload_type: u8, payload: &[u8], marker: bool) {
        let (seq, timestamp) = (self.seq, self.timestamp);
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(self.mid, None).expect("a stream to send on");
        let write = RtpWrite::new(payload_type.into(), seq.into(), timestamp, Instant::now(), payload);
        stream.write_rtp(write.marker(marker));
        self.drain();
        // It lets packets go when it is told the time.
        self.rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
        self.drain();
        self.seq += 1;
    }

    pub fn say(&mut self) {
        let at = self.sample;
        let frame: Vec<u8> = (at..at + 160)
            .map(|n| {
                linear_to_ulaw(
                    ((n as f64 * self.hz * std::f64::consts::TAU / 8_000.0).sin() * 8_000.0) as i16,
                )
            })
            .collect();
        self.sample += 160;
        self.write(0, &frame, false);
        self.timestamp = self.timestamp.wrapping_add(160);
    }

    /// What `insertDTMF` does.
    pub fn press(&mut self, event: u8) {
        for n in 1..=8u16 {
            let [high, low] = (n.min(6) * 160).to_be_bytes();
            let flags = if n >= 6 { 0x8A } else { 0x0A };
            self.write(126, &[event, flags, high, low], n == 1);
        }
        self.timestamp = self.timestamp.wrapping_add(8 * 160);
    }

    /// What it heard since last asked, as linear samples.
    pub fn take_linear(&mut self) -> Vec<f64> {
        let heard = std::mem::take(&mut self.heard);
        heard
            .iter()
            .flat_map(|packet| {
                packet.payload.iter().map(|code| f64::from(ULAW_TO_LINEAR[usize::from(*code)]))
            })
            .collect()
    }
}

/// The offer is answered without waiting for anything, so one poll is enough.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("it waited"),
    }
}
