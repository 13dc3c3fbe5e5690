//! What a queue's routing does on a floor: strategies, priorities, steps, misses, and what the journal says of it.

use perezvon_model::config::Misses;
use perezvon_model::engine::{AgentCommand, CommandRefused};
use perezvon_model::journal::{Event, OfferOutcome};
use perezvon_model::leg::LegEvent;
use perezvon_model::routing::{Lends, NotFor, Regime, Step, Strategy, Widen};
use perezvon_model::{Activity, Presence};

use crate::floor::{self, Browsers, Floor};
use crate::setup::{self, id};

fn with(strategy: Strategy) -> Floor {
    let mut config = setup::company();
    config.queues[0].routing.strategy = strategy;
    floor::opens_with(config)
}

fn offered(floor: &Floor) -> Vec<&'static str> {
    ["anna", "boris", "vera"].into_iter().filter(|name| floor.is_offered(name)).collect()
}

#[test]
fn all_at_once_rings_everybody_and_the_first_to_accept_has_it() {
    let mut floor = with(Strategy::AllAtOnce);
    floor.ready(&["anna", "boris", "vera"]);
    floor.caller("a").arrives_at("direct");
    assert_eq!(offered(&floor), ["anna", "boris", "vera"]);
    floor.agent("boris").accepts();
    assert_eq!(offered(&floor), [""; 0]);
    assert_eq!(floor.hears("a"), "boris");
    for name in ["anna", "vera"] {
        assert_eq!((floor.activity(name), floor.presence(name)), (Activity::Idle, "ready".to_owned()));
        let withdrawn = format!("Withdrawn by {name} after 0");
        assert!(floor.story("a").contains(&withdrawn), "{:?}", floor.story("a"));
    }
}

#[test]
fn the_others_stop_ringing_while_the_first_one_s_browser_is_joined() {
    let mut floor = with(Strategy::AllAtOnce);
    floor.browsers = Browsers::Hang;
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    let offer = floor.agent("boris").offer();
    floor.agent("anna").accepts();
    assert_eq!(offered(&floor), ["anna"]);
    let late = floor.agent("boris").command(AgentCommand::Accept { offer });
    assert_eq!(late, Err(CommandRefused::OfferOver));
    floor.agent("anna").leg_event(LegEvent::Answered);
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn all_at_once_goes_on_ringing_while_one_is_left() {
    let mut floor = with(Strategy::AllAtOnce);
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").declines();
    assert_eq!(offered(&floor), ["boris"]);
    assert_eq!(floor.activity("anna"), Activity::Idle);
    floor.agent("boris").declines();
    assert_eq!(offered(&floor), [""; 0]);
    assert_eq!((floor.queue("support").waiting, floor.hears("a")), (1, "music".to_owned()));
    floor.passes(30_000);
    assert_eq!(offered(&floor), ["anna", "boris"]);
}

#[test]
fn a_caller_who_hangs_up_frees_all_who_were_rung() {
    let mut floor = with(Strategy::AllAtOnce);
    floor.ready(&["anna", "boris", "vera"]);
    floor.caller("a").arrives_at("direct");
    floor.caller("a").hangs_up();
    assert_eq!(offered(&floor), [""; 0]);
    assert_eq!(floor.queue("support").idle, 3);
    assert_eq!(floor.legs_live(), []);
}

#[test]
fn the_longest_wait_is_over_only_after_all_offers_that_ring_then() {
    let mut config = setup::company();
    config.queues[0].routing.strategy = Strategy::AllAtOnce;
    config.queues[0].ring_timeout_s = 30;
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("overflowing");
    floor.passes(29_000);
    assert_eq!(offered(&floor), ["anna", "boris"], "ten seconds were the longest wait");
}

#[test]
fn priority_of_the_queue_counts_between_queues_and_is_aged_away() {
    let mut config = setup::company();
    config.queues[1].routing.priority = 5;
    for queue in &mut config.queues {
        queue.routing.ageing_per_min = 1;
    }
    let mut floor = floor::opens_with(config);
    floor.caller("old").arrives_at("direct");
    floor.passes(290_000);
    floor.caller("b").arrives_at("sales");
    floor.caller("new").arrives_at("direct");
    floor.ready(&["anna"]);
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"), "5 points against 4.8 and 0");
}

#[test]
fn a_step_of_relaxing_is_taken_in_its_time() {
    let mut config = setup::company();
    config.queues[0].required_skills = vec![setup::skill("german", 5)];
    config.queues[0].routing.steps =
        vec![Step { after_s: 15, widen: Widen::DropSkill { skill: id("german") } }];
    config.agents[0].skills = vec![setup::skill("german", 5)];
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.ready(&["boris"]);
    floor.caller("b").arrives_at("direct");
    floor.passes(14_000);
    assert_eq!(floor.agent_of("b"), None);
    floor.passes(1_000);
    assert_eq!(floor.agent_of("b").as_deref(), Some("boris"));
}

#[test]
fn every_assignment_leaves_its_receipt_before_the_offer() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    let interaction = floor.caller("a").interaction();
    let mine: Vec<&Event> = floor
        .journal
        .iter()
        .filter(|entry| entry.interaction == Some(interaction))
        .map(|entry| &entry.event)
        .collect();
    let at = mine.iter().position(|event| matches!(event, Event::Routed { .. })).expect("there is a receipt");
    let (Event::Routed { agents, receipt }, Event::Offered { agent, .. }) = (mine[at], mine[at + 1]) else {
        panic!("{:?}", mine[at + 1])
    };
    assert_eq!((agents.as_slice(), *agent), ([id("anna")].as_slice(), id("anna")));
    assert_eq!((receipt.regime, receipt.version, receipt.position), (Regime::AgentsToSpare, 1, 1));
    assert_eq!(receipt.agents[0].agent, id("boris"));
}

