//! From an outcome to a finding: the why, the evidence, what is missing, the commands.
//!
//! Enters: an outcome, its control, the asset and its facts. Leaves: a [`Finding`] that owns all it
//! says. The expressions are run again in their tracing form, so that the evidence is exactly what
//! was read and the missing calls are exactly those that logic did not absorb.

use std::collections::{HashMap, HashSet};

use crate::asset::Asset;
use crate::cel::{Input, Program, Scratch, Value};
use crate::codes::Reason;
use crate::control::{Case, Control, Rule};
use crate::evaluate::Outcome;
use crate::facts::{Context, Facts, Origin};
use crate::finding::{Call, Evidence, Finding, NO_MEANING, Note, Seen, Waiver, finding_id};
use crate::json::Node;
use crate::missing::Missing;
use crate::remedy::role_of;
use crate::request;
use crate::snapshot::{Observation, Outcome as Reply, SourcePlace};
use crate::verdict::Verdict;

/// What a control says of an asset, with the rule that said it.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'c, 'o> {
    /// The control.
    pub control: &'c Control,
    /// Its rule for the asset's kind.
    pub rule: &'c Rule,
    /// What it says.
    pub outcome: &'o Outcome,
}

/// Makes the finding of an outcome for `asset`. Without `details` it holds no evidence, tunables
/// and commands, which a report that shows none of them need not pay for.
#[must_use]
pub fn prove<'c>(
    judged: Judged<'c, '_>,
    asset: &Asset,
    facts: &dyn Facts,
    context: &Context<'_>,
    details: bool,
) -> Finding<'c> {
    let Judged {
        control,
        rule,
        outcome,
    } = judged;
    let input = Input {
        root: facts,
        tunables: context.tunables,
        as_of: context.instant(),
    };
    let role = role_of(facts);
    let mut reading = Reading::default();
    // The why of an unknown is what is missing.
    let located = place_of(facts, &ANCHORS.map(str::to_owned));
    if details || located.is_some() || outcome.verdict == Verdict::Unknown {
        for program in deciding_programs(rule, outcome) {
            reading.trace(program, &input);
        }
    }
    let source = located.map(|anchor| {
        let statement = match outcome.verdict {
            Verdict::Fail => statement_of(facts, role.as_deref(), &reading.facts, context),
            _ => None,
        };
        statement.unwrap_or_else(|| place_of(facts, &reading.facts).unwrap_or(anchor))
    });
    if !details {
        reading.facts.clear();
        reading.tunables.clear();
    }
    let case = outcome.code.and_then(|index| match outcome.verdict {
        Verdict::Fail => rule.reasons.get(usize::from(index)),
        Verdict::NotApplicable => rule.not_applicable.get(usize::from(index)),
        Verdict::Unknown | Verdict::Pass => None,
    });
    let waived = outcome
        .waived
        .and_then(|index| rule.waived.get(usize::from(index)));
    if outcome.verdict != Verdict::Unknown {
        reading.missing.clear();
    }
    let seen = seen(facts, &reading.facts);
    let mut evidence = evidence_of(facts, &reading.facts);
    for item in &mut evidence {
        if let Evidence::Statement(statement) = item {
            statement.place = context.written().place(role.as_deref(), statement);
        }
    }
    let mut tunables = reading.tunables;
    evidence.retain(|item| match item {
        Evidence::Tunable { name } => {
            tunables.push(name.clone());
            false
        }
        _ => true,
    });
    tunables.sort();
    tunables.dedup();
    let mut missing = reading.missing;
    missing.sort();
    missing.dedup();
    Finding {
        id: finding_id(&control.id, &asset.arn),
        control: &control.id,
        title: &control.title,
        severity: control.severity,
        asset: asset.clone(),
        role,
        verdict: outcome.verdict,
        disposition: outcome.disposition(),
        reason: case.map(|case| case.code.as_str()),
        why: why(rule, outcome, case, &missing, &input),
        notes: notes_of(rule, outcome, &input),
        waiver: waived.map(|case| Waiver {
            source: &case.code,
            text: case
                .says
                .as_ref()
                .map_or_else(|| case.code.clone(), |says| says.render(&input)),
            declared: None,
        }),
        change: None,
        source,
        facts: seen,
        evidence,
        missing,
        tunables,
        commands: if details {
            commands_of(control, outcome, asset, &input)
        } else {
            Vec::new()
        },
        request: if details {
            request_of(control, outcome, facts)
        } else {
            None
        },
        remedy: None,
        edit: None,
        count: 1,
        family: None,
        history: None,
    }
}

