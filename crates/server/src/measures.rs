//! What the parts count, as Prometheus numbers.

use std::sync::Arc;

use perezvon_api::{Metric, MetricKind};
use perezvon_media::Media;
use perezvon_telephony::Telephony;

use crate::journal_writer::JournalWriter;

pub fn metrics(
    media: Media,
    telephony: Telephony,
    journal: JournalWriter,
) -> Arc<dyn Fn() -> Vec<Metric> + Send + Sync> {
    Arc::new(move || {
        let (_media, _telephony, journal) = (media.counters(), telephony.counters(), journal.counters());
        vec![
            gauge("perezvon_journal_waiting_rows", "Rows that wait to be written", journal.waiting as f64),
            counter("perezvon_journal_written_rows_total", "Rows written", journal.written as f64),
            counter("perezvon_journal_retries_total", "Writes tried again", journal.retries as f64),
            counter(
                "perezvon_journal_refused_rows_total",
                "Rows that could not be kept",
                journal.refused as f64,
            ),
        ]
    })
}

fn gauge(name: &'static str, help: &'static str, value: f64) -> Metric {
    Metric { name, help, kind: MetricKind::Gauge, labels: Vec::new(), value }
}

fn counter(name: &'static str, help: &'static str, value: f64) -> Metric {
    Metric { name, help, kind: MetricKind::Counter, labels: Vec::new(), value }
}
