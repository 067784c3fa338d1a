//! The kinds of resource that facts are read from.
//!
//! Enters: a type as Terraform or CloudFormation names it. Leaves: what it is. Deliberately absent:
//! types that no control looks at; references to them still show that something is set.

/// What a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Notebook,
    LifecycleConfig,
    Domain,
    UserProfile,
    Space,
    Model,
    EndpointConfig,
    Endpoint,
    InferenceComponent,
    MonitoringSchedule,
    DataQualityDefinition,
    ModelQualityDefinition,
    ModelBiasDefinition,
    ModelExplainabilityDefinition,
    ScalableTarget,
    TrainingJob,
    TuningJob,
    Pipeline,
    StateMachine,
    Bucket,
    BucketPolicy,
    BucketEncryption,
    Object,
    Key,
    KeyAlias,
    Role,
    RolePolicy,
    ManagedPolicy,
    Attachment,
}

/// What Terraform and CloudFormation call each kind.
const TYPES: &[(Kind, &str, &str)] = &[
    (
        Kind::Notebook,
        "aws_sagemaker_notebook_instance",
        "AWS::SageMaker::NotebookInstance",
    ),
    (
        Kind::LifecycleConfig,
        "aws_sagemaker_notebook_instance_lifecycle_configuration",
        "AWS::SageMaker::NotebookInstanceLifecycleConfig",
    ),
    (
        Kind::Domain,
        "aws_sagemaker_domain",
        "AWS::SageMaker::Domain",
    ),
    (
        Kind::UserProfile,
        "aws_sagemaker_user_profile",
        "AWS::SageMaker::UserProfile",
    ),
    (Kind::Space, "aws_sagemaker_space", "AWS::SageMaker::Space"),
    (Kind::Model, "aws_sagemaker_model", "AWS::SageMaker::Model"),
    (
        Kind::EndpointConfig,
        "aws_sagemaker_endpoint_configuration",
        "AWS::SageMaker::EndpointConfig",
    ),
    (
        Kind::Endpoint,
        "aws_sagemaker_endpoint",
        "AWS::SageMaker::Endpoint",
    ),
    (
        Kind::InferenceComponent,
        "aws_sagemaker_inference_component",
        "AWS::SageMaker::InferenceComponent",
    ),
    (
        Kind::MonitoringSchedule,
        "aws_sagemaker_monitoring_schedule",
        "AWS::SageMaker::MonitoringSchedule",
    ),
    (
        Kind::DataQualityDefinition,
        "aws_sagemaker_data_quality_job_definition",
        "AWS::SageMaker::DataQualityJobDefinition",
    ),
    (
        Kind::ModelQualityDefinition,
        "aws_sagemaker_model_quality_job_definition",
        "AWS::SageMaker::ModelQualityJobDefinition",
    ),
    (
        Kind::ModelBiasDefinition,
        "aws_sagemaker_model_bias_job_definition",
        "AWS::SageMaker::ModelBiasJobDefinition",
    ),
    (
        Kind::ModelExplainabilityDefinition,
        "aws_sagemaker_model_explainability_job_definition",
        "AWS::SageMaker::ModelExplainabilityJobDefinition",
    ),
    (
        Kind::ScalableTarget,
        "aws_appautoscaling_target",
        "AWS::ApplicationAutoScaling::ScalableTarget",
    ),
    (Kind::TrainingJob, "aws_sagemaker_training_job", ""),
    (
        Kind::TuningJob,
        "aws_sagemaker_hyper_parameter_tuning_job",
        "",
    ),
    (
        Kind::Pipeline,
        "aws_sagemaker_pipeline",
        "AWS::SageMaker::Pipeline",
    ),
    (
        Kind::StateMachine,
        "aws_sfn_state_machine",
        "AWS::StepFunctions::StateMachine",
    ),
    (Kind::StateMachine, "", "AWS::Serverless::StateMachine"),
    (Kind::Bucket, "aws_s3_bucket", "AWS::S3::Bucket"),
    (
        Kind::BucketPolicy,
        "aws_s3_bucket_policy",
        "AWS::S3::BucketPolicy",
    ),
    (
        Kind::BucketEncryption,
        "aws_s3_bucket_server_side_encryption_configuration",
        "",
    ),
    (Kind::Object, "aws_s3_object", ""),
    (Kind::Object, "aws_s3_bucket_object", ""),
    (Kind::Key, "aws_kms_key", "AWS::KMS::Key"),
    (Kind::Key, "aws_kms_replica_key", "AWS::KMS::ReplicaKey"),
    (Kind::Key, "aws_kms_external_key", ""),
    (Kind::KeyAlias, "aws_kms_alias", "AWS::KMS::Alias"),
    (Kind::Role, "aws_iam_role", "AWS::IAM::Role"),
    (
        Kind::RolePolicy,
        "aws_iam_role_policy",
        "AWS::IAM::RolePolicy",
    ),
    (Kind::RolePolicy, "", "AWS::IAM::Policy"),
    (
        Kind::ManagedPolicy,
        "aws_iam_policy",
        "AWS::IAM::ManagedPolicy",
    ),
    (Kind::Attachment, "aws_iam_role_policy_attachment", ""),
    (Kind::Attachment, "aws_iam_policy_attachment", ""),
    (
        Kind::Attachment,
        "aws_iam_role_policy_attachments_exclusive",
        "",
    ),
];

impl Kind {
    pub(crate) fn of_terraform(name: &str) -> Option<Kind> {
        let found = TYPES
            .iter()
            .find(|(_, tf, _)| *tf == name && !tf.is_empty());
        found.map(|(kind, ..)| *kind)
    }

    pub(crate) fn of_cloudformation(name: &str) -> Option<Kind> {
        let found = TYPES
            .iter()
            .find(|(_, _, cfn)| *cfn == name && !cfn.is_empty());
        found.map(|(kind, ..)| *kind)
    }

    /// Whether its name stands inside ARNs that policies compare.
    pub(crate) fn is_named_in_arns(self) -> bool {
        matches!(
            self,
            Kind::Bucket | Kind::Key | Kind::KeyAlias | Kind::Role | Kind::ManagedPolicy
        )
    }
}
