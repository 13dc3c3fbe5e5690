//! Calls with SIPp at the other end.

mod rig;

use perezvon_model::LegId;
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_telephony::{PhoneTarget, TelephonyConfig, TelephonyEvent};
use rig::{Book, Rig, Sipp, agent, config, free_port};
use uuid::Uuid;

fn dial(uri: String) -> LegCommand {
    LegCommand::Dial {
        target: DialTarget::Uri { uri, trunk: None },
        from: CallerName { number: "+74951234567".into(), name: "Иван".into() },
        timeout_ms: 10_000,
    }
}

fn new_leg() -> LegId {
    LegId(Uuid::now_v7())
}

fn hang_up(cause: Cause) -> LegCommand {
    LegCommand::HangUp { cause }
}

#[tokio::test]
async fn a_call_arrives_is_answered_and_ends_with_the_caller() {
    for transport in ["u1", "t1"] {
        let mut rig = Rig::start().await;
        let sipp = Sipp::run("uac_call.xml", rig.addr(), &["-t", transport]);
        let leg = match rig.next().await {
            TelephonyEvent::CallArrived { leg, from, to, trunk, .. } => {
                assert_eq!(
                    (from.shown.as_str(), from.name.as_str(), to.as_str()),
                    ("84951234567", "Caller", "100")
                );
                assert_eq!(from.number.map(|number| number.to_string()).as_deref(), Some("+74951234567"));
                assert_eq!(trunk, Some(rig::trunk()));
                leg
            }
            other => panic!("{other:?}"),
        };
        rig.command(leg, LegCommand::Ring);
        rig.command(leg, LegCommand::Answer);
        assert_eq!(rig.leg_event(leg).await, LegEvent::Answered, "{transport}");
        assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal }, "{transport}");
        sipp.succeeds().await;
        rig.is_empty().await;
    }
}

#[tokio::test]
async fn a_dialled_uri_rings_answers_and_is_hung_up() {
    for (transport, param) in [("u1", ""), ("t1", ";transport=tcp")] {
        let mut rig = Rig::start().await;
        let port = free_port();
        let sipp = Sipp::run_at("uas_answer.xml", rig.addr(), port, &["-t", transport]);
        Sipp::listens(port, transport).await;
        let leg = new_leg();
        rig.command(leg, dial(format!("sip:phone@127.0.0.1:{port}{param}")));
        assert_eq!(rig.leg_event(leg).await, LegEvent::Ringing, "{transport}");
        assert_eq!(rig.leg_event(leg).await, LegEvent::Answered, "{transport}");
        rig.command(leg, hang_up(Cause::Normal));
        assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal }, "{transport}");
        sipp.succeeds().await;
        rig.is_empty().await;
    }
}

