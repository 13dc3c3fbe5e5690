//! What agents are in, from one change to the next: a pure fold like `fold.rs`.

use std::collections::BTreeMap;

use perezvon_model::journal::{Entry, Event};
use perezvon_model::{Activity, Device, EntryId, Presence, UserId, UtcMs};

/// One unbroken stay of an agent in presence, activity and device.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interval {
    pub id: EntryId,
    pub agent: UserId,
    pub started_at: UtcMs,
    pub ended_at: Option<UtcMs>,
    pub presence: Presence,
    pub activity: Activity,
    pub device: Device,
}

/// The columns of a presence: its word and the reason of a break.
pub(crate) fn presence_columns(presence: &Presence) -> (&'static str, &str) {
    match presence {
        Presence::Ready => ("ready", ""),
        Presence::Break { reason } => ("break", reason),
        Presence::Offline => ("offline", ""),
    }
}

pub(crate) fn presence_of(word: &str, reason: String) -> Option<Presence> {
    match word {
        "ready" => Some(Presence::Ready),
        "break" => Some(Presence::Break { reason }),
        "offline" => Some(Presence::Offline),
        _ => None,
    }
}

/// Applies an entry to the open intervals; answers the one that it closed, if any, and whether a new one opened.
pub(crate) fn apply(open: &mut BTreeMap<UserId, Interval>, entry: &Entry) -> Change {
    let Event::AgentState { agent, presence, activity, device } = &entry.event else {
        return Change::None;
    };
    let before = open.get(agent);
    if before.is_some_and(|b| b.presence == *presence && b.activity == *activity && b.device == *device) {
        return Change::None;
    }
    let next = Interval {
        id: entry.id,
        agent: *agent,
        started_at: before.map_or(entry.at, |before| entry.at.max(before.started_at)),
        ended_at: None,
        presence: presence.clone(),
        activity: *activity,
        device: *device,
    };
    let began = next.started_at;
    match open.insert(*agent, next) {
        None => Change::Opened(*agent),
        Some(mut closed) => {
            closed.ended_at = Some(began);
            Change::Followed(closed)
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    None,
    /// The agent's first interval.
    Opened(UserId),
    /// This one ended and the next one of the same agent began.
    Followed(Interval),
}
