//! A finding: one control, one asset, the verdict, and its proof.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::rc::Rc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::arn::Arn;
use crate::asset::Asset;
use crate::baseline::History;
use crate::facts::StatementOrigin;
use crate::facts::traffic::query_behind;
use crate::json::Node;
use crate::missing::Missing;
use crate::operations::{GLOBAL_REGION, Operation, PRECOMPUTED};
use crate::remedy::Remedy;
use crate::snapshot::{Observation, Parameters, SourcePlace, plain};
use crate::template::shell_word;
use crate::time::Time;
use crate::verdict::{Disposition, Severity, Verdict};

/// One control's answer for one asset, or for a family of training jobs with the same answer.
#[derive(Clone, Debug)]
pub struct Finding<'c> {
    /// Stable identity: a hash of control id and asset ARN, or job family.
    pub id: String,
    /// The control's id.
    pub control: &'c str,
    /// The control's title.
    pub title: &'c str,
    /// The control's severity.
    pub severity: Severity,
    /// The asset; of a job family, its latest job.
    pub asset: Asset,
    /// The ARN of the role that the asset runs as, where that is known.
    pub role: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether an exception covers it.
    pub disposition: Disposition,
    /// The code of a fail or a not-applicable.
    pub reason: Option<&'c str>,
    /// Why, in one line with the actual values.
    pub why: String,
    /// Annotations that hold.
    pub notes: Vec<Note<'c>>,
    /// The exception that covers it.
    pub waiver: Option<Waiver<'c>>,
    /// What infrastructure code makes of it, when what runs is known as well.
    pub change: Option<Change>,
    /// Where infrastructure code says what decided, when that is what was read.
    pub source: Option<SourcePlace>,
    /// The facts that decided, with their values.
    pub facts: Vec<Seen>,
    /// What was read to reach the verdict.
    pub evidence: Vec<Evidence>,
    /// What was not read and keeps the verdict unknown.
    pub missing: Vec<Missing>,
    /// The tunables that shaped the verdict.
    pub tunables: Vec<String>,
    /// Commands that mend it, filled from the asset.
    pub commands: Vec<String>,
    /// The request that makes the asset anew, corrected, where that is how it is mended and the asset
    /// was described.
    pub request: Option<serde_json::Value>,
    /// Of a fail about what a role may do: a policy of its own, and what would remain.
    pub remedy: Option<Rc<Remedy>>,
    /// The edit of infrastructure code that mends it, where that is certain.
    pub edit: Option<SourceEdit>,
    /// How many assets it stands for.
    pub count: u64,
    /// The job family it stands for, if it stands for more than its asset.
    pub family: Option<Family>,
    /// How an open fail stands to the baseline, if there is one.
    pub history: Option<History>,
}

/// An edit of infrastructure code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceEdit {
    /// The file, as it was named.
    pub file: String,
    /// The attribute of Terraform, or the property of CloudFormation.
    pub attribute: String,
    /// Its value, as the file writes it.
    pub value: String,
    /// What is replaced; empty where something is put in.
    pub range: SourceRange,
    /// What stands there then.
    pub text: String,
}

/// A part of a file: lines from 1, columns in characters from 1; the end is not part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceRange {
    /// The line of its first character.
    pub start_line: u32,
    /// The column of its first character.
    pub start_column: u32,
    /// The line of its end.
    pub end_line: u32,
    /// The column of its end.
    pub end_column: u32,
}

/// What infrastructure code makes of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It fails, and did not before.
    New,
    /// It failed, and passes.
    Fixed,
    /// It fails as before.
    Unchanged,
}

impl Change {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Change::New => "new",
            Change::Fixed => "fixed",
            Change::Unchanged => "unchanged",
        }
    }
}

/// A fact as an expression saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its path, without positions in lists: `channels.kind`.
    pub path: String,
    /// Its value as CEL writes it, `unknown` or `absent`; of a fact below a list, one for each element.
    pub value: String,
}

/// An annotation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Note<'c> {
    /// The code.
    pub code: &'c str,
    /// One line for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A declared exception.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Waiver<'c> {
    /// What declares it: a tag on the asset (`reviewed_at`), a control's own exception, or the id of
    /// a waiver.
    pub source: &'c str,
    /// Since when and until when, in words.
    pub text: String,
    /// What the waiver file says, where a waiver declares it.
    #[serde(flatten)]
    pub declared: Option<Declared<'c>>,
}

/// What a waiver file says of a waiver.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Declared<'c> {
    /// Why the finding is accepted.
    pub kind: crate::waiver::Kind,
    /// Why, in words.
    pub reason: &'c str,
    /// Who answers for it.
    pub owner: &'c str,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<&'c str>,
    /// Where it was discussed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<&'c str>,
    /// The first day on which it holds.
    pub created: String,
    /// The last day on which it holds.
    pub expires: String,
}

