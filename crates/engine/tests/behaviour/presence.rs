//! Presence, devices and desks that come and go.

use perezvon_model::engine::{AgentCommand, CommandRefused};
use perezvon_model::{Activity, Device, Presence};

use crate::floor;
use crate::setup;

const READY: AgentCommand = AgentCommand::SetPresence { presence: Presence::Ready };

#[test]
fn nobody_is_ready_without_a_device_that_works() {
    let mut floor = floor::opens();
    floor.agent("anna").device(Device::Browser, false);
    assert_eq!(floor.agent("anna").command(READY), Err(CommandRefused::NoDevice));
    floor.agent("vera").device(Device::Phone, false);
    assert_eq!(floor.agent("vera").command(READY), Err(CommandRefused::NoDevice));
    floor.agent("vera").device(Device::Phone, true);
    assert_eq!(floor.agent("vera").command(READY), Ok(()));
}

#[test]
fn a_phone_with_a_fixed_address_is_always_there() {
    let mut config = setup::company();
    config.agents[2].phone_uri = Some("sip:vera@192.0.2.9".into());
    let mut floor = floor::opens_with(config);
    floor.agent("vera").device(Device::Phone, false);
    assert_eq!(floor.agent("vera").command(READY), Ok(()));
    assert!(floor.desk("vera").phone_registered);
}

#[test]
fn a_device_is_changed_between_calls_only_and_to_one_that_works_while_ready() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    let phone = AgentCommand::SetDevice { device: Device::Phone };
    assert_eq!(floor.agent("anna").command(phone.clone()), Err(CommandRefused::NoDevice));
    floor.agent("anna").device(Device::Phone, true);
    assert_eq!(floor.agent("anna").command(phone.clone()), Ok(()));
    floor.caller("a").arrives_at("direct");
    let browser = AgentCommand::SetDevice { device: Device::Browser };
    assert_eq!(floor.agent("anna").command(browser), Err(CommandRefused::Busy));
}

#[test]
fn a_break_needs_a_reason_of_some_length() {
    let mut floor = floor::opens();
    for reason in [String::new(), "x".repeat(65)] {
        let command = AgentCommand::SetPresence { presence: Presence::Break { reason } };
        assert_eq!(floor.agent("anna").command(command).unwrap_err().code(), "bad_value");
    }
}

#[test]
fn an_agent_whose_browser_reloads_is_offered_nothing_meanwhile_and_keeps_the_place_among_the_idle() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris"]);
    floor.agent("anna").device(Device::Browser, false);
    floor.caller("a").arrives_at("direct");
    assert_eq!(floor.agent_of("a").as_deref(), Some("boris"));
    floor.passes(5_000);
    floor.agent("anna").device(Device::Browser, true);
    assert_eq!(floor.presence("anna"), "ready");
    floor.agent("boris").accepts();
    floor.caller("b").arrives_at("direct");
    assert_eq!(floor.agent_of("b").as_deref(), Some("anna"));
}

#[test]
fn a_ready_agent_whose_device_stays_away_is_on_a_break() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "vera"]);
    floor.agent("anna").device(Device::Browser, false);
    floor.agent("vera").device(Device::Phone, false);
    floor.passes(30_000);
    assert_eq!(floor.presence("anna"), "break: connection_lost");
    assert_eq!(floor.presence("vera"), "break: phone_unreachable");
}

#[test]
fn an_agent_whose_desk_stays_away_is_offline_and_one_who_comes_back_is_not() {
    let mut floor = floor::opens();
    floor.ready(&["anna", "boris", "vera"]);
    for agent in ["anna", "boris", "vera"] {
        floor.agent(agent).desk(false);
    }
    floor.passes(29_999);
    floor.agent("boris").desk(true);
    floor.passes(1);
    assert_eq!(floor.presence("anna"), "offline");
    assert_eq!(floor.presence("boris"), "ready");
    assert_eq!(floor.presence("vera"), "ready", "a desk phone rings without a desk");
}

#[test]
fn a_desk_that_goes_in_a_call_does_not_end_it_and_counts_after_it() {
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("sales");
    floor.agent("anna").accepts();
    floor.agent("anna").desk(false);
    floor.passes(60_000);
    assert_eq!(floor.hears("a"), "anna");
    assert_eq!(floor.presence("anna"), "ready");
    floor.caller("a").hangs_up();
    assert_eq!((floor.presence("anna"), floor.activity("anna")), ("offline".into(), Activity::Idle));
}

#[test]
fn every_change_of_an_agents_state_is_journalled_once() {
    use perezvon_model::journal::Event;
    let mut floor = floor::opens();
    floor.ready(&["anna"]);
    floor.caller("a").arrives_at("direct");
    floor.agent("anna").accepts();
    floor.agent("anna").holds(true);
    floor.agent("anna").holds(false);
    floor.caller("a").hangs_up();
    floor.agent("anna").finishes();
    floor.agent("anna").takes_break("lunch");
    floor.agent("anna").takes_break("lunch");
    let states: Vec<String> = floor
        .journal
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::AgentState { presence, activity, .. } => Some(match presence {
                Presence::Ready => format!("{activity:?}"),
                Presence::Break { reason } => format!("{reason} {activity:?}"),
                Presence::Offline => format!("offline {activity:?}"),
            }),
            _ => None,
        })
        .collect();
    assert_eq!(states, ["Idle", "Ringing", "Talking", "Hold", "Talking", "WrapUp", "Idle", "lunch Idle"]);
}

#[test]
fn commands_of_somebody_who_is_no_agent_are_refused() {
    let mut floor = floor::opens();
    assert_eq!(floor.agent("nobody").command(READY), Err(CommandRefused::NoSuchAgent));
}
