//! Accepted findings: what a waiver covers, what it must not, and what is said of it.

use serde_json::{Value, json};

use crate::world::World;

const NOW: &str = "2026-11-24T06:00:00Z";

fn entry(id: &str, more: &str) -> String {
    format!(
        "  - id: {id}\n    controls: [NOTEBOOK.ROOT.001]\n    kind: accepted-risk\n    reason: students need packages\n    owner: ml@example.com\n    created: 2026-11-01\n    expires: 2026-12-31\n{more}"
    )
}

fn file(entries: &[String]) -> String {
    format!("version: 1\nwaivers:\n{}", entries.concat())
}

const ON_NB: &str = "    match: { assets: [\"arn:aws:sagemaker:*:*:notebook-instance/nb\"] }\n";

/// Disposition and waiver of the findings of `NOTEBOOK.ROOT.001`, by asset.
fn dispositions(world: &World, more: &[&str]) -> Vec<(String, String, String)> {
    let mut arguments = vec![
        "raw",
        "--control",
        "NOTEBOOK.ROOT.001",
        "--as-of",
        NOW,
        "--waivers",
        "w.yaml",
    ];
    arguments.extend(more);
    let assessment = world.assess(&arguments);
    assessment["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            assert_eq!(finding["verdict"], "fail");
            (
                text(&finding["asset"]["name"]),
                text(&finding["disposition"]),
                text(&finding["waiver"]["source"]),
            )
        })
        .collect()
}

fn row(name: &str, disposition: &str, waiver: &str) -> (String, String, String) {
    (name.to_owned(), disposition.to_owned(), waiver.to_owned())
}

#[test]
fn a_waived_finding_stays_a_fail_and_does_not_count_for_the_exit_code() {
    let world = World::with_notebook();
    world.notebook("other", "Enabled");
    world.write("w.yaml", file(&[entry("W1", ON_NB)]));
    assert_eq!(
        dispositions(&world, &[]),
        [row("nb", "waived", "W1"), row("other", "open", "")]
    );
    let check = |more: &[&str]| {
        let mut arguments = vec![
            "check",
            "raw",
            "--control",
            "NOTEBOOK.ROOT.001",
            "--as-of",
            NOW,
            "--fail-on",
            "medium",
        ];
        arguments.extend(more);
        world.run(&arguments).code
    };
    assert_eq!(check(&["--waivers", "w.yaml"]), 1);
    world.write(
        "w.yaml",
        file(&[entry("W1", "    match: { accounts: [\"111122223333\"] }\n")]),
    );
    assert_eq!(check(&["--waivers", "w.yaml"]), 0);
    assert_eq!(check(&[]), 1);
    world.write("sagewarden.toml", "waivers = [\"w.yaml\"]\n");
    assert_eq!(check(&[]), 0);
}

#[test]
fn what_voids_a_waiver_leaves_the_finding_open() {
    for more in [
        // Beyond its count.
        "    match: { accounts: [\"111122223333\"] }\n    max_matches: 1\n",
        // The compensating control fails.
        "    match: { accounts: [\"111122223333\"] }\n    requires_passing: [NOTEBOOK.INTERNET.001]\n",
        // The tags were not read.
        "    match: { tags: { env: sandbox } }\n",
        "    match: { accounts: [\"111122223333\"] }\n    except: { tags: { data: phi } }\n",
        "    match: { regions: [\"us-*\"] }\n",
        "    match: { assets: [\"notebook-instance/nb\"] }\n",
    ] {
        let world = World::with_notebook();
        world.notebook("other", "Enabled");
        world.write("w.yaml", file(&[entry("W1", more)]));
        assert_eq!(
            dispositions(&world, &["--control", "NOTEBOOK.ROOT.001"]),
            [row("nb", "open", ""), row("other", "open", "")],
            "{more}"
        );
    }
}

