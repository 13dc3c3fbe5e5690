//! A leg is one party's connection. Commands go to it, events come from it; the engine knows no SIP and no RTP.

use serde::{Deserialize, Serialize};

use crate::id::{PlayId, TrunkId, UserId};
use crate::prompt::Prompt;

/// Why a leg ended or could not be made. The SIP shell maps each to a status code and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Someone hung up, as people do.
    Normal,
    /// The caller gave up before the answer (CANCEL).
    Cancelled,
    Busy,
    NoAnswer,
    Declined,
    /// The party exists and cannot be reached now.
    Unavailable,
    NotFound,
    Forbidden,
    /// The system is at a limit.
    Overload,
    /// The peers share no codec.
    NoCodec,
    /// No packet or no signal came for too long.
    Timeout,
    /// The server stopped during the call.
    Interrupted,
    Failed,
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DialTarget {
    /// The browser of an agent who has just accepted: no ringing, the leg is answered at once.
    Browser { agent: UserId },
    /// Every registered phone of the agent.
    Phone { agent: UserId },
    /// A SIP URI, through a trunk when one is named.
    Uri { uri: String, trunk: Option<TrunkId> },
}

/// What to show the called party.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerName {
    pub number: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LegCommand {
    /// 180 to an inbound leg.
    Ring,
    /// 200 to an inbound leg; media starts.
    Answer,
    /// A final refusal to an inbound leg that is not answered.
    Reject {
        cause: Cause,
    },
    /// Makes an outbound leg.
    Dial {
        target: DialTarget,
        from: CallerName,
        timeout_ms: i64,
    },
    /// Ends the leg in whatever state it is (CANCEL, BYE, refusal).
    HangUp {
        cause: Cause,
    },
    /// Plays a list; ends with `LegEvent::PlayDone` unless looped or stopped. A new `Play` replaces the old one.
    Play {
        play: PlayId,
        prompts: Vec<Prompt>,
        looped: bool,
    },
    StopPlay,
    /// Sound from this leg is dropped while on.
    Mute {
        on: bool,
    },
    /// RFC 4733 digits towards the party of this leg.
    SendDigits {
        digits: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LegEvent {
    /// The dialled party rings.
    Ringing,
    /// The dialled party answered, or our answer was acknowledged.
    Answered,
    /// A dialled leg was not made.
    Failed {
        cause: Cause,
    },
    /// A leg that was made, or an inbound leg at any time, is over. Always the last event of the leg.
    Ended {
        cause: Cause,
    },
    /// One of `0-9*#A-D` was pressed.
    Digit {
        digit: char,
    },
    PlayDone {
        play: PlayId,
    },
    /// The party put us on hold (`sendonly`, `inactive`) or came back.
    HeldByPeer {
        on: bool,
    },
    /// A browser leg lost its media; it may come back within the grace time.
    MediaLost,
    MediaBack,
}
