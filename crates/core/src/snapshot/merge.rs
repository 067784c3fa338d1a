//! Several snapshots into one.
//!
//! Enters: finished snapshots. Leaves: one, by the writer's rule for two observations with one key.
//! Deliberately absent: damaged input. A snapshot that does not read to its end is not joined.

use std::collections::BTreeMap;

use crate::time::Time;

use super::coverage::Status;
use super::error::Error;
use super::folder::Folder;
use super::manifest::{Manifest, Scope};
use super::reader::Snapshot;
use super::writer::{WriteOptions, Writer};

/// Joins `snapshots` into an empty `folder`. Without `as_of` they must be of one instant.
///
/// # Errors
/// When the snapshots are of different instants and none is given, a snapshot is damaged (also
/// when its reading keeps going), or the folder is not empty or cannot be written.
pub fn merge(
    snapshots: &[Snapshot<'_>],
    folder: &dyn Folder,
    options: WriteOptions,
    as_of: Option<Time>,
) -> Result<Manifest, Error> {
    let as_of = match as_of {
        Some(as_of) => as_of,
        None => common_instant(snapshots)?,
    };
    let mut writer = Writer::create(folder, options)?;
    let mut scope = Scope::default();
    for snapshot in snapshots {
        let manifest = snapshot.manifest();
        scope
            .accounts
            .extend(manifest.scope.accounts.iter().cloned());
        scope.regions.extend(manifest.scope.regions.iter().cloned());
        scope.units.extend(manifest.scope.units.clone());
        for coverage in &manifest.coverage {
            if coverage.status == Status::Skipped {
                writer.skip(
                    coverage.account.as_str(),
                    coverage.region.as_str(),
                    coverage.operation,
                    coverage.reason.as_deref().unwrap_or_default(),
                );
            }
        }
        for warning in &manifest.warnings {
            writer.warn(warning.clone());
        }
    }
    // Part by part over all snapshots, so that the answers of one account and Region meet and its
    // part stays open only once.
    let mut parts = BTreeMap::new();
    for (index, snapshot) in snapshots.iter().enumerate() {
        for part in snapshot.parts() {
            parts.insert((part.order(), index), (snapshot, part));
        }
    }
    for (snapshot, part) in parts.into_values() {
        let mut lines = snapshot.lines(part)?;
        while let Some((number, line)) = lines.next_line()? {
            writer.push(part.observation(number, line)?)?;
        }
    }
    writer.finish(as_of, scope)
}

fn common_instant(snapshots: &[Snapshot<'_>]) -> Result<Time, Error> {
    let mut instants = snapshots.iter().map(|snapshot| snapshot.manifest().as_of);
    let first = instants.next().ok_or(Error::NotASnapshot)?;
    match instants.find(|instant| *instant != first) {
        Some(other) => Err(Error::AsOf { first, other }),
        None => Ok(first),
    }
}