#[test]
fn tags_that_were_read_decide() {
    let world = World::with_notebook();
    let tags = |value: &str| json!({"Tags": [{"Key": "env", "Value": value}]}).to_string();
    let list = "raw/111122223333/eu-west-1/list-tags--ResourceArn=arn%3Aaws%3Asagemaker%3Aeu-west-1%3A111122223333%3Anotebook-instance%2Fnb.json";
    world.write(
        "w.yaml",
        file(&[entry("W1", "    match: { tags: { env: \"sand*\" } }\n")]),
    );
    world.write(list, tags("sandbox"));
    assert_eq!(dispositions(&world, &[]), [row("nb", "waived", "W1")]);
    world.write(list, tags("production"));
    assert_eq!(dispositions(&world, &[]), [row("nb", "open", "")]);
}

#[test]
fn a_waiver_ends_with_its_last_day() {
    let world = World::with_notebook();
    world.write("w.yaml", file(&[entry("W1", ON_NB)]));
    let at = |as_of: &str| {
        let assessment = world.assess(&[
            "raw",
            "--control",
            "NOTEBOOK.ROOT.001",
            "--as-of",
            as_of,
            "--waivers",
            "w.yaml",
        ]);
        assessment["findings"][0]["disposition"].clone()
    };
    assert_eq!(at("2026-12-31T23:59:59Z"), "waived");
    assert_eq!(at("2027-01-01T00:00:00Z"), "open");
    assert_eq!(at("2026-10-31T23:59:59Z"), "open");
}

