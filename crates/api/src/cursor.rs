//! Cursors of lists: opaque text that holds where the last page ended. A changed one is refused, never guessed at.

use sha2::{Digest, Sha256};

use crate::problem::{Answer, Problem};

/// Items of a page when nothing is asked for, and at most.
pub const DEFAULT_LIMIT: u32 = 50;
pub const MAX_LIMIT: u32 = 200;

const CHECK_BYTES: usize = 4;

/// The number of items asked for, refused when out of 1 to 200.
pub fn limit(asked: Option<u32>) -> Answer<u32> {
    match asked {
        None => Ok(DEFAULT_LIMIT),
        Some(n) if (1..=MAX_LIMIT).contains(&n) => Ok(n),
        Some(_) => Err(Problem::bad_value("limit", format!("ask for 1 to {MAX_LIMIT} items"))),
    }
}

/// `list` names the list, so that the cursor of one is refused by another.
pub fn write(list: &str, position: &str) -> String {
    let mut bytes = check(list, position.as_bytes()).to_vec();
    bytes.extend_from_slice(position.as_bytes());
    hex::encode(bytes)
}

pub fn read(list: &str, cursor: &str) -> Answer<String> {
    let refuse =
        || Problem::bad_value("cursor", "take the cursor from next_cursor of the page before, unchanged");
    if cursor.len() > 1024 {
        return Err(refuse());
    }
    let bytes = hex::decode(cursor).map_err(|_| refuse())?;
    let (have, position) = bytes.split_at_checked(CHECK_BYTES).ok_or_else(refuse)?;
    if have != check(list, position) {
        return Err(refuse());
    }
    String::from_utf8(position.to_vec()).map_err(|_| refuse())
}

/// Finds mistakes, not attackers: a cursor opens nothing that the list itself does not.
fn check(list: &str, position: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new().chain_update(list).chain_update([0]).chain_update(position).finalize();
    [digest[0], digest[1], digest[2], digest[3]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = write("interactions", "1790000000000.an-id");
        assert_eq!(read("interactions", &cursor).unwrap(), "1790000000000.an-id");
    }

    #[test]
    fn a_changed_or_foreign_cursor_is_refused() {
        let cursor = write("interactions", "5.an-id");
        let mut changed = cursor.clone().into_bytes();
        let last = changed.last_mut().unwrap();
        *last = if *last == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(changed).unwrap();
        for bad in [changed.as_str(), "", "zz", "00", &cursor[2..], &"ab".repeat(5000)] {
            assert_eq!(read("interactions", bad).unwrap_err().code(), "bad_value", "{bad}");
        }
        assert!(read("customers", &cursor).is_err());
    }
}
