//! Whether reads of a bucket's objects are protected: in transport, and by a key.
//!
//! Enters: the bucket's policy and default encryption, the keys, the policies of the role that
//! reads. Leaves: whether plain HTTP is refused to that role, and whether what it may decrypt is
//! confined to the data it declares. Deliberately absent: how old objects are encrypted (default
//! encryption speaks of new ones only), key policies and grants.
//!
//! Sources: Amazon S3 User Guide, "Setting default server-side encryption behavior", "Using
//! server-side encryption with AWS KMS keys" (S3 refuses requests without TLS for such objects);
//! AWS KMS API, `DescribeKey`.

use std::sync::{Arc, PoisonError};

use sagewarden_iam as iam;

use crate::estate::{Estate, Reply, not_collected, reply_of};
use crate::facts::answer::Answer;
use crate::facts::bucket::Buckets;
use crate::facts::context::Context;
use crate::facts::fact::{Fact, Origin, State, StatementOrigin};
use crate::json::Node;
use crate::missing::{self, Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::snapshot::Observation;

/// A yes or no, and what decided it in words that fit after "because".
pub(crate) type Because<'e> = Fact<'e, (bool, String)>;

/// A role as the reader of data: what its policies say, and what of them was not read.
#[derive(Debug)]
pub(crate) struct Reader {
    role: Option<iam::Role>,
    missing: Option<MissingSet>,
}

impl Buckets<'_> {
    /// The role `arn` of an asset of `account`, as a reader; assembled once.
    pub(crate) fn reader(&self, context: &Context<'_>, account: &str, arn: &str) -> Arc<Reader> {
        let key = (account.to_owned(), arn.to_owned());
        let known =
            |readers: &std::collections::HashMap<_, Arc<Reader>>| readers.get(&key).cloned();
        if let Some(reader) = known(&self.readers.lock().unwrap_or_else(PoisonError::into_inner)) {
            return reader;
        }
        let reader = Arc::new(assemble(context, account, arn));
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(readers.entry(key).or_insert(reader))
    }
}

fn assemble(context: &Context<'_>, account: &str, arn: &str) -> Reader {
    let Ok(parsed) = iam::RoleArn::parse(arn) else {
        return Reader {
            role: None,
            missing: Some(Missing::undecided(format!("what `{arn}` may do")).into()),
        };
    };
    let mut role = iam::Role::new(parsed);
    let policies = match context.roles.policies(arn, account) {
        Ok(policies) => policies,
        Err(gap) => {
            let presence = context.roles.role(arn, account);
            let deleted = presence.presence.value() == Some(&"deleted");
            if !deleted {
                role.identity.push(unread("its policies"));
                role.boundary = iam::Boundary::NotRead {
                    why: "it was not read".to_owned(),
                };
            }
            return Reader {
                role: Some(role),
                missing: (!deleted).then_some(gap),
            };
        }
    };
    Reader {
        role: Some(policies.role.clone()),
        missing: policies.gaps(),
    }
}

fn unread(name: &str) -> iam::AttachedPolicy {
    iam::AttachedPolicy::inline(
        name,
        iam::PolicyDocument::NotRead {
            why: "it was not read".to_owned(),
        },
    )
}

impl Reader {
    fn gap(&self, question: &str) -> MissingSet {
        self.missing
            .clone()
            .unwrap_or_else(|| Missing::undecided(question).into())
    }
}

/// What is read, by whom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Read<'r> {
    /// The account of the asset that reads.
    pub(crate) account: &'r str,
    /// Its Region.
    pub(crate) region: &'r str,
    /// The bucket.
    pub(crate) bucket: &'r str,
    /// The bucket's account, if another one.
    pub(crate) owner: Option<&'r str>,
    /// The raw prefix of the keys that are read; empty for all.
    pub(crate) prefix: &'r str,
}

