//! The caller hangs up, keeps the place, and is called when the turn comes.

use perezvon_model::announce::{Announcement, Only, Say};
use perezvon_model::engine::{Input, Output, OwedCallback};
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::overflow::{CallFirst, Callbacks, Goal, Overflow, OverflowWhen};
use perezvon_model::prompt::Language;
use perezvon_model::{Activity, E164, LegId};

use crate::floor::{self, Floor};
use crate::setup::{self, id};

const IVAN: &str = "+74951230001";

fn with(first: CallFirst) -> Floor {
    let mut config = setup::company();
    let routing = &mut config.queues[0].routing;
    routing.callbacks = Callbacks { first, tries: 2, again_after_s: 60 };
    routing.announcements =
        vec![Announcement { after_s: 10, every_s: 0, say: Say::Callback, only: Only::Always }];
    floor::opens_with(config)
}

/// Ivan waited ten seconds, asked to be called back, and hung up; Pyotr came after him and waits on the line.
fn promised(first: CallFirst) -> Floor {
    let mut floor = with(first);
    floor.caller(IVAN).arrives_at("direct");
    floor.passes(1_000);
    floor.caller("pyotr").arrives_at("direct");
    floor.passes(9_000);
    assert_eq!(floor.hears(IVAN), "callback-offer");
    floor.caller(IVAN).presses("1");
    assert_eq!(floor.hears(IVAN), "callback-promised goodbye");
    floor.caller(IVAN).listens();
    floor
}

fn dialled(floor: &Floor) -> Option<LegId> {
    floor.heard.iter().rev().find_map(|output| match output {
        perezvon_model::engine::Output::Leg {
            leg,
            command: LegCommand::Dial { target: DialTarget::Uri { .. }, .. },
        } => Some(*leg),
        _ => None,
    })
}

#[test]
fn the_promise_keeps_the_place_and_is_no_abandonment() {
    let floor = promised(CallFirst::Agent);
    let queue = floor.queue("support");
    assert_eq!((queue.waiting, queue.callbacks, queue.today.abandoned), (2, 1, 0));
    let story = floor.story(IVAN);
    assert!(story.contains(&"Asked to Callback".to_owned()), "{story:?}");
    assert!(story.contains(&"left queue Overflowed after 10000".to_owned()), "{story:?}");
    assert!(story.contains(&format!("will be called at {IVAN}")), "{story:?}");
    assert_eq!(floor.legs_live().len(), 1, "Pyotr's");
}

#[test]
fn the_agent_takes_it_then_the_customer_is_called_and_both_are_joined() {
    let mut floor = promised(CallFirst::Agent);
    floor.ready(&["boris"]);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("boris"), "before Pyotr, who came later");
    assert!(floor.desk("boris").offer.unwrap().about.callback);
    floor.agent("boris").accepts();
    assert!(floor.desk("boris").offer.unwrap().calls_customer);
    let leg = dialled(&floor).expect("the customer is called");
    floor.passes(5_000);
    floor.leg_event(leg, LegEvent::Ringing);
    floor.leg_event(leg, LegEvent::Answered);
    assert_eq!(floor.activity("boris"), Activity::Talking);
    let queue = floor.queue("support");
    assert_eq!((queue.waiting, queue.callbacks), (1, 0));
    floor.leg_event(leg, LegEvent::Ended { cause: Cause::Normal });
    assert_eq!(floor.activity("boris"), Activity::WrapUp);
    assert_eq!(floor.story(IVAN).last().unwrap(), "ended Answered Normal by Customer");
}

#[test]
fn the_customer_is_called_first_and_has_the_next_agent() {
    let mut floor = promised(CallFirst::Customer);
    floor.ready(&["boris"]);
    assert_eq!(floor.agent_of("pyotr").as_deref(), Some("boris"), "who does not wait for the dialling");
    let leg = dialled(&floor).expect("the customer is called");
    floor.agent("boris").accepts();
    floor.leg_event(leg, LegEvent::Answered);
    assert!(floor.story(IVAN).contains(&"queued support 2 at 1".to_owned()), "{:?}", floor.story(IVAN));
    floor.ready(&["vera"]);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("vera"));
}

