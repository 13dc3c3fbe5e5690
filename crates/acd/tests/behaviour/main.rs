//! How interactions and agents find each other, a behaviour a test.

mod configure;
mod declining;
mod floor;
mod lending;
mod order;
mod preferred;
mod random;
mod receipts;
mod steps;
mod strategies;
