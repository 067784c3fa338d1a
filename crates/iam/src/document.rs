//! A policy document: text in any of the shapes that AWS and its tools produce enters, statements
//! with positions leave.
//!
//! Tolerant in form (object or list, string or list, a JSON string that holds the document,
//! percent-encoding, a byte order mark), strict where a lenient reading would change the meaning:
//! repeated keys, a misspelt `Effect`, an unknown element of a statement. Identity, resource and
//! trust policies share the parser. Grammar: IAM User Guide, "Grammar of the IAM JSON policy
//! language". Deliberately absent: checks that a service would make (action names, sizes).

use std::borrow::Cow;
use std::sync::Arc;

use percent_encoding::percent_decode_str;

use crate::condition::{Condition, ConditionEntry, Operator};
use crate::error::{DocumentError, DocumentErrorKind, OneLine};
use crate::json::{self, Member, Node, Value};
use crate::statement::{
    ActionElement, ActionPattern, Effect, PrincipalElement, PrincipalEntry, PrincipalKind,
    ResourceElement, ResourcePattern, Statement,
};

/// The version of the policy language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LanguageVersion {
    /// `2008-10-17`, also when `Version` is absent: `${…}` is plain text.
    V2008,
    /// `2012-10-17`: `${…}` is a policy variable.
    V2012,
}

/// A parsed policy document. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Document(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: String,
    version: LanguageVersion,
    id: Option<String>,
    statements: Vec<Statement>,
    index: ActionIndex,
}

impl Document {
    /// Longest decoded text that is read, in bytes: far above any policy quota.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Reads a document given as JSON, as a JSON string that holds JSON, or percent-encoded
    /// (RFC 3986, as the IAM API returns it), with or without a byte order mark.
    ///
    /// # Errors
    /// [`DocumentError`] with its position, if the text is not a policy document.
    pub fn parse(text: &str) -> Result<Self, DocumentError> {
        Self::unwrap_text(text, 0)
    }

    /// Reads a document from a JSON value: an object, or a string in any form that
    /// [`Document::parse`] takes.
    ///
    /// # Errors
    /// As [`Document::parse`]; positions count in the value's compact text.
    pub fn from_value(value: &serde_json::Value) -> Result<Self, DocumentError> {
        match value {
            serde_json::Value::String(text) => Self::parse(text),
            other => Self::parse(&other.to_string()),
        }
    }

    /// Peels encodings off until an object is left.
    fn unwrap_text(text: &str, peeled: usize) -> Result<Self, DocumentError> {
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.len() > 3 * Self::MAX_BYTES {
            return Err(DocumentError::at(
                "",
                0,
                DocumentErrorKind::TooLong(text.len()),
            ));
        }
        let encoded = text.starts_with('%');
        if encoded && peeled < MAX_PEELS {
            let decoded = percent_decode_str(text)
                .decode_utf8()
                .map_err(|_| DocumentError::at(text, 0, DocumentErrorKind::Encoding))?;
            return Self::unwrap_text(&decoded, peeled + 1);
        }
        if text.len() > Self::MAX_BYTES {
            return Err(DocumentError::at(
                "",
                0,
                DocumentErrorKind::TooLong(text.len()),
            ));
        }
        let root = json::read(text)?;
        if let Value::String(inner) = &root.value
            && peeled < MAX_PEELS
        {
            return Self::unwrap_text(inner, peeled + 1);
        }
        Builder { text }.document(root)
    }

    /// The decoded JSON text, unchanged.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The language version.
    pub fn version(&self) -> LanguageVersion {
        self.0.version
    }

    /// The `Id` element.
    pub fn id(&self) -> Option<&str> {
        self.0.id.as_deref()
    }

    /// The statements in order.
    pub fn statements(&self) -> &[Statement] {
        &self.0.statements
    }