#[test]
fn no_more_customers_are_called_at_once_than_agents_are_free_for_them() {
    let mut floor = with(CallFirst::Customer);
    let callers = [IVAN, "+74951230002", "+74951230003"];
    for caller in callers {
        floor.caller(caller).arrives_at("direct");
    }
    floor.passes(10_000);
    for caller in callers {
        floor.caller(caller).presses("1");
        floor.caller(caller).listens();
    }
    floor.ready(&["boris"]);
    floor.passes(20_000);
    let called = |floor: &Floor, caller| floor.story(caller).contains(&"called back 1".to_owned());
    assert_eq!(callers.map(|caller| called(&floor, caller)), [true, false, false]);
    let leg = dialled(&floor).expect("the first is called");
    floor.leg_event(leg, LegEvent::Answered);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("boris"));
    floor.ready(&["anna"]);
    floor.passes(6_000);
    assert_eq!(callers.map(|caller| called(&floor, caller)), [true, true, false]);
}

#[test]
fn who_is_not_reached_is_called_again_so_often_and_then_no_more() {
    for first in [CallFirst::Agent, CallFirst::Customer] {
        let mut floor = promised(first);
        floor.caller("pyotr").hangs_up();
        floor.ready(&["boris"]);
        for attempt in 1..=2 {
            if first == CallFirst::Agent {
                floor.agent("boris").accepts();
            }
            let leg = dialled(&floor).expect("the customer is called");
            let called = format!("called back {attempt}");
            assert!(floor.story(IVAN).contains(&called), "{:?}", floor.story(IVAN));
            floor.leg_event(leg, LegEvent::Failed { cause: Cause::Busy });
            assert_eq!((floor.activity("boris"), floor.presence("boris")), (Activity::Idle, "ready".into()));
            floor.passes(59_000);
            assert_eq!(floor.agent_of(IVAN), None);
            floor.passes(2_000);
        }
        assert_eq!(floor.story(IVAN).last().unwrap(), "ended NotReached Busy by System");
        assert_eq!(floor.queue("support").callbacks, 0);
        assert_eq!((floor.tenant.remains().calls, floor.tenant.remains().timers), (0, 0));
        floor.agent("boris").takes_break("lunch");
        floor.caller(IVAN).arrives_at("direct");
        floor.passes(10_000);
        floor.caller(IVAN).presses("1");
        assert_eq!(floor.hears(IVAN), "callback-promised goodbye", "what is over hinders no other promise");
    }
}

#[test]
fn a_customer_who_lets_it_ring_is_not_reached() {
    for first in [CallFirst::Agent, CallFirst::Customer] {
        let mut floor = promised(first);
        floor.caller("pyotr").hangs_up();
        floor.ready(&["boris"]);
        if first == CallFirst::Agent {
            floor.agent("boris").accepts();
        }
        floor.passes(48_000);
        let story = floor.story(IVAN);
        assert!(story.iter().any(|word| word == "not reached NoAnswer"), "{story:?}");
        assert_eq!(floor.legs_live(), []);
    }
}

#[test]
fn an_agent_who_declines_or_leaves_while_it_rings_leaves_it_to_others() {
    let mut floor = promised(CallFirst::Agent);
    floor.caller("pyotr").hangs_up();
    floor.ready(&["boris"]);
    floor.agent("boris").declines();
    assert_eq!((floor.queue("support").callbacks, floor.agent_of(IVAN)), (1, None));
    floor.ready(&["anna"]);
    assert_eq!(floor.agent_of(IVAN).as_deref(), Some("anna"));
    floor.agent("anna").accepts();
    let leg = dialled(&floor).expect("the customer is called");
    floor.agent("anna").leg_event(LegEvent::Ended { cause: Cause::Normal });
    assert!(floor.commands_to(leg).contains(&LegCommand::HangUp { cause: Cause::Cancelled }));
    assert_eq!(floor.queue("support").callbacks, 0, "nobody is rung twice within seconds");
    floor.agent("anna").takes_break("lunch");
    floor.agent("boris").takes_break("lunch");
    floor.passes(61_000);
    assert_eq!(floor.queue("support").callbacks, 1);
}

