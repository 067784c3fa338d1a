//! Framing, context, errors and limits of whole imports.

use std::io::{self, Read, Write as _};

use proptest::prelude::*;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::{Observation, Outcome};
use sagewarden_import::{
    ImportError, ImportReport, Importer, Limits, SourceFile, TroubleKind, file_name,
};

const ARN: &str = "arn:aws:sagemaker:eu-west-1:111122223333";

fn import_bytes(limits: Limits, files: &[(&str, &[u8])]) -> (Vec<Observation>, ImportReport) {
    let mut importer = Importer::new(limits);
    let mut out = Vec::new();
    for (name, bytes) in files {
        let mut reader = *bytes;
        importer
            .file(
                SourceFile {
                    name,
                    reader: &mut reader,
                },
                &mut |observation| out.push(observation),
            )
            .unwrap();
    }
    let report = importer.finish(&mut |observation| out.push(observation));
    (out, report)
}

fn import(files: &[(&str, &str)]) -> (Vec<Observation>, ImportReport) {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(n, t)| (*n, t.as_bytes())).collect();
    import_bytes(Limits::default(), &files)
}

fn troubles(report: &ImportReport) -> Vec<String> {
    report.troubles().map(ToString::to_string).collect()
}

fn model(name: &str) -> String {
    format!(
        r#"{{"ModelName":"{name}","ModelArn":"{ARN}:model/{name}","ExecutionRoleArn":"r","X":1.50}}"#
    )
}