impl<'c> From<&'c crate::waiver::Waiver> for Waiver<'c> {
    fn from(waiver: &'c crate::waiver::Waiver) -> Self {
        Waiver {
            source: &waiver.id,
            text: waiver.text(),
            declared: Some(Declared {
                kind: waiver.kind,
                reason: &waiver.reason,
                owner: &waiver.owner,
                approved_by: waiver.approved_by.as_deref(),
                ticket: waiver.ticket.as_deref(),
                created: waiver.created.to_string(),
                expires: waiver.expires.to_string(),
            }),
        }
    }
}

/// Training jobs with one configuration and one set of verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Family {
    /// The family's id: a hash over the configuration.
    pub id: String,
    /// Creation of its first job.
    pub first: Option<Time>,
    /// Creation of its latest job.
    pub last: Option<Time>,
}

/// One thing that was read.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Evidence {
    /// A member of an answer.
    Member {
        /// The call.
        #[serde(flatten)]
        call: Call,
        /// JSON pointer into the body.
        pointer: String,
        /// The value; null when absent.
        value: serde_json::Value,
        /// What its absence means, when it is absent.
        #[serde(skip_serializing_if = "Option::is_none")]
        absent_means: Option<String>,
        /// Where infrastructure code says it: the member, or what lacks it.
        #[serde(skip_serializing_if = "Option::is_none")]
        place: Option<SourcePlace>,
    },
    /// An outcome that is itself the evidence.
    Outcome {
        /// The call.
        #[serde(flatten)]
        call: Call,
        /// `not_found`, `absent`, or `answered`.
        outcome: String,
        /// The service's error code.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// A statement of a policy.
    Statement(StatementOrigin),
    /// A tunable.
    Tunable {
        /// Its name.
        name: String,
    },
}

/// What is said of an absent member whose absence the operations table gives no meaning.
pub const NO_MEANING: &str = "nothing that is known";

/// The call behind a piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Call {
    /// `sagemaker:DescribeNotebookInstance`
    pub operation: String,
    /// `NotebookInstanceName=nb`
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// The account that was asked.
    pub account: String,
    /// The Region that was asked.
    pub region: String,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// The file it was imported from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The AWS CLI call that asks again.
    pub reproduce: String,
}

impl Call {
    /// The call of an observation.
    #[must_use]
    pub fn of(observation: &Observation) -> Call {
        Call::asking(observation, observation.parameters.clone())
    }

    /// The call of a member of an answer: of many series that were asked at once, it asks for the member's own.
    #[must_use]
    pub fn about(observation: &Observation, body: Option<&Node<'_>>, pointer: &str) -> Call {
        let mut parameters = observation.parameters.clone();
        if observation.operation == Operation::GetMetricData
            && let Some(query) = body.and_then(|body| query_behind(observation, body, pointer))
        {
            parameters.insert("MetricDataQueries".to_owned(), Value::Array(vec![query]));
        }
        Call::asking(observation, parameters)
    }

    fn asking(observation: &Observation, parameters: Parameters) -> Call {
        Call {
            operation: observation.operation.to_string(),
            subject: observation.subject(),
            account: observation.account.clone(),
            region: observation.region.clone(),
            time: observation.time,
            source: observation.source.clone(),
            reproduce: reproduce(
                observation.operation,
                &parameters,
                &observation.account,
                &observation.region,
            ),
        }
    }

