//! What a collection keeps, against a server that answers, refuses, throttles, resets and forgets.

mod fake;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use fake::{Day, Fake, Fault};
use sagewarden_collect::{
    Accounts, Collected, Concurrency, Endpoints, Error, Keys, Login, Options, Plan, Regions, Right,
    RoleAccess, Unwatched, collect, try_rights,
};
use sagewarden_core::assess::{Assessment, Show};
use sagewarden_core::control::{Catalog, Control};
use sagewarden_core::estate::Estate;
use sagewarden_core::facts::Context;
use sagewarden_core::jobs::{Grouping, JobError, SnapshotJobs, is_streamed};
use sagewarden_core::judge::{Reach, Selection};
use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::{
    Folder, MemoryFolder, NewFile, Outcome, Snapshot, Status, WriteOptions,
};
use sagewarden_core::time::Time;
use sagewarden_core::tunables::Tunables;
use sagewarden_core::verdict::Verdict;

fn as_of() -> Time {
    Time::parse("2026-11-24T06:00:00Z").unwrap()
}

fn catalog() -> &'static Catalog {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| sagewarden_catalog::builtin().unwrap());
    &CATALOG
}

fn plan(catalog: &Catalog, searches: bool) -> Plan {
    let controls: Vec<&Control> = catalog.controls.iter().collect();
    Plan::new(&controls, &Tunables::default(), searches)
}

fn plan_of_all() -> &'static Plan {
    static PLAN: LazyLock<Plan> = LazyLock::new(|| plan(catalog(), true));
    &PLAN
}

fn options(fake: &Fake) -> Options {
    Options {
        login: Login {
            profile: None,
            region: Some("eu-west-1".to_owned()),
            keys: Some(Keys::new("own", "secret-never-written")),
        },
        regions: Regions::Listed(vec!["eu-west-1".to_owned()]),
        endpoints: Endpoints {
            all: Some(fake.url.clone()),
            ..Endpoints::default()
        },
        concurrency: Concurrency {
            first_rate: Some(10_000),
            ..Concurrency::default()
        },
        ..Options::default()
    }
}

fn into(folder: &dyn Folder, plan: &Plan, options: &Options) -> Result<Collected, Error> {
    let write = WriteOptions::new("test", "0");
    collect(plan, options, None, as_of(), folder, write, &Unwatched)
}

/// Collects everything, but for what an older snapshot holds for good.
fn since(older: &MemoryFolder, plan: &Plan, options: &Options) -> (MemoryFolder, Collected) {
    let folder = MemoryFolder::new();
    let older = Snapshot::open(older).unwrap();
    let write = WriteOptions::new("test", "0");
    let collected = collect(
        plan,
        options,
        Some(&older),
        as_of(),
        &folder,
        write,
        &Unwatched,
    );
    (folder, collected.unwrap())
}

/// Collects everything; the folder and what came of it.
fn read(fake: &Fake) -> (MemoryFolder, Collected) {
    let folder = MemoryFolder::new();
    let collected = into(&folder, plan_of_all(), &options(fake)).unwrap();
    (folder, collected)
}

type Verdicts = BTreeMap<(String, String), Verdict>;

fn verdicts(folder: &dyn Folder) -> Verdicts {
    let catalog = catalog();
    let controls: Vec<&Control> = catalog.controls.iter().collect();
    let snapshot = Snapshot::open(folder).unwrap();
    let (observations, damages) = snapshot.observations().unwrap();
    assert!(damages.is_empty());
    let estate = Estate::new(
        observations
            .into_iter()
            .filter(|observation| {
                let line = serde_json::to_string(observation).unwrap();
                !is_streamed(observation.operation, &line)
            })
            .collect(),
    );
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, as_of());
    let selection = Selection::new(controls);
    let jobs = SnapshotJobs::new(&snapshot);
    let threads = NonZeroUsize::MIN;
    let reach = Reach::default();
    let assessment = Assessment::judge(
        &context,
        &selection,
        &reach,
        Grouping::EachJob,
        &jobs,
        threads,
    )
    .unwrap();
    let show = Show {
        verdicts: vec![
            Verdict::Pass,
            Verdict::Fail,
            Verdict::Unknown,
            Verdict::NotApplicable,
        ],
        waived: true,
        details: false,
        families: None,
        pick: sagewarden_core::assess::Pick::All,
    };
    let mut found = Verdicts::new();
    assessment
        .findings::<JobError>(&show, &mut |asset| {
            for finding in &asset.findings {
                let key = (finding.control.to_owned(), finding.asset.arn.clone());
                found.insert(key, finding.verdict);
            }
            Ok(())
        })
        .unwrap();
    found
}

