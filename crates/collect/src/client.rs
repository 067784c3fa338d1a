//! One call, until it is answered or given up.
//!
//! Enters: account, Region, operation and request members. Leaves: the outcome, as a snapshot records it. Throttled calls
//! and those that failed on the way are repeated with full jitter; credentials that ran out are replaced; a bucket in
//! another Region is asked there. Deliberately absent: what to ask.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::{Outcome, Parameters};
use tokio::sync::{Notify, Semaphore};

use crate::endpoint::Endpoints;
use crate::identity::Identity;
use crate::pace::{Limits, Pace};
use crate::sign::{Scope, signed};
use crate::transport::Transport;
use crate::watch::{Event, Watch};
use crate::wire::{self, ServiceError};

/// How often a throttled call is made before it is recorded as throttled.
const THROTTLED_ATTEMPTS: u32 = 10;
/// How often a call that failed on the way is made.
const FAILED_ATTEMPTS: u32 = 4;
/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// The code of a call that was not made because the run was stopped.
pub(crate) const INTERRUPTED: &str = "Interrupted";

/// How many requests may be under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// In all.
    pub total: usize,
    /// To one service of one Region and account.
    pub lane: usize,
    /// Requests a second that each service is asked at first; without it, what is known of the service.
    pub first_rate: Option<u32>,
}

impl Default for Concurrency {
    fn default() -> Self {
        Concurrency {
            total: 64,
            lane: 8,
            first_rate: None,
        }
    }
}

/// An account that is asked.
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) identity: Identity,
    /// Where calls that belong to no Region are sent.
    pub(crate) home: String,
}

/// Asks the run to stop; calls under way are let go.
#[derive(Default)]
pub(crate) struct Stop {
    stopped: Cell<bool>,
    notify: Notify,
}

impl Stop {
    pub(crate) fn now(&self) {
        self.stopped.set(true);
        self.notify.notify_waiters();
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.get()
    }

    async fn wait(&self) {
        let notified = self.notify.notified();
        if !self.is_stopped() {
            notified.await;
        }
    }
}

/// Makes calls.
pub(crate) struct Client<'w> {
    transport: Transport,
    endpoints: Endpoints,
    concurrency: Concurrency,
    total: Semaphore,
    lanes: RefCell<HashMap<LaneName, Rc<Lane>>>,
    buckets: RefCell<HashMap<String, String>>,
    agent: String,
    pub(crate) stop: Stop,
    /// Calls that were told to come and have not begun.
    announced: Cell<usize>,
    watch: &'w dyn Watch,
}

