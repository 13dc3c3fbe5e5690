//! Typed identifiers. Each is a UUID (version 7, RFC 9562), written as text in storage and JSON.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

use crate::time::UtcMs;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[derive(utoipa::ToSchema, schemars::JsonSchema)]
        #[serde(transparent)]
        #[schema(value_type = String, format = Uuid)]
        #[schemars(with = "String")]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}:{}", stringify!($name), self.0) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::parse_str(text).map(Self) }
        }
        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self { Self(uuid) }
        }
    )+};
}

id! {
    /// A company that uses the installation.
    TenantId,
    /// A person who signs in; an agent is a user who takes interactions.
    UserId,
    QueueId,
    SkillId,
    FlowId,
    TrunkId,
    /// A dialled number that belongs to a tenant.
    NumberId,
    CustomerId,
    /// One contact of one customer, from arrival to end.
    InteractionId,
    /// One party's connection in a call.
    LegId,
    /// One interaction shown to one agent with a deadline.
    OfferId,
    RecordingId,
    DispositionId,
    /// A journal row.
    EntryId,
    /// One life of a tenant's engine, from the start of its task to the end.
    RunId,
    /// A question of the engine to the world outside it.
    AskId,
    /// A command of a person, answered once.
    RequestId,
    /// One playing of a list of prompts on a leg.
    PlayId,
}

/// Makes version 7 UUIDs from the engine's own time and a seed, so that a replay makes the same ids.
#[derive(Clone, Debug)]
pub struct IdMaker {
    state: u64,
}

impl IdMaker {
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next id; unique for a seed, ordered by `now` to the millisecond.
    pub fn next<T: From<Uuid>>(&mut self, now: UtcMs) -> T {
        let random = [self.step(), self.step()];
        let mut bytes = [0u8; 10];
        bytes[..8].copy_from_slice(&random[0].to_be_bytes());
        bytes[8..].copy_from_slice(&random[1].to_be_bytes()[..2]);
        T::from(uuid::Builder::from_unix_timestamp_millis(now.0.max(0).unsigned_abs(), &bytes).into_uuid())
    }

    /// splitmix64 (Steele, Lea and Flood 2014): a full-period walk over 64 bits, good enough for distinct ids.
    fn step(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_time_make_the_same_ids() {
        let (mut a, mut b) = (IdMaker::new(7), IdMaker::new(7));
        for n in 0..100 {
            assert_eq!(a.next::<OfferId>(UtcMs(n)), b.next::<OfferId>(UtcMs(n)));
        }
    }

    #[test]
    fn ids_are_distinct_and_ordered_by_time() {
        let mut maker = IdMaker::new(1);
        let early: Vec<OfferId> = (0..1000).map(|_| maker.next(UtcMs(1_000))).collect();
        let late: OfferId = maker.next(UtcMs(1_001));
        assert!(early.iter().all(|id| *id < late));
        assert_eq!(early.iter().collect::<std::collections::HashSet<_>>().len(), early.len());
    }
}
