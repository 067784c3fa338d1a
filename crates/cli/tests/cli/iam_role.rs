//! `iam role`, `iam ask` and `iam scope` on the example estate.

use serde_json::{Value, json};

use crate::world::{Ran, World, acme, findings};

const HOPPER: &str = "arn:aws:iam::444455556666:role/research-hopper";

fn ran(arguments: &[&str]) -> Ran {
    let mut all = vec!["iam"];
    all.extend(arguments);
    all.push(acme());
    World::new().run(&all)
}

fn json_of(arguments: &[&str], code: i32) -> Value {
    let mut all = arguments.to_vec();
    all.extend(["-f", "json"]);
    let ran = ran(&all);
    assert_eq!(ran.code, code, "{}{}", ran.err, ran.out);
    serde_json::from_str(&ran.out).unwrap()
}

/// Demands that a document is as its published schema says.
fn fits(document: &Value, format: &str) {
    let schema = World::new().run(&["schema", format]);
    let schema: Value = serde_json::from_str(&schema.out).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn question<'d>(document: &'d Value, name: &str) -> &'d Value {
    document["role"]["questions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|answer| answer["question"] == name)
        .unwrap()
}

#[test]
fn the_bridge_into_production_is_the_way_up() {
    let document = json_of(&["role", "research-hopper"], 0);
    fits(&document, "role");
    let role = &document["role"];
    assert_eq!(role["arn"], HOPPER);
    assert_eq!(role["environment"], "research");
    let becomes = role["becomes"].as_array().unwrap();
    let release = &becomes[0];
    assert_eq!(
        release["arn"],
        "arn:aws:iam::111122223333:role/prod-model-release"
    );
    assert_eq!(release["environment"], "production");
    assert_eq!(release["other_account"], true);
    let hops: Vec<(&str, &str)> = role["ascent"]["hops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hop| (hop["by"].as_str().unwrap(), hop["to"].as_str().unwrap()))
        .collect();
    assert_eq!(
        hops,
        [
            (
                "assumes",
                "arn:aws:iam::111122223333:role/prod-model-release"
            ),
            ("passes", "arn:aws:iam::111122223333:role/prod-breakglass"),
        ]
    );
    let assume = question(&document, "assume_roles");
    assert_eq!(
        (&assume["must"], &assume["may"]),
        (&json!("all"), &json!("all"))
    );
    assert_eq!(assume["decided_by"][0]["policy"], "lab");
    assert_eq!(assume["decided_by"][0]["path"], "Statement[1].Resource[0]");
    assert_eq!(assume["decided_by"][0]["sid"], "GoAnywhere");
    let read = question(&document, "read_objects");
    assert_eq!(read["may"], "some");
}

#[test]
fn who_can_become_it_crosses_accounts() {
    let document = json_of(&["role", "prod-model-release"], 0);
    let role = &document["role"];
    assert_eq!(role["trusts"][0]["kind"], "role");
    assert_eq!(role["trusts"][0]["principal"], HOPPER);
    let admits = role["admits"].as_array().unwrap();
    assert_eq!(admits.len(), 1);
    assert_eq!(admits[0]["arn"], HOPPER);
    assert_eq!(admits[0]["other_account"], true);
    let text = ran(&["role", "prod-notebook-legacy"]);
    assert!(
        text.out.contains("no condition on aws:SourceAccount"),
        "{}",
        text.out
    );
}

#[test]
fn a_service_limit_shows_as_a_condition_and_names_its_entry() {
    let document = json_of(&["role", "prod-notebook-legacy"], 0);
    let pass = question(&document, "pass_roles");
    assert_eq!(
        (&pass["must"], &pass["may"]),
        (&json!("none"), &json!("all"))
    );
    assert_eq!(pass["open_conditions"], json!(["iam:PassedToService"]));
    assert_eq!(pass["decided_by"][0]["version"], "v29");
    assert_eq!(pass["decided_by"][0]["path"], "Statement[30].Resource[0]");
}

#[test]
fn what_was_not_read_is_named_and_never_a_no() {
    let document = json_of(&["role", "research-lab-extras"], 0);
    for answer in document["role"]["questions"].as_array().unwrap() {
        assert_eq!(answer["settled"], false, "{answer}");
    }
    assert_eq!(document["role"]["admin"]["answer"], "unknown");
    let missing = document["role"]["missing"][0].as_str().unwrap();
    assert!(missing.starts_with("iam:GetPolicy("), "{missing}");
    let text = ran(&["role", "research-lab-extras"]);
    assert!(!text.out.contains("  none"), "{}", text.out);
}

#[test]
fn text_keeps_within_its_columns() {
    for columns in ["80", "140"] {
        for arguments in [
            ["role", "prod-notebook-legacy", "--width", columns],
            ["role", "research-hopper", "--width", columns],
        ] {
            let out = ran(&arguments).out;
            let wide = out.lines().find(|line| {
                // A word that is wider by itself stands alone.
                line.chars().count() > columns.parse().unwrap() && line.trim().contains(' ')
            });
            // Between indent and text of a long word there may be a label.
            let wide = wide.filter(|line| line.split_whitespace().count() > 2);
            assert_eq!(wide, None);
        }
    }
}

#[test]
fn one_question_has_an_answer_and_an_exit_code() {
    let pass = |target: &str, context: &[&str]| {
        let resource = format!("arn:aws:iam::111122223333:role/{target}");
        let mut arguments = vec![
            "ask",
            "--role",
            "prod-notebook-scoped",
            "--action",
            "iam:PassRole",
            "--resource",
            &resource,
        ];
        for pair in context {
            arguments.extend(["--context", pair]);
        }
        ran(&arguments)
    };
    let open = pass("prod-training", &[]);
    assert_eq!(open.code, 3);
    assert!(open.out.starts_with("conditional\n"), "{}", open.out);
    assert!(open.out.contains("iam:PassedToService"), "{}", open.out);
    let given = pass(
        "prod-training",
        &["iam:PassedToService=sagemaker.amazonaws.com"],
    );
    assert_eq!(given.code, 0, "{}", given.out);
    assert!(
        given
            .out
            .contains("fraud-review:Statement[2].Resource[0] (PassTrainingRole)"),
        "{}",
        given.out
    );
    let other = pass(
        "prod-training",
        &["iam:PassedToService=lambda.amazonaws.com"],
    );
    assert_eq!(other.code, 1);
    let denied = pass("prod-breakglass", &[]);
    assert_eq!(denied.code, 1);
    assert!(
        denied.out.contains("nothing allows it in: identity"),
        "{}",
        denied.out
    );
    let unknown = json_of(
        &[
            "ask",
            "--role",
            "research-lab-extras",
            "--action",
            "s3:GetObject",
            "--resource",
            "arn:aws:s3:::b/k",
        ],
        3,
    );
    fits(&unknown, "ask");
    assert_eq!(unknown["answer"], "unknown");
    assert!(!unknown["missing"].as_array().unwrap().is_empty());
}

#[test]
fn bad_questions_are_refused() {
    let world = World::new();
    let error = world.refused(&["iam", "role", "research-hoper", acme()]);
    assert!(error.contains("did you mean `research-hopper`?"), "{error}");
    let error = world.refused(&[
        "iam",
        "ask",
        "--role",
        "prod-training",
        "--action",
        "s3:Get*",
        "--resource",
        "*",
        acme(),
    ]);
    assert!(error.contains("`s3:Get*`"), "{error}");
    let error = world.refused(&[
        "iam",
        "ask",
        "--role",
        "prod-training",
        "--action",
        "s3:GetObject",
        "--resource",
        "*",
        "--context",
        "novalue",
        acme(),
    ]);
    assert!(error.contains("`novalue` is not KEY=VALUE"), "{error}");
    let error = world.refused(&["iam", "scope", "nobody", acme()]);
    assert!(error.contains("`nobody`"), "{error}");
}

/// The roles that notebooks, jobs and models of the estate run as.
const ROLES: [&str; 15] = [
    "prod-breakglass",
    "prod-notebook-legacy",
    "prod-notebook-scoped",
    "prod-serving",
    "prod-training",
    "prod-training-broad",
    "research-bounded-admin",
    "research-cancelled",
    "research-hopper",
    "research-mitigated",
    "research-notaction",
    "research-platform",
    "research-service-limited",
    "research-serving",
    "research-training",
];

#[test]
fn every_proposed_policy_passes_the_controls_and_is_never_wider_than_its_entries() {
    let mut cases = String::new();
    for role in ROLES {
        let document = json_of(&["scope", role], 0);
        let trial = &document["trial"];
        assert_eq!(trial["accepted"], true, "{role}");
        assert_eq!(trial["still"], json!([]), "{role}");
        for verdict in trial["verdicts"].as_array().unwrap() {
            let after = verdict["after"].as_str().unwrap();
            assert!(
                ["pass", "not_applicable"].contains(&after),
                "{role}: {verdict}"
            );
        }
        for (action, universe) in [
            ("s3:GetObject", "s3:object"),
            ("s3:PutObject", "s3:object"),
            ("iam:PassRole", "iam:role@own"),
            ("sts:AssumeRole", "iam:role@any"),
        ] {
            let outside: Vec<&Value> = document["proposal"]["statements"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|statement| {
                    statement["actions"]
                        .as_array()
                        .unwrap()
                        .contains(&json!(action))
                })
                .flat_map(|statement| statement["resources"].as_array().unwrap())
                .collect();
            let case = json!({
                "id": format!("{role} {action}"), "role": document["proposal"]["role"],
                "policies": [{"name": "p", "document": document["proposal"]["documents"][0]}],
                "question": {"kind": "universal", "action": action, "universe": universe,
                    "outside": outside},
            });
            cases.push_str(&format!("{case}\n"));
        }
    }
    // The policies alone, asked by the solver of cases what they grant outside their own entries.
    let world = World::new();
    let file = world.write("cases.jsonl", cases);
    let answers = world.run(&["iam", "solve", file.to_str().unwrap()]);
    assert_eq!(answers.out.lines().count(), ROLES.len() * 4);
    for answer in answers.out.lines() {
        let answer: Value = serde_json::from_str(answer).unwrap();
        assert_eq!(answer["may"], "none", "{answer}");
    }
}

#[test]
fn the_policy_alone_is_the_document_of_the_whole_answer() {
    let document = json_of(&["scope", "prod-training-broad"], 0);
    fits(&document, "scope");
    let policy = ran(&["scope", "prod-training-broad", "-f", "policy"]);
    assert_eq!(policy.code, 0);
    let policy: Value = serde_json::from_str(&policy.out).unwrap();
    assert_eq!(json!([policy]), document["proposal"]["documents"]);
}

#[test]
fn the_policy_reads_what_the_job_reads_and_tells_what_is_lost() {
    let document = json_of(&["scope", "prod-training-broad"], 0);
    let read = &document["proposal"]["statements"][0];
    assert_eq!(read["actions"], json!(["s3:GetObject"]));
    assert_eq!(
        read["resources"],
        json!(["arn:aws:s3:::datavendor-feeds/clickstream/2026-09/*"])
    );
    let becomes: Vec<&str> = document["trial"]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["becomes"].as_str().unwrap())
        .collect();
    assert_eq!(becomes, ["narrowed", "dropped", "dropped"]);
    let lost: Vec<(&str, bool)> = document["trial"]["losses"]
        .as_array()
        .unwrap()
        .iter()
        .map(|loss| {
            (
                loss["action"].as_str().unwrap(),
                loss["partly"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        lost,
        [
            ("s3:GetObject", true),
            ("iam:PassRole", false),
            ("kms:Decrypt", false)
        ]
    );
    let changed: Vec<(&str, &str)> = document["trial"]["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["today"].as_str().unwrap(),
                one["after"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(changed, [("fail", "pass"), ("fail", "pass")]);
}

#[test]
fn a_bucket_that_nobody_owns_is_left_out() {
    let document = json_of(&["scope", "prod-training"], 0);
    let text = document["proposal"]["documents"].to_string();
    assert!(!text.contains("acme-old-feeds"), "{text}");
    let notes = document["proposal"]["notes"].to_string();
    assert!(notes.contains("`acme-old-feeds` does not exist"), "{notes}");
}

#[test]
fn a_role_that_declares_nothing_gets_no_policy() {
    let refused = ran(&["scope", "prod-studio-risk", "-f", "policy"]);
    assert_eq!((refused.code, refused.out.as_str()), (1, ""));
    assert!(
        refused.err.contains("nothing is proposed"),
        "{}",
        refused.err
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for arguments in [
        ["role", "prod-notebook-legacy", "-f", "json"],
        ["scope", "prod-training", "-f", "json"],
    ] {
        assert_eq!(ran(&arguments).out, ran(&arguments).out);
    }
}

#[test]
fn every_finding_about_a_role_names_a_witness_and_what_would_remain() {
    let assessment =
        World::new().assess(&[acme(), "--control", "NOTEBOOK.*", "--control", "TRAINING.*"]);
    let mut seen = 0;
    for finding in findings(&assessment) {
        let control = finding["control"].as_str().unwrap();
        let about_role = control.contains("OVERPERM") || control.contains("ASSUMEROLE");
        let policy = &finding["remediation"]["policy"];
        if finding["verdict"] != "fail" || !about_role {
            assert!(policy.is_null(), "{control}");
            continue;
        }
        seen += 1;
        let witness = policy["witness"].as_str().unwrap();
        assert!(witness.starts_with("arn:aws:"), "{control}: {policy}");
        let granted = &policy["granted_by"][0];
        assert!(
            granted["statement"].as_str().unwrap().contains("Effect"),
            "{control}"
        );
        assert!(
            granted["path"].as_str().unwrap().starts_with("Statement["),
            "{control}"
        );
        assert_eq!(policy["mends"], true, "{control}: {policy}");
    }
    assert_eq!(seen, 16);
    let text = World::new().run(&[
        "check",
        acme(),
        "--control",
        "TRAINING.OVERPERM.S3.001",
        "--show",
        "fail",
    ]);
    assert!(
        text.out
            .contains("by convenience:Statement[0].Resource[0] (AnyBucket)"),
        "{}",
        text.out
    );
    assert!(
        text.out
            .contains("; what remains: arn:aws:s3:::datavendor-feeds/"),
        "{}",
        text.out
    );
}

/// What jobs need is part of the answer, so that a run that did not look at them all must not give one.
#[test]
fn what_remains_is_told_only_where_every_job_was_looked_at() {
    let narrowed: [&[&str]; 3] = [
        &["--control", "NOTEBOOK.OVERPERM.PASSROLE.*"],
        &["--control", "*.OVERPERM.*", "--accounts", "111122223333"],
        &["--control", "*.OVERPERM.*", "--regions", "eu-west-1"],
    ];
    for narrowed in narrowed {
        let mut arguments = vec![acme()];
        arguments.extend(narrowed);
        let assessment = World::new().assess(&arguments);
        let fails = findings(&assessment)
            .iter()
            .filter(|finding| finding["verdict"] == "fail");
        let mut seen = 0;
        for finding in fails {
            seen += 1;
            let policy = &finding["remediation"]["policy"];
            assert_eq!(policy["after"], "undecided", "{policy}");
            assert_eq!(policy["mends"], false, "{policy}");
            assert_eq!(policy["statements"], json!([]), "{policy}");
        }
        assert!(seen > 0, "{narrowed:?}");
    }
    let control = "NOTEBOOK.OVERPERM.PASSROLE.*";
    let ran = World::new().run(&["check", acme(), "--control", control]);
    assert!(ran.out.contains("tells what would remain"), "{}", ran.out);
    assert!(!ran.out.contains("what remains"), "{}", ran.out);
}
