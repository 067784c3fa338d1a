//! Endpoints, the configurations they run, and the models those serve.
//!
//! Enters: the estate. Leaves: per account and Region, every endpoint, endpoint configuration,
//! model and inference component that any answer names, joined in both directions, with what
//! keeps each join from being complete. Deliberately absent: judgement, and objects in S3.
//!
//! An answer of `Search` stands in for a missing Describe: its records carry the same members,
//! although not all of them, and what a record never carries is unknown rather than absent.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::arn::partition_of;
use crate::asset::{Asset, AssetKind};
use crate::estate::{Estate, Place, Reply, not_collected};
use crate::facts::answer::{Answer, Part};
use crate::facts::artifact;
use crate::facts::capacity::Targets;
use crate::facts::fact::{Fact, Origin, Origins, State, Text};
use crate::facts::monitoring::Monitoring;
use crate::facts::network::Networks;
use crate::facts::traffic::Traffic;
use crate::missing::{self, Gap, Missing, MissingSet};
use crate::operations::Operation;
use crate::snapshot::Observation;

/// What a Describe call gave, or the `Search` record that stands in for it.
#[derive(Debug)]
pub enum Described<'e> {
    /// The answer.
    Answer(Answer<'e>),
    /// The service says that the resource does not exist.
    Gone(&'e Observation),
    /// Nothing usable.
    Missing(MissingSet),
}

impl<'e> Described<'e> {
    /// The answer of `operation` for `name`, or `record` where that call gave nothing.
    fn of(
        estate: &'e Estate,
        operation: Operation,
        place: &Place,
        name: &str,
        record: Option<&'e Observation>,
    ) -> Self {
        match estate.reply(operation, &place.account, &place.region, name) {
            Reply::Answer(answer) => Described::Answer(answer),
            Reply::NotFound(observation) | Reply::Absent(observation) => {
                Described::Gone(observation)
            }
            Reply::Missing(missing) => match record.map(Answer::of) {
                Some(Ok(answer)) => Described::Answer(answer),
                _ => Described::Missing(missing),
            },
        }
    }

    /// What is known of a resource that no answer spoke of.
    #[must_use]
    pub fn unread(operation: Operation, name: &str) -> Self {
        Described::Missing(not_collected(operation, name))
    }

    /// A fact of the answer; unknown when there is none.
    pub fn read<'r, T>(&'r self, read: impl FnOnce(Part<'r, 'e>) -> Fact<'e, T>) -> Fact<'e, T> {
        match self {
            Described::Answer(answer) => read(answer.root()),
            Described::Gone(observation) => Fact::unknown(observation.gone()),
            Described::Missing(missing) => Fact::unknown(missing.clone()),
        }
    }

    /// A fact that a `Search` record never carries.
    pub fn read_beyond_search<'r, T>(
        &'r self,
        operation: Operation,
        read: impl FnOnce(Part<'r, 'e>) -> Fact<'e, T>,
    ) -> Fact<'e, T> {
        self.read(|part| {
            if part.observation().operation == Operation::Search {
                Fact::unknown(Missing::call(
                    operation,
                    part.observation().subject(),
                    Gap::NotCollected,
                    "",
                ))
            } else {
                read(part)
            }
        })
    }

    /// The answer, if there is one.
    #[must_use]
    pub fn part(&self) -> Option<Part<'_, 'e>> {
        match self {
            Described::Answer(answer) => Some(answer.root()),
            _ => None,
        }
    }

    /// Whether the service says that the resource does not exist.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Described::Gone(_))
    }

    /// Why there is no answer, if there is none.
    #[must_use]
    pub fn gap(&self) -> Option<MissingSet> {
        match self {
            Described::Answer(_) => None,
            Described::Gone(observation) => Some(observation.gone().into()),
            Described::Missing(missing) => Some(missing.clone()),
        }
    }
}

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

