//! Expressions.
//!
//! Enters: an expression and what its names stand for. Leaves: its value, open where something in
//! it is not known. Deliberately absent: types; a value is what is written.

use hcl_edit::expr::{
    BinaryOperator, Expression, ForExpr, ObjectKey, Traversal, TraversalOperator, UnaryOperator,
};
use hcl_edit::template::Element;
use serde_json::Number;

use super::function;
use super::module::Module;
use super::source::File;
use crate::frame::UNKNOWN_ACCOUNT;
use crate::value::{Body, Node, Value, common};

/// What names stand for beside what the module declares.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// `each.key` and `each.value`, `count.index`, and what `for` and `dynamic` name.
    pub(super) names: Vec<(String, Node)>,
}

impl Scope {
    pub(super) fn with(&self, name: &str, node: Node) -> Scope {
        let mut scope = self.clone();
        scope.names.push((name.to_owned(), node));
        scope
    }

    fn get(&self, name: &str) -> Option<&Node> {
        let found = self.names.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, node)| node)
    }
}

/// A value without names, as files of variables hold them.
pub(super) fn literal(expression: &Expression) -> Node {
    match expression {
        Expression::Null(_) => Node::default(),
        Expression::Bool(value) => Node::new(Value::Bool(*value.value()), None),
        Expression::Number(value) => number(value.value()),
        Expression::String(text) => Node::text(text.value().as_str()),
        Expression::Array(items) => Node::list(items.iter().map(literal).collect()),
        Expression::Object(members) => {
            let mut node = Node::map(vec![]);
            for (key, value) in members.iter() {
                let name = match key {
                    ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
                    ObjectKey::Expression(key) => literal(key).coerced(),
                };
                if let Some(name) = name {
                    node.set(&name, literal(value.expr()));
                }
            }
            node
        }
        Expression::HeredocTemplate(heredoc) => {
            let text: String = heredoc
                .template
                .iter()
                .filter_map(|element| match element {
                    Element::Literal(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            Node::text(text)
        }
        Expression::Parenthesis(inner) => literal(inner.inner()),
        _ => Node::open("an expression", false),
    }
}

fn number(value: &hcl_edit::Number) -> Node {
    let number = value
        .as_i64()
        .map(Number::from)
        .or_else(|| Number::from_f64(value.as_f64()?));
    match number {
        Some(number) => Node::new(Value::Number(number), None),
        None => Node::open("a number", true),
    }
}

/// Expressions nested deeper than this, through locals and variables, are open.
const DEEPEST: usize = 100;

impl Module<'_> {
    /// The value of an expression, at its place.
    pub(super) fn value(&self, expression: &Expression, scope: &Scope, file: &File) -> Node {
        if self.depth.get() > DEEPEST {
            return Node::open("an expression that leads too deep", false);
        }
        self.depth.set(self.depth.get() + 1);
        let node = self.worked(expression, scope, file);
        self.depth.set(self.depth.get() - 1);
        node.at(file.place_of_expression(expression))
    }

    fn worked(&self, expression: &Expression, scope: &Scope, file: &File) -> Node {
        match expression {
            Expression::StringTemplate(template) => self.template(template.iter(), scope, file),
            Expression::HeredocTemplate(heredoc) => {
                self.template(heredoc.template.iter(), scope, file)
            }
            Expression::Array(items) => Node::list(
                items
                    .iter()
                    .map(|item| self.value(item, scope, file))
                    .collect(),
            ),
            Expression::Object(members) => {
                let mut node = Node::map(vec![]);
                for (key, value) in members.iter() {
                    let name = match key {
                        ObjectKey::Ident(ident) => Some(ident.as_str().to_owned()),
                        ObjectKey::Expression(key) => self.value(key, scope, file).coerced(),
                    };
                    let Some(name) = name else {
                        return Node::open("an object with a name that is not known", true);
                    };
                    node.set(&name, self.value(value.expr(), scope, file));
                }
                node
            }
            Expression::Parenthesis(inner) => self.value(inner.inner(), scope, file),
            Expression::Variable(name) => scope
                .get(name.as_str())
                .cloned()
                .unwrap_or_else(|| Node::open(name.as_str(), false)),
            Expression::Conditional(conditional) => {
                let then = || self.value(&conditional.true_expr, scope, file);
                let otherwise = || self.value(&conditional.false_expr, scope, file);
                let condition = self.value(&conditional.cond_expr, scope, file);
                match truth(&condition) {
                    Some(true) => then(),
                    Some(false) => otherwise(),
                    None => {
                        let what = condition.first_open().map(|open| open.expression.clone());
                        let what = what.unwrap_or_else(|| "a condition".to_owned());
                        common(&then(), &otherwise(), &what)
                    }
                }
            }
            Expression::FuncCall(call) => {
                let name = call.name.name.as_str();
                if name == "try" && call.name.namespace.is_empty() {
                    let arguments: Vec<&Expression> = call.args.iter().collect();
                    return self.tried(&arguments, scope, file);
                }
                let arguments: Vec<Node> = call
                    .args
                    .iter()
                    .map(|argument| self.value(argument, scope, file))
                    .collect();
                if !call.name.namespace.is_empty() {
                    return Node::open(format!("{name}(…)"), false);
                }
                match name {
                    "file" | "filebase64" => self.file(name, arguments.first()),
                    "templatefile" => self.template_file(&arguments, file),
                    _ => function::call(name, arguments),
                }
            }
            Expression::Traversal(traversal) => self.traversal(traversal, scope, file),
            Expression::UnaryOp(unary) => {
                let node = self.value(&unary.expr, scope, file);
                match unary.operator.value() {
                    UnaryOperator::Not => match truth(&node) {
                        Some(value) => Node::new(Value::Bool(!value), None),
                        None => opened(&node),
                    },
                    UnaryOperator::Neg => match as_f64(&node) {
                        Some(value) => from_f64(-value),
                        None => opened(&node),
                    },
                }
            }
            Expression::BinaryOp(binary) => {
                let left = self.value(&binary.lhs_expr, scope, file);
                let right = self.value(&binary.rhs_expr, scope, file);
                combined(&left, *binary.operator.value(), &right)
            }
            Expression::ForExpr(each) => self.projected(each, scope, file),
            plain => literal(plain),
        }
    }

    /// The first argument that is no mistake. One that names an instance which may not be there may
    /// be one.
    fn tried(&self, arguments: &[&Expression], scope: &Scope, file: &File) -> Node {
        let Some((first, rest)) = arguments.split_first() else {
            return Node::open("try(…)", false);
        };
        let before = self.doubted.replace(false);
        let node = self.value(first, scope, file);
        let doubted = self.doubted.replace(before);
        if function::is_mistaken(&node) {
            return self.tried(rest, scope, file);
        }
        if doubted && !rest.is_empty() {
            let otherwise = self.tried(rest, scope, file);
            return common(&node, &otherwise, "what may not be there");
        }
        node
    }

    pub(super) fn template<'t>(
        &self,
        elements: impl Iterator<Item = &'t Element>,
        scope: &Scope,
        file: &File,
    ) -> Node {
        let elements: Vec<&Element> = elements.collect();
        // A template of one interpolation is that value.
        if let [Element::Interpolation(only)] = elements.as_slice() {
            return self.value(&only.expr, scope, file);
        }
        let mut out = String::new();
        let mut unknown: Option<Node> = None;
        for element in elements {
            match element {
                Element::Literal(text) => out.push_str(text),
                Element::Interpolation(inner) => {
                    let node = self.value(&inner.expr, scope, file);
                    match text_of(&node) {
                        Some(text) => out.push_str(&text),
                        None => {
                            unknown.get_or_insert_with(|| opened(&node));
                        }
                    }
                }
                Element::Directive(_) => {
                    unknown.get_or_insert_with(|| Node::open("a template directive", false));
                }
            }
        }
        match unknown {
            None => Node::text(out),
            Some(node) => {
                let open = node.as_open();
                let assigned = !out.is_empty() || open.is_some_and(|open| open.assigned);
                let expression = open.map_or("a template", |open| open.expression.as_str());
                Node::open(expression, assigned)
            }
        }
    }

    fn projected(&self, each: &ForExpr, scope: &Scope, file: &File) -> Node {
        let collection = self.value(&each.intro.collection_expr, scope, file);
        let items: Vec<(Node, Node)> = match &collection.value {
            Value::List(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| (Node::new(Value::Number(index.into()), None), item.clone()))
                .collect(),
            Value::Map(members) => members
                .iter()
                .map(|(name, item)| (Node::text(name), item.clone()))
                .collect(),
            _ => return opened(&collection),
        };
        let mut list = Vec::new();
        let mut map = Node::map(vec![]);
        for (key, item) in items {
            let mut inner = scope.with(each.intro.value_var.as_str(), item);
            if let Some(name) = &each.intro.key_var {
                inner = inner.with(name.as_str(), key);
            }
            if let Some(condition) = &each.cond {
                match truth(&self.value(&condition.expr, &inner, file)) {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Node::open("a filter that is not known", false),
                }
            }
            let value = self.value(&each.value_expr, &inner, file);
            match &each.key_expr {
                None => list.push(value),
                Some(key) => match self.value(key, &inner, file).coerced() {
                    Some(name) if !each.grouping => map.set(&name, value),
                    _ => return Node::open("a map that is not known", true),
                },
            }
        }
        if each.key_expr.is_some() {
            map
        } else {
            Node::list(list)
        }
    }

    fn traversal(&self, traversal: &Traversal, scope: &Scope, file: &File) -> Node {
        let mut steps: Vec<Step> = Vec::new();
        for operator in &traversal.operators {
            steps.push(match operator.value() {
                TraversalOperator::GetAttr(name) => Step::Name(name.as_str().to_owned()),
                TraversalOperator::Index(index) => {
                    let index = self.value(index, scope, file);
                    match index.coerced() {
                        Some(key) => Step::Key(key),
                        None => return opened(&index),
                    }
                }
                TraversalOperator::LegacyIndex(index) => Step::Key(index.value().to_string()),
                TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => Step::Splat,
            });
        }
        let Expression::Variable(root) = &traversal.expr else {
            return walk(self.value(&traversal.expr, scope, file), &steps);
        };
        if let Some(node) = scope.get(root.as_str()) {
            return walk(node.clone(), &steps);
        }
        self.named(root.as_str(), &steps)
    }
}

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Name(String),
    Key(String),
    Splat,
}

