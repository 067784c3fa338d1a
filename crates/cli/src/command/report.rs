//! `report`: a framework's requirements against an input.

use anyhow::{Result, bail};

use crate::args::{Report, ReportFormat};
use crate::command::Global;
use crate::command::judging::judge;
use crate::{Exit, output};

pub(crate) fn run(report: &Report, global: Global) -> Result<Exit> {
    judge(&report.judging, global, |judged| {
        judged.warn_of_waivers();
        let (assessment, run) = (&judged.assessment, &judged.run);
        let known = &run.frameworks;
        let Some(framework) = known.iter().find(|known| known.id == report.framework) else {
            let ids: Vec<&str> = known.iter().map(|known| known.id.as_str()).collect();
            bail!(
                "no framework is called `{}`; there are {}",
                report.framework,
                ids.join(", ")
            );
        };
        output::to(report.output.as_deref(), global, |out, width| {
            use sagewarden_report::framework as form;
            match report.format {
                ReportFormat::Text => {
                    form::text(framework, assessment, run, report.full, width, out)?
                }
                ReportFormat::Markdown => form::markdown(framework, assessment, run, out)?,
                ReportFormat::Json => form::json(framework, assessment, run, out)?,
            }
            Ok(())
        })?;
        Ok(Exit::Clean)
    })
}
