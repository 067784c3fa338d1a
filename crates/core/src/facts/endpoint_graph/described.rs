//! What a Describe call gave, or the record of a search that stands in for it.
//!
//! Enters: the estate. Leaves: [`Described`], from which facts are read. Deliberately absent: what
//! a record of a search never carries; asking for that is unknown rather than absent.

use crate::estate::{Estate, Place, Reply, not_collected};
use crate::facts::answer::{Answer, Part};
use crate::facts::fact::Fact;
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::snapshot::Observation;

/// What a Describe call gave, or the `Search` record that stands in for it.
#[derive(Debug)]
pub enum Described<'e> {
    /// The answer.
    Answer(Answer<'e>),
    /// The service says that the resource does not exist.
    Gone(&'e Observation),
    /// Nothing usable.
    Missing(MissingSet),
}

impl<'e> Described<'e> {
    /// The answer of `operation` for `name`, or `record` where that call gave nothing.
    pub(super) fn of(
        estate: &'e Estate,
        operation: Operation,
        place: &Place,
        name: &str,
        record: Option<&'e Observation>,
    ) -> Self {
        match estate.reply(operation, &place.account, &place.region, name) {
            Reply::Answer(answer) => Described::Answer(answer),
            Reply::NotFound(observation) | Reply::Absent(observation) => {
                Described::Gone(observation)
            }
            Reply::Missing(missing) => match record.map(Answer::of) {
                Some(Ok(answer)) => Described::Answer(answer),
                _ => Described::Missing(missing),
            },
        }
    }

    /// What is known of a resource that no answer spoke of.
    #[must_use]
    pub fn unread(operation: Operation, name: &str) -> Self {
        Described::Missing(not_collected(operation, name))
    }

    /// A fact of the answer; unknown when there is none.
    pub fn read<'r, T>(&'r self, read: impl FnOnce(Part<'r, 'e>) -> Fact<'e, T>) -> Fact<'e, T> {
        match self {
            Described::Answer(answer) => read(answer.root()),
            Described::Gone(observation) => Fact::unknown(observation.gone()),
            Described::Missing(missing) => Fact::unknown(missing.clone()),
        }
    }

    /// A fact that a `Search` record never carries.
    pub fn read_beyond_search<'r, T>(
        &'r self,
        operation: Operation,
        read: impl FnOnce(Part<'r, 'e>) -> Fact<'e, T>,
    ) -> Fact<'e, T> {
        self.read(|part| {
            if part.observation().operation == Operation::Search {
                Fact::unknown(Missing::call(
                    operation,
                    part.observation().subject(),
                    Gap::NotCollected,
                    "",
                ))
            } else {
                read(part)
            }
        })
    }

    /// The answer, if there is one.
    #[must_use]
    pub fn part(&self) -> Option<Part<'_, 'e>> {
        match self {
            Described::Answer(answer) => Some(answer.root()),
            _ => None,
        }
    }

    /// Whether the service says that the resource does not exist.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Described::Gone(_))
    }

    /// Why there is no answer, if there is none.
    #[must_use]
    pub fn gap(&self) -> Option<MissingSet> {
        match self {
            Described::Answer(_) => None,
            Described::Gone(observation) => Some(observation.gone().into()),
            Described::Missing(missing) => Some(missing.clone()),
        }
    }
}
