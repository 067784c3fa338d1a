//! The rows. Sources: the service models of the AWS SDKs, and the service authorization reference
//! for the IAM action of each call.

use super::{Absence, Family, Paging, Row, Scope};

macro_rules! operations {
    ($($variant:ident = $row:expr;)*) => {
        /// A call that Sagewarden reads. Each variant is named as the service names the operation.
        #[allow(missing_docs, reason = "the variants are AWS's own operation names; their row says the rest")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Operation { $($variant),* }

        impl Operation {
            /// Every operation, in table order.
            pub const ALL: &'static [Operation] = &[$(Operation::$variant),*];

            /// The row of this operation.
            #[must_use]
            pub fn row(self) -> &'static Row {
                match self { $(Operation::$variant => { const ROW: Row = $row; &ROW })* }
            }
        }
    };
}

const PLAIN: Row = Row {
    service: "",
    name: "",
    action: "",
    scope: Scope::Region,
    family: Family::Context,
    import_only: false,
    key: &[],
    paging: None,
    secret: &[],
    absent: &[],
};

const fn absent(pointer: &'static str, means: &'static str) -> Absence {
    Absence { pointer, means }
}

const fn pages(input: &'static str, output: &'static str, items: &'static str) -> Option<Paging> {
    Some(Paging {
        input,
        output,
        items,
    })
}

