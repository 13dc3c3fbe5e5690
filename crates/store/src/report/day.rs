//! The report from the tables.

use perezvon_model::{Activity, QueueId, UtcMs};

use super::{Day, DayReport, INTERVAL_MS, Occupation, Sums, occupation};
use crate::db::TenantDb;
use crate::error::StoreError;
use crate::journal::presence_of;
use crate::sql::{args, queries, record};

queries! {
    VISITS -> VisitSums = "SELECT (v.queued_at - $2) / $4 AS slot, COUNT(*) AS offered,
        CAST(SUM(CASE WHEN v.outcome = 'answered' THEN 1 ELSE 0 END) AS BIGINT) AS answered,
        CAST(SUM(CASE WHEN v.outcome = 'answered' AND v.queue_ms <= COALESCE(q.service_level_s, 20) * 1000
            THEN 1 ELSE 0 END) AS BIGINT) AS answered_in_threshold,
        CAST(SUM(CASE WHEN v.outcome = 'abandoned' THEN 1 ELSE 0 END) AS BIGINT) AS abandoned,
        CAST(SUM(CASE WHEN v.outcome = 'abandoned' AND v.queue_ms < COALESCE(q.short_abandon_s, 5) * 1000
            THEN 1 ELSE 0 END) AS BIGINT) AS abandoned_short,
        CAST(SUM(CASE WHEN v.outcome = 'answered' THEN v.queue_ms ELSE 0 END) AS BIGINT) AS answer_wait_ms,
        CAST(SUM(v.talk_ms) AS BIGINT) AS talk_ms,
        CAST(SUM(v.hold_ms) AS BIGINT) AS hold_ms,
        CAST(SUM(v.wrap_up_ms) AS BIGINT) AS wrap_up_ms,
        CAST(SUM(v.handled) AS BIGINT) AS handled,
        CAST(SUM(CASE WHEN v.outcome = 'answered' AND v.promised_at IS NOT NULL THEN 1 ELSE 0 END) AS BIGINT) AS promised,
        CAST(SUM(CASE WHEN v.outcome = 'answered' AND v.clock_at + v.queue_ms >= v.promised_at + v.promised_low_s * 1000
            AND (v.promised_high_s IS NULL OR v.clock_at + v.queue_ms <= v.promised_at + v.promised_high_s * 1000)
            THEN 1 ELSE 0 END) AS BIGINT) AS promise_kept,
        CAST(SUM(CASE WHEN v.outcome = 'answered' AND v.clock_at + v.queue_ms < v.promised_at + v.promised_low_s * 1000
            THEN 1 ELSE 0 END) AS BIGINT) AS promise_sooner
        FROM queue_visit v LEFT JOIN queue q ON q.tenant_id = v.tenant_id AND q.id = v.queue_id
        WHERE v.tenant_id = $1 AND v.queued_at >= $2 AND v.queued_at < $3
        AND (CAST($5 AS TEXT) IS NULL OR v.queue_id = $5)
        GROUP BY (v.queued_at - $2) / $4";
    // Each agent's intervals that began within the day, and the one each was in when it began. A cross join keeps
    // SQLite from walking the whole history first.
    INTERVALS -> IntervalColumns = "SELECT a.started_at, a.ended_at, a.presence, a.reason, a.activity
        FROM users u CROSS JOIN agent_interval a
        WHERE u.tenant_id = $1 AND a.tenant_id = u.tenant_id AND a.agent_id = u.id AND a.started_at < $3
        AND a.started_at >= COALESCE((SELECT MAX(b.started_at) FROM agent_interval b
            WHERE b.tenant_id = u.tenant_id AND b.agent_id = u.id AND b.started_at <= $2), $2)
        AND (CAST($4 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM user_queue m
            WHERE m.tenant_id = u.tenant_id AND m.user_id = u.id AND m.queue_id = $4))";
    SERVICE_LEVELS -> ServiceLevelRow = "SELECT id, service_level_s, archived_at FROM queue
        WHERE tenant_id = $1";
}

