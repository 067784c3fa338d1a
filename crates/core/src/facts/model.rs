//! What the controls of a model see.
//!
//! Enters: the model, and the variants and inference components that serve it. Leaves: [`Model`].
//! Deliberately absent: its artifacts, which are judged on the endpoint that loads them.
//!
//! A model that only inference components serve takes its isolation and its network from the
//! endpoint configuration that hosts them.

use crate::asset::{Asset, AssetKind};
use crate::estate::not_collected;
use crate::facts::answer::Part;
use crate::facts::context::Context;
use crate::facts::endpoint::partition;
use crate::facts::endpoint_graph::{self as graph, Component, Region, Uses};
use crate::facts::fact::{Fact, Text};
use crate::facts::monitoring::all;
use crate::facts::network::{Placement, in_vpc};
use crate::operations::Operation;
use crate::time::Time;

crate::facts! {
    /// A model.
    pub struct Model<'e> {
        /// Its ARN.
        pub arn: String,
        /// Its name.
        pub name: String,
        /// Its account.
        pub account: String,
        /// Its Region.
        pub region: String,
        /// Its partition.
        pub partition: String,
        /// `CreationTime`.
        pub creation_time: Fact<'e, Time>,
        /// `ExecutionRoleArn`.
        pub role: Fact<'e, Option<Text<'e>>>,
        /// `EnableNetworkIsolation`; absent means false.
        pub network_isolation: Fact<'e, bool>,
        /// `VpcConfig.Subnets`.
        pub subnets: Fact<'e, Vec<Text<'e>>>,
        /// `VpcConfig.SecurityGroupIds`.
        pub security_groups: Fact<'e, Vec<Text<'e>>>,
        /// Whether all subnets lie in one availability zone.
        pub single_zone: Fact<'e, bool>,
        /// Whether the route table of a subnet leads to an internet gateway.
        pub public_subnet: Fact<'e, bool>,
        /// Whether a security group lets traffic out to every address.
        pub open_egress: Fact<'e, bool>,
        /// Whether a live endpoint serves it.
        pub deployed: Fact<'e, bool>,
        /// Whether every variant that names it is serverless.
        pub serverless_only: Fact<'e, bool>,
        /// Whether only inference components serve it, all on endpoint configurations with network isolation.
        pub isolated_by_host: Fact<'e, bool>,
        /// Whether only inference components serve it, all on endpoint configurations in a VPC.
        pub vpc_by_host: Fact<'e, bool>,
        /// The endpoint configurations with a variant that names it.
        pub configurations: Vec<String>,
        /// The live endpoints that are known to serve it.
        pub endpoints: Vec<String>,
    }
}

/// Every model that any answer shows, sorted by ARN.
#[must_use]
pub fn assets(context: &Context<'_>) -> Vec<Asset> {
    context.graph.assets(AssetKind::Model)
}

/// Derives the facts of one model.
#[must_use]
pub fn derive<'e>(context: &Context<'e>, asset: &Asset) -> Model<'e> {
    let region = context.graph.region(&asset.account, &asset.region);
    let unread;
    let described = match region.models.get(&asset.name) {
        Some(model) => &model.described,
        None => {
            unread = graph::Described::unread(Operation::DescribeModel, &asset.name);
            &unread
        }
    };
    let none = Uses::default();
    let uses = region.uses(&asset.name).unwrap_or(&none);
    let mut configurations: Vec<String> = uses
        .variants
        .iter()
        .map(|variant| variant.configuration.clone())
        .collect();
    configurations.sort();
    configurations.dedup();
    let placement = Placement::of(described, &region.networks);
    Model {
        arn: asset.arn.clone(),
        name: asset.name.clone(),
        account: asset.account.clone(),
        region: asset.region.clone(),
        partition: partition(asset),
        creation_time: described.read(|part| part.time("/CreationTime")),
        role: described.read(|part| part.optional_text("/ExecutionRoleArn")),
        network_isolation: described.read(|part| part.flag_or("/EnableNetworkIsolation", false)),
        subnets: placement.subnets,
        security_groups: placement.security_groups,
        single_zone: placement.single_zone,
        public_subnet: placement.public_subnet,
        open_egress: placement.open_egress,
        deployed: deployed(region, uses),
        serverless_only: serverless_only(region, uses),
        isolated_by_host: by_host(region, uses, |part| {
            part.flag_or("/EnableNetworkIsolation", false)
        }),
        vpc_by_host: by_host(region, uses, |part| in_vpc(&part)),
        configurations,
        endpoints: endpoints(region, uses),
    }
}

