//! A server on this machine that answers as AWS does, for a small estate.
//!
//! Enters: requests of the collector. Leaves: answers in each service's own wire format, in tiny pages; refusals, throttles,
//! resets and delays where a test asks for them; and what was asked. Absent: signatures, and any operation that the estate
//! does not list, which is refused.

mod estate;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// What goes wrong, and how often.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Every call is refused.
    Denied,
    /// So many calls are throttled.
    Throttled(u32),
    /// So many connections are closed without an answer.
    Reset(u32),
    /// So many calls are told that their token is too old.
    Expired(u32),
    /// Every call fails with this code and message.
    Code(&'static str, &'static str),
}

/// When the estate is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Day {
    /// One job still runs.
    First,
    /// It has ended, as have two jobs more; one is gone. A notebook was changed, and a model and a configuration were made
    /// anew under their names; a model is gone.
    Second,
    /// A day like the first, on which no job runs.
    #[default]
    Any,
}

/// One request as the estate sees it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `sagemaker:ListModels`.
    pub(crate) operation: String,
    pub(crate) members: Map<String, Value>,
    pub(crate) region: String,
    /// The access key, which names the account.
    pub(crate) key: String,
}

impl Asked {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.members
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}

/// An answer of the estate.
pub(crate) enum Reply {
    Json(Value),
    Xml(String),
    /// The body as it is.
    Plain(String),
    /// Status, code, message.
    Error(u16, &'static str, String),
}

/// What a test sets and reads.
#[derive(Default)]
pub(crate) struct State {
    /// By operation; `*` for every one.
    pub(crate) faults: BTreeMap<String, Fault>,
    /// Faults of one Region alone.
    pub(crate) region_faults: BTreeMap<String, Fault>,
    /// Calls by operation.
    pub(crate) calls: BTreeMap<String, u32>,
    /// How long each answer takes.
    pub(crate) delay: Duration,
    /// How many jobs the estate has.
    pub(crate) jobs: usize,
    /// How many items a page holds.
    pub(crate) page: usize,
    pub(crate) day: Day,
    /// Requests under way, by service and in all, and the most there were.
    under_way: BTreeMap<String, (usize, usize)>,
    /// How often a fault struck, by operation.
    struck: BTreeMap<String, u32>,
}

pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Fake {
    pub(crate) fn start() -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            jobs: 25,
            page: 10,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                std::thread::spawn(move || {
                    let _ = serve(stream, &state);
                });
            }
        });
        Fake { url, state }
    }

    pub(crate) fn fault(self, operation: &str, fault: Fault) -> Fake {
        let mut state = self.state.lock().unwrap();
        state.faults.insert(operation.to_owned(), fault);
        drop(state);
        self
    }

    pub(crate) fn on(self, day: Day) -> Fake {
        self.state.lock().unwrap().day = day;
        self
    }

    pub(crate) fn calls(&self, operation: &str) -> u32 {
        let state = self.state.lock().unwrap();
        state.calls.get(operation).copied().unwrap_or_default()
    }

    /// The most requests that were under way at once: to a service, or `*` in all.
    pub(crate) fn most_under_way(&self, service: &str) -> usize {
        let state = self.state.lock().unwrap();
        state.under_way.get(service).map_or(0, |(_, most)| *most)
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split(' ');
        let (method, target) = (
            words.next().unwrap_or_default().to_owned(),
            words.next().unwrap_or_default().to_owned(),
        );
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers
            .get("content-length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let asked = understand(&method, &target, &headers, &body);
        let service = asked.operation.split(':').next().unwrap().to_owned();
        let (fault, delay) = arrive(state, &asked, &service);
        std::thread::sleep(delay);
        let reply = match fault {
            Some(Fault::Reset(_)) => {
                depart(state, &service);
                return Ok(());
            }
            Some(fault) => refuse(&service, &asked, &fault),
            None => {
                let (estate, page) = {
                    let state = state.lock().unwrap();
                    (estate::Estate::on(state.day, state.jobs), state.page)
                };
                estate.answer(&asked, page)
            }
        };
        depart(state, &service);
        let (status, body) = written(&service, reply);
        let body = if method == "HEAD" {
            String::new()
        } else {
            body
        };
        write!(
            writer,
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nx-amzn-requestid: test\r\nx-amz-bucket-region: eu-west-1\r\n\r\n{body}",
            body.len()
        )?;
        writer.flush()?;
    }
}

