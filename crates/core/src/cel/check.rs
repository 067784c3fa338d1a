//! Names, types and functions: from syntax to a compiled tree, or to an error that says what to write instead.
//!
//! In: [`Syntax`] and an [`Environment`]. Out: a [`Node`] of the wanted type, and what it may read. Absent on purpose:
//! dynamic types. Whatever has no type here (an empty list, a null) has no use in a control either.

mod types;

use jiff::{SignedDuration, Timestamp};
use regex_lite::RegexBuilder;

use super::error::{CelError, locate};
use super::parse::{Kind, Operator, Syntax, parse};
use super::program::{Environment, Reads};
use super::reads::reads;
use super::schema::{Schema, Type};
use super::tree::{
    Arithmetic, Base, Constant, Constants, Each, EachKind, Is, Node, Order, Path, TextTest,
};
use super::value::Site;
use types::{Ty, arithmetic};

/// Checks `source` against `environment` and compiles it.
pub(super) fn check(
    source: &str,
    environment: &Environment,
    expected: Option<Type>,
) -> Result<(Node, Reads), CelError> {
    let syntax = parse(source)?;
    let mut checker = Checker {
        source,
        environment,
        variables: Vec::new(),
    };
    let typed = checker.check(&syntax)?;
    if let Some(wanted) = expected.map(Ty::from)
        && typed.ty != wanted
    {
        return Err(checker.error(
            syntax.at,
            format!("the expression is {}, but must be {wanted}", typed.ty),
        ));
    }
    let typed = if expected == Some(Type::Bool) {
        checker.present(typed, syntax.at)
    } else {
        typed
    };
    let reads = reads(&typed.node);
    Ok((typed.node, reads))
}

/// A compiled expression with what the check knows about it.
#[derive(Debug)]
struct Typed {
    node: Node,
    ty: Ty,
    /// Whether it may be absent.
    optional: bool,
    /// Whether it is the same for every asset: written in the source, or a tunable.
    constant: bool,
    /// The fact whose value it is, as a path without list positions.
    origin: Option<String>,
}

impl Typed {
    /// A value that is computed, and always present.
    fn computed(node: Node, ty: Ty) -> Self {
        Self {
            node,
            ty,
            optional: false,
            constant: false,
            origin: None,
        }
    }

    fn literal(constant: Constant, ty: Ty) -> Self {
        Self {
            constant: true,
            ..Self::computed(Node::Constant(constant), ty)
        }
    }
}

/// The variable of a macro around the expression in hand.
struct Variable {
    name: String,
    ty: Ty,
    origin: Option<String>,
}

const MACROS: &[&str] = &["exists", "all", "exists_one", "filter", "map"];
const METHODS: &[&str] = &["size", "startsWith", "endsWith", "contains", "matches"];
const FUNCTIONS: &[&str] = &["has", "size", "timestamp", "duration", "days", "double"];

/// The largest compiled form of a pattern, in bytes. A bounded repetition can ask for any amount.
const MAX_PATTERN: usize = 256 * 1024;

struct Checker<'s> {
    source: &'s str,
    environment: &'s Environment,
    variables: Vec<Variable>,
}

