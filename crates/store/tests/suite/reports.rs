use std::collections::{BTreeMap, BTreeSet};

use perezvon_model::journal::{Entry, OfferOutcome, Outcome, QueueOutcome};
use perezvon_model::{Activity, Presence, QueueId, UtcMs};
use perezvon_store::report::{Day, FORMULA_VERSION, ReportScope, Thresholds, recompute};
use perezvon_store::{both_engines, new_id};

use crate::sample::{Company, Script, T0, company, queue};

const MINUTE: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// splitmix64: plausible enough days, the same ones each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        i64::try_from((z ^ (z >> 31)) % limit.unsigned_abs()).expect("below an i64")
    }
}

/// One call with anything that may happen to it.
fn any_call(script: &mut Script, dice: &mut Dice, at: UtcMs, company: &Company, queues: &[QueueId]) {
    let agents = [company.agent, company.other_agent];
    let mut queue = queues[usize::try_from(dice.below(2)).expect("0 or 1")];
    let id = script.arrive(at, "+79160000001", company, queue);
    let mut now = at + 5_000;
    let mut attempt = 1;
    for turn in 0..4_usize {
        let wait_ms = dice.below(45_000);
        if dice.below(3) == 0 {
            script.offer(now, id, queue, agents[turn % 2], OfferOutcome::NoAnswer);
        }
        now = now + wait_ms;
        match dice.below(10) {
            0 | 1 => {
                script.left(now, id, queue, QueueOutcome::Abandoned, wait_ms);
                script.ended(now, id, Outcome::Abandoned);
                return;
            }
            2 if turn < 3 => {
                script.left(now, id, queue, QueueOutcome::Overflowed, wait_ms);
                queue = queues[usize::try_from(dice.below(2)).expect("0 or 1")];
                now = now + dice.below(5_000);
                attempt += 1;
                script.queued(now, id, queue, attempt);
                continue;
            }
            _ => {}
        }
        let agent = agents[turn % 2];
        script.left(now, id, queue, QueueOutcome::Answered, wait_ms);
        script.connected(now, id, Some(queue), agent);
        let (talk_ms, hold_ms) = (dice.below(20 * MINUTE), dice.below(MINUTE));
        now = now + talk_ms + hold_ms;
        script.disconnected(now, id, Some(queue), agent, (talk_ms, hold_ms));
        script.wrap_up(now, id, Some(queue), agent, dice.below(MINUTE));
        match dice.below(6) {
            0 if turn < 3 => {
                attempt += 1;
                queue = queues[usize::try_from(dice.below(2)).expect("0 or 1")];
                script.queued(now, id, queue, attempt);
            }
            1 => {
                let other = agents[(turn + 1) % 2];
                script.connected(now + 2_000, id, Some(queue), other);
                script.disconnected(now + 9_000, id, Some(queue), other, (7_000, 0));
                script.ended(now + 9_000, id, Outcome::Answered);
                return;
            }
            _ => {
                script.ended(now, id, Outcome::Answered);
                return;
            }
        }
    }
}

fn agent_day(script: &mut Script, dice: &mut Dice, start: UtcMs, company: &Company) {
    let activities = [
        Activity::Idle,
        Activity::Reserved,
        Activity::Ringing,
        Activity::Talking,
        Activity::Hold,
        Activity::WrapUp,
    ];
    for agent in [company.agent, company.other_agent] {
        let mut now = start + dice.below(4 * 60 * MINUTE);
        for _ in 0..60 {
            let presence = match dice.below(8) {
                0 => Presence::Break { reason: "tea".to_owned() },
                1 => Presence::Offline,
                _ => Presence::Ready,
            };
            let activity = activities[usize::try_from(dice.below(6)).expect("0 to 5")];
            script.agent_state(now, agent, presence, activity);
            now = now + dice.below(40 * MINUTE);
        }
    }
}

fn a_month(company: &Company, queues: &[QueueId]) -> Vec<Entry> {
    let (mut script, mut dice) = (Script::new(9), Dice(42));
    for day in 0..30 {
        let start = T0 + day * DAY_MS;
        agent_day(&mut script, &mut dice, start, company);
        for _ in 0..40 {
            let at = start + dice.below(DAY_MS);
            any_call(&mut script, &mut dice, at, company, queues);
        }
    }
    let mut entries = script.take();
    // As the engine writes them: by time, each interaction's own order kept.
    entries.sort_by_key(|entry| entry.at);
    entries
}

