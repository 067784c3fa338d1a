//! `diff`: what changed between two inputs, in words.

use anyhow::Result;
use sagewarden_core::drift;
use sagewarden_core::drift::FindingChange;
use sagewarden_core::verdict::Disposition;

use crate::args::{Basis, Code, Diff, Input, Judging, ListFormat};
use crate::command::Global;
use crate::command::judging::judge;
use crate::{Exit, output};

pub(crate) fn run(diff: &Diff, global: Global) -> Result<Exit> {
    let side = |path: &std::path::PathBuf| Judging {
        input: Input {
            paths: vec![path.clone()],
            keep_going: diff.keep_going,
            as_of: None,
            code: Code::default(),
        },
        basis: Basis {
            selection: diff.selection.clone(),
            settings: diff.settings.clone(),
            waivers: diff.waivers.clone(),
            baseline: None,
            each_job: false,
            threads: None,
        },
        accounts: diff.accounts.clone(),
        regions: diff.regions.clone(),
    };
    judge(&side(&diff.before), global, |before| {
        judge(&side(&diff.after), global, |after| {
            let drift = drift::between(&before.assessment, &after.assessment, &|asset| {
                after.looked_at(&asset.account, &asset.region, asset.kind)
            })?;
            let (earlier, later) = (
                before.assessment.context.as_of,
                after.assessment.context.as_of,
            );
            output::to(diff.output.as_deref(), global, |out, width| {
                match diff.format {
                    ListFormat::Text => {
                        sagewarden_report::drift::text(&drift, earlier, later, width, out)?
                    }
                    ListFormat::Json => {
                        sagewarden_report::drift::json(&drift, earlier, later, out)?
                    }
                }
                Ok(())
            })?;
            let opened = drift.findings.iter().any(|finding| {
                matches!(finding.what, FindingChange::New | FindingChange::Reopened)
                    && finding
                        .after
                        .as_ref()
                        .is_some_and(|after| after.disposition == Disposition::Open)
            });
            Ok(if opened { Exit::Findings } else { Exit::Clean })
        })
    })
}
