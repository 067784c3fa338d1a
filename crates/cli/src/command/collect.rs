//! `collect`: AWS accounts into a snapshot folder.

use anyhow::{Result, bail};
use sagewarden_disk::DiskFolder;

use crate::args::Collect;
use crate::command::judging::Purpose;
use crate::command::{Global, live};
use crate::{Exit, output};

pub(crate) fn run(collect: &Collect, global: Global) -> Result<Exit> {
    let purpose = Purpose::load(&collect.settings, &collect.selection)?;
    let plan = live::plan(&collect.live, &purpose, &collect.selection)?;
    let Some(path) = collect.output.as_ref().filter(|_| !collect.live.dry_run) else {
        return live::dry_run(&plan, &collect.live, global);
    };
    let folder = DiskFolder::new(path);
    let collected = live::into_folder(&collect.live, &plan, collect.resume, &folder, global)?;
    let counts = collected.manifest.counts;
    if !global.quiet {
        output::to(None, global, |out, _| {
            writeln!(
                out,
                "{} observations of {} accounts, as of {}, in {}",
                counts.observations,
                collected.manifest.scope.accounts.len(),
                collected.manifest.as_of,
                path.display()
            )?;
            if collected.taken_over > 0 {
                writeln!(
                    out,
                    "{} of them were taken over from the older snapshot",
                    collected.taken_over
                )?;
            }
            Ok(())
        })?;
    }
    if collected.interrupted {
        bail!(
            "interrupted; `{}` holds what was read: go on with `--resume`, or judge it as it is",
            path.display()
        );
    }
    Ok(Exit::Clean)
}
