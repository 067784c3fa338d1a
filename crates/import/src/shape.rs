//! Which call a body answers, and what the body says about the request.
//!
//! Enters: the members of a document and what the file's name or the index says. Leaves: the
//! operation, the request parameters that the body repeats, and the ARN that places it.
//! Identifying members are those of the AWS service models. The content decides; a hint settles
//! only what the content leaves open (an empty object, a bare policy, a shape two calls share).
//! Deliberately absent: reading the body further than that.

use sagewarden_core::operations::Operation;
use sagewarden_core::operations::Operation as O;
use serde_json::value::RawValue;

use crate::members::{Members, first_item, text_of};
use crate::name::{Hint, kebab};

/// How an answer is known.
struct Rule {
    operation: Operation,
    /// Members that must all be there.
    all: &'static [&'static str],
    /// Members of which the full answer has at least one, and a listing's summary none.
    full: &'static [&'static str],
    /// For a listing, members of which its first item has at least one.
    item: &'static [&'static str],
    /// Paths of the ARNs that place the answer, best first.
    arn: &'static [&'static str],
}

const fn describe(
    operation: Operation,
    all: &'static [&'static str],
    full: &'static [&'static str],
    arn: &'static [&'static str],
) -> Rule {
    Rule {
        operation,
        all,
        full,
        item: &[],
        arn,
    }
}

const fn list(
    operation: Operation,
    all: &'static [&'static str],
    item: &'static [&'static str],
    arn: &'static [&'static str],
) -> Rule {
    Rule {
        operation,
        all,
        full: &[],
        item,
        arn,
    }
}

