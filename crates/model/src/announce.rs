//! What a caller hears while waiting, beside the music.

use serde::{Deserialize, Serialize};

/// One announcement of a queue. What is due at one moment is said in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Announcement {
    /// Seconds in the queue before it is said for the first time. 0 to 3,600.
    pub after_s: u32,
    /// Said again every so many seconds, 10 to 3,600; 0: once.
    pub every_s: u32,
    pub say: Say,
    #[serde(default)]
    pub only: Only,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Say {
    /// The position in the queue.
    Position,
    /// The estimated wait as a range; nothing while it is not known.
    Wait,
    /// A prompt of the library.
    Prompt { name: String },
    /// "Press 1 and we call you back": from then on the digit is heard. Nothing where no number was shown.
    Callback,
}

impl Announcement {
    /// The position, every so many seconds.
    pub fn position_every(every_s: u32) -> Announcement {
        Announcement { after_s: every_s, every_s, say: Say::Position, only: Only::Always }
    }
}

/// On which condition it is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Only {
    #[default]
    Always,
    /// The middle of the estimated wait is longer. 1 to 14,400 s.
    EstimateOver { s: u32 },
    /// At least so many are before the caller. 1 to 100,000.
    Behind { others: u32 },
}