/// Facts that every asset's own description gives, by one of which its place in code is found.
const ANCHORS: [&str; 4] = ["status", "network_isolation", "asynchronous", "root_access"];

/// Where infrastructure code says the first of `facts` that it says.
fn place_of(facts: &dyn Facts, paths: &[String]) -> Option<SourcePlace> {
    paths.iter().find_map(|path| {
        let mut origins = Vec::new();
        facts.origins_of(path, &mut origins);
        let members = || {
            origins.iter().filter_map(|origin| match origin {
                Origin::Member {
                    observation,
                    pointer,
                } => Some((*observation, pointer.as_ref())),
                _ => None,
            })
        };
        // A member that is written stands before one whose absence was read as well; what was read
        // last decided.
        let written = members().rev().find_map(|(observation, pointer)| {
            let mut located = observation.located.iter();
            located.find(|located| located.pointer == pointer)
        });
        match written {
            Some(located) => Some(located.place.clone()),
            None => {
                members().find_map(|(observation, pointer)| observation.place_of(pointer).cloned())
            }
        }
    })
}

/// Where infrastructure code writes the first statement that grants what is wrong.
fn statement_of(
    facts: &dyn Facts,
    role: Option<&str>,
    paths: &[String],
    context: &Context<'_>,
) -> Option<SourcePlace> {
    paths.iter().find_map(|path| {
        let mut origins = Vec::new();
        facts.origins_of(path, &mut origins);
        origins.iter().find_map(|origin| match origin {
            Origin::Statement(statement) if statement.effect == "allows" => {
                context.written().place(role, statement)
            }
            _ => None,
        })
    })
}

/// What keeps an unknown outcome unknown, sorted.
#[must_use]
pub fn missing_of(
    rule: &Rule,
    outcome: &Outcome,
    facts: &dyn Facts,
    context: &Context<'_>,
) -> Vec<Missing> {
    let input = Input {
        root: facts,
        tunables: context.tunables,
        as_of: context.instant(),
    };
    let mut reading = Reading::default();
    for program in deciding_programs(rule, outcome) {
        reading.trace(program, &input);
    }
    reading.missing.sort();
    reading.missing.dedup();
    reading.missing
}

/// The programs whose reading explains the verdict.
fn deciding_programs<'c>(rule: &'c Rule, outcome: &Outcome) -> Vec<&'c Program> {
    let index = outcome.code.map(usize::from);
    match outcome.verdict {
        Verdict::NotApplicable => index
            .and_then(|index| rule.not_applicable.get(index))
            .and_then(|case| case.when.as_ref())
            .into_iter()
            .collect(),
        Verdict::Fail => {
            let reason = index
                .and_then(|index| rule.reasons.get(index))
                .and_then(|case| case.when.as_ref());
            std::iter::once(&rule.unsafe_when).chain(reason).collect()
        }
        Verdict::Pass => vec![&rule.unsafe_when],
        Verdict::Unknown => rule
            .subject_when
            .iter()
            .chain(
                rule.not_applicable
                    .iter()
                    .filter_map(|case| case.when.as_ref()),
            )
            .chain(std::iter::once(&rule.unsafe_when))
            .collect(),
    }
}

/// What tracing found.
#[derive(Default)]
struct Reading {
    facts: Vec<String>,
    tunables: Vec<String>,
    missing: Vec<Missing>,
}

