//! Reading the shape of a training job from a snapshot line, beside parsers that read the same
//! line: to nothing, and to a tree.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use sagewarden_core::facts::cohort::{Cohorts, JobShape};
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// Lines as a collector writes them: secrets reduced, members in the service's order.
fn lines() -> Vec<String> {
    (0..64).map(line).collect()
}

fn line(number: usize) -> String {
    let name = format!(
        "churn-xgb-nightly-2026-11-{:02}-{number:06}",
        number % 28 + 1
    );
    let transitions: Vec<Value> = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
        .iter()
        .map(|status| {
            json!({"Status": status, "StartTime": 1_795_500_000.123 + number as f64,
                "EndTime": 1_795_500_060.5 + number as f64,
                "StatusMessage": format!("{status} the training job: preparing instances, this may take a few minutes")})
        })
        .collect();
    let metrics: Vec<Value> = ["train:auc", "validation:auc", "train:logloss", "validation:logloss"]
        .iter()
        .map(|metric| json!({"MetricName": metric, "Value": 0.912_345_678, "Timestamp": 1_795_500_400.0}))
        .collect();
    let mut hyper_parameters: serde_json::Map<String, Value> = (0..number % 12 + 6)
        .map(|index| {
            let reduced = json!({"$redacted": {"length": 3, "sha256": format!("{:064x}", index * 7919 + 13), "features": []}});
            (format!("parameter_{index}"), reduced)
        })
        .collect();
    hyper_parameters.insert(
        "sagemaker_submit_directory".to_owned(),
        json!(format!(
            "\"s3://sagemaker-eu-west-1-111122223333/{name}/source/sourcedir.tar.gz\""
        )),
    );
    let channels = ["train", "validation"].map(|channel| json!({"ChannelName": channel,
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": format!("s3://acme-prod-training/churn/{channel}/"), "S3DataDistributionType": "FullyReplicated"}},
            "ContentType": "text/csv", "CompressionType": "None", "RecordWrapperType": "None"}));
    let body = json!({
        "TrainingJobName": name,
        "TrainingJobArn": format!("arn:aws:sagemaker:eu-west-1:111122223333:training-job/{name}"),
        "ModelArtifacts": {"S3ModelArtifacts": format!("s3://acme-models/churn/{name}/output/model.tar.gz")},
        "TrainingJobStatus": "Completed", "SecondaryStatus": "Completed",
        "HyperParameters": hyper_parameters,
        "AlgorithmSpecification": {"TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/acme-train:4.1",
            "TrainingInputMode": "File", "MetricDefinitions": [{"Name": "train:auc", "Regex": ".*\\[[0-9]+\\].*#011train-auc:([-+]?[0-9]*\\.?[0-9]+).*"}],
            "EnableSageMakerMetricsTimeSeries": false},
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/acme-training",
        "InputDataConfig": channels,
        "OutputDataConfig": {"KmsKeyId": "", "S3OutputPath": "s3://acme-models/churn/", "CompressionType": "GZIP"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": number % 3 + 1, "VolumeSizeInGB": 50},
        "VpcConfig": {"SecurityGroupIds": ["sg-0a0b0c0d0e0f00001"], "Subnets": ["subnet-0a0b0c0d0e0f00001", "subnet-0a0b0c0d0e0f00002"]},
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        "CreationTime": "2026-11-03T03:00:00.123000+00:00", "TrainingStartTime": "2026-11-03T03:02:00+00:00",
        "TrainingEndTime": "2026-11-03T03:40:00+00:00", "LastModifiedTime": "2026-11-03T03:40:30+00:00",
        "SecondaryStatusTransitions": transitions, "FinalMetricDataList": metrics,
        "EnableNetworkIsolation": false, "EnableInterContainerTrafficEncryption": number.is_multiple_of(2), "EnableManagedSpotTraining": false,
        "TrainingTimeInSeconds": 2280, "BillableTimeInSeconds": 2280,
        "DebugHookConfig": {"S3OutputPath": "s3://acme-models/churn/", "CollectionConfigurations": []},
        "ProfilerConfig": {"S3OutputPath": "s3://acme-models/churn/", "ProfilingIntervalInMilliseconds": 500, "DisableProfiler": false},
        "Environment": {"PYTHONUNBUFFERED": {"$redacted": {"length": 1, "sha256": format!("{:064x}", 1), "features": []}}},
        "ProfilingStatus": "Enabled",
    });
    json!({"operation": "sagemaker:DescribeTrainingJob", "parameters": {"TrainingJobName": name}, "account": "111122223333",
        "region": "eu-west-1", "time": "2026-11-24T06:00:00Z", "outcome": "ok", "body": body}).to_string()
}

fn job_shape(criterion: &mut Criterion) {
    let lines = lines();
    let bytes: usize = lines.iter().map(String::len).sum();
    let mut group = criterion.benchmark_group("training job line");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("JobShape", |bench| {
        bench.iter(|| {
            for line in &lines {
                black_box(JobShape::parse(black_box(line)).expect("a shape"));
            }
        });
    });
    group.bench_function("JobShape and cohort", |bench| {
        let mut cohorts = Cohorts::default();
        bench.iter(|| {
            for line in &lines {
                let shape = JobShape::parse(black_box(line)).expect("a shape");
                if black_box(cohorts.find(&shape, false, &[]).expect("a shape")).is_none() {
                    cohorts.add(0);
                }
            }
        });
    });
    group.bench_function("skim to nothing", |bench| {
        bench.iter(|| {
            for line in &lines {
                black_box(
                    sagewarden_core::json::skim::from_str::<IgnoredAny>(black_box(line))
                        .expect("JSON"),
                );
            }
        });
    });
    group.bench_function("serde_json to nothing", |bench| {
        bench.iter(|| {
            for line in &lines {
                black_box(serde_json::from_str::<IgnoredAny>(black_box(line)).expect("JSON"));
            }
        });
    });
    group.bench_function("serde_json to a tree", |bench| {
        bench.iter(|| {
            for line in &lines {
                black_box(serde_json::from_str::<Value>(black_box(line)).expect("JSON"));
            }
        });
    });
    group.bench_function("sonic-rs to a tree", |bench| {
        bench.iter(|| {
            for line in &lines {
                black_box(sonic_rs::from_str::<sonic_rs::Value>(black_box(line)).expect("JSON"));
            }
        });
    });
    group.bench_function("simd-json to a tape", |bench| {
        bench.iter_batched(
            || {
                lines
                    .iter()
                    .map(|line| line.clone().into_bytes())
                    .collect::<Vec<_>>()
            },
            |mut lines| {
                for line in &mut lines {
                    black_box(simd_json::to_tape(line).expect("JSON"));
                }
            },
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, job_shape);
criterion_main!(benches);
