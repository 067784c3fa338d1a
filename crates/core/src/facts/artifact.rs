//! The artifacts an endpoint loads, and whether they still exist.
//!
//! Enters: the graph of an endpoint, model packages, and what S3 answered about buckets and keys.
//! Leaves: every reference to an artifact, and for each whether it is present or how it is gone.
//! Deliberately absent: the contents of any object.
//!
//! Existence is read from `ListObjectsV2`, which needs no right to read the weights: an exact key
//! sorts first under itself as prefix, so it exists exactly when it is the first key listed. A
//! `HeadObject` without the right to list answers 403 for a missing object, and so proves less.

use crate::arn::Arn;
use crate::estate::{Estate, Place, Reply, not_collected};
use crate::facts::answer::Part;
use crate::facts::bucket::{Buckets, Owner};
use crate::facts::endpoint_graph::{
    Component, Described, Endpoint, Region, Shadows, hosts_components, join_gaps, variant_models,
    variants,
};
use crate::facts::fact::{Fact, Origin, State, Text};
use crate::json::Node;
use crate::missing::{Gap, Missing, MissingSet};
use crate::operations::{GLOBAL_REGION, Operation};
use crate::snapshot::{Observation, Outcome};
use crate::time::Time;

/// What a reference points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One object.
    Object,
    /// Whatever lies under a prefix.
    Prefix,
    /// A model that the service no longer has.
    ModelDeleted,
    /// A model package that the service no longer has.
    PackageDeleted,
    /// Nothing in S3: the weights are in the image.
    Image,
    /// A Marketplace product, whose artifact its seller keeps.
    Marketplace,
    /// A hub of AWS, which keeps the artifact.
    Hub,
}

/// One thing an endpoint loads.
#[derive(Clone, Debug)]
pub struct Reference<'e> {
    /// The URI as written; empty where there is none.
    pub uri: Text<'e>,
    /// What it points at.
    pub target: Target,
    /// The model or component that makes the reference.
    pub by: String,
    /// When the model was created.
    pub created: Option<Time>,
    /// The entity tag recorded with the reference.
    pub etag: Option<Text<'e>>,
    /// Where the reference stands.
    pub origin: Origin<'e>,
}

/// Everything an endpoint loads.
#[derive(Debug, Default)]
pub struct References<'e> {
    /// What is known.
    pub known: Vec<Reference<'e>>,
    /// What keeps it from being all.
    pub gap: Option<MissingSet>,
}

impl<'e> References<'e> {
    fn lacks(&mut self, missing: &MissingSet) {
        self.gap = Some(join_gaps(self.gap.take(), missing));
    }

    fn take<T>(&mut self, fact: Fact<'e, T>) -> Option<T> {
        match fact.state {
            State::Known(value) => Some(value),
            State::Unknown(missing) => {
                self.lacks(&missing);
                None
            }
        }
    }
}

/// What is common to the references of one model or component.
struct Source<'c, 'e> {
    estate: &'e Estate,
    place: &'c Place,
    by: &'c str,
    created: Option<Time>,
}

/// Everything that `endpoint` loads: its production and shadow variants, the overrides of their
/// instance pools, and its inference components.
#[must_use]
pub fn references<'e>(
    estate: &'e Estate,
    region: &Region<'e>,
    place: &Place,
    name: &str,
    endpoint: &Endpoint<'e>,
) -> References<'e> {
    let mut found = References::default();
    let configuration = region.configuration_of(endpoint);
    let Some(configuration) = found.take(configuration) else {
        return found;
    };
    let Some(part) = configuration.described.part() else {
        if let Some(missing) = configuration.described.gap() {
            found.lacks(&missing);
        }
        return found;
    };
    let mut hosts = false;
    for variant in variants(&part, Shadows::Included) {
        match variant {
            Err(missing) => found.lacks(&missing),
            Ok(variant) => {
                let models = variant_models(&variant);
                if let Some(missing) = &models.gap {
                    found.lacks(missing);
                }
                for model in models.known {
                    note_model(estate, region, place, &model, &mut found);
                }
                hosts |= hosts_components(&variant).value() != Some(&false);
            }
        }
    }
    if hosts {
        let (components, gap) = region.components_on(name);
        if let Some(missing) = gap {
            found.lacks(&missing);
        }
        for (name, component) in components {
            note_component(estate, region, place, name, component, &mut found);
        }
    }
    found
}

