//! The demo company: who and what it is, and how it comes into the store.

pub mod customers;
mod flows;
pub mod people;
pub mod plan;

pub use plan::Company;
