//! `scan` and `collect` against a server on this machine: what is told, what is kept, and what never is.

#[allow(
    dead_code,
    reason = "the tests of the collector use what these leave unused"
)]
#[path = "../../../collect/tests/fake/mod.rs"]
mod fake;

use fake::{Day, Fake, Fault};
use serde_json::Value;

use crate::world::{Ran, World};

const SECRETS: [&str; 3] = ["planted", "secret-never-written", "cGxhbnRlZC1zY3JpcHQ"];

fn ask(world: &World, fake: &Fake, arguments: &[&str]) -> Ran {
    let mut command = signed_in(world, arguments);
    command.args(["--endpoint-url", &fake.url]);
    Ran::from(command.output().unwrap())
}

/// A command whose AWS settings are the test's alone.
fn signed_in(world: &World, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = world.command(arguments);
    let environment = std::env::vars().map(|(name, _)| name);
    for name in environment.filter(|name| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .args(["--regions", "eu-west-1"])
        .args(["--as-of", "2026-11-24T06:00:00Z", "--rate", "10000"])
        .env("AWS_ACCESS_KEY_ID", "own")
        .env("AWS_SECRET_ACCESS_KEY", "secret-never-written")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "eu-west-1");
    command
}

#[test]
fn credentials_alone_are_enough() {
    let world = World::new();
    let fake = Fake::start();
    let mut command = world.command(&["scan", "-f", "json", "--rate", "10000"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("AWS_")) {
        command.env_remove(name);
    }
    command
        .args(["--endpoint-url", &fake.url])
        .env("AWS_CONFIG_FILE", world.path("none"))
        .env("AWS_SHARED_CREDENTIALS_FILE", world.path("none"))
        .env("AWS_ACCESS_KEY_ID", "own")
        .env("AWS_SECRET_ACCESS_KEY", "secret-never-written")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 1, "{ran:?}");
    let assessment: Value = serde_json::from_str(&ran.out).unwrap();
    let read: Vec<&Value> = assessment["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| &finding["asset"]["region"])
        .collect();
    assert!(!read.is_empty() && read.iter().all(|region| *region == "eu-west-1"));
}

#[test]
fn an_identity_that_cannot_be_asked_tells_where() {
    let world = World::new();
    let mut command = signed_in(&world, &["scan"]);
    command.args(["--endpoint-url", "http://127.0.0.1:1"]);
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err
            .contains("in eu-west-1 who is signed in: ConnectionFailed"),
        "{}",
        ran.err
    );
}

