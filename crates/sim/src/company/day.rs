//! One day of a company: who calls when with which patience, and what agents do by themselves.

use perezvon_model::config::TenantConfig;
use perezvon_model::engine::AgentCommand;
use perezvon_model::prompt::Language;
use perezvon_model::{Device, Presence, UserId, UtcMs};

use super::setup::trunk_id;
use super::{flows, user_id};
use crate::chance::Chance;
use crate::scenario::Scenario;
use crate::world::{Arrival, Caller, Deed};

/// Numbers from which several of the day call.
pub(super) const SHARED_NUMBERS: usize = 6;

pub(super) fn shared_number(number: usize) -> String {
    format!("+7495123000{number}")
}

/// How busy the day is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    pub length_ms: i64,
    gap_ms: f64,
    talk_ms: f64,
    patience_ms: f64,
}

impl Day {
    /// Sizes by the whole scenario of the seed, so that fewer callers come as they came among many.
    pub fn of(scenario: &Scenario) -> Day {
        let whole = Scenario::of(scenario.seed);
        let mut chance = Chance::of(scenario.seed, "load", 0);
        let talk_ms = chance.between(10_000, 90_000) as f64;
        let load = 0.3 + 1.4 * chance.part();
        let gap_ms = talk_ms / (f64::from(whole.agents) * load);
        let patience_ms = chance.between(10_000, 180_000) as f64;
        let length_ms = (gap_ms * f64::from(whole.callers.end())) as i64 + 60_000;
        Day { length_ms, gap_ms, talk_ms, patience_ms }
    }

    pub fn arrivals(self, scenario: &Scenario, start: UtcMs) -> Vec<Arrival> {
        let seed = scenario.seed;
        let mut gaps = Chance::of(seed, "arrivals", 0);
        // Agents need a moment to become ready, most of the time.
        let mut at = start + gaps.between(0, 3_000);
        let mut arrivals = Vec::new();
        for number in 0..scenario.callers.end() {
            at = at + gaps.exponential_ms(self.gap_ms);
            if scenario.callers.has(number) {
                arrivals.push(self.arrival(scenario, number, at));
            }
        }
        arrivals
    }

    fn arrival(self, scenario: &Scenario, number: u32, at: UtcMs) -> Arrival {
        let seed = scenario.seed;
        let mut who = Chance::of(seed, "caller", u64::from(number));
        let from = match who.below(10) {
            0 => "anonymous".to_owned(),
            // Some call again and again.
            1..=3 => shared_number(who.below(SHARED_NUMBERS)),
            _ => format!("+7495{:07}", number),
        };
        let queue = who.bits() % u64::from(scenario.queues);
        let kind = who.one(&[0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4]).unwrap_or(0);
        let flow = flows::flow_id(queue * flows::PER_QUEUE + kind);
        let mut talk = Chance::of(seed, "handle time", u64::from(number));
        let mut patience = Chance::of(seed, "patience", u64::from(number));
        let presses = match who.below(4) {
            0 => Vec::new(),
            1 => vec![(2_500, '1')],
            2 => vec![(1_000, '2'), (5_500, '4'), (6_000, '7'), (6_200, '#')],
            _ => vec![(who.between(100, 9_000), who.one(&['1', '3', '9', '8', '*']).unwrap_or('1'))],
        };
        let caller = Caller {
            patience_ms: patience.percent(85).then(|| patience.exponential_ms(self.patience_ms)),
            stays_ms: patience.percent(5).then(|| patience.between(0, 20_000)),
            talk_ms: talk.lognormal(self.talk_ms, 0.9).round() as i64,
            wrap_up_ms: talk.exponential_ms(15_000.0),
            presses,
        };
        let to = "+74950000001".to_owned();
        Arrival { at, from, to, trunk: Some(trunk_id()), flow, language: Language::Ru, caller }
    }

    /// What agents do by themselves during the day.
    pub fn moves(self, scenario: &Scenario, config: &TenantConfig, start: UtcMs) -> Vec<(UtcMs, Deed)> {
        scenario.moves.0.iter().flat_map(|number| self.one_move(scenario, config, *number, start)).collect()
    }

    fn one_move(
        self,
        scenario: &Scenario,
        config: &TenantConfig,
        number: u32,
        start: UtcMs,
    ) -> Vec<(UtcMs, Deed)> {
        let mut chance = Chance::of(scenario.seed, "moves", u64::from(number));
        let agent = user_id(chance.bits() % u64::from(Scenario::of(scenario.seed).agents));
        let at = start + chance.between(0, self.length_ms);
        let back = at + chance.one(&[0, 500, 5_000, 29_999, 30_000, 31_000, 120_000]).unwrap_or(0);
        let device = config.agents.iter().find(|of| of.id == agent).map_or(Device::Browser, |of| of.device);
        let other = match device {
            Device::Browser => Device::Phone,
            Device::Phone => Device::Browser,
        };
        let presence = |presence| Deed::Command { agent, command: AgentCommand::SetPresence { presence } };
        let takes = |device| Deed::Command { agent, command: AgentCommand::SetDevice { device } };
        match chance.below(6) {
            0 | 1 => {
                vec![
                    (at, presence(Presence::Break { reason: "lunch".into() })),
                    (back, presence(Presence::Ready)),
                ]
            }
            2 => vec![(at, presence(Presence::Offline)), (back, presence(Presence::Ready))],
            3 => vec![
                (at, Deed::Device { agent, device, connected: false }),
                (back, Deed::Device { agent, device, connected: true }),
            ],
            4 => vec![
                (at, Deed::Desk { agent, connected: false }),
                (back, Deed::Desk { agent, connected: true }),
            ],
            _ => vec![
                (at, Deed::Device { agent, device: other, connected: true }),
                (at, takes(other)),
                (back, takes(device)),
            ],
        }
    }
}

/// Everybody connects and gets ready; a few stay away.
pub(super) fn first_moves(scenario: &Scenario, config: &TenantConfig, start: UtcMs) -> Vec<(UtcMs, Deed)> {
    let mut deeds = Vec::new();
    for (number, of) in (0..).zip(&config.agents) {
        let mut chance = Chance::of(scenario.seed, "first moves", number);
        arrives_at_work(&mut deeds, of.id, of.device, start + chance.between(0, 2_000), chance.percent(90));
    }
    deeds
}

pub(super) fn arrives_at_work(
    deeds: &mut Vec<(UtcMs, Deed)>,
    agent: UserId,
    device: Device,
    at: UtcMs,
    ready: bool,
) {
    deeds.push((at, Deed::Device { agent, device, connected: true }));
    deeds.push((at, Deed::Desk { agent, connected: true }));
    if ready {
        let command = AgentCommand::SetPresence { presence: Presence::Ready };
        deeds.push((at + 1, Deed::Command { agent, command }));
    }
}
