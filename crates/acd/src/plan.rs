//! What the distributor is told of queues and agents.

use perezvon_model::channel::{Channel, Channels};
use perezvon_model::config::SkillLevel;
use perezvon_model::routing::{Step, Strategy};
use perezvon_model::{QueueId, UserId, UtcMs};

/// A queue as the distributor needs it.
#[derive(Clone, Copy, Debug)]
pub struct Setup<'a> {
    pub queue: QueueId,
    pub channel: Channel,
    pub strategy: Strategy,
    pub needs: &'a [SkillLevel],
    /// In order of time; past [`MAX_STEPS`] they are not looked at.
    pub steps: &'a [Step],
    /// Points of priority gained per minute of waiting.
    pub ageing_per_min: u32,
}

/// An agent as the distributor needs it.
#[derive(Clone, Copy, Debug)]
pub struct Worker<'a> {
    pub agent: UserId,
    pub queues: &'a [QueueId],
    pub skills: &'a [SkillLevel],
    /// The part of the work that [`Strategy::Weighted`] gives, against the others' weights. 1 to 100.
    pub weight: u32,
}

/// What an agent is and does, as far as offers depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// At work or on a break: a step that only such agents could serve is not skipped.
    pub signed_in: bool,
    /// Chose ready and can be reached, at work or not.
    pub ready: bool,
    /// Channels of which one more interaction can be offered now.
    pub open: Channels,
    pub idle_since: UtcMs,
    /// Interactions handled today.
    pub handled: u32,
    /// Busy part of the day when the last work ended, in millionths.
    pub occupancy: u32,
}

/// An interaction that is to wait.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub queue: QueueId,
    /// Needed beside what the queue needs.
    pub needs: &'a [SkillLevel],
    /// Points of priority beside those that waiting gives, up to [`MAX_POINTS`] either way.
    pub points: i16,
    /// For this agent alone until then, while the agent is signed in.
    pub preferred: Option<(UserId, UtcMs)>,
}

/// The most points of priority, and the least below zero.
pub const MAX_POINTS: i16 = 1_000;
/// The most steps of a queue.
pub const MAX_STEPS: usize = 8;
/// The most different needs at once, over all queues; past it an interaction waits with the needs of its queue alone.
pub const MAX_CHAINS: usize = 4_096;
/// The most agents that ring at once for one interaction.
pub const MAX_AT_ONCE: usize = 16;
/// The most runners-up that a receipt names.
pub const MAX_BEHIND: usize = 3;

/// Needs after one more step.
pub(crate) fn widened(mut needs: Vec<SkillLevel>, step: &Step) -> Vec<SkillLevel> {
    use perezvon_model::routing::Widen;
    match step.widen {
        Widen::LowerLevel { skill, level } => {
            for need in needs.iter_mut().filter(|need| need.skill == skill) {
                need.level = need.level.min(level);
            }
        }
        Widen::DropSkill { skill } => needs.retain(|need| need.skill != skill),
        Widen::AddQueue { .. } => {}
    }
    needs
}

/// What an interaction needs in all: of each skill the higher level, in order of skills.
pub(crate) fn united(queue: &[SkillLevel], own: &[SkillLevel]) -> Vec<SkillLevel> {
    let mut needs: Vec<SkillLevel> = queue.iter().chain(own).copied().collect();
    needs.sort_by_key(|need| (need.skill, std::cmp::Reverse(need.level)));
    needs.dedup_by_key(|need| need.skill);
    needs
}
