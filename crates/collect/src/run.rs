//! A whole collection.
//!
//! Enters: plan, options, folder. Leaves: the snapshot, finished also when it was interrupted. One account's failure stops no
//! other. Everything runs on one thread: the work is waiting, and writing a snapshot is one writer's duty.
//! Deliberately absent: the terminal.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sagewarden_core::arn::partition_of;
use sagewarden_core::json::Node;
use sagewarden_core::operations::{Operation as O, Scope};
use sagewarden_core::snapshot::{
    Folder, Manifest, Outcome, Scope as SnapshotScope, Snapshot, WriteOptions, Writer,
};
use sagewarden_core::time::Time;

use crate::Error;
use crate::accounts::{self, Accounts, Chosen, Regions};
use crate::client::{Account, Client, Concurrency};
use crate::endpoint::Endpoints;
use crate::found::Found;
use crate::identity::{Login, RoleAccess, Session};
use crate::plan::Plan;
use crate::record::Record;
use crate::resume::{self, begin};
use crate::rights::{self, Right};
use crate::since::Since;
use crate::transport::Transport;
use crate::trust;
use crate::walk::{self, Run, Site, at_once, members};
use crate::watch::{Event, Watch};

/// How many accounts are read at once.
const ACCOUNTS_AT_ONCE: usize = 8;

/// What to read, and how.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How to sign in.
    pub login: Login,
    /// Which accounts.
    pub accounts: Accounts,
    /// The role that is assumed in other accounts.
    pub role: RoleAccess,
    /// Which Regions.
    pub regions: Regions,
    /// Where services are reached.
    pub endpoints: Endpoints,
    /// Whether requests may go in the clear to another machine.
    pub insecure_endpoint: bool,
    /// How many requests may be under way at once.
    pub concurrency: Concurrency,
    /// Whether to go on with an interrupted collection.
    pub resume: bool,
}

/// An account that could not be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its id.
    pub account: String,
    /// Why.
    pub why: String,
}

/// What a collection came to.
#[derive(Debug)]
pub struct Collected {
    /// The snapshot's table of contents.
    pub manifest: Manifest,
    /// Whether it was stopped before its end.
    pub interrupted: bool,
    /// Accounts that could not be read at all.
    pub unread: Vec<Unread>,
    /// How many observations were taken over from an older snapshot.
    pub taken_over: u64,
}

/// Reads accounts into a folder. `as_of` is the instant that windows end at; a resumed collection keeps its own.
/// What cannot have changed since an older snapshot is taken over from it.
/// Interrupted by the user (SIGINT), it finishes the snapshot with what it has.
///
/// # Errors
/// When nobody is signed in, the accounts cannot be listed, or the folder cannot be written.
pub fn collect(
    plan: &Plan,
    options: &Options,
    since: Option<&Snapshot<'_>>,
    as_of: Time,
    folder: &dyn Folder,
    write: WriteOptions,
    watch: &dyn Watch,
) -> Result<Collected, Error> {
    let run = run(plan, options, since, as_of, folder, write, watch);
    on_one_thread(options, run)
}

/// Waits for what talks to AWS, once it is known that requests go where they may.
fn on_one_thread<T>(
    options: &Options,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    options.endpoints.are_safe(options.insecure_endpoint)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

/// Tries each call that a plan makes, once, in the account that is signed in to, and tells which are refused.
///
/// # Errors
/// When nobody is signed in.
pub fn try_rights(
    plan: &Plan,
    options: &Options,
    agent: &str,
    watch: &dyn Watch,
) -> Result<Vec<(O, Right)>, Error> {
    on_one_thread(options, async {
        let session = Session::open(&options.login, options.endpoints.all.as_deref()).await?;
        let client = connect(&session, options, agent.to_owned(), watch)?;
        let folder = sagewarden_core::snapshot::MemoryFolder::new();
        let writer = Writer::create(&folder, WriteOptions::new("", ""))?;
        let record = Record::new(writer, Vec::new());
        let run = Run {
            client: &client,
            record: &record,
            plan,
            since: None,
            as_of: now(),
            clock: now,
        };
        let account = sign_in(&run, &session, options).await?;
        Ok(rights::rights(&Site::new(&run, &account, &account.home)).await)
    })
}

async fn run(
    plan: &Plan,
    options: &Options,
    since: Option<&Snapshot<'_>>,
    as_of: Time,
    folder: &dyn Folder,
    write: WriteOptions,
    watch: &dyn Watch,
) -> Result<Collected, Error> {
    let agent = format!("sagewarden/{}", write.tool.version);
    let (writer, earlier, as_of) = begin(options.resume, as_of, folder, write)?;
    let record = Record::new(writer, earlier.answers);
    let session = Session::open(&options.login, options.endpoints.all.as_deref()).await?;
    let client = connect(&session, options, agent, watch)?;
    let run = Run {
        client: &client,
        record: &record,
        plan,
        since: since.map(|snapshot| Since::new(snapshot, plan.searches)),
        as_of,
        clock: now,
    };
    let done = {
        let work = everything(&run, &session, options, &earlier.jobs, watch);
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => done,
            _ = tokio::signal::ctrl_c() => {
                watch.event(&Event::Warning("interrupted: what was read is being written"));
                client.stop.now();
                work.await
            }
        }
    };
    let (scope, unread) = done?;
    let interrupted = client.stop.is_stopped();
    let taken_over = record.taken_over();
    let manifest = record.finish(as_of, scope)?;
    if !interrupted {
        resume::ended(folder)?;
    }
    Ok(Collected {
        manifest,
        interrupted,
        unread,
        taken_over,
    })
}

