//! Numbers for `/metrics` and for tests that nothing is left behind.

/// Gauges of now and sums since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TelephonyCounters {
    /// Legs that are not over.
    pub legs: usize,
    /// Entries by which requests of peers find a leg.
    pub dialogs: usize,
    /// Outbound forks and ended dialogs that still wait for the peer's last word.
    pub closing: usize,
    /// Transactions at work.
    pub transactions: usize,
    /// Transactions that only answer retransmissions (64 T1).
    pub finished_transactions: usize,
    pub tcp_connections: usize,
    /// Contacts of phones.
    pub contacts: usize,
    /// Messages received, sum.
    pub received: u64,
    /// Messages that were no legal SIP, sum.
    pub malformed: u64,
    /// Requests refused by their source, sum.
    pub refused: u64,
    /// Requests dropped without an answer, sum.
    pub ignored: u64,
    /// Requests refused because of a limit, sum.
    pub overloaded: u64,
    /// Inbound calls that became legs, sum.
    pub calls_in: u64,
    /// Dialled legs, sum.
    pub calls_out: u64,
    /// Commands to a leg that was gone or had no room, sum.
    pub commands_lost: u64,
}
