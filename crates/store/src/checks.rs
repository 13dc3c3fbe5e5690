//! Checks that several words share. A refused value is named with what to write in its place.

use crate::error::StoreError;

/// A stable word used by flows and the API.
pub(crate) fn key(text: &str) -> Result<(), StoreError> {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let rest =
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
    if first && rest && text.len() <= 64 {
        return Ok(());
    }
    let message = "write 1 to 64 small Latin letters, digits, `-` or `_`, beginning with a letter or digit";
    Err(StoreError::invalid("key", message))
}

/// A text that must be there.
pub(crate) fn filled(field: &'static str, text: &str, most: usize) -> Result<(), StoreError> {
    if text.trim().is_empty() {
        return Err(StoreError::invalid(field, "must not be empty"));
    }
    short(field, text, most)
}

/// A text that may be empty.
pub(crate) fn short(field: &'static str, text: &str, most: usize) -> Result<(), StoreError> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(StoreError::invalid(field, format!("must not be longer than {most} characters")))
}

pub(crate) fn between(field: &'static str, value: u32, least: u32, most: u32) -> Result<(), StoreError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(StoreError::invalid(field, format!("must be from {least} to {most}")))
}

pub(crate) fn levels(skills: &[perezvon_model::config::SkillLevel]) -> Result<(), StoreError> {
    skills.iter().try_for_each(|skill| between("skills", u32::from(skill.level), 1, 10))
}