impl Step {
    /// The name or key, as both select members of maps.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Step::Name(text) | Step::Key(text) => Some(text),
            Step::Splat => None,
        }
    }
}

/// Goes into a value.
pub(super) fn walk(mut node: Node, steps: &[Step]) -> Node {
    for (index, step) in steps.iter().enumerate() {
        if let Some(open) = node.as_open() {
            // A list that is set has elements; what an object holds may be null.
            let numbered =
                |step: &Step| matches!(step, Step::Key(key) if key.parse::<usize>().is_ok());
            let rest = steps.get(index..).unwrap_or_default();
            let assigned = open.assigned && rest.iter().all(numbered);
            return Node::open(&open.expression, assigned);
        }
        node = match step {
            Step::Splat => {
                let rest = steps.get(index + 1..).unwrap_or_default();
                let items = match node.value {
                    Value::List(items) => items,
                    Value::Null => Vec::new(),
                    _ => vec![node],
                };
                return Node::list(items.into_iter().map(|item| walk(item, rest)).collect());
            }
            Step::Name(key) | Step::Key(key) => match &node.value {
                Value::List(items) => {
                    let item = key.parse::<usize>().ok().and_then(|at| items.get(at));
                    match item {
                        Some(item) => item.clone(),
                        None => return Node::open(format!("an element [{key}]"), false),
                    }
                }
                Value::Map(members) => match members.iter().find(|(name, _)| name == key) {
                    Some((_, item)) => item.clone(),
                    None => return Node::open(format!("a member {key}"), false),
                },
                _ => return Node::open(format!("a member {key}"), false),
            },
        };
    }
    node
}