/// Everything that serves in one account and Region.
#[derive(Debug, Default)]
pub struct Region<'e> {
    /// Endpoints by name.
    pub endpoints: BTreeMap<String, Endpoint<'e>>,
    /// Endpoint configurations by name, also those that only an endpoint names.
    pub configurations: BTreeMap<String, Resource<'e>>,
    /// Models by name, also those that only a variant or component names.
    pub models: BTreeMap<String, Resource<'e>>,
    /// Inference components by name.
    pub components: BTreeMap<String, Component<'e>>,
    /// Monitoring schedules.
    pub monitoring: Monitoring<'e>,
    /// Scaling targets.
    pub targets: Targets<'e>,
    /// Traffic series.
    pub traffic: Traffic<'e>,
    /// Networks.
    pub networks: Networks<'e>,
    /// What keeps the configurations' variants from being all known.
    pub variants_gap: Option<MissingSet>,
    listed: Origins<'e>,
    by_configuration: HashMap<String, Vec<String>>,
    unplaced: Vec<String>,
    unplaced_gap: Option<MissingSet>,
    unread_components: Option<MissingSet>,
    unhosted_components: Option<MissingSet>,
    by_model: HashMap<String, Uses<'e>>,
    by_host: HashMap<String, Vec<String>>,
    hosts_components: bool,
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

impl<'e> Region<'e> {
    fn new(estate: &'e Estate, place: &Place) -> Self {
        let mut region = Region {
            listed: listed(estate, Operation::ListEndpoints, place),
            monitoring: Monitoring::new(estate, place),
            targets: Targets::new(estate, place),
            traffic: Traffic::new(estate, place),
            networks: Networks::new(estate, place),
            ..Region::default()
        };
        region.read_endpoints(estate, place);
        region.read_components(estate, place);
        region.read_configurations(estate, place);
        region.read_models(estate, place);
        region
    }

    fn read_endpoints(&mut self, estate: &'e Estate, place: &Place) {
        let (summaries, gap) = named(
            estate,
            Operation::ListEndpoints,
            place,
            "/Endpoints",
            "/EndpointName",
            |item| (item.text("/EndpointStatus"), item.text("/EndpointArn")),
        );
        let mut summaries: BTreeMap<String, _> = summaries.into_iter().collect();
        let records = search_records(estate, "Endpoint", place, "/EndpointName");
        let mut unplaced: Vec<MissingSet> = Vec::new();
        let names: BTreeSet<String> = described_names(estate, Operation::DescribeEndpoint, place)
            .chain(summaries.keys().cloned())
            .chain(records.keys().cloned())
            .collect();
        for name in names {
            let record = records.get(&name).copied();
            let described =
                Described::of(estate, Operation::DescribeEndpoint, place, &name, record);
            if described.is_gone() {
                continue;
            }
            let (summary_status, summary_arn) = summaries.remove(&name).unzip();
            let status = match (&described, summary_status) {
                (Described::Missing(_), Some(status)) if status.value().is_some() => status,
                _ => described.read(|part| part.text("/EndpointStatus")),
            };
            let arn = described
                .read(|part| part.text("/EndpointArn"))
                .value()
                .or(summary_arn.as_ref().and_then(Fact::value))
                .map_or_else(|| arn_of(place, "endpoint", &name), ToString::to_string);
            let configuration = described.read(|part| part.text("/EndpointConfigName"));
            let endpoint = Endpoint {
                record: record.and_then(|record| Answer::of(record).ok()),
                described,
                arn,
                status,
                configuration,
            };
            if endpoint.live().value() != Some(&false) {
                match endpoint.configuration.value() {
                    Some(configuration) => self
                        .by_configuration
                        .entry(configuration.to_string())
                        .or_default()
                        .push(name.clone()),
                    None => {
                        unplaced.extend(endpoint.configuration.missing().cloned());
                        self.unplaced.push(name.clone());
                    }
                }
            }
            self.endpoints.insert(name, endpoint);
        }
        unplaced.extend(gap);
        self.unplaced_gap = union_of(unplaced);
    }