    /// The JSON text of a statement of this document, as written.
    pub fn statement_json(&self, statement: &Statement) -> &str {
        self.0.text.get(statement.span.clone()).unwrap_or("")
    }

    /// The statements whose `Action` or `NotAction` covers `action`, in order. Letter case is
    /// ignored.
    pub fn statements_for(&self, action: &str) -> Vec<&Statement> {
        self.statements_for_lower(&action.to_ascii_lowercase())
    }

    /// As [`Document::statements_for`]; `action` must be lower-case.
    pub(crate) fn statements_for_lower(&self, action: &str) -> Vec<&Statement> {
        self.0.index.select(&self.0.statements, action)
    }
}

/// How many encodings may be stacked: a percent-encoded JSON string of an encoded document.
const MAX_PEELS: usize = 4;

/// Finds the statements for an action without trying every entry: those with a plain service
/// prefix are sorted by its beginning.
#[derive(Debug, Default)]
struct ActionIndex {
    /// (beginning of the service, statement, entry), sorted.
    by_service: Vec<(u64, usize, usize)>,
    /// Entries whose service part holds a wildcard.
    any_service: Vec<(usize, usize)>,
    /// The statements with `NotAction`.
    negated: Vec<usize>,
}

/// The first bytes of a service prefix; which of those that begin alike is meant, the entry tells.
fn beginning(service: &str) -> u64 {
    let bytes = service.bytes().chain(std::iter::repeat(0));
    bytes
        .take(8)
        .fold(0, |packed, byte| packed << 8 | u64::from(byte))
}

impl ActionIndex {
    fn of(statements: &[Statement]) -> Self {
        let mut index = Self::default();
        for (number, statement) in statements.iter().enumerate() {
            let Some(action) = &statement.action else {
                continue;
            };
            if action.negated {
                index.negated.push(number);
            }
            for (position, entry) in action.entries.iter().enumerate() {
                match entry.plain_service() {
                    Some(service) => {
                        let beginning = beginning(service);
                        index.by_service.push((beginning, number, position));
                    }
                    None => index.any_service.push((number, position)),
                }
            }
        }
        index.by_service.sort_unstable();
        index
    }

    /// `action` must be lower-case.
    fn select<'d>(&self, statements: &'d [Statement], action: &str) -> Vec<&'d Statement> {
        let wanted = beginning(action.split(':').next().unwrap_or(""));
        let from = self
            .by_service
            .partition_point(|(known, ..)| *known < wanted);
        let near = self
            .by_service
            .iter()
            .skip(from)
            .take_while(|(known, ..)| *known == wanted)
            .map(|(_, statement, entry)| (*statement, *entry));
        let covers = |(statement, entry): &(usize, usize)| {
            let action_side = statements
                .get(*statement)
                .and_then(|one| one.action.as_ref());
            let entry = action_side.and_then(|action_side| action_side.entries.get(*entry));
            entry.is_some_and(|entry| entry.matches(action))
        };
        let mut listed: Vec<usize> = near
            .chain(self.any_service.iter().copied())
            .filter(covers)
            .map(|(statement, _)| statement)
            .collect();
        listed.sort_unstable();
        listed.dedup();
        // A statement applies if it is listed or negated, and not if it is both.
        listed.extend(&self.negated);
        listed.sort_unstable();
        listed
            .chunk_by(|a, b| a == b)
            .filter_map(|same| match same {
                [once] => statements.get(*once),
                _ => None,
            })
            .collect()
    }
}

/// Where in the document, spelt out only for an error.
#[derive(Clone, Copy)]
enum Path<'p> {
    Root,
    Key(&'p Path<'p>, &'p str),
    Index(&'p Path<'p>, usize),
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Self::Root, key) => write!(formatter, "{}", OneLine(key)),
            Self::Key(parent, key) => write!(formatter, "{parent}.{}", OneLine(key)),
            Self::Index(parent, index) => write!(formatter, "{parent}[{index}]"),
        }
    }
}

