//! What the reports rely on, for any seed and any moment.

use std::collections::{BTreeMap, BTreeSet};

use perezvon_model::journal::{Entry, Event, OfferOutcome, Outcome, QueueOutcome};
use perezvon_model::{Activity, InteractionId, Presence, UserId, UtcMs};
use proptest::prelude::*;

use super::{DAYS, generate};
use crate::company::Company;
use crate::company::plan::Line;

/// 21 November 2026, 14:30 in Moscow.
const AFTERNOON: UtcMs = UtcMs(1_795_260_600_000);

fn history(seed: u64, now: UtcMs) -> Vec<Entry> {
    generate(seed, now, &Company::plan()).flatten().collect()
}

fn by_interaction(entries: &[Entry]) -> BTreeMap<InteractionId, Vec<&Entry>> {
    let mut calls: BTreeMap<_, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(interaction) = entry.interaction {
            calls.entry(interaction).or_default().push(entry);
        }
    }
    calls
}

/// How the history of one call may go on; panics where it may not.
fn walk(entries: &[&Entry]) {
    let mut queued_at = None;
    let mut offered: Option<(UserId, UtcMs)> = None;
    let mut connected: Option<(UserId, UtcMs)> = None;
    let mut wrapping: BTreeSet<UserId> = BTreeSet::new();
    let mut ended = false;
    assert!(matches!(entries[0].event, Event::InteractionStarted { .. }));
    for entry in entries {
        let late = matches!(
            entry.event,
            Event::WrapUpStarted { .. } | Event::Noted { .. } | Event::WrapUpEnded { .. }
        );
        assert!(!ended || late, "nothing but wrap-up follows the end: {entry:?}");
        match &entry.event {
            Event::Queued { .. } => assert!(queued_at.replace(entry.at).is_none(), "queued twice"),
            Event::Offered { agent, .. } => {
                assert!(queued_at.is_some() && connected.is_none());
                assert!(offered.replace((*agent, entry.at)).is_none(), "offered to two at once");
            }
            Event::OfferEnded { agent, rang_ms, .. } => {
                assert_eq!(offered.take(), Some((*agent, entry.at + -rang_ms)));
            }
            Event::LeftQueue { wait_ms, .. } => assert_eq!(queued_at.take(), Some(entry.at + -wait_ms)),
            Event::AgentConnected { agent, .. } => {
                assert!(connected.replace((*agent, entry.at)).is_none());
            }
            Event::AgentDisconnected { agent, talk_ms, hold_ms, .. } => {
                assert_eq!(connected.take(), Some((*agent, entry.at + -(talk_ms + hold_ms))));
                assert!(*talk_ms > 0 && *hold_ms >= 0);
            }
            Event::WrapUpStarted { agent, .. } => assert!(wrapping.insert(*agent)),
            Event::Noted { agent, .. } => assert!(wrapping.contains(agent)),
            Event::WrapUpEnded { agent, .. } => assert!(wrapping.remove(agent)),
            Event::InteractionEnded { .. } => ended = true,
            Event::InteractionStarted { .. }
            | Event::CustomerMatched { .. }
            | Event::FlowAnswered
            | Event::FlowNode { .. }
            | Event::Collected { .. }
            | Event::PositionAnnounced { .. }
            | Event::WaitAnnounced { .. }
            | Event::Overflowed { .. }
            | Event::CallbackPromised { .. }
            | Event::CallbackDialled { .. }
            | Event::CallbackFailed { .. }
            | Event::MessageStarted
            | Event::PlaceRestored { .. }
            | Event::Routed { .. }
            | Event::NothingFor { .. }
            | Event::WrapUpExtended { .. }
            | Event::HoldStarted { .. }
            | Event::HoldEnded { .. }
            | Event::TransferredToQueue { .. } => {}
            other @ (Event::Subject { .. }
            | Event::Rested { .. }
            | Event::WentOn { .. }
            | Event::AgentLost { .. }
            | Event::AgentBack { .. }
            | Event::TransferredToAgent { .. }
            | Event::PartyConnected { .. }
            | Event::RecordingStarted { .. }
            | Event::RecordingSealed { .. }
            | Event::RecordingFailed { .. }
            | Event::AgentState { .. }) => panic!("the generator writes no {other:?} for a call"),
        }
    }
    assert!(ended && queued_at.is_none() && offered.is_none() && connected.is_none() && wrapping.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_history_is_in_order_and_every_interaction_in_it_is_closed(
        seed in any::<u64>(), later_ms in 0..2 * super::shape::DAY_MS,
    ) {
        let now = AFTERNOON + later_ms;
        let entries = history(seed, now);
        prop_assert!(entries.windows(2).all(|pair| pair[0].at <= pair[1].at));
        prop_assert!(entries.iter().all(|entry| entry.at < now));
        let ids: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
        prop_assert_eq!(ids.len(), entries.len());
        for call in by_interaction(&entries).values() {
            walk(call);
        }
    }

    #[test]
    fn no_agent_is_in_two_states_or_in_two_calls(seed in any::<u64>()) {
        let entries = history(seed, AFTERNOON);
        let mut states: BTreeMap<UserId, (Presence, Activity)> = BTreeMap::new();
        let mut busy: BTreeMap<UserId, InteractionId> = BTreeMap::new();
        for entry in &entries {
            match &entry.event {
                Event::AgentState { agent, presence, activity, .. } => {
                    let before = states.insert(*agent, (presence.clone(), *activity));
                    prop_assert!(before != Some((presence.clone(), *activity)), "a state that was there already");
                    let in_call = busy.contains_key(agent);
                    let shown = matches!(activity, Activity::Ringing | Activity::Talking | Activity::Hold);
                    prop_assert_eq!(in_call, shown, "{:?}", entry);
                }
                Event::Offered { agent, .. } => {
                    let state = &states[agent];
                    prop_assert_eq!(state, &(Presence::Ready, Activity::Idle), "offered to one who is not free");
                    prop_assert!(busy.insert(*agent, entry.interaction.unwrap()).is_none());
                }
                Event::OfferEnded { agent, outcome, .. } if *outcome != OfferOutcome::Accepted => {
                    busy.remove(agent);
                }
                Event::AgentDisconnected { agent, .. } => {
                    prop_assert_eq!(busy.remove(agent), entry.interaction);
                }
                _other => {}
            }
        }
        prop_assert!(states.values().all(|state| *state == (Presence::Offline, Activity::Idle)));
        prop_assert!(busy.is_empty());
    }
}

#[test]
fn the_sums_are_those_of_a_floor_that_people_know() {
    let entries = history(1, AFTERNOON);
    let calls = by_interaction(&entries);
    let per_day = calls.len() as i64 / DAYS;
    assert!((120..=200).contains(&per_day), "{per_day} calls a day");

    let count =
        |like: &dyn Fn(&Event) -> bool| entries.iter().filter(|entry| like(&entry.event)).count() as f64;
    let queued = count(&|event| matches!(event, Event::Queued { .. }));
    let left = |outcome: QueueOutcome| {
        count(&|event| matches!(event, Event::LeftQueue { outcome: of, .. } if *of == outcome))
    };
    let abandoned = left(QueueOutcome::Abandoned) / queued;
    println!("abandoned {abandoned:.3} of {queued}, {} rows, {per_day} a day", entries.len());
    assert!((0.02..0.15).contains(&abandoned), "abandoned {abandoned}");
    let soon = count(
        &|event| matches!(event, Event::LeftQueue { outcome: QueueOutcome::Answered, wait_ms, .. } if *wait_ms <= 20_000),
    );
    println!("soon {:.3}", soon / queued);
    assert!((0.70..0.95).contains(&(soon / queued)), "service level {}", soon / queued);
    let talks: Vec<i64> = entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::AgentDisconnected { talk_ms, .. } => Some(*talk_ms),
            _other => None,
        })
        .collect();
    let mean_s = talks.iter().sum::<i64>() / talks.len() as i64 / 1_000;
    assert!((150..330).contains(&mean_s), "mean talk {mean_s} s");
    assert!(count(&|event| matches!(event, Event::TransferredToQueue { .. })) > 50.0);
    assert!(count(&|event| matches!(event, Event::HoldStarted { .. })) > 200.0);
    let in_flow =
        count(&|event| matches!(event, Event::InteractionEnded { outcome: Outcome::EndedInFlow, .. }));
    assert!(in_flow > 50.0);

    let company = Company::plan();
    for line in Line::ALL {
        let id = company.queue(line).id;
        let offered = count(&|event| matches!(event, Event::Queued { queue, .. } if *queue == id));
        assert!(offered > 200.0, "{}: {offered}", line.key());
    }
    let workers: BTreeSet<UserId> = entries.iter().filter_map(|entry| entry.agent).collect();
    assert_eq!(workers.len(), company.agents.len(), "everybody worked");
}

#[test]
fn a_history_repeats_with_its_seed_and_differs_with_another() {
    assert!(history(4, AFTERNOON) == history(4, AFTERNOON));
    assert!(history(4, AFTERNOON) != history(5, AFTERNOON));
}

#[test]
fn a_day_that_is_over_stays_as_it_was() {
    let company = Company::plan();
    let last_day = |hours: i64| generate(3, AFTERNOON + hours * super::shape::HOUR_MS, &company).last();
    let (evening, before_dawn) = (last_day(8), last_day(15));
    assert!(evening.is_some() && evening == before_dawn, "the night adds nothing and takes nothing");
}
