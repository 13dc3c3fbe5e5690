//! The audit trail: who changed what in the configuration, when, from what to what. The row is written in the
//! transaction of the change: there is no change without it, and none of it without the change.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

use perezvon_model::{UserId, UtcMs};
use serde::Serialize;
use serde_json::Value as JsonValue;
use uuid::Uuid;

use crate::db::{TenantDb, TenantTx};
use crate::error::StoreError;
use crate::page::{Page, limit_of};
use crate::sql::{Arg, Column, Json, Kind, Value, args, queries, record};
use crate::tenant::RAISE_VERSION;
use crate::words::{Word, words};

/// A page of changes ends sooner when they hold more characters than this, though never without one: flows are long.
const PAGE_CHARACTERS: i64 = 1_048_576;
/// Changes that one transaction of `forget_changes` removes.
const FORGET_AT_ONCE: u32 = 500;
/// How the author of what came from the command line is asked for.
const CONSOLE: &str = "console";

macro_rules! select {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM change c LEFT JOIN users u ON u.tenant_id = c.tenant_id AND u.id = c.user_id
            WHERE c.tenant_id = $1 AND c.version < $2 AND c.at >= $3 AND c.at < $4
            AND (CAST($5 AS TEXT) IS NULL OR c.subject = $5)
            AND (CAST($6 AS TEXT) IS NULL OR c.subject_id = $6)
            AND (CAST($7 AS TEXT) IS NULL OR COALESCE(c.user_id, 'console') = $7) ",
            $rest
        )
    };
}

queries! {
    INSERT = "INSERT INTO change (tenant_id, version, at, user_id, subject, subject_id, name, before, after, names)
        VALUES ($1, (SELECT config_version FROM tenant WHERE id = $1), $2, $3, $4, $5, $6, $7, $8, $9)";
    SIZES -> Size = select!("c.version, CAST(LENGTH(COALESCE(c.before, '')) + LENGTH(COALESCE(c.after, '')) AS BIGINT)
        AS characters", "ORDER BY c.version DESC LIMIT $8");
    PAGE -> ChangeRow = select!("c.version, c.at, c.user_id, u.name AS user_name, c.subject, c.subject_id, c.name,
        c.before, c.after, c.names", "AND c.version >= $8 ORDER BY c.version DESC");
    NAMES -> Named = "SELECT id, name FROM queue WHERE tenant_id = $1
        UNION ALL SELECT id, name FROM skill WHERE tenant_id = $1
        UNION ALL SELECT id, name FROM flow WHERE tenant_id = $1
        UNION ALL SELECT id, name FROM trunk WHERE tenant_id = $1";
    FORGET = "DELETE FROM change WHERE tenant_id = $1 AND version IN
        (SELECT version FROM change WHERE tenant_id = $1 AND at < $2 ORDER BY at LIMIT $3)";
}

/// Who makes a change, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// `None`: whoever sits at the command line of the server.
    pub user: Option<UserId>,
    pub at: UtcMs,
}

/// What was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Tenant,
    Queue,
    User,
    Skill,
    Disposition,
    Flow,
    Number,
    Trunk,
}

words! { Subject {
    Tenant = "tenant", Queue = "queue", User = "user", Skill = "skill", Disposition = "disposition", Flow = "flow",
    Number = "number", Trunk = "trunk",
} }

/// One change.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Change {
    /// Of the configuration with this change; rises with time.
    pub version: i64,
    pub at: UtcMs,
    /// Null: by the command line of the server.
    pub user: Option<UserId>,
    /// As the person is called now, or was at last.
    pub user_name: Option<String>,
    pub subject: Subject,
    pub subject_id: String,
    /// What it was called then.
    pub name: String,
    /// Null where it was made.
    pub before: Option<JsonValue>,
    /// Null where it was deleted.
    pub after: Option<JsonValue>,
    /// What the queues, skills, flows and trunks in `before` and `after` were called then, by id.
    pub names: BTreeMap<String, String>,
}

/// Which changes are asked for; everything given must hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    pub subject: Option<Subject>,
    pub subject_id: Option<Uuid>,
    /// Made by this person, or with `Some(None)` by the command line.
    pub by: Option<Option<UserId>>,
    /// Made at this time or later.
    pub from: Option<UtcMs>,
    /// Made before this time.
    pub to: Option<UtcMs>,
}

record! {
    struct Size {
        version: i64,
        characters: i64,
    }
}

record! {
    struct Named { id: String, name: String }
}

record! {
    struct ChangeRow {
        version: i64,
        at: UtcMs,
        user_id: Option<UserId>,
        user_name: Option<String>,
        subject: Subject,
        subject_id: String,
        name: String,
        before: Option<Json<JsonValue>>,
        after: Option<Json<JsonValue>>,
        names: Json<BTreeMap<String, String>>,
    }
}

impl From<ChangeRow> for Change {
    fn from(row: ChangeRow) -> Self {
        Change {
            version: row.version,
            at: row.at,
            user: row.user_id,
            user_name: row.user_name,
            subject: row.subject,
            subject_id: row.subject_id,
            name: row.name,
            before: row.before.map(|json| json.0),
            after: row.after.map(|json| json.0),
            names: row.names.0,
        }
    }
}