/// Every answer by its call, without its time.
fn answers(folder: &dyn Folder) -> BTreeMap<String, String> {
    let (observations, _) = Snapshot::open(folder).unwrap().observations().unwrap();
    observations
        .into_iter()
        .map(|observation| {
            let key = format!("{} {}", observation.operation, observation.key());
            let outcome = match &observation.outcome {
                Outcome::Ok { body } => body.get().to_owned(),
                other => format!("{other:?}"),
            };
            (key, outcome)
        })
        .collect()
}

fn status(collected: &Collected, operation: Operation) -> Option<Status> {
    let coverage = &collected.manifest.coverage;
    coverage
        .iter()
        .find(|row| row.operation == operation)
        .map(|row| row.status)
}

#[test]
fn an_estate_is_read_whole_and_every_control_decides() {
    let fake = Fake::start();
    let (folder, collected) = read(&fake);
    for row in &collected.manifest.coverage {
        assert_eq!(row.status, Status::Complete, "{row:?}");
    }
    let verdicts = verdicts(&folder);
    let controls: BTreeSet<&String> = verdicts.keys().map(|(control, _)| control).collect();
    assert_eq!(controls.len(), catalog().controls.len());
    let unknown: Vec<_> = verdicts
        .iter()
        .filter(|(_, verdict)| **verdict == Verdict::Unknown)
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    // Found by search, so that none is described but what a search cannot show.
    assert_eq!(fake.calls("sagemaker:DescribeTrainingJob"), 1);
    assert_eq!(fake.calls("sagemaker:DescribeModel"), 0);
    assert_eq!(fake.calls("iam:GetAccountAuthorizationDetails"), 1);
    assert_eq!(fake.calls("s3:GetBucketPolicy"), 1);
    assert!(
        !folder
            .list()
            .unwrap()
            .contains(&"collection.json".to_owned())
    );
}

#[test]
fn a_search_and_descriptions_lead_to_the_same_verdicts() {
    let (searched, _) = read(&Fake::start());
    let fake = Fake::start().fault("sagemaker:Search", Fault::Denied);
    let (described, collected) = read(&fake);
    assert_eq!(verdicts(&searched), verdicts(&described));
    assert_eq!(fake.calls("sagemaker:DescribeTrainingJob"), 26);
    assert_eq!(status(&collected, Operation::Search), Some(Status::Skipped));
}

#[test]
fn what_is_refused_is_unknown_and_nothing_else_moves() {
    let (folder, collected) = read(&Fake::start());
    let whole = verdicts(&folder);
    let called: BTreeSet<Operation> = collected
        .manifest
        .coverage
        .iter()
        .map(|row| row.operation)
        .filter(|operation| operation.row().service != "sts" && *operation != Operation::Search)
        .collect();
    assert!(called.len() > 25);
    for operation in called {
        let fake = Fake::start().fault(&operation.to_string(), Fault::Denied);
        let (folder, collected) = read(&fake);
        assert_eq!(
            status(&collected, operation),
            Some(Status::Denied),
            "{operation}"
        );
        for (key, verdict) in verdicts(&folder) {
            let before = whole.get(&key);
            assert!(
                Some(&verdict) == before || verdict == Verdict::Unknown,
                "{operation} denied: {key:?} {before:?} → {verdict:?}"
            );
        }
    }
}

#[test]
fn throttles_resets_and_old_tokens_only_cost_time() {
    let (folder, _) = read(&Fake::start());
    let whole = answers(&folder);
    for fault in [Fault::Throttled(1), Fault::Reset(1), Fault::Expired(1)] {
        let fake = Fake::start().fault("*", fault.clone());
        let (folder, collected) = read(&fake);
        assert_eq!(answers(&folder), whole, "{fault:?}");
        for row in &collected.manifest.coverage {
            assert_eq!(row.status, Status::Complete, "{fault:?} {row:?}");
        }
    }
}

#[test]
fn the_size_of_pages_changes_no_verdict() {
    let (folder, _) = read(&Fake::start());
    let fake = Fake::start();
    fake.state.lock().unwrap().page = 1;
    let (tiny, _) = read(&fake);
    assert_eq!(verdicts(&folder), verdicts(&tiny));
}