/// Prepares requests by what the options, the environment and the shared configuration say.
fn connect<'w>(
    session: &Session,
    options: &Options,
    agent: String,
    watch: &'w dyn Watch,
) -> Result<Client<'w>, Error> {
    let (connect, answer) = (Duration::from_secs(5), Duration::from_secs(60));
    let transport = Transport::new(trust::client(session.bundle())?, connect, answer);
    let mut endpoints = options.endpoints.clone();
    endpoints.configure(|service| session.endpoint_of(service));
    endpoints.are_safe(options.insecure_endpoint)?;
    let (fips, dual_stack) = session.variants();
    endpoints.fips |= fips;
    endpoints.dual_stack |= dual_stack;
    Ok(Client::new(
        transport,
        endpoints,
        options.concurrency,
        agent,
        watch,
    ))
}

/// The account that is signed in to.
async fn sign_in(run: &Run<'_>, session: &Session, options: &Options) -> Result<Account, Error> {
    let home = home(session, options);
    let account = Account {
        id: String::new(),
        identity: session.identity()?,
        home,
    };
    Ok(Account {
        id: whoami(run, &account)
            .await
            .map_err(|error| match (error, &options.login.profile) {
                (Error::Credentials(why), Some(profile)) => {
                    Error::Credentials(format!("profile `{profile}`: {why}"))
                }
                (error, _) => error,
            })?,
        ..account
    })
}

async fn everything(
    run: &Run<'_>,
    session: &Session,
    options: &Options,
    jobs: &BTreeMap<(String, String), Found>,
    watch: &dyn Watch,
) -> Result<(SnapshotScope, Vec<Unread>), Error> {
    let own = sign_in(run, session, options).await?;
    let home = own.home.clone();
    let alone = |id: &String| (id.clone(), Vec::new());
    let chosen: Chosen = match &options.accounts {
        Accounts::Own => Chosen::from([alone(&own.id)]),
        Accounts::Listed(ids) => ids.iter().map(alone).collect(),
        Accounts::Organization {
            units,
            except_units,
            except,
        } => {
            let site = Site::new(run, &own, &own.home);
            accounts::organization(&site, units, except_units, except)
                .await
                .map_err(Error::Organization)?
        }
    };
    let mut own = Some(own);
    let mut accounts = Vec::new();
    for id in chosen.keys() {
        match own.take_if(|own| own.id == *id) {
            Some(own) => accounts.push(own),
            None => accounts.push(Account {
                identity: assumed(session, options, id, &home).await,
                id: id.clone(),
                home: home.clone(),
            }),
        }
    }
    watch.event(&Event::Accounts(accounts.len()));
    let unread = std::cell::RefCell::new(Vec::new());
    let regions = std::cell::RefCell::new(BTreeSet::new());
    futures_util::StreamExt::for_each_concurrent(
        futures_util::stream::iter(&accounts),
        ACCOUNTS_AT_ONCE,
        |account| {
            let (unread, regions) = (&unread, &regions);
            async move {
                match read_account(run, account, options, jobs, watch).await {
                    Ok(read) => regions.borrow_mut().extend(read),
                    Err(why) => {
                        watch.event(&Event::Warning(&format!(
                            "account {} was not read: {why}",
                            account.id
                        )));
                        leave_out(run, account, &why);
                        unread.borrow_mut().push(Unread {
                            account: account.id.clone(),
                            why,
                        });
                    }
                }
                watch.event(&Event::AccountDone {
                    account: &account.id,
                });
            }
        },
    )
    .await;
    let scope = SnapshotScope {
        accounts: chosen.keys().cloned().collect(),
        regions: regions.into_inner().into_iter().collect(),
        units: chosen
            .into_iter()
            .filter(|(_, units)| !units.is_empty())
            .collect(),
    };
    Ok((scope, unread.into_inner()))
}

/// Where calls that belong to no Region are sent.
fn home(session: &Session, options: &Options) -> String {
    // Every account of the partition `aws` has it, and credentials alone do not tell a Region.
    const UNTOLD: &str = "us-east-1";
    let listed = match &options.regions {
        Regions::Listed(regions) => regions.first().cloned(),
        Regions::Enabled => None,
    };
    options
        .login
        .region
        .clone()
        .or_else(|| session.region().map(str::to_owned))
        .or(listed)
        .unwrap_or_else(|| UNTOLD.to_owned())
}

