//! What simulated people say, and how long it takes.

use std::borrow::Cow;

use perezvon_media::{Codec, Library};
use perezvon_model::prompt::{Language, Prompt};

/// What callers want; each is a sound of the library under `callers/LANGUAGE/`.
pub(crate) const PROBLEMS: [&str; 7] = [
    "delivery-late",
    "payment-missing",
    "change-tariff",
    "internet-down",
    "refund",
    "invoice-copy",
    "new-address",
];
pub(crate) const THANKS: &str = "thanks";
pub(crate) const HELLO: &str = "hello";
pub(crate) const CHECKING: &str = "checking";
pub(crate) const SOLVED: &str = "solved";
pub(crate) const FAREWELL: &str = "farewell";

/// Whose sounds a name is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Voice {
    Caller,
    Agent,
}

impl Voice {
    fn folder(self) -> &'static str {
        match self {
            Voice::Caller => "callers",
            Voice::Agent => "agents",
        }
    }

    pub fn says(self, name: &str, language: Language) -> Prompt {
        Prompt::Named { name: format!("{}/{name}", self.folder()), language }
    }
}

pub(super) fn silence(ms: i64) -> Prompt {
    Prompt::Silence { ms: u32::try_from(ms.max(0)).unwrap_or(u32::MAX) }
}

/// The library of this process: prompts are played as `LANGUAGE/NAME`, and the voices lie under `callers/LANGUAGE/NAME`
/// and `agents/LANGUAGE/NAME`.
pub(super) fn library(all: &Library) -> Library {
    let callers = PROBLEMS.iter().chain([&THANKS]).map(|name| (Voice::Caller, *name));
    let agents = [HELLO, CHECKING, SOLVED, FAREWELL].map(|name| (Voice::Agent, name));
    let names: Vec<(Voice, &str)> = callers.chain(agents).collect();
    let sounds = [Language::Ru, Language::En].into_iter().flat_map(|language| {
        names.iter().filter_map(move |(voice, name)| {
            let (folder, code) = (voice.folder(), language.code());
            let sound = all.get(&format!("{folder}/{code}/{name}"))?;
            Some((format!("{code}/{folder}/{name}"), Cow::Owned(sound.samples(Codec::Pcmu).to_vec())))
        })
    });
    Library::new(sounds)
}
