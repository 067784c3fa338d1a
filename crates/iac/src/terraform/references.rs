//! What an expression of a plan's configuration refers to.
//!
//! Enters: the `configuration` of a plan, and the list of references of an expression. Leaves: the
//! resources behind it, through input variables of modules upwards and outputs downwards; none where
//! something else may give the value. Deliberately absent: the expression itself, which plans do not
//! carry; and locals, likewise.
//!
//! Source: Terraform, "JSON Output Format", expression and configuration representation.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{identifies, is_found};

/// How often variables and outputs are followed.
const DEEPEST: usize = 32;

/// A module, by the names of the calls that lead to it, with the keys of its instance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Module(pub(super) Vec<(String, Option<String>)>);

impl Module {
    /// `module.a.module.b[0]`
    pub(super) fn parse(address: &str) -> Module {
        let parts = segments(address);
        let mut calls = Vec::new();
        let mut parts = parts.into_iter();
        while let (Some((word, _)), Some((name, key))) = (parts.next(), parts.next()) {
            if word == "module" {
                calls.push((name, key));
            }
        }
        Module(calls)
    }

    fn parent(&self) -> Option<(Module, &str)> {
        let ((name, _), parents) = self.0.split_last()?;
        Some((Module(parents.to_vec()), name))
    }

    fn child(&self, name: &str, key: Option<String>) -> Module {
        let mut calls = self.0.clone();
        calls.push((name.to_owned(), key));
        Module(calls)
    }
}

/// A managed resource that an expression names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) module: Module,
    /// `aws_iam_role.nb`
    pub(super) resource: String,
    /// The key of its instance, where the reference names one.
    pub(super) key: Option<String>,
}

/// The configuration of a plan.
#[derive(Debug)]
pub(super) struct Configuration<'p> {
    root: Option<&'p Json>,
    /// By the names of the calls that lead to the module, and the address inside it.
    resources: HashMap<(Vec<&'p str>, &'p str), &'p Json>,
}

impl<'p> Configuration<'p> {
    pub(super) fn new(plan: &'p Json) -> Self {
        let root = plan.pointer("/configuration/root_module");
        let mut resources = HashMap::new();
        if let Some(root) = root {
            index(root, &mut Vec::new(), &mut resources);
        }
        Configuration { root, resources }
    }

