//! Opening hours: a weekly table, holidays and days with other times, at a distance from UTC that is given.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::overflow::Goal;
use crate::time::UtcMs;

const DAY_MIN: i64 = 24 * 60;

/// One row of the weekly table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub days: Vec<Day>,
    /// `HH:MM`, from 00:00.
    #[schema(value_type = String)]
    pub from: Clock,
    /// `HH:MM`, to 24:00; this minute is closed already.
    #[schema(value_type = String)]
    pub to: Clock,
}

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, utoipa::ToSchema,
)]
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

/// One day with times of its own, in place of those of its weekday; several rows may tell of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Exception {
    /// `YYYY-MM-DD`.
    #[schema(value_type = String)]
    pub date: Date,
    /// `HH:MM`, from 00:00.
    #[schema(value_type = String)]
    pub from: Clock,
    /// `HH:MM`, to 24:00; this minute is closed already.
    #[schema(value_type = String)]
    pub to: Clock,
}

/// When a queue takes callers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Hours {
    /// IANA name, such as `Asia/Omsk`; empty is the company's.
    #[serde(default)]
    pub time_zone: String,
    /// When it is open; at other times it is closed. 100 rows at most.
    pub week: Vec<Opening>,
    /// Days on which it is closed from midnight to midnight, as `YYYY-MM-DD`; 100 at most.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub holidays: Vec<Date>,
    /// Days with other times, holidays too; 100 at most.
    #[serde(default)]
    pub exceptions: Vec<Exception>,
    /// Where a caller goes who comes while it is closed.
    #[serde(default)]
    pub closed: Goal,
    /// What becomes of those who wait when it closes.
    #[serde(default)]
    pub at_close: AtClose,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AtClose {
    /// They are served as long as agents are there.
    #[default]
    Serve,
    /// They go where those go who come later.
    Send,
}

/// Day and minute on clocks that stand `utc_offset_min` minutes east of UTC.
fn local(now: UtcMs, utc_offset_min: i32) -> (i64, i64) {
    let local_min = now.0.div_euclid(60_000) + i64::from(utc_offset_min);
    (local_min.div_euclid(DAY_MIN), local_min.rem_euclid(DAY_MIN))
}

fn weekday(day: i64) -> Day {
    // 1970-01-01 was a Thursday, the fourth day of the table.
    WEEK[usize::try_from((day + 3).rem_euclid(7)).expect("a remainder of 7 is small")]
}

/// Whether a weekly table with holidays is open at `now`.
pub fn is_open(week: &[Opening], holidays: &[Date], now: UtcMs, utc_offset_min: i32) -> bool {
    let (day, minute) = local(now, utc_offset_min);
    if holidays.iter().any(|holiday| i64::from(holiday.0) == day) {
        return false;
    }
    week.iter().any(|row| {
        row.days.contains(&weekday(day)) && (row.from.minutes()..row.to.minutes()).contains(&minute)
    })
}

impl Hours {
    pub fn is_open(&self, now: UtcMs, utc_offset_min: i32) -> bool {
        let (day, minute) = local(now, utc_offset_min);
        let mut own = self.exceptions.iter().filter(|row| i64::from(row.date.0) == day).peekable();
        if own.peek().is_some() {
            return own.any(|row| (row.from.minutes()..row.to.minutes()).contains(&minute));
        }
        is_open(&self.week, &self.holidays, now, utc_offset_min)
    }

    /// The next moment after `now` at which it may open or close: a time of this local day, or its end.
    pub fn changes_after(&self, now: UtcMs, utc_offset_min: i32) -> UtcMs {
        let (day, minute) = local(now, utc_offset_min);
        let week = self.week.iter().flat_map(|row| [row.from, row.to]);
        let exceptions = self.exceptions.iter().flat_map(|row| [row.from, row.to]);
        let times = week.chain(exceptions).map(Clock::minutes).filter(|time| *time > minute);
        let next = times.min().unwrap_or(DAY_MIN);
        UtcMs((day * DAY_MIN + next - i64::from(utc_offset_min)) * 60_000)
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
            time_zone: String::new(),
            week: vec![Opening {
                days: vec![Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri],
                from: clock("09:00"),
                to: clock("18:00"),
            }],
            holidays: vec![Date::try_from("2026-11-04".to_owned()).unwrap()],
            exceptions: vec![
                exception("2026-12-31", "09:00", "12:00"),
                exception("2026-12-31", "14:00", "15:00"),
                exception("2026-11-07", "10:00", "11:00"),
            ],
            closed: Goal::default(),
            at_close: AtClose::default(),
        }
    }

    fn exception(date: &str, from: &str, to: &str) -> Exception {
        let date = Date::try_from(date.to_owned()).unwrap();
        Exception { date, from: clock(from), to: clock(to) }
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
    fn a_day_with_times_of_its_own_has_no_others() {
        let table = [
            ("2026-12-31", "08:59", false),
            ("2026-12-31", "09:00", true),
            ("2026-12-31", "12:00", false),
            ("2026-12-31", "14:30", true),
            ("2026-12-31", "16:00", false),
            ("2026-11-07", "10:30", true),
        ];
        for (day, time, open) in table {
            assert_eq!(office().is_open(at(day, time), 0), open, "{day} {time}");
        }
    }

    #[test]
    fn it_is_looked_at_again_whenever_it_may_open_or_close() {
        let office = office();
        let next = |day, time| office.changes_after(at(day, time), 180);
        assert_eq!(next("2026-11-02", "05:59"), at("2026-11-02", "06:00"));
        assert_eq!(next("2026-11-02", "06:00"), at("2026-11-02", "07:00"), "a time of some other day");
        assert_eq!(next("2026-11-02", "15:00"), at("2026-11-02", "21:00"), "midnight in Moscow");
        // Between two looks nothing changes.
        let mut now = at("2026-10-28", "00:00");
        while now < at("2027-01-03", "00:00") {
            let until = office.changes_after(now, 180);
            assert!(until > now);
            let open = office.is_open(now, 180);
            assert_eq!(office.is_open(UtcMs(until.0 - 1), 180), open, "before {until:?}");
            now = until;
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