fn note_component<'e>(
    estate: &'e Estate,
    region: &Region<'e>,
    place: &Place,
    name: &str,
    component: &Component<'e>,
    found: &mut References<'e>,
) {
    let source = Source {
        estate,
        place,
        by: name,
        created: None,
    };
    for specification in found.take(component.specifications()).into_iter().flatten() {
        if let Some(Some(model)) = found.take(specification.optional_text("/ModelName")) {
            note_model(estate, region, place, &model, found);
            continue;
        }
        let artifact = specification.optional_text("/Container/ArtifactUrl");
        match found.take(artifact) {
            Some(Some(uri)) => found.known.push(source.reference(
                uri,
                Target::Object,
                specification.origin("/Container/ArtifactUrl"),
            )),
            Some(None) => {
                let base = specification.optional_text("/BaseInferenceComponentName");
                if let Some(None) = found.take(base) {
                    match found.take(specification.present("/Container")) {
                        Some(true) => found.known.push(source.reference(
                            Text::default(),
                            Target::Image,
                            specification.origin("/Container"),
                        )),
                        Some(false) => {
                            found.lacks(&specification.malformed("/ModelName").into());
                        }
                        None => {}
                    }
                }
            }
            None => {}
        }
    }
}

fn note_model<'e>(
    estate: &'e Estate,
    region: &Region<'e>,
    place: &Place,
    name: &str,
    found: &mut References<'e>,
) {
    let Some(model) = region.models.get(name) else {
        found.lacks(&not_collected(Operation::DescribeModel, name));
        return;
    };
    let mut source = Source {
        estate,
        place,
        by: name,
        created: None,
    };
    match &model.described {
        Described::Missing(missing) => found.lacks(missing),
        Described::Gone(observation) => found.known.push(source.reference(
            Text::default(),
            Target::ModelDeleted,
            Origin::Outcome { observation },
        )),
        Described::Answer(answer) => {
            let part = answer.root();
            source.created = part.time("/CreationTime").value().copied();
            let primary = found.take(part.object("/PrimaryContainer"));
            let pipeline = found.take(part.parts("/Containers"));
            let (Some(primary), Some(pipeline)) = (primary, pipeline) else {
                return;
            };
            if primary.is_none() && pipeline.is_empty() {
                found.lacks(&part.malformed("/PrimaryContainer").into());
            }
            for container in primary.iter().chain(&pipeline) {
                source.note_container(container, found);
            }
        }
    }
}

