//! The case format in which anybody may question this crate: one JSON record a line.
//!
//! The bytes of a line enter; the answer line leaves, or an error that names line and column.
//! Deliberately absent: reading files, and any key of the context that the case does not give.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::admin::Admin;
use crate::arn::RoleArn;
use crate::context::Context;
use crate::document::Document;
use crate::error::{DocumentError, OneLine};
use crate::point::Point;
use crate::role::{AttachedPolicy, Boundary, Layer, Role, StatementRef};
use crate::statement::Effect;
use crate::universal::{Decision, Question, Universal};
use crate::universe::Universe;

/// The role a case speaks of when it names none.
pub const DEFAULT_ROLE: &str = "arn:aws:iam::123456789012:role/nb-exec";

/// A case line that cannot be answered.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct CaseError {
    /// Line of the input, from 1.
    pub line: usize,
    /// Column in the line, from 1; 1 where the fault has no place of its own.
    pub column: usize,
    /// What is wrong.
    pub kind: CaseErrorKind,
}

/// What can be wrong with a case.
#[derive(Debug, thiserror::Error)]
pub enum CaseErrorKind {
    /// The line is not a record of the case format.
    #[error("{}", OneLine(.0))]
    Json(String),
    /// A policy document is malformed.
    #[error("policy `{}`: {error}", OneLine(policy))]
    Document {
        /// The policy's name.
        policy: String,
        /// What is wrong with it.
        error: Box<DocumentError>,
    },
    /// A member has a value that the format does not have.
    #[error("`{member}`: {}", OneLine(problem))]
    Member {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

#[derive(Deserialize)]
struct Case<'c> {
    #[serde(default)]
    id: Value,
    #[serde(borrow, default)]
    policies: Vec<NamedPolicy<'c>>,
    #[serde(borrow, default)]
    boundary: Option<NamedPolicy<'c>>,
    #[serde(borrow, default)]
    scps: Option<Vec<Vec<&'c RawValue>>>,
    #[serde(borrow, default)]
    rcps: Option<Vec<Vec<&'c RawValue>>>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    context: Option<Map<String, Value>>,
    question: Ask,
}

/// The document stays raw, so that its own reader sees repeated keys.
#[derive(Deserialize)]
struct NamedPolicy<'c> {
    #[serde(default)]
    name: Option<String>,
    #[serde(borrow)]
    document: &'c RawValue,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Ask {
    Point {
        action: String,
        resource: String,
    },
    Universal {
        action: String,
        universe: String,
        #[serde(default)]
        outside: Option<Vec<String>>,
    },
    Admin,
}

/// Answers one case. `line` is its number in the input, from 1, for errors.
///
/// # Errors
/// [`CaseError`] if the line is not a case; other lines are not affected.
pub fn answer_case(line: usize, bytes: &[u8]) -> Result<String, CaseError> {
    let fail = |column, kind| CaseError { line, column, kind };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let case: Case<'_> = serde_json::from_slice(bytes)
        .map_err(|error| fail(error.column().max(1), CaseErrorKind::Json(bare(&error))))?;
    answer(&case).map_err(|kind| fail(1, kind))
}

/// The message of a JSON error without its position, which [`CaseError`] carries.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => text,
    }
}

fn answer(case: &Case<'_>) -> Result<String, CaseErrorKind> {
    let role = case.role()?;
    let mut answer = match &case.question {
        Ask::Point { action, resource } => point(&role.point(action, resource)),
        Ask::Universal {
            action,
            universe,
            outside,
        } => {
            let known = Universe::named(universe, &role.arn);
            let universe = known.ok_or_else(|| CaseErrorKind::Member {
                member: "universe",
                problem: format!("`{universe}` is not the name of a universe"),
            })?;
            let outside = outside.clone().unwrap_or_default();
            universal(&role.universal(&Question::new(action, universe).outside(outside)))
        }
        Ask::Admin => admin(&role.admin()),
    };
    if let Some(object) = answer.as_object_mut() {
        object.shift_insert(0, "id".to_owned(), case.id.clone());
    }
    Ok(answer.to_string())
}

