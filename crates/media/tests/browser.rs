//! The browser's path: a str0m client makes the offer and talks through DTLS-SRTP with a SIP leg.

#![expect(clippy::unwrap_used, reason = "a step that fails shall stop the test")]

mod support;

use std::time::{Duration, Instant};

use perezvon_media::{Codec, MediaError, MediaEvent};
use perezvon_model::prompt::{Language, Prompt};
use support::browser::{Browser, block_on};
use support::{Bed, Got, Party, assert_tone};

/// Browser and phone talk on one beat, for so long and until both have heard most of it; gives what the phone heard.
fn talk(browser: &mut Browser, party: &mut Party, ms: u64) -> Vec<Got> {
    let start = Instant::now();
    let wanted = (ms / 20 * 3 / 4) as usize;
    let heard_before = browser.heard.len();
    let mut heard = Vec::new();
    for beat in 1.. {
        browser.say();
        party.say();
        browser.live_until(start + Duration::from_millis(20 * beat));
        while let Some(got) = party.hear_within(Duration::ZERO) {
            heard.push(got);
        }
        let is_heard = heard.len() >= wanted && browser.heard.len() - heard_before >= wanted;
        if beat >= ms / 20 && (is_heard || start.elapsed() > support::PATIENCE) {
            break;
        }
    }
    heard
}

/// The offer of Chromium 156 for one audio line, shortened to what matters.
const CHROMIUM: &str = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n\
a=group:BUNDLE 0\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS stream\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n\
a=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZgasd88fgpdd\r\na=ice-options:trickle\r\n\
a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F\r\n\
a=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n\
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n\
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n\
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=sendrecv\r\na=msid:stream track\r\na=rtcp-mux\r\n\
a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n\
a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\n\
a=rtpmap:8 PCMA/8000\r\na=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n\
a=rtpmap:126 telephone-event/8000\r\na=ssrc:1001 cname:c\r\na=ssrc:1001 msid:stream track\r\n";

#[test]
fn the_answer_to_chromium_is_lite_passive_bundled_and_g711() {
    let mut bed = Bed::new();
    let agent = bed.agent();
    let answer = block_on(bed.media.browser_offer(agent, CHROMIUM.to_owned())).unwrap();
    let has = |line: &str| assert!(answer.lines().any(|found| found == line), "{line} in\n{answer}");
    has("a=ice-lite");
    has("a=setup:passive");
    has("a=group:BUNDLE 0");
    has("a=rtcp-mux");
    has("a=sendrecv");
    has("a=rtpmap:126 telephone-event/8000");
    let media = answer.lines().find(|line| line.starts_with("m=audio")).unwrap();
    assert!(media.ends_with("UDP/TLS/RTP/SAVPF 0 8 126"), "{media}");
    let candidates: Vec<&str> = answer.lines().filter(|line| line.starts_with("a=candidate")).collect();
    assert_eq!(candidates.len(), 1, "{candidates:?}");
    let addr = bed.media.browser_addr();
    assert!(candidates[0].contains(&format!(" {} {} typ host", addr.ip(), addr.port())), "{candidates:?}");
}

#[test]
fn offers_with_hidden_or_tcp_candidates_and_with_a_data_channel_are_answered() {
    let mut bed = Bed::new();
    let agent = bed.agent();
    // Browsers hide their addresses behind mDNS names; the server learns the true ones from their packets.
    let hidden = "a=candidate:1 1 udp 2113937151 3f1a8a1c-6c2b-4d7e-9d4e-1f2a3b4c5d6e.local 54321 typ host generation 0 \
network-cost 999\r\n";
    let tcp = "a=candidate:2 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active generation 0\r\n";
    let data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:8hhY\r\n\
a=ice-pwd:asd88fgpdd777uzjYhagZgasd88fgpdd\r\na=setup:actpass\r\na=mid:1\r\na=sctp-port:5000\r\n";
    for extra in [hidden, tcp, data] {
        let mut offer = format!("{CHROMIUM}{extra}");
        if extra == data {
            offer = offer.replace("BUNDLE 0", "BUNDLE 0 1");
        }
        let answer = block_on(bed.media.browser_offer(agent, offer)).unwrap();
        assert!(answer.contains("a=setup:passive"), "{answer}");
    }
}

#[test]
fn an_offer_that_cannot_be_answered_says_why() {
    let mut bed = Bed::new();
    let agent = bed.agent();
    for bad in ["", "hello", &CHROMIUM.replace("a=fingerprint", "a=nothing"), &"x".repeat(100_000)] {
        let refused = block_on(bed.media.browser_offer(agent, bad.to_owned())).unwrap_err();
        assert!(matches!(refused, MediaError::Offer(_)), "{refused}");
    }
}

#[test]
fn an_agent_in_a_browser_and_a_caller_on_a_phone_hear_each_other() {
    let mut bed = Bed::new();
    let agent = bed.agent();
    let mut browser = Browser::connect(&bed.media, agent);
    assert_eq!(bed.event(), MediaEvent::BrowserConnected { agent });
    let mut caller = bed.party(Codec::Pcma);
    (browser.hz, caller.hz) = (440.0, 1_000.0);
    let leg = bed.leg();
    bed.media.attach_browser(leg, agent);
    bed.media.bridge(caller.leg, leg);
    let heard = talk(&mut browser, &mut caller, 600);
    assert_tone(&caller.linear(&heard), 440.0, 1_000.0);
    assert_tone(&browser.take_linear(), 1_000.0, 440.0);
}

