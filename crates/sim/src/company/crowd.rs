//! People who miss, decline, hold, transfer and are cut off, by seed.

use perezvon_model::config::TenantConfig;
use perezvon_model::customer::{CustomerCard, LastAgent};
use perezvon_model::engine::{AgentCommand, Question, Reply, TransferTarget};
use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::{CustomerId, Device, InteractionId, QueueId, UserId, UtcMs};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

use super::faults::{Fault, FaultKind};
use crate::chance::Chance;
use crate::scenario::Scenario;
use crate::world::{
    AfterPromise, Caller, Carriage, Carried, Conversation, People, Reaction, Shown, Speaks, TakesCall,
    TalkDeed, finish,
};

const DAY_MS: i64 = 86_400_000;

/// The people of one scenario.
pub struct Crowd {
    seed: u64,
    quirks: bool,
    queues: Vec<QueueId>,
    agents: Vec<UserId>,
    /// Each agent draws from an own stream.
    minds: BTreeMap<UserId, Chance>,
    outside: Chance,
    /// Callbacks and messages.
    customers: Chance,
    cards: Chance,
    /// Mishaps that have not happened.
    faults: Vec<Fault>,
    /// The time of the last look at the clock.
    now: UtcMs,
}

impl Crowd {
    pub fn of(scenario: &Scenario, config: &TenantConfig, faults: &[Fault]) -> Crowd {
        let seed = scenario.seed;
        Crowd {
            seed,
            quirks: scenario.quirks,
            queues: config.queues.iter().map(|queue| queue.id).collect(),
            agents: config.agents.iter().map(|agent| agent.id).collect(),
            minds: BTreeMap::new(),
            outside: Chance::of(seed, "outside", 0),
            customers: Chance::of(seed, "customers", 0),
            cards: Chance::of(seed, "cards", 0),
            faults: faults.to_vec(),
            now: UtcMs(0),
        }
    }

    fn mind(&mut self, agent: UserId) -> &mut Chance {
        let seed = self.seed;
        self.minds.entry(agent).or_insert_with(|| Chance::of(seed, "mind", agent.0.as_u128() as u64))
    }

    /// The first mishap whose time has come and that fits, once.
    fn mishap<T>(&mut self, now: UtcMs, fits: impl Fn(FaultKind) -> Option<T>) -> Option<T> {
        let found = self.faults.iter().enumerate().find_map(|(at, fault)| {
            (fault.at <= now).then(|| fits(fault.kind)).flatten().map(|what| (at, what))
        });
        let (at, what) = found?;
        self.faults.remove(at);
        Some(what)
    }

    fn quirk(&mut self, talk: Conversation<'_>) -> Vec<(i64, TalkDeed)> {
        let Conversation { agent, interaction, caller, device, .. } = talk;
        let (queues, agents) = (self.queues.clone(), self.agents.clone());
        let mind = self.mind(agent);
        let mut moment = || mind.between(0, caller.talk_ms.max(1));
        let (first, second) = (moment(), moment());
        let (from, to) = (first.min(second), first.max(second));
        let by_agent = TalkDeed::Agent;
        match mind.below(12) {
            0..=2 => [(from, true), (to, false)]
                .map(|(at, on)| (at, by_agent(AgentCommand::Hold { interaction, on })))
                .to_vec(),
            3 if device == Device::Phone => [(from, true), (to, false)]
                .map(|(at, on)| (at, TalkDeed::AgentLeg(LegEvent::HeldByPeer { on })))
                .to_vec(),
            3 | 4 => [(from, true), (to, false)]
                .map(|(at, on)| (at, TalkDeed::Caller(LegEvent::HeldByPeer { on })))
                .to_vec(),
            5 | 6 => {
                let Some(queue) = mind.one(&queues) else { return Vec::new() };
                let to = TransferTarget::Queue { queue };
                vec![(from, by_agent(AgentCommand::Transfer { interaction, to }))]
            }
            7 | 8 => {
                let Some(agent) = mind.one(&agents) else { return Vec::new() };
                let to = TransferTarget::Agent { agent };
                vec![(from, by_agent(AgentCommand::Transfer { interaction, to }))]
            }
            9 => vec![(from, by_agent(AgentCommand::WantWrapUp { interaction, on: true }))],
            10 => vec![
                (from, by_agent(AgentCommand::Hold { interaction, on: true })),
                (to, by_agent(AgentCommand::HangUp { interaction })),
            ],
            _ => vec![
                (from, by_agent(AgentCommand::Mute { interaction, on: true })),
                (from, by_agent(AgentCommand::SendDigits { interaction, digits: "5#".into() })),
                (
                    to,
                    by_agent(AgentCommand::WrapUp {
                        interaction,
                        disposition: None,
                        note: "called about the bill".into(),
                        finish: false,
                    }),
                ),
            ],
        }
    }
}

