//! The rules of a queue as they are saved: each in its range, named by its field.

use perezvon_model::announce::{Announcement, Only, Say};
use perezvon_model::config::{Misses, Preferred, Routing};
use perezvon_model::hours::Hours;
use perezvon_model::overflow::{Callbacks, Goal, Overflow, OverflowWhen};
use perezvon_model::routing::Widen;

use crate::fields;
use crate::problem::{Answer, Problem};

/// Rules of one kind in a queue.
const MAX_RULES: usize = 8;
/// Rows of hours of one kind.
const MAX_ROWS: usize = 100;
const MAX_WAIT_S: u32 = 14_400;

pub fn check(routing: &Routing) -> Answer<()> {
    if !(-1_000..=1_000).contains(&routing.priority) {
        return Err(Problem::bad_value("routing.priority", "write a whole number from -1000 to 1000"));
    }
    fields::between("routing.ageing_per_min", routing.ageing_per_min, 0, 1_000)?;
    fields::between("routing.keep_place_s", routing.keep_place_s, 0, 3_600)?;
    check_steps(routing)?;
    let Misses { declined, no_answer, busy, unreachable } = routing.misses;
    for (name, count) in
        [("declined", declined), ("no_answer", no_answer), ("busy", busy), ("unreachable", unreachable)]
    {
        fields::between(&format!("routing.misses.{name}"), u32::from(count), 0, 10)?;
    }
    let Preferred { owner_s, last_s, last_days } = routing.preferred;
    fields::between("routing.preferred.owner_s", owner_s, 0, 600)?;
    fields::between("routing.preferred.last_s", last_s, 0, 600)?;
    fields::between("routing.preferred.last_days", last_days, 1, 365)?;
    fields::few("routing.overflow", &routing.overflow, MAX_RULES)?;
    for (n, Overflow { when, to }) in routing.overflow.iter().enumerate() {
        check_when(&format!("routing.overflow[{n}].when"), *when)?;
        check_goal(&format!("routing.overflow[{n}].to"), to)?;
    }
    let Callbacks { first: _, tries, again_after_s } = routing.callbacks;
    fields::between("routing.callbacks.tries", u32::from(tries), 1, 10)?;
    fields::between("routing.callbacks.again_after_s", again_after_s, 30, 86_400)?;
    fields::few("routing.announcements", &routing.announcements, MAX_RULES)?;
    for (n, announcement) in routing.announcements.iter().enumerate() {
        check_announcement(&format!("routing.announcements[{n}]"), announcement)?;
    }
    routing.hours.as_ref().map_or(Ok(()), check_hours)
}

fn check_steps(routing: &Routing) -> Answer<()> {
    fields::few("routing.steps", &routing.steps, MAX_RULES)?;
    let mut before_s = 0;
    for (n, step) in routing.steps.iter().enumerate() {
        let field = format!("routing.steps[{n}].after_s");
        fields::between(&field, step.after_s, 0, 86_400)?;
        if step.after_s < before_s {
            return Err(Problem::bad_value(field, "put the steps in the order of their times"));
        }
        before_s = step.after_s;
        if let Widen::LowerLevel { level, .. } = step.widen {
            fields::between(&format!("routing.steps[{n}].widen.level"), u32::from(level), 1, 10)?;
        }
    }
    Ok(())
}

fn check_when(field: &str, when: OverflowWhen) -> Answer<()> {
    match when {
        OverflowWhen::EstimateOver { s } | OverflowWhen::WaitedOver { s } => {
            fields::between(&format!("{field}.s"), s, 1, MAX_WAIT_S)
        }
        OverflowWhen::MoreWaiting { than } => fields::between(&format!("{field}.than"), than, 0, 100_000),
        OverflowWhen::NobodySignedIn => Ok(()),
    }
}

fn check_goal(field: &str, goal: &Goal) -> Answer<()> {
    match goal {
        Goal::Number { to, .. } if !perezvon_flow::is_dialable(to) => Err(Problem::bad_value(
            format!("{field}.to"),
            "write a number such as +74951234567 or a SIP URI such as sip:desk@192.0.2.7",
        )),
        Goal::Number { .. }
        | Goal::Onward
        | Goal::Queue { .. }
        | Goal::Flow { .. }
        | Goal::Voicemail
        | Goal::Callback => Ok(()),
    }
}

fn check_announcement(field: &str, announcement: &Announcement) -> Answer<()> {
    fields::between(&format!("{field}.after_s"), announcement.after_s, 0, 3_600)?;
    if announcement.every_s != 0 {
        fields::between(&format!("{field}.every_s"), announcement.every_s, 10, 3_600)?;
    }
    match &announcement.say {
        Say::Prompt { name } => fields::filled(&format!("{field}.say.name"), name, 64)?,
        Say::Position | Say::Wait | Say::Callback => {}
    }
    match announcement.only {
        Only::Always => Ok(()),
        Only::EstimateOver { s } => fields::between(&format!("{field}.only.s"), s, 1, MAX_WAIT_S),
        Only::Behind { others } => fields::between(&format!("{field}.only.others"), others, 1, 100_000),
    }
}

fn check_hours(hours: &Hours) -> Answer<()> {
    if !hours.time_zone.is_empty() && jiff::tz::TimeZone::get(&hours.time_zone).is_err() {
        let cure = "write the name of a time zone, such as Asia/Omsk, or leave it empty";
        return Err(Problem::bad_value("routing.hours.time_zone", cure));
    }
    fields::few("routing.hours.week", &hours.week, MAX_ROWS)?;
    fields::few("routing.hours.holidays", &hours.holidays, MAX_ROWS)?;
    fields::few("routing.hours.exceptions", &hours.exceptions, MAX_ROWS)?;
    for (n, row) in hours.week.iter().enumerate() {
        if row.days.is_empty() {
            return Err(Problem::bad_value(format!("routing.hours.week[{n}].days"), "choose a day"));
        }
    }
    let week = hours.week.iter().map(|row| ("week", row.from, row.to)).enumerate();
    let exceptions = hours.exceptions.iter().map(|row| ("exceptions", row.from, row.to)).enumerate();
    for (n, (list, from, to)) in week.chain(exceptions) {
        if from >= to {
            let cure = "must be later than it begins; split a night at 24:00";
            return Err(Problem::bad_value(format!("routing.hours.{list}[{n}].to"), cure));
        }
    }
    check_goal("routing.hours.closed", &hours.closed)
}
