//! For whoever runs the server: alive, ready, and numbers.

#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::ports::{Metric, MetricKind, Readiness};
use crate::state::ApiState;

/// A database that takes longer to answer is not ready.
const DATABASE_LIMIT: Duration = Duration::from_secs(2);

#[derive(Serialize, ToSchema)]
struct Ready {
    ready: bool,
    /// What is not, one sentence each; companies that are left out also while the others are served.
    reasons: Vec<String>,
}

pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(alive)).routes(routes!(ready)).routes(routes!(metrics))
}

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "health", security(()), responses((status = 200, content_type = "text/plain", body = String)))]
async fn alive() -> &'static str {
    "ok\n"
}

/// Calls can be taken: the database answers and telephony listens.
#[utoipa::path(get, path = "/readyz", tag = "health", security(()), responses(
    (status = 200, body = Ready),
    (status = 503, body = Ready),
))]
async fn ready(State(state): State<ApiState>) -> Response {
    let (mut reasons, without) = match (state.config().readiness)() {
        Readiness::Ready => (Vec::new(), Vec::new()),
        Readiness::ReadyWithout(without) => (Vec::new(), without),
        Readiness::NotReady(reasons) => (reasons, Vec::new()),
    };
    match timeout(DATABASE_LIMIT, state.db().ping()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            // The text may name hosts; it goes to the log, not to whoever asks.
            tracing::warn!(%error, "the database is not ready");
            reasons.push("the database does not answer".to_owned());
        }
        Err(_elapsed) => reasons.push("the database takes longer than 2 s".to_owned()),
    }
    let ready = reasons.is_empty();
    reasons.extend(without);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(Ready { ready, reasons })).into_response()
}

/// Numbers in the text format of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "health", security(()), responses((status = 200, content_type = "text/plain", body = String)))]
async fn metrics(State(state): State<ApiState>) -> Response {
    let mut numbers = (state.config().metrics)();
    numbers.push(Metric {
        name: "perezvon_sockets",
        help: "Pages with an open socket.",
        kind: MetricKind::Gauge,
        labels: Vec::new(),
        value: state.sockets().open() as f64,
    });
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], state.counts().text(&numbers))
        .into_response()
}
