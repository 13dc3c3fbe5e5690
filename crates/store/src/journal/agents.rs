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

#[cfg(test)]
mod tests {
    use perezvon_model::id::IdMaker;

    use super::*;

    fn state(ids: &mut IdMaker, at: i64, agent: UserId, presence: Presence, activity: Activity) -> Entry {
        let event = Event::AgentState { agent, presence, activity, device: Device::Phone };
        Entry { id: ids.next(UtcMs(at)), at: UtcMs(at), interaction: None, agent: Some(agent), event }
    }

    #[test]
    fn each_state_ends_the_one_before_it_of_the_same_agent() {
        let (mut ids, mut open) = (IdMaker::new(1), BTreeMap::new());
        let (one, two): (UserId, UserId) = (ids.next(UtcMs(0)), ids.next(UtcMs(0)));
        let entries = [
            state(&mut ids, 10, one, Presence::Ready, Activity::Idle),
            state(&mut ids, 20, two, Presence::Ready, Activity::Idle),
            state(&mut ids, 30, one, Presence::Ready, Activity::Talking),
        ];
        let changes: Vec<Change> = entries.iter().map(|entry| apply(&mut open, entry)).collect();
        assert_eq!(changes[..2], [Change::Opened(one), Change::Opened(two)]);
        let Change::Followed(closed) = &changes[2] else { panic!("{changes:?}") };
        assert_eq!(
            (closed.id, closed.started_at, closed.ended_at),
            (entries[0].id, UtcMs(10), Some(UtcMs(30)))
        );
        assert_eq!((open[&one].started_at, open[&one].activity), (UtcMs(30), Activity::Talking));
        assert_eq!(open[&two].ended_at, None);
    }

    #[test]
    fn the_same_state_again_changes_nothing() {
        let (mut ids, mut open) = (IdMaker::new(1), BTreeMap::new());
        let agent: UserId = ids.next(UtcMs(0));
        let first = state(&mut ids, 10, agent, Presence::Ready, Activity::Idle);
        let again = state(&mut ids, 20, agent, Presence::Ready, Activity::Idle);
        apply(&mut open, &first);
        assert_eq!(apply(&mut open, &again), Change::None);
        assert_eq!(open[&agent].started_at, UtcMs(10));
    }

    #[test]
    fn a_clock_that_steps_back_makes_no_negative_interval() {
        let (mut ids, mut open) = (IdMaker::new(1), BTreeMap::new());
        let agent: UserId = ids.next(UtcMs(0));
        apply(&mut open, &state(&mut ids, 100, agent, Presence::Ready, Activity::Idle));
        let back = state(&mut ids, 90, agent, Presence::Offline, Activity::Idle);
        let Change::Followed(closed) = apply(&mut open, &back) else { panic!("a change") };
        assert_eq!(closed.ended_at, Some(UtcMs(100)));
        assert_eq!(open[&agent].started_at, UtcMs(100));
    }

    #[test]
    fn a_presence_is_read_as_it_was_written() {
        let lunch = Presence::Break { reason: "lunch".to_owned() };
        for presence in [Presence::Ready, lunch, Presence::Offline] {
            let (word, reason) = presence_columns(&presence);
            assert_eq!(presence_of(word, reason.to_owned()), Some(presence.clone()));
        }
        assert_eq!(presence_of("asleep", String::new()), None);
    }
}
