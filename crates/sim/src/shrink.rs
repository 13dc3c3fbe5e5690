//! A scenario that fails, made smaller as long as it fails in the same way: fewer callers, faults, changes and moves,
//! fewer agents and queues, plain conversations, an earlier end.

use crate::engine::Engine;
use crate::run::{Failure, run};
use crate::scenario::{Kept, Scenario};

/// The most runs of one shrinking.
const MAX_RUNS: usize = 1_500;

/// One of the lists of a scenario.
type List = fn(&mut Scenario) -> &mut Kept;

const LISTS: [List; 4] =
    [|of| &mut of.callers, |of| &mut of.faults, |of| &mut of.changes, |of| &mut of.moves];

struct Shrinking<F> {
    fails: F,
    smallest: Scenario,
    failure: Failure,
    runs: usize,
}

/// The smallest scenario found, and how it fails.
pub fn shrink<E: Engine>(scenario: &Scenario, failure: &Failure) -> (Scenario, Failure) {
    shrink_by(scenario, failure, |scenario| run::<E>(scenario, |_| {}).err())
}

fn shrink_by(
    scenario: &Scenario,
    failure: &Failure,
    fails: impl FnMut(&Scenario) -> Option<Failure>,
) -> (Scenario, Failure) {
    let mut shrinking = Shrinking { fails, smallest: scenario.clone(), failure: failure.clone(), runs: 0 };
    loop {
        let before = shrinking.smallest.clone();
        for list in LISTS {
            shrinking.shorten(list);
        }
        shrinking.lessen(|of| &mut of.agents);
        shrinking.lessen(|of| &mut of.queues);
        shrinking.takes(Scenario { quirks: false, ..shrinking.smallest.clone() });
        if before == shrinking.smallest || shrinking.runs >= MAX_RUNS {
            break;
        }
    }
    shrinking.takes(Scenario { steps: shrinking.failure.step, ..shrinking.smallest.clone() });
    (shrinking.smallest, shrinking.failure)
}

impl<F: FnMut(&Scenario) -> Option<Failure>> Shrinking<F> {
    /// Takes the scenario if it fails as the first one did.
    fn takes(&mut self, scenario: Scenario) -> bool {
        if scenario == self.smallest || self.runs >= MAX_RUNS {
            return false;
        }
        self.runs += 1;
        let same = |failure: &Failure| failure.violation.invariant == self.failure.violation.invariant;
        let Some(failure) = (self.fails)(&scenario).filter(same) else { return false };
        (self.smallest, self.failure) = (scenario, failure);
        true
    }

    /// Leaves out parts of a list: halves first, single ones last (Zeller and Hildebrandt, "Simplifying and isolating
    /// failure-inducing input", IEEE TSE 28, 2002).
    fn shorten(&mut self, list: List) {
        let mut size = list(&mut self.smallest).0.len();
        while size > 0 {
            let mut at = 0;
            while at < list(&mut self.smallest).0.len() {
                let mut less = self.smallest.clone();
                let kept = &mut list(&mut less).0;
                let end = (at + size).min(kept.len());
                kept.drain(at..end);
                if !self.takes(less) {
                    at += size;
                }
            }
            size /= 2;
        }
    }

    /// Halves a number, then takes one away at a time.
    fn lessen(&mut self, number: fn(&mut Scenario) -> &mut u32) {
        loop {
            let is = *number(&mut self.smallest);
            let smaller = [is / 2, is.saturating_sub(1)].into_iter().filter(|less| *less >= 1);
            let found = smaller.into_iter().any(|less| {
                let mut scenario = self.smallest.clone();
                *number(&mut scenario) = less;
                self.takes(scenario)
            });
            if !found {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invariants::{Invariant, Violation};

    #[test]
    fn what_does_not_matter_is_left_out() {
        let fails = |scenario: &Scenario| {
            let fails = scenario.callers.has(3) && scenario.callers.has(7) && scenario.agents >= 2;
            let violation = Violation { invariant: Invariant::Order, what: String::new() };
            fails.then_some(Failure { step: 40, violation })
        };
        let scenario =
            Scenario { agents: 9, callers: Kept::first(60), faults: Kept::first(9), ..Scenario::of(1) };
        let failure = fails(&scenario).expect("it fails");
        let (small, _) = shrink_by(&scenario, &failure, fails);
        let expected = Scenario {
            queues: 1,
            agents: 2,
            callers: Kept(vec![3, 7]),
            moves: Kept::default(),
            changes: Kept::default(),
            faults: Kept::default(),
            quirks: false,
            steps: 40,
            seed: 1,
        };
        assert_eq!(small, expected);
    }
}
