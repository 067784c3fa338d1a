//! What Terraform's attributes are called by AWS.
//!
//! Enters: a resource type of the provider `hashicorp/aws`. Leaves: for each attribute that a fact
//! reads, the member that AWS's API has for it, and whether it refers to another resource.
//! Deliberately absent: attributes that no fact reads.
//!
//! Sources: the provider's resource documentation, the service models of the AWS SDKs.

use crate::kind::Kind;

/// One attribute or block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    /// As the provider names it.
    pub(super) name: &'static str,
    /// As AWS's API names it.
    pub(super) member: &'static str,
    pub(super) shape: Shape,
}

/// What an attribute holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A value.
    Value,
    /// A value that the provider makes up where the code gives none.
    Generated,
    /// What identifies another resource.
    Reference(Wants),
    /// A list of what identifies other resources, of which counts that it is set.
    References(Wants),
    /// A list of what identifies other resources, of which each counts.
    All(Wants),
    /// A block that stands at most once.
    Block(&'static [Attribute]),
    /// Blocks of one kind.
    Blocks(&'static [Attribute]),
    /// Tags.
    Tags,
}

/// What a reference is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    Name,
    Arn,
}

const fn value(name: &'static str, member: &'static str) -> Attribute {
    Attribute {
        name,
        member,
        shape: Shape::Value,
    }
}

const fn name_of(name: &'static str, member: &'static str) -> Attribute {
    Attribute {
        name,
        member,
        shape: Shape::Reference(Wants::Name),
    }
}

const fn arn_of(name: &'static str, member: &'static str) -> Attribute {
    Attribute {
        name,
        member,
        shape: Shape::Reference(Wants::Arn),
    }
}

const fn names_of(name: &'static str, member: &'static str) -> Attribute {
    Attribute {
        name,
        member,
        shape: Shape::References(Wants::Name),
    }
}

const fn all_of(name: &'static str, member: &'static str, wants: Wants) -> Attribute {
    Attribute {
        name,
        member,
        shape: Shape::All(wants),
    }
}

const fn block(
    name: &'static str,
    member: &'static str,
    inside: &'static [Attribute],
) -> Attribute {
    Attribute {
        name,
        member,
        shape: Shape::Block(inside),
    }
}

const fn blocks(
    name: &'static str,
    member: &'static str,
    inside: &'static [Attribute],
) -> Attribute {
    Attribute {
        name,
        member,
        shape: Shape::Blocks(inside),
    }
}

const TAGS: Attribute = Attribute {
    name: "tags",
    member: "Tags",
    shape: Shape::Tags,
};

/// Those of the provider with them, which a plan tells.
const ALL_TAGS: Attribute = Attribute {
    name: "tags_all",
    member: "Tags",
    shape: Shape::Tags,
};

const NOTEBOOK: &[Attribute] = &[
    value("instance_type", "InstanceType"),
    value("root_access", "RootAccess"),
    value("direct_internet_access", "DirectInternetAccess"),
    arn_of("role_arn", "RoleArn"),
    name_of("subnet_id", "SubnetId"),
    names_of("security_groups", "SecurityGroups"),
    arn_of("kms_key_id", "KmsKeyId"),
    name_of(
        "lifecycle_config_name",
        "NotebookInstanceLifecycleConfigName",
    ),
    block(
        "instance_metadata_service_configuration",
        "InstanceMetadataServiceConfiguration",
        &[value(
            "minimum_instance_metadata_service_version",
            "MinimumInstanceMetadataServiceVersion",
        )],
    ),
];

const LIFECYCLE: &[Attribute] = &[value("on_create", "OnCreate"), value("on_start", "OnStart")];

const USER_SETTINGS: &[Attribute] = &[arn_of("execution_role", "ExecutionRole")];

