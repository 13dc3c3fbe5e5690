//! The thin layer between words and engines: typed statements, arguments, rows and transactions. One SQL text serves
//! both engines; sqlx's SQLite driver reads `$1` by position, as PostgreSQL does.

use std::marker::PhantomData;
use std::time::Duration;

use perezvon_model::{E164, UtcMs};
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments, Postgres, Row as _, Sqlite, Transaction};
use uuid::Uuid;

use crate::error::StoreError;

/// A statement as the registry lists it.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    pub name: &'static str,
    pub sql: &'static str,
    /// The same for SQLite; it differs only where `rows.rs` says so.
    pub sql_for_sqlite: &'static str,
    /// The columns it must answer, in order; empty when it answers none.
    pub columns: &'static [&'static str],
}

/// A statement that answers rows of `R`.
pub(crate) struct Query<R = ()> {
    pub name: &'static str,
    pub sql: &'static str,
    row: PhantomData<fn() -> R>,
}

impl<R: Record> Query<R> {
    pub const fn new(name: &'static str, sql: &'static str) -> Self {
        Self { name, sql, row: PhantomData }
    }

    pub const fn statement(&self) -> Statement {
        Statement { name: self.name, sql: self.sql, sql_for_sqlite: self.sql, columns: R::COLUMNS }
    }
}

/// Declares a file's statements and its `STATEMENTS`, which `registry.rs` lists.
macro_rules! queries {
    ($($(#[$doc:meta])* $vis:vis $name:ident $(-> $row:ty)? = $sql:expr;)+) => {
        $($(#[$doc])* $vis const $name: $crate::sql::Query<$crate::sql::row_type!($($row)?)> =
            $crate::sql::Query::new(concat!(module_path!(), "::", stringify!($name)), $sql);)+
        pub(crate) const STATEMENTS: &[$crate::sql::Statement] = &[$($name.statement()),+];
    };
}
macro_rules! row_type {
    () => {
        ()
    };
    ($row:ty) => {
        $row
    };
}
pub(crate) use {queries, row_type};

/// A row that reads itself from columns in the order of its fields.
pub(crate) trait Record: Sized {
    const COLUMNS: &'static [&'static str];
    fn read(row: &Row) -> Result<Self, StoreError>;
}

impl Record for () {
    const COLUMNS: &'static [&'static str] = &[];
    fn read(_: &Row) -> Result<Self, StoreError> {
        Ok(())
    }
}

/// Declares a struct and its `Record`.
macro_rules! record {
    ($(#[$meta:meta])* $vis:vis struct $name:ident { $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty),+ $(,)? }) => {
        $(#[$meta])* $vis struct $name { $($(#[$field_meta])* $field_vis $field: $ty),+ }
        impl $crate::sql::Record for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];
            fn read(row: &$crate::sql::Row) -> Result<Self, $crate::error::StoreError> {
                let mut index = 0..;
                Ok(Self { $($field: row.get(index.next().unwrap_or_default())?),+ })
            }
        }
    };
}
pub(crate) use record;

/// A value on its way into a statement. PostgreSQL wants the type of a null too.
#[derive(Clone, Debug)]
pub(crate) enum Arg {
    Text(Option<String>),
    Int(Option<i64>),
}

macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Arg::from($value)),*] };
}
pub(crate) use args;

/// A value on its way out of a row.
pub(crate) enum Value<'r> {
    Null,
    Text(&'r str),
    Int(i64),
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Text,
    Int,
}

/// What a column can be read as.
pub(crate) trait Column: Sized {
    const KIND: Kind;
    /// `None` when the value cannot be one of these.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

impl<T: Column> Column for Option<T> {
    const KIND: Kind = T::KIND;
    fn from_value(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            Value::Text(_) | Value::Int(_) => T::from_value(value).map(Some),
        }
    }
}

impl<T> From<Option<T>> for Arg
where
    T: Column,
    Arg: From<T>,
{
    fn from(value: Option<T>) -> Self {
        match (value, T::KIND) {
            (Some(value), _) => value.into(),
            (None, Kind::Text) => Arg::Text(None),
            (None, Kind::Int) => Arg::Int(None),
        }
    }
}