record! {
    struct VisitSums {
        slot: i64,
        offered: i64,
        answered: i64,
        answered_in_threshold: i64,
        abandoned: i64,
        abandoned_short: i64,
        answer_wait_ms: i64,
        talk_ms: i64,
        hold_ms: i64,
        wrap_up_ms: i64,
        handled: i64,
        promised: i64,
        promise_kept: i64,
        promise_sooner: i64,
    }
}

record! {
    struct IntervalColumns {
        started_at: UtcMs,
        ended_at: Option<UtcMs>,
        presence: String,
        reason: String,
        activity: Activity,
    }
}

record! {
    struct ServiceLevelRow {
        id: QueueId,
        service_level_s: u32,
        archived_at: Option<UtcMs>,
    }
}

impl TenantDb {
    /// The report of a day, of one queue or of all; a deleted queue still has one. What still runs at `now` counts
    /// up to it.
    pub async fn report_day(
        &self,
        day: Day,
        queue: Option<QueueId>,
        now: UtcMs,
    ) -> Result<DayReport, StoreError> {
        let levels = self.all(&SERVICE_LEVELS, args![]).await?;
        if queue.is_some_and(|queue| levels.iter().all(|row| row.id != queue)) {
            return Err(StoreError::NotFound);
        }
        let mut slots = vec![Sums::default(); day.intervals()];
        for visits in self.all(&VISITS, args![day.start, day.end, INTERVAL_MS, queue]).await? {
            if let Some(sums) = usize::try_from(visits.slot).ok().and_then(|slot| slots.get_mut(slot)) {
                *sums += visits.sums();
            }
        }
        for row in self.all(&INTERVALS, args![day.start, day.end, queue]).await? {
            let presence = presence_of(&row.presence, row.reason)
                .ok_or_else(|| StoreError::Unexpected(format!("`{}` is no presence", row.presence)))?;
            let end = row.ended_at.unwrap_or(now).min(day.end);
            spread(&day, &mut slots, occupation(&presence, row.activity), row.started_at.max(day.start), end);
        }
        Ok(DayReport::new(&day, common_service_level_s(&levels, queue), &slots))
    }
}

impl VisitSums {
    fn sums(&self) -> Sums {
        Sums {
            offered: self.offered,
            answered: self.answered,
            answered_in_threshold: self.answered_in_threshold,
            abandoned: self.abandoned,
            abandoned_short: self.abandoned_short,
            answer_wait_ms: self.answer_wait_ms,
            talk_ms: self.talk_ms,
            hold_ms: self.hold_ms,
            wrap_up_ms: self.wrap_up_ms,
            handled: self.handled,
            promised: self.promised,
            promise_kept: self.promise_kept,
            promise_sooner: self.promise_sooner,
            occupied_ms: 0,
            idle_ms: 0,
        }
    }
}

/// Gives each interval its part of an agent's time from `start` to `end`.
fn spread(day: &Day, slots: &mut [Sums], occupation: Occupation, start: UtcMs, end: UtcMs) {
    let mut from = start;
    while from < end {
        let Some(index) = day.interval_of(from) else { return };
        let border = day.start_of(index + 1);
        let part_ms = border.min(end) - from;
        let Some(sums) = slots.get_mut(index) else { return };
        match occupation {
            Occupation::Occupied => sums.occupied_ms += part_ms,
            Occupation::Idle => sums.idle_ms += part_ms,
            Occupation::Away => return,
        }
        from = border;
    }
}

fn common_service_level_s(levels: &[ServiceLevelRow], queue: Option<QueueId>) -> Option<u32> {
    let mut wanted = levels
        .iter()
        .filter(|row| queue.map_or(row.archived_at.is_none(), |queue| row.id == queue))
        .map(|row| row.service_level_s);
    let first = wanted.next()?;
    wanted.all(|other| other == first).then_some(first)
}
