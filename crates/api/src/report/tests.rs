use serde_json::json;

use super::*;
use crate::testing::World;

fn hours(date: &str, zone: &str) -> (i64, i64) {
    let day = day_of(read_date(date).unwrap(), &super::zone(zone).unwrap()).unwrap();
    (day.start.0, day.end.since_ms(day.start) / 3_600_000)
}

#[test]
fn a_date_is_from_midnight_to_midnight_of_the_company() {
    // date -u -d '2026-11-21 21:00' +%s
    assert_eq!(hours("2026-11-22", "Europe/Moscow"), (1_795_294_800_000, 24));
    assert_eq!(hours("2026-03-29", "Europe/Berlin").1, 23, "clocks go forward");
    assert_eq!(hours("2026-10-25", "Europe/Berlin").1, 25, "clocks go back");
}

#[test]
fn today_is_the_companys_today() {
    let zone = super::zone("Europe/Moscow").unwrap();
    // 2026-11-21 21:00 UTC is midnight in Moscow.
    assert_eq!(today(UtcMs(1_795_294_800_000), &zone).unwrap().to_string(), "2026-11-22");
    assert_eq!(today(UtcMs(1_795_294_799_999), &zone).unwrap().to_string(), "2026-11-21");
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "today",
        "2026-13-01",
        "2026-02-29",
        "20261121",
        "2026-11-21T10:00",
        "9999-01-01",
        "+002026-11-21",
    ] {
        assert_eq!(read_date(text).unwrap_err().field(), Some("date"), "{text}");
    }
}

#[tokio::test]
async fn the_day_report_counts_the_call_in_its_interval() {
    let world = World::new().await;
    let token = world.token(world.first.supervisor).await;
    // The call of the company's history was queued at 1,795,000,005 s: 2026-11-18 in Moscow.
    let report = world.get("/api/v1/reports/day?date=2026-11-18").bearer(&token).send().await.ok(200);
    assert_eq!((&report["time_zone"], &report["service_level_s"]), (&json!("Europe/Moscow"), &json!(20)));
    assert_eq!(report["intervals"].as_array().unwrap().len(), 96);
    assert_eq!((&report["total"]["offered"], &report["total"]["service_level"]), (&json!(1), &json!(100.0)));
    assert_eq!(report["total"]["aht_ms"], 71_000);
    let busy: Vec<&serde_json::Value> =
        report["intervals"].as_array().unwrap().iter().filter(|row| row["offered"] == 1).collect();
    assert_eq!(busy.len(), 1);
    assert_eq!(busy[0]["start"], 1_795_000_005_000i64 / 900_000 * 900_000);
    let empty = world.get("/api/v1/reports/day").bearer(&token).send().await.ok(200);
    assert_eq!((&empty["date"], &empty["total"]["service_level"]), (&json!("2026-11-21"), &json!(null)));
}

#[tokio::test]
async fn reports_are_for_supervisors_and_of_the_own_company() {
    let world = World::new().await;
    let agent = world.token(world.first.agent).await;
    assert_eq!(world.get("/api/v1/reports/day").bearer(&agent).send().await.refusal(403), "forbidden");
    let supervisor = world.token(world.first.supervisor).await;
    let foreign = format!("/api/v1/reports/day?queue={}", world.second.queue);
    assert_eq!(world.get(&foreign).bearer(&supervisor).send().await.refusal(404), "not_found");
    let bad = world.get("/api/v1/reports/day?date=2026-02-30").bearer(&supervisor).send().await;
    assert_eq!((bad.refusal(422), &bad.json["field"]), ("bad_value", &json!("date")));
}
