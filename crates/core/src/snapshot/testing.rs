//! Observations for tests.

use super::observation::{Observation, Outcome, Parameters};
use crate::operations::Operation;

pub(super) fn observation(
    operation: Operation,
    parameters: &[(&str, &str)],
    outcome: Outcome,
) -> Observation {
    let parameters: Parameters = parameters
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).into()))
        .collect();
    Observation {
        operation,
        parameters,
        account: "111122223333".to_owned(),
        region: "eu-west-1".to_owned(),
        time: None,
        source: None,
        unresolved: Vec::new(),
        located: Vec::new(),
        outcome,
    }
}

pub(super) fn ok(body: &str) -> Outcome {
    Outcome::Ok {
        body: serde_json::value::RawValue::from_string(body.to_owned()).unwrap(),
    }
}

pub(super) fn model(name: &str, body: &str) -> Observation {
    observation(Operation::DescribeModel, &[("ModelName", name)], ok(body))
}

pub(super) fn job(name: &str, body: &str) -> Observation {
    observation(
        Operation::DescribeTrainingJob,
        &[("TrainingJobName", name)],
        ok(body),
    )
}

pub(super) fn page(token: Option<&str>, next: Option<&str>) -> Observation {
    let body = serde_json::json!({ "Models": [], "NextToken": next });
    let token: Vec<_> = token
        .map(|token| ("NextToken", token))
        .into_iter()
        .collect();
    observation(Operation::ListModels, &token, ok(&body.to_string()))
}

pub(super) fn denied(name: &str) -> Observation {
    observation(
        Operation::DescribeModel,
        &[("ModelName", name)],
        Outcome::Denied {
            action: "sagemaker:DescribeModel".to_owned(),
            code: "AccessDeniedException".to_owned(),
        },
    )
}