both_engines! {
    async fn a_month_of_day_reports_equals_its_recomputation_from_the_journal(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut sales = queue("sales");
        sales.service_level_s = 30;
        sales.short_abandon_s = 2;
        company.db.create_queue(&sales).await.expect("a queue is made");
        let queues = [company.queue, sales.id];
        let entries = a_month(&company, &queues);
        for batch in entries.chunks(500) {
            company.db.append(batch).await.expect("appended");
        }
        let kept: Vec<Entry> = company.db.journal_page(0, 1_000_000).await.expect("read").into_iter().map(|(_, entry)| entry).collect();
        let seconds = |service_level: i64, short_abandon: i64| Thresholds {
            service_level_ms: service_level * 1_000,
            short_abandon_ms: short_abandon * 1_000,
        };
        let thresholds = BTreeMap::from([(company.queue, seconds(20, 5)), (sales.id, seconds(30, 2))]);
        let now = entries.last().expect("a month of entries").at + 10 * MINUTE;
        let mut offered = 0;
        for day in -1..31 {
            let start = T0 + day * DAY_MS;
            let day = Day { start, end: start + DAY_MS };
            for queue in [None, Some(company.queue), Some(sales.id)] {
                // Only the support queue has agents, so sales has no occupancy of its own.
                let agents = queue.map(|queue| {
                    let both = [company.agent, company.other_agent];
                    if queue == company.queue { BTreeSet::from(both) } else { BTreeSet::new() }
                });
                let scope = ReportScope { day, queue, thresholds: thresholds.clone(), agents, now };
                let report = company.db.report_day(day, queue, now).await.expect("reported");
                let again = recompute(&kept, &scope);
                for (from_tables, from_journal) in report.intervals.iter().zip(&again.intervals) {
                    assert_eq!(from_tables, from_journal, "{queue:?}");
                }
                assert_eq!(report, again, "{queue:?}");
                assert_eq!(report.formula, FORMULA_VERSION);
                offered += if queue.is_none() { report.total.sums.offered } else { 0 };
            }
        }
        assert!(offered > 1_200, "{offered}: the month holds calls, and more stays in queues than calls");
    }

    async fn an_interaction_counts_in_the_interval_of_its_offer_to_the_queue(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        // Arrives at 14:59 of the interval, waits beyond its end, talks in the next one.
        script.answered_call(T0 + 14 * MINUTE, "+79160000001", &company, (70_000, 60_000));
        company.db.append(&script.take()).await.expect("appended");
        let day = Day { start: T0, end: T0 + DAY_MS };
        let report = company.db.report_day(day, None, T0 + DAY_MS).await.expect("reported");
        assert_eq!(report.intervals.len(), 96);
        let first = &report.intervals[0].sums;
        assert_eq!((first.offered, first.answered, first.handled, first.talk_ms), (1, 1, 1, 60_000));
        assert!(report.intervals[1..].iter().all(|row| row.sums.offered == 0 && row.sums.talk_ms == 0));
        assert_eq!(report.total.measures.aht_ms, Some(75_000));
        assert_eq!((report.total.measures.asa_ms, report.total.measures.service_level), (Some(70_000), Some(0.0)));
        assert_eq!(report.service_level_s, Some(20));
    }

    async fn agents_time_is_split_at_the_borders_of_intervals_and_runs_up_to_now(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        script.agent_state(T0 + -5 * MINUTE, company.agent, Presence::Ready, Activity::Idle);
        script.agent_state(T0 + 10 * MINUTE, company.agent, Presence::Ready, Activity::Talking);
        company.db.append(&script.take()).await.expect("appended");
        let day = Day { start: T0, end: T0 + DAY_MS };
        let report = company.db.report_day(day, Some(company.queue), T0 + 50 * MINUTE).await.expect("reported");
        let minutes: Vec<_> = report.intervals[..5]
            .iter()
            .map(|row| (row.sums.occupied_ms / MINUTE, row.sums.idle_ms / MINUTE, row.measures.occupancy))
            .collect();
        let full = (15, 0, Some(100.0));
        assert_eq!(minutes, [(5, 10, Some(33.3)), full, full, (5, 0, Some(100.0)), (0, 0, None)]);
        assert_eq!(report.total.sums.occupied_ms + report.total.sums.idle_ms, 50 * MINUTE);
    }

    async fn the_check_values_of_the_service_level_come_out_of_the_tables(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        // A tenth of PRODUCT's check values: 100 answered (86 within 20 s), 6 abandoned (1 before 5 s).
        for index in 0..100 {
            let wait_ms = if index < 86 { 20_000 } else { 20_001 };
            script.answered_call(T0 + index, "+79160000001", &company, (wait_ms, 1_000));
        }
        for index in 0..6 {
            script.abandoned_call(T0 + index, "+79160000001", &company, if index == 0 { 4_999 } else { 5_000 });
        }
        company.db.append(&script.take()).await.expect("appended");
        let day = Day { start: T0, end: T0 + DAY_MS };
        let total = company.db.report_day(day, None, T0).await.expect("reported").total;
        assert_eq!((total.sums.offered, total.sums.abandoned, total.sums.abandoned_short), (106, 6, 1));
        assert_eq!(total.measures.service_level, Some(81.9));
        assert_eq!(total.measures.abandonment, Some(4.8));
    }

    async fn a_deleted_queue_keeps_its_reports(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let mut script = Script::new(1);
        script.answered_call(T0, "+79160000001", &company, (1_000, 60_000));
        company.db.append(&script.take()).await.expect("appended");
        company.db.delete_queue(company.queue, T0 + MINUTE).await.expect("deleted");
        let day = Day { start: T0, end: T0 + DAY_MS };
        let report = company.db.report_day(day, Some(company.queue), T0).await.expect("reported");
        assert_eq!((report.total.sums.answered, report.service_level_s), (1, Some(20)));
        let all = company.db.report_day(day, None, T0).await.expect("reported");
        assert_eq!((all.total.sums.answered, all.service_level_s), (1, None), "no queue is left to have a T");
    }

    async fn a_report_of_no_such_queue_is_not_found(test: TestDb) {
        let company = company(&test.db, "acme").await;
        let day = Day { start: T0, end: T0 + DAY_MS };
        assert!(company.db.report_day(day, Some(new_id()), T0).await.is_err());
    }
}