impl<'e> Source<'_, 'e> {
    fn reference(&self, uri: Text<'e>, target: Target, origin: Origin<'e>) -> Reference<'e> {
        Reference {
            uri,
            target,
            by: self.by.to_owned(),
            created: self.created,
            etag: None,
            origin,
        }
    }

    /// The references of one container of a model or a package.
    fn note_container(&self, container: &Part<'_, 'e>, found: &mut References<'e>) {
        let before = (found.known.len(), found.gap.is_some());
        if let Some(Some(uri)) = found.take(container.optional_text("/ModelDataUrl"))
            && let Some(mode) = found.take(container.text_or("/Mode", "SingleModel"))
        {
            let target = if mode == "MultiModel" {
                Target::Prefix
            } else {
                Target::Object
            };
            let mut reference = self.reference(uri, target, container.origin("/ModelDataUrl"));
            reference.etag = found
                .take(container.optional_text("/ModelDataETag"))
                .flatten();
            found.known.push(reference);
        }
        let source = found.take(container.object("/ModelDataSource")).flatten();
        let further = found.take(container.parts("/AdditionalModelDataSources"));
        for holder in source.iter().chain(further.iter().flatten()) {
            match found.take(holder.object("/S3DataSource")) {
                Some(Some(source)) => self.note_source(&source, found),
                Some(None) => found.lacks(&holder.malformed("/S3DataSource").into()),
                None => {}
            }
        }
        if let Some(Some(package)) = found.take(container.optional_text("/ModelPackageName")) {
            self.note_package(&package, container, found);
        }
        if (found.known.len(), found.gap.is_some()) == before {
            found.known.push(self.reference(
                Text::default(),
                Target::Image,
                container.origin("/ModelDataUrl"),
            ));
        }
    }

    fn note_source(&self, source: &Part<'_, 'e>, found: &mut References<'e>) {
        let hub = found.take(source.present("/HubAccessConfig"));
        let Some((uri, kind)) = found.take(source.text("/S3Uri").zip(source.text("/S3DataType")))
        else {
            return;
        };
        let target = match (hub, kind.as_ref()) {
            (Some(true), _) => Target::Hub,
            (_, "S3Prefix") => Target::Prefix,
            _ => Target::Object,
        };
        let mut reference = self.reference(uri, target, source.origin("/S3Uri"));
        reference.etag = found.take(source.optional_text("/ETag")).flatten();
        found.known.push(reference);
        if let Some(Some(manifest)) = found.take(source.optional_text("/ManifestS3Uri")) {
            let mut reference =
                self.reference(manifest, Target::Object, source.origin("/ManifestS3Uri"));
            reference.etag = found.take(source.optional_text("/ManifestEtag")).flatten();
            found.known.push(reference);
        }
    }

    /// The containers of the package's specification that the model names, or of its first one.
    fn note_package(&self, name: &str, container: &Part<'_, 'e>, found: &mut References<'e>) {
        let reply = self.estate.reply(
            Operation::DescribeModelPackage,
            &self.place.account,
            &self.place.region,
            name,
        );
        let answer = match reply {
            Reply::Missing(missing) => return found.lacks(&missing),
            Reply::NotFound(observation) | Reply::Absent(observation) => {
                found.known.push(self.reference(
                    Text::default(),
                    Target::PackageDeleted,
                    Origin::Outcome { observation },
                ));
                return;
            }
            Reply::Answer(answer) => answer,
        };
        let package = answer.root();
        let wanted = found.take(container.optional_text("/InferenceSpecificationName"));
        let further = found.take(package.parts("/AdditionalInferenceSpecifications"));
        let (Some(wanted), Some(further)) = (wanted, further) else {
            return;
        };
        let named = further
            .iter()
            .find(|specification| specification.text("/Name").value() == wanted.as_ref());
        let containers = match named.filter(|_| wanted.is_some()) {
            Some(specification) => specification.required_parts("/Containers"),
            None => package.required_parts("/InferenceSpecification/Containers"),
        };
        for container in found.take(containers).into_iter().flatten() {
            match found.take(container.optional_text("/ProductId")) {
                Some(Some(_)) => found.known.push(self.reference(
                    Text::default(),
                    Target::Marketplace,
                    container.origin("/ProductId"),
                )),
                Some(None) => self.note_container(&container, found),
                None => {}
            }
        }
    }
}

/// Whether an artifact is there.
#[derive(Debug)]
pub struct Existence<'e> {
    /// `present`, `object_missing`, `delete_marker`, `prefix_empty`, `bucket_missing`,
    /// `model_deleted`, `model_package_missing`; `image`, `marketplace` or `aws_hub` where nothing
    /// in S3 is ours to look for.
    pub state: Fact<'e, &'static str>,
    /// When the object was last written.
    pub modified: Option<Time>,
    /// Its current entity tag.
    pub etag: Option<String>,
    /// Its bucket.
    pub bucket: Option<String>,
    /// Its key, or prefix.
    pub key: Option<String>,
    /// The version of the delete marker that hides it.
    pub marker: Option<Text<'e>>,
}

impl<'e> Existence<'e> {
    fn of(state: Fact<'e, &'static str>) -> Self {
        Existence {
            state,
            modified: None,
            etag: None,
            bucket: None,
            key: None,
            marker: None,
        }
    }
}

