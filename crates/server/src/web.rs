//! The built web application, served from inside the binary.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$PEREZVON_WEB_DIST"]
struct Web;

/// Answers every path that is not the API: a file, or the page for a link into the application.
pub async fn serve(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let asset = path.starts_with("assets/");
    match find(path, &headers) {
        Some(response) => response,
        None if asset => StatusCode::NOT_FOUND.into_response(),
        None => find("index.html", &headers).unwrap_or_else(|| StatusCode::NOT_FOUND.into_response()),
    }
}

fn find(path: &str, headers: &HeaderMap) -> Option<Response> {
    let brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|coding| coding.trim().starts_with("br")));
    let compressed = if brotli { Web::get(&format!("{path}.br")) } else { None };
    let encoded = compressed.is_some();
    let file = compressed.or_else(|| Web::get(path))?;
    let etag: String = file.metadata.sha256_hash()[..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let etag = format!("\"{etag}\"");
    let mut response =
        if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == etag.as_bytes()) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(file.data.into_owned()).into_response()
        };
    let set = response.headers_mut();
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if encoded {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static("br"));
    }
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        set.insert(header::ETAG, etag);
    }
    let lasting =
        if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(lasting));
    Some(response)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("json" | "webmanifest") => "application/json",
        Some("wav") => "audio/wav",
        Some(_) | None => "application/octet-stream",
    }
}
