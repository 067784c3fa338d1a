//! What differs between a template's properties and the API's members.
//!
//! Enters: the properties of a resource, worked out. Leaves: the body that AWS would answer.

use crate::kind::Kind;
use crate::value::{Node, Value};

/// The body of a resource of that kind.
pub(super) fn settle(kind: Kind, of_type: &str, mut body: Node) -> Node {
    if let Some(open) = body.as_open() {
        body = Node::unread(&open.expression);
    }
    if !matches!(body.value, Value::Map(_)) {
        body = Node::map(vec![]);
    }
    match kind {
        Kind::Notebook => {
            body.rename("SecurityGroupIds", "SecurityGroups");
            body.rename("LifecycleConfigName", "NotebookInstanceLifecycleConfigName");
            bare_names(&mut body, &["NotebookInstanceLifecycleConfigName"]);
        }
        Kind::EndpointConfig => {
            for variants in ["ProductionVariants", "ShadowProductionVariants"] {
                if let Some(mut list) = body.take(variants) {
                    if let Value::List(items) = &mut list.value {
                        for item in items {
                            bare_names(item, &["ModelName"]);
                        }
                    }
                    body.set(variants, list);
                }
            }
        }
        Kind::Endpoint => bare_names(&mut body, &["EndpointConfigName"]),
        Kind::MonitoringSchedule => bare_names(&mut body, &["EndpointName"]),
        Kind::InferenceComponent => {
            bare_names(&mut body, &["EndpointName"]);
            if let Some(mut specification) = body.take("Specification") {
                bare_names(&mut specification, &["ModelName"]);
                body.set("Specification", specification);
            }
            if let Some(mut runtime) = body.take("RuntimeConfig") {
                runtime.rename("CopyCount", "DesiredCopyCount");
                body.set("RuntimeConfig", runtime);
            }
        }
        Kind::Bucket => bucket(&mut body),
        Kind::RolePolicy if of_type == "AWS::IAM::RolePolicy" => {
            if let Some(role) = body.take("RoleName") {
                body.set("Roles", Node::list(vec![role]));
            }
        }
        _ => {}
    }
    body
}

/// The name in an ARN, where one stands in the place of a name.
fn bare_names(node: &mut Node, members: &[&str]) {
    let Value::Map(all) = &mut node.value else {
        return;
    };
    for (name, node) in all {
        if members.contains(&name.as_str())
            && let Value::Text(text) = &mut node.value
            && text.starts_with("arn:")
            && let Some((_, bare)) = text.rsplit_once('/')
        {
            *text = bare.to_owned();
        }
    }
}

fn bucket(body: &mut Node) {
    let encryption = body.take("BucketEncryption");
    body.set("EncryptionIsOwn", Node::new(Value::Bool(true), None));
    let Some(encryption) = encryption else {
        return;
    };
    let place = encryption.place.clone();
    let rules = match &encryption.value {
        Value::Open(_) => encryption.clone(),
        _ => match encryption.member("ServerSideEncryptionConfiguration") {
            Some(rules) => rules.clone(),
            None => return,
        },
    };
    let mut rules = rules;
    if let Value::List(items) = &mut rules.value {
        for rule in items {
            rule.rename(
                "ServerSideEncryptionByDefault",
                "ApplyServerSideEncryptionByDefault",
            );
        }
    }
    body.set("Rules", rules.at(place));
}
