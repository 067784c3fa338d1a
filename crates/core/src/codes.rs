//! Every reason and note code, with one line of documentation each.
//!
//! A control names its codes in the catalogue; a test holds the catalogue against these lists in
//! both directions. Users' own controls may use codes of their own.

macro_rules! codes {
    ($(#[doc = $title:literal])+ $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident = $code:literal, )* }) => {
        $(#[doc = $title])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $( $(#[doc = $doc])+ $variant, )* }

        impl $name {
            /// Every code, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The code as it is written.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code),* }
            }

            /// What it means, in one line.
            #[must_use]
            pub fn doc(self) -> &'static str {
                match self { $($name::$variant => concat!($($doc),+).trim_ascii()),* }
            }

            /// The code of that name.
            #[must_use]
            pub fn parse(code: &str) -> Option<$name> {
                match code { $($code => Some($name::$variant),)* _ => None }
            }
        }
    };
}

codes! {
    /// Why a verdict is fail.
    Reason {
        /// All profiles of the domain take the domain's default role.
        InheritedDefault = "inherited_default",
        /// The profiles name their role themselves, and it is the same one.
        SameOverride = "same_override",
        /// No monitoring schedule targets the endpoint.
        NoSchedule = "no_schedule",
        /// The schedules that target the endpoint are stopped or failed.
        OnlyStoppedOrFailed = "only_stopped_or_failed",
        /// The schedules that target the endpoint run once, not regularly.
        OneShotOnly = "one_shot_only",
        /// Every variant is serverless, which cannot be monitored, and the operator counts that as a fail.
        ServerlessUnmonitored = "serverless_unmonitored",
        /// A variant runs on one instance.
        SingleInstance = "single_instance",
        /// A variant may scale in to one instance.
        ScalingFloor = "scaling_floor",
        /// A variant may scale in to no instance.
        ScaleToZero = "scale_to_zero",
        /// No request reached the endpoint inside the window.
        NoTraffic = "no_traffic",
        /// The artifact's object does not exist.
        ObjectMissing = "object_missing",
        /// The artifact was deleted in a versioned bucket and can be recovered.
        DeleteMarker = "delete_marker",
        /// Nothing lies under the artifact's prefix.
        PrefixEmpty = "prefix_empty",
        /// The artifact's bucket does not exist, so anyone may create it.
        BucketMissing = "bucket_missing",
        /// The model was deleted under the endpoint.
        ModelDeleted = "model_deleted",
        /// The model package was deleted under the endpoint.
        ModelPackageMissing = "model_package_missing",
        /// A supplied fact says that an artifact is gone, and nothing was read that could show it.
        ReportedMissing = "reported_missing",
        /// Network isolation is off.
        NotIsolated = "not_isolated",
        /// There is no VPC configuration with subnets and security groups.
        NoVpc = "no_vpc",
        /// The action is granted on every resource, in every context.
        Unscoped = "unscoped",
        /// The action is granted on every resource when conditions hold that do not limit the resource.
        UnscopedConditional = "unscoped_conditional",
        /// The action is granted on every resource but some that are denied.
        UnscopedExcept = "unscoped_except",
        /// The granted patterns match nearly every bucket of the account.
        PatternCoversAccount = "pattern_covers_account",
        /// A role outside the declared list can be assumed.
        OutsideDeclared = "outside_declared",
        /// Any role can be passed, to any service.
        AnyService = "any_service",
        /// Any role can be passed to the services that a condition names.
        ServiceLimited = "service_limited",
        /// The volume has no key that the customer controls.
        NoCustomerKey = "no_customer_key",
        /// The notebook has run without a restart for longer than the limit.
        RunningIdle = "running_idle",
        /// The notebook runs for longer than the limit and nothing would stop it.
        RunningWithoutAutostop = "running_without_autostop",
        /// The notebook has been stopped for longer than the limit, and the operator counts that as idle.
        StoppedIdle = "stopped_idle",
        /// Direct internet access is on.
        InternetEnabled = "internet_enabled",
        /// Direct internet access is on beside a VPC subnet.
        EnabledWithVpc = "enabled_with_vpc",
        /// No lifecycle configuration is attached.
        NoLifecycle = "none",
        /// The attached lifecycle configuration does not exist.
        Dangling = "dangling",
        /// The attached lifecycle configuration runs nothing.
        Empty = "empty",
        /// The AWS managed policy `AdministratorAccess` is attached.
        AdministratorAccess = "administrator_access",
        /// The policies together allow every action on every resource.
        AdminEquivalent = "admin_equivalent",
        /// The role can make itself administrator.
        CanBecomeAdmin = "can_become_admin",
        /// Root access is on.
        RootEnabled = "root_enabled",
        /// The notebook has no subnet in a VPC.
        NoSubnet = "no_subnet",
        /// The data comes from a bucket of another account.
        ForeignBucket = "foreign_bucket",
        /// The data comes from a bucket that does not exist, so anyone may create it.
        NonexistentBucket = "nonexistent_bucket",
        /// The data comes from a file system of another account.
        ForeignFilesystem = "foreign_filesystem",
        /// The data comes from a dataset of another account.
        ForeignDataset = "foreign_dataset",
        /// The bucket accepts plain HTTP, and its objects are not bound to a customer's key.
        NoTlsDeny = "no_tls_deny",
        /// The bucket's default encryption is with keys that S3 manages.
        SseS3 = "sse_s3",
        /// The bucket's default encryption is with a key that AWS manages.
        AwsManagedKey = "aws_managed_key",
        /// The role may decrypt with keys other than those of its channels.
        DecryptUnbound = "decrypt_unbound",
        /// Traffic between the nodes is not encrypted.
        PlaintextBetweenNodes = "plaintext_between_nodes",
    }
}

