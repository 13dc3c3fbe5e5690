//! Digits in SIP INFO, as older gateways and phones send them.

/// The digit of an INFO body: `application/dtmf-relay` (`Signal=5`, `Duration=160`) or `application/dtmf` (`5`).
/// `None` when the content is no digit.
pub(crate) fn digit(content_type: &str, body: &[u8]) -> Option<char> {
    let kind = content_type.split(';').next().unwrap_or("").trim();
    let text = std::str::from_utf8(body).ok()?;
    let signal = if kind.eq_ignore_ascii_case("application/dtmf-relay") {
        text.lines().find_map(|line| {
            let (name, value) = line.split_once('=')?;
            name.trim().eq_ignore_ascii_case("signal").then(|| value.trim())
        })?
    } else if kind.eq_ignore_ascii_case("application/dtmf") {
        text.trim()
    } else {
        return None;
    };
    // Some gateways send the event number of RFC 4733 for star and pound.
    match signal {
        "10" => return Some('*'),
        "11" => return Some('#'),
        _ => {}
    }
    let mut characters = signal.chars();
    let digit = characters.next()?.to_ascii_uppercase();
    (characters.next().is_none() && matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D')).then_some(digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_read_in_both_forms() {
        for (kind, body, expected) in [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", Some('5')),
            ("Application/DTMF-Relay;charset=utf-8", "Signal= #\r\n", Some('#')),
            ("application/dtmf-relay", "Duration=160\r\nsignal=a", Some('A')),
            ("application/dtmf-relay", "Signal=10", Some('*')),
            ("application/dtmf", "7", Some('7')),
            ("application/dtmf-relay", "Signal=", None),
            ("application/dtmf-relay", "Signal=55", None),
            ("application/dtmf-relay", "", None),
            ("text/plain", "5", None),
        ] {
            assert_eq!(digit(kind, body.as_bytes()), expected, "{kind} {body}");
        }
        assert_eq!(digit("application/dtmf", b"\xff"), None);
    }
}
