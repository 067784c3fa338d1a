use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;
use crate::asset::{Asset, AssetKind};
use crate::evaluate::Truth;
use crate::json::Node;
use crate::waiver::scope::searched;

const DAY: Date = date(2026, 11, 24);

fn file(entry: &str) -> String {
    format!("version: 1\nwaivers:\n{entry}")
}

const ENTRY: &str = r#"  - id: WVR-1
    controls: [NOTEBOOK.ROOT.001]
    match:
      accounts: ["111122223333"]
      tags: { env: "sand*" }
    except: { tags: { data: phi } }
    kind: accepted-risk
    requires_passing: [NOTEBOOK.VPC.001]
    reason: students need packages
    owner: ml@example.com
    created: 2026-11-01
    expires: 2026-11-24
    max_matches: 2
"#;

fn asset(name: &str) -> Asset {
    Asset {
        account: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        kind: AssetKind::NotebookInstance,
        name: name.to_owned(),
        arn: format!("arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/{name}"),
    }
}

fn the_waiver() -> Waiver {
    parse("w.yaml", &file(ENTRY)).unwrap().remove(0)
}

#[test]
fn a_file_is_read_as_written() {
    let waiver = the_waiver();
    assert_eq!(waiver.place, "w.yaml:3");
    assert_eq!(waiver.kind, Kind::AcceptedRisk);
    assert!(waiver.names("CTL.SAGEMAKER.NOTEBOOK.ROOT.001"));
    assert!(!waiver.names("CTL.SAGEMAKER.NOTEBOOK.VPC.001"));
    assert_eq!(waiver.max_matches, Some(2));
}

#[test]
fn the_last_day_counts_and_the_next_does_not() {
    let waiver = the_waiver();
    assert!(waiver.holds_on(DAY));
    assert!(!waiver.holds_on(DAY.tomorrow().unwrap()));
    assert!(!waiver.holds_on(date(2026, 10, 31)));
    let late = Time::parse("2026-11-24T23:59:59Z").unwrap();
    assert_eq!(day_of(late), DAY);
}

#[test]
fn what_cannot_be_used_is_told_with_its_line() {
    for (from, to, line, says) in [
        ("id: WVR-1", "id: WVR 1", 3, "one word"),
        (
            "reason: students need packages",
            "reason: why not",
            11,
            "too short",
        ),
        ("owner: ml@example.com", "owner: \"\"", 12, "no owner"),
        ("expires: 2026-11-24", "expires: 24.11.2026", 14, "no date"),
        (
            "expires: 2026-11-24",
            "expires: 2026-10-01",
            14,
            "before it is created",
        ),
        ("\"111122223333\"", "\"ou:research\"", 3, "not collected"),
        ("\"111122223333\"", "\"research\"", 3, "no account"),
        ("kind: accepted-risk", "kind: whatever", 9, "whatever"),
        ("max_matches: 2", "max_match: 2", 15, "max_match"),
    ] {
        let text = file(&ENTRY.replace(from, to));
        assert_ne!(text, file(ENTRY), "{from}");
        let errors = parse("w.yaml", &text).unwrap_err();
        let error = errors[0].to_string();
        assert!(error.starts_with(&format!("w.yaml:{line}: ")), "{error}");
        assert!(error.contains(says), "{error}");
    }
    let twice = parse("w.yaml", &file(&format!("{ENTRY}{ENTRY}"))).unwrap_err();
    assert!(twice[0].message.contains("twice"));
    let version = parse("w.yaml", "version: 2\n").unwrap_err();
    assert_eq!(version[0].place, "w.yaml:1");
}

#[test]
fn patterns_are_anchored_and_unread_tags_decide_nothing() {
    let scope = Scope {
        assets: vec!["arn:aws:sagemaker:*:*:notebook-instance/logs".to_owned()],
        ..Scope::default()
    };
    assert_eq!(scope.covers(&asset("logs"), || None), Truth::True);
    assert_eq!(scope.covers(&asset("logs-archive"), || None), Truth::False);
    let tagged = the_waiver().scope;
    let sandbox = BTreeMap::from([("env".to_owned(), "sandbox".to_owned())]);
    let none = BTreeMap::new();
    assert_eq!(tagged.covers(&asset("a"), || Some(&sandbox)), Truth::True);
    assert_eq!(tagged.covers(&asset("a"), || Some(&none)), Truth::False);
    assert_eq!(tagged.covers(&asset("a"), || None), Truth::Unknown);
}

