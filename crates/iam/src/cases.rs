//! The case format in which anybody may question this crate: one JSON record a line.
//!
//! The bytes of a line enter; the answer line leaves, or an error that names line and column.
//! Deliberately absent: reading files, and any key of the context that the case does not give.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::admin::Admin;
use crate::arn::RoleArn;
use crate::context::Context;
use crate::document::Document;
use crate::error::DocumentError;
use crate::role::{AttachedPolicy, Boundary, Role, StatementRef};
use crate::universal::{Decision, Question};
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
    /// The line is not a JSON object of the case format.
    #[error("{0}")]
    Json(String),
    /// A policy document is malformed.
    #[error("policy `{policy}`: {error}")]
    Document {
        /// The policy's name.
        policy: String,
        /// What is wrong with it.
        error: DocumentError,
    },
    /// A member is missing or has a value that the format does not have.
    #[error("`{member}`: {problem}")]
    Member {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

/// Answers one case. `line` is its number in the input, from 1, for errors.
///
/// # Errors
/// [`CaseError`] if the line is not a case; other lines are not affected.
pub fn answer_case(line: usize, bytes: &[u8]) -> Result<String, CaseError> {
    let fail = |column, kind| CaseError { line, column, kind };
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let case: Value = serde_json::from_slice(bytes)
        .map_err(|error| fail(error.column().max(1), CaseErrorKind::Json(bare(&error))))?;
    answer(&case)
        .map(|answer| answer.to_string())
        .map_err(|kind| fail(1, kind))
}

/// The message of a JSON error without its position, which [`CaseError`] carries.
fn bare(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => text,
    }
}

fn answer(case: &Value) -> Result<Value, CaseErrorKind> {
    if !case.is_object() {
        return Err(CaseErrorKind::Json("a case is an object".to_owned()));
    }
    let role = role(case)?;
    let question = member(case, "question")?;
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    let mut answer = match string(question, "kind")?.as_str() {
        "point" => point(&role, question)?,
        "universal" => universal(&role, question)?,
        "admin" => admin(&role.admin()),
        other => {
            return Err(CaseErrorKind::Member {
                member: "kind",
                problem: format!("`{other}` is not one of point, universal, admin"),
            });
        }
    };
    if let Some(object) = answer.as_object_mut() {
        object.shift_insert(0, "id".to_owned(), id);
    }
    Ok(answer)
}

fn point(role: &Role, question: &Value) -> Result<Value, CaseErrorKind> {
    let (action, resource) = (string(question, "action")?, string(question, "resource")?);
    let point = role.point(&action, &resource);
    Ok(json!({
        "answer": point.answer,
        "decided_by": brief(&point.decided_by),
        "open_conditions": point.open_conditions,
    }))
}

fn universal(role: &Role, question: &Value) -> Result<Value, CaseErrorKind> {
    let action = string(question, "action")?;
    let name = string(question, "universe")?;
    let universe = Universe::named(&name, &role.arn).ok_or_else(|| CaseErrorKind::Member {
        member: "universe",
        problem: format!("`{name}` is not a universe; see the names in the documentation"),
    })?;
    let outside: Vec<String> = optional(question, "outside")?.unwrap_or_default();
    let answer = role.universal(&Question::new(&action, universe).outside(outside));
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
    Ok(line)
}

fn admin(admin: &Admin) -> Value {
    json!({
        "answer": admin.answer,
        "ladder": admin.way_up.as_ref().map(|way| &way.steps),
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
    effect: crate::statement::Effect,
    layer: crate::role::Layer,
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

fn role(case: &Value) -> Result<Role, CaseErrorKind> {
    let arn: Option<String> = optional(case, "role")?;
    let arn = RoleArn::parse(arn.as_deref().unwrap_or(DEFAULT_ROLE)).map_err(|error| {
        CaseErrorKind::Member {
            member: "role",
            problem: error.to_string(),
        }
    })?;
    let mut role = Role::new(arn);
    role.context = context(case)?;
    let policies: Vec<Value> = optional(case, "policies")?.unwrap_or_default();
    role.identity = policies
        .iter()
        .map(policy)
        .collect::<Result<_, CaseErrorKind>>()?;
    if let Some(boundary) = case.get("boundary").filter(|value| !value.is_null()) {
        role.boundary = Boundary::Attached(policy(boundary)?);
    }
    role.scps = levels(case, "scps", "scp")?;
    role.rcps = levels(case, "rcps", "rcp")?;
    Ok(role)
}

fn context(case: &Value) -> Result<Context, CaseErrorKind> {
    let given: Option<serde_json::Map<String, Value>> = optional(case, "context")?;
    let mut context = Context::unknown();
    for (key, value) in given.into_iter().flatten() {
        context = match value {
            Value::Null => context.without(&key),
            Value::Array(values) => context.with(&key, values.iter().map(scalar)),
            one => context.with(&key, [scalar(&one)]),
        };
    }
    Ok(context)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn levels(
    case: &Value,
    member: &'static str,
    name: &str,
) -> Result<Vec<Vec<AttachedPolicy>>, CaseErrorKind> {
    let levels: Vec<Vec<Value>> = optional(case, member)?.unwrap_or_default();
    levels
        .iter()
        .enumerate()
        .map(|(level, documents)| {
            documents
                .iter()
                .enumerate()
                .map(|(index, value)| level_policy(value, format!("{name}[{level}][{index}]")))
                .collect()
        })
        .collect()
}

/// A level lists bare documents; named policies are taken too.
fn level_policy(value: &Value, name: String) -> Result<AttachedPolicy, CaseErrorKind> {
    if value.get("document").is_some() {
        return policy(value);
    }
    parse(value, name)
}

fn policy(value: &Value) -> Result<AttachedPolicy, CaseErrorKind> {
    let name: Option<String> = optional(value, "name")?;
    parse(
        member(value, "document")?,
        name.unwrap_or_else(|| "policy".to_owned()),
    )
}

fn parse(value: &Value, name: String) -> Result<AttachedPolicy, CaseErrorKind> {
    match Document::from_value(value) {
        Ok(document) => Ok(AttachedPolicy::inline(&name, document)),
        Err(error) => Err(CaseErrorKind::Document {
            policy: name,
            error,
        }),
    }
}

fn member<'v>(value: &'v Value, member: &'static str) -> Result<&'v Value, CaseErrorKind> {
    value.get(member).ok_or_else(|| CaseErrorKind::Member {
        member,
        problem: "is missing".to_owned(),
    })
}

fn string(value: &Value, name: &'static str) -> Result<String, CaseErrorKind> {
    match member(value, name)? {
        Value::String(text) => Ok(text.clone()),
        _ => Err(CaseErrorKind::Member {
            member: name,
            problem: "must be a string".to_owned(),
        }),
    }
}

fn optional<T: DeserializeOwned>(
    value: &Value,
    member: &'static str,
) -> Result<Option<T>, CaseErrorKind> {
    match value.get(member) {
        None | Some(Value::Null) => Ok(None),
        Some(given) => serde_json::from_value(given.clone())
            .map(Some)
            .map_err(|error| CaseErrorKind::Member {
                member,
                problem: bare(&error),
            }),
    }
}
