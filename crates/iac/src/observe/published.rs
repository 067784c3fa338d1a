//! What IAM would answer about AWS's own policies that the code names.
//!
//! Code that attaches `AmazonSageMakerFullAccess` has no account to ask what that is. The policy as it
//! is shipped with this program stands in, and the answers say of which day it is. Where code is
//! joined with an account that was asked, its answer stands instead ([`join`](crate::join)).

use std::collections::BTreeSet;

use sagewarden_core::operations::{GLOBAL_REGION, Operation};
use sagewarden_managed_policies::{ManagedPolicy, as_of, find};

use super::Recorder;
use crate::value::Node;

/// Answers for the policies of AWS that the roles of `details` have, as attachment or boundary.
pub(super) fn observe(details: &[Node], out: &mut Recorder<'_>) {
    let arns = details.iter().flat_map(|detail| {
        let attached = detail.member("AttachedManagedPolicies");
        let attached = attached.into_iter().flat_map(Node::items);
        let attached = attached.filter_map(|policy| policy.member("PolicyArn"));
        let boundary = detail.at_path(&["PermissionsBoundary", "PermissionsBoundaryArn"]);
        attached.chain(boundary).filter_map(Node::as_text)
    });
    let arns: BTreeSet<&str> = arns.collect();
    for policy in arns.into_iter().filter_map(find) {
        answer(&policy, out);
    }
}

fn answer(policy: &ManagedPolicy, out: &mut Recorder<'_>) {
    let Ok(document) = serde_json::from_str(policy.document) else {
        return;
    };
    let source = format!("the policies of AWS as of {}", as_of());
    let named = [("PolicyArn", policy.arn), ("VersionId", policy.version)];
    let [arn, version] = named;
    let described = Node::map(vec![
        ("Arn", Node::text(policy.arn)),
        ("PolicyName", Node::text(policy.name())),
        ("DefaultVersionId", Node::text(policy.version)),
    ]);
    out.answer_of(
        Operation::GetPolicy,
        GLOBAL_REGION,
        &[arn],
        &Node::map(vec![("Policy", described)]),
        Some(&source),
    );
    let document = Node::map(vec![
        ("Document", Node::from_json(&document, None)),
        ("VersionId", Node::text(version.1)),
    ]);
    out.answer_of(
        Operation::GetPolicyVersion,
        GLOBAL_REGION,
        &named,
        &Node::map(vec![("PolicyVersion", document)]),
        Some(&source),
    );
}
