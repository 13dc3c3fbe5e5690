//! Session timers and glare.

use perezvon_model::leg::{Cause, LegCommand, LegEvent};

use super::peer::{OFFER, Peer};
use super::{LOCAL, Stage};
use crate::sip::message::Fields;

async fn answered(stage: &mut Stage, extra: &str) -> (Peer, perezvon_model::LegId) {
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    peer.invite(extra).await;
    let leg = stage.call().await;
    stage.command(leg, LegCommand::Answer);
    assert_eq!(peer.status(1).await, 200);
    peer.acknowledge(1).await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Answered);
    (peer, leg)
}

#[tokio::test]
async fn a_peer_whose_refresh_does_not_come_is_hung_up() {
    let mut stage = Stage::start().await;
    let extra = "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n";
    let (peer, leg) = answered(&mut stage, extra).await;
    let bye = peer.request("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Timeout });
    stage.is_empty().await;
}

#[tokio::test]
async fn a_peer_that_refreshes_in_time_stays() {
    let mut stage = Stage::start().await;
    let extra = "Supported: timer\r\nSession-Expires: 3;refresher=uac\r\n";
    let (mut peer, leg) = answered(&mut stage, extra).await;
    for number in 2..5 {
        // 1 s of 3; without the refresh a BYE would come at 2 s.
        assert!(peer.hears_nothing_for(std::time::Duration::from_secs(1)).await, "nobody hangs up");
        peer.send("UPDATE", number, extra, "").await;
        let response = peer.response(number).await;
        assert_eq!(response.field("Session-Expires"), Some("3;refresher=uac"));
    }
    peer.send("BYE", 5, "", "").await;
    assert_eq!(peer.status(5).await, 200);
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    stage.is_empty().await;
}

#[tokio::test]
async fn we_refresh_by_update_where_the_peer_takes_it_and_by_reinvite_where_not() {
    for (allow, method) in [("Allow: INVITE, UPDATE\r\n", "UPDATE"), ("", "INVITE")] {
        let mut stage = Stage::start().await;
        let extra = format!("{allow}Supported: timer\r\nSession-Expires: 2;refresher=uas\r\n");
        let (mut peer, leg) = answered(&mut stage, &extra).await;
        for _ in 0..2 {
            let refresh = peer.request(method).await;
            assert_eq!(refresh.field("Session-Expires"), Some("2;refresher=uac"));
            let body = if method == "INVITE" { OFFER } else { "" };
            peer.answer(&refresh, 200, "Session-Expires: 2;refresher=uac\r\n", body).await;
            if method == "INVITE" {
                assert!(String::from_utf8_lossy(&refresh.body).contains("m=audio 30000 RTP/AVP 8"));
                let ack = peer.request("ACK").await;
                assert_eq!(ack.cseq().map(|(number, _)| number), refresh.cseq().map(|(number, _)| number));
            }
        }
        assert_eq!(stage.sound.started.lock().unwrap().len(), 1, "a refresh changes no sound");
        peer.send("BYE", 5, "", "").await;
        assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
        stage.is_empty().await;
    }
}

#[tokio::test]
async fn a_change_of_the_peer_while_ours_is_open_is_a_glare_and_ours_comes_again() {
    let mut stage = Stage::start().await;
    let (mut peer, leg) =
        answered(&mut stage, "Supported: timer\r\nSession-Expires: 8;refresher=uas\r\n").await;
    let ours = peer.request("INVITE").await;
    peer.send("INVITE", 7, "", OFFER).await;
    assert_eq!(peer.status(7).await, 491);
    peer.answer(&ours, 491, "", "").await;
    let again = peer.request("INVITE").await;
    assert!(again.cseq() > ours.cseq());
    peer.answer(&again, 200, "Session-Expires: 8;refresher=uac\r\n", OFFER).await;
    peer.send("BYE", 8, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
    stage.is_empty().await;
}

#[tokio::test]
async fn a_refresh_that_the_peer_knows_nothing_of_ends_the_leg() {
    let mut stage = Stage::start().await;
    let extra = "Allow: UPDATE\r\nSupported: timer\r\nSession-Expires: 2;refresher=uas\r\n";
    let (peer, leg) = answered(&mut stage, extra).await;
    let refresh = peer.request("UPDATE").await;
    peer.answer(&refresh, 481, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Failed });
    stage.is_empty().await;
}

#[tokio::test]
async fn an_interval_below_the_least_is_refused_in_a_call_too() {
    let mut stage = Stage::start().await;
    let (mut peer, leg) = answered(&mut stage, "").await;
    peer.send("UPDATE", 2, "Supported: timer\r\nSession-Expires: 1\r\n", "").await;
    let response = peer.response(2).await;
    assert_eq!((response.status_code.code(), response.field("Min-SE")), (422, Some("2")));
    peer.send("BYE", 3, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Normal });
}

#[tokio::test]
async fn a_peer_that_refuses_its_own_interval_is_not_asked_again_at_once() {
    for least in ["", "Min-SE: 4\r\n"] {
        let mut stage = Stage::start().await;
        let extra = "Allow: UPDATE\r\nSupported: timer\r\nSession-Expires: 4;refresher=uas\r\n";
        let (peer, leg) = answered(&mut stage, extra).await;
        let refresh = peer.request("UPDATE").await;
        peer.answer(&refresh, 422, least, "").await;
        // Refreshed at half of 4 s; the session's end is less than a second on.
        assert!(peer.hears_nothing().await, "{least:?}");
        let bye = peer.request("BYE").await;
        peer.answer(&bye, 200, "", "").await;
        assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Timeout });
    }
}

#[tokio::test]
async fn a_longer_interval_that_the_peer_asks_for_is_tried_at_once() {
    let mut stage = Stage::start().await;
    let extra = "Allow: UPDATE\r\nSupported: timer\r\nSession-Expires: 2;refresher=uas\r\n";
    let (peer, leg) = answered(&mut stage, extra).await;
    let refresh = peer.request("UPDATE").await;
    peer.answer(&refresh, 422, "Min-SE: 9\r\n", "").await;
    let longer = peer.request("UPDATE").await;
    assert_eq!(longer.field("Session-Expires"), Some("9;refresher=uac"));
    peer.answer(&longer, 481, "", "").await;
    assert_eq!(stage.leg_event(leg).await, LegEvent::Ended { cause: Cause::Failed });
}
