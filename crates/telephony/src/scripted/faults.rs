//! Loss, silence, races, a server that is behind.

use std::time::Duration;

use perezvon_model::LegId;
use perezvon_model::leg::{CallerName, Cause, DialTarget, LegCommand, LegEvent};
use uuid::Uuid;

use super::peer::{OFFER, Peer};
use super::{LOCAL, PATIENCE, Stage};
use crate::config::Timing;
use crate::sip::message::{Fields, status_of};

fn timing() -> Timing {
    Timing { t1: Duration::from_millis(20), ..Timing::default() }
}

fn dial(to: &Peer, timeout_ms: i64) -> LegCommand {
    let uri = format!("sip:phone@{}", to.addr());
    LegCommand::Dial { target: DialTarget::Uri { uri, trunk: None }, from: CallerName::default(), timeout_ms }
}

fn new_leg() -> LegId {
    LegId(Uuid::now_v7())
}

const HANG_UP: LegCommand = LegCommand::HangUp { cause: Cause::Normal };

#[tokio::test]
async fn an_answer_that_nobody_acknowledges_is_repeated_and_then_ends_in_bye() {
    let mut stage = Stage::start_with(timing(), 100).await;
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    peer.invite("").await;
    let leg = stage.call().await;
    stage.command(leg, LegCommand::Answer);
    for _ in 0..3 {
        assert_eq!(peer.status(1).await, 200);
    }
    let bye = peer.request("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Timeout });
    stage.is_empty().await;
}

#[tokio::test]
async fn an_invite_that_is_repeated_makes_one_call_and_one_by_another_way_is_refused() {
    let mut stage = Stage::start_with(timing(), 100).await;
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    let branch = peer.send("INVITE", 1, "", OFFER).await;
    let leg = stage.call().await;
    peer.send_branch(branch, "INVITE", 1, "", OFFER).await;
    // Another branch of the same call: a proxy forked it and both ways lead here.
    peer.send("INVITE", 1, "", OFFER).await;
    assert_eq!(peer.status(1).await, 482);
    assert_eq!(stage.telephony.counters().legs, 1);
    stage.command(leg, HANG_UP);
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    stage.is_empty().await;
}

#[tokio::test]
async fn a_refusal_is_repeated_until_it_is_acknowledged() {
    let mut stage = Stage::start_with(timing(), 100).await;
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    let branch = peer.send("INVITE", 1, "", OFFER).await;
    let leg = stage.call().await;
    stage.command(leg, LegCommand::Reject { cause: Cause::Declined });
    for _ in 0..3 {
        assert_eq!(peer.status(1).await, 603);
    }
    peer.send_branch(branch, "ACK", 1, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Declined });
    stage.is_empty().await;
}

