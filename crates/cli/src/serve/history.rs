//! What the folder holds, and the pages of it.
//!
//! Enters: a folder of snapshots, and of assessments as `-f json` writes them. Leaves: the page of a
//! snapshot, with the counts of the others as its trend. Everything is judged by today's controls and
//! waivers, so that the points of the trend can be compared; of an assessment the counts are as they
//! were. A thread counts what was not asked for yet.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sagewarden_core::snapshot::{MANIFEST, Snapshot};
use sagewarden_core::time::Time;
use sagewarden_disk::DiskFolder;
use sagewarden_report::{TrendPoint, html};

use crate::args::{Basis, Code, Input, Judging};
use crate::command::Global;
use crate::command::judging::{self, Judged};
use crate::{one_line, output};

/// Snapshots and assessments that are looked at, the last by name.
const MOST: usize = 1_000;

/// Pages that are kept.
const PAGES: usize = 4;

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The latest snapshot.
    Latest,
    /// The snapshot of a name, as it stands in an address.
    Named(String),
}

impl Asked {
    /// What a path asks for, if there is such a page.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path {
            "/" => Some(Asked::Latest),
            path => path
                .strip_prefix("/at/")
                .filter(|name| !name.is_empty() && !name.contains('/'))
                .map(|name| Asked::Named(name.to_owned())),
        }
    }
}

/// A folder of snapshots.
pub(crate) struct History {
    shelf: Arc<Shelf>,
    nudge: SyncSender<()>,
}

impl History {
    /// A history, whose counts are made in the background.
    pub(crate) fn new(folder: PathBuf, basis: Basis, global: Global) -> Self {
        let shelf = Arc::new(Shelf {
            folder,
            basis,
            global,
            known: Mutex::default(),
            work: Mutex::default(),
        });
        // One nudge that waits is enough: the thread looks at everything.
        let (nudge, nudged) = sync_channel(1);
        let counted = Arc::clone(&shelf);
        std::thread::spawn(move || count(&counted, &nudged));
        let _ = nudge.try_send(());
        History { shelf, nudge }
    }

    /// The page that is asked for; none where the folder does not hold it.
    pub(crate) fn page(&self, asked: &Asked) -> Result<Option<Bytes>> {
        let page = self.shelf.page(asked);
        let _ = self.nudge.try_send(());
        page
    }
}

/// Counts what is not counted yet, whenever somebody looked.
fn count(shelf: &Shelf, nudged: &Receiver<()>) {
    while nudged.recv().is_ok() {
        for entry in shelf.entries().unwrap_or_default() {
            if let Err(error) = shelf.count(&entry) {
                output::warn(&one_line(&error));
            }
        }
    }
}

struct Shelf {
    folder: PathBuf,
    basis: Basis,
    global: Global,
    known: Mutex<Known>,
    /// Held while a snapshot is judged: one at a time is what memory is for.
    work: Mutex<()>,
}

/// What is remembered, as long as the files stay as they are.
#[derive(Default)]
struct Known {
    counts: HashMap<Version, Option<TrendPoint>>,
    assessments: HashMap<Version, Option<TrendPoint>>,
    pages: VecDeque<(Version, usize, Bytes)>,
}

impl Known {
    /// Forgets what went or changed.
    fn retain(&mut self, here: &HashSet<&Version>) {
        self.counts.retain(|version, _| here.contains(version));
        self.assessments.retain(|version, _| here.contains(version));
        self.pages.retain(|(version, ..)| here.contains(version));
    }
}

/// A name, with time and size of the file that stands for it.
type Version = (String, Option<SystemTime>, u64);

#[derive(Clone)]
struct Entry {
    version: Version,
    path: PathBuf,
    as_of: Time,
    /// The counts of an assessment; of a snapshot they are made here.
    counts: Option<TrendPoint>,
}

impl Entry {
    fn address(&self) -> String {
        utf8_percent_encode(&self.version.0, NON_ALPHANUMERIC).to_string()
    }
}

impl Shelf {
    fn page(&self, asked: &Asked) -> Result<Option<Bytes>> {
        let entries = self.entries()?;
        let mut snapshots = entries.iter().filter(|entry| entry.counts.is_none());
        let entry = match asked {
            Asked::Latest => snapshots.max_by_key(|entry| entry.as_of),
            Asked::Named(name) => snapshots.find(|entry| entry.address() == *name),
        };
        let Some(entry) = entry else {
            return Ok(None);
        };
        let _working = locked(&self.work);
        let trend = self.trend(&entries, entry);
        if let Some(page) = self.kept(entry, trend.len()) {
            return Ok(Some(page));
        }
        let unseen = entries.len() - 1 - trend.len();
        let points = trend.len();
        let (point, page) = self.judged(entry, |judged| {
            judged.run.trend = trend;
            if unseen > 0 {
                judged.run.warnings.push(format!(
                    "{unseen} more of the folder are not in the trend: they are being counted, or cannot be read"
                ));
            }
            let mut page = Vec::new();
            html::write(&judged.assessment, &judged.run, &mut page)?;
            Ok(Bytes::from(page))
        })?;
        let mut known = locked(&self.known);
        known.counts.insert(entry.version.clone(), Some(point));
        known
            .pages
            .retain(|(version, ..)| *version != entry.version);
        known
            .pages
            .push_back((entry.version.clone(), points, page.clone()));
        if known.pages.len() > PAGES {
            known.pages.pop_front();
        }
        Ok(Some(page))
    }