    /// A call that is known by name only.
    #[must_use]
    pub fn named(operation: Operation, account: &str, subject: &str) -> Call {
        let parameters: Parameters = subject
            .split(", ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect();
        Call {
            operation: operation.to_string(),
            subject: subject.to_owned(),
            account: account.to_owned(),
            region: GLOBAL_REGION.to_owned(),
            time: None,
            source: None,
            reproduce: reproduce(operation, &parameters, account, GLOBAL_REGION),
        }
    }
}

/// The identity of a finding: the first 128 bits of SHA-256 over control id and ARN, in hex.
#[must_use]
pub fn finding_id(control: &str, arn: &str) -> String {
    let digest = Sha256::new()
        .chain_update(control)
        .chain_update([0])
        .chain_update(arn)
        .finalize();
    let mut id = String::with_capacity(32);
    for byte in digest.iter().take(16) {
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// In the place of a command, as a comment of the shell: what was supplied cannot be asked for.
const SUPPLIED: &str = "# supplied by another tool; no call asks for it again";

/// The AWS CLI call that asks again: `aws sagemaker describe-model --model-name m --region eu-west-1`.
#[must_use]
pub fn reproduce(
    operation: Operation,
    parameters: &Parameters,
    account: &str,
    region: &str,
) -> String {
    if operation == Operation::Search
        && let Some((describe, name)) = described(parameters)
    {
        return reproduce(describe, &name, account, region);
    }
    let row = operation.row();
    if row.service == PRECOMPUTED {
        return SUPPLIED.to_owned();
    }
    let service = match row.service {
        "s3" => "s3api",
        "elasticfilesystem" => "efs",
        other => other,
    };
    let mut command = format!("aws {service} {}", kebab(row.name));
    // Only the table's own names become options.
    let fixed = row.fixed.iter();
    let fixed: Parameters = fixed
        .map(|fixed| (fixed.member.to_owned(), fixed.value.value(account)))
        .collect();
    let told = row.key.iter().chain(row.filters).copied();
    let told: BTreeSet<&str> = told.chain(fixed.keys().map(String::as_str)).collect();
    for name in told {
        if let Some(value) = parameters.get(name).or_else(|| fixed.get(name)) {
            push_option(&mut command, name, value);
        }
    }
    if region != GLOBAL_REGION && !region.is_empty() {
        let _ = write!(command, " --region {}", shell_word(region));
    }
    command
}

/// The call that describes what a search found, and the name that it asks by. A search cannot be asked for one
/// record of a model, and its record is kept as the description of the thing.
fn described(parameters: &Parameters) -> Option<(Operation, Parameters)> {
    let text = |name: &str| parameters.get(name).and_then(Value::as_str);
    let (operation, member) = match text("Resource")? {
        "TrainingJob" => (Operation::DescribeTrainingJob, "TrainingJobName"),
        "Model" => (Operation::DescribeModel, "ModelName"),
        "Endpoint" => (Operation::DescribeEndpoint, "EndpointName"),
        _ => return None,
    };
    let arn = Arn::parse(text("Arn")?)?;
    let name = Value::from(arn.name());
    Some((operation, [(member.to_owned(), name)].into_iter().collect()))
}

/// A value is one shell word; of a list of texts, each is.
fn push_option(command: &mut String, name: &str, value: &Value) {
    let mut words = Vec::new();
    match value {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            words.extend(items.iter().filter_map(Value::as_str).map(shell_word));
        }
        other => {
            let text = plain(other);
            if !text.is_empty() {
                words.push(shell_word(&text));
            }
        }
    }
    if !words.is_empty() {
        let _ = write!(command, " --{} {}", kebab(name), words.join(" "));
    }
}

/// `DescribeModel` → `describe-model`, `ListObjectsV2` → `list-objects-v2`, as the AWS CLI spells it.
fn kebab(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (index, &c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(index + 1);
        let starts_word = c.is_uppercase()
            && before.is_some_and(|b| !b.is_uppercase() || after.is_some_and(|a| a.is_lowercase()));
        if starts_word {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn commands_are_spelt_as_the_aws_cli_spells_them() {
        let command = |operation, parameters: Value, region| {
            let parameters = parameters
                .as_object()
                .unwrap()
                .clone()
                .into_iter()
                .collect();
            reproduce(operation, &parameters, "111122223333", region)
        };
        assert_eq!(
            command(
                Operation::DescribeNotebookInstance,
                json!({ "NotebookInstanceName": "nb" }),
                "eu-west-1"
            ),
            "aws sagemaker describe-notebook-instance --notebook-instance-name nb --region eu-west-1"
        );
        assert_eq!(
            command(
                Operation::ListObjectsV2,
                json!({ "Bucket": "b", "Prefix": "a b/it's", "$(rm)": "x" }),
                "aws-global"
            ),
            r"aws s3api list-objects-v2 --bucket b --prefix 'a b/it'\''s'"
        );
        for (operation, parameters, expected) in [
            (
                Operation::DescribeScalableTargets,
                json!({}),
                "aws application-autoscaling describe-scalable-targets --service-namespace sagemaker --region r",
            ),
            (
                Operation::GetAccountAuthorizationDetails,
                json!({ "Filter": ["Role", "a b"] }),
                "aws iam get-account-authorization-details --filter Role 'a b' --region r",
            ),
            (
                Operation::ListAccessPoints,
                json!({}),
                "aws s3control list-access-points --account-id 111122223333 --region r",
            ),
            (
                Operation::Search,
                json!({ "Resource": "Model", "Arn": "arn:aws:sagemaker:r:111122223333:model/m" }),
                "aws sagemaker describe-model --model-name m --region r",
            ),
        ] {
            assert_eq!(command(operation, parameters, "r"), expected);
        }
        assert_eq!(kebab("DescribeKey"), "describe-key");
        assert_eq!(kebab("KMSKeyId"), "kms-key-id");
    }

    #[test]
    fn the_identity_depends_on_control_and_asset_alone() {
        assert_eq!(finding_id("C", "a"), finding_id("C", "a"));
        assert_ne!(finding_id("C", "a"), finding_id("Ca", ""));
    }
}
