//! Agent and customer talk: hold, mute, digits, lost sound, the end.

use perezvon_model::engine::{AgentCommand, CommandRefused, Output, TransferTarget};
use perezvon_model::leg::{Cause, LegCommand, LegEvent};
use perezvon_model::{Activity, UtcMs};

use crate::floor::{self, Floor};
use crate::setup;

/// Anna talks with `a`, Boris is ready.
fn talking() -> Floor {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor
}

#[test]
fn a_held_customer_hears_music_and_the_times_add_up() {
    let mut floor = talking();
    floor.passes(10_000);
    floor.agent("anna").holds(true);
    assert_eq!(floor.hears("a"), "music");
    assert_eq!(floor.activity("anna"), Activity::Hold);
    assert_eq!(floor.desk("anna").call.and_then(|call| call.held_since), Some(floor.now));
    floor.passes(5_000);
    floor.agent("anna").holds(false);
    assert_eq!(floor.hears("a"), "anna");
    floor.passes(1_000);
    floor.agent("anna").hangs_up();
    let story = floor.story("a");
    assert!(story.contains(&"unheld by Agent after 5000".to_owned()));
    assert!(story.contains(&"anna talked 11000 held 5000".to_owned()), "{story:?}");
}

#[test]
fn a_customer_who_hangs_up_in_hold_ends_the_hold_too() {
    let mut floor = talking();
    floor.agent("anna").holds(true);
    floor.passes(3_000);
    floor.caller("a").hangs_up();
    let story = floor.story("a");
    assert!(story.contains(&"unheld by Agent after 3000".to_owned()));
    assert!(story.contains(&"anna talked 0 held 3000".to_owned()), "{story:?}");
}

