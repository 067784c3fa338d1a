//! What cannot have changed since an older snapshot.
//!
//! Enters: the older snapshot, and what listings of now show. Leaves: its answers about things that never change once they
//! are made: models, endpoint configurations, and training jobs that have ended. A thing is the same when its account,
//! Region, name and instant of creation are. Deliberately absent: whatever can change, tags among it, and everything that
//! no listing of now shows.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use sagewarden_core::json::Node;
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::{Error, Observation, Outcome, Snapshot};
use sagewarden_core::time::Time;
use serde_json::value::RawValue;

/// A name, as two independent hashes: sixteen bytes instead of a text, and no two names meet by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name(u64, u64);

impl Name {
    pub(crate) fn of(name: &str) -> Name {
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, name).hash(&mut hasher);
            hasher.finish()
        };
        Name(hash(0), hash(1))
    }
}

/// A kind of thing that may be taken over.
pub(crate) struct Kind {
    pub(crate) describe: O,
    /// The member that names it, in requests, answers and listings.
    pub(crate) name: &'static str,
    /// What a search calls it, where there is one.
    searched: Option<&'static str>,
    /// Whether nothing of an answer can change any more.
    is_final: fn(&Node<'_>) -> bool,
}

pub(crate) const JOBS: Kind = Kind {
    describe: O::DescribeTrainingJob,
    name: "TrainingJobName",
    searched: Some("TrainingJob"),
    is_final: has_ended,
};
pub(crate) const MODELS: Kind = Kind {
    describe: O::DescribeModel,
    name: "ModelName",
    searched: Some("Model"),
    // What is recommended comes later than the model.
    is_final: |model| model.member("DeploymentRecommendation").is_none(),
};
pub(crate) const CONFIGURATIONS: Kind = Kind {
    describe: O::DescribeEndpointConfig,
    name: "EndpointConfigName",
    searched: None,
    is_final: |_| true,
};

/// Whether a job, or its line of a listing, is of one that has ended and holds no instances any more.
pub(crate) fn has_ended(job: &Node<'_>) -> bool {
    let text = |pointer: &str| job.pointer(pointer).and_then(Node::text);
    let has_ended = matches!(
        text("/TrainingJobStatus"),
        Some("Completed" | "Failed" | "Stopped")
    );
    // A pool is kept after the end, and can be kept longer while it is.
    let keeps = job.pointer("/ResourceConfig/KeepAlivePeriodInSeconds");
    let holds_none = match text("/WarmPoolStatus/Status") {
        Some(status) => matches!(status, "Terminated" | "Reused"),
        None => keeps.is_none(),
    };
    has_ended && holds_none
}

/// When a thing was made, and when it last changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    created: Time,
    modified: Option<Time>,
}

impl Made {
    pub(crate) fn of(thing: &Node<'_>) -> Option<Made> {
        let time = |name: &str| thing.member(name).and_then(Time::from_node);
        Some(Made {
            created: time("CreationTime")?,
            modified: time("LastModifiedTime"),
        })
    }

    /// Whether both speak of one thing that has not changed in between.
    fn is_that_of(&self, other: &Made) -> bool {
        let same = self.modified.zip(other.modified);
        self.created == other.created && same.is_none_or(|(one, other)| one == other)
    }
}

/// What an older snapshot holds of one kind, in one account and Region.
#[derive(Default)]
pub(crate) struct Older {
    made: HashMap<Name, Made>,
    /// How many of the answers are descriptions, and not records of a search.
    pub(crate) described: u64,
    /// Every job that was made before was final.
    pub(crate) settled_until: Option<Time>,
}

impl Older {
    /// How many things can be taken over, if nothing has changed.
    pub(crate) fn len(&self) -> u64 {
        self.made.len() as u64
    }

    /// When the thing was made that a listing shows now, if an answer about it is held.
    pub(crate) fn holds(&self, name: &str, listed: &Node<'_>) -> Option<Made> {
        let (known, now) = (self.made.get(&Name::of(name))?, Made::of(listed)?);
        known.is_that_of(&now).then_some(*known)
    }
}

/// An older snapshot, and which answers may be taken from it.
pub(crate) struct Since<'s> {
    snapshot: &'s Snapshot<'s>,
    /// Whether records of a search may be: they lack what only descriptions tell.
    searches: bool,
}

