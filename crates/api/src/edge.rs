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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt;

    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_handler_that_panics_is_an_answer_and_not_a_broken_connection() {
        async fn fault() -> &'static str {
            panic!("on purpose")
        }
        let world = World::new().await;
        let app: Router = Router::new()
            .route("/fault", get(fault))
            .layer(from_fn_with_state(world.state.clone(), edge))
            .with_state(());
        let request = axum::http::Request::get("/fault").body(Body::empty()).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let counted = world.state.counts().text(&[]);
        assert!(counted.contains("route=\"/fault\",status=\"500\"} 1"), "{counted}");
    }

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up_after_thirty_seconds() {
        let world = World::new().await;
        tokio::time::pause();
        let started = tokio::time::Instant::now();
        let endless = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let asking = world.ask(axum::http::Method::POST, "/api/v1/session").raw(endless);
        let reply = asking.header("content-type", "application/json").send().await;
        assert_eq!(reply.refusal(408), "timeout");
        assert_eq!(started.elapsed().as_secs(), REQUEST_LIMIT.as_secs());
    }
}
