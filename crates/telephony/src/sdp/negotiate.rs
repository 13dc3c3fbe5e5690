//! Offer and answer (RFC 3264): which payload types, which way sound flows, and the text that says so.

use std::fmt::Write;
use std::net::SocketAddr;

use super::parse::{Description, Direction, Media};
use crate::media::Codec;

/// Payload type of digits in our offers; answers take the peer's.
const DTMF_PAYLOAD: u8 = 101;

/// Our side of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// Where we receive RTP.
    pub(crate) rtp: SocketAddr,
    /// `sess-id` of `o=`.
    pub(crate) session: u64,
    /// `sess-version`: rises when our description changes (RFC 3264 section 8).
    pub(crate) version: u64,
}

/// The peer's side of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub(crate) addr: SocketAddr,
    pub(crate) codec: Codec,
    /// Payload type of digits.
    pub(crate) dtmf_payload: Option<u8>,
    /// It wants to hear us.
    pub(crate) send: bool,
    /// It may be heard.
    pub(crate) receive: bool,
}

/// What both sides now use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    pub(crate) remote: Remote,
    /// The peer hears nothing from us by its own wish: `sendonly`, `inactive`, `c=0.0.0.0`.
    pub(crate) held_by_peer: bool,
}

/// An offer refused by us: 488.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no media line with a codec in common")]
pub(crate) struct NoAgreement;

/// An answer that takes nothing of what we offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer has no audio that was offered")]
pub(crate) struct Refused;

struct Chosen {
    codec: Codec,
    dtmf: Option<u8>,
}

/// Picks the peer's first codec that we have (its order is its wish, RFC 3264 section 6.1).
fn choose(media: &Media) -> Option<Chosen> {
    let payloads: Vec<u8> = media.formats.iter().filter_map(|format| format.parse().ok()).collect();
    // G.711 has static payload types (RFC 3551 section 6), which need no map and may not be mapped to another thing.
    let codec_of = |payload: u8| {
        let (codec, own) = match payload {
            0 => (Codec::Pcmu, "PCMU"),
            8 => (Codec::Pcma, "PCMA"),
            _ => return None,
        };
        let mapped = media.rtpmap.iter().find(|(mapped, ..)| *mapped == payload);
        mapped.is_none_or(|(_, name, rate)| name == own && *rate == 8_000).then_some(codec)
    };
    let codec = payloads.iter().find_map(|payload| codec_of(*payload))?;
    let is_dtmf = |payload: &u8| {
        media
            .rtpmap
            .iter()
            .any(|(mapped, name, rate)| mapped == payload && name == "TELEPHONE-EVENT" && *rate == 8_000)
    };
    Some(Chosen { codec, dtmf: payloads.into_iter().find(is_dtmf) })
}

/// The media line that can be a call, if any.
fn usable(description: &Description, local: SocketAddr) -> Option<(usize, &Media, SocketAddr, Chosen)> {
    description.media.iter().enumerate().find_map(|(index, media)| {
        let spoken = media.kind == "audio" && media.protocol == "RTP/AVP" && media.port != 0;
        let address = media.connection.filter(|ip| ip.is_ipv4() == local.is_ipv4())?;
        let chosen = choose(media).filter(|_| spoken)?;
        Some((index, media, SocketAddr::new(address, media.port), chosen))
    })
}

fn agreed(media: &Media, address: SocketAddr, chosen: &Chosen) -> Agreed {
    // The hold of RFC 2543: an address of zeros (RFC 3264 section 8.4).
    let zeros = address.ip().is_unspecified();
    let (sends, receives) = match media.direction {
        Direction::SendRecv => (true, !zeros),
        Direction::SendOnly => (true, false),
        Direction::RecvOnly => (false, !zeros),
        Direction::Inactive => (false, false),
    };
    Agreed {
        remote: Remote {
            addr: address,
            codec: chosen.codec,
            dtmf_payload: chosen.dtmf,
            send: receives,
            receive: sends,
        },
        held_by_peer: !receives,
    }
}

