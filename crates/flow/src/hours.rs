//! Opening hours: a weekly table and holidays, at a fixed distance from UTC that the configuration gives.

use perezvon_model::UtcMs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::Hours;

const DAY_MIN: i64 = 24 * 60;

/// One row of the weekly table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub days: Vec<Day>,
    /// `HH:MM`, from 00:00.
    pub from: Clock,
    /// `HH:MM`, to 24:00; this minute is closed already.
    pub to: Clock,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

const WEEK: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];

/// Minutes since midnight, 0 to 1,440, written `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("pattern" = "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"))]
pub struct Clock(u16);

impl Clock {
    pub fn minutes(self) -> i64 {
        i64::from(self.0)
    }
}

impl TryFrom<String> for Clock {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let refuse = || format!("`{}` is not a time; write HH:MM, such as 09:00", shortened(&text));
        let (hours, minutes) = text.split_once(':').ok_or_else(refuse)?;
        let (hours, minutes) = (number(hours, 2).ok_or_else(refuse)?, number(minutes, 2).ok_or_else(refuse)?);
        let total = hours * 60 + minutes;
        if minutes > 59 || i64::from(total) > DAY_MIN {
            return Err(refuse());
        }
        Ok(Clock(u16::try_from(total).map_err(|_| refuse())?))
    }
}

impl From<Clock> for String {
    fn from(clock: Clock) -> String {
        format!("{:02}:{:02}", clock.0 / 60, clock.0 % 60)
    }
}

/// A day of the calendar, written `YYYY-MM-DD`; kept as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "date"))]
pub struct Date(i32);

impl TryFrom<String> for Date {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let refuse = || format!("`{}` is not a day; write YYYY-MM-DD, such as 2027-01-01", shortened(&text));
        let mut parts = text.split('-');
        let mut part = |length| parts.next().and_then(|part| number(part, length)).ok_or_else(refuse);
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        let date = Date(days_of(year, month, day));
        let same = !(month == 0 || month > 12 || day == 0 || day > 31) && String::from(date) == text;
        if same { Ok(date) } else { Err(refuse()) }
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        let (year, month, day) = civil_of(date.0);
        format!("{year:04}-{month:02}-{day:02}")
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(20).collect()
}

fn number(text: &str, length: usize) -> Option<i32> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Days since 1970-01-01 of a day of the Gregorian calendar (Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `days_from_civil`).
fn days_of(year: i32, month: i32, day: i32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_of`] (`civil_from_days`).
fn civil_of(days: i32) -> (i32, i32, i32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year + era * 400 + i32::from(month <= 2), month, day)
}

impl Hours {
    /// Whether it is open at `now`, on clocks that stand `utc_offset_min` minutes east of UTC.
    pub fn is_open(&self, now: UtcMs, utc_offset_min: i32) -> bool {
        let local_min = now.0.div_euclid(60_000) + i64::from(utc_offset_min);
        let day = local_min.div_euclid(DAY_MIN);
        let minute = local_min.rem_euclid(DAY_MIN);
        if self.holidays.iter().any(|holiday| i64::from(holiday.0) == day) {
            return false;
        }
        // 1970-01-01 was a Thursday, the fourth day of the table.
        let weekday = WEEK[usize::try_from((day + 3).rem_euclid(7)).expect("a remainder of 7 is small")];
        self.week.iter().any(|row| {
            row.days.contains(&weekday) && (row.from.minutes()..row.to.minutes()).contains(&minute)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(text: &str) -> Clock {
        Clock::try_from(text.to_owned()).unwrap()
    }

    fn office() -> Hours {
        Hours {
            week: vec![Opening {
                days: vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri],
                from: clock("09:00"),
                to: clock("18:00"),
            }],
            holidays: vec![Date::try_from("2026-11-04".to_owned()).unwrap()],
            open: "open".into(),
            closed: "closed".into(),
        }
    }

    fn at(day: &str, time: &str) -> UtcMs {
        let day = Date::try_from(day.to_owned()).unwrap();
        UtcMs((i64::from(day.0) * DAY_MIN + clock(time).minutes()) * 60_000)
    }

    #[test]
    fn an_office_is_open_in_its_own_time_zone_on_weekdays() {
        let (office, moscow) = (office(), 180);
        let table = [
            ("2026-11-02", "05:59", false),
            ("2026-11-02", "06:00", true),
            ("2026-11-02", "14:59", true),
            ("2026-11-02", "15:00", false),
            ("2026-11-01", "10:00", false),
            ("2026-11-04", "10:00", false),
        ];
        for (day, time, open) in table {
            assert_eq!(office.is_open(at(day, time), moscow), open, "{day} {time} UTC");
        }
    }

    #[test]
    fn days_and_times_are_read_as_written_or_refused() {
        for text in ["1970-01-01", "2024-02-29", "2026-12-31", "2400-02-29"] {
            assert_eq!(String::from(Date::try_from(text.to_owned()).unwrap()), text);
        }
        for text in ["2026-02-29", "2026-13-01", "26-01-01", "2026-01-00", "tomorrow", "2026-01-01-01"] {
            assert!(Date::try_from(text.to_owned()).is_err(), "{text}");
        }
        assert_eq!(clock("24:00").minutes(), 1_440);
        for text in ["24:01", "9:00", "12:60", "noon", "-1:00"] {
            assert!(Clock::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