/// In the order in which they are tried: an inference component also names its endpoint.
const RULES: &[Rule] = &[
    describe(
        O::PrecomputedFacts,
        &["AssetArn", "AsOf"],
        &["has_ghost_model_artifact", "endpoint_stale"],
        &["AssetArn"],
    ),
    describe(
        O::DescribeInferenceComponent,
        &["InferenceComponentArn"],
        &["Specification", "Specifications", "RuntimeConfig"],
        &["InferenceComponentArn"],
    ),
    describe(
        O::DescribeNotebookInstance,
        &["NotebookInstanceArn"],
        &["RoleArn"],
        &["NotebookInstanceArn"],
    ),
    describe(
        O::DescribeNotebookInstanceLifecycleConfig,
        &["NotebookInstanceLifecycleConfigArn"],
        &["OnCreate", "OnStart"],
        &["NotebookInstanceLifecycleConfigArn"],
    ),
    describe(
        O::DescribeDomain,
        &["DomainArn"],
        &["AuthMode", "DefaultUserSettings", "VpcId", "SubnetIds"],
        &["DomainArn"],
    ),
    describe(
        O::DescribeUserProfile,
        &["UserProfileArn"],
        &[],
        &["UserProfileArn"],
    ),
    describe(
        O::DescribeModel,
        &["ModelArn"],
        &["ExecutionRoleArn", "PrimaryContainer", "Containers"],
        &["ModelArn"],
    ),
    describe(
        O::DescribeModelPackage,
        &["ModelPackageArn"],
        &["ModelPackageStatusDetails", "InferenceSpecification"],
        &["ModelPackageArn"],
    ),
    describe(
        O::DescribeMonitoringSchedule,
        &["MonitoringScheduleArn"],
        &["MonitoringScheduleConfig"],
        &["MonitoringScheduleArn"],
    ),
    describe(
        O::DescribeTrainingJob,
        &["TrainingJobArn"],
        &[
            "RoleArn",
            "AlgorithmSpecification",
            "ModelArtifacts",
            "StoppingCondition",
        ],
        &["TrainingJobArn"],
    ),
    describe(
        O::DescribeEndpointConfig,
        &["EndpointConfigArn"],
        &["ProductionVariants"],
        &["EndpointConfigArn"],
    ),
    describe(
        O::DescribeEndpoint,
        &["EndpointArn"],
        &["EndpointConfigName", "ProductionVariants"],
        &["EndpointArn"],
    ),
    describe(
        O::DescribeDataQualityJobDefinition,
        &["JobDefinitionArn", "DataQualityAppSpecification"],
        &[],
        &["JobDefinitionArn"],
    ),
    describe(
        O::DescribeModelQualityJobDefinition,
        &["JobDefinitionArn", "ModelQualityAppSpecification"],
        &[],
        &["JobDefinitionArn"],
    ),
    describe(
        O::DescribeModelBiasJobDefinition,
        &["JobDefinitionArn", "ModelBiasAppSpecification"],
        &[],
        &["JobDefinitionArn"],
    ),
    describe(
        O::DescribeModelExplainabilityJobDefinition,
        &["JobDefinitionArn", "ModelExplainabilityAppSpecification"],
        &[],
        &["JobDefinitionArn"],
    ),
    list(
        O::ListNotebookInstances,
        &["NotebookInstances"],
        &["NotebookInstanceArn"],
        &["NotebookInstances/0/NotebookInstanceArn"],
    ),
    list(
        O::ListDomains,
        &["Domains"],
        &["DomainArn"],
        &["Domains/0/DomainArn"],
    ),
    list(
        O::ListUserProfiles,
        &["UserProfiles"],
        &["UserProfileName"],
        &[],
    ),
    list(O::ListSpaces, &["Spaces"], &["SpaceName"], &[]),
    list(
        O::ListModels,
        &["Models"],
        &["ModelArn"],
        &["Models/0/ModelArn"],
    ),
    list(
        O::ListEndpoints,
        &["Endpoints"],
        &["EndpointArn"],
        &["Endpoints/0/EndpointArn"],
    ),
    list(
        O::ListEndpointConfigs,
        &["EndpointConfigs"],
        &["EndpointConfigArn"],
        &["EndpointConfigs/0/EndpointConfigArn"],
    ),
    list(
        O::ListInferenceComponents,
        &["InferenceComponents"],
        &["InferenceComponentArn"],
        &["InferenceComponents/0/InferenceComponentArn"],
    ),
    list(
        O::ListMonitoringSchedules,
        &["MonitoringScheduleSummaries"],
        &["MonitoringScheduleArn"],
        &["MonitoringScheduleSummaries/0/MonitoringScheduleArn"],
    ),
    list(
        O::ListTrainingJobs,
        &["TrainingJobSummaries"],
        &["TrainingJobArn"],
        &["TrainingJobSummaries/0/TrainingJobArn"],
    ),
    list(
        O::GetAccountAuthorizationDetails,
        &["RoleDetailList"],
        &["RoleName", "Arn"],
        &[
            "RoleDetailList/0/Arn",
            "UserDetailList/0/Arn",
            "GroupDetailList/0/Arn",
        ],
    ),
    describe(O::GetRole, &["Role"], &[], &["Role/Arn"]),
    describe(
        O::GetRolePolicy,
        &["RoleName", "PolicyName", "PolicyDocument"],
        &[],
        &[],
    ),
    describe(O::GetPolicyVersion, &["PolicyVersion"], &[], &[]),
    list(
        O::ListAttachedRolePolicies,
        &["AttachedPolicies"],
        &["PolicyArn"],
        &["AttachedPolicies/0/PolicyArn"],
    ),
    list(O::ListRolePolicies, &["PolicyNames"], &[], &[]),
    list(O::ListBuckets, &["Buckets"], &["Name"], &[]),
    // The same members: only the name of the file, or the index, tells this one.
    list(O::ListDirectoryBuckets, &["Buckets"], &["Name"], &[]),
    describe(
        O::GetBucketEncryption,
        &["ServerSideEncryptionConfiguration"],
        &[],
        &[],
    ),
    describe(
        O::GetObjectLockConfiguration,
        &["ObjectLockConfiguration"],
        &[],
        &[],
    ),
    describe(O::HeadBucket, &["BucketRegion"], &[], &[]),
    describe(O::HeadObject, &["ContentLength", "ETag"], &[], &[]),
    list(O::ListObjectVersions, &["Versions"], &["Key"], &[]),
    list(O::ListObjectVersions, &["DeleteMarkers"], &["Key"], &[]),
    list(O::ListObjectsV2, &["Contents"], &["Key"], &[]),
    describe(O::ListObjectsV2, &["KeyCount"], &[], &[]),
    list(
        O::ListAccessPoints,
        &["AccessPointList"],
        &["AccessPointArn", "Bucket"],
        &["AccessPointList/0/AccessPointArn"],
    ),
    list(O::GetMetricData, &["MetricDataResults"], &["Id"], &[]),
    list(O::ListMetrics, &["Metrics"], &["MetricName"], &[]),
    list(
        O::DescribeScalableTargets,
        &["ScalableTargets"],
        &["ScalableDimension"],
        &[
            "ScalableTargets/0/ScalableTargetARN",
            "ScalableTargets/0/RoleARN",
        ],
    ),
    describe(O::DescribeKey, &["KeyMetadata"], &[], &["KeyMetadata/Arn"]),
    list(O::DescribeRegions, &["Regions"], &["RegionName"], &[]),
    list(
        O::DescribeSubnets,
        &["Subnets"],
        &["SubnetId"],
        &["Subnets/0/SubnetArn"],
    ),
    list(
        O::DescribeRouteTables,
        &["RouteTables"],
        &["RouteTableId"],
        &[],
    ),
    list(
        O::DescribeSecurityGroups,
        &["SecurityGroups"],
        &["GroupId"],
        &["SecurityGroups/0/SecurityGroupArn"],
    ),
    list(
        O::DescribeFsxFileSystems,
        &["FileSystems"],
        &["FileSystemType", "ResourceARN"],
        &["FileSystems/0/ResourceARN"],
    ),
    list(
        O::DescribeElasticFileSystems,
        &["FileSystems"],
        &["FileSystemArn", "CreationToken"],
        &["FileSystems/0/FileSystemArn"],
    ),
    describe(
        O::DescribeFileSystemPolicy,
        &["FileSystemId", "Policy"],
        &[],
        &[],
    ),
    list(
        O::DescribeLogStreams,
        &["logStreams"],
        &["logStreamName"],
        &["logStreams/0/arn"],
    ),
    list(O::LookupEvents, &["Events"], &["EventId"], &[]),
    list(
        O::ListAccounts,
        &["Accounts"],
        &["JoinedMethod", "Arn"],
        &["Accounts/0/Arn"],
    ),
    list(
        O::ListAccountsForParent,
        &["Accounts"],
        &["JoinedMethod", "Arn"],
        &["Accounts/0/Arn"],
    ),
    list(
        O::ListOrganizationalUnitsForParent,
        &["OrganizationalUnits"],
        &["Arn"],
        &["OrganizationalUnits/0/Arn"],
    ),
    describe(
        O::GetCallerIdentity,
        &["UserId", "Account", "Arn"],
        &[],
        &["Arn"],
    ),
    list(O::ListTags, &["Tags"], &["Key"], &[]),
];

