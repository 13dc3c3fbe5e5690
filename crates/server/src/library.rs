//! The prompts, music and tones that ship inside the program.

use std::collections::BTreeSet;

use perezvon_media::Library;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../assets/"]
#[include = "prompts/*/*.ulaw"]
#[include = "music/*.ulaw"]
#[include = "tones/*.ulaw"]
#[include = "callers/*/*.ulaw"]
#[include = "agents/*/*.ulaw"]
struct Sounds;

/// All sounds under the names that the media crate uses: `ru/greeting`, `music/hold`, `callers/ru/late-parcel`.
pub fn sounds() -> Library {
    Library::new(Sounds::iter().filter_map(|path| {
        let file = Sounds::get(&path)?;
        Some((name(&path)?, file.data))
    }))
}

/// The names that a flow may play: those there are in every language.
pub fn prompt_names() -> BTreeSet<String> {
    let of = |language: &str| -> BTreeSet<String> {
        let folder = format!("prompts/{language}/");
        Sounds::iter()
            .filter_map(|path| Some(path.strip_prefix(&folder)?.strip_suffix(".ulaw")?.to_owned()))
            .collect()
    };
    of("ru").intersection(&of("en")).cloned().collect()
}

fn name(path: &str) -> Option<String> {
    let path = path.strip_suffix(".ulaw")?;
    Some(path.strip_prefix("prompts/").unwrap_or(path).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_there_in_both_languages() {
        let names = prompt_names();
        for needed in ["greeting", "menu", "position", "number-1", "please-hold", "closed"] {
            assert!(names.contains(needed), "{needed}");
        }
        let all = Sounds::iter().filter(|path| path.starts_with("prompts/")).count();
        assert_eq!(all, names.len() * 2, "a prompt is missing in one language");
    }
}
