//! The database of an installation, whichever engine holds it, and the part of it that belongs to one tenant.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use perezvon_model::{TenantId, TenantScope, UtcMs};
use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, SqlitePool};

use crate::change::Author;
use crate::dialect;
use crate::error::StoreError;
use crate::journal::Caches;
use crate::migrate;
use crate::sql::{
    Arg, Query, Record, Statement, Tx, args, bounded, postgres_arguments, queries, read_postgres,
    read_sqlite, record, sqlite_arguments,
};

/// How much of the database this program uses, and how long it waits for it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Readers of SQLite beside its one writer; all connections to PostgreSQL.
    pub connections: u32,
    /// How long to wait for a connection, and in SQLite for a lock, before `StoreError::Unavailable`.
    pub acquire: Duration,
    /// How long one statement may take before `StoreError::Unavailable`.
    pub statement: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 8, acquire: Duration::from_secs(2), statement: Duration::from_secs(10) }
    }
}

/// The database; cheap to clone. Connections come back by themselves after the database was away.
///
/// What a call that answered `Ok` wrote survives the death of this process (`kill -9`). A power failure may take the
/// last commits of SQLite with `synchronous=normal`, the default, though it never corrupts the file: the write-ahead
/// log is then synced at checkpoints only (<https://www.sqlite.org/pragma.html#pragma_synchronous>). With
/// `sqlite:PATH?synchronous=full`, and with PostgreSQL as Debian sets it up, they survive that too, at one disk sync
/// per commit.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
    limits: Arc<Limits>,
    pub(crate) caches: Arc<Caches>,
}

#[derive(Clone)]
enum Engine {
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    Postgres(PgPool),
}

queries! {
    PING -> Ping = "SELECT CAST(1 AS BIGINT) AS one";
    BEAT = "INSERT INTO heartbeat (id, at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET at = excluded.at";
    LAST_BEAT -> Beat = "SELECT at FROM heartbeat WHERE id = $1";
}

record! {
    struct Ping {
        one: i64,
    }
}

record! {
    struct Beat {
        at: UtcMs,
    }
}

/// Says that a server runs on the database. The database takes it back when this value goes, however that happens.
pub struct ServerLock {
    _session: Option<PgConnection>,
}

/// The name of the one server in `heartbeat`; more come with more nodes.
const NODE: &str = "server";

impl Db {
    /// Opens `sqlite:PATH` or `postgres://...` and brings its tables up to date.
    pub async fn open(url: &str, limits: Limits) -> Result<Self, StoreError> {
        let db = Self::connect(url, limits).await?;
        migrate::run(&db).await?;
        Ok(db)
    }

    /// Opens a database that is there already, beside the server that writes it, and changes nothing: its tables must be
    /// those of this version.
    pub async fn open_to_read(url: &str, limits: Limits) -> Result<Self, StoreError> {
        if let Some(rest) = url.strip_prefix("sqlite:") {
            let path = dialect::sqlite_place(rest)?.path;
            if !std::path::Path::new(path).exists() {
                return Err(StoreError::Unusable(format!("there is no database {path}")));
            }
        }
        let db = Self::connect(url, limits).await?;
        migrate::check(&db).await?;
        Ok(db)
    }

    async fn connect(url: &str, limits: Limits) -> Result<Self, StoreError> {
        let engine = if let Some(rest) = url.strip_prefix("sqlite:") {
            let (writer, readers) = dialect::open_sqlite(dialect::sqlite_place(rest)?, &limits).await?;
            Engine::Sqlite { writer, readers }
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Engine::Postgres(dialect::open_postgres(url, &limits).await?)
        } else {
            return Err(StoreError::Unusable(
                "the database's address must begin with sqlite: or postgres://".to_owned(),
            ));
        };
        Ok(Self { engine, limits: Arc::new(limits), caches: Arc::default() })
    }

    /// What belongs to one tenant.
    pub fn tenant(&self, scope: &TenantScope) -> TenantDb {
        TenantDb { db: self.clone(), tenant: scope.tenant(), author: None }
    }