/// A transaction that changes the configuration. Its version has risen already, so that the next one waits here and then
/// reads what this one left: `before` is true also when two people save at once.
pub(crate) struct ChangeTx {
    tx: TenantTx,
    author: Author,
}

impl Deref for ChangeTx {
    type Target = TenantTx;
    fn deref(&self) -> &TenantTx {
        &self.tx
    }
}

impl DerefMut for ChangeTx {
    fn deref_mut(&mut self) -> &mut TenantTx {
        &mut self.tx
    }
}

impl ChangeTx {
    /// Commits the change with its row. What is saved as it was leaves none.
    pub async fn commit<T: Serialize>(
        mut self,
        subject: Subject,
        id: Uuid,
        before: Option<&T>,
        after: Option<&T>,
    ) -> Result<(), StoreError> {
        let json = |value: &T| serde_json::to_value(value).expect("configuration is plain data");
        let (before, after) = (before.map(json), after.map(json));
        if before != after {
            self.note(subject, id, before, after).await?;
        }
        self.tx.commit().await
    }

    async fn note(
        &mut self,
        subject: Subject,
        id: Uuid,
        before: Option<JsonValue>,
        after: Option<JsonValue>,
    ) -> Result<(), StoreError> {
        let name = after.as_ref().or(before.as_ref()).map(name_of).unwrap_or_default();
        let mut texts = Vec::new();
        before.iter().chain(&after).for_each(|value| collect_texts(value, &mut texts));
        let mut names = BTreeMap::new();
        for row in self.tx.all(&NAMES, args![]).await? {
            if texts.contains(&row.id.as_str()) {
                names.insert(row.id, row.name);
            }
        }
        let Author { user, at } = self.author;
        let text = |value: Option<JsonValue>| value.map(|value| value.to_string());
        let names = Json(&names);
        let columns = args![at, user, subject, id.to_string(), name, text(before), text(after), names];
        self.tx.touch(&INSERT, columns).await
    }
}

fn name_of(value: &JsonValue) -> String {
    let word = value.get("name").or_else(|| value.get("number"));
    word.and_then(JsonValue::as_str).unwrap_or_default().to_owned()
}

/// Every text within; some of them are ids.
fn collect_texts<'v>(value: &'v JsonValue, texts: &mut Vec<&'v str>) {
    match value {
        JsonValue::String(text) => texts.push(text),
        JsonValue::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        JsonValue::Object(fields) => fields.values().for_each(|field| collect_texts(field, texts)),
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) => {}
    }
}

impl TenantDb {
    /// Begins a change of the configuration; refused where nobody is named as its author ([`TenantDb::by`]).
    pub(crate) async fn begin_change(&self) -> Result<ChangeTx, StoreError> {
        let nobody = || StoreError::Unexpected("a change of the configuration names no author".to_owned());
        let author = self.author().ok_or_else(nobody)?;
        let mut tx = self.begin().await?;
        tx.touch(&RAISE_VERSION, args![]).await?;
        Ok(ChangeTx { tx, author })
    }

    /// Changes, the newest first. A page ends at `limit` or where it grows too long.
    pub async fn changes(
        &self,
        filter: &ChangeFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Change>, StoreError> {
        let limit = limit_of(limit) as usize;
        let not_ours = |_| StoreError::invalid("cursor", "not one of ours");
        let below: i64 = cursor.map_or(Ok(i64::MAX), str::parse).map_err(not_ours)?;
        let by = filter.by.map(|user| user.map_or_else(|| CONSOLE.to_owned(), |user| user.to_string()));
        let with = |last: i64| {
            args![
                below,
                filter.from.unwrap_or(UtcMs(i64::MIN)),
                filter.to.unwrap_or(UtcMs(i64::MAX)),
                filter.subject.map(|subject| subject.word().to_owned()),
                filter.subject_id.map(|id| id.to_string()),
                by.clone(),
                last,
            ]
        };
        let sizes = self.all(&SIZES, with(limit as i64 + 1)).await?;
        let fit = how_many_fit(&sizes, limit);
        let Some(last) = sizes[..fit].last() else {
            return Ok(Page { items: Vec::new(), next_cursor: None });
        };
        let rows = self.all(&PAGE, with(last.version)).await?;
        let next_cursor = (fit < sizes.len()).then(|| last.version.to_string());
        Ok(Page { items: rows.into_iter().map(Change::from).collect(), next_cursor })
    }

    /// Removes up to 500 changes that were made before a time, the oldest first; answers how many.
    pub async fn forget_changes(&self, before: UtcMs) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let gone = tx.run(&FORGET, args![before, FORGET_AT_ONCE]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn how_many_fit(sizes: &[Size], limit: usize) -> usize {
    let mut characters = 0;
    let within = |size: &&Size| {
        characters += size.characters;
        characters <= PAGE_CHARACTERS
    };
    sizes.iter().take(limit).take_while(within).count().max(sizes.len().min(1))
}