#[test]
fn a_queue_that_goes_together_with_the_agent_gives_the_callback_up_once() {
    let mut floor = promised(CallFirst::Agent);
    floor.caller("pyotr").hangs_up();
    floor.ready(&["boris"]);
    floor.agent("boris").accepts();
    assert!(dialled(&floor).is_some());
    floor.config.queues.retain(|queue| queue.key != "support");
    floor.config.agents.retain(|agent| agent.name != "boris");
    floor.configures();
    let story = floor.story(IVAN);
    let failed: Vec<&String> = story.iter().filter(|word| word.starts_with("not reached")).collect();
    assert_eq!(failed, ["not reached Unavailable"], "{story:?}");
}

#[test]
fn a_customer_who_calls_again_has_the_place_and_is_not_called_any_more() {
    let mut floor = promised(CallFirst::Agent);
    floor.passes(60_000);
    let first = floor.caller(IVAN).interaction();
    floor.caller(IVAN).arrives_at("direct");
    let story = floor.story(IVAN);
    assert!(story.contains(&"has the old place in support".to_owned()), "{story:?}");
    assert!(floor.story(IVAN).contains(&"queued support 1 at 1".to_owned()), "before Pyotr");
    assert_eq!(floor.queue("support").callbacks, 0);
    let ended = floor.journal.iter().any(|entry| {
        entry.interaction == Some(first)
            && matches!(entry.event, perezvon_model::journal::Event::InteractionEnded { .. })
    });
    assert!(ended);
}

#[test]
fn a_promise_that_nobody_can_keep_is_given_up_after_a_day() {
    let mut floor = promised(CallFirst::Agent);
    floor.caller("pyotr").hangs_up();
    floor.passes(24 * 3_600_000);
    assert_eq!(floor.story(IVAN).last().unwrap(), "ended NotReached Timeout by System");
    assert_eq!((floor.tenant.remains().calls, floor.tenant.remains().timers), (0, 0));
}

#[test]
fn nobody_is_promised_two_calls_or_one_without_a_number() {
    let mut floor = with(CallFirst::Agent);
    floor.caller("hidden").arrives_at("direct");
    floor.passes(11_000);
    assert_eq!(floor.hears("hidden"), "music");
    floor.caller("hidden").presses("1");
    assert_eq!(floor.queue("support").callbacks, 0);
    let mut floor = promised(CallFirst::Agent);
    floor.config.queues[1].routing = floor.config.queues[0].routing.clone();
    floor.configures();
    floor.caller(IVAN).arrives_at("sales");
    floor.passes(11_000);
    assert_eq!(floor.hears(IVAN), "music", "the one of support is not kept yet");
}

#[test]
fn the_digit_means_nothing_before_the_offer() {
    let mut floor = with(CallFirst::Agent);
    floor.caller(IVAN).arrives_at("direct");
    floor.caller(IVAN).presses("1");
    assert_eq!((floor.hears(IVAN), floor.queue("support").callbacks), ("music".to_owned(), 0));
}

#[test]
fn what_was_promised_before_a_restart_is_kept() {
    let mut floor = with(CallFirst::Agent);
    floor.config.queues[0].routing.ageing_per_min = 1;
    floor.configures();
    floor.caller("pyotr").arrives_at("direct");
    let owed = OwedCallback {
        interaction: id("owed"),
        queue: id("support"),
        number: E164::parse(IVAN, "RU").unwrap(),
        language: Language::Ru,
        to: "+74950000001".into(),
        trunk: None,
        arrived_at: perezvon_model::UtcMs(floor.now.0 - 100_000),
        place_at: perezvon_model::UtcMs(floor.now.0 - 90_000),
        tries: 1,
        not_before: perezvon_model::UtcMs(floor.now.0 + 30_000),
        needs: Vec::new(),
        points: 0,
    };
    floor.input(Input::CallbackOwed(owed.clone()));
    floor.input(Input::CallbackOwed(owed.clone()));
    let second = OwedCallback { interaction: id("second"), ..owed };
    floor.input(Input::CallbackOwed(second));
    let ends = |entry: &&perezvon_model::journal::Entry| {
        matches!(entry.event, perezvon_model::journal::Event::InteractionEnded { .. })
    };
    let ended: Vec<_> = floor.journal.iter().filter(ends).map(|entry| entry.interaction).collect();
    assert_eq!(ended, [Some(id("second"))], "nobody is called twice, and nothing stays open");
    assert_eq!(floor.queue("support").callbacks, 0);
    floor.passes(31_000);
    assert_eq!((floor.queue("support").waiting, floor.queue("support").callbacks), (2, 1));
    floor.ready(&["anna"]);
    assert!(floor.desk("anna").offer.is_some_and(|offer| offer.about.callback), "who has waited longer");
    floor.agent("anna").accepts();
    assert!(dialled(&floor).is_some());
}