impl<'s> Since<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot<'s>, searches: bool) -> Since<'s> {
        Since { snapshot, searches }
    }

    /// What the snapshot holds of a kind that can be taken over.
    ///
    /// # Errors
    /// When a part cannot be read to its end.
    pub(crate) fn older(&self, kind: &Kind, account: &str, region: &str) -> Result<Older, Error> {
        let mut older = Older::default();
        let (mut open, mut newest): (Option<Time>, Option<Time>) = (None, None);
        self.each(kind, account, region, &mut |name, thing, observation| {
            let Some(made) = Made::of(thing) else { return };
            if (kind.is_final)(thing) {
                older.described += u64::from(observation.operation == kind.describe);
                newest = newest.max(Some(made.created));
                older.made.insert(Name::of(name), made);
            } else {
                open = Some(open.map_or(made.created, |open| open.min(made.created)));
            }
        })?;
        older.settled_until = match (open, newest) {
            (Some(open), Some(newest)) => Some(open.min(newest)),
            (None, newest) => newest,
            (Some(_), None) => None,
        };
        Ok(older)
    }

    /// Hands out the answers about the wanted names, each once, as the new snapshot is to hold them.
    ///
    /// # Errors
    /// When a part cannot be read to its end.
    pub(crate) fn take(
        &self,
        kind: &Kind,
        account: &str,
        region: &str,
        mut wanted: HashMap<Name, Made>,
        shown: &mut dyn FnMut(&str, &Node<'_>, Observation),
    ) -> Result<(), Error> {
        if wanted.is_empty() {
            return Ok(());
        }
        self.each(kind, account, region, &mut |name, thing, observation| {
            let made = wanted.get(&Name::of(name));
            if made.is_some()
                && made.copied() == Made::of(thing)
                && (kind.is_final)(thing)
                && wanted.remove(&Name::of(name)).is_some()
                && let Some(kept) = lasting(observation, thing)
            {
                shown(name, thing, kept);
            }
        })
    }

    /// Hands out what AWS answered about things of a kind: descriptions first, which tell the most.
    fn each(
        &self,
        kind: &Kind,
        account: &str,
        region: &str,
        shown: &mut dyn FnMut(&str, &Node<'_>, &Observation),
    ) -> Result<(), Error> {
        let search = kind.searched.filter(|_| self.searches);
        let operations = [Some(kind.describe), search.map(|_| O::Search)];
        for operation in operations.into_iter().flatten() {
            for part in self.snapshot.parts_of(operation) {
                if part.account != account || part.region != region {
                    continue;
                }
                self.snapshot
                    .for_each_observation::<Error>(part, |_, observation| {
                        let resource = observation.parameters.get("Resource");
                        let is_other = operation == O::Search
                            && resource.and_then(|resource| resource.as_str()) != search;
                        // What a file supplied is not what AWS answered.
                        if is_other || observation.source.is_some() {
                            return Ok(());
                        }
                        if let Some(thing) =
                            observation.body().and_then(|text| Node::parse(text).ok())
                            && let Some(name) = thing.member(kind.name).and_then(Node::text)
                        {
                            shown(name, &thing, &observation);
                        }
                        Ok(())
                    })?;
            }
        }
        Ok(())
    }
}

/// The observation without its tags, which can have changed. A record of a search without them tells nothing of them.
fn lasting(observation: &Observation, thing: &Node<'_>) -> Option<Observation> {
    if thing.member("Tags").is_none() {
        return Some(observation.clone());
    }
    let members = thing.members().iter();
    let members = members.filter(|(name, _)| name != "Tags").cloned();
    let text = serde_json::to_string(&Node::Object(members.collect())).ok()?;
    Some(Observation {
        outcome: Outcome::Ok {
            body: RawValue::from_string(text).ok()?,
        },
        ..observation.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_final_when_it_has_ended_and_holds_no_instances() {
        for (job, expected) in [
            (r#"{"TrainingJobStatus":"Completed"}"#, true),
            (r#"{"TrainingJobStatus":"Failed"}"#, true),
            (r#"{"TrainingJobStatus":"Stopping"}"#, false),
            (r#"{}"#, false),
            (
                r#"{"TrainingJobStatus":"Completed","WarmPoolStatus":{"Status":"InUse"}}"#,
                false,
            ),
            (
                r#"{"TrainingJobStatus":"Completed","WarmPoolStatus":{"Status":"Terminated"},"ResourceConfig":{"KeepAlivePeriodInSeconds":60}}"#,
                true,
            ),
            (
                r#"{"TrainingJobStatus":"Completed","ResourceConfig":{"KeepAlivePeriodInSeconds":60}}"#,
                false,
            ),
        ] {
            assert_eq!(has_ended(&Node::parse(job).unwrap()), expected, "{job}");
        }
    }

    #[test]
    fn what_was_made_anew_under_its_name_is_another() {
        let made = |text: &str| Made::of(&Node::parse(text).unwrap()).unwrap();
        let old = made(r#"{"CreationTime":1780000000.5,"LastModifiedTime":1780000009}"#);
        for (now, expected) in [
            (r#"{"CreationTime":1780000000.5}"#, true),
            (
                r#"{"CreationTime":1780000000.5,"LastModifiedTime":1780000009}"#,
                true,
            ),
            (
                r#"{"CreationTime":1780000000.5,"LastModifiedTime":1780000010}"#,
                false,
            ),
            (r#"{"CreationTime":1780000000}"#, false),
        ] {
            assert_eq!(old.is_that_of(&made(now)), expected, "{now}");
        }
    }

    #[test]
    fn absent_tags_of_a_kept_record_mean_nothing() {
        for operation in [O::Search, O::DescribeTrainingJob, O::DescribeModel] {
            assert_eq!(operation.absence("/Tags"), None, "{operation}");
        }
    }
}