    /// Asks the database for a sign of life.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let answer = self.first(&PING, args![]).await?.map(|ping| ping.one);
        if answer == Some(1) { Ok(()) } else { Err(StoreError::Unexpected("no answer to a ping".to_owned())) }
    }

    /// Two servers on one database would close each other's calls: `None` while another one holds it. A SQLite file is
    /// guarded by the lock of its data folder.
    pub async fn lock_for_server(&self) -> Result<Option<ServerLock>, StoreError> {
        let limit = self.limits.statement;
        match &self.engine {
            Engine::Sqlite { .. } => Ok(Some(ServerLock { _session: None })),
            Engine::Postgres(pool) => {
                // A session of its own: the pool gives connections up, and the lock with them.
                let mut session = bounded(limit, pool.acquire()).await?.detach();
                let ask = sqlx::query_scalar::<_, bool>(dialect::SERVER_LOCK_POSTGRES);
                let free = bounded(limit, ask.fetch_one(&mut session)).await?;
                Ok(free.then_some(ServerLock { _session: Some(session) }))
            }
        }
    }

    /// Whether PostgreSQL lets the server see every tenant's rows whatever [`Reach`] says.
    pub async fn is_above_policies(&self) -> Result<bool, StoreError> {
        match &self.engine {
            Engine::Sqlite { .. } => Ok(false),
            Engine::Postgres(pool) => {
                let ask = sqlx::query_scalar::<_, bool>(dialect::IS_ABOVE_POLICIES_POSTGRES);
                bounded(self.limits.statement, ask.fetch_one(pool)).await
            }
        }
    }

    /// Notes that this server ran at `now`. What a crash cut off is closed at the last beat, so a beat every ten
    /// seconds keeps durations right to ten seconds.
    pub async fn beat(&self, now: UtcMs) -> Result<(), StoreError> {
        self.run(&BEAT, args![NODE, now]).await.map(drop)
    }

    pub(crate) async fn last_beat(&self) -> Result<Option<UtcMs>, StoreError> {
        Ok(self.first(&LAST_BEAT, args![NODE]).await?.map(|beat| beat.at))
    }

    /// Closes every connection; calls that run end first.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Engine::Postgres(pool) => pool.close().await,
        }
    }

    pub(crate) async fn begin(&self) -> Result<Tx, StoreError> {
        self.begin_in(Reach::All).await
    }

    async fn begin_in(&self, reach: Reach) -> Result<Tx, StoreError> {
        let limit = self.limits.statement;
        Ok(match &self.engine {
            Engine::Sqlite { writer, .. } => {
                Tx::sqlite(bounded(limit, writer.begin_with(dialect::BEGIN_SQLITE)).await?, limit)
            }
            Engine::Postgres(pool) => {
                let pool = pool.clone();
                // In a task of its own: sqlx does not roll back a begin that is given up half-way, and the connection
                // would come back to the pool within a transaction.
                let begin =
                    tokio::spawn(async move { pool.begin_with(dialect::begin_postgres(reach)).await });
                let begun = async { begin.await.unwrap_or(Err(sqlx::Error::WorkerCrashed)) };
                Tx::postgres(bounded(limit, begun).await?, limit)
            }
        })
    }

    /// A connection of PostgreSQL on which only these rows are there.
    async fn connection(&self, pool: &PgPool, reach: Reach) -> Result<PoolConnection<Postgres>, StoreError> {
        bounded(self.limits.statement, async {
            let mut connection = pool.acquire().await?;
            let set = sqlx::query(dialect::SET_REACH_POSTGRES).bind(reach.to_string());
            set.execute(&mut *connection).await?;
            Ok(connection)
        })
        .await
    }

    pub(crate) fn is_postgres(&self) -> bool {
        match &self.engine {
            Engine::Sqlite { .. } => false,
            Engine::Postgres(_) => true,
        }
    }

    pub(crate) async fn run(&self, query: &Query<()>, args: Vec<Arg>) -> Result<u64, StoreError> {
        self.run_in(Reach::All, query, args).await
    }

    async fn run_in(&self, reach: Reach, query: &Query<()>, args: Vec<Arg>) -> Result<u64, StoreError> {
        let limit = self.limits.statement;
        Ok(match &self.engine {
            Engine::Sqlite { writer, .. } => {
                let query = sqlx::query_with(query.sql, sqlite_arguments(args)?);
                bounded(limit, query.execute(writer)).await?.rows_affected()
            }
            Engine::Postgres(pool) => {
                let query = sqlx::query_with(query.sql, postgres_arguments(args)?);
                let mut connection = self.connection(pool, reach).await?;
                bounded(limit, query.execute(&mut *connection)).await?.rows_affected()
            }
        })
    }

    /// Reads rows; a statement that writes and answers rows needs a transaction.
    pub(crate) async fn all<R: Record>(
        &self,
        query: &Query<R>,
        args: Vec<Arg>,
    ) -> Result<Vec<R>, StoreError> {
        self.all_in(Reach::All, query, args).await
    }

    async fn all_in<R: Record>(
        &self,
        reach: Reach,
        query: &Query<R>,
        args: Vec<Arg>,
    ) -> Result<Vec<R>, StoreError> {
        let limit = self.limits.statement;
        match &self.engine {
            Engine::Sqlite { readers, .. } => {
                let query = sqlx::query_with(query.sql, sqlite_arguments(args)?);
                read_sqlite(bounded(limit, query.fetch_all(readers)).await?)
            }
            Engine::Postgres(pool) => {
                let query = sqlx::query_with(query.sql, postgres_arguments(args)?);
                let mut connection = self.connection(pool, reach).await?;
                read_postgres(bounded(limit, query.fetch_all(&mut *connection)).await?)
            }
        }
    }

    pub(crate) async fn first<R: Record>(
        &self,
        query: &Query<R>,
        args: Vec<Arg>,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.all(query, args).await?.into_iter().next())
    }

    /// Asks the engine to prepare a statement; answers the names of its columns.
    #[cfg(feature = "testing")]
    pub(crate) async fn prepare(&self, statement: &Statement) -> Result<Vec<String>, StoreError> {
        use sqlx::{Column, Executor, SqlSafeStr, Statement as _};
        Ok(match &self.engine {
            Engine::Sqlite { writer, .. } => {
                let statement = writer.prepare(statement.sql_for_sqlite.into_sql_str()).await?;
                statement.columns().iter().map(|column| column.name().to_owned()).collect()
            }
            Engine::Postgres(pool) => {
                let statement = pool.prepare(statement.sql.into_sql_str()).await?;
                statement.columns().iter().map(|column| column.name().to_owned()).collect()
            }
        })
    }

    /// How SQLite would run a statement, one line per table; empty on PostgreSQL, whose plans follow its statistics.
    #[cfg(feature = "testing")]
    pub(crate) async fn plan(&self, statement: &Statement) -> Result<String, StoreError> {
        use sqlx::Row;
        let Engine::Sqlite { writer, .. } = &self.engine else { return Ok(String::new()) };
        let explain = format!("EXPLAIN QUERY PLAN {}", statement.sql_for_sqlite);
        let rows = sqlx::query(sqlx::AssertSqlSafe(explain)).fetch_all(writer).await?;
        let lines: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get("detail")).collect();
        Ok(lines?.join("\n"))
    }

    /// Runs any statement, for tests that need a database in a bad state.
    #[cfg(feature = "testing")]
    pub(crate) async fn run_raw(&self, sql: &'static str) -> Result<u64, StoreError> {
        self.run(&Query::new("raw", sql), args![]).await
    }
}

