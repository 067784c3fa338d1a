//! Which rights the signed-in principal lacks.
//!
//! Enters: the calls of a plan. Leaves: for each whether it is allowed, told by trying. A call about one thing asks about a name
//! that nothing has: the right is decided before the name is looked up, so that "not there" means allowed.
//! Deliberately absent: simulation of policies, which knows neither organisations' nor sessions' limits.

use std::cell::RefCell;

use sagewarden_core::facts::traffic::{INVOCATIONS, query};
use sagewarden_core::operations::Operation as O;
use sagewarden_core::snapshot::{Outcome, Parameters};
use serde_json::{Value, json};

use crate::walk::{Site, at_once, lists};

/// Whether a call is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Right {
    /// It was answered, or its name was not there.
    Allowed,
    /// It was refused.
    Denied,
    /// It could not be told, for this reason.
    Untold(String),
}

/// A name that nothing has.
const NOBODY: &str = "sagewarden-permission-check";

pub(crate) async fn rights(site: &Site<'_, '_>) -> Vec<(O, Right)> {
    let own = lists(site).await.unwrap_or_default();
    let bucket = own.first().map(String::as_str);
    let told = RefCell::new(Vec::new());
    at_once(site.run.plan.operations(), |operation| {
        let told = &told;
        async move {
            let right = one(site, operation, bucket).await;
            told.borrow_mut().push((operation, right));
        }
    })
    .await;
    let mut told = told.into_inner();
    told.sort_by_key(|(operation, _)| *operation);
    told
}

async fn one(site: &Site<'_, '_>, operation: O, bucket: Option<&str>) -> Right {
    if operation.row().service == "s3"
        && operation.row().key.contains(&"Bucket")
        && bucket.is_none()
    {
        return Right::Untold("the account has no bucket to ask about".to_owned());
    }
    let asked = site.whole(operation, request(site, operation, bucket));
    match site.call(operation, &asked).await {
        Outcome::Ok { .. } | Outcome::Absent { .. } | Outcome::NotFound { .. } => Right::Allowed,
        Outcome::Denied { .. } => Right::Denied,
        Outcome::Throttled { code } => Right::Untold(code),
        // What is wrong with the request is looked at after the right to make it.
        Outcome::Failed { code } if code.contains("Validation") || code.contains("Invalid") => {
            Right::Allowed
        }
        Outcome::Failed { code } => Right::Untold(code),
    }
}

fn request(site: &Site<'_, '_>, operation: O, bucket: Option<&str>) -> Parameters {
    let mut asked: Parameters = operation
        .row()
        .key
        .iter()
        .map(|member| {
            let value = match *member {
                "Bucket" => bucket.unwrap_or(NOBODY).to_owned(),
                "ExpectedBucketOwner" => site.account.id.clone(),
                "DomainId" | "DomainIdEquals" => "d-aaaaaaaaaaaa".to_owned(),
                "ResourceArn" => format!(
                    "arn:{}:sagemaker:{}:{}:endpoint/{NOBODY}",
                    sagewarden_core::arn::partition_of(site.region),
                    site.region,
                    site.account.id
                ),
                "PolicyArn" => "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
                "VersionId" => "v1".to_owned(),
                "KeyId" => "00000000-0000-0000-0000-000000000000".to_owned(),
                "FileSystemId" => "fs-00000000000000000".to_owned(),
                "logGroupName" => "/aws/sagemaker/NotebookInstances".to_owned(),
                "StartTime" => site.run.as_of.minus_days(1).to_string(),
                "EndTime" => site.run.as_of.to_string(),
                _ => NOBODY.to_owned(),
            };
            ((*member).to_owned(), Value::String(value))
        })
        .collect();
    let mut add = |member: &str, value: Value| asked.insert(member.to_owned(), value);
    match operation {
        O::Search => {
            add("Resource", json!("TrainingJob"));
        }
        O::ListObjectsV2 | O::ListObjectVersions => {
            add("MaxKeys", json!(1));
        }
        O::GetMetricData => {
            let of = [("EndpointName", NOBODY)];
            add("MetricDataQueries", json!([query("m1", INVOCATIONS, &of)]));
        }
        _ => {}
    }
    if operation == O::Search {
        asked.remove("Arn");
    }
    asked
}