#[test]
fn a_recording_of_an_earlier_conversation_ends_with_the_leg() {
    let mut floor = with(CallFirst::Agent);
    floor.ready(&["boris"]);
    floor.caller(IVAN).arrives_at("direct");
    floor.agent("boris").accepts();
    floor.agent("boris").takes_break("lunch");
    assert!(floor.agent("boris").passes_to_queue("support").is_ok());
    floor.passes(10_000);
    floor.caller(IVAN).presses("1");
    floor.caller(IVAN).listens();
    let stopped = |output: &Output| matches!(output, Output::RecordStop { .. });
    assert_eq!(floor.heard.iter().filter(|output| stopped(output)).count(), 1);
    floor.ready(&["anna"]);
    floor.agent("anna").accepts();
    let leg = dialled(&floor).expect("the customer is called");
    floor.leg_event(leg, LegEvent::Answered);
    let anew = |output: &Output| matches!(output, Output::RecordStart { leg: of, .. } if *of == leg);
    assert!(floor.heard.iter().any(anew), "on the new leg");
}

#[test]
fn who_was_called_first_is_not_kept_waiting_past_the_rules() {
    let mut floor = promised(CallFirst::Customer);
    let to = Goal::Queue { queue: id("sales") };
    floor.config.queues[0].routing.overflow = vec![Overflow { when: OverflowWhen::WaitedOver { s: 60 }, to }];
    floor.configures();
    floor.caller("pyotr").hangs_up();
    floor.ready(&["boris"]);
    let leg = dialled(&floor).expect("the customer is called");
    floor.agent("boris").takes_break("lunch");
    floor.leg_event(leg, LegEvent::Answered);
    floor.passes(59_000);
    assert_eq!(floor.queue("support").waiting, 1);
    floor.passes(1_000);
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (0, 1));
}

/// Ivan is called back and hangs up; so much later these are served, ten seconds each, and one more is while the next one waits.
fn serves_after_the_callback(floor: &mut Floor, quiet_ms: i64, callers: &[&'static str]) -> String {
    let leg = dialled(floor).expect("the customer is called");
    floor.leg_event(leg, LegEvent::Answered);
    floor.leg_event(leg, LegEvent::Ended { cause: Cause::Normal });
    floor.agent("boris").finishes();
    floor.passes(quiet_ms);
    for caller in callers {
        floor.caller(caller).arrives_at("direct");
        floor.agent("boris").accepts();
        floor.passes(10_000);
        floor.agent("boris").hangs_up();
        floor.agent("boris").finishes();
    }
    for caller in ["first", "next"] {
        floor.caller(caller).arrives_at("direct");
        if caller == "first" {
            floor.agent("boris").accepts();
        }
    }
    floor.passes(5_000);
    floor.hears("next")
}

/// Ivan waits to be called back by the only agent to come; who comes later is told how long it takes.
fn waits_to_be_called_back() -> Floor {
    let mut floor = promised(CallFirst::Agent);
    let wait = Announcement { after_s: 5, every_s: 0, say: Say::Wait, only: Only::Always };
    floor.config.queues[0].routing.announcements.push(wait);
    floor.configures();
    floor.caller("pyotr").hangs_up();
    floor
}

#[test]
fn a_callback_that_was_kept_leaves_a_quiet_queue_not_a_slow_one() {
    let mut floor = waits_to_be_called_back();
    floor.ready(&["boris"]);
    floor.agent("boris").accepts();
    let said = serves_after_the_callback(&mut floor, 20 * 60_000, &["a", "b", "c", "d", "e"]);
    assert_eq!(said, "wait-under-1");
}

#[test]
fn a_callback_that_was_answered_counts_in_the_pace() {
    let mut floor = waits_to_be_called_back();
    floor.passes(20 * 60_000);
    floor.ready(&["boris"]);
    floor.agent("boris").accepts();
    let said = serves_after_the_callback(&mut floor, 1_000, &["a", "b", "c"]);
    assert_eq!(said, "wait-under-10", "five answers of twenty minutes");
}