fn point(point: &Point) -> Value {
    json!({
        "answer": point.answer,
        "decided_by": brief(&point.decided_by),
        "not_allowed_by": point.not_allowed_by,
        "open_conditions": point.open_conditions,
    })
}

fn universal(answer: &Universal) -> Value {
    let mut line = json!({
        "must": answer.must,
        "may": answer.may,
        "witness": answer.witness,
        "decided_by": brief(&answer.decided_by),
        "open_conditions": answer.open_conditions,
    });
    if let (Decision::StateCap(states), Some(object)) = (answer.decision, line.as_object_mut()) {
        object.insert("not_decided_within_states".to_owned(), states.into());
    }
    line
}

fn admin(admin: &Admin) -> Value {
    json!({
        "answer": admin.answer,
        "way_up": admin.way_up.as_ref().map(|way| &way.steps),
        "decided_by": brief(&admin.decided_by),
        "open_conditions": admin.open_conditions,
        "boundary_cancels": admin.boundary_cancels,
    })
}

/// A statement in an answer line: enough to find it in the case.
#[derive(Serialize)]
struct Brief<'s> {
    policy: &'s str,
    statement: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<&'s str>,
    effect: Effect,
    layer: Layer,
}

fn brief(statements: &[StatementRef]) -> Vec<Brief<'_>> {
    statements
        .iter()
        .map(|statement| Brief {
            policy: &statement.policy,
            statement: statement.index,
            sid: statement.sid.as_deref(),
            effect: statement.effect,
            layer: statement.layer,
        })
        .collect()
}

impl Case<'_> {
    fn role(&self) -> Result<Role, CaseErrorKind> {
        let arn = self.role.as_deref().unwrap_or(DEFAULT_ROLE);
        let arn = RoleArn::parse(arn).map_err(|error| CaseErrorKind::Member {
            member: "role",
            problem: error.to_string(),
        })?;
        let mut role = Role::new(arn);
        role.context = self.context();
        role.identity = self
            .policies
            .iter()
            .map(NamedPolicy::attached)
            .collect::<Result<_, _>>()?;
        if let Some(boundary) = &self.boundary {
            role.boundary = Boundary::Attached(boundary.attached()?);
        }
        role.scps = levels(self.scps.as_deref(), "scp")?;
        role.rcps = levels(self.rcps.as_deref(), "rcp")?;
        Ok(role)
    }

    fn context(&self) -> Context {
        let mut context = Context::unknown();
        for (key, value) in self.context.iter().flatten() {
            context = match value {
                Value::Null => context.without(key),
                Value::Array(values) => context.with(key, values.iter().map(scalar)),
                one => context.with(key, [scalar(one)]),
            };
        }
        context
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn levels(
    levels: Option<&[Vec<&RawValue>]>,
    name: &str,
) -> Result<Vec<Vec<AttachedPolicy>>, CaseErrorKind> {
    let levels = levels.unwrap_or_default().iter().enumerate();
    levels
        .map(|(level, documents)| {
            let documents = documents.iter().enumerate();
            documents
                .map(|(index, raw)| level_policy(raw, format!("{name}[{level}][{index}]")))
                .collect()
        })
        .collect()
}

/// A level lists bare documents; named policies are taken too.
fn level_policy(raw: &RawValue, name: String) -> Result<AttachedPolicy, CaseErrorKind> {
    match serde_json::from_str::<NamedPolicy<'_>>(raw.get()) {
        Ok(policy) => policy.attached(),
        Err(_) => attached(raw, name),
    }
}

impl NamedPolicy<'_> {
    fn attached(&self) -> Result<AttachedPolicy, CaseErrorKind> {
        let name = self.name.clone().unwrap_or_else(|| "policy".to_owned());
        attached(self.document, name)
    }
}

fn attached(raw: &RawValue, name: String) -> Result<AttachedPolicy, CaseErrorKind> {
    match Document::parse(raw.get()) {
        Ok(document) => Ok(AttachedPolicy::inline(&name, document)),
        Err(error) => Err(CaseErrorKind::Document {
            policy: name,
            error: Box::new(error),
        }),
    }
}
