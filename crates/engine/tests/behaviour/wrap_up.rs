//! After-call work.

use perezvon_engine::{MAX_NOTE_CHARS, MAX_WRAP_UP_MS};
use perezvon_model::config::WrapUp;
use perezvon_model::engine::{AgentCommand, CommandRefused, Input};
use perezvon_model::{Activity, DispositionId, Presence};

use crate::floor::{self, Floor};
use crate::setup::{self, id};

fn wrapping_up() -> Floor {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.passes(5_000);
    floor.caller("a").hangs_up();
    floor
}

#[test]
fn no_call_of_any_queue_cuts_a_wrap_up_short() {
    let mut floor = wrapping_up();
    floor.caller("b").arrives_at("direct");
    floor.caller("c").arrives_at("sales");
    floor.passes(29_999);
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    floor.passes(1);
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"));
    assert!(floor.story("a").contains(&"anna wrapped up 30000".to_owned()));
}

#[test]
fn a_wrap_up_may_be_finished_early() {
    let mut floor = wrapping_up();
    floor.passes(1_000);
    floor.agent("anna").finishes();
    assert_eq!(floor.activity("anna"), Activity::Idle);
    assert!(floor.story("a").contains(&"anna wrapped up 1000".to_owned()));
    assert_eq!(floor.tenant.remains().timers, 0);
}

#[test]
fn a_stop_ends_wrap_ups_and_signs_everybody_out() {
    let mut floor = wrapping_up();
    floor.ready(&["boris"]);
    floor.passes(1_000);
    floor.input(Input::Stop);
    assert!(floor.story("a").contains(&"anna wrapped up 1001".to_owned()), "boris took 1 ms to become ready");
    for name in ["anna", "boris"] {
        assert_eq!((floor.activity(name), floor.desk(name).presence), (Activity::Idle, Presence::Offline));
    }
    assert_eq!(floor.tenant.remains().timers, 0);
}

#[test]
fn a_queue_without_wrap_up_frees_the_agent_at_once() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("sales");
    floor.agent("anna").accepts();
    floor.caller("a").hangs_up();
    assert_eq!(floor.activity("anna"), Activity::Idle);
    assert!(!floor.story("a").iter().any(|word| word.contains("wraps up")));
}

#[test]
fn what_was_written_in_the_call_is_there_in_the_wrap_up() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.agent("anna").notes("wants a refund");
    floor.agent("anna").notes("wants a refund");
    floor.caller("a").hangs_up();
    let wrap_up = floor.desk("anna").wrap_up.expect("wraps up");
    assert_eq!(wrap_up.note, "wants a refund");
    let notes = floor.story("a").iter().filter(|word| word.starts_with("anna notes")).count();
    assert_eq!(notes, 1, "what did not change is not written again");
}

#[test]
fn a_wrong_disposition_or_too_long_a_note_is_refused_and_changes_nothing() {
    let mut floor = wrapping_up();
    let interaction = floor.agent("anna").interaction();
    let write = |disposition: Option<&str>, note: String| AgentCommand::WrapUp {
        interaction,
        disposition: disposition.map(id::<DispositionId>),
        note,
        finish: true,
    };
    let long = "ы".repeat(MAX_NOTE_CHARS + 1);
    for command in [write(Some("none"), String::new()), write(Some("sold"), String::new()), write(None, long)]
    {
        assert_eq!(floor.agent("anna").command(command).unwrap_err().code(), "bad_value");
        assert_eq!(floor.activity("anna"), Activity::WrapUp);
    }
    let longest = "ы".repeat(MAX_NOTE_CHARS);
    floor.agent("anna").command(write(Some("solved"), longest)).unwrap();
    assert_eq!(floor.activity("anna"), Activity::Idle);
}

#[test]
fn a_wrap_up_that_is_over_cannot_be_written() {
    let mut floor = wrapping_up();
    let interaction = floor.agent("anna").interaction();
    floor.passes(30_000);
    let command = AgentCommand::WrapUp { interaction, disposition: None, note: "late".into(), finish: true };
    assert_eq!(floor.agent("anna").command(command), Err(CommandRefused::NotYours));
}

