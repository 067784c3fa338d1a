//! What S3 and KMS would answer.
//!
//! A bucket that the code creates is listed without a creation date. Its default encryption and
//! policy are known where the code sets them; where it does not, another piece of code may.

use sagewarden_core::operations::Operation;

use super::{Recorder, Stack, absent, described, not_found};
use crate::declared::Declared;
use crate::kind::Kind;
use crate::value::{Node, Value};

pub(super) fn observe(stack: &Stack, out: &mut Recorder<'_>) {
    let buckets: Vec<&Declared> = stack.of(Kind::Bucket).collect();
    if !buckets.is_empty() || out.whole {
        let items = buckets.iter().map(|bucket| {
            let name = match &bucket.conditional {
                Some(condition) => Node::open(condition, false),
                None => Node::text(&bucket.identity.name),
            };
            Node::map(vec![("Name", name)]).at(bucket.body.place.clone())
        });
        let page = ("Buckets", Node::list(items.collect()));
        let complete = out.whole;
        out.listing(Operation::ListBuckets, "", &[], vec![vec![page]], complete);
    }
    for bucket in buckets {
        let name = bucket.identity.name.as_str();
        policy(stack, name, out);
        encryption(stack, bucket, out);
    }
    for key in stack.of(Kind::Key) {
        describe_key(key, &key.identity.name, out);
    }
    for alias in stack.of(Kind::KeyAlias) {
        let target = alias.body.member("TargetKeyId").and_then(Node::as_text);
        let key = target.and_then(|target| {
            stack
                .of(Kind::Key)
                .find(|key| key.identity.name == target || key.identity.arn(out.frame) == target)
        });
        if let Some(key) = key {
            describe_key(key, &alias.identity.name, out);
        }
    }
    removed(stack, out);
}

/// Whether a resource is about that bucket; one whose bucket nobody knows yet may be.
fn is_of(declared: &Declared, bucket: &str) -> bool {
    declared
        .body
        .member("Bucket")
        .is_none_or(|node| node.as_text().is_none_or(|name| name == bucket))
}

fn policy(stack: &Stack, bucket: &str, out: &mut Recorder<'_>) {
    let operation = Operation::GetBucketPolicy;
    let key = [("Bucket", bucket)];
    let mut policies = stack
        .of(Kind::BucketPolicy)
        .filter(|policy| is_of(policy, bucket));
    let Some(policy) = policies.next() else {
        if out.whole {
            out.nothing(operation, "", &key, absent("NoSuchBucketPolicy"));
        }
        return;
    };
    let document = match (&policy.conditional, named_bucket(policy)) {
        (Some(condition), _) => Node::open(condition, false),
        (None, Some(_)) => known_statements(policy.body.member("PolicyDocument")),
        _ => Node::open("which bucket the policy is for", false),
    };
    let body = Node::map(vec![("Policy", document)]).at(policy.body.place.clone());
    out.answer(operation, "", &key, &body);
}

/// The bucket that a resource names, if it is known.
fn named_bucket(declared: &Declared) -> Option<&str> {
    declared.body.member("Bucket").and_then(Node::as_text)
}

/// A policy document in which statements that are open in part are open as a whole: those that are
/// known still say what they say.
fn known_statements(document: Option<&Node>) -> Node {
    let Some(document) = document else {
        return Node::open("no document", false);
    };
    let mut document = document.clone();
    if let Value::Map(members) = &mut document.value
        && let Some((_, statements)) = members.iter_mut().find(|(name, _)| name == "Statement")
        && let Value::List(items) = &mut statements.value
    {
        let open: Vec<Node> = items
            .iter()
            .filter_map(|item| item.first_open())
            .map(|open| Node::open(&open.expression, open.assigned))
            .collect();
        items.retain(|item| item.first_open().is_none());
        items.extend(open);
        // An open statement cannot stand in the document itself; its marker stands at the end.
        let known = items.iter().filter(|item| item.as_open().is_none()).count();
        let markers = items.split_off(known);
        if let Some(first) = markers.into_iter().next() {
            members.push(("Open".to_owned(), first));
        }
    }
    document
}

/// An empty default says that S3 manages the keys, which it does for every bucket since 2023.
fn encryption(stack: &Stack, bucket: &Declared, out: &mut Recorder<'_>) {
    let operation = Operation::GetBucketEncryption;
    let name = bucket.identity.name.as_str();
    let key = [("Bucket", name)];
    let separate = stack
        .of(Kind::BucketEncryption)
        .find(|encryption| is_of(encryption, name));
    let rules = match separate {
        Some(encryption) => match (&encryption.conditional, named_bucket(encryption)) {
            (Some(condition), _) => Some(Node::open(condition, false)),
            (None, Some(_)) => encryption
                .body
                .member("Rules")
                .cloned()
                .map(|rules| rules.at(encryption.body.place.clone())),
            _ => Some(Node::open("which bucket the encryption is for", false)),
        },
        None => bucket.body.member("Rules").cloned(),
    };
    match rules {
        Some(rules) => {
            let place = rules.place.clone();
            let rules = Node::map(vec![("Rules", rules)]);
            let body = Node::map(vec![("ServerSideEncryptionConfiguration", rules)]);
            out.answer(operation, "", &key, &body.at(place));
        }
        None if out.whole || bucket.body.member("EncryptionIsOwn").is_some() => {
            let code = "ServerSideEncryptionConfigurationNotFoundError";
            out.nothing(operation, "", &key, absent(code));
        }
        None => {}
    }
}

fn describe_key(key: &Declared, asked: &str, out: &mut Recorder<'_>) {
    let identity = &key.identity;
    let mut metadata = described(
        key,
        vec![
            ("Arn", Node::text(identity.arn(out.frame))),
            ("KeyId", Node::text(&identity.name)),
            ("AWSAccountId", Node::text(&out.frame.account)),
            ("KeyManager", Node::text("CUSTOMER")),
        ],
    );
    let enabled = metadata.take("Enabled");
    let state = match enabled.as_ref().map(|node| &node.value) {
        Some(Value::Bool(false)) => Node::text("Disabled"),
        Some(Value::Open(open)) => Node::open(&open.expression, false),
        _ => Node::text("Enabled"),
    };
    metadata.set("KeyState", state);
    let body = Node::map(vec![("KeyMetadata", metadata)]);
    let region = &identity.region;
    out.answer(Operation::DescribeKey, region, &[("KeyId", asked)], &body);
}

/// What the code takes away will not be there.
fn removed(stack: &Stack, out: &mut Recorder<'_>) {
    for removed in &stack.removed {
        let bucket = removed.bucket.as_str();
        match &removed.key {
            None => out.nothing(
                Operation::HeadBucket,
                "",
                &[("Bucket", bucket)],
                not_found("NoSuchBucket"),
            ),
            Some(object) => {
                let body = Node::map(vec![("KeyCount", Node::new(Value::Number(0.into()), None))]);
                let key = [("Bucket", bucket), ("Prefix", object.as_str())];
                out.answer(Operation::ListObjectsV2, "", &key, &body);
            }
        }
    }
}
