//! What the parts count, as Prometheus numbers. `docs/operations.md` lists them; a test compares.

use std::sync::Arc;

use perezvon_api::{Metric, MetricKind};
use perezvon_media::{Media, MediaCounters};
use perezvon_telephony::{Telephony, TelephonyCounters};

use crate::journal_writer::{JournalCounters, JournalWriter};

pub fn metrics(
    media: Media,
    telephony: Telephony,
    journal: JournalWriter,
) -> Arc<dyn Fn() -> Vec<Metric> + Send + Sync> {
    Arc::new(move || {
        let mut all = of_telephony(telephony.counters());
        all.extend(of_media(media.counters()));
        all.extend(of_journal(journal.counters()));
        all
    })
}

/// Taken apart field by field, so that a new counter does not compile until it is printed.
fn of_telephony(counters: TelephonyCounters) -> Vec<Metric> {
    let TelephonyCounters {
        legs,
        dialogs,
        closing,
        transactions,
        finished_transactions,
        tcp_connections,
        contacts,
        received,
        malformed,
        refused,
        ignored,
        overloaded,
        calls_in,
        calls_out,
        commands_lost,
    } = counters;
    let calls = "SIP legs begun since the start.";
    let at_work = "SIP transactions: running, or kept for retransmissions only.";
    vec![
        gauge("perezvon_sip_legs", "SIP legs that are not over.", legs as f64),
        gauge("perezvon_sip_dialogs", "Entries by which requests find a leg.", dialogs as f64),
        gauge("perezvon_sip_closing_dialogs", "Ended legs whose peer has not answered yet.", closing as f64),
        with(gauge("perezvon_sip_transactions", at_work, transactions as f64), "state", "running"),
        with(gauge("perezvon_sip_transactions", at_work, finished_transactions as f64), "state", "finished"),
        gauge("perezvon_sip_tcp_connections", "Open TCP connections for SIP.", tcp_connections as f64),
        gauge("perezvon_sip_registered_contacts", "Contacts of registered phones.", contacts as f64),
        counter("perezvon_sip_messages_total", "SIP messages received.", received as f64),
        counter(
            "perezvon_sip_malformed_messages_total",
            "Messages that were no legal SIP.",
            malformed as f64,
        ),
        counter("perezvon_sip_refused_requests_total", "Requests refused by their source.", refused as f64),
        counter("perezvon_sip_ignored_requests_total", "Requests dropped without an answer.", ignored as f64),
        counter(
            "perezvon_sip_overload_refusals_total",
            "Requests refused by a limit (503).",
            overloaded as f64,
        ),
        with(counter("perezvon_sip_calls_total", calls, calls_in as f64), "direction", "in"),
        with(counter("perezvon_sip_calls_total", calls, calls_out as f64), "direction", "out"),
        counter(
            "perezvon_sip_lost_commands_total",
            "Commands to a leg that was gone or had no room.",
            commands_lost as f64,
        ),
    ]
}

fn of_media(counters: MediaCounters) -> Vec<Metric> {
    let MediaCounters {
        legs,
        peers,
        recordings,
        ports_free,
        packets_in,
        packets_out,
        packets_dropped,
        send_errors,
        recording_blocks_lost,
        wakes,
    } = counters;
    let packets = "RTP, RTCP and WebRTC datagrams since the start.";
    vec![
        gauge("perezvon_media_legs", "Legs with sound.", legs as f64),
        gauge("perezvon_media_browsers", "Browsers with a WebRTC peer, connected or not.", peers as f64),
        gauge("perezvon_media_recordings", "Recordings that grow.", recordings as f64),
        gauge("perezvon_media_free_rtp_ports", "RTP ports that are not in use.", ports_free as f64),
        with(counter("perezvon_media_packets_total", packets, packets_in as f64), "direction", "in"),
        with(counter("perezvon_media_packets_total", packets, packets_out as f64), "direction", "out"),
        counter(
            "perezvon_media_dropped_packets_total",
            "Packets received and not used: malformed, foreign, or of an unknown payload type.",
            packets_dropped as f64,
        ),
        counter("perezvon_media_send_errors_total", "Packets that a socket refused.", send_errors as f64),
        counter(
            "perezvon_media_lost_recording_blocks_total",
            "Blocks of recordings lost because the disk was slow or full.",
            recording_blocks_lost as f64,
        ),
        counter("perezvon_media_wakes_total", "Times the media thread woke.", wakes as f64),
    ]
}

fn of_journal(counters: JournalCounters) -> Vec<Metric> {
    let JournalCounters { waiting, lag_ms, written, retries, refused } = counters;
    vec![
        gauge("perezvon_journal_waiting_rows", "Rows that wait to be written.", waiting as f64),
        gauge("perezvon_journal_lag_seconds", "Age of the newest row when written.", lag_ms as f64 / 1_000.0),
        counter("perezvon_journal_written_rows_total", "Rows written.", written as f64),
        counter("perezvon_journal_retries_total", "Writes tried again.", retries as f64),
        counter("perezvon_journal_refused_rows_total", "Rows that could not be kept.", refused as f64),
    ]
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Metric {
    Metric { name, help, kind: MetricKind::Gauge, labels: Vec::new(), value }
}

fn counter(name: &'static str, help: &'static str, value: f64) -> Metric {
    Metric { name, help, kind: MetricKind::Counter, labels: Vec::new(), value }
}

fn with(mut metric: Metric, label: &'static str, value: &str) -> Metric {
    metric.labels.push((label, value.to_owned()));
    metric
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Metric> {
        let journal = JournalCounters { waiting: 0, lag_ms: 1_500, written: 0, retries: 0, refused: 0 };
        let telephony = TelephonyCounters { calls_in: 7, ..TelephonyCounters::default() };
        let media = MediaCounters { packets_out: 9, ..MediaCounters::default() };
        [of_telephony(telephony), of_media(media), of_journal(journal)].concat()
    }

    #[test]
    fn what_telephony_media_and_the_journal_count_is_printed() {
        let value = |name: &str, label: Option<&str>| {
            let all = all();
            let found = all.iter().find(|metric| {
                metric.name == name && metric.labels.first().map(|(_, value)| value.as_str()) == label
            });
            found.map(|metric| metric.value)
        };
        assert_eq!(value("perezvon_sip_calls_total", Some("in")), Some(7.0));
        assert_eq!(value("perezvon_media_packets_total", Some("out")), Some(9.0));
        assert_eq!(value("perezvon_journal_lag_seconds", None), Some(1.5));
    }

    /// <https://prometheus.io/docs/practices/naming/>: one prefix, a counter ends in `_total`, a gauge does not.
    #[test]
    fn names_follow_the_custom_of_prometheus_and_are_in_the_operations_page() {
        let page = include_str!("../../../docs/operations.md");
        for metric in all() {
            let counts = metric.kind == MetricKind::Counter;
            assert!(metric.name.starts_with("perezvon_"), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), counts, "{}", metric.name);
            assert!(page.contains(&format!("`{}`", metric.name)), "{} is not in operations.md", metric.name);
        }
    }
}
