//! `scan`: AWS accounts into findings, by the same way that `check` takes.

use anyhow::{Context as _, Result, bail};
use sagewarden_core::judge::Reach;
use sagewarden_core::snapshot::ReadOptions;
use sagewarden_disk::DiskFolder;

use crate::Exit;
use crate::args::Scan;
use crate::command::judging::{Purpose, Subject};
use crate::command::{Global, check, judging, live};
use crate::input::Opened;

pub(crate) fn run(scan: &Scan, global: Global) -> Result<Exit> {
    check::answer_can_be_written(&scan.answer)?;
    let purpose = Purpose::load(&scan.basis.settings, &scan.basis.selection)?;
    let plan = live::plan(&scan.live, &purpose, &scan.basis.selection)?;
    if scan.live.dry_run {
        return live::dry_run(&plan, &scan.live, global);
    }
    let temporary = match scan.snapshot {
        Some(_) => None,
        None => Some(tempfile::tempdir().context("cannot make a folder for the snapshot")?),
    };
    let path = match (&scan.snapshot, &temporary) {
        (Some(path), _) => path.as_path(),
        (None, Some(temporary)) => temporary.path(),
        (None, None) => bail!("there is no folder for the snapshot"),
    };
    let folder = DiskFolder::new(path);
    let mut collected = None;
    // Only once waivers and baseline were found to be in order: a scan takes long.
    let subject = || {
        collected = Some(live::into_folder(
            &scan.live, &plan, false, &folder, global,
        )?);
        Ok(Subject {
            opened: Opened::of(folder, ReadOptions::default(), None),
            // A folder that goes with this process is no input for a later command.
            inputs: scan
                .snapshot
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            options: Vec::new(),
            files: scan.snapshot.iter().cloned().collect(),
            reach: Reach::default(),
        })
    };
    let digests = check::wants_digests(&scan.answer);
    let exit = judging::judge_by(&purpose, &scan.basis, digests, subject, |judged| {
        check::write_all(&scan.answer, judged, global)
    })?;
    let Some(collected) = collected else {
        bail!("nothing was read");
    };
    if collected.interrupted {
        bail!("interrupted; the findings are of what was read until then");
    }
    // An account that could not be read at all is no clean bill, whatever the others hold.
    if scan.answer.strict && !collected.unread.is_empty() && exit == Exit::Clean {
        return Ok(Exit::Incomplete);
    }
    Ok(exit)
}
