//! Today's sums.

use perezvon_engine::{AgentToday, Today};
use perezvon_model::view::QueueToday;

use crate::floor;
use crate::setup::id;

/// From the stories' morning, 10:00 in Moscow, to its midnight.
const TO_MIDNIGHT_MS: i64 = 14 * 3_600_000;

#[test]
fn sums_go_on_from_what_the_journal_holds_and_start_again_at_local_midnight() {
    let mut floor = floor::opens();
    let before = QueueToday { offered: 10, answered: 9, answered_in_threshold: 8, ..QueueToday::default() };
    floor.tenant.set_today(Today {
        queues: vec![(id("support"), before), (id("gone"), before)],
        agents: vec![(id("anna"), AgentToday { handled: 3, handle_ms: 30_000 })],
    });
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.passes(10_000);
    floor.caller("a").hangs_up();
    floor.agent("anna").finishes();
    let today = floor.queue("support").today;
    assert_eq!((today.offered, today.answered, today.answered_in_threshold), (11, 10, 9));
    let desk = floor.desk("anna");
    assert_eq!((desk.handled_today, desk.mean_handle_ms), (4, 10_000));
    floor.passes(TO_MIDNIGHT_MS - 20_000);
    assert_eq!(floor.queue("support").today.offered, 11);
    floor.passes(20_000);
    assert_eq!(floor.queue("support").today, QueueToday::default());
    assert_eq!(floor.desk("anna").handled_today, 0);
}

#[test]
fn a_wait_across_midnight_counts_in_neither_day() {
    let mut floor = floor::opens();
    floor.passes(TO_MIDNIGHT_MS - 5_000);
    floor.caller("a").arrives_at("direct");
    floor.passes(10_000);
    floor.ready(&["anna"]);
    floor.agent("anna").accepts();
    assert_eq!(floor.queue("support").today, QueueToday::default());
}

#[test]
fn an_answer_at_the_threshold_is_within_it() {
    for (wait_ms, within) in [(20_000, 1), (20_001, 0)] {
        let mut floor = floor::opens();
        floor.caller("a").arrives_at("direct");
        floor.passes(wait_ms - 1);
        floor.ready(&["anna"]);
        floor.agent("anna").accepts();
        let today = floor.queue("support").today;
        assert_eq!((today.answered_in_threshold, today.answer_wait_ms), (within, wait_ms));
    }
}

#[test]
fn a_caller_who_is_queued_again_is_counted_with_all_the_wait() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("overflowing");
    floor.passes(14_999);
    floor.ready(&["anna"]);
    floor.agent("anna").accepts();
    assert_eq!(floor.queue("support").today.offered, 1);
    let today = floor.queue("sales").today;
    assert_eq!((today.offered, today.answered, today.answer_wait_ms), (1, 1, 15_000));
    assert_eq!(today.answered_in_threshold, 1);
    floor.passes(8_000);
    floor.agent("anna").passes_to_queue("sales").unwrap();
    floor.passes(4_000);
    floor.ready(&["anna"]);
    let today = floor.queue("sales").today;
    assert_eq!((today.offered, today.answer_wait_ms), (2, 15_000), "a talk ended the clock");
}
