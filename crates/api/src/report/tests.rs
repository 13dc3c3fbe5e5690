use super::*;

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
