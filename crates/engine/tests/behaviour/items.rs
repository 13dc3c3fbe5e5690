//! Chats and mails: offered beside calls as the capacity allows, resting while something interrupts them.

use perezvon_model::channel::Capacity;
use perezvon_model::config::{Queue, TenantConfig, WrapUp};
use perezvon_model::engine::{AgentCommand, CommandRefused, Input, NewItem, Output, TransferTarget};
use perezvon_model::journal::{Event, OfferOutcome, Outcome};
use perezvon_model::overflow::{Goal, Overflow, OverflowWhen};
use perezvon_model::view::ItemPhase;
use perezvon_model::{Activity, Channel, Device, InteractionId, OfferId, Presence, QueueId};

use crate::floor::{Floor, opens_with};
use crate::setup::{self, agent, id, queue};

pub fn queue_of(key: &str, channel: Channel) -> Queue {
    let mut of = Queue { wrap_up: WrapUp::None, ..queue(key) };
    of.routing.channel = channel;
    of
}

/// Support by voice, a queue of chats and one of mails; anna and boris work for all of them.
pub fn company() -> TenantConfig {
    let mut config = setup::company();
    config.queues.extend([queue_of("chats", Channel::Chat), queue_of("mails", Channel::Mail)]);
    let queues = ["support", "sales", "chats", "mails"];
    config.agents =
        vec![agent("anna", &queues, Device::Browser), agent("boris", &["support", "chats"], Device::Browser)];
    config
}

fn floor() -> Floor {
    opens_with(company())
}

impl Floor {
    pub fn item(&mut self, name: &str, queue: &str) -> Result<(), CommandRefused> {
        let request = id("item");
        let outputs = self.input(Input::ItemArrived(NewItem {
            interaction: id::<InteractionId>(name),
            request: Some(request),
            queue: id::<QueueId>(queue),
            from: name.into(),
            subject: format!("about {name}"),
            link: None,
            customer: None,
            place_at: self.now,
        }));
        let answer = outputs.into_iter().find_map(|output| match output {
            Output::Answer { request: of, result } if of == request => Some(result),
            _ => None,
        });
        answer.expect("whoever asks is answered")
    }

    fn comes(&mut self, name: &str, queue: &str) {
        self.item(name, queue).expect("the queue takes it");
        self.passes(1);
    }

    /// What the agent has, as `name: phase`.
    fn hand(&self, agent: &str) -> Vec<String> {
        let desk = self.desk_if_any(agent).expect("the agent has a desk");
        let told = |phase: &ItemPhase| match phase {
            ItemPhase::Offered { .. } => "offered",
            ItemPhase::AtHand { .. } => "at hand",
            ItemPhase::Resting => "rests",
            ItemPhase::WrapUp { .. } => "wrap-up",
        };
        desk.items.iter().map(|item| format!("{}: {}", item.about.from, told(&item.phase))).collect()
    }

    pub fn offer_of_item(&self, agent: &str) -> Option<OfferId> {
        self.desk_if_any(agent)?.items.iter().find_map(|item| match item.phase {
            ItemPhase::Offered { offer, .. } => Some(offer),
            ItemPhase::AtHand { .. } | ItemPhase::Resting | ItemPhase::WrapUp { .. } => None,
        })
    }

    fn takes(&mut self, name: &str) {
        let offer = self.offer_of_item(name).expect("an item is offered");
        self.agent(name).command(AgentCommand::Accept { offer }).expect("may accept");
    }

    fn done(&mut self, agent: &str, item: &str) {
        let interaction = id(item);
        self.agent(agent).command(AgentCommand::Finish { interaction }).expect("may finish");
    }

    fn events_of(&self, item: &str) -> Vec<&Event> {
        let of = Some(id::<InteractionId>(item));
        self.journal.iter().filter(|entry| entry.interaction == of).map(|entry| &entry.event).collect()
    }

    fn outcome_of(&self, item: &str) -> Option<Outcome> {
        self.events_of(item).into_iter().find_map(|event| match event {
            Event::InteractionEnded { outcome, .. } => Some(*outcome),
            _ => None,
        })
    }
}

#[test]
fn an_agent_has_three_chats_at_once_and_no_fourth() {
    let mut floor = floor();
    floor.ready(&["anna"]);
    for name in ["a", "b", "c", "d"] {
        floor.comes(name, "chats");
        if name != "d" {
            floor.takes("anna");
        }
    }
    assert_eq!(floor.hand("anna"), ["a: at hand", "b: at hand", "c: at hand"]);
    floor.done("anna", "b");
    floor.takes("anna");
    assert_eq!(floor.hand("anna"), ["a: at hand", "c: at hand", "d: at hand"]);
}

