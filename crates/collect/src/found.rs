//! What answers name, and further calls ask about.
//!
//! Enters: answers. Leaves: names of buckets, keys, roles, file systems and artifacts. Its size depends on how many distinct
//! ones there are, not on how many jobs name them. Deliberately absent: what the names mean for a verdict.

use std::collections::BTreeSet;

use sagewarden_core::facts::s3_uri::{Holder, S3Uri};
use sagewarden_core::json::Node;

/// Names found in the answers of one account and Region, or of a whole account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// Roles, by ARN.
    pub(crate) roles: BTreeSet<String>,
    /// Keys, by id, ARN or alias.
    pub(crate) keys: BTreeSet<String>,
    /// Buckets that training reads.
    pub(crate) channels: BTreeSet<String>,
    /// Buckets that are named otherwise: outputs, code, artifacts.
    pub(crate) others: BTreeSet<String>,
    /// Artifacts of models: bucket and key or prefix.
    pub(crate) artifacts: BTreeSet<(String, String)>,
    /// Access points that stand where a bucket would.
    pub(crate) access_points: BTreeSet<String>,
    /// File systems that training reads.
    pub(crate) file_systems: BTreeSet<String>,
}

impl Found {
    /// Takes over what another place names.
    pub(crate) fn merge(&mut self, other: Found) {
        self.roles.extend(other.roles);
        self.keys.extend(other.keys);
        self.channels.extend(other.channels);
        self.others.extend(other.others);
        self.artifacts.extend(other.artifacts);
        self.access_points.extend(other.access_points);
        self.file_systems.extend(other.file_systems);
    }

    /// Notes the location of a model's artifact.
    pub(crate) fn artifact(&mut self, uri: &str) {
        let Some(location) = S3Uri::parse(uri) else {
            return;
        };
        match location.holder {
            Holder::Bucket(bucket) | Holder::Directory(bucket) => {
                self.others.insert(bucket.to_owned());
                self.artifacts
                    .insert((bucket.to_owned(), location.key.into_owned()));
            }
            Holder::Alias(name) | Holder::AccessPoint { name, .. } => {
                self.access_points.insert(name.to_owned());
            }
            Holder::Special(_) => {}
        }
    }

    /// Notes what the record of a training job names.
    pub(crate) fn job(&mut self, job: &Node<'_>) {
        let text = |pointer: &str| job.pointer(pointer).and_then(Node::text);
        self.roles.extend(text("/RoleArn").map(str::to_owned));
        self.keys.extend(
            text("/ResourceConfig/VolumeKmsKeyId")
                .filter(|key| !key.is_empty())
                .map(str::to_owned),
        );
        let channels = job.member("InputDataConfig").map_or(&[][..], Node::items);
        for channel in channels {
            let source = |pointer: &str| channel.pointer(pointer).and_then(Node::text);
            if let Some(uri) = source("/DataSource/S3DataSource/S3Uri") {
                self.bucket(uri, true);
            }
            self.file_systems
                .extend(source("/DataSource/FileSystemDataSource/FileSystemId").map(str::to_owned));
        }
        for pointer in [
            "/OutputDataConfig/S3OutputPath",
            "/CheckpointConfig/S3Uri",
            "/DebugHookConfig/S3OutputPath",
            "/TensorBoardOutputConfig/S3OutputPath",
            "/ProfilerConfig/S3OutputPath",
            "/HyperParameters/sagemaker_submit_directory",
        ] {
            if let Some(uri) = text(pointer) {
                // Hyperparameters are JSON themselves, so that a text stands in quotes.
                self.bucket(uri.trim_matches('"'), false);
            }
        }
    }

    fn bucket(&mut self, uri: &str, is_channel: bool) {
        match S3Uri::parse(uri).map(|location| location.holder) {
            Some(Holder::Bucket(name) | Holder::Directory(name)) => {
                let buckets = if is_channel {
                    &mut self.channels
                } else {
                    &mut self.others
                };
                buckets.insert(name.to_owned());
            }
            Some(Holder::Alias(name) | Holder::AccessPoint { name, .. }) => {
                self.access_points.insert(name.to_owned());
            }
            Some(Holder::Special(_)) | None => {}
        }
    }
}

/// The texts of a member, wherever it occurs in an answer.
pub(crate) fn values(node: &Node<'_>, member: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(node, member, &mut found);
    found
}

fn collect(node: &Node<'_>, member: &str, found: &mut BTreeSet<String>) {
    for (name, value) in node.members() {
        match value.text() {
            Some(text) if name == member && !text.is_empty() => {
                found.insert(text.to_owned());
            }
            _ => collect(value, member, found),
        }
    }
    for item in node.items() {
        collect(item, member, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_names_its_buckets_by_what_it_does_with_them() {
        let text = r#"{"RoleArn":"arn:r","ResourceConfig":{"VolumeKmsKeyId":"k"},
            "InputDataConfig":[
              {"DataSource":{"S3DataSource":{"S3Uri":"s3://in/a"}}},
              {"DataSource":{"S3DataSource":{"S3Uri":"s3://team-abc-s3alias/a"}}},
              {"DataSource":{"FileSystemDataSource":{"FileSystemId":"fs-1"}}}],
            "OutputDataConfig":{"S3OutputPath":"s3://out/b"},
            "HyperParameters":{"sagemaker_submit_directory":"\"s3://code/x.tgz\""}}"#;
        let mut found = Found::default();
        found.job(&Node::parse(text).unwrap());
        let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
        assert_eq!(names(&found.roles), "arn:r");
        assert_eq!(names(&found.keys), "k");
        assert_eq!(names(&found.channels), "in");
        assert_eq!(names(&found.others), "code out");
        assert_eq!(names(&found.access_points), "team-abc-s3alias");
        assert_eq!(names(&found.file_systems), "fs-1");
    }

    #[test]
    fn values_are_found_at_any_depth() {
        let text = r#"{"a":[{"N":"x"},{"b":{"N":"y","M":"z"}}],"N":""}"#;
        let found = values(&Node::parse(text).unwrap(), "N");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["x", "y"]);
    }
}