    fn read_components(&mut self, estate: &'e Estate, place: &Place) {
        let (summaries, gap) = named(
            estate,
            Operation::ListInferenceComponents,
            place,
            "/InferenceComponents",
            "/InferenceComponentName",
            |item| (item.text("/EndpointName"), item.text("/VariantName")),
        );
        let mut summaries: BTreeMap<String, _> = summaries.into_iter().collect();
        let (mut unhosted, mut unread) = (Vec::new(), Vec::new());
        let names: BTreeSet<String> =
            described_names(estate, Operation::DescribeInferenceComponent, place)
                .chain(summaries.keys().cloned())
                .collect();
        for name in names {
            let described = Described::of(
                estate,
                Operation::DescribeInferenceComponent,
                place,
                &name,
                None,
            );
            if described.is_gone() {
                continue;
            }
            let (endpoint, variant) = match (&described, summaries.remove(&name)) {
                (Described::Missing(_), Some(summary)) => summary,
                _ => (
                    described.read(|part| part.text("/EndpointName")),
                    described.read(|part| part.text("/VariantName")),
                ),
            };
            let component = Component {
                described,
                endpoint,
                variant,
            };
            match &component.endpoint.state {
                State::Known(host) => self
                    .by_host
                    .entry(host.to_string())
                    .or_default()
                    .push(name.clone()),
                State::Unknown(missing) => unhosted.push(missing.clone()),
            }
            match component.models().state {
                State::Known(models) => {
                    for model in models {
                        let uses = self.by_model.entry(model.into_owned()).or_default();
                        if !uses.components.contains(&name) {
                            uses.components.push(name.clone());
                        }
                    }
                }
                State::Unknown(missing) => unread.push(missing),
            }
            self.components.insert(name, component);
        }
        unhosted.extend(gap.clone());
        unread.extend(gap);
        self.unhosted_components = union_of(unhosted);
        self.unread_components = union_of(unread);
    }

    fn read_configurations(&mut self, estate: &'e Estate, place: &Place) {
        let (summaries, gap) = named(
            estate,
            Operation::ListEndpointConfigs,
            place,
            "/EndpointConfigs",
            "/EndpointConfigName",
            |item| item.text("/EndpointConfigArn"),
        );
        let mut unread: Vec<MissingSet> = gap.into_iter().collect();
        let mut summaries: BTreeMap<String, _> = summaries.into_iter().collect();
        let names: BTreeSet<String> =
            described_names(estate, Operation::DescribeEndpointConfig, place)
                .chain(summaries.keys().cloned())
                .chain(self.by_configuration.keys().cloned())
                .collect();
        for name in names {
            let described = Described::of(
                estate,
                Operation::DescribeEndpointConfig,
                place,
                &name,
                None,
            );
            let mut gaps: Vec<MissingSet> = described.gap().into_iter().collect();
            if described.is_gone() && !self.by_configuration.contains_key(&name) {
                gaps.clear();
            }
            if let Some(part) = described.part() {
                for variant in variants(&part, Shadows::Included) {
                    match variant {
                        Err(missing) => gaps.push(missing),
                        Ok(variant) => self.note_variant(&name, &variant, &mut gaps),
                    }
                }
            }
            unread.append(&mut gaps);
            let arn = described
                .read(|part| part.text("/EndpointConfigArn"))
                .value()
                .or(summaries.remove(&name).as_ref().and_then(Fact::value))
                .map_or_else(
                    || arn_of(place, "endpoint-config", &name),
                    ToString::to_string,
                );
            self.configurations
                .insert(name, Resource { described, arn });
        }
        self.variants_gap = union_of(unread);
    }

    fn note_variant(
        &mut self,
        configuration: &str,
        variant: &Part<'_, 'e>,
        gaps: &mut Vec<MissingSet>,
    ) {
        if hosts_components(variant).value() == Some(&true) {
            self.hosts_components = true;
        }
        let models = variant_models(variant);
        gaps.extend(models.gap);
        for model in models.known {
            self.by_model
                .entry(model.into_owned())
                .or_default()
                .variants
                .push(VariantUse {
                    configuration: configuration.to_owned(),
                    serverless: variant.present("/ServerlessConfig"),
                });
        }
    }

    fn read_models(&mut self, estate: &'e Estate, place: &Place) {
        let (summaries, _) = named(
            estate,
            Operation::ListModels,
            place,
            "/Models",
            "/ModelName",
            |item| item.text("/ModelArn"),
        );
        let mut summaries: BTreeMap<String, _> = summaries.into_iter().collect();
        let records = search_records(estate, "Model", place, "/ModelName");
        let names: BTreeSet<String> = described_names(estate, Operation::DescribeModel, place)
            .chain(summaries.keys().cloned())
            .chain(records.keys().cloned())
            .chain(self.by_model.keys().cloned())
            .collect();
        for name in names {
            let record = records.get(&name).copied();
            let described = Described::of(estate, Operation::DescribeModel, place, &name, record);
            let arn = described
                .read(|part| part.text("/ModelArn"))
                .value()
                .or(summaries.remove(&name).as_ref().and_then(Fact::value))
                .map_or_else(|| arn_of(place, "model", &name), ToString::to_string);
            self.models.insert(name, Resource { described, arn });
        }
    }

