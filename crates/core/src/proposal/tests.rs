//! Laws of the proposed policy: within what is declared, enough for it, and always the same.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::estate::Estate;
use crate::jobs::MemoryJobs;
use crate::judge::Selection;
use crate::snapshot::Observation;
use crate::time::Time;
use crate::tunables::Tunables;
use sagewarden_iam::{Extent, Question, Universe};

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/train";

fn observed(operation: &str, region: &str, parameters: Value, body: Value) -> Observation {
    serde_json::from_value(json!({
        "operation": operation, "parameters": parameters, "account": ACCOUNT,
        "region": region, "outcome": "ok", "body": body,
    }))
    .unwrap()
}

fn job(name: &str, role: &str, members: Value) -> Observation {
    let partition = role.split(':').nth(1).unwrap();
    let region = if partition == "aws-cn" {
        "cn-north-1"
    } else {
        "eu-west-1"
    };
    let mut body = json!({
        "TrainingJobName": name,
        "TrainingJobArn": format!("arn:{partition}:sagemaker:{region}:{ACCOUNT}:training-job/{name}"),
        "RoleArn": role,
        "TrainingJobStatus": "Completed",
        "CreationTime": "2026-11-20T00:00:00Z",
        "TrainingStartTime": "2026-11-20T00:01:00Z",
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
    });
    for (key, value) in members.as_object().unwrap() {
        body[key] = value.clone();
    }
    observed(
        "sagemaker:DescribeTrainingJob",
        region,
        json!({"TrainingJobName": name}),
        body,
    )
}

fn channel(kind: &str, uri: &str) -> Value {
    json!({"ChannelName": "c", "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}}})
}

fn role(arn: &str, policies: &[Value]) -> Observation {
    let policies: Vec<Value> = policies
        .iter()
        .enumerate()
        .map(|(index, statements)| {
            json!({
                "PolicyName": format!("p{index}"),
                "PolicyDocument": {"Version": "2012-10-17", "Statement": statements},
            })
        })
        .collect();
    observed(
        "iam:GetAccountAuthorizationDetails",
        "aws-global",
        json!({}),
        json!({"RoleDetailList": [{
            "RoleName": "train", "Arn": arn, "RolePolicyList": policies,
            "AttachedManagedPolicies": [],
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
                "Action": "sts:AssumeRole"}]},
        }], "Policies": [], "IsTruncated": false}),
    )
}

fn everything() -> Value {
    json!([{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}])
}

/// The proposal and its trial for `arn`, without controls.
fn proposed(observations: Vec<Observation>, arn: &str) -> (Proposal, Trial) {
    let (jobs, rest) = MemoryJobs::split(observations);
    let estate = Estate::new(rest);
    let tunables = Tunables::default();
    let as_of = Time::parse("2026-11-24T06:00:00Z").unwrap();
    let context = Context::new(&estate, &tunables, as_of);
    let mut gathering = Gathering::new([arn]);
    gathering.estate(&context);
    gathering.jobs(&context, &jobs).unwrap();
    let proposal = gathering.propose(&context, arn).unwrap();
    let trial = trial(&context, &context, &Selection::new(Vec::new()), &proposal);
    (proposal, trial)
}

fn resources(proposal: &Proposal, action: &str) -> Vec<String> {
    let mut all: Vec<String> = proposal
        .statements
        .iter()
        .filter(|statement| statement.allows(action))
        .flat_map(|statement| statement.resources.clone())
        .collect();
    all.sort();
    all
}

#[test]
fn a_prefix_is_raw_a_root_is_the_bucket_and_an_output_is_a_folder() {
    let jobs = job(
        "a",
        ROLE,
        json!({
            "InputDataConfig": [
                channel("S3Prefix", "s3://data/train"), channel("S3Prefix", "s3://whole"),
            ],
            "OutputDataConfig": {"S3OutputPath": "s3://out/models/"},
            "CheckpointConfig": {"S3Uri": "s3://out/ckpt"},
            "HyperParameters": {"sagemaker_submit_directory": "\"s3://code/x/sourcedir.tar.gz\""},
        }),
    );
    let (proposal, trial) = proposed(vec![role(ROLE, &[everything()]), jobs], ROLE);
    assert_eq!(
        resources(&proposal, "s3:GetObject"),
        [
            "arn:aws:s3:::code/x/sourcedir.tar.gz",
            "arn:aws:s3:::data/train*",
            "arn:aws:s3:::out/ckpt/*",
            "arn:aws:s3:::whole/*",
        ]
    );
    assert_eq!(
        resources(&proposal, "s3:PutObject"),
        ["arn:aws:s3:::out/ckpt/*", "arn:aws:s3:::out/models/*"]
    );
    assert_eq!(
        resources(&proposal, "s3:DeleteObject"),
        ["arn:aws:s3:::out/ckpt/*"]
    );
    let listing: Vec<(&[String], Option<&Value>)> = proposal
        .statements
        .iter()
        .filter(|statement| statement.allows("s3:ListBucket"))
        .map(|statement| (statement.resources.as_slice(), statement.condition.as_ref()))
        .collect();
    let limited = json!({"StringLike": {"s3:prefix": "train*"}});
    assert_eq!(
        listing,
        [
            (&["arn:aws:s3:::whole".to_owned()][..], None),
            (&["arn:aws:s3:::data".to_owned()][..], Some(&limited)),
        ]
    );
    assert!(trial.accepted, "{:?}", trial.still);
}

