//! What is told while AWS is read.
//!
//! Enters: events of a collection. Leaves: a line of progress on a terminal, each call with `-v`, and warnings; on standard
//! error. Deliberately absent: anything of requests, answers or credentials, which events do not carry; and whatever the
//! crates that sign in would log.

use std::cell::Cell;
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use sagewarden_collect::{Event, Watch};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use crate::args::LogFormat;
use crate::command::Global;
use crate::output;

/// The name that our own lines of the log carry.
const LOG: &str = "sagewarden";

/// Tells events.
pub(crate) struct Told {
    log: LogFormat,
    bar: ProgressBar,
    start: Instant,
    calls: Cell<u64>,
    throttled: Cell<u64>,
    /// Done, and all that are known of.
    regions: Cell<(usize, usize)>,
    accounts: Cell<(usize, usize)>,
}

impl Told {
    pub(crate) fn new(global: Global, log: LogFormat) -> Told {
        open_log(global, log);
        let bar = ProgressBar::new(0);
        let shows = std::io::stderr().is_terminal()
            && !global.quiet
            && global.verbose == 0
            && log == LogFormat::Text;
        bar.set_draw_target(if shows {
            ProgressDrawTarget::stderr_with_hz(5)
        } else {
            ProgressDrawTarget::hidden()
        });
        const TEMPLATE: &str = "{bar:20} {pos} of {len} calls, {rate} a second{msg}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.with_key("rate", rate));
        }
        Told {
            log,
            bar,
            start: Instant::now(),
            calls: Cell::new(0),
            throttled: Cell::new(0),
            regions: Cell::new((0, 0)),
            accounts: Cell::new((0, 0)),
        }
    }

    /// Takes the line of progress away, and tells what it came to.
    pub(crate) fn close(&self) {
        self.bar.finish_and_clear();
        let seconds = self.start.elapsed().as_secs_f64();
        let (calls, throttled) = (self.calls.get(), self.throttled.get());
        tracing::info!(target: LOG, calls, throttled, seconds, "done");
    }

    /// Something that the operator should know.
    pub(crate) fn warn(&self, text: &str) {
        match self.log {
            LogFormat::Text => self.bar.suspend(|| output::warn(text)),
            LogFormat::Json => tracing::warn!(target: LOG, "{text}"),
        }
    }

    fn show(&self) {
        let ((regions, all_regions), (accounts, all)) = (self.regions.get(), self.accounts.get());
        self.bar.set_message(format!(
            ", {regions} of {all_regions} Regions, {accounts} of {all} accounts, {} throttled",
            self.throttled.get()
        ));
    }
}

fn rate(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    let _ = write!(out, "{:.0}", state.per_sec());
}

/// Lets lines through to standard error: warnings where they are objects, calls with `-v`. Only our own: what others log of
/// requests may hold what must not be told.
fn open_log(global: Global, log: LogFormat) {
    let level = match (global.verbose, log) {
        (0, LogFormat::Text) => return,
        (0, LogFormat::Json) => LevelFilter::WARN,
        _ => LevelFilter::INFO,
    };
    let own = Targets::new().with_target(LOG, level);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    let registry = tracing_subscriber::registry();
    // The process opens one log; where there is one already, lines go there.
    let _ = match log {
        LogFormat::Text => tracing::subscriber::set_global_default(
            registry.with(lines.with_ansi(false).with_filter(own)),
        ),
        LogFormat::Json => tracing::subscriber::set_global_default(
            registry.with(lines.json().flatten_event(true).with_filter(own)),
        ),
    };
}

impl Watch for Told {
    fn event(&self, event: &Event<'_>) {
        match *event {
            Event::Accounts(accounts) => self.accounts.set((0, accounts)),
            Event::Account { account, regions } => {
                let (done, all) = self.regions.get();
                self.regions.set((done, all + regions));
                tracing::info!(target: LOG, account, regions, "account");
            }
            Event::AccountDone { account } => {
                let (done, all) = self.accounts.get();
                self.accounts.set((done + 1, all));
                tracing::info!(target: LOG, account, "account done");
            }
            Event::Region { account, region } => {
                let (done, all) = self.regions.get();
                self.regions.set((done + 1, all));
                tracing::info!(target: LOG, account, region, "region done");
            }
            Event::Expected(calls) => self.bar.inc_length(calls as u64),
            Event::Done => {
                self.calls.set(self.calls.get() + 1);
                self.bar.inc(1);
            }
            Event::Answered {
                account,
                region,
                operation,
                took,
                request_id,
                code,
            } => {
                let code = code.unwrap_or("ok");
                if code.contains("Throttl") || code == "SlowDown" {
                    self.throttled.set(self.throttled.get() + 1);
                }
                let (operation, ms) = (operation.to_string(), milliseconds(took));
                tracing::info!(target: LOG, account, region, operation, code, ms, request_id, "call");
                return;
            }
            Event::Warning(text) => {
                self.warn(text);
                return;
            }
        }
        self.show();
    }
}

fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
