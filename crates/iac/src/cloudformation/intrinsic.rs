//! Functions, parameters, mappings and conditions.
//!
//! Enters: a node of a template, and what the template and its caller give. Leaves: the node with
//! every function worked out as far as it can be; the rest is open, and says whether it gives some
//! value in every case. Deliberately absent: what only the service knows (exports, secrets, macros).
//!
//! Source: AWS CloudFormation User Guide, "Intrinsic function reference", "Pseudo parameters reference".

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use base64::Engine as _;

use super::repeat;
use crate::frame::{Frame, UNKNOWN_ACCOUNT};
use crate::value::{Body, Node, Open, Value, common};

/// The text that stands for a part nobody knows yet; see [`crate::frame`].
const PENDING: &str = "iac~";

/// Gives what resources are known by.
pub(super) trait Resources {
    /// What `Ref` of that logical id gives; none where there is no such resource.
    fn reference(&self, id: &str) -> Option<Node>;

    /// What `Fn::GetAtt` gives.
    fn attribute(&self, id: &str, attribute: &str) -> Option<Node>;
}

/// What a template and its caller give, beside resources.
pub(super) struct Scope<'t> {
    pub(super) frame: &'t Frame,
    /// The name of the stack, or a pending one.
    pub(super) stack: String,
    pub(super) parameters: HashMap<String, Node>,
    pub(super) mappings: Option<&'t Node>,
    pub(super) conditions: Option<&'t Node>,
    decided: RefCell<HashMap<String, Option<bool>>>,
    /// Elements that loops may still make.
    pub(super) repeats: Cell<usize>,
}

/// Works nodes out.
pub(super) struct Evaluator<'t> {
    pub(super) scope: &'t Scope<'t>,
    pub(super) resources: &'t dyn Resources,
}

impl<'t> Scope<'t> {
    pub(super) fn new(
        frame: &'t Frame,
        stack: String,
        parameters: HashMap<String, Node>,
        mappings: Option<&'t Node>,
        conditions: Option<&'t Node>,
    ) -> Self {
        Scope {
            frame,
            stack,
            parameters,
            mappings,
            conditions,
            decided: RefCell::default(),
            repeats: Cell::new(repeat::MOST),
        }
    }
}

fn open(expression: impl Into<String>, assigned: bool) -> Node {
    Node::open(expression, assigned)
}