/// Turns the JSON tree into the model.
struct Builder<'t> {
    text: &'t str,
}

impl Builder<'_> {
    fn fail(&self, node_at: usize, path: &Path<'_>, kind: DocumentErrorKind) -> DocumentError {
        DocumentError::at(self.text, node_at, kind).in_path(path.to_string())
    }

    fn wrong_type(
        &self,
        node: &Node<'_>,
        path: &Path<'_>,
        expected: &'static str,
    ) -> DocumentError {
        let found = node.value.type_name();
        self.fail(
            node.start,
            path,
            DocumentErrorKind::Type { expected, found },
        )
    }

    fn members<'n>(
        &self,
        node: Node<'n>,
        path: &Path<'_>,
    ) -> Result<Vec<Member<'n>>, DocumentError> {
        match node.value {
            Value::Object(members) => Ok(members),
            _ => Err(self.wrong_type(&node, path, "an object")),
        }
    }

    fn document(self, root: Node<'_>) -> Result<Document, DocumentError> {
        let root_at = root.start;
        let mut version = LanguageVersion::V2008;
        let mut id = None;
        let mut nodes: Option<(Vec<Node<'_>>, bool)> = None;
        for member in self.members(root, &Path::Root)? {
            match member.key.as_ref() {
                "Version" => version = self.version(&member.node)?,
                "Id" => {
                    let path = Path::Key(&Path::Root, "Id");
                    id = Some(self.string(member.node, &path)?.into_owned());
                }
                "Statement" => {
                    nodes = Some(match member.node {
                        Node {
                            value: Value::Array(items),
                            ..
                        } => (items, true),
                        one => (vec![one], false),
                    });
                }
                // Elements beside the statements change nothing that a statement grants.
                _ => {}
            }
        }
        let (nodes, is_list) = nodes.ok_or_else(|| {
            self.fail(
                root_at,
                &Path::Root,
                DocumentErrorKind::MissingElement("Statement"),
            )
        })?;
        let statements = nodes
            .into_iter()
            .enumerate()
            .map(|(index, node)| {
                let element = Path::Key(&Path::Root, "Statement");
                let item = Path::Index(&element, index);
                let path = if is_list { &item } else { &element };
                self.statement(node, index, path, version)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let index = ActionIndex::of(&statements);
        Ok(Document(Arc::new(Inner {
            text: self.text.to_owned(),
            version,
            id,
            statements,
            index,
        })))
    }

    fn version(&self, node: &Node<'_>) -> Result<LanguageVersion, DocumentError> {
        let path = Path::Key(&Path::Root, "Version");
        match &node.value {
            Value::String(text) if text == "2012-10-17" => Ok(LanguageVersion::V2012),
            Value::String(text) if text == "2008-10-17" => Ok(LanguageVersion::V2008),
            Value::String(text) => Err(self.fail(
                node.start,
                &path,
                DocumentErrorKind::Version(text.to_string()),
            )),
            _ => Err(self.wrong_type(node, &path, "a string")),
        }
    }

    fn statement(
        &self,
        node: Node<'_>,
        index: usize,
        path: &Path<'_>,
        version: LanguageVersion,
    ) -> Result<Statement, DocumentError> {
        let span = node.start..node.end;
        let start = node.start;
        let variables = version == LanguageVersion::V2012;
        let mut sid = None;
        let mut effect = None;
        let mut principal: Option<PrincipalElement> = None;
        let mut action: Option<ActionElement> = None;
        let mut resource: Option<ResourceElement> = None;
        let mut condition = Condition::default();
        for Member { key, key_at, node } in self.members(node, path)? {
            let at = Path::Key(path, &key);
            let negated = key.starts_with("Not");
            match key.as_ref() {
                "Sid" => sid = Some(self.string(node, &at)?.into_owned()),
                "Effect" => effect = Some(self.effect(node, &at)?),
                "Principal" | "NotPrincipal" => {
                    if principal.is_some() {
                        let kind = DocumentErrorKind::Both("Principal", "NotPrincipal");
                        return Err(self.fail(key_at, path, kind));
                    }
                    principal = Some(self.principal(node, negated, &at)?);
                }
                "Action" | "NotAction" => {
                    if action.is_some() {
                        let kind = DocumentErrorKind::Both("Action", "NotAction");
                        return Err(self.fail(key_at, path, kind));
                    }
                    let entries = self
                        .strings(node, &at)?
                        .into_iter()
                        .map(|(text, offset)| ActionPattern::new(text, offset))
                        .collect();
                    action = Some(ActionElement { negated, entries });
                }
                "Resource" | "NotResource" => {
                    if resource.is_some() {
                        let kind = DocumentErrorKind::Both("Resource", "NotResource");
                        return Err(self.fail(key_at, path, kind));
                    }
                    let entries = self
                        .strings(node, &at)?
                        .into_iter()
                        .map(|(text, offset)| ResourcePattern::new(text, offset, variables))
                        .collect();
                    resource = Some(ResourceElement { negated, entries });
                }
                "Condition" => condition = self.condition(node, &at, variables)?,
                _ => {
                    let kind = DocumentErrorKind::UnknownElement(key.to_string());
                    return Err(self.fail(key_at, path, kind));
                }
            }
        }
        let effect = effect
            .ok_or_else(|| self.fail(start, path, DocumentErrorKind::MissingElement("Effect")))?;
        Ok(Statement {
            index,
            sid,
            effect,
            principal,
            action,
            resource,
            condition,
            span,
        })
    }

    fn effect(&self, node: Node<'_>, path: &Path<'_>) -> Result<Effect, DocumentError> {
        let at = node.start;
        match self.string(node, path)?.as_ref() {
            "Allow" => Ok(Effect::Allow),
            "Deny" => Ok(Effect::Deny),
            other => Err(self.fail(at, path, DocumentErrorKind::Effect(other.to_owned()))),
        }
    }

    fn principal(
        &self,
        node: Node<'_>,
        negated: bool,
        path: &Path<'_>,
    ) -> Result<PrincipalElement, DocumentError> {
        let offset = node.start;
        let mut entries = Vec::new();
        match node.value {
            Value::String(value) => entries.push(PrincipalEntry {
                kind: if value == "*" {
                    PrincipalKind::Anyone
                } else {
                    PrincipalKind::Aws
                },
                value: value.into_owned(),
                offset,
            }),
            Value::Object(members) => {
                for member in members {
                    let kind = match member.key.as_ref() {
                        "AWS" => PrincipalKind::Aws,
                        "Service" => PrincipalKind::Service,
                        "Federated" => PrincipalKind::Federated,
                        "CanonicalUser" => PrincipalKind::CanonicalUser,
                        other => PrincipalKind::Other(other.to_owned()),
                    };
                    let at = Path::Key(path, &member.key);
                    for (value, offset) in self.strings(member.node, &at)? {
                        entries.push(PrincipalEntry {
                            kind: kind.clone(),
                            value,
                            offset,
                        });
                    }
                }
            }
            _ => return Err(self.wrong_type(&node, path, "`*` or an object")),
        }
        Ok(PrincipalElement { negated, entries })
    }

    fn condition(
        &self,
        node: Node<'_>,
        path: &Path<'_>,
        variables: bool,
    ) -> Result<Condition, DocumentError> {
        let mut entries = Vec::new();
        for block in self.members(node, path)? {
            let operator = Operator::parse(&block.key);
            let at = Path::Key(path, &block.key);
            for member in self.members(block.node, &at)? {
                let at = Path::Key(&at, &member.key);
                let values = self.scalars(member.node, &at)?;
                entries.push(ConditionEntry::new(
                    operator.clone(),
                    member.key.to_string(),
                    values,
                    member.key_at,
                ));
            }
        }
        Ok(Condition { entries, variables })
    }

    fn string<'n>(&self, node: Node<'n>, path: &Path<'_>) -> Result<Cow<'n, str>, DocumentError> {
        match node.value {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong_type(&node, path, "a string")),
        }
    }

    fn strings(
        &self,
        node: Node<'_>,
        path: &Path<'_>,
    ) -> Result<Vec<(String, usize)>, DocumentError> {
        let offset = node.start;
        match node.value {
            Value::String(text) => Ok(vec![(text.into_owned(), offset)]),
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    let offset = item.start;
                    let text = self.string(item, &Path::Index(path, index))?;
                    Ok((text.into_owned(), offset))
                })
                .collect(),
            _ => Err(self.wrong_type(&node, path, "a string or a list of strings")),
        }
    }

    fn scalars(&self, node: Node<'_>, path: &Path<'_>) -> Result<Vec<String>, DocumentError> {
        match node.value {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| self.scalar(item, &Path::Index(path, index)))
                .collect(),
            _ => Ok(vec![self.scalar(node, path)?]),
        }
    }

    fn scalar(&self, node: Node<'_>, path: &Path<'_>) -> Result<String, DocumentError> {
        match node.value {
            Value::String(text) => Ok(text.into_owned()),
            Value::Number(text) => Ok(text.to_owned()),
            Value::Bool(value) => Ok(value.to_string()),
            _ => Err(self.wrong_type(&node, path, "a string, a number or a boolean")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_answered_without_a_panic(text in ".{0,60}") {
            let _ = Document::parse(&text);
        }

        #[test]
        fn text_like_a_policy_is_answered_without_a_panic(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "[", "]", ":", ",", "\"", "%22", "%7B", "\\u", "\"Statement\"", "\"Effect\"",
                    "\"Allow\"", "\"Action\"", "\"Resource\"", "\"Condition\"", "\"*\"", "${", "1e9", "é",
                ]),
                0..24,
            ),
        ) {
            let _ = Document::parse(&parts.concat());
        }

        #[test]
        fn the_index_finds_what_each_statement_covers(
            entries in prop::collection::vec(
                (prop::collection::vec("(s3|iam|s\\*|\\*|i\\?m):[GgPp*?a]{1,3}|\\*", 0..4), any::<bool>()),
                0..6,
            ),
            action in "(s3|iam|sts):[GPa]{1,3}",
        ) {
            let statements: Vec<serde_json::Value> = entries
                .iter()
                .map(|(patterns, negated)| {
                    let key = if *negated { "NotAction" } else { "Action" };
                    serde_json::json!({"Effect": "Allow", "Resource": "*", key: patterns})
                })
                .collect();
            let document =
                Document::from_value(&serde_json::json!({"Statement": statements})).unwrap();
            let indexed: Vec<usize> =
                document.statements_for(&action).iter().map(|one| one.index).collect();
            let each: Vec<usize> = document
                .statements()
                .iter()
                .filter(|statement| statement.covers_action(&action))
                .map(|statement| statement.index)
                .collect();
            prop_assert_eq!(indexed, each);
        }
    }

    #[test]
    fn too_long_is_refused_before_it_is_read() {
        let text = format!("{{\"Statement\":[]}}{}", " x".repeat(Document::MAX_BYTES));
        let error = Document::parse(&text).unwrap_err();
        assert!(matches!(error.kind, DocumentErrorKind::TooLong(_)));
    }

    #[test]
    fn a_statement_prints_back_as_written() {
        let text = "{ \"Statement\" : [ {\"Effect\":\"Allow\",  \"Action\":\"*\"} ] }";
        let document = Document::parse(text).unwrap();
        let [statement] = document.statements() else {
            panic!("one statement");
        };
        assert_eq!(
            document.statement_json(statement),
            "{\"Effect\":\"Allow\",  \"Action\":\"*\"}"
        );
    }
}
