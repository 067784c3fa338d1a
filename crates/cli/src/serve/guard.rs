//! Who may ask, and how.
//!
//! Enters: the head of a request. Leaves: whether it is answered, and what it is told if not. A page
//! that another site makes a browser ask for is kept out by the name of the host: a name that its
//! owner points at this machine is not ours, and addresses cannot be pointed elsewhere.

use std::net::{IpAddr, SocketAddr};

use anyhow::{Result, bail};
use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap};
use http::request::Parts;
use http::uri::Authority;
use http::{Method, StatusCode};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The fewest characters of a token: as many as 128 random bits take in hexadecimal.
const LEAST: usize = 32;

/// A secret that opens the pages.
#[derive(Debug)]
pub(crate) struct Token(String);

impl Token {
    /// One that was written down.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() < LEAST {
            bail!(
                "a token has {LEAST} characters or more, as `openssl rand -hex 32` prints them; this one has {}",
                text.len()
            );
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            bail!("a token has letters and digits alone, so that an address can hold it");
        }
        Ok(Token(text.to_owned()))
    }

    /// A new one, of 256 random bits.
    pub(crate) fn random() -> Result<Self> {
        let mut bytes = [0; 32];
        if let Err(error) = getrandom::fill(&mut bytes) {
            bail!("the system has no random numbers for a token: {error}");
        }
        Ok(Token(hexadecimal(&bytes)))
    }

    /// As it stands in an address.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// What the cookie holds: it lets its bearer in, and does not tell the token.
    fn session(&self) -> String {
        hexadecimal(&Sha256::digest(format!("sagewarden session {}", self.0)))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a request is told before anything is looked up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It is answered.
    Enter,
    /// Its address held the token: it is sent on without it, with this cookie.
    Welcome(String),
    /// It is not answered.
    Refuse(StatusCode, &'static str),
}

/// What is asked of every request.
#[derive(Debug)]
pub(crate) struct Guard {
    token: Option<Token>,
    hosts: Vec<String>,
    cookie: String,
}

impl Guard {
    /// A guard of an address. Beside addresses and `localhost` it answers to the names in `hosts`.
    pub(crate) fn new(token: Option<Token>, hosts: Vec<String>, address: SocketAddr) -> Self {
        Guard {
            token,
            hosts,
            // Cookies do not tell ports apart.
            cookie: format!("sagewarden-{}", address.port()),
        }
    }

    pub(crate) fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// Whether a request is answered.
    pub(crate) fn admit(&self, request: &Parts) -> Admission {
        if !self.is_ours(request) {
            return Admission::Refuse(
                StatusCode::MISDIRECTED_REQUEST,
                "this host name is not served; `--host NAME` adds one",
            );
        }
        if request.method != Method::GET && request.method != Method::HEAD {
            return Admission::Refuse(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
        }
        let Some(token) = &self.token else {
            return Admission::Enter;
        };
        if self.has_session(token, &request.headers) || is_bearer(token, &request.headers) {
            return Admission::Enter;
        }
        if given_in_address(request).is_some_and(|given| token.is(given)) {
            return Admission::Welcome(format!(
                "{}={}; HttpOnly; SameSite=Strict; Path=/",
                self.cookie,
                token.session()
            ));
        }
        Admission::Refuse(
            StatusCode::UNAUTHORIZED,
            "a token is needed: open the address that `sagewarden serve` printed, or send `Authorization: Bearer`",
        )
    }

    fn is_ours(&self, request: &Parts) -> bool {
        let mut hosts = request.headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else {
            return false;
        };
        let named = host.to_str().ok().and_then(|text| text.parse().ok());
        let whole = request.uri.authority();
        named.is_some_and(|host| self.answers_to(&host))
            && whole.is_none_or(|host| self.answers_to(host))
    }

    fn answers_to(&self, host: &Authority) -> bool {
        if host.as_str().contains('@') {
            return false;
        }
        let name = host.host();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok()
            || name.eq_ignore_ascii_case("localhost")
            || self
                .hosts
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
    }

    fn has_session(&self, token: &Token, headers: &HeaderMap) -> bool {
        let session = token.session();
        let cookies = headers.get_all(COOKIE).iter();
        cookies
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .any(|(name, value)| {
                name == self.cookie && session.as_bytes().ct_eq(value.as_bytes()).into()
            })
    }
}

fn is_bearer(token: &Token, headers: &HeaderMap) -> bool {
    headers
        .get(AUTHORIZATION)
        .and_then(|header| header.to_str().ok())
        .and_then(|header| header.split_once(' '))
        .is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && token.is(given.trim())
        })
}

