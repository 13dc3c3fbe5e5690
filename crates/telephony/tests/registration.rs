//! Phones that register here, and trunks that register at a provider, with SIPp at the other end.

mod rig;

use perezvon_model::config::{Trunk, TrunkRegistration};
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_model::{LegId, TrunkId};
use perezvon_telephony::{TelephonyEvent, TrunkState};
use rig::{Book, Rig, Sipp, agent, config, free_port, scope};

fn phone(registered: bool) -> TelephonyEvent {
    TelephonyEvent::PhoneRegistered { scope: scope(), agent: agent(), registered }
}

fn login(password: &str) -> [&str; 4] {
    ["-au", "agent1", "-ap", password]
}

#[tokio::test]
async fn a_phone_registers_with_its_password_and_takes_it_back() {
    for transport in ["u1", "t1"] {
        let mut rig = Rig::start().await;
        rig.add_account("agent1", "secret");
        let arguments = [&login("secret")[..], &["-t", transport]].concat();
        Sipp::run("register.xml", rig.addr(), &arguments).succeeds().await;
        assert_eq!(rig.next().await, phone(true), "{transport}");
        assert_eq!(rig.telephony.counters().contacts, 1);
        Sipp::run("register_gone.xml", rig.addr(), &arguments).succeeds().await;
        assert_eq!(rig.next().await, phone(false), "{transport}");
        assert_eq!(rig.telephony.counters().contacts, 0);
    }
}

#[tokio::test]
async fn a_phone_is_forgotten_when_its_password_changes_or_its_account_goes() {
    let mut rig = Rig::start().await;
    for password in ["secret", "another"] {
        rig.add_account("agent1", password);
        rig.telephony.reload();
        if password == "another" {
            assert_eq!(rig.next().await, phone(false));
            assert_eq!(rig.telephony.counters().contacts, 0);
        }
        Sipp::run("register.xml", rig.addr(), &login(password)).succeeds().await;
        assert_eq!(rig.next().await, phone(true));
        rig.telephony.reload();
        assert_eq!(rig.telephony.counters().contacts, 1, "an account that is the same keeps its phone");
    }
    rig.book.accounts.lock().expect("lock").clear();
    rig.telephony.reload();
    assert_eq!(rig.next().await, phone(false));
    assert_eq!(rig.telephony.counters().contacts, 0);
}

#[tokio::test]
async fn too_brief_a_registration_and_a_wrong_password_are_refused() {
    let rig = Rig::start().await;
    rig.add_account("agent1", "secret");
    Sipp::run("register_brief.xml", rig.addr(), &login("secret")).succeeds().await;
    Sipp::run("register_wrong.xml", rig.addr(), &login("guess")).succeeds().await;
    assert_eq!(rig.telephony.counters().contacts, 0);
}

#[tokio::test]
async fn a_phone_registers_from_an_address_that_is_no_trunk() {
    let book = Book::default();
    book.trunk_sources.lock().expect("lock").clear();
    let mut rig = Rig::start_with(config(), book).await;
    rig.add_account("agent1", "secret");
    Sipp::run("register.xml", rig.addr(), &login("secret")).succeeds().await;
    assert_eq!(rig.next().await, phone(true));
}

fn trunk(port: u16) -> Trunk {
    Trunk {
        id: TrunkId(uuid::Uuid::from_u128(9)),
        key: "provider".into(),
        name: "Provider".into(),
        sources: vec!["127.0.0.1/32".into()],
        registration: Some(TrunkRegistration {
            registrar: format!("sip:127.0.0.1:{port}"),
            username: "trunk1".into(),
            password: "secret".into(),
            expires_s: 3_600,
        }),
        max_calls: 10,
    }
}

fn state(state: TrunkState) -> TelephonyEvent {
    TelephonyEvent::TrunkState { scope: scope(), trunk: TrunkId(uuid::Uuid::from_u128(9)), state }
}

#[tokio::test]
async fn a_trunk_registers_with_digest_and_says_good_bye_when_it_is_taken_out() {
    let mut rig = Rig::start().await;
    let port = free_port();
    let provider = Sipp::run_at("registrar.xml", rig.addr(), port, &[]);
    Sipp::listens(port, "u1").await;
    *rig.book.registrations.lock().expect("lock") = vec![(scope(), trunk(port))];
    rig.telephony.reload();
    assert_eq!(rig.next().await, state(TrunkState::TrunkRegistered));
    rig.book.registrations.lock().expect("lock").clear();
    rig.telephony.reload();
    provider.succeeds().await;
}

