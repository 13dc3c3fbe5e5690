//! Bytes to lines: the shape of a SIP message before any meaning (RFC 3261 section 7). Accepts what the grammar
//! accepts (folding, compact names, white space) and bare LF, which real senders use; nothing here panics.

/// The most header lines of a message.
const MAX_HEADER_LINES: usize = 256;
/// The most bytes before the body.
pub(crate) const MAX_HEAD_BYTES: usize = 32 * 1_024;
/// The most bytes of a body.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1_024;

/// A message cut into start line, fields and body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wire {
    pub(crate) start: String,
    /// Long name and unfolded value.
    pub(crate) fields: Vec<(String, String)>,
    /// All that followed the empty line.
    pub(crate) rest: Vec<u8>,
    /// A line that is no header, or a control character: the first such fault.
    pub(crate) fault: Option<&'static str>,
}

/// Where the header section of a buffer ends: (end of the headers, start of the body).
pub(crate) fn head_end(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    while let Some(lf) = bytes[at..].iter().position(|byte| *byte == b'\n').map(|found| at + found) {
        match &bytes[lf + 1..] {
            [b'\n', ..] => return Some((lf + 1, lf + 2)),
            [b'\r', b'\n', ..] => return Some((lf + 1, lf + 3)),
            _ => at = lf + 1,
        }
    }
    None
}

/// Skips the empty lines that may stand before a message (RFC 3261 section 7.5).
pub(crate) fn skip_empty_lines(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    &bytes[start..]
}

/// Cuts a message. `None` when there is nothing that could be answered: no lines, or far too many.
pub(crate) fn cut(bytes: &[u8]) -> Option<Wire> {
    let bytes = skip_empty_lines(bytes);
    let (head, rest, mut fault) = match head_end(bytes) {
        Some((end, body)) => (&bytes[..end], &bytes[body..], None),
        None => (bytes, &bytes[bytes.len()..], Some("no empty line after the headers")),
    };
    if head.len() > MAX_HEAD_BYTES {
        return None;
    }
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let start = text(lines.next()?, &mut fault);
    let mut fields: Vec<(String, String)> = Vec::with_capacity(16);
    for (number, line) in lines.enumerate() {
        if number >= MAX_HEADER_LINES {
            return None;
        }
        if line.is_empty() {
            continue;
        }
        if matches!(line[0], b' ' | b'\t') {
            // A folded line goes on with one space (RFC 3261 section 7.3.1).
            match fields.last_mut() {
                Some((_, value)) => {
                    let more = text(line, &mut fault);
                    if !value.is_empty() {
                        value.push(' ');
                    }
                    value.push_str(more.trim());
                }
                None => fault = fault.or(Some("the first header line is folded")),
            }
            continue;
        }
        let line = text(line, &mut fault);
        match line.split_once(':') {
            Some((name, value)) if is_token(name.trim_end()) => {
                fields.push((long_name(name.trim_end()).to_owned(), value.trim().to_owned()));
            }
            _ => fault = fault.or(Some("a header line without a name")),
        }
    }
    Some(Wire { start, fields, rest: rest.to_vec(), fault })
}

/// Header text is UTF-8 (RFC 3261 section 7); other bytes are shown as U+FFFD, control characters are a fault.
fn text(line: &[u8], fault: &mut Option<&'static str>) -> String {
    if line.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7F) {
        *fault = fault.or(Some("a control character in a header"));
        return String::from_utf8_lossy(line).chars().filter(|c| !c.is_control() || *c == '\t').collect();
    }
    String::from_utf8_lossy(line).into_owned()
}

/// RFC 3261 section 25.1, `token`.
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte))
}

/// Compact forms: RFC 3261 section 7.3.3, RFC 4028, RFC 3515, RFC 3892, RFC 3841.
fn long_name(name: &str) -> &str {
    let [letter] = name.as_bytes() else { return name };
    match letter.to_ascii_lowercase() {
        b'a' => "Accept-Contact",
        b'b' => "Referred-By",
        b'c' => "Content-Type",
        b'd' => "Request-Disposition",
        b'e' => "Content-Encoding",
        b'f' => "From",
        b'i' => "Call-ID",
        b'j' => "Reject-Contact",
        b'k' => "Supported",
        b'l' => "Content-Length",
        b'm' => "Contact",
        b'o' => "Event",
        b'r' => "Refer-To",
        b's' => "Subject",
        b't' => "To",
        b'u' => "Allow-Events",
        b'v' => "Via",
        b'x' => "Session-Expires",
        b'y' => "Identity",
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_compact_and_bare_lf_lines_are_read() {
        let wire =
            cut(b"\r\n\r\nOPTIONS sip:a@b SIP/2.0\nv: SIP/2.0/UDP h;\n\t branch=z9\nSubject :\n x\n\nbody")
                .expect("cut");
        assert_eq!(wire.start, "OPTIONS sip:a@b SIP/2.0");
        assert_eq!(
            wire.fields,
            [("Via".into(), "SIP/2.0/UDP h; branch=z9".into()), ("Subject".to_owned(), "x".to_owned())]
        );
        assert_eq!((wire.rest.as_slice(), wire.fault), (b"body".as_slice(), None));
    }

    #[test]
    fn faults_are_told_and_nothing_panics() {
        assert!(cut(b"").is_none_or(|wire| wire.fault.is_some()));
        assert!(cut(b"X\r\n folded\r\n\r\n").expect("cut").fault.is_some());
        assert!(cut(b"X\r\nNo colon\r\n\r\n").expect("cut").fault.is_some());
        assert!(cut(b"X\r\nA: b\0c\r\n\r\n").expect("cut").fault.is_some());
        assert!(cut(b"X\r\nA: b").expect("cut").fault.is_some());
        assert_eq!(cut(b"X\r\nA: \xff\r\n\r\n").expect("cut").fault, None);
    }
}
