//! Prompts, music and tones to a leg.

#![expect(clippy::unwrap_used, reason = "a step that fails shall stop the test")]

mod support;

use perezvon_media::{Codec, MediaEvent};
use perezvon_model::prompt::{Language, Prompt};
use support::{Bed, GREETING_HZ, MUSIC_HZ, assert_tone, loudness, talk};

fn named(name: &str) -> Prompt {
    Prompt::Named { name: name.to_owned(), language: Language::Ru }
}

#[test]
fn a_list_of_prompts_is_played_to_its_end_and_told_done() {
    let mut bed = Bed::new();
    let a = bed.party(Codec::Pcma);
    let play = bed.play();
    let number = Prompt::Number { value: 5, language: Language::Ru };
    bed.media.play(a.leg, play, vec![named("greeting"), Prompt::Silence { ms: 100 }, number], false);
    assert_eq!(bed.event(), MediaEvent::PlayDone { leg: a.leg, play });
    let got: Vec<_> = (0..25).map(|_| a.hear()).collect();
    assert!(got.iter().all(|got| got.packet.payload_type == 8 && got.payload.len() == 160));
    let linear = a.linear(&got);
    assert_tone(&linear[..2_400], GREETING_HZ, 900.0);
    assert!(loudness(&linear[2_400..3_200], GREETING_HZ) < 100.0, "silence between");
    assert_tone(&linear[3_200..4_000], 900.0, GREETING_HZ);
    for (n, pair) in got.windows(2).enumerate() {
        assert_eq!(pair[1].packet.seq, pair[0].packet.seq.wrapping_add(1), "packet {n}");
        assert_eq!(pair[1].packet.timestamp, pair[0].packet.timestamp.wrapping_add(160));
    }
}

#[test]
fn a_missing_prompt_is_left_out_and_the_list_still_ends() {
    let mut bed = Bed::new();
    let a = bed.party(Codec::Pcmu);
    let play = bed.play();
    bed.media.play(a.leg, play, vec![named("absent")], false);
    assert_eq!(bed.event(), MediaEvent::PlayDone { leg: a.leg, play });
}

#[test]
fn a_new_list_replaces_the_old_one_and_only_the_new_one_is_told() {
    let mut bed = Bed::new();
    let a = bed.party(Codec::Pcmu);
    let (music, menu) = (bed.play(), bed.play());
    bed.media.play(a.leg, music, vec![Prompt::Music], true);
    let got: Vec<_> = (0..10).map(|_| a.hear()).collect();
    assert_tone(&a.linear(&got), MUSIC_HZ, GREETING_HZ);
    bed.media.play(a.leg, menu, vec![named("menu")], false);
    assert_eq!(bed.event(), MediaEvent::PlayDone { leg: a.leg, play: menu });
}

#[test]
fn the_bridge_ends_the_music_and_the_stream_goes_on_without_a_jump() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    let music = bed.play();
    bed.media.play(a.leg, music, vec![Prompt::Music], true);
    let mut heard: Vec<_> = (0..10).map(|_| a.hear()).collect();
    bed.media.bridge(a.leg, b.leg);
    b.hz = 1_000.0;
    let mut bridged = talk(&mut [&mut a, &mut b], 300).swap_remove(0);
    bed.media.unbridge(a.leg);
    bed.media.play(a.leg, music, vec![Prompt::Music], true);
    assert_tone(&a.linear(&bridged[bridged.len() / 2..]), 1_000.0, MUSIC_HZ);
    let held: Vec<_> = (0..10).map(|_| a.hear()).collect();
    assert_tone(&a.linear(&held[1..]), MUSIC_HZ, 1_000.0);
    heard.append(&mut bridged);
    heard.extend(held);
    for pair in heard.windows(2) {
        assert_eq!(pair[1].packet.seq, pair[0].packet.seq.wrapping_add(1));
        let step = pair[1].packet.timestamp.wrapping_sub(pair[0].packet.timestamp);
        assert!((160..80_000).contains(&step), "time goes on by {step}");
        assert_eq!(pair[1].packet.ssrc, pair[0].packet.ssrc);
    }
    let markers = heard.iter().filter(|got| got.packet.marker).count();
    // A busy machine may add a pause, which is marked too.
    assert!((3..=5).contains(&markers), "one at each change of source, not {markers}");
}

#[test]
fn a_prompt_to_a_bridged_leg_is_heard_instead_of_the_partner_and_then_the_bridge_goes_on() {
    let mut bed = Bed::new();
    let (mut a, mut b) = (bed.party(Codec::Pcmu), bed.party(Codec::Pcmu));
    (a.hz, b.hz) = (440.0, 1_000.0);
    bed.media.bridge(a.leg, b.leg);
    talk(&mut [&mut a, &mut b], 60);
    let play = bed.play();
    bed.media.play(a.leg, play, vec![named("greeting")], false);
    let heard = talk(&mut [&mut a, &mut b], 600);
    assert_eq!(bed.event(), MediaEvent::PlayDone { leg: a.leg, play });
    let linear = a.linear(&heard[0]);
    assert_tone(&linear[800..2_400], GREETING_HZ, 1_000.0);
    assert_tone(&linear[linear.len() - 1_600..], 1_000.0, GREETING_HZ);
    assert_tone(&b.linear(&heard[1]), 440.0, GREETING_HZ);
}
