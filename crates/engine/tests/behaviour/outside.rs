//! The flow joins the caller with a party outside.

use perezvon_model::TrunkId;
use perezvon_model::engine::Output;
use perezvon_model::leg::{Cause, DialTarget, LegCommand, LegEvent};

use crate::floor;
use crate::setup::id;

const PARTY: &str = "party sip:+74957654321@provider.example;transport=tcp";

#[test]
fn a_caller_who_was_not_answered_is_answered_when_the_party_answers() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("outside");
    let (customer, party) = (floor.caller("a").leg(), floor.outside_leg.expect("dialled"));
    assert_eq!(floor.commands_to(customer), [LegCommand::Ring]);
    let uri = "sip:+74957654321@provider.example;transport=tcp".to_owned();
    let target = DialTarget::Uri { uri, trunk: Some(id::<TrunkId>("trunk")) };
    assert!(matches!(&floor.commands_to(party)[..], [LegCommand::Dial { target: of, .. }] if *of == target));
    floor.leg_event(party, LegEvent::Ringing);
    floor.leg_event(party, LegEvent::Answered);
    assert_eq!(floor.commands_to(customer), [LegCommand::Ring, LegCommand::Answer]);
    assert_eq!(floor.hears("a"), "outside");
    floor.passes(5_000);
    floor.caller("a").hangs_up();
    assert_eq!(floor.legs_live(), []);
    assert_eq!(floor.story("a"), ["started", "answered", PARTY, "ended EndedInFlow Normal by Customer"]);
}

#[test]
fn a_caller_who_was_answered_hears_the_ringing_and_both_end_together() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("main");
    floor.caller("a").presses("3");
    assert_eq!(floor.hears("a"), "ringback");
    let party = floor.outside_leg.expect("dialled");
    let straight = DialTarget::Uri { uri: "sip:desk@192.0.2.7".into(), trunk: None };
    assert!(
        matches!(&floor.commands_to(party)[..], [LegCommand::Dial { target: of, .. }] if *of == straight)
    );
    floor.leg_event(party, LegEvent::Answered);
    assert_eq!(floor.hears("a"), "outside");
    floor.leg_event(party, LegEvent::Ended { cause: Cause::Normal });
    assert_eq!(floor.legs_live(), []);
    assert_eq!(floor.tenant.remains().calls, 0);
}

#[test]
fn a_party_that_does_not_answer_leads_on_by_the_flow() {
    for cause in [Cause::Busy, Cause::NoAnswer, Cause::NotFound] {
        let mut floor = floor::opens();
        floor.caller("a").arrives_at("outside");
        let party = floor.outside_leg.expect("dialled");
        floor.leg_event(party, LegEvent::Failed { cause });
        assert_eq!(floor.hears("a"), "unavailable");
    }
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("outside");
    let party = floor.outside_leg.expect("dialled");
    floor.passes(32_000);
    assert_eq!(floor.commands_to(party).last(), Some(&LegCommand::HangUp { cause: Cause::Normal }));
    assert_eq!(floor.hears("a"), "unavailable");
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing_outside() {
    let mut floor = floor::opens();
    floor.caller("a").arrives_at("outside");
    floor.caller("a").hangs_up();
    assert_eq!(floor.legs_live(), []);
    assert_eq!(floor.tenant.remains().timers, 0);
}

#[test]
fn a_transfer_that_records_does_so_from_the_joining_to_the_end() {
    for (digit, recordings) in [("3", 0), ("4", 1)] {
        let mut floor = floor::opens();
        floor.caller("a").arrives_at("main");
        floor.caller("a").presses(digit);
        let (customer, party) = (floor.caller("a").leg(), floor.outside_leg.expect("dialled"));
        let started = |floor: &floor::Floor| {
            let of_customer =
                |output: &&Output| matches!(output, Output::RecordStart { leg, .. } if *leg == customer);
            floor.heard.iter().filter(of_customer).count()
        };
        assert_eq!(started(&floor), 0, "nothing is recorded while it rings");
        floor.leg_event(party, LegEvent::Answered);
        assert_eq!(started(&floor), recordings);
        floor.caller("a").hangs_up();
        let stops = |output: &&Output| matches!(output, Output::RecordStop { .. });
        assert_eq!(floor.heard.iter().filter(stops).count(), recordings);
    }
}
