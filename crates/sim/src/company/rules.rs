//! The rules of a queue beside its order: hours, announcements, own agents, overflow, callbacks.

use perezvon_model::announce::{Announcement, Only, Say};
use perezvon_model::config::Preferred;
use perezvon_model::hours::{AtClose, Clock, Date, Day, Exception, Hours, Opening};
use perezvon_model::overflow::{CallFirst, Callbacks, Goal, Overflow, OverflowWhen};

use super::{Span, flows, queue_id, setup};
use crate::chance::Chance;

const WEEK: [Day; 7] = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
const DAY_MIN: i64 = 1_440;

fn goal(chance: &mut Chance, queues: u64) -> Goal {
    match chance.below(8) {
        0 => Goal::Onward,
        1 | 2 => Goal::Queue { queue: queue_id(chance.bits() % queues) },
        3 => Goal::Flow { flow: flows::flow_id(chance.bits() % (queues * flows::PER_QUEUE)) },
        4 => {
            let (to, trunk) = if chance.percent(50) {
                ("+74957654321", Some(setup::trunk_id()))
            } else {
                ("sip:desk@192.0.2.7", None)
            };
            Goal::Number { to: to.into(), trunk }
        }
        5 => Goal::Voicemail,
        _ => Goal::Callback,
    }
}

pub(super) fn overflow(chance: &mut Chance, queues: u64) -> Vec<Overflow> {
    let count = chance.one(&[0, 0, 1, 1, 2, 3]).unwrap_or(0);
    let rule = |_| {
        let when = match chance.below(5) {
            0 => OverflowWhen::EstimateOver { s: chance.between(1, 240) as u32 },
            1 | 2 => OverflowWhen::WaitedOver { s: chance.between(1, 120) as u32 },
            3 => OverflowWhen::MoreWaiting { than: chance.between(0, 8) as u32 },
            _ => OverflowWhen::NobodySignedIn,
        };
        Overflow { when, to: goal(chance, queues) }
    };
    (0..count).map(rule).collect()
}

pub(super) fn callbacks(chance: &mut Chance) -> Callbacks {
    Callbacks {
        first: chance.one(&[CallFirst::Agent, CallFirst::Customer]).unwrap_or_default(),
        tries: chance.between(1, 4) as u8,
        again_after_s: chance.one(&[30, 60, 300]).unwrap_or(300),
    }
}

pub(super) fn preferred(chance: &mut Chance) -> Preferred {
    let mut hold_s = || chance.one(&[0, 0, 5, 20, 120]).unwrap_or(0);
    Preferred { owner_s: hold_s(), last_s: hold_s(), last_days: chance.one(&[1, 30]).unwrap_or(30) }
}

pub(super) fn announcements(chance: &mut Chance) -> Vec<Announcement> {
    let count = chance.one(&[0, 0, 1, 2, 4]).unwrap_or(0);
    let rule = |_| Announcement {
        after_s: chance.between(0, 40) as u32,
        every_s: chance.one(&[0, 10, 25, 60]).unwrap_or(0),
        say: match chance.below(6) {
            0 => Say::Position,
            1 | 2 => Say::Wait,
            3 => Say::Prompt { name: "menu".into() },
            _ => Say::Callback,
        },
        only: match chance.below(4) {
            0 => Only::EstimateOver { s: chance.between(1, 120) as u32 },
            1 => Only::Behind { others: chance.between(1, 5) as u32 },
            _ => Only::Always,
        },
    };
    (0..count).map(rule).collect()
}

fn clock(minute: i64) -> Clock {
    let minute = minute.clamp(0, DAY_MIN);
    let text = format!("{:02}:{:02}", minute / 60, minute % 60);
    Clock::try_from(text).expect("a time of a day")
}

/// The local day so many days after the first, in Hinnant's calendar as `model/src/hours.rs` has it: 2026-11-22 is the
/// Sunday before.
fn date(days_after: i64) -> Date {
    let text = format!("2026-11-{:02}", 22 + days_after);
    Date::try_from(text).expect("a day of November")
}

/// Hours that open or close during the day, in one zone or another; most queues have none.
pub(super) fn hours(chance: &mut Chance, day: &Span, queues: u64) -> Option<Hours> {
    if chance.percent(65) {
        return None;
    }
    let (zone, minutes_east) = chance.one(&day.zones).unwrap_or(("", day.utc_offset_min));
    let named = chance.percent(60);
    let east_min = i64::from(if named { minutes_east } else { day.utc_offset_min });
    let local_min = day.start.0.div_euclid(60_000) + east_min;
    let from = local_min.rem_euclid(DAY_MIN);
    let length_min = (day.length_ms / 60_000).max(1);
    let turn = from + chance.between(1, length_min);
    let again = turn + chance.between(1, length_min);
    let row = |from: i64, to: i64| Opening { days: WEEK.to_vec(), from: clock(from), to: clock(to) };
    let week = match chance.below(4) {
        0 => vec![row(0, turn)],
        1 => vec![row(turn, DAY_MIN)],
        _ => vec![row(0, turn), row(again, DAY_MIN)],
    };
    // Days since Sunday, 2026-11-22, which is 20,779 days after 1970-01-01.
    let today = local_min.div_euclid(DAY_MIN) - 20_779;
    let exceptions = if chance.percent(20) {
        vec![Exception { date: date(today), from: clock(turn), to: clock(again) }]
    } else {
        Vec::new()
    };
    Some(Hours {
        time_zone: if named { zone.to_owned() } else { String::new() },
        week,
        holidays: if chance.percent(20) { vec![date(today + 1)] } else { Vec::new() },
        exceptions,
        closed: goal(chance, queues),
        at_close: chance.one(&[AtClose::Serve, AtClose::Send]).unwrap_or_default(),
    })
}