const DOMAIN: &[Attribute] = &[
    value("domain_name", "DomainName"),
    value("auth_mode", "AuthMode"),
    value("app_network_access_type", "AppNetworkAccessType"),
    block(
        "default_user_settings",
        "DefaultUserSettings",
        USER_SETTINGS,
    ),
    block(
        "default_space_settings",
        "DefaultSpaceSettings",
        USER_SETTINGS,
    ),
    block(
        "domain_settings",
        "DomainSettings",
        &[
            value(
                "execution_role_identity_config",
                "ExecutionRoleIdentityConfig",
            ),
            block(
                "trusted_identity_propagation_settings",
                "TrustedIdentityPropagationSettings",
                &[value("status", "Status")],
            ),
        ],
    ),
];

const USER_PROFILE: &[Attribute] = &[
    name_of("domain_id", "DomainId"),
    block("user_settings", "UserSettings", USER_SETTINGS),
];

const SPACE: &[Attribute] = &[
    name_of("domain_id", "DomainId"),
    block(
        "space_sharing_settings",
        "SpaceSharingSettings",
        &[value("sharing_type", "SharingType")],
    ),
];

const VPC: &[Attribute] = &[
    names_of("subnets", "Subnets"),
    names_of("security_group_ids", "SecurityGroupIds"),
];

const S3_SOURCE: &[Attribute] = &[block(
    "s3_data_source",
    "S3DataSource",
    &[
        value("s3_uri", "S3Uri"),
        value("s3_data_type", "S3DataType"),
        value("compression_type", "CompressionType"),
        block(
            "hub_access_config",
            "HubAccessConfig",
            &[value("hub_content_arn", "HubContentArn")],
        ),
        block(
            "model_access_config",
            "ModelAccessConfig",
            &[value("accept_eula", "AcceptEula")],
        ),
    ],
)];

const CONTAINER: &[Attribute] = &[
    value("image", "Image"),
    value("mode", "Mode"),
    value("model_data_url", "ModelDataUrl"),
    name_of("model_package_name", "ModelPackageName"),
    value("inference_specification_name", "InferenceSpecificationName"),
    block("model_data_source", "ModelDataSource", S3_SOURCE),
    blocks(
        "additional_model_data_source",
        "AdditionalModelDataSources",
        S3_SOURCE,
    ),
];

const MODEL: &[Attribute] = &[
    arn_of("execution_role_arn", "ExecutionRoleArn"),
    value("enable_network_isolation", "EnableNetworkIsolation"),
    block("vpc_config", "VpcConfig", VPC),
    block("primary_container", "PrimaryContainer", CONTAINER),
    blocks("container", "Containers", CONTAINER),
];

const VARIANT: &[Attribute] = &[
    Attribute {
        name: "variant_name",
        member: "VariantName",
        shape: Shape::Generated,
    },
    name_of("model_name", "ModelName"),
    value("initial_instance_count", "InitialInstanceCount"),
    value("initial_variant_weight", "InitialVariantWeight"),
    value("instance_type", "InstanceType"),
    block(
        "serverless_config",
        "ServerlessConfig",
        &[
            value("max_concurrency", "MaxConcurrency"),
            value("memory_size_in_mb", "MemorySizeInMB"),
        ],
    ),
    block(
        "managed_instance_scaling",
        "ManagedInstanceScaling",
        &[
            value("status", "Status"),
            value("min_instance_count", "MinInstanceCount"),
            value("max_instance_count", "MaxInstanceCount"),
        ],
    ),
];

const ENDPOINT_CONFIG: &[Attribute] = &[
    blocks("production_variants", "ProductionVariants", VARIANT),
    blocks(
        "shadow_production_variants",
        "ShadowProductionVariants",
        VARIANT,
    ),
    arn_of("execution_role_arn", "ExecutionRoleArn"),
    arn_of("kms_key_arn", "KmsKeyId"),
    block(
        "async_inference_config",
        "AsyncInferenceConfig",
        &[block(
            "output_config",
            "OutputConfig",
            &[value("s3_output_path", "S3OutputPath")],
        )],
    ),
    block(
        "data_capture_config",
        "DataCaptureConfig",
        &[
            value("enable_capture", "EnableCapture"),
            value("destination_s3_uri", "DestinationS3Uri"),
        ],
    ),
];

