//! A queue among the others: what it refers to is there, its steps widen something, its overflow comes to an end, and
//! somebody can serve it.

use std::collections::BTreeSet;

use perezvon_model::announce::Say;
use perezvon_model::channel::Channel;
use perezvon_model::config::{Agent, Queue, SkillLevel, TenantConfig};
use perezvon_model::overflow::Goal;
use perezvon_model::routing::Widen;
use perezvon_model::{FlowId, QueueId, SkillId, TrunkId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Answer, Problem};

/// Refuses a queue that does not fit the company it is saved into. `all` holds the other queues, and an older form of
/// this one, if any; `prompts` is the library.
pub fn check(queue: &Queue, all: &TenantConfig, prompts: &BTreeSet<String>) -> Answer<()> {
    check_steps(queue, all)?;
    check_channel(queue)?;
    for (n, rule) in queue.routing.overflow.iter().enumerate() {
        check_goal(&format!("routing.overflow[{n}].to"), queue, &rule.to, all)?;
    }
    if let Some(hours) = &queue.routing.hours {
        check_goal("routing.hours.closed", queue, &hours.closed, all)?;
    }
    for (n, announcement) in queue.routing.announcements.iter().enumerate() {
        if let Say::Prompt { name } = &announcement.say
            && !prompts.contains(name)
        {
            let field = format!("routing.announcements[{n}].say.name");
            return Err(Problem::bad_value(field, format!("there is no prompt `{name}` in the library")));
        }
    }
    check_circle(queue, all)
}

/// A step is to let somebody serve who could not before.
fn check_steps(queue: &Queue, all: &TenantConfig) -> Answer<()> {
    let mut needs = queue.required_skills.clone();
    let mut helpers: BTreeSet<QueueId> = BTreeSet::from([queue.id]);
    for (n, step) in queue.routing.steps.iter().enumerate() {
        let field = format!("routing.steps[{n}].widen");
        let widens = match step.widen {
            Widen::LowerLevel { skill, level } => {
                let need = needs.iter_mut().find(|need| need.skill == skill && need.level > level);
                need.map(|need| need.level = level).is_some()
            }
            Widen::DropSkill { skill } => {
                let before = needs.len();
                needs.retain(|need| need.skill != skill);
                needs.len() < before
            }
            Widen::AddQueue { queue } => {
                if !all.queues.iter().any(|other| other.id == queue) {
                    return Err(Problem::bad_value(field, "there is no such queue; choose another"));
                }
                helpers.insert(queue)
            }
        };
        if !widens {
            let cure = "this step widens nothing: by then it is so already; change it or take it out";
            return Err(Problem::bad_value(field, cure));
        }
    }
    Ok(())
}

/// Chats and mails are not called back, speak no message and hear nothing.
fn check_channel(queue: &Queue) -> Answer<()> {
    let routing = &queue.routing;
    match routing.channel {
        Channel::Voice => return Ok(()),
        Channel::Chat | Channel::Mail => {}
    }
    if !routing.announcements.is_empty() {
        let cure = "nothing is said in a queue of chats or mails; take the announcements out";
        return Err(Problem::bad_value("routing.announcements", cure));
    }
    for (n, rule) in routing.overflow.iter().enumerate() {
        if !matches!(rule.to, Goal::Queue { .. }) {
            let cure = "chats and mails can only be led to another queue";
            return Err(Problem::bad_value(format!("routing.overflow[{n}].to"), cure));
        }
    }
    match &routing.hours {
        Some(hours) if hours.closed != Goal::Onward => {
            let cure = "chats and mails of a closed queue are refused; they cannot be led elsewhere";
            Err(Problem::bad_value("routing.hours.closed", cure))
        }
        Some(_) | None => Ok(()),
    }
}

fn check_goal(field: &str, of: &Queue, goal: &Goal, all: &TenantConfig) -> Answer<()> {
    let is_there = match goal {
        Goal::Queue { queue } if *queue == of.id => {
            return Err(Problem::bad_value(field, "a queue cannot lead to itself; choose another"));
        }
        Goal::Queue { queue } => match all.queues.iter().find(|other| other.id == *queue) {
            Some(other) if other.routing.channel != of.routing.channel => {
                let cure = "this queue takes another channel; choose one of the same";
                return Err(Problem::bad_value(field, cure));
            }
            found => found.is_some(),
        },
        Goal::Flow { flow } => all.flows.iter().any(|other| other.id == *flow),
        Goal::Number { trunk: Some(trunk), .. } => all.trunks.iter().any(|other| other.id == *trunk),
        Goal::Number { trunk: None, .. } | Goal::Onward | Goal::Voicemail | Goal::Callback => true,
    };
    if is_there {
        return Ok(());
    }
    Err(Problem::bad_value(field, "this leads to something that is not there; choose another"))
}

