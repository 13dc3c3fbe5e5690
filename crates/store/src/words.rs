//! How the enums of the model are written in columns: the same words as in JSON.

use perezvon_model::journal::{Channel, Direction, Outcome, Party, QueueOutcome};
use perezvon_model::leg::Cause;
use perezvon_model::prompt::Language;
use perezvon_model::{Activity, Device};

use crate::sql::{Arg, Column, Kind, Value};

macro_rules! words {
    ($($ty:ty { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        impl crate::words::Word for $ty {
            fn word(self) -> &'static str {
                match self { $(<$ty>::$variant => $word),+ }
            }
        }
        impl Column for $ty {
            const KIND: Kind = Kind::Text;
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value {
                    $(Value::Text($word) => Some(<$ty>::$variant),)+
                    Value::Text(_) | Value::Int(_) | Value::Null => None,
                }
            }
        }
        impl From<$ty> for Arg {
            fn from(value: $ty) -> Self { crate::words::Word::word(value).into() }
        }
    )+};
}
pub(crate) use words;

/// An enum's word in columns and JSON.
pub(crate) trait Word {
    fn word(self) -> &'static str;
}

words! {
    Channel { Voice = "voice", Chat = "chat", Mail = "mail" }
    Direction { Inbound = "inbound", Outbound = "outbound" }
    Party { Customer = "customer", Agent = "agent", System = "system" }
    Outcome {
        Answered = "answered", Abandoned = "abandoned", EndedInFlow = "ended_in_flow", Refused = "refused",
        Interrupted = "interrupted", LeftMessage = "left_message", NotReached = "not_reached",
    }
    QueueOutcome {
        Answered = "answered", Abandoned = "abandoned", Overflowed = "overflowed", Interrupted = "interrupted",
    }
    Cause {
        Normal = "normal", Cancelled = "cancelled", Busy = "busy", NoAnswer = "no_answer", Declined = "declined",
        Unavailable = "unavailable", NotFound = "not_found", Forbidden = "forbidden", Overload = "overload",
        NoCodec = "no_codec", Timeout = "timeout", Interrupted = "interrupted", Failed = "failed",
    }
    Language { Ru = "ru", En = "en" }
    Device { Browser = "browser", Phone = "phone" }
    Activity {
        Idle = "idle", Reserved = "reserved", Ringing = "ringing", Talking = "talking", Hold = "hold",
        WrapUp = "wrap_up",
    }
}
