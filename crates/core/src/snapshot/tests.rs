//! The laws of the folder.

use std::collections::BTreeMap;
use std::io::Read as _;

use proptest::prelude::*;

use super::testing::{denied, job, model, observation, ok, page};
use super::*;
use crate::operations::Operation;
use crate::time::Time;

const AS_OF: Time = Time(1_795_500_000_000);
const JOBS: &str = "account=111122223333/region=eu-west-1/sagemaker.DescribeTrainingJob.ndjson.zst";

fn options() -> WriteOptions {
    WriteOptions::new("sagewarden", "0.0.0")
}

fn written(observations: &[Observation]) -> (MemoryFolder, Manifest) {
    written_with(observations, options())
}

fn written_with(observations: &[Observation], options: WriteOptions) -> (MemoryFolder, Manifest) {
    let folder = MemoryFolder::new();
    let mut writer = Writer::create(&folder, options).unwrap();
    for observation in observations {
        writer.push(observation.clone()).unwrap();
    }
    let manifest = writer.finish(AS_OF, Scope::default()).unwrap();
    (folder, manifest)
}

fn lines(folder: &dyn Folder) -> Vec<String> {
    let snapshot = Snapshot::open(folder).unwrap();
    let (observations, damages) = snapshot.observations().unwrap();
    assert!(damages.is_empty());
    let mut lines: Vec<String> = observations
        .iter()
        .map(|observation| serde_json::to_string(observation).unwrap())
        .collect();
    lines.sort();
    lines
}

fn files(folder: &MemoryFolder) -> BTreeMap<String, Vec<u8>> {
    let paths = folder.list().unwrap();
    paths
        .into_iter()
        .map(|path| {
            let bytes = folder.bytes(&path).unwrap().to_vec();
            (path, bytes)
        })
        .collect()
}

/// Reads everything; the first error.
fn read_all(folder: &dyn Folder) -> Result<(), Error> {
    Snapshot::open(folder)?.observations().map(drop)
}

fn at(mut observation: Observation, time: i64, source: &str) -> Observation {
    observation.time = Some(Time(time));
    observation.source = Some(source.to_owned());
    observation
}

fn any_observation() -> impl Strategy<Value = Observation> {
    let outcome = prop_oneof![
        (".{0,20}", any::<bool>()).prop_map(|(text, spaced)| {
            let body = serde_json::json!({ "Text": text, "N": 1 });
            ok(&if spaced {
                serde_json::to_string_pretty(&body).unwrap()
            } else {
                body.to_string()
            })
        }),
        "[a-z]{1,8}".prop_map(|code| Outcome::NotFound { code }),
        "[a-z]{1,8}".prop_map(|code| Outcome::Throttled { code }),
    ];
    let operation = prop_oneof![
        Just(Operation::DescribeModel),
        Just(Operation::DescribeTrainingJob),
        Just(Operation::DescribeNotebookInstance),
    ];
    (operation, ".{1,6}", "[0-9]{0,3}", "[a-z-]{0,4}", outcome).prop_map(
        |(operation, name, account, region, outcome)| {
            let key = operation.row().key[0];
            let mut observation = observation(operation, &[(key, &name)], outcome);
            observation.account = account;
            observation.region = region;
            observation
        },
    )
}