/// Members that only answers of other calls carry, although they share one of ours.
const FOREIGN: &[&str] = &[
    "ProcessingJobArn",
    "TransformJobArn",
    "HyperParameterTuningJobArn",
    "AutoMLJobArn",
    "SpaceArn",
    "AppArn",
    "ModelCardArn",
    "OptimizationJobArn",
    "RevisionId",
    "PolicyId",
];

/// Members that an answer may carry beside its own, or that are all an empty answer has.
const NEUTRAL: &[&str] = &[
    "RequestCharged",
    "ResponseMetadata",
    "NextToken",
    "nextToken",
    "Prefix",
    "IsTruncated",
    "Name",
    "MaxKeys",
    "KeyCount",
    "EncodingType",
    "KeyMarker",
    "VersionIdMarker",
    "LocationConstraint",
    "Tags",
];

/// Calls whose answer can be without any member of its own.
const EMPTY: &[Operation] = &[
    O::GetBucketVersioning,
    O::HeadBucket,
    O::ListObjectsV2,
    O::ListObjectVersions,
    O::GetBucketLocation,
];

/// The other documents that people keep beside saved answers.
const KNOWN_OTHERS: &[(&str, &str)] = &[
    ("resource_changes", "a Terraform plan, not an AWS answer"),
    ("terraform_version", "Terraform output, not an AWS answer"),
    (
        "AWSTemplateFormatVersion",
        "a CloudFormation template, not an AWS answer",
    ),
    (
        "configurationItems",
        "an AWS Config snapshot, which is not read",
    ),
    (
        "outcome",
        "an observation of a snapshot; open the snapshot's folder itself",
    ),
];

/// What a body is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// The answer of this call.
    Answer(Operation),
    /// A policy document saved in place of the answer that carries it.
    BarePolicy(Operation),
    /// Neither the content nor the hint tells; a later index may.
    Open(String),
    /// Known not to be used.
    No(String),
}

