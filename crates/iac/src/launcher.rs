//! Training jobs that code does not start, but writes the launcher of.
//!
//! Enters: pipelines, state machines and tuning jobs. Leaves: a declared training job for each
//! definition in them, since a launcher makes hundreds of jobs with the same settings. Deliberately
//! absent: what is chosen when the launcher runs; it is open.
//!
//! Sources: SageMaker Developer Guide, "Pipelines definition JSON schema"; AWS Step Functions
//! Developer Guide, "Create and manage Amazon SageMaker AI jobs", "Amazon States Language".

use crate::declared::{Declared, Identity};
use crate::kind::Kind;
use crate::observe::Stack;
use crate::value::{Node, Open, Value};

/// Definitions nested deeper than this are not looked into.
const DEEPEST: usize = 32;

/// Declares the training jobs that launchers define.
pub(crate) fn unfold(stack: &mut Stack) {
    let mut found = Vec::new();
    for declared in &stack.declared {
        let launcher = Launcher {
            declared,
            found: &mut found,
        };
        match declared.identity.kind {
            Kind::Pipeline => {
                let node = declared.body.member("PipelineDefinition").map(tree);
                let node = node.map(|node| match node.member("PipelineDefinitionBody") {
                    Some(body) => tree(body),
                    None => node,
                });
                if let Some(node) = node {
                    launcher.pipeline(&node);
                }
            }
            Kind::StateMachine => {
                let names = ["Definition", "DefinitionString"];
                let mut written = names.iter().filter_map(|name| declared.body.member(name));
                if let Some(definition) = written.next() {
                    let given = declared.body.member("DefinitionSubstitutions");
                    launcher.state_machine(&substituted(definition, given));
                }
            }
            Kind::TuningJob => launcher.tuning(),
            _ => {}
        }
    }
    stack.declared.extend(found);
}

/// A definition as a tree: one that is written as JSON text is parsed.
fn tree(definition: &Node) -> Node {
    let parsed = definition
        .as_text()
        .and_then(|text| serde_json::from_str(text).ok());
    match parsed {
        Some(json) => Node::from_json(&json, definition.place.as_ref()),
        None => definition.clone(),
    }
}

/// A definition with its `${names}` given, as a tree.
fn substituted(definition: &Node, given: Option<&Node>) -> Node {
    let names = given.map(Node::members).unwrap_or_default();
    let Some(text) = definition.as_text() else {
        return filled(definition, names);
    };
    // Names may stand for numbers and booleans, which only the text can hold.
    let mut written = text.to_owned();
    for (name, node) in names {
        if let Some(value) = node.coerced() {
            written = written.replace(&format!("${{{name}}}"), &value);
        }
    }
    let written = Node::text(written).at(definition.place.clone());
    filled(&tree(&written), names)
}

fn filled(node: &Node, names: &[(String, Node)]) -> Node {
    let value = match &node.value {
        Value::Text(text) => match with_names(text, names) {
            Ok(text) => Value::Text(text),
            Err(open) => Value::Open(open),
        },
        Value::List(items) => Value::List(items.iter().map(|item| filled(item, names)).collect()),
        Value::Map(members) => Value::Map(
            members
                .iter()
                .map(|(name, item)| (name.clone(), filled(item, names)))
                .collect(),
        ),
        other => other.clone(),
    };
    Node::new(value, node.place.clone())
}

fn with_names(text: &str, names: &[(String, Node)]) -> Result<String, Open> {
    let mut out = text.to_owned();
    for (name, node) in names {
        let mark = format!("${{{name}}}");
        if !out.contains(&mark) {
            continue;
        }
        match node.coerced() {
            Some(value) => out = out.replace(&mark, &value),
            None => {
                let open = node.first_open();
                return Err(Open {
                    expression: open.map_or(mark, |open| open.expression.clone()),
                    assigned: open.is_some_and(|open| open.assigned),
                });
            }
        }
    }
    Ok(out)
}

struct Launcher<'l> {
    declared: &'l Declared,
    found: &'l mut Vec<Declared>,
}