    /// The endpoints that run `configuration`.
    #[must_use]
    pub fn users<'r>(&'r self, configuration: &str) -> Users<'r, 'e> {
        let mut users = Users {
            known: Vec::new(),
            possible: self.unplaced.iter().map(String::as_str).collect(),
            gap: self.unplaced_gap.clone(),
            region: self,
        };
        for name in self
            .by_configuration
            .get(configuration)
            .into_iter()
            .flatten()
        {
            let Some((name, endpoint)) = self.endpoints.get_key_value(name) else {
                continue;
            };
            match endpoint.live().state {
                State::Known(_) => users.known.push((name, endpoint)),
                State::Unknown(missing) => {
                    users.gap = Some(join_gaps(users.gap.take(), &missing));
                    users.possible.push(name);
                }
            }
        }
        users
    }

    /// Who serves `model`.
    #[must_use]
    pub fn uses(&self, model: &str) -> Option<&Uses<'e>> {
        self.by_model.get(model)
    }

    /// The components on `endpoint`, and what keeps them from being all known.
    #[must_use]
    pub fn components_on<'r>(
        &'r self,
        endpoint: &str,
    ) -> (Vec<(&'r str, &'r Component<'e>)>, Option<MissingSet>) {
        let hosted = self
            .by_host
            .get(endpoint)
            .into_iter()
            .flatten()
            .filter_map(|name| self.components.get_key_value(name))
            .map(|(name, component)| (name.as_str(), component))
            .collect();
        (hosted, self.unhosted_components.clone())
    }

    /// What keeps the models of the components from being all known.
    #[must_use]
    pub fn components_gap(&self) -> Option<&MissingSet> {
        self.unread_components.as_ref()
    }

    /// Whether anything shows that models are served as inference components here. Without such a
    /// sign an unread list of components does not put every model in doubt.
    #[must_use]
    pub fn knows_of_components(&self) -> bool {
        self.hosts_components || !self.components.is_empty()
    }

    /// The configuration that an endpoint runs.
    #[must_use]
    pub fn configuration_of(&self, endpoint: &Endpoint<'e>) -> Fact<'e, &Resource<'e>> {
        endpoint
            .configuration
            .clone()
            .then(|name| match self.configurations.get(name.as_ref()) {
                Some(configuration) => Fact::given(configuration),
                None => Fact::unknown(not_collected(Operation::DescribeEndpointConfig, &name)),
            })
    }

    /// The assets of one kind that any answer of the Region shows.
    fn assets(&self, place: &Place, kind: AssetKind) -> Vec<Asset> {
        let asset = |name: &String, arn: &String| Asset {
            account: place.account.clone(),
            region: place.region.clone(),
            kind,
            name: name.clone(),
            arn: arn.clone(),
        };
        let existing = |resources: &BTreeMap<String, Resource<'e>>| {
            resources
                .iter()
                .filter(|(_, resource)| !resource.described.is_gone())
                .map(|(name, resource)| asset(name, &resource.arn))
                .collect()
        };
        match kind {
            AssetKind::Endpoint => self
                .endpoints
                .iter()
                .map(|(name, endpoint)| asset(name, &endpoint.arn))
                .collect(),
            AssetKind::EndpointConfiguration => existing(&self.configurations),
            AssetKind::Model => existing(&self.models),
            _ => Vec::new(),
        }
    }
}

/// The models that a variant names.
#[derive(Debug)]
pub struct VariantModels<'e> {
    /// The names that are known.
    pub known: Vec<Text<'e>>,
    /// What keeps them from being all known.
    pub gap: Option<MissingSet>,
}

/// `ModelName` and every `InstancePools[].ModelNameOverride`.
#[must_use]
pub fn variant_models<'e>(variant: &Part<'_, 'e>) -> VariantModels<'e> {
    let mut models = VariantModels {
        known: Vec::new(),
        gap: None,
    };
    let mut note = |name: Fact<'e, Option<Text<'e>>>| match name.state {
        State::Known(name) => models.known.extend(name),
        State::Unknown(missing) => models.gap = Some(join_gaps(models.gap.take(), &missing)),
    };
    note(variant.optional_text("/ModelName"));
    match variant.parts("/InstancePools").state {
        State::Known(pools) => {
            for pool in pools {
                note(pool.optional_text("/ModelNameOverride"));
            }
        }
        State::Unknown(missing) => note(Fact::unknown(missing)),
    }
    models
}

