//! The questions that a security engineer asks of a role, and their exact answers.
//!
//! Enters: a role's policies. Leaves: for each question, how much of its universe the role reaches
//! whatever the context (`must`) and in some context (`may`), a witness, and the statements that
//! decide about that witness.

use schemars::JsonSchema;
use serde::Serialize;

use sagewarden_iam::{Decision, Extent, Ladder, Question, RoleArn, Universal, Universe};

use crate::facts::role::{Policies, quote};
use crate::facts::{Context, StatementOrigin};

/// How much of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// Nothing of it.
    None,
    /// Some of it.
    Some,
    /// All of it.
    All,
}

/// The answer to one question.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// What it is about, `read_objects`.
    pub question: &'static str,
    /// The IAM action.
    pub action: &'static str,
    /// What the shares are of, `objects of any bucket`.
    pub of: &'static str,
    /// What is granted whatever the context of the request.
    pub must: Share,
    /// What is granted in some context.
    pub may: Share,
    /// Whether the policies that were read settle it. If not, `must` and `may` are what they give by themselves.
    pub settled: bool,
    /// A resource that is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<String>,
    /// The statements that decide about the witness, or that keep everything away.
    pub decided_by: Vec<StatementOrigin>,
    /// The context keys on which a conditional grant hangs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_conditions: Vec<String>,
}

/// Whether the role is an administrator, or can make itself one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Climb {
    /// `full`, `escalatable`, `conditional`, `no`, or `unknown`.
    pub answer: &'static str,
    /// The calls by which it makes itself administrator, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub way_up: Vec<String>,
    /// The statements that allow it.
    pub decided_by: Vec<StatementOrigin>,
    /// The context keys on which it hangs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_conditions: Vec<String>,
    /// Whether only the permissions boundary keeps it from being one.
    pub bounded: bool,
}

/// A question.
struct Row {
    name: &'static str,
    action: &'static str,
    of: &'static str,
    over: Over,
}

/// What a question is asked over.
enum Over {
    OwnRoles,
    AnyRoles,
    Objects,
    Buckets,
    Keys,
    /// What a service holds in the account, in each Region of the snapshot: service, kind.
    Account(&'static str, &'static str),
}

#[rustfmt::skip]
const QUESTIONS: &[Row] = &[
    Row { name: "pass_roles", action: "iam:PassRole", of: "roles of the account", over: Over::OwnRoles },
    Row { name: "assume_roles", action: "sts:AssumeRole", of: "roles of any account", over: Over::AnyRoles },
    Row { name: "read_objects", action: "s3:GetObject", of: "objects of any bucket", over: Over::Objects },
    Row { name: "write_objects", action: "s3:PutObject", of: "objects of any bucket", over: Over::Objects },
    Row { name: "delete_objects", action: "s3:DeleteObject", of: "objects of any bucket", over: Over::Objects },
    Row { name: "open_buckets", action: "s3:PutBucketPolicy", of: "bucket policies", over: Over::Buckets },
    Row { name: "decrypt", action: "kms:Decrypt", of: "keys of any account", over: Over::Keys },
    Row { name: "read_secrets", action: "secretsmanager:GetSecretValue", of: "secrets of the account", over: Over::Account("secretsmanager", "secret:") },
    Row { name: "enter_notebooks", action: "sagemaker:CreatePresignedNotebookInstanceUrl", of: "notebooks of the account", over: Over::Account("sagemaker", "notebook-instance/") },
    Row { name: "enter_studio", action: "sagemaker:CreatePresignedDomainUrl", of: "Studio profiles of the account", over: Over::Account("sagemaker", "user-profile/") },
    Row { name: "start_training", action: "sagemaker:CreateTrainingJob", of: "training jobs of the account", over: Over::Account("sagemaker", "training-job/") },
    Row { name: "replace_models", action: "sagemaker:UpdateEndpoint", of: "endpoints of the account", over: Over::Account("sagemaker", "endpoint/") },
    Row { name: "replace_images", action: "ecr:PutImage", of: "image repositories of the account", over: Over::Account("ecr", "repository/") },
    Row { name: "replace_functions", action: "lambda:UpdateFunctionCode", of: "functions of the account", over: Over::Account("lambda", "function:") },
];

