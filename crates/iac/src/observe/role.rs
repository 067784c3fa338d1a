//! What IAM would answer.
//!
//! A role that the code creates has the policies that the code gives it. Each role is a page of the
//! account's authorization details, so that it keeps its place.

use sagewarden_core::arn::Arn;
use sagewarden_core::operations::Operation;

use super::{Recorder, Stack, published};
use crate::declared::Declared;
use crate::frame::is_untold;
use crate::kind::Kind;
use crate::value::{Node, Value};

pub(super) fn observe(stack: &Stack, out: &mut Recorder<'_>) {
    let details: Vec<Node> = stack
        .of(Kind::Role)
        .map(|role| detail(stack, role, out))
        .collect();
    published::observe(&details, out);
    let mut pages: Vec<Vec<(&str, Node)>> = details
        .into_iter()
        .map(|detail| {
            vec![
                ("RoleDetailList", Node::list(vec![detail])),
                ("Policies", Node::list(vec![])),
            ]
        })
        .collect();
    pages.extend(stack.of(Kind::ManagedPolicy).map(|policy| {
        vec![
            ("RoleDetailList", Node::list(vec![])),
            ("Policies", Node::list(vec![managed(policy, out)])),
        ]
    }));
    if pages.is_empty() && !out.whole {
        return;
    }
    if pages.is_empty() {
        pages.push(vec![("RoleDetailList", Node::list(vec![]))]);
    }
    let complete = out.whole;
    let operation = Operation::GetAccountAuthorizationDetails;
    out.listing(operation, "", &[], pages, complete);
}

fn detail(stack: &Stack, role: &Declared, out: &Recorder<'_>) -> Node {
    let identity = &role.identity;
    let arn = identity.arn(out.frame);
    let body = &role.body;
    let mut inline: Vec<Node> = Vec::new();
    if let Some(open) = body.rest() {
        inline.push(unknown_policy(&open.expression));
    }
    if let Some(what) = stack.unread_about(identity, out.frame) {
        inline.push(unknown_policy(what));
    }
    match body.member("Policies").map(|node| &node.value) {
        Some(Value::List(policies)) => {
            // A block without attributes says that there are none.
            let policies = policies
                .iter()
                .filter(|policy| !matches!(&policy.value, Value::Map(all) if all.is_empty()));
            for policy in policies {
                inline_policy(policy, "inline policy", out, &mut inline);
            }
        }
        Some(Value::Open(open)) => inline.push(unknown_policy(&open.expression)),
        _ => {}
    }
    for policy in stack.of(Kind::RolePolicy) {
        match names(policy, role, &arn) {
            Some(true) => {
                inline_policy(&policy.body, &policy.identity.address, out, &mut inline);
            }
            Some(false) => {}
            None => inline.push(unknown_policy(&policy.identity.address)),
        }
    }
    let mut attached: Vec<Node> = Vec::new();
    let attach = |arns: Option<&Node>, inline: &mut Vec<Node>, attached: &mut Vec<Node>| match arns
        .map(|node| &node.value)
    {
        Some(Value::List(items)) => {
            for item in items {
                attached.push(Node::map(vec![("PolicyArn", item.clone())]).at(item.place.clone()));
            }
        }
        Some(Value::Open(open)) => inline.push(unknown_policy(&open.expression)),
        _ => {}
    };
    attach(body.member("ManagedPolicyArns"), &mut inline, &mut attached);
    for attachment in stack.of(Kind::Attachment) {
        match names(attachment, role, &arn) {
            Some(true) => attach(
                attachment.body.member("PolicyArns"),
                &mut inline,
                &mut attached,
            ),
            Some(false) => {}
            None => inline.push(unknown_policy(&attachment.identity.address)),
        }
    }
    for policy in stack.of(Kind::ManagedPolicy) {
        match names(policy, role, &arn) {
            Some(true) => {
                let arn = Node::text(policy.identity.arn(out.frame));
                attached.push(Node::map(vec![("PolicyArn", arn)]).at(policy.body.place.clone()));
            }
            Some(false) => {}
            None => inline.push(unknown_policy(&policy.identity.address)),
        }
    }
    let mut detail = Node::map(vec![
        ("Arn", Node::text(&arn)),
        ("RoleName", Node::text(&identity.name)),
        ("Path", Node::text(&identity.path)),
        ("RolePolicyList", Node::list(inline)),
        ("AttachedManagedPolicies", Node::list(attached)),
    ])
    .at(body.place.clone());
    for member in ["AssumeRolePolicyDocument", "Tags"] {
        if let Some(node) = body.member(member) {
            detail.set(member, node.clone());
        }
    }
    if let Some(boundary) = body.member("PermissionsBoundary") {
        let arn = Node::map(vec![("PermissionsBoundaryArn", boundary.clone())]);
        detail.set("PermissionsBoundary", arn);
    }
    detail
}

