//! What this crate asks of the media plane. A small interface of our own, so that signalling is tested without
//! sockets for sound.

use std::net::SocketAddr;

use perezvon_media::Media;
use perezvon_model::LegId;

pub(crate) use perezvon_media::{Begin, Codec, RemoteRtp};

/// No RTP port could be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no RTP port: {0}")]
pub(crate) struct NoPort(pub(crate) String);

pub(crate) trait MediaPort: Send + Sync {
    /// Opens RTP for a leg; the address to write into SDP.
    fn open(&self, leg: LegId) -> Result<SocketAddr, NoPort>;
    fn start(&self, leg: LegId, remote: RemoteRtp);
    /// The peer has proved that it wants the sound.
    fn begin(&self, leg: LegId);
    fn close(&self, leg: LegId);
}

impl MediaPort for Media {
    fn open(&self, leg: LegId) -> Result<SocketAddr, NoPort> {
        self.open_rtp(leg).map_err(|error| NoPort(error.to_string()))
    }

    fn start(&self, leg: LegId, remote: RemoteRtp) {
        self.start_rtp(leg, remote);
    }

    fn begin(&self, leg: LegId) {
        self.begin_rtp(leg);
    }

    fn close(&self, leg: LegId) {
        Media::close(self, leg);
    }
}
