//! Interactions as people look for them: a list, newest first, and one with every step it took.

use perezvon_model::customer::CustomerCard;
use perezvon_model::journal::{Channel, Direction, Entry, Outcome};
use perezvon_model::{CustomerId, DispositionId, InteractionId, QueueId, UserId, UtcMs};
use serde::{Deserialize, Serialize};

use crate::db::TenantDb;
use crate::error::StoreError;
use crate::page::{Page, limit_of, pattern};
use crate::recording::RecordingState;
use crate::sql::{Arg, Column, Kind, Value, args, queries, record};
use crate::words::{Word, words};

/// How an interaction stands in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOutcome {
    /// It still runs.
    Open,
    Answered,
    Abandoned,
    EndedInFlow,
    Refused,
    Interrupted,
    LeftMessage,
    NotReached,
}

words! { RowOutcome {
    Open = "open", Answered = "answered", Abandoned = "abandoned", EndedInFlow = "ended_in_flow",
    Refused = "refused", Interrupted = "interrupted", LeftMessage = "left_message", NotReached = "not_reached",
} }

impl From<Option<Outcome>> for RowOutcome {
    fn from(outcome: Option<Outcome>) -> Self {
        match outcome {
            None => RowOutcome::Open,
            Some(Outcome::Answered) => RowOutcome::Answered,
            Some(Outcome::Abandoned) => RowOutcome::Abandoned,
            Some(Outcome::EndedInFlow) => RowOutcome::EndedInFlow,
            Some(Outcome::Refused) => RowOutcome::Refused,
            Some(Outcome::Interrupted) => RowOutcome::Interrupted,
            Some(Outcome::LeftMessage) => RowOutcome::LeftMessage,
            Some(Outcome::NotReached) => RowOutcome::NotReached,
        }
    }
}

/// Whether there is something to listen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowRecording {
    None,
    Growing,
    Sealed,
    Failed,
}

impl From<Option<RecordingState>> for RowRecording {
    fn from(state: Option<RecordingState>) -> Self {
        match state {
            None => RowRecording::None,
            Some(RecordingState::Growing) => RowRecording::Growing,
            Some(RecordingState::Sealed) => RowRecording::Sealed,
            Some(RecordingState::Failed) => RowRecording::Failed,
        }
    }
}

/// One line of the list. Queue and agent are the last ones; times are sums over all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct InteractionRow {
    pub id: InteractionId,
    pub channel: Channel,
    pub direction: Direction,
    pub from: String,
    pub to: String,
    pub customer: Option<CustomerId>,
    pub customer_name: Option<String>,
    pub queue: Option<QueueId>,
    pub queue_name: Option<String>,
    pub agent: Option<UserId>,
    pub agent_name: Option<String>,
    pub started_at: UtcMs,
    /// When an agent, or a party called by the flow, and the customer first heard each other.
    pub answered_at: Option<UtcMs>,
    pub ended_at: Option<UtcMs>,
    pub wait_ms: i64,
    pub talk_ms: i64,
    pub hold_ms: i64,
    pub wrap_up_ms: i64,
    pub outcome: RowOutcome,
    pub disposition: Option<DispositionId>,
    pub disposition_name: Option<String>,
    pub note: String,
    pub recording: RowRecording,
    pub recording_ms: i64,
}

/// What to look for; everything given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InteractionFilter {
    /// Part of the caller's or the dialled number, in any spelling.
    pub number: Option<String>,
    /// Any agent who talked in it.
    pub agent: Option<UserId>,
    /// Any queue it waited in.
    pub queue: Option<QueueId>,
    /// Started at this time or later.
    pub from: Option<UtcMs>,
    /// Started before this time.
    pub to: Option<UtcMs>,
    pub outcome: Option<RowOutcome>,
    /// Part of the note, or of the customer's name, company or number.
    pub text: Option<String>,
}

/// One interaction with every step it took.
#[derive(Clone, Debug, PartialEq)]
pub struct InteractionDetail {
    pub interaction: InteractionRow,
    pub entries: Vec<Entry>,
    pub customer: Option<CustomerCard>,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT i.id, i.channel, i.direction, i.from_text, i.to_text, i.customer_id, c.name AS customer_name,
            i.queue_id, q.name AS queue_name, i.agent_id, u.name AS agent_name, i.started_at, i.answered_at, i.ended_at,
            i.wait_ms, i.talk_ms, i.hold_ms, i.wrap_up_ms, i.outcome, i.disposition_id, d.name AS disposition_name,
            i.note,
            (SELECT r.state FROM recording r WHERE r.tenant_id = i.tenant_id AND r.interaction_id = i.id
                ORDER BY r.started_at DESC, r.id DESC LIMIT 1) AS recording,
            (SELECT r.duration_ms FROM recording r WHERE r.tenant_id = i.tenant_id AND r.interaction_id = i.id
                ORDER BY r.started_at DESC, r.id DESC LIMIT 1) AS recording_ms
            FROM interaction i
            LEFT JOIN customer c ON c.tenant_id = i.tenant_id AND c.id = i.customer_id
            LEFT JOIN queue q ON q.tenant_id = i.tenant_id AND q.id = i.queue_id
            LEFT JOIN users u ON u.tenant_id = i.tenant_id AND u.id = i.agent_id
            LEFT JOIN disposition d ON d.tenant_id = i.tenant_id AND d.id = i.disposition_id ",
            $rest
        )
    };
}