/// Whether a policy or attachment names the role; none where nobody knows yet, or whether it will
/// be there at all.
fn names(policy: &Declared, role: &Declared, arn: &str) -> Option<bool> {
    let is = |node: &Node| {
        let text = node.as_text()?;
        Some(text == role.identity.name || text == arn)
    };
    let named = match policy.body.member("Roles").map(|node| &node.value) {
        None if policy.body.rest().is_some() => None,
        None => Some(false),
        Some(Value::List(items)) => {
            let known: Vec<Option<bool>> = items.iter().map(is).collect();
            if known.contains(&Some(true)) {
                Some(true)
            } else if known.contains(&None) {
                None
            } else {
                Some(false)
            }
        }
        Some(_) => None,
    };
    named.filter(|named| !named || policy.conditional.is_none())
}

/// An inline policy. Statements that are open in part are a policy of their own that was not read:
/// the rest still says what it says.
fn inline_policy(policy: &Node, unnamed: &str, out: &Recorder<'_>, inline: &mut Vec<Node>) {
    let name = policy.member("PolicyName").cloned();
    let name = name.filter(|name| name.as_text().is_some());
    let name = name.unwrap_or_else(|| Node::text(unnamed));
    let Some(document) = policy.member("PolicyDocument") else {
        inline.push(unknown_policy("no document"));
        return;
    };
    let mut known = tree(document);
    if let Some(open) = split(&mut known, out) {
        inline.push(unknown_policy(&open));
    }
    let entry = Node::map(vec![("PolicyName", name), ("PolicyDocument", known)]);
    inline.push(entry.at(policy.place.clone()));
}

/// A document as a tree: one that is written as JSON text is parsed.
fn tree(document: &Node) -> Node {
    let parsed = document
        .as_text()
        .and_then(|text| serde_json::from_str(text).ok());
    match parsed {
        Some(json) => Node::from_json(&json, document.place.as_ref()),
        None => document.clone(),
    }
}

/// Takes the statements that are open out of a document; what comes back is the expression of one.
fn split(document: &mut Node, out: &Recorder<'_>) -> Option<String> {
    let Value::Map(members) = &mut document.value else {
        return None;
    };
    let (_, statements) = members.iter_mut().find(|(name, _)| name == "Statement")?;
    let Value::List(items) = &mut statements.value else {
        return None;
    };
    let mut open = None;
    items.retain(|item| match openness(item, out) {
        Some(expression) => {
            open.get_or_insert(expression);
            false
        }
        None => true,
    });
    open
}

/// What leaves a statement open: a part that nobody knows yet, or a pattern over the roles of an
/// account that may be the one the code is applied in.
fn openness(statement: &Node, out: &Recorder<'_>) -> Option<String> {
    if let Some(open) = statement.first_open() {
        return Some(open.expression.clone());
    }
    if !is_untold(&out.frame.account) {
        return None;
    }
    let resources = ["Resource", "NotResource"].into_iter().filter_map(|name| {
        let node = statement.member(name)?;
        Some(match node.as_text() {
            Some(_) => std::slice::from_ref(node),
            None => node.items(),
        })
    });
    resources
        .flatten()
        .filter_map(Node::as_text)
        .any(is_pattern_of_an_account)
        .then(|| "the account that the code is applied in".to_owned())
}

/// Whether a resource is a pattern over the roles of one account.
fn is_pattern_of_an_account(resource: &str) -> bool {
    Arn::parse(resource).is_some_and(|arn| {
        arn.service == "iam"
            && arn.account.bytes().any(|byte| byte.is_ascii_digit())
            && !is_untold(arn.account)
            && arn.resource.contains(['*', '?'])
    })
}

/// A policy of which only that it exists is known.
fn unknown_policy(expression: &str) -> Node {
    Node::map(vec![
        ("PolicyName", Node::text(expression)),
        ("PolicyDocument", Node::open(expression, false)),
    ])
}

fn managed(policy: &Declared, out: &Recorder<'_>) -> Node {
    let arn = policy.identity.arn(out.frame);
    let document = policy
        .body
        .member("PolicyDocument")
        .map(tree)
        .map(|mut document| {
            // A managed policy is one document: open in part, it is open as a whole.
            match split(&mut document, out) {
                Some(open) => Node::open(open, false),
                None => document,
            }
        });
    let version = Node::map(vec![
        ("VersionId", Node::text("v1")),
        ("IsDefaultVersion", Node::new(Value::Bool(true), None)),
        (
            "Document",
            document.unwrap_or_else(|| Node::open("no document", false)),
        ),
    ]);
    Node::map(vec![
        ("Arn", Node::text(arn)),
        ("PolicyName", Node::text(&policy.identity.name)),
        ("DefaultVersionId", Node::text("v1")),
        ("PolicyVersionList", Node::list(vec![version])),
    ])
    .at(policy.body.place.clone())
}