/// Whether what `reference` points at is there.
#[must_use]
pub fn existence<'e>(
    estate: &'e Estate,
    buckets: &Buckets<'e>,
    place: &Place,
    reference: &Reference<'e>,
) -> Existence<'e> {
    let certain = |state| Existence::of(Fact::known(state, reference.origin.clone()));
    match reference.target {
        Target::ModelDeleted => return certain("model_deleted"),
        Target::PackageDeleted => return certain("model_package_missing"),
        Target::Image => return certain("image"),
        Target::Marketplace => return certain("marketplace"),
        Target::Hub => return certain("aws_hub"),
        Target::Object | Target::Prefix => {}
    }
    let Some((bucket, key)) = location(&reference.uri) else {
        return Existence::of(Fact::unknown(Missing::undecided(format!(
            "`{}` is not an S3 location",
            reference.uri
        ))));
    };
    let mut found = listed(estate, place, &bucket, &key, reference.target);
    found.state = found.state.also_from(reference.origin.clone());
    if found.state.missing().is_some() {
        found.state = refused(
            estate,
            buckets,
            place,
            &bucket,
            &key,
            reference,
            found.state,
        );
    }
    if found.state.value() == Some(&"delete_marker") {
        found.marker = marker(estate, place, &bucket, &key).and_then(|marker| marker.version);
    }
    found.bucket = Some(bucket);
    found.key = Some(key);
    found
}

/// What `ListObjectsV2` shows under the key.
fn listed<'e>(
    estate: &'e Estate,
    place: &Place,
    bucket: &str,
    key: &str,
    target: Target,
) -> Existence<'e> {
    let call = format!("{bucket}\n{key}");
    let reply = estate.reply(
        Operation::ListObjectsV2,
        &place.account,
        GLOBAL_REGION,
        &call,
    );
    match reply {
        Reply::Missing(missing) => Existence::of(Fact::unknown(missing)),
        Reply::NotFound(observation) | Reply::Absent(observation) => Existence::of(Fact::known(
            "bucket_missing",
            Origin::Outcome { observation },
        )),
        Reply::Answer(answer) => {
            let part = answer.root();
            let contents = part.parts("/Contents");
            let Some(items) = contents.value() else {
                return Existence::of(contents.map(|_| "present"));
            };
            if items.is_empty() {
                let count = part.optional_integer("/KeyCount");
                return Existence::of(count.then(|count| {
                    if count.unwrap_or_default() > 0 {
                        Fact::unknown(part.malformed("/Contents"))
                    } else {
                        absent_under(estate, place, bucket, key, target, &part)
                    }
                }));
            }
            match target {
                Target::Prefix => Existence::of(lives_under(items, &part)),
                _ => exact(estate, place, bucket, key, items, &part),
            }
        }
    }
}

/// An exact key is the first one listed under itself.
fn exact<'e>(
    estate: &'e Estate,
    place: &Place,
    bucket: &str,
    key: &str,
    items: &[Part<'_, 'e>],
    part: &Part<'_, 'e>,
) -> Existence<'e> {
    let keys = items
        .iter()
        .map(|item| item.text("/Key").map(|found| found == key));
    let there = Fact::any(keys);
    let Some(there) = there.value() else {
        return Existence::of(there.map(|_| "present"));
    };
    if !there {
        return Existence::of(absent_under(
            estate,
            place,
            bucket,
            key,
            Target::Object,
            part,
        ));
    }
    let item = items
        .iter()
        .find(|item| item.text("/Key").value().is_some_and(|found| found == key));
    Existence {
        modified: item.and_then(|item| item.time("/LastModified").value().copied()),
        etag: item
            .and_then(|item| item.text("/ETag").value().cloned())
            .map(Text::into_owned),
        ..Existence::of(Fact::known("present", part.origin("/Contents")))
    }
}

