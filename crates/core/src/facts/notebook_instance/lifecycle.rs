//! The lifecycle configuration of a notebook.
//!
//! Enters: the configuration's name, and its description. Leaves: whether it is there and does
//! anything, and whether it stops the notebook when idle. Deliberately absent: the scripts.
//!
//! A description that was refused leaves the presence that the name shows. One that was never
//! asked for beside a full description of the notebook leaves the answer open, since whoever read
//! the one would have read the other; a listing alone speaks of presence.

use std::sync::Arc;

use crate::asset::Asset;
use crate::estate::Reply;
use crate::facts::answer::Answer;
use crate::facts::context::Context;
use crate::facts::fact::{Fact, Origin, State, Text};
use crate::json::Node;
use crate::missing::MissingSet;
use crate::operations::Operation;
use crate::redact::{AUTOSTOP, BLANK, Redacted};

use super::Source;

const NAME: &str = "/NotebookInstanceLifecycleConfigName";

/// What is known of the lifecycle configuration.
pub(super) struct Lifecycle<'e> {
    pub(super) name: Fact<'e, Option<Text<'e>>>,
    pub(super) state: Fact<'e, &'static str>,
    pub(super) read: Fact<'e, bool>,
    pub(super) on_start: Fact<'e, bool>,
    pub(super) autostop: Fact<'e, bool>,
}

pub(super) fn derive<'e>(
    context: &Context<'e>,
    asset: &Asset,
    source: &Source<'_, 'e>,
) -> Lifecycle<'e> {
    let name = source.either(|part| part.optional_text(NAME));
    let assignment = source.either(|part| part.assignment(NAME));
    let config = match &assignment.state {
        State::Known("set") => name.value().cloned().flatten(),
        _ => None,
    };
    let Some(config) = config else {
        // Nothing is named, or nothing can be looked up by its name yet.
        let nothing = assignment.clone().then(|word| match word {
            "none" => Fact::given(false),
            _ => Fact::unknown(match name.missing() {
                Some(missing) => Arc::clone(missing),
                None => {
                    crate::missing::Missing::undecided("which lifecycle configuration it will be")
                        .into()
                }
            }),
        });
        return Lifecycle {
            name,
            state: assignment,
            read: nothing.clone(),
            on_start: nothing.clone(),
            autostop: nothing,
        };
    };
    let named = name.origins.clone();
    let operation = Operation::DescribeNotebookInstanceLifecycleConfig;
    let reply = context
        .estate
        .reply(operation, &asset.account, &asset.region, &config);
    let asked = context
        .estate
        .observation(operation, &asset.account, &asset.region, &config)
        .is_some();
    let scripts = match &reply {
        Reply::Answer(answer) => Scripts::of(answer),
        Reply::NotFound(observation) | Reply::Absent(observation) => {
            let origin = Origin::Outcome { observation };
            let nothing = Fact::known(false, origin.clone());
            return Lifecycle {
                name,
                state: Fact::known("dangling", named.and(origin.into())),
                read: nothing.clone(),
                on_start: nothing.clone(),
                autostop: nothing,
            };
        }
        Reply::Missing(missing) => {
            let state = if asked || source.described.is_err() {
                Fact::known("present", named)
            } else {
                Fact::unknown(Arc::clone(missing))
            };
            return Lifecycle {
                name,
                state,
                read: Fact::given(false),
                on_start: Fact::unknown(Arc::clone(missing)),
                autostop: Fact::unknown(Arc::clone(missing)),
            };
        }
    };
    Lifecycle {
        name,
        state: scripts
            .any(|script| !script.has(BLANK))
            .map(|runs| if runs { "present" } else { "empty" })
            .also_from(named),
        read: Fact::given(true),
        on_start: scripts.starts(|script| !script.has(BLANK)),
        autostop: scripts.any(|script| script.has(AUTOSTOP)),
    }
}

/// One script, or what keeps it from being read.
type Script<'e> = Fact<'e, Redacted>;

struct Scripts<'e> {
    create: Vec<Script<'e>>,
    start: Vec<Script<'e>>,
}

impl<'e> Scripts<'e> {
    fn of(answer: &Answer<'e>) -> Self {
        Scripts {
            create: scripts(answer, "/OnCreate"),
            start: scripts(answer, "/OnStart"),
        }
    }

    fn any(&self, holds: impl Fn(&Redacted) -> bool) -> Fact<'e, bool> {
        Fact::any(
            self.create
                .iter()
                .chain(&self.start)
                .map(|script| script.clone().map(|script| holds(&script))),
        )
    }

    fn starts(&self, holds: impl Fn(&Redacted) -> bool) -> Fact<'e, bool> {
        Fact::any(
            self.start
                .iter()
                .map(|script| script.clone().map(|script| holds(&script))),
        )
    }
}

fn scripts<'e>(answer: &Answer<'e>, hook: &'static str) -> Vec<Script<'e>> {
    match answer.root().parts(hook).state {
        State::Known(parts) => parts
            .iter()
            .map(|part| {
                let content = part
                    .node()
                    .pointer("/Content")
                    .filter(|node| !matches!(node, Node::Null));
                match content.and_then(Redacted::of_script) {
                    Some(script) => Fact::known(script, part.origin("/Content")),
                    None => Fact::unknown(unread(part.text("/Content").missing(), || {
                        part.malformed("/Content").into()
                    })),
                }
            })
            .collect(),
        State::Unknown(missing) => vec![Fact::unknown(missing)],
    }
}

fn unread(missing: Option<&MissingSet>, otherwise: impl FnOnce() -> MissingSet) -> MissingSet {
    missing.map_or_else(otherwise, Arc::clone)
}
