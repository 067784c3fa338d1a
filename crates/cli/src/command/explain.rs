//! `explain`: how a verdict was reached, or what a control means.

use anyhow::{Result, bail};
use sagewarden_core::assess::{Assessment, AssetFindings, Pick, Show};
use sagewarden_core::control::Control;
use sagewarden_core::facts::Context;
use sagewarden_core::jobs::{Grouping, SnapshotJobs};
use sagewarden_core::judge::{Reach, Selection, judge_assets};
use sagewarden_core::tunables::nearest;
use sagewarden_core::verdict::Verdict;
use sagewarden_report::{RenderError, explain};

use crate::args::{Code, Explain, Input};
use crate::command::{Global, judging, select};
use crate::{Exit, config, input, output};

pub(crate) fn run(explain: &Explain, global: Global) -> Result<Exit> {
    let loaded = select::catalog(&explain.controls, &[])?;
    let (id, arn) = match explain.subject.split_once('@') {
        Some((id, arn)) => (Some(id), Some(arn)),
        None if explain.subject.starts_with("arn:") => (None, Some(explain.subject.as_str())),
        None => (Some(explain.subject.as_str()), None),
    };
    let Some(arn) = arn else {
        let control = select::control(&loaded.catalog, id.unwrap_or_default())?;
        output::to(None, global, |out, width| {
            Ok(explain::control(control, &loaded.catalog, width, out)?)
        })?;
        return Ok(Exit::Clean);
    };
    let controls: Vec<&Control> = match id {
        Some(id) => vec![select::control(&loaded.catalog, id)?],
        None => loaded.catalog.controls.iter().collect(),
    };
    if explain.paths.is_empty() {
        bail!(
            "to explain `{arn}`, name the input after it: sagewarden explain {} PATH",
            explain.subject
        );
    }
    let config = config::load(&explain.settings)?;
    let opened = input::open(
        &Input {
            paths: explain.paths.clone(),
            keep_going: explain.keep_going,
            as_of: explain.as_of.clone(),
            code: Code::default(),
        },
        global.verbose,
    )?;
    let snapshot = opened.snapshot()?;
    let estate = judging::estate(&snapshot)?.estate;
    let context = Context::new(
        &estate,
        &config.tunables,
        judging::instant(&opened, &snapshot),
    );
    let selection = Selection::new(controls);
    let reach = Reach {
        arns: Some([arn.to_owned()].into()),
        ..Reach::default()
    };
    let jobs = SnapshotJobs::new(&snapshot);
    let assessment = Assessment::judge(
        &context,
        &selection,
        &reach,
        Grouping::EachJob,
        &jobs,
        judging::every_core(),
    )?;
    let show = Show {
        details: true,
        verdicts: Verdict::ALL.to_vec(),
        waived: true,
        families: None,
        pick: Pick::All,
    };
    let mut told = false;
    output::to(None, global, |out, width| {
        assessment.findings::<RenderError>(&show, &mut |group: AssetFindings<'_>| {
            told = true;
            explain::asset(&group, &loaded.catalog, &config.tunables, width, out)
        })?;
        Ok(())
    })?;
    if !told {
        bail!(
            "the input holds no asset `{arn}` that the chosen controls speak of{}",
            near(&context, &selection, arn)
        );
    }
    Ok(Exit::Clean)
}

/// What may have been meant. Training jobs are not looked through: there may be very many.
fn near(context: &Context<'_>, selection: &Selection<'_>, arn: &str) -> String {
    let all = judge_assets(context, selection, &Reach::default(), judging::every_core());
    let arns = all.assets.iter().map(|judged| judged.asset.arn.as_str());
    match nearest(arn, arns) {
        Some(near) if near != arn => format!("; did you mean `{near}`?"),
        _ => String::new(),
    }
}
