//! The time that is asked for, read and written in the company's time zone.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use perezvon_model::UtcMs;
use perezvon_store::ListedRun;

use crate::admin::bad;

const DAY_MS: i64 = 86_400_000;

#[derive(Clone, Debug)]
pub struct Range {
    zone: TimeZone,
    /// Inclusive.
    pub from: UtcMs,
    /// Exclusive.
    pub to: UtcMs,
}

/// Which end of a day a date stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Begin,
    End,
}

impl Range {
    /// The last 24 hours when nothing is said.
    pub fn read(zone: &str, from: Option<&str>, to: Option<&str>, now: UtcMs) -> anyhow::Result<Self> {
        let zone = TimeZone::get(zone)?;
        let to = to.map_or(Ok(now), |to| time(&zone, "--to", to, Edge::End))?;
        let from = from.map_or(Ok(to + -DAY_MS), |from| time(&zone, "--from", from, Edge::Begin))?;
        if from >= to {
            return Err(bad("--from must be before --to"));
        }
        Ok(Self { zone, from, to })
    }

    pub fn holds(&self, at: UtcMs) -> bool {
        self.from <= at && at < self.to
    }

    pub fn meets(&self, listed: &ListedRun) -> bool {
        listed.run.started_at < self.to && listed.ended_at.is_some_and(|ended| ended >= self.from)
    }

    /// As people of the company read it.
    pub fn clock(&self, at: UtcMs) -> String {
        match Timestamp::from_millisecond(at.0) {
            Ok(at) => at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
            Err(_) => format!("{} ms", at.0),
        }
    }

    pub fn zone(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }
}

fn time(zone: &TimeZone, argument: &str, text: &str, edge: Edge) -> anyhow::Result<UtcMs> {
    let wrong = || bad(format!("{argument} is `{text}`; write 2026-11-21, or 2026-11-21T09:30"));
    // With a zone of its own, such as Z or +03:00.
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(UtcMs(at.as_millisecond()));
    }
    let civil = if text.contains(['T', ' ']) {
        text.parse::<DateTime>().map_err(|_| wrong())?
    } else {
        let date = text.parse::<Date>().map_err(|_| wrong())?;
        let date = if edge == Edge::End { date.checked_add(1.day()).map_err(|_| wrong())? } else { date };
        date.to_datetime(jiff::civil::Time::midnight())
    };
    let at = civil.to_zoned(zone.clone()).map_err(|_| wrong())?;
    Ok(UtcMs(at.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21T12:00:00Z.
    const NOON: UtcMs = UtcMs(1_795_262_400_000);

    fn read(from: Option<&str>, to: Option<&str>) -> (i64, i64) {
        let range = Range::read("Europe/Moscow", from, to, NOON).unwrap();
        (range.from.0 - NOON.0, range.to.0 - NOON.0)
    }

    #[test]
    fn a_date_is_the_whole_day_of_the_company() {
        let hour = 3_600_000;
        assert_eq!(read(None, None), (-24 * hour, 0));
        assert_eq!(read(Some("2026-11-21"), Some("2026-11-21")), (-15 * hour, 9 * hour));
        assert_eq!(read(Some("2026-11-21T14:00"), None), (-hour, 0));
        assert_eq!(read(Some("2026-11-21 14:30:01.5"), None).0, -1_798_500);
        assert_eq!(read(Some("2026-11-21T11:00:00Z"), None), (-hour, 0));
        assert_eq!(read(None, Some("2026-11-20")), (-39 * hour, -15 * hour));
    }

    #[test]
    fn what_is_no_time_is_named() {
        for (from, to, words) in [
            (Some("yesterday"), None, "--from is `yesterday`"),
            (None, Some("2026-13-01"), "--to is `2026-13-01`"),
            (Some("2026-11-22"), Some("2026-11-21"), "--from must be before --to"),
        ] {
            let error = Range::read("Europe/Moscow", from, to, NOON).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn a_time_is_written_as_the_company_reads_it() {
        let range = Range::read("Europe/Moscow", None, None, NOON).unwrap();
        assert_eq!(range.clock(NOON + 7), "2026-11-21 15:00:00.007");
    }
}
