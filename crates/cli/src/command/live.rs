//! What `collect` and `scan` share: arguments into options, the plan and what it will cost, and what could not be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use sagewarden_collect::{
    Accounts, Collected, Concurrency, Endpoints, Forecast, Login, Options, Plan, Regions, Right,
    RoleAccess, Times, collect, try_rights,
};
use sagewarden_core::operations::{GLOBAL_REGION, Operation};
use sagewarden_core::snapshot::{Folder, Snapshot, Status};
use sagewarden_disk::DiskFolder;

use crate::args::{Live, Selection, SignIn};
use crate::command::Global;
use crate::command::judging::Purpose;
use crate::command::progress::Told;
use crate::{Exit, input, output};

/// The calls that the chosen controls need.
pub(crate) fn plan(live: &Live, purpose: &Purpose, selection: &Selection) -> Result<Plan> {
    let controls = purpose.controls(selection)?;
    let tunables = &purpose.config.tunables;
    Ok(Plan::new(&controls, tunables, !live.no_search))
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
    let since = live
        .since
        .as_deref()
        .map(|path| (path, DiskFolder::new(path)));
    let since = match &since {
        Some((path, folder)) => Some(older(path, folder)?),
        None => None,
    };
    let told = Told::new(global, live.sign_in.log_format);
    let write = input::write_options();
    let collected = collect(plan, &options, since.as_ref(), as_of, folder, write, &told);
    told.close();
    let collected = collected?;
    for warning in &collected.manifest.warnings {
        told.warn(&warning.to_string());
    }
    if !global.quiet {
        for gap in gaps(&collected) {
            told.warn(&gap);
        }
    }
    Ok(collected)
}

/// Who asks, and where.
fn signed_in(sign_in: &SignIn) -> Options {
    Options {
        login: Login {
            profile: sign_in.aws_profile.clone(),
            ..Login::default()
        },
        endpoints: Endpoints {
            all: sign_in.endpoint_url.clone(),
            ..Endpoints::default()
        },
        insecure_endpoint: sign_in.insecure_endpoint,
        ..Options::default()
    }
}

/// Tells which rights are missing, by trying.
pub(crate) fn rights(plan: &Plan, sign_in: &SignIn, global: Global) -> Result<Exit> {
    let told = Told::new(global, sign_in.log_format);
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
            units: live.ou.clone(),
            except_units: live.except_ou.clone(),
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
            first_rate: live.rate,
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

/// Tells which calls would be made and, by an older snapshot, how many.
pub(crate) fn dry_run(plan: &Plan, live: &Live, global: Global) -> Result<Exit> {
    match &live.since {
        Some(path) => expected(plan, live, path, global),
        None => steps(plan, global),
    }
}

fn steps(plan: &Plan, global: Global) -> Result<Exit> {
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
            "At least {} calls an account and {} an account and Region; how many more depends on what is found:\n\
             `--since SNAPSHOT` tells by an earlier one.",
            once.0, once.1
        )?;
        Ok(())
    })?;
    Ok(Exit::Clean)
}

fn expected(plan: &Plan, live: &Live, path: &Path, global: Global) -> Result<Exit> {
    let folder = DiskFolder::new(path);
    let older = older(path, &folder)?;
    let options = options(live, false)?;
    let forecast = Forecast::new(plan, &older, |account, region| {
        let is_read = match &options.accounts {
            Accounts::Own => true,
            Accounts::Listed(accounts) => accounts.iter().any(|id| id == account),
            Accounts::Organization { except, .. } => !except.iter().any(|id| id == account),
        };
        is_read
            && match &options.regions {
                Regions::Enabled => true,
                Regions::Listed(regions) => {
                    region == GLOBAL_REGION || regions.iter().any(|name| name == region)
                }
            }
    })?;
    let mut sums: BTreeMap<Operation, u64> = BTreeMap::new();
    let mut places: BTreeSet<(&str, &str)> = BTreeSet::new();
    for ((account, region, operation), calls) in &forecast.calls {
        *sums.entry(*operation).or_default() += calls;
        places.insert((account, region));
    }
    let accounts: BTreeSet<&str> = places.iter().map(|(account, _)| *account).collect();
    let regions = places
        .iter()
        .filter(|(_, region)| *region != GLOBAL_REGION)
        .count();
    output::to(None, global, |out, _| {
        for (operation, calls) in &sums {
            writeln!(out, "{:<55} {calls:>9}", operation.to_string())?;
        }
        writeln!(
            out,
            "{} calls of {} accounts in {regions} accounts and Regions, by what was there as of {}; {} answers are taken over.",
            forecast.total(),
            accounts.len(),
            older.manifest().as_of,
            forecast.taken_over
        )?;
        let seconds = forecast.takes(live.rate).as_secs().max(1);
        match live.rate {
            Some(rate) => writeln!(
                out,
                "About {seconds} s when each service of an account and Region answers {rate} requests a second."
            )?,
            None => writeln!(
                out,
                "At most about {seconds} s at the rates that services are asked at first; `--rate N` reckons with another."
            )?,
        }
        Ok(())
    })?;
    Ok(Exit::Clean)
}

/// An older snapshot.
fn older<'f>(path: &Path, folder: &'f DiskFolder) -> Result<Snapshot<'f>> {
    Snapshot::open(folder).with_context(|| format!("cannot open the snapshot `{}`", path.display()))
}

/// What could not be read, one line for each right or reason, and where.
fn gaps(collected: &Collected) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &collected.manifest.coverage {
        let what = match row.status {
            Status::Complete | Status::Skipped => continue,
            Status::Denied => format!("{} is denied", row.operation.row().action),
            Status::Partial => format!(
                "{}: {}",
                row.operation,
                row.reason.as_deref().unwrap_or("not whole")
            ),
        };
        let place = format!("{} {}", row.account, row.region);
        places.entry(what).or_default().push(place);
    }
    places
        .into_iter()
        .map(|(what, places)| match places.as_slice() {
            [first] => format!("{what} in {first}"),
            [first, others @ ..] => format!("{what} in {first} and {} more places", others.len()),
            [] => what,
        })
        .collect()
}