/// Whose rows a statement may touch. PostgreSQL holds every statement to it by row-level security, so that a statement
/// that forgot its tenant answers nothing of the others; SQLite has no such thing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reach {
    One(TenantId),
    /// Sign-in, the map of numbers, and what concerns the whole installation.
    All,
}

impl fmt::Display for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reach::One(tenant) => tenant.fmt(out),
            Reach::All => out.write_str("*"),
        }
    }
}

/// One tenant's part of the database: `$1` of each of its statements is the tenant, always.
#[derive(Clone)]
pub struct TenantDb {
    pub(crate) db: Db,
    tenant: TenantId,
    author: Option<Author>,
}

impl TenantDb {
    pub(crate) fn id(&self) -> TenantId {
        self.tenant
    }

    /// From now on each change of the configuration is noted as this author's.
    pub fn by(mut self, author: Author) -> TenantDb {
        self.author = Some(author);
        self
    }

    pub(crate) fn author(&self) -> Option<Author> {
        self.author
    }

    fn with_tenant(&self, mut args: Vec<Arg>) -> Vec<Arg> {
        args.insert(0, self.tenant.into());
        args
    }

    pub(crate) async fn all<R: Record>(
        &self,
        query: &Query<R>,
        args: Vec<Arg>,
    ) -> Result<Vec<R>, StoreError> {
        self.db.all_in(Reach::One(self.tenant), query, self.with_tenant(args)).await
    }

    pub(crate) async fn first<R: Record>(
        &self,
        query: &Query<R>,
        args: Vec<Arg>,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.all(query, args).await?.into_iter().next())
    }

    /// Runs a statement that must touch a row.
    pub(crate) async fn touch(&self, query: &Query<()>, args: Vec<Arg>) -> Result<(), StoreError> {
        touched(self.db.run_in(Reach::One(self.tenant), query, self.with_tenant(args)).await?)
    }

    pub(crate) async fn begin(&self) -> Result<TenantTx, StoreError> {
        let tx = self.db.begin_in(Reach::One(self.tenant)).await?;
        Ok(TenantTx { tx, tenant: self.tenant })
    }
}

fn touched(rows: u64) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// A transaction within one tenant.
pub(crate) struct TenantTx {
    tx: Tx,
    tenant: TenantId,
}

impl TenantTx {
    fn with_tenant(&self, mut args: Vec<Arg>) -> Vec<Arg> {
        args.insert(0, self.tenant.into());
        args
    }

    pub async fn run(&mut self, query: &Query<()>, args: Vec<Arg>) -> Result<u64, StoreError> {
        let args = self.with_tenant(args);
        self.tx.run(query, args).await
    }

    /// Runs a statement that must touch a row.
    pub async fn touch(&mut self, query: &Query<()>, args: Vec<Arg>) -> Result<(), StoreError> {
        touched(self.run(query, args).await?)
    }

    pub async fn all<R: Record>(&mut self, query: &Query<R>, args: Vec<Arg>) -> Result<Vec<R>, StoreError> {
        let args = self.with_tenant(args);
        self.tx.all(query, args).await
    }

    pub async fn first<R: Record>(
        &mut self,
        query: &Query<R>,
        args: Vec<Arg>,
    ) -> Result<Option<R>, StoreError> {
        let args = self.with_tenant(args);
        self.tx.first(query, args).await
    }

    /// For the multi-row writes of the journal, whose arguments name the tenant in each row.
    pub async fn run_rows(&mut self, statement: &Statement, args: Vec<Arg>) -> Result<u64, StoreError> {
        self.tx.run_statement(statement, args).await
    }

    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}
