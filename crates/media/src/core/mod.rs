//! What can be decided without a socket, a thread or a clock: every function takes bytes, state and the time.

pub mod dtmf;
pub mod g711;
pub mod latch;
pub mod library;
pub mod outgoing;
pub mod playlist;
pub mod rtcp;
pub mod rtp;
pub mod silence;
pub mod timeline;

/// Samples per second of every sound here (G.711, RFC 3551 section 4.5.14).
pub const SAMPLE_RATE: u32 = 8_000;
/// Samples in one packet of 20 ms.
pub const FRAME: usize = 160;
