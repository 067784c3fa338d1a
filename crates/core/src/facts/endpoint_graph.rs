//! Endpoints, the configurations they run, and the models those serve.
//!
//! Enters: the estate. Leaves: per account and Region, every endpoint, endpoint configuration,
//! model and inference component that any answer names, joined in both directions, with what
//! keeps each join from being complete. Deliberately absent: judgement, and objects in S3.
//!
//! An answer of `Search` stands in for a missing Describe: its records carry the same members,
//! although not all of them, and what a record never carries is unknown rather than absent.

mod described;
mod listing;
mod region;
mod variants;

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::asset::{Asset, AssetKind};
use crate::estate::{Estate, Place, not_collected};
use crate::facts::answer::{Answer, Part};
use crate::facts::artifact;
use crate::facts::fact::{Fact, Origins, Text};
use crate::missing::MissingSet;
use crate::operations::Operation;

pub use described::Described;
pub use listing::join_gaps;
pub(super) use listing::{described_names, listed, named, union_of};
pub use region::Region;
pub use variants::{Shadows, VariantModels, hosts_components, variant_models, variants};

/// An endpoint.
#[derive(Debug)]
pub struct Endpoint<'e> {
    /// Its description.
    pub described: Described<'e>,
    /// Its `Search` record, which also carries tags and monitoring schedules.
    pub record: Option<Answer<'e>>,
    /// Its ARN, as received, or as AWS would write it.
    pub arn: String,
    /// `EndpointStatus`.
    pub status: Fact<'e, Text<'e>>,
    /// The name of the active configuration.
    pub configuration: Fact<'e, Text<'e>>,
}

impl<'e> Endpoint<'e> {
    /// What is known of an endpoint that no answer spoke of.
    #[must_use]
    pub fn unread(name: &str, arn: &str) -> Self {
        let missing = not_collected(Operation::DescribeEndpoint, name);
        Endpoint {
            described: Described::Missing(missing.clone()),
            record: None,
            arn: arn.to_owned(),
            status: Fact::unknown(missing.clone()),
            configuration: Fact::unknown(missing),
        }
    }

    /// Whether it serves, or would after the change under way.
    ///
    /// `Creating`, `Deleting` and `Failed` endpoints accept no call but their deletion.
    #[must_use]
    pub fn live(&self) -> Fact<'e, bool> {
        self.status
            .clone()
            .map(|status| !matches!(status.as_ref(), "Creating" | "Deleting" | "Failed"))
    }
}

/// A described resource with its ARN.
#[derive(Debug)]
pub struct Resource<'e> {
    /// Its description.
    pub described: Described<'e>,
    /// Its ARN, as received, or as AWS would write it.
    pub arn: String,
}

/// An inference component: a model, or a container of its own, on an endpoint's instances.
#[derive(Debug)]
pub struct Component<'e> {
    /// Its description.
    pub described: Described<'e>,
    /// The endpoint that hosts it.
    pub endpoint: Fact<'e, Text<'e>>,
    /// The variant that hosts it.
    pub variant: Fact<'e, Text<'e>>,
}

impl<'e> Component<'e> {
    /// Its specification, or its specifications by instance type: one of the two is populated.
    #[must_use]
    pub fn specifications(&self) -> Fact<'e, Vec<Part<'_, 'e>>> {
        self.described.read(|part| {
            part.object("/Specification").then(|one| match one {
                Some(one) => Fact::given(vec![one]),
                None => part.parts("/Specifications").then(|many| {
                    if many.is_empty() {
                        Fact::unknown(part.malformed("/Specification"))
                    } else {
                        Fact::given(many)
                    }
                }),
            })
        })
    }

    /// The models it names; none for a container of its own.
    #[must_use]
    pub fn models(&self) -> Fact<'e, Vec<Text<'e>>> {
        self.specifications().then(|specifications| {
            specifications
                .iter()
                .map(model_of)
                .fold(Fact::given(Vec::new()), |all, one| {
                    all.zip(one).map(|(mut all, one)| {
                        all.extend(one);
                        all
                    })
                })
        })
    }
}

/// The model of a specification; none where it brings a container of its own or adapts a base.
fn model_of<'e>(specification: &Part<'_, 'e>) -> Fact<'e, Option<Text<'e>>> {
    specification
        .optional_text("/ModelName")
        .then(|name| match name {
            Some(name) => Fact::given(Some(name)),
            None => Fact::any(
                ["/Container", "/BaseInferenceComponentName"]
                    .map(|pointer| specification.present(pointer)),
            )
            .then(|other| {
                if other {
                    Fact::given(None)
                } else {
                    Fact::unknown(specification.malformed("/ModelName"))
                }
            }),
        })
}

/// A variant that names a model.
#[derive(Debug)]
pub struct VariantUse<'e> {
    /// The configuration of the variant.
    pub configuration: String,
    /// Whether the variant is serverless.
    pub serverless: Fact<'e, bool>,
}