/// Recognises a document by its members.
pub(crate) fn recognise(members: &Members<'_>, hint: Hint) -> Shape {
    for (member, what) in KNOWN_OTHERS {
        if members.has(member) && (*member != "outcome" || members.has("operation")) {
            return Shape::No((*what).to_owned());
        }
    }
    if let Some(shape) = policy(members, hint) {
        return shape;
    }
    if let Some(operation) = by_hint(members, hint) {
        return Shape::Answer(operation);
    }
    let mut summary = None;
    let mut doubt = None;
    for rule in RULES {
        if !rule.all.iter().all(|member| members.has(member)) {
            continue;
        }
        let foreign = FOREIGN
            .iter()
            .find(|member| members.has(member) && !rule.all.contains(member));
        let is_a_job = rule.operation == O::DescribeTrainingJob && foreign == Some(&"AutoMLJobArn");
        if let Some(member) = foreign.filter(|_| !is_a_job) {
            return Shape::No(format!("an answer with `{member}`, which is not read"));
        }
        if let Some(items) = rule.all.first().filter(|_| !rule.item.is_empty()) {
            match item_fits(members, items, rule.item) {
                Items::Fit => return one_listing(rule, members),
                Items::None => match hint {
                    Hint::None if rule.operation == O::ListTags => {}
                    Hint::None if *items == "FileSystems" => {}
                    Hint::None => return Shape::Answer(rule.operation),
                    _ => doubt = Some(*items),
                },
                Items::Differ => doubt = Some(*items),
            }
            continue;
        }
        if rule.full.is_empty() || rule.full.iter().any(|member| members.has(member)) {
            if rule.operation == O::ListRolePolicies && hint == Hint::Other {
                doubt = Some("PolicyNames");
                continue;
            }
            return Shape::Answer(rule.operation);
        }
        summary.get_or_insert(rule.operation);
    }
    if versioning(members) {
        return Shape::Answer(O::GetBucketVersioning);
    }
    if members.names().eq(["LocationConstraint"]) {
        return Shape::Answer(O::GetBucketLocation);
    }
    if let Some(operation) = summary {
        return Shape::Open(format!(
            "one item of a listing, not the answer of `{}`: save the whole listing, or the answer",
            kebab(operation.row().name)
        ));
    }
    if let Some(items) = doubt {
        return Shape::Open(format!(
            "has `{items}`, but neither its items nor the name of the file say that a call that is read answered it"
        ));
    }
    let names: Vec<&str> = members.names().take(4).collect();
    Shape::Open(if names.is_empty() {
        "an empty object; name the file after the call, or list it in calls.jsonl".to_owned()
    } else {
        format!(
            "JSON, but not the answer of a call that is read (members `{}`)",
            names.join("`, `")
        )
    })
}

/// The listing of `rule`, unless the document holds another one beside it.
fn one_listing(rule: &Rule, members: &Members<'_>) -> Shape {
    let beside = RULES
        .iter()
        .filter(|other| other.operation != rule.operation && other.operation != O::ListTags)
        .filter_map(|other| Some((other, other.all.first()?)))
        .filter(|(other, _)| !other.item.is_empty() && other.all != rule.all)
        .find(|(other, items)| matches!(item_fits(members, items, other.item), Items::Fit));
    match beside {
        Some((_, items)) => Shape::No(format!(
            "several listings in one document (`{}`, `{items}`); save each answer by itself",
            rule.all.join("`, `")
        )),
        None => Shape::Answer(rule.operation),
    }
}

/// The hint's call, when the content is compatible with it.
fn by_hint(members: &Members<'_>, hint: Hint) -> Option<Operation> {
    let Hint::Is(operation) = hint else {
        return None;
    };
    let own = RULES
        .iter()
        .filter(|rule| rule.operation == operation)
        .any(|rule| {
            rule.all.iter().all(|member| members.has(member))
                && rule.all.first().is_none_or(|items| {
                    rule.item.is_empty()
                        || !matches!(item_fits(members, items, rule.item), Items::Differ)
                })
        });
    let foreign = FOREIGN.iter().any(|member| members.has(member));
    let empty = EMPTY.contains(&operation)
        && members
            .names()
            .all(|name| NEUTRAL.contains(&name) && name != "Tags");
    let search = operation == O::Search && members.raw("Results").is_some();
    ((own && !foreign)
        || empty
        || search
        || (operation == O::GetBucketVersioning && versioning(members)))
    .then_some(operation)
}

