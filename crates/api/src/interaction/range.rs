//! Byte ranges of RFC 9110 section 14, one at a time.

use std::ops::Range;

/// What a `Range` header asks of a file of `length` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No range, or one that this server may ignore (another unit, several ranges, bad form).
    Whole,
    Part(Range<u64>),
    /// Nothing of the file lies in it: 416.
    Outside,
}

pub fn read(header: Option<&str>, length: u64) -> Asked {
    let Some(ranges) = header.and_then(|text| text.trim().strip_prefix("bytes=")) else {
        return Asked::Whole;
    };
    let Some((first, last)) = ranges.split_once('-') else { return Asked::Whole };
    let (first, last) = (first.trim(), last.trim());
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if ranges.contains(',') || !digits(first) || !digits(last) || (first.is_empty() && last.is_empty()) {
        return Asked::Whole;
    }
    // Longer than u64 is past the end of any file.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let part = if first.is_empty() {
        length.saturating_sub(number(last))..length
    } else {
        let end = if last.is_empty() { length } else { number(last).saturating_add(1).min(length) };
        if !last.is_empty() && number(last) < number(first) {
            return Asked::Whole;
        }
        number(first)..end
    };
    if part.is_empty() { Asked::Outside } else { Asked::Part(part) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_cut_to_the_file() {
        for (header, asked) in [
            ("bytes=0-9", Asked::Part(0..10)),
            ("bytes=90-", Asked::Part(90..100)),
            ("bytes=90-500", Asked::Part(90..100)),
            ("bytes=-10", Asked::Part(90..100)),
            ("bytes=-500", Asked::Part(0..100)),
            ("bytes=100-", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=99999999999999999999999-", Asked::Outside),
        ] {
            assert_eq!(read(Some(header), 100), asked, "{header}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_ignored_as_the_rfc_allows() {
        for header in
            ["items=0-9", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,5-6", "bytes=9-3", "bytes=+1-2"]
        {
            assert_eq!(read(Some(header), 100), Asked::Whole, "{header}");
        }
        assert_eq!(read(None, 100), Asked::Whole);
        assert_eq!(read(Some("bytes=0-"), 0), Asked::Outside, "an empty file has no bytes");
    }
}