impl Evaluator<'_> {
    /// Works a node out. What `AWS::NoValue` leaves out is null, and gone from maps and lists.
    pub(super) fn node(&self, node: &Node) -> Node {
        let worked = match &node.value {
            Value::Text(text) if text.contains("{{resolve:") => {
                open(format!("the dynamic reference {text}"), true)
            }
            Value::List(items) => {
                let items = items.iter().map(|item| self.node(item));
                Node::list(items.filter(|item| !item.is_null()).collect())
            }
            Value::Map(members) => match members.as_slice() {
                [(name, argument)] if is_function(name) => self.function(name, argument),
                _ => self.map(members),
            },
            _ => return node.clone(),
        };
        // The place is where the template says it, not where the value comes from.
        worked.at(node.place.clone())
    }

    fn map(&self, members: &[(String, Node)]) -> Node {
        let mut worked = Node::map(Vec::with_capacity(members.len()));
        for (name, item) in members {
            if repeat::is_loop(name) {
                match repeat::elements(item, self) {
                    Some(elements) => {
                        for (name, item) in self.map(&elements).members() {
                            worked.set(name, item.clone());
                        }
                    }
                    None => worked.open_rest(name),
                }
                continue;
            }
            // A transform beside members may change them all.
            if name.starts_with("Fn::") {
                return open(name, false);
            }
            let item = self.node(item);
            if !item.is_null() {
                worked.set(name, item);
            }
        }
        worked
    }

    fn function(&self, name: &str, argument: &Node) -> Node {
        match name {
            "Ref" => self.reference(argument),
            "Fn::GetAtt" => self.attribute(argument),
            "Fn::Sub" => self.substitute(argument),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::If" => self.choose(argument),
            "Fn::Base64" => self.base64(argument),
            "Fn::ToJsonString" => self.to_json(argument),
            "Fn::ImportValue" => {
                let export = self.node(argument);
                let export = export
                    .coerced()
                    .unwrap_or_else(|| "another stack".to_owned());
                open(format!("the export {export}"), true)
            }
            "Fn::GetAZs" | "Fn::Cidr" => open(name, true),
            "Condition" => match argument.as_text().and_then(|name| self.condition(name)) {
                Some(value) => Node::new(Value::Bool(value), None),
                None => open("a condition", true),
            },
            _ => open(name, false),
        }
    }

    fn reference(&self, argument: &Node) -> Node {
        let Some(name) = argument.as_text() else {
            return open("Ref", false);
        };
        self.named(name).unwrap_or_else(|| {
            open(
                format!("`{name}`, which the template does not declare"),
                false,
            )
        })
    }

    /// A parameter, a pseudo parameter or a resource.
    fn named(&self, name: &str) -> Option<Node> {
        if let Some(value) = self.scope.parameters.get(name) {
            return Some(value.clone());
        }
        let frame = self.scope.frame;
        let text = match name {
            "AWS::NoValue" => return Some(Node::default()),
            "AWS::AccountId" => frame.account.clone(),
            "AWS::Region" if frame.region.is_empty() => format!("{PENDING}region"),
            "AWS::Region" => frame.region.clone(),
            "AWS::Partition" => frame.partition().to_owned(),
            "AWS::URLSuffix" if frame.partition() == "aws-cn" => "amazonaws.com.cn".to_owned(),
            "AWS::URLSuffix" => "amazonaws.com".to_owned(),
            "AWS::StackName" => self.scope.stack.clone(),
            "AWS::StackId" => format!("{PENDING}{}", self.scope.stack),
            "AWS::NotificationARNs" => return Some(open(name, false)),
            _ => return self.resources.reference(name),
        };
        Some(Node::text(text))
    }

    fn attribute(&self, argument: &Node) -> Node {
        let parts: Vec<String> = match argument.as_text() {
            Some(text) => text.splitn(2, '.').map(str::to_owned).collect(),
            None => argument
                .items()
                .iter()
                .filter_map(|item| self.node(item).coerced())
                .collect(),
        };
        match parts.as_slice() {
            [id, attribute] => self
                .resources
                .attribute(id, attribute)
                .unwrap_or_else(|| open(format!("{id}.{attribute}"), false)),
            _ => open("Fn::GetAtt", false),
        }
    }

    fn substitute(&self, argument: &Node) -> Node {
        let (template, own) = match &argument.value {
            Value::Text(text) => (text.as_str(), None),
            Value::List(items) => match items.as_slice() {
                [template, own] => match template.as_text() {
                    Some(text) => (text, Some(self.node(own))),
                    None => return open("Fn::Sub", false),
                },
                _ => return open("Fn::Sub", false),
            },
            _ => return open("Fn::Sub", false),
        };
        let mut out = String::new();
        let mut unknown: Option<Open> = None;
        let mut rest = template;
        while let Some(at) = rest.find("${") {
            out.push_str(rest.get(..at).unwrap_or_default());
            let after = rest.get(at + 2..).unwrap_or_default();
            let Some(end) = after.find('}') else {
                out.push_str("${");
                rest = after;
                continue;
            };
            let name = after.get(..end).unwrap_or_default();
            rest = after.get(end + 1..).unwrap_or_default();
            if let Some(literal) = name.strip_prefix('!') {
                out.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let value = own
                .as_ref()
                .and_then(|own| own.member(name).cloned())
                .or_else(|| self.named(name))
                .or_else(|| {
                    let (id, attribute) = name.split_once('.')?;
                    self.resources.attribute(id, attribute)
                });
            match value.as_ref().map(|node| (node.coerced(), node.as_open())) {
                Some((Some(text), _)) => out.push_str(&text),
                Some((None, Some(open))) => {
                    unknown.get_or_insert_with(|| open.clone());
                }
                _ => {
                    unknown.get_or_insert_with(|| Open {
                        expression: format!("${{{name}}}"),
                        assigned: false,
                    });
                }
            }
        }
        out.push_str(rest);
        match unknown {
            None => self.node(&Node::text(out)),
            Some(unknown) => open(unknown.expression, unknown.assigned || !out.is_empty()),
        }
    }

    fn join(&self, argument: &Node) -> Node {
        let [separator, list] = argument.items() else {
            return open("Fn::Join", false);
        };
        let list = self.node(list);
        let separator = separator.as_text().unwrap_or_default();
        if let Some(unknown) = list.first_open() {
            let some = list.items().iter().any(|item| item.as_open().is_none());
            return open(&unknown.expression, unknown.assigned || some);
        }
        let parts: Option<Vec<String>> = list.items().iter().map(Node::coerced).collect();
        match parts {
            Some(parts) => Node::text(parts.join(separator)),
            None => open("Fn::Join", false),
        }
    }

    fn select(&self, argument: &Node) -> Node {
        let [index, list] = argument.items() else {
            return open("Fn::Select", false);
        };
        let list = self.node(list);
        if let Some(unknown) = list.as_open() {
            return open(&unknown.expression, unknown.assigned);
        }
        self.node(index)
            .coerced()
            .and_then(|index| list.items().get(index.parse::<usize>().ok()?).cloned())
            .unwrap_or_else(|| match list.first_open() {
                Some(unknown) => open(&unknown.expression, unknown.assigned),
                None => open("Fn::Select", false),
            })
    }

    fn split(&self, argument: &Node) -> Node {
        let [separator, text] = argument.items() else {
            return open("Fn::Split", false);
        };
        let text = self.node(text);
        match (separator.as_text(), text.as_text(), text.as_open()) {
            (Some(separator), Some(text), _) if !separator.is_empty() => {
                Node::list(text.split(separator).map(Node::text).collect())
            }
            // Splitting gives one part at least.
            (_, _, Some(unknown)) => Node::list(vec![open(&unknown.expression, unknown.assigned)]),
            _ => open("Fn::Split", false),
        }
    }

    fn find_in_map(&self, argument: &Node) -> Node {
        let items = argument.items();
        let keys: Option<Vec<String>> = items
            .iter()
            .take(3)
            .map(|item| {
                let key = self.node(item).coerced()?;
                (!is_pending(&key)).then_some(key)
            })
            .collect();
        let found = keys.as_deref().and_then(|keys| match keys {
            [map, first, second] => {
                self.scope
                    .mappings?
                    .at_path(&[map.as_str(), first.as_str(), second.as_str()])
            }
            _ => None,
        });
        if let Some(found) = found {
            return found.clone();
        }
        // With the language extensions a fourth argument gives what holds otherwise.
        let otherwise = items.get(3).and_then(|node| node.member("DefaultValue"));
        match (keys, otherwise) {
            (Some(_), Some(otherwise)) => self.node(otherwise),
            _ => open("Fn::FindInMap", true),
        }
    }

    /// Both branches where nobody knows the condition: what they agree in is known.
    fn choose(&self, argument: &Node) -> Node {
        let [condition, then, otherwise] = argument.items() else {
            return open("Fn::If", false);
        };
        let name = condition.as_text().unwrap_or_default();
        match self.condition(name) {
            Some(true) => self.node(then),
            Some(false) => self.node(otherwise),
            None => common(
                &self.node(then),
                &self.node(otherwise),
                &format!("the condition {name}"),
            ),
        }
    }

    fn base64(&self, argument: &Node) -> Node {
        let node = self.node(argument);
        match (node.coerced(), node.as_open()) {
            (Some(text), _) => Node::text(base64::engine::general_purpose::STANDARD.encode(text)),
            (None, Some(unknown)) => open(&unknown.expression, unknown.assigned),
            _ => open("Fn::Base64", false),
        }
    }

    fn to_json(&self, argument: &Node) -> Node {
        let node = self.node(argument);
        match node.first_open() {
            Some(unknown) => open(&unknown.expression, true),
            None => Node::text(Body::of(&node).json.to_string()),
        }
    }

    /// Whether a condition holds; none where nobody knows.
    pub(super) fn condition(&self, name: &str) -> Option<bool> {
        if let Some(known) = self.scope.decided.borrow().get(name) {
            return *known;
        }
        // A condition that leads back to itself is not decided.
        self.scope
            .decided
            .borrow_mut()
            .insert(name.to_owned(), None);
        let definition = self.scope.conditions.and_then(|all| all.member(name));
        let decided = definition.and_then(|definition| self.holds(definition));
        self.scope
            .decided
            .borrow_mut()
            .insert(name.to_owned(), decided);
        decided
    }

    fn holds(&self, definition: &Node) -> Option<bool> {
        let [(function, argument)] = definition.members() else {
            return None;
        };
        let each = || argument.items().iter().map(|item| self.holds(item));
        match function.as_str() {
            "Condition" => self.condition(argument.as_text()?),
            "Fn::Equals" => {
                let [a, b] = argument.items() else {
                    return None;
                };
                let (a, b) = (self.node(a).coerced()?, self.node(b).coerced()?);
                if a == b {
                    return Some(true);
                }
                (!is_pending(&a) && !is_pending(&b)).then_some(false)
            }
            "Fn::Not" => each().next().flatten().map(|value| !value),
            "Fn::And" => {
                let all: Vec<Option<bool>> = each().collect();
                if all.contains(&Some(false)) {
                    Some(false)
                } else {
                    (!all.contains(&None)).then_some(true)
                }
            }
            "Fn::Or" => {
                let all: Vec<Option<bool>> = each().collect();
                if all.contains(&Some(true)) {
                    Some(true)
                } else {
                    (!all.contains(&None)).then_some(false)
                }
            }
            _ => None,
        }
    }
}

/// Whether a text stands for one that nobody knows yet.
fn is_pending(text: &str) -> bool {
    [PENDING, "iac:", "iac--", UNKNOWN_ACCOUNT]
        .iter()
        .any(|pending| text.contains(pending))
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name == "Condition" || name.starts_with("Fn::") && !repeat::is_loop(name)
}