/// Whether plain HTTP is refused: by the organisation, the bucket's policy or the role's own.
pub(crate) fn transport<'e>(context: &Context<'e>, read: Read<'_>, reader: &Reader) -> Because<'e> {
    if context.tunables.org_tls_enforced {
        let says = "a policy of the organisation refuses plain HTTP".to_owned();
        return Fact::known((true, says), Origin::Tunable("org_tls_enforced"));
    }
    let Some(role) = &reader.role else {
        return Fact::unknown(reader.gap("whether the role may read over plain HTTP"));
    };
    let by_bucket = match configuration(context.estate, Operation::GetBucketPolicy, read) {
        Configuration::Set(answer) => by_policy(&answer, read, role),
        Configuration::None(observation) => Fact::known(
            (false, "the bucket has no policy".to_owned()),
            Origin::Outcome { observation },
        ),
        Configuration::NoBucket(observation) => Fact::known(
            (false, "the bucket does not exist".to_owned()),
            Origin::Outcome { observation },
        ),
        Configuration::Missing(gap) => Fact::unknown(gap),
    };
    if matches!(by_bucket.value(), Some((true, _))) {
        return by_bucket;
    }
    let by_role = match role.enforces_tls(read.bucket, read.prefix) {
        iam::TlsEnforcement::Enforced { statement } => {
            let says = format!("`{}` of the role refuses plain HTTP", statement.policy);
            Fact::known((true, says), origin(&statement, None))
        }
        iam::TlsEnforcement::NotEnforced { .. } => Fact::given((false, String::new())),
        iam::TlsEnforcement::Undecidable { .. } => {
            Fact::unknown(reader.gap("whether the role may read over plain HTTP"))
        }
    };
    match (&by_bucket.state, &by_role.state) {
        (_, State::Known((true, _))) => by_role,
        (State::Known(_), State::Known(_)) => by_bucket,
        (State::Unknown(_), State::Known(_)) => by_bucket,
        (State::Known(_), State::Unknown(gap)) => Fact {
            state: State::Unknown(gap.clone()),
            origins: by_bucket.origins,
        },
        (State::Unknown(a), State::Unknown(b)) => Fact::unknown(missing::union(a, b)),
    }
}

fn by_policy<'e>(answer: &Answer<'e>, read: Read<'_>, role: &iam::Role) -> Because<'e> {
    let root = answer.root();
    let document = match answer.body.member("Policy") {
        Some(Node::Text(text)) => iam::Document::parse(text),
        Some(object @ Node::Object(_)) => match serde_json::to_string(object) {
            Ok(text) => iam::Document::parse(&text),
            Err(_) => return Fact::unknown(root.malformed("/Policy")),
        },
        _ => {
            let open = root.open_inside("/Policy");
            return Fact::unknown(open.unwrap_or_else(|| root.malformed("/Policy")));
        }
    };
    let Ok(document) = document else {
        return Fact::unknown(root.malformed("/Policy"));
    };
    let policy = iam::PolicyDocument::Parsed(document);
    let place = root.origin("/Policy");
    match iam::enforces_tls(&policy, read.bucket, read.prefix, role) {
        iam::TlsEnforcement::Enforced { statement } => {
            let says = format!(
                "{} of the bucket policy refuses plain HTTP",
                named(&statement)
            );
            Fact::known((true, says), place).also_from(origin(&statement, Some(read.bucket)))
        }
        // A statement that nobody knows yet may be the one.
        iam::TlsEnforcement::NotEnforced { .. } if root.open_inside("/Policy").is_some() => root
            .open_inside("/Policy")
            .map_or_else(|| Fact::unknown(root.malformed("/Policy")), Fact::unknown),
        iam::TlsEnforcement::NotEnforced { nearest, why } => {
            let says = not_enforced(nearest.as_ref(), &why);
            let fact = Fact::known((false, says), place);
            match nearest {
                Some(statement) => fact.also_from(origin(&statement, Some(read.bucket))),
                None => fact,
            }
        }
        iam::TlsEnforcement::Undecidable { .. } => Fact::unknown(root.malformed("/Policy")),
    }
}

fn named(statement: &iam::StatementRef) -> String {
    match &statement.sid {
        Some(sid) => format!("`{sid}`"),
        None => statement.path.clone(),
    }
}