#[test]
fn after_a_reload_the_attached_leg_goes_on_with_the_new_page() {
    let mut bed = Bed::new();
    let agent = bed.agent();
    let mut caller = bed.party(Codec::Pcmu);
    let leg = bed.leg();
    bed.media.attach_browser(leg, agent);
    bed.media.bridge(caller.leg, leg);
    let mut first = Browser::connect(&bed.media, agent);
    (first.hz, caller.hz) = (440.0, 1_000.0);
    let mut heard = talk(&mut first, &mut caller, 300);
    drop(first);
    let mut second = Browser::connect(&bed.media, agent);
    second.hz = 700.0;
    let resumed = talk(&mut second, &mut caller, 400);
    assert_tone(&caller.linear(&resumed), 700.0, 440.0);
    assert_tone(&second.take_linear(), 1_000.0, 440.0);
    heard.extend(resumed);
    assert!(heard.iter().all(|got| got.packet.ssrc == heard[0].packet.ssrc), "the caller sees one stream");
    let connected = (0..2).map(|_| bed.event()).collect::<Vec<_>>();
    assert_eq!(connected, [MediaEvent::BrowserConnected { agent }, MediaEvent::BrowserConnected { agent }]);
    assert!(bed.events.try_recv().is_err(), "a quick reload is no loss");
}

#[test]
fn a_browser_that_falls_silent_is_lost_and_comes_back() {
    let mut bed = Bed::new();
    let agent = bed.agent();
    let mut browser = Browser::connect(&bed.media, agent);
    assert_eq!(bed.event(), MediaEvent::BrowserConnected { agent });
    let silent_since = Instant::now();
    assert_eq!(bed.event(), MediaEvent::BrowserLost { agent });
    let after = silent_since.elapsed();
    assert!((2_500..9_000).contains(&after.as_millis()), "after {after:?}");
    let start = Instant::now();
    for beat in 1..=10 {
        browser.say();
        browser.live_until(start + Duration::from_millis(20 * beat));
    }
    assert_eq!(bed.event(), MediaEvent::BrowserConnected { agent });
}

#[test]
fn the_agents_keypad_is_told_and_reaches_the_caller_and_prompts_reach_the_agent() {
    let mut bed = Bed::new();
    let agent = bed.agent();
    let mut browser = Browser::connect(&bed.media, agent);
    assert_eq!(bed.event(), MediaEvent::BrowserConnected { agent });
    let mut caller = bed.party(Codec::Pcmu);
    let leg = bed.leg();
    bed.media.attach_browser(leg, agent);
    bed.media.bridge(caller.leg, leg);
    talk(&mut browser, &mut caller, 60);
    browser.press(9);
    let digit = bed.wait_for(|event| match event {
        MediaEvent::Digit { leg: of, digit } if *of == leg => Some(*digit),
        _ => None,
    });
    assert_eq!(digit, '9');
    let all = std::iter::repeat_with(|| caller.hear());
    let events: Vec<Got> = all.filter(|got| got.packet.payload_type == 101).take(8).collect();
    assert!(events.iter().all(|got| got.payload[0] == 9));

    browser.take_linear();
    let play = bed.play();
    let greeting = Prompt::Named { name: "greeting".to_owned(), language: Language::Ru };
    bed.media.play(leg, play, vec![greeting], false);
    talk(&mut browser, &mut caller, 260);
    let heard = browser.take_linear();
    assert_tone(&heard[..heard.len().min(2_080)], support::GREETING_HZ, caller.hz);
    talk(&mut browser, &mut caller, 200);
    bed.wait_for(|event| (*event == MediaEvent::PlayDone { leg, play }).then_some(()));
}

#[test]
fn two_agents_in_browsers_hear_each_other_and_the_newest_leg_has_the_sound() {
    let mut bed = Bed::new();
    let (anna, boris) = (bed.agent(), bed.agent());
    let mut a = Browser::connect(&bed.media, anna);
    let mut b = Browser::connect(&bed.media, boris);
    (a.hz, b.hz) = (440.0, 1_000.0);
    let (leg_a, leg_b) = (bed.leg(), bed.leg());
    bed.media.attach_browser(leg_a, anna);
    bed.media.attach_browser(leg_b, boris);
    bed.media.bridge(leg_a, leg_b);
    let beat = |a: &mut Browser, b: &mut Browser, ms: u64| {
        let start = Instant::now();
        for beat in 1..=ms / 20 {
            a.say();
            b.say();
            a.live_until(start + Duration::from_millis(20 * beat - 10));
            b.live_until(start + Duration::from_millis(20 * beat));
        }
    };
    beat(&mut a, &mut b, 400);
    assert_tone(&a.take_linear(), 1_000.0, 440.0);
    assert_tone(&b.take_linear(), 440.0, 1_000.0);
    // Anna takes a second leg: the first one is mute until it ends.
    let second = bed.leg();
    bed.media.attach_browser(second, anna);
    beat(&mut a, &mut b, 100);
    a.take_linear();
    b.take_linear();
    beat(&mut a, &mut b, 100);
    assert!(a.take_linear().is_empty() && b.take_linear().is_empty());
    bed.media.close(second);
    beat(&mut a, &mut b, 400);
    assert_tone(&a.take_linear(), 1_000.0, 440.0);
    assert_tone(&b.take_linear(), 440.0, 1_000.0);
}