queries! {
    LIST -> InteractionColumns = select!("WHERE i.tenant_id = $1 AND (i.started_at, i.id) < ($2, $3)
        AND i.started_at >= $4
        AND (CAST($5 AS TEXT) IS NULL OR COALESCE(i.outcome, 'open') = $5)
        AND (CAST($6 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM queue_visit v
            WHERE v.tenant_id = i.tenant_id AND v.interaction_id = i.id AND v.queue_id = $6))
        AND (CAST($7 AS TEXT) IS NULL OR EXISTS (SELECT 1 FROM agent_part p
            WHERE p.tenant_id = i.tenant_id AND p.interaction_id = i.id AND p.agent_id = $7))
        AND (CAST($8 AS TEXT) IS NULL OR i.from_text LIKE $8 ESCAPE '\\' OR i.to_text LIKE $8 ESCAPE '\\')
        AND (CAST($9 AS TEXT) IS NULL OR i.search LIKE $9 ESCAPE '\\' OR c.search LIKE $9 ESCAPE '\\')
        ORDER BY i.started_at DESC, i.id DESC LIMIT $10");
    GET -> InteractionColumns = select!("WHERE i.tenant_id = $1 AND i.id = $2");
}

record! {
    struct InteractionColumns {
        id: InteractionId,
        channel: Channel,
        direction: Direction,
        from_text: String,
        to_text: String,
        customer_id: Option<CustomerId>,
        customer_name: Option<String>,
        queue_id: Option<QueueId>,
        queue_name: Option<String>,
        agent_id: Option<UserId>,
        agent_name: Option<String>,
        started_at: UtcMs,
        answered_at: Option<UtcMs>,
        ended_at: Option<UtcMs>,
        wait_ms: i64,
        talk_ms: i64,
        hold_ms: i64,
        wrap_up_ms: i64,
        outcome: Option<Outcome>,
        disposition_id: Option<DispositionId>,
        disposition_name: Option<String>,
        note: String,
        recording: Option<RecordingState>,
        recording_ms: Option<i64>,
    }
}

impl From<InteractionColumns> for InteractionRow {
    fn from(row: InteractionColumns) -> Self {
        InteractionRow {
            id: row.id,
            channel: row.channel,
            direction: row.direction,
            from: row.from_text,
            to: row.to_text,
            customer: row.customer_id,
            customer_name: row.customer_name,
            queue: row.queue_id,
            queue_name: row.queue_name,
            agent: row.agent_id,
            agent_name: row.agent_name,
            started_at: row.started_at,
            answered_at: row.answered_at,
            ended_at: row.ended_at,
            wait_ms: row.wait_ms,
            talk_ms: row.talk_ms,
            hold_ms: row.hold_ms,
            wrap_up_ms: row.wrap_up_ms,
            outcome: row.outcome.into(),
            disposition: row.disposition_id,
            disposition_name: row.disposition_name,
            note: row.note,
            recording: row.recording.into(),
            recording_ms: row.recording_ms.unwrap_or(0),
        }
    }
}

fn cursor_of(row: &InteractionRow) -> String {
    format!("{}.{}", row.started_at.0, row.id)
}

/// Where a page ends; before the first page it is the end of the time asked for.
fn parse_cursor(cursor: &str) -> Result<(UtcMs, String), StoreError> {
    let refused = || StoreError::invalid("cursor", "not one of ours");
    let (time, id) = cursor.split_once('.').ok_or_else(refused)?;
    let time = time.parse().map_err(|_| refused())?;
    let id: InteractionId = id.parse().map_err(|_| refused())?;
    Ok((UtcMs(time), id.to_string()))
}

/// Numbers are kept as they came, most in E.164; the digits typed are looked for anywhere in them.
fn number_pattern(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return pattern(text.trim());
    }
    let national = digits.strip_prefix('8').filter(|rest| rest.len() == 10);
    pattern(national.unwrap_or(&digits))
}

impl TenantDb {
    /// Newest first.
    pub async fn interactions(
        &self,
        filter: &InteractionFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<InteractionRow>, StoreError> {
        let limit = limit_of(limit);
        let end = (filter.to.unwrap_or(UtcMs(i64::MAX)), String::new());
        let (before, before_id) = match cursor {
            Some(cursor) => parse_cursor(cursor)?.min(end),
            None => end,
        };
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let columns = args![
            before,
            before_id,
            filter.from.unwrap_or(UtcMs(i64::MIN)),
            filter.outcome.map(|outcome| outcome.word().to_owned()),
            filter.queue,
            filter.agent,
            filled(&filter.number).map(|number| number_pattern(&number)),
            filled(&filter.text).map(|text| pattern(&text.trim().to_lowercase())),
            limit + 1,
        ];
        let rows = self.all(&LIST, columns).await?.into_iter().map(InteractionRow::from).collect();
        Ok(Page::cut(rows, limit, cursor_of))
    }

    pub async fn interaction(&self, id: InteractionId) -> Result<InteractionRow, StoreError> {
        self.first(&GET, args![id]).await?.map(InteractionRow::from).ok_or(StoreError::NotFound)
    }

    /// One interaction, its journal and its customer.
    pub async fn interaction_detail(&self, id: InteractionId) -> Result<InteractionDetail, StoreError> {
        let interaction = self.interaction(id).await?;
        let entries = self.journal_of(id).await?;
        let customer = match interaction.customer {
            Some(customer) => Some(self.customer(customer).await?),
            None => None,
        };
        Ok(InteractionDetail { interaction, entries, customer })
    }
}
