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
        let number = phonenumber::parse(country, trimmed)
            .or_else(|_| phonenumber::parse(country, format!("+{trimmed}")))
            .map_err(|_| refuse())?;
        let text = number.format().mode(phonenumber::Mode::E164).to_string();
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
    fn what_is_no_number_is_refused_with_what_to_write() {
        for text in ["", "anonymous", "+", "12", "sip:alice@example.org", &"9".repeat(80)] {
            let error = E164::parse(text, "RU").expect_err(text);
            assert!(error.to_string().contains("+74951234567"), "{error}");
        }
    }
}
