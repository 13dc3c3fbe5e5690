//! Invariant 16. What a caller is told is true: the position is that of the books, and the wait is the estimate that
//! follows from the pace, the agents and the handle times of the books, in the steps that can be said.

use perezvon_engine::MAX_SPOKEN_POSITION;
use perezvon_model::announce::{Only, Say};
use perezvon_model::journal::{Entry, Event};
use perezvon_model::overflow::OverflowCause;
use std::ops::RangeInclusive;

use super::{Check, holds};
use crate::ledger::Ledger;

/// Minutes that can be said.
const STEPS_MIN: [i64; 10] = [1, 2, 3, 5, 10, 15, 20, 30, 45, 60];

pub(super) fn entry(ledger: &Ledger, entry: &Entry) -> Check {
    let Some(interaction) = entry.interaction else { return Ok(()) };
    // A new configuration, or several time limits at one moment, may have been looked at in another order.
    if ledger.is_unsettled() {
        return Ok(());
    }
    if let Event::PositionAnnounced { queue, position } = &entry.event {
        let is = ledger.position(*queue, interaction).map(|is| is.min(MAX_SPOKEN_POSITION + 1));
        holds!(is == Some(*position), Said, "{interaction} is told to be at {position}, and is at {is:?}");
    }
    if let Event::WaitAnnounced { queue, low_s, high_s } = &entry.event {
        let estimates = ledger.estimates(*queue, interaction);
        let told = (i64::from(*low_s) / 60, high_s.map(|high_s| i64::from(high_s) / 60));
        let true_ = estimates.as_ref().is_some_and(|[least, most]| {
            let (a, b) = (steps(least), steps(most));
            let high = |of: (i64, Option<i64>)| of.1.unwrap_or(i64::MAX);
            (a.0..=b.0).contains(&told.0) && (high(a)..=high(b)).contains(&high(told))
        });
        holds!(true_, Said, "{interaction} is told to wait {told:?} minutes, by the books {estimates:?} ms");
        let rules = ledger.queue(*queue).into_iter().flat_map(|queue| &queue.routing.announcements);
        let mut rules = rules.filter(|rule| rule.say == Say::Wait);
        let position = ledger.position(*queue, interaction);
        let wanted = rules.any(|rule| match rule.only {
            Only::Always => true,
            Only::EstimateOver { s } => {
                estimates.as_ref().is_some_and(|[_, most]| middle(most) > i64::from(s) * 1_000)
            }
            Only::Behind { others } => position.is_some_and(|position| position > others),
        });
        holds!(wanted, Said, "{interaction} is told to wait at {position:?} by no rule: {estimates:?}");
    }
    if let Event::Overflowed { queue, cause: OverflowCause::Estimate { wait_ms }, .. } = &entry.event {
        let estimates = ledger.estimates(*queue, interaction);
        let true_ =
            estimates.as_ref().is_some_and(|[least, most]| (middle(least)..=middle(most)).contains(wait_ms));
        holds!(true_, Said, "{interaction} is to wait {wait_ms} ms, by the books {estimates:?}");
    }
    Ok(())
}

fn middle(wait: &RangeInclusive<i64>) -> i64 {
    i64::midpoint(*wait.start(), *wait.end())
}

/// The step at or below the range, 0 for none, and the one at or above it, none for more.
fn steps(wait: &RangeInclusive<i64>) -> (i64, Option<i64>) {
    let low = STEPS_MIN.iter().rev().find(|step| **step * 60_000 <= *wait.start()).copied().unwrap_or(0);
    let high = STEPS_MIN.iter().find(|step| **step > low && **step * 60_000 >= *wait.end());
    (low, high.copied())
}