/// Queues to which a queue leads.
fn leads_to(queue: &Queue) -> impl Iterator<Item = QueueId> {
    let closed = queue.routing.hours.as_ref().map(|hours| &hours.closed);
    let goals = queue.routing.overflow.iter().map(|rule| &rule.to).chain(closed);
    goals.filter_map(|goal| match goal {
        Goal::Queue { queue } => Some(*queue),
        Goal::Flow { .. } | Goal::Number { .. } | Goal::Onward | Goal::Voicemail | Goal::Callback => None,
    })
}

/// Refuses an overflow that comes back to where it began, and names the way.
fn check_circle(queue: &Queue, all: &TenantConfig) -> Answer<()> {
    let of = |id: QueueId| {
        if id == queue.id { Some(queue) } else { all.queues.iter().find(|other| other.id == id) }
    };
    let mut seen: BTreeSet<QueueId> = BTreeSet::new();
    let mut ways: Vec<Vec<QueueId>> = vec![vec![queue.id]];
    while let Some(way) = ways.pop() {
        let Some(last) = way.last().and_then(|last| of(*last)) else { continue };
        for next in leads_to(last) {
            if next == queue.id {
                let names: Vec<&str> =
                    way.iter().chain([&next]).filter_map(|id| Some(of(*id)?.name.as_str())).collect();
                let cure = format!("callers would go in a circle: {}", names.join(" → "));
                return Err(Problem::bad_value("routing.overflow", cure));
            }
            if seen.insert(next) {
                ways.push(way.iter().copied().chain([next]).collect());
            }
        }
    }
    Ok(())
}

/// Queues whose rules lead to a queue or ask for its agents.
pub fn queues_that_need(id: QueueId, queues: &[Queue]) -> Vec<String> {
    let helps = |queue: &&Queue| {
        queue.routing.steps.iter().any(|step| step.widen == Widen::AddQueue { queue: id })
            || leads_to(queue).any(|to| to == id)
    };
    queues.iter().filter(|queue| queue.id != id).filter(helps).map(|queue| queue.name.clone()).collect()
}

/// Queues whose rules lead to a flow.
pub fn queues_that_lead_to(flow: FlowId, queues: &[Queue]) -> Vec<String> {
    queues_with_goal(queues, |goal| *goal == Goal::Flow { flow })
}

/// Queues whose rules lead to a number through a trunk.
pub fn queues_that_call_through(id: TrunkId, queues: &[Queue]) -> Vec<String> {
    queues_with_goal(queues, |goal| matches!(goal, Goal::Number { trunk, .. } if *trunk == Some(id)))
}

fn queues_with_goal(queues: &[Queue], is_it: impl Fn(&Goal) -> bool) -> Vec<String> {
    let leads = |queue: &&Queue| {
        let closed = queue.routing.hours.as_ref().map(|hours| &hours.closed);
        queue.routing.overflow.iter().map(|rule| &rule.to).chain(closed).any(&is_it)
    };
    queues.iter().filter(leads).map(|queue| queue.name.clone()).collect()
}

/// Something in the configuration that will not work as it stands, though each part is allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    pub queue: QueueId,
    pub kind: WarningKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WarningKind {
    /// No agent works for it, nor for a queue that helps.
    NoAgents,
    /// Agents work for it, and none has this skill at its level, even after the last step.
    NobodyHasSkill { skill: SkillId, level: u8 },
    /// Each skill is there, and no agent has all of them.
    NobodyHasAllSkills,
}

/// Queues that nobody could serve, everybody signed in and each step taken.
pub fn warnings(all: &TenantConfig) -> Vec<Warning> {
    all.queues
        .iter()
        .filter_map(|queue| Some(Warning { queue: queue.id, kind: unserved(queue, all)? }))
        .collect()
}

fn unserved(queue: &Queue, all: &TenantConfig) -> Option<WarningKind> {
    let mut needs = queue.required_skills.clone();
    let mut helpers = BTreeSet::from([queue.id]);
    for step in &queue.routing.steps {
        match step.widen {
            Widen::LowerLevel { skill, level } => {
                needs
                    .iter_mut()
                    .filter(|need| need.skill == skill)
                    .for_each(|need| need.level = need.level.min(level));
            }
            Widen::DropSkill { skill } => needs.retain(|need| need.skill != skill),
            Widen::AddQueue { queue } => drop(helpers.insert(queue)),
        }
    }
    let staff: Vec<&Agent> =
        all.agents.iter().filter(|agent| agent.queues.iter().any(|own| helpers.contains(own))).collect();
    let has = |agent: &Agent, need: &SkillLevel| {
        agent.skills.iter().any(|own| own.skill == need.skill && own.level >= need.level)
    };
    if staff.iter().any(|agent| needs.iter().all(|need| has(agent, need))) {
        return None;
    }
    if staff.is_empty() {
        return Some(WarningKind::NoAgents);
    }
    let missing = needs.iter().find(|need| !staff.iter().any(|agent| has(agent, need)));
    Some(missing.map_or(WarningKind::NobodyHasAllSkills, |need| WarningKind::NobodyHasSkill {
        skill: need.skill,
        level: need.level,
    }))
}
