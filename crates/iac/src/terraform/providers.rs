//! The accounts and Regions of a plan.
//!
//! Enters: the configurations of providers, the data sources that were read, the ARNs of what exists.
//! Leaves: where the plan is applied, and where each resource is made.

use serde_json::Value as Json;

use super::plan::Instance;
use crate::Settings;
use crate::frame::{Frame, other_account};
use crate::value::Node;

/// The account and Region that a plan tells.
pub(super) fn frame(json: &Json, instances: &[Instance], settings: &Settings) -> Frame {
    let mut account = settings.account.clone();
    let mut region = settings.region.clone();
    let data = |of_type: &str, name: &str| data_value(json, of_type, name);
    account = account.or_else(|| data("aws_caller_identity", "account_id"));
    account = account.or_else(|| told_account(json, "aws"));
    region = region
        .or_else(|| provider_region(json, "aws"))
        .or_else(|| data("aws_region", "region"))
        .or_else(|| data("aws_region", "name"));
    // The ARN of something that exists tells both.
    for instance in instances {
        if account.is_some() && region.is_some() {
            break;
        }
        let arn = instance.given.member("arn").and_then(Node::as_text);
        if let Some(arn) = arn.and_then(sagewarden_core::arn::Arn::parse) {
            let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            account = account.or_else(|| told(arn.account).filter(|_| is_account(arn.account)));
            region = region.or_else(|| told(arn.region));
        }
    }
    account = account.or_else(|| role_account(instances));
    Frame::new(account.as_deref(), region.as_deref())
}

/// The account of the roles that assets name by ARN, if it is one only: SageMaker takes no role of
/// another account.
fn role_account(instances: &[Instance]) -> Option<String> {
    let mut accounts: Vec<String> = instances
        .iter()
        .filter_map(|instance| {
            let role = instance
                .given
                .member("role_arn")
                .or_else(|| instance.given.member("execution_role_arn"))?;
            let arn = sagewarden_core::arn::Arn::parse(role.as_text()?)?;
            is_account(arn.account).then(|| arn.account.to_owned())
        })
        .collect();
    accounts.sort();
    accounts.dedup();
    match accounts.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A value of a data source that was read already.
fn data_value(json: &Json, of_type: &str, name: &str) -> Option<String> {
    let root = json
        .pointer("/prior_state/values/root_module")
        .or_else(|| json.pointer("/values/root_module"))?;
    fn find(module: &Json, of_type: &str, name: &str, left: usize) -> Option<String> {
        let resources = module.get("resources").and_then(Json::as_array);
        let here = resources.into_iter().flatten().find_map(|resource| {
            let is = resource.get("type").and_then(Json::as_str) == Some(of_type)
                && resource.get("mode").and_then(Json::as_str) == Some("data");
            let value = resource.get("values")?.get(name)?.as_str()?;
            is.then(|| value.to_owned())
        });
        let left = left.checked_sub(1)?;
        here.or_else(|| {
            let children = module.get("child_modules").and_then(Json::as_array);
            children
                .into_iter()
                .flatten()
                .find_map(|child| find(child, of_type, name, left))
        })
    }
    find(root, of_type, name, 64)
}

/// The expressions of a provider configuration.
fn provider_expressions<'p>(json: &'p Json, key: &str) -> Option<&'p Json> {
    let all = json.get("configuration")?.get("provider_config")?;
    all.get(key)?.get("expressions")
}

/// The value of an expression that is written out, or that a variable gives.
fn written_value<'p>(json: &'p Json, expression: &'p Json) -> Option<&'p Json> {
    if let Some(constant) = expression.get("constant_value") {
        return Some(constant);
    }
    let reference = expression.get("references")?.get(0)?.as_str()?;
    let variable = reference.strip_prefix("var.")?;
    json.get("variables")?.get(variable)?.get("value")
}

/// The Region of a provider configuration, where it is written or a variable gives it.
fn provider_region(json: &Json, key: &str) -> Option<String> {
    let region = provider_expressions(json, key)?.get("region")?;
    written_value(json, region)?.as_str().map(str::to_owned)
}

/// The account that a provider configuration names: the only one that it allows, or that of the
/// role that it assumes.
fn told_account(json: &Json, key: &str) -> Option<String> {
    let expressions = provider_expressions(json, key)?;
    let allowed = expressions.get("allowed_account_ids");
    let allowed = allowed.and_then(|ids| written_value(json, ids)?.as_array());
    let only = match allowed.map(Vec::as_slice) {
        Some([one]) => one.as_str().map(str::to_owned),
        _ => None,
    };
    let of_role = || {
        let role = expressions.get("assume_role")?;
        let role = role.get(0).unwrap_or(role).get("role_arn")?;
        let arn = sagewarden_core::arn::Arn::parse(written_value(json, role)?.as_str()?)?;
        Some(arn.account.to_owned())
    };
    only.or_else(of_role).filter(|account| is_account(account))
}

/// The account of the resources of a provider configuration, where it is not that of the plan.
fn provider_account(json: &Json, key: &str, frame: &Frame) -> Option<String> {
    const CREDENTIALS: [&str; 3] = ["assume_role", "profile", "access_key"];
    let (_, alias) = key.rsplit_once("aws.")?;
    let expressions = provider_expressions(json, key)?;
    let own = CREDENTIALS
        .iter()
        .any(|name| expressions.get(name).is_some());
    let account = told_account(json, key).or_else(|| own.then(|| other_account(alias)))?;
    (account != frame.account).then_some(account)
}

/// The accounts and Regions of provider configurations.
pub(super) struct Providers<'p> {
    pub(super) json: &'p Json,
    pub(super) frame: &'p Frame,
}

impl Providers<'_> {
    pub(super) fn account(&self, instance: &Instance) -> Option<String> {
        let key = instance.provider.as_deref()?;
        provider_account(self.json, key, self.frame)
    }

    pub(super) fn region(&self, instance: &Instance) -> String {
        // The provider's sixth version lets each resource name its Region.
        let own = instance.given.member("region").and_then(Node::as_text);
        let arn = instance.given.member("arn").and_then(Node::as_text);
        own.map(str::to_owned)
            .or_else(|| {
                let arn = sagewarden_core::arn::Arn::parse(arn?)?;
                (!arn.region.is_empty()).then(|| arn.region.to_owned())
            })
            .or_else(|| provider_region(self.json, instance.provider.as_deref()?))
            .unwrap_or_else(|| self.frame.region.clone())
    }
}
