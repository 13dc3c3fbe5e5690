//! Twenty thousand spoilt datagrams while a call is up: it stays up, nothing panics, nothing is left behind.

mod rig;

use std::time::Duration;

use perezvon_model::leg::{Cause, LegCommand, LegEvent};
use perezvon_telephony::TelephonyEvent;
use rig::{LOCAL, PATIENCE, Rig, Sipp};
use tokio::net::UdpSocket;

const DATAGRAMS: usize = 20_000;

/// splitmix64: the same spoilt messages each time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as usize
    }
}

fn seeds(server: std::net::SocketAddr) -> Vec<Vec<u8>> {
    let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 101\r\n\
               a=rtpmap:101 telephone-event/8000\r\n";
    let mut seeds = Vec::new();
    for method in ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "REGISTER", "UPDATE", "INFO", "MESSAGE"] {
        let number = if method == "INVITE" { "999" } else { "100" };
        seeds.push(
            format!(
                "{method} sip:{number}@{server} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1;rport\r\n\
                 Max-Forwards: 70\r\nFrom: \"A\" <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:{number}@{server}>\r\n\
                 Call-ID: torture\r\nCSeq: 1 {method}\r\nContact: <sip:a@127.0.0.1:9>\r\nExpires: 60\r\n\
                 Supported: timer\r\nSession-Expires: 1800\r\nAuthorization: Digest username=\"a\", realm=\"perezvon\", \
                 nonce=\"x\", uri=\"sip:h\", response=\"y\", qop=auth, nc=00000001, cnonce=\"c\"\r\n\
                 Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
                sdp.len()
            )
            .into_bytes(),
        );
    }
    seeds.push(
        b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
          To: <sip:a@b>;tag=2\r\nCall-ID: torture\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\nContent-Length: 0\r\n\r\n"
            .to_vec(),
    );
    for entry in
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden")).expect("golden files")
    {
        let text = std::fs::read_to_string(entry.expect("entry").path()).expect("text");
        let (_, message) = text.split_once("---\n").expect("a line of three dashes");
        seeds.push(message.replace('\n', "\r\n").into_bytes());
    }
    seeds
}

/// Spoils a message in one to four places.
fn spoil(seed: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..1 + dice.next() % 4 {
        if bytes.is_empty() {
            break;
        }
        let at = dice.next() % bytes.len();
        match dice.next() % 7 {
            0 => bytes[at] = dice.next() as u8,
            1 => bytes.truncate(at),
            2 => drop(bytes.drain(at..(at + dice.next() % 40).min(bytes.len()))),
            3 => bytes.insert(at, b"\r\n;,:<>\"@ \0"[dice.next() % 11]),
            4 => {
                let piece = bytes[at..(at + 1 + dice.next() % 60).min(bytes.len())].to_vec();
                let to = dice.next() % bytes.len();
                bytes.splice(to..to, piece);
            }
            5 => bytes[at] ^= 1 << (dice.next() % 8),
            _ => {
                let digits = format!("{}", dice.next());
                bytes.splice(at..at, digits.into_bytes());
            }
        }
    }
    bytes
}

#[tokio::test]
async fn a_call_stays_up_through_twenty_thousand_spoilt_datagrams() {
    let mut rig = Rig::start().await;
    let sipp = Sipp::run("uac_waits.xml", rig.addr(), &["-timeout", "120s"]);
    let leg = rig.call().await;
    rig.command(leg, LegCommand::Answer);
    assert_eq!(rig.leg_event(leg).await, LegEvent::Answered);

    let socket = UdpSocket::bind((LOCAL, 0)).await.expect("socket");
    let (seeds, mut dice) = (seeds(rig.addr()), Dice(7));
    let mut buffer = vec![0; 65_535];
    for number in 0..DATAGRAMS {
        let bytes = spoil(&seeds[dice.next() % seeds.len()], &mut dice);
        socket.send_to(&bytes, rig.addr()).await.expect("sent");
        if number % 20 == 0 {
            // Lets the other side work, and empties our own socket.
            while let Ok(Ok(_)) =
                tokio::time::timeout(Duration::from_millis(1), socket.recv_from(&mut buffer)).await
            {
            }
        }
    }
    // What reached the server was judged, and it still answers.
    tokio::time::timeout(PATIENCE, async {
        while rig.telephony.counters().received < (DATAGRAMS / 2) as u64 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .expect("most datagrams arrive");
    Sipp::run("uac_options.xml", rig.addr(), &[]).succeeds().await;

    // Some spoilt INVITE may have been a good one: such calls are hung up, the first one must not have ended.
    while let Ok(event) = rig.events.try_recv() {
        match event {
            TelephonyEvent::CallArrived { leg, .. } => {
                rig.command(leg, LegCommand::HangUp { cause: Cause::Busy })
            }
            TelephonyEvent::Leg { leg: of, event, .. } => assert_ne!(of, leg, "{event:?}"),
            other => panic!("{other:?}"),
        }
    }
    rig.command(leg, LegCommand::HangUp { cause: Cause::Normal });
    sipp.succeeds().await;
    loop {
        if let TelephonyEvent::Leg { leg: of, event, .. } = rig.next().await
            && of == leg
        {
            assert_eq!(event, LegEvent::Ended { cause: Cause::Normal });
            break;
        }
    }
    rig.is_empty().await;
    let counters = rig.telephony.counters();
    assert!(counters.malformed > 1_000, "the messages were not spoilt enough: {counters:?}");
    assert_eq!(rig.media.counters().legs, 0);
}