/// A prefix lives by any object that is more than the marker of an empty folder.
fn lives_under<'e>(items: &[Part<'_, 'e>], part: &Part<'_, 'e>) -> Fact<'e, &'static str> {
    let real = Fact::any(items.iter().map(|item| {
        item.text("/Key").then(|key| {
            if key.ends_with('/') {
                item.optional_integer("/Size").then(|size| match size {
                    Some(size) => Fact::given(size > 0),
                    None => Fact::unknown(item.malformed("/Size")),
                })
            } else {
                Fact::given(true)
            }
        })
    }));
    real.then(|real| {
        if real {
            return Fact::known("present", part.origin("/Contents"));
        }
        match part.node().member("IsTruncated").and_then(Node::boolean) {
            Some(false) => Fact::known("prefix_empty", part.origin("/Contents")),
            Some(true) => Fact::unknown(Missing::call(
                Operation::ListObjectsV2,
                part.observation().subject(),
                Gap::Incomplete,
                "",
            )),
            None => Fact::unknown(part.malformed("/IsTruncated")),
        }
    })
}

/// How a key or prefix without objects is gone: a delete marker, where one shows, is recoverable.
fn absent_under<'e>(
    estate: &'e Estate,
    place: &Place,
    bucket: &str,
    key: &str,
    target: Target,
    part: &Part<'_, 'e>,
) -> Fact<'e, &'static str> {
    let origin = part.origin("/Contents");
    if target == Target::Prefix {
        return Fact::known("prefix_empty", origin);
    }
    match marker(estate, place, bucket, key) {
        Some(marker) => Fact::known("delete_marker", origin).also_from(marker.origin),
        None => Fact::known("object_missing", origin),
    }
}

/// A delete marker that hides an object.
struct Marker<'e> {
    origin: Origin<'e>,
    version: Option<Text<'e>>,
}

fn marker<'e>(estate: &'e Estate, place: &Place, bucket: &str, key: &str) -> Option<Marker<'e>> {
    let call = format!("{bucket}\n{key}");
    let Reply::Answer(answer) = estate.reply(
        Operation::ListObjectVersions,
        &place.account,
        GLOBAL_REGION,
        &call,
    ) else {
        return None;
    };
    let markers = answer.root().parts("/DeleteMarkers");
    let of_key = markers.value()?.iter().find(|marker| {
        let found = marker.text("/Key");
        found.value().is_some_and(|found| found == key)
    })?;
    Some(Marker {
        origin: of_key.origin("/Key"),
        version: of_key.text("/VersionId").value().cloned(),
    })
}

/// What else decides when the key could not be listed: a saved `HeadObject`, a bucket that nobody
/// owns, or a bucket of AWS that is not ours to list.
fn refused<'e>(
    estate: &'e Estate,
    buckets: &Buckets<'e>,
    place: &Place,
    bucket: &str,
    key: &str,
    reference: &Reference<'e>,
    unknown: Fact<'e, &'static str>,
) -> Fact<'e, &'static str> {
    if reference.target == Target::Object
        && let Some(observation) = estate.observation(
            Operation::HeadObject,
            &place.account,
            GLOBAL_REGION,
            &format!("{bucket}\n{key}"),
        )
        && let Some(state) = of_head(observation)
    {
        return Fact::known(state, Origin::Outcome { observation });
    }
    let ownership = buckets.ownership(&place.account, &place.region, bucket);
    if ownership
        .value()
        .is_some_and(|ownership| ownership.owner == Owner::Nonexistent)
    {
        return ownership.map(|_| "bucket_missing");
    }
    let denied = unknown
        .missing()
        .is_some_and(|missing| missing.iter().any(|missing| missing.gap == Gap::Denied));
    if denied && is_jumpstart(bucket, &place.region) {
        return Fact::known("aws_hub", reference.origin.clone());
    }
    unknown
}

