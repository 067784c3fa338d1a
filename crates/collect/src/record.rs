//! What was answered, into the snapshot.
//!
//! Enters: observations. Leaves: lines of the snapshot, by the snapshot's own writer, which redacts and makes durable.
//! Of a run that is resumed, and of an older snapshot whose immutable answers are used again, it also knows what was
//! answered before. Deliberately absent: the network, and any judgement.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use sagewarden_core::operations::{GLOBAL_REGION, Operation, Scope};
use sagewarden_core::snapshot::{
    Manifest, Observation, Outcome, Parameters, Scope as SnapshotScope, Warning, Writer, key_of,
};
use sagewarden_core::time::Time;

use crate::Error;

/// One call in one place, by its key.
type Call = (String, String, Operation, String);

/// Takes observations.
pub(crate) struct Record<'f> {
    /// None once the snapshot is finished.
    writer: RefCell<Option<Writer<'f>>>,
    /// The first failure to write, which ends the run.
    failure: RefCell<Option<Error>>,
    /// Answers of the run that is resumed.
    earlier: RefCell<HashMap<Call, Outcome>>,
    taken_over: Cell<u64>,
}

impl<'f> Record<'f> {
    pub(crate) fn new(writer: Writer<'f>, earlier: Vec<Observation>) -> Record<'f> {
        // What failed is asked again; what was refused is not.
        let passing = |outcome: &Outcome| {
            matches!(outcome, Outcome::Throttled { .. } | Outcome::Failed { .. })
        };
        let earlier = earlier
            .into_iter()
            .filter(|known| !passing(&known.outcome))
            .map(|known| {
                let key = known.key();
                (
                    (known.account, known.region, known.operation, key),
                    known.outcome,
                )
            })
            .collect();
        Record {
            writer: RefCell::new(Some(writer)),
            failure: RefCell::default(),
            earlier: RefCell::new(earlier),
            taken_over: Cell::new(0),
        }
    }

    /// Whether the call was answered, or refused, in the run that is resumed.
    pub(crate) fn has(
        &self,
        account: &str,
        region: &str,
        operation: Operation,
        parameters: &Parameters,
    ) -> bool {
        let region = recorded_in(operation, region);
        let writer = self.writer.borrow();
        writer
            .as_ref()
            .is_some_and(|writer| writer.has(account, region, operation, parameters))
    }

    /// What the call came to in the run that is resumed. It is given once: a call is made once a run.
    pub(crate) fn recall(
        &self,
        account: &str,
        region: &str,
        operation: Operation,
        parameters: &Parameters,
    ) -> Option<Outcome> {
        let mut earlier = self.earlier.borrow_mut();
        if earlier.is_empty() {
            return None;
        }
        let region = recorded_in(operation, region);
        let key = key_of(operation, parameters);
        earlier.remove(&(account.to_owned(), region.to_owned(), operation, key))
    }

    /// Keeps an outcome for the walk that will ask for it.
    pub(crate) fn remember(
        &self,
        account: &str,
        region: &str,
        operation: Operation,
        parameters: &Parameters,
        outcome: Outcome,
    ) {
        let key = key_of(operation, parameters);
        let region = recorded_in(operation, region).to_owned();
        self.earlier
            .borrow_mut()
            .insert((account.to_owned(), region, operation, key), outcome);
    }

    /// Records a call.
    pub(crate) fn push(
        &self,
        account: &str,
        region: &str,
        operation: Operation,
        parameters: Parameters,
        outcome: Outcome,
        time: Time,
    ) {
        let observation = Observation {
            operation,
            parameters,
            account: account.to_owned(),
            region: recorded_in(operation, region).to_owned(),
            time: Some(time),
            source: None,
            unresolved: Vec::new(),
            located: Vec::new(),
            outcome,
        };
        self.write(|writer| writer.push(observation));
    }

    /// Records an observation of an older snapshot.
    pub(crate) fn take_over(&self, observation: Observation) {
        self.taken_over.set(self.taken_over.get() + 1);
        self.write(|writer| writer.push(observation));
    }

    /// How many observations are of an older snapshot.
    pub(crate) fn taken_over(&self) -> u64 {
        self.taken_over.get()
    }

    /// Ends the run with an error.
    pub(crate) fn fail(&self, error: Error) {
        self.failure.borrow_mut().get_or_insert(error);
    }

    /// Notes that calls are left out on purpose.
    pub(crate) fn skip(&self, account: &str, region: &str, operation: Operation, reason: &str) {
        let region = recorded_in(operation, region);
        self.write(|writer| {
            writer.skip(account, region, operation, reason);
            Ok(())
        });
    }

    /// Adds a warning to the snapshot.
    pub(crate) fn warn(&self, account: &str, region: &str, operation: Operation, message: String) {
        let warning = Warning {
            account: account.to_owned(),
            region: region.to_owned(),
            operation,
            subject: String::new(),
            message,
        };
        self.write(|writer| {
            writer.warn(warning);
            Ok(())
        });
    }

    /// Makes durable what was read of an account and Region.
    pub(crate) fn seal(&self, account: &str, region: &str) {
        self.write(|writer| writer.seal(account, region));
    }

    /// Whether the snapshot can no longer be written.
    pub(crate) fn has_failed(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// Finishes the snapshot. Nothing is recorded afterwards.
    ///
    /// # Errors
    /// The first failure to write.
    pub(crate) fn finish(&self, as_of: Time, scope: SnapshotScope) -> Result<Manifest, Error> {
        if let Some(error) = self.failure.borrow_mut().take() {
            return Err(error);
        }
        match self.writer.borrow_mut().take() {
            Some(writer) => Ok(writer.finish(as_of, scope)?),
            None => Err(Error::NothingToResume),
        }
    }

    fn write(
        &self,
        change: impl FnOnce(&mut Writer<'f>) -> Result<(), sagewarden_core::snapshot::Error>,
    ) {
        if let Some(writer) = self.writer.borrow_mut().as_mut()
            && let Err(error) = change(writer)
        {
            self.fail(error.into());
        }
    }
}

/// Where the answer of a call is recorded.
pub(crate) fn recorded_in(operation: Operation, region: &str) -> &str {
    match operation.row().scope {
        Scope::Region => region,
        Scope::Global => GLOBAL_REGION,
    }
}
