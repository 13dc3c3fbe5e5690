//! Mishaps by seed: lost, late and doubled news, agents cut off, restarts, clock steps. Each waits for its time and then
//! for the next occasion of its kind.

use perezvon_model::UtcMs;

use crate::chance::Chance;
use crate::scenario::Scenario;
use crate::world::{Carried, Deed};

/// A mishap, from this time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: UtcMs,
    pub kind: FaultKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    Lost(Carried),
    Late(Carried, i64),
    Twice(Carried, i64),
    /// The next agent who is offered something is cut off while it rings.
    AgentLostRinging {
        after_ms: i64,
        back_ms: i64,
    },
    /// The next agent who begins to talk loses the media, and has it back or not.
    MediaLost {
        back_ms: Option<i64>,
    },
    /// The leg of the next agent who begins to talk breaks.
    LegBreaks,
    /// The clock is set.
    Clock {
        ms: i64,
    },
    /// The engine is dropped and made again from the recorded inputs.
    Restart,
}

impl Fault {
    /// What is written into the agenda; the others wait for their occasion.
    pub fn deed(&self) -> Option<(UtcMs, Deed)> {
        match self.kind {
            FaultKind::Clock { ms } => Some((self.at, Deed::Clock { ms })),
            FaultKind::Lost(_)
            | FaultKind::Late(..)
            | FaultKind::Twice(..)
            | FaultKind::AgentLostRinging { .. }
            | FaultKind::MediaLost { .. }
            | FaultKind::LegBreaks
            | FaultKind::Restart => None,
        }
    }
}

/// What a shell may lose, or a peer may never send. The end of a leg is not among them: the shells see to it by timers
/// of their own (RFC 3261 section 17, and silence on the media).
const LOSABLE: [Carried; 8] = [
    Carried::PlayDone,
    Carried::Ringing,
    Carried::BrowserAnswered,
    Carried::PhoneAnswered,
    Carried::OutsideAnswered,
    Carried::Reply,
    Carried::Sealed,
    Carried::Command,
];
const ALL: [Carried; 10] = [
    Carried::PlayDone,
    Carried::Ringing,
    Carried::BrowserAnswered,
    Carried::PhoneAnswered,
    Carried::OutsideAnswered,
    Carried::Ended,
    Carried::Reply,
    Carried::Sealed,
    Carried::Command,
    Carried::Wake,
];

pub(super) fn of(scenario: &Scenario, start: UtcMs, length_ms: i64) -> Vec<Fault> {
    let one = |number: &u32| {
        let mut chance = Chance::of(scenario.seed, "faults", u64::from(*number));
        let at = start + chance.between(1, length_ms);
        Fault { at, kind: kind(&mut chance) }
    };
    scenario.faults.0.iter().map(one).collect()
}

fn kind(chance: &mut Chance) -> FaultKind {
    let soon_ms = chance.between(0, 4_000);
    match chance.below(14) {
        0..=2 => FaultKind::Lost(LOSABLE[chance.below(LOSABLE.len())]),
        3..=5 => FaultKind::Late(ALL[chance.below(ALL.len())], chance.one(&[1, 900, 15_000]).unwrap_or(1)),
        6 | 7 => FaultKind::Twice(ALL[chance.below(ALL.len())], soon_ms),
        8 | 9 => FaultKind::AgentLostRinging {
            after_ms: soon_ms,
            back_ms: chance.one(&[500, 20_000, 60_000]).unwrap_or(0),
        },
        10 => FaultKind::MediaLost { back_ms: chance.percent(60).then(|| chance.between(1, 35_000)) },
        11 => FaultKind::LegBreaks,
        12 => FaultKind::Clock { ms: chance.one(&[60_000, 600_000, -1_000, -120_000]).unwrap_or(60_000) },
        _ => FaultKind::Restart,
    }
}