/// Who serves a model.
#[derive(Debug, Default)]
pub struct Uses<'e> {
    /// Variants that name it.
    pub variants: Vec<VariantUse<'e>>,
    /// Components that name it.
    pub components: Vec<String>,
}

/// The endpoints that run a configuration.
#[derive(Debug)]
pub struct Users<'r, 'e> {
    /// Live endpoints that run it.
    pub known: Vec<(&'r str, &'r Endpoint<'e>)>,
    /// Endpoints that may.
    pub possible: Vec<&'r str>,
    /// What keeps the endpoints from being all known.
    pub gap: Option<MissingSet>,
    region: &'r Region<'e>,
}

impl<'e> Users<'_, 'e> {
    /// The listing that shows who runs it.
    #[must_use]
    pub fn listing(&self) -> Origins<'e> {
        self.region.listed.clone()
    }

    /// Whether an endpoint is known not to run the configuration.
    #[must_use]
    pub fn elsewhere(&self, endpoint: &str) -> bool {
        self.region.endpoints.contains_key(endpoint)
            && !self
                .known
                .iter()
                .map(|(name, _)| name)
                .chain(&self.possible)
                .any(|name| *name == endpoint)
    }
}

/// The graphs of all accounts and Regions.
#[derive(Debug)]
pub struct Graph<'e> {
    regions: HashMap<Place, Region<'e>>,
    empty: Region<'e>,
    live_artifacts: HashSet<String>,
    /// Where some live endpoint's artifacts are not all known.
    unknown_artifacts: HashSet<Place>,
}

impl<'e> Graph<'e> {
    /// Joins what the estate holds.
    #[must_use]
    pub fn new(estate: &'e Estate) -> Self {
        let regions: HashMap<Place, Region<'e>> = places(estate)
            .into_iter()
            .map(|place| {
                let region = Region::new(estate, &place);
                (place, region)
            })
            .collect();
        let mut live_artifacts = HashSet::new();
        let mut unknown_artifacts = HashSet::new();
        for (place, region) in &regions {
            for (name, endpoint) in &region.endpoints {
                if endpoint.live().value() != Some(&false) {
                    let references = artifact::references(estate, region, place, name, endpoint);
                    if references.gap.is_some() {
                        unknown_artifacts.insert(place.clone());
                    }
                    live_artifacts.extend(
                        references
                            .known
                            .into_iter()
                            .filter(|reference| !reference.uri.is_empty())
                            .map(|reference| reference.uri.into_owned()),
                    );
                }
            }
        }
        Graph {
            regions,
            empty: Region::default(),
            live_artifacts,
            unknown_artifacts,
        }
    }

    /// What serves at a place; nothing where no answer spoke of it.
    #[must_use]
    pub fn region(&self, account: &str, region: &str) -> &Region<'e> {
        let place = Place {
            account: account.to_owned(),
            region: region.to_owned(),
        };
        self.regions.get(&place).unwrap_or(&self.empty)
    }

    /// Whether the artifacts of all live endpoints of a place are known: the endpoints were listed
    /// whole, and what each serves was read.
    #[must_use]
    pub fn knows_live_artifacts(&self, account: &str, region: &str) -> bool {
        let place = Place {
            account: account.to_owned(),
            region: region.to_owned(),
        };
        let listed = self
            .regions
            .get(&place)
            .is_some_and(|region| region.unplaced_gap.is_none());
        listed && !self.unknown_artifacts.contains(&place)
    }

    /// Every endpoint, endpoint configuration or model that any answer shows, sorted by ARN.
    #[must_use]
    pub fn assets(&self, kind: AssetKind) -> Vec<Asset> {
        let regions = self.regions.iter();
        let mut assets: Vec<Asset> = regions
            .flat_map(|(place, region)| region.assets(place, kind))
            .collect();
        assets.sort_by(|a, b| (&a.arn, a).cmp(&(&b.arn, b)));
        assets.dedup_by(|a, b| a.arn == b.arn);
        assets
    }

    /// The URIs of the artifacts that live endpoints serve, as they are written in models,
    /// packages and components.
    #[must_use]
    pub fn live_artifacts(&self) -> &HashSet<String> {
        &self.live_artifacts
    }
}

