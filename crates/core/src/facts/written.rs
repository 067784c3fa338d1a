//! Where infrastructure code writes policies.
//!
//! Enters: the answers about roles, policies and buckets that code stands for. Leaves: the place of
//! a statement that decided something. Deliberately absent: policies that no code writes.

use std::collections::HashMap;

use crate::estate::Estate;
use crate::facts::answer::Answer;
use crate::facts::fact::StatementOrigin;
use crate::json::Node;
use crate::operations::Operation;
use crate::snapshot::SourcePlace;

/// The places of a document's statements.
type Statements = Vec<Option<SourcePlace>>;

/// The policies that code writes.
#[derive(Debug, Default)]
pub struct Written {
    /// By role and name.
    inline: HashMap<(String, String), Statements>,
    /// By ARN, or as evidence names the policy of a bucket.
    named: HashMap<String, Statements>,
}

impl Written {
    /// The policies of `estate` that have a place in code.
    #[must_use]
    pub fn of(estate: &Estate) -> Self {
        let mut written = Written::default();
        for page in located(estate, Operation::GetAccountAuthorizationDetails) {
            written.page(&page);
        }
        for answer in located(estate, Operation::GetBucketPolicy) {
            let bucket = answer.observation.parameters.get("Bucket");
            if let Some(bucket) = bucket.and_then(|bucket| bucket.as_str()) {
                let name = format!("bucket policy of {bucket}");
                written.named.insert(name, statements(&answer, "/Policy"));
            }
        }
        written
    }

    fn page(&mut self, page: &Answer<'_>) {
        for (at, role) in items(&page.body, "RoleDetailList").iter().enumerate() {
            let Some(arn) = text(role, "Arn") else {
                continue;
            };
            for (index, policy) in items(role, "RolePolicyList").iter().enumerate() {
                if let Some(name) = text(policy, "PolicyName") {
                    let pointer =
                        format!("/RoleDetailList/{at}/RolePolicyList/{index}/PolicyDocument");
                    let key = (arn.clone(), name);
                    self.inline
                        .entry(key)
                        .or_insert_with(|| statements(page, &pointer));
                }
            }
        }
        for (at, policy) in items(&page.body, "Policies").iter().enumerate() {
            if let Some(arn) = text(policy, "Arn") {
                let pointer = format!("/Policies/{at}/PolicyVersionList/0/Document");
                self.named.insert(arn, statements(page, &pointer));
            }
        }
    }

    /// Where a statement of a policy stands; `role` says of which role the policy is, if it is one's
    /// own.
    #[must_use]
    pub fn place(&self, role: Option<&str>, statement: &StatementOrigin) -> Option<SourcePlace> {
        let inline = role.and_then(|role| {
            let key = (role.to_owned(), statement.policy.clone());
            self.inline.get(&key)
        });
        let statements = inline.or_else(|| self.named.get(&statement.policy))?;
        let index = statement.path.strip_prefix("Statement[")?;
        let (index, _) = index.split_once(']')?;
        statements.get(index.parse::<usize>().ok()?)?.clone()
    }
}

fn statements(answer: &Answer<'_>, document: &str) -> Statements {
    let pointer = format!("{document}/Statement");
    let count = match answer.body.pointer(&pointer) {
        Some(Node::Array(items)) => items.len(),
        // One alone, or a document in a text: they have one place.
        _ => 1,
    };
    (0..count)
        .map(|at| {
            answer
                .observation
                .place_of(&format!("{pointer}/{at}"))
                .cloned()
        })
        .collect()
}

/// The answers of a call that code stands for.
fn located(estate: &Estate, operation: Operation) -> impl Iterator<Item = Answer<'_>> {
    estate
        .every(operation)
        .filter(|observation| !observation.located.is_empty())
        .filter_map(|observation| Answer::of(observation).ok())
}

fn items<'r, 'e>(node: &'r Node<'e>, name: &str) -> &'r [Node<'e>] {
    node.member(name).map(Node::items).unwrap_or_default()
}

fn text(node: &Node<'_>, name: &str) -> Option<String> {
    Some(node.member(name)?.text()?.to_owned())
}
