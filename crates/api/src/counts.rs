//! Counts of requests by route for `/metrics`. Routes, methods and status codes are few, so the map is bounded by them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::ports::{Metric, MetricKind};

/// Pairs of route, method and status remembered; an unknown one past it is counted under `other`.
const SERIES: usize = 2_000;

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    requests: u64,
    seconds: f64,
}

#[derive(Default)]
pub struct Counts {
    series: Mutex<BTreeMap<(String, String, u16), Count>>,
}

impl Counts {
    pub fn add(&self, method: &str, route: &str, status: u16, took: Duration) {
        let mut series = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (method.to_owned(), route.to_owned(), status);
        if series.len() >= SERIES && !series.contains_key(&key) {
            key = ("OTHER".to_owned(), "other".to_owned(), 0);
        }
        let count = series.entry(key).or_default();
        count.requests += 1;
        count.seconds += took.as_secs_f64();
    }

    /// The Prometheus text format, version 0.0.4.
    pub fn text(&self, more: &[Metric]) -> String {
        let mut text = String::from(
            "# HELP perezvon_http_requests_total Requests answered.\n# TYPE perezvon_http_requests_total counter\n",
        );
        let series = self.series.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for ((method, route, status), count) in &series {
            line(
                &mut text,
                "perezvon_http_requests_total",
                &labels(method, route, *status),
                count.requests as f64,
            );
        }
        text.push_str(
            "# HELP perezvon_http_request_seconds_total Time spent on requests until their headers.\n",
        );
        text.push_str("# TYPE perezvon_http_request_seconds_total counter\n");
        for ((method, route, status), count) in &series {
            line(
                &mut text,
                "perezvon_http_request_seconds_total",
                &labels(method, route, *status),
                count.seconds,
            );
        }
        let mut described = "";
        for metric in more {
            if described != metric.name {
                let kind = match metric.kind {
                    MetricKind::Counter => "counter",
                    MetricKind::Gauge => "gauge",
                };
                let help = metric.help.replace('\\', "\\\\").replace('\n', "\\n");
                let _ = writeln!(text, "# HELP {} {help}\n# TYPE {} {kind}", metric.name, metric.name);
                described = metric.name;
            }
            line(&mut text, metric.name, &metric.labels, metric.value);
        }
        text
    }
}

fn labels(method: &str, route: &str, status: u16) -> [(&'static str, String); 3] {
    [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())]
}

fn line(text: &mut String, name: &str, labels: &[(&'static str, String)], value: f64) {
    text.push_str(name);
    for (n, (label, content)) in labels.iter().enumerate() {
        let content = content.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let _ = write!(text, "{}{label}=\"{content}\"", if n == 0 { '{' } else { ',' });
    }
    let _ = writeln!(text, "{} {value}", if labels.is_empty() { "" } else { "}" });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_written_as_prometheus_reads_them() {
        let counts = Counts::default();
        counts.add("GET", "/api/v1/desk", 200, Duration::from_millis(250));
        counts.add("GET", "/api/v1/desk", 200, Duration::from_millis(250));
        let gauge = |codec: &str, value| Metric {
            name: "perezvon_legs",
            help: "Legs by codec.",
            kind: MetricKind::Gauge,
            labels: vec![("codec", codec.to_owned())],
            value,
        };
        let text = counts.text(&[gauge("pcma", 3.0), gauge("a\"b", 1.0)]);
        for line in [
            "perezvon_http_requests_total{method=\"GET\",route=\"/api/v1/desk\",status=\"200\"} 2",
            "perezvon_http_request_seconds_total{method=\"GET\",route=\"/api/v1/desk\",status=\"200\"} 0.5",
            "# TYPE perezvon_legs gauge",
            "perezvon_legs{codec=\"pcma\"} 3",
            "perezvon_legs{codec=\"a\\\"b\"} 1",
        ] {
            assert!(text.lines().any(|have| have == line), "{line}\n{text}");
        }
        assert_eq!(text.matches("# TYPE perezvon_legs").count(), 1);
    }
}