impl Checker<'_> {
    fn check(&mut self, syntax: &Syntax) -> Result<Typed, CelError> {
        let at = syntax.at;
        Ok(match &syntax.kind {
            Kind::Bool(value) => Typed::literal(Constant::Bool(*value), Ty::Bool),
            Kind::Int(value) => Typed::literal(Constant::Int(*value), Ty::Int),
            Kind::Double(value) => Typed::literal(Constant::Double(*value), Ty::Double),
            Kind::String(value) => {
                Typed::literal(Constant::String(value.as_str().into()), Ty::String)
            }
            Kind::Name(name) => self.name(name, at)?,
            Kind::List(elements) => self.list(elements, at)?,
            Kind::Select(operand, field) => self.select(operand, field, at)?,
            Kind::Call(function, arguments) => self.call(function, arguments, at)?,
            Kind::Method(target, function, arguments) => {
                self.method(target, function, arguments, at)?
            }
            Kind::And(terms) => Typed::computed(Node::And(self.conditions(terms, "&&")?), Ty::Bool),
            Kind::Or(terms) => Typed::computed(Node::Or(self.conditions(terms, "||")?), Ty::Bool),
            Kind::Not(operand) => {
                let operand = self.condition(operand, "!")?;
                Typed::computed(Node::Not(Box::new(operand)), Ty::Bool)
            }
            Kind::Negate(operand) => {
                let operand = self.check_present(operand)?;
                if !operand.ty.is_number() {
                    return Err(self.error(at, format!("`-` does not apply to {}", operand.ty)));
                }
                let node = Node::Negate(Box::new(operand.node), self.site(at));
                Typed {
                    constant: operand.constant,
                    ..Typed::computed(node, operand.ty)
                }
            }
            Kind::Choose(parts) => self.choose(parts, at)?,
            Kind::Binary(operator, operands) => self.binary(*operator, operands, at)?,
        })
    }

    fn name(&self, name: &str, at: usize) -> Result<Typed, CelError> {
        let variable = self.variables.iter().rev().enumerate();
        if let Some((outwards, variable)) = variable
            .into_iter()
            .find(|(_, variable)| variable.name == name)
        {
            return Ok(self.path(
                Base::Variable(outwards),
                variable.origin.clone(),
                variable.ty.clone(),
                at,
            ));
        }
        match name {
            "as_of" => return Ok(Typed::computed(Node::AsOf, Ty::Timestamp)),
            "tunables" => {
                let ty = Ty::Record(self.environment.tunables);
                return Ok(self.path(Base::Tunables, Some("tunables".to_owned()), ty, at));
            }
            _ => {}
        }
        let root = self.path(Base::Root, None, Ty::Record(self.environment.root), at);
        if let Some(typed) = self.field(root, self.environment.root, name, at) {
            return Ok(typed);
        }
        let error = self.error(at, format!("unknown fact `{name}`"));
        if self.environment.tunables.find(name).is_some() {
            return Err(error.suggest(format!("did you mean `tunables.{name}`?")));
        }
        let mut known = vec!["as_of", "tunables"];
        known.extend(field_names(self.environment.root));
        known.extend(self.variables.iter().map(|it| it.name.as_str()));
        Err(suggest(error, name, known.into_iter()))
    }

    fn path(&self, base: Base, origin: Option<String>, ty: Ty, at: usize) -> Typed {
        let fact = origin.clone().unwrap_or_default();
        let constant = matches!(base, Base::Tunables);
        let path = Path {
            base,
            steps: Vec::new(),
            based: fact.len(),
            fact,
            leaf: is_leaf(&ty),
            site: *self.site(at),
        };
        Typed {
            constant,
            origin,
            ..Typed::computed(Node::Path(Box::new(path)), ty)
        }
    }

    /// The field of a record, when it has it.
    fn field(
        &self,
        record: Typed,
        schema: &'static Schema,
        name: &str,
        at: usize,
    ) -> Option<Typed> {
        let (position, field) = schema.find(name)?;
        let ty = Ty::from(field.ty);
        let is_root = matches!(&record.node, Node::Path(path)
            if matches!(path.base, Base::Root) && path.steps.is_empty());
        let origin = if is_root {
            Some(name.to_owned())
        } else {
            record
                .origin
                .as_ref()
                .map(|origin| format!("{origin}.{name}"))
        };
        let mut path = match record.node {
            Node::Path(path) => path,
            node => {
                let based = record.origin.as_ref().map_or(0, String::len);
                Box::new(Path {
                    base: Base::Node(node),
                    steps: Vec::new(),
                    fact: String::new(),
                    based,
                    leaf: true,
                    site: *self.site(at),
                })
            }
        };
        path.site = Site {
            // Where the walk stops for absence, it is the record that is absent.
            fact: record.origin.map(Into::into),
            ..*self.site(at)
        };
        path.steps.push(position);
        path.fact = origin.clone().unwrap_or_default();
        path.leaf = is_leaf(&ty);
        Some(Typed {
            optional: field.optional,
            constant: record.constant && !field.optional,
            origin,
            ..Typed::computed(Node::Path(path), ty)
        })
    }

    fn select(&mut self, operand: &Syntax, field: &str, at: usize) -> Result<Typed, CelError> {
        let record = self.check(operand)?;
        let at = self.after(at);
        let Ty::Record(schema) = record.ty else {
            let message = format!("{} has no field `{field}`", describe(&record));
            let error = self.error(at, message);
            return Err(match record.ty {
                Ty::List(_) => error.suggest("ask its elements with `exists` or `all`"),
                _ => error,
            });
        };
        self.field(record, schema, field, at).ok_or_else(|| {
            let error = self.error(at, format!("`{}` has no field `{field}`", schema.name));
            suggest(error, field, field_names(schema))
        })
    }

    fn list(&mut self, elements: &[Syntax], at: usize) -> Result<Typed, CelError> {
        let mut nodes = Vec::with_capacity(elements.len());
        let mut ty = None;
        for element in elements {
            let typed = self.check_present(element)?;
            match &ty {
                None => ty = Some(typed.ty),
                Some(first) if *first == typed.ty => {}
                Some(first) => {
                    let message = format!("a list of {first} cannot hold {}", typed.ty);
                    return Err(self.error(element.at, message));
                }
            }
            nodes.push(typed.node);
        }
        let Some(element) = ty else {
            return Err(self
                .error(at, "an empty list has no type")
                .suggest("compare `size(…)` with 0"));
        };
        let ty = Ty::List(Box::new(element));
        let constants = nodes
            .iter()
            .map(|node| match node {
                Node::Constant(constant) => Some(constant.clone()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>();
        Ok(match constants {
            Some(constants) => Typed::literal(Constant::List(Box::new(Constants(constants))), ty),
            None => Typed::computed(Node::List(nodes.into()), ty),
        })
    }

    fn conditions(&mut self, terms: &[Syntax], sign: &str) -> Result<Box<[Node]>, CelError> {
        terms
            .iter()
            .map(|term| self.condition(term, sign))
            .collect()
    }

    fn condition(&mut self, syntax: &Syntax, sign: &str) -> Result<Node, CelError> {
        let typed = self.check_present(syntax)?;
        if typed.ty == Ty::Bool {
            return Ok(typed.node);
        }
        let message = format!("`{sign}` needs bool, but {} is {}", named(&typed), typed.ty);
        Err(self.error(syntax.at, message))
    }

    fn choose(&mut self, parts: &[Syntax; 3], at: usize) -> Result<Typed, CelError> {
        let [condition, first, second] = parts;
        let condition = self.condition(condition, "?")?;
        let first = self.check(first)?;
        let second = self.check(second)?;
        if first.ty != second.ty {
            let message = format!("`?` chooses between {} and {}", first.ty, second.ty);
            return Err(self.error(at, message));
        }
        let optional = first.optional || second.optional;
        let ty = first.ty;
        let node = Node::Choose(Box::new([condition, first.node, second.node]));
        Ok(Typed {
            optional,
            ..Typed::computed(node, ty)
        })
    }

    fn binary(
        &mut self,
        operator: Operator,
        operands: &[Syntax; 2],
        at: usize,
    ) -> Result<Typed, CelError> {
        let [left, right] = operands;
        let (left_at, right_at) = (left.at, right.at);
        let left = self.check(left)?;
        let right = self.check(right)?;
        let refuse = |left: &Typed, right: &Typed| {
            let (left, right) = (&left.ty, &right.ty);
            let sign = operator.sign();
            let error = self.error(at, format!("`{sign}` does not apply to {left} and {right}"));
            match (left, right) {
                (Ty::Timestamp, Ty::String) | (Ty::String, Ty::Timestamp) => {
                    error.suggest("write `timestamp(\"…\")`")
                }
                (Ty::Duration, Ty::String) | (Ty::String, Ty::Duration) => {
                    error.suggest("write `duration(\"…\")`")
                }
                (Ty::Duration, Ty::Int) | (Ty::Int, Ty::Duration) => {
                    error.suggest("write `days(…)` for a number of days")
                }
                (Ty::Double, Ty::Int) | (Ty::Int, Ty::Double) => {
                    error.suggest("convert the int with `double(…)`")
                }
                _ => error,
            }
        };
        match operator {
            Operator::Equal | Operator::NotEqual => {
                if !left.ty.equates(&right.ty) {
                    return Err(refuse(&left, &right));
                }
                // Against a constant an absent fact has an answer; against another fact it has not.
                let (left, right) = if left.constant || right.constant {
                    (left, right)
                } else {
                    (self.present(left, left_at), self.present(right, right_at))
                };
                let constant = left.constant && right.constant;
                let wanted = operator == Operator::Equal;
                let node = match (left.node, right.node) {
                    (Node::Path(path), Node::Constant(constant))
                    | (Node::Constant(constant), Node::Path(path)) => Node::Is(Box::new(Is {
                        path: *path,
                        constant,
                        wanted,
                        site: *self.site(at),
                    })),
                    (left, right) => Node::Equal(Box::new([left, right]), wanted, self.site(at)),
                };
                Ok(Typed {
                    constant,
                    ..Typed::computed(node, Ty::Bool)
                })
            }
            Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual => {
                if !left.ty.orders(&right.ty) {
                    return Err(refuse(&left, &right));
                }
                let order = match operator {
                    Operator::Less => Order::Less,
                    Operator::LessEqual => Order::LessEqual,
                    Operator::Greater => Order::Greater,
                    _ => Order::GreaterEqual,
                };
                let left = self.present(left, left_at);
                let right = self.present(right, right_at);
                let operands = Box::new([left.node, right.node]);
                let node = Node::Order(order, operands, self.site(at));
                Ok(Typed::computed(node, Ty::Bool))
            }
            Operator::In => {
                let Ty::List(element) = &right.ty else {
                    return Err(self.error(
                        right_at,
                        format!(
                            "`in` looks in a list, but {} is {}",
                            named(&right),
                            right.ty
                        ),
                    ));
                };
                if !left.ty.equates(element) {
                    return Err(refuse(&left, &right));
                }
                let left = if right.constant {
                    left
                } else {
                    self.present(left, left_at)
                };
                let right = self.present(right, right_at);
                let operands = Box::new([left.node, right.node]);
                let node = Node::In(operands, self.site(at));
                Ok(Typed::computed(node, Ty::Bool))
            }
            Operator::Index => {
                let (Ty::List(element), Ty::Int) = (&left.ty, &right.ty) else {
                    return Err(refuse(&left, &right));
                };
                let ty = (**element).clone();
                let origin = left.origin.clone();
                let left = self.present(left, left_at);
                let right = self.present(right, right_at);
                let operands = Box::new([left.node, right.node]);
                Ok(Typed {
                    origin,
                    ..Typed::computed(Node::Index(operands, self.site(at)), ty)
                })
            }
            Operator::Add
            | Operator::Subtract
            | Operator::Multiply
            | Operator::Divide
            | Operator::Remainder => {
                let operation = match operator {
                    Operator::Add => Arithmetic::Add,
                    Operator::Subtract => Arithmetic::Subtract,
                    Operator::Multiply => Arithmetic::Multiply,
                    Operator::Divide => Arithmetic::Divide,
                    _ => Arithmetic::Remainder,
                };
                let Some(ty) = arithmetic(operation, &left.ty, &right.ty) else {
                    return Err(refuse(&left, &right));
                };
                let left = self.present(left, left_at);
                let right = self.present(right, right_at);
                let operands = Box::new([left.node, right.node]);
                let node = Node::Arithmetic(operation, operands, self.site(at));
                Ok(Typed::computed(node, ty))
            }
        }
    }

    fn call(&mut self, function: &str, arguments: &[Syntax], at: usize) -> Result<Typed, CelError> {
        let at = self.before(at, function);
        let [argument] = arguments else {
            return Err(if FUNCTIONS.contains(&function) {
                self.count(function, "1 argument", arguments, at)
            } else {
                self.unknown_function(function, at)
            });
        };
        match function {
            "has" => self.has(argument),
            "size" => self.size(argument, at),
            "timestamp" => {
                let text = self.literal(function, argument)?;
                let instant: Timestamp = text.parse().map_err(|_| {
                    self.error(argument.at, format!("`{}` is no timestamp", one_line(text)))
                        .suggest("write it as in \"2026-01-31T00:00:00Z\"")
                })?;
                Ok(Typed::literal(Constant::Timestamp(instant), Ty::Timestamp))
            }
            "duration" => {
                let text = self.literal(function, argument)?;
                let span: SignedDuration = text.parse().map_err(|_| {
                    self.error(argument.at, format!("`{}` is no duration", one_line(text)))
                        .suggest("write it as in \"720h\" or \"1h30m\"")
                })?;
                Ok(Typed::literal(Constant::Duration(span), Ty::Duration))
            }
            "days" => {
                let operand = self.argument(function, argument, &Ty::Int)?;
                let node = Node::Days(Box::new(operand.node), self.site(at));
                Ok(Typed {
                    constant: operand.constant,
                    ..Typed::computed(node, Ty::Duration)
                })
            }
            "double" => {
                let operand = self.argument(function, argument, &Ty::Int)?;
                let node = Node::ToDouble(Box::new(operand.node));
                Ok(Typed {
                    constant: operand.constant,
                    ..Typed::computed(node, Ty::Double)
                })
            }
            _ => Err(self.unknown_function(function, at)),
        }
    }

    fn has(&mut self, argument: &Syntax) -> Result<Typed, CelError> {
        let typed = self.check(argument)?;
        match typed.node {
            Node::Path(path) if !path.steps.is_empty() => {
                Ok(Typed::computed(Node::Has(path), Ty::Bool))
            }
            _ => Err(self.error(
                argument.at,
                "`has` asks for a fact, such as `has(kms_key_id)`",
            )),
        }
    }

    fn size(&mut self, argument: &Syntax, at: usize) -> Result<Typed, CelError> {
        let operand = self.check_present(argument)?;
        if !matches!(operand.ty, Ty::String | Ty::List(_)) {
            let message = format!(
                "`size` takes a string or a list, but {} is {}",
                named(&operand),
                operand.ty
            );
            return Err(self.error(at, message));
        }
        Ok(Typed::computed(Node::Size(Box::new(operand.node)), Ty::Int))
    }

    fn method(
        &mut self,
        target: &Syntax,
        function: &str,
        arguments: &[Syntax],
        at: usize,
    ) -> Result<Typed, CelError> {
        let at = self.before(at, function);
        let test = match function {
            "exists" => return self.each(EachKind::Exists, target, function, arguments, at),
            "all" => return self.each(EachKind::All, target, function, arguments, at),
            "exists_one" => return self.each(EachKind::ExistsOne, target, function, arguments, at),
            "filter" => return self.each(EachKind::Filter, target, function, arguments, at),
            "map" => return self.each(EachKind::Map, target, function, arguments, at),
            "size" => {
                return if arguments.is_empty() {
                    self.size(target, at)
                } else {
                    Err(self.count(function, "no argument", arguments, at))
                };
            }
            "startsWith" => Some(TextTest::StartsWith),
            "endsWith" => Some(TextTest::EndsWith),
            "contains" => Some(TextTest::Contains),
            "matches" => None,
            _ => return Err(self.unknown_function(function, at)),
        };
        let text = self.check_present(target)?;
        if text.ty != Ty::String {
            let message = format!(
                "`{function}` asks a string, but {} is {}",
                named(&text),
                text.ty
            );
            let error = self.error(at, message);
            return Err(match text.ty {
                Ty::List(_) if function == "contains" => error.suggest("write `element in list`"),
                _ => error,
            });
        }
        let [argument] = arguments else {
            return Err(self.count(function, "1 argument", arguments, at));
        };
        let node = match test {
            Some(test) => {
                let part = self.argument(function, argument, &Ty::String)?;
                Node::Text(test, Box::new([text.node, part.node]))
            }
            None => {
                let pattern = RegexBuilder::new(self.literal(function, argument)?)
                    .size_limit(MAX_PATTERN)
                    .build()
                    .map_err(|error| {
                        let reason = one_line(&error.to_string());
                        self.error(
                            argument.at,
                            format!("the pattern does not compile: {reason}"),
                        )
                    })?;
                Node::Matches(Box::new(text.node), Box::new(pattern))
            }
        };
        Ok(Typed::computed(node, Ty::Bool))
    }

    fn each(
        &mut self,
        kind: EachKind,
        target: &Syntax,
        function: &str,
        arguments: &[Syntax],
        at: usize,
    ) -> Result<Typed, CelError> {
        let (variable, condition, body) = match (kind, arguments) {
            (_, [variable, body]) => (variable, None, body),
            (EachKind::Map, [variable, condition, body]) => (variable, Some(condition), body),
            _ => return Err(self.count(function, "a variable and an expression", arguments, at)),
        };
        let range = self.check_present(target)?;
        let Ty::List(element) = range.ty else {
            let message = format!(
                "`{function}` goes through a list, but {} is {}",
                named(&range),
                range.ty
            );
            return Err(self.error(at, message));
        };
        let element = *element;
        let name = self.new_variable(function, variable)?;
        self.variables.push(Variable {
            name,
            ty: element.clone(),
            origin: range.origin.clone(),
        });
        let condition = condition
            .map(|condition| self.condition(condition, function))
            .transpose();
        let body = match kind {
            EachKind::Map => self.check_present(body),
            _ => self
                .condition(body, function)
                .map(|node| Typed::computed(node, Ty::Bool)),
        };
        self.variables.pop();
        let (condition, body) = (condition?, body?);
        let each = |kind, range, body| {
            Node::Each(Box::new(Each {
                kind,
                range,
                body,
                site: *self.site(at),
            }))
        };
        let list = match condition {
            Some(condition) => each(EachKind::Filter, range.node, condition),
            None => range.node,
        };
        let (ty, origin) = match kind {
            EachKind::Filter => (Ty::List(Box::new(element)), range.origin),
            EachKind::Map => (Ty::List(Box::new(body.ty)), body.origin),
            _ => (Ty::Bool, None),
        };
        Ok(Typed {
            origin,
            ..Typed::computed(each(kind, list, body.node), ty)
        })
    }

    fn new_variable(&self, function: &str, variable: &Syntax) -> Result<String, CelError> {
        let Kind::Name(name) = &variable.kind else {
            let message = format!("the first argument of `{function}` must be a new name");
            return Err(self.error(variable.at, message));
        };
        let taken = matches!(name.as_str(), "as_of" | "tunables")
            || self.environment.root.find(name).is_some()
            || self.variables.iter().any(|outer| outer.name == *name);
        if taken || name.starts_with('.') {
            let message = format!("`{name}` already has a meaning here");
            return Err(self
                .error(variable.at, message)
                .suggest("choose another name"));
        }
        Ok(name.clone())
    }

    fn argument(
        &mut self,
        function: &str,
        argument: &Syntax,
        wanted: &Ty,
    ) -> Result<Typed, CelError> {
        let typed = self.check_present(argument)?;
        if typed.ty == *wanted {
            return Ok(typed);
        }
        let message = format!(
            "`{function}` takes {wanted}, but {} is {}",
            named(&typed),
            typed.ty
        );
        Err(self.error(argument.at, message))
    }

    fn literal<'x>(&self, function: &str, argument: &'x Syntax) -> Result<&'x str, CelError> {
        match &argument.kind {
            Kind::String(text) => Ok(text),
            _ => Err(self.error(
                argument.at,
                format!("`{function}` takes a string written in the expression"),
            )),
        }
    }

    fn check_present(&mut self, syntax: &Syntax) -> Result<Typed, CelError> {
        let typed = self.check(syntax)?;
        Ok(self.present(typed, syntax.at))
    }

    /// Makes an absent value an evaluation error.
    fn present(&self, typed: Typed, at: usize) -> Typed {
        if !typed.optional {
            return typed;
        }
        let site = Site {
            fact: typed.origin.as_deref().map(Into::into),
            ..*self.site(at)
        };
        Typed {
            node: Node::Require(Box::new(typed.node), Box::new(site)),
            optional: false,
            ..typed
        }
    }

    fn unknown_function(&self, function: &str, at: usize) -> CelError {
        let error = self.error(at, format!("unknown function `{function}`"));
        let known = [FUNCTIONS, METHODS, MACROS].concat();
        suggest(error, function, known.into_iter())
    }

    fn count(&self, function: &str, takes: &str, given: &[Syntax], at: usize) -> CelError {
        let message = format!("`{function}` takes {takes}, but {} were given", given.len());
        self.error(at, message)
    }

    fn error(&self, at: usize, message: impl Into<String>) -> CelError {
        CelError::new(self.source, at, message)
    }

    fn site(&self, at: usize) -> Box<Site> {
        Box::new(locate(self.source, at))
    }

    /// The offset of the function name before the bracket at `at`.
    fn before(&self, at: usize, function: &str) -> usize {
        self.source
            .get(..at)
            .and_then(|before| before.trim_end().strip_suffix(function))
            .map_or(at, str::len)
    }

    /// The offset of the word after the dot at `at`.
    fn after(&self, at: usize) -> usize {
        self.source
            .get(at..)
            .and_then(|rest| rest.strip_prefix('.'))
            .map_or(at, |rest| at + 1 + (rest.len() - rest.trim_start().len()))
    }
}

fn is_leaf(ty: &Ty) -> bool {
    !matches!(ty, Ty::List(element) if matches!(**element, Ty::Record(_)))
}

fn field_names(schema: &Schema) -> impl Iterator<Item = &str> {
    schema.fields.iter().map(|field| field.name)
}

/// Adds the known name that `name` is most likely a slip of, when one is near.
fn suggest<'n>(error: CelError, name: &str, known: impl Iterator<Item = &'n str>) -> CelError {
    let nearest = known
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(name, candidate),
                candidate,
            )
        })
        .max_by(|left, right| left.0.total_cmp(&right.0));
    match nearest {
        Some((likeness, candidate)) if likeness > 0.55 => {
            error.suggest(format!("did you mean `{candidate}`?"))
        }
        _ => error,
    }
}

/// How to speak of an expression in the middle of a sentence.
fn named(typed: &Typed) -> String {
    typed
        .origin
        .as_ref()
        .map_or_else(|| "the operand".to_owned(), |fact| format!("`{fact}`"))
}

/// How to speak of an expression and its type at the start of a sentence.
fn describe(typed: &Typed) -> String {
    typed.origin.as_ref().map_or_else(
        || typed.ty.to_string(),
        |fact| format!("`{fact}` is {} and", typed.ty),
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
