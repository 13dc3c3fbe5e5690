//! Random days on the floor: whatever people, devices and the network do in whatever order, the invariants hold.

use perezvon_model::announce::{Announcement, Say};
use perezvon_model::config::{Misses, Preferred, TenantConfig, WrapUp};
use perezvon_model::engine::{AgentCommand, Input, TransferTarget};
use perezvon_model::hours::AtClose;
use perezvon_model::journal::Entry;
use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::overflow::{CallFirst, Goal, Overflow, OverflowWhen};
use perezvon_model::routing::Strategy as Way;
use perezvon_model::{Device, Presence, QueueId, UserId};
use proptest::prelude::*;

use crate::floor::{self, Browsers, Floor};
use crate::hours;
use crate::invariants::Ledger;
use crate::setup::{self, id, skill};

/// One thing that happens: its kind, who it happens to, how, and how much time passes before.
type Step = (u8, u8, u8, u16);

const AGENTS: [&str; 3] = ["anna", "boris", "vera"];
const FLOWS: [&str; 8] = ["main", "direct", "direct", "direct", "sales", "sales", "outside", "closed"];
const QUEUES: [&str; 3] = ["support", "sales", "none"];
const CAUSES: [Cause; 6] =
    [Cause::Normal, Cause::Busy, Cause::NoAnswer, Cause::Declined, Cause::Unavailable, Cause::Timeout];
/// No step of three agents and some dozens of callers needs more.
const MAX_OUTPUTS: usize = 400;

fn days() -> impl Strategy<Value = Vec<Step>> {
    let ms = prop_oneof![16 => 0u16..1_000, 4 => 0u16..12_000, 1 => 0u16..40_000];
    prop::collection::vec((0u8..40, any::<u8>(), any::<u8>(), ms), 1..200)
}

fn pick<T: Copy>(from: &[T], which: u8) -> Option<T> {
    (!from.is_empty()).then(|| from[usize::from(which) % from.len()])
}

fn variant(which: u8) -> TenantConfig {
    let mut config = setup::company();
    match which % 11 {
        0 | 1 => {}
        2 => config.queues.retain(|queue| queue.key != "sales"),
        3 => config.agents.retain(|agent| agent.name != "anna"),
        4 => config.agents[1].queues.push(id("sales")),
        5 => {
            config.queues[0].required_skills = vec![skill("german", 3)];
            config.agents[0].skills = vec![skill("german", 3)];
        }
        6 => {
            config.queues[0].max_waiting = 2;
            config.queues[0].wrap_up = WrapUp::Extendable { limit_s: 20 };
            config.queues[0].routing.strategy = Way::AllAtOnce;
            config.queues[0].routing.misses = Misses { declined: 3, no_answer: 2, busy: 0, unreachable: 1 };
        }
        7 => {
            config.queues[0].wrap_up = WrapUp::Optional { limit_s: 20 };
            config.queues[0].routing.keep_place_s = 60;
            config.queues[1].wrap_up = WrapUp::Open;
            config.queues[1].routing.strategy = Way::RoundRobin;
            config.queues[0].routing.strategy = Way::Random;
        }
        8 => {
            let rule = |when, to| Overflow { when, to };
            config.queues[0].routing.overflow = vec![
                rule(OverflowWhen::MoreWaiting { than: 3 }, Goal::Voicemail),
                rule(OverflowWhen::NobodySignedIn, Goal::Flow { flow: id("sales") }),
                rule(OverflowWhen::EstimateOver { s: 90 }, Goal::Callback),
                rule(OverflowWhen::EstimateOver { s: 40 }, Goal::Onward),
                rule(OverflowWhen::WaitedOver { s: 20 }, Goal::Queue { queue: id("sales") }),
            ];
            config.queues[1].routing.overflow = vec![
                rule(OverflowWhen::WaitedOver { s: 5 }, Goal::Queue { queue: id("support") }),
                rule(
                    OverflowWhen::WaitedOver { s: 9 },
                    Goal::Number { to: "+74957654321".into(), trunk: None },
                ),
            ];
            config.queues[0].routing.preferred = Preferred { owner_s: 15, last_s: 20, last_days: 1 };
        }
        9 => {
            config.queues[0].routing.hours = Some(hours::closing_in(2, Goal::Voicemail, AtClose::Send));
            config.queues[1].routing.hours =
                Some(hours::closing_in(1, Goal::Queue { queue: id("support") }, AtClose::Send));
            config.zones.insert("Asia/Omsk".into(), 0);
            config.queues[0].routing.callbacks.first = CallFirst::Customer;
            config.queues[1].routing.announcements =
                vec![Announcement { say: Say::Callback, ..Announcement::position_every(3) }];
            config.queues[0].routing.announcements = [Say::Wait, Say::Callback, Say::Position]
                .map(|say| Announcement { say, ..Announcement::position_every(7) })
                .to_vec();
        }
        _ => {
            config.queues[0].wrap_up = WrapUp::None;
            config.queues[0].routing.announcements = vec![Announcement::position_every(10)];
        }
    }
    config
}