impl People for Crowd {
    fn offered(&mut self, now: UtcMs, offer: Shown) -> Reaction {
        self.now = now;
        let lost = self.mishap(now, |kind| {
            let FaultKind::AgentLostRinging { after_ms, back_ms } = kind else { return None };
            Some(Reaction::Lost { after_ms, back_ms })
        });
        if let Some(lost) = lost {
            return lost;
        }
        let mind = self.mind(offer.agent);
        match mind.below(100) {
            0..=78 => Reaction::Accepts { after_ms: mind.between(0, 6_000) },
            79..=86 => Reaction::Declines { after_ms: mind.between(0, 5_000) },
            87..=93 => Reaction::Ignores,
            94 | 95 => Reaction::Busy,
            96 | 97 => Reaction::Unreachable,
            98 => Reaction::Silent,
            // About when the time of the offer is over.
            _ => Reaction::Accepts { after_ms: mind.between(3, 20) * 1_000 },
        }
    }

    fn called_outside(&mut self, now: UtcMs) -> Reaction {
        self.now = now;
        match self.outside.below(10) {
            0..=5 => Reaction::Accepts { after_ms: self.outside.between(500, 12_000) },
            6 => Reaction::Declines { after_ms: self.outside.between(500, 5_000) },
            7 => Reaction::Ignores,
            8 => Reaction::Busy,
            _ => Reaction::Silent,
        }
    }

    fn talks(&mut self, talk: Conversation<'_>) -> Vec<(i64, TalkDeed)> {
        let mut deeds = Vec::new();
        let now = self.now;
        let lost = self.mishap(now, |kind| {
            let FaultKind::MediaLost { back_ms } = kind else { return None };
            Some(back_ms)
        });
        if let Some(back_ms) = lost {
            let at = talk.caller.talk_ms / 3;
            deeds.push((at, TalkDeed::AgentLeg(LegEvent::MediaLost)));
            deeds.extend(back_ms.map(|back_ms| (at + back_ms, TalkDeed::AgentLeg(LegEvent::MediaBack))));
        }
        if self.mishap(now, |kind| (kind == FaultKind::LegBreaks).then_some(())).is_some() {
            let ended = LegEvent::Ended { cause: Cause::Timeout };
            deeds.push((talk.caller.talk_ms / 2, TalkDeed::AgentLeg(ended)));
        }
        let interaction = talk.interaction;
        if self.mind(talk.agent).percent(40) {
            let hangs_up = AgentCommand::HangUp { interaction };
            deeds.push((talk.caller.talk_ms, TalkDeed::Agent(hangs_up)));
        }
        if self.quirks && self.mind(talk.agent).percent(50) {
            deeds.extend(self.quirk(talk));
        }
        deeds
    }

    fn wraps_up(
        &mut self,
        agent: UserId,
        interaction: InteractionId,
        caller: &Caller,
    ) -> Vec<(i64, AgentCommand)> {
        let extends = (caller.wrap_up_ms / 2, AgentCommand::ExtendWrapUp { interaction });
        match self.mind(agent).below(8) {
            0 => Vec::new(),
            1 => vec![extends],
            2 => vec![extends, (caller.wrap_up_ms * 2, finish(interaction))],
            _ => vec![(caller.wrap_up_ms, finish(interaction))],
        }
    }