/// Answers an offer.
pub(crate) fn answer(offer: &Description, local: &Local) -> Result<(Agreed, String), NoAgreement> {
    let (taken, media, address, chosen) = usable(offer, local.rtp).ok_or(NoAgreement)?;
    let agreed = agreed(media, address, &chosen);
    let direction = match (agreed.remote.send, agreed.remote.receive) {
        (true, true) => Direction::SendRecv,
        (true, false) => Direction::SendOnly,
        (false, true) => Direction::RecvOnly,
        (false, false) => Direction::Inactive,
    };
    let mut text = head(local);
    for (index, media) in offer.media.iter().enumerate() {
        if index == taken {
            audio(&mut text, local.rtp.port(), &[chosen.codec], chosen.dtmf, direction);
        } else {
            // Every line is answered; port 0 refuses it (RFC 3264 section 6).
            let _ = write!(text, "m={} 0 {} {}\r\n", media.kind, media.protocol, media.formats[0]);
        }
    }
    Ok((agreed, text))
}

/// Offers both G.711 laws and digits.
pub(crate) fn offer(local: &Local) -> String {
    let mut text = head(local);
    let codecs = [Codec::Pcmu, Codec::Pcma];
    audio(&mut text, local.rtp.port(), &codecs, Some(DTMF_PAYLOAD), Direction::SendRecv);
    text
}

/// Takes the answer to our offer.
pub(crate) fn accept(answer: &Description, local: &Local) -> Result<Agreed, Refused> {
    let (_, media, address, chosen) = usable(answer, local.rtp).ok_or(Refused)?;
    Ok(agreed(media, address, &chosen))
}

fn static_payload(codec: Codec) -> (u8, &'static str) {
    match codec {
        Codec::Pcmu => (0, "PCMU"),
        Codec::Pcma => (8, "PCMA"),
    }
}

fn head(local: &Local) -> String {
    let family = if local.rtp.is_ipv4() { "IP4" } else { "IP6" };
    let ip = local.rtp.ip();
    format!(
        "v=0\r\no=- {} {} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n",
        local.session, local.version
    )
}