#[test]
fn an_agent_who_gets_nothing_leaves_a_reason() {
    let mut floor = floor::opens();
    floor.caller("b").arrives_at("sales");
    floor.ready(&["boris"]);
    let nothing = floor.journal.iter().find_map(|entry| match &entry.event {
        Event::NothingFor { nothing } => Some(nothing),
        _ => None,
    });
    let nothing = nothing.expect("boris got nothing");
    assert_eq!((nothing.agent, nothing.waiting), (id("boris"), 1));
    assert_eq!((nothing.queues[0].queue, nothing.queues[0].why), (id("sales"), NotFor::NotMember));
}

fn misses(misses: Misses) -> Floor {
    let mut config = setup::company();
    config.queues[0].routing.misses = misses;
    floor::opens_with(config)
}

#[test]
fn so_many_declined_offers_in_a_row_take_the_agent_out() {
    let mut floor = misses(Misses { declined: 2, ..Misses::default() });
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").declines();
    assert_eq!(floor.presence("anna"), "ready");
    floor.passes(5_000);
    floor.agent("anna").declines();
    assert_eq!(floor.presence("anna"), "break: declined_offers");
    floor
        .agent("anna")
        .command(AgentCommand::SetPresence { presence: Presence::Ready })
        .expect("one click to return");
}

#[test]
fn an_accepted_offer_starts_the_counts_again() {
    let mut floor = misses(Misses { declined: 2, ..Misses::default() });
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").declines();
    floor.passes(5_000);
    floor.agent("anna").accepts();
    floor.caller("a").hangs_up();
    floor.agent("anna").finishes();
    floor.caller("b").arrives_at("direct");
    floor.agent("anna").declines();
    assert_eq!(floor.presence("anna"), "ready");
}

#[test]
fn a_missed_offer_that_is_forgiven_goes_to_another_agent_first() {
    let mut floor = misses(Misses { no_answer: 2, ..Misses::default() });
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.passes(20_000);
    assert_eq!(floor.presence("anna"), "ready");
    assert_eq!(offered(&floor), ["boris"]);
    floor.passes(20_000);
    assert_eq!(floor.presence("boris"), "ready");
    assert_eq!(offered(&floor), [""; 0]);
    floor.passes(10_000);
    assert_eq!(offered(&floor), ["anna"]);
    floor.passes(20_000);
    assert_eq!(floor.presence("anna"), "break: missed_offer");
}