#[test]
fn a_record_of_a_search_tells_its_tags_wrapped_or_not() {
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/j";
    let record = format!(
        r#"{{"TrainingJobName":"j","TrainingJobArn":"{arn}","Tags":[{{"Key":"team","Value":"ml"}}]}}"#
    );
    let tags = BTreeMap::from([("team".to_owned(), "ml".to_owned())]);
    let known = Some((arn.to_owned(), tags));
    let read = |text: &str| searched(&Node::parse(text).unwrap());
    assert_eq!(read(&record), known);
    assert_eq!(read(&format!(r#"{{"TrainingJob":{record}}}"#)), known);
    let model = record.replace("TrainingJob", "Model");
    assert_eq!(read(&format!(r#"{{"Model":{{"Model":{model}}}}}"#)), known);
    assert_eq!(read(&format!(r#"{{"Model":{model}}}"#)), known);
    // One that was taken over without its tags is not one without tags.
    assert_eq!(read(&record.replace("Tags", "Labels")), None);
}

#[test]
fn diagnostics_follow_the_day_and_the_width() {
    let controls = [
        "CTL.SAGEMAKER.NOTEBOOK.ROOT.001",
        "CTL.SAGEMAKER.NOTEBOOK.VPC.001",
    ];
    let codes = |waiver: Waiver, day| -> Vec<Code> {
        let waivers = Waivers {
            claims: Vec::new(),
            all: vec![waiver],
            caps: Caps::default(),
        };
        lint(&waivers, day, controls.iter().copied(), None)
            .into_iter()
            .map(|found| found.code)
            .collect()
    };
    assert_eq!(codes(the_waiver(), date(2026, 11, 10)), []);
    assert_eq!(codes(the_waiver(), date(2026, 11, 11)), [Code::ExpiresSoon]);
    assert_eq!(codes(the_waiver(), date(2026, 11, 25)), [Code::Expired]);
    assert_eq!(codes(the_waiver(), date(2026, 10, 31)), [Code::NotYet]);
    let mut wrong = the_waiver();
    wrong.controls.push("NOTEBOOK.ROOTS.*".to_owned());
    wrong.scope = Scope {
        accounts: vec!["*".to_owned()],
        assets: vec!["arn:*:*".to_owned()],
        ..Scope::default()
    };
    assert_eq!(
        codes(wrong, date(2026, 11, 5)),
        [Code::UnknownControl, Code::OverBroad]
    );
}

#[test]
fn a_mutelist_becomes_waivers_that_cover_no_more() {
    let text = r#"
Mutelist:
  Accounts:
    "111122223333":
      Checks:
        sagemaker_notebook_instance_root_access_disabled:
          Regions: ["eu-west-1"]
          Resources: ["research-.*", "^lab$|tmp"]
          Tags: ["env=sandbox"]
          Exceptions: { Regions: [], Resources: ["research-prod"] }
          Description: "students need packages"
        sagemaker_notebook_instance_vpc_settings_configured:
          Regions: ["*"]
          Resources: ["nb-[0-9]+"]
        s3_bucket_default_encryption:
          Regions: ["*"]
          Resources: ["*"]
    "*":
      Checks:
        "sagemaker_models_*": { Regions: ["*"], Resources: ["*"] }
"#;
    let terms = import::Terms {
        owner: "ml@example.com".to_owned(),
        created: DAY,
        expires: date(2027, 1, 31),
    };
    let imported = import::import("mutelist.yaml", text, &terms).unwrap();
    assert_eq!(imported.left_out.len(), 1, "{:?}", imported.left_out);
    assert!(imported.left_out[0].contains("nb-[0-9]+"));
    let written: String = imported.drafts.iter().map(draft).collect();
    let waivers = parse("w.yaml", &file(&written)).unwrap();
    assert_eq!(waivers.len(), 2);
    let models = waivers
        .iter()
        .find(|waiver| waiver.controls.len() == 2)
        .unwrap();
    assert!(models.scope.is_everything());
    let root = waivers
        .iter()
        .find(|waiver| waiver.controls.len() == 1)
        .unwrap();
    assert_eq!(root.reason, "students need packages");
    let tags = BTreeMap::from([("env".to_owned(), "sandbox".to_owned())]);
    for (name, expected) in [
        ("research-1", Truth::True),
        ("lab", Truth::True),
        ("lab-2", Truth::False),
        ("my-research-1", Truth::False),
    ] {
        assert_eq!(
            root.scope.covers(&asset(name), || Some(&tags)),
            expected,
            "{name}"
        );
    }
    let except = root.except.as_ref().unwrap();
    assert_eq!(except.covers(&asset("research-prod"), || None), Truth::True);
}

#[test]
fn exceptions_of_stave_hold_as_long_and_as_far_as_they_said() {
    let text = r#"
schema_version: "1.0"
last_modified_by: jane@example.com
acknowledgments:
  - id: ACK-1
    control_id: CTL.SAGEMAKER.NOTEBOOK.ROOT.001
    asset_id: arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/lab
    rationale: "students install packages"
    acknowledged_by: lead@example.com
    acknowledged_date: "2026-03-15"
    expiry_date: "2026-12-31"
    compensating_controls: [CTL.SAGEMAKER.NOTEBOOK.VPC.001, "a sealed account"]
    status: active
    audit_trail: [{ action: created }]
  - { id: ACK-2, control_id: CTL.SAGEMAKER.NOTEBOOK.ROOT.001, asset_id: "arn:aws:sagemaker:x:1:notebook-instance/a", requires_passing: [CTL.S3.ENCRYPT.001] }
  - { id: ACK-3, control_id: CTL.S3.ENCRYPT.001, asset_id: "arn:aws:s3:::logs" }
exceptions:
  - { id: EXC-1, control_id: CTL.SAGEMAKER.NOTEBOOK.VPC.001, asset_id: "arn:aws:sagemaker:*:*:notebook-instance/*" }
  - { id: EXC-2, control_id: CTL.SAGEMAKER.NOTEBOOK.VPC.001, asset_id: lab }
  - { id: EXC-3, control_id: CTL.SAGEMAKER.NOTEBOOK.VPC.001, asset_id: "arn:aws:sagemaker:x:1:notebook-instance/a", expiry_date: "2026-01-01" }
  - { id: EXC-4, control_id: CTL.SAGEMAKER.NOTEBOOK.VPC.001, asset_id: "arn:aws:sagemaker:x:1:notebook-instance/a", status: revoked }
  - { control_id: CTL.SAGEMAKER.NOTEBOOK.VPC.001, asset_id: "arn:aws:sagemaker:x:1:notebook-instance/b", reason: "moves next week", expires: "2026-12-01" }
exemptions:
  - { id: EXM-1, asset_pattern: "arn:aws:s3:::test-*" }
  - { id: EXM-2, asset_pattern: "arn:aws:sagemaker:*:*:model/test-*" }
"#;
    let terms = import::Terms {
        owner: "ml@example.com".to_owned(),
        created: DAY,
        expires: date(2027, 1, 31),
    };
    let imported = import::import("stave.yaml", text, &terms).unwrap();
    let told = imported.left_out.join("\n");
    for part in [
        "`ACK-2`: it stands on `CTL.S3.ENCRYPT.001`",
        "`EXC-1`: `arn:aws:sagemaker:*:*:notebook-instance/*` names no single asset",
        "`EXC-2`: `lab` is no ARN",
        "`EXC-3`: it ended on 2026-01-01",
        "`EXC-4`: it is revoked",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(imported.left_out.len(), 5, "{told}");
    let written: String = imported.drafts.iter().map(draft).collect();
    let waivers = parse("w.yaml", &file(&written)).unwrap();
    let ids: Vec<&str> = waivers.iter().map(|waiver| waiver.id.as_str()).collect();
    assert_eq!(ids, ["ACK-1", "STAVE-007", "EXM-2"]);
    let first = &waivers[0];
    assert_eq!(first.requires_passing, ["CTL.SAGEMAKER.NOTEBOOK.VPC.001"]);
    assert_eq!(
        first.reason,
        "students install packages; compensated by: a sealed account"
    );
    assert_eq!(first.approved_by.as_deref(), Some("lead@example.com"));
    assert_eq!(
        (first.created, first.expires),
        (date(2026, 3, 15), date(2026, 12, 31))
    );
    assert_eq!(waivers[1].expires, date(2026, 12, 1));
    assert_eq!(waivers[2].controls, ["*"]);
    assert!(!waivers[2].scope.is_everything());
    let neither = import::import("x.yaml", "version: 1\nwaivers: []\n", &terms).unwrap_err();
    assert!(neither.message.contains("Stave"), "{neither}");
}

proptest! {
    #[test]
    fn what_is_drafted_is_read_back(reason in "\\PC{10,40}[a-z]{10}", owner in "\\PC{0,20}x", key in "\\PC{1,9}", value in "\\PC{0,9}") {
        let written = draft(&Draft {
            id: "W".to_owned(),
            controls: vec!["A.B".to_owned()],
            scope: Scope { tags: BTreeMap::from([(key, value)]), ..Scope::default() },
            kind: "mitigated".to_owned(),
            reason: reason.clone(),
            owner,
            created: DAY,
            expires: DAY,
            ..Draft::default()
        });
        let waivers = parse("w.yaml", &file(&written)).unwrap();
        prop_assert_eq!(waivers.len(), 1);
        prop_assert_eq!(&waivers[0].reason, &reason.split_whitespace().collect::<Vec<_>>().join(" "));
    }

    #[test]
    fn any_text_is_a_file_or_an_error(text in "\\PC{0,80}") {
        let _ = parse("w.yaml", &text);
    }
}