/// The token of `?token=…`.
fn given_in_address(request: &Parts) -> Option<&str> {
    let pairs = request.uri.query()?.split('&');
    pairs
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == "token").then_some(value))
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn guard(token: bool) -> Guard {
        let token = token.then(|| Token::parse(SECRET).unwrap());
        let address = "127.0.0.1:8737".parse().unwrap();
        Guard::new(token, vec!["posture.example.com".to_owned()], address)
    }

    fn asked(uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn status(admission: Admission) -> u16 {
        match admission {
            Admission::Enter => 200,
            Admission::Welcome(_) => 303,
            Admission::Refuse(status, _) => status.as_u16(),
        }
    }

    #[test]
    fn a_name_that_is_not_ours_is_not_answered() {
        for (host, wanted) in [
            ("127.0.0.1:8737", 200),
            ("[::1]:8737", 200),
            ("localhost", 200),
            ("LOCALHOST:1", 200),
            ("Posture.Example.com", 200),
            ("evil.example.com", 421),
            ("127.0.0.1.evil.example.com", 421),
            ("localhost.evil.example.com:8737", 421),
            ("127.0.0.1:8737@evil.example.com", 421),
            ("", 421),
        ] {
            let admission = guard(false).admit(&asked("/", &[("host", host)]));
            assert_eq!(status(admission), wanted, "{host}");
        }
        assert_eq!(status(guard(false).admit(&asked("/", &[]))), 421);
        let twice = [("host", "localhost"), ("host", "evil.example.com")];
        assert_eq!(status(guard(false).admit(&asked("/", &twice))), 421);
        let other = asked("http://evil.example.com/", &[("host", "localhost")]);
        assert_eq!(status(guard(false).admit(&other)), 421);
    }

    #[test]
    fn only_reading_is_answered() {
        for method in [
            "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "NEW",
        ] {
            let mut request = asked("/", &[("host", "localhost")]);
            request.method = method.parse().unwrap();
            assert_eq!(status(guard(false).admit(&request)), 405, "{method}");
        }
    }

    #[test]
    fn a_token_is_asked_for_and_becomes_a_cookie_that_does_not_tell_it() {
        let guard = guard(true);
        let host = ("host", "localhost");
        let get = |uri: &str, more: (&'static str, &str)| guard.admit(&asked(uri, &[host, more]));
        assert_eq!(status(get("/", ("accept", "*/*"))), 401);
        assert_eq!(status(get("/?token=", ("accept", "*/*"))), 401);
        assert_eq!(
            status(get(&format!("/?token={SECRET}0"), ("accept", "*/*"))),
            401
        );
        let bearer = format!("Bearer {SECRET}");
        assert_eq!(status(get("/", ("authorization", &bearer))), 200);
        assert_eq!(status(get("/", ("authorization", SECRET))), 401);
        let Admission::Welcome(cookie) =
            get(&format!("/at/a?x=1&token={SECRET}"), ("accept", "*/*"))
        else {
            panic!("the token does not open");
        };
        assert!(!cookie.contains(SECRET), "{cookie}");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        let pair = cookie.split(';').next().unwrap();
        assert_eq!(status(get("/", ("cookie", &format!("a=b; {pair}")))), 200);
        assert_eq!(status(get("/", ("cookie", &format!("{pair}0")))), 401);
        let other_port = pair.replace("8737", "8738");
        assert_eq!(status(get("/", ("cookie", &other_port))), 401);
    }

    #[test]
    fn tokens_are_long_and_fit_an_address() {
        assert!(Token::parse("short").is_err());
        assert!(Token::parse(&"a b".repeat(20)).is_err());
        assert!(Token::parse(&format!("{SECRET}\n")).unwrap().is(SECRET));
        let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert_ne!(one.text(), other.text());
        assert!(Token::parse(one.text()).is_ok());
    }
}
