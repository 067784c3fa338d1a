//! `baseline`: remember what is open.

use std::path::Path;

use anyhow::{Result, bail};
use sagewarden_core::baseline::Baseline as Remembered;

use crate::args::{Baseline, Judging};
use crate::command::Global;
use crate::command::judging::{judge, read_baseline};
use crate::{Exit, output};

pub(crate) fn run(baseline: &Baseline, global: Global) -> Result<Exit> {
    match baseline {
        Baseline::Create { file, judging } => {
            if file.exists() {
                bail!(
                    "`{}` exists; `sagewarden baseline update` brings it up to now",
                    file.display()
                );
            }
            write(file, &Remembered::default(), judging, global)
        }
        Baseline::Update { file, judging } => write(file, &read_baseline(file)?, judging, global),
    }
}

fn write(file: &Path, before: &Remembered, judging: &Judging, global: Global) -> Result<Exit> {
    judge(judging, global, |judged| {
        judged.warn_of_waivers();
        let as_of = judged.assessment.context.as_of;
        if let Some(known) = before.as_of.filter(|known| *known > as_of) {
            bail!(
                "`{}` describes {known}, which is later than the input's {as_of}",
                file.display()
            );
        }
        let (next, update) = before.updated(&judged.assessment, &|account, region, kind| {
            judged.looked_at(account, region, kind)
        });
        output::to(Some(file), global, |out, _| {
            Ok(out.write_all(next.to_text().as_bytes())?)
        })?;
        if !global.quiet {
            output::to(None, global, |out, _| {
                writeln!(
                    out,
                    "{} new, {} reopened, {} unchanged, {} resolved, {} removed, {} not looked at",
                    update.new,
                    update.reopened,
                    update.unchanged,
                    update.resolved,
                    update.removed,
                    update.unobserved
                )?;
                Ok(())
            })?;
        }
        Ok(Exit::Clean)
    })
}