/// Account, Region and service.
type LaneName = (String, String, &'static str);

/// One service of one Region and account.
struct Lane {
    pace: RefCell<Pace>,
    room: Semaphore,
}

impl Lane {
    /// Waits for a turn. A refusal meanwhile makes it void: it was taken by a rate that the service does not give.
    async fn turn(&self) {
        loop {
            let refusals = self.pace.borrow().refusals();
            let wait = self.pace.borrow_mut().turn(Instant::now());
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
            if self.pace.borrow().refusals() == refusals {
                return;
            }
        }
    }
}

/// What an attempt came to.
enum Attempt {
    Done(Outcome),
    /// Another attempt may be answered.
    Again(Outcome, Again),
}

enum Again {
    Throttled,
    OnTheWay,
    /// At once: the address or the credentials were the fault.
    AtOnce,
}

impl<'w> Client<'w> {
    pub(crate) fn new(
        transport: Transport,
        endpoints: Endpoints,
        concurrency: Concurrency,
        agent: String,
        watch: &'w dyn Watch,
    ) -> Client<'w> {
        Client {
            transport,
            endpoints,
            concurrency,
            total: Semaphore::new(concurrency.total),
            lanes: RefCell::default(),
            buckets: RefCell::default(),
            agent,
            stop: Stop::default(),
            announced: Cell::new(0),
            watch,
        }
    }

    /// Notes where a bucket is.
    pub(crate) fn bucket_is_in(&self, bucket: &str, region: &str) {
        self.buckets
            .borrow_mut()
            .insert(bucket.to_owned(), region.to_owned());
    }

    /// Tells that calls will follow.
    pub(crate) fn expect(&self, calls: usize) {
        self.announced.set(self.announced.get() + calls);
        self.watch.event(&Event::Expected(calls));
    }

    /// Makes a call until it is answered or given up. Once the run is stopped, the outcome says so.
    pub(crate) async fn call(
        &self,
        account: &Account,
        region: &str,
        operation: Operation,
        members: &Parameters,
    ) -> Outcome {
        match self.announced.get().checked_sub(1) {
            Some(rest) => self.announced.set(rest),
            None => self.watch.event(&Event::Expected(1)),
        }
        let outcome = self.repeated(account, region, operation, members).await;
        self.watch.event(&Event::Done);
        outcome
    }

    async fn repeated(
        &self,
        account: &Account,
        region: &str,
        operation: Operation,
        members: &Parameters,
    ) -> Outcome {
        let lane = self.lane(account, region, operation);
        let (mut throttled, mut failed, mut at_once) = (0_u32, 0_u32, 0_u32);
        loop {
            let attempt = async {
                let _ours = lane.room.acquire().await;
                lane.turn().await;
                let _total = self.total.acquire().await;
                self.attempt(account, region, operation, members, &lane)
                    .await
            };
            let attempt = tokio::select! {
                biased;
                () = self.stop.wait() => return interrupted(),
                attempt = attempt => attempt,
            };
            let (outcome, repeat) = match attempt {
                Attempt::Done(outcome) => return outcome,
                Attempt::Again(outcome, again) => match again {
                    Again::Throttled => {
                        throttled += 1;
                        (
                            outcome,
                            (throttled < THROTTLED_ATTEMPTS).then_some(throttled),
                        )
                    }
                    Again::OnTheWay => {
                        failed += 1;
                        (outcome, (failed < FAILED_ATTEMPTS).then_some(failed))
                    }
                    Again::AtOnce => {
                        at_once += 1;
                        (outcome, (at_once < 3).then_some(0))
                    }
                },
            };
            let Some(attempts) = repeat else {
                return outcome;
            };
            tokio::select! {
                biased;
                () = self.stop.wait() => return interrupted(),
                () = tokio::time::sleep(jitter(attempts)) => {}
            }
        }
    }

    async fn attempt(
        &self,
        account: &Account,
        region: &str,
        operation: Operation,
        members: &Parameters,
        lane: &Lane,
    ) -> Attempt {
        let request = wire::request(operation, members);
        let bucket = request.bucket.clone();
        let known = bucket
            .as_ref()
            .and_then(|bucket| self.buckets.borrow().get(bucket).cloned());
        let region = known.as_deref().unwrap_or(region);
        let address = self
            .endpoints
            .address(operation, region, &account.id, bucket.as_deref());
        let credentials = match account.identity.credentials().await {
            Ok(credentials) => credentials,
            Err(_) => return Attempt::Done(failed("NoCredentials")),
        };
        let scope = Scope {
            credentials: &credentials,
            region: &address.region,
            service: operation.service().signs_as,
            time: SystemTime::now(),
        };
        let http = match self.http(&address.base, &request, &scope) {
            Ok(http) => http,
            Err(_) => return Attempt::Done(failed("UnsignableRequest")),
        };
        let start = Instant::now();
        let answer = match self.transport.send(http).await {
            Ok(response) => {
                let id = ["x-amzn-requestid", "x-amz-request-id"]
                    .iter()
                    .find_map(|name| response.headers.get(*name)?.to_str().ok());
                let answer = wire::answer(
                    operation,
                    response.status,
                    &response.headers,
                    &response.body,
                );
                self.watch.event(&Event::Answered {
                    account: &account.id,
                    region: &address.region,
                    operation,
                    took: start.elapsed(),
                    request_id: id.unwrap_or_default(),
                    code: answer.as_ref().err().map(|error| error.code.as_str()),
                });
                answer
            }
            Err(word) => {
                self.watch.event(&Event::Answered {
                    account: &account.id,
                    region: &address.region,
                    operation,
                    took: start.elapsed(),
                    request_id: "",
                    code: Some(word),
                });
                return Attempt::Again(failed(word), Again::OnTheWay);
            }
        };
        let error = match answer {
            Ok(body) => {
                lane.pace.borrow_mut().answered(Instant::now());
                return Attempt::Done(Outcome::Ok { body });
            }
            Err(error) => error,
        };
        if let (Some(bucket), Some(elsewhere)) = (&bucket, moved(&error, &address.region)) {
            self.bucket_is_in(bucket, elsewhere);
            return Attempt::Again(failed(&error.code), Again::AtOnce);
        }
        let outcome = Outcome::of_error(operation, &error.code, &error.message);
        if matches!(outcome, Outcome::Throttled { .. }) {
            lane.pace.borrow_mut().refused(Instant::now());
            return Attempt::Again(outcome, Again::Throttled);
        }
        lane.pace.borrow_mut().answered(Instant::now());
        if is_expired(&error.code) {
            account.identity.forget(&credentials).await;
            return Attempt::Again(outcome, Again::AtOnce);
        }
        if is_passing(&error) {
            return Attempt::Again(outcome, Again::OnTheWay);
        }
        Attempt::Done(outcome)
    }

    fn http(
        &self,
        base: &str,
        request: &wire::Request,
        scope: &Scope<'_>,
    ) -> Result<http::Request<Full<Bytes>>, String> {
        let mut uri = format!("{base}{}", request.path);
        if !request.query.is_empty() {
            uri.push('?');
            uri.push_str(&request.query);
        }
        let uri: http::Uri = uri.parse().map_err(|_| "not a URI".to_owned())?;
        let host = uri.authority().map(ToString::to_string).unwrap_or_default();
        let mut builder = http::Request::builder()
            .method(request.method)
            .header("host", host)
            .header("user-agent", &self.agent);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let http = builder
            .uri(uri)
            .body(Full::new(Bytes::from(request.body.clone())))
            .map_err(|error| error.to_string())?;
        signed(http, &request.body, scope)
    }

    fn lane(&self, account: &Account, region: &str, operation: Operation) -> Rc<Lane> {
        let service = operation.row().service;
        let key = (account.id.clone(), region.to_owned(), service);
        let mut lanes = self.lanes.borrow_mut();
        let lane = lanes.entry(key).or_insert_with(|| {
            let limits = match self.concurrency.first_rate {
                Some(rate) => Limits::from(rate),
                None => Limits::of(service),
            };
            Rc::new(Lane {
                pace: RefCell::new(Pace::new(limits, Instant::now())),
                room: Semaphore::new(self.concurrency.lane),
            })
        });
        Rc::clone(lane)
    }
}

