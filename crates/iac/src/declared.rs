//! Resources as code declares them, in AWS's own words.
//!
//! Enters: from either language, a resource whose members are named as AWS's API names them, with
//! references already followed. Leaves: the value that observations are made from.
//! Deliberately absent: the languages.

use sagewarden_core::waiver::Claim;

use crate::frame::{Frame, asset_arn, pending_bucket, pending_name, pending_part};
use crate::kind::Kind;
use crate::value::Node;

/// Who a resource is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    /// `module.ml.aws_iam_role.nb["a"]`, or a logical id.
    pub(crate) address: String,
    /// Its name, or a pending one.
    pub(crate) name: String,
    /// Its ARN, when it has one already.
    pub(crate) arn: Option<String>,
    /// The path of a role or policy.
    pub(crate) path: String,
    pub(crate) region: String,
    /// Its account, where it is not that of the run.
    pub(crate) account: Option<String>,
}

impl Identity {
    /// `name` is none where it is given only when the resource is created.
    pub(crate) fn new(kind: Kind, address: &str, name: Option<String>, region: &str) -> Identity {
        let name = name.unwrap_or_else(|| match kind {
            Kind::Bucket => pending_bucket(address),
            kind if kind.is_named_in_arns() => pending_part(address),
            _ => pending_name(address),
        });
        Identity {
            kind,
            address: address.to_owned(),
            name,
            arn: None,
            path: "/".to_owned(),
            region: region.to_owned(),
            account: None,
        }
    }

    /// The account that it is in.
    pub(crate) fn account<'a>(&'a self, frame: &'a Frame) -> &'a str {
        self.account.as_deref().unwrap_or(&frame.account)
    }

    /// Its ARN: the real one, the one that it will have, or for an asset that of its address.
    pub(crate) fn arn(&self, frame: &Frame) -> String {
        if let Some(arn) = &self.arn {
            return arn.clone();
        }
        let (partition, account) = (frame.partition(), self.account(frame));
        let Identity {
            name, path, region, ..
        } = self;
        match self.kind {
            Kind::Role => format!("arn:{partition}:iam::{account}:role{path}{name}"),
            Kind::ManagedPolicy => format!("arn:{partition}:iam::{account}:policy{path}{name}"),
            Kind::Bucket => format!("arn:{partition}:s3:::{name}"),
            Kind::Key => format!("arn:{partition}:kms:{region}:{account}:key/{name}"),
            Kind::KeyAlias => format!("arn:{partition}:kms:{region}:{account}:{name}"),
            _ => asset_arn(&self.address),
        }
    }
}

/// Code that was not read.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    /// How findings name it.
    pub(crate) what: String,
    /// What it was given, which may name what it changes; none where it may change anything.
    pub(crate) given: Option<Vec<String>>,
}

impl Unread {
    /// Whether it may change that resource: add a policy, a target, a member to it.
    pub(crate) fn may_change(&self, identity: &Identity, frame: &Frame) -> bool {
        let Some(given) = &self.given else {
            return true;
        };
        let arn = identity.arn(frame);
        given.iter().any(|text| {
            *text == identity.name
                || *text == identity.address
                || text.contains(&arn)
                || text.contains(&format!("\"{}\"", identity.name))
        })
    }
}

/// A resource that will be there.
#[derive(Clone, Debug)]
pub(crate) struct Declared {
    pub(crate) identity: Identity,
    /// Its members, as AWS's API names them; a map at the resource's place.
    pub(crate) body: Node,
    /// The construct that made it, where the code itself was made by a program.
    pub(crate) made_by: Option<String>,
    /// What decides whether it will be there at all, where nobody knows that yet.
    pub(crate) conditional: Option<String>,
    /// The waivers that it names.
    pub(crate) waivers: Vec<String>,
}

impl Declared {
    /// What it names as waivers of its own.
    pub(crate) fn claimed(&self, frame: &Frame) -> impl Iterator<Item = Claim> {
        let asset = self.identity.arn(frame);
        let place = self.body.place.as_ref();
        let place = place.map_or_else(String::new, |at| format!("{}:{}", at.file, at.line));
        self.waivers.iter().map(move |waiver| Claim {
            waiver: waiver.clone(),
            asset: asset.clone(),
            place: place.clone(),
        })
    }
}

/// A bucket or an object that will be gone.
#[derive(Clone, Debug)]
pub(crate) struct Removed {
    pub(crate) bucket: String,
    /// Of an object its key, of a bucket none.
    pub(crate) key: Option<String>,
}
