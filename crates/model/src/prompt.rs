//! What can be played to a leg.

use serde::{Deserialize, Serialize};

/// The language of prompts and screens.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    #[default]
    Ru,
    En,
}

impl Language {
    pub fn code(self) -> &'static str {
        match self {
            Language::Ru => "ru",
            Language::En => "en",
        }
    }
}

impl Prompt {
    /// A prompt of the library.
    pub fn named(name: impl Into<String>, language: Language) -> Prompt {
        Prompt::Named { name: name.into(), language }
    }
}

/// One piece of sound in a list that is played in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Prompt {
    /// A named prompt of the library in a language.
    Named {
        name: String,
        language: Language,
    },
    /// A small number, spoken.
    Number {
        value: u32,
        language: Language,
    },
    /// Music while waiting, from where it stands.
    Music,
    /// Ringing tone.
    Ringback,
    Silence {
        ms: u32,
    },
}
