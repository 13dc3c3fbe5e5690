//! The browser side: the shared UDP port, the answer to an offer, and one peer.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;

use perezvon_model::UserId;
use str0m::change::SdpOffer;
use str0m::crypto::{CryptoProvider, from_feature_flags};
use str0m::format::{Codec as RtcCodec, FormatParams};
use str0m::media::{Frequency, Mid, Pt};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Rtc, RtcConfig};

use super::packets::Content;
use super::{is_other_loopback, random};
use crate::core::dtmf::DigitReceiver;
use crate::core::g711::Codec;
use crate::core::outgoing::{Outgoing, Stamp};
use crate::handle::MediaError;

/// The largest offer that is read.
const MAX_OFFER: usize = 64 * 1024;
/// All browsers share one socket, so its queue is larger than a leg's; the kernel caps it at `net.core.rmem_max`.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;
/// The payload type of `telephone-event/8000` where the browser's offer does not choose; it is Chromium's.
const TELEPHONE_EVENT: u8 = 126;

/// What is needed to answer an offer, away from the media thread.
#[derive(Clone)]
pub struct BrowserPort {
    pub public_ip: IpAddr,
    bind_ip: IpAddr,
    port: u16,
    /// A browser on the same machine may reach only this.
    loopback: Option<SocketAddr>,
    crypto: Arc<CryptoProvider>,
}

impl BrowserPort {
    pub fn bind(
        bind_ip: IpAddr,
        public_ip: IpAddr,
        port: u16,
    ) -> Result<(BrowserPort, UdpSocket), MediaError> {
        let bind = |error| MediaError::Bind { ip: bind_ip, port, error };
        let socket = UdpSocket::bind((bind_ip, port)).map_err(bind)?;
        socket.set_nonblocking(true)?;
        if let Err(error) = rustix::net::sockopt::set_socket_recv_buffer_size(&socket, RECEIVE_BUFFER) {
            tracing::debug!(%error, "the browsers' socket keeps its buffer");
        }
        let port = socket.local_addr()?.port();
        let loopback = is_other_loopback(bind_ip, public_ip)
            .then(|| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
        let crypto = Arc::new(from_feature_flags());
        Ok((BrowserPort { public_ip, bind_ip, port, loopback, crypto }, socket))
    }

    pub fn addr(&self) -> SocketAddr {
        SocketAddr::new(self.public_ip, self.port)
    }

    /// The address is one of this machine's, as far as the settings tell.
    pub(super) fn is_own(&self, ip: IpAddr) -> bool {
        ip.is_loopback() || ip == self.public_ip || ip == self.bind_ip
    }

    /// The candidate that a datagram of this source came to. The socket is bound to all addresses, so the source tells.
    pub(super) fn local_for(&self, source: SocketAddr) -> SocketAddr {
        self.loopback.filter(|_| source.ip().is_loopback()).unwrap_or_else(|| self.addr())
    }

    /// Answers an offer: ICE-lite, G.711 only, so that sound needs no transcoding on its way to a trunk.
    pub fn answer(&self, offer: &str) -> Result<(Rtc, String), MediaError> {
        let refused = |error: &dyn std::fmt::Display| MediaError::Offer(error.to_string());
        if offer.len() > MAX_OFFER {
            return Err(MediaError::Offer(format!("longer than {MAX_OFFER} bytes")));
        }
        let offer = SdpOffer::from_sdp_string(offer).map_err(|error| refused(&error))?;
        let mut config = RtcConfig::new()
            .set_crypto_provider(self.crypto.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_pcmu(true, false)
            .enable_pcma(true, false);
        config.codec_config().add_config(
            TELEPHONE_EVENT.into(),
            None,
            RtcCodec::Tele,
            Frequency::EIGHT_KHZ,
            None,
            FormatParams::default(),
        );
        let mut rtc = config.build(Instant::now());
        for addr in [Some(self.addr()), self.loopback].into_iter().flatten() {
            let candidate = Candidate::host(addr, "udp").map_err(|error| refused(&error))?;
            rtc.add_local_candidate(candidate);
        }
        let answer = rtc.sdp_api().accept_offer(offer).map_err(|error| refused(&error))?;
        Ok((rtc, answer.to_sdp_string()))
    }
}

/// How the connection to a browser stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// ICE and DTLS are being made, since then.
    Connecting {
        since: Instant,
    },
    Up,
    Lost,
}

/// One agent's browser.
pub(super) struct Peer {
    pub agent: UserId,
    pub rtc: Rtc,
    pub link: Link,
    /// What was told last: connected or lost.
    pub told_up: bool,
    /// Any packet of it.
    pub heard_at: Instant,
    /// When str0m wants the time.
    pub due: Instant,
    pub digits: DigitReceiver,
    pub out: Outgoing,
    media: Option<Sounds>,
}

/// The negotiated sound.
#[derive(Clone, Copy)]
struct Sounds {
    mid: Mid,
    pcmu: Option<Pt>,
    pcma: Option<Pt>,
    events: Option<Pt>,
}

impl Peer {
    pub fn new(agent: UserId, rtc: Rtc, now: Instant, told_up: bool) -> Peer {
        Peer {
            agent,
            rtc,
            link: Link::Connecting { since: now },
            told_up,
            heard_at: now,
            due: now,
            digits: DigitReceiver::default(),
            out: Outgoing::new(random()),
            media: None,
        }
    }

    /// Takes the first audio line of the session.
    pub fn media_added(&mut self, mid: Mid) {
        let Some(media) = self.rtc.media(mid).filter(|media| media.kind().is_audio()) else { return };
        let find = |codec| {
            let mut params = self.rtc.codec_config().params().iter();
            params
                .find(|param| param.spec().codec == codec && media.remote_pts().contains(&param.pt()))
                .map(|param| param.pt())
        };
        self.media.get_or_insert(Sounds {
            mid,
            pcmu: find(RtcCodec::PCMU),
            pcma: find(RtcCodec::PCMA),
            events: find(RtcCodec::Tele),
        });
    }

    /// What a payload type of the browser means.
    pub fn content(&self, payload_type: Pt) -> Option<Content> {
        let media = self.media?;
        if media.pcmu == Some(payload_type) {
            Some(Content::Sound(Codec::Pcmu))
        } else if media.pcma == Some(payload_type) {
            Some(Content::Sound(Codec::Pcma))
        } else if media.events == Some(payload_type) {
            Some(Content::Event)
        } else {
            None
        }
    }

    /// What is sent to it.
    pub fn codec(&self) -> Codec {
        match self.media {
            Some(Sounds { pcmu: None, pcma: Some(_), .. }) => Codec::Pcma,
            Some(_) | None => Codec::Pcmu,
        }
    }

    /// Hands one packet to str0m, which must be polled afterwards.
    pub fn write(&mut self, now: Instant, content: Content, stamp: Stamp, payload: &[u8]) {
        let Some(media) = self.media else { return };
        let payload_type = match content {
            Content::Sound(Codec::Pcmu) => media.pcmu,
            Content::Sound(Codec::Pcma) => media.pcma,
            Content::Event => media.events,
        };
        let Some(payload_type) = payload_type else { return };
        let mut direct = self.rtc.direct_api();
        let Some(stream) = direct.stream_tx_by_mid(media.mid, None) else { return };
        stream.write_rtp(
            RtpWrite::new(payload_type, stamp.seq.into(), stamp.timestamp, now, payload).marker(stamp.marker),
        );
        self.out.count(payload.len());
    }
}