impl Reading {
    fn trace(&mut self, program: &Program, input: &Input<'_>) {
        let scratch = Scratch::default();
        let trace = program.trace(input, &scratch);
        for read in &trace.reads {
            match read.fact.strip_prefix("tunables.") {
                Some(name) => self.tunables.push(name.to_owned()),
                None if !self.facts.iter().any(|fact| fact == read.fact) => {
                    self.facts.push(read.fact.to_owned())
                }
                None => {}
            }
        }
        self.missing
            .extend(trace.missing.iter().map(|missing| (*missing).clone()));
        self.missing.extend(
            trace
                .errors
                .iter()
                .map(|error| Missing::undecided(error.to_string())),
        );
    }
}

fn why(
    rule: &Rule,
    outcome: &Outcome,
    case: Option<&Case>,
    missing: &[Missing],
    input: &Input<'_>,
) -> String {
    match outcome.verdict {
        Verdict::Fail | Verdict::NotApplicable => case.map_or_else(
            || "the unsafe state holds".to_owned(),
            |case| {
                case.says
                    .as_ref()
                    .map_or_else(|| words(&case.code), |says| says.render(input))
            },
        ),
        Verdict::Pass => rule.passes.as_ref().map_or_else(
            || "the unsafe state does not hold".to_owned(),
            |text| text.render(input),
        ),
        Verdict::Unknown => match missing {
            [] => "not decided".to_owned(),
            [only] => only.to_string(),
            [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
        },
    }
}

/// A code as words: its documented meaning, or the code with spaces.
fn words(code: &str) -> String {
    Reason::parse(code)
        .map(Reason::doc)
        .or_else(|| crate::codes::NotApplicable::parse(code).map(crate::codes::NotApplicable::doc))
        .map_or_else(
            || code.replace('_', " "),
            |doc| doc.trim_end_matches('.').to_owned(),
        )
}

fn notes_of<'c>(rule: &'c Rule, outcome: &Outcome, input: &Input<'_>) -> Vec<Note<'c>> {
    rule.notes
        .iter()
        .take(64)
        .enumerate()
        .filter(|(index, _)| outcome.notes & (1 << index) != 0)
        .map(|(_, case)| Note {
            code: &case.code,
            text: case.says.as_ref().map(|says| says.render(input)),
        })
        .collect()
}

fn commands_of(
    control: &Control,
    outcome: &Outcome,
    asset: &Asset,
    input: &Input<'_>,
) -> Vec<String> {
    if outcome.verdict != Verdict::Fail {
        return Vec::new();
    }
    let mut commands: Vec<String> = control
        .remediation
        .commands
        .iter()
        .filter(|(kind, _)| *kind == asset.kind)
        .flat_map(|(_, commands)| commands)
        .flat_map(|command| command.commands(input))
        .collect();
    let mut told = HashSet::new();
    commands.retain(|command| told.insert(command.clone()));
    commands
}

/// The corrected request, from the answer that tells when the asset was created: its description.
fn request_of(
    control: &Control,
    outcome: &Outcome,
    facts: &dyn Facts,
) -> Option<serde_json::Value> {
    let correction = control.remediation.request.as_ref()?;
    if outcome.verdict != Verdict::Fail {
        return None;
    }
    let mut origins = Vec::new();
    facts.origins_of("creation_time", &mut origins);
    origins.iter().find_map(|origin| {
        let Origin::Member {
            observation,
            pointer,
        } = origin
        else {
            return None;
        };
        let body: serde_json::Value = serde_json::from_str(observation.body()?).ok()?;
        // The answer itself, or the record of a search in it.
        let (record, _) = pointer.rsplit_once('/')?;
        request::corrected(body.pointer(record)?, correction)
    })
}

/// The values of the facts at `paths`. A record has none of its own: what was read stands below it.
fn seen(facts: &dyn Facts, paths: &[String]) -> Vec<Seen> {
    let valued = |path: &String| {
        let (name, rest) = first_name(path);
        let (index, _) = facts.schema().find(name)?;
        Some(Seen {
            path: path.clone(),
            value: value_below(facts.field(index), rest)?,
        })
    };
    paths.iter().filter_map(valued).collect()
}

fn first_name(path: &str) -> (&str, Option<&str>) {
    path.split_once('.')
        .map_or((path, None), |(name, rest)| (name, Some(rest)))
}

/// Elements of a list that are told.
const ELEMENTS: usize = 8;

fn value_below(value: Value<'_>, path: Option<&str>) -> Option<String> {
    match (value, path) {
        (Value::List(list), path) => {
            let items = (0..list.len().min(ELEMENTS))
                .map(|index| value_below(list.item(index), path))
                .collect::<Option<Vec<String>>>()?;
            let more = match list.len() > ELEMENTS || list.doubt().is_some() {
                true if items.is_empty() => "…",
                true => ", …",
                false => "",
            };
            Some(format!("[{}{more}]", items.join(", ")))
        }
        (Value::Record(record), Some(path)) => {
            let (name, rest) = first_name(path);
            let (index, _) = record.schema().find(name)?;
            value_below(record.field(index), rest)
        }
        (Value::Record(_), None) => None,
        (value, _) => Some(value.to_string()),
    }
}

/// The places behind facts, with the values that stand there, each once.
#[must_use]
pub fn evidence_of(facts: &dyn Facts, paths: &[String]) -> Vec<Evidence> {
    let mut origins = Vec::new();
    for path in paths {
        facts.origins_of(path, &mut origins);
    }
    let mut bodies = HashMap::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    for origin in &origins {
        let item = show(origin, &mut bodies);
        if !evidence.contains(&item) {
            evidence.push(item);
        }
    }
    evidence
}

fn show<'e>(
    origin: &Origin<'e>,
    bodies: &mut HashMap<*const Observation, Option<Node<'e>>>,
) -> Evidence {
    match origin {
        Origin::Member {
            observation,
            pointer,
        } => {
            let body = bodies
                .entry(std::ptr::from_ref(*observation))
                .or_insert_with(|| observation.body().and_then(|text| Node::parse(text).ok()));
            let value = body
                .as_ref()
                .and_then(|body| body.pointer(pointer))
                .and_then(|node| serde_json::to_value(node).ok())
                .unwrap_or_default();
            let absent_means = value.is_null().then(|| {
                let absent = body
                    .as_ref()
                    .map_or(pointer.as_ref(), |body| first_absent(body, pointer));
                observation
                    .operation
                    .absence(absent)
                    .unwrap_or(NO_MEANING)
                    .to_owned()
            });
            Evidence::Member {
                call: Call::about(observation, body.as_ref(), pointer),
                pointer: pointer.to_string(),
                value,
                absent_means,
                place: observation.place_of(pointer).cloned(),
            }
        }
        Origin::Outcome { observation } => {
            let (outcome, code) = match &observation.outcome {
                Reply::Ok { .. } => ("answered", None),
                Reply::Absent { code } => ("absent", Some(code)),
                Reply::NotFound { code } => ("not_found", Some(code)),
                Reply::Denied { code, .. } => ("denied", Some(code)),
                Reply::Throttled { code } => ("throttled", Some(code)),
                Reply::Failed { code } => ("failed", Some(code)),
            };
            Evidence::Outcome {
                call: Call::of(observation),
                outcome: outcome.to_owned(),
                code: code.cloned(),
            }
        }
        Origin::Call {
            operation,
            account,
            subject,
        } => Evidence::Outcome {
            call: Call::named(*operation, account, subject),
            outcome: "answered".to_owned(),
            code: None,
        },
        Origin::Statement(statement) => Evidence::Statement(statement.as_ref().clone()),
        Origin::Tunable(name) => Evidence::Tunable {
            name: (*name).to_owned(),
        },
    }
}

/// The shortest beginning of `pointer` that leads nowhere: the member whose absence makes the rest absent.
fn first_absent<'p>(body: &Node<'_>, pointer: &'p str) -> &'p str {
    pointer
        .match_indices('/')
        .map(|(at, _)| at)
        .skip(1)
        .filter_map(|end| pointer.get(..end))
        .find(|beginning| body.pointer(beginning).is_none())
        .unwrap_or(pointer)
}
