//! From declared resources to the answers that AWS would give about them.
//!
//! Enters: declared and removed resources, the frame, and how far the code speaks. Leaves:
//! observations with the markers of what nobody knows yet and the places where members stand.
//! Deliberately absent: what no code can show (traffic, use, objects); it was not collected.
//!
//! Code that is read in part says nothing of what it does not mention: its listings stop before
//! their last page. Code that is the whole stack closes them.

mod published;
mod role;
mod sagemaker;
mod storage;

use serde_json::Value as Json;

use sagewarden_core::operations::{GLOBAL_REGION, Operation, Scope};
use sagewarden_core::snapshot::{Observation, Outcome, Parameters};

use crate::declared::{Declared, Identity, Removed, Unread};
use crate::frame::Frame;
use crate::kind::Kind;
use crate::value::{Body, Node};

/// The token of a page that will never come: what the code does not mention.
pub(crate) const BEYOND: &str = "not-in-this-code";

/// What the service gives when the code is applied.
pub(crate) const LATER: &str = "a value that the service gives";

/// Everything that code declares.
#[derive(Debug, Default)]
pub(crate) struct Stack {
    pub(crate) declared: Vec<Declared>,
    pub(crate) removed: Vec<Removed>,
    pub(crate) unread: Vec<Unread>,
}

impl Stack {
    pub(crate) fn of(&self, kind: Kind) -> impl Iterator<Item = &Declared> {
        let of_kind = move |declared: &&Declared| declared.identity.kind == kind;
        self.declared.iter().filter(of_kind)
    }

    /// What was not read and may change a resource.
    pub(crate) fn unread_about(&self, identity: &Identity, frame: &Frame) -> Option<&str> {
        let mut unread = self.unread.iter();
        let found = unread.find(|unread| unread.may_change(identity, frame));
        found.map(|unread| unread.what.as_str())
    }

    /// The declared resource of that kind and name.
    pub(crate) fn named(&self, kind: Kind, name: &str) -> Option<&Declared> {
        self.of(kind)
            .find(|declared| declared.identity.name == name)
    }
}

/// The observations of `stack`.
pub(crate) fn observe(stack: &Stack, frame: &Frame, whole: bool) -> Vec<Observation> {
    // Code that was not read may add to what it was given.
    let read = stack
        .declared
        .iter()
        .all(|declared| stack.unread_about(&declared.identity, frame).is_none());
    let mut recorder = Recorder {
        frame,
        whole: whole && read,
        observations: Vec::new(),
    };
    sagemaker::observe(stack, &mut recorder);
    storage::observe(stack, &mut recorder);
    role::observe(stack, &mut recorder);
    recorder.observations
}

/// Collects observations.
pub(crate) struct Recorder<'f> {
    pub(crate) frame: &'f Frame,
    /// Whether what the code does not mention does not exist.
    pub(crate) whole: bool,
    observations: Vec<Observation>,
}

impl Recorder<'_> {
    /// An answer.
    fn answer(&mut self, operation: Operation, region: &str, key: &[(&str, &str)], body: &Node) {
        self.answer_of(operation, region, key, body, None);
    }

    /// An answer about something that a construct made.
    fn answer_of(
        &mut self,
        operation: Operation,
        region: &str,
        key: &[(&str, &str)],
        body: &Node,
        made_by: Option<&str>,
    ) {
        let Body {
            json,
            unresolved,
            located,
        } = Body::of(body);
        // Writing a JSON tree to text does not fail; if it did, the call would not be answered.
        let Ok(body) = serde_json::value::to_raw_value(&json) else {
            return;
        };
        let mut observation = self.observation(operation, region, key, Outcome::Ok { body });
        observation.source = made_by.map(str::to_owned);
        observation.unresolved = unresolved;
        observation.located = located;
        self.observations.push(observation);
    }

    /// An answer that what was asked for is not there.
    fn nothing(
        &mut self,
        operation: Operation,
        region: &str,
        key: &[(&str, &str)],
        outcome: Outcome,
    ) {
        let observation = self.observation(operation, region, key, outcome);
        self.observations.push(observation);
    }

    fn observation(
        &self,
        operation: Operation,
        region: &str,
        key: &[(&str, &str)],
        outcome: Outcome,
    ) -> Observation {
        let parameters: Parameters = key
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Json::from(*value)))
            .collect();
        Observation {
            operation,
            parameters,
            account: self.frame.account.clone(),
            region: match operation.row().scope {
                Scope::Global => GLOBAL_REGION.to_owned(),
                Scope::Region => region.to_owned(),
            },
            time: None,
            source: None,
            unresolved: Vec::new(),
            located: Vec::new(),
            outcome,
        }
    }

    /// The pages of a listing, one an item, so that each keeps its place. `complete` says whether
    /// there is nothing else.
    fn listing(
        &mut self,
        operation: Operation,
        region: &str,
        key: &[(&str, &str)],
        pages: Vec<Vec<(&str, Node)>>,
        complete: bool,
    ) {
        let Some(paging) = operation.row().paging else {
            return;
        };
        let last = pages.len().saturating_sub(1);
        for (index, members) in pages.into_iter().enumerate() {
            let mut body = Node::map(members);
            let token = format!("code-{index}");
            let next = format!("code-{}", index + 1);
            if index < last {
                body.set(paging.output, Node::text(next));
            } else if !complete {
                body.set(paging.output, Node::text(BEYOND));
            }
            let mut key = key.to_vec();
            if index > 0 {
                key.push((paging.input, &token));
            }
            self.answer(operation, region, &key, &body);
        }
    }
}

/// The body of a describe call: the declared members, with those that the service adds.
fn described(declared: &Declared, added: Vec<(&str, Node)>) -> Node {
    let mut body = declared.body.clone();
    if let Some(open) = body.as_open() {
        let place = body.place.clone();
        body = Node::unread(&open.expression).at(place);
    }
    for (name, node) in added {
        body.set(name, node);
    }
    body
}

/// A member that the service gives.
fn later() -> Node {
    Node::open(LATER, false)
}

/// The outcome of a call whose subject will not exist.
fn not_found(code: &str) -> Outcome {
    Outcome::NotFound {
        code: code.to_owned(),
    }
}

/// The outcome of a call for what is not configured.
fn absent(code: &str) -> Outcome {
    Outcome::Absent {
        code: code.to_owned(),
    }
}