#[test]
fn what_is_deleted_between_list_and_description_is_no_asset() {
    let fake = Fake::start()
        .fault("sagemaker:Search", Fault::Denied)
        .fault(
            "sagemaker:DescribeModel",
            Fault::Code("ValidationException", "Could not find model \"x\"."),
        );
    let (folder, _) = read(&fake);
    let verdicts = verdicts(&folder);
    assert!(
        !verdicts
            .keys()
            .any(|(control, _)| control.contains(".MODEL.ISOLATION"))
    );
    assert!(
        verdicts
            .keys()
            .any(|(control, _)| control.contains(".NOTEBOOK.ROOT"))
    );
}

#[test]
fn a_check_of_notebooks_lists_no_job() {
    let catalog = catalog();
    let controls: Vec<&Control> = catalog
        .controls
        .iter()
        .filter(|control| control.id.contains(".NOTEBOOK.ROOT."))
        .collect();
    let plan = Plan::new(&controls, &Tunables::default(), true);
    let fake = Fake::start();
    let folder = MemoryFolder::new();
    into(&folder, &plan, &options(&fake)).unwrap();
    let calls = fake.state.lock().unwrap().calls.clone();
    let called: Vec<&str> = calls.keys().map(String::as_str).collect();
    assert_eq!(
        called,
        [
            "sagemaker:DescribeNotebookInstance",
            "sagemaker:ListNotebookInstances",
            "sts:GetCallerIdentity"
        ]
    );
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    let fake = Fake::start().fault("sagemaker:Search", Fault::Denied);
    fake.state.lock().unwrap().delay = std::time::Duration::from_millis(5);
    let mut options = options(&fake);
    options.concurrency.lane = 3;
    options.concurrency.total = 5;
    into(&MemoryFolder::new(), plan_of_all(), &options).unwrap();
    assert!((2..=3).contains(&fake.most_under_way("sagemaker")));
    assert!((3..=5).contains(&fake.most_under_way("*")));
}

