//! Requests over the network.
//!
//! Enters: a signed request. Leaves: status, headers and body, or what failed on the way. TLS is always verified; the proxies
//! that the environment names are used, but never for what is on this machine. Deliberately absent: retries.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::{HeaderMap, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::endpoint::is_loopback;

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
    proxies: Arc<Matcher>,
    timeout: Duration,
}

impl Transport {
    /// Prepares connections. A connection must stand within `connect`, and a request be answered within `timeout`.
    pub(crate) fn new(tls: ClientConfig, connect: Duration, timeout: Duration) -> Transport {
        Transport::through(Matcher::from_env(), tls, connect, timeout)
    }

    fn through(
        proxies: Matcher,
        tls: ClientConfig,
        connect: Duration,
        timeout: Duration,
    ) -> Transport {
        let proxies = Arc::new(proxies);
        let mut direct = HttpConnector::new();
        direct.enforce_http(false);
        direct.set_connect_timeout(Some(connect));
        direct.set_nodelay(true);
        let dial = Dial {
            direct,
            proxies: Arc::clone(&proxies),
        };
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls)
            .https_or_http()
            .enable_http1()
            .wrap_connector(dial);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .build(connector);
        Transport {
            client,
            proxies,
            timeout,
        }
    }

    /// Sends a request and reads the whole response.
    ///
    /// # Errors
    /// A short word for what failed: `Timeout`, `ConnectionFailed`, `ConnectionClosed`, `AnswerTooLarge`.
    pub(crate) async fn send(
        &self,
        mut request: http::Request<Full<Bytes>>,
    ) -> Result<Response, &'static str> {
        // An encrypted request tells the proxy who asks when it opens the tunnel.
        if is_plain(request.uri())
            && let Some(proxy) = proxy_of(&self.proxies, request.uri())
            && let Some(authorization) = proxy.basic_auth()
        {
            let headers = request.headers_mut();
            headers.insert(PROXY_AUTHORIZATION, authorization.clone());
        }
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

fn is_plain(host: &Uri) -> bool {
    host.scheme_str() == Some("http")
}

/// The proxy of a host. What is on this machine is allowed in the clear because it does not leave it.
fn proxy_of(proxies: &Matcher, host: &Uri) -> Option<Intercept> {
    let is_here = host.host().is_none_or(is_loopback);
    proxies.intercept(host).filter(|_| !is_here)
}

/// Opens connections, through a proxy where the environment names one for the host.
#[derive(Clone)]
struct Dial {
    direct: HttpConnector,
    proxies: Arc<Matcher>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Service<Uri> for Dial {
    type Response = Line;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Line, Failure>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.direct.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, host: Uri) -> Self::Future {
        match proxy_of(&self.proxies, &host) {
            Some(proxy) if is_plain(&host) => {
                let connecting = self.direct.call(proxy.uri().clone());
                Box::pin(async move {
                    let stream = connecting.await?;
                    let to_proxy = true;
                    Ok(Line { stream, to_proxy })
                })
            }
            // A proxy is told to connect, so that it sees no more than the host of an encrypted request.
            Some(proxy) => {
                let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
                if let Some(authorization) = proxy.basic_auth() {
                    tunnel = tunnel.with_auth(authorization.clone());
                }
                let connecting = tunnel.call(host);
                Box::pin(async move { Ok(Line::straight(connecting.await?)) })
            }
            None => {
                let connecting = self.direct.call(host);
                Box::pin(async move { Ok(Line::straight(connecting.await?)) })
            }
        }
    }
}

/// A connection, which knows whether a proxy reads the requests on it: those name the whole address.
struct Line {
    stream: TokioIo<TcpStream>,
    to_proxy: bool,
}

impl Line {
    fn straight(stream: TokioIo<TcpStream>) -> Line {
        Line {
            stream,
            to_proxy: false,
        }
    }
}

impl Connection for Line {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.to_proxy)
    }
}

impl Read for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl Write for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// What a proxy is told when `url` is asked for.
    fn told(url: &str) -> Option<String> {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://user:word@{}", proxy.local_addr().unwrap());
        let (tell, heard) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let (mut stream, _) = proxy.accept().unwrap();
            let mut bytes = [0; 1024];
            let read = stream.read(&mut bytes).unwrap();
            tell.send(String::from_utf8_lossy(&bytes[..read]).into_owned())
                .unwrap();
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(answer).unwrap();
        });
        let proxies = Matcher::builder().all(address).build();
        let tls = crate::trust::client(None).unwrap();
        let second = Duration::from_secs(1);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let request = http::Request::builder().uri(url).header("host", "h");
        let request = request.body(Full::new(Bytes::new())).unwrap();
        runtime.block_on(async {
            let transport = Transport::through(proxies, tls, second, second);
            let _ = transport.send(request).await;
        });
        heard.try_recv().ok()
    }

    #[test]
    fn a_proxy_is_told_the_whole_address_of_what_is_not_encrypted() {
        let heard = told("http://198.51.100.1/a?b").unwrap();
        assert!(
            heard.starts_with("GET http://198.51.100.1/a?b HTTP/1.1\r\n"),
            "{heard}"
        );
        assert!(heard.contains("proxy-authorization: Basic "), "{heard}");
        let heard = told("https://198.51.100.1/a").unwrap();
        assert!(
            heard.starts_with("CONNECT 198.51.100.1:443 HTTP/1.1\r\n"),
            "{heard}"
        );
    }

    #[test]
    fn nothing_of_this_machine_goes_through_a_proxy() {
        assert_eq!(told("http://127.0.0.1:9/a"), None);
        assert_eq!(told("http://localhost:9/a"), None);
    }
}