#[test]
fn a_desk_phone_that_holds_is_a_hold_and_two_holds_are_one() {
    let mut floor = floor::opens();
    floor.ready(&["vera"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("vera").leg_event(LegEvent::Answered);
    floor.agent("vera").leg_event(LegEvent::HeldByPeer { on: true });
    assert_eq!(floor.hears("a"), "music");
    floor.passes(1_000);
    floor.agent("vera").holds(true);
    floor.passes(1_000);
    floor.agent("vera").leg_event(LegEvent::HeldByPeer { on: false });
    assert_eq!(floor.hears("a"), "music", "the desk still holds");
    floor.passes(1_000);
    floor.agent("vera").holds(false);
    assert_eq!(floor.hears("a"), "vera");
    floor.caller("a").hangs_up();
    assert!(floor.story("a").contains(&"vera talked 0 held 3000".to_owned()));
}

#[test]
fn a_hold_by_the_customers_side_is_journalled_and_shown() {
    let mut floor = talking();
    floor.caller("a").holds_us(true);
    assert!(floor.desk("anna").call.expect("talks").held_by_peer);
    floor.passes(2_000);
    floor.caller("a").holds_us(false);
    floor.caller("a").holds_us(true);
    floor.passes(500);
    floor.caller("a").hangs_up();
    let story = floor.story("a");
    let holds: Vec<_> = story.iter().filter(|word| word.contains("by Customer after")).collect();
    assert_eq!(holds, ["unheld by Customer after 2000", "unheld by Customer after 500"]);
    assert!(story.contains(&"anna talked 2500 held 0".to_owned()), "their hold is our talk: {story:?}");
}

#[test]
fn mute_and_digits_go_to_the_right_legs() {
    let mut floor = talking();
    let interaction = floor.agent("anna").interaction();
    let (agent_leg, customer_leg) = (floor.agent("anna").leg(), floor.caller("a").leg());
    for on in [true, true, false] {
        floor.agent("anna").command(AgentCommand::Mute { interaction, on }).unwrap();
    }
    let mutes: Vec<_> = floor
        .commands_to(agent_leg)
        .into_iter()
        .filter(|command| matches!(command, LegCommand::Mute { .. }))
        .collect();
    assert_eq!(mutes, [LegCommand::Mute { on: true }, LegCommand::Mute { on: false }]);
    let send = |digits: &str| AgentCommand::SendDigits { interaction, digits: digits.into() };
    floor.agent("anna").command(send("12*#")).unwrap();
    assert_eq!(
        floor.commands_to(customer_leg).last(),
        Some(&LegCommand::SendDigits { digits: "12*#".into() })
    );
    for wrong in ["", "12x", &"1".repeat(33)] {
        assert_eq!(floor.agent("anna").command(send(wrong)).unwrap_err().code(), "bad_value");
    }
}

#[test]
fn commands_about_a_conversation_of_somebody_else_are_refused() {
    let mut floor = talking();
    let interaction = floor.agent("anna").interaction();
    let commands = [
        AgentCommand::HangUp { interaction },
        AgentCommand::Hold { interaction, on: true },
        AgentCommand::Mute { interaction, on: true },
        AgentCommand::SendDigits { interaction, digits: "1".into() },
        AgentCommand::WrapUp { interaction, disposition: None, note: String::new(), finish: true },
        AgentCommand::Transfer { interaction, to: TransferTarget::Queue { queue: setup::id("sales") } },
        AgentCommand::Transfer { interaction, to: TransferTarget::Agent { agent: setup::id("vera") } },
    ];
    for command in commands {
        assert_eq!(floor.agent("boris").command(command), Err(CommandRefused::NotYours));
    }
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn whoever_hangs_up_ends_both_legs() {
    for (by, told) in [("agent", "by Agent"), ("phone", "by Agent"), ("caller", "by Customer")] {
        let mut floor = talking();
        match by {
            "agent" => floor.agent("anna").hangs_up(),
            "phone" => floor.agent("anna").leg_event(LegEvent::Ended { cause: Cause::Normal }),
            _ => floor.caller("a").hangs_up(),
        }
        assert_eq!(floor.legs_live(), []);
        assert_eq!(floor.activity("anna"), Activity::WrapUp);
        let story = floor.story("a");
        assert!(story.contains(&format!("ended Answered Normal {told}")), "{story:?}");
        assert!(floor.heard.iter().any(|output| matches!(output, Output::Forget { .. })));
    }
}

#[test]
fn an_agent_whose_sound_is_lost_may_come_back_within_half_a_minute() {
    let mut floor = talking();
    floor.agent("anna").leg_event(LegEvent::MediaLost);
    assert_eq!(floor.hears("a"), "music");
    let until = floor.desk("anna").call.and_then(|call| call.lost_until);
    assert_eq!(until, Some(UtcMs(floor.now.0 + 30_000)));
    floor.passes(29_000);
    floor.agent("anna").leg_event(LegEvent::MediaBack);
    assert_eq!(floor.hears("a"), "anna");
    assert_eq!(floor.desk("anna").call.and_then(|call| call.lost_until), None);
    floor.passes(60_000);
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn sound_that_comes_back_in_a_hold_leaves_the_hold() {
    let mut floor = talking();
    floor.agent("anna").holds(true);
    floor.agent("anna").leg_event(LegEvent::MediaLost);
    floor.passes(1_000);
    floor.agent("anna").leg_event(LegEvent::MediaBack);
    assert_eq!(floor.hears("a"), "music");
    floor.agent("anna").holds(false);
    assert_eq!(floor.hears("a"), "anna");
}

#[test]
fn a_customer_of_an_agent_lost_for_good_goes_to_the_head_of_the_queue() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.passes(1_000);
    floor.caller("b").arrives_at("direct");
    floor.agent("anna").leg_event(LegEvent::MediaLost);
    floor.passes(30_000);
    assert_eq!(floor.presence("anna"), "break: connection_lost");
    assert_eq!(floor.activity("anna"), Activity::WrapUp);
    assert!(floor.story("a").contains(&"queued support 2 at 1".to_owned()), "{:?}", floor.story("a"));
    floor.ready(&["boris"]);
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    floor.agent("boris").accepts();
    assert_eq!(floor.hears("a"), "boris");
    floor.caller("a").hangs_up();
    let records = |output: &&Output| matches!(output, Output::RecordStart { .. });
    assert_eq!(floor.heard.iter().filter(records).count(), 1, "one recording for the whole call");
}

#[test]
fn a_desk_phone_that_breaks_gives_the_customer_back_to_the_queue() {
    let mut floor = floor::opens();
    floor.ready(&["vera"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("vera").leg_event(LegEvent::Answered);
    floor.agent("vera").leg_event(LegEvent::Ended { cause: Cause::Timeout });
    assert_eq!(floor.presence("vera"), "break: connection_lost");
    assert_eq!(floor.hears("a"), "music");
    floor.ready(&["anna"]);
    assert_eq!(floor.agent_of("a").as_deref(), Some("anna"));
}

#[test]
fn a_queue_that_does_not_record_is_not_recorded() {
    let mut floor = floor::opens_with(setup::company());
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("sales");
    floor.agent("anna").accepts();
    assert!(!floor.desk("anna").call.expect("talks").recording);
    assert!(!floor.heard.iter().any(|output| matches!(output, Output::RecordStart { .. })));
}

#[test]
fn a_recording_ends_where_a_queue_that_does_not_record_begins() {
    let mut floor = talking();
    floor.agent("anna").passes_to_queue("sales").expect("may pass on");
    let stops = |output: &Output| matches!(output, Output::RecordStop { .. });
    assert!(!floor.heard.iter().any(stops), "nobody else has answered yet");
    floor.agent("anna").finishes();
    floor.agent("anna").accepts();
    assert!(floor.heard.iter().any(stops));
    assert!(!floor.desk("anna").call.expect("talks").recording);
    floor.caller("a").hangs_up();
    assert_eq!(floor.heard.iter().filter(|output| stops(output)).count(), 1);
}

#[test]
fn sound_that_comes_back_too_late_joins_nobody() {
    let mut floor = talking();
    let leg = floor.agent("anna").leg();
    floor.agent("anna").leg_event(LegEvent::MediaLost);
    floor.passes(30_000);
    floor.input(perezvon_model::engine::Input::Leg { leg, event: LegEvent::MediaBack });
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    assert_eq!(floor.hears("a"), "music");
}

#[test]
fn a_customer_who_hangs_up_while_the_agent_is_lost_ends_the_call() {
    let mut floor = talking();
    floor.passes(1_000);
    floor.agent("anna").leg_event(LegEvent::MediaLost);
    floor.passes(2_000);
    floor.caller("a").hangs_up();
    assert!(floor.story("a").contains(&"anna talked 3000 held 0".to_owned()));
    assert_eq!((floor.activity("anna"), floor.presence("anna")), (Activity::WrapUp, "ready".into()));
    floor.passes(60_000);
    assert_eq!(floor.presence("anna"), "ready");
}

#[test]
fn a_sealed_recording_is_journalled_after_the_call() {
    let mut floor = talking();
    let started = floor.heard.iter().find_map(|output| match output {
        Output::RecordStart { recording, interaction, .. } => Some((*recording, *interaction)),
        _ => None,
    });
    let (recording, interaction) = started.expect("support records");
    floor.caller("a").hangs_up();
    floor.input(perezvon_model::engine::Input::RecordingSealed {
        recording,
        interaction,
        duration_ms: 1_000,
        bytes: 8_000,
    });
    assert_eq!(floor.story("a").last().map(String::as_str), Some("sealed"));
}

#[test]
fn a_recording_that_failed_is_journalled_with_its_reason() {
    let mut floor = talking();
    let started = floor.heard.iter().find_map(|output| match output {
        Output::RecordStart { recording, interaction, .. } => Some((*recording, *interaction)),
        _ => None,
    });
    let (recording, interaction) = started.expect("support records");
    floor.caller("a").hangs_up();
    let reason = "no header".to_owned();
    floor.input(perezvon_model::engine::Input::RecordingFailed { recording, interaction, reason });
    assert_eq!(floor.story("a").last().map(String::as_str), Some("not recorded: no header"));
}
