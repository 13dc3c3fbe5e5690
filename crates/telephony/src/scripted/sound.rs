//! What the media plane is told of a peer.

use std::time::Duration;

use perezvon_model::LegId;
use perezvon_model::leg::{Cause, LegCommand, LegEvent};

use super::peer::{OFFER, Peer};
use super::{LOCAL, Stage, scope};
use crate::config::Timing;
use crate::media::Begin;

/// Rings and is answered; the ACK is not sent.
async fn answered(stage: &mut Stage, offer: &str) -> (Peer, LegId) {
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    peer.send("INVITE", 1, "", offer).await;
    let leg = stage.call().await;
    stage.command(leg, LegCommand::Answer);
    assert_eq!(peer.status(1).await, 200);
    (peer, leg)
}

#[tokio::test]
async fn sound_of_a_phone_behind_a_nat_may_come_from_where_its_signalling_comes() {
    let mut stage = Stage::start().await;
    let inner = OFFER.replace("c=IN IP4 127.0.0.1", "c=IN IP4 10.0.0.5");
    let _called = answered(&mut stage, &inner).await;
    let sound = stage.sound.started.lock().unwrap()[0];
    assert_eq!(sound.addr.to_string(), "10.0.0.5:6000");
    assert_eq!(sound.signalled_from, LOCAL);
}

#[tokio::test]
async fn sound_goes_to_a_caller_only_after_its_ack() {
    let mut stage = Stage::start().await;
    let (mut peer, leg) = answered(&mut stage, OFFER).await;
    assert_eq!(stage.sound.started.lock().unwrap()[0].begin, Begin::WhenProved);
    assert_eq!(*stage.sound.begun.lock().unwrap(), []);
    peer.acknowledge(1).await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
    assert_eq!(*stage.sound.begun.lock().unwrap(), [leg]);
    // A refresh with the same description is no news to the media plane, another address is and needs no proof.
    for (number, offer, told) in [(2, OFFER.to_owned(), 1), (4, OFFER.replace("6000", "6002"), 2)] {
        peer.send("INVITE", number, "", &offer).await;
        assert_eq!(peer.status(number).await, 200);
        peer.acknowledge(number).await;
        // The answer to the next request comes after all that the one before it did.
        peer.send("OPTIONS", number + 1, "", "").await;
        assert_eq!(peer.status(number + 1).await, 200);
        assert_eq!(stage.sound.started.lock().unwrap().len(), told);
    }
    assert_eq!(stage.sound.started.lock().unwrap()[1].begin, Begin::AtOnce);
}

/// A call whose peer fell silent after it was made.
async fn fell_silent(timing: Timing) -> (Stage, Peer, LegId) {
    let mut stage = Stage::start_with(timing, 100).await;
    let (mut peer, leg) = answered(&mut stage, OFFER).await;
    peer.acknowledge(1).await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
    stage.telephony.fell_silent(scope(), leg);
    (stage, peer, leg)
}

#[tokio::test]
async fn a_peer_that_fell_silent_is_asked_and_its_call_ends_when_it_is_not_there() {
    for (status, end) in [(Some(200), None), (Some(481), Some(Cause::Failed)), (None, Some(Cause::Timeout))] {
        // 64 T1 without an answer are 408.
        let timing = Timing { t1: Duration::from_millis(20), ..Timing::default() };
        let (mut stage, mut peer, leg) = fell_silent(timing).await;
        let question = peer.request("OPTIONS").await;
        if let Some(status) = status {
            peer.answer(&question, status, "", "").await;
        }
        match end {
            Some(cause) => assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause }),
            None => {
                peer.send("BYE", 2, "", "").await;
                assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
            }
        }
    }
}

#[tokio::test]
async fn a_peer_that_stays_silent_is_asked_again_until_it_does_not_answer() {
    let timing = Timing {
        t1: Duration::from_millis(20),
        ask_silent_every: Duration::from_millis(50),
        ..Timing::default()
    };
    let (mut stage, peer, leg) = fell_silent(timing).await;
    for _ in 0..3 {
        let question = peer.request("OPTIONS").await;
        peer.answer(&question, 200, "", "").await;
    }
    let _unanswered = peer.request("OPTIONS").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Timeout });
}

#[tokio::test]
async fn a_peer_that_is_heard_again_is_asked_no_more() {
    let timing = Timing { ask_silent_every: Duration::from_millis(100), ..Timing::default() };
    let (stage, mut peer, leg) = fell_silent(timing).await;
    for _ in 0..2 {
        let question = peer.request("OPTIONS").await;
        peer.answer(&question, 200, "", "").await;
    }
    stage.telephony.leg_is_back(scope(), leg);
    // The answer comes after all that was asked before.
    peer.send("OPTIONS", 2, "", "").await;
    assert_eq!(peer.status(2).await, 200);
    assert!(peer.hears_nothing_for(Duration::from_millis(400)).await, "nothing to ask");
}
