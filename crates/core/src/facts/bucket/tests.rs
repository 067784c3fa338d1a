//! The ladder, step by step.

use super::*;
use serde_json::{Value, json};

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";

fn line(operation: &str, account: &str, parameters: Value, rest: Value) -> Observation {
    let region = match operation {
        "s3control:ListAccessPoints" | "s3:ListDirectoryBuckets" => "eu-west-1",
        _ => "aws-global",
    };
    let mut line = json!({"operation": operation, "parameters": parameters, "account": account, "region": region});
    line.as_object_mut()
        .unwrap()
        .extend(rest.as_object().unwrap().clone());
    serde_json::from_str(&line.to_string()).unwrap()
}

fn list(account: &str, names: &[&str], token: Option<&str>) -> Observation {
    let buckets: Vec<Value> = names
        .iter()
        .map(|name| json!({"Name": name, "CreationDate": "2024-01-01T00:00:00Z"}))
        .collect();
    let mut body = json!({"Buckets": buckets});
    if let Some(token) = token {
        body["ContinuationToken"] = json!(token);
    }
    line(
        "s3:ListBuckets",
        account,
        json!({}),
        json!({"outcome": "ok", "body": body}),
    )
}

fn head(bucket: &str, owner: &str, rest: Value) -> Observation {
    let mut parameters = json!({"Bucket": bucket});
    if !owner.is_empty() {
        parameters["ExpectedBucketOwner"] = json!(owner);
    }
    line("s3:HeadBucket", OWN, parameters, rest)
}

fn ok() -> Value {
    json!({"outcome": "ok", "body": {}})
}
fn forbidden() -> Value {
    json!({"outcome": "denied", "code": "403"})
}
fn gone() -> Value {
    json!({"outcome": "not_found", "code": "404"})
}
fn moved() -> Value {
    json!({"outcome": "failed", "code": "301"})
}

fn answer(observations: Vec<Observation>, bucket: &str) -> Result<(Owner, Step), String> {
    let estate = Estate::new(observations);
    let fact = Buckets::of(&estate).ownership(OWN, "eu-west-1", bucket);
    match fact.value() {
        Some(ownership) => Ok((ownership.owner, ownership.step)),
        None => Err(fact
            .missing()
            .unwrap()
            .iter()
            .map(|missing| missing.operation.map(|o| o.row().name).unwrap_or("-"))
            .collect::<Vec<_>>()
            .join(" ")),
    }
}

#[test]
fn each_rung_answers() {
    let whole = || list(OWN, &["mine"], None);
    let part = || list(OWN, &["mine"], Some("more"));
    type Case = (
        Vec<Observation>,
        &'static str,
        Result<(Owner, Step), &'static str>,
    );
    let cases: Vec<Case> = vec![
        (vec![whole()], "mine", Ok((Owner::Own, Step::Listed))),
        (vec![part()], "mine", Ok((Owner::Own, Step::Listed))),
        (vec![whole()], "b", Err("HeadBucket")),
        (
            vec![whole(), head("b", "", gone())],
            "b",
            Ok((Owner::Nonexistent, Step::MissingEverywhere)),
        ),
        (
            vec![whole(), head("b", "", ok())],
            "b",
            Ok((Owner::Foreign, Step::ExistsUnlisted)),
        ),
        (
            vec![whole(), head("b", "", forbidden())],
            "b",
            Ok((Owner::Foreign, Step::ExistsUnlisted)),
        ),
        (
            vec![whole(), head("b", "", moved())],
            "b",
            Ok((Owner::Foreign, Step::ExistsUnlisted)),
        ),
        (
            vec![
                whole(),
                head(
                    "b",
                    "",
                    json!({"outcome": "denied", "code": "ExpiredToken"}),
                ),
            ],
            "b",
            Err("HeadBucket"),
        ),
        (
            vec![
                whole(),
                head("b", "", json!({"outcome": "failed", "code": "400"})),
            ],
            "b",
            Err("HeadBucket"),
        ),
        (
            vec![part(), head("b", "", forbidden())],
            "b",
            Err("ListBuckets HeadBucket HeadBucket"),
        ),
        (
            vec![head("b", OWN, ok())],
            "b",
            Ok((Owner::Own, Step::OwnerConfirmed)),
        ),
        (
            vec![head("b", "", ok()), head("b", OWN, forbidden())],
            "b",
            Ok((Owner::Foreign, Step::OwnerRefused)),
        ),
        (
            vec![head("b", "", forbidden()), head("b", OWN, forbidden())],
            "b",
            Err("ListBuckets HeadBucket HeadBucket"),
        ),
        (
            vec![head("b", OTHER, ok())],
            "b",
            Ok((Owner::Foreign, Step::OwnerConfirmed)),
        ),
        (
            vec![list(OTHER, &["b"], None)],
            "b",
            Ok((Owner::Foreign, Step::ListedElsewhere)),
        ),
        (vec![], "b", Err("ListBuckets HeadBucket HeadBucket")),
    ];
    for (index, (observations, bucket, expected)) in cases.into_iter().enumerate() {
        let expected = expected.map_err(str::to_owned);
        assert_eq!(answer(observations, bucket), expected, "case {index}");
    }
}

#[test]
fn a_listing_that_was_asked_for_some_names_shows_no_absence() {
    let narrowed = line(
        "s3:ListBuckets",
        OWN,
        json!({"Prefix": "x"}),
        json!({"outcome": "ok", "body": {"Buckets": []}}),
    );
    let found = answer(vec![narrowed, head("b", "", forbidden())], "b");
    assert!(found.unwrap_err().starts_with("ListBuckets"));
}

#[test]
fn access_points_tell_their_bucket() {
    let points = json!({"AccessPointList": [
        {"Name": "lake", "Alias": "lake-abc-s3alias", "Bucket": "theirs", "BucketAccountId": OTHER},
        {"Name": "home", "Alias": "home-abc-s3alias", "Bucket": "mine"},
    ]});
    let estate = Estate::new(vec![
        line(
            "s3control:ListAccessPoints",
            OWN,
            json!({}),
            json!({"outcome": "ok", "body": points}),
        ),
        list(OWN, &["mine"], None),
    ]);
    let buckets = Buckets::of(&estate);
    let owner = |uri: &str| {
        let location = S3Uri::parse(uri).unwrap();
        let fact = buckets.owner_of(OWN, "eu-west-1", &location);
        fact.value()
            .map(|ownership| (ownership.owner, ownership.account.clone()))
    };
    let theirs = Some((Owner::Foreign, Some(OTHER.to_owned())));
    let mine = Some((Owner::Own, Some(OWN.to_owned())));
    assert_eq!(owner("s3://lake-abc-s3alias/k"), theirs);
    assert_eq!(owner("s3://home-abc-s3alias/k"), mine);
    assert_eq!(
        owner("s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/home/k"),
        mine
    );
    assert_eq!(
        owner("s3://arn:aws:s3:eu-west-1:444455556666:accesspoint/home/k"),
        theirs
    );
    assert_eq!(owner("s3://other-abc-s3alias/k"), None);
    let location = S3Uri::parse("s3://home-abc-s3alias/k").unwrap();
    let bucket = buckets.bucket_of(OWN, "eu-west-1", &location);
    assert_eq!(bucket.value().map(|name| name.as_ref()), Some("mine"));
}
