//! Phone numbers in the one form that storage and look-ups use.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A telephone number in E.164 form: `+`, country code, national number, 15 digits at most (ITU-T E.164).
#[derive(
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
    schemars::JsonSchema,
)]
#[serde(transparent)]
#[schema(value_type = String, example = "+74950000001")]
pub struct E164(String);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a telephone number; write it as +74951234567, or in the national form of {1}")]
pub struct NotAPhoneNumber(String, String);

impl E164 {
    /// Reads a number as people and carriers write it. `region` is the ISO 3166 code (`RU`) for national forms.
    pub fn parse(text: &str, region: &str) -> Result<Self, NotAPhoneNumber> {
        let refuse = || NotAPhoneNumber(text.chars().take(40).collect(), region.to_owned());
        let trimmed = text.trim();
        if trimmed.len() > 64 {
            return Err(refuse());
        }
        let country = region.parse::<phonenumber::country::Id>().ok();
        let (number, shown) = match phonenumber::parse(country, trimmed) {
            Ok(number) => (number, trimmed.to_owned()),
            Err(_) => {
                let shown = format!("+{trimmed}");
                (phonenumber::parse(country, &shown).map_err(|_| refuse())?, shown)
            }
        };
        let text = spelled_out(&shown, region)
            .unwrap_or_else(|| number.format().mode(phonenumber::Mode::E164).to_string());
        if (8..=16).contains(&text.len()) { Ok(Self(text)) } else { Err(refuse()) }
    }

    /// For text that was an `E164` before, such as a database column. Checks the form only.
    pub fn from_canonical(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let form = (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        form.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Forms that need no library, and get none: it takes the trunk prefix 8 off the Russian area codes that begin with 8
/// (812, 800), once too often from national forms and even from international ones.
fn spelled_out(text: &str, region: &str) -> Option<String> {
    let (international, rest) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
    if !rest.chars().all(|char| char.is_ascii_digit() || " -().\u{a0}".contains(char)) {
        return None;
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    if international {
        return Some(format!("+{digits}"));
    }
    // Zone 7: ten digits, after 8 from within or after the country code.
    let subscriber = match digits.len() {
        10 => Some(digits.as_str()),
        11 => digits.strip_prefix(['7', '8']),
        _ => None,
    };
    subscriber.filter(|_| matches!(region, "RU" | "KZ")).map(|subscriber| format!("+7{subscriber}"))
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in ["+74951234567", "8 (495) 123-45-67", "7 495 123 45 67", " +7 495 123-45-67 "] {
            assert_eq!(E164::parse(text, "RU").expect(text).as_str(), "+74951234567", "{text}");
        }
    }

    #[test]
    fn area_codes_that_begin_like_the_trunk_prefix_stay_whole() {
        for text in ["+78125551234", "8 (812) 555-12-34", "78125551234", "8125551234", "+7 (812) 555-12-34"] {
            assert_eq!(E164::parse(text, "RU").expect(text).as_str(), "+78125551234", "{text}");
        }
        assert_eq!(E164::parse("8 800 555-35-35", "RU").expect("free call").as_str(), "+78005553535");
        assert_eq!(E164::parse("+78125551234", "DE").expect("from abroad").as_str(), "+78125551234");
        assert_eq!(E164::parse("78125551234", "").expect("no region").as_str(), "+78125551234");
        assert_eq!(E164::parse("030 123456", "DE").expect("Berlin").as_str(), "+4930123456");
    }

    #[test]
    fn what_is_no_number_is_refused_with_what_to_write() {
        for text in ["", "anonymous", "+", "12", "sip:alice@example.org", &"9".repeat(80)] {
            let error = E164::parse(text, "RU").expect_err(text);
            assert!(error.to_string().contains("+74951234567"), "{error}");
        }
    }
}
