//! Settings and errors.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Times of the protocols. Tests shorten them; the program never does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timing {
    /// Round trip estimate T1 (RFC 3261 section 17.1.1.1).
    pub(crate) t1: Duration,
    /// The least session interval that we take, seconds (RFC 4028 section 4).
    pub(crate) least_session_s: u32,
    /// Shorter registrations of phones are refused with 423 (RFC 3261 section 10.3).
    pub(crate) least_registration_s: u32,
    /// A peer that stays silent is asked so often whether it is there.
    pub(crate) ask_silent_every: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            least_session_s: 90,
            least_registration_s: 60,
            ask_silent_every: Duration::from_secs(60),
        }
    }
}

#[derive(Clone, Debug)]
pub struct TelephonyConfig {
    /// UDP and TCP. Port 0 takes a free one: see [`crate::Telephony::local_addr`].
    pub bind: SocketAddr,
    /// The address in Via and Contact; what peers can reach.
    pub public_ip: IpAddr,
    /// The most inbound calls at once; one more is refused with 503. Dialled legs have room for as many again.
    pub max_calls: usize,
    /// The most new inbound calls in a second; one more is refused with 503.
    pub max_calls_per_second: u32,
    /// Interval of session timers, seconds (RFC 4028). 90 to 7,200; less is taken as 90.
    pub session_expires_s: u32,
}

#[derive(Debug, thiserror::Error)]
pub enum TelephonyError {
    #[error("{addr} cannot be used for SIP ({source}); set another address, or stop what uses it")]
    Bind { addr: SocketAddr, source: std::io::Error },
}
