//! The store's one suite, run on SQLite and on PostgreSQL.

mod sample;
mod sign_in;
mod statements;
