//! Where training jobs come from, line by line.
//!
//! Enters: a snapshot, or observations in memory. Leaves: the lines of training jobs, part by part,
//! the fullest records first; and which observations are such lines, so that the estate leaves
//! them out. Deliberately absent: what a line says.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::operations::Operation;
use crate::snapshot::{Damage, Extent, Observation, Part, Snapshot};

/// The calls that show training jobs, the fullest record first.
pub(super) const STREAM: [Operation; 3] = [
    Operation::DescribeTrainingJob,
    Operation::Search,
    Operation::ListTrainingJobs,
];

/// Where the lines of training jobs come from.
pub trait JobSource: Sync {
    /// The call whose answers each part holds, in the order in which parts are numbered.
    fn parts(&self) -> Vec<Operation>;

    /// Hands the lines of a part, with their numbers from 1, to `each` until it breaks.
    ///
    /// # Errors
    /// When the part cannot be read to the end, or to where `each` broke.
    fn read(
        &self,
        part: usize,
        each: &mut dyn FnMut(u64, &str) -> ControlFlow<()>,
    ) -> Result<(), JobError>;
}

/// A line or part of training jobs that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct JobError(pub String);

/// Training jobs of a snapshot.
pub struct SnapshotJobs<'s> {
    snapshot: &'s Snapshot<'s>,
    parts: Vec<&'s Part>,
    damages: Mutex<Vec<Damage>>,
}

impl<'s> SnapshotJobs<'s> {
    /// The training jobs of `snapshot`.
    #[must_use]
    pub fn new(snapshot: &'s Snapshot<'s>) -> Self {
        let parts = STREAM
            .iter()
            .flat_map(|call| snapshot.parts_of(*call))
            .collect();
        SnapshotJobs {
            snapshot,
            parts,
            damages: Mutex::default(),
        }
    }

    /// What reading went past, each once, sorted.
    #[must_use]
    pub fn damages(&self) -> Vec<Damage> {
        let mut damages = self
            .damages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        damages.sort_by(|a, b| (&a.part, a.line).cmp(&(&b.part, b.line)));
        damages.dedup();
        damages
    }
}

impl JobSource for SnapshotJobs<'_> {
    fn parts(&self) -> Vec<Operation> {
        self.parts.iter().map(|part| part.operation).collect()
    }

    fn read(
        &self,
        part: usize,
        each: &mut dyn FnMut(u64, &str) -> ControlFlow<()>,
    ) -> Result<(), JobError> {
        let Some(part) = self.parts.get(part) else {
            return Ok(());
        };
        // Of a part that does not hold what was written nothing can be relied on, so that where
        // reading goes past damage, the part is proven before its first line is used.
        let refused = self
            .snapshot
            .proven(part)
            .map_err(|error| JobError(error.to_string()))?;
        let whole = refused.iter().all(|damage| damage.extent != Extent::Part);
        self.damages
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(refused);
        if !whole {
            return Ok(());
        }
        let mut lines = match self.snapshot.lines(part) {
            Ok(lines) => lines,
            Err(error) => return Err(JobError(error.to_string())),
        };
        loop {
            match lines.next_line() {
                Ok(Some((number, line))) => {
                    if part.operation == Operation::Search && !is_training_record(line) {
                        continue;
                    }
                    if each(number, line).is_break() {
                        return Ok(());
                    }
                }
                Ok(None) => return Ok(()),
                Err(error) if error.is_of_one_line() && self.snapshot.keeps_going() => {}
                Err(_) if self.snapshot.keeps_going() => return Ok(()),
                Err(error) => return Err(JobError(error.to_string())),
            }
        }
    }
}

/// Whether every line of a call belongs to the stream of training jobs.
#[must_use]
pub fn is_always_streamed(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::DescribeTrainingJob | Operation::ListTrainingJobs
    )
}

/// Whether a line belongs to the stream of training jobs, and not to the estate.
#[must_use]
pub fn is_streamed(operation: Operation, line: &str) -> bool {
    is_always_streamed(operation) || operation == Operation::Search && is_training_record(line)
}

/// Whether the line of a search is about training jobs.
fn is_training_record(line: &str) -> bool {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow, default)]
        parameters: Option<Parameters<'a>>,
        #[serde(default)]
        #[allow(dead_code, reason = "skipped without being kept")]
        body: IgnoredAny,
    }
    #[derive(Deserialize)]
    struct Parameters<'a> {
        #[serde(rename = "Resource", borrow, default)]
        resource: std::borrow::Cow<'a, str>,
    }
    serde_json::from_str::<Line<'_>>(line).is_ok_and(|line| {
        line.parameters
            .is_some_and(|parameters| parameters.resource == "TrainingJob")
    })
}

/// Training jobs in memory: for cases and tests.
#[derive(Debug, Default)]
pub struct MemoryJobs {
    lines: BTreeMap<usize, Vec<String>>,
}

impl MemoryJobs {
    /// Parts observations into streamed training jobs and the rest.
    #[must_use]
    pub fn split(observations: Vec<Observation>) -> (MemoryJobs, Vec<Observation>) {
        let mut jobs = MemoryJobs::default();
        let mut rest = Vec::new();
        for observation in observations {
            let part = STREAM
                .iter()
                .position(|call| *call == observation.operation);
            let line = part.and_then(|_| serde_json::to_string(&observation).ok());
            match (part, line) {
                (Some(part), Some(line)) if is_streamed(observation.operation, &line) => {
                    jobs.lines.entry(part).or_default().push(line);
                }
                _ => rest.push(observation),
            }
        }
        (jobs, rest)
    }
}

impl JobSource for MemoryJobs {
    fn parts(&self) -> Vec<Operation> {
        STREAM.to_vec()
    }

    fn read(
        &self,
        part: usize,
        each: &mut dyn FnMut(u64, &str) -> ControlFlow<()>,
    ) -> Result<(), JobError> {
        for (number, line) in (1u64..).zip(self.lines.get(&part).into_iter().flatten()) {
            if each(number, line).is_break() {
                break;
            }
        }
        Ok(())
    }
}