#[tokio::test]
async fn a_hang_up_between_answer_and_ack_says_bye_only_after_the_ack() {
    let mut stage = Stage::start().await;
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    peer.invite("").await;
    let leg = stage.call().await;
    stage.command(leg, LegCommand::Answer);
    assert_eq!(peer.status(1).await, 200);
    stage.command(leg, HANG_UP);
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    peer.acknowledge(1).await;
    let bye = peer.request("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    stage.is_empty().await;
}

#[tokio::test]
async fn a_cancel_that_comes_after_the_answer_changes_nothing() {
    let mut stage = Stage::start().await;
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    let branch = peer.send("INVITE", 1, "", OFFER).await;
    let leg = stage.call().await;
    stage.command(leg, LegCommand::Answer);
    assert_eq!(peer.status(1).await, 200);
    peer.send_branch(branch, "CANCEL", 1, "", "").await;
    peer.acknowledge(1).await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
    peer.send("BYE", 2, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    stage.is_empty().await;
}

#[tokio::test]
async fn a_phone_that_never_answers_times_out_and_leaves_nothing() {
    let mut stage = Stage::start_with(timing(), 100).await;
    let peer = Peer::new(LOCAL, stage.addr()).await;
    let leg = new_leg();
    stage.command(leg, dial(&peer, 60_000));
    assert!(peer.request("INVITE").await.field("Contact").is_some());
    assert_eq!(stage.leg_event(leg).await, LegEvent::Failed { cause: Cause::Timeout });
    stage.is_empty().await;
}

#[tokio::test]
async fn a_hang_up_before_any_response_cancels_at_the_first_one() {
    let mut stage = Stage::start().await;
    let peer = Peer::new(LOCAL, stage.addr()).await;
    let leg = new_leg();
    stage.command(leg, dial(&peer, 60_000));
    let invite = peer.request("INVITE").await;
    stage.command(leg, HANG_UP);
    assert_eq!(stage.leg_event(leg).await, LegEvent::Failed { cause: Cause::Normal });
    peer.answer(&invite, 180, "", "").await;
    let cancel = peer.request("CANCEL").await;
    assert_eq!(cancel.field("Via"), invite.field("Via"), "a CANCEL is matched by its branch");
    peer.answer(&cancel, 200, "", "").await;
    peer.answer(&invite, 487, "", "").await;
    peer.request("ACK").await;
    stage.is_empty().await;
}

#[tokio::test]
async fn a_second_phone_behind_one_address_that_answers_too_is_hung_up() {
    let mut stage = Stage::start().await;
    let peer = Peer::new(LOCAL, stage.addr()).await;
    let leg = new_leg();
    stage.command(leg, dial(&peer, 60_000));
    let invite = peer.request("INVITE").await;
    peer.answer(&invite, 200, "", OFFER).await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
    assert_eq!(peer.request("ACK").await.recipient_tag().as_deref(), Some("peer"));
    // The other phone has its own tag.
    let mut other = invite.clone();
    for field in other.headers.iter_mut() {
        if let crate::sip::message::Header::To(to) = field {
            to.replace(format!("{};tag=other", to.value()));
        }
    }
    peer.answer(&other, 200, "", OFFER).await;
    assert_eq!(peer.request("ACK").await.recipient_tag().as_deref(), Some("other"));
    let bye = peer.request("BYE").await;
    assert_eq!(bye.recipient_tag().as_deref(), Some("other"));
    peer.answer(&bye, 200, "", "").await;
    stage.command(leg, HANG_UP);
    let bye = peer.request("BYE").await;
    assert_eq!(bye.recipient_tag().as_deref(), Some("peer"));
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    stage.is_empty().await;
}

#[tokio::test]
async fn while_the_server_is_behind_new_calls_are_refused_and_no_end_is_lost() {
    let mut stage = Stage::start_with(Timing::default(), 4).await;
    let mut peers = Vec::new();
    for _ in 0..2 {
        let mut peer = Peer::new(LOCAL, stage.addr()).await;
        peer.invite("").await;
        let leg = stage.call().await;
        stage.command(leg, LegCommand::Answer);
        assert_eq!(peer.status(1).await, 200);
        peer.acknowledge(1).await;
        assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
        peers.push((peer, leg));
    }
    // Nobody reads the events now: four fit.
    let (peer, _) = &mut peers[0];
    for number in 2..6 {
        let text = peer.text(100 + number, "INFO", number, "Content-Type: application/dtmf\r\n", "5");
        let text = text.replace("Content-Type: application/sdp\r\n", "");
        peer.send_bytes(text.as_bytes()).await;
        assert_eq!(peer.status(number).await, 200);
    }
    assert_eq!(stage.events.len(), 4);
    let mut late = Peer::new(LOCAL, stage.addr()).await;
    late.invite("").await;
    let refused = late.response(1).await;
    assert_eq!(status_of(&refused), 503);
    assert!(refused.field("Retry-After").is_some());
    for (peer, _) in &mut peers {
        peer.send("BYE", 90, "", "").await;
    }
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let event =
            tokio::time::timeout(PATIENCE, stage.events.recv()).await.expect("in time").expect("a channel");
        if let crate::TelephonyEvent::Leg { leg, event: LegEvent::Ended { .. }, .. } = event {
            ended.push(leg);
        }
    }
    ended.sort();
    let mut legs: Vec<LegId> = peers.iter().map(|(_, leg)| *leg).collect();
    legs.sort();
    assert_eq!(ended, legs);
}

#[tokio::test]
async fn shutdown_ends_every_leg_in_its_own_way() {
    let mut stage = Stage::start().await;
    let mut talking = Peer::new(LOCAL, stage.addr()).await;
    talking.invite("").await;
    let leg = stage.call().await;
    stage.command(leg, LegCommand::Answer);
    assert_eq!(talking.status(1).await, 200);
    talking.acknowledge(1).await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
    let mut waiting = Peer::new(LOCAL, stage.addr()).await;
    waiting.invite("").await;
    stage.call().await;
    let dialled = Peer::new(LOCAL, stage.addr()).await;
    stage.command(new_leg(), dial(&dialled, 60_000));
    let invite = dialled.request("INVITE").await;
    dialled.answer(&invite, 180, "", "").await;
    assert!(matches!(stage.next().await, crate::TelephonyEvent::Leg { event: LegEvent::Ringing, .. }));
    let telephony = stage.telephony.clone();
    let shutdown = tokio::spawn(async move { telephony.shutdown().await });
    let bye = talking.request("BYE").await;
    talking.answer(&bye, 200, "", "").await;
    assert_eq!(waiting.status(1).await, 503);
    let cancel = dialled.request("CANCEL").await;
    dialled.answer(&cancel, 200, "", "").await;
    dialled.answer(&invite, 487, "", "").await;
    tokio::time::timeout(PATIENCE, shutdown).await.expect("in time").expect("no panic");
    for _ in 0..3 {
        match stage.next().await {
            crate::TelephonyEvent::Leg {
                event: LegEvent::Ended { cause } | LegEvent::Failed { cause },
                ..
            } => {
                assert_eq!(cause, Cause::Interrupted);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_phone_that_lost_a_call_to_another_one_cannot_end_it() {
    let mut stage = Stage::start().await;
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    let leg = new_leg();
    stage.command(leg, dial(&peer, 60_000));
    let invite = peer.request("INVITE").await;
    peer.answer(&invite, 200, "", OFFER).await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
    peer.take_branch(&invite, "loser");
    peer.send("BYE", 1, "", "").await;
    assert_eq!(peer.status(1).await, 481);
    peer.take_branch(&invite, "peer");
    peer.send("BYE", 1, "", "").await;
    assert_eq!(peer.status(1).await, 200);
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    stage.is_empty().await;
}