impl Launcher<'_> {
    fn job(&mut self, step: &str, body: Node) {
        if !matches!(body.value, Value::Map(_) | Value::Open(_)) {
            return;
        }
        let launcher = &self.declared.identity;
        let address = format!("{}/{step}", launcher.address);
        self.found.push(Declared {
            identity: Identity::new(Kind::TrainingJob, &address, None, &launcher.region),
            body,
            made_by: Some(format!("template: `{step}` of {}", launcher.address)),
            conditional: None,
            waivers: self.declared.waivers.clone(),
        });
    }

    fn pipeline(mut self, definition: &Node) {
        let parameters = definition.member("Parameters").map(Node::items);
        let parameters = parameters.unwrap_or_default();
        self.steps(definition.member("Steps"), parameters, 0);
    }

    fn steps(&mut self, steps: Option<&Node>, parameters: &[Node], depth: usize) {
        if depth > DEEPEST {
            return;
        }
        for step in steps.map(Node::items).unwrap_or_default() {
            let name = step.member("Name").and_then(Node::as_text);
            let name = name.unwrap_or("step").to_owned();
            let arguments = step.member("Arguments");
            match step.member("Type").and_then(Node::as_text) {
                Some("Training") => {
                    if let Some(arguments) = arguments {
                        let body = with_parameters(arguments, parameters);
                        self.job(&name, body.at(step.place.clone()));
                    }
                }
                Some("Tuning") => {
                    let definition =
                        arguments.and_then(|node| node.member("TrainingJobDefinition"));
                    if let Some(definition) = definition {
                        let body = with_parameters(definition, parameters);
                        self.job(&name, body.at(step.place.clone()));
                    }
                }
                Some("Condition") => {
                    for branch in ["IfSteps", "ElseSteps"] {
                        let steps = arguments.and_then(|node| node.member(branch));
                        self.steps(steps, parameters, depth + 1);
                    }
                }
                _ => {}
            }
        }
    }

    fn state_machine(mut self, definition: &Node) {
        self.states(definition, 0);
    }

    fn states(&mut self, machine: &Node, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let states = machine.member("States").map(Node::members);
        for (name, state) in states.unwrap_or_default() {
            let resource = state.member("Resource").and_then(Node::as_text);
            let launches = resource.is_some_and(|resource| {
                resource.contains(":sagemaker:createTrainingJob")
                    || resource.contains(":sagemaker:createHyperParameterTuningJob")
            });
            if launches {
                let given = state
                    .member("Parameters")
                    .or_else(|| state.member("Arguments"));
                if let Some(given) = given {
                    let body = chosen_later(given);
                    let inner = body.member("TrainingJobDefinition").cloned();
                    self.job(name, inner.unwrap_or(body).at(state.place.clone()));
                }
            }
            for inner in ["Iterator", "ItemProcessor"] {
                if let Some(machine) = state.member(inner) {
                    self.states(machine, depth + 1);
                }
            }
            for branch in state
                .member("Branches")
                .map(Node::items)
                .unwrap_or_default()
            {
                self.states(branch, depth + 1);
            }
        }
    }

    fn tuning(mut self) {
        let definitions = self.declared.body.member("TrainingJobDefinitions");
        let definitions = definitions.map(Node::items).unwrap_or_default();
        for (index, definition) in definitions.iter().enumerate() {
            self.job(&format!("definition {index}"), definition.clone());
        }
    }
}

/// Arguments of a step with the defaults of parameters; what steps give each other is open.
fn with_parameters(node: &Node, parameters: &[Node]) -> Node {
    let value = match &node.value {
        Value::List(items) => Value::List(
            items
                .iter()
                .map(|item| with_parameters(item, parameters))
                .collect(),
        ),
        Value::Map(members) => match members.as_slice() {
            [(function, what)] if function == "Get" => {
                return parameter(what, parameters).at(node.place.clone());
            }
            [(function, _)] if function.starts_with("Std:") => {
                return Node::open(function, true).at(node.place.clone());
            }
            _ => Value::Map(
                members
                    .iter()
                    .map(|(name, item)| (name.clone(), with_parameters(item, parameters)))
                    .collect(),
            ),
        },
        other => other.clone(),
    };
    Node::new(value, node.place.clone())
}

fn parameter(what: &Node, parameters: &[Node]) -> Node {
    let path = what.as_text().unwrap_or_default();
    let default = path.strip_prefix("Parameters.").and_then(|name| {
        parameters
            .iter()
            .find(|parameter| parameter.member("Name").and_then(Node::as_text) == Some(name))?
            .member("DefaultValue")
    });
    default
        .cloned()
        .unwrap_or_else(|| Node::open(path, !path.starts_with("Parameters.")))
}

/// Parameters of a state in which what the input chooses is open: members whose name ends in `.$`,
/// and JSONata.
fn chosen_later(node: &Node) -> Node {
    let value = match &node.value {
        Value::Text(text) if text.trim_start().starts_with("{%") => {
            return Node::open(text, false).at(node.place.clone());
        }
        Value::List(items) => Value::List(items.iter().map(chosen_later).collect()),
        Value::Map(members) => Value::Map(
            members
                .iter()
                .map(|(name, item)| match name.strip_suffix(".$") {
                    Some(bare) => {
                        let what = item.as_text().unwrap_or("the input");
                        (
                            bare.to_owned(),
                            Node::open(what, false).at(item.place.clone()),
                        )
                    }
                    None => (name.clone(), chosen_later(item)),
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node::new(value, node.place.clone())
}