#[test]
fn one_offer_at_a_time_whatever_the_channel() {
    let mut floor = floor();
    floor.comes("a", "chats");
    floor.comes("b", "chats");
    floor.ready(&["anna"]);
    assert_eq!(floor.hand("anna"), ["a: offered"]);
    floor.caller("ivan").arrives_at("direct");
    assert!(!floor.is_offered("anna"), "a chat rings already");
    floor.takes("anna");
    assert_eq!(floor.hand("anna"), ["a: at hand", "b: offered"], "what came first is offered first");
}

#[test]
fn a_call_interrupts_a_mail_which_rests_and_goes_on() {
    let mut floor = floor();
    floor.ready(&["anna"]);
    floor.comes("letter", "mails");
    floor.takes("anna");
    floor.passes(60_000);
    floor.caller("ivan").arrives_at("direct");
    assert_eq!(floor.hand("anna"), ["letter: at hand"], "an offer interrupts nothing");
    floor.agent("anna").accepts();
    assert_eq!(floor.hand("anna"), ["letter: rests"]);
    assert_eq!(floor.activity("anna"), Activity::Talking);
    floor.passes(100_000);
    floor.agent("anna").hangs_up();
    assert_eq!(floor.hand("anna"), ["letter: rests"], "the wrap-up is part of the call");
    floor.agent("anna").finishes();
    assert_eq!(floor.hand("anna"), ["letter: at hand"]);
    floor.passes(5_000);
    floor.done("anna", "letter");
    let events = floor.events_of("letter");
    assert!(events.iter().any(|event| matches!(event, Event::WentOn { rested_ms: 100_000, .. })));
    assert!(
        events.iter().any(|event| matches!(event, Event::AgentDisconnected { talk_ms: 65_000, .. })),
        "the rest is no work: {events:?}"
    );
    assert_eq!(floor.outcome_of("letter"), Some(Outcome::Answered));
}

#[test]
fn a_mail_does_not_interrupt_a_chat_nor_a_chat_a_call() {
    let mut floor = floor();
    floor.ready(&["anna"]);
    floor.comes("chat", "chats");
    floor.takes("anna");
    floor.comes("letter", "mails");
    assert_eq!(floor.hand("anna"), ["chat: at hand"]);
    floor.done("anna", "chat");
    assert_eq!(floor.hand("anna"), ["letter: offered"]);
    floor.takes("anna");
    floor.done("anna", "letter");
    floor.caller("ivan").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.comes("late", "chats");
    assert_eq!(floor.hand("anna"), Vec::<String>::new());
}

#[test]
fn an_agent_may_have_a_capacity_of_their_own() {
    let mut config = company();
    let mut capacity = Capacity::default();
    capacity.chat.most = 1;
    config.agents[0].capacity = Some(capacity);
    let mut floor = opens_with(config);
    floor.ready(&["anna"]);
    floor.comes("a", "chats");
    floor.takes("anna");
    floor.comes("b", "chats");
    assert_eq!(floor.hand("anna"), ["a: at hand"]);
    // The change takes effect at once.
    floor.config.agents[0].capacity = None;
    floor.configures();
    assert_eq!(floor.hand("anna"), ["a: at hand", "b: offered"]);
}

#[test]
fn a_missed_chat_waits_on_at_its_place_and_the_agent_takes_a_break() {
    let mut floor = floor();
    floor.ready(&["anna"]);
    floor.comes("a", "chats");
    floor.comes("b", "chats");
    floor.passes(20_000);
    assert_eq!(floor.hand("anna"), Vec::<String>::new());
    let presence = floor.desk_if_any("anna").expect("anna has a desk").presence;
    assert_eq!(presence, Presence::Break { reason: "missed_offer".into() });
    floor.ready(&["boris"]);
    assert_eq!(floor.hand("boris"), ["a: offered"]);
}

#[test]
fn who_declines_a_chat_is_asked_last() {
    let mut floor = floor();
    floor.ready(&["anna", "boris"]);
    floor.comes("a", "chats");
    let offer = floor.offer_of_item("anna").expect("anna is idle longest");
    floor.agent("anna").command(AgentCommand::Decline { offer }).expect("may decline");
    assert_eq!(floor.hand("boris"), ["a: offered"]);
    let ends: Vec<_> = floor
        .events_of("a")
        .into_iter()
        .filter(|event| matches!(event, Event::OfferEnded { outcome: OfferOutcome::Declined, .. }))
        .collect();
    assert_eq!(ends.len(), 1);
}

