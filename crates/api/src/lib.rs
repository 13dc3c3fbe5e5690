//! HTTP and WebSocket: sign-in, desks, the floor, journals, customers, configuration, reports. Handlers parse, ask the
//! store or a tenant's task through a port, and answer. This crate never decides about calls, never touches SIP, RTP
//! or audio, and never reaches another tenant's rows: only authentication mints a `TenantScope`.

mod attempts;
mod auth;
mod capacity;
mod change;
mod counts;
mod cursor;
mod customer;
mod demo;
mod desk;
mod directory;
mod disposition;
mod edge;
mod extract;
mod fields;
mod floor;
mod flow;
mod headers;
mod health;
mod interaction;
mod item;
mod number;
pub mod openapi;
mod origin;
pub mod password;
pub mod ports;
mod problem;
mod queue;
mod report;
mod save;
mod session;
mod sip;
mod skill;
mod socket;
mod state;
#[cfg(test)]
mod testing;
mod trunk;
mod user;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get};

pub use headers::security_headers;
pub use ports::{
    ApiConfig, DemoDoors, DemoPort, JournalHealth, Metric, MetricKind, Peaks, PortRequest, Readiness,
    TenantPort, Tenants,
};
pub use problem::{FlowProblem, ProblemBody};
pub use sip::{REALM, SipHa1, sip_ha1};
pub use socket::{ClientMessage, ServerMessage};
pub use state::ApiState;

use problem::Problem;

/// Everything under `/api`, and `/healthz`, `/readyz`, `/metrics`. Other addresses are left to the caller, who adds the
/// pages as a fallback and wraps them in [`security_headers`]. Serve it with `ConnectInfo<SocketAddr>` in each request's
/// extensions: limits and the demo's doors look at the peer's address.
pub fn router(state: ApiState) -> Router {
    let (routes, document) = openapi::described().split_for_parts();
    let text: &'static str = document.to_json().expect("the document has text keys only").leak();
    let document = move || async move { ([(axum::http::header::CONTENT_TYPE, "application/json")], text) };
    routes
        .route("/api/v1/openapi.json", get(document))
        .route("/api", any(nothing))
        .route("/api/{*rest}", any(nothing))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(extract::BODY_LIMIT))
        .layer(from_fn_with_state(state.clone(), edge::edge))
        .layer(from_fn(security_headers))
        .with_state(state)
}

async fn nothing() -> Problem {
    Problem::not_found()
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        "this address takes other methods; see Allow",
    )
}