#[test]
fn a_break_taken_in_the_call_begins_after_the_wrap_up() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.agent("anna").takes_break("lunch");
    assert_eq!(floor.hears("a"), "anna", "the call goes on");
    floor.caller("a").hangs_up();
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    floor.caller("b").arrives_at("direct");
    floor.passes(30_000);
    assert_eq!((floor.activity("anna"), floor.presence("anna")), (Activity::Idle, "break: lunch".into()));
    assert_eq!(floor.agent_of("b"), None);
}

fn with(wrap_up: WrapUp) -> Floor {
    let mut config = setup::company();
    config.queues[0].wrap_up = wrap_up;
    let mut floor = floor::opens_with(config);
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor
}

fn wants(floor: &mut Floor, on: bool) -> Result<(), CommandRefused> {
    let interaction = floor.agent("anna").interaction();
    floor.agent("anna").command(AgentCommand::WantWrapUp { interaction, on })
}

fn extends(floor: &mut Floor) -> Result<(), CommandRefused> {
    let interaction = floor.desk("anna").wrap_up.expect("anna wraps up").about.interaction;
    floor.agent("anna").command(AgentCommand::ExtendWrapUp { interaction })
}

#[test]
fn an_optional_wrap_up_comes_only_when_the_agent_wants_it() {
    let mut floor = with(WrapUp::Optional { limit_s: 30 });
    assert_eq!(floor.desk("anna").call.expect("anna talks").wrap_up_wanted, Some(false));
    floor.caller("a").hangs_up();
    assert_eq!(floor.activity("anna"), Activity::Idle);

    let mut floor = with(WrapUp::Optional { limit_s: 30 });
    wants(&mut floor, true).expect("the agent may");
    assert_eq!(floor.desk("anna").call.expect("anna talks").wrap_up_wanted, Some(true));
    floor.caller("a").hangs_up();
    floor.passes(29_999);
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    floor.passes(1);
    assert_eq!(floor.activity("anna"), Activity::Idle);
}

#[test]
fn a_wish_for_a_wrap_up_may_be_taken_back() {
    let mut floor = with(WrapUp::Optional { limit_s: 30 });
    wants(&mut floor, true).expect("the agent may");
    wants(&mut floor, false).expect("the agent may");
    floor.caller("a").hangs_up();
    assert_eq!(floor.activity("anna"), Activity::Idle);
}

#[test]
fn where_the_queue_decides_the_agent_is_not_asked() {
    for wrap_up in [WrapUp::None, WrapUp::Timed { limit_s: 30 }, WrapUp::Open] {
        let mut floor = with(wrap_up);
        assert_eq!(floor.desk("anna").call.expect("anna talks").wrap_up_wanted, None);
        assert!(matches!(wants(&mut floor, true), Err(CommandRefused::NotNow(_))));
    }
}

#[test]
fn a_wrap_up_is_extended_once_by_its_own_time() {
    let mut floor = with(WrapUp::Extendable { limit_s: 30 });
    floor.caller("a").hangs_up();
    floor.passes(20_000);
    assert!(floor.desk("anna").wrap_up.expect("anna wraps up").may_extend);
    extends(&mut floor).expect("once");
    assert!(!floor.desk("anna").wrap_up.expect("anna wraps up").may_extend);
    assert!(matches!(extends(&mut floor), Err(CommandRefused::NotNow(_))));
    floor.passes(39_999);
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    floor.passes(1);
    assert_eq!(floor.activity("anna"), Activity::Idle);
    assert!(floor.story("a").contains(&"anna wrapped up 60000".to_owned()));
}

#[test]
fn no_extension_goes_past_the_longest_wrap_up() {
    let mut floor = with(WrapUp::Extendable { limit_s: 600 });
    floor.caller("a").hangs_up();
    extends(&mut floor).expect("once");
    floor.passes(MAX_WRAP_UP_MS);
    assert_eq!(floor.activity("anna"), Activity::Idle);
}

#[test]
fn a_timed_wrap_up_is_not_extended() {
    let mut floor = with(WrapUp::Timed { limit_s: 30 });
    floor.caller("a").hangs_up();
    assert!(matches!(extends(&mut floor), Err(CommandRefused::NotNow(_))));
}

#[test]
fn an_open_wrap_up_lasts_until_it_is_finished_or_a_quarter_of_an_hour() {
    let mut floor = with(WrapUp::Open);
    floor.caller("a").hangs_up();
    floor.passes(MAX_WRAP_UP_MS - 1);
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    floor.passes(1);
    assert_eq!(floor.activity("anna"), Activity::Idle);
}