#[test]
fn a_chat_whose_customer_leaves_is_abandoned_or_over() {
    let mut floor = floor();
    floor.comes("a", "chats");
    floor.comes("b", "chats");
    floor.input(Input::ItemWithdrawn { interaction: id("a") });
    assert_eq!(floor.outcome_of("a"), Some(Outcome::Abandoned));
    floor.ready(&["anna"]);
    floor.takes("anna");
    floor.input(Input::ItemWithdrawn { interaction: id("b") });
    assert_eq!(floor.outcome_of("b"), Some(Outcome::Answered));
    assert_eq!(floor.activity("anna"), Activity::Idle);
    floor.comes("c", "chats");
    floor.input(Input::ItemWithdrawn { interaction: id("c") });
    assert_eq!(floor.hand("anna"), Vec::<String>::new(), "the offer is withdrawn");
    assert_eq!(floor.tenant.remains().items, 0);
}

#[test]
fn the_wrap_up_of_a_chat_keeps_its_room_until_it_ends() {
    let mut config = company();
    config.queues[2].wrap_up = WrapUp::Extendable { limit_s: 30 };
    let mut capacity = Capacity::default();
    capacity.chat.most = 1;
    config.capacity = capacity;
    let mut floor = opens_with(config);
    floor.ready(&["anna"]);
    floor.comes("a", "chats");
    floor.takes("anna");
    floor.done("anna", "a");
    assert_eq!((floor.hand("anna"), floor.activity("anna")), (vec!["a: wrap-up".into()], Activity::WrapUp));
    floor.comes("b", "chats");
    assert_eq!(floor.hand("anna"), ["a: wrap-up"]);
    floor.passes(20_000);
    floor.agent("anna").command(AgentCommand::ExtendWrapUp { interaction: id("a") }).expect("once");
    let again = floor.agent("anna").command(AgentCommand::ExtendWrapUp { interaction: id("a") });
    assert!(matches!(again, Err(CommandRefused::NotNow(_))));
    floor.passes(39_998);
    assert_eq!(floor.hand("anna"), ["a: wrap-up"]);
    floor.passes(1);
    assert_eq!(floor.hand("anna"), ["b: offered"]);
}

#[test]
fn an_agent_who_is_gone_leaves_the_chats_to_others_at_their_places() {
    let mut floor = floor();
    floor.ready(&["anna"]);
    floor.comes("a", "chats");
    floor.takes("anna");
    floor.comes("b", "chats");
    floor.takes("anna");
    floor.agent("anna").desk(false);
    floor.passes(29_999);
    assert_eq!(floor.hand("anna"), ["a: at hand", "b: at hand"], "the agent may come back");
    floor.passes(1);
    assert_eq!(floor.hand("anna"), Vec::<String>::new());
    floor.comes("c", "chats");
    floor.ready(&["boris"]);
    assert_eq!(floor.hand("boris"), ["a: offered"]);
    floor.takes("boris");
    assert_eq!(floor.hand("boris"), ["a: at hand", "b: offered"]);
}

#[test]
fn a_chat_is_passed_on_to_another_queue_of_chats_only() {
    let mut config = company();
    config.queues.push(queue_of("experts", Channel::Chat));
    config.agents[1].queues.push(id("experts"));
    let mut floor = opens_with(config);
    floor.ready(&["anna"]);
    floor.comes("a", "chats");
    floor.takes("anna");
    let transfer = |queue: &str| AgentCommand::Transfer {
        interaction: id("a"),
        to: TransferTarget::Queue { queue: id(queue) },
    };
    assert_eq!(floor.agent("anna").command(transfer("support")), Err(CommandRefused::NoSuchTarget));
    assert_eq!(floor.agent("anna").command(transfer("experts")), Ok(()));
    assert_eq!(floor.hand("anna"), Vec::<String>::new());
    floor.ready(&["boris"]);
    assert_eq!(floor.hand("boris"), ["a: offered"]);
}

#[test]
fn a_chat_overflows_to_another_queue_by_the_rules_of_its_own() {
    let mut config = company();
    config.queues.push(queue_of("more", Channel::Chat));
    config.queues[2].routing.overflow = vec![
        Overflow { when: OverflowWhen::WaitedOver { s: 5 }, to: Goal::Voicemail },
        Overflow { when: OverflowWhen::WaitedOver { s: 10 }, to: Goal::Queue { queue: id("more") } },
    ];
    config.agents[1].queues = vec![id("more")];
    let mut floor = opens_with(config);
    floor.ready(&["boris"]);
    floor.comes("a", "chats");
    floor.passes(9_998);
    assert_eq!(floor.hand("boris"), Vec::<String>::new(), "a chat speaks no message");
    floor.passes(1);
    assert_eq!(floor.hand("boris"), ["a: offered"]);
}

