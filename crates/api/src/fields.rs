//! Checks of text that people type. A refused value is named with what to write in its place.

use perezvon_model::config::SkillLevel;

use crate::problem::{Answer, Problem};

/// Skills of one agent or one queue.
const MAX_SKILLS: usize = 100;

/// One line of at most `most` characters, perhaps empty.
pub fn short(field: &str, text: &str, most: usize) -> Answer<()> {
    if text.chars().any(char::is_control) {
        return Err(Problem::bad_value(field, "write one line of plain text"));
    }
    length(field, text, most)
}

/// One line of 1 to `most` characters, not only spaces.
pub fn filled(field: &str, text: &str, most: usize) -> Answer<()> {
    if text.trim().is_empty() {
        return Err(Problem::bad_value(field, format!("write 1 to {most} characters")));
    }
    short(field, text, most)
}

/// Text of several lines, perhaps empty.
pub fn text(field: &str, text: &str, most: usize) -> Answer<()> {
    if text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\r' | '\t')) {
        return Err(Problem::bad_value(field, "write plain text"));
    }
    length(field, text, most)
}

fn length(field: &str, text: &str, most: usize) -> Answer<()> {
    if text.chars().count() <= most {
        return Ok(());
    }
    Err(Problem::bad_value(field, format!("write {most} characters at most")))
}

pub fn between(field: &str, value: u32, least: u32, most: u32) -> Answer<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(Problem::bad_value(field, format!("write a whole number from {least} to {most}")))
}

/// A list of at most `most` items.
pub fn few<T>(field: &str, items: &[T], most: usize) -> Answer<()> {
    if items.len() <= most {
        return Ok(());
    }
    Err(Problem::bad_value(field, format!("give {most} at most")))
}

/// Skills with levels of 1 to 10, each once.
pub fn levels(field: &str, skills: &[SkillLevel]) -> Answer<()> {
    few(field, skills, MAX_SKILLS)?;
    for (n, skill) in skills.iter().enumerate() {
        between(&format!("{field}[{n}].level"), u32::from(skill.level), 1, 10)?;
        if skills[..n].iter().any(|other| other.skill == skill.skill) {
            return Err(Problem::bad_value(format!("{field}[{n}].skill"), "name each skill once"));
        }
    }
    Ok(())
}

/// Ids that must be among the known ones, each once.
pub fn known<T: PartialEq>(field: &str, ids: &[T], known: &[T]) -> Answer<()> {
    for (n, id) in ids.iter().enumerate() {
        if !known.contains(id) {
            return Err(Problem::bad_value(
                format!("{field}[{n}]"),
                "there is no such thing; choose one of the list",
            ));
        }
        if ids[..n].contains(id) {
            return Err(Problem::bad_value(format!("{field}[{n}]"), "name each once"));
        }
    }
    Ok(())
}

/// A stable word for flows and the API.
pub fn key(field: &str, text: &str) -> Answer<()> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let starts = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if starts && text.len() <= 64 && text.bytes().all(plain) {
        return Ok(());
    }
    let cure = "write 1 to 64 small Latin letters, digits, - or _, beginning with a letter or digit";
    Err(Problem::bad_value(field, cure))
}

/// The form of an e-mail address; whether it exists only a mail can tell.
pub fn email(field: &str, text: &str) -> Answer<()> {
    let plain = text.len() <= 254 && !text.chars().any(|char| char.is_whitespace() || char.is_control());
    let whole = text.split_once('@').is_some_and(|(local, host)| {
        !local.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && !host.starts_with('.')
            && !host.ends_with('.')
    });
    if plain && whole {
        Ok(())
    } else {
        Err(Problem::bad_value(field, "write an address such as anna@example.org"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_names_its_field() {
        for (problem, field) in [
            (key("key", "Support").unwrap_err(), "key"),
            (key("key", "").unwrap_err(), "key"),
            (filled("name", "  ", 80).unwrap_err(), "name"),
            (short("name", "a\nb", 80).unwrap_err(), "name"),
            (text("note", "a\0b", 80).unwrap_err(), "note"),
            (short("name", "абв", 2).unwrap_err(), "name"),
            (between("ring_timeout_s", 2, 3, 120).unwrap_err(), "ring_timeout_s"),
            (email("email", "anna@").unwrap_err(), "email"),
            (email("email", "a b@c").unwrap_err(), "email"),
        ] {
            assert_eq!((problem.code(), problem.field()), ("bad_value", Some(field)));
        }
    }

    #[test]
    fn what_people_write_passes() {
        key("key", "2nd-line_ru").unwrap();
        filled("name", "Поддержка", 80).unwrap();
        text("note", "first\nsecond\tthird", 80).unwrap();
        email("email", "agent1@demo.example").unwrap();
    }
}
