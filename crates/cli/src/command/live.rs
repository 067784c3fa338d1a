//! What `collect` and `scan` share: arguments into options, the plan, and what is told on the way.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sagewarden_collect::{
    Accounts, Collected, Concurrency, Endpoints, Event, Login, Options, Plan, Regions, Right,
    RoleAccess, Times, Watch, collect, try_rights,
};
use sagewarden_core::control::Control;
use sagewarden_core::snapshot::{Folder, Status};

use crate::args::{Live, Selection, Settings, SignIn};
use crate::command::select::Loaded;
use crate::command::{Global, select};
use crate::config::{self, Config};
use crate::{Exit, input, output};

/// What is collected for.
pub(crate) struct Purpose {
    pub(crate) config: Config,
    pub(crate) loaded: Loaded,
}

impl Purpose {
    /// Reads configuration and catalogue.
    pub(crate) fn load(settings: &Settings, selection: &Selection) -> Result<Purpose> {
        Ok(Purpose {
            config: config::load(settings)?,
            loaded: select::catalog(&selection.controls, &selection.frameworks)?,
        })
    }

    /// The chosen controls.
    pub(crate) fn controls(&self, selection: &Selection) -> Result<Vec<&Control>> {
        select::select(&self.loaded.catalog, selection)
    }

    /// The calls that they need.
    pub(crate) fn plan(&self, live: &Live, controls: &[&Control]) -> Plan {
        Plan::new(controls, &self.config.tunables, !live.no_search)
    }
}

/// Reads accounts into a folder, and tells what could not be read.
pub(crate) fn into_folder(
    live: &Live,
    plan: &Plan,
    resume: bool,
    folder: &dyn Folder,
    global: Global,
) -> Result<Collected> {
    let as_of = input::as_of(live.as_of.as_deref())?.unwrap_or_else(input::now);
    let options = options(live, resume)?;
    let told = Told::new(global);
    let collected = collect(plan, &options, as_of, folder, input::write_options(), &told);
    told.close();
    let collected = collected?;
    for warning in &collected.manifest.warnings {
        output::warn(&warning.to_string());
    }
    if !global.quiet {
        gaps(&collected);
    }
    Ok(collected)
}

/// Who asks, and where.
fn signed_in(sign_in: &SignIn) -> Options {
    let mut endpoints = Endpoints::of_environment(std::env::vars());
    if let Some(url) = &sign_in.endpoint_url {
        endpoints.all = Some(url.clone());
        endpoints.by_service.clear();
    }
    Options {
        login: Login {
            profile: sign_in.aws_profile.clone(),
            ..Login::default()
        },
        endpoints,
        insecure_endpoint: sign_in.insecure_endpoint,
        ..Options::default()
    }
}

/// Tells which rights are missing, by trying.
pub(crate) fn rights(plan: &Plan, sign_in: &SignIn, global: Global) -> Result<Exit> {
    let told = Told::new(global);
    let agent = concat!("sagewarden/", env!("CARGO_PKG_VERSION"));
    let rights = try_rights(plan, &signed_in(sign_in), agent, &told);
    told.close();
    let rights = rights?;
    let mut exit = Exit::Clean;
    output::to(None, global, |out, _| {
        for (operation, right) in &rights {
            let word = match right {
                Right::Allowed if global.verbose == 0 => continue,
                Right::Allowed => "allowed".to_owned(),
                Right::Denied => {
                    exit = Exit::Incomplete;
                    "denied".to_owned()
                }
                Right::Untold(why) => format!("could not be told: {why}"),
            };
            writeln!(out, "{:<45} {operation}: {word}", operation.row().action)?;
        }
        if exit == Exit::Clean {
            writeln!(
                out,
                "no right is known to be missing for {} calls",
                rights.len()
            )?;
        }
        Ok(())
    })?;
    Ok(exit)
}

fn options(live: &Live, resume: bool) -> Result<Options> {
    let regions = match live.regions.as_slice() {
        [all] if all == "all" => Regions::Enabled,
        listed
            if listed
                .iter()
                .any(|region| region == "all" || region.is_empty()) =>
        {
            bail!("`--regions` takes names of Regions, or `all` alone")
        }
        listed => Regions::Listed(listed.to_vec()),
    };
    let accounts = match &live.accounts_file {
        Some(file) => Accounts::Listed(accounts(file)?),
        None if live.org => Accounts::Organization {
            except: live.except.clone(),
        },
        None => Accounts::Own,
    };
    Ok(Options {
        accounts,
        role: RoleAccess {
            name: live.role_name.clone(),
            external_id: live.external_id.clone(),
        },
        regions,
        concurrency: Concurrency {
            total: usize::from(live.concurrency),
            ..Concurrency::default()
        },
        resume,
        ..signed_in(&live.sign_in)
    })
}