async fn assumed(
    session: &Session,
    options: &Options,
    account: &str,
    home: &str,
) -> crate::identity::Identity {
    let arn = format!(
        "arn:{}:iam::{account}:role/{}",
        partition_of(home),
        options.role.name.trim_start_matches('/')
    );
    session.assume(arn, &options.role, home).await
}

/// The id of the account that is signed in to.
async fn whoami(run: &Run<'_>, account: &Account) -> Result<String, Error> {
    account
        .identity
        .credentials()
        .await
        .map_err(Error::Credentials)?;
    let site = Site::new(run, account, &account.home);
    let unknown = |why: String| Error::Identity {
        region: account.home.clone(),
        why,
    };
    match site.call(O::GetCallerIdentity, &members([])).await {
        Outcome::Ok { body } => Node::parse(body.get())
            .ok()
            .and_then(|answer| Some(answer.member("Account")?.text()?.to_owned()))
            .ok_or_else(|| unknown("the answer names no account".to_owned())),
        Outcome::Absent { code }
        | Outcome::NotFound { code }
        | Outcome::Denied { code, .. }
        | Outcome::Throttled { code }
        | Outcome::Failed { code } => Err(unknown(code)),
    }
}

/// Notes for each call that an account was not read.
fn leave_out(run: &Run<'_>, account: &Account, why: &str) {
    for operation in run.plan.operations() {
        run.record.skip(&account.id, &account.home, operation, why);
    }
}

/// Reads one account; gives the Regions that were read, or why it could not be read at all.
async fn read_account(
    run: &Run<'_>,
    account: &Account,
    options: &Options,
    jobs: &BTreeMap<(String, String), Found>,
    watch: &dyn Watch,
) -> Result<BTreeSet<String>, String> {
    account.identity.credentials().await?;
    let global = Site::new(run, account, &account.home);
    global.ask(O::GetCallerIdentity, members([])).await;
    let (regions, are_all) = accounts::regions(&global, &options.regions).await;
    if !are_all {
        watch.event(&Event::Warning(&format!(
            "account {}: which Regions are switched on could not be asked; the ones that are always on are read",
            account.id
        )));
        run.record.warn(
            &account.id,
            &account.home,
            O::DescribeRegions,
            "not answered: Regions that must be switched on were not looked at".to_owned(),
        );
    }
    watch.event(&Event::Account {
        account: &account.id,
        regions: regions.len(),
    });
    let own = walk::lists(&global).await;
    let sites: Vec<Site<'_, '_>> = regions
        .iter()
        .map(|region| Site::new(run, account, region))
        .collect();
    for site in &sites {
        let place = (account.id.clone(), site.region.to_owned());
        if let Some(known) = jobs.get(&place) {
            site.note(|found| found.merge(known.clone()));
        }
    }
    at_once(&sites, |site| async move {
        if answers(site).await {
            site.read().await;
        }
        run.record.seal(&account.id, site.region);
        watch.event(&Event::Region {
            account: &account.id,
            region: site.region,
        });
    })
    .await;
    let mut found = Found::default();
    for site in &sites {
        found.merge(site.found.borrow().clone());
    }
    let (own, all) = (own.as_ref(), &found);
    let (_, of_buckets, ()) = futures_util::join!(
        walk::roles(&global, &found.roles),
        walk::training_buckets(&global, own, all),
        walk::artifacts(&global, own, all),
    );
    at_once(&sites, |site| {
        let of_buckets = &of_buckets;
        async move {
            let named = site.found.borrow().keys.clone();
            walk::keys(site, &named, of_buckets).await;
            run.record.seal(&account.id, site.region);
        }
    })
    .await;
    run.record
        .seal(&account.id, sagewarden_core::operations::GLOBAL_REGION);
    Ok(regions)
}

/// Whether a Region is switched on. Where it is not, every call is noted as left out.
async fn answers(site: &Site<'_, '_>) -> bool {
    let Some(probe) = site.run.plan.probe() else {
        return true;
    };
    let Outcome::Failed { code } = site.try_first(probe).await else {
        return true;
    };
    let is_off = matches!(
        code.as_str(),
        "UnrecognizedClientException" | "InvalidClientTokenId" | "OptInRequired" | "AuthFailure"
    );
    if is_off {
        let why = format!("the Region is not switched on for the account ({code})");
        for operation in site.run.plan.operations() {
            if operation.row().scope == Scope::Region {
                site.run
                    .record
                    .skip(&site.account.id, site.region, operation, &why);
            }
        }
    }
    !is_off
}

fn now() -> Time {
    Time(jiff::Timestamp::now().as_millisecond())
}
