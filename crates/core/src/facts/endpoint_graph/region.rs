//! Everything that serves in one account and Region, joined in both directions.
//!
//! Enters: the answers of the place. Leaves: [`Region`]: its endpoints, configurations, models and
//! inference components by name, who uses which, and what keeps each join from being complete.
//! Deliberately absent: judgement.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::arn::partition_of;
use crate::asset::{Asset, AssetKind};
use crate::estate::{Estate, Place, not_collected};
use crate::facts::answer::{Answer, Part};
use crate::facts::capacity::Targets;
use crate::facts::fact::{Fact, Origins, State};
use crate::facts::monitoring::Monitoring;
use crate::facts::network::Networks;
use crate::facts::traffic::Traffic;
use crate::missing::MissingSet;
use crate::operations::Operation;
use crate::snapshot::Observation;

use super::{
    Component, Described, Endpoint, Resource, Shadows, Users, Uses, VariantUse, described_names,
    hosts_components, join_gaps, listed, named, union_of, variant_models, variants,
};

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
    pub(super) listed: Origins<'e>,
    pub(super) by_configuration: HashMap<String, Vec<String>>,
    pub(super) unplaced: Vec<String>,
    pub(super) unplaced_gap: Option<MissingSet>,
    pub(super) unread_components: Option<MissingSet>,
    pub(super) unhosted_components: Option<MissingSet>,
    pub(super) by_model: HashMap<String, Uses<'e>>,
    pub(super) by_host: HashMap<String, Vec<String>>,
    pub(super) hosts_components: bool,
}

impl<'e> Region<'e> {
    pub(super) fn new(estate: &'e Estate, place: &Place) -> Self {
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
    pub(super) fn assets(&self, place: &Place, kind: AssetKind) -> Vec<Asset> {
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
