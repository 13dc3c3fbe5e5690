//! Sources that are no trunk, and TCP peers that behave badly.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::peer::{OFFER, Peer};
use super::{LOCAL, PATIENCE, STRANGER, Stage};
use crate::config::Timing;
use crate::sip::message::{Fields, status_of};

#[tokio::test]
async fn a_stranger_is_refused_a_few_times_and_then_ignored() {
    let stage = Stage::start().await;
    let mut refusals = 0;
    for _ in 0..20 {
        let mut peer = Peer::new(STRANGER, stage.addr()).await;
        let branch = peer.send("INVITE", 1, "", OFFER).await;
        if peer.hears_nothing().await {
            break;
        }
        peer.send_branch(branch, "INVITE", 1, "", OFFER).await;
        refusals += 1;
    }
    assert!((1..=5).contains(&refusals), "{refusals}");
    let counters = stage.telephony.counters();
    assert!(counters.ignored > 0);
    assert_eq!((counters.legs, counters.dialogs, counters.transactions), (0, 0, 0), "no state for strangers");
}

#[tokio::test]
async fn a_stranger_cannot_speak_within_a_call_that_is_not_its_own() {
    let mut stage = Stage::start().await;
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    peer.invite("").await;
    let leg = stage.call().await;
    let mut stranger = Peer::new(STRANGER, stage.addr()).await;
    stranger.send("BYE", 2, "", "").await;
    assert_eq!(stranger.status(2).await, 403);
    assert_eq!(stage.telephony.counters().legs, 1);
    let _ = leg;
}

#[tokio::test]
async fn anybody_may_ask_whether_we_live() {
    let stage = Stage::start().await;
    let mut peer = Peer::new(STRANGER, stage.addr()).await;
    peer.send("OPTIONS", 1, "", "").await;
    assert_eq!(peer.status(1).await, 200);
}

#[tokio::test]
async fn whoever_only_asks_leaves_nothing_behind() {
    let stage = Stage::start().await;
    let mut peer = Peer::new(STRANGER, stage.addr()).await;
    for (number, method, status) in [(1, "OPTIONS", 200), (2, "REGISTER", 401)] {
        peer.send(method, number, "", "").await;
        let answer = peer.response(number).await;
        assert_eq!(status_of(&answer), status);
        assert_eq!(answer.field("WWW-Authenticate").is_some(), status == 401);
        peer.forget();
        let counters = stage.telephony.counters();
        assert_eq!((counters.transactions, counters.finished_transactions), (0, 0), "{method}");
    }
}

#[tokio::test]
async fn strangers_get_no_more_transactions_than_there_is_room_for() {
    // Of 800 that calls of this stage have room for; none ends while the test lasts.
    let stage = Stage::start_with(Timing::default(), 100).await;
    let guess = format!(
        "Authorization: Digest username=\"100\", realm=\"{}\", nonce=\"1\", uri=\"sip:h\", response=\"{:032}\"\r\n",
        crate::REALM,
        0
    );
    let mut sent = 0;
    for host in 2..10 {
        let mut peer = Peer::new(IpAddr::V4(Ipv4Addr::new(127, 0, 1, host)), stage.addr()).await;
        for number in 1..=150 {
            peer.send("REGISTER", number, &guess, "").await;
            sent += 1;
            while stage.telephony.counters().received < sent {
                tokio::task::yield_now().await;
            }
        }
    }
    let counters = stage.telephony.counters();
    let kept = counters.transactions + counters.finished_transactions;
    assert!((700..=850).contains(&kept), "{kept}");
    assert!(counters.ignored > 0);
    // A trunk is no stranger.
    let mut trunk = Peer::new(LOCAL, stage.addr()).await;
    trunk.send("OPTIONS", 1, "", "").await;
    assert_eq!(trunk.status(1).await, 200);
}

fn options(call: u32) -> String {
    format!(
        "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{call}\r\nMax-Forwards: 70\r\n\
         From: <sip:a@b>;tag=1\r\nTo: <sip:h>\r\nCall-ID: tcp{call}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 65_535];
    let length =
        tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.expect("in time").expect("read");
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

#[tokio::test]
async fn tcp_messages_may_come_in_pieces_and_in_heaps() {
    let stage = Stage::start().await;
    let mut stream = TcpStream::connect(stage.addr()).await.expect("connected");
    let text = options(1);
    for piece in text.as_bytes().chunks(20) {
        stream.write_all(piece).await.expect("written");
        stream.flush().await.expect("flushed");
        tokio::task::yield_now().await;
    }
    assert!(read_some(&mut stream).await.starts_with("SIP/2.0 200"));
    stream.write_all(format!("\r\n\r\n{}{}", options(2), options(3)).as_bytes()).await.expect("written");
    let mut answers = String::new();
    while answers.matches("SIP/2.0 200").count() < 2 {
        answers += &read_some(&mut stream).await;
    }
}

#[tokio::test]
async fn a_tcp_message_that_cannot_be_framed_is_refused_and_the_connection_closed() {
    let stage = Stage::start().await;
    let mut stream = TcpStream::connect(stage.addr()).await.expect("connected");
    let bad = options(1).replace("Content-Length: 0", "Content-Length: nothing");
    stream.write_all(bad.as_bytes()).await.expect("written");
    assert!(read_some(&mut stream).await.starts_with("SIP/2.0 400"));
    assert_eq!(read_some(&mut stream).await, "", "closed");
    let mut endless = TcpStream::connect(stage.addr()).await.expect("connected");
    let _ = endless.write_all(&vec![b'x'; 100_000]).await;
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, endless.read_to_end(&mut rest)).await;
    assert!(closed.is_ok(), "a message without an end closes the connection");
    tokio::time::timeout(PATIENCE, async {
        while stage.telephony.counters().tcp_connections > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("no connection is left in the table");
}

#[tokio::test]
async fn a_tcp_peer_that_reads_nothing_holds_up_nobody_else() {
    let stage = Stage::start().await;
    let mut deaf = TcpStream::connect(stage.addr()).await.expect("connected");
    // More questions than the buffers of both sides can answer.
    let asking = tokio::spawn(async move {
        for call in 0..200_000 {
            if deaf.write_all(options(call).as_bytes()).await.is_err() {
                return;
            }
        }
    });
    let mut peer = Peer::new(LOCAL, stage.addr()).await;
    for number in 1..50 {
        peer.send("OPTIONS", number, "", "").await;
        assert_eq!(peer.status(number).await, 200);
        peer.forget();
    }
    asking.abort();
}