operations! {
    ListNotebookInstances = Row { service: "sagemaker", name: "ListNotebookInstances", action: "sagemaker:ListNotebookInstances", family: Family::Notebook, paging: pages("NextToken", "NextToken", "NotebookInstances"), ..PLAIN };
    DescribeNotebookInstance = Row { service: "sagemaker", name: "DescribeNotebookInstance", action: "sagemaker:DescribeNotebookInstance", family: Family::Notebook, key: &["NotebookInstanceName"], secret: &["/Url"], absent: &[absent("/RootAccess", "Enabled"), absent("/DirectInternetAccess", "Enabled"), absent("/KmsKeyId", "the volume is encrypted with a key that the service manages"), absent("/SubnetId", "the network that the service manages"), absent("/SecurityGroups", "no security groups"), absent("/NotebookInstanceLifecycleConfigName", "no lifecycle configuration"), absent("/InstanceMetadataServiceConfiguration", "version 1 of the metadata service is allowed"), absent("/InstanceMetadataServiceConfiguration/MinimumInstanceMetadataServiceVersion", "version 1 of the metadata service is allowed")], ..PLAIN };
    DescribeNotebookInstanceLifecycleConfig = Row { service: "sagemaker", name: "DescribeNotebookInstanceLifecycleConfig", action: "sagemaker:DescribeNotebookInstanceLifecycleConfig", family: Family::Notebook, key: &["NotebookInstanceLifecycleConfigName"], secret: &["/OnCreate/*/Content", "/OnStart/*/Content"], absent: &[absent("/OnCreate", "no script at creation"), absent("/OnStart", "no script at start")], ..PLAIN };
    ListDomains = Row { service: "sagemaker", name: "ListDomains", action: "sagemaker:ListDomains", family: Family::Domain, paging: pages("NextToken", "NextToken", "Domains"), ..PLAIN };
    DescribeDomain = Row { service: "sagemaker", name: "DescribeDomain", action: "sagemaker:DescribeDomain", family: Family::Domain, key: &["DomainId"], secret: &["/SingleSignOnManagedApplicationInstanceId"], absent: &[absent("/DefaultUserSettings", "no default settings"), absent("/DefaultUserSettings/ExecutionRole", "no default role"), absent("/DefaultSpaceSettings", "no settings for shared spaces"), absent("/DefaultSpaceSettings/ExecutionRole", "no role for shared spaces"), absent("/AppNetworkAccessType", "PublicInternetOnly"), absent("/DomainSettings", "no domain settings"), absent("/DomainSettings/ExecutionRoleIdentityConfig", "DISABLED"), absent("/DomainSettings/TrustedIdentityPropagationSettings", "DISABLED"), absent("/DomainSettings/UnifiedStudioSettings", "not a Unified Studio project")], ..PLAIN };
    ListUserProfiles = Row { service: "sagemaker", name: "ListUserProfiles", action: "sagemaker:ListUserProfiles", family: Family::Domain, key: &["DomainIdEquals"], paging: pages("NextToken", "NextToken", "UserProfiles"), ..PLAIN };
    DescribeUserProfile = Row { service: "sagemaker", name: "DescribeUserProfile", action: "sagemaker:DescribeUserProfile", family: Family::Domain, key: &["DomainId", "UserProfileName"], absent: &[absent("/UserSettings", "the settings of the domain"), absent("/UserSettings/ExecutionRole", "the default role of the domain")], ..PLAIN };
    ListSpaces = Row { service: "sagemaker", name: "ListSpaces", action: "sagemaker:ListSpaces", family: Family::Domain, key: &["DomainIdEquals"], paging: pages("NextToken", "NextToken", "Spaces"), absent: &[absent("/Spaces/*/SpaceSharingSettingsSummary", "a private space")], ..PLAIN };
    ListModels = Row { service: "sagemaker", name: "ListModels", action: "sagemaker:ListModels", family: Family::Model, paging: pages("NextToken", "NextToken", "Models"), ..PLAIN };
    DescribeModel = Row { service: "sagemaker", name: "DescribeModel", action: "sagemaker:DescribeModel", family: Family::Model, key: &["ModelName"], secret: &["/PrimaryContainer/Environment/*", "/Containers/*/Environment/*"], absent: &[absent("/EnableNetworkIsolation", "false"), absent("/VpcConfig", "the network that the service manages"), absent("/VpcConfig/Subnets", "no subnets"), absent("/VpcConfig/SecurityGroupIds", "no security groups"), absent("/PrimaryContainer", "no primary container"), absent("/Containers", "no pipeline of containers"), absent("/PrimaryContainer/Mode", "SingleModel"), absent("/PrimaryContainer/ModelDataUrl", "no artifact by URL"), absent("/PrimaryContainer/ModelDataSource", "no artifact by data source"), absent("/PrimaryContainer/AdditionalModelDataSources", "no further artifacts"), absent("/PrimaryContainer/ModelPackageName", "no model package"), absent("/Containers/*/Mode", "SingleModel"), absent("/Containers/*/ModelDataUrl", "no artifact by URL"), absent("/Containers/*/ModelDataSource", "no artifact by data source"), absent("/Containers/*/AdditionalModelDataSources", "no further artifacts"), absent("/Containers/*/ModelPackageName", "no model package")], ..PLAIN };
    DescribeModelPackage = Row { service: "sagemaker", name: "DescribeModelPackage", action: "sagemaker:DescribeModelPackage", family: Family::Model, key: &["ModelPackageName"], secret: &["/InferenceSpecification/Containers/*/Environment/*"], absent: &[absent("/InferenceSpecification", "no inference specification"), absent("/AdditionalInferenceSpecifications", "no further specifications")], ..PLAIN };
    ListEndpoints = Row { service: "sagemaker", name: "ListEndpoints", action: "sagemaker:ListEndpoints", family: Family::Endpoint, paging: pages("NextToken", "NextToken", "Endpoints"), ..PLAIN };
    DescribeEndpoint = Row { service: "sagemaker", name: "DescribeEndpoint", action: "sagemaker:DescribeEndpoint", family: Family::Endpoint, key: &["EndpointName"], absent: &[absent("/ShadowProductionVariants", "no shadow variants"), absent("/DataCaptureConfig", "no data capture"), absent("/AsyncInferenceConfig", "not asynchronous"), absent("/PendingDeploymentSummary", "no deployment under way")], ..PLAIN };
    ListEndpointConfigs = Row { service: "sagemaker", name: "ListEndpointConfigs", action: "sagemaker:ListEndpointConfigs", family: Family::Endpoint, paging: pages("NextToken", "NextToken", "EndpointConfigs"), ..PLAIN };
    DescribeEndpointConfig = Row { service: "sagemaker", name: "DescribeEndpointConfig", action: "sagemaker:DescribeEndpointConfig", family: Family::Endpoint, key: &["EndpointConfigName"], absent: &[absent("/ShadowProductionVariants", "no shadow variants"), absent("/EnableNetworkIsolation", "false"), absent("/VpcConfig", "the network that the service manages"), absent("/VpcConfig/Subnets", "no subnets"), absent("/VpcConfig/SecurityGroupIds", "no security groups"), absent("/AsyncInferenceConfig", "not asynchronous"), absent("/DataCaptureConfig", "no data capture"), absent("/DataCaptureConfig/EnableCapture", "true"), absent("/ProductionVariants/*/InitialVariantWeight", "1.0"), absent("/ProductionVariants/*/ServerlessConfig", "not serverless"), absent("/ProductionVariants/*/ManagedInstanceScaling", "no managed scaling"), absent("/ProductionVariants/*/InstancePools", "no instance pools"), absent("/ProductionVariants/*/ModelName", "models come as inference components"), absent("/ProductionVariants/*/ManagedInstanceScaling/MinInstanceCount", "the initial instance count"), absent("/ShadowProductionVariants/*/InitialVariantWeight", "1.0"), absent("/ShadowProductionVariants/*/ServerlessConfig", "not serverless"), absent("/ShadowProductionVariants/*/ManagedInstanceScaling", "no managed scaling"), absent("/ShadowProductionVariants/*/InstancePools", "no instance pools"), absent("/ShadowProductionVariants/*/ModelName", "models come as inference components"), absent("/ShadowProductionVariants/*/ManagedInstanceScaling/MinInstanceCount", "the initial instance count")], ..PLAIN };
    ListInferenceComponents = Row { service: "sagemaker", name: "ListInferenceComponents", action: "sagemaker:ListInferenceComponents", family: Family::Endpoint, paging: pages("NextToken", "NextToken", "InferenceComponents"), ..PLAIN };
    DescribeInferenceComponent = Row { service: "sagemaker", name: "DescribeInferenceComponent", action: "sagemaker:DescribeInferenceComponent", family: Family::Endpoint, key: &["InferenceComponentName"], secret: &["/Specification/Container/Environment/*", "/Specifications/*/Container/Environment/*"], absent: &[absent("/Specification", "given per instance type"), absent("/Specifications", "one specification for all")], ..PLAIN };
    ListMonitoringSchedules = Row { service: "sagemaker", name: "ListMonitoringSchedules", action: "sagemaker:ListMonitoringSchedules", family: Family::Endpoint, paging: pages("NextToken", "NextToken", "MonitoringScheduleSummaries"), absent: &[absent("/MonitoringScheduleSummaries/*/EndpointName", "named in the schedule or its job definition")], ..PLAIN };
    DescribeMonitoringSchedule = Row { service: "sagemaker", name: "DescribeMonitoringSchedule", action: "sagemaker:DescribeMonitoringSchedule", family: Family::Endpoint, key: &["MonitoringScheduleName"], secret: &["/MonitoringScheduleConfig/MonitoringJobDefinition/Environment/*"], absent: &[absent("/EndpointName", "named in the job definition"), absent("/MonitoringScheduleConfig/ScheduleConfig", "a daily time that the service chooses"), absent("/MonitoringScheduleConfig/ScheduleConfig/ScheduleExpression", "a daily time that the service chooses")], ..PLAIN };
    DescribeDataQualityJobDefinition = Row { service: "sagemaker", name: "DescribeDataQualityJobDefinition", action: "sagemaker:DescribeDataQualityJobDefinition", family: Family::Endpoint, key: &["JobDefinitionName"], secret: &["/DataQualityAppSpecification/Environment/*"], ..PLAIN };
    DescribeModelQualityJobDefinition = Row { service: "sagemaker", name: "DescribeModelQualityJobDefinition", action: "sagemaker:DescribeModelQualityJobDefinition", family: Family::Endpoint, key: &["JobDefinitionName"], secret: &["/ModelQualityAppSpecification/Environment/*"], ..PLAIN };
    DescribeModelBiasJobDefinition = Row { service: "sagemaker", name: "DescribeModelBiasJobDefinition", action: "sagemaker:DescribeModelBiasJobDefinition", family: Family::Endpoint, key: &["JobDefinitionName"], secret: &["/ModelBiasAppSpecification/Environment/*"], ..PLAIN };
    DescribeModelExplainabilityJobDefinition = Row { service: "sagemaker", name: "DescribeModelExplainabilityJobDefinition", action: "sagemaker:DescribeModelExplainabilityJobDefinition", family: Family::Endpoint, key: &["JobDefinitionName"], secret: &["/ModelExplainabilityAppSpecification/Environment/*"], ..PLAIN };
    ListTrainingJobs = Row { service: "sagemaker", name: "ListTrainingJobs", action: "sagemaker:ListTrainingJobs", family: Family::Training, paging: pages("NextToken", "NextToken", "TrainingJobSummaries"), ..PLAIN };
    DescribeTrainingJob = Row { service: "sagemaker", name: "DescribeTrainingJob", action: "sagemaker:DescribeTrainingJob", family: Family::Training, key: &["TrainingJobName"], secret: &["/Environment/*", "/HyperParameters/*"], absent: &[absent("/EnableNetworkIsolation", "false"), absent("/EnableInterContainerTrafficEncryption", "false"), absent("/VpcConfig", "the network that the service manages"), absent("/VpcConfig/Subnets", "no subnets"), absent("/VpcConfig/SecurityGroupIds", "no security groups"), absent("/ResourceConfig/VolumeKmsKeyId", "a transient key that nobody controls"), absent("/InputDataConfig", "no input channels"), absent("/CheckpointConfig", "no checkpoints"), absent("/HyperParameters", "no hyperparameters"), absent("/RemoteDebugConfig", "remote debugging is off"), absent("/TrainingStartTime", "the job never started"), absent("/WarmPoolStatus", "no warm pool"), absent("/TuningJobArn", "not part of a tuning job"), absent("/AutoMLJobArn", "not part of an AutoML job"), absent("/LabelingJobArn", "not part of a labeling job"), absent("/ServerlessJobConfig", "not serverless")], ..PLAIN };
    Search = Row { service: "sagemaker", name: "Search", action: "sagemaker:Search", family: Family::Training, key: &["Resource"], paging: pages("NextToken", "NextToken", "Results"), secret: &["/Results/*/TrainingJob/Environment/*", "/Results/*/TrainingJob/HyperParameters/*"], absent: &[absent("/Results/*/TrainingJob/EnableNetworkIsolation", "false"), absent("/Results/*/TrainingJob/EnableInterContainerTrafficEncryption", "false"), absent("/Results/*/TrainingJob/VpcConfig", "the network that the service manages"), absent("/Results/*/TrainingJob/VpcConfig/Subnets", "no subnets"), absent("/Results/*/TrainingJob/VpcConfig/SecurityGroupIds", "no security groups"), absent("/Results/*/TrainingJob/ResourceConfig/VolumeKmsKeyId", "a transient key that nobody controls"), absent("/Results/*/TrainingJob/InputDataConfig", "no input channels"), absent("/Results/*/TrainingJob/CheckpointConfig", "no checkpoints"), absent("/Results/*/TrainingJob/HyperParameters", "no hyperparameters"), absent("/Results/*/TrainingJob/RemoteDebugConfig", "remote debugging is off"), absent("/Results/*/TrainingJob/TrainingStartTime", "the job never started"), absent("/Results/*/TrainingJob/WarmPoolStatus", "no warm pool"), absent("/Results/*/TrainingJob/TuningJobArn", "not part of a tuning job"), absent("/Results/*/TrainingJob/AutoMLJobArn", "not part of an AutoML job"), absent("/Results/*/TrainingJob/LabelingJobArn", "not part of a labeling job"), absent("/Results/*/TrainingJob/ServerlessJobConfig", "not serverless")], ..PLAIN };
    ListTags = Row { service: "sagemaker", name: "ListTags", action: "sagemaker:ListTags", family: Family::Endpoint, key: &["ResourceArn"], paging: pages("NextToken", "NextToken", "Tags"), ..PLAIN };
    GetAccountAuthorizationDetails = Row { service: "iam", name: "GetAccountAuthorizationDetails", action: "iam:GetAccountAuthorizationDetails", family: Family::Role, scope: Scope::Global, paging: pages("Marker", "Marker", "RoleDetailList"), absent: &[absent("/RoleDetailList/*/PermissionsBoundary", "no permissions boundary"), absent("/RoleDetailList/*/Tags", "no tags"), absent("/RoleDetailList/*/RoleLastUsed", "not used in the tracking period")], ..PLAIN };
    GetRole = Row { service: "iam", name: "GetRole", action: "iam:GetRole", family: Family::Role, scope: Scope::Global, key: &["RoleName"], absent: &[absent("/Role/PermissionsBoundary", "no permissions boundary"), absent("/Role/Tags", "no tags"), absent("/Role/RoleLastUsed", "not used in the tracking period")], ..PLAIN };
    ListRolePolicies = Row { service: "iam", name: "ListRolePolicies", action: "iam:ListRolePolicies", family: Family::Role, scope: Scope::Global, key: &["RoleName"], paging: pages("Marker", "Marker", "PolicyNames"), ..PLAIN };
    GetRolePolicy = Row { service: "iam", name: "GetRolePolicy", action: "iam:GetRolePolicy", family: Family::Role, scope: Scope::Global, key: &["RoleName", "PolicyName"], ..PLAIN };
    ListAttachedRolePolicies = Row { service: "iam", name: "ListAttachedRolePolicies", action: "iam:ListAttachedRolePolicies", family: Family::Role, scope: Scope::Global, key: &["RoleName"], paging: pages("Marker", "Marker", "AttachedPolicies"), ..PLAIN };
    GetPolicy = Row { service: "iam", name: "GetPolicy", action: "iam:GetPolicy", family: Family::Role, scope: Scope::Global, key: &["PolicyArn"], ..PLAIN };
    GetPolicyVersion = Row { service: "iam", name: "GetPolicyVersion", action: "iam:GetPolicyVersion", family: Family::Role, scope: Scope::Global, key: &["PolicyArn", "VersionId"], ..PLAIN };
    ListBuckets = Row { service: "s3", name: "ListBuckets", action: "s3:ListAllMyBuckets", family: Family::Bucket, scope: Scope::Global, paging: pages("ContinuationToken", "ContinuationToken", "Buckets"), ..PLAIN };
    HeadBucket = Row { service: "s3", name: "HeadBucket", action: "s3:ListBucket", family: Family::Bucket, scope: Scope::Global, key: &["Bucket", "ExpectedBucketOwner"], ..PLAIN };
    GetBucketLocation = Row { service: "s3", name: "GetBucketLocation", action: "s3:GetBucketLocation", family: Family::Bucket, scope: Scope::Global, key: &["Bucket"], ..PLAIN };
    GetBucketPolicy = Row { service: "s3", name: "GetBucketPolicy", action: "s3:GetBucketPolicy", family: Family::Bucket, scope: Scope::Global, key: &["Bucket"], ..PLAIN };
    GetBucketEncryption = Row { service: "s3", name: "GetBucketEncryption", action: "s3:GetEncryptionConfiguration", family: Family::Bucket, scope: Scope::Global, key: &["Bucket"], ..PLAIN };
    GetBucketVersioning = Row { service: "s3", name: "GetBucketVersioning", action: "s3:GetBucketVersioning", family: Family::Bucket, scope: Scope::Global, key: &["Bucket"], absent: &[absent("/Status", "versioning was never enabled")], ..PLAIN };
    GetObjectLockConfiguration = Row { service: "s3", name: "GetObjectLockConfiguration", action: "s3:GetBucketObjectLockConfiguration", family: Family::Bucket, scope: Scope::Global, key: &["Bucket"], ..PLAIN };
    ListObjectsV2 = Row { service: "s3", name: "ListObjectsV2", action: "s3:ListBucket", family: Family::Bucket, scope: Scope::Global, key: &["Bucket", "Prefix"], absent: &[absent("/Contents", "no object under the prefix"), absent("/KeyCount", "as many as are listed")], ..PLAIN };
    ListObjectVersions = Row { service: "s3", name: "ListObjectVersions", action: "s3:ListBucketVersions", family: Family::Bucket, scope: Scope::Global, key: &["Bucket", "Prefix"], absent: &[absent("/DeleteMarkers", "no delete markers"), absent("/Versions", "no versions")], ..PLAIN };
    HeadObject = Row { service: "s3", name: "HeadObject", action: "s3:GetObject", import_only: true, family: Family::Bucket, scope: Scope::Global, key: &["Bucket", "Key"], ..PLAIN };
    ListAccessPoints = Row { service: "s3control", name: "ListAccessPoints", action: "s3:ListAccessPoints", family: Family::Bucket, paging: pages("NextToken", "NextToken", "AccessPointList"), ..PLAIN };
    GetMetricData = Row { service: "cloudwatch", name: "GetMetricData", action: "cloudwatch:GetMetricData", family: Family::Endpoint, key: &["StartTime", "EndTime"], paging: pages("NextToken", "NextToken", "MetricDataResults"), ..PLAIN };
    ListMetrics = Row { service: "cloudwatch", name: "ListMetrics", action: "cloudwatch:ListMetrics", family: Family::Endpoint, paging: pages("NextToken", "NextToken", "Metrics"), ..PLAIN };
    DescribeScalableTargets = Row { service: "application-autoscaling", name: "DescribeScalableTargets", action: "application-autoscaling:DescribeScalableTargets", family: Family::Endpoint, paging: pages("NextToken", "NextToken", "ScalableTargets"), ..PLAIN };
    DescribeKey = Row { service: "kms", name: "DescribeKey", action: "kms:DescribeKey", family: Family::Key, key: &["KeyId"], absent: &[absent("/KeyMetadata/DeletionDate", "no deletion is scheduled")], ..PLAIN };
    GetKeyPolicy = Row { service: "kms", name: "GetKeyPolicy", action: "kms:GetKeyPolicy", family: Family::Key, key: &["KeyId", "PolicyName"], ..PLAIN };
    DescribeSubnets = Row { service: "ec2", name: "DescribeSubnets", action: "ec2:DescribeSubnets", family: Family::Context, paging: pages("NextToken", "NextToken", "Subnets"), ..PLAIN };
    DescribeRouteTables = Row { service: "ec2", name: "DescribeRouteTables", action: "ec2:DescribeRouteTables", family: Family::Context, paging: pages("NextToken", "NextToken", "RouteTables"), ..PLAIN };
    DescribeElasticFileSystems = Row { service: "elasticfilesystem", name: "DescribeFileSystems", action: "elasticfilesystem:DescribeFileSystems", family: Family::Context, paging: pages("Marker", "NextMarker", "FileSystems"), ..PLAIN };
    DescribeFileSystemPolicy = Row { service: "elasticfilesystem", name: "DescribeFileSystemPolicy", action: "elasticfilesystem:DescribeFileSystemPolicy", family: Family::Context, key: &["FileSystemId"], ..PLAIN };
    DescribeFsxFileSystems = Row { service: "fsx", name: "DescribeFileSystems", action: "fsx:DescribeFileSystems", family: Family::Context, paging: pages("NextToken", "NextToken", "FileSystems"), ..PLAIN };
    DescribeLogStreams = Row { service: "logs", name: "DescribeLogStreams", action: "logs:DescribeLogStreams", family: Family::Notebook, key: &["logGroupName", "logStreamNamePrefix"], paging: pages("nextToken", "nextToken", "logStreams"), ..PLAIN };
    LookupEvents = Row { service: "cloudtrail", name: "LookupEvents", action: "cloudtrail:LookupEvents", family: Family::Notebook, paging: pages("NextToken", "NextToken", "Events"), secret: &["/Events/*/CloudTrailEvent"], ..PLAIN };
    ListAccounts = Row { service: "organizations", name: "ListAccounts", action: "organizations:ListAccounts", family: Family::Context, scope: Scope::Global, paging: pages("NextToken", "NextToken", "Accounts"), ..PLAIN };
    GetCallerIdentity = Row { service: "sts", name: "GetCallerIdentity", action: "sts:GetCallerIdentity", family: Family::Context, scope: Scope::Global, ..PLAIN };
}
