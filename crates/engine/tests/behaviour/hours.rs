//! A queue has hours of its own: who comes too late goes elsewhere, who waits is served or sent.

use perezvon_model::engine::CommandRefused;
use perezvon_model::hours::{AtClose, Clock, Day, Hours, Opening};
use perezvon_model::leg::{Cause, LegEvent};
use perezvon_model::overflow::Goal;

use crate::floor::{self, Floor};
use crate::setup::{self, id};

const MINUTE_MS: i64 = 60_000;
const DAY: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

/// Support is open for ten more minutes, on the clocks of a zone that stands this many minutes east of UTC.
fn closing_soon(closed: Goal, at_close: AtClose, east_min: i64) -> Floor {
    let mut config = setup::company();
    config.zones.insert("Asia/Omsk".into(), i32::try_from(east_min).expect("a zone"));
    config.queues[0].routing.hours = Some(closing_in(east_min + 10, closed, at_close));
    floor::opens_with(config)
}

/// Hours that end so many minutes after the floor opens, on the clocks of UTC.
pub fn closing_in(minutes: i64, closed: Goal, at_close: AtClose) -> Hours {
    let minute = (floor::MORNING.0 / MINUTE_MS + minutes).rem_euclid(1_440);
    let clock =
        |minute: i64| Clock::try_from(format!("{:02}:{:02}", minute / 60, minute % 60)).expect("a time");
    let week = vec![Opening { days: DAY.to_vec(), from: clock(0), to: clock(minute) }];
    let (holidays, exceptions) = (Vec::new(), Vec::new());
    Hours { time_zone: "Asia/Omsk".into(), week, holidays, exceptions, closed, at_close }
}

#[test]
fn who_comes_after_hours_goes_where_the_queue_says() {
    let mut floor = closing_soon(Goal::Queue { queue: id("sales") }, AtClose::Serve, 360);
    floor.caller("a").arrives_at("direct");
    assert_eq!(floor.queue("support").waiting, 1);
    floor.passes(10 * MINUTE_MS);
    floor.caller("b").arrives_at("direct");
    assert_eq!(floor.queue("sales").waiting, 1);
    assert!(floor.story("b").iter().any(|word| word.starts_with("Closed to Queue")));
}

#[test]
fn without_a_goal_the_flow_leads_on_as_from_a_queue_that_takes_nobody() {
    let mut floor = closing_soon(Goal::Onward, AtClose::Serve, 0);
    floor.passes(10 * MINUTE_MS);
    floor.caller("a").arrives_at("direct");
    assert_eq!(floor.hears("a"), "unavailable");
}

#[test]
fn who_waits_at_closing_time_is_served_or_sent() {
    for (at_close, support, sales) in [(AtClose::Serve, 1, 0), (AtClose::Send, 0, 1)] {
        let mut floor = closing_soon(Goal::Queue { queue: id("sales") }, at_close, 0);
        floor.passes(9 * MINUTE_MS);
        floor.caller("a").arrives_at("direct");
        floor.passes(MINUTE_MS);
        assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (support, sales));
    }
}

#[test]
fn nobody_passes_a_caller_into_a_closed_queue() {
    let mut floor = closing_soon(Goal::Onward, AtClose::Serve, 0);
    floor.ready(&["anna"]);
    floor.passes(10 * MINUTE_MS);
    floor.caller("a").arrives_at("sales");
    floor.agent("anna").accepts();
    let refused = floor.agent("anna").passes_to_queue("support");
    assert!(matches!(refused, Err(CommandRefused::NotNow(why)) if why.contains("closed")));
}

#[test]
fn an_offer_that_rings_at_closing_time_is_left_to_its_end_and_then_the_caller_is_sent() {
    let mut floor = closing_soon(Goal::Queue { queue: id("sales") }, AtClose::Send, 0);
    floor.ready(&["boris"]);
    floor.passes(10 * MINUTE_MS - 5_000);
    floor.caller("a").arrives_at("direct");
    floor.passes(5_000);
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    floor.agent("boris").declines();
    floor.agent("boris").takes_break("lunch");
    floor.passes(17_000);
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (0, 1));
}

#[test]
fn who_is_given_back_to_a_closed_queue_stays() {
    let mut floor = closing_soon(Goal::Queue { queue: id("sales") }, AtClose::Send, 0);
    floor.ready(&["boris"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("boris").accepts();
    floor.passes(11 * MINUTE_MS);
    floor.agent("boris").leg_event(LegEvent::Ended { cause: Cause::Timeout });
    floor.configures();
    assert_eq!((floor.queue("support").waiting, floor.queue("sales").waiting), (1, 0));
}
