//! What the simulator looks at and nothing else calls: an interaction as it waits, and each decision held against the
//! search through everything (`scan.rs`).

use perezvon_model::routing::{Regime, Strategy};
use perezvon_model::{InteractionId, QueueId, UtcMs};

use crate::distributor::Acd;
use crate::pick::Decision;
use crate::rank::Place;

/// An interaction in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InLine {
    pub place: Place,
    /// The step of relaxing whose time has come; 0 is none.
    pub step: usize,
    /// The step in force: the first from `step` on that somebody signed in could serve, or the last.
    pub in_force: usize,
}

impl Acd {
    /// An interaction that waits, being offered or not.
    pub fn in_line(&self, interaction: InteractionId) -> Option<InLine> {
        let item = self.waiting.item(self.waiting.slot(interaction)?);
        let class = &self.fit.classes[item.class()];
        Some(InLine { place: item.place(), step: class.step, in_force: class.in_force })
    }

    /// Whether a queue lends its agents to others whose steps name it.
    pub fn lends(&self, queue: QueueId) -> bool {
        self.fit.lends(queue)
    }

    /// How a decision differs from what the search through everything finds. `self` is as it was before the decision and
    /// after [`Acd::look`]. Costs all that waits times all who work.
    pub fn disagrees(&self, decision: &Decision, now: UtcMs) -> Option<String> {
        let found = match decision {
            Decision::Nothing(nothing) => {
                let missed = self.scan_for_agent(nothing.agent, now)?;
                return Some(format!("{} was told that there is nothing, and {missed} is", nothing.agent));
            }
            Decision::Match(found) => found,
        };
        let could = self.scan_for_interaction(found.interaction, now);
        let right = match (found.receipt.regime, found.receipt.strategy) {
            (Regime::Preferred, _) => true,
            (Regime::AgentsToSpare | Regime::InteractionsWaiting, Strategy::Random) => {
                found.agents.iter().all(|agent| could.contains(agent))
            }
            (
                Regime::AgentsToSpare | Regime::InteractionsWaiting,
                Strategy::AllAtOnce
                | Strategy::LongestIdle
                | Strategy::LeastOccupied
                | Strategy::RoundRobin
                | Strategy::FewestInteractions
                | Strategy::MostSkilled
                | Strategy::LeastSkilled
                | Strategy::Weighted,
            ) => found.agents == could,
        };
        if !right {
            return Some(format!("{} goes to {:?} and should to {could:?}", found.interaction, found.agents));
        }
        found.agents.iter().find_map(|agent| {
            let first = self.scan_for_agent(*agent, now);
            (first != Some(found.interaction))
                .then(|| format!("{agent} is given {} and {first:?} is first", found.interaction))
        })
    }
}
