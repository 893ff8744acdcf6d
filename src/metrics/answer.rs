//! What is answered to a request. Its head is looked at, its body never.

use super::exposition::{CONTENT_TYPE, Exposition};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE as TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Method, Request, Response, StatusCode};

const PLAIN: &str = "text/plain; charset=utf-8";

/// The response to a request.
pub(super) fn answer<B>(request: &Request<B>, exposition: &Exposition) -> Response<String> {
    let page = match request.uri().path() {
        "/metrics" => None,
        "/" => Some("sekisho: metrics are at /metrics\n"),
        "/healthz" => Some("ok\n"),
        _ => {
            return plain(
                StatusCode::NOT_FOUND,
                "no such page: metrics are at /metrics\n",
            );
        }
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        let allowed = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, allowed);
        return response;
    }
    match page {
        Some(text) => plain(StatusCode::OK, text),
        None => match exposition.text() {
            Ok(text) => respond(StatusCode::OK, CONTENT_TYPE, text),
            // No number makes it fail; a half-written page would be worse than none.
            Err(_) => plain(
                StatusCode::INTERNAL_SERVER_ERROR,
                "metrics cannot be rendered\n",
            ),
        },
    }
}

fn plain(status: StatusCode, text: &str) -> Response<String> {
    respond(status, PLAIN, text.to_owned())
}

fn respond(status: StatusCode, kind: &'static str, text: String) -> Response<String> {
    let mut response = Response::new(text);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