#[test]
fn a_profile_that_gives_no_credentials_is_named() {
    let world = World::new();
    let mut command = signed_in(&world, &["scan", "--aws-profile", "nobody"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY")
        .env("AWS_CONFIG_FILE", world.path("none"))
        .env("AWS_SHARED_CREDENTIALS_FILE", world.path("none"));
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.err.contains("no usable credentials: profile `nobody`"),
        "{}",
        ran.err
    );
}

#[test]
fn the_log_tells_each_call_and_no_secret() {
    let world = World::new();
    let fake = Fake::start().fault("sagemaker:Search", Fault::Denied);
    let arguments = ["scan", "-vvv", "--log-format", "json", "-f", "json"];
    let ran = ask(&world, &fake, &arguments);
    assert!([0, 1].contains(&ran.code), "{ran:?}");
    for secret in SECRETS {
        assert!(!ran.err.contains(secret) && !ran.out.contains(secret));
    }
    let lines: Vec<Value> = ran
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
        .collect();
    let calls: Vec<&Value> = lines
        .iter()
        .filter(|line| line["message"] == "call")
        .collect();
    let made: u32 = fake.state.lock().unwrap().calls.values().sum();
    assert_eq!(calls.len(), made as usize);
    let described = calls
        .iter()
        .find(|call| call["operation"] == "sagemaker:DescribeModel")
        .unwrap();
    assert_eq!(described["request_id"], "test");
    assert_eq!(described["account"], "111122223333");
    assert!(described["ms"].is_u64());

    let text = ask(&world, &fake, &["scan", "-v", "--control", "NOTEBOOK.*"]);
    assert!(text.err.contains(" INFO call "), "{}", text.err);
    let quiet = ask(&world, &Fake::start(), &["scan", "--control", "NOTEBOOK.*"]);
    assert_eq!(quiet.err, "");
}

#[test]
fn a_later_collection_takes_over_and_a_dry_run_tells_how_many_calls_it_makes() {
    let world = World::new();
    let first = Fake::start().on(Day::First);
    let ran = ask(&world, &first, &["collect", "-o", "monday"]);
    assert_eq!(ran.code, 0, "{ran:?}");

    let none = Fake::start();
    let planned = ask(&world, &none, &["scan", "--dry-run", "--since", "monday"]);
    assert_eq!(planned.code, 0, "{planned:?}");
    assert!(none.state.lock().unwrap().calls.is_empty());
    let expected = |operation: &str| -> u32 {
        let line = planned.out.lines().find(|line| line.starts_with(operation));
        line.map_or(0, |line| line.rsplit(' ').next().unwrap().parse().unwrap())
    };

    let second = Fake::start();
    let ran = ask(
        &world,
        &second,
        &["collect", "-o", "tuesday", "--since", "monday"],
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("were taken over"), "{ran:?}");
    for (operation, calls) in &second.state.lock().unwrap().calls {
        // Pages of a search depend on how many jobs are newer, and who is asking is asked twice.
        if !["sagemaker:Search", "sts:GetCallerIdentity"].contains(&operation.as_str()) {
            assert_eq!(expected(operation), *calls, "{operation}");
        }
    }

    let scanned = ask(&world, &Fake::start(), &["scan", "-f", "json"]);
    let checked = world.run(&["check", "tuesday", "-f", "json"]);
    let findings = |ran: &Ran| {
        let assessment: Value = serde_json::from_str(&ran.out).unwrap();
        assessment["summary"].clone()
    };
    assert_eq!(findings(&scanned), findings(&checked));
}

#[test]
fn a_snapshot_that_is_none_is_refused_before_any_call() {
    let world = World::new();
    let fake = Fake::start();
    let ran = ask(&world, &fake, &["scan", "--since", "nowhere"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("`nowhere`"), "{ran:?}");
    assert!(fake.state.lock().unwrap().calls.is_empty());
}

#[test]
fn addresses_are_taken_from_the_shared_configuration_unless_it_says_that_none_counts() {
    let world = World::new();
    let (one, all) = (Fake::start(), Fake::start());
    let configuration = format!(
        "[profile p]\nservices = here\nendpoint_url = {}\n[services here]\nsagemaker =\n  endpoint_url = {}\n",
        all.url, one.url
    );
    let config = world.write("config", &configuration);
    let arguments = ["scan", "--aws-profile", "p", "--control", "NOTEBOOK.*"];
    let mut command = signed_in(&world, &arguments);
    let ran = Ran::from(command.env("AWS_CONFIG_FILE", &config).output().unwrap());
    assert!([0, 1].contains(&ran.code), "{ran:?}");
    let services = |fake: &Fake| {
        let calls = fake.state.lock().unwrap().calls.clone();
        let names = calls.into_keys();
        names
            .map(|name| name.split(':').next().unwrap().to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(Vec::from_iter(services(&one)), ["sagemaker"]);
    assert!(services(&all).contains("sts") && !services(&all).contains("sagemaker"));

    // Nothing listens where the proxy is said to be, so that AWS itself is not asked.
    let ignored = format!("{configuration}[profile q]\nignore_configured_endpoint_urls = true\n");
    let config = world.write("config", ignored);
    let mut command = signed_in(&world, &["scan", "--aws-profile", "q"]);
    let ran = command
        .env("AWS_CONFIG_FILE", &config)
        .env("AWS_ENDPOINT_URL", &all.url)
        .env("HTTPS_PROXY", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let ran = Ran::from(ran);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("ConnectionFailed"), "{ran:?}");
}

#[test]
fn certificates_that_cannot_be_read_end_the_run() {
    let world = World::new();
    let config = world.write("config", "[profile p]\nca_bundle = nowhere.pem\n");
    let mut by_profile = signed_in(&world, &["scan", "--aws-profile", "p"]);
    by_profile.env("AWS_CONFIG_FILE", config);
    let mut by_environment = signed_in(&world, &["scan"]);
    by_environment.env("AWS_CA_BUNDLE", "nowhere.pem");
    for mut command in [by_profile, by_environment] {
        let ran = Ran::from(command.output().unwrap());
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.err.contains("`nowhere.pem`"), "{ran:?}");
    }
}

#[test]
fn units_are_named_by_id() {
    let world = World::new();
    let ran = world.run(&["scan", "--org", "--ou", "Research"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("not the id of an organisational unit"));
}
