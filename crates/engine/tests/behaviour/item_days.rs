//! Any day of calls, chats and mails together: capacity is never exceeded, nothing is in two places, nobody waits for
//! an agent who has room, and what rests is what is interrupted.

use perezvon_acd::Load;
use perezvon_model::channel::{Capacity, Channel, Channels, Share};
use perezvon_model::engine::{AgentCommand, Input};
use perezvon_model::journal::{Event, OfferOutcome};
use perezvon_model::view::{DeskView, ItemPhase};
use perezvon_model::{InteractionId, Presence, QueueId, UserId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

use crate::floor::{Floor, opens_with};
use crate::items::company;

const AGENTS: [&str; 2] = ["anna", "boris"];

/// What, who, how, and the milliseconds before.
type Step = (u8, u8, u8, u32);

#[derive(Default)]
struct Day {
    desks_away: BTreeSet<&'static str>,
    read: usize,
    /// In which queue an item waits, and at whom it is.
    waits: BTreeMap<InteractionId, QueueId>,
    at: BTreeMap<InteractionId, UserId>,
    declined: BTreeSet<(InteractionId, UserId)>,
    items: BTreeSet<InteractionId>,
    made: u32,
}

impl Day {
    fn happens(&mut self, floor: &mut Floor, (kind, who, how, _): Step) {
        let name = AGENTS[usize::from(who) % AGENTS.len()];
        match kind % 16 {
            0..=3 => {
                self.made += 1;
                let queue = if how.is_multiple_of(2) { "chats" } else { "mails" };
                let _ = floor.item(&format!("item {}", self.made), queue);
            }
            4 | 5 => {
                self.made += 1;
                floor.caller(&format!("+7495{:07}", self.made)).arrives_at("direct");
            }
            6 | 7 => {
                let Some(offer) = floor.offer_of_item(name) else { return };
                let command = match how % 5 {
                    0 => AgentCommand::Decline { offer },
                    _ => AgentCommand::Accept { offer },
                };
                floor.agent(name).command(command).expect("the offer stands");
            }
            8 => {
                if floor.is_offered(name) {
                    floor.agent(name).accepts();
                }
            }
            9 => {
                let Some(desk) = floor.desk_if_any(name) else { return };
                if desk.call.is_some() {
                    floor.agent(name).hangs_up();
                } else if desk.wrap_up.is_some() {
                    floor.agent(name).finishes();
                }
            }
            10 | 11 => {
                let Some(desk) = floor.desk_if_any(name) else { return };
                let Some(item) = desk.items.get(usize::from(how) % desk.items.len().max(1)) else { return };
                let interaction = item.about.interaction;
                let command = match how % 7 {
                    0 => AgentCommand::ExtendWrapUp { interaction },
                    1 | 2 => AgentCommand::WrapUp {
                        interaction,
                        disposition: None,
                        note: "note".into(),
                        finish: how.is_multiple_of(2),
                    },
                    _ => AgentCommand::Finish { interaction },
                };
                let _ = floor.agent(name).command(command);
            }
            12 => {
                let Some(item) = self.items.iter().nth(usize::from(who) % self.items.len().max(1)) else {
                    return;
                };
                floor.input(Input::ItemWithdrawn { interaction: *item });
            }
            13 => {
                let presence = match how % 6 {
                    0..=3 => Presence::Ready,
                    4 => Presence::Break { reason: "lunch".into() },
                    _ => Presence::Offline,
                };
                let _ = floor.agent(name).command(AgentCommand::SetPresence { presence });
            }
            14 => {
                let connected = !how.is_multiple_of(3);
                let _ = if connected { self.desks_away.remove(name) } else { self.desks_away.insert(name) };
                floor.agent(name).desk(connected);
            }
            _ => {
                if let Some(caller) = floor.callers_live().first() {
                    floor.caller(&caller.clone()).hangs_up();
                }
            }
        }
    }

    fn check(&mut self, floor: &Floor) {
        for entry in &floor.journal[self.read..] {
            let Some(interaction) = entry.interaction else { continue };
            match &entry.event {
                Event::Subject { .. } => drop(self.items.insert(interaction)),
                Event::Queued { queue, .. } if self.items.contains(&interaction) => {
                    assert_eq!(self.waits.insert(interaction, *queue), None);
                    assert!(!self.at.contains_key(&interaction), "waits and is at an agent");
                }
                Event::LeftQueue { .. } => drop(self.waits.remove(&interaction)),
                Event::AgentConnected { agent, .. } if self.items.contains(&interaction) => {
                    assert_eq!(self.at.insert(interaction, *agent), None);
                }
                Event::AgentDisconnected { .. } => drop(self.at.remove(&interaction)),
                Event::InteractionEnded { .. } => drop(self.items.remove(&interaction)),
                Event::OfferEnded { agent, outcome, .. } if *outcome != OfferOutcome::Withdrawn => {
                    self.declined.insert((interaction, *agent));
                }
                _ => {}
            }
        }
        self.read = floor.journal.len();
        for (name, of) in AGENTS.iter().zip(&floor.config.agents) {
            let capacity = of.capacity.as_ref().unwrap_or(&floor.config.capacity);
            let desk = floor.desk_if_any(name).expect("nobody is removed");
            self.check_desk(&desk, capacity);
            let room = room(&desk, capacity, self.desks_away.contains(name));
            for (interaction, queue) in &self.waits {
                let of_queue =
                    floor.config.queues.iter().find(|of| of.id == *queue).expect("none is removed");
                let may = of.queues.contains(queue) && room.contains(of_queue.routing.channel);
                let declined = self.declined.contains(&(*interaction, of.id));
                let rings = AGENTS.iter().any(|name| has(floor, name, *interaction));
                assert!(!may || declined || rings, "{interaction} waits while {name} has room");
            }
        }
    }

    fn check_desk(&self, desk: &DeskView, capacity: &Capacity) {
        let (all, awake) = (load(desk, true), load(desk, false));
        for channel in Channel::ALL {
            assert!(all.count(channel) <= capacity.share(channel).most, "too many of {channel:?}");
        }
        assert!(awake.used(capacity) <= u32::from(capacity.units), "more than the capacity: {awake:?}");
        let offers = desk.items.iter().filter(|item| matches!(item.phase, ItemPhase::Offered { .. })).count();
        assert!(offers + usize::from(desk.offer.is_some()) <= 1, "two offers at once");
        let resting = awake.resting(capacity);
        for item in &desk.items {
            match item.phase {
                ItemPhase::AtHand { .. } => {
                    assert!(!resting.contains(item.channel), "goes on while interrupted")
                }
                ItemPhase::Resting => assert!(resting.contains(item.channel), "rests for nothing"),
                ItemPhase::Offered { .. } | ItemPhase::WrapUp { .. } => {}
            }
            if matches!(item.phase, ItemPhase::AtHand { .. } | ItemPhase::Resting) {
                assert_eq!(self.at.get(&item.about.interaction), Some(&desk.agent));
            }
        }
        let at_hand = self.at.values().filter(|agent| **agent == desk.agent).count();
        let shown = |phase: &ItemPhase| matches!(phase, ItemPhase::AtHand { .. } | ItemPhase::Resting);
        assert_eq!(desk.items.iter().filter(|item| shown(&item.phase)).count(), at_hand);
    }
}

fn has(floor: &Floor, name: &str, interaction: InteractionId) -> bool {
    let desk = floor.desk_if_any(name).expect("nobody is removed");
    desk.items.iter().any(|item| item.about.interaction == interaction)
}

fn load(desk: &DeskView, offers_too: bool) -> Load {
    let mut load = Load::default();
    if (offers_too && desk.offer.is_some()) || desk.call.is_some() || desk.wrap_up.is_some() {
        load.takes(Channel::Voice);
    }
    for item in &desk.items {
        if offers_too || !matches!(item.phase, ItemPhase::Offered { .. }) {
            load.takes(item.channel);
        }
    }
    load
}

fn room(desk: &DeskView, capacity: &Capacity, is_away: bool) -> Channels {
    let offered =
        desk.offer.is_some() || desk.items.iter().any(|item| matches!(item.phase, ItemPhase::Offered { .. }));
    if desk.presence != Presence::Ready || offered || is_away {
        return Channels::NONE;
    }
    load(desk, true).room(capacity)
}

fn capacities() -> impl Strategy<Value = Capacity> {
    let share = |interrupts: Vec<Channel>| {
        (1u8..7, 0u8..4).prop_map(move |(cost, most)| Share { cost, most, interrupts: interrupts.clone() })
    };
    let voice = share(vec![Channel::Mail]).prop_map(|share| Share { most: share.most.min(1), ..share });
    (3u8..12, voice, share(vec![Channel::Mail]), share(Vec::new()))
        .prop_map(|(units, voice, chat, mail)| Capacity { units, voice, chat, mail })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() { ProptestConfig::default().cases } else { 64 },
        max_shrink_iters: 20_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn capacity_holds_on_any_random_day(
        own in prop::option::of(capacities()),
        steps in prop::collection::vec((any::<u8>(), any::<u8>(), any::<u8>(), 0u32..40_000), 1..150),
    ) {
        let mut config = company();
        config.agents[0].capacity = own;
        let mut floor = opens_with(config);
        floor.ready(&AGENTS);
        let mut day = Day::default();
        for step in steps {
            floor.passes_checking(i64::from(step.3), |floor| day.check(floor));
            day.happens(&mut floor, step);
            day.check(&floor);
        }
        for caller in floor.callers_live() {
            floor.caller(&caller).hangs_up();
        }
        for item in day.items.clone() {
            floor.input(Input::ItemWithdrawn { interaction: item });
        }
        floor.passes_checking(3_600_000, |floor| day.check(floor));
        let remains = floor.tenant.remains();
        prop_assert_eq!((remains.calls, remains.items, remains.waiting, remains.timers), (0, 0, 0, 0));
        let bytes = |journal: &[perezvon_model::journal::Entry]| {
            serde_json::to_string(journal).expect("entries are plain data")
        };
        prop_assert_eq!(bytes(&floor.replayed()), bytes(&floor.journal));
    }
}
