//! The sounds that can be played, in both codings, loaded once.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use perezvon_model::prompt::{Language, Prompt};

use super::g711::{Codec, ULAW_TO_ALAW, transcode};

/// The music while waiting.
pub const MUSIC: &str = "music/hold";
/// The ringing tone, one period of it.
pub const RINGBACK: &str = "tones/ringback-425";

/// One sound, as bytes of either coding.
#[derive(Clone, Debug)]
pub struct Sound {
    ulaw: Arc<[u8]>,
    alaw: Arc<[u8]>,
}

impl Sound {
    pub fn samples(&self, codec: Codec) -> &Arc<[u8]> {
        match codec {
            Codec::Pcmu => &self.ulaw,
            Codec::Pcma => &self.alaw,
        }
    }

    /// In samples, that is in bytes.
    pub fn len(&self) -> usize {
        self.ulaw.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ulaw.is_empty()
    }
}

/// Sounds by name, such as `ru/greeting`, `music/hold` or `tones/ringback-425`.
#[derive(Clone, Debug, Default)]
pub struct Library {
    sounds: HashMap<String, Sound>,
}

impl Library {
    /// Takes headerless mu-law at 8 kHz; A-law is derived.
    pub fn new(sounds: impl Iterator<Item = (String, Cow<'static, [u8]>)>) -> Library {
        let sounds = sounds.map(|(name, ulaw)| {
            let mut alaw = ulaw.to_vec();
            transcode(&mut alaw, &ULAW_TO_ALAW);
            (name, Sound { ulaw: Arc::from(&*ulaw), alaw: Arc::from(alaw) })
        });
        Library { sounds: sounds.collect() }
    }

    pub fn get(&self, name: &str) -> Option<&Sound> {
        self.sounds.get(name)
    }

    /// The sounds of a prompt in order, with the names of those that are missing.
    pub(crate) fn resolve<'a>(&'a self, prompt: &Prompt, missing: &mut Vec<String>) -> Vec<&'a Sound> {
        let mut find = |name: String| {
            let found = self.sounds.get(&name).filter(|sound| !sound.is_empty());
            if found.is_none() {
                missing.push(name);
            }
            found
        };
        match prompt {
            Prompt::Named { name, language } => {
                find(format!("{}/{name}", language.code())).into_iter().collect()
            }
            Prompt::Number { value, language } => {
                number_names(*value, *language).into_iter().filter_map(find).collect()
            }
            Prompt::Music => find(MUSIC.to_owned()).into_iter().collect(),
            Prompt::Ringback => find(RINGBACK.to_owned()).into_iter().collect(),
            Prompt::Silence { .. } => Vec::new(),
        }
    }
}

/// Numbers to 20 have sounds of their own; larger ones are read digit by digit.
fn number_names(value: u32, language: Language) -> Vec<String> {
    let code = language.code();
    if value <= 20 {
        return vec![format!("{code}/number-{value}")];
    }
    value.to_string().chars().map(|digit| format!("{code}/number-{digit}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_one_sound_and_large_ones_are_read_by_digits() {
        assert_eq!(number_names(20, Language::Ru), ["ru/number-20"]);
        assert_eq!(number_names(308, Language::En), ["en/number-3", "en/number-0", "en/number-8"]);
    }

    #[test]
    fn a_law_is_derived_and_missing_sounds_are_named() {
        let library =
            Library::new([("ru/greeting".to_owned(), Cow::Borrowed(&[0xFFu8, 0x80][..]))].into_iter());
        let mut missing = Vec::new();
        let named = |name: &str| Prompt::Named { name: name.to_owned(), language: Language::Ru };
        let sounds = library.resolve(&named("greeting"), &mut missing);
        assert_eq!(&**sounds[0].samples(Codec::Pcma), [0xD5, 0xAA]);
        assert!(library.resolve(&named("absent"), &mut missing).is_empty());
        assert_eq!(missing, ["ru/absent"]);
    }
}
