//! The words of routing: whom a queue prefers, how it widens its search, and the receipt that each decision leaves.

use serde::{Deserialize, Serialize};

use crate::id::{InteractionId, QueueId, SkillId, UserId};

/// Which of the free agents is offered an interaction when there are agents to spare. Equals go by longest idle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// All free agents at once, up to a limit; who accepts first has it.
    AllAtOnce,
    /// Who has waited longest since the last work.
    #[default]
    LongestIdle,
    /// Who was busy the smallest part of the day, measured when the last work ended.
    LeastOccupied,
    /// The next in the order of names after the one offered last by this queue.
    RoundRobin,
    /// Who has handled fewest today.
    FewestInteractions,
    /// Who has the highest levels in the skills that the interaction needs, summed.
    MostSkilled,
    /// Who has the lowest levels in all own skills, summed: those who can do most are kept for what only they can do.
    LeastSkilled,
    /// Any, each as likely as another; drawn from the tenant's seed, so that a replay draws the same.
    Random,
    /// In proportion to the agents' weights.
    Weighted,
}

/// One step of relaxing: from `after_s` in the queue on, more agents may serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Step {
    /// Seconds since the interaction joined the queue. 0 to 86,400; no less than the step before.
    pub after_s: u32,
    pub widen: Widen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Widen {
    /// This level of the skill is enough.
    LowerLevel { skill: SkillId, level: u8 },
    /// The skill is not needed.
    DropSkill { skill: SkillId },
    /// The agents of another queue help, while it can lend them.
    AddQueue { queue: QueueId },
}

/// When a queue lends its agents to queues whose steps name it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lends {
    Always,
    /// While its own service level of the last half hour is at its aim, those who wait too long already included.
    #[default]
    WhileServiceLevelHolds,
    Never,
}

/// Why an interaction was offered to an agent: what was known at that moment, kept with the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Receipt {
    /// Version of the configuration that decided.
    pub version: i64,
    pub regime: Regime,
    pub strategy: Strategy,
    /// The step of relaxing in force; 0 is none.
    pub step: u32,
    /// Place in the queue, 1 for the head.
    pub position: u32,
    /// Effective priority, in thousandths of a point.
    pub priority: i64,
    /// What the strategy measured of the winner.
    pub measure: i64,
    /// Agents who were free too, the next best first; a few of them.
    pub agents: Vec<AgentBehind>,
    /// Interactions that the agent could have had too, the next first; a few of them.
    pub callers: Vec<CallerBehind>,
}

/// Which side was given and which was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// The interaction came and free agents were there: the agent was chosen.
    AgentsToSpare,
    /// The agent got free and interactions waited: the interaction was chosen.
    InteractionsWaiting,
    /// The interaction was held for this agent.
    Preferred,
}

/// A free agent who was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentBehind {
    pub agent: UserId,
    pub why: Behind,
    /// What the strategy measured of this agent.
    pub measure: i64,
}

/// An interaction that waited and was not chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CallerBehind {
    pub interaction: InteractionId,
    pub queue: QueueId,
    pub why: Behind,
    /// Effective priority, in thousandths of a point.
    pub priority: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// The measure, the priority or the place was less good.
    Next,
    /// This agent declined this interaction a short while ago.
    Declined,
}

/// Why an agent who got free got nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NothingFor {
    pub version: i64,
    pub agent: UserId,
    /// Interactions that wait and are not ringing anywhere, in all queues.
    pub waiting: u32,
    /// Why not these: the first of some queues where somebody waits.
    pub queues: Vec<QueueBehind>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QueueBehind {
    pub queue: QueueId,
    pub waiting: u32,
    pub why: NotFor,
}

/// Why the first of a queue was not for an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NotFor {
    /// The agent does not work for the queue.
    NotMember,
    /// The agent's level is below the one needed; `has` is 0 when the skill is missing.
    Skill { skill: SkillId, needed: u8, has: u8 },
    /// The agent declined it a short while ago.
    Declined,
    /// It is held for another agent.
    HeldForAnother,
    /// The agent carries as much as may be, or none of this channel.
    NoRoom,
}
