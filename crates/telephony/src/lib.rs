//! Telephones. This crate speaks SIP over UDP and TCP with trunks and desk phones and turns it into the events of
//! legs; the commands of legs it turns into SIP. It answers and makes calls, registers at providers, is the
//! registrar of desk phones, and tells the media plane where sound goes. It never decides who is called, never
//! touches a sound packet, never stores anything, and shows nothing of the SIP library below.
//!
//! The library logs whole messages at `info`: give the log filter [`QUIET_LIBRARY`].

mod auth;
mod cause;
mod config;
mod core;
mod counters;
mod directory;
mod dispatch;
mod event;
mod guard;
mod leg;
mod media;
mod registrar;
mod sdp;
mod sip;
mod telephony;
mod trunk;

#[cfg(test)]
mod scripted;

#[doc(hidden)]
pub mod fuzzing;

pub use config::{TelephonyConfig, TelephonyError};
pub use counters::TelephonyCounters;
pub use directory::{Directory, NumberMatch, PhoneAccount, PhoneTarget, REALM, TrunkMatch};
pub use event::{TelephonyEvent, TrunkState};
pub use telephony::Telephony;

/// The directive that keeps whole messages out of a `tracing` log: the library writes them at `info`.
pub const QUIET_LIBRARY: &str = "rsipstack=warn";
