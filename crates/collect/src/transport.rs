//! Requests over the network.
//!
//! Enters: a signed request. Leaves: status, headers and body, or what failed on the way. TLS is verified against the
//! system's certificates; `HTTPS_PROXY` and `NO_PROXY` are obeyed. Deliberately absent: retries.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::Error;

/// Far more than any page of an answer.
const BODY_LIMIT: usize = 64 * 1024 * 1024;

/// What came back.
pub(crate) struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Connections, kept open between requests.
pub(crate) struct Transport {
    client: Client<HttpsConnector<Dial>, Full<Bytes>>,
    timeout: Duration,
}

impl Transport {
    /// Prepares connections. A connection must stand within `connect`, and a request be answered within `timeout`.
    ///
    /// # Errors
    /// When the system's certificates cannot be read.
    pub(crate) fn new(connect: Duration, timeout: Duration) -> Result<Transport, Error> {
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        direct.set_connect_timeout(Some(connect));
        direct.set_nodelay(true);
        let dial = Dial {
            direct,
            proxies: std::sync::Arc::new(Matcher::from_env()),
        };
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())
            .map_err(|error| Error::Certificates(error.to_string()))?
            .https_or_http()
            .enable_http1()
            .wrap_connector(dial);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .build(connector);
        Ok(Transport { client, timeout })
    }

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    /// A short word for what failed: `Timeout`, `ConnectionFailed`, `ConnectionClosed`, `AnswerTooLarge`.
    pub(crate) async fn send(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<Response, &'static str> {
        let whole = async {
            let response = self.client.request(request).await.map_err(|error| {
                if error.is_connect() {
                    "ConnectionFailed"
                } else {
                    "ConnectionClosed"
                }
            })?;
            let (parts, body) = response.into_parts();
            let body = Limited::new(body, BODY_LIMIT)
                .collect()
                .await
                .map_err(|error| {
                    if error.is::<http_body_util::LengthLimitError>() {
                        "AnswerTooLarge"
                    } else {
                        "ConnectionClosed"
                    }
                })?;
            Ok(Response {
                status: parts.status,
                headers: parts.headers,
                body: body.to_bytes(),
            })
        };
        tokio::time::timeout(self.timeout, whole)
            .await
            .unwrap_or(Err("Timeout"))
    }
}

/// Opens connections, through a proxy where the environment names one for the host.
#[derive(Clone)]
struct Dial {
    direct: HttpConnector,
    proxies: std::sync::Arc<Matcher>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for Dial {
    type Response = TokioIo<TcpStream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, host: Uri) -> Self::Future {
        // A proxy is told to connect, so that it sees no more than the host of an encrypted request.
        let proxy = self
            .proxies
            .intercept(&host)
            .filter(|_| host.scheme_str() == Some("https"));
        match proxy {
            Some(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
                if let Some(authorization) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                let connecting = tunnel.call(host);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
            None => {
                let connecting = self.direct.call(host);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
        }
    }
}
