//! Which calls a control needs.
//!
//! Enters: controls. Leaves: the calls behind the facts their expressions read, and so the
//! least-privilege policy and the plan of what to collect. Each fact of each kind has its row here;
//! a test walks the schemas, so that a new fact without one is noticed.

use std::collections::BTreeSet;

use crate::asset::AssetKind;
use crate::control::{Control, Rule};
use crate::operations::Operation;
use crate::operations::Operation as O;

/// The calls that a live collection makes before it reads anything: which account is it, which Regions are switched on,
/// and which accounts the chosen organisational units hold.
pub const DISCOVERY: [Operation; 4] = [
    O::DescribeRegions,
    O::GetCallerIdentity,
    O::ListAccountsForParent,
    O::ListOrganizationalUnitsForParent,
];

/// The calls that show an asset of a kind, and supply what is read of every one.
fn base(kind: AssetKind) -> &'static [Operation] {
    match kind {
        AssetKind::Domain => &[O::ListDomains, O::DescribeDomain],
        AssetKind::EndpointConfiguration => &[
            O::ListEndpointConfigs,
            O::DescribeEndpointConfig,
            O::ListEndpoints,
            O::DescribeEndpoint,
        ],
        AssetKind::Endpoint => &[
            O::ListEndpoints,
            O::DescribeEndpoint,
            O::DescribeEndpointConfig,
        ],
        AssetKind::Model => &[O::ListModels, O::DescribeModel],
        AssetKind::NotebookInstance => &[O::ListNotebookInstances, O::DescribeNotebookInstance],
        AssetKind::TrainingJob => &[O::ListTrainingJobs, O::DescribeTrainingJob, O::Search],
    }
}

const PROFILES: &[Operation] = &[O::ListUserProfiles, O::DescribeUserProfile];
const ROLE: &[Operation] = &[
    O::GetAccountAuthorizationDetails,
    O::GetRole,
    O::ListRolePolicies,
    O::GetRolePolicy,
    O::ListAttachedRolePolicies,
    O::GetPolicy,
    O::GetPolicyVersion,
    O::ListBuckets,
];
const SERVED: &[Operation] = &[
    O::DescribeEndpointConfig,
    O::ListInferenceComponents,
    O::DescribeInferenceComponent,
    O::DescribeModel,
    O::DescribeModelPackage,
];
const ARTIFACT: &[Operation] = &[
    O::ListInferenceComponents,
    O::DescribeInferenceComponent,
    O::DescribeModel,
    O::DescribeModelPackage,
    O::ListBuckets,
    O::HeadBucket,
    O::ListObjectsV2,
    O::ListObjectVersions,
    O::GetBucketVersioning,
    O::GetObjectLockConfiguration,
];
const MONITORING: &[Operation] = &[
    O::ListMonitoringSchedules,
    O::DescribeMonitoringSchedule,
    O::DescribeDataQualityJobDefinition,
    O::DescribeModelQualityJobDefinition,
    O::DescribeModelBiasJobDefinition,
    O::DescribeModelExplainabilityJobDefinition,
];
const TRAFFIC: &[Operation] = &[
    O::GetMetricData,
    O::ListMetrics,
    O::ListInferenceComponents,
    O::DescribeInferenceComponent,
];
const CHANNELS: &[Operation] = &[
    O::ListBuckets,
    O::ListDirectoryBuckets,
    O::HeadBucket,
    O::ListAccessPoints,
    O::GetBucketPolicy,
    O::GetBucketEncryption,
    O::DescribeKey,
    O::DescribeElasticFileSystems,
    O::DescribeFileSystemPolicy,
    O::DescribeFsxFileSystems,
    O::ListAccounts,
    O::GetAccountAuthorizationDetails,
];