#[test]
fn a_queue_takes_its_channel_alone() {
    let mut floor = floor();
    assert_eq!(floor.item("a", "support"), Err(CommandRefused::NoSuchTarget));
    floor.config.queues[2].max_waiting = 1;
    floor.configures();
    floor.comes("b", "chats");
    assert_eq!(floor.item("c", "chats"), Err(CommandRefused::QueueTakesNobody), "it is full");
    assert_eq!(floor.item("b", "mails"), Err(CommandRefused::QueueTakesNobody), "it came before");
}

#[test]
fn what_was_accepted_before_a_stop_waits_again_since_then() {
    let mut floor = floor();
    let owed = NewItem {
        interaction: id("old"),
        request: None,
        queue: id("chats"),
        from: "old".into(),
        subject: String::new(),
        link: None,
        customer: None,
        place_at: perezvon_model::UtcMs(floor.now.0 - 3_600_000),
    };
    let before = floor.journal.len();
    floor.input(Input::ItemArrived(owed));
    let starts = |event: &Event| matches!(event, Event::InteractionStarted { .. });
    assert!(
        !floor.journal[before..].iter().any(|entry| starts(&entry.event)),
        "it is in the journal already"
    );
    floor.comes("new", "chats");
    floor.ready(&["boris"]);
    assert_eq!(floor.hand("boris"), ["old: offered"]);
    let waited_ms = floor.desk_if_any("boris").expect("boris has a desk").items[0].about.waited_ms;
    assert_eq!(waited_ms, 1, "since the start of the server; the clock is that of before");
    floor.takes("boris");
    assert_eq!(floor.queue("chats").today.answered_in_threshold, 0);
}

#[test]
fn of_a_chats_card_nothing_is_kept_but_what_is_decided_by() {
    let mut config = company();
    config.queues[2].routing.preferred.owner_s = 30;
    let mut floor = opens_with(config);
    floor.ready(&["anna", "boris"]);
    let card = perezvon_model::customer::CustomerCard {
        id: id("ivan"),
        name: "Ivan Petrov".into(),
        company: String::new(),
        numbers: Vec::new(),
        fields: Vec::new(),
        note: "owes money".into(),
        recent: Vec::new(),
        owner: Some(id("boris")),
        last_agent: None,
        version: 1,
        is_new: false,
    };
    let item = NewItem {
        interaction: id("a"),
        request: Some(id("item")),
        queue: id("chats"),
        from: "a".into(),
        subject: "Hello".into(),
        link: None,
        customer: Some(std::sync::Arc::new(card)),
        place_at: floor.now,
    };
    floor.input(Input::ItemArrived(item));
    assert_eq!(floor.hand("boris"), ["a: offered"], "who looks after the customer");
    assert!(!floor.kept.contains("Petrov") && !floor.kept.contains("owes"));
    assert_eq!(floor.replayed(), floor.journal);
}

#[test]
fn when_the_server_stops_the_agents_part_ends_and_the_chat_stays_open() {
    let mut floor = floor();
    floor.ready(&["anna"]);
    floor.comes("a", "chats");
    floor.takes("anna");
    floor.input(Input::Stop);
    let events = floor.events_of("a");
    assert!(events.iter().any(|event| matches!(event, Event::AgentDisconnected { .. })));
    assert_eq!(floor.outcome_of("a"), None);
}

#[test]
fn a_removed_agent_finishes_what_is_at_hand() {
    let mut floor = floor();
    floor.ready(&["anna"]);
    floor.comes("a", "chats");
    floor.takes("anna");
    floor.comes("b", "chats");
    floor.config.agents.remove(0);
    floor.configures();
    assert_eq!(floor.hand("anna"), ["a: at hand"], "the offer goes to others");
    floor.done("anna", "a");
    assert!(floor.desk_if_any("anna").is_none());
}

#[test]
fn a_chat_without_its_queue_is_refused_and_nothing_is_left() {
    let mut floor = floor();
    floor.comes("a", "chats");
    floor.config.queues.remove(2);
    floor.configures();
    assert_eq!(floor.outcome_of("a"), Some(Outcome::Refused));
    assert_eq!(floor.tenant.remains().items, 0);
}

#[test]
fn a_note_on_a_chat_is_saved_and_only_by_who_has_it() {
    let mut floor = floor();
    floor.ready(&["anna", "boris"]);
    floor.comes("a", "chats");
    floor.takes("anna");
    let note = |finish| AgentCommand::WrapUp {
        interaction: id("a"),
        disposition: Some(id("solved")),
        note: "done".into(),
        finish,
    };
    assert_eq!(floor.agent("boris").command(note(false)), Err(CommandRefused::NotYours));
    assert_eq!(floor.agent("anna").command(note(false)), Ok(()));
    assert!(floor.events_of("a").iter().any(|event| matches!(event, Event::Noted { .. })));
    assert_eq!(floor.hand("anna"), ["a: at hand"]);
}
