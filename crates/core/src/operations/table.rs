//! The rows. Sources: the service models of the AWS SDKs, and the service authorization reference
//! for the IAM action of each call.

use crate::facts::traffic::{INVOCATIONS, NAMESPACE};

use super::{Absence, Family, Fixed, Paging, Row, Scope, Sent};

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

/// The name that stands where a call names its service, for records that no service answers.
pub const PRECOMPUTED: &str = "precomputed";

const PLAIN: Row = Row {
    service: "",
    name: "",
    action: "",
    scope: Scope::Region,
    family: Family::Context,
    import_only: false,
    key: &[],
    filters: &[],
    fixed: &[],
    paging: None,
    path: None,
    documents: &[],
    secret: &[],
    absent: &[],
};

const fn absent(pointer: &'static str, means: &'static str) -> Absence {
    Absence { pointer, means }
}

const fn fixed(member: &'static str, value: Sent) -> Fixed {
    Fixed { member, value }
}

const fn pages(input: &'static str, output: &'static str, items: &'static str) -> Option<Paging> {
    Some(Paging {
        input,
        output,
        items,
    })
}

operations! {
    ListNotebookInstances = Row {
        service: "sagemaker",
        name: "ListNotebookInstances",
        action: "sagemaker:ListNotebookInstances",
        family: Family::Notebook,
        paging: pages("NextToken", "NextToken", "NotebookInstances"),
        absent: &[
            absent("/NotebookInstances/*/NotebookInstanceLifecycleConfigName", "no lifecycle configuration"),
        ],
        ..PLAIN
    };

    DescribeNotebookInstance = Row {
        service: "sagemaker",
        name: "DescribeNotebookInstance",
        action: "sagemaker:DescribeNotebookInstance",
        family: Family::Notebook,
        key: &["NotebookInstanceName"],
        secret: &["/Url"],
        absent: &[
            absent("/RootAccess", "Enabled"),
            absent("/DirectInternetAccess", "Enabled"),
            absent("/KmsKeyId", "the volume is encrypted with a key that the service manages"),
            absent("/SubnetId", "the network that the service manages"),
            absent("/SecurityGroups", "no security groups"),
            absent("/NotebookInstanceLifecycleConfigName", "no lifecycle configuration"),
            absent("/InstanceMetadataServiceConfiguration", "version 1 of the metadata service is allowed"),
            absent("/InstanceMetadataServiceConfiguration/MinimumInstanceMetadataServiceVersion", "version 1 of the metadata service is allowed"),
            absent("/FailureReason", "no failure"),
        ],
        ..PLAIN
    };

    DescribeNotebookInstanceLifecycleConfig = Row {
        service: "sagemaker",
        name: "DescribeNotebookInstanceLifecycleConfig",
        action: "sagemaker:DescribeNotebookInstanceLifecycleConfig",
        family: Family::Notebook,
        key: &["NotebookInstanceLifecycleConfigName"],
        secret: &[
            "/OnCreate/*/Content",
            "/OnStart/*/Content",
        ],
        absent: &[
            absent("/OnCreate", "no script at creation"),
            absent("/OnStart", "no script at start"),
            absent("/OnCreate/*/Content", "an empty script"),
            absent("/OnStart/*/Content", "an empty script"),
        ],
        ..PLAIN
    };

    ListDomains = Row {
        service: "sagemaker",
        name: "ListDomains",
        action: "sagemaker:ListDomains",
        family: Family::Domain,
        paging: pages("NextToken", "NextToken", "Domains"),
        ..PLAIN
    };

    DescribeDomain = Row {
        service: "sagemaker",
        name: "DescribeDomain",
        action: "sagemaker:DescribeDomain",
        family: Family::Domain,
        key: &["DomainId"],
        secret: &["/SingleSignOnManagedApplicationInstanceId"],
        absent: &[
            absent("/DomainSettings/TrustedIdentityPropagationSettings/Status", "DISABLED"),
            absent("/DefaultUserSettings", "no default settings"),
            absent("/DefaultUserSettings/ExecutionRole", "no default role"),
            absent("/DefaultSpaceSettings", "no settings for shared spaces"),
            absent("/DefaultSpaceSettings/ExecutionRole", "no role for shared spaces"),
            absent("/AppNetworkAccessType", "PublicInternetOnly"),
            absent("/DomainSettings", "no domain settings"),
            absent("/DomainSettings/ExecutionRoleIdentityConfig", "DISABLED"),
            absent("/DomainSettings/TrustedIdentityPropagationSettings", "DISABLED"),
            absent("/DomainSettings/UnifiedStudioSettings", "not a Unified Studio project"),
            absent("/DomainSettings/UnifiedStudioSettings/ProjectId", "not a Unified Studio project"),
        ],
        ..PLAIN
    };

    ListUserProfiles = Row {
        service: "sagemaker",
        name: "ListUserProfiles",
        action: "sagemaker:ListUserProfiles",
        family: Family::Domain,
        key: &["DomainIdEquals"],
        paging: pages("NextToken", "NextToken", "UserProfiles"),
        ..PLAIN
    };

    DescribeUserProfile = Row {
        service: "sagemaker",
        name: "DescribeUserProfile",
        action: "sagemaker:DescribeUserProfile",
        family: Family::Domain,
        key: &["DomainId", "UserProfileName"],
        absent: &[
            absent("/UserSettings", "the settings of the domain"),
            absent("/UserSettings/ExecutionRole", "the default role of the domain"),
        ],
        ..PLAIN
    };

    ListSpaces = Row {
        service: "sagemaker",
        name: "ListSpaces",
        action: "sagemaker:ListSpaces",
        family: Family::Domain,
        key: &["DomainIdEquals"],
        paging: pages("NextToken", "NextToken", "Spaces"),
        absent: &[
            absent("/Spaces/*/SpaceSharingSettingsSummary", "a private space"),
            absent("/Spaces/*/SpaceSharingSettingsSummary/SharingType", "a private space"),
        ],
        ..PLAIN
    };

    ListModels = Row {
        service: "sagemaker",
        name: "ListModels",
        action: "sagemaker:ListModels",
        family: Family::Model,
        paging: pages("NextToken", "NextToken", "Models"),
        ..PLAIN
    };

    DescribeModel = Row {
        service: "sagemaker",
        name: "DescribeModel",
        action: "sagemaker:DescribeModel",
        family: Family::Model,
        key: &["ModelName"],
        secret: &[
            "/PrimaryContainer/Environment/*",
            "/Containers/*/Environment/*",
            "/DeploymentRecommendation/RealTimeInferenceRecommendations/*/Environment/*",
        ],
        absent: &[
            absent("/EnableNetworkIsolation", "false"),
            absent("/VpcConfig", "the network that the service manages"),
            absent("/VpcConfig/Subnets", "no subnets"),
            absent("/VpcConfig/SecurityGroupIds", "no security groups"),
            absent("/PrimaryContainer", "no primary container"),
            absent("/Containers", "no pipeline of containers"),
            absent("/PrimaryContainer/Mode", "SingleModel"),
            absent("/PrimaryContainer/ModelDataUrl", "no artifact by URL"),
            absent("/PrimaryContainer/ModelDataSource", "no artifact by data source"),
            absent("/PrimaryContainer/AdditionalModelDataSources", "no further artifacts"),
            absent("/PrimaryContainer/ModelPackageName", "no model package"),
            absent("/Containers/*/Mode", "SingleModel"),
            absent("/Containers/*/ModelDataUrl", "no artifact by URL"),
            absent("/Containers/*/ModelDataSource", "no artifact by data source"),
            absent("/Containers/*/AdditionalModelDataSources", "no further artifacts"),
            absent("/Containers/*/ModelPackageName", "no model package"),
            absent("/PrimaryContainer/InferenceSpecificationName", "the package's first specification"),
            absent("/PrimaryContainer/Image", "the image of the model package"),
            absent("/PrimaryContainer/ModelDataSource/S3DataSource", "no artifact in S3"),
            absent("/PrimaryContainer/ModelDataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/PrimaryContainer/ModelDataSource/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/PrimaryContainer/ModelDataSource/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/PrimaryContainer/ModelDataSource/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/Containers/*/InferenceSpecificationName", "the package's first specification"),
            absent("/Containers/*/Image", "the image of the model package"),
            absent("/Containers/*/ModelDataSource/S3DataSource", "no artifact in S3"),
            absent("/Containers/*/ModelDataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/Containers/*/ModelDataSource/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/Containers/*/ModelDataSource/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/Containers/*/ModelDataSource/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/Containers/*/AdditionalModelDataSources/*/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/Containers/*/AdditionalModelDataSources/*/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/Containers/*/AdditionalModelDataSources/*/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/Containers/*/AdditionalModelDataSources/*/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/ExecutionRoleArn", "no role"),
        ],
        ..PLAIN
    };

    DescribeModelPackage = Row {
        service: "sagemaker",
        name: "DescribeModelPackage",
        action: "sagemaker:DescribeModelPackage",
        family: Family::Model,
        key: &["ModelPackageName"],
        secret: &[
            "/InferenceSpecification/Containers/*/Environment/*",
            "/AdditionalInferenceSpecifications/*/Containers/*/Environment/*",
            "/ValidationSpecification/ValidationProfiles/*/TransformJobDefinition/Environment/*",
        ],
        absent: &[
            absent("/InferenceSpecification", "no inference specification"),
            absent("/AdditionalInferenceSpecifications", "no further specifications"),
            absent("/InferenceSpecification/Containers/*/ModelDataUrl", "no artifact by URL"),
            absent("/InferenceSpecification/Containers/*/ModelDataSource", "no artifact by data source"),
            absent("/InferenceSpecification/Containers/*/ModelDataETag", "the artifact's ETag was not recorded"),
            absent("/InferenceSpecification/Containers/*/ProductId", "not from AWS Marketplace"),
            absent("/InferenceSpecification/Containers/*/ModelDataSource/S3DataSource", "no artifact in S3"),
            absent("/InferenceSpecification/Containers/*/ModelDataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/InferenceSpecification/Containers/*/ModelDataSource/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/InferenceSpecification/Containers/*/ModelDataSource/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/InferenceSpecification/Containers/*/ModelDataSource/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataUrl", "no artifact by URL"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataSource", "no artifact by data source"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataETag", "the artifact's ETag was not recorded"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ProductId", "not from AWS Marketplace"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataSource/S3DataSource", "no artifact in S3"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataSource/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataSource/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/AdditionalInferenceSpecifications/*/Containers/*/ModelDataSource/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
        ],
        ..PLAIN
    };

    ListEndpoints = Row {
        service: "sagemaker",
        name: "ListEndpoints",
        action: "sagemaker:ListEndpoints",
        family: Family::Endpoint,
        paging: pages("NextToken", "NextToken", "Endpoints"),
        ..PLAIN
    };

    DescribeEndpoint = Row {
        service: "sagemaker",
        name: "DescribeEndpoint",
        action: "sagemaker:DescribeEndpoint",
        family: Family::Endpoint,
        key: &["EndpointName"],
        absent: &[
            absent("/DataCaptureConfig/CaptureStatus", "Started"),
            absent("/ShadowProductionVariants", "no shadow variants"),
            absent("/DataCaptureConfig", "no data capture"),
            absent("/AsyncInferenceConfig", "not asynchronous"),
            absent("/PendingDeploymentSummary", "no deployment under way"),
            absent("/ProductionVariants/*/CurrentServerlessConfig", "not serverless"),
            absent("/ProductionVariants/*/DesiredServerlessConfig", "no change of the serverless configuration"),
            absent("/ProductionVariants/*/InstancePools", "no instance pools"),
            absent("/ProductionVariants/*/ManagedInstanceScaling", "no managed scaling"),
            absent("/ProductionVariants/*/ManagedInstanceScaling/Status", "DISABLED"),
            absent("/ProductionVariants/*/ManagedInstanceScaling/MinInstanceCount", "the initial instance count"),
            absent("/ShadowProductionVariants/*/CurrentServerlessConfig", "not serverless"),
            absent("/ShadowProductionVariants/*/DesiredServerlessConfig", "no change of the serverless configuration"),
            absent("/ShadowProductionVariants/*/InstancePools", "no instance pools"),
            absent("/ShadowProductionVariants/*/ManagedInstanceScaling", "no managed scaling"),
            absent("/ShadowProductionVariants/*/ManagedInstanceScaling/Status", "DISABLED"),
            absent("/ShadowProductionVariants/*/ManagedInstanceScaling/MinInstanceCount", "the initial instance count"),
        ],
        ..PLAIN
    };

    ListEndpointConfigs = Row {
        service: "sagemaker",
        name: "ListEndpointConfigs",
        action: "sagemaker:ListEndpointConfigs",
        family: Family::Endpoint,
        paging: pages("NextToken", "NextToken", "EndpointConfigs"),
        ..PLAIN
    };

    DescribeEndpointConfig = Row {
        service: "sagemaker",
        name: "DescribeEndpointConfig",
        action: "sagemaker:DescribeEndpointConfig",
        family: Family::Endpoint,
        key: &["EndpointConfigName"],
        absent: &[
            absent("/ShadowProductionVariants", "no shadow variants"),
            absent("/EnableNetworkIsolation", "false"),
            absent("/VpcConfig", "the network that the service manages"),
            absent("/VpcConfig/Subnets", "no subnets"),
            absent("/VpcConfig/SecurityGroupIds", "no security groups"),
            absent("/AsyncInferenceConfig", "not asynchronous"),
            absent("/DataCaptureConfig", "no data capture"),
            absent("/DataCaptureConfig/EnableCapture", "true"),
            absent("/ProductionVariants/*/InitialVariantWeight", "1.0"),
            absent("/ProductionVariants/*/ServerlessConfig", "not serverless"),
            absent("/ProductionVariants/*/ManagedInstanceScaling", "no managed scaling"),
            absent("/ProductionVariants/*/InitialInstanceCount", "given otherwise: by pools, or served without instances"),
            absent("/ProductionVariants/*/InstancePools", "no instance pools"),
            absent("/ProductionVariants/*/ModelName", "models come as inference components"),
            absent("/ProductionVariants/*/ManagedInstanceScaling/MinInstanceCount", "the initial instance count"),
            absent("/ShadowProductionVariants/*/InitialVariantWeight", "1.0"),
            absent("/ShadowProductionVariants/*/ServerlessConfig", "not serverless"),
            absent("/ShadowProductionVariants/*/ManagedInstanceScaling", "no managed scaling"),
            absent("/ShadowProductionVariants/*/InitialInstanceCount", "given otherwise: by pools, or served without instances"),
            absent("/ShadowProductionVariants/*/InstancePools", "no instance pools"),
            absent("/ShadowProductionVariants/*/ModelName", "models come as inference components"),
            absent("/ShadowProductionVariants/*/ManagedInstanceScaling/MinInstanceCount", "the initial instance count"),
            absent("/ProductionVariants/*/ManagedInstanceScaling/Status", "DISABLED"),
            absent("/ProductionVariants/*/InstancePools/*/ModelNameOverride", "the model of the variant"),
            absent("/ShadowProductionVariants/*/ManagedInstanceScaling/Status", "DISABLED"),
            absent("/ShadowProductionVariants/*/InstancePools/*/ModelNameOverride", "the model of the variant"),
            absent("/ExecutionRoleArn", "the roles of the models"),
        ],
        ..PLAIN
    };

    ListInferenceComponents = Row {
        service: "sagemaker",
        name: "ListInferenceComponents",
        action: "sagemaker:ListInferenceComponents",
        family: Family::Endpoint,
        filters: &["EndpointNameEquals"],
        paging: pages("NextToken", "NextToken", "InferenceComponents"),
        ..PLAIN
    };

    DescribeInferenceComponent = Row {
        service: "sagemaker",
        name: "DescribeInferenceComponent",
        action: "sagemaker:DescribeInferenceComponent",
        family: Family::Endpoint,
        key: &["InferenceComponentName"],
        secret: &[
            "/Specification/Container/Environment/*",
            "/Specifications/*/Container/Environment/*",
        ],
        absent: &[
            absent("/Specification", "given per instance type"),
            absent("/Specifications", "one specification for all"),
            absent("/Specification/ModelName", "the container's own artifact"),
            absent("/Specification/Container", "the container of the model"),
            absent("/Specification/Container/ArtifactUrl", "no artifact by URL"),
            absent("/Specification/BaseInferenceComponentName", "not an adapter"),
            absent("/Specifications/*/ModelName", "the container's own artifact"),
            absent("/Specifications/*/Container", "the container of the model"),
            absent("/Specifications/*/Container/ArtifactUrl", "no artifact by URL"),
            absent("/Specifications/*/BaseInferenceComponentName", "not an adapter"),
            absent("/RuntimeConfig", "one copy"),
            absent("/RuntimeConfig/DesiredCopyCount", "the current copies"),
        ],
        ..PLAIN
    };

    ListMonitoringSchedules = Row {
        service: "sagemaker",
        name: "ListMonitoringSchedules",
        action: "sagemaker:ListMonitoringSchedules",
        family: Family::Endpoint,
        paging: pages("NextToken", "NextToken", "MonitoringScheduleSummaries"),
        absent: &[
            absent("/MonitoringScheduleSummaries/*/EndpointName", "named in the schedule or its job definition"),
            absent("/MonitoringScheduleSummaries/*/MonitoringJobDefinitionName", "defined in the schedule"),
            absent("/MonitoringScheduleSummaries/*/MonitoringType", "a custom monitor"),
        ],
        ..PLAIN
    };

    DescribeMonitoringSchedule = Row {
        service: "sagemaker",
        name: "DescribeMonitoringSchedule",
        action: "sagemaker:DescribeMonitoringSchedule",
        family: Family::Endpoint,
        key: &["MonitoringScheduleName"],
        secret: &[
            "/MonitoringScheduleConfig/MonitoringJobDefinition/Environment/*",
            "/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerEntrypoint/*",
            "/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerArguments/*",
        ],
        absent: &[
            absent("/EndpointName", "named in the job definition"),
            absent("/MonitoringScheduleConfig/ScheduleConfig", "a daily time that the service chooses"),
            absent("/MonitoringScheduleConfig/ScheduleConfig/ScheduleExpression", "a daily time that the service chooses"),
            absent("/MonitoringScheduleConfig/MonitoringJobDefinition", "named by MonitoringJobDefinitionName"),
            absent("/MonitoringScheduleConfig/MonitoringJobDefinitionName", "defined in the schedule"),
            absent("/MonitoringScheduleConfig/MonitoringType", "a custom monitor"),
            absent("/MonitoringScheduleConfig/MonitoringJobDefinition/BaselineConfig", "no baseline"),
            absent("/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringInputs/*/EndpointInput", "does not watch an endpoint"),
            absent("/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringInputs/*/BatchTransformInput", "does not watch batch transforms"),
            absent("/MonitoringType", "a custom monitor"),
            absent("/LastMonitoringExecutionSummary", "not run yet"),
        ],
        ..PLAIN
    };

    DescribeDataQualityJobDefinition = Row {
        service: "sagemaker",
        name: "DescribeDataQualityJobDefinition",
        action: "sagemaker:DescribeDataQualityJobDefinition",
        family: Family::Endpoint,
        key: &["JobDefinitionName"],
        secret: &[
            "/DataQualityAppSpecification/Environment/*",
            "/DataQualityAppSpecification/ContainerEntrypoint/*",
            "/DataQualityAppSpecification/ContainerArguments/*",
        ],
        absent: &[
            absent("/DataQualityJobInput/EndpointInput", "does not watch an endpoint"),
            absent("/DataQualityJobInput/BatchTransformInput", "does not watch batch transforms"),
            absent("/DataQualityBaselineConfig", "no baseline"),
        ],
        ..PLAIN
    };

    DescribeModelQualityJobDefinition = Row {
        service: "sagemaker",
        name: "DescribeModelQualityJobDefinition",
        action: "sagemaker:DescribeModelQualityJobDefinition",
        family: Family::Endpoint,
        key: &["JobDefinitionName"],
        secret: &[
            "/ModelQualityAppSpecification/Environment/*",
            "/ModelQualityAppSpecification/ContainerEntrypoint/*",
            "/ModelQualityAppSpecification/ContainerArguments/*",
        ],
        absent: &[
            absent("/ModelQualityJobInput/EndpointInput", "does not watch an endpoint"),
            absent("/ModelQualityJobInput/BatchTransformInput", "does not watch batch transforms"),
            absent("/ModelQualityBaselineConfig", "no baseline"),
        ],
        ..PLAIN
    };

    DescribeModelBiasJobDefinition = Row {
        service: "sagemaker",
        name: "DescribeModelBiasJobDefinition",
        action: "sagemaker:DescribeModelBiasJobDefinition",
        family: Family::Endpoint,
        key: &["JobDefinitionName"],
        secret: &["/ModelBiasAppSpecification/Environment/*"],
        absent: &[
            absent("/ModelBiasJobInput/EndpointInput", "does not watch an endpoint"),
            absent("/ModelBiasJobInput/BatchTransformInput", "does not watch batch transforms"),
            absent("/ModelBiasBaselineConfig", "no baseline"),
        ],
        ..PLAIN
    };

    DescribeModelExplainabilityJobDefinition = Row {
        service: "sagemaker",
        name: "DescribeModelExplainabilityJobDefinition",
        action: "sagemaker:DescribeModelExplainabilityJobDefinition",
        family: Family::Endpoint,
        key: &["JobDefinitionName"],
        secret: &["/ModelExplainabilityAppSpecification/Environment/*"],
        absent: &[
            absent("/ModelExplainabilityJobInput/EndpointInput", "does not watch an endpoint"),
            absent("/ModelExplainabilityJobInput/BatchTransformInput", "does not watch batch transforms"),
            absent("/ModelExplainabilityBaselineConfig", "no baseline"),
        ],
        ..PLAIN
    };

    ListTrainingJobs = Row {
        service: "sagemaker",
        name: "ListTrainingJobs",
        action: "sagemaker:ListTrainingJobs",
        family: Family::Training,
        filters: &["CreationTimeAfter", "CreationTimeBefore", "StatusEquals", "WarmPoolStatusEquals"],
        // The service lists the oldest first unless it is told otherwise.
        fixed: &[
            fixed("SortBy", Sent::Text("CreationTime")),
            fixed("SortOrder", Sent::Text("Descending")),
        ],
        paging: pages("NextToken", "NextToken", "TrainingJobSummaries"),
        ..PLAIN
    };

    DescribeTrainingJob = Row {
        service: "sagemaker",
        name: "DescribeTrainingJob",
        action: "sagemaker:DescribeTrainingJob",
        family: Family::Training,
        key: &["TrainingJobName"],
        secret: &[
            "/Environment/*",
            "/HyperParameters/*",
            "/AlgorithmSpecification/ContainerEntrypoint/*",
            "/AlgorithmSpecification/ContainerArguments/*",
        ],
        absent: &[
            absent("/EnableNetworkIsolation", "false"),
            absent("/EnableInterContainerTrafficEncryption", "false"),
            absent("/VpcConfig", "the network that the service manages"),
            absent("/VpcConfig/Subnets", "no subnets"),
            absent("/VpcConfig/SecurityGroupIds", "no security groups"),
            absent("/ResourceConfig/VolumeKmsKeyId", "a transient key that nobody controls"),
            absent("/InputDataConfig", "no input channels"),
            absent("/CheckpointConfig", "no checkpoints"),
            absent("/HyperParameters", "no hyperparameters"),
            absent("/RemoteDebugConfig", "remote debugging is off"),
            absent("/TrainingStartTime", "the job never started"),
            absent("/WarmPoolStatus", "no warm pool"),
            absent("/TuningJobArn", "not part of a tuning job"),
            absent("/AutoMLJobArn", "not part of an AutoML job"),
            absent("/LabelingJobArn", "not part of a labeling job"),
            absent("/ServerlessJobConfig", "not serverless"),
            absent("/ResourceConfig/InstanceGroups", "one group of instances"),
            absent("/ResourceConfig/InstanceCount", "given per instance group"),
            absent("/ResourceConfig/InstanceType", "given per instance group"),
            absent("/InputDataConfig/*/DataSource/S3DataSource", "does not read S3"),
            absent("/InputDataConfig/*/DataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/InputDataConfig/*/DataSource/S3DataSource/ModelAccessConfig", "no model access"),
            absent("/InputDataConfig/*/DataSource/FileSystemDataSource", "does not read a file system"),
            absent("/InputDataConfig/*/DataSource/DatasetSource", "does not read a dataset"),
            absent("/HyperParameters/sagemaker_submit_directory", "no code directory"),
            absent("/OutputDataConfig", "no output location"),
            absent("/OutputDataConfig/KmsKeyId", "the default encryption of the bucket"),
            absent("/TensorBoardOutputConfig", "no TensorBoard output"),
            absent("/DebugHookConfig", "no debug output"),
            absent("/DebugRuleConfigurations", "no debug rules"),
            absent("/DebugRuleConfigurations/*/S3OutputPath", "the output location of the job"),
            absent("/ProfilerConfig", "no profiler output"),
            absent("/ProfilerConfig/S3OutputPath", "the output location of the job"),
            absent("/AlgorithmSpecification/AlgorithmName", "an image of one's own"),
            absent("/AlgorithmSpecification/TrainingImage", "a published algorithm"),
            absent("/TrainingEndTime", "the job has not ended"),
            absent("/RemoteDebugConfig/EnableRemoteDebug", "false"),
            absent("/CheckpointConfig/S3Uri", "no checkpoints"),
            absent("/WarmPoolStatus/Status", "no warm pool"),
            absent("/Environment", "no environment"),
            absent("/TensorBoardOutputConfig/S3OutputPath", "no TensorBoard output"),
            absent("/DebugHookConfig/S3OutputPath", "no debug output"),
        ],
        ..PLAIN
    };

    Search = Row {
        service: "sagemaker",
        name: "Search",
        action: "sagemaker:Search",
        family: Family::Training,
        // A search is stored one record a line, told apart by the ARN of what was found.
        key: &["Resource", "Arn"],
        paging: pages("NextToken", "NextToken", "Results"),
        secret: &[
            // One record a line: the members stand at the root.
            "/Environment/*",
            "/HyperParameters/*",
            "/AlgorithmSpecification/ContainerEntrypoint/*",
            "/AlgorithmSpecification/ContainerArguments/*",
            "/PrimaryContainer/Environment/*",
            "/Containers/*/Environment/*",
            "/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/Environment/*",
            "/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerEntrypoint/*",
            "/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerArguments/*",
            // A page as the service sends it.
            "/Results/*/TrainingJob/Environment/*",
            "/Results/*/TrainingJob/HyperParameters/*",
            "/Results/*/TrainingJob/AlgorithmSpecification/ContainerEntrypoint/*",
            "/Results/*/TrainingJob/AlgorithmSpecification/ContainerArguments/*",
            "/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/Environment/*",
            "/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerEntrypoint/*",
            "/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerArguments/*",
            "/Results/*/Model/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/Environment/*",
            "/Results/*/Model/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerEntrypoint/*",
            "/Results/*/Model/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringAppSpecification/ContainerArguments/*",
            "/Results/*/Model/Model/PrimaryContainer/Environment/*",
            "/Results/*/Model/Model/Containers/*/Environment/*",
            "/Results/*/Model/Model/DeploymentRecommendation/RealTimeInferenceRecommendations/*/Environment/*",
            "/Results/*/Model/LastBatchTransformJob/Environment/*",
        ],
        absent: &[
            absent("/Results/*/TrainingJob/EnableNetworkIsolation", "false"),
            absent("/Results/*/TrainingJob/EnableInterContainerTrafficEncryption", "false"),
            absent("/Results/*/TrainingJob/VpcConfig", "the network that the service manages"),
            absent("/Results/*/TrainingJob/VpcConfig/Subnets", "no subnets"),
            absent("/Results/*/TrainingJob/VpcConfig/SecurityGroupIds", "no security groups"),
            absent("/Results/*/TrainingJob/ResourceConfig/VolumeKmsKeyId", "a transient key that nobody controls"),
            absent("/Results/*/TrainingJob/InputDataConfig", "no input channels"),
            absent("/Results/*/TrainingJob/CheckpointConfig", "no checkpoints"),
            absent("/Results/*/TrainingJob/HyperParameters", "no hyperparameters"),
            absent("/Results/*/TrainingJob/TrainingStartTime", "the job never started"),
            absent("/Results/*/TrainingJob/WarmPoolStatus", "no warm pool"),
            absent("/Results/*/TrainingJob/TuningJobArn", "not part of a tuning job"),
            absent("/Results/*/TrainingJob/AutoMLJobArn", "not part of an AutoML job"),
            absent("/Results/*/TrainingJob/LabelingJobArn", "not part of a labeling job"),
            absent("/Results/*/TrainingJob/ResourceConfig/InstanceGroups", "one group of instances"),
            absent("/Results/*/TrainingJob/ResourceConfig/InstanceCount", "given per instance group"),
            absent("/Results/*/TrainingJob/ResourceConfig/InstanceType", "given per instance group"),
            absent("/Results/*/TrainingJob/InputDataConfig/*/DataSource/S3DataSource", "does not read S3"),
            absent("/Results/*/TrainingJob/InputDataConfig/*/DataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/Results/*/TrainingJob/InputDataConfig/*/DataSource/S3DataSource/ModelAccessConfig", "no model access"),
            absent("/Results/*/TrainingJob/InputDataConfig/*/DataSource/FileSystemDataSource", "does not read a file system"),
            absent("/Results/*/TrainingJob/InputDataConfig/*/DataSource/DatasetSource", "does not read a dataset"),
            absent("/Results/*/TrainingJob/HyperParameters/sagemaker_submit_directory", "no code directory"),
            absent("/Results/*/TrainingJob/OutputDataConfig", "no output location"),
            absent("/Results/*/TrainingJob/OutputDataConfig/KmsKeyId", "the default encryption of the bucket"),
            absent("/Results/*/TrainingJob/TensorBoardOutputConfig", "no TensorBoard output"),
            absent("/Results/*/TrainingJob/DebugHookConfig", "no debug output"),
            absent("/Results/*/TrainingJob/DebugRuleConfigurations", "no debug rules"),
            absent("/Results/*/TrainingJob/DebugRuleConfigurations/*/S3OutputPath", "the output location of the job"),
            absent("/Results/*/TrainingJob/ProfilerConfig", "no profiler output"),
            absent("/Results/*/TrainingJob/ProfilerConfig/S3OutputPath", "the output location of the job"),
            absent("/Results/*/TrainingJob/AlgorithmSpecification/AlgorithmName", "an image of one's own"),
            absent("/Results/*/TrainingJob/AlgorithmSpecification/TrainingImage", "a published algorithm"),
            absent("/Results/*/TrainingJob/TrainingEndTime", "the job has not ended"),
            absent("/Results/*/TrainingJob/Tags", "no tags"),
            absent("/Results/*/Endpoint/DataCaptureConfig", "no data capture"),
            absent("/Results/*/Endpoint/ShadowProductionVariants", "no shadow variants"),
            absent("/Results/*/Endpoint/MonitoringSchedules", "no monitoring schedules"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/EndpointName", "named in the job definition"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition", "named by MonitoringJobDefinitionName"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinitionName", "defined in the schedule"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringInputs/*/EndpointInput", "does not watch an endpoint"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/MonitoringJobDefinition/MonitoringInputs/*/BatchTransformInput", "does not watch batch transforms"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/ScheduleConfig", "a daily time that the service chooses"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/MonitoringScheduleConfig/ScheduleConfig/ScheduleExpression", "a daily time that the service chooses"),
            absent("/Results/*/Endpoint/MonitoringSchedules/*/LastMonitoringExecutionSummary", "not run yet"),
            absent("/Results/*/Endpoint/Tags", "no tags"),
            absent("/Results/*/Endpoint/ProductionVariants/*/CurrentServerlessConfig", "not serverless"),
            absent("/Results/*/Endpoint/ProductionVariants/*/ManagedInstanceScaling", "no managed scaling"),
            absent("/Results/*/Endpoint/ShadowProductionVariants/*/CurrentServerlessConfig", "not serverless"),
            absent("/Results/*/Endpoint/ShadowProductionVariants/*/ManagedInstanceScaling", "no managed scaling"),
            absent("/Results/*/Model/Model/EnableNetworkIsolation", "false"),
            absent("/Results/*/Model/Model/VpcConfig", "the network that the service manages"),
            absent("/Results/*/Model/Model/VpcConfig/Subnets", "no subnets"),
            absent("/Results/*/Model/Model/VpcConfig/SecurityGroupIds", "no security groups"),
            absent("/Results/*/Model/Model/PrimaryContainer", "no primary container"),
            absent("/Results/*/Model/Model/Containers", "no pipeline of containers"),
            absent("/Results/*/Model/Model/PrimaryContainer/Mode", "SingleModel"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelDataUrl", "no artifact by URL"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelDataSource", "no artifact by data source"),
            absent("/Results/*/Model/Model/PrimaryContainer/AdditionalModelDataSources", "no further artifacts"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelPackageName", "no model package"),
            absent("/Results/*/Model/Model/Containers/*/Mode", "SingleModel"),
            absent("/Results/*/Model/Model/Containers/*/ModelDataUrl", "no artifact by URL"),
            absent("/Results/*/Model/Model/Containers/*/ModelDataSource", "no artifact by data source"),
            absent("/Results/*/Model/Model/Containers/*/AdditionalModelDataSources", "no further artifacts"),
            absent("/Results/*/Model/Model/Containers/*/ModelPackageName", "no model package"),
            absent("/Results/*/Model/Model/PrimaryContainer/InferenceSpecificationName", "the package's first specification"),
            absent("/Results/*/Model/Model/PrimaryContainer/Image", "the image of the model package"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelDataSource/S3DataSource", "no artifact in S3"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelDataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelDataSource/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelDataSource/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/Results/*/Model/Model/PrimaryContainer/ModelDataSource/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/Results/*/Model/Model/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/Results/*/Model/Model/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/Results/*/Model/Model/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/Results/*/Model/Model/PrimaryContainer/AdditionalModelDataSources/*/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/Results/*/Model/Model/Containers/*/InferenceSpecificationName", "the package's first specification"),
            absent("/Results/*/Model/Model/Containers/*/Image", "the image of the model package"),
            absent("/Results/*/Model/Model/Containers/*/ModelDataSource/S3DataSource", "no artifact in S3"),
            absent("/Results/*/Model/Model/Containers/*/ModelDataSource/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/Results/*/Model/Model/Containers/*/ModelDataSource/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/Results/*/Model/Model/Containers/*/ModelDataSource/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/Results/*/Model/Model/Containers/*/ModelDataSource/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/Results/*/Model/Model/Containers/*/AdditionalModelDataSources/*/S3DataSource/HubAccessConfig", "not from a hub"),
            absent("/Results/*/Model/Model/Containers/*/AdditionalModelDataSources/*/S3DataSource/ManifestS3Uri", "no manifest"),
            absent("/Results/*/Model/Model/Containers/*/AdditionalModelDataSources/*/S3DataSource/ETag", "the artifact's ETag was not recorded"),
            absent("/Results/*/Model/Model/Containers/*/AdditionalModelDataSources/*/S3DataSource/ManifestEtag", "the manifest's ETag was not recorded"),
            absent("/Results/*/Model/Model/ExecutionRoleArn", "no role"),
            absent("/Results/*/Model/Model/Tags", "no tags"),
            absent("/Results/*/Model/Endpoints", "not deployed"),
            absent("/Results/*/Model/MonitoringSchedules", "no monitoring schedules"),
        ],
        ..PLAIN
    };

    ListTags = Row {
        service: "sagemaker",
        name: "ListTags",
        action: "sagemaker:ListTags",
        family: Family::Endpoint,
        key: &["ResourceArn"],
        paging: pages("NextToken", "NextToken", "Tags"),
        absent: &[
            absent("/Tags", "no tags"),
        ],
        ..PLAIN
    };

    GetAccountAuthorizationDetails = Row {
        service: "iam",
        name: "GetAccountAuthorizationDetails",
        action: "iam:GetAccountAuthorizationDetails",
        scope: Scope::Global,
        family: Family::Role,
        filters: &["Filter"],
        // Users and groups are left out.
        fixed: &[fixed("Filter", Sent::Json(r#"["Role","LocalManagedPolicy","AWSManagedPolicy"]"#))],
        paging: pages("Marker", "Marker", "RoleDetailList"),
        documents: &[
            "/RoleDetailList/*/AssumeRolePolicyDocument",
            "/RoleDetailList/*/RolePolicyList/*/PolicyDocument",
            "/Policies/*/PolicyVersionList/*/Document",
        ],
        absent: &[
            absent("/RoleDetailList/*/PermissionsBoundary", "no permissions boundary"),
            absent("/RoleDetailList/*/Tags", "no tags"),
            absent("/RoleDetailList/*/RoleLastUsed", "not used in the tracking period"),
            absent("/RoleDetailList/*/PermissionsBoundary/PermissionsBoundaryArn", "no permissions boundary"),
            absent("/RoleDetailList/*/RoleLastUsed/LastUsedDate", "not used in the tracking period"),
        ],
        ..PLAIN
    };

    GetRole = Row {
        service: "iam",
        name: "GetRole",
        action: "iam:GetRole",
        scope: Scope::Global,
        family: Family::Role,
        key: &["RoleName"],
        documents: &["/Role/AssumeRolePolicyDocument"],
        absent: &[
            absent("/Role/PermissionsBoundary", "no permissions boundary"),
            absent("/Role/Tags", "no tags"),
            absent("/Role/RoleLastUsed", "not used in the tracking period"),
            absent("/Role/PermissionsBoundary/PermissionsBoundaryArn", "no permissions boundary"),
            absent("/Role/RoleLastUsed/LastUsedDate", "not used in the tracking period"),
        ],
        ..PLAIN
    };

    ListRolePolicies = Row {
        service: "iam",
        name: "ListRolePolicies",
        action: "iam:ListRolePolicies",
        scope: Scope::Global,
        family: Family::Role,
        key: &["RoleName"],
        paging: pages("Marker", "Marker", "PolicyNames"),
        ..PLAIN
    };

    GetRolePolicy = Row {
        service: "iam",
        name: "GetRolePolicy",
        action: "iam:GetRolePolicy",
        scope: Scope::Global,
        family: Family::Role,
        key: &["RoleName", "PolicyName"],
        documents: &["/PolicyDocument"],
        ..PLAIN
    };

    ListAttachedRolePolicies = Row {
        service: "iam",
        name: "ListAttachedRolePolicies",
        action: "iam:ListAttachedRolePolicies",
        scope: Scope::Global,
        family: Family::Role,
        key: &["RoleName"],
        paging: pages("Marker", "Marker", "AttachedPolicies"),
        ..PLAIN
    };

    GetPolicy = Row {
        service: "iam",
        name: "GetPolicy",
        action: "iam:GetPolicy",
        scope: Scope::Global,
        family: Family::Role,
        key: &["PolicyArn"],
        ..PLAIN
    };

    GetPolicyVersion = Row {
        service: "iam",
        name: "GetPolicyVersion",
        action: "iam:GetPolicyVersion",
        scope: Scope::Global,
        family: Family::Role,
        key: &["PolicyArn", "VersionId"],
        documents: &["/PolicyVersion/Document"],
        ..PLAIN
    };

    ListBuckets = Row {
        service: "s3",
        name: "ListBuckets",
        action: "s3:ListAllMyBuckets",
        scope: Scope::Global,
        family: Family::Bucket,
        paging: pages("ContinuationToken", "ContinuationToken", "Buckets"),
        path: Some("/?max-buckets=1000&continuation-token={ContinuationToken}"),
        ..PLAIN
    };

    ListDirectoryBuckets = Row {
        service: "s3",
        name: "ListDirectoryBuckets",
        action: "s3express:ListAllMyDirectoryBuckets",
        family: Family::Bucket,
        paging: pages("ContinuationToken", "ContinuationToken", "Buckets"),
        path: Some("/?max-directory-buckets=1000&continuation-token={ContinuationToken}"),
        ..PLAIN
    };

    HeadBucket = Row {
        service: "s3",
        name: "HeadBucket",
        action: "s3:ListBucket",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket", "ExpectedBucketOwner"],
        path: Some("/{Bucket}"),
        ..PLAIN
    };

    GetBucketLocation = Row {
        service: "s3",
        name: "GetBucketLocation",
        action: "s3:GetBucketLocation",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket"],
        path: Some("/{Bucket}?location"),
        ..PLAIN
    };

    GetBucketPolicy = Row {
        service: "s3",
        name: "GetBucketPolicy",
        action: "s3:GetBucketPolicy",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket"],
        path: Some("/{Bucket}?policy"),
        documents: &["/Policy"],
        ..PLAIN
    };

    GetBucketEncryption = Row {
        service: "s3",
        name: "GetBucketEncryption",
        action: "s3:GetEncryptionConfiguration",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket"],
        path: Some("/{Bucket}?encryption"),
        absent: &[
            absent("/ServerSideEncryptionConfiguration/Rules/*/ApplyServerSideEncryptionByDefault", "no default encryption in this rule"),
            absent("/ServerSideEncryptionConfiguration/Rules/*/ApplyServerSideEncryptionByDefault/KMSMasterKeyID", "the key of AWS for S3"),
            absent("/ServerSideEncryptionConfiguration/Rules/*/BucketKeyEnabled", "false"),
        ],
        ..PLAIN
    };

    GetBucketVersioning = Row {
        service: "s3",
        name: "GetBucketVersioning",
        action: "s3:GetBucketVersioning",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket"],
        path: Some("/{Bucket}?versioning"),
        absent: &[
            absent("/Status", "versioning was never enabled"),
            absent("/MFADelete", "off"),
        ],
        ..PLAIN
    };

    GetObjectLockConfiguration = Row {
        service: "s3",
        name: "GetObjectLockConfiguration",
        action: "s3:GetBucketObjectLockConfiguration",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket"],
        path: Some("/{Bucket}?object-lock"),
        absent: &[
            absent("/ObjectLockConfiguration", "object lock is off"),
            absent("/ObjectLockConfiguration/ObjectLockEnabled", "object lock is off"),
        ],
        ..PLAIN
    };

    ListObjectsV2 = Row {
        service: "s3",
        name: "ListObjectsV2",
        action: "s3:ListBucket",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket", "Prefix"],
        path: Some("/{Bucket}?list-type=2&prefix={Prefix}&max-keys={MaxKeys}"),
        absent: &[
            absent("/Contents", "no object under the prefix"),
            absent("/KeyCount", "as many as are listed"),
        ],
        ..PLAIN
    };

    ListObjectVersions = Row {
        service: "s3",
        name: "ListObjectVersions",
        action: "s3:ListBucketVersions",
        scope: Scope::Global,
        family: Family::Bucket,
        key: &["Bucket", "Prefix"],
        path: Some("/{Bucket}?versions&prefix={Prefix}&max-keys={MaxKeys}"),
        absent: &[
            absent("/DeleteMarkers", "no delete markers"),
            absent("/Versions", "no versions"),
            absent("/DeleteMarkers/*/IsLatest", "not the latest version"),
            absent("/Versions/*/IsLatest", "not the latest version"),
        ],
        ..PLAIN
    };

    HeadObject = Row {
        service: "s3",
        name: "HeadObject",
        action: "s3:GetObject",
        scope: Scope::Global,
        family: Family::Bucket,
        import_only: true,
        key: &["Bucket", "Key"],
        absent: &[
            absent("/DeleteMarker", "not a delete marker"),
        ],
        ..PLAIN
    };

    ListAccessPoints = Row {
        service: "s3control",
        name: "ListAccessPoints",
        action: "s3:ListAccessPoints",
        family: Family::Bucket,
        filters: &["Bucket"],
        fixed: &[fixed("AccountId", Sent::Account)],
        paging: pages("NextToken", "NextToken", "AccessPointList"),
        path: Some("/v20180820/accesspoint?bucket={Bucket}&maxResults=1000&nextToken={NextToken}"),
        absent: &[
            absent("/AccessPointList/*/Alias", "no alias"),
            absent("/AccessPointList/*/BucketAccountId", "the account of the access point"),
        ],
        ..PLAIN
    };

    GetMetricData = Row {
        service: "cloudwatch",
        name: "GetMetricData",
        action: "cloudwatch:GetMetricData",
        family: Family::Endpoint,
        key: &["StartTime", "EndTime"],
        filters: &["MetricDataQueries"],
        paging: pages("NextToken", "NextToken", "MetricDataResults"),
        absent: &[
            absent("/MetricDataResults/*/Values", "no data points, which means no traffic"),
            absent("/MetricDataResults/*/Timestamps", "no data points, which means no traffic"),
            absent("/Messages", "nothing to remark"),
            absent("/MetricDataResults/*/Messages", "nothing to remark"),
        ],
        ..PLAIN
    };

    ListMetrics = Row {
        service: "cloudwatch",
        name: "ListMetrics",
        action: "cloudwatch:ListMetrics",
        family: Family::Endpoint,
        filters: &["Namespace", "MetricName", "Dimensions"],
        fixed: &[
            fixed("Namespace", Sent::Text(NAMESPACE)),
            fixed("MetricName", Sent::Text(INVOCATIONS)),
        ],
        paging: pages("NextToken", "NextToken", "Metrics"),
        absent: &[
            absent("/Metrics", "no series in the last two weeks"),
        ],
        ..PLAIN
    };

    DescribeScalableTargets = Row {
        service: "application-autoscaling",
        name: "DescribeScalableTargets",
        action: "application-autoscaling:DescribeScalableTargets",
        family: Family::Endpoint,
        fixed: &[fixed("ServiceNamespace", Sent::Text("sagemaker"))],
        paging: pages("NextToken", "NextToken", "ScalableTargets"),
        ..PLAIN
    };

    DescribeKey = Row {
        service: "kms",
        name: "DescribeKey",
        action: "kms:DescribeKey",
        family: Family::Key,
        key: &["KeyId"],
        absent: &[
            absent("/KeyMetadata/DeletionDate", "no deletion is scheduled"),
        ],
        ..PLAIN
    };

    GetKeyPolicy = Row {
        service: "kms",
        name: "GetKeyPolicy",
        action: "kms:GetKeyPolicy",
        family: Family::Key,
        key: &["KeyId", "PolicyName"],
        documents: &["/Policy"],
        ..PLAIN
    };

    DescribeSubnets = Row {
        service: "ec2",
        name: "DescribeSubnets",
        action: "ec2:DescribeSubnets",
        family: Family::Context,
        filters: &["SubnetIds", "Filters"],
        paging: pages("NextToken", "NextToken", "Subnets"),
        ..PLAIN
    };

    DescribeRouteTables = Row {
        service: "ec2",
        name: "DescribeRouteTables",
        action: "ec2:DescribeRouteTables",
        family: Family::Context,
        filters: &["RouteTableIds", "Filters"],
        paging: pages("NextToken", "NextToken", "RouteTables"),
        absent: &[
            absent("/RouteTables/*/Associations", "associated with nothing"),
            absent("/RouteTables/*/Associations/*/SubnetId", "an association with no subnet"),
            absent("/RouteTables/*/Routes", "no routes"),
            absent("/RouteTables/*/Routes/*/GatewayId", "a route that leads to no gateway"),
        ],
        ..PLAIN
    };

    DescribeSecurityGroups = Row {
        service: "ec2",
        name: "DescribeSecurityGroups",
        action: "ec2:DescribeSecurityGroups",
        family: Family::Context,
        filters: &["GroupIds", "GroupNames", "Filters"],
        paging: pages("NextToken", "NextToken", "SecurityGroups"),
        absent: &[
            absent("/SecurityGroups/*/IpPermissionsEgress", "nothing is let out"),
            absent("/SecurityGroups/*/IpPermissionsEgress/*/IpRanges", "no IPv4 addresses"),
            absent("/SecurityGroups/*/IpPermissionsEgress/*/Ipv6Ranges", "no IPv6 addresses"),
        ],
        ..PLAIN
    };

    DescribeRegions = Row {
        service: "ec2",
        name: "DescribeRegions",
        action: "ec2:DescribeRegions",
        scope: Scope::Global,
        family: Family::Context,
        ..PLAIN
    };

    DescribeElasticFileSystems = Row {
        service: "elasticfilesystem",
        name: "DescribeFileSystems",
        action: "elasticfilesystem:DescribeFileSystems",
        family: Family::Context,
        filters: &["FileSystemId"],
        paging: pages("Marker", "NextMarker", "FileSystems"),
        path: Some("/2015-02-01/file-systems?MaxItems=100&FileSystemId={FileSystemId}&Marker={Marker}"),
        ..PLAIN
    };

    DescribeFileSystemPolicy = Row {
        service: "elasticfilesystem",
        name: "DescribeFileSystemPolicy",
        action: "elasticfilesystem:DescribeFileSystemPolicy",
        family: Family::Context,
        key: &["FileSystemId"],
        path: Some("/2015-02-01/file-systems/{FileSystemId}/policy"),
        documents: &["/Policy"],
        ..PLAIN
    };

    DescribeFsxFileSystems = Row {
        service: "fsx",
        name: "DescribeFileSystems",
        action: "fsx:DescribeFileSystems",
        family: Family::Context,
        filters: &["FileSystemIds"],
        paging: pages("NextToken", "NextToken", "FileSystems"),
        ..PLAIN
    };

    DescribeLogStreams = Row {
        service: "logs",
        name: "DescribeLogStreams",
        action: "logs:DescribeLogStreams",
        family: Family::Notebook,
        key: &["logGroupName", "logStreamNamePrefix"],
        paging: pages("nextToken", "nextToken", "logStreams"),
        absent: &[
            absent("/logStreams", "no log stream"),
            absent("/logStreams/*/lastEventTimestamp", "no events"),
        ],
        ..PLAIN
    };

    LookupEvents = Row {
        service: "cloudtrail",
        name: "LookupEvents",
        action: "cloudtrail:LookupEvents",
        family: Family::Notebook,
        filters: &["LookupAttributes", "StartTime", "EndTime"],
        // What opening a notebook in the browser is called.
        fixed: &[fixed(
            "LookupAttributes",
            Sent::Json(r#"[{"AttributeKey":"EventName","AttributeValue":"CreatePresignedNotebookInstanceUrl"}]"#),
        )],
        paging: pages("NextToken", "NextToken", "Events"),
        secret: &["/Events/*/CloudTrailEvent"],
        absent: &[
            absent("/Events", "no events"),
            absent("/Events/*/CloudTrailEvent", "the event says nothing more"),
            absent("/Events/*/Resources", "the event names no resource"),
        ],
        ..PLAIN
    };

    ListAccounts = Row {
        service: "organizations",
        name: "ListAccounts",
        action: "organizations:ListAccounts",
        scope: Scope::Global,
        family: Family::Context,
        paging: pages("NextToken", "NextToken", "Accounts"),
        ..PLAIN
    };

    ListAccountsForParent = Row {
        service: "organizations",
        name: "ListAccountsForParent",
        action: "organizations:ListAccountsForParent",
        scope: Scope::Global,
        family: Family::Context,
        key: &["ParentId"],
        paging: pages("NextToken", "NextToken", "Accounts"),
        ..PLAIN
    };

    ListOrganizationalUnitsForParent = Row {
        service: "organizations",
        name: "ListOrganizationalUnitsForParent",
        action: "organizations:ListOrganizationalUnitsForParent",
        scope: Scope::Global,
        family: Family::Context,
        key: &["ParentId"],
        paging: pages("NextToken", "NextToken", "OrganizationalUnits"),
        ..PLAIN
    };

    // No call of AWS: facts of one asset that another tool derived, and an import supplies.
    PrecomputedFacts = Row {
        service: PRECOMPUTED,
        name: "GetFacts",
        action: "precomputed:GetFacts",
        family: Family::Context,
        import_only: true,
        key: &["AssetArn"],
        absent: &[
            absent("/ghost_refs", "the artifacts that are gone are not named"),
            absent("/stale_days", "the default window"),
        ],
        ..PLAIN
    };

    GetCallerIdentity = Row {
        service: "sts",
        name: "GetCallerIdentity",
        action: "sts:GetCallerIdentity",
        scope: Scope::Global,
        family: Family::Context,
        ..PLAIN
    };
}