/// Notes the request, and tells what goes wrong with it.
fn arrive(state: &Mutex<State>, asked: &Asked, service: &str) -> (Option<Fault>, Duration) {
    let mut state = state.lock().unwrap();
    *state.calls.entry(asked.operation.clone()).or_default() += 1;
    for name in [service, "*"] {
        let (now, most) = state.under_way.entry(name.to_owned()).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }
    let fault = state
        .region_faults
        .get(&asked.region)
        .or_else(|| state.faults.get(&asked.operation))
        .or_else(|| {
            let is_sign_in = asked.operation.starts_with("sts:");
            state.faults.get("*").filter(|_| !is_sign_in)
        })
        .cloned();
    let struck = state.struck.entry(asked.operation.clone()).or_default();
    let strikes = match fault {
        Some(Fault::Throttled(times) | Fault::Reset(times) | Fault::Expired(times)) => {
            *struck < times
        }
        Some(_) => true,
        None => false,
    };
    *struck += u32::from(strikes);
    (fault.filter(|_| strikes), state.delay)
}

fn depart(state: &Mutex<State>, service: &str) {
    let mut state = state.lock().unwrap();
    for name in [service, "*"] {
        state.under_way.get_mut(name).unwrap().0 -= 1;
    }
}

fn understand(
    method: &str,
    target: &str,
    headers: &BTreeMap<String, String>,
    body: &[u8],
) -> Asked {
    let scope = headers["authorization"]
        .split("Credential=")
        .nth(1)
        .and_then(|rest| rest.split(',').next())
        .unwrap();
    let scope: Vec<&str> = scope.split('/').collect();
    let (key, region, signed) = (scope[0].to_owned(), scope[2].to_owned(), scope[3]);
    let decoded = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    let pairs = |text: &str| -> Map<String, Value> {
        text.split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decoded(name), Value::String(decoded(value)))
            })
            .collect()
    };
    let (operation, members) = if let Some(target) = headers.get("x-amz-target") {
        let name = target.rsplit('.').next().unwrap();
        let service = if signed == "monitoring" {
            "cloudwatch"
        } else {
            signed
        };
        (
            format!("{service}:{name}"),
            serde_json::from_slice(body).unwrap(),
        )
    } else if method == "POST" {
        let members = pairs(std::str::from_utf8(body).unwrap());
        let name = members["Action"].as_str().unwrap().to_owned();
        (format!("{signed}:{name}"), members)
    } else {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut members = pairs(query);
        let bucket = decoded(path.trim_matches('/'));
        let has = |name: &str| members.contains_key(name);
        let name = match bucket.as_str() {
            "" => "ListBuckets",
            _ if method == "HEAD" => "HeadBucket",
            _ if has("policy") => "GetBucketPolicy",
            _ if has("encryption") => "GetBucketEncryption",
            _ if has("versioning") => "GetBucketVersioning",
            _ if has("object-lock") => "GetObjectLockConfiguration",
            _ if has("versions") => "ListObjectVersions",
            _ => "ListObjectsV2",
        };
        members.insert("Bucket".to_owned(), Value::String(bucket));
        (format!("{signed}:{name}"), members)
    };
    Asked {
        operation,
        members,
        region,
        key,
    }
}

fn refuse(service: &str, asked: &Asked, fault: &Fault) -> Reply {
    match fault {
        Fault::Denied => Reply::Error(
            403,
            if matches!(service, "iam" | "s3" | "sts") {
                "AccessDenied"
            } else {
                "AccessDeniedException"
            },
            format!(
                "User: arn:aws:sts::111122223333:assumed-role/r/s is not authorized to perform: {}",
                asked.operation
            ),
        ),
        Fault::Throttled(_) if service == "s3" => Reply::Error(
            503,
            "SlowDown",
            "Please reduce your request rate.".to_owned(),
        ),
        Fault::Throttled(_) => Reply::Error(400, "ThrottlingException", "Rate exceeded".to_owned()),
        Fault::Expired(_) => Reply::Error(400, "ExpiredTokenException", "expired".to_owned()),
        Fault::Code(code, message) => Reply::Error(400, code, (*message).to_owned()),
        Fault::Reset(_) => unreachable!("a reset has no answer"),
    }
}

fn written(service: &str, reply: Reply) -> (u16, String) {
    match reply {
        Reply::Json(value) => (200, value.to_string()),
        Reply::Xml(text) | Reply::Plain(text) => (200, text),
        Reply::Error(status, code, message) if matches!(service, "iam" | "sts" | "ec2") => (
            status,
            format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            ),
        ),
        Reply::Error(status, code, message) if service == "s3" => (
            status,
            format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
        ),
        Reply::Error(status, code, message) => (
            status,
            json!({ "__type": code, "message": message }).to_string(),
        ),
    }
}