    fn module(&self, module: &Module) -> Option<&'p Json> {
        module.0.iter().try_fold(self.root?, |at, (name, _)| {
            at.get("module_calls")?.get(name)?.get("module")
        })
    }

    fn resource(&self, module: &Module, resource: &str) -> Option<&'p Json> {
        let names: Vec<&str> = module.0.iter().map(|(name, _)| name.as_str()).collect();
        self.resources.get(&(names, resource)).copied()
    }

    /// The expressions of a resource.
    pub(super) fn expressions(&self, module: &Module, resource: &str) -> Option<&'p Json> {
        self.resource(module, resource)?.get("expressions")
    }

    /// The key of the provider configuration of a resource.
    pub(super) fn provider(&self, module: &Module, resource: &str) -> Option<String> {
        let key = self
            .resource(module, resource)?
            .get("provider_config_key")?;
        key.as_str().map(str::to_owned)
    }

    /// The managed resources behind a list of references, where nothing else is behind them.
    pub(super) fn targets(&self, module: &Module, references: &Json) -> Option<Vec<Target>> {
        let mut found = Vec::new();
        self.follow(module, references, DEEPEST, &mut found)?;
        Some(found)
    }

    fn follow(
        &self,
        module: &Module,
        references: &Json,
        left: usize,
        found: &mut Vec<Target>,
    ) -> Option<()> {
        let left = left.checked_sub(1)?;
        for reference in references.as_array().into_iter().flatten() {
            let parts = segments(reference.as_str()?);
            match parts.as_slice() {
                // A plan knows the variables of its root module.
                [(word, _), (name, _), ..] if word == "var" => {
                    if let Some((parent, call)) = module.parent()
                        && let Some(of) = self
                            .module(&parent)
                            .and_then(|at| at.get("module_calls")?.get(call))
                            .and_then(|at| at.get("expressions")?.get(name))
                    {
                        self.follow_expression(&parent, of, left, found)?;
                    }
                }
                [(word, _), (name, key), (output, _), ..] if word == "module" => {
                    let child = module.child(name, key.clone());
                    let of = self
                        .module(&child)
                        .and_then(|at| at.get("outputs")?.get(output)?.get("expression"))?;
                    self.follow_expression(&child, of, left, found)?;
                }
                // It comes with its output.
                [(word, _), _] if word == "module" => {}
                _ if chooses(&parts) => {}
                [(word, _), ..] if ["data", "local", "each", "self"].contains(&word.as_str()) => {
                    return None;
                }
                [(kind, None), (name, key), rest @ ..] => {
                    if rest
                        .first()
                        .is_some_and(|(name, _)| !identifies(kind, name))
                    {
                        return None;
                    }
                    let target = Target {
                        module: module.clone(),
                        resource: format!("{kind}.{name}"),
                        key: key.clone(),
                    };
                    add(target, found);
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// An expression, or the expressions inside the blocks of one.
    fn follow_expression(
        &self,
        module: &Module,
        expression: &Json,
        left: usize,
        found: &mut Vec<Target>,
    ) -> Option<()> {
        if let Some(references) = expression.get("references") {
            return self.follow(module, references, left, found);
        }
        let inside: Vec<&Json> = match expression {
            Json::Array(items) => items.iter().collect(),
            Json::Object(members) => members.values().collect(),
            _ => Vec::new(),
        };
        let left = left.checked_sub(1)?;
        for expression in inside {
            self.follow_expression(module, expression, left, found)?;
        }
        Some(())
    }
}

/// Whether a reference only chooses among instances, or is the same for all.
fn chooses(parts: &[(String, Option<String>)]) -> bool {
    match parts {
        [(word, _), (name, _), ..] if word == "each" => name == "key",
        [(word, _), ..] => ["count", "path", "terraform"].contains(&word.as_str()),
        _ => true,
    }
}

/// Whether what references name gives a value in every case: resources and data sources are set once
/// they are there; a variable, a local or an output may be null.
pub(super) fn surely_give(references: &[&str]) -> bool {
    let whole = references.iter().filter(|reference| {
        let inside = |other: &&str| {
            let rest = other.strip_prefix(**reference);
            rest.is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        !references.iter().any(inside)
    });
    let mut some = false;
    for reference in whole {
        let parts = segments(reference);
        let sure = match parts.as_slice() {
            _ if chooses(&parts) => continue,
            [(word, _), _, _, (attribute, _), ..] if word == "data" => is_found(attribute),
            [(word, _), ..]
                if ["data", "var", "local", "module", "each", "self"].contains(&word.as_str()) =>
            {
                false
            }
            [(kind, _), _, (attribute, _), ..] => identifies(kind, attribute),
            _ => false,
        };
        if !sure {
            return false;
        }
        some = true;
    }
    some
}

/// Notes the resources of a module and of those that it calls.
fn index<'p>(
    module: &'p Json,
    path: &mut Vec<&'p str>,
    resources: &mut HashMap<(Vec<&'p str>, &'p str), &'p Json>,
) {
    for resource in module
        .get("resources")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        if let Some(address) = resource.get("address").and_then(Json::as_str) {
            resources.insert((path.clone(), address), resource);
        }
    }
    let calls = module.get("module_calls").and_then(Json::as_object);
    for (name, call) in calls.into_iter().flatten() {
        if let Some(module) = call.get("module").filter(|_| path.len() < DEEPEST) {
            path.push(name);
            index(module, path, resources);
            path.pop();
        }
    }
}

/// A plan lists `a.b["k"].arn`, `a.b["k"]` and `a.b` for one reference: the one with the key counts.
fn add(target: Target, found: &mut Vec<Target>) {
    let same = |known: &Target| known.module == target.module && known.resource == target.resource;
    match found.iter_mut().find(|known| same(known)) {
        None => found.push(target),
        Some(known) if known.key.is_none() => known.key = target.key,
        Some(known) if target.key.is_none() || known.key == target.key => {}
        Some(_) => found.push(target),
    }
}

/// The parts of an address with their keys: `a.b["k"].c` is `a`, `b` with `"k"`, `c`.
pub(super) fn segments(address: &str) -> Vec<(String, Option<String>)> {
    let mut parts = vec![(String::new(), None::<String>)];
    let mut chars = address.chars();
    let mut quoted = false;
    let mut inside = false;
    while let Some(c) = chars.next() {
        let Some(last) = parts.last_mut() else {
            break;
        };
        if inside {
            let key = last.1.get_or_insert_with(String::new);
            match c {
                '\\' if quoted => {
                    key.push(c);
                    key.extend(chars.next());
                    continue;
                }
                '"' => quoted = !quoted,
                ']' if !quoted => {
                    inside = false;
                    continue;
                }
                _ => {}
            }
            key.push(c);
        } else {
            match c {
                '[' => inside = true,
                '.' => parts.push((String::new(), None)),
                _ => last.0.push(c),
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_may_hold_dots_and_brackets() {
        let parts = segments(r#"module.m["a.b]"].aws_iam_role.nb[0].arn"#);
        let names: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["module", "m", "aws_iam_role", "nb", "arn"]);
        assert_eq!(parts[1].1.as_deref(), Some(r#""a.b]""#));
        assert_eq!(parts[3].1.as_deref(), Some("0"));
    }

    #[test]
    fn a_variable_of_a_module_leads_to_the_callers_resource() {
        let plan = serde_json::json!({"configuration": {"root_module": {
            "module_calls": {"ml": {
                "expressions": {"role": {"references": ["aws_iam_role.nb.arn", "aws_iam_role.nb"]}},
                "module": {"resources": []},
            }},
        }}});
        let configuration = Configuration::new(&plan);
        let module = Module::parse("module.ml");
        let found = configuration.targets(&module, &serde_json::json!(["var.role"]));
        let found = found.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].resource, "aws_iam_role.nb");
        assert_eq!(found[0].module, Module::default());
    }

    #[test]
    fn what_may_give_another_value_is_followed_nowhere() {
        let plan = serde_json::json!({});
        let configuration = Configuration::new(&plan);
        let targets = |references: &[&str]| {
            configuration.targets(&Module::default(), &serde_json::json!(references))
        };
        let role = ["aws_iam_role.r.arn", "aws_iam_role.r"];
        assert_eq!(targets(&role).map(|found| found.len()), Some(1));
        for other in [
            "local.role",
            "data.aws_iam_role.x.arn",
            "each.value.role",
            "aws_iam_role.r.description",
        ] {
            assert_eq!(targets(&[role[0], role[1], other]), None, "{other}");
        }
        assert!(targets(&[role[0], role[1], "each.key"]).is_some());
    }

    #[test]
    fn an_output_or_a_local_may_be_null() {
        assert!(surely_give(&[
            "aws_kms_key.k[0].arn",
            "aws_kms_key.k[0]",
            "aws_kms_key.k"
        ]));
        assert!(surely_give(&[
            "data.aws_kms_alias.k.target_key_arn",
            "data.aws_kms_alias.k"
        ]));
        for open in [
            "local.key",
            "module.m.key",
            "var.key",
            "aws_db_instance.d.tags",
        ] {
            assert!(!surely_give(&[open]), "{open}");
            assert!(!surely_give(&["aws_kms_key.k.arn", open]), "{open}");
        }
        assert!(!surely_give(&[]));
    }
}
