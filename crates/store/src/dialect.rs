//! What the two engines must be told differently. Everything else is one text.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, PgPool, SqliteConnection, SqlitePool};

use crate::db::{Limits, Reach};
use crate::error::StoreError;

/// SQLite takes the write lock at once, so that two writers wait for each other and never deadlock on an upgrade.
pub(crate) const BEGIN_SQLITE: &str = "BEGIN IMMEDIATE";
/// PostgreSQL needs more than a transaction to keep two programs from migrating at once; the number is ours alone.
pub(crate) const MIGRATION_LOCK_POSTGRES: &str = "SELECT pg_advisory_xact_lock(7251949871)";

/// Held by the one server of a database for as long as its session lives; answers whether it was free.
pub(crate) const SERVER_LOCK_POSTGRES: &str = "SELECT pg_try_advisory_lock(7251949872)";
/// The same for the time of a transaction; answers 1 when no server runs.
pub(crate) const NO_SERVER_POSTGRES: &str =
    "SELECT CAST(CAST(pg_try_advisory_xact_lock(7251949872) AS INTEGER) AS BIGINT) AS free";

/// What the policies of row-level security compare with (`migrations/0002_row_level_security.postgres.sql`).
pub(crate) const SET_REACH_POSTGRES: &str = "SELECT set_config('perezvon.tenant', $1, false)";

/// Whether this role is above row-level security: a superuser's, or one with BYPASSRLS.
pub(crate) const IS_ABOVE_POLICIES_POSTGRES: &str =
    "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user";

/// Begins a transaction and says whose rows are there, in one message.
pub(crate) fn begin_postgres(reach: Reach) -> sqlx::AssertSqlSafe<String> {
    // A UUID or a star.
    sqlx::AssertSqlSafe(format!("BEGIN; SET LOCAL perezvon.tenant = '{reach}'"))
}

const STATEMENT_CACHE: usize = 256;
/// The write-ahead log is cut back to this after a checkpoint.
const WAL_LIMIT_BYTES: &str = "67108864";

/// `sqlite:PATH`, `sqlite://PATH`, each with `?synchronous=full` or `normal`.
pub(crate) struct SqlitePlace<'a> {
    pub path: &'a str,
    pub synchronous: SqliteSynchronous,
}

pub(crate) fn sqlite_place(rest: &str) -> Result<SqlitePlace<'_>, StoreError> {
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, settings) = rest.split_once('?').unwrap_or((rest, ""));
    let synchronous = match settings {
        "" | "synchronous=normal" => SqliteSynchronous::Normal,
        "synchronous=full" => SqliteSynchronous::Full,
        other => {
            return Err(StoreError::Unusable(format!(
                "`{other}` is no setting of SQLite here; `synchronous=normal` and `synchronous=full` are"
            )));
        }
    };
    if path.is_empty() || path.contains(":memory:") {
        return Err(StoreError::Unusable("name a file, such as sqlite:data/perezvon.db".to_owned()));
    }
    Ok(SqlitePlace { path, synchronous })
}

/// One writer and several readers on one file.
pub(crate) async fn open_sqlite(
    place: SqlitePlace<'_>,
    limits: &Limits,
) -> Result<(SqlitePool, SqlitePool), StoreError> {
    create_private(Path::new(place.path))?;
    let common = SqliteConnectOptions::new()
        .filename(place.path)
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(limits.acquire)
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging();
    let writing = common
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(place.synchronous)
        .pragma("journal_size_limit", WAL_LIMIT_BYTES)
        .pragma("cache_size", "-16384");
    let writer = SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(1)
        .acquire_timeout(limits.acquire)
        .idle_timeout(None)
        .max_lifetime(None)
        .before_acquire(|connection, _| Box::pin(async move { Ok(is_whole(connection)) }))
        .connect_with(writing)
        .await
        .map_err(|error| StoreError::Unusable(format!("cannot open the database {}: {error}", place.path)))?;
    let readers = SqlitePoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.acquire)
        .max_lifetime(None)
        .connect_lazy_with(common.pragma("query_only", "ON"));
    Ok((writer, readers))
}

/// A commit that finds the disk full may end the transaction in SQLite itself (<https://www.sqlite.org/lang_transaction.html>,
/// "response to errors within a transaction"). sqlx then fails to roll back what is no more and counts it as open, so
/// that no transaction begins on this connection again: another takes its place.
fn is_whole(connection: &SqliteConnection) -> bool {
    !connection.is_in_transaction()
}

/// The file holds password hashes and provider secrets: it is made for the owner alone, and SQLite gives its
/// side files the same mode.
fn create_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| {
        StoreError::Unusable(format!("cannot write the database file {}: {error}", path.display()))
    })
}

pub(crate) async fn open_postgres(url: &str, limits: &Limits) -> Result<PgPool, StoreError> {
    let options = url
        .parse::<PgConnectOptions>()
        .map_err(|error| StoreError::Unusable(format!("the address of PostgreSQL is not right: {error}")))?
        .application_name("perezvon")
        .statement_cache_capacity(STATEMENT_CACHE)
        // A statement of ours that runs longer has gone wrong; the pool must not fill with them.
        .options([("statement_timeout", milliseconds(limits.statement))])
        .disable_statement_logging();
    Ok(PgPoolOptions::new()
        .max_connections(limits.connections)
        .acquire_timeout(limits.acquire)
        .connect_with(options)
        .await?)
}

fn milliseconds(duration: Duration) -> String {
    duration.as_millis().to_string()
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use crate::{Db, Limits};

    #[tokio::test]
    async fn a_transaction_that_sqlite_ended_by_itself_does_not_stop_the_next() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("x.db").display());
        let db = Db::open(&url, Limits::default()).await.expect("opened");
        let mut cut_short = db.begin().await.expect("begun");
        cut_short.run_script("ROLLBACK").await.expect("ended behind the back of the pool");
        drop(cut_short);
        db.begin().await.expect("the next begins").commit().await.expect("and ends");
        db.close().await;
    }
}
