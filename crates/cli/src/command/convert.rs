//! `convert`: saved AWS answers into a snapshot folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use sagewarden_core::snapshot::{Manifest, ReadOptions, Snapshot, Writer, merge};

use crate::args::Convert;
use crate::command::Global;
use crate::{Exit, input, output};
use sagewarden_disk::DiskFolder;

pub(crate) fn run(convert: &Convert, global: Global) -> Result<Exit> {
    let existed = convert.output.exists();
    let fresh = is_empty(&convert.output);
    if !fresh && !convert.resume {
        bail!(
            "`{}` is not empty; name a new or an empty folder, or go on with an interrupted conversion by `--resume`",
            convert.output.display()
        );
    }
    let manifest = write(convert, global).inspect_err(|_| {
        // An interrupted conversion keeps its parts.
        if !convert.resume {
            clear(&convert.output);
            if !existed {
                let _ = fs::remove_dir(&convert.output);
            }
        }
    })?;
    for warning in &manifest.warnings {
        output::warn(&warning.to_string());
    }
    if !global.quiet {
        output::to(None, global, |out, _| {
            writeln!(
                out,
                "{} observations in {} parts, as of {}, in {}",
                manifest.counts.observations,
                manifest.counts.parts,
                manifest.as_of,
                convert.output.display()
            )?;
            Ok(())
        })?;
    }
    Ok(Exit::Clean)
}

fn write(convert: &Convert, global: Global) -> Result<Manifest> {
    let as_of = input::as_of(convert.input.as_of.as_deref())?;
    let folder = DiskFolder::new(&convert.output);
    let (snapshots, others): (Vec<&PathBuf>, Vec<&PathBuf>) = convert
        .input
        .paths
        .iter()
        .partition(|path| input::is_snapshot(path));
    match (snapshots.as_slice(), others.as_slice()) {
        ([], _) => {
            let mut writer = if convert.resume {
                Writer::resume(&folder, input::write_options())?
            } else {
                Writer::create(&folder, input::write_options())?
            };
            let imported =
                input::import(&others, &convert.input, None, global.verbose, &mut writer)?;
            for lost in &imported.lost {
                output::warn(lost);
            }
            let report = imported.report;
            let as_of = as_of.or(report.latest).unwrap_or_else(input::now);
            Ok(writer.finish(as_of, input::scope_of(Some(&report)))?)
        }
        (_, []) if !convert.resume => {
            let disks: Vec<DiskFolder> = snapshots.iter().map(DiskFolder::new).collect();
            let options = ReadOptions {
                keep_going: convert.input.keep_going,
                ..ReadOptions::default()
            };
            let parts = disks
                .iter()
                .map(|disk| Snapshot::open_with(disk, options))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(merge(&parts, &folder, input::write_options(), as_of)?)
        }
        _ => bail!(
            "convert saved answers first, then merge the snapshots: the two are not mixed in one run, nor is a merge resumed"
        ),
    }
}

/// Whether nothing is at `path` but perhaps an empty folder.
fn is_empty(path: &Path) -> bool {
    match fs::read_dir(path) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Removes what this run wrote into a folder that was empty before. What cannot be removed is not
/// worth a second error: a folder without a manifest is no snapshot.
fn clear(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        let entry = entry.path();
        if entry.is_dir() {
            let _ = fs::remove_dir_all(entry);
        } else {
            let _ = fs::remove_file(entry);
        }
    }
}