fn happens(floor: &mut Floor, (kind, who, how, _): Step) {
    let agent = AGENTS[usize::from(who) % AGENTS.len()];
    match kind {
        0..=4 => {
            // Some call again; who still calls, or is to be called back, does not call twice.
            let again = format!("+7495123{:04}", usize::from(who) % 6);
            let is_new = who % 4 > 0 || floor.is_open(&again);
            let name = if is_new { format!("+7495{:07}", floor.journal.len()) } else { again };
            floor.caller(&name).arrives_at(FLOWS[usize::from(how) % FLOWS.len()]);
        }
        5..=9 => caller_does(floor, kind, who, how),
        10..=14 => {
            let presence = match how % 8 {
                0..=5 => Presence::Ready,
                6 => Presence::Break { reason: "lunch".into() },
                _ => Presence::Offline,
            };
            let _ = floor.agent(agent).command(AgentCommand::SetPresence { presence });
        }
        15..=22 => {
            let ringing: Vec<_> = AGENTS.into_iter().filter(|name| floor.is_offered(name)).collect();
            if let Some(agent) = pick(&ringing, who) {
                act_on_offer(floor, agent, how);
            }
        }
        23..=30 => {
            let working: Vec<_> = AGENTS.into_iter().filter(|name| floor.is_working(name)).collect();
            if let Some(agent) = pick(&working, who) {
                act_in_call(floor, agent, how);
            }
        }
        31..=34 => device_event(floor, agent, how),
        35 => {
            let device = if agent == "vera" { Device::Phone } else { Device::Browser };
            floor.agent(agent).device(device, !how.is_multiple_of(3));
        }
        36 => floor.agent(agent).desk(!how.is_multiple_of(3)),
        37 | 38 => {
            if let Some(leg) = floor.outside_leg {
                let event = match how % 3 {
                    0 => LegEvent::Ringing,
                    1 => LegEvent::Answered,
                    _ => LegEvent::Ended { cause: CAUSES[usize::from(how) % CAUSES.len()] },
                };
                floor.leg_event(leg, event);
            }
        }
        _ => {
            floor.config = variant(how);
            floor.configures();
        }
    }
}

fn caller_does(floor: &mut Floor, kind: u8, who: u8, how: u8) {
    let callers = floor.callers_live();
    let Some(caller) = callers.get(usize::from(who) % callers.len().max(1)) else { return };
    match kind {
        5 => floor.caller(caller).hangs_up(),
        6 => floor.caller(caller).presses(&"1239#*"[usize::from(how) % 6..][..1]),
        7 => floor.caller(caller).listens_if_any(),
        8 => floor.caller(caller).holds_us(how.is_multiple_of(2)),
        _ => floor.caller(caller).gets_card_if_asked(),
    }
}

fn act_on_offer(floor: &mut Floor, agent: &str, how: u8) {
    let Some(offer) = floor.desk_if_any(agent).and_then(|desk| desk.offer) else { return };
    if offer.device == Device::Phone {
        let event = if how.is_multiple_of(3) { LegEvent::Ringing } else { LegEvent::Answered };
        return floor.agent(agent).leg_event(event);
    }
    let command = match how % 6 {
        0 => AgentCommand::Decline { offer: offer.offer },
        _ => AgentCommand::Accept { offer: offer.offer },
    };
    let _ = floor.agent(agent).command(command);
}