impl Over {
    fn universes(&self, role: &RoleArn, regions: &[&str]) -> Vec<Universe> {
        match self {
            Over::OwnRoles => vec![Universe::own_roles(role)],
            Over::AnyRoles => vec![Universe::any_roles(role)],
            Over::Objects => vec![Universe::objects(role)],
            Over::Buckets => vec![Universe::buckets(role)],
            Over::Keys => vec![Universe::keys(role)],
            Over::Account(service, kind) => regions
                .iter()
                .map(|region| Universe::of_account(role, service, region, kind))
                .collect(),
        }
    }
}

/// Every question, answered.
pub(super) fn answers(context: &Context<'_>, policies: &Policies) -> Vec<Answer> {
    let regions = context.estate.regions(policies.role.arn.account());
    QUESTIONS
        .iter()
        .filter_map(|row| answer(policies, row, &regions))
        .collect()
}

/// `None` where there is nothing to ask about: no Region of the account was read.
fn answer(policies: &Policies, row: &Row, regions: &[&str]) -> Option<Answer> {
    let role = &policies.role;
    let parts: Vec<Universal> = row
        .over
        .universes(&role.arn, regions)
        .into_iter()
        .map(|universe| role.universal(&Question::new(row.action, universe)))
        .collect();
    if parts.is_empty() {
        return None;
    }
    let must = joined(parts.iter().map(|part| part.must));
    let may = joined(parts.iter().map(|part| part.may));
    let sure = parts.iter().find_map(|part| part.witness.allow.clone());
    let open = parts
        .iter()
        .find_map(|part| part.witness.conditional.clone());
    // The wider grant is the one to show.
    let witness = if may > must {
        open.or(sure)
    } else {
        sure.or(open)
    };
    let decided = match &witness {
        Some(arn) => role.point(row.action, arn).decided_by,
        None => parts
            .iter()
            .flat_map(|part| part.decided_by.clone())
            .collect(),
    };
    let mut decided_by: Vec<StatementOrigin> = Vec::new();
    for statement in decided.iter().map(quote) {
        if !decided_by.contains(&statement) {
            decided_by.push(statement);
        }
    }
    let mut open_conditions: Vec<String> = parts
        .iter()
        .filter(|_| may != Share::None)
        .flat_map(|part| part.open_conditions.clone())
        .collect();
    open_conditions.sort();
    open_conditions.dedup();
    Some(Answer {
        question: row.name,
        action: row.action,
        of: row.of,
        must,
        may,
        settled: parts
            .iter()
            .all(|part| part.settled && part.decision == Decision::Exact),
        witness,
        decided_by,
        open_conditions,
    })
}

/// The share of a whole of which these are the shares of the parts.
fn joined(parts: impl Iterator<Item = Extent>) -> Share {
    let parts: Vec<Extent> = parts.collect();
    if parts.iter().all(|part| *part == Extent::None) {
        Share::None
    } else if parts.iter().all(|part| *part == Extent::All) {
        Share::All
    } else {
        Share::Some
    }
}

/// Where the role stands on the ladder to administrator.
pub(super) fn climb(policies: &Policies) -> Climb {
    let admin = policies.role.admin();
    let way_up = admin.way_up.filter(|_| admin.answer != Ladder::No);
    Climb {
        answer: match admin.answer {
            _ if !admin.settled => "unknown",
            Ladder::Full => "full",
            Ladder::Escalatable => "escalatable",
            Ladder::Conditional => "conditional",
            Ladder::No => "no",
        },
        way_up: way_up
            .into_iter()
            .flat_map(|way| way.steps)
            .map(|step| format!("{} on {}: {}", step.action, step.resource, step.gains))
            .collect(),
        decided_by: admin
            .decided_by
            .iter()
            .filter(|_| admin.answer != Ladder::No)
            .map(quote)
            .collect(),
        open_conditions: admin.open_conditions,
        bounded: admin.boundary_cancels,
    }
}