/// What matters of observations: not where they stood, nor the order in which they came.
fn essence(mut observations: Vec<Observation>) -> Vec<String> {
    for observation in &mut observations {
        observation.source = None;
    }
    let mut lines: Vec<String> = observations
        .iter()
        .map(|observation| serde_json::to_string(observation).unwrap())
        .collect();
    lines.sort();
    lines
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn pretty_printed_bodies_become_one_line_and_keep_their_numbers() {
    let (out, _) = import(&[(
        "m.json",
        &format!(
            "{{\n    \"ModelName\": \"m x\",\n    \"ModelArn\": \"{ARN}:model/m\",\n    \"Containers\": [],\n    \"Weight\": 1.50\n}}\n"
        ),
    )]);
    assert_eq!(
        out[0].body().unwrap(),
        format!(
            r#"{{"ModelName":"m x","ModelArn":"{ARN}:model/m","Containers":[],"Weight":1.50}}"#
        )
    );
    assert_eq!(out[0].source.as_deref(), Some("m.json:1"));
}

#[test]
fn error_text_becomes_an_outcome() {
    let (out, report) = import(&[
        (
            "111122223333/eu-west-1/get-bucket-policy--Bucket=acme-train.err",
            "\nAn error occurred (NoSuchBucketPolicy) when calling the GetBucketPolicy operation: The bucket policy does not exist\n",
        ),
        (
            "any.txt",
            "aws: [ERROR]: An error occurred (AccessDeniedException) when calling the DescribeUserProfile operation: User: arn:aws:sts::111122223333:assumed-role/a/b is not authorized to perform: sagemaker:DescribeUserProfile on resource: arn:aws:sagemaker:eu-west-1:111122223333:user-profile/d-1/ana because no identity-based policy allows the sagemaker:DescribeUserProfile action",
        ),
        (
            "head-bucket--Bucket=gone.err",
            "An error occurred (404) when calling the HeadBucket operation: Not Found",
        ),
        (
            "c.err",
            "An error occurred (ValidationException) when calling the DescribeEndpointConfig operation: Could not find endpoint configuration \"arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/c\".",
        ),
        (
            "111122223333/eu-west-1/list-models.err",
            "Could not connect to the endpoint URL: \"https://api.sagemaker.eu-west-1.amazonaws.com/\"",
        ),
        ("111122223333/eu-west-1/list-domains.err", ""),
    ]);
    assert_eq!(troubles(&report), Vec::<String>::new());
    let of = |operation| out.iter().find(|o| o.operation == operation).unwrap();
    let policy = of(O::GetBucketPolicy);
    assert_eq!(policy.key(), "acme-train");
    assert!(matches!(&policy.outcome, Outcome::Absent { code } if code == "NoSuchBucketPolicy"));
    let profile = of(O::DescribeUserProfile);
    assert_eq!(profile.key(), "d-1\nana");
    assert_eq!(
        (profile.account.as_str(), profile.region.as_str()),
        ("111122223333", "eu-west-1")
    );
    assert!(
        matches!(&profile.outcome, Outcome::Denied { action, .. } if action == "sagemaker:DescribeUserProfile")
    );
    let head = of(O::HeadBucket);
    assert!(matches!(&head.outcome, Outcome::NotFound { code } if code == "404"));
    assert_eq!(head.account, "111122223333");
    let config = of(O::DescribeEndpointConfig);
    assert_eq!(config.key(), "c");
    assert!(matches!(config.outcome, Outcome::NotFound { .. }));
    assert!(
        matches!(&of(O::ListModels).outcome, Outcome::Failed { code } if code == "EndpointConnectionError")
    );
    assert!(report.files[5].ignored);
}

#[test]
fn what_is_lacking_is_reported_and_never_guessed() {
    let (out, report) = import(&[
        ("policy.json", r#"{"Policy":"{}"}"#),
        ("e.json", r#"{"ServerSideEncryptionConfiguration":{}}"#),
        ("1.json", &model("a")),
        (
            "2.json",
            &model("b").replace("111122223333", "444455556666"),
        ),
        ("buckets.json", r#"{"Buckets":[{"Name":"b"}]}"#),
        (
            "111122223333/eu-west-1/get-metric-data--StartTime=a--EndTime=b.json",
            r#"{"MetricDataResults":[{"Id":"m","Label":"Invocations"}]}"#,
        ),
    ]);
    assert_eq!(out.len(), 2, "{out:?}");
    let text = troubles(&report).join("\n");
    assert!(
        text.contains("policy.json:1: a policy, but not whose"),
        "{text}"
    );
    assert!(
        text.contains("e.json:1: `get-bucket-encryption`: `Bucket`, the account are not known"),
        "{text}"
    );
    assert!(
        text.contains("buckets.json:1: `list-buckets`: the account is not known"),
        "{text}"
    );
    assert!(
        text.contains("the dimensions of `m` are not known"),
        "{text}"
    );
}

#[test]
fn the_only_account_and_region_are_inferred() {
    let (out, report) = import(&[
        ("buckets.json", r#"{"Buckets":[{"Name":"b"}]}"#),
        ("targets.json", r#"{"ScalableTargets":[]}"#),
        ("m.json", &model("m")),
    ]);
    assert_eq!(report.inferred, 2);
    assert!(out.iter().all(|o| o.account == "111122223333"));
    assert_eq!(
        out.iter()
            .find(|o| o.operation == O::DescribeScalableTargets)
            .unwrap()
            .region,
        "eu-west-1"
    );
}

#[test]
fn the_index_explains_files_before_and_after_it() {
    let index = r#"{"file":"p.json","operation":"s3:GetBucketPolicy","parameters":{"Bucket":"b"},"account":"111122223333","region":"aws-global","time":"2026-11-24T06:00:00Z"}
{"file":"m.json","operation":"cloudwatch:GetMetricData","parameters":{"StartTime":"a","EndTime":"b","MetricDataQueries":[{"Id":"m","MetricStat":{"Metric":{"Dimensions":[{"Name":"EndpointName","Value":"e"}]}}}]},"account":"111122223333","region":"eu-west-1"}
"#;
    let policy = ("dump/p.json", r#"{"Version":"2012-10-17","Statement":[]}"#);
    let metric = (
        "dump/m.json",
        r#"{"MetricDataResults":[{"Id":"m","Label":"Invocations"}]}"#,
    );
    let index = ("dump/calls.jsonl", index);
    let (before, report) = import(&[index, policy, metric]);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(before.len(), 2);
    assert_eq!(report.latest.unwrap().to_string(), "2026-11-24T06:00:00Z");
    let (after, _) = import(&[policy, metric, index]);
    assert_eq!(essence(before), essence(after));
}

#[test]
fn after_damage_several_index_lines_speak_for_nothing() {
    let index = r#"{"file":"p.json","operation":"s3:GetBucketPolicy","parameters":{"Bucket":"a"},"account":"111122223333"}
{"file":"p.json","operation":"s3:GetBucketPolicy","parameters":{"Bucket":"b"},"account":"111122223333"}
"#;
    let policy = r#"{"Version":"2012-10-17","Statement":[]}"#;
    let (out, _) = import(&[("calls.jsonl", index), ("p.json", &policy.repeat(2))]);
    let keys: Vec<String> = out.iter().map(Observation::key).collect();
    assert_eq!(keys, ["a", "b"]);
    let damaged = format!("{{\"x\":\"\n{policy}");
    let (out, _) = import(&[("calls.jsonl", index), ("p.json", &damaged)]);
    assert!(out.is_empty(), "{out:?}");
}

#[test]
fn pages_follow_in_a_file_and_by_number_but_not_by_guess() {
    let page = |name: &str, next: Option<&str>| {
        let next = next.map_or(String::new(), |token| format!(r#","NextToken":"{token}""#));
        format!(r#"{{"Models":[{{"ModelName":"{name}","ModelArn":"{ARN}:model/{name}"}}]{next}}}"#)
    };
    let keys = |out: Vec<Observation>| {
        let mut keys: Vec<String> = out.iter().map(Observation::key).collect();
        keys.sort();
        keys
    };
    let (a, b, c) = (
        page("a", Some("t1")),
        page("b", Some("t2")),
        page("c", None),
    );
    let (out, report) = import(&[("all.json", &format!("{a}\n{b}{c}"))]);
    assert!(report.is_clean());
    assert_eq!(keys(out), ["", "\n#t1", "\n#t2"]);
    let (out, report) = import(&[("p-10.json", &b), ("p-11.json", &c), ("p-9.json", &a)]);
    assert!(report.is_clean());
    assert_eq!(keys(out), ["", "\n#t1", "\n#t2"]);
    // The middle page is missing: the chain must not close.
    let (out, report) = import(&[("p-1.json", &a), ("p-3.json", &c)]);
    assert_eq!(report.troubles().next().unwrap().kind, TroubleKind::Note);
    assert!(keys(out)[1].contains("unknown"));
    // Two complete listings of the same call are no pages.
    let (out, _) = import(&[("x.json", &c), ("y.json", &c)]);
    assert_eq!(keys(out), ["", ""]);
}

#[test]
fn every_damage_is_one_line_and_costs_nothing_else() {
    let good = model("m");
    let truncated_zst = {
        let whole = zstd::encode_all(good.repeat(2000).as_bytes(), 1).unwrap();
        whole[..whole.len() / 2].to_vec()
    };
    let gz = gzip(&good);
    let deep = format!(
        "{}{}{}\n{good}",
        "{\"a\":".repeat(5000),
        "1",
        "}".repeat(5000)
    );
    let files: Vec<(&str, Vec<u8>, TroubleKind)> = vec![
        ("a.json", b"hello\n".to_vec(), TroubleKind::NotJson),
        ("b.json", b"".to_vec(), TroubleKind::Empty),
        ("c.json", gz[..gz.len() - 9].to_vec(), TroubleKind::Damaged),
        ("d.json", truncated_zst, TroubleKind::Damaged),
        (
            "e.json",
            b"{\"a\":\"\xff\"}".to_vec(),
            TroubleKind::InvalidText,
        ),
        ("f.json", deep.into_bytes(), TroubleKind::TooDeep),
        (
            "g.json",
            good.as_bytes()[..40].to_vec(),
            TroubleKind::Truncated,
        ),
        (
            "h.json",
            format!("{good}\n{{\"a\":,}}\n{good}").into_bytes(),
            TroubleKind::NotJson,
        ),
        ("i.json", b"\x1f\x8b".to_vec(), TroubleKind::Damaged),
    ];
    for (name, bytes, kind) in &files {
        let (_, report) = import_bytes(Limits::default(), &[(name, bytes)]);
        let found: Vec<_> = report.troubles().map(|t| t.kind).collect();
        assert_eq!(found, [*kind], "{name}: {:?}", troubles(&report));
        for trouble in report.troubles() {
            assert!(!trouble.message.contains('\n'));
        }
    }
    let (out, report) = import_bytes(Limits::default(), &[("h.json", &files[7].1)]);
    assert_eq!(out.len(), 2);
    assert_eq!(report.troubles().next().unwrap().line, Some(2));
}

#[test]
fn limits_bound_documents_and_what_waits() {
    let tight = Limits {
        document: 200,
        waiting: 300,
    };
    let large = model(&"m".repeat(300));
    let text = format!("{large}\n{}", model("small"));
    let (out, report) = import_bytes(tight, &[("x.json", text.as_bytes())]);
    assert_eq!(out.len(), 1);
    assert_eq!(
        report.troubles().next().unwrap().kind,
        TroubleKind::TooLarge
    );
    let buckets = r#"{"Buckets":[{"Name":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}]}"#.repeat(20);
    let (out, report) = import_bytes(tight, &[("x.json", buckets.as_bytes())]);
    assert!(out.len() < 20);
    let trouble = report.troubles().next().unwrap();
    assert_eq!(trouble.kind, TroubleKind::TooLarge);
    assert_eq!(out.len() as u64 + trouble.count, 20);
}

#[test]
fn a_failing_reader_is_the_only_error() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let mut importer = Importer::new(Limits::default());
    let error = importer
        .file(
            SourceFile {
                name: "x.json",
                reader: &mut Broken,
            },
            &mut |_| {},
        )
        .unwrap_err();
    assert!(matches!(&error, ImportError::Read { file, .. } if file == "x.json"));
    assert_eq!(
        error.to_string(),
        "`x.json` cannot be read: the disk is gone"
    );
}

#[test]
fn prose_is_skipped_unread() {
    let (out, report) = import(&[
        ("README.md", &model("m")),
        ("a/collect.sh", "aws"),
        (".DS_Store", "x"),
    ]);
    assert!(out.is_empty());
    assert!(report.is_clean());
    assert!(report.files.iter().all(|file| file.ignored));
}

/// How a set of documents may be saved.
fn saved(documents: &[String], how: u8) -> (String, Vec<u8>) {
    let joined = match how % 4 {
        0 => documents.join("\n"),
        1 => format!("[{}]", documents.join(",\n ")),
        2 => documents.concat(),
        _ => documents
            .iter()
            .map(|document| {
                let tree: serde_json::Value = serde_json::from_str(document).unwrap();
                serde_json::to_string_pretty(&tree).unwrap()
            })
            .collect::<Vec<_>>()
            .join("\r\n"),
    };
    let name = ["a.json", "some name.txt", "b", "x/y.jsonl"][usize::from(how / 4) % 4].to_owned();
    let bytes = match how / 16 {
        0 => joined.into_bytes(),
        1 => gzip(&joined),
        2 => zstd::encode_all(joined.as_bytes(), 1).unwrap(),
        3 => format!("\u{feff}{joined}").into_bytes(),
        _ => format!("\u{feff}{joined}")
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    };
    (name, bytes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Splitting, concatenating, compressing, renaming: the same observations.
    #[test]
    fn how_answers_are_saved_does_not_matter(
        names in proptest::collection::btree_set("[a-z]{1,6}", 1..12),
        cut in 0_usize..12,
        how in (0_u8..80, 0_u8..80),
    ) {
        let documents: Vec<String> = names
            .iter()
            .map(|name| if name.len() % 2 == 0 {
                format!(r#"{{"ModelName":"{name}","ModelArn":"{ARN}:model/{name}","Containers":[{{"Mode":"SingleModel"}}]}}"#)
            } else {
                format!(r#"{{"TrainingJob":{{"TrainingJobName":"{name}","TrainingJobArn":"{ARN}:training-job/{name}","RoleArn":"r"}}}}"#)
            })
            .collect();
        let one_each: Vec<(String, String)> = documents
            .iter()
            .enumerate()
            .map(|(at, document)| (format!("{at}.json"), document.clone()))
            .collect();
        let plain: Vec<(&str, &[u8])> = one_each.iter().map(|(n, d)| (n.as_str(), d.as_bytes())).collect();
        let (expected, _) = import_bytes(Limits::default(), &plain);
        let (left, right) = documents.split_at(cut.min(documents.len()));
        let (left_name, left) = saved(left, how.0);
        let (right_name, right) = saved(right, how.1);
        let (found, _) = import_bytes(
            Limits::default(),
            &[(&format!("l/{left_name}"), &left), (&format!("r/{right_name}"), &right)],
        );
        prop_assert_eq!(essence(found), essence(expected));
    }

    /// A search answer is the same whether its records come in pages or alone.
    #[test]
    fn records_are_the_same_in_any_page(count in 1_usize..20, size in 1_usize..7) {
        let records: Vec<String> = (0..count)
            .map(|n| format!(r#"{{"TrainingJob":{{"TrainingJobArn":"{ARN}:training-job/{n}"}}}}"#))
            .collect();
        let paged: String = records
            .chunks(size)
            .map(|page| format!(r#"{{"Results":[{}],"NextToken":"x"}}"#, page.join(",")))
            .collect();
        let (whole, _) = import(&[("a.json", &records.join("\n"))]);
        let (found, _) = import(&[("b.json", &paged)]);
        let records = found.into_iter().filter(|o| o.parameters.contains_key("Arn")).collect();
        prop_assert_eq!(essence(records), essence(whole));
    }

    #[test]
    fn any_bytes_are_accounted_for(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        magic in prop_oneof![Just(&b""[..]), Just(&b"\x1f\x8b\x08"[..]), Just(&b"\x28\xb5\x2f\xfd"[..]), Just(&b"\xff\xfe"[..])],
        name in ".{0,40}",
    ) {
        let bytes = [magic, &bytes].concat();
        let limits = Limits { document: 4096, waiting: 4096 };
        let (_, report) = import_bytes(limits, &[(&name, &bytes)]);
        let used = report.observations > 0 || report.files[0].ignored || report.files[0].index_lines > 0;
        let blank = bytes.iter().all(u8::is_ascii_whitespace);
        prop_assert!(used || blank || !report.is_clean() || bytes.iter().all(|b| b" \t\r\n\x1e[],".contains(b)));
    }

    #[test]
    fn any_json_is_accounted_for(value in json(), name in "(list-models|search|get-bucket-policy--Bucket=b|x)\\.json") {
        let text = value.to_string();
        let (_, report) = import(&[(&name, &text)]);
        let is_list = value.is_array();
        prop_assert!(report.observations > 0 || !report.is_clean() || is_list, "{text}");
    }

    #[test]
    fn any_error_text_is_accounted_for(code in "[A-Za-z0-9]{1,20}", call in "[A-Za-z0-9]{1,20}", message in ".*") {
        let text = format!("An error occurred ({code}) when calling the {call} operation: {message}");
        let (_, report) = import(&[("x.err", &text)]);
        prop_assert!(report.observations > 0 || !report.is_clean());
    }

    #[test]
    fn names_made_by_the_convention_carry_their_parameters(bucket in ".{1,30}") {
        let name = file_name(O::GetBucketEncryption, &[("Bucket", &bucket)]);
        let path = format!("account=111122223333/region=aws-global/{name}");
        let (out, _) = import(&[(&path, r#"{"ServerSideEncryptionConfiguration":{"Rules":[]}}"#)]);
        prop_assert_eq!(out[0].key(), bucket);
        prop_assert_eq!(&out[0].region, "aws-global");
    }
}

/// Trees over the member names that mean something, so that recognition is reached.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,12}".prop_map(Into::into),
        Just(format!("{ARN}:model/m").into()),
    ];
    let name = prop_oneof![
        Just("Results".to_owned()),
        Just("Models".to_owned()),
        Just("ModelArn".to_owned()),
        Just("TrainingJob".to_owned()),
        Just("TrainingJobArn".to_owned()),
        Just("RoleArn".to_owned()),
        Just("Policy".to_owned()),
        Just("Statement".to_owned()),
        Just("Error".to_owned()),
        Just("Code".to_owned()),
        Just("__type".to_owned()),
        Just("NextToken".to_owned()),
        Just("RoleDetailList".to_owned()),
        Just("MetricDataResults".to_owned()),
        ".{0,6}",
    ];
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            proptest::collection::vec((name.clone(), inner), 0..6)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}