/// Policies: the same member holds a bucket's, a key's or a file system's, as text.
fn policy(members: &Members<'_>, hint: Hint) -> Option<Shape> {
    if members.has("Statement") && members.names().all(is_policy_member) {
        return Some(match hint {
            Hint::Is(operation @ (O::GetBucketPolicy | O::GetKeyPolicy | O::DescribeFileSystemPolicy)) => {
                Shape::BarePolicy(operation)
            }
            _ => Shape::Open(
                "a policy document, but not whose; name the file `get-bucket-policy--Bucket=NAME.json` or list it in calls.jsonl".to_owned(),
            ),
        });
    }
    let policy = members.raw("Policy")?;
    if let Ok(policy) = Members::parse(policy.get())
        && !policy.has("Statement")
    {
        return (policy.has("Arn") && policy.has("DefaultVersionId"))
            .then_some(Shape::Answer(O::GetPolicy));
    }
    if members.has("FileSystemId") {
        return Some(Shape::Answer(O::DescribeFileSystemPolicy));
    }
    if members.has("RevisionId") {
        return Some(Shape::No(
            "the policy of a function, which is not read".to_owned(),
        ));
    }
    if members.has("PolicyName") {
        return Some(Shape::Answer(O::GetKeyPolicy));
    }
    Some(match hint {
        Hint::Is(operation @ (O::GetBucketPolicy | O::GetKeyPolicy)) => Shape::Answer(operation),
        _ => Shape::Open(
            "a policy, but not whose; name the file `get-bucket-policy--Bucket=NAME.json` or list it in calls.jsonl".to_owned(),
        ),
    })
}

fn is_policy_member(name: &str) -> bool {
    ["Version", "Id", "Statement"].contains(&name)
}

fn versioning(members: &Members<'_>) -> bool {
    let state = |name: &str, values: &[&str]| {
        members
            .text(name)
            .is_none_or(|value| values.contains(&value.as_str()))
    };
    members.has("Status")
        && members
            .names()
            .all(|name| ["Status", "MFADelete", "ResponseMetadata"].contains(&name))
        && state("Status", &["Enabled", "Suspended"])
        && state("MFADelete", &["Enabled", "Disabled"])
}

enum Items {
    Fit,
    None,
    Differ,
}

fn item_fits(members: &Members<'_>, items: &str, witnesses: &[&str]) -> Items {
    let Some(raw) = members.raw(items) else {
        return Items::Differ;
    };
    if !raw.get().starts_with('[') {
        return Items::Differ;
    }
    let Some(first) = first_item(raw) else {
        return Items::None;
    };
    match Members::parse(first.get()) {
        Ok(item) if witnesses.iter().any(|witness| item.has(witness)) => Items::Fit,
        _ => Items::Differ,
    }
}

/// The ARN in the body that tells the account and Region that were asked.
pub(crate) fn arn_of(operation: Operation, members: &Members<'_>) -> Option<String> {
    RULES
        .iter()
        .filter(|rule| rule.operation == operation)
        .flat_map(|rule| rule.arn)
        .find_map(|path| members.at(path).and_then(text_of))
}

/// Account and Region that a body tells otherwise than by an ARN.
pub(crate) fn place_of(
    operation: Operation,
    members: &Members<'_>,
) -> (Option<String>, Option<String>) {
    match operation {
        O::DescribeSubnets => (members.at("Subnets/0/OwnerId").and_then(text_of), None),
        O::DescribeRouteTables => (members.at("RouteTables/0/OwnerId").and_then(text_of), None),
        O::DescribeSecurityGroups => (
            members.at("SecurityGroups/0/OwnerId").and_then(text_of),
            None,
        ),
        O::DescribeElasticFileSystems | O::DescribeFsxFileSystems => {
            (members.at("FileSystems/0/OwnerId").and_then(text_of), None)
        }
        O::LookupEvents => {
            let Some(event) = members.at("Events/0/CloudTrailEvent").and_then(text_of) else {
                return (None, None);
            };
            match Members::parse(&event) {
                Ok(event) => (event.text("recipientAccountId"), event.text("awsRegion")),
                Err(_) => (None, None),
            }
        }
        _ => (None, None),
    }
}

/// Whether the ARN in the answer may be of another account than the one that was asked.
pub(crate) fn may_be_foreign(operation: Operation) -> bool {
    matches!(
        operation,
        O::DescribeModelPackage
            | O::DescribeKey
            | O::GetKeyPolicy
            | O::GetPolicy
            | O::GetPolicyVersion
            | O::ListAttachedRolePolicies
            | O::DescribeSubnets
            | O::DescribeRouteTables
            | O::DescribeSecurityGroups
    )
}

