//! Judges observations with the built-in controls, as the command line does.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

use sagewarden_core::assess::{Assessment, AssetFindings, Pick, Show};
use sagewarden_core::control::Catalog;
use sagewarden_core::estate::Estate;
use sagewarden_core::facts::Context;
use sagewarden_core::jobs::{Grouping, JobError, SnapshotJobs, is_always_streamed};
use sagewarden_core::judge::{Reach, Selection};
use sagewarden_core::snapshot::{
    MemoryFolder, Observation, Scope, Snapshot, SourcePlace, WriteOptions, Writer,
};
use sagewarden_core::time::Time;
use sagewarden_core::tunables::Tunables;
use sagewarden_core::verdict::Verdict;

/// What a control says of an asset.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<String>,
    pub(crate) why: String,
    pub(crate) source: Option<SourcePlace>,
    /// The account and Region of the asset.
    pub(crate) asset: String,
}

/// By control and asset: `NOTEBOOK.ROOT.001 notebook_instance/open`. A domain goes by its users'
/// sake, since its id is given when it is created.
pub(crate) type Answers = BTreeMap<String, Said>;

pub(crate) fn judge(observations: Vec<Observation>) -> Answers {
    let folder = MemoryFolder::new();
    let mut writer = Writer::create(&folder, WriteOptions::new("test", "0")).unwrap();
    for observation in observations {
        writer.push(observation).unwrap();
    }
    let as_of = Time::parse("2026-11-24T06:00:00Z").unwrap();
    writer.finish(as_of, Scope::default()).unwrap();
    let snapshot = Snapshot::open(&folder).unwrap();
    let mut found = Vec::new();
    for part in snapshot.parts() {
        if !is_always_streamed(part.operation) {
            snapshot
                .for_each_line::<sagewarden_core::snapshot::Error>(part, |number, line| {
                    found.push(part.observation(number, line)?);
                    Ok(())
                })
                .unwrap();
        }
    }
    let estate = Estate::new(found);
    let tunables = Tunables::default();
    let context = Context::new(&estate, &tunables, as_of);
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| sagewarden_catalog::builtin().unwrap());
    let catalog = &*CATALOG;
    let selection = Selection::new(catalog.controls.iter().collect());
    let jobs = SnapshotJobs::new(&snapshot);
    let assessment = Assessment::judge(
        &context,
        &selection,
        &Reach::default(),
        Grouping::EachJob,
        &jobs,
        NonZeroUsize::MIN,
    )
    .unwrap();
    let show = Show {
        verdicts: Verdict::ALL.to_vec(),
        waived: true,
        details: true,
        families: None,
        pick: Pick::All,
    };
    let mut answers = Answers::new();
    assessment
        .findings::<JobError>(&show, &mut |group: AssetFindings<'_>| {
            for finding in &group.findings {
                let control = finding.control.trim_start_matches("CTL.SAGEMAKER.");
                let asset = &finding.asset;
                let said = Said {
                    verdict: finding.verdict,
                    reason: finding.reason.map(str::to_owned),
                    why: finding.why.clone(),
                    source: finding.source.clone(),
                    asset: format!("{}/{}", asset.account, asset.region),
                };
                answers.insert(format!("{control} {}/{}", asset.kind, asset.name), said);
            }
            Ok(())
        })
        .unwrap();
    answers
}
