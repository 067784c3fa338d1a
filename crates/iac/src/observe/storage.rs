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
        policy(stack, bucket, out);
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

/// The one resource that sets something of a bucket; open where several may.
fn only<'s>(
    stack: &'s Stack,
    kind: Kind,
    bucket: &Declared,
    out: &Recorder<'_>,
) -> Option<Result<&'s Declared, Node>> {
    if let Some(what) = stack.unread_about(&bucket.identity, out.frame) {
        return Some(Err(Node::open(what, false)));
    }
    let name = &bucket.identity.name;
    let mut all = stack.of(kind).filter(|declared| is_of(declared, name));
    let first = all.next()?;
    let all: Vec<&Declared> = std::iter::once(first).chain(all).collect();
    let mut doubts = all.iter().filter_map(|declared| doubt(declared));
    Some(match doubts.next() {
        Some(doubt) => Err(doubt),
        None => Ok(first),
    })
}

/// What leaves open whether a resource is about the bucket that it may be about.
fn doubt(declared: &Declared) -> Option<Node> {
    if let Some(condition) = &declared.conditional {
        return Some(Node::open(condition, false));
    }
    let bucket = declared.body.member("Bucket").and_then(Node::as_text);
    let address = &declared.identity.address;
    bucket
        .is_none()
        .then(|| Node::open(format!("which bucket {address} is for"), false))
}

fn policy(stack: &Stack, bucket: &Declared, out: &mut Recorder<'_>) {
    let operation = Operation::GetBucketPolicy;
    let key = [("Bucket", bucket.identity.name.as_str())];
    let (document, place) = match only(stack, Kind::BucketPolicy, bucket, out) {
        None => {
            if out.whole {
                out.nothing(operation, "", &key, absent("NoSuchBucketPolicy"));
            }
            return;
        }
        Some(Ok(policy)) => (
            known_statements(policy.body.member("PolicyDocument")),
            policy.body.place.clone(),
        ),
        Some(Err(open)) => (open, bucket.body.place.clone()),
    };
    let body = Node::map(vec![("Policy", document)]).at(place);
    out.answer(operation, "", &key, &body);
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
    let rules = match only(stack, Kind::BucketEncryption, bucket, out) {
        Some(Ok(encryption)) => {
            let rules = encryption.body.member("Rules").cloned();
            rules.map(|rules| rules.at(encryption.body.place.clone()))
        }
        Some(Err(open)) => Some(open),
        None => match bucket.body.rest() {
            Some(open) => Some(Node::open(&open.expression, false)),
            None => bucket.body.member("Rules").cloned(),
        },
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
    let rest = metadata.rest().cloned();
    let enabled = metadata.take("Enabled");
    let enabled = enabled.or_else(|| Some(Node::new(Value::Open(rest?), None)));
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