fn failed(code: &str) -> Outcome {
    Outcome::Failed {
        code: code.to_owned(),
    }
}

fn interrupted() -> Outcome {
    failed(INTERRUPTED)
}

/// The Region that a bucket is said to be in, when it is not the one asked.
fn moved<'e>(error: &'e ServiceError, asked: &str) -> Option<&'e str> {
    let region = error.region.as_deref()?;
    let is_redirect = matches!(error.status, 301 | 307 | 400);
    (is_redirect && region != asked).then_some(region)
}

/// <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>, and the tokens' own codes.
fn is_expired(code: &str) -> bool {
    matches!(
        code,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired"
    )
}

/// Whether the service says that it failed itself.
fn is_passing(error: &ServiceError) -> bool {
    error.status >= 500
        || matches!(
            error.code.as_str(),
            "UnreadableAnswer" | "RequestTimeout" | "RequestTimeoutException" | "InternalFailure"
        )
}

/// Full jitter: anything up to a bound that doubles.
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>
fn jitter(attempts: u32) -> Duration {
    if attempts == 0 {
        return Duration::ZERO;
    }
    let bound = Duration::from_millis(250)
        .saturating_mul(2_u32.saturating_pow(attempts.min(10)))
        .min(LONGEST_WAIT);
    bound.mul_f64(fastrand::f64())
}