/// Whether a variant names no model, and so hosts inference components.
#[must_use]
pub fn hosts_components<'e>(variant: &Part<'_, 'e>) -> Fact<'e, bool> {
    let models = variant_models(variant);
    let origin = variant.origin("/ModelName");
    match models.gap {
        _ if !models.known.is_empty() => Fact::known(false, origin),
        Some(missing) => Fact::unknown(missing),
        None => Fact::known(true, origin),
    }
}

/// Whether shadow variants are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shadows {
    /// They are.
    Included,
    /// Production variants only.
    Excluded,
}

/// The variants of a configuration, or what is missing of them.
#[must_use]
pub fn variants<'r, 'e>(
    configuration: &Part<'r, 'e>,
    shadows: Shadows,
) -> Vec<Result<Part<'r, 'e>, MissingSet>> {
    let mut lists = vec![configuration.required_parts("/ProductionVariants")];
    if shadows == Shadows::Included {
        lists.push(configuration.parts("/ShadowProductionVariants"));
    }
    let mut all = Vec::new();
    for list in lists {
        match list.state {
            State::Known(parts) => all.extend(parts.into_iter().map(Ok)),
            State::Unknown(missing) => all.push(Err(missing)),
        }
    }
    all
}

/// All gaps as one.
pub(super) fn union_of(gaps: Vec<MissingSet>) -> Option<MissingSet> {
    let mut all: Vec<Missing> = gaps.iter().flat_map(|gap| gap.iter().cloned()).collect();
    all.sort();
    all.dedup();
    (!all.is_empty()).then(|| all.into())
}

/// Two gaps as one.
#[must_use]
pub fn join_gaps(gap: Option<MissingSet>, further: &MissingSet) -> MissingSet {
    gap.map_or_else(|| further.clone(), |gap| missing::union(&gap, further))
}

/// The items of a listing by name, and what keeps them from being all known.
pub(super) fn named<'e, T>(
    estate: &'e Estate,
    operation: Operation,
    place: &Place,
    items: &'static str,
    name: &'static str,
    read: impl Fn(&Part<'_, 'e>) -> T,
) -> (Vec<(String, T)>, Option<MissingSet>) {
    let listing = estate.listing(operation, &place.account, &place.region, "");
    let mut gap = listing.gap;
    let mut all = Vec::new();
    for page in &listing.pages {
        match page.root().required_parts(items).state {
            State::Known(items) => {
                for item in items {
                    match item.text(name).state {
                        State::Known(name) => all.push((name.into_owned(), read(&item))),
                        State::Unknown(missing) => gap = Some(join_gaps(gap.take(), &missing)),
                    }
                }
            }
            State::Unknown(missing) => gap = Some(join_gaps(gap.take(), &missing)),
        }
    }
    (all, gap)
}

/// A listing as evidence of what is not in it.
pub(super) fn listed<'e>(estate: &'e Estate, operation: Operation, place: &Place) -> Origins<'e> {
    estate
        .observation(operation, &place.account, &place.region, "")
        .map_or(Origins::None, |observation| {
            Origin::Outcome { observation }.into()
        })
}

/// The names that a Describe call was made for.
pub(super) fn described_names<'s>(
    estate: &'s Estate,
    operation: Operation,
    place: &'s Place,
) -> impl Iterator<Item = String> + 's {
    estate
        .every(operation)
        .filter(move |observation| {
            observation.account == place.account && observation.region == place.region
        })
        .map(Observation::key)
        .filter(|name| !name.is_empty())
}

/// The records of `Search` for one kind of resource, by name.
fn search_records<'e>(
    estate: &'e Estate,
    resource: &str,
    place: &Place,
    name: &'static str,
) -> HashMap<String, &'e Observation> {
    estate
        .every(Operation::Search)
        .filter(|observation| {
            observation.account == place.account
                && observation.region == place.region
                && observation.parameters.contains_key("Arn")
                && observation
                    .parameters
                    .get("Resource")
                    .and_then(serde_json::Value::as_str)
                    == Some(resource)
        })
        .filter_map(|observation| {
            let answer = Answer::of(observation).ok()?;
            let name = answer.root().text(name).value()?.to_string();
            Some((name, observation))
        })
        .collect()
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

/// The ARN as AWS writes it: the resource's name is in lower case there.
fn arn_of(place: &Place, kind: &str, name: &str) -> String {
    format!(
        "arn:{}:sagemaker:{}:{}:{kind}/{}",
        partition_of(&place.region),
        place.region,
        place.account,
        name.to_ascii_lowercase()
    )
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