const ENDPOINT: &[Attribute] = &[name_of("endpoint_config_name", "EndpointConfigName")];

const INFERENCE_COMPONENT: &[Attribute] = &[
    name_of("endpoint_name", "EndpointName"),
    value("variant_name", "VariantName"),
    block(
        "specification",
        "Specification",
        &[
            name_of("model_name", "ModelName"),
            name_of(
                "base_inference_component_name",
                "BaseInferenceComponentName",
            ),
            block(
                "container",
                "Container",
                &[
                    value("artifact_url", "ArtifactUrl"),
                    value("image", "Image"),
                ],
            ),
        ],
    ),
    block(
        "runtime_config",
        "RuntimeConfig",
        &[value("copy_count", "DesiredCopyCount")],
    ),
];

const ENDPOINT_INPUT: &[Attribute] = &[
    block(
        "endpoint_input",
        "EndpointInput",
        &[name_of("endpoint_name", "EndpointName")],
    ),
    block(
        "batch_transform_input",
        "BatchTransformInput",
        &[value(
            "data_captured_destination_s3_uri",
            "DataCapturedDestinationS3Uri",
        )],
    ),
];

const BASELINE: &[Attribute] = &[block(
    "constraints_resource",
    "ConstraintsResource",
    &[value("s3_uri", "S3Uri")],
)];

const SCHEDULE: &[Attribute] = &[block(
    "monitoring_schedule_config",
    "MonitoringScheduleConfig",
    &[
        name_of(
            "monitoring_job_definition_name",
            "MonitoringJobDefinitionName",
        ),
        value("monitoring_type", "MonitoringType"),
        block(
            "schedule_config",
            "ScheduleConfig",
            &[value("schedule_expression", "ScheduleExpression")],
        ),
        block(
            "monitoring_job_definition",
            "MonitoringJobDefinition",
            &[
                blocks("monitoring_inputs", "MonitoringInputs", ENDPOINT_INPUT),
                block("baseline", "BaselineConfig", BASELINE),
            ],
        ),
    ],
)];

const DATA_QUALITY: &[Attribute] = &[
    block(
        "data_quality_job_input",
        "DataQualityJobInput",
        ENDPOINT_INPUT,
    ),
    block(
        "data_quality_baseline_config",
        "DataQualityBaselineConfig",
        BASELINE,
    ),
];

const MODEL_QUALITY: &[Attribute] = &[
    block(
        "model_quality_job_input",
        "ModelQualityJobInput",
        ENDPOINT_INPUT,
    ),
    block(
        "model_quality_baseline_config",
        "ModelQualityBaselineConfig",
        BASELINE,
    ),
];

const MODEL_BIAS: &[Attribute] = &[
    block("model_bias_job_input", "ModelBiasJobInput", ENDPOINT_INPUT),
    block(
        "model_bias_baseline_config",
        "ModelBiasBaselineConfig",
        BASELINE,
    ),
];

const MODEL_EXPLAINABILITY: &[Attribute] = &[
    block(
        "model_explainability_job_input",
        "ModelExplainabilityJobInput",
        ENDPOINT_INPUT,
    ),
    block(
        "model_explainability_baseline_config",
        "ModelExplainabilityBaselineConfig",
        BASELINE,
    ),
];

const TARGET: &[Attribute] = &[
    value("service_namespace", "ServiceNamespace"),
    value("resource_id", "ResourceId"),
    value("scalable_dimension", "ScalableDimension"),
    value("min_capacity", "MinCapacity"),
    value("max_capacity", "MaxCapacity"),
];

const FILE_SYSTEM: Attribute = block(
    "file_system_data_source",
    "FileSystemDataSource",
    &[
        name_of("file_system_id", "FileSystemId"),
        value("file_system_type", "FileSystemType"),
        value("directory_path", "DirectoryPath"),
    ],
);

