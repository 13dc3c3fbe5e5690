//! The sound of calls: RTP between legs, prompts and music, digits, browsers over WebRTC, recordings. It obeys
//! commands and reports what it hears; it never decides who talks with whom, and knows no SIP, no tenant and no queue.
//!
//! One thread owns all sockets and legs ([`Media`] is the handle to it), one writes recordings, one seals them.
//! A packet takes no lock, no allocation and no queue on its way from one leg to another.

pub mod core;
#[doc(hidden)]
pub mod fuzzing;
mod handle;
pub mod recording;
mod run;

pub use crate::core::g711::Codec;
pub use crate::core::library::Library;
pub use crate::handle::{
    Begin, Events, Media, MediaConfig, MediaCounters, MediaError, MediaEvent, RemoteRtp,
};