#[test]
fn a_manifest_opens_its_bucket_and_says_so() {
    let jobs = job(
        "a",
        ROLE,
        json!({"InputDataConfig": [channel("ManifestFile", "s3://data/lists/m.json")]}),
    );
    let (proposal, _) = proposed(vec![role(ROLE, &[everything()]), jobs], ROLE);
    assert_eq!(
        resources(&proposal, "s3:GetObject"),
        ["arn:aws:s3:::data/*"]
    );
    assert!(
        proposal
            .notes
            .iter()
            .any(|note| note.contains("lists/m.json")),
        "{:?}",
        proposal.notes
    );
}

#[test]
fn what_runs_name_after_themselves_is_granted_to_the_next_run() {
    let run = |day: &str| {
        let name = format!("churn-{day}");
        let code = format!("\"s3://code/{name}/source/sourcedir.tar.gz\"");
        job(
            &name,
            ROLE,
            json!({"HyperParameters": {"sagemaker_submit_directory": code}}),
        )
    };
    let jobs = [run("20261119"), run("20261120")];
    let (proposal, _) = proposed(
        [vec![role(ROLE, &[everything()])], jobs.to_vec()].concat(),
        ROLE,
    );
    assert_eq!(
        resources(&proposal, "s3:GetObject"),
        ["arn:aws:s3:::code/churn-*/source/sourcedir.tar.gz"]
    );
}

#[test]
fn families_do_not_open_each_others_folders() {
    let run = |name: &str| {
        let uri = format!("s3://out/{name}/ckpt");
        job(name, ROLE, json!({"CheckpointConfig": {"S3Uri": uri}}))
    };
    let jobs = [
        run("churn-1"),
        run("fraud-2"),
        run("20261120"),
        run("plain"),
    ];
    let (proposal, _) = proposed(
        [vec![role(ROLE, &[everything()])], jobs.to_vec()].concat(),
        ROLE,
    );
    assert_eq!(
        resources(&proposal, "s3:DeleteObject"),
        [
            "arn:aws:s3:::out/20261120/ckpt/*",
            "arn:aws:s3:::out/churn-*/ckpt/*",
            "arn:aws:s3:::out/fraud-*/ckpt/*",
            "arn:aws:s3:::out/plain/ckpt/*",
        ]
    );
}

#[test]
fn keys_images_and_networks_of_a_job() {
    let jobs = job(
        "a",
        ROLE,
        json!({
            "OutputDataConfig": {"S3OutputPath": "s3://out", "KmsKeyId": "alias/ml"},
            "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1,
                "VolumeKmsKeyId": "1234abcd"},
            "AlgorithmSpecification": {
                "TrainingImage": "444455556666.dkr.ecr.us-east-1.amazonaws.com/team/train:1"},
            "VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]},
        }),
    );
    let (proposal, trial) = proposed(vec![role(ROLE, &[everything()]), jobs], ROLE);
    assert_eq!(
        resources(&proposal, "kms:CreateGrant"),
        ["arn:aws:kms:eu-west-1:111122223333:key/1234abcd"]
    );
    // The key behind the alias was not read, so the alias itself is the limit.
    let output = proposal
        .statements
        .iter()
        .find(|statement| statement.sid == "OutputKey")
        .unwrap();
    assert_eq!(
        output.resources,
        ["arn:aws:kms:eu-west-1:111122223333:key/*"]
    );
    assert_eq!(
        output.condition,
        Some(json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/ml"}}))
    );
    assert_eq!(
        resources(&proposal, "ecr:BatchGetImage"),
        ["arn:aws:ecr:us-east-1:444455556666:repository/team/train"]
    );
    assert_eq!(resources(&proposal, "ec2:CreateNetworkInterface"), ["*"]);
    assert!(trial.accepted, "{:?}", trial.still);
}