#[test]
fn offers_that_are_withdrawn_are_nobody_s_miss() {
    let mut floor = misses(Misses { declined: 1, no_answer: 1, busy: 1, unreachable: 1 });
    floor.ready(&["anna"]);
    for caller in ["a", "b"] {
        floor.caller(caller).arrives_at("direct");
        floor.caller(caller).hangs_up();
    }
    assert_eq!(floor.presence("anna"), "ready");
    let outcomes: Vec<OfferOutcome> = floor
        .journal
        .iter()
        .filter_map(|entry| match entry.event {
            Event::OfferEnded { outcome, .. } => Some(outcome),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, [OfferOutcome::Withdrawn; 2]);
}

/// Anna works for support and talks; Boris works for sales, whom support may ask after ten seconds.
fn borrowing(lends: Lends) -> Floor {
    let mut config = setup::company();
    config.queues[0].routing.steps =
        vec![Step { after_s: 10, widen: Widen::AddQueue { queue: id("sales") } }];
    config.queues[1].routing.lends = lends;
    config.agents[0].queues = vec![id("support")];
    config.agents[1].queues = vec![id("sales")];
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("first").arrives_at("direct");
    floor.agent("anna").accepts();
    floor
}

/// Whether Boris is offered a caller of support who waits eleven seconds from now.
fn is_lent(floor: &mut Floor, caller: &str) -> bool {
    floor.caller(caller).arrives_at("direct");
    floor.passes(11_000);
    floor.agent_of(caller).as_deref() == Some("boris")
}

#[test]
fn a_queue_whose_service_level_holds_lends_its_agents() {
    let mut floor = borrowing(Lends::WhileServiceLevelHolds);
    floor.ready(&["boris"]);
    assert!(is_lent(&mut floor, "a"));
}

#[test]
fn a_queue_that_answers_too_late_keeps_its_agents_for_half_an_hour() {
    let mut floor = borrowing(Lends::WhileServiceLevelHolds);
    floor.caller("late").arrives_at("sales");
    floor.passes(20_002);
    floor.ready(&["boris"]);
    floor.agent("boris").accepts();
    floor.agent("boris").hangs_up();
    assert!(!is_lent(&mut floor, "a"));
    floor.passes(30 * 60_000);
    assert_eq!(floor.agent_of("a").as_deref(), None, "the longest wait of the flow was over");
    floor.ready(&["boris"]);
    assert!(is_lent(&mut floor, "b"));
}

#[test]
fn an_abandoned_call_counts_against_lending_and_a_short_one_does_not() {
    for (wait_ms, lent) in [(4_000, true), (6_000, false)] {
        let mut floor = borrowing(Lends::WhileServiceLevelHolds);
        floor.caller("gone").arrives_at("sales");
        floor.passes(wait_ms);
        floor.caller("gone").hangs_up();
        floor.ready(&["boris"]);
        assert_eq!(is_lent(&mut floor, "a"), lent, "{wait_ms}");
    }
}

#[test]
fn who_waits_too_long_at_home_ends_the_lending_before_the_answer() {
    for (wait_ms, lent) in [(5_000, true), (15_000, false)] {
        let mut floor = borrowing(Lends::WhileServiceLevelHolds);
        floor.config.queues[1].required_skills = vec![setup::skill("german", 3)];
        floor.configures();
        floor.ready(&["boris"]);
        floor.caller("german").arrives_at("sales");
        floor.passes(wait_ms);
        assert_eq!(floor.agent_of("german"), None, "nobody speaks German");
        assert_eq!(is_lent(&mut floor, "a"), lent, "{wait_ms}");
    }
}

#[test]
fn who_comes_from_another_queue_past_the_threshold_counts_at_once() {
    let mut floor = borrowing(Lends::WhileServiceLevelHolds);
    floor.config.queues[1].service_level_s = 5;
    floor.configures();
    // Ten seconds in support, then sales: the clock is that of the first queue.
    floor.caller("overflows").arrives_at("overflowing");
    floor.passes(10_000);
    assert_eq!(floor.queue("sales").waiting, 1);
    floor.ready(&["boris"]);
    floor.agent("boris").accepts();
    floor.agent("boris").hangs_up();
    assert!(!is_lent(&mut floor, "a"));
}

#[test]
fn always_and_never_are_kept_whatever_the_service_level() {
    for (lends, lent) in [(Lends::Always, true), (Lends::Never, false)] {
        let mut floor = borrowing(lends);
        floor.caller("gone").arrives_at("sales");
        floor.passes(10_000);
        floor.caller("gone").hangs_up();
        floor.ready(&["boris"]);
        assert_eq!(is_lent(&mut floor, "a"), lent);
    }
}

#[test]
fn what_was_counted_outlives_a_change_of_the_configuration() {
    let mut floor = borrowing(Lends::WhileServiceLevelHolds);
    floor.caller("gone").arrives_at("sales");
    floor.passes(10_000);
    floor.caller("gone").hangs_up();
    floor.configures();
    floor.ready(&["boris"]);
    assert!(!is_lent(&mut floor, "a"));
}

const BUSY_ANNA: &str = "+74951112233";
const DROPPED: &str = "+74951112234";
const OTHER: &str = "+74951112235";

/// One who is cut off after a minute in the queue, behind whom another one waits.
fn cut_off(keep_place_s: u32) -> Floor {
    let mut config = setup::company();
    config.queues[0].routing.keep_place_s = keep_place_s;
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller(BUSY_ANNA).arrives_at("direct");
    floor.agent("anna").accepts();
    floor.caller(DROPPED).arrives_at("direct");
    floor.caller(OTHER).arrives_at("direct");
    floor.passes(60_000);
    floor.caller(DROPPED).hangs_up();
    floor
}

#[test]
fn a_caller_who_was_cut_off_has_the_old_place_back() {
    let mut floor = cut_off(120);
    floor.passes(120_000);
    floor.caller(DROPPED).arrives_at("direct");
    assert!(floor.story(DROPPED).contains(&"queued support 1 at 1".to_owned()), "{:?}", floor.story(DROPPED));
    assert!(floor.story(DROPPED).contains(&"has the old place in support".to_owned()));
    floor.caller(BUSY_ANNA).hangs_up();
    floor.agent("anna").finishes();
    assert_eq!(floor.agent_of(DROPPED).as_deref(), Some("anna"));
}

#[test]
fn the_wait_of_the_new_call_is_its_own() {
    let mut floor = cut_off(120);
    floor.passes(30_000);
    floor.caller(DROPPED).arrives_at("direct");
    floor.passes(1_000);
    floor.caller(DROPPED).hangs_up();
    assert!(
        floor.story(DROPPED).contains(&"left queue Abandoned after 1000".to_owned()),
        "{:?}",
        floor.story(DROPPED)
    );
}

#[test]
fn a_place_is_given_back_only_in_time_and_only_where_the_queue_keeps_it() {
    for (keep_place_s, passes_ms) in [(120, 120_001), (0, 1_000)] {
        let mut floor = cut_off(keep_place_s);
        floor.passes(passes_ms);
        floor.caller(DROPPED).arrives_at("direct");
        assert!(
            floor.story(DROPPED).contains(&"queued support 1 at 2".to_owned()),
            "{:?}",
            floor.story(DROPPED)
        );
    }
}

#[test]
fn a_place_in_one_queue_is_none_in_another() {
    let mut floor = cut_off(120);
    floor.caller(OTHER).hangs_up();
    floor.caller(DROPPED).arrives_at("sales");
    assert!(!floor.story(DROPPED).iter().any(|word| word.starts_with("has the old place")));
}
