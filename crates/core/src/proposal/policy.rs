//! From needs to statements, and from statements to documents that IAM takes.
//!
//! Enters: [`Needs`]. Leaves: statements with unique ids, without entries that another entry covers,
//! in a fixed order; and one document, or several where one would be too long.
//!
//! Sources: IAM User Guide, "IAM and AWS STS quotas" (characters of a policy, white space not
//! counted; managed policies of a role).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::needs::{Grant, Needs};

/// Characters of a managed policy, white space not counted.
pub const MANAGED_LIMIT: usize = 6_144;

/// Characters of all inline policies of a role together, white space not counted.
pub const INLINE_LIMIT: usize = 10_240;

/// Managed policies that a role takes, unless the account's quota was raised.
pub const ATTACHED_LIMIT: usize = 10;

/// A statement of the proposed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Statement {
    /// Its `Sid`.
    pub sid: String,
    /// What it allows.
    pub actions: Vec<String>,
    /// On what.
    pub resources: Vec<String>,
    /// Its `Condition`, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
}

impl Statement {
    fn new(sid: &str, actions: &[&str], resources: BTreeSet<String>) -> Self {
        Statement {
            sid: sid.to_owned(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            resources: uncovered(resources),
            condition: None,
        }
    }

    fn when(mut self, condition: Option<Value>) -> Self {
        self.condition = condition;
        self
    }

    /// Whether it allows `action`.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        self.actions
            .iter()
            .any(|known| known.eq_ignore_ascii_case(action))
    }

    /// The statement as JSON.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut object = Map::new();
        object.insert("Sid".to_owned(), json!(self.sid));
        object.insert("Effect".to_owned(), json!("Allow"));
        object.insert("Action".to_owned(), one_or_many(&self.actions));
        object.insert("Resource".to_owned(), one_or_many(&self.resources));
        if let Some(condition) = &self.condition {
            object.insert("Condition".to_owned(), condition.clone());
        }
        Value::Object(object)
    }
}

fn one_or_many(values: &[String]) -> Value {
    match values {
        [one] => json!(one),
        many => json!(many),
    }
}

const NETWORK: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeVpcs",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeSubnets",
    "ec2:DescribeSecurityGroups",
];