    /// Counts a snapshot that was not counted yet.
    fn count(&self, entry: &Entry) -> Result<()> {
        let _working = locked(&self.work);
        if entry.counts.is_some() || locked(&self.known).counts.contains_key(&entry.version) {
            return Ok(());
        }
        let counted = self.judged(entry, |_| Ok(()));
        let point = counted.as_ref().ok().map(|(point, ())| point.clone());
        locked(&self.known)
            .counts
            .insert(entry.version.clone(), point);
        counted.map(|_| ())
    }

    /// The page that was made when the trend had as many points.
    fn kept(&self, entry: &Entry, points: usize) -> Option<Bytes> {
        let known = locked(&self.known);
        let mut pages = known.pages.iter();
        let (.., page) = pages.find(|page| page.0 == entry.version && page.1 == points)?;
        Some(page.clone())
    }

    /// The counts of all others, with the addresses of their pages.
    fn trend(&self, entries: &[Entry], shown: &Entry) -> Vec<TrendPoint> {
        let known = locked(&self.known);
        let others = entries
            .iter()
            .filter(|entry| entry.version != shown.version);
        let points = others.filter_map(|entry| {
            if let Some(counts) = &entry.counts {
                return Some(counts.clone());
            }
            let mut point = known.counts.get(&entry.version)?.clone()?;
            point.page = Some(format!("/at/{}", entry.address()));
            Some(point)
        });
        let mut points: Vec<TrendPoint> = points.collect();
        points.sort_by_key(|point| point.as_of);
        points
    }

    fn judged<R>(
        &self,
        entry: &Entry,
        with: impl FnOnce(&mut Judged<'_>) -> Result<R>,
    ) -> Result<(TrendPoint, R)> {
        let judging = Judging {
            input: Input {
                paths: vec![entry.path.clone()],
                // What is damaged is told on the page.
                keep_going: true,
                as_of: None,
                code: Code::default(),
            },
            basis: self.basis.clone(),
            accounts: Vec::new(),
            regions: Vec::new(),
        };
        judging::judge_one_of_many(&judging, self.global, |judged| {
            let point = TrendPoint::of(&judged.run);
            Ok((point, with(judged)?))
        })
        .with_context(|| format!("`{}` cannot be judged", entry.path.display()))
    }

    /// The snapshots and assessments of the folder. A link is not followed: it may lead out.
    fn entries(&self) -> Result<Vec<Entry>> {
        let paths = if self.folder.join(MANIFEST).is_file() {
            vec![self.folder.clone()]
        } else {
            let listing = fs::read_dir(&self.folder)
                .with_context(|| format!("cannot read the folder `{}`", self.folder.display()))?;
            listing
                .filter_map(Result::ok)
                .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
                .map(|entry| entry.path())
                .collect()
        };
        let mut files: Vec<(Version, PathBuf)> = paths
            .into_iter()
            .filter_map(|path| Some((version(&path)?, path)))
            .collect();
        files.sort();
        let files = files.split_off(files.len().saturating_sub(MOST));
        let here: HashSet<&Version> = files.iter().map(|(version, _)| version).collect();
        locked(&self.known).retain(&here);
        let entries = files
            .iter()
            .filter_map(|(version, path)| self.entry(version, path));
        Ok(entries.collect())
    }

    /// What stands at a path, if it is a snapshot or an assessment.
    fn entry(&self, version: &Version, path: &Path) -> Option<Entry> {
        let (as_of, counts) = if path.is_dir() {
            let folder = DiskFolder::new(path);
            let snapshot = Snapshot::open(&folder).ok()?;
            (snapshot.manifest().as_of, None)
        } else {
            let counts = self.assessment(version, path)?;
            (counts.as_of, Some(counts))
        };
        Some(Entry {
            version: version.clone(),
            path: path.to_owned(),
            as_of,
            counts,
        })
    }

    /// The counts of an assessment; none of a file that is something else.
    fn assessment(&self, version: &Version, path: &Path) -> Option<TrendPoint> {
        if let Some(known) = locked(&self.known).assessments.get(version) {
            return known.clone();
        }
        let file = fs::File::open(path).ok()?;
        let counts = TrendPoint::read(BufReader::new(file)).ok();
        let mut known = locked(&self.known);
        known.assessments.insert(version.clone(), counts.clone());
        counts
    }
}

/// The version of what may be a snapshot or an assessment, by its name.
fn version(path: &Path) -> Option<Version> {
    let manifest = path.join(MANIFEST);
    let file = match path.extension() {
        _ if path.is_dir() => manifest.as_path(),
        Some(ending) if ending == "json" => path,
        _ => return None,
    };
    let metadata = fs::symlink_metadata(file).ok()?;
    let name = path.file_name().unwrap_or(OsStr::new("snapshot"));
    metadata.is_file().then(|| {
        (
            name.to_string_lossy().into_owned(),
            metadata.modified().ok(),
            metadata.len(),
        )
    })
}

/// A panic leaves nothing half done behind these locks.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_asks_for_a_name_and_never_for_a_file() {
        assert_eq!(Asked::of("/"), Some(Asked::Latest));
        assert_eq!(
            Asked::of("/at/a%2D1"),
            Some(Asked::Named("a%2D1".to_owned()))
        );
        for path in [
            "",
            "/at/",
            "/at",
            "/at/a/b",
            "/at/../..",
            "/etc/passwd",
            "//at/a",
            "*",
        ] {
            assert_eq!(Asked::of(path), None, "{path}");
        }
    }
}