#[tokio::test]
async fn an_inbound_call_is_rejected_as_busy() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_busy.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Reject { cause: Cause::Busy });
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Busy });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn a_caller_who_gives_up_ends_the_leg_as_cancelled() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_cancel.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Ring);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Cancelled });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn digits_by_info_are_told_and_other_info_is_refused() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_digits.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Digit { digit: '5' });
    assert_eq!(rig.leg_event(leg).await, LegEvent::Digit { digit: '#' });
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn hold_by_reinvite_update_and_zero_address_is_told_and_a_bad_offer_changes_nothing() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_hold.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    for on in [true, false, true, false, true, false] {
        assert_eq!(rig.leg_event(leg).await, LegEvent::HeldByPeer { on });
    }
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn an_invite_without_an_offer_gets_ours() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_offerless.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn we_hang_up_on_a_caller() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_waits.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    rig.command(leg, hang_up(Cause::Normal));
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn a_hang_up_before_the_ack_waits_for_it_with_the_bye() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_waits.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    // The answer must be out before the hang-up, else it would be a refusal.
    tokio::time::timeout(rig::PATIENCE, async {
        while rig.telephony.counters().transactions > 1 || rig.media.counters().legs == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .ok();
    rig.command(leg, hang_up(Cause::Normal));
    match rig.leg_event(leg).await {
        LegEvent::Answered => assert!(matches!(rig.leg_event(leg).await, LegEvent::Ended { .. })),
        event => assert_eq!(event, LegEvent::Ended { cause: Cause::Normal }),
    }
    drop(sipp);
}

#[tokio::test]
async fn requests_out_of_order_or_unknown_are_refused_within_a_call() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_old_number.xml", rig.addr(), &[]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Digit { digit: '1' });
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn calls_that_cannot_be_taken_are_refused_with_the_due_status() {
    for scenario in [
        "uac_unknown_number.xml",
        "uac_no_codec.xml",
        "uac_too_brief.xml",
        "uac_lost_dialog.xml",
        "uac_options.xml",
    ] {
        let rig = Rig::start().await;
        Sipp::run(scenario, rig.addr(), &[]).succeeds().await;
        rig.is_empty().await;
        assert_eq!(rig.media.counters().legs, 0, "{scenario}");
    }
}

#[tokio::test]
async fn calls_beyond_a_limit_get_503_with_retry_after() {
    for limit in ["calls", "calls a second", "calls of the trunk"] {
        let limits = match limit {
            "calls" => TelephonyConfig { max_calls: 1, ..config() },
            "calls a second" => TelephonyConfig { max_calls_per_second: 1, ..config() },
            _ => config(),
        };
        let book = Book::default();
        if limit == "calls of the trunk" {
            *book.trunk_max_calls.lock().expect("lock") = 1;
        }
        let mut rig = Rig::start_with(limits, book).await;
        let first = Sipp::run("uac_waits.xml", rig.addr(), &[]);
        // Within the second of the first call, which is still up.
        let leg = rig.call().await;
        rig.command(leg, LegCommand::Answer);
        if limit != "calls a second" {
            assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
        }
        Sipp::run("uac_overload.xml", rig.addr(), &[]).succeeds().await;
        if limit == "calls a second" {
            assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
        }
        rig.command(leg, hang_up(Cause::Normal));
        assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal }, "{limit}");
        first.succeeds().await;
        rig.is_empty().await;
        assert!(rig.telephony.counters().overloaded > 0, "{limit}");
    }
}

#[tokio::test]
async fn a_phone_that_refuses_fails_the_leg_with_its_cause() {
    for (scenario, cause, rings) in [
        ("uas_busy.xml", Cause::Busy, false),
        ("uas_declines.xml", Cause::Declined, true),
        ("uas_no_audio.xml", Cause::NoCodec, false),
    ] {
        let mut rig = Rig::start().await;
        let port = free_port();
        let sipp = Sipp::run_at(scenario, rig.addr(), port, &[]);
        Sipp::listens(port, "u1").await;
        let leg = new_leg();
        rig.command(leg, dial(format!("sip:phone@127.0.0.1:{port}")));
        if rings {
            assert_eq!(rig.leg_event(leg).await, LegEvent::Ringing);
        }
        assert_eq!(rig.leg_event(leg).await, LegEvent::Failed { cause }, "{scenario}");
        sipp.succeeds().await;
        rig.is_empty().await;
    }
}

#[tokio::test]
async fn hanging_up_a_ringing_phone_cancels_it_even_when_its_answer_crosses() {
    for scenario in ["uas_cancelled.xml", "uas_crossing.xml"] {
        let mut rig = Rig::start().await;
        let port = free_port();
        let sipp = Sipp::run_at(scenario, rig.addr(), port, &[]);
        Sipp::listens(port, "u1").await;
        let leg = new_leg();
        rig.command(leg, dial(format!("sip:phone@127.0.0.1:{port}")));
        assert_eq!(rig.leg_event(leg).await, LegEvent::Ringing);
        rig.command(leg, hang_up(Cause::Normal));
        assert_eq!(rig.leg_event(leg).await, LegEvent::Failed { cause: Cause::Normal });
        sipp.succeeds().await;
        rig.is_empty().await;
    }
}

