//! The outermost layer: request ids, time-outs, panics, counts, and the bodies of refusals.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use uuid::Uuid;

use crate::problem::Problem;
use crate::state::ApiState;

/// The longest a request may take until its answer begins, reading the body included.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub async fn edge(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().to_string();
    let started = Instant::now();
    let method = request.method().clone();
    let route =
        request.extensions().get::<MatchedPath>().map_or("other".to_owned(), |p| p.as_str().to_owned());
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(REQUEST_LIMIT, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => {
            tracing::error!(request = %id, %method, %route, "a handler panicked");
            Problem::internal().into_response()
        }
        Err(_elapsed) => Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "the request took longer than 30 s; look whether it was carried out, then try again",
        )
        .into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        if problem.status().is_server_error() {
            tracing::warn!(request = %id, %method, %route, code = problem.code(), "refused: {}", problem.detail());
        }
        let kept = std::mem::take(response.headers_mut());
        response = problem.render(&id);
        for (name, value) in &kept {
            response.headers_mut().entry(name).or_insert(value.clone());
        }
    }
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(&id).expect("a UUID is plain text"));
    // Answers hold people's data: no cache on the way may keep them.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    state.counts().add(method.as_str(), &route, response.status().as_u16(), started.elapsed());
    response
}