fn places(estate: &Estate) -> BTreeSet<Place> {
    [
        Operation::ListEndpoints,
        Operation::DescribeEndpoint,
        Operation::ListEndpointConfigs,
        Operation::DescribeEndpointConfig,
        Operation::ListModels,
        Operation::DescribeModel,
        Operation::ListInferenceComponents,
        Operation::DescribeInferenceComponent,
        Operation::Search,
    ]
    .into_iter()
    .flat_map(|operation| estate.places(operation))
    .cloned()
    .collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const PLACE: &str = r#""account":"111122223333","region":"eu-west-1""#;

    /// An estate of answers: operation, parameters and body or other outcome, in one place.
    pub(in crate::facts) fn estate(calls: &[(&str, &str, &str)]) -> Estate {
        let observations = calls
            .iter()
            .map(|(operation, parameters, outcome)| {
                let outcome = if outcome.starts_with('{') {
                    format!(r#""outcome":"ok","body":{outcome}"#)
                } else {
                    format!(r#""outcome":"{outcome}","code":"Code""#)
                };
                let place = if operation.starts_with("s3:") {
                    PLACE.replace("eu-west-1", GLOBAL_REGION)
                } else {
                    PLACE.to_owned()
                };
                let line = format!(
                    r#"{{"operation":"{operation}","parameters":{parameters},{place},{outcome}}}"#
                );
                serde_json::from_str(&line).unwrap()
            })
            .collect();
        Estate::new(observations)
    }

    use crate::operations::GLOBAL_REGION;

    pub(in crate::facts) const ENDPOINT: (&str, &str, &str) = (
        "sagemaker:DescribeEndpoint",
        r#"{"EndpointName":"Shop"}"#,
        r#"{"EndpointName":"Shop","EndpointStatus":"InService","EndpointConfigName":"config","CreationTime":0,"ProductionVariants":[{"VariantName":"main"}]}"#,
    );
    pub(in crate::facts) const CONFIGURATION: (&str, &str, &str) = (
        "sagemaker:DescribeEndpointConfig",
        r#"{"EndpointConfigName":"config"}"#,
        r#"{"EndpointConfigName":"config","CreationTime":0,"ProductionVariants":[{"VariantName":"main","ModelName":"model","InitialInstanceCount":2}]}"#,
    );
    const MODEL: (&str, &str, &str) = (
        "sagemaker:DescribeModel",
        r#"{"ModelName":"model"}"#,
        r#"{"ModelName":"model","CreationTime":0,"PrimaryContainer":{"ModelDataUrl":"s3://weights/a.tar.gz"}}"#,
    );

    fn names(estate: &Estate, kind: AssetKind) -> Vec<String> {
        Graph::new(estate)
            .assets(kind)
            .into_iter()
            .map(|asset| asset.arn)
            .collect()
    }

    #[test]
    fn an_arn_that_was_not_received_is_written_as_aws_writes_it() {
        let estate = estate(&[ENDPOINT]);
        assert_eq!(
            names(&estate, AssetKind::Endpoint),
            ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint/shop"]
        );
    }

    #[test]
    fn what_only_another_resource_names_is_an_asset_too() {
        let estate = estate(&[ENDPOINT]);
        assert_eq!(
            names(&estate, AssetKind::EndpointConfiguration),
            ["arn:aws:sagemaker:eu-west-1:111122223333:endpoint-config/config"]
        );
    }

    #[test]
    fn what_was_deleted_between_list_and_describe_is_no_asset() {
        let list = (
            "sagemaker:ListEndpoints",
            "{}",
            r#"{"Endpoints":[{"EndpointName":"Shop","EndpointStatus":"Deleting"}]}"#,
        );
        let estate = estate(&[list, (ENDPOINT.0, ENDPOINT.1, "not_found")]);
        assert!(names(&estate, AssetKind::Endpoint).is_empty());
    }

    #[test]
    fn a_refused_describe_leaves_the_status_of_the_listing() {
        let list = (
            "sagemaker:ListEndpoints",
            "{}",
            r#"{"Endpoints":[{"EndpointName":"Shop","EndpointStatus":"Deleting"}]}"#,
        );
        let estate = estate(&[list, (ENDPOINT.0, ENDPOINT.1, "denied")]);
        let graph = Graph::new(&estate);
        let users = graph.region("111122223333", "eu-west-1").users("config");
        assert!(users.known.is_empty() && users.possible.is_empty() && users.gap.is_none());
    }

    #[test]
    fn a_search_record_stands_in_but_never_shows_what_it_cannot_carry() {
        let record = (
            "sagemaker:Search",
            r#"{"Resource":"Endpoint","Arn":"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/shop"}"#,
            ENDPOINT.2,
        );
        let estate = estate(&[record, (ENDPOINT.0, ENDPOINT.1, "denied")]);
        let graph = Graph::new(&estate);
        let region = graph.region("111122223333", "eu-west-1");
        let endpoint = &region.endpoints["Shop"];
        assert_eq!(endpoint.configuration.value().unwrap(), "config");
        let pending = endpoint
            .described
            .read_beyond_search(Operation::DescribeEndpoint, |part| {
                part.present("/PendingDeploymentSummary")
            });
        assert_eq!(
            pending.missing().unwrap()[0].operation,
            Some(Operation::DescribeEndpoint)
        );
    }

    #[test]
    fn live_artifacts_are_those_of_endpoints_that_are_not_known_to_be_dead() {
        let live = estate(&[ENDPOINT, CONFIGURATION, MODEL]);
        assert!(
            Graph::new(&live)
                .live_artifacts()
                .contains("s3://weights/a.tar.gz")
        );
        let failed = ENDPOINT.2.replace("InService", "Failed");
        let dead = estate(&[(ENDPOINT.0, ENDPOINT.1, &failed), CONFIGURATION, MODEL]);
        assert!(Graph::new(&dead).live_artifacts().is_empty());
    }
}