#[tokio::test]
async fn a_phone_that_nobody_answers_times_out() {
    let mut rig = Rig::start().await;
    let port = free_port();
    let sipp = Sipp::run_at("uas_cancelled.xml", rig.addr(), port, &[]);
    Sipp::listens(port, "u1").await;
    let leg = new_leg();
    let target = DialTarget::Uri { uri: format!("sip:phone@127.0.0.1:{port}"), trunk: None };
    rig.command(leg, LegCommand::Dial { target, from: CallerName::default(), timeout_ms: 1_000 });
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ringing);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Failed { cause: Cause::NoAnswer });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn a_phone_hangs_up_and_a_lost_ack_is_sent_again() {
    for scenario in ["uas_hangs_up.xml", "uas_repeats.xml", "uas_timer_too_short.xml"] {
        let mut rig = Rig::start().await;
        let port = free_port();
        let sipp = Sipp::run_at(scenario, rig.addr(), port, &[]);
        Sipp::listens(port, "u1").await;
        let leg = new_leg();
        rig.command(leg, dial(format!("sip:phone@127.0.0.1:{port}")));
        assert_eq!(rig.leg_event(leg).await, LegEvent::Answered, "{scenario}");
        if scenario == "uas_repeats.xml" {
            // The phone says so once the second ACK is there.
            assert_eq!(rig.leg_event(leg).await, LegEvent::Digit { digit: '5' });
        }
        if scenario != "uas_hangs_up.xml" {
            rig.command(leg, hang_up(Cause::Normal));
        }
        assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal }, "{scenario}");
        sipp.succeeds().await;
        rig.is_empty().await;
    }
}

#[tokio::test]
async fn an_agent_is_rung_on_every_phone_and_the_first_answer_wins() {
    let mut rig = Rig::start().await;
    let (slow, quick) = (free_port(), free_port());
    let ringing = Sipp::run_at("uas_cancelled.xml", rig.addr(), slow, &[]);
    Sipp::listens(slow, "u1").await;
    rig.register("agent1", slow).await;
    assert_eq!(
        rig.next().await,
        TelephonyEvent::PhoneRegistered { scope: rig::scope(), agent: agent(), registered: true }
    );
    let answers = Sipp::run_at("uas_answer.xml", rig.addr(), quick, &[]);
    Sipp::listens(quick, "u1").await;
    *rig.book.phone.lock().expect("lock") = PhoneTarget {
        sip_username: Some("agent1".into()),
        static_uri: Some(format!("sip:agent1@127.0.0.1:{quick}")),
    };
    let leg = new_leg();
    let from = CallerName { number: "+74951234567".into(), name: "Иван".into() };
    rig.command(
        leg,
        LegCommand::Dial { target: DialTarget::Phone { agent: agent() }, from, timeout_ms: 10_000 },
    );
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ringing);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    ringing.succeeds().await;
    rig.command(leg, hang_up(Cause::Normal));
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    answers.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn an_agent_without_a_phone_is_unavailable_and_an_unknown_one_not_found() {
    let mut rig = Rig::start().await;
    for (of, cause) in [(agent(), Cause::Unavailable), (perezvon_model::UserId(Uuid::nil()), Cause::NotFound)]
    {
        let leg = new_leg();
        let target = DialTarget::Phone { agent: of };
        rig.command(leg, LegCommand::Dial { target, from: CallerName::default(), timeout_ms: 5_000 });
        assert_eq!(rig.leg_event(leg).await, LegEvent::Failed { cause });
    }
    rig.is_empty().await;
}

#[tokio::test]
async fn a_call_is_made_and_ended_over_a_line_that_loses_a_fifth() {
    let mut rig = Rig::start().await;
    // SIPp drops a fifth of what it sends and receives.
    let caller = Sipp::run("uac_waits.xml", rig.addr(), &["-lost", "20"]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    rig.command(leg, hang_up(Cause::Normal));
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    caller.succeeds().await;
    rig.is_empty().await;
}