fn of_head(observation: &Observation) -> Option<&'static str> {
    match &observation.outcome {
        Outcome::Ok { body } => {
            let body = Node::parse(body.get()).ok()?;
            let marker = body.member("DeleteMarker").and_then(Node::boolean);
            Some(if marker == Some(true) {
                "delete_marker"
            } else {
                "present"
            })
        }
        Outcome::NotFound { code } if code == "NoSuchBucket" => Some("bucket_missing"),
        Outcome::NotFound { .. } => Some("object_missing"),
        Outcome::Failed { code } if matches!(code.as_str(), "MethodNotAllowed" | "405") => {
            Some("delete_marker")
        }
        _ => None,
    }
}

/// The buckets of JumpStart for this Region exactly: bucket names are first come, so that a name
/// with another suffix may be anyone's.
fn is_jumpstart(bucket: &str, region: &str) -> bool {
    ["jumpstart-cache-prod-", "jumpstart-private-cache-prod-"]
        .iter()
        .any(|stem| bucket.strip_prefix(stem) == Some(region))
}

/// The bucket and key of `s3://…` or of an `https://…` address of S3.
#[must_use]
pub fn location(uri: &str) -> Option<(String, String)> {
    if let Some(rest) = uri.strip_prefix("s3://") {
        if let Some((arn, rest)) = rest
            .starts_with("arn:")
            .then(|| rest.split_once("accesspoint/"))
            .flatten()
        {
            let (name, key) = rest.split_once('/').unwrap_or((rest, ""));
            let arn = format!("{arn}accesspoint/{name}");
            Arn::parse(&arn)?;
            return Some((arn, key.to_owned()));
        }
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        return (!bucket.is_empty()).then(|| (bucket.to_owned(), key.to_owned()));
    }
    let (host, path) = uri.strip_prefix("https://")?.split_once('/')?;
    let host = host
        .strip_suffix(".amazonaws.com.cn")
        .or_else(|| host.strip_suffix(".amazonaws.com"))?;
    let is_s3 = |label: &str| label == "s3" || label.starts_with("s3.") || label.starts_with("s3-");
    if is_s3(host) {
        let (bucket, key) = path.split_once('/')?;
        return Some((bucket.to_owned(), key.to_owned()));
    }
    // A bucket's name may itself hold dots: the last label that starts the service decides.
    let at = host
        .rfind(".s3.")
        .or_else(|| host.rfind(".s3-"))
        .or_else(|| host.ends_with(".s3").then(|| host.len().saturating_sub(3)))?;
    Some((host.get(..at)?.to_owned(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_in_every_form_that_the_service_accepts() {
        let at = |uri: &str| location(uri).map(|(bucket, key)| format!("{bucket} {key}"));
        for (uri, expected) in [
            ("s3://b/k/x", Some("b k/x")),
            ("s3://b", Some("b ")),
            ("https://b.s3.amazonaws.com/k", Some("b k")),
            ("https://b.s3.eu-west-1.amazonaws.com/k/x", Some("b k/x")),
            ("https://b.s3-eu-west-1.amazonaws.com/k", Some("b k")),
            (
                "https://b.c.s3.cn-north-1.amazonaws.com.cn/k",
                Some("b.c k"),
            ),
            ("https://s3.eu-west-1.amazonaws.com/b/k/x", Some("b k/x")),
            ("https://s3-eu-west-1.amazonaws.com/b/k", Some("b k")),
            (
                "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/p/k/x",
                Some("arn:aws:s3:eu-west-1:111122223333:accesspoint/p k/x"),
            ),
            ("s3://", None),
            ("https://example.com/k", None),
            ("file:///k", None),
        ] {
            assert_eq!(at(uri).as_deref(), expected, "{uri}");
        }
    }

    #[test]
    fn only_the_jumpstart_buckets_of_the_region_itself_are_those_of_aws() {
        assert!(is_jumpstart("jumpstart-cache-prod-eu-west-1", "eu-west-1"));
        assert!(is_jumpstart(
            "jumpstart-private-cache-prod-eu-west-1",
            "eu-west-1"
        ));
        assert!(!is_jumpstart("jumpstart-cache-prod-eu-west-2", "eu-west-1"));
        assert!(!is_jumpstart(
            "jumpstart-cache-prod-eu-west-1x",
            "eu-west-1"
        ));
    }
}