const CHANNEL: &[Attribute] = &[
    value("channel_name", "ChannelName"),
    block(
        "data_source",
        "DataSource",
        &[
            block(
                "s3_data_source",
                "S3DataSource",
                &[
                    value("s3_uri", "S3Uri"),
                    value("s3_data_type", "S3DataType"),
                ],
            ),
            FILE_SYSTEM,
        ],
    ),
];

/// What a training job and the definition inside a tuning job have in common.
const TRAINING: &[Attribute] = &[
    arn_of("role_arn", "RoleArn"),
    value("enable_network_isolation", "EnableNetworkIsolation"),
    value(
        "enable_inter_container_traffic_encryption",
        "EnableInterContainerTrafficEncryption",
    ),
    value("enable_managed_spot_training", "EnableManagedSpotTraining"),
    block(
        "algorithm_specification",
        "AlgorithmSpecification",
        &[
            value("training_image", "TrainingImage"),
            value("algorithm_name", "AlgorithmName"),
        ],
    ),
    block("vpc_config", "VpcConfig", VPC),
    blocks("input_data_config", "InputDataConfig", CHANNEL),
    block(
        "output_data_config",
        "OutputDataConfig",
        &[
            value("s3_output_path", "S3OutputPath"),
            arn_of("kms_key_id", "KmsKeyId"),
        ],
    ),
    block(
        "resource_config",
        "ResourceConfig",
        &[
            value("instance_type", "InstanceType"),
            value("instance_count", "InstanceCount"),
            arn_of("volume_kms_key_id", "VolumeKmsKeyId"),
            blocks(
                "instance_groups",
                "InstanceGroups",
                &[
                    value("instance_type", "InstanceType"),
                    value("instance_count", "InstanceCount"),
                ],
            ),
        ],
    ),
    block(
        "serverless_job_config",
        "ServerlessJobConfig",
        &[value("base_model_arn", "BaseModelArn")],
    ),
    block(
        "checkpoint_config",
        "CheckpointConfig",
        &[value("s3_uri", "S3Uri")],
    ),
    block(
        "tensor_board_output_config",
        "TensorBoardOutputConfig",
        &[value("s3_output_path", "S3OutputPath")],
    ),
    block(
        "debug_hook_config",
        "DebugHookConfig",
        &[value("s3_output_path", "S3OutputPath")],
    ),
    block(
        "profiler_config",
        "ProfilerConfig",
        &[value("s3_output_path", "S3OutputPath")],
    ),
    block(
        "remote_debug_config",
        "RemoteDebugConfig",
        &[value("enable_remote_debug", "EnableRemoteDebug")],
    ),
    value("hyper_parameters", "HyperParameters"),
    value("environment", "Environment"),
];

const TUNING: &[Attribute] = &[
    blocks(
        "training_job_definition",
        "TrainingJobDefinitions",
        TRAINING,
    ),
    blocks(
        "training_job_definitions",
        "TrainingJobDefinitions",
        TRAINING,
    ),
];

const PIPELINE: &[Attribute] = &[
    value("pipeline_definition", "PipelineDefinition"),
    arn_of("role_arn", "RoleArn"),
];

const STATE_MACHINE: &[Attribute] = &[value("definition", "Definition")];

const ENCRYPTION_RULES: &[Attribute] = &[
    block(
        "apply_server_side_encryption_by_default",
        "ApplyServerSideEncryptionByDefault",
        &[
            value("sse_algorithm", "SSEAlgorithm"),
            arn_of("kms_master_key_id", "KMSMasterKeyID"),
        ],
    ),
    value("bucket_key_enabled", "BucketKeyEnabled"),
];

const BUCKET: &[Attribute] = &[];

const BUCKET_POLICY: &[Attribute] = &[
    name_of("bucket", "Bucket"),
    value("policy", "PolicyDocument"),
];

