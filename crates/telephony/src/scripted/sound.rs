//! What the media plane is told of a peer.

use perezvon_model::LegId;
use perezvon_model::leg::LegCommand;

use super::peer::{OFFER, Peer};
use super::{LOCAL, Stage};

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