    fn returns(&mut self, agent: UserId, reason: &str) -> Option<i64> {
        let by_system = reason != "lunch";
        let mind = self.mind(agent);
        (by_system && mind.percent(90)).then(|| mind.between(500, 40_000))
    }

    fn called_back(&mut self, now: UtcMs) -> TakesCall {
        self.now = now;
        let chance = &mut self.customers;
        let reaction = match chance.below(10) {
            0..=5 => Reaction::Accepts { after_ms: chance.between(500, 20_000) },
            6 => Reaction::Busy,
            7 => Reaction::Ignores,
            8 => Reaction::Declines { after_ms: chance.between(500, 9_000) },
            _ if chance.percent(50) => Reaction::Interrupted { after_ms: chance.between(0, 9_000) },
            _ => Reaction::Silent,
        };
        TakesCall { reaction, stays_ms: chance.percent(15).then(|| chance.between(0, 300)) }
    }

    fn wants_callback(&mut self, now: UtcMs) -> Option<i64> {
        self.now = now;
        self.customers.percent(60).then(|| self.customers.between(0, 8_000))
    }

    fn promised(&mut self, now: UtcMs) -> AfterPromise {
        self.now = now;
        let chance = &mut self.customers;
        AfterPromise {
            hangs_up_ms: chance.percent(40).then(|| chance.between(0, 5_000)),
            calls_again_ms: chance.percent(20).then(|| chance.between(500, 90_000)),
        }
    }

    fn tires_of_dialling(&mut self, agent: UserId) -> Option<i64> {
        let mind = self.mind(agent);
        mind.percent(20).then(|| mind.between(0, 15_000))
    }

    fn skips_to_message(&mut self, now: UtcMs) -> Option<i64> {
        self.now = now;
        self.customers.percent(30).then(|| self.customers.between(0, 6_000))
    }

    fn speaks(&mut self, now: UtcMs) -> Speaks {
        self.now = now;
        let ms = self.customers.between(0, 60_000);
        match self.customers.below(5) {
            0 | 1 => Speaks::ThenHash { ms },
            2 | 3 => Speaks::ThenHangsUp { ms },
            _ => Speaks::OnAndOn,
        }
    }

    fn answers(&mut self, now: UtcMs, _question: &Question) -> (i64, Reply) {
        self.now = now;
        let (agents, chance) = (&self.agents, &mut self.cards);
        if chance.percent(20) {
            return (chance.between(0, 6_000), Reply::Failed);
        }
        let days_ago = chance.one(&[0, 0, 1, 5, 29, 31]).unwrap_or(0);
        let ended_at = now + -(days_ago * DAY_MS + chance.between(0, 60_000));
        let card = CustomerCard {
            id: CustomerId(Uuid::from_u128(chance.bits().into())),
            name: "Customer".into(),
            company: String::new(),
            numbers: Vec::new(),
            fields: Vec::new(),
            note: String::new(),
            recent: Vec::new(),
            owner: chance.one(agents).filter(|_| chance.percent(40)),
            last_agent: chance
                .one(agents)
                .filter(|_| chance.percent(50))
                .map(|agent| LastAgent { agent, at: ended_at }),
            version: 1,
            is_new: true,
        };
        // Most cards come before an agent does, some at once, some when it is too late.
        let after_ms = match chance.below(10) {
            0..=2 => 0,
            3..=7 => chance.between(0, 3_000),
            _ => chance.between(3_000, 12_000),
        };
        (after_ms, Reply::Customer { card: Arc::new(card) })
    }

    fn carries(&mut self, now: UtcMs, what: Carried) -> Carriage {
        self.now = now;
        let found = self.mishap(now, |kind| match kind {
            FaultKind::Lost(of) => (of == what).then_some(Carriage::Lost),
            FaultKind::Late(of, ms) => (of == what).then_some(Carriage::Late { ms }),
            FaultKind::Twice(of, ms) => (of == what).then_some(Carriage::Twice { ms }),
            FaultKind::AgentLostRinging { .. }
            | FaultKind::MediaLost { .. }
            | FaultKind::LegBreaks
            | FaultKind::Clock { .. }
            | FaultKind::Restart => None,
        });
        found.unwrap_or(Carriage::OnTime)
    }
}