/// The request parameters that the body repeats.
pub(crate) fn parameters_of(
    operation: Operation,
    members: &Members<'_>,
) -> Vec<(&'static str, String)> {
    let at = |name: &'static str, path: &str| {
        members
            .at(path)
            .and_then(text_of)
            .map(|value| (name, value))
    };
    match operation {
        O::GetRole => at("RoleName", "Role/RoleName").into_iter().collect(),
        O::GetPolicy => at("PolicyArn", "Policy/Arn").into_iter().collect(),
        O::GetPolicyVersion => at("VersionId", "PolicyVersion/VersionId")
            .into_iter()
            .collect(),
        O::ListObjectsV2 | O::ListObjectVersions => [at("Bucket", "Name"), at("Prefix", "Prefix")]
            .into_iter()
            .flatten()
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        O::DescribeLogStreams => at("logGroupName", "logStreams/0/arn")
            .and_then(|(name, arn)| Some((name, log_group(&arn)?.to_owned())))
            .into_iter()
            .collect(),
        // The request may name them in several ways: what was asked comes first, see `fallback_of`.
        O::DescribeModelPackage | O::DescribeKey | O::Search | O::GetMetricData => Vec::new(),
        _ => operation
            .row()
            .key
            .iter()
            .filter_map(|name| at(name, name))
            .collect(),
    }
}

/// Request parameters that hold when neither the file's name nor the index gives them.
pub(crate) fn fallback_of(
    operation: Operation,
    members: &Members<'_>,
) -> Vec<(&'static str, String)> {
    let path = match operation {
        O::DescribeModelPackage => ("ModelPackageName", "ModelPackageArn"),
        O::DescribeKey => ("KeyId", "KeyMetadata/Arn"),
        _ => return Vec::new(),
    };
    members
        .at(path.1)
        .and_then(text_of)
        .map(|value| (path.0, value))
        .into_iter()
        .collect()
}

/// `arn:aws:logs:eu-west-1:111122223333:log-group:/aws/x:log-stream:y` names its group.
fn log_group(arn: &str) -> Option<&str> {
    let (_, rest) = arn.split_once(":log-group:")?;
    rest.split(":log-stream:").next()
}

/// Key parameters without which an answer cannot be told from others.
pub(crate) fn required(operation: Operation, answered: bool) -> impl Iterator<Item = &'static str> {
    let optional: &[&str] = match operation {
        O::HeadBucket => &["ExpectedBucketOwner"],
        O::ListObjectsV2 | O::ListObjectVersions => &["Prefix"],
        O::ListUserProfiles | O::ListSpaces => &["DomainIdEquals"],
        O::DescribeLogStreams if answered => &["logStreamNamePrefix"],
        O::DescribeLogStreams => &["logGroupName", "logStreamNamePrefix"],
        O::GetKeyPolicy => &["PolicyName"],
        O::Search if answered => &["Arn"],
        O::Search => &["Resource", "Arn"],
        O::GetMetricData if !answered => &["StartTime", "EndTime"],
        _ => &[],
    };
    operation
        .row()
        .key
        .iter()
        .copied()
        .filter(move |name| !optional.contains(name))
}

/// A record of a search answer: its kind, its ARN, and the object that a Describe answer matches.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) resource: &'static str,
    pub(crate) arn: String,
    pub(crate) body: &'a RawValue,
}

/// Reads a record; the error names the kind that is not read.
pub(crate) fn record<'a>(members: &Members<'a>) -> Result<Record<'a>, String> {
    for (resource, arn) in [
        ("TrainingJob", "TrainingJobArn"),
        ("Endpoint", "EndpointArn"),
        ("ModelPackage", "ModelPackageArn"),
        ("Model", "ModelArn"),
    ] {
        let Some(outer) = members.raw(resource) else {
            continue;
        };
        let without_arn = || format!("a search record whose `{resource}` has no `{arn}`");
        let inner = Members::parse(outer.get()).map_err(|_| without_arn())?;
        // A record of kind Model is a dashboard entry around the model.
        let (body, own) = match inner.raw("Model").filter(|_| resource == "Model") {
            Some(model) => (
                model,
                Members::parse(model.get()).map_err(|_| without_arn())?,
            ),
            None => (outer, inner),
        };
        return Ok(Record {
            resource,
            arn: own.text(arn).ok_or_else(without_arn)?,
            body,
        });
    }
    let kind = members.names().next().unwrap_or("nothing").to_owned();
    Err(format!(
        "a search record of kind `{kind}`, which is not read"
    ))
}

/// Whether a document is one record of a search answer, outside its page.
pub(crate) fn is_record(members: &Members<'_>) -> bool {
    let mut names = members.names();
    matches!(
        (names.next(), names.next()),
        (
            Some("TrainingJob" | "Endpoint" | "ModelPackage" | "Model"),
            None
        )
    )
}
