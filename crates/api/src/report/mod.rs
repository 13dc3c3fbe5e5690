//! Reports. The figures are the store's; this file knows which moments a date of the company's time zone covers.

#[cfg(test)]
mod tests;

use axum::extract::State;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use perezvon_model::{QueueId, UtcMs};
use perezvon_store::report::{Day, ReportRow};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::Supervisor;
use crate::extract::Filter;
use crate::problem::{Answer, Problem, ProblemBody};
use crate::state::ApiState;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// `YYYY-MM-DD` in the company's time zone; today when left out.
    date: Option<String>,
    /// One queue; all when left out.
    queue: Option<QueueId>,
}

/// A day by intervals of 15 minutes. Percentages are 0 to 100 with one decimal, null without a denominator.
#[derive(Serialize, ToSchema)]
struct DayReport {
    date: String,
    time_zone: String,
    /// T of the service level; null when the queues differ.
    service_level_s: Option<u32>,
    /// Version of the definitions behind the figures.
    formula: u32,
    intervals: Vec<ReportRow>,
    total: ReportRow,
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(day))
}

#[utoipa::path(get, path = "/api/v1/reports/day", tag = "report", operation_id = "day_report", params(Asked), responses(
    (status = 200, body = DayReport),
    (status = 403, body = ProblemBody, content_type = "application/problem+json"),
    (status = 404, description = "No such queue", body = ProblemBody, content_type = "application/problem+json"),
    (status = 422, body = ProblemBody, content_type = "application/problem+json"),
))]
async fn day(
    State(state): State<ApiState>,
    Supervisor(signed): Supervisor,
    Filter(asked): Filter<Asked>,
) -> Answer<axum::Json<DayReport>> {
    let zone = zone(&signed.me.time_zone)?;
    let now = state.now();
    let date = match &asked.date {
        Some(text) => read_date(text)?,
        None => today(now, &zone)?,
    };
    let day = day_of(date, &zone)?;
    let report = signed.db(&state).report_day(day, asked.queue, now).await?;
    Ok(axum::Json(DayReport {
        date: date.to_string(),
        time_zone: signed.me.time_zone,
        service_level_s: report.service_level_s,
        formula: report.formula,
        intervals: report.intervals,
        total: report.total,
    }))
}

fn zone(name: &str) -> Answer<TimeZone> {
    TimeZone::get(name).map_err(|error| {
        tracing::error!(%error, zone = name, "the company's time zone is not known");
        Problem::internal()
    })
}

fn read_date(text: &str) -> Answer<Date> {
    let cure = || Problem::bad_value("date", "write the date as 2026-11-21");
    let date: Date = text.parse().map_err(|_| cure())?;
    // The parser takes more forms of ISO 8601, and years in which nobody called.
    if text.len() != "2026-11-21".len() || !(1970..=2200).contains(&date.year()) {
        return Err(cure());
    }
    Ok(date)
}

fn today(now: UtcMs, zone: &TimeZone) -> Answer<Date> {
    let now = Timestamp::from_millisecond(now.0).map_err(|_| Problem::internal())?;
    Ok(now.to_zoned(zone.clone()).date())
}

/// From midnight to midnight; 23 or 25 hours where clocks change.
fn day_of(date: Date, zone: &TimeZone) -> Answer<Day> {
    let midnight = |date: Date| {
        let zoned = date.to_zoned(zone.clone()).and_then(|zoned| zoned.start_of_day());
        zoned.map(|zoned| UtcMs(zoned.timestamp().as_millisecond()))
    };
    let next = date.checked_add(1.day());
    match (midnight(date), next.and_then(midnight)) {
        (Ok(start), Ok(end)) => Ok(Day { start, end }),
        (Err(_), _) | (_, Err(_)) => Err(Problem::bad_value("date", "this date cannot be reported on")),
    }
}