codes! {
    /// Why a control does not apply.
    NotApplicable {
        /// The asset is being deleted.
        Deleting = "deleting",
        /// The endpoint is being created.
        Creating = "creating",
        /// The asset failed to come up.
        Failed = "failed",
        /// No live endpoint runs the configuration.
        Unattached = "unattached",
        /// Serverless variants have neither data capture nor Model Monitor.
        PlatformUnsupported = "platform_unsupported",
        /// The service places serverless variants itself.
        ServerlessManaged = "serverless_managed",
        /// The endpoint is younger than the window.
        TooYoung = "too_young",
        /// The endpoint's configuration is younger than the window, so that its series are too.
        RedeployedRecently = "redeployed_recently",
        /// The models bring their weights in the image.
        ArtifactInImage = "artifact_in_image",
        /// The model is a Marketplace product, whose artifact the seller keeps.
        Marketplace = "marketplace",
        /// The model comes from a hub of AWS, which keeps the artifact.
        AwsHub = "aws_hub",
        /// Nothing is deployed on the endpoint.
        NoModel = "no_model",
        /// The job ended before it started, and read no data.
        NeverStarted = "never_started",
        /// The role does not exist any more.
        RoleDeleted = "role_deleted",
        /// The job has no input channels.
        NoChannels = "no_channels",
        /// No channel of the job reads S3.
        NoS3Channels = "no_s3_channels",
        /// The job runs on one node.
        SingleNode = "single_node",
        /// The job runs without instances of its own.
        Serverless = "serverless",
        /// Every instance has local NVMe storage, which the hardware encrypts.
        HardwareEncryptedNvme = "hardware_encrypted_nvme",
        // Domains and notebooks.
        /// The asset failed to start, so that nothing runs.
        StatusFailed = "status_failed",
        /// The domain has no user profile that anybody can use.
        NoProfiles = "no_profiles",
        /// The domain has one user profile, and a role cannot be shared by one.
        SingleUser = "single_user",
    }
}