/// The accounts that a file lists.
fn accounts(file: &Path) -> Result<Vec<String>> {
    let text =
        fs::read_to_string(file).with_context(|| format!("cannot read `{}`", file.display()))?;
    let mut accounts = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let id = line.split('#').next().unwrap_or_default().trim();
        if id.is_empty() {
            continue;
        }
        if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            bail!(
                "{}:{}: `{id}` is not a twelve-digit account id",
                file.display(),
                index + 1
            );
        }
        accounts.push(id.to_owned());
    }
    if accounts.is_empty() {
        bail!("`{}` lists no account", file.display());
    }
    Ok(accounts)
}

/// Tells which calls would be made.
pub(crate) fn dry_run(plan: &Plan, global: Global) -> Result<Exit> {
    output::to(None, global, |out, _| {
        let mut once = (0_u32, 0_u32);
        for step in plan.steps() {
            let times = match step.times {
                Times::Account => {
                    once.0 += 1;
                    "once an account, and for each further page"
                }
                Times::Region => {
                    once.1 += 1;
                    "once an account and Region, and for each further page"
                }
                Times::Each => "once for each that is found",
            };
            writeln!(out, "{:<55} {times}", step.operation.to_string())?;
        }
        writeln!(
            out,
            "At least {} calls an account and {} an account and Region; the rest depends on what is found.",
            once.0, once.1
        )?;
        Ok(())
    })?;
    Ok(Exit::Clean)
}

/// What could not be read, one line for each right or reason.
fn gaps(collected: &Collected) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for row in &collected.manifest.coverage {
        let text = match row.status {
            Status::Complete | Status::Skipped => continue,
            Status::Denied => format!("{} is denied", row.operation.row().action),
            Status::Partial => format!(
                "{}: {}",
                row.operation,
                row.reason.as_deref().unwrap_or("not whole")
            ),
        };
        told.insert(text);
    }
    for text in told {
        output::warn(&text);
    }
}

/// Tells events: each call with `-v`, else a line of progress on a terminal.
struct Told {
    global: Global,
    on_terminal: bool,
    start: Instant,
    calls: Cell<u64>,
    throttled: Cell<u64>,
    regions: Cell<(usize, usize)>,
    last: Cell<Option<Instant>>,
    line: RefCell<String>,
}

impl Told {
    fn new(global: Global) -> Told {
        Told {
            on_terminal: std::io::stderr().is_terminal() && !global.quiet && global.verbose == 0,
            global,
            start: Instant::now(),
            calls: Cell::new(0),
            throttled: Cell::new(0),
            regions: Cell::new((0, 0)),
            last: Cell::new(None),
            line: RefCell::default(),
        }
    }

    fn progress(&self) {
        const OFTEN: Duration = Duration::from_millis(200);
        let due = self.last.get().is_none_or(|last| last.elapsed() >= OFTEN);
        if !self.on_terminal || !due {
            return;
        }
        self.last.set(Some(Instant::now()));
        let (done, all) = self.regions.get();
        let mut line = self.line.borrow_mut();
        line.clear();
        let _ = write!(
            line,
            "\r\x1b[K{} calls, {done} of {all} Regions, {} throttled, {} s",
            self.calls.get(),
            self.throttled.get(),
            self.start.elapsed().as_secs()
        );
        eprint!("{line}");
    }

    /// Leaves the line of progress.
    fn close(&self) {
        if self.on_terminal {
            eprint!("\r\x1b[K");
        }
        if self.global.verbose > 0 {
            output::say(&format!(
                "{} calls in {:.1} s, {} throttled",
                self.calls.get(),
                self.start.elapsed().as_secs_f64(),
                self.throttled.get()
            ));
        }
    }
}

impl Watch for Told {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::Answered {
                account,
                region,
                operation,
                took,
                request_id,
                code,
            } => {
                self.calls.set(self.calls.get() + 1);
                let code = code.unwrap_or("ok");
                if code.contains("Throttl") || code == "SlowDown" {
                    self.throttled.set(self.throttled.get() + 1);
                }
                if self.global.verbose > 0 {
                    output::say(&format!(
                        "{account} {region} {operation} {code} {} ms {request_id}",
                        took.as_millis()
                    ));
                }
                self.progress();
            }
            Event::Account { account, regions } => {
                let (done, all) = self.regions.get();
                self.regions.set((done, all + regions));
                if self.global.verbose > 0 {
                    output::say(&format!("{account}: {regions} Regions"));
                }
            }
            Event::Region { account, region } => {
                let (done, all) = self.regions.get();
                self.regions.set((done + 1, all));
                if self.global.verbose > 0 {
                    output::say(&format!("{account} {region}: read"));
                }
            }
            Event::Warning(text) => {
                if self.on_terminal {
                    eprint!("\r\x1b[K");
                }
                output::warn(text);
            }
        }
    }
}
