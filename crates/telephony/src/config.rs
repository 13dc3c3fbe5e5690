//! Settings and errors.

use std::net::{IpAddr, SocketAddr};

/// The least session interval that we take, seconds (RFC 4028 section 4).
pub(crate) const MIN_SESSION_EXPIRES_S: u32 = 90;

#[derive(Clone, Debug)]
pub struct TelephonyConfig {
    /// UDP and TCP. Port 0 takes a free one: see [`crate::Telephony::local_addr`].
    pub bind: SocketAddr,
    /// The address in Via and Contact; what peers can reach.
    pub public_ip: IpAddr,
    /// The most legs at once; one more is refused with 503.
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
