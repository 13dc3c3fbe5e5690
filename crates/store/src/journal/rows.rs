//! Statements that write many rows at once: a round trip and a parse for each row would cost more than the row.

use std::sync::LazyLock;

use crate::db::TenantTx;
use crate::error::StoreError;
use crate::sql::{Arg, Statement};

/// Rows per statement, largest first; any number of rows is written by few statements of these sizes.
const SIZES: [usize; 4] = [64, 16, 4, 1];

pub(crate) struct RowStatements {
    columns: usize,
    /// One text per size. They live as long as the program, as prepared statements do.
    texts: [Statement; SIZES.len()],
}

impl RowStatements {
    fn new(name: &'static str, columns: &[&str], conflict: &str) -> Self {
        let texts = SIZES.map(|size| {
            let text = |place: &dyn Fn(usize) -> String| {
                let row = |row: usize| {
                    let places: Vec<String> =
                        (1..=columns.len()).map(|column| place(row * columns.len() + column)).collect();
                    format!("({})", places.join(", "))
                };
                let rows: Vec<String> = (0..size).map(row).collect();
                let (columns, rows) = (columns.join(", "), rows.join(", "));
                format!("INSERT INTO {name} ({columns}) VALUES {rows} {conflict}").leak()
            };
            Statement {
                name,
                sql: text(&|place| format!("${place}")),
                // SQLite keeps the names of numbered places in a list that sqlx searches for each one: with
                // thousands of them that costs more than the rows. A bare `?` has no name.
                sql_for_sqlite: text(&|_| "?".to_owned()),
                columns: &[],
            }
        });
        Self { columns: columns.len(), texts }
    }

    /// Rows that are never written twice.
    fn appending(name: &'static str, columns: &[&str]) -> Self {
        Self::new(name, columns, "ON CONFLICT (tenant_id, id) DO NOTHING")
    }

    /// Rows of which the last state counts; `tenant_id` and `id` come first.
    fn replacing(name: &'static str, columns: &[&str]) -> Self {
        let set: Vec<String> =
            columns.iter().skip(2).map(|column| format!("{column} = excluded.{column}")).collect();
        Self::new(name, columns, &format!("ON CONFLICT (tenant_id, id) DO UPDATE SET {}", set.join(", ")))
    }

    /// Writes the rows; answers how many were written. `args` holds whole rows, one after the other.
    pub async fn write(&self, tx: &mut TenantTx, mut args: Vec<Arg>) -> Result<u64, StoreError> {
        debug_assert_eq!(args.len() % self.columns, 0, "whole rows");
        let mut written = 0;
        for (size, statement) in SIZES.iter().zip(&self.texts) {
            let per_statement = size * self.columns;
            while args.len() >= per_statement {
                let rest = args.split_off(per_statement);
                written += tx.run_rows(statement, std::mem::replace(&mut args, rest)).await?;
            }
        }
        Ok(written)
    }
}

pub(crate) static JOURNAL: LazyLock<RowStatements> = LazyLock::new(|| {
    RowStatements::appending(
        "journal",
        &["tenant_id", "seq", "id", "at", "interaction_id", "agent_id", "body"],
    )
});

pub(crate) static INTERACTION: LazyLock<RowStatements> = LazyLock::new(|| {
    RowStatements::replacing(
        "interaction",
        &[
            "tenant_id",
            "id",
            "channel",
            "direction",
            "from_text",
            "to_text",
            "flow_id",
            "trunk_id",
            "customer_id",
            "queue_id",
            "agent_id",
            "started_at",
            "answered_at",
            "ended_at",
            "wait_ms",
            "talk_ms",
            "hold_ms",
            "wrap_up_ms",
            "outcome",
            "cause",
            "ended_by",
            "disposition_id",
            "note",
            "search",
        ],
    )
});

pub(crate) static QUEUE_VISIT: LazyLock<RowStatements> = LazyLock::new(|| {
    RowStatements::replacing(
        "queue_visit",
        &[
            "tenant_id",
            "id",
            "interaction_id",
            "queue_id",
            "attempt",
            "clock_at",
            "queued_at",
            "outcome",
            "queue_ms",
            "handled",
            "promised_at",
            "promised_low_s",
            "promised_high_s",
            "talk_ms",
            "hold_ms",
            "wrap_up_ms",
        ],
    )
});

pub(crate) static AGENT_PART: LazyLock<RowStatements> = LazyLock::new(|| {
    RowStatements::replacing(
        "agent_part",
        &[
            "tenant_id",
            "id",
            "interaction_id",
            "agent_id",
            "queue_id",
            "state",
            "connected_at",
            "talk_ms",
            "hold_ms",
            "wrap_up_ms",
        ],
    )
});

pub(crate) static AGENT_INTERVAL: LazyLock<RowStatements> = LazyLock::new(|| {
    RowStatements::replacing(
        "agent_interval",
        &[
            "tenant_id",
            "id",
            "agent_id",
            "started_at",
            "ended_at",
            "presence",
            "reason",
            "activity",
            "device",
        ],
    )
});

pub(crate) static RECORDING: LazyLock<RowStatements> = LazyLock::new(|| {
    RowStatements::replacing(
        "recording",
        &["tenant_id", "id", "interaction_id", "state", "started_at", "duration_ms", "bytes", "reason"],
    )
});

/// For the registry.
pub(crate) fn statements() -> Vec<Statement> {
    [&JOURNAL, &INTERACTION, &QUEUE_VISIT, &AGENT_PART, &AGENT_INTERVAL, &RECORDING]
        .into_iter()
        .flat_map(|rows| rows.texts)
        .collect()
}
