//! Changes of the configuration during the day. Each is made to the configuration as it began, so that one that is left
//! out does not change the others.

use perezvon_model::UtcMs;
use perezvon_model::config::TenantConfig;
use std::sync::Arc;

use super::day::arrives_at_work;
use super::setup::{drawn_agent, drawn_queue};
use super::{Span, rules};
use crate::chance::Chance;
use crate::scenario::Scenario;
use crate::world::Deed;

pub(super) fn of(scenario: &Scenario, base: &TenantConfig, day: &Span) -> Vec<(UtcMs, Deed)> {
    let mut deeds = Vec::new();
    for &number in &scenario.changes.0 {
        let mut chance = Chance::of(scenario.seed, "changes", u64::from(number));
        let at = day.start + chance.between(1, day.length_ms);
        let mut config = base.clone();
        config.version = 2 + i64::from(number);
        for _ in 0..=chance.below(3) {
            change(&mut config, &mut chance, day, scenario);
        }
        // Who was let go and is back is not signed in: they come back to work.
        for agent in &config.agents {
            if chance.percent(30) {
                arrives_at_work(&mut deeds, agent.id, agent.device, at + chance.between(1, 5_000), true);
            }
        }
        deeds.push((at, Deed::Configure(Arc::new(config))));
    }
    deeds
}

fn change(config: &mut TenantConfig, chance: &mut Chance, day: &Span, scenario: &Scenario) {
    let queues = u64::from(scenario.queues);
    let number_of = |id: uuid::Uuid| (id.as_u128() & 0xffff) as u64;
    let queue = chance.below(config.queues.len().max(1));
    let agent = chance.below(config.agents.len().max(1));
    match chance.below(10) {
        0 if config.queues.len() > 1 => drop(config.queues.remove(queue)),
        1 if config.agents.len() > 1 => drop(config.agents.remove(agent)),
        2 | 3 => {
            if let Some(of) = config.queues.get_mut(queue) {
                *of = drawn_queue(chance, day, number_of(of.id.0), queues);
            }
        }
        4 => {
            if let Some(of) = config.queues.get_mut(queue) {
                of.routing.ageing_per_min = chance.one(&[0, 1, 60]).unwrap_or(0);
                of.routing.steps.truncate(chance.below(3));
            }
        }
        5 => {
            if let Some(of) = config.queues.get_mut(queue) {
                of.routing.overflow = rules::overflow(chance, queues);
                of.routing.announcements = rules::announcements(chance);
                of.routing.callbacks = rules::callbacks(chance);
            }
        }
        6 => {
            if let Some(of) = config.queues.get_mut(queue) {
                of.routing.hours = rules::hours(chance, day, queues);
                of.routing.preferred = rules::preferred(chance);
            }
        }
        // The clocks of a zone are put forward or back.
        7 => config.zones.values_mut().for_each(|minutes| *minutes += chance.one(&[-60, 60]).unwrap_or(0)),
        // There is no way out to the network.
        8 => config.trunks.iter_mut().for_each(|trunk| trunk.registration = None),
        _ => {
            if let Some(of) = config.agents.get_mut(agent) {
                *of = drawn_agent(chance, number_of(of.id.0), queues);
            }
        }
    }
}