fn not_enforced(nearest: Option<&iam::StatementRef>, why: &iam::TlsGap) -> String {
    let Some(statement) = nearest else {
        return "no statement of the bucket policy refuses plain HTTP".to_owned();
    };
    let lacks = match why {
        iam::TlsGap::NoStatement => "does not speak of transport".to_owned(),
        iam::TlsGap::AllowOnly => {
            "only allows reads over TLS, and other policies may allow without".to_owned()
        }
        iam::TlsGap::OtherAction => "does not cover s3:GetObject".to_owned(),
        iam::TlsGap::OtherPrincipal => "does not cover the role".to_owned(),
        iam::TlsGap::NotObjects => "covers no object under the prefix".to_owned(),
        iam::TlsGap::SomeObjects { witness } => format!("does not cover `{witness}`"),
        iam::TlsGap::TlsVersionOnly => {
            "tests s3:TlsVersion, which a plain HTTP request does not carry".to_owned()
        }
        iam::TlsGap::Narrowed { keys } => format!("also tests {}", keys.join(", ")),
        iam::TlsGap::OtherCondition => "does not test for insecure transport".to_owned(),
    };
    format!("{} of the bucket policy {lacks}", named(statement))
}

/// A statement as evidence. Of a bucket policy, `bucket` says whose.
fn origin<'e>(statement: &iam::StatementRef, bucket: Option<&str>) -> Origin<'e> {
    Origin::Statement(Arc::new(StatementOrigin {
        policy: match (bucket, &statement.policy_arn) {
            (Some(bucket), _) => format!("bucket policy of {bucket}"),
            (None, Some(arn)) => arn.to_string(),
            (None, None) => statement.policy.to_string(),
        },
        version: statement.version.as_ref().map(ToString::to_string),
        path: statement.path.clone(),
        sid: statement.sid.clone(),
        effect: match statement.effect {
            iam::Effect::Allow => "allows".to_owned(),
            iam::Effect::Deny => "denies".to_owned(),
        },
        statement: statement.json.clone(),
        place: None,
    }))
}

/// What a bucket encrypts new objects with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// A key that S3 manages for itself.
    S3Managed,
    /// The account's `aws/s3` key, which AWS manages and every principal with S3 access may use.
    AwsManagedKey,
    /// A key that a customer controls.
    CustomerKey {
        /// As configured.
        configured: String,
        /// Its ARN, as KMS tells it.
        arn: String,
    },
}

/// What the bucket encrypts new objects with.
pub(crate) fn encryption<'e>(context: &Context<'e>, read: Read<'_>) -> Fact<'e, Encryption> {
    let answer = match configuration(context.estate, Operation::GetBucketEncryption, read) {
        Configuration::Set(answer) => answer,
        // Every new object has been encrypted with SSE-S3 since 5 January 2023, configured or not.
        Configuration::None(observation) => {
            return Fact::known(Encryption::S3Managed, Origin::Outcome { observation });
        }
        Configuration::NoBucket(_) => {
            let question = format!(
                "how `{}` would encrypt is not known, for it does not exist",
                read.bucket
            );
            return Fact::unknown(Missing::undecided(question));
        }
        Configuration::Missing(gap) => return Fact::unknown(gap),
    };
    const RULE: &str =
        "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault";
    const ALGORITHM: &str = "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault/SSEAlgorithm";
    const KEY: &str = "/ServerSideEncryptionConfiguration/Rules/0/ApplyServerSideEncryptionByDefault/KMSMasterKeyID";
    let root = answer.root();
    if answer.body.pointer(RULE).is_none() {
        return Fact::unknown(root.malformed(RULE));
    }
    root.text(ALGORITHM).then(|algorithm| match &*algorithm {
        "AES256" => Fact::given(Encryption::S3Managed),
        "aws:kms" | "aws:kms:dsse" => root.optional_text(KEY).then(|key| match key {
            None => Fact::given(Encryption::AwsManagedKey),
            Some(key) if key.ends_with("alias/aws/s3") => Fact::given(Encryption::AwsManagedKey),
            Some(key) => key_manager(context, read, &key),
        }),
        _ => Fact::unknown(root.malformed(ALGORITHM)),
    })
}

