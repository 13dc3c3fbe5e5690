//! The demo company and its life. [`company`] seeds a tenant with queues, agents, customers and flows; [`history`]
//! makes a month of calls; [`life`] is a process of its own that rings over real SIP and RTP and answers on real
//! phones. This crate never reaches into the engine, the api or the server: it is a customer of them like any other.

pub mod company;
mod dice;
pub mod history;
pub mod life;
