//! Requests in, pages out.
//!
//! Enters: an address, a guard, a history. Leaves: one answer a connection, each with headers that
//! keep the page from being framed, sniffed, cached or told to others. A client that says nothing is
//! cut off, and so is one that does not listen.

use std::convert::Infallible;
use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, SET_COOKIE, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sagewarden_report::html;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::guard::{Admission, Guard, Token};
use super::history::{Asked, History};
use crate::{one_line, output};

/// Connections at once; more wait.
const CONNECTIONS: usize = 32;

/// How long a client may take to say what it wants.
const HEAD: Duration = Duration::from_secs(10);

/// How long a connection may take in all, judging included.
const WHOLE: Duration = Duration::from_secs(600);

/// Bytes of the head of a request.
const LONGEST: usize = 16 * 1024;

/// A break after the system refuses a connection, as it does without free file descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// Answers until the process ends.
pub(crate) fn listen(
    address: SocketAddr,
    token: Option<Token>,
    hosts: Vec<String>,
    history: History,
) -> Result<Infallible> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on `{address}`; `--listen` names another"))?;
        let address = listener.local_addr()?;
        let guard = Guard::new(token, hosts, address);
        announce(address, &guard)?;
        let site = Arc::new(Site { guard, history });
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let permit = Arc::clone(&room).acquire_owned().await?;
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(BREATH).await;
                continue;
            };
            let site = Arc::clone(&site);
            tokio::spawn(async move {
                // A connection that breaks or lingers concerns its client alone.
                let _ = tokio::time::timeout(WHOLE, serve(site, stream)).await;
                drop(permit);
            });
        }
    })
}

/// The address to open, on standard output.
fn announce(address: SocketAddr, guard: &Guard) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let token = guard
        .token()
        .map_or_else(String::new, |token| format!("?token={}", token.text()));
    writeln!(out, "http://{address}/{token}")?;
    out.flush()?;
    if !address.ip().is_loopback() {
        output::warn(
            "what is served can be read on its way through the network; put a proxy with TLS before it, or tunnel to this machine",
        );
    }
    Ok(())
}

struct Site {
    guard: Guard,
    history: History,
}

async fn serve(site: Arc<Site>, stream: TcpStream) -> Result<(), hyper::Error> {
    let service = service_fn(move |request| {
        let site = Arc::clone(&site);
        async move { Ok::<_, Infallible>(answer(site, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LONGEST)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

async fn answer(site: Arc<Site>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (request, _) = request.into_parts();
    match site.guard.admit(&request) {
        Admission::Refuse(status, text) => return refusal(status, text),
        Admission::Welcome(cookie) => return welcome(&cookie),
        Admission::Enter => {}
    }
    let Some(asked) = Asked::of(request.uri.path()) else {
        return refusal(StatusCode::NOT_FOUND, "there is no such page");
    };
    let found = tokio::task::spawn_blocking(move || site.history.page(&asked)).await;
    match found {
        Ok(Ok(Some(page))) => with_headers(StatusCode::OK, "text/html; charset=utf-8", page),
        Ok(Ok(None)) => refusal(StatusCode::NOT_FOUND, "the folder holds no such snapshot"),
        Ok(Err(error)) => {
            output::error(&one_line(&error));
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the snapshot could not be judged; `sagewarden serve` says why where it runs",
            )
        }
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "judging failed"),
    }
}

fn refusal(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let text = Bytes::from_static(text.as_bytes());
    let mut response = with_headers(status, "text/plain; charset=utf-8", text);
    let said = match status {
        StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "GET, HEAD")),
        StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
        _ => None,
    };
    if let Some((name, value)) = said {
        put(&mut response, name, value);
    }
    response
}

fn welcome(cookie: &str) -> Response<Full<Bytes>> {
    let mut response = with_headers(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        Bytes::new(),
    );
    put(&mut response, LOCATION, "/");
    put(&mut response, SET_COOKIE, cookie);
    response
}

fn with_headers(status: StatusCode, kind: &str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let policy = format!("{}; frame-ancestors 'none'", html::policy());
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, policy.as_str()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        put(&mut response, name, value);
    }
    response
}

fn put(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &str) {
    // Every value is made here, of letters and signs that a header may hold.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}
