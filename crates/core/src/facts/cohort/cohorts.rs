//! Which cohort a job belongs to.
//!
//! Enters: the shapes of jobs, one after another. Leaves: the number of each one's cohort. A job's
//! text key tells its cohort, once a job with the same one was seen; else its key does, which
//! costs several times as much to make.
//! Deliberately absent: what is known of a cohort; numbers are the caller's.

use std::collections::HashMap;

use super::{JobShape, ShapeError};
use crate::waiver::Mark;

/// Bytes of text keys that are held; beyond these, keys alone tell. Launchers that put something
/// new into each job would otherwise fill the memory.
const TEXT_BYTES: usize = 16 * 1024 * 1024;

type Numbers = HashMap<Box<[u8]>, usize, foldhash::fast::RandomState>;

/// The cohorts seen so far.
#[derive(Debug, Default)]
pub struct Cohorts {
    by_text: Numbers,
    by_key: Numbers,
    /// Bytes of the text keys that are held.
    held: usize,
    /// The keys of the job that was looked for last; the first is empty when it says nothing.
    text: Vec<u8>,
    key: Vec<u8>,
}

impl Cohorts {
    /// The cohort of a job, if one of its jobs was seen. A job that is looked for `alone` shares a
    /// cohort with other records of itself, and nothing else; any shares it only with jobs that the
    /// same waivers fit.
    ///
    /// # Errors
    /// When the line must be judged on its own.
    pub fn find(
        &mut self,
        job: &JobShape<'_>,
        alone: bool,
        waivers: &[Mark],
    ) -> Result<Option<usize>, ShapeError> {
        if alone {
            self.text.clear();
        } else {
            job.text_key_into(&mut self.text);
            tell_apart(&mut self.text, waivers);
            if let Some(number) = self.by_text.get(self.text.as_slice()) {
                return Ok(Some(*number));
            }
        }
        job.key_into(&mut self.key)?;
        tell_apart(&mut self.key, waivers);
        if alone {
            self.key.extend_from_slice(job.arn().as_bytes());
        }
        let known = self.by_key.get(self.key.as_slice()).copied();
        if let Some(number) = known {
            self.hold_text(number);
        }
        Ok(known)
    }

    /// Gives a number to the cohort of the job that was looked for last and not found.
    pub fn add(&mut self, number: usize) {
        self.by_key.insert(self.key.as_slice().into(), number);
        self.hold_text(number);
    }

    fn hold_text(&mut self, number: usize) {
        let held = self.held + self.text.len();
        if !self.text.is_empty() && held <= TEXT_BYTES {
            self.by_text.insert(self.text.as_slice().into(), number);
            self.held = held;
        }
    }

    /// The number of the cohort with this key; a new one gets `number`.
    pub fn adopt(&mut self, key: Box<[u8]>, number: usize) -> usize {
        *self.by_key.entry(key).or_insert(number)
    }

    /// The keys, with their numbers, in no order.
    pub fn into_keys(self) -> impl Iterator<Item = (Box<[u8]>, usize)> {
        self.by_key.into_iter()
    }
}

/// Adds which waivers fit, so that no such list is the beginning of another.
fn tell_apart(key: &mut Vec<u8>, waivers: &[Mark]) {
    for mark in waivers {
        key.push(1 + u8::from(mark.sure));
        key.extend_from_slice(&mark.waiver.to_be_bytes());
    }
    key.push(0);
}