fn distinct() -> impl Strategy<Value = Vec<Observation>> {
    proptest::collection::vec(any_observation(), 0..20).prop_map(|all| {
        let mut keys = std::collections::BTreeSet::new();
        all.into_iter()
            .filter(|one| {
                keys.insert((
                    one.account.clone(),
                    one.region.clone(),
                    one.operation,
                    one.key(),
                ))
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_written_reads_back(all in distinct(), part_bytes in 1..2_000u64) {
        let (folder, manifest) = written_with(&all, WriteOptions { part_bytes, ..options() });
        let mut expected: Vec<String> = all
            .iter()
            .map(|one| {
                let value: serde_json::Value = serde_json::from_str(&serde_json::to_string(one).unwrap()).unwrap();
                value.to_string()
            })
            .collect();
        expected.sort();
        prop_assert_eq!(lines(&folder), expected);
        prop_assert_eq!(manifest.counts.observations, all.len() as u64);
        let snapshot = Snapshot::open(&folder).unwrap();
        prop_assert_eq!(snapshot.manifest(), &manifest);
    }

    #[test]
    fn the_order_of_held_answers_does_not_show(
        (all, shuffled) in distinct().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let held = |all: Vec<Observation>| -> Vec<Observation> {
            all.into_iter().filter(|one| one.operation != Operation::DescribeTrainingJob).collect()
        };
        let (one, _) = written(&held(all));
        let (other, _) = written(&held(shuffled));
        prop_assert_eq!(files(&one), files(&other));
    }

    #[test]
    fn merging_the_pieces_gives_the_whole(all in distinct(), cut in 0..20usize) {
        let cut = cut.min(all.len());
        let (whole, _) = written(&all);
        let (first, _) = written(&all[..cut]);
        let (second, _) = written(&all[cut..]);
        let merged = MemoryFolder::new();
        let snapshots = [Snapshot::open(&first).unwrap(), Snapshot::open(&second).unwrap()];
        let manifest = merge(&snapshots, &merged, options(), None).unwrap();
        prop_assert_eq!(lines(&merged), lines(&whole));
        let whole = Snapshot::open(&whole).unwrap();
        prop_assert_eq!(&manifest.coverage, &whole.manifest().coverage);
    }
}

#[test]
fn zstd_reads_a_part_as_lines_and_sha256_matches() {
    let (folder, manifest) = written(&[job("a", "{}"), job("b", "{}")]);
    let bytes = folder.bytes(JOBS).unwrap();
    let mut text = String::new();
    zstd::Decoder::new(&bytes[..])
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text.lines().count(), 2);
    let part = &manifest.parts[0];
    assert_eq!(part.bytes, text.len() as u64);
    assert_eq!(part.compressed_bytes, bytes.len() as u64);
    use sha2::Digest as _;
    assert_eq!(
        part.sha256,
        crate::redact::hex(&sha2::Sha256::digest(&bytes))
    );
}

#[test]
fn a_part_cut_at_any_byte_is_a_clean_error() {
    let all: Vec<_> = (0..6).map(|n| job(&format!("j{n}"), "{\"A\":1}")).collect();
    let (folder, _) = written(&all);
    let whole = folder.bytes(JOBS).unwrap();
    for length in 0..whole.len() {
        folder.put(JOBS, &whole[..length]);
        match read_all(&folder) {
            Err(Error::Truncated { part, .. }) => assert_eq!(part, JOBS),
            other => panic!("cut at {length}: {other:?}"),
        }
    }
    folder.put(JOBS, whole);
    read_all(&folder).unwrap();
}

#[test]
fn what_precedes_a_cut_is_readable_and_the_rest_is_damage() {
    // Answers that do not compress, so that the cut falls between blocks.
    let noise = |n: u64| -> String {
        let mut state = n + 1;
        let mut text = String::new();
        while text.len() < 40_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text.push_str(&format!("{:016x}", state));
        }
        format!("\"{text}\"")
    };
    let all: Vec<_> = (0..40).map(|n| job(&format!("j{n}"), &noise(n))).collect();
    let (folder, _) = written(&all);
    let whole = folder.bytes(JOBS).unwrap();
    folder.put(JOBS, &whole[..whole.len() * 2 / 3]);
    let options = ReadOptions {
        keep_going: true,
        ..ReadOptions::default()
    };
    let snapshot = Snapshot::open_with(&folder, options).unwrap();
    let (observations, damages) = snapshot.observations().unwrap();
    assert!((1..40).contains(&observations.len()));
    assert_eq!(damages.len(), 1);
    assert_eq!(damages[0].extent, Extent::Rest);
    assert_eq!(damages[0].line, observations.len() as u64);
}

#[test]
fn no_changed_byte_goes_unnoticed() {
    let (folder, _) = written(&[job("a", "{\"A\":1}"), job("b", "{}")]);
    let whole = folder.bytes(JOBS).unwrap();
    for at in 0..whole.len() {
        let mut changed = whole.to_vec();
        changed[at] ^= 0x20;
        folder.put(JOBS, changed);
        let error = read_all(&folder).expect_err("a changed byte must be noticed");
        assert!(error.to_string().contains(JOBS), "{error}");
    }
}

#[test]
fn a_replaced_part_has_the_wrong_hash() {
    let (folder, _) = written(&[job("a", "{\"A\":1}")]);
    let (other, _) = written(&[job("a", "{\"A\":2}")]);
    folder.put(JOBS, other.bytes(JOBS).unwrap());
    let error = read_all(&folder).unwrap_err();
    assert!(matches!(error, Error::Hash { line: 1, .. }), "{error}");
    let options = ReadOptions {
        keep_going: true,
        ..ReadOptions::default()
    };
    let snapshot = Snapshot::open_with(&folder, options).unwrap();
    let (_, damages) = snapshot.observations().unwrap();
    assert_eq!(damages.len(), 1);
    assert_eq!(damages[0].extent, Extent::Part);
    assert_eq!(damages[0].operation, Operation::DescribeTrainingJob);
}

/// A folder with one part of the given uncompressed bytes, described as they are.
fn handmade(bytes: &[u8]) -> MemoryFolder {
    use sha2::Digest as _;
    let (folder, mut manifest) = written(&[job("a", "{}")]);
    let packed = zstd::encode_all(bytes, 3).unwrap();
    let part = &mut manifest.parts[0];
    part.observations = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    part.bytes = bytes.len() as u64;
    part.compressed_bytes = packed.len() as u64;
    part.sha256 = crate::redact::hex(&sha2::Sha256::digest(&packed));
    folder.put(JOBS, packed);
    folder.put(MANIFEST, serde_json::to_vec(&manifest).unwrap());
    folder
}

#[test]
fn bad_lines_are_named_and_can_be_gone_past() {
    let good = serde_json::to_string(&job("a", "{}")).unwrap();
    let stranger = serde_json::to_string(&model("m", "{}")).unwrap();
    let long = serde_json::to_string(&job("a", &format!("\"{}\"", "x".repeat(5_000)))).unwrap();
    let mut bytes = Vec::new();
    for line in [
        good.as_bytes(),
        b"{not json",
        b"\xff\xfe",
        long.as_bytes(),
        stranger.as_bytes(),
        good.as_bytes(),
    ] {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    let folder = handmade(&bytes);
    let error = read_all(&folder).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{JOBS}:2: ")), "{error}");

    let options = ReadOptions {
        keep_going: true,
        line_limit: 1_000,
    };
    let snapshot = Snapshot::open_with(&folder, options).unwrap();
    let (observations, damages) = snapshot.observations().unwrap();
    assert_eq!(observations.len(), 2);
    let found: Vec<_> = damages
        .iter()
        .map(|damage| (damage.line, damage.extent))
        .collect();
    assert_eq!(found, [2, 3, 4, 5].map(|line| (line, Extent::Line)));
    assert!(damages[2].message.contains("limit of 1000 bytes"));
}

#[test]
fn a_line_of_exactly_the_limit_is_read() {
    let line = serde_json::to_string(&job("a", "{}")).unwrap();
    let folder = handmade(format!("{line}\n").as_bytes());
    for (limit, is_read) in [(line.len() as u64, true), (line.len() as u64 - 1, false)] {
        let options = ReadOptions {
            line_limit: limit,
            ..ReadOptions::default()
        };
        let snapshot = Snapshot::open_with(&folder, options).unwrap();
        assert_eq!(snapshot.observations().is_ok(), is_read, "{limit}");
    }
}

#[test]
fn a_last_line_without_its_end_is_a_cut_part() {
    let folder = handmade(b"{}\n{");
    let lines = Snapshot::open(&folder).unwrap();
    let part = &lines.parts()[0];
    let mut lines = lines.lines(part).unwrap();
    assert!(lines.next_line().unwrap().is_some());
    assert!(matches!(
        lines.next_line(),
        Err(Error::Truncated { line: 1, .. })
    ));
}

#[test]
fn a_part_that_unpacks_to_too_much_is_stopped() {
    let (folder, mut manifest) = written(&[job("a", "{}"), job("b", "{}")]);
    manifest.parts[0].observations = 1;
    folder.put(MANIFEST, serde_json::to_vec(&manifest).unwrap());
    let error = read_all(&folder).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Count {
                what: "lines",
                line: 2,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn what_is_not_a_snapshot_is_refused() {
    let folder = MemoryFolder::new();
    assert!(matches!(read_all(&folder), Err(Error::NotASnapshot)));
    let (folder, manifest) = written(&[job("a", "{}")]);
    let text = String::from_utf8(folder.bytes(MANIFEST).unwrap().to_vec()).unwrap();
    folder.put(
        MANIFEST,
        text.replace("snapshot/v1", "snapshot/v9").into_bytes(),
    );
    assert!(matches!(
        read_all(&folder),
        Err(Error::SchemaVersion { .. })
    ));
    folder.put(MANIFEST, &text.as_bytes()[..text.len() / 2]);
    assert!(matches!(read_all(&folder), Err(Error::Manifest { .. })));
    let mut elsewhere = manifest.clone();
    elsewhere.parts[0].path = "../../etc/passwd".to_owned();
    folder.put(MANIFEST, serde_json::to_vec(&elsewhere).unwrap());
    assert!(matches!(read_all(&folder), Err(Error::Manifest { .. })));
    folder.put(MANIFEST, text.into_bytes());
    folder.remove(JOBS).unwrap();
    assert!(matches!(read_all(&folder), Err(Error::MissingPart { .. })));
    let (folder, _) = written(&[job("a", "{}")]);
    folder.remove(MANIFEST).unwrap();
    assert!(matches!(read_all(&folder), Err(Error::Unfinished)));
}

#[test]
fn the_same_answer_twice_is_kept_once() {
    for make in [job, model] {
        let (_, manifest) = written(&[
            at(make("a", "{\"A\": 1}"), 1, "x"),
            at(make("a", "{\"A\":1}"), 2, "y"),
        ]);
        assert_eq!(manifest.counts.observations, 1);
        assert!(manifest.warnings.is_empty());
    }
}

#[test]
fn of_two_different_answers_the_later_counts_with_a_warning() {
    for (make, first_source) in [
        (job as fn(&str, &str) -> Observation, format!("{JOBS}:1")),
        (model, "first.json".to_owned()),
    ] {
        for (times, kept) in [((1, 2), "{\"A\":2}"), ((2, 1), "{\"A\":1}")] {
            let (folder, manifest) = written(&[
                at(make("a", "{\"A\":1}"), times.0, "first.json"),
                at(make("a", "{\"A\":2}"), times.1, "second.json"),
            ]);
            let (observations, _) = Snapshot::open(&folder).unwrap().observations().unwrap();
            assert_eq!(observations.len(), 1);
            assert_eq!(observations[0].body(), Some(kept));
            assert_eq!(manifest.counts.observations, 1);
            let warning = &manifest.warnings[0].message;
            assert!(warning.contains(&first_source), "{warning}");
            assert!(warning.contains("second.json"), "{warning}");
        }
    }
}

#[test]
fn an_answer_beats_a_refusal_silently() {
    for order in [[0, 1], [1, 0]] {
        let both = [at(denied("m"), 9, "x"), at(model("m", "{}"), 1, "y")];
        let (folder, manifest) = written(&order.map(|index| both[index].clone()));
        let (observations, _) = Snapshot::open(&folder).unwrap().observations().unwrap();
        assert_eq!(observations[0].body(), Some("{}"));
        assert!(manifest.warnings.is_empty());
        assert_eq!(manifest.coverage[0].status, Status::Complete);
    }
}

#[test]
fn big_operations_roll_over() {
    let all: Vec<_> = (0..10).map(|n| job(&format!("j{n}"), "{}")).collect();
    let (folder, manifest) = written_with(
        &all,
        WriteOptions {
            part_bytes: 400,
            ..options()
        },
    );
    assert!(manifest.parts.len() > 2);
    assert!(manifest.parts.iter().all(|part| part.bytes <= 400));
    assert!(
        manifest.parts[0]
            .path
            .ends_with("DescribeTrainingJob.ndjson.zst")
    );
    assert!(
        manifest.parts[1]
            .path
            .ends_with("DescribeTrainingJob-0001.ndjson.zst")
    );
    assert_eq!(lines(&folder).len(), 10);
}

#[test]
fn many_regions_at_once_keep_few_parts_open() {
    let all: Vec<_> = (0..200)
        .map(|n| {
            let mut one = job(&format!("j{n}"), "{}");
            one.region = format!("r{}", n % 40);
            one
        })
        .collect();
    let (folder, _) = written(&all);
    assert_eq!(lines(&folder).len(), 200);
}

#[test]
fn an_unfinished_snapshot_is_resumed() {
    let folder = MemoryFolder::new();
    let small = WriteOptions {
        part_bytes: 1,
        ..options()
    };
    let mut writer = Writer::create(&folder, small.clone()).unwrap();
    for name in ["a", "b", "c"] {
        writer.push(job(name, "{\"A\":1}")).unwrap();
    }
    writer.push(model("m", "{}")).unwrap();
    writer.seal("111122223333", "eu-west-1").unwrap();
    writer.push(model("lost", "{}")).unwrap();
    drop(writer);
    // The second part did not survive.
    let second = JOBS.replace(".ndjson", "-0001.ndjson");
    let bytes = folder.bytes(&second).unwrap();
    folder.put(second.as_str(), &bytes[..bytes.len() - 3]);

    assert!(matches!(
        Writer::create(&folder, options()),
        Err(Error::Occupied { .. })
    ));
    let mut writer = Writer::resume(&folder, small).unwrap();
    let has = |writer: &Writer<'_>, one: &Observation| {
        writer.has(&one.account, &one.region, one.operation, &one.parameters)
    };
    for (one, is_there) in [
        (job("a", "{}"), true),
        (job("b", "{}"), false),
        (job("c", "{}"), true),
        (model("m", "{}"), true),
        (model("lost", "{}"), false),
    ] {
        assert_eq!(has(&writer, &one), is_there, "{}", one.subject());
    }
    assert!(writer.warnings()[0].message.contains(&second));
    writer.push(job("b", "{\"A\":1}")).unwrap();
    writer.push(job("c", "{\"A\":2}")).unwrap();
    writer.push(model("lost", "{}")).unwrap();
    writer.finish(AS_OF, Scope::default()).unwrap();
    let (whole, _) = written(&[
        job("a", "{\"A\":1}"),
        job("b", "{\"A\":1}"),
        job("c", "{\"A\":2}"),
        model("m", "{}"),
        model("lost", "{}"),
    ]);
    assert_eq!(lines(&folder), lines(&whole));
    assert!(matches!(
        Writer::resume(&folder, options()),
        Err(Error::Occupied { .. })
    ));
}

#[test]
fn instants_must_agree_or_be_given() {
    let (first, _) = written(&[job("a", "{}")]);
    let second = MemoryFolder::new();
    Writer::create(&second, options())
        .unwrap()
        .finish(Time(0), Scope::default())
        .unwrap();
    let snapshots = [
        Snapshot::open(&first).unwrap(),
        Snapshot::open(&second).unwrap(),
    ];
    let result = merge(&snapshots, &MemoryFolder::new(), options(), None);
    assert!(matches!(result, Err(Error::AsOf { .. })));
    let merged = merge(&snapshots, &MemoryFolder::new(), options(), Some(AS_OF)).unwrap();
    assert_eq!(merged.as_of, AS_OF);
}

#[test]
fn the_manifest_says_what_was_covered() {
    let folder = MemoryFolder::new();
    let mut writer = Writer::create(&folder, options()).unwrap();
    writer.push(page(None, Some("t"))).unwrap();
    writer.push(denied("m")).unwrap();
    writer.skip(
        "111122223333",
        "eu-west-1",
        Operation::ListDomains,
        "not asked for",
    );
    writer.skip(
        "111122223333",
        "ap-east-1",
        Operation::ListModels,
        "the Region is not enabled",
    );
    let manifest = writer.finish(AS_OF, Scope::default()).unwrap();
    let found: Vec<_> = manifest
        .coverage
        .iter()
        .map(|one| (one.region.as_str(), one.operation, one.status))
        .collect();
    assert_eq!(
        found,
        [
            ("ap-east-1", Operation::ListModels, Status::Skipped),
            ("eu-west-1", Operation::ListDomains, Status::Skipped),
            ("eu-west-1", Operation::ListModels, Status::Partial),
            ("eu-west-1", Operation::DescribeModel, Status::Denied),
        ]
    );
    assert_eq!(manifest.scope.accounts, ["111122223333"]);
}

#[test]
fn secrets_do_not_reach_the_disk() {
    let (folder, _) = written(&[
        job(
            "a",
            r#"{"Environment":{"TOKEN":"planted"},"HyperParameters":{"k":"planted"}}"#,
        ),
        model(
            "m",
            r#"{"PrimaryContainer":{"Environment":{"K":"planted"}}}"#,
        ),
    ]);
    let all = lines(&folder).concat();
    assert!(!all.contains("planted"), "{all}");
    assert!(all.contains("TOKEN"));
}

#[test]
fn the_schema_names_every_member_that_is_written() {
    let schema = schema();
    let (folder, manifest) = written(&[
        at(job("a", "{\"A\":1}"), 1, "x"),
        at(job("a", "{\"A\":2}"), 2, "y"),
        denied("m"),
    ]);
    let is_known = |definition: &str, value: &serde_json::Value| {
        let known = &schema["$defs"][definition]["properties"];
        for name in value.as_object().unwrap().keys() {
            assert!(known.get(name).is_some(), "{definition}.{name}");
        }
    };
    let manifest = serde_json::to_value(&manifest).unwrap();
    is_known("Manifest", &manifest);
    is_known("Part", &manifest["parts"][1]);
    is_known("Coverage", &manifest["coverage"][0]);
    is_known("Warning", &manifest["warnings"][0]);
    for line in lines(&folder) {
        is_known("Observation", &serde_json::from_str(&line).unwrap());
    }
}

#[test]
fn an_error_that_quotes_a_line_stays_one_short_line() {
    let part = Part {
        path: "account=111122223333/region=eu-west-1/sagemaker.DescribeModel.ndjson.zst".to_owned(),
        account: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        operation: Operation::DescribeModel,
        observations: 1,
        bytes: 0,
        compressed_bytes: 0,
        sha256: String::new(),
        superseded: Vec::new(),
    };
    let line = serde_json::json!({ "operation": "a\nb\u{1b}".repeat(1000) }).to_string();
    let message = part.observation(1, &line).unwrap_err().to_string();
    assert!(!message.contains(char::is_control), "{message}");
    assert!(message.len() < 600, "{message}");
}
