//! The store's one suite, run on SQLite and on PostgreSQL.

mod changes;
mod configuration;
mod customers;
mod faults;
mod inputs;
mod interactions;
mod journal;
mod reports;
mod sample;
mod sign_in;
mod statements;
mod tenants;