/// Who manages a key. The ARN alone does not tell: that of `aws/s3` looks like any other.
fn key_manager<'e>(context: &Context<'e>, read: Read<'_>, key: &str) -> Fact<'e, Encryption> {
    let Some(observation) = context.buckets.key(read.account, read.region, key) else {
        return Fact::unknown(not_collected(Operation::DescribeKey, key));
    };
    match reply_of(observation) {
        Reply::Answer(answer) => {
            let root = answer.root();
            let arn = root.text("/KeyMetadata/Arn");
            root.text("/KeyMetadata/KeyManager")
                .then(|manager| match &*manager {
                    "AWS" => Fact::given(Encryption::AwsManagedKey),
                    "CUSTOMER" => arn.map(|arn| Encryption::CustomerKey {
                        configured: key.to_owned(),
                        arn: arn.into_owned(),
                    }),
                    _ => Fact::unknown(root.malformed("/KeyMetadata/KeyManager")),
                })
        }
        Reply::Missing(gap) => Fact::unknown(gap),
        Reply::NotFound(_) | Reply::Absent(_) => {
            let question = format!("who manages `{key}`, which KMS does not find");
            Fact::unknown(Missing::call(
                Operation::DescribeKey,
                "",
                Gap::Undecided,
                question,
            ))
        }
    }
}

/// Whether what `reader` may decrypt is confined to `declared`.
pub(crate) fn binding<'e>(reader: &Reader, declared: &iam::Declared) -> Because<'e> {
    let question = "whether kms:Decrypt is confined";
    let Some(role) = &reader.role else {
        return Fact::unknown(reader.gap(question));
    };
    match role.kms_binding(declared) {
        iam::KmsBinding::Bound { statements } => Fact::known(
            (
                true,
                "kms:Decrypt names the data's keys or buckets only".to_owned(),
            ),
            statements
                .iter()
                .map(|statement| origin(statement, None))
                .collect::<crate::facts::Origins<'e>>(),
        ),
        // What no policy of the role grants, only a key's own policy can, and that speaks of its key.
        iam::KmsBinding::NotGranted => Fact::given((
            true,
            "no policy of the role grants kms:Decrypt beyond key policies".to_owned(),
        )),
        iam::KmsBinding::Unbound {
            statements,
            witness,
        } => {
            let by = statements.first().map_or_else(
                || "the role may decrypt with other keys".to_owned(),
                |statement| {
                    format!(
                        "{} of `{}` lets the role decrypt with other keys",
                        named(statement),
                        statement.policy
                    )
                },
            );
            let says = match witness {
                Some(witness) => format!("{by}, such as `{witness}`"),
                None => by,
            };
            Fact::known(
                (false, says),
                statements
                    .iter()
                    .map(|statement| origin(statement, None))
                    .collect::<crate::facts::Origins<'e>>(),
            )
        }
        iam::KmsBinding::Undecided { .. } => Fact::unknown(reader.gap(question)),
    }
}

/// What a bucket is configured with.
enum Configuration<'e> {
    Set(Answer<'e>),
    None(&'e Observation),
    NoBucket(&'e Observation),
    Missing(MissingSet),
}

/// A configuration of a bucket, as its owner was told, or else as the reader was.
fn configuration<'e>(
    estate: &'e Estate,
    operation: Operation,
    read: Read<'_>,
) -> Configuration<'e> {
    let ask = |account: &str| match estate.reply(operation, account, read.region, read.bucket) {
        Reply::Answer(answer) => Configuration::Set(answer),
        Reply::Absent(observation) => Configuration::None(observation),
        Reply::NotFound(observation) => Configuration::NoBucket(observation),
        Reply::Missing(gap) => Configuration::Missing(gap),
    };
    match (ask(read.account), read.owner) {
        (Configuration::Missing(gap), Some(owner)) if owner != read.account => match ask(owner) {
            Configuration::Missing(_) => Configuration::Missing(gap),
            found => found,
        },
        (found, _) => found,
    }
}
