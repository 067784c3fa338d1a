use std::num::NonZeroUsize;

use sagewarden_core::assess::{Assessment, Pick, Show};
use sagewarden_core::estate::Estate;
use sagewarden_core::facts::Context;
use sagewarden_core::jobs::{Grouping, SnapshotJobs, is_streamed};
use sagewarden_core::judge::{Reach, Selection};
use sagewarden_core::snapshot::{MemoryFolder, Snapshot};
use sagewarden_core::tunables::Tunables;
use sagewarden_core::verdict::Verdict;
use sagewarden_report::text::{self, GroupBy, Layout};
use sagewarden_report::{Run, json};

use super::*;

fn small(jobs: u64, small_assets: Option<u64>) -> (MemoryFolder, Manifest) {
    let estate = Arguments {
        jobs,
        small_assets,
        roles: 24,
        seed: 7,
        output: PathBuf::new(),
    };
    let folder = MemoryFolder::new();
    let options = WriteOptions {
        part_bytes: 40 * 1024,
        ..WriteOptions::new("test", "0")
    };
    let manifest = write(&estate, &folder, options).unwrap();
    (folder, manifest)
}

/// The report of a snapshot, as text and as JSON.
fn reports(folder: &MemoryFolder, threads: usize) -> (String, String) {
    let threads = NonZeroUsize::new(threads).unwrap();
    let catalog = sagewarden_catalog::builtin().unwrap();
    let selection = Selection::new(catalog.controls.iter().collect());
    let snapshot = Snapshot::open(folder).unwrap();
    let (observations, _) = snapshot.observations().unwrap();
    let observed = Estate::new(
        observations
            .into_iter()
            .filter(|observation| {
                let line = serde_json::to_string(observation).unwrap();
                !is_streamed(observation.operation, &line)
            })
            .collect(),
    );
    let tunables = Tunables::default();
    let context = Context::new(&observed, &tunables, AS_OF);
    let jobs = SnapshotJobs::new(&snapshot);
    let assessment = Assessment::judge(
        &context,
        &selection,
        &Reach::default(),
        Grouping::Families,
        &jobs,
        threads,
    )
    .unwrap();
    let run = Run {
        version: String::new(),
        as_of: AS_OF,
        inputs: Vec::new(),
        options: Vec::new(),
        controls: Vec::new(),
        accounts: Vec::new(),
        regions: Vec::new(),
        coverage: Vec::new(),
        profile: "default".to_owned(),
        tunables: std::collections::BTreeMap::new(),
        input_files: Vec::new(),
        frameworks: Vec::new(),
        trend: Vec::new(),
        waivers: Vec::new(),
        catalog_digest: String::new(),
        warnings: Vec::new(),
        unlisted: Vec::new(),
        summary: assessment.summary(),
    };
    let show = Show {
        details: true,
        verdicts: vec![
            Verdict::Fail,
            Verdict::Unknown,
            Verdict::Pass,
            Verdict::NotApplicable,
        ],
        waived: true,
        families: None,
        pick: Pick::All,
    };
    let (mut plain, mut structured) = (Vec::new(), Vec::new());
    let layout = Layout {
        width: None,
        full: true,
        quiet: false,
        by: GroupBy::Asset,
        summary: false,
        links: false,
    };
    text::write(&assessment, &run, &show, layout, &mut plain).unwrap();
    json::v1::write(&assessment, &run, &show, &mut structured).unwrap();
    (
        String::from_utf8(plain).unwrap(),
        String::from_utf8(structured).unwrap(),
    )
}

#[test]
fn one_thread_and_four_write_the_same_reports() {
    let (folder, manifest) = small(150, None);
    let parts = manifest
        .parts
        .iter()
        .filter(|part| part.operation == Operation::DescribeTrainingJob);
    assert!(parts.count() > 4);
    let (text, json) = reports(&folder, 1);
    assert!(text.contains("training job") && text.contains("notebook instance"));
    for threads in [2, 4] {
        let (text_of_many, json_of_many) = reports(&folder, threads);
        assert!(
            text == text_of_many,
            "the texts of 1 and {threads} threads differ"
        );
        assert!(
            json == json_of_many,
            "the JSON of 1 and {threads} threads differs"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let digests = |manifest: Manifest| -> Vec<String> {
        let parts = manifest.parts.into_iter();
        parts.map(|part| part.sha256).collect()
    };
    assert_eq!(digests(small(50, None).1), digests(small(50, None).1));
}

#[test]
fn bodies_have_the_sizes_that_they_stand_for() {
    let body_sizes = |folder: &MemoryFolder, wanted: &[Operation]| -> Vec<usize> {
        let snapshot = Snapshot::open(folder).unwrap();
        let (observations, _) = snapshot.observations().unwrap();
        observations
            .iter()
            .filter(|observation| wanted.contains(&observation.operation))
            .filter_map(|observation| Some(observation.body()?.len()))
            .collect()
    };
    let jobs = body_sizes(&small(200, None).0, &[Operation::DescribeTrainingJob]);
    assert_eq!(jobs.len(), 200);
    assert!(
        jobs.iter().all(|size| (3_000..=6_144).contains(size)),
        "{jobs:?}"
    );
    let assets = [
        Operation::DescribeNotebookInstance,
        Operation::DescribeModel,
        Operation::DescribeEndpointConfig,
        Operation::DescribeEndpoint,
        Operation::DescribeUserProfile,
    ];
    let small = body_sizes(&small(0, Some(500)).0, &assets);
    assert_eq!(small.len(), 500);
    let mean = small.iter().sum::<usize>() / small.len();
    assert!((420..=520).contains(&mean), "{mean}");
}