#[test]
fn a_waiver_on_one_job_does_not_hide_its_family() {
    let world = World::new();
    for name in ["train-1", "train-2", "train-3"] {
        world.write(
            &format!("raw/111122223333/eu-west-1/describe-training-job--TrainingJobName={name}.json"),
            json!({
                "TrainingJobName": name,
                "TrainingJobArn": format!("arn:aws:sagemaker:eu-west-1:111122223333:training-job/{name}"),
                "TrainingJobStatus": "Completed",
                "CreationTime": "2026-11-20T00:00:00Z",
                "RoleArn": "arn:aws:iam::111122223333:role/train",
                "AlgorithmSpecification": { "TrainingImage": "i", "TrainingInputMode": "File" },
                "OutputDataConfig": { "S3OutputPath": "s3://b/o" },
                "ResourceConfig": { "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10 },
                "StoppingCondition": {}
            })
            .to_string(),
        );
    }
    world.write(
        "w.yaml",
        "version: 1\nwaivers:\n  - id: W1\n    controls: [TRAINING.ISOLATION.001]\n    match: { assets: [\"arn:*/train-2\"] }\n    kind: mitigated\n    reason: a one-off replay in a sealed account\n    owner: ml@example.com\n    created: 2026-11-20\n    expires: 2026-12-20\n",
    );
    let rows = |more: &[&str]| -> Vec<(u64, String, String)> {
        let mut arguments = vec!["raw", "--control", "TRAINING.ISOLATION.001", "--as-of", NOW];
        arguments.extend(more);
        let mut rows: Vec<_> = world.assess(&arguments)["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| {
                (
                    finding["count"].as_u64().unwrap(),
                    finding["disposition"].as_str().unwrap().to_owned(),
                    finding["id"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        rows.sort();
        rows
    };
    let folded = rows(&[]);
    assert_eq!(folded.len(), 1);
    assert_eq!((folded[0].0, folded[0].1.as_str()), (3, "open"));
    let split = rows(&["--waivers", "w.yaml"]);
    assert_eq!(split.len(), 2);
    assert_eq!((split[0].0, split[0].1.as_str()), (1, "waived"));
    assert_eq!((split[1].0, split[1].1.as_str()), (2, "open"));
    assert_ne!(split[0].2, split[1].2);
}

#[test]
fn lint_tells_what_is_wrong_and_exits_with_1() {
    let world = World::with_notebook();
    let lint = |paths: &[&str]| {
        let mut arguments = vec!["waivers", "lint", "--waivers", "w.yaml", "--as-of", NOW];
        arguments.extend(paths);
        let ran = world.run(&arguments);
        (ran.code, ran.out)
    };
    world.write("w.yaml", file(&[entry("W1", ON_NB)]));
    assert_eq!(lint(&[]), (0, String::new()));
    assert_eq!(lint(&["raw"]), (0, String::new()));
    world.write(
        "w.yaml",
        file(&[
            entry("W1", ON_NB),
            entry("W2", ON_NB),
            entry("W3", "    match: { assets: [\"arn:*/gone\"] }\n"),
            entry("W4", "").replace("2026-12-31", "2026-11-30"),
            entry("W5", ON_NB).replace("2026-12-31", "2026-11-20"),
            entry("W6", ON_NB).replace("NOTEBOOK.ROOT.001", "NOTEBOOK.ROOT.002"),
        ]),
    );
    let (code, out) = lint(&["raw"]);
    assert_eq!(code, 1);
    let codes: Vec<&str> = out
        .lines()
        .map(|line| line.rsplit_once('(').unwrap().1.trim_end_matches(')'))
        .collect();
    assert_eq!(
        codes,
        [
            "warning: shadowed",
            "warning: unused",
            "error: over_broad",
            "warning: expires_soon",
            "warning: shadowed",
            "error: expired",
            "error: unknown_control",
            "warning: unused",
        ],
        "{out}"
    );
    assert!(out.starts_with("w.yaml:11: waiver `W2` "), "{out}");
}

#[test]
fn a_file_that_cannot_be_read_stops_the_run_with_its_line() {
    let world = World::with_notebook();
    world.write("w.yaml", file(&[entry("W1", "    math: {}\n")]));
    let line = world.refused(&["check", "raw", "--waivers", "w.yaml"]);
    assert!(line.starts_with("w.yaml:10: "), "{line}");
    world.write("v.yaml", file(&[entry("W1", ON_NB)]));
    world.write("w.yaml", file(&[entry("W1", ON_NB)]));
    let line = world.refused(&["check", "raw", "--waivers", "w.yaml", "--waivers", "v.yaml"]);
    assert!(line.contains("already stands at w.yaml:3"), "{line}");
}

#[test]
fn what_new_writes_waives_the_finding() {
    let world = World::with_notebook();
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb";
    let new = |subject: &str| {
        world.run(&[
            "waivers",
            "new",
            subject,
            "--owner",
            "ml@example.com",
            "--reason",
            "students need: packages",
            "--as-of",
            NOW,
            "-o",
            "w.yaml",
        ])
    };
    assert_eq!(new(&format!("NOTEBOOK.ROOT.001@{arn}")).code, 0);
    assert_eq!(new(&format!("NOTEBOOK.VPC.001@{arn}")).code, 0);
    let rows = dispositions(&world, &[]);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].1, "waived");
    let before = world.read("w.yaml");
    // The same again would have the same id.
    assert_eq!(new(&format!("NOTEBOOK.VPC.001@{arn}")).code, 2);
    assert_eq!(world.read("w.yaml"), before);
    assert_eq!(new("NOTEBOOK.ROOT.001@arn:*").code, 2);
}

#[test]
fn a_mutelist_is_imported() {
    let world = World::with_notebook();
    world.write(
        "mutelist.yaml",
        "Mutelist:\n  Accounts:\n    \"111122223333\":\n      Checks:\n        sagemaker_notebook_instance_root_access_disabled:\n          Regions: [\"*\"]\n          Resources: [\"nb\"]\n        sagemaker_notebook_instance_vpc_settings_configured:\n          Regions: [\"*\"]\n          Resources: [\"a+\"]\n",
    );
    let ran = world.run(&[
        "waivers",
        "import",
        "mutelist.yaml",
        "--owner",
        "ml@example.com",
        "--as-of",
        NOW,
        "-o",
        "w.yaml",
    ]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("a+"), "{ran:?}");
    assert_eq!(
        dispositions(&world, &[]),
        [row("nb", "waived", "PROWLER-001")]
    );
}