/// The calls behind one fact of a kind, beyond those that show the asset; `None` for a fact without a row.
#[must_use]
pub fn behind(kind: AssetKind, path: &str) -> Option<&'static [Operation]> {
    let fact = path.split('.').next().unwrap_or(path);
    if matches!(
        fact,
        "arn" | "name" | "account" | "region" | "partition" | "status" | "creation_time"
    ) {
        return Some(&[]);
    }
    let calls: &[Operation] = match (kind, fact) {
        (
            AssetKind::Domain,
            "profiles" | "usable_profiles" | "sharing" | "all_inherit" | "dominant_role"
            | "dominant_share" | "shared_role",
        ) => PROFILES,
        (AssetKind::Domain, "shared_spaces") => &[O::ListSpaces],
        (
            AssetKind::Domain,
            "domain_name"
            | "auth_mode"
            | "default_role"
            | "space_role"
            | "source_identity"
            | "trusted_identity_propagation"
            | "unified_studio_project",
        ) => &[],
        (AssetKind::NotebookInstance, "role" | "assumable_declared" | "outside_declared") => ROLE,
        (AssetKind::NotebookInstance, "key_state" | "key_manager") => &[O::DescribeKey],
        (
            AssetKind::NotebookInstance,
            "lifecycle" | "lifecycle_read" | "runs_on_start" | "stops_when_idle",
        ) => &[O::DescribeNotebookInstanceLifecycleConfig],
        (AssetKind::NotebookInstance, "last_activity" | "activity_read") => &[
            O::DescribeLogStreams,
            O::LookupEvents,
            O::GetAccountAuthorizationDetails,
        ],
        (
            AssetKind::NotebookInstance,
            "last_modified_time"
            | "days_unmodified"
            | "instance_type"
            | "root_access"
            | "direct_internet_access"
            | "subnet"
            | "subnet_id"
            | "security_groups"
            | "kms_key"
            | "kms_key_id"
            | "minimum_imds_version"
            | "lifecycle_config_name"
            | "role_arn",
        ) => &[],
        (AssetKind::TrainingJob, "role") => ROLE,
        (AssetKind::TrainingJob, "channels" | "locations" | "buckets" | "excess_buckets") => {
            CHANNELS
        }
        (
            AssetKind::TrainingJob,
            "started"
            | "warm_pool"
            | "network_isolation"
            | "inter_container_encryption"
            | "subnets"
            | "security_groups"
            | "serverless"
            | "nodes"
            | "instance_types"
            | "storage"
            | "unclassified_types"
            | "volume_kms_key"
            | "training_image"
            | "algorithm"
            | "foreign_algorithm"
            | "remote_debug"
            | "outbound_hints"
            | "launched_by",
        ) => &[],
        (
            AssetKind::Model,
            "deployed" | "serverless_only" | "isolated_by_host" | "vpc_by_host" | "configurations"
            | "endpoints",
        ) => &[
            O::ListEndpoints,
            O::DescribeEndpoint,
            O::DescribeEndpointConfig,
            O::ListInferenceComponents,
            O::DescribeInferenceComponent,
        ],
        (AssetKind::Model | AssetKind::EndpointConfiguration, "single_zone") => {
            &[O::DescribeSubnets]
        }
        (AssetKind::Model | AssetKind::EndpointConfiguration, "public_subnet") => {
            &[O::DescribeSubnets, O::DescribeRouteTables]
        }
        (AssetKind::Model | AssetKind::EndpointConfiguration, "open_egress") => {
            &[O::DescribeSecurityGroups]
        }
        (AssetKind::Model, "role" | "network_isolation" | "subnets" | "security_groups") => &[],
        (
            AssetKind::EndpointConfiguration,
            "monitoring"
            | "unmonitored"
            | "data_quality_monitored"
            | "last_run_failed"
            | "baselined",
        ) => MONITORING,
        (
            AssetKind::EndpointConfiguration,
            "variants" | "floor" | "floor_variant" | "floor_from" | "floor_initial"
            | "autoscaling_read",
        ) => &[O::DescribeScalableTargets],
        (AssetKind::EndpointConfiguration, "single_copy") => {
            &[O::ListInferenceComponents, O::DescribeInferenceComponent]
        }
        (
            AssetKind::EndpointConfiguration | AssetKind::Endpoint,
            "review" | "reviewed_on" | "reviewed_until" | "tags_read",
        ) => &[O::ListTags],
        (
            AssetKind::EndpointConfiguration,
            "all_serverless" | "asynchronous" | "hosts_components" | "network_isolation"
            | "subnets" | "security_groups" | "attached" | "endpoints" | "endpoint" | "capturing",
        ) => &[],
        (AssetKind::Endpoint, "traffic" | "last_traffic") => TRAFFIC,
        (
            AssetKind::Endpoint,
            "artifact"
            | "artifact_source"
            | "gone"
            | "gone_objects"
            | "ghost"
            | "artifact_newer_than_model"
            | "etag_drift"
            | "bucket_recreated"
            | "foreign_bucket"
            | "versioned"
            | "object_locked",
        ) => ARTIFACT,
        (
            AssetKind::Endpoint,
            "artifact_known_by" | "traffic_known_by" | "claimed" | "disputed",
        ) => &[],
        (
            AssetKind::Endpoint,
            "configuration"
            | "configuration_deleted"
            | "configuration_creation_time"
            | "deploying"
            | "asynchronous",
        ) => &[],
        _ => return None,
    };
    Some(calls)
}

/// The calls that the controls need, in table order.
#[must_use]
pub fn operations(controls: &[&Control]) -> Vec<Operation> {
    let mut calls = BTreeSet::new();
    for rule in controls.iter().flat_map(|control| &control.rules) {
        calls.extend(base(rule.asset));
        for path in reads(rule) {
            calls.extend(behind(rule.asset, path).unwrap_or_default());
        }
        // Jobs older than the window count while a live endpoint serves their model.
        if rule.asset == AssetKind::TrainingJob {
            calls.extend(base(AssetKind::Endpoint));
            calls.extend(SERVED);
        }
    }
    calls.into_iter().collect()
}

fn reads(rule: &Rule) -> impl Iterator<Item = &str> {
    let cases = rule
        .not_applicable
        .iter()
        .chain(&rule.reasons)
        .chain(&rule.waived)
        .chain(&rule.notes);
    rule.subject_when
        .iter()
        .chain(std::iter::once(&rule.unsafe_when))
        .chain(cases.filter_map(|case| case.when.as_ref()))
        .flat_map(|program| program.reads().facts.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fact_of_every_kind_has_a_row() {
        for kind in AssetKind::ALL {
            for field in crate::facts::schema(kind).fields {
                assert!(
                    behind(kind, field.name).is_some(),
                    "{kind}.{} has no row",
                    field.name
                );
            }
        }
    }
}