/// The live endpoints that are known to serve the model.
fn endpoints(region: &Region<'_>, uses: &Uses<'_>) -> Vec<String> {
    let by_variants = uses.variants.iter().flat_map(|variant| {
        let users = region.users(&variant.configuration);
        users
            .known
            .into_iter()
            .map(|(name, _)| name.to_owned())
            .collect::<Vec<_>>()
    });
    let by_components = uses.components.iter().filter_map(|name| {
        let component = region.components.get(name)?;
        component.endpoint.value().map(ToString::to_string)
    });
    let mut endpoints: Vec<String> = by_variants.chain(by_components).collect();
    endpoints.sort();
    endpoints.dedup();
    endpoints
}

/// Whether a live endpoint runs a configuration that names the model, or hosts a component that does.
fn deployed<'e>(region: &Region<'e>, uses: &Uses<'e>) -> Fact<'e, bool> {
    let by_variants = uses.variants.iter().map(|variant| {
        let users = region.users(&variant.configuration);
        match (users.known.is_empty(), users.gap) {
            (false, _) => Fact::given(true),
            (true, Some(missing)) => Fact::unknown(missing),
            (true, None) => Fact::given(false),
        }
    });
    let by_components = uses
        .components
        .iter()
        .filter_map(|name| region.components.get(name))
        .map(|component| host(region, component).then(|(endpoint, _)| endpoint.live()));
    let unknown = [region.variants_gap.as_ref(), region.components_gap()]
        .into_iter()
        .flatten()
        .map(|missing| Fact::unknown(missing.clone()));
    Fact::any(by_variants.chain(by_components).chain(unknown))
}

fn serverless_only<'e>(region: &Region<'e>, uses: &Uses<'e>) -> Fact<'e, bool> {
    if uses.variants.is_empty() || !uses.components.is_empty() {
        return Fact::given(false);
    }
    let known = uses
        .variants
        .iter()
        .map(|variant| variant.serverless.clone());
    let unknown = region
        .variants_gap
        .iter()
        .map(|missing| Fact::unknown(missing.clone()));
    all(known.chain(unknown))
}

/// The endpoint and the configuration that host a component.
fn host<'r, 'e>(
    region: &'r Region<'e>,
    component: &Component<'e>,
) -> Fact<'e, (&'r graph::Endpoint<'e>, &'r graph::Resource<'e>)> {
    component
        .endpoint
        .clone()
        .then(|name| match region.endpoints.get(name.as_ref()) {
            None => Fact::unknown(not_collected(Operation::DescribeEndpoint, &name)),
            Some(endpoint) => region
                .configuration_of(endpoint)
                .map(|configuration| (endpoint, configuration)),
        })
}

/// Whether only inference components serve the model, all on configurations that hold `safe`.
///
/// Where nothing shows that models are served as components at all, none does: an unread list of
/// components would else put every model in doubt.
fn by_host<'e>(
    region: &Region<'e>,
    uses: &Uses<'e>,
    safe: impl Fn(Part<'_, 'e>) -> Fact<'e, bool>,
) -> Fact<'e, bool> {
    if !uses.variants.is_empty() || !region.knows_of_components() {
        return Fact::given(false);
    }
    let doubts = || {
        region
            .components_gap()
            .map(|missing| Fact::unknown(missing.clone()))
    };
    let serves = if uses.components.is_empty() {
        Fact::any(doubts())
    } else {
        Fact::given(true)
    };
    let hosts = uses
        .components
        .iter()
        .filter_map(|name| region.components.get(name))
        .map(|component| {
            host(region, component).then(|(_, configuration)| configuration.described.read(&safe))
        });
    let directly = region
        .variants_gap
        .iter()
        .map(|missing| Fact::unknown(missing.clone()));
    all([serves]
        .into_iter()
        .chain(hosts)
        .chain(doubts())
        .chain(directly))
}
