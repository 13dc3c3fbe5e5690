//! Calls with SIPp at the other end.

mod rig;

use perezvon_model::LegId;
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use perezvon_telephony::TelephonyEvent;
use rig::{Rig, Sipp, free_port};
use uuid::Uuid;

#[tokio::test]
async fn a_call_arrives_is_answered_and_ends_with_the_caller() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_call.xml", rig.addr(), &[]);
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
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    sipp.succeeds().await;
    rig.is_empty().await;
}

#[tokio::test]
async fn a_dialled_uri_rings_answers_and_is_hung_up() {
    let mut rig = Rig::start().await;
    let port = free_port();
    let sipp = Sipp::run_at("uas_answer.xml", rig.addr(), port, &[]);
    let leg = LegId(Uuid::now_v7());
    let uri = format!("sip:phone@127.0.0.1:{port}");
    rig.command(
        leg,
        LegCommand::Dial {
            target: DialTarget::Uri { uri, trunk: None },
            from: CallerName { number: "+74951234567".into(), name: "Иван".into() },
            timeout_ms: 10_000,
        },
    );
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ringing);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);
    rig.command(leg, LegCommand::HangUp { cause: Cause::Normal });
    assert_eq!(rig.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    sipp.succeeds().await;
    rig.is_empty().await;
}