/// The same expression, open.
pub(super) fn opened(node: &Node) -> Node {
    match node.first_open() {
        Some(open) => Node::open(&open.expression, open.assigned),
        None => Node::open("an expression", false),
    }
}

/// Whether a value is true; none where it is not known.
pub(super) fn truth(node: &Node) -> Option<bool> {
    match &node.value {
        Value::Bool(value) => Some(*value),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// A value as part of a text. An object stands for itself encoded as JSON: only `jsonencode` and
/// policy documents put one into a text.
pub(super) fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Map(_) if node.first_open().is_none() => Some(Body::of(node).json.to_string()),
        _ => node.coerced(),
    }
}

pub(super) fn as_f64(node: &Node) -> Option<f64> {
    match &node.value {
        Value::Number(number) => number.as_f64(),
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "checked to be whole and in range"
)]
pub(super) fn from_f64(value: f64) -> Node {
    let number = if value.fract() == 0.0 && value.abs() < 9.0e15 {
        Some(Number::from(value as i64))
    } else {
        Number::from_f64(value)
    };
    match number {
        Some(number) => Node::new(Value::Number(number), None),
        None => Node::open("a number", true),
    }
}

fn combined(left: &Node, operator: BinaryOperator, right: &Node) -> Node {
    let bool = |value: bool| Node::new(Value::Bool(value), None);
    let unknown = || {
        let open = left.first_open().or_else(|| right.first_open());
        Node::open(
            open.map_or("an operation", |open| open.expression.as_str()),
            true,
        )
    };
    match operator {
        BinaryOperator::And | BinaryOperator::Or => {
            let decides = operator == BinaryOperator::Or;
            match (truth(left), truth(right)) {
                (Some(value), _) | (_, Some(value)) if value == decides => bool(value),
                (Some(a), Some(b)) => bool(if decides { a || b } else { a && b }),
                _ => unknown(),
            }
        }
        BinaryOperator::Eq | BinaryOperator::NotEq => {
            let negated = operator == BinaryOperator::NotEq;
            match equal(left, right) {
                Some(value) => bool(value != negated),
                None => unknown(),
            }
        }
        _ => {
            let (Some(a), Some(b)) = (as_f64(left), as_f64(right)) else {
                return unknown();
            };
            match operator {
                BinaryOperator::Less => bool(a < b),
                BinaryOperator::LessEq => bool(a <= b),
                BinaryOperator::Greater => bool(a > b),
                BinaryOperator::GreaterEq => bool(a >= b),
                BinaryOperator::Plus => from_f64(a + b),
                BinaryOperator::Minus => from_f64(a - b),
                BinaryOperator::Mul => from_f64(a * b),
                BinaryOperator::Div => from_f64(a / b),
                BinaryOperator::Mod => from_f64(a % b),
                _ => unknown(),
            }
        }
    }
}

/// Whether two values are equal; none where that is not known. A name that is only pending differs
/// from nothing for sure, but it is not null.
fn equal(a: &Node, b: &Node) -> Option<bool> {
    if a.is_null() || b.is_null() {
        let other = if a.is_null() { b } else { a };
        return match &other.value {
            Value::Open(open) if open.assigned => Some(false),
            Value::Open(_) => None,
            _ => Some(other.is_null()),
        };
    }
    if a.first_open().is_some() || b.first_open().is_some() {
        return None;
    }
    match (a.coerced(), b.coerced()) {
        (Some(a), Some(b)) if a == b => Some(true),
        (Some(a), Some(b)) => {
            let pending = |text: &str| {
                ["iac:", "iac~", "iac--", UNKNOWN_ACCOUNT]
                    .iter()
                    .any(|pending| text.contains(pending))
            };
            (!pending(&a) && !pending(&b)).then_some(false)
        }
        _ => Some(Body::of(a).json == Body::of(b).json),
    }
}