fn act_in_call(floor: &mut Floor, agent: &str, how: u8) {
    let Some(desk) = floor.desk_if_any(agent) else { return };
    let about = desk.call.map(|call| call.about).or(desk.wrap_up.map(|wrap_up| wrap_up.about));
    let Some(interaction) = about.map(|about| about.interaction) else { return };
    let which = how / 10;
    let command = match how % 10 {
        0 => AgentCommand::HangUp { interaction },
        1 | 2 => AgentCommand::Hold { interaction, on: which.is_multiple_of(2) },
        3 if which.is_multiple_of(3) => AgentCommand::Mute { interaction, on: which.is_multiple_of(2) },
        3 if which % 3 == 1 => AgentCommand::WantWrapUp { interaction, on: which.is_multiple_of(2) },
        3 => AgentCommand::ExtendWrapUp { interaction },
        4 => AgentCommand::SendDigits { interaction, digits: "5".into() },
        5 => {
            let queue = id::<QueueId>(pick(&QUEUES, which).expect("there are queues"));
            AgentCommand::Transfer { interaction, to: TransferTarget::Queue { queue } }
        }
        6 | 7 => {
            let free: Vec<_> = AGENTS.into_iter().filter(|name| floor.is_free(name)).collect();
            let agent = id::<UserId>(pick(&free, which).unwrap_or("boris"));
            AgentCommand::Transfer { interaction, to: TransferTarget::Agent { agent } }
        }
        _ => AgentCommand::WrapUp {
            interaction,
            disposition: None,
            note: "note".into(),
            finish: which.is_multiple_of(2),
        },
    };
    let _ = floor.agent(agent).command(command);
}

fn device_event(floor: &mut Floor, agent: &str, how: u8) {
    let Some(leg) = floor.agent_leg(agent) else { return };
    let which = how / 8;
    let cause = CAUSES[usize::from(which) % CAUSES.len()];
    let event = match how % 8 {
        0 => LegEvent::Ringing,
        1 | 2 => LegEvent::Answered,
        3 => LegEvent::Failed { cause },
        4 => LegEvent::Ended { cause },
        5 => LegEvent::HeldByPeer { on: which.is_multiple_of(2) },
        6 => LegEvent::MediaLost,
        _ => LegEvent::MediaBack,
    };
    floor.leg_event(leg, event);
}

/// Lives a day, checking after every step; then everybody goes home. Returns the digest of all outputs.
fn live(day: &[Step], browsers: Browsers) -> u64 {
    let mut floor = floor::opens();
    floor.browsers = browsers;
    let mut ledger = Ledger::default();
    ledger.check(&floor);
    for step in day {
        floor.passes_checking(i64::from(step.3), |floor| ledger.check(floor));
        happens(&mut floor, *step);
        assert!(floor.most_outputs <= MAX_OUTPUTS, "{} outputs in one step", floor.most_outputs);
        ledger.check(&floor);
    }
    for caller in floor.callers_live() {
        floor.caller(&caller).hangs_up();
        ledger.check(&floor);
    }
    // A promise to call back is kept for a day.
    floor.passes_checking(25 * 3_600_000, |floor| ledger.check(floor));
    ledger.check_over(&floor);
    let bytes = |journal: &[Entry]| serde_json::to_string(journal).expect("entries are plain data");
    assert_eq!(bytes(&floor.replayed()), bytes(&floor.journal), "the kept inputs make another journal");
    floor.digest()
}

/// Enough to walk through every rule some dozens of times; `PROPTEST_CASES` asks for more.
fn effort() -> ProptestConfig {
    let asked = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if asked { ProptestConfig::default().cases } else { 64 };
    ProptestConfig { cases, max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(effort())]

    #[test]
    fn the_invariants_hold_on_any_day(day in days()) {
        live(&day, Browsers::AnswerAtOnce);
    }

    #[test]
    fn they_hold_when_browsers_answer_late_or_never(day in days()) {
        live(&day, Browsers::Hang);
    }

    #[test]
    fn the_same_day_gives_the_same_outputs_byte_for_byte(day in days()) {
        prop_assert_eq!(live(&day, Browsers::Hang), live(&day, Browsers::Hang));
    }

    #[test]
    fn inputs_about_things_that_never_were_change_nothing(which in 0u8..6, agent in 0usize..3) {
        let mut floor = floor::opens();
        floor.ready(&AGENTS);
        let before = (floor.view(), floor.journal.len());
        let unknown = id("nothing");
        match which {
            0 => drop(floor.input(Input::Leg { leg: id("nothing"), event: LegEvent::Answered })),
            1 => drop(floor.input(Input::Reply { ask: id("nothing"), reply: perezvon_model::engine::Reply::Failed })),
            2 => drop(floor.input(Input::Wake)),
            3 => drop(floor.input(Input::DeviceChanged { agent: unknown, device: Device::Phone, connected: true })),
            4 => drop(floor.input(Input::DeskChanged { agent: unknown, connected: false })),
            _ => drop(floor.agent(AGENTS[agent]).command(AgentCommand::HangUp { interaction: id("nothing") })),
        }
        prop_assert_eq!((floor.view(), floor.journal.len()), before);
    }
}