codes! {
    /// What is worth knowing beside a verdict; it never changes one.
    Note {
        /// No live endpoint runs the configuration.
        Unattached = "unattached",
        /// No live endpoint serves the model.
        NotDeployed = "not_deployed",
        /// An endpoint is monitored, but not for the quality of its data.
        NoDataQualityMonitor = "no_data_quality_monitor",
        /// Data capture is off, so that a monitor has nothing to read.
        CaptureOff = "capture_off",
        /// The last run of a monitoring schedule failed.
        LastRunFailed = "last_run_failed",
        /// A monitoring schedule compares with no baseline.
        NoBaseline = "no_baseline",
        /// A variant starts below the floor that scaling then keeps.
        InitialBelowFloor = "initial_below_floor",
        /// A variant gets no share of the traffic.
        ZeroWeight = "zero_weight",
        /// Requests are queued in S3 and answered there.
        Async = "async",
        /// An inference component runs as one copy.
        SingleCopy = "single_copy",
        /// All subnets lie in one availability zone.
        SingleAz = "single_az",
        /// The route table of a subnet leads to an internet gateway.
        PublicSubnet = "public_subnet",
        /// A security group lets traffic out to every address.
        OpenSgEgress = "open_sg_egress",
        /// The targets of Application Auto Scaling were not read.
        AutoscalingNotRead = "autoscaling_not_read",
        /// A live endpoint is kept idle on purpose, which a valid tag `reviewed_at` says.
        ReviewedIdleEndpoint = "reviewed_idle_endpoint",
        /// A valid tag `reviewed_at` accepts the finding.
        ReviewedAt = "reviewed_at",
        /// The tag `reviewed_at` is older than it may be.
        ReviewedAtExpired = "reviewed_at_expired",
        /// The tag `reviewed_at` is not a date up to today.
        ReviewedAtInvalid = "reviewed_at_invalid",
        /// The tags were not read, so that a review could not be seen.
        TagsNotRead = "tags_not_read",
        /// The endpoint's configuration was deleted under it.
        EndpointConfigDeleted = "endpoint_config_deleted",
        /// A deployment is under way; the active configuration is judged.
        DeploymentInProgress = "deployment_in_progress",
        /// An artifact was written after its model was created.
        ArtifactNewerThanModel = "artifact_newer_than_model",
        /// An artifact's entity tag differs from the one recorded with its model.
        EtagDrift = "etag_drift",
        /// A bucket was created after the model that loads from it.
        BucketRecreated = "bucket_recreated",
        /// An artifact is in a bucket of another account.
        ForeignBucket = "foreign_bucket",
        /// A bucket keeps no versions.
        NoVersioning = "no_versioning",
        /// A bucket has no object lock.
        NoObjectLock = "no_object_lock",
        /// Only inference components serve the model, on isolated endpoint configurations.
        IsolatedByEndpointConfig = "isolated_by_endpoint_config",
        /// Only inference components serve the model, on endpoint configurations in a VPC.
        VpcByEndpointConfig = "vpc_by_endpoint_config",
        /// The model is served serverless only, where isolation cannot be had.
        ServerlessCannotIsolate = "serverless_cannot_isolate",
        /// The model is served serverless only, where a VPC cannot be had.
        ServerlessNoVpc = "serverless_no_vpc",
        /// A channel reads a bucket that AWS publishes for the job's Region.
        AwsPublishedSource = "aws_published_source",
        /// A channel reads a foreign source that the operator trusts.
        TrustedSource = "trusted_source",
        /// A foreign source belongs to an account of the same organisation.
        SameOrganization = "same_organization",
        /// A channel reads a manifest; the objects that it lists were not read.
        ManifestNotRead = "manifest_not_read",
        /// The job writes its model to a bucket that is not the account's.
        ForeignOutput = "foreign_output",
        /// The job keeps its checkpoints in a bucket that is not the account's.
        ForeignCheckpoint = "foreign_checkpoint",
        /// The job takes its code from a bucket that is not the account's.
        ForeignCode = "foreign_code",
        /// Plain HTTP is refused, but no confined key protects the data.
        NoKmsBinding = "no_kms_binding",
        /// A confined key protects the data, but plain HTTP is not refused outright.
        NoTlsDenyNote = "no_tls_deny",
        /// Objects older than the bucket's default encryption were not looked at.
        ObjectsNotSampled = "objects_not_sampled",
        /// Encryption between nodes is on although there is one node.
        EncryptedSingleNode = "encrypted_single_node",
        /// The storage of an instance type is not known; it counts as a network volume.
        StorageUnclassified = "storage_unclassified",
        /// A key is named for instances that do not take one.
        KeyOnNvme = "key_on_nvme",
        /// Network isolation cuts outbound traffic even in a VPC.
        IsolationBlocksEgress = "isolation_blocks_egress",
        /// The algorithm is another account's; those of AWS Marketplace must run isolated.
        MarketplaceAlgorithmRequiresIsolation = "marketplace_algorithm_requires_isolation",
        /// A shell can be opened in the running container.
        RemoteDebugOn = "remote_debug_on",
        /// The code may want the network; check before isolating.
        OutboundNeed = "outbound_need",
        /// A training role may pass some roles, which training does not need.
        PassrolePresent = "passrole_present",
        /// The roles that an open PassRole can pass to a service that they trust.
        PassableRoles = "passable_roles",
        /// The role may read from buckets that the job names nowhere.
        ExcessBuckets = "excess_buckets",
        /// Objects under keys that the role may not decrypt with stay out of reach.
        KmsLimitsReach = "kms_limits_reach",
        /// Objects are granted by a pattern over buckets.
        BucketPattern = "bucket_pattern",
        /// A Deny takes part of the grant away without scoping it.
        Mitigation = "mitigation",
        /// The role that the asset names does not exist any more.
        DanglingRole = "dangling_role",
        // Roles.
        /// The role belongs to another account, whose IAM was not read.
        ForeignRole = "foreign_role",
        /// Service control policies and session policies were not among what was read.
        ScpNotEvaluated = "scp_not_evaluated",
        /// The grant is by NotResource.
        NotResource = "not_resource",
        /// A granted entry holds a policy variable.
        PolicyVariable = "policy_variable",
        /// Roles are granted by a pattern of names.
        RolePattern = "role_pattern",
        /// The grant depends on conditions that do not limit the resource.
        OpenConditions = "open_conditions",
        /// Roles can be assumed, and no list of roles is declared.
        UndeclaredTargets = "undeclared_targets",
        /// Roles that can be assumed by both sides' policies.
        AssumableTargets = "assumable_targets",
        /// Roles whose trust policy names the role, which suffices within the account.
        TrustOnly = "trust_only",
        /// Whether roles let this one in was not read.
        TrustUnknown = "trust_unknown",
        /// A permissions boundary keeps the role from being an administrator.
        BoundedAdmin = "bounded_admin",
        /// The role is an administrator but for a few services.
        NearAdmin = "near_admin",
        /// The role is, or can become, an administrator while conditions hold.
        ConditionalAdmin = "conditional_admin",
        /// The role can make itself administrator, which the operator accepts.
        EscalationAccepted = "escalation_accepted",
        /// The verdict rests on a fact that another tool derived and an import supplied.
        Precomputed = "precomputed",
        /// A supplied fact says something else than what was derived, which counts.
        PrecomputedMismatch = "precomputed_mismatch",
        // Notebooks.
        /// The notebook failed; its role and volume are still attached.
        StatusFailed = "status_failed",
        /// Version 1 of the instance metadata service is allowed.
        Imdsv1 = "imdsv1",
        /// The member is assigned by infrastructure code, and its value is known only after apply.
        KnownAfterApply = "known_after_apply",
        /// No security group is named, so that the VPC's default one applies.
        DefaultSg = "default_sg",
        /// The key is disabled, unavailable or about to be deleted.
        KeyUnusable = "key_unusable",
        /// The key is managed by AWS.
        AwsManagedKey = "aws_managed_key",
        /// The scripts of the lifecycle configuration were not read.
        ContentNotRead = "content_not_read",
        /// A lifecycle script stops the notebook when it is idle.
        AutostopDetected = "autostop_detected",
        /// The lifecycle configuration runs nothing when the notebook starts again.
        NoOnstart = "no_onstart",
        /// Idleness rests on the time of the last restart alone.
        ProxyOnly = "proxy_only",
        /// The notebook has been stopped for longer than the limit.
        DormantStopped = "dormant_stopped",
        // Domains.
        /// One role covers most of the user profiles.
        DominantRole = "dominant_role",
        /// Profiles that are created without a role will share the domain's default.
        LatentSharedDefault = "latent_shared_default",
        /// Shared spaces run with the role of the users.
        SharedSpaceRole = "shared_space_role",
        /// Sessions carry the profile's name.
        SourceIdentityOn = "source_identity_on",
        /// Trusted identity propagation is on.
        TipOn = "tip_on",
        /// The domain belongs to a Unified Studio project.
        UnifiedStudioProject = "unified_studio_project",
        /// What the shared role can do.
        SharedRoleReach = "shared_role_reach",
    }
}