#[test]
fn china_has_its_own_partition_and_names() {
    let arn = "arn:aws-cn:iam::111122223333:role/train";
    let encryption = observed(
        "s3:GetBucketEncryption",
        "aws-global",
        json!({"Bucket": "data"}),
        json!({"ServerSideEncryptionConfiguration": {"Rules": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "k1"}}]}}),
    );
    let key = observed(
        "kms:DescribeKey",
        "cn-north-1",
        json!({"KeyId": "k1"}),
        json!({"KeyMetadata": {"KeyId": "k1", "KeyManager": "CUSTOMER",
            "Arn": "arn:aws-cn:kms:cn-north-1:111122223333:key/k1"}}),
    );
    let jobs = job(
        "a",
        arn,
        json!({"InputDataConfig": [channel("S3Prefix", "s3://data/x")]}),
    );
    let (proposal, trial) = proposed(vec![role(arn, &[everything()]), jobs, encryption, key], arn);
    let foreign = proposal
        .statements
        .iter()
        .flat_map(|statement| &statement.resources)
        .find(|resource| *resource != "*" && !resource.starts_with("arn:aws-cn:"));
    assert_eq!(foreign, None);
    let decrypt = proposal
        .statements
        .iter()
        .find(|statement| statement.allows("kms:Decrypt"))
        .unwrap();
    assert_eq!(
        decrypt.condition,
        Some(json!({"StringEquals": {"kms:ViaService":
            ["s3.cn-north-1.amazonaws.com", "s3.cn-north-1.amazonaws.com.cn"]}}))
    );
    assert!(trial.accepted, "{:?}", trial.still);
}