#[tokio::test]
async fn a_trunk_that_is_refused_tells_why() {
    let mut rig = Rig::start().await;
    let port = free_port();
    let provider = Sipp::run_at("registrar_refuses.xml", rig.addr(), port, &[]);
    Sipp::listens(port, "u1").await;
    *rig.book.registrations.lock().expect("lock") = vec![(scope(), trunk(port))];
    rig.telephony.reload();
    let reason = "the provider answers 403".to_owned();
    assert_eq!(rig.next().await, state(TrunkState::TrunkFailed { reason }));
    provider.succeeds().await;
}

#[tokio::test]
async fn a_call_through_a_trunk_answers_the_challenge_of_the_provider_once() {
    for (scenario, password, answered) in [
        ("uas_challenges.xml", "secret", true),
        ("uas_challenges.xml", "guess", false),
        ("uas_challenges_as_proxy.xml", "secret", true),
    ] {
        let mut rig = Rig::start().await;
        let port = free_port();
        let provider = Sipp::run_at(scenario, rig.addr(), port, &[]);
        Sipp::listens(port, "u1").await;
        let mut with_password = trunk(port);
        if let Some(account) = &mut with_password.registration {
            account.password = password.into();
        }
        let uri = format!("sip:+74951234567@127.0.0.1:{port}");
        let target = DialTarget::Uri { uri, trunk: Some(with_password.id) };
        *rig.book.registrations.lock().expect("lock") = vec![(scope(), with_password)];
        let leg = LegId(uuid::Uuid::now_v7());
        rig.command(leg, LegCommand::Dial { target, from: CallerName::default(), timeout_ms: 10_000 });
        if answered {
            assert_eq!(rig.leg_event(leg).await, LegEvent::Answered, "{scenario}");
            rig.command(leg, LegCommand::HangUp { cause: Cause::Normal });
            assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal }, "{scenario}");
        } else {
            assert_eq!(rig.leg_event(leg).await, LegEvent::Failed { cause: Cause::Forbidden }, "{scenario}");
        }
        provider.succeeds().await;
        rig.is_empty().await;
    }
}

#[tokio::test]
async fn a_second_instance_registers_as_a_phone_and_is_called_on_its_user_name() {
    let mut server = Rig::start().await;
    server.add_account("agent1", "secret");
    let book = Book::default();
    *book.numbers.lock().expect("lock") = vec!["agent1".into()];
    let mut phone_rig = Rig::start_with(config(), book).await;
    let mut as_phone = trunk(server.addr().port());
    if let Some(account) = &mut as_phone.registration {
        account.username = "agent1".into();
    }
    *phone_rig.book.registrations.lock().expect("lock") = vec![(scope(), as_phone)];
    phone_rig.telephony.reload();
    assert_eq!(server.next().await, phone(true));
    assert_eq!(phone_rig.next().await, state(TrunkState::TrunkRegistered));
    server.set_phone("agent1");
    let leg = server.dial_agent();
    let incoming = match phone_rig.next().await {
        TelephonyEvent::CallArrived { leg, to, from, .. } => {
            assert_eq!((to.as_str(), from.shown.as_str()), ("agent1", "+74950000001"));
            leg
        }
        other => panic!("{other:?}"),
    };
    phone_rig.command(incoming, LegCommand::Ring);
    assert_eq!(server.leg_event(leg).await, LegEvent::Ringing);
    phone_rig.command(incoming, LegCommand::Answer);
    assert_eq!(server.leg_event(leg).await, LegEvent::Answered);
    assert_eq!(phone_rig.leg_event(incoming).await, LegEvent::Answered);
    server.command(leg, LegCommand::HangUp { cause: Cause::Normal });
    assert_eq!(server.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    assert_eq!(phone_rig.leg_event(incoming).await, LegEvent::Ended { cause: Cause::Normal });
    server.is_empty().await;
    phone_rig.is_empty().await;
    phone_rig.telephony.shutdown().await;
    assert_eq!(server.next().await, phone(false));
}