fn audio(text: &mut String, port: u16, codecs: &[Codec], dtmf: Option<u8>, direction: Direction) {
    let _ = write!(text, "m=audio {port} RTP/AVP");
    for payload in codecs.iter().map(|codec| static_payload(*codec).0).chain(dtmf) {
        let _ = write!(text, " {payload}");
    }
    text.push_str("\r\n");
    for codec in codecs {
        let (payload, name) = static_payload(*codec);
        let _ = write!(text, "a=rtpmap:{payload} {name}/8000\r\n");
    }
    if let Some(payload) = dtmf {
        let _ = write!(text, "a=rtpmap:{payload} telephone-event/8000\r\na=fmtp:{payload} 0-15\r\n");
    }
    let _ = write!(text, "a=ptime:20\r\na={}\r\n", direction.word());
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn local() -> Local {
        Local { rtp: "192.0.2.1:4000".parse().expect("address"), session: 7, version: 1 }
    }

    fn offered(lines: &str) -> Description {
        let text =
            format!("v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n{lines}");
        parse(text.as_bytes()).expect("description")
    }

    #[test]
    fn the_first_codec_of_the_peer_that_we_have_is_taken() {
        for (lines, codec, payload, dtmf) in [
            (
                "m=audio 5000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\n",
                Codec::Pcmu,
                0,
                Some(101),
            ),
            ("m=audio 5000 RTP/AVP 18 8 0\r\n", Codec::Pcma, 8, None),
            ("m=audio 5000 RTP/AVP 9 8 97\r\na=rtpmap:97 PCMU/8000\r\n", Codec::Pcma, 8, None),
            ("m=audio 5000 RTP/AVP 0 98\r\na=rtpmap:98 telephone-event/48000\r\n", Codec::Pcmu, 0, None),
        ] {
            let (agreed, text) = answer(&offered(lines), &local()).expect(lines);
            let remote = agreed.remote;
            assert_eq!((remote.codec, remote.dtmf_payload), (codec, dtmf), "{lines}");
            assert_eq!(remote.addr.to_string(), "198.51.100.1:5000");
            assert!(text.contains(&format!("m=audio 4000 RTP/AVP {payload}")), "{text}");
        }
    }

    #[test]
    fn nothing_in_common_is_no_agreement() {
        for lines in [
            "m=audio 5000 RTP/AVP 18 9\r\n",
            "m=audio 0 RTP/AVP 0\r\n",
            "m=video 5000 RTP/AVP 31\r\n",
            "m=audio 5000 RTP/SAVP 0\r\n",
            "m=audio 5000 RTP/AVP 0\r\na=rtpmap:0 PCMU/16000\r\n",
            "m=audio 5000 RTP/AVP 0\r\nc=IN IP4 media.example\r\n",
            "m=audio 5000 RTP/AVP 0\r\nc=IN IP6 ::1\r\n",
            "",
        ] {
            assert_eq!(answer(&offered(lines), &local()), Err(NoAgreement), "{lines}");
        }
    }

    #[test]
    fn other_media_lines_are_answered_with_port_0_in_their_place() {
        let offer =
            offered("m=video 6000 RTP/AVP 31\r\nm=audio 5000 RTP/AVP 0\r\nm=audio 5002 RTP/AVP 8\r\n");
        let (_, text) = answer(&offer, &local()).expect("answer");
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("m=")).collect();
        assert_eq!(lines, ["m=video 0 RTP/AVP 31", "m=audio 4000 RTP/AVP 0", "m=audio 0 RTP/AVP 8"]);
    }

    #[test]
    fn hold_in_each_of_its_forms_is_seen_and_mirrored() {
        for (lines, held, send, receive, mirrored) in [
            ("m=audio 5000 RTP/AVP 0\r\na=sendrecv\r\n", false, true, true, "a=sendrecv"),
            ("m=audio 5000 RTP/AVP 0\r\na=sendonly\r\n", true, false, true, "a=recvonly"),
            ("m=audio 5000 RTP/AVP 0\r\na=recvonly\r\n", false, true, false, "a=sendonly"),
            ("m=audio 5000 RTP/AVP 0\r\na=inactive\r\n", true, false, false, "a=inactive"),
            ("m=audio 5000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", true, false, true, "a=recvonly"),
        ] {
            let (agreed, text) = answer(&offered(lines), &local()).expect(lines);
            assert_eq!(agreed.held_by_peer, held, "{lines}");
            assert_eq!((agreed.remote.send, agreed.remote.receive), (send, receive), "{lines}");
            assert!(text.lines().any(|line| line == mirrored), "{lines}: {text}");
        }
    }

    #[test]
    fn our_own_offer_can_be_answered_and_the_answer_accepted() {
        let peer = Local { rtp: "198.51.100.1:5000".parse().expect("address"), session: 1, version: 1 };
        let offer = parse(offer(&local()).as_bytes()).expect("offer");
        let (_, text) = answer(&offer, &peer).expect("answer");
        let agreed = accept(&parse(text.as_bytes()).expect("answer"), &local()).expect("accepted");
        assert_eq!(agreed.remote.addr, peer.rtp);
        assert_eq!((agreed.remote.codec, agreed.remote.dtmf_payload), (Codec::Pcmu, Some(101)));
        assert!(!agreed.held_by_peer);
    }

    #[test]
    fn an_answer_without_our_codecs_is_refused() {
        assert_eq!(accept(&offered("m=audio 0 RTP/AVP 0\r\n"), &local()), Err(Refused));
    }
}
