//! Who may serve whom and who is before whom, by the definitions of `docs/routing.md`, looked up anew each time.

use perezvon_acd::{PARTS_PER_POINT, REFUSAL_ALONE_MS, REFUSAL_MS, qualifies};
use perezvon_engine::Audit;
use perezvon_model::config::{self, SkillLevel};
use perezvon_model::routing::{Step, Widen};
use perezvon_model::{InteractionId, UserId, UtcMs};
use std::cmp::Reverse;

use super::{Item, Ledger, PromiseStage, Stay};

/// The order in which interactions are due at one moment: higher effective priority, then the earlier place.
pub type Turn = (Reverse<i64>, u64);

/// What is needed after some steps.
fn needs(queue: &config::Queue, step: usize) -> Vec<SkillLevel> {
    let mut needs = queue.required_skills.clone();
    for Step { widen, .. } in queue.routing.steps.iter().take(step) {
        match widen {
            Widen::LowerLevel { skill, level } => {
                for need in needs.iter_mut().filter(|need| need.skill == *skill) {
                    need.level = need.level.min(*level);
                }
            }
            Widen::DropSkill { skill } => needs.retain(|need| need.skill != *skill),
            Widen::AddQueue { .. } => {}
        }
    }
    needs
}

impl Ledger {
    /// Whether an agent works for a queue, or for one that helps it by then, and has the skills needed by then.
    pub fn meets(&self, queue: &config::Queue, step: usize, agent: &config::Agent, audit: Audit<'_>) -> bool {
        let lent = |step: &Step| match step.widen {
            Widen::AddQueue { queue } => {
                self.queue(queue).is_some() && audit.lends(queue) && agent.queues.contains(&queue)
            }
            Widen::LowerLevel { .. } | Widen::DropSkill { .. } => false,
        };
        let works = agent.queues.contains(&queue.id) || queue.routing.steps.iter().take(step).any(lent);
        works && qualifies(&agent.skills, &needs(queue, step))
    }

    /// The first step from the stay's own on that somebody signed in could serve, or the last.
    pub fn in_force(&self, stay: &Stay, audit: Audit<'_>) -> usize {
        let (Some(queue), Some(config)) = (self.queue(stay.queue), &self.config) else { return stay.step };
        let last = queue.routing.steps.len();
        (stay.step..last)
            .find(|step| {
                let mut agents = config.agents.iter().filter(|agent| self.is_signed_in(agent.id));
                agents.any(|agent| self.meets(queue, *step, agent, audit))
            })
            .unwrap_or(last)
    }

    /// Whether an agent could serve a stay at the step in force.
    pub fn could_serve(&self, stay: &Stay, agent: UserId, audit: Audit<'_>) -> bool {
        let (Some(queue), Some(agent)) = (self.queue(stay.queue), self.agent(agent)) else { return false };
        self.meets(queue, self.in_force(stay, audit), agent, audit)
    }

    /// Whether the agent let it go by a short while ago and others are to be asked first.
    pub fn declined(&self, item: &Item, stay: &Stay, agent: UserId, audit: Audit<'_>) -> bool {
        let Some(at) = item.refusals.get(&agent) else { return false };
        let (Some(queue), Some(config)) = (self.queue(stay.queue), &self.config) else { return false };
        let step = self.in_force(stay, audit);
        let others = || {
            config.agents.iter().any(|other| {
                other.id != agent && self.is_ready(other.id) && self.meets(queue, step, other, audit)
            })
        };
        self.now < *at + REFUSAL_ALONE_MS || (self.now < *at + REFUSAL_MS && others())
    }

    /// Effective priority in parts of a point.
    pub fn parts(&self, item: &Item, stay: &Stay, now: UtcMs) -> i64 {
        let ageing = self.queue(stay.queue).map_or(0, |queue| queue.routing.ageing_per_min);
        let waited_ms = item.place.map_or(0, |place| now.0 - place.clock.0);
        i64::from(stay.points) * PARTS_PER_POINT + i64::from(ageing) * waited_ms
    }

    pub fn turn(&self, item: &Item, stay: &Stay) -> Turn {
        let order = item.place.map_or(u64::MAX, |place| place.order);
        (Reverse(self.parts(item, stay, self.now)), order)
    }

    /// Those who wait, ring nowhere and are not being called back.
    pub fn due(&self) -> impl Iterator<Item = (InteractionId, &Item, &Stay)> {
        self.in_queue.iter().filter_map(|id| {
            let item = self.items.get(id)?;
            let stay = item.stay.as_ref()?;
            let stage = item.promise.as_ref().map(|promise| promise.stage);
            let dialled = matches!(stage, Some(PromiseStage::Dialled { .. }));
            (item.offers.is_empty() && item.routed.is_empty() && !dialled).then_some((*id, item, stay))
        })
    }

    /// A new configuration may have fewer steps.
    pub(super) fn fit_steps(&mut self) {
        for id in &self.in_queue {
            let Some(stay) = self.items.get_mut(id).and_then(|item| item.stay.as_mut()) else { continue };
            let at = self.queue_at.get(&stay.queue);
            let queue = at.zip(self.config.as_ref()).map(|(&at, config)| &config.queues[at]);
            stay.step = stay.step.min(queue.map_or(0, |queue| queue.routing.steps.len()));
        }
    }

    /// Steps whose time has come.
    pub fn advance_steps(&mut self) {
        for id in &self.in_queue {
            let Some(stay) = self.items.get_mut(id).and_then(|item| item.stay.as_mut()) else { continue };
            let at = self.queue_at.get(&stay.queue);
            let queue = at.zip(self.config.as_ref()).map(|(&at, config)| &config.queues[at]);
            let steps = queue.map_or(&[][..], |queue| &queue.routing.steps);
            while let Some(next) = steps.get(stay.step)
                && stay.since + i64::from(next.after_s) * 1_000 <= self.now
            {
                stay.step += 1;
                stay.stepped_at = Some(self.now);
            }
        }
    }
}