const BUCKET_ENCRYPTION: &[Attribute] = &[
    name_of("bucket", "Bucket"),
    blocks("rule", "Rules", ENCRYPTION_RULES),
];

const OBJECT: &[Attribute] = &[name_of("bucket", "Bucket"), value("key", "Key")];

const KEY: &[Attribute] = &[value("is_enabled", "Enabled"), value("enabled", "Enabled")];

const ALIAS: &[Attribute] = &[name_of("target_key_id", "TargetKeyId")];

const ROLE: &[Attribute] = &[
    value("assume_role_policy", "AssumeRolePolicyDocument"),
    blocks(
        "inline_policy",
        "Policies",
        &[
            value("name", "PolicyName"),
            value("policy", "PolicyDocument"),
        ],
    ),
    all_of("managed_policy_arns", "ManagedPolicyArns", Wants::Arn),
    arn_of("permissions_boundary", "PermissionsBoundary"),
    TAGS,
    ALL_TAGS,
];

const ROLE_POLICY: &[Attribute] = &[
    name_of("role", "Role"),
    value("name", "PolicyName"),
    value("policy", "PolicyDocument"),
];

const MANAGED_POLICY: &[Attribute] = &[value("policy", "PolicyDocument")];

const ATTACHMENT: &[Attribute] = &[
    name_of("role", "Role"),
    name_of("role_name", "Role"),
    all_of("roles", "Roles", Wants::Name),
    arn_of("policy_arn", "PolicyArn"),
    all_of("policy_arns", "PolicyArns", Wants::Arn),
];

/// The attributes of a kind.
pub(super) fn attributes(kind: Kind) -> &'static [Attribute] {
    match kind {
        Kind::Notebook => NOTEBOOK,
        Kind::LifecycleConfig => LIFECYCLE,
        Kind::Domain => DOMAIN,
        Kind::UserProfile => USER_PROFILE,
        Kind::Space => SPACE,
        Kind::Model => MODEL,
        Kind::EndpointConfig => ENDPOINT_CONFIG,
        Kind::Endpoint => ENDPOINT,
        Kind::InferenceComponent => INFERENCE_COMPONENT,
        Kind::MonitoringSchedule => SCHEDULE,
        Kind::DataQualityDefinition => DATA_QUALITY,
        Kind::ModelQualityDefinition => MODEL_QUALITY,
        Kind::ModelBiasDefinition => MODEL_BIAS,
        Kind::ModelExplainabilityDefinition => MODEL_EXPLAINABILITY,
        Kind::ScalableTarget => TARGET,
        Kind::TrainingJob => TRAINING,
        Kind::TuningJob => TUNING,
        Kind::Pipeline => PIPELINE,
        Kind::StateMachine => STATE_MACHINE,
        Kind::Bucket => BUCKET,
        Kind::BucketPolicy => BUCKET_POLICY,
        Kind::BucketEncryption => BUCKET_ENCRYPTION,
        Kind::Object => OBJECT,
        Kind::Key => KEY,
        Kind::KeyAlias => ALIAS,
        Kind::Role => ROLE,
        Kind::RolePolicy => ROLE_POLICY,
        Kind::ManagedPolicy => MANAGED_POLICY,
        Kind::Attachment => ATTACHMENT,
    }
}

/// The attributes that may hold the name of a kind, the likeliest first.
pub(super) fn name_attributes(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bucket => &["bucket"],
        Kind::Domain => &["id"],
        Kind::UserProfile => &["user_profile_name"],
        Kind::Space => &["space_name"],
        Kind::Key => &["key_id"],
        Kind::TrainingJob => &["training_job_name", "name"],
        Kind::TuningJob => &["hyper_parameter_tuning_job_name", "name"],
        Kind::InferenceComponent => &["inference_component_name", "name"],
        Kind::Pipeline => &["pipeline_name"],
        Kind::Object => &["key"],
        _ => &["name"],
    }
}
