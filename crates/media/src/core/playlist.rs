//! A list of prompts as a stream of 20 ms frames.

use perezvon_model::prompt::Prompt;

use super::g711::Codec;
use super::library::{Library, Sound};
use super::{FRAME, SAMPLE_RATE};

/// The most pieces of sound in one list.
const MAX_ITEMS: usize = 256;

#[derive(Clone, Debug)]
enum Item {
    Sound(Sound),
    /// Starts where the common clock stands, so that a listener who comes back hears it go on, and never ends.
    Music(Sound),
    /// Samples of silence.
    Silence(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The frame is filled; the list goes on.
    Filled,
    /// The frame holds the end of the list, the rest of it is silence.
    Last,
    /// Nothing was left.
    Done,
}

/// The cursor in a list of prompts.
#[derive(Clone, Debug)]
pub struct Playlist {
    items: Vec<Item>,
    looped: bool,
    item: usize,
    /// Samples of the current item that were played.
    at: usize,
    /// Where the music stands, once it has begun; from then on it counts its own samples, as beats are never exact.
    music_at: Option<u64>,
}

impl Playlist {
    /// Resolves a list; prompts without a sound are left out and their names returned.
    pub fn new(library: &Library, prompts: &[Prompt], looped: bool) -> (Playlist, Vec<String>) {
        let mut missing = Vec::new();
        let mut items = Vec::new();
        for prompt in prompts {
            let sounds = library.resolve(prompt, &mut missing);
            match prompt {
                Prompt::Named { .. } | Prompt::Number { .. } | Prompt::Ringback => {
                    items.extend(sounds.into_iter().cloned().map(Item::Sound));
                }
                Prompt::Music => items.extend(sounds.into_iter().cloned().map(Item::Music)),
                Prompt::Silence { ms } => {
                    items.push(Item::Silence(*ms as usize * (SAMPLE_RATE as usize / 1_000)));
                }
            }
        }
        items.truncate(MAX_ITEMS);
        // A looped list of nothing would spin for ever within one frame.
        let has_length = items.iter().any(|item| match item {
            Item::Sound(sound) | Item::Music(sound) => !sound.is_empty(),
            Item::Silence(samples) => *samples > 0,
        });
        (Playlist { items, looped: looped && has_length, item: 0, at: 0, music_at: None }, missing)
    }

    /// A list that goes on for ever: nobody waits for its end.
    pub fn is_endless(&self) -> bool {
        self.looped || self.items.iter().any(|item| matches!(item, Item::Music(_)))
    }

    /// Fills the next frame. `clock` is the number of samples since the program began, the place music stands at.
    pub fn fill(&mut self, codec: Codec, clock: u64, frame: &mut [u8; FRAME]) -> Frame {
        let mut filled = 0;
        while filled < FRAME {
            let Some(item) = self.items.get(self.item) else {
                if self.looped {
                    self.item = 0;
                    self.at = 0;
                    continue;
                }
                if filled == 0 {
                    return Frame::Done;
                }
                frame[filled..].fill(codec.silence());
                return Frame::Last;
            };
            let room = FRAME - filled;
            let taken = match item {
                Item::Sound(sound) => {
                    let left = &sound.samples(codec)[self.at..];
                    let taken = left.len().min(room);
                    frame[filled..filled + taken].copy_from_slice(&left[..taken]);
                    taken
                }
                Item::Music(sound) => {
                    let samples = sound.samples(codec);
                    let standing = self.music_at.unwrap_or(clock);
                    self.music_at = Some(standing + room as u64);
                    let mut from = (standing % samples.len() as u64) as usize;
                    for byte in &mut frame[filled..] {
                        *byte = samples[from];
                        from = if from + 1 == samples.len() { 0 } else { from + 1 };
                    }
                    return Frame::Filled;
                }
                Item::Silence(samples) => {
                    let taken = (samples - self.at).min(room);
                    frame[filled..filled + taken].fill(codec.silence());
                    taken
                }
            };
            filled += taken;
            self.at += taken;
            if taken < room || taken == 0 {
                self.item += 1;
                self.at = 0;
            }
        }
        Frame::Filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use perezvon_model::prompt::Language;
    use std::borrow::Cow;

    fn library() -> Library {
        let sound = |name: &str, value: u8, samples: usize| {
            (name.to_owned(), Cow::<'static, [u8]>::Owned(vec![value; samples]))
        };
        Library::new(
            [
                sound("ru/a", 1, 100),
                sound("ru/b", 2, 100),
                ("music/hold".to_owned(), Cow::Owned((0..200u8).collect())),
            ]
            .into_iter(),
        )
    }

    fn named(name: &str) -> Prompt {
        Prompt::Named { name: name.to_owned(), language: Language::Ru }
    }

    #[test]
    fn prompts_join_without_a_seam_and_the_end_is_padded() {
        let (mut list, missing) = Playlist::new(&library(), &[named("a"), named("none"), named("b")], false);
        assert_eq!(missing, ["ru/none"]);
        let mut frame = [0; FRAME];
        assert_eq!(list.fill(Codec::Pcmu, 0, &mut frame), Frame::Filled);
        assert_eq!((frame[99], frame[100]), (1, 2));
        assert_eq!(list.fill(Codec::Pcmu, 0, &mut frame), Frame::Last);
        assert_eq!((frame[39], frame[40]), (2, 0xFF));
        assert_eq!(list.fill(Codec::Pcmu, 0, &mut frame), Frame::Done);
    }

    #[test]
    fn silence_has_its_length_and_a_loop_starts_again() {
        let (mut list, _) = Playlist::new(&library(), &[named("a"), Prompt::Silence { ms: 10 }], true);
        let mut heard = Vec::new();
        for _ in 0..9 {
            let mut frame = [0; FRAME];
            assert_eq!(list.fill(Codec::Pcmu, 0, &mut frame), Frame::Filled);
            heard.extend(frame);
        }
        for (n, sample) in heard.iter().enumerate() {
            assert_eq!(*sample, if n % 180 < 100 { 1 } else { 0xFF }, "sample {n}");
        }
    }

    #[test]
    fn music_goes_on_from_where_the_clock_stands() {
        let (mut list, _) = Playlist::new(&library(), &[Prompt::Music], true);
        let mut frame = [0; FRAME];
        list.fill(Codec::Pcmu, 1_000_190, &mut frame);
        assert_eq!(frame[..12], [190, 191, 192, 193, 194, 195, 196, 197, 198, 199, 0, 1]);
        list.fill(Codec::Pcmu, 1_000_777, &mut frame);
        assert_eq!(frame[0], 150, "an uneven beat does not tear it");
        assert!(list.is_endless());
    }

    #[test]
    fn a_loop_of_nothing_ends() {
        let (mut list, _) = Playlist::new(&library(), &[Prompt::Silence { ms: 0 }, named("none")], true);
        assert_eq!(list.fill(Codec::Pcma, 0, &mut [0; FRAME]), Frame::Done);
    }
}
