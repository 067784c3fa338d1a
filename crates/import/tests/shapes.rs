//! Every call that is read, as the CLI prints it: recognised, placed, and keyed.

use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::Observation;
use sagewarden_import::{ImportReport, Importer, Limits, SourceFile};

const PLACE: &str = "111122223333/eu-west-1";

fn import(files: &[(&str, &str)]) -> (Vec<Observation>, ImportReport) {
    let mut importer = Importer::new(Limits::default());
    let mut out = Vec::new();
    for (name, text) in files {
        importer
            .file(
                SourceFile {
                    name,
                    reader: &mut text.as_bytes(),
                },
                &mut |observation| out.push(observation),
            )
            .unwrap();
    }
    let report = importer.finish(&mut |observation| out.push(observation));
    (out, report)
}

/// A saved answer, the call it is, the key it gets, and its Region; the name is the least that it needs.
#[test]
fn each_call_is_recognised() {
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333";
    let table: Vec<(O, &str, String, &str)> = vec![
        (O::DescribeNotebookInstance, "x.json", format!(r#"{{"NotebookInstanceArn":"{arn}:notebook-instance/nb","NotebookInstanceName":"nb","NotebookInstanceStatus":"InService","RoleArn":"arn:aws:iam::111122223333:role/r","CreationTime":"2026-01-01T00:00:00.123000+00:00"}}"#), "nb"),
        (O::DescribeNotebookInstanceLifecycleConfig, "x.json", format!(r#"{{"NotebookInstanceLifecycleConfigArn":"{arn}:notebook-instance-lifecycle-config/lc","NotebookInstanceLifecycleConfigName":"lc","OnStart":[{{"Content":"eA=="}}]}}"#), "lc"),
        (O::DescribeDomain, "x.json", format!(r#"{{"DomainArn":"{arn}:domain/d-1","DomainId":"d-1","AuthMode":"IAM","Status":"InService"}}"#), "d-1"),
        (O::DescribeUserProfile, "x.json", format!(r#"{{"DomainId":"d-1","UserProfileArn":"{arn}:user-profile/d-1/ana","UserProfileName":"ana","Status":"InService"}}"#), "d-1\nana"),
        (O::DescribeModel, "x.json", format!(r#"{{"ModelName":"m","PrimaryContainer":{{"Image":"i"}},"ExecutionRoleArn":"r","ModelArn":"{arn}:model/m"}}"#), "m"),
        (O::DescribeModelPackage, "x.json", format!(r#"{{"ModelPackageName":"g/1","ModelPackageArn":"{arn}:model-package/g/1","ModelPackageStatusDetails":{{"ValidationStatuses":[]}}}}"#), "arn:aws:sagemaker:eu-west-1:111122223333:model-package/g/1"),
        (O::DescribeEndpoint, "x.json", format!(r#"{{"EndpointName":"e","EndpointArn":"{arn}:endpoint/e","EndpointConfigName":"c","EndpointStatus":"InService"}}"#), "e"),
        (O::DescribeEndpointConfig, "x.json", format!(r#"{{"EndpointConfigName":"c","EndpointConfigArn":"{arn}:endpoint-config/c","ProductionVariants":[]}}"#), "c"),
        (O::DescribeInferenceComponent, "x.json", format!(r#"{{"InferenceComponentName":"ic","InferenceComponentArn":"{arn}:inference-component/ic","EndpointName":"e","EndpointArn":"{arn}:endpoint/e","Specification":{{"ModelName":"m"}}}}"#), "ic"),
        (O::DescribeTrainingJob, "x.json", format!(r#"{{"TrainingJobName":"t","TrainingJobArn":"{arn}:training-job/t","AutoMLJobArn":"{arn}:automl-job/a","RoleArn":"r","CreationTime":1764000000.5}}"#), "t"),
        (O::DescribeMonitoringSchedule, "x.json", format!(r#"{{"MonitoringScheduleArn":"{arn}:monitoring-schedule/s","MonitoringScheduleName":"s","EndpointName":"e","MonitoringScheduleConfig":{{}}}}"#), "s"),
        (O::DescribeDataQualityJobDefinition, "x.json", format!(r#"{{"JobDefinitionArn":"{arn}:data-quality-job-definition/j","JobDefinitionName":"j","DataQualityAppSpecification":{{}}}}"#), "j"),
        (O::DescribeModelQualityJobDefinition, "x.json", format!(r#"{{"JobDefinitionArn":"{arn}:model-quality-job-definition/j","JobDefinitionName":"j","ModelQualityAppSpecification":{{}}}}"#), "j"),
        (O::DescribeModelBiasJobDefinition, "x.json", format!(r#"{{"JobDefinitionArn":"{arn}:model-bias-job-definition/j","JobDefinitionName":"j","ModelBiasAppSpecification":{{}}}}"#), "j"),
        (O::DescribeModelExplainabilityJobDefinition, "x.json", format!(r#"{{"JobDefinitionArn":"{arn}:model-explainability-job-definition/j","JobDefinitionName":"j","ModelExplainabilityAppSpecification":{{}}}}"#), "j"),
        (O::ListNotebookInstances, "x.json", format!(r#"{{"NotebookInstances":[{{"NotebookInstanceName":"nb","NotebookInstanceArn":"{arn}:notebook-instance/nb"}}]}}"#), ""),
        (O::ListDomains, "x.json", format!(r#"{{"Domains":[{{"DomainArn":"{arn}:domain/d-1","DomainId":"d-1"}}]}}"#), ""),
        (O::ListUserProfiles, "x.json", r#"{"UserProfiles":[{"DomainId":"d-1","UserProfileName":"ana"}]}"#.into(), ""),
        (O::ListSpaces, "list-spaces--DomainIdEquals=d-1.json", r#"{"Spaces":[{"DomainId":"d-1","SpaceName":"s"}]}"#.into(), "d-1"),
        (O::ListModels, "x.json", format!(r#"{{"Models":[{{"ModelName":"m","ModelArn":"{arn}:model/m"}}]}}"#), ""),
        (O::ListModels, "list-models.json", r#"{"Models":[]}"#.into(), ""),
        (O::ListEndpoints, "x.json", format!(r#"{{"Endpoints":[{{"EndpointName":"e","EndpointArn":"{arn}:endpoint/e"}}]}}"#), ""),
        (O::ListEndpointConfigs, "x.json", format!(r#"{{"EndpointConfigs":[{{"EndpointConfigArn":"{arn}:endpoint-config/c"}}]}}"#), ""),
        (O::ListInferenceComponents, "x.json", format!(r#"{{"InferenceComponents":[{{"InferenceComponentArn":"{arn}:inference-component/c"}}]}}"#), ""),
        (O::ListMonitoringSchedules, "x.json", format!(r#"{{"MonitoringScheduleSummaries":[{{"MonitoringScheduleArn":"{arn}:monitoring-schedule/c"}}]}}"#), ""),
        (O::ListTrainingJobs, "x.json", format!(r#"{{"TrainingJobSummaries":[{{"TrainingJobArn":"{arn}:training-job/c"}}]}}"#), ""),
        (O::ListTags, "list-tags--ResourceArn=arn%3Aaws%3Asagemaker%3Aeu-west-1%3A111122223333%3Aendpoint%2Fe.json", r#"{"Tags":[]}"#.into(), "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e"),
        (O::GetAccountAuthorizationDetails, "x.json", r#"{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r","AssumeRolePolicyDocument":"%7B%7D"}],"Policies":[]}"#.into(), ""),
        (O::GetRole, "x.json", r#"{"Role":{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/p/r"}}"#.into(), "r"),
        (O::ListRolePolicies, "list-role-policies--RoleName=r.json", r#"{"PolicyNames":["a"]}"#.into(), "r"),
        (O::GetRolePolicy, "x.json", r#"{"RoleName":"r","PolicyName":"p","PolicyDocument":{"Statement":[]}}"#.into(), "r\np"),
        (O::ListAttachedRolePolicies, "list-attached-role-policies--RoleName=r.json", r#"{"AttachedPolicies":[{"PolicyName":"p","PolicyArn":"arn:aws:iam::aws:policy/p"}]}"#.into(), "r"),
        (O::GetPolicy, "x.json", r#"{"Policy":{"PolicyName":"p","Arn":"arn:aws:iam::aws:policy/p","DefaultVersionId":"v1"}}"#.into(), "arn:aws:iam::aws:policy/p"),
        (O::GetPolicyVersion, "get-policy-version--PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Fp--VersionId=v1.json", r#"{"PolicyVersion":{"VersionId":"v1","Document":{}}}"#.into(), "arn:aws:iam::aws:policy/p\nv1"),
        (O::ListDirectoryBuckets, "list-directory-buckets.json", r#"{"Buckets":[{"Name":"b--euw1-az1--x-s3","CreationDate":"2026-01-01T00:00:00+00:00"}]}"#.into(), ""),
        (O::ListBuckets, "x.json", r#"{"Buckets":[{"Name":"b","CreationDate":"2026-01-01T00:00:00+00:00"}],"Owner":{"ID":"x"}}"#.into(), ""),
        (O::ListDirectoryBuckets, "list-directory-buckets.json", r#"{"Buckets":[{"Name":"b--euw1-az1--x-s3","CreationDate":"2026-01-01T00:00:00+00:00"}]}"#.into(), ""),
        (O::HeadBucket, "head-bucket--Bucket=b.json", r#"{"BucketRegion":"eu-west-1","AccessPointAlias":false}"#.into(), "b\n"),
        (O::GetBucketLocation, "get-bucket-location--Bucket=b.json", r#"{"LocationConstraint":null}"#.into(), "b"),
        (O::GetBucketPolicy, "get-bucket-policy--Bucket=b.json", r#"{"Policy":"{\"Statement\":[]}"}"#.into(), "b"),
        (O::GetBucketPolicy, "get-bucket-policy--Bucket=b.json", r#"{"Version":"2012-10-17","Statement":[]}"#.into(), "b"),
        (O::GetBucketEncryption, "get-bucket-encryption--Bucket=b.json", r#"{"ServerSideEncryptionConfiguration":{"Rules":[]}}"#.into(), "b"),
        (O::GetBucketVersioning, "get-bucket-versioning--Bucket=b.json", r#"{"Status":"Enabled"}"#.into(), "b"),
        (O::GetBucketVersioning, "get-bucket-versioning--Bucket=b.json", "{}".into(), "b"),
        (O::GetObjectLockConfiguration, "get-object-lock-configuration--Bucket=b.json", r#"{"ObjectLockConfiguration":{"ObjectLockEnabled":"Enabled"}}"#.into(), "b"),
        (O::ListObjectsV2, "list-objects-v2--Bucket=b--Prefix=k%2Fm.tar.gz.json", r#"{"RequestCharged":null,"Prefix":"k/m.tar.gz"}"#.into(), "b\nk/m.tar.gz"),
        (O::ListObjectsV2, "x.json", r#"{"Name":"b","Prefix":"k","KeyCount":1,"Contents":[{"Key":"k","Size":1}]}"#.into(), "b\nk"),
        (O::ListObjectVersions, "list-object-versions--Bucket=b--Prefix=k.json", r#"{"DeleteMarkers":[{"Key":"k","VersionId":"v","IsLatest":true}]}"#.into(), "b\nk"),
        (O::HeadObject, "head-object--Bucket=b--Key=k.json", r#"{"AcceptRanges":"bytes","ContentLength":3,"ETag":"\"x\""}"#.into(), "b\nk"),
        (O::ListAccessPoints, "x.json", r#"{"AccessPointList":[{"Name":"a","Bucket":"b","AccessPointArn":"arn:aws:s3:eu-west-1:111122223333:accesspoint/a"}]}"#.into(), ""),
        (O::GetMetricData, "get-metric-data--StartTime=2026-10-25--EndTime=2026-11-24--Period=86400.json", r#"{"MetricDataResults":[{"Id":"m0","Label":"EndpointName=e,VariantName=v,MetricName=Invocations,Stat=Sum","Timestamps":[],"Values":[]}]}"#.into(), "2026-10-25\n2026-11-24"),
        (O::ListMetrics, "x.json", r#"{"Metrics":[{"Namespace":"AWS/SageMaker","MetricName":"Invocations","Dimensions":[]}]}"#.into(), ""),
        (O::DescribeScalableTargets, "x.json", r#"{"ScalableTargets":[{"ServiceNamespace":"sagemaker","ResourceId":"endpoint/e/variant/v","ScalableDimension":"d","RoleARN":"arn:aws:iam::111122223333:role/r"}]}"#.into(), ""),
        (O::DescribeKey, "x.json", r#"{"KeyMetadata":{"KeyId":"k","Arn":"arn:aws:kms:eu-west-1:111122223333:key/k"}}"#.into(), "arn:aws:kms:eu-west-1:111122223333:key/k"),
        (O::GetKeyPolicy, "get-key-policy--KeyId=k.json", r#"{"Policy":"{}","PolicyName":"default"}"#.into(), "k\ndefault"),
        (O::DescribeRegions, "x.json", r#"{"Regions":[{"RegionName":"eu-west-1","Endpoint":"ec2.eu-west-1.amazonaws.com","OptInStatus":"opt-in-not-required"}]}"#.into(), ""),
        (O::DescribeSubnets, "x.json", r#"{"Subnets":[{"SubnetId":"s","OwnerId":"111122223333","SubnetArn":"arn:aws:ec2:eu-west-1:111122223333:subnet/s"}]}"#.into(), ""),
        (O::DescribeRouteTables, "x.json", r#"{"RouteTables":[{"RouteTableId":"r","OwnerId":"111122223333"}]}"#.into(), ""),
        (O::PrecomputedFacts, "x.json", r#"{"AssetArn":"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e","AsOf":"2026-11-24T06:00:00Z","endpoint_stale":false}"#.into(), "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e"),
        (O::DescribeSecurityGroups, "x.json", r#"{"SecurityGroups":[{"GroupId":"sg","OwnerId":"111122223333","IpPermissionsEgress":[]}]}"#.into(), ""),
        (O::DescribeElasticFileSystems, "describe-file-systems.json", r#"{"FileSystems":[{"FileSystemId":"fs-1","CreationToken":"x","FileSystemArn":"arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"}]}"#.into(), ""),
        (O::DescribeFsxFileSystems, "describe-file-systems.json", r#"{"FileSystems":[{"FileSystemId":"fs-1","FileSystemType":"LUSTRE","ResourceARN":"arn:aws:fsx:eu-west-1:111122223333:file-system/fs-1"}]}"#.into(), ""),
        (O::DescribeFileSystemPolicy, "x.json", r#"{"FileSystemId":"fs-1","Policy":"{}"}"#.into(), "fs-1"),
        (O::DescribeLogStreams, "x.json", r#"{"logStreams":[{"logStreamName":"nb/jupyter.log","arn":"arn:aws:logs:eu-west-1:111122223333:log-group:/aws/sagemaker/NotebookInstances:log-stream:nb/jupyter.log"}]}"#.into(), "/aws/sagemaker/NotebookInstances\n"),
        (O::LookupEvents, "x.json", r#"{"Events":[{"EventId":"1","CloudTrailEvent":"{\"recipientAccountId\":\"111122223333\",\"awsRegion\":\"eu-west-1\"}"}]}"#.into(), ""),
        (O::ListAccountsForParent, "list-accounts-for-parent--ParentId=ou-1.json", r#"{"Accounts":[{"Id":"111122223333","Arn":"arn:aws:organizations::111122223333:account/o-1/111122223333","JoinedMethod":"CREATED"}]}"#.into(), "ou-1"),
        (O::ListOrganizationalUnitsForParent, "list-organizational-units-for-parent--ParentId=r-1.json", r#"{"OrganizationalUnits":[{"Id":"ou-1","Arn":"arn:aws:organizations::111122223333:ou/o-1/ou-1","Name":"Research"}]}"#.into(), "r-1"),
        (O::ListAccounts, "x.json", r#"{"Accounts":[{"Id":"111122223333","Arn":"arn:aws:organizations::111122223333:account/o-1/111122223333","JoinedMethod":"CREATED"}]}"#.into(), ""),
        (O::GetCallerIdentity, "x.json", r#"{"UserId":"u","Account":"111122223333","Arn":"arn:aws:sts::111122223333:assumed-role/r/s"}"#.into(), ""),
    ];
    let mut covered = std::collections::BTreeSet::new();
    for (operation, name, text, key) in &table {
        covered.insert(*operation);
        let path = format!("{PLACE}/{name}");
        let (out, report) = import(&[(&path, text)]);
        let troubles: Vec<String> = report.troubles().map(ToString::to_string).collect();
        assert_eq!(troubles, Vec::<String>::new(), "{operation}");
        assert_eq!(out.len(), 1, "{operation}");
        assert_eq!(out[0].operation, *operation, "{text}");
        assert_eq!(out[0].key(), *key, "{operation}");
        assert_eq!(out[0].account, "111122223333", "{operation}");
        let region = match operation.row().scope {
            sagewarden_core::operations::Scope::Region => "eu-west-1",
            sagewarden_core::operations::Scope::Global => "aws-global",
        };
        assert_eq!(out[0].region, region, "{operation}");
    }
    let uncovered: Vec<_> = O::ALL
        .iter()
        .filter(|operation| !covered.contains(operation) && **operation != O::Search)
        .map(ToString::to_string)
        .collect();
    assert_eq!(uncovered, Vec::<String>::new(), "every call has a row here");
}

#[test]
fn search_records_stand_alone_and_their_page_tells_completeness() {
    let text = r#"{"Results":[
        {"TrainingJob":{"TrainingJobName":"t1","TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/t1","RoleArn":"r"}},
        {"TrainingJob":{"TrainingJobName":"t2","TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/t2","RoleArn":"r"}}
      ],"NextToken":"n"}
      {"Results":[],"TotalHits":{"Value":2,"Relation":"EqualTo"}}"#;
    let (out, report) = import(&[("search--Resource=TrainingJob.json", text)]);
    assert!(report.is_clean(), "{report:?}");
    let records: Vec<_> = out
        .iter()
        .filter(|o| o.parameters.contains_key("Arn"))
        .collect();
    assert_eq!(records.len(), 2);
    assert_eq!(
        records[0].body().unwrap(),
        r#"{"TrainingJobName":"t1","TrainingJobArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-job/t1","RoleArn":"r"}"#
    );
    let pages: Vec<_> = out
        .iter()
        .filter(|o| !o.parameters.contains_key("Arn"))
        .collect();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].body(), Some(r#"{"Results":[],"NextToken":"n"}"#));
    assert_eq!(pages[1].parameters["NextToken"], "n");
    assert!(
        out.iter()
            .all(|o| o.region == "eu-west-1" && o.account == "111122223333")
    );
}

#[test]
fn a_model_record_gives_the_model_itself() {
    let text = r#"{"Results":[{"Model":{"Model":{"ModelName":"m","ModelArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m"},"Endpoints":[]}},{"Experiment":{"ExperimentName":"x"}}]}"#;
    let (out, report) = import(&[("any.json", text)]);
    assert_eq!(
        out[0].body().unwrap(),
        r#"{"ModelName":"m","ModelArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m"}"#
    );
    assert_eq!(out[0].parameters["Resource"], "Model");
    assert_eq!(report.unrecognised, 1);
}

/// A listing's summary has few members; were it taken for the answer, absence would decide controls.
#[test]
fn a_summary_is_never_taken_for_the_answer() {
    let arn = "arn:aws:sagemaker:eu-west-1:111122223333";
    for text in [
        format!(
            r#"{{"NotebookInstanceName":"n","NotebookInstanceArn":"{arn}:notebook-instance/n","NotebookInstanceStatus":"InService","Url":"u"}}"#
        ),
        format!(
            r#"[{{"TrainingJobName":"t","TrainingJobArn":"{arn}:training-job/t","TrainingJobStatus":"Completed"}}]"#
        ),
        format!(r#"{{"ModelName":"m","ModelArn":"{arn}:model/m","CreationTime":"2026-01-01"}}"#),
        format!(
            r#"{{"EndpointName":"e","EndpointArn":"{arn}:endpoint/e","EndpointStatus":"InService"}}"#
        ),
        format!(r#"{{"EndpointConfigName":"e","EndpointConfigArn":"{arn}:endpoint-config/e"}}"#),
    ] {
        let (out, report) = import(&[("x.json", &text)]);
        assert!(out.is_empty(), "{text}");
        let message = report.troubles().next().unwrap().to_string();
        assert!(message.contains("one item of a listing"), "{message}");
    }
}

#[test]
fn answers_of_other_calls_are_refused() {
    for (name, text) in [
        (
            "describe-processing-job.json",
            r#"{"ProcessingJobArn":"a","TrainingJobArn":"b","RoleArn":"r"}"#,
        ),
        (
            "list-user-policies--UserName=u.json",
            r#"{"PolicyNames":["p"]}"#,
        ),
        ("describe-endpoints.json", r#"{"Endpoints":[]}"#),
        (
            "get-policy--FunctionName=f.json",
            r#"{"Policy":"{}","RevisionId":"x"}"#,
        ),
        (
            "x.json",
            r#"{"format_version":"1.2","resource_changes":[]}"#,
        ),
        ("x.json", r#"{"Endpoints":["https://x"]}"#),
        (
            "x.json",
            r#"{"Models":[{"ModelArn":"a"}],"Endpoints":[{"EndpointArn":"a"}]}"#,
        ),
        ("x.json", "{}"),
        ("x.json", "[1, \"a\", null]"),
        ("x.json", "42"),
    ] {
        let (out, report) = import(&[(name, text)]);
        assert!(out.is_empty(), "{name}: {text}");
        assert!(report.unrecognised > 0, "{name}: {text}: {report:?}");
    }
}
