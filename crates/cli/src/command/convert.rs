//! `convert`: saved AWS answers into a snapshot folder.

use std::path::PathBuf;

use anyhow::{Result, bail};
use sagewarden_core::snapshot::{ReadOptions, Snapshot, Writer, merge};

use crate::args::Convert;
use crate::command::Global;
use crate::{Exit, input, output};
use sagewarden_disk::DiskFolder;

pub(crate) fn run(convert: &Convert, global: Global) -> Result<Exit> {
    let as_of = input::as_of(convert.input.as_of.as_deref())?;
    let folder = DiskFolder::new(&convert.output);
    let (snapshots, others): (Vec<&PathBuf>, Vec<&PathBuf>) = convert
        .input
        .paths
        .iter()
        .partition(|path| input::is_snapshot(path));
    let manifest = match (snapshots.as_slice(), others.as_slice()) {
        ([], _) => {
            let mut writer = if convert.resume {
                Writer::resume(&folder, input::write_options())?
            } else {
                Writer::create(&folder, input::write_options())?
            };
            let report = input::import(
                &others,
                convert.input.keep_going,
                global.verbose,
                &mut writer,
            )?;
            let as_of = as_of.or(report.latest).unwrap_or_else(input::now);
            writer.finish(as_of, input::scope_of(Some(&report)))?
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
            merge(&parts, &folder, input::write_options(), as_of)?
        }
        _ => bail!(
            "convert saved answers first, then merge the snapshots: the two are not mixed in one run, nor is a merge resumed"
        ),
    };
    for warning in &manifest.warnings {
        output::warn(&warning.to_string());
    }
    if !global.quiet {
        anstream::println!(
            "{} observations in {} parts, as of {}, in {}",
            manifest.counts.observations,
            manifest.counts.parts,
            manifest.as_of,
            convert.output.display()
        );
    }
    Ok(Exit::Clean)
}
