//! Beginning a collection, and going on with one that ended early.
//!
//! Enters: a folder, empty or left by an interrupted or killed run. Leaves: the snapshot's writer, what is known already, and
//! the instant that windows end at. Deliberately absent: the network.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::{Folder, MANIFEST, Observation, WriteOptions, Writer};
use sagewarden_core::time::Time;

use crate::Error;
use crate::found::Found;
use crate::walk;

/// What a collection that is under way leaves in its folder, so that it can be resumed against the same instant.
const UNDER_WAY: &str = "collection.json";
/// What is known from the run that is resumed.
#[derive(Default)]
pub(crate) struct Earlier {
    pub(crate) answers: Vec<Observation>,
    /// What the jobs name, by account and Region.
    pub(crate) jobs: BTreeMap<(String, String), Found>,
}

/// Starts the snapshot, or takes up the one that was interrupted.
pub(crate) fn begin<'f>(
    resume: bool,
    as_of: Time,
    folder: &'f dyn Folder,
    write: WriteOptions,
) -> Result<(Writer<'f>, Earlier, Time), Error> {
    let mut earlier = Earlier::default();
    if !resume {
        let writer = Writer::create(folder, write)?;
        let mut file = folder.create(UNDER_WAY)?;
        let text = serde_json::json!({ "as_of": as_of });
        writeln!(file, "{text}")?;
        file.finish()?;
        return Ok((writer, earlier, as_of));
    }
    let files = folder.list()?;
    if !files.iter().any(|file| file == UNDER_WAY) {
        return Err(Error::NothingToResume);
    }
    let mut text = String::new();
    folder.open(UNDER_WAY)?.read_to_string(&mut text)?;
    let as_of = Node::parse(&text)
        .ok()
        .and_then(|begun| Time::parse(begun.member("as_of")?.text()?))
        .ok_or(Error::NothingToResume)?;
    // An interrupted collection was finished, so that it can be judged; it is opened again.
    if files.iter().any(|file| file == MANIFEST) {
        folder.remove(MANIFEST)?;
    }
    let writer = Writer::resume_with(folder, write, &mut |known| match known.operation {
        O::DescribeTrainingJob => {
            let place = (known.account.clone(), known.region.clone());
            walk::recall_job(known, earlier.jobs.entry(place).or_default());
        }
        // These are asked again: there may be very many, and a search gives them all anew.
        O::ListTrainingJobs | O::Search => {}
        _ => earlier.answers.push(known.clone()),
    })?;
    Ok((writer, earlier, as_of))
}

/// Notes that a collection came to its end.
///
/// # Errors
/// When the folder cannot be changed.
pub(crate) fn ended(folder: &dyn Folder) -> Result<(), Error> {
    Ok(folder.remove(UNDER_WAY)?)
}