impl Column for String {
    const KIND: Kind = Kind::Text;
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.to_owned()) } else { None }
    }
}
impl From<String> for Arg {
    fn from(value: String) -> Self {
        Arg::Text(Some(value))
    }
}
impl From<&String> for Arg {
    fn from(value: &String) -> Self {
        Arg::Text(Some(value.clone()))
    }
}
impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Arg::Text(Some(value.to_owned()))
    }
}

macro_rules! integers {
    ($($ty:ty),+) => {$(
        impl Column for $ty {
            const KIND: Kind = Kind::Int;
            fn from_value(value: Value<'_>) -> Option<Self> {
                if let Value::Int(number) = value { number.try_into().ok() } else { None }
            }
        }
        impl From<$ty> for Arg {
            fn from(value: $ty) -> Self { Arg::Int(Some(i64::from(value))) }
        }
    )+};
}
integers!(i64, u32, u8);

impl Column for bool {
    const KIND: Kind = Kind::Int;
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value).map(|number| number != 0)
    }
}
impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Arg::Int(Some(i64::from(value)))
    }
}

impl Column for UtcMs {
    const KIND: Kind = Kind::Int;
    fn from_value(value: Value<'_>) -> Option<Self> {
        i64::from_value(value).map(UtcMs)
    }
}
impl From<UtcMs> for Arg {
    fn from(value: UtcMs) -> Self {
        Arg::Int(Some(value.0))
    }
}

impl Column for E164 {
    const KIND: Kind = Kind::Text;
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { E164::from_canonical(text) } else { None }
    }
}
impl From<&E164> for Arg {
    fn from(value: &E164) -> Self {
        value.as_str().into()
    }
}

macro_rules! ids {
    ($($ty:ident),+) => {$(
        impl Column for perezvon_model::$ty {
            const KIND: Kind = Kind::Text;
            fn from_value(value: Value<'_>) -> Option<Self> {
                if let Value::Text(text) = value { Uuid::parse_str(text).ok().map(Self) } else { None }
            }
        }
        impl From<perezvon_model::$ty> for Arg {
            fn from(value: perezvon_model::$ty) -> Self { Arg::Text(Some(value.0.to_string())) }
        }
    )+};
}
ids!(
    TenantId,
    UserId,
    QueueId,
    SkillId,
    FlowId,
    TrunkId,
    NumberId,
    CustomerId,
    InteractionId,
    RecordingId,
    DispositionId,
    EntryId,
    RunId
);

/// A value kept as JSON text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Json<T>(pub T);

impl<T: serde::de::DeserializeOwned> Column for Json<T> {
    const KIND: Kind = Kind::Text;
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Text(text) = value { serde_json::from_str(text).ok().map(Json) } else { None }
    }
}
impl<T: serde::Serialize> From<Json<&T>> for Arg {
    fn from(value: Json<&T>) -> Self {
        let text = serde_json::to_string(value.0);
        Arg::Text(Some(text.expect("our records have string keys and serialise without I/O")))
    }
}

/// A row of either engine.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    pub fn get<T: Column>(&self, index: usize) -> Result<T, StoreError> {
        let value = match (T::KIND, self) {
            (Kind::Text, Row::Sqlite(row)) => row.try_get::<Option<&str>, _>(index)?.map(Value::Text),
            (Kind::Text, Row::Postgres(row)) => row.try_get::<Option<&str>, _>(index)?.map(Value::Text),
            (Kind::Int, Row::Sqlite(row)) => row.try_get::<Option<i64>, _>(index)?.map(Value::Int),
            (Kind::Int, Row::Postgres(row)) => row.try_get::<Option<i64>, _>(index)?.map(Value::Int),
        };
        T::from_value(value.unwrap_or(Value::Null)).ok_or_else(|| {
            let wanted = std::any::type_name::<T>();
            StoreError::Unexpected(format!("column {index} is no {wanted}"))
        })
    }
}

/// A transaction of either engine; dropped without `commit` it is rolled back.
pub(crate) struct Tx {
    inner: Inner,
    limit: Duration,
}

enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A connection that hangs is as good as none: after `limit` the caller is told so.
pub(crate) async fn bounded<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    match tokio::time::timeout(limit, work).await {
        Ok(result) => Ok(result?),
        Err(_) => Err(StoreError::Unavailable(format!("no answer within {} s", limit.as_secs_f32()))),
    }
}

impl Tx {
    pub fn sqlite(tx: Transaction<'static, Sqlite>, limit: Duration) -> Self {
        Self { inner: Inner::Sqlite(tx), limit }
    }

    pub fn postgres(tx: Transaction<'static, Postgres>, limit: Duration) -> Self {
        Self { inner: Inner::Postgres(tx), limit }
    }

    /// Runs a statement; answers how many rows it touched.
    pub async fn run(&mut self, query: &Query<()>, args: Vec<Arg>) -> Result<u64, StoreError> {
        self.run_statement(&query.statement(), args).await
    }

    /// As `run`, for texts made at start, which are never made of input.
    pub async fn run_statement(&mut self, statement: &Statement, args: Vec<Arg>) -> Result<u64, StoreError> {
        Ok(match &mut self.inner {
            Inner::Sqlite(tx) => {
                let query = sqlx::query_with(statement.sql_for_sqlite, sqlite_arguments(args)?);
                bounded(self.limit, query.execute(&mut **tx)).await?.rows_affected()
            }
            Inner::Postgres(tx) => {
                let query = sqlx::query_with(statement.sql, postgres_arguments(args)?);
                bounded(self.limit, query.execute(&mut **tx)).await?.rows_affected()
            }
        })
    }

    /// Runs several statements without arguments: a migration.
    pub async fn run_script(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match &mut self.inner {
            Inner::Sqlite(tx) => bounded(self.limit, sqlx::raw_sql(sql).execute(&mut **tx)).await.map(drop),
            Inner::Postgres(tx) => bounded(self.limit, sqlx::raw_sql(sql).execute(&mut **tx)).await.map(drop),
        }
    }

    pub async fn all<R: Record>(&mut self, query: &Query<R>, args: Vec<Arg>) -> Result<Vec<R>, StoreError> {
        match &mut self.inner {
            Inner::Sqlite(tx) => {
                let query = sqlx::query_with(query.sql, sqlite_arguments(args)?);
                read_sqlite(bounded(self.limit, query.fetch_all(&mut **tx)).await?)
            }
            Inner::Postgres(tx) => {
                let query = sqlx::query_with(query.sql, postgres_arguments(args)?);
                read_postgres(bounded(self.limit, query.fetch_all(&mut **tx)).await?)
            }
        }
    }

    pub async fn first<R: Record>(
        &mut self,
        query: &Query<R>,
        args: Vec<Arg>,
    ) -> Result<Option<R>, StoreError> {
        Ok(self.all(query, args).await?.into_iter().next())
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        match self.inner {
            Inner::Sqlite(tx) => bounded(self.limit, tx.commit()).await,
            Inner::Postgres(tx) => bounded(self.limit, tx.commit()).await,
        }
    }
}

pub(crate) fn read_sqlite<R: Record>(rows: Vec<SqliteRow>) -> Result<Vec<R>, StoreError> {
    rows.into_iter().map(|row| R::read(&Row::Sqlite(row))).collect()
}

pub(crate) fn read_postgres<R: Record>(rows: Vec<PgRow>) -> Result<Vec<R>, StoreError> {
    rows.into_iter().map(|row| R::read(&Row::Postgres(row))).collect()
}

pub(crate) fn sqlite_arguments(args: Vec<Arg>) -> Result<SqliteArguments, StoreError> {
    let mut bound = SqliteArguments::default();
    for arg in args {
        match arg {
            Arg::Text(text) => bound.add(text.map(without_nul)),
            Arg::Int(number) => bound.add(number),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

pub(crate) fn postgres_arguments(args: Vec<Arg>) -> Result<PgArguments, StoreError> {
    let mut bound = PgArguments::default();
    for arg in args {
        match arg {
            Arg::Text(text) => bound.add(text.map(without_nul)),
            Arg::Int(number) => bound.add(number),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(bound)
}

/// PostgreSQL text cannot hold U+0000, and nothing we keep means anything by it.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}