#[test]
fn secrets_do_not_reach_the_folder() {
    let fake = Fake::start().fault("sagemaker:Search", Fault::Denied);
    for (folder, _) in [read(&fake), read(&Fake::start())] {
        let mut all = String::new();
        for path in folder.list().unwrap() {
            let bytes = folder.bytes(&path).unwrap();
            if path.ends_with(".zst") {
                zstd::Decoder::new(&*bytes)
                    .unwrap()
                    .read_to_string(&mut all)
                    .unwrap();
            } else {
                all.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
        assert!(all.contains("DescribeNotebookInstance"));
        for secret in ["planted", "secret-never-written", "cGxhbnRlZC1zY3JpcHQ"] {
            assert!(!all.contains(secret), "{secret}");
        }
    }
}

#[test]
fn a_region_that_is_switched_off_is_left_out_and_told() {
    let fake = Fake::start();
    fake.state.lock().unwrap().region_faults.insert(
        "ap-east-1".to_owned(),
        Fault::Code(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
    );
    let mut options = options(&fake);
    options.regions = Regions::Listed(vec!["eu-west-1".to_owned(), "ap-east-1".to_owned()]);
    let collected = into(&MemoryFolder::new(), plan_of_all(), &options).unwrap();
    let off: Vec<_> = collected
        .manifest
        .coverage
        .iter()
        .filter(|row| {
            row.region == "ap-east-1" && row.operation != Operation::ListNotebookInstances
        })
        .collect();
    assert!(off.len() > 10);
    assert!(
        off.iter().all(|row| row.status == Status::Skipped),
        "{off:?}"
    );
}

#[test]
fn an_account_that_cannot_be_read_stops_no_other() {
    let fake = Fake::start().fault("sts:AssumeRole", Fault::Denied);
    let mut options = options(&fake);
    options.accounts = Accounts::Listed(vec!["111122223333".to_owned(), "444455556666".to_owned()]);
    options.role = RoleAccess {
        name: "Reader".to_owned(),
        external_id: Some("x".to_owned()),
    };
    let collected = into(&MemoryFolder::new(), plan_of_all(), &options).unwrap();
    let unread: Vec<&str> = collected
        .unread
        .iter()
        .map(|unread| unread.account.as_str())
        .collect();
    assert_eq!(unread, ["444455556666"]);
    let row = |account: &str| {
        let coverage = &collected.manifest.coverage;
        let found = coverage
            .iter()
            .find(|row| row.account == account && row.operation == Operation::ListModels);
        found.unwrap().status
    };
    assert_eq!(row("111122223333"), Status::Complete);
    assert_eq!(row("444455556666"), Status::Skipped);
}

#[test]
fn accounts_are_chosen_by_organisational_unit() {
    // Nobody may assume the role: what is chosen is what counts here.
    let manifest = |units: &[&str], except_units: &[&str]| {
        let fake = Fake::start().fault("sts:AssumeRole", Fault::Denied);
        let mut options = options(&fake);
        let named = |units: &[&str]| units.iter().map(|unit| (*unit).to_owned()).collect();
        options.accounts = Accounts::Organization {
            units: named(units),
            except_units: named(except_units),
            except: vec!["999999999999".to_owned()],
        };
        into(&MemoryFolder::new(), plan_of_all(), &options)
            .unwrap()
            .manifest
    };
    for (units, except_units, expected) in [
        (vec![], vec![], "1111 2222 3333 4444"),
        (vec!["ou-prod"], vec![], "2222 3333"),
        (vec!["ou-prod-eu", "ou-lab"], vec![], "3333 4444"),
        (vec!["r-1"], vec!["ou-prod"], "1111 4444"),
        (vec!["ou-prod"], vec!["ou-prod-eu"], "2222"),
        (vec!["ou-prod-eu"], vec!["ou-prod"], ""),
        (vec![], vec!["ou-lab"], "1111 2222 3333"),
    ] {
        let manifest = manifest(&units, &except_units);
        // The account that is signed in to answers for the organisation, and is read only where it is chosen.
        let models = manifest.coverage.iter();
        let models = models.filter(|row| row.operation == Operation::ListModels);
        let found: Vec<&str> = models.map(|row| &row.account[..4]).collect();
        assert_eq!(found.join(" "), expected, "{units:?} but {except_units:?}");
    }
    let units = manifest(&["ou-prod"], &[]).scope.units;
    assert_eq!(units["222222222222"], ["ou-prod"]);
    assert_eq!(units["333333333333"], ["ou-prod", "ou-prod-eu"]);
}

#[test]
fn a_unit_that_cannot_be_listed_ends_the_run() {
    for operation in [
        "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent",
    ] {
        let fake = Fake::start().fault(operation, Fault::Denied);
        let mut options = options(&fake);
        options.accounts = Accounts::Organization {
            units: Vec::new(),
            except_units: vec!["ou-lab".to_owned()],
            except: Vec::new(),
        };
        let refused = into(&MemoryFolder::new(), plan_of_all(), &options);
        assert!(matches!(refused, Err(Error::Organization(why)) if why.contains(operation)));
    }
}

#[test]
fn missing_rights_are_told_by_trying() {
    let told = |fake: &Fake| {
        let mut rights = try_rights(plan_of_all(), &options(fake), "test/0", &Unwatched).unwrap();
        rights.retain(|(_, right)| *right == Right::Denied);
        rights
    };
    let denied = [Operation::ListTags, Operation::GetBucketPolicy];
    let fake = denied.iter().fold(Fake::start(), |fake, operation| {
        fake.fault(&operation.to_string(), Fault::Denied)
    });
    let found: Vec<Operation> = told(&fake)
        .into_iter()
        .map(|(operation, _)| operation)
        .collect();
    for operation in denied {
        assert!(found.contains(&operation), "{operation}");
    }
    assert!(!found.contains(&Operation::DescribeModel));
}

#[test]
fn credentials_are_not_sent_in_the_clear() {
    let mut options = options(&Fake::start());
    options.endpoints.all = Some("http://example.com".to_owned());
    let refused = into(&MemoryFolder::new(), plan_of_all(), &options);
    assert!(matches!(refused, Err(Error::Endpoint { .. })));
}

/// A disk that fills up after some files, which leaves a folder as a killed run does.
struct Full<'f> {
    folder: &'f MemoryFolder,
    left: AtomicUsize,
}

impl Folder for Full<'_> {
    fn list(&self) -> io::Result<Vec<String>> {
        self.folder.list()
    }
    fn open(&self, path: &str) -> io::Result<Box<dyn Read + Send>> {
        self.folder.open(path)
    }
    fn create(&self, path: &str) -> io::Result<Box<dyn NewFile>> {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.left.store(left - 1, Ordering::Relaxed);
        self.folder.create(path)
    }
    fn remove(&self, path: &str) -> io::Result<()> {
        self.folder.remove(path)
    }
}

#[test]
fn a_run_that_ended_early_is_resumed_to_the_same_snapshot() {
    let plan = plan_of_all();
    let (whole, _) = read(&Fake::start());
    for files in [1, 3, 10, 20] {
        let fake = Fake::start().fault("sagemaker:Search", Fault::Denied);
        let mut options = options(&fake);
        let folder = MemoryFolder::new();
        let full = Full {
            folder: &folder,
            left: AtomicUsize::new(files),
        };
        assert!(into(&full, plan, &options).is_err());
        let first = fake.calls("sagemaker:DescribeNotebookInstance");
        options.resume = true;
        let resumed = into(&folder, plan, &options).unwrap();
        assert!(!resumed.interrupted);
        assert_eq!(verdicts(&folder), verdicts(&whole), "after {files} files");
        let (_, uninterrupted) = (0, answers(&whole));
        for (call, answer) in answers(&folder) {
            if !call.contains("DescribeTrainingJob") && !call.contains("DescribeModel") {
                assert_eq!(uninterrupted.get(&call), Some(&answer), "{call}");
            }
        }
        if files == 20 {
            // What was durable was not asked again.
            assert_eq!(fake.calls("sagemaker:DescribeNotebookInstance"), first);
        }
    }
    // A finished collection is not resumed.
    let fake = Fake::start();
    let mut options = options(&fake);
    options.resume = true;
    let again = into(&whole, plan, &options);
    assert!(matches!(again, Err(Error::NothingToResume)));
}

#[test]
fn what_cannot_have_changed_is_taken_over_and_verdicts_are_those_of_a_whole_run() {
    for searches in [true, false] {
        let plan = plan(catalog(), searches);
        let first = Fake::start().on(Day::First);
        let older = MemoryFolder::new();
        into(&older, &plan, &options(&first)).unwrap();

        let whole = MemoryFolder::new();
        let second = Fake::start().on(Day::Second);
        into(&whole, &plan, &options(&second)).unwrap();

        let fake = Fake::start().on(Day::Second);
        let (folder, collected) = since(&older, &plan, &options(&fake));
        let now = verdicts(&folder);
        assert_eq!(now, verdicts(&whole), "searches: {searches}");
        assert_ne!(now, verdicts(&older));
        assert!(
            !now.keys()
                .any(|(_, arn)| arn.ends_with("/m-3") || arn.ends_with("/job-00005"))
        );

        // Of the models two were the same, of the configurations one; of the jobs all but the one that ran and the new ones.
        let jobs = if searches { 19 } else { 23 };
        assert_eq!(collected.taken_over, 2 + 1 + jobs, "searches: {searches}");
        assert_eq!(fake.calls("sagemaker:DescribeModel"), 1);
        assert_eq!(fake.calls("sagemaker:DescribeEndpointConfig"), 1);
        // With a search, the newest jobs are found anew; the job of no name is asked for in any case.
        let described = if searches { 1 } else { 4 };
        assert_eq!(fake.calls("sagemaker:DescribeTrainingJob"), described);
        for row in &collected.manifest.coverage {
            assert_eq!(row.status, Status::Complete, "{row:?}");
        }
    }
}

#[test]
fn tags_are_not_taken_over() {
    let older = MemoryFolder::new();
    into(&older, plan_of_all(), &options(&Fake::start())).unwrap();
    let fake = Fake::start();
    let (folder, collected) = since(&older, plan_of_all(), &options(&fake));
    assert!(collected.taken_over > 20);
    let tagged = |folder: &MemoryFolder| {
        let found = answers(folder).into_iter();
        found
            .filter(|(call, answer)| call.contains("job-") && answer.contains("fraud"))
            .count()
    };
    assert_eq!(tagged(&older), 25);
    // The newest job is found by the search that looks for newer ones.
    assert_eq!(tagged(&folder), 1);
}

#[test]
fn nothing_is_taken_over_from_another_account_or_from_damage() {
    let (older, _) = read(&Fake::start());
    let fake = Fake::start();
    let mut options = options(&fake);
    options.login.keys = Some(Keys::new("other", "secret-never-written"));
    let (_, collected) = since(&older, plan_of_all(), &options);
    assert_eq!(collected.taken_over, 0);

    let path = "account=111122223333/region=eu-west-1/sagemaker.Search.ndjson.zst";
    let mut bytes = older.bytes(path).unwrap().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    older.put(path, bytes);
    let (folder, collected) = since(&older, plan_of_all(), &self::options(&fake));
    let (whole, _) = read(&Fake::start());
    assert_eq!(verdicts(&folder), verdicts(&whole));
    let told = |warning: &sagewarden_core::snapshot::Warning| {
        warning.message.contains("nothing was taken over")
    };
    assert!(collected.manifest.warnings.iter().any(told));
}
