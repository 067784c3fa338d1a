//! The role that collections assume, as `docs/deploy` offers it: both files, read as any other code, grant the same.

use sagewarden_core::operations::Operation;
use sagewarden_core::snapshot::Observation;
use sagewarden_iac::{Language, Neighbours, Reader, Settings};
use serde_json::Value;

const TERRAFORM: &str = include_str!("../../../docs/deploy/role.tf");
const TEMPLATE: &str = include_str!("../../../docs/deploy/role.template.json");

struct Main;

impl Neighbours for Main {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        (path == "main.tf").then(|| TERRAFORM.as_bytes().to_vec())
    }

    fn list(&self, _: &str) -> Vec<String> {
        vec!["main.tf".to_owned()]
    }
}

fn settings() -> Settings {
    Settings {
        account: Some("111122223333".to_owned()),
        region: Some("eu-west-1".to_owned()),
        whole_stack: true,
        ..Settings::default()
    }
}

/// The one role that code declares, as AWS would describe it.
fn role(observations: &[Observation]) -> Value {
    let roles: Vec<Value> = observations
        .iter()
        .filter(|observation| observation.operation == Operation::GetAccountAuthorizationDetails)
        .filter_map(Observation::body)
        .flat_map(|body| {
            let page: Value = serde_json::from_str(body).unwrap();
            page["RoleDetailList"].as_array().unwrap().clone()
        })
        .collect();
    assert_eq!(roles.len(), 1, "{roles:?}");
    roles[0].clone()
}

/// Its one policy: as an object, or as the text that the code writes.
fn policy(role: &Value) -> Value {
    let policies = role["RolePolicyList"].as_array().unwrap();
    assert_eq!(policies.len(), 1, "{role}");
    match &policies[0]["PolicyDocument"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        document => document.clone(),
    }
}

#[test]
fn both_files_grant_the_same_and_only_that() {
    let settings = settings();
    let mut reader = Reader::new(&settings);
    reader.folders(&[String::new()], &Main).unwrap();
    let terraform = role(&reader.finish().observations);
    let mut reader = Reader::new(&settings);
    let (name, language) = ("role.template.json", Language::CloudFormation);
    reader
        .file(name, TEMPLATE.as_bytes(), language, None, &())
        .unwrap();
    let template = role(&reader.finish().observations);

    let granted = policy(&terraform);
    assert_eq!(granted, policy(&template));
    for role in [&terraform, &template] {
        assert_eq!(role["RoleName"], "SagewardenReadOnly");
        let attached = role["AttachedManagedPolicies"].as_array();
        assert!(attached.is_none_or(Vec::is_empty), "{role}");
    }
    let statements = granted["Statement"].as_array().unwrap();
    let denied: Vec<&Value> = statements
        .iter()
        .filter(|statement| statement["Effect"] == "Deny")
        .collect();
    assert_eq!(denied.len(), 1);
    assert!(denied[0]["Action"].to_string().contains("s3:GetObject"));
    assert!(granted.to_string().contains("sagemaker:DescribeModel"));
}
