//! The same report once more, from journal entries alone and by another way: each figure looks back and forth in the
//! interaction's own entries in place of a running state. It shares with `day.rs` only the definitions of `mod.rs`.

use std::collections::BTreeMap;

use perezvon_model::journal::{Entry, Event, QueueOutcome};
use perezvon_model::{Activity, InteractionId, Presence, QueueId, UserId, UtcMs};

use super::{DayReport, Occupation, ReportScope, Sums, occupation};

/// `entries` are in journal order and reach back to the start of every interaction, and to the last state of every
/// agent, that the day has to do with.
pub fn recompute(entries: &[Entry], scope: &ReportScope) -> DayReport {
    let mut slots = vec![Sums::default(); scope.day.intervals()];
    let mut interactions: BTreeMap<InteractionId, Vec<&Entry>> = BTreeMap::new();
    let mut states: BTreeMap<UserId, Vec<State>> = BTreeMap::new();
    for entry in entries {
        if let Some(interaction) = entry.interaction {
            interactions.entry(interaction).or_default().push(entry);
        }
        if let Event::AgentState { agent, presence, activity, device: _ } = &entry.event {
            states.entry(*agent).or_default().push((entry.at, presence, *activity));
        }
    }
    for own in interactions.values() {
        for (index, entry) in own.iter().enumerate() {
            let Event::Queued { queue, .. } = &entry.event else { continue };
            let wanted = scope.queue.is_none_or(|wanted| wanted == *queue);
            let slot = scope.day.interval_of(entry.at).and_then(|slot| slots.get_mut(slot));
            if let Some(sums) = slot.filter(|_| wanted) {
                *sums += visit(own, index, *queue, scope);
            }
        }
    }
    for (agent, states) in &states {
        if scope.agents.as_ref().is_none_or(|agents| agents.contains(agent)) {
            occupy(&mut slots, states, scope);
        }
    }
    DayReport::new(&scope.day, service_level_s(scope), &slots)
}

type State<'a> = (UtcMs, &'a Presence, Activity);

/// The sums of one stay in a queue, that of the `Queued` at `index`.
fn visit(own: &[&Entry], index: usize, queue: QueueId, scope: &ReportScope) -> Sums {
    let mut sums = Sums { offered: 1, ..Sums::default() };
    let thresholds = scope.thresholds_of(queue);
    let same_queue =
        |entry: &&&Entry| matches!(entry.event, Event::LeftQueue { queue: left, .. } if left == queue);
    let left = own[index + 1..].iter().find(same_queue).map(|entry| &entry.event);
    if let Some(Event::LeftQueue { outcome, wait_ms, .. }) = left {
        let queue_ms = own[index].at.since_ms(clock_start(own, index)) + wait_ms;
        match outcome {
            QueueOutcome::Answered => {
                sums.answered = 1;
                sums.answer_wait_ms = queue_ms;
                sums.answered_in_threshold = i64::from(queue_ms <= thresholds.service_level_ms);
                let answered_at = own[index].at + *wait_ms;
                if let Some((at, low_s, high_s)) = first_promise(&own[index..], queue, answered_at) {
                    let waited_ms = answered_at.since_ms(at);
                    let sooner = waited_ms < i64::from(low_s) * 1_000;
                    let later = high_s.is_some_and(|high_s| waited_ms > i64::from(high_s) * 1_000);
                    sums.promised = 1;
                    sums.promise_sooner = i64::from(sooner);
                    sums.promise_kept = i64::from(!sooner && !later);
                }
            }
            QueueOutcome::Abandoned => {
                sums.abandoned = 1;
                sums.abandoned_short = i64::from(queue_ms < thresholds.short_abandon_ms);
            }
            QueueOutcome::Overflowed | QueueOutcome::Interrupted => {}
        }
    }
    for (at, entry) in own.iter().enumerate().skip(index) {
        if let Event::AgentDisconnected { agent, talk_ms, hold_ms, .. } = &entry.event
            && visit_of(own, at, *agent) == Some(index)
        {
            sums.handled = 1;
            sums.talk_ms += talk_ms;
            sums.hold_ms += hold_ms;
        }
        if let Event::WrapUpEnded { agent, wrap_up_ms, .. } = &entry.event
            && visit_of(own, at, *agent) == Some(index)
        {
            sums.wrap_up_ms += wrap_up_ms;
        }
    }
    sums
}

/// What the caller was told first of the wait in this stay.
fn first_promise(stay: &[&Entry], of: QueueId, until: UtcMs) -> Option<(UtcMs, u32, Option<u32>)> {
    stay.iter().take_while(|entry| entry.at <= until).find_map(|entry| {
        let Event::WaitAnnounced { queue, low_s, high_s } = entry.event else { return None };
        (queue == of).then_some((entry.at, low_s, high_s))
    })
}

/// A re-queue keeps the clock: the first `Queued` since an agent last talked with the caller.
fn clock_start(own: &[&Entry], index: usize) -> UtcMs {
    let after_talk = own[..index]
        .iter()
        .rposition(|entry| matches!(entry.event, Event::AgentConnected { .. }))
        .map_or(0, |talk| talk + 1);
    let first = own[after_talk..=index].iter().find(|entry| matches!(entry.event, Event::Queued { .. }));
    first.map_or(own[index].at, |entry| entry.at)
}

/// The stay in a queue that an agent's work at `position` belongs to: the last one, before the agent's last
/// connection, in the queue that this connection names.
fn visit_of(own: &[&Entry], position: usize, agent: UserId) -> Option<usize> {
    let (connected, queue) =
        own[..position].iter().enumerate().rev().find_map(|(index, entry)| match &entry.event {
            Event::AgentConnected { agent: who, queue, .. } if *who == agent => Some((index, *queue)),
            _ => None,
        })?;
    own[..connected]
        .iter()
        .rposition(|entry| matches!(entry.event, Event::Queued { queue: stay, .. } if Some(stay) == queue))
}

/// Adds one agent's states, each cut by each interval that it meets.
fn occupy(slots: &mut [Sums], states: &[State<'_>], scope: &ReportScope) {
    for (index, (start, presence, activity)) in states.iter().enumerate() {
        let end = states.get(index + 1).map_or(scope.now, |(next, _, _)| *next);
        for (slot, sums) in slots.iter_mut().enumerate() {
            let (from, to) = (scope.day.start_of(slot), scope.day.start_of(slot + 1).min(scope.day.end));
            let part_ms = end.min(to).since_ms((*start).max(from));
            match occupation(presence, *activity) {
                Occupation::Occupied => sums.occupied_ms += part_ms,
                Occupation::Idle => sums.idle_ms += part_ms,
                Occupation::Away => {}
            }
        }
    }
}

fn service_level_s(scope: &ReportScope) -> Option<u32> {
    let mut all: Vec<i64> = match scope.queue {
        Some(queue) => vec![scope.thresholds_of(queue).service_level_ms],
        None => scope.thresholds.values().map(|thresholds| thresholds.service_level_ms).collect(),
    };
    all.dedup();
    if let [one] = all[..] { u32::try_from(one / 1_000).ok() } else { None }
}
