//! Pages of long lists, and search patterns.

use serde::Serialize;

/// The most rows of one page.
pub const PAGE_LIMIT: u32 = 200;

/// Part of a list, and where the next part begins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Given back as `cursor` it leads to the next page; `None` at the end.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Cuts a list that was read with one row too many.
    pub(crate) fn cut(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self { items, next_cursor }
    }
}

pub(crate) fn limit_of(asked: u32) -> u32 {
    asked.clamp(1, PAGE_LIMIT)
}

/// A `LIKE` pattern for any text that holds `part`, with `\` as the escape character.
pub(crate) fn pattern(part: &str) -> String {
    let mut pattern = String::with_capacity(part.len() + 2);
    pattern.push('%');
    for c in part.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