impl Grant {
    fn sid(&self) -> &'static str {
        match self {
            Grant::Read => "ReadData",
            Grant::Write => "WriteOutputs",
            Grant::Checkpoint => "Checkpoints",
            Grant::Session => "DirectoryBuckets",
            Grant::DecryptSources(_) => "DecryptSources",
            Grant::EncryptOutputs(_) => "EncryptOutputs",
            Grant::OutputKey(_) => "OutputKey",
            Grant::VolumeKey(_) => "VolumeKey",
            Grant::Logs => "Logs",
            Grant::Metrics(_) => "Metrics",
            Grant::Login => "ImageLogin",
            Grant::Pull => "PullImages",
            Grant::Network => "Network",
            Grant::Notify => "Notify",
            Grant::Pass => "PassJobRoles",
            Grant::Launch => "LaunchJobs",
            Grant::Assume => "AssumeRoles",
        }
    }

    fn actions(&self) -> &'static [&'static str] {
        match self {
            Grant::Read => &["s3:GetObject"],
            Grant::Write => &["s3:PutObject", "s3:AbortMultipartUpload"],
            Grant::Checkpoint => &["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            Grant::Session => &["s3express:CreateSession"],
            Grant::DecryptSources(_) => &["kms:Decrypt"],
            Grant::EncryptOutputs(_) => &["kms:GenerateDataKey"],
            Grant::OutputKey(_) => &["kms:GenerateDataKey", "kms:Encrypt"],
            Grant::VolumeKey(_) => &["kms:CreateGrant", "kms:DescribeKey"],
            Grant::Logs => &[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            Grant::Metrics(_) => &["cloudwatch:PutMetricData"],
            Grant::Login => &["ecr:GetAuthorizationToken"],
            Grant::Pull => &[
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
                "ecr:BatchCheckLayerAvailability",
            ],
            Grant::Network => NETWORK,
            Grant::Notify => &["sns:Publish"],
            Grant::Pass => &["iam:PassRole"],
            Grant::Launch => &[
                "sagemaker:CreateTrainingJob",
                "sagemaker:DescribeTrainingJob",
                "sagemaker:StopTrainingJob",
                "sagemaker:AddTags",
            ],
            Grant::Assume => &["sts:AssumeRole"],
        }
    }

    fn condition(&self) -> Option<Value> {
        match self {
            Grant::DecryptSources(names) | Grant::EncryptOutputs(names) => {
                Some(json!({ "StringEquals": { "kms:ViaService": one_or_many(names) } }))
            }
            Grant::OutputKey(Some(alias)) | Grant::VolumeKey(Some(alias)) => {
                Some(json!({ "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias } }))
            }
            Grant::Metrics(namespace) => {
                Some(json!({ "StringEquals": { "cloudwatch:namespace": namespace } }))
            }
            // SageMaker's principal has this name in every partition.
            Grant::Pass => Some(
                json!({ "StringEquals": { "iam:PassedToService": "sagemaker.amazonaws.com" } }),
            ),
            _ => None,
        }
    }
}

/// The statements that grant the needs.
pub(super) fn statements(needs: &Needs) -> Vec<Statement> {
    let mut all = Vec::new();
    for (grant, resources) in &needs.grants {
        let statement = Statement::new(grant.sid(), grant.actions(), resources.clone());
        all.push(statement.when(grant.condition()));
        if *grant == Grant::Read {
            all.extend(listing(&needs.lists));
        }
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for statement in &mut all {
        let count = seen.entry(statement.sid.clone()).or_default();
        *count += 1;
        if *count > 1 {
            statement.sid = format!("{}{count}", statement.sid);
        }
    }
    all
}

/// Buckets that are listed under the same prefixes share a statement: a joint one would open each
/// prefix in every bucket.
fn listing(lists: &BTreeMap<String, BTreeSet<String>>) -> Vec<Statement> {
    let mut by_keys: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
    for (bucket, keys) in lists {
        by_keys
            .entry(uncovered(keys.clone()))
            .or_default()
            .insert(bucket.clone());
    }
    by_keys
        .into_iter()
        .map(|(keys, buckets)| {
            // A listing without a prefix does not carry the key.
            let whole = keys.iter().any(|key| key == "*");
            let condition =
                (!whole).then(|| json!({ "StringLike": { "s3:prefix": one_or_many(&keys) } }));
            Statement::new("ListData", &["s3:ListBucket"], buckets).when(condition)
        })
        .collect()
}

/// The entries that no other entry covers, sorted.
fn uncovered(entries: BTreeSet<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(entries.len());
    // What covers a text is a beginning of it, so it is sorted before it, at whatever distance.
    let mut wide: Vec<String> = Vec::new();
    let mut sorted: Vec<String> = entries.into_iter().collect();
    sorted.sort_by(|a, b| (stem_of(a), a).cmp(&(stem_of(b), b)));
    for entry in sorted {
        while wide
            .last()
            .is_some_and(|stem| !entry.starts_with(stem.as_str()))
        {
            wide.pop();
        }
        if !wide.is_empty() {
            continue;
        }
        if let Some(stem) = entry.strip_suffix('*').filter(|stem| !is_pattern(stem)) {
            wide.push(stem.to_owned());
        }
        kept.push(entry);
    }
    kept.sort_unstable();
    kept
}

/// A pattern without its last star, so that it is sorted right before what it covers.
fn stem_of(entry: &str) -> &str {
    entry.strip_suffix('*').unwrap_or(entry)
}

/// Whether a text holds a wildcard or an escape.
fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '$'])
}

/// A document of these statements.
#[must_use]
pub fn document(statements: &[Value]) -> Value {
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// The characters of a document as IAM counts them.
#[must_use]
pub fn characters(document: &Value) -> usize {
    document
        .to_string()
        .chars()
        .filter(|c| !c.is_whitespace())
        .count()
}

/// Statements as documents, none longer than `limit`: in order, a statement that is too long by
/// itself by parts of its resources.
pub(super) fn documents(statements: &[Value], limit: usize) -> Vec<Value> {
    let empty = characters(&document(&[]));
    let mut documents = Vec::new();
    let mut here: Vec<Value> = Vec::new();
    let mut used = empty;
    for statement in statements.iter().flat_map(|one| parts(one, limit - empty)) {
        // With the comma that parts it from the one before.
        let length = characters(&statement) + 1;
        if used + length > limit && !here.is_empty() {
            documents.push(document(&std::mem::take(&mut here)));
            used = empty;
        }
        used += length;
        here.push(statement);
    }
    if !here.is_empty() {
        documents.push(document(&here));
    }
    documents
}

/// A statement in parts that are no longer than `limit`; each but the first with a number in its id.
fn parts(statement: &Value, limit: usize) -> Vec<Value> {
    let resources = statement.get("Resource").and_then(Value::as_array);
    let Some(resources) = resources.filter(|_| characters(statement) + 1 > limit) else {
        return vec![statement.clone()];
    };
    let frame = characters(&with_resources(statement, &[], 1)) + 8;
    let mut parts = Vec::new();
    let mut here: Vec<Value> = Vec::new();
    let mut used = frame;
    for resource in resources {
        let length = characters(resource) + 1;
        if used + length > limit && !here.is_empty() {
            parts.push(with_resources(statement, &here, parts.len()));
            here.clear();
            used = frame;
        }
        used += length;
        here.push(resource.clone());
    }
    parts.push(with_resources(statement, &here, parts.len()));
    parts
}

fn with_resources(statement: &Value, resources: &[Value], part: usize) -> Value {
    let mut statement = statement.clone();
    if let Some(object) = statement.as_object_mut() {
        object.insert("Resource".to_owned(), json!(resources));
        if part > 0 {
            let sid = object.get("Sid").and_then(Value::as_str).unwrap_or("");
            let sid = format!("{sid}Part{}", part + 1);
            object.insert("Sid".to_owned(), json!(sid));
        }
    }
    statement
}

/// Merges the entries of the longest list into what those of one bucket have in common, and names
/// what it opened; `None` when nothing is left to merge.
pub(super) fn widen(statements: &mut [Statement]) -> Option<String> {
    let longest = statements
        .iter_mut()
        .max_by_key(|statement| statement.resources.iter().map(String::len).sum::<usize>())?;
    let mut by_holder: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for resource in &longest.resources {
        let holder = resource.split('/').next().unwrap_or(resource);
        by_holder
            .entry(holder.to_owned())
            .or_default()
            .push(resource.clone());
    }
    let (holder, entries) = by_holder
        .into_iter()
        .filter(|(_, entries)| entries.len() > 1)
        .max_by_key(|(_, entries)| entries.len())?;
    let common = entries
        .iter()
        .map(|entry| stem_of(entry))
        .reduce(|a, b| common_beginning(a, b))?
        .trim_end_matches(['$', '{', '*', '?'])
        .to_owned();
    // Never beyond the bucket: its name must stay whole.
    let merged = format!(
        "{}*",
        if common.len() > holder.len() {
            common
        } else {
            format!("{holder}/")
        }
    );
    let count = entries.len();
    let kept = longest
        .resources
        .iter()
        .filter(|resource| !entries.contains(resource))
        .cloned()
        .chain([merged.clone()])
        .collect();
    longest.resources = uncovered(kept);
    Some(format!(
        "{count} entries of `{}` are merged into `{merged}`, for {ATTACHED_LIMIT} managed policies do not hold them",
        longest.sid
    ))
}

/// What two texts begin with alike.
fn common_beginning<'t>(a: &'t str, b: &str) -> &'t str {
    let end = a
        .char_indices()
        .zip(b.chars())
        .find(|((_, x), y)| x != y)
        .map_or_else(|| a.len().min(b.len()), |((at, _), _)| at);
    a.get(..end).unwrap_or(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(entries: &[&str]) -> BTreeSet<String> {
        entries.iter().map(|entry| (*entry).to_owned()).collect()
    }

    #[test]
    fn what_another_entry_covers_is_left_out() {
        let kept = uncovered(set(&[
            "b/a*", "b/ab", "b/ab*", "b/", "b/a!", "c/x", "b/b*c",
        ]));
        assert_eq!(kept, ["b/", "b/a*", "b/b*c", "c/x"]);
        assert_eq!(uncovered(set(&["*", "a", "b*"])), ["*"]);
    }

    #[test]
    fn an_escape_is_no_star() {
        let kept = uncovered(set(&["b/a${*}*", "b/a${*}x"]));
        assert_eq!(kept.len(), 2, "kept apart rather than misread");
    }

    proptest! {
        #[test]
        fn leaving_entries_out_changes_nothing(
            entries in proptest::collection::btree_set("[ab]{0,4}[*]?", 0..8), text in "[ab]{0,6}",
        ) {
            let matches = |entries: &[String]| {
                entries.iter().any(|entry| sagewarden_iam::glob_matches(entry, &text))
            };
            let all: Vec<String> = entries.iter().cloned().collect();
            prop_assert_eq!(matches(&all), matches(&uncovered(entries)));
        }

        #[test]
        fn documents_keep_their_limit_and_lose_no_resource(
            lists in proptest::collection::vec(
                proptest::collection::btree_set("[a-z]{1,40}", 1..60), 1..6
            ),
        ) {
            let statements: Vec<Value> = lists
                .iter()
                .enumerate()
                .map(|(index, resources)| {
                    Statement::new(&format!("S{index}"), &["s3:GetObject"], resources.clone())
                        .to_value()
                })
                .collect();
            let documents = documents(&statements, 700);
            let mut found = Vec::new();
            for document in &documents {
                prop_assert!(characters(document) <= 700, "{}", characters(document));
                for statement in document["Statement"].as_array().unwrap() {
                    match &statement["Resource"] {
                        Value::Array(many) => found.extend(many.iter().cloned()),
                        one => found.push(one.clone()),
                    }
                }
            }
            let expected: usize = lists.iter().map(BTreeSet::len).sum();
            prop_assert_eq!(found.len(), expected);
        }
    }
}