#[test]
fn a_deny_of_today_stays() {
    let deny = json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Sid": "No", "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/secret/*"},
    ]);
    let jobs = job(
        "a",
        ROLE,
        json!({"InputDataConfig": [channel("S3Prefix", "s3://data/")]}),
    );
    let (proposal, _) = proposed(vec![role(ROLE, &[deny]), jobs], ROLE);
    let answer = |key: &str| proposal.role.point("s3:GetObject", key).answer;
    assert_eq!(answer("arn:aws:s3:::data/secret/x"), Granted::Deny);
    assert_eq!(answer("arn:aws:s3:::data/other"), Granted::Allow);
}

#[test]
fn a_long_policy_comes_in_documents_that_fit() {
    let channels: Vec<Value> = (0..80)
        .map(|index| {
            channel(
                "S3Prefix",
                &format!("s3://data-{index}/a/long/prefix/of/keys/"),
            )
        })
        .collect();
    let jobs = job("a", ROLE, json!({ "InputDataConfig": channels }));
    let (proposal, trial) = proposed(vec![role(ROLE, &[everything()]), jobs], ROLE);
    assert!(proposal.documents.len() > 1);
    assert!(proposal.documents.len() <= ATTACHED_LIMIT);
    for document in &proposal.documents {
        assert!(characters(document) <= MANAGED_LIMIT);
    }
    assert!(proposal.notes.iter().any(|note| note.contains("documents")));
    assert_eq!(resources(&proposal, "s3:GetObject").len(), 80);
    assert!(trial.accepted, "{:?}", trial.still);
}

#[test]
fn what_ten_policies_do_not_hold_is_merged_below_its_bucket() {
    let channels: Vec<Value> = (0..2000)
        .map(|index| {
            channel(
                "S3Prefix",
                &format!("s3://data/team/{index:04}/a/long/prefix/of/keys/"),
            )
        })
        .collect();
    let jobs = job("a", ROLE, json!({ "InputDataConfig": channels }));
    let (proposal, trial) = proposed(vec![role(ROLE, &[everything()]), jobs], ROLE);
    assert!(proposal.documents.len() <= ATTACHED_LIMIT);
    assert_eq!(
        resources(&proposal, "s3:GetObject"),
        ["arn:aws:s3:::data/team/*"]
    );
    assert!(
        proposal
            .notes
            .iter()
            .any(|note| note.contains("are merged into"))
    );
    assert!(trial.accepted, "{:?}", trial.still);
}

#[test]
fn losses_are_exact() {
    let today = json!([
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/train*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::extra/*"},
        {"Effect": "Allow", "Action": ["s3:List*", "sqs:SendMessage"], "Resource": "*"},
        {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"},
    ]);
    let jobs = job(
        "a",
        ROLE,
        json!({"InputDataConfig": [channel("S3Prefix", "s3://data/train")]}),
    );
    let (_, trial) = proposed(vec![role(ROLE, &[today]), jobs], ROLE);
    let lost: Vec<(&str, bool)> = trial
        .losses
        .iter()
        .map(|loss| (loss.action.as_str(), loss.partly))
        .collect();
    // Of reading, only the other bucket; of listing, other buckets and every other call; what is
    // denied today is no loss.
    assert_eq!(
        lost,
        [
            ("s3:GetObject", true),
            ("s3:ListBucket", true),
            ("s3:List*", false)
        ]
    );
    let witness = trial.losses[0].witness.as_deref().unwrap();
    assert!(witness.starts_with("arn:aws:s3:::extra/"), "{witness}");
    let becomes: Vec<&str> = trial.changes.iter().map(|change| change.becomes).collect();
    assert_eq!(becomes, ["narrowed", "narrowed", "narrowed"]);
}

/// A location, as a channel or an output names it.
fn uri() -> impl Strategy<Value = (String, String)> {
    ("[a-c]{3}", "[ab/*?$é]{0,5}")
}

/// A key as a question's pattern: an odd character stands for any one.
fn plain(key: &str) -> String {
    key.replace(['*', '?', '$'], "?")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn never_outside_what_is_declared_and_never_short_of_it(
        reads in proptest::collection::vec(uri(), 0..5),
        writes in proptest::collection::vec(uri(), 0..4),
    ) {
        let jobs: Vec<Observation> = (0..reads.len().max(writes.len()).max(1))
            .map(|index| {
                let mut members = json!({});
                if let Some((bucket, key)) = reads.get(index) {
                    members["InputDataConfig"] = json!([channel("S3Prefix", &format!("s3://{bucket}/{key}"))]);
                }
                if let Some((bucket, key)) = writes.get(index) {
                    members["OutputDataConfig"] = json!({"S3OutputPath": format!("s3://{bucket}/{key}")});
                }
                job(&format!("j{index}"), ROLE, members)
            })
            .collect();
        let mut observations = vec![role(ROLE, &[everything()])];
        observations.extend(jobs);
        let (proposal, trial) = proposed(observations, ROLE);
        prop_assert!(trial.accepted, "{:?}", trial.still);
        let after = &proposal.role;
        let objects = || Universe::objects(&after.arn);
        let read: Vec<String> = reads
            .iter()
            .map(|(bucket, key)| format!("arn:aws:s3:::{bucket}/{}*", plain(key)))
            .collect();
        let answer = after.universal(&Question::new("s3:GetObject", objects()).outside(read));
        prop_assert_eq!(answer.may, Extent::None, "{:?}", answer.witness);
        let written: Vec<String> = writes
            .iter()
            .map(|(bucket, key)| match key.trim_end_matches('/') {
                "" => format!("arn:aws:s3:::{bucket}/*"),
                key => format!("arn:aws:s3:::{bucket}/{}/*", plain(key)),
            })
            .collect();
        let answer = after.universal(&Question::new("s3:PutObject", objects()).outside(written));
        prop_assert_eq!(answer.may, Extent::None, "{:?}", answer.witness);
        for (bucket, key) in &reads {
            let object = format!("arn:aws:s3:::{bucket}/{key}x");
            prop_assert_eq!(after.point("s3:GetObject", &object).answer, Granted::Allow, "{}", object);
        }
        for (bucket, key) in &writes {
            let folder = key.trim_end_matches('/');
            let slash = if folder.is_empty() { "" } else { "/" };
            let object = format!("arn:aws:s3:::{bucket}/{folder}{slash}x");
            prop_assert_eq!(after.point("s3:PutObject", &object).answer, Granted::Allow, "{}", object);
        }
    }

    #[test]
    fn order_repetition_and_the_cut_of_policies_change_nothing(
        reads in proptest::collection::vec(uri(), 1..5), at in 0_usize..4,
    ) {
        let statements = [
            json!({"Sid": "A", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::aaa/*"}),
            json!({"Sid": "B", "Effect": "Allow", "Action": ["s3:GetObject", "iam:PassRole"], "Resource": "*"}),
            json!({"Sid": "C", "Effect": "Allow", "NotAction": "ec2:*", "Resource": "arn:aws:s3:::bbb*"}),
            json!({"Sid": "D", "Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}),
        ];
        let (head, tail) = statements.split_at(at);
        let jobs: Vec<Observation> = reads
            .iter()
            .enumerate()
            .map(|(index, (bucket, key))| {
                let uri = format!("s3://{bucket}/{key}");
                job(&format!("j{index}"), ROLE, json!({"InputDataConfig": [channel("S3Prefix", &uri)]}))
            })
            .collect();
        let with = |policies: &[Value], jobs: Vec<Observation>| {
            let mut all = vec![role(ROLE, policies)];
            all.extend(jobs);
            let (proposal, trial) = proposed(all, ROLE);
            let losses: Vec<_> = trial
                .losses
                .iter()
                .map(|loss| (loss.action.clone(), loss.partly, loss.witness.clone()))
                .collect();
            (proposal.documents, losses)
        };
        let whole = with(&[json!(statements)], jobs.clone());
        prop_assert_eq!(&whole, &with(&[json!(head), json!(tail)], jobs.clone()));
        let shuffled: Vec<Observation> = jobs.iter().rev().chain(&jobs).cloned().collect();
        prop_assert_eq!(&whole.0, &with(&[json!(statements)], shuffled).0);
    }
}
